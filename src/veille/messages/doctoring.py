"""What `veille doctor` and the page of the installation say: each finding, and what to do about it."""

LEVELS = {"well": "bien", "passed": "passé", "todo": "à faire", "ill": "mal"}
DOCTOR_WELL = "Tout va bien."
SUMMARY_ILL = ("point va mal", "points vont mal")
SUMMARY_TODO = ("étape reste à faire", "étapes restent à faire")

CONFIG_FOUND = "{file} : {sources}"
AND_OTHERS = " (et {count} de plus)"
CONFIG_DO = "corrigez {file}, puis « veille check --config {file} »"
CONFIG_MISSING_DO = "écrivez-le, ou copiez celui du projet ; « --config » en nomme un autre"
CONFIG_EMPTY = "{file} ne nomme aucune source"
CONFIG_EMPTY_DO = "« veille try https://… » cherche ce qui se lit sur un site et donne les lignes à y mettre"
UNSET_DO = "définissez {name} là où veille est lancée : cron, service du site, terminal"
CONTACT_TOLD = "les sites visités peuvent écrire à {contact}"
CONTACT_MISSING = "{file} ne dit pas à qui les sites visités peuvent écrire"
CONTACT_EXAMPLE = "« {contact} » est l’adresse de l’exemple : les sites visités ne joindraient personne"
CONTACT_DO = "sous « defaults: » : « contact: nom@votre-domaine.fr »"
SITE_TOLD = "le site est à l’adresse {site}"
SITE_MISSING = "{file} ne dit pas l’adresse publique du site"
SITE_DO = "sous « defaults: » : « site: https://veille.votre-domaine.fr »"

BASE_ABSENT = "{file} n’existe pas encore"
BASE_FIRST_DO = "« veille collect -v » la crée et la remplit"
BASE_WELL = "{file} : {items}, rien d’abîmé"
BASE_NOT_LOOKED_THROUGH = "{file} : {items}, trop grande pour être relue ici"
_RESTORE = "arrêtez le site et cron, puis « veille restore copies/veille-N.db » : N est le jour (1 à 7) de la dernière bonne copie"
_ANOTHER = "nommez la bonne base (« --db »), ou écartez ce qui est là : « veille collect » en crée une neuve"
# What the file may be that is none to work with, and what to do.
BASE_STATES = {
    "folder": ("{file} est un dossier", _ANOTHER),
    "no-database": ("{file} n’est pas une base SQLite : le fichier est abîmé, ou ce n’est pas le bon (« --db »)", _RESTORE),
    "other": ("{file} est une base SQLite, mais pas celle de veille", _ANOTHER),
    "damaged": ("{file} est abîmée : SQLite y trouve des pages illisibles", _RESTORE),
    "newer": (
        "{file} vient d’une version plus récente de veille",
        "mettez veille à jour, ou remettez la copie d’avant : « veille restore {file}.avant-… »",
    ),
    "locked": (
        "{file} est tenue par un autre programme",
        "arrêtez celui qui la tient ; pour copier la base pendant que tout marche : « veille backup »",
    ),
    "unreadable": ("{file} ne se lit pas ({why})", "chown veille: {file} ; chmod 600 {file}"),
}
BASE_OLDER = "{file} est d’une version plus ancienne"
BASE_OLDER_DO = "rien : la prochaine commande la met à jour, après en avoir fait une copie"
FOLDER_READ_ONLY = "on ne peut pas écrire dans {folder}"
FOLDER_DO = "donnez le dossier au compte de veille : chown -R veille: {folder}, et vérifiez que le disque n’est pas monté en lecture seule"
FILE_READ_ONLY = "on ne peut pas écrire dans {file}"
FILE_DO = "chown veille: {file} ; chmod 600 {file}"
FILES_OPEN = "d’autres comptes peuvent lire {files}"
FILES_OPEN_DO = "chmod 600 {files}"
FILES_OF_OTHERS = "pas au même compte que {file} : {files} ; une commande a sans doute été lancée sous un autre"
FILES_OF_OTHERS_DO = "chown --reference={file} {files} ; lancez toujours veille sous son compte"
FOLDER_REMOTE = "{folder} est sur un partage réseau ({kind}) : ni les verrous ni les écritures n’y sont sûrs"
FOLDER_REMOTE_DO = "mettez data/ sur un disque de la machine"
FORMS_UNSIGNED = "{file} est vide : le site refuserait tous les formulaires"
FORMS_UNSIGNED_DO = "effacez-le et redémarrez le site : il en fait un autre"
FILES_WELL = "les fichiers de {folder} sont à ce compte et fermés aux autres"

DISK_FULL = "il reste {free} sur le disque de {folder} ; une mise à jour en demande {wanted}"
DISK_DO = "faites de la place (anciennes copies, journaux), ou déplacez data/"
DISK_NO_INODES = "le disque de {folder} ne peut plus créer de fichier : il en a trop de petits (« df -i »)"
DISK_WELL = "{free} libres"

