"""What a reader is told who asks for what is not there, and the few words that pages share."""

DATABASE_DAMAGED = "La base est abîmée : l’exploitant doit remettre une copie en place (« veille restore »)."
DATABASE_AWAY = "La base ne répond pas : réessayez dans un moment."
WAITS_FOR_MIGRATION = "La base attend sa mise à jour : lancez « veille serve », ou une collecte."
MOTTO = "L’innovation publique des départements"
DEADLINE_OF = "Date limite : {title}"
AGENDA_NAME = "veille : échéances et événements"
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
PERIODS = {"30j": "30 jours", "12m": "12 mois", "tout": "depuis le début"}  # of the map
FUTURE_DAY = "Ce jour est à venir : donnez un jour passé, AAAA-MM-JJ."
# Search.
NO_SUCH_PAGE = "Cette page de résultats n’existe pas."
QUERY_TOO_LONG = "Votre recherche est trop longue : gardez l’essentiel, {limit} caractères au plus."
BAD_DAY = "« {value} » n’est pas une date : écrivez AAAA-MM-JJ."
BAD_YEAR = "« {value} » n’est pas une année : écrivez quatre chiffres, comme 2025."
TOO_MANY_FILTERS = "Trop de filtres : {each} valeurs au plus pour chacun, {all} en tout."
BAD_FILTER = "« {value} » n’est la valeur d’aucun filtre : un identifiant, un code ou une année."
BAD_NUMBER = "« {value} » n’est pas un nombre de page."
TOO_SLOW = "Cette recherche demande trop de temps : ajoutez un mot ou un filtre."
