"""What a reader is told who asks for what is not there, and the few words that pages share."""

DATABASE_DAMAGED = "La base est abîmée : l’exploitant doit remettre une copie en place (« veille restore »)."
DATABASE_AWAY = "La base ne répond pas : réessayez dans un moment."
WAITS_FOR_MIGRATION = "La base attend sa mise à jour : lancez « veille serve », ou une collecte."
MOTTO = "L’innovation publique des départements"
DEADLINE_OF = "Date limite : {title}"
AGENDA_NAME = "veille : dates limites et événements"
AGENDA_NAMED = "veille, dates : {title}"
# How Datasette's filters compare, by their keys.
LOOKUPS = {
    "exact": "=", "not": "≠", "contains": "contient", "notcontains": "ne contient pas", "endswith": "finit par",
    "startswith": "commence par",
    "like": "ressemble à (like)", "notlike": "ne ressemble pas à", "glob": "suit le motif (glob)", "in": "parmi", "notin": "hors de",
    "arraycontains": "la liste contient", "arraynotcontains": "la liste ne contient pas", "date": "est le jour", "isnull": "est absent",
    "notnull": "est présent", "isblank": "est vide", "notblank": "n’est pas vide",
}  # fmt: skip
NO_SUCH_THEME = "Ce thème n’existe pas."
NO_SUCH_DEPARTEMENT = "Ce code n’est pas celui d’un département : il y en a 101, de 01 à 976."
NO_SUCH_MAP = "Cette carte n’existe pas : choisissez un thème et une période de la liste."
DATE_KINDS = {"appel": "dates limites", "evenement": "événements"}  # of the agenda
MAP_ORDERS = {"nom": "Département", "articles": "Articles", "dernier": "Dernier article, tous thèmes"}  # of its table
PERIODS = {"30j": "30 derniers jours", "12m": "12 derniers mois", "tout": "depuis le début"}  # of the map
FUTURE_DAY = "Ce jour est à venir : donnez un jour passé, AAAA-MM-JJ."
# Search.
NO_SUCH_PAGE = "Cette page de résultats n’existe pas."
QUERY_TOO_LONG = "Votre recherche est trop longue : gardez l’essentiel, {limit} caractères au plus."
BAD_DAY = "« {value} » n’est pas une date : écrivez AAAA-MM-JJ."
BAD_YEAR = "« {value} » n’est pas une année : écrivez quatre chiffres, comme 2025."
TOO_MANY_FILTERS = "Trop de filtres : {each} valeurs au plus pour chacun, {all} en tout."
BAD_FILTER = "« {value} » n’est pas une valeur de filtre : donnez un identifiant, un code ou une année."
BAD_MONTH = "« {value} » n’est pas un mois : écrivez AAAA-MM."
BAD_NUMBER = "« {value} » n’est pas un nombre de page."
TOO_SLOW = "Cette recherche demande trop de temps : ajoutez un mot ou un filtre."

SINCE = "depuis le {day}"
UNTIL = "jusqu’au {day}"
WITH_DISMISSED = "articles écartés compris"
SELECTED_ALONE = "la sélection"
LOCAL_NOTICE = "annonce locale"
INTEREST_LABELS = ((0.8, "au cœur de l’innovation publique"), (0.5, "utile à qui innove"), (0.0, "peu lié à l’innovation publique"))  # from
WITH_EVERY_WORD = "Avec tous les mots"
WHERE = "Où chercher"
ARTICLES = "Articles"
IN_PART = "En partie"
BASKET_NAMED = "veille : {articles}"
NOT_AN_ARTICLE = "« {value} » n’est pas un numéro d’article : donnez des nombres, séparés par des virgules."
TOO_MANY_CHOSEN = "Un panier tient {most} articles au plus : retirez-en, ou faites-en deux."
BAD_COMPARISON = "Trop de départements : {most} au plus."
FEED_OPENED = "Ceci est un flux : copiez l’adresse ci-dessous dans un lecteur de flux, et les nouveaux articles y viendront d’eux-mêmes."
FEED_AS_PAGE = "Voir cette recherche sur le site"
FEED_ENTRY = "Lire"
FOLLOWED = "veille : {title}"
SHARE_BODY = "À lire dans veille :\n{address}\n"
NO_CSV_OF_ROWS = "Une ligne seule n’a pas de CSV : prenez celui de sa table, ou son JSON."
NOTHING_NEW = "aucun article"
PAGE_FAILED = "La page n’a pas pu être affichée."
NOT_UNDERSTOOD = "Demande incomprise."
TOO_MANY_PARAMETERS = "Trop de paramètres : {most} au plus."
ADDRESS_TOO_LONG = "Cette adresse est trop longue : demandez moins de choses à la fois."
NO_SUCH_ADDRESS = "Cette page n’existe pas."
NOT_ADMITTED = "Cette demande n’est pas admise sur ce site."
TOO_MANY_FACETS = "Trop de colonnes à compter : {most} au plus."
NO_TOKENS = "Ce site n’a pas de jetons d’accès : connectez-vous par /connexion."
FORM_TOO_LONG = "Ce formulaire est trop long."
CUT_SHORT = "Demande interrompue."
FORMS_ALONE = "Ce site ne lit que des formulaires (application/x-www-form-urlencoded)."
FORM_NOT_UTF_8 = "Ce formulaire n’est pas écrit en UTF-8."
FORM_OF_ANOTHER_SITE = "Ce formulaire vient d’un autre site."
NO_DATABASE = "Aucune base de veille : lancez « veille collect » ou « veille serve »."
NOBODY_WATCHES = "personne ne veille"

ERROR_PAGES = {
    400: ("Demande incomprise", "L’adresse contient quelque chose que ce site ne sait pas lire."),
    403: ("Accès refusé", "Cette page n’est pas publique."),
    404: ("Page introuvable", "Cette page n’existe pas, ou n’existe plus."),
    405: ("Demande incomprise", "Cette page se lit, elle ne reçoit rien."),
    429: ("Trop d’essais", "Attendez une minute avant de recommencer."),
    500: ("Erreur du site", "La page n’a pas pu être affichée. L’erreur est enregistrée ; réessayez dans un moment."),
    503: ("Site occupé", "Réessayez dans quelques instants."),
}

FACET_TITLES = {
    "themes": "Thème", "departements": "Département", "regions": "Région", "kinds": "Type", "years": "Année", "sources": "Source",
    "languages": "Langue",
}  # fmt: skip