CLOCK_WELL = "l’heure est juste"
CLOCK_UNTRUSTED = "l’heure semble juste (aucun site ne l’a confirmée)"
CLOCK_BEHIND = "l’horloge dit {now}, avant la dernière collecte ({last})"
CLOCK_ABSURD = "l’horloge dit {now}, ce qui ne se peut pas"
CLOCK_OFF = "l’horloge a {minutes} d’écart avec celle des sites"
CLOCK_DO = "réglez-la : timedatectl set-ntp true"
NO_TIMEZONES = "les fuseaux horaires manquent à ce Python"
NO_TIMEZONES_DO = "pip install tzdata, ou le paquet tzdata du système"

NETWORK_NONE = "pas vérifié : aucune source à demander"
NETWORK_SKIPPED = "pas vérifié (--offline)"
NETWORK_WAITS = "pas vérifié : une variable manque d’abord"
NETWORK_WELL = ("site sur {all} répond{through}", "sites sur {all} répondent{through}")
NETWORK_THROUGH = ", par {proxy}"
NETWORK_PRIVATE = "pas vérifié : les sources sont à des adresses privées"
NETWORK_DOWN = "aucun des sites essayés ne répond : {why}"
NETWORK_DO = "vérifiez la connexion et le DNS : « curl -I {url} » sous le compte de veille ; derrière un proxy, « proxy: » dans feeds.yaml"
PROXY_DOWN = "le proxy {proxy} ne laisse rien passer : {why}"
PROXY_DO = "vérifiez « proxy: » dans feeds.yaml, le nom et le mot de passe, et que cron connaît les mêmes variables"
CERTIFICATES_WELL = "les certificats des sites sont vérifiés"
CERTIFICATES_REFUSED = "aucun certificat n’est accepté : {why}"
CERTIFICATES_DO = (
    "derrière un proxy qui déchiffre, nommez son autorité dans SSL_CERT_FILE ; sinon vérifiez l’heure, puis « pip install -U certifi »"
)
CERTIFICATES_FILE = "{name} nomme {file}, qui ne se lit pas"
CERTIFICATES_FILE_DO = "corrigez {name}, ou ôtez-la"

SQLITE_WELL = "SQLite {version}"
SQLITE_OLD = "SQLite {version}, ancien : veille marche, un peu plus lentement"
SQLITE_NO_FTS = "ce SQLite ({version}) n’a pas la recherche (FTS5)"
SQLITE_NO_FTS_DO = "pip install pysqlite3-binary, ou un Python construit avec FTS5"

AT = "le {day} à {hour} h {minute:02}"
RUN_NONE = "aucune collecte n’a encore été faite"
RUN_NONE_DO = "veille collect -v"
RUN_WELL = "la dernière collecte s’est achevée {when}"
RUN_LATE = "aucune collecte n’est allée au bout depuis {when} : cron ne la lance plus, ou elle ne finit pas"
RUN_LATE_DO = "regardez data/collecte.log, « systemctl status cron », puis lancez « veille collect -v » sous le compte de veille"
RUN_STUCK = "la collecte commencée {when} n’est pas finie"
RUN_STUCK_DO = "si elle ne travaille plus, arrêtez-la (« pgrep -af veille ») : la suivante reprend sans rien perdre"
CRON_NONE = "une seule collecte a été faite : cron ne la lance pas encore"
CRON_DO = "cron : « */15 * * * * cd {folder} && {command} collect --db {file} 2>> collecte.log » (deploy/crontab est complet)"
SOURCES_ILL = ("source sur {all} va mal", "sources sur {all} vont mal")
SOURCES_ILL_DO = "« veille sources » dit lesquelles et pourquoi"
ACCOUNT_NONE = "personne ne peut se connecter : aucun administrateur"
ACCOUNT_DO = "veille curators add prenom --role administrateur"
ACCOUNT_WELL = "{accounts}"

TOPICS = {
    "config": "configuration", "contact": "contact", "site": "adresse", "base": "base", "files": "fichiers", "disk": "disque",
    "clock": "heure", "network": "réseau", "certificates": "certificats", "sqlite": "SQLite", "runs": "collecte", "cron": "cron",
    "accounts": "comptes",
}  # fmt: skip

# The first day, in order: what each step is, and why.
STEPS = {
    "contact": ("Dire qui vous êtes", "les sites visités doivent pouvoir écrire à quelqu’un"),
    "site": ("Dire l’adresse du site", "les flux, les courriels et les citations la portent"),
    "sources": ("Choisir des sources", "celles du projet suffisent pour commencer"),
    "collect": ("Faire la première collecte", "elle prend quelques minutes"),
    "accounts": ("Ouvrir un premier compte", "pour trier, et pour que les autres aient le leur"),
    "cron": ("Confier la collecte à cron", "toutes les quinze minutes, sans bruit"),
}
STEP_COMMANDS = {
    "contact": '# feeds.yaml\ndefaults: {contact: nom@votre-domaine.fr, site: "https://veille.votre-domaine.fr"}',
    "site": "veille check        # puis : veille serve, qui la relit",
    "sources": "veille try https://www.un-site.fr        # donne les lignes à mettre dans feeds.yaml",
    "collect": "veille collect -v",
    "accounts": "veille curators add prenom --role administrateur",
    "cron": "*/15 * * * *  veille  cd /srv/veille && .venv/bin/veille collect 2>> data/collecte.log",
}
