"""What is said of mail: the relay, the accounts, the file."""

RELAY_UNREACHABLE = "le relais {host}:{port} ne répond pas ({why}) : rien n’est parti, ce qui attendait attend"
RELAY_REFUSES_US = "le relais {host}:{port} nous refuse ({code}) : vérifiez le nom et le mot de passe"
RELAY_NO_TLS = (
    "le relais {host}:{port} n’offre pas STARTTLS : mettez « tls: implicit » pour le port 465, « tls: none » pour un relais de la machine"
)
RELAY_LOST = "connexion perdue ({why})"
FOLDER_UNUSABLE = "{folder} : dossier inutilisable ({why})"
TEST_SUBJECT = "veille : essai du courrier"
TEST_TEXT = "Bonjour,\n\nCe message dit que le courrier de veille part. Il n’y a rien à répondre.\n"
NO_MAIL = "{file} n’a ni « smtp: » ni « maildir: » : rien ne peut partir (docs/exploitation.md, « Courrier »)."
MAIL_READY = "Le courrier peut partir : {where}."
MAIL_WHERE_RELAY = "le relais {host}:{port} répond ({tls})"
MAIL_WHERE_FOLDER = "dans le dossier {folder}"
MAIL_BAD_ADDRESS = "« {address} » n’est pas une adresse électronique."
MAIL_TEST = {"sent": "Essai parti pour {address}.", "later": "L’essai attend : {said}", "refused": "L’essai est refusé : {said}",
             "uncertain": "L’essai est incertain : {said}"}  # fmt: skip
MAIL_BALANCE = "{state} : {count}"
MAIL_STATES = {
    "due": "à envoyer", "claimed": "en cours", "handing": "en cours", "sent": "partis", "later": "remis à plus tard", "refused": "refusés",
    "uncertain": "incertains", "withdrawn": "retirés", "held": "retenus",
}  # fmt: skip
BALANCE_FALSE = "les comptes de l’envoi {batch} ne tombent pas juste : {states} pour {recipients} destinataires"
RECOVERED = "un envoi a été interrompu : {count} dont on ne sait pas s’ils sont partis, et qui ne repartiront pas d’eux-mêmes"
ANOTHER_SENDER = "Un autre envoi est au travail."
RESUMED = "{file} est désormais le fichier qui envoie ; {held}."
COURRIER_NEWER = "{file} vient d’une version plus récente de veille."
IS_A_COPY = "{file} est une copie : rien ne part. « veille letters resume » en fait le fichier qui envoie."
