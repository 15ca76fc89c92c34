"""What is said of fiches: their states, their lines, what cannot be done with them."""

STAGE_LABELS = {
    "projet": "en projet", "experimentation": "expérimentation", "generalisation": "généralisation", "termine": "terminé",
}  # fmt: skip
STAGE_TOLD = {
    "projet": "Annoncée, pas encore commencée.", "experimentation": "Une expérimentation est en cours ou vient de finir.",
    "generalisation": "L’essai est étendu ou pérennisé.", "termine": "L’initiative a pris fin.",
}  # fmt: skip
ARTICLE_ROLES = {"source": "", "suite": "suite", "mention": "mention"}
STAGE = "stade"
SHARED_NAME = "« {name} » dans les deux"
SHARED_WORDS = "en commun : {words}"
COST_TOLD = "Coût annoncé : {amount}."
BEGAN_IN = "Commencée en {year}."
FICHE_STATES = {"brouillon": "brouillon", "publiee": "publiée", "retiree": "retirée"}
CHECK_OUTCOMES = {"vrai": "toujours vrai", "change": "a changé", "lien-mort": "lien mort", "mur": "le site ne répond pas aux robots"}
RELATION_LABELS = {
    "inspire-de": "s’inspire de", "porte-par": "est portée par", "documente": "est documentée par", "presente-a": "a été présentée à",
    "repond-a": "répond à",
}  # fmt: skip
RELATION_BACK = {
    "inspire-de": "a inspiré", "porte-par": "porte", "documente": "documente", "presente-a": "a vu présenter", "repond-a": "a pour réponse",
}  # fmt: skip
FICHE_ACTIONS = {
    "fiche-create": "fiche commencée",
    "fiche-title": "titre d’une fiche changé",
    "fiche-line": "ligne écrite",
    "fiche-line-edit": "ligne changée",
    "fiche-line-remove": "ligne retirée",
    "fiche-line-back": "ligne remise",
    "fiche-stage": "stade changé",
    "fiche-place": "départements d’une fiche changés",
    "fiche-tag": "thèmes d’une fiche changés",
    "fiche-publish": "fiche publiée",
    "fiche-withdraw": "fiche retirée",
    "fiche-draft": "fiche remise en brouillon",
    "fiche-item": "article joint à une fiche",
    "fiche-item-refuse": "article refusé à une fiche",
    "fiche-link": "fiches liées",
    "fiche-unlink": "lien entre fiches ôté",
    "fiche-merge": "fiches réunies",
}

NO_SUCH_FICHE = "Cette fiche n’existe pas."
NO_SUCH_ITEM = "Cet article n’existe pas."
NO_SUCH_LINE = "Cette ligne n’existe pas."
NO_SUCH_HEADING = "Cette rubrique n’est pas de celles de la fiche."
FICHE_TITLE = "Un titre de fiche tient sur une ligne, en {most} caractères au plus."
LINE_TEXT = "Une ligne compte de 1 à {most} caractères."
QUOTES_HIDDEN = "Les droits de la source ne montrent plus ces mots : dites-le autrement, ou laissez la ligne de côté."
KEEPS_LINES = "Une fiche publiée garde {count} lignes au moins : remettez-la d’abord en brouillon, ou écrivez-en une autre."
ENDS_BEFORE = "Une initiative ne finit pas avant d’avoir commencé."
IS_SOURCE = "Cet article est la source de la fiche : il ne s’en retire pas."
MERGED = "Cette fiche a été réunie à une autre : c’est l’autre qui se tient."
MERGE_INTO_WITHDRAWN = "On ne réunit pas une fiche à une fiche retirée."
LINE_THERE = "La fiche dit déjà cela, sous la même rubrique et du même jour."
LINE_DAY = "Une ligne dit quand : « {value} » n’est pas un jour (année-mois-jour)."
LINE_FUTURE = "Une ligne ne peut pas avoir été dite dans l’avenir."
LINE_SOURCE = "Une ligne dit d’où elle vient : un article, une adresse, ou qui la déclare."
PUBLISH_LINES = "Pour être publiée, une fiche a {count} lignes au moins ; celle-ci en a {held}."
PUBLISH_PLACE = "Pour être publiée, une fiche dit un département au moins."
PUBLISH_UNDATED = "Une ligne montrée n’a pas de date ou pas de source : complétez-la, ou retirez-la."
BAD_STAGE = "Ce stade n’est pas de ceux qui sont proposés."
BAD_RELATION = "Ce lien n’est pas de ceux qui sont proposés."
LINK_TO_ITSELF = "Une fiche ne se lie pas à elle-même."
CHANGED_BY = "{name} a changé cela entre-temps ({when}) : regardez, puis recommencez."
SOURCE_FORGOTTEN = "source oubliée"
FICHE_FOR_ARTICLE = "Cet article est déjà la source de « {title} »."
FICHE_TWIN = "« {title} » est née du même article depuis : réunissez les deux, ou retirez-la d’abord."
FICHE_MADE = "Fiche commencée : {lines}."
FICHE_KEPT = "C’est fait."
FICHE_MADE_EMPTY = "Fiche commencée, sans ligne : rien dans l’article n’y va tout seul. « 1 » à « 9 » en ajoutent une sous une rubrique."
ACT_TOLD = {
    "publish": "La fiche est publiée.", "draft": "La fiche est de nouveau un brouillon : plus personne ne la voit.",
    "withdraw": "La fiche est retirée : plus personne ne la voit.", "merge": "Les deux fiches sont réunies : tout se tient ici.",
    "verify": "Vérifié.",
    "line-remove": "La ligne n’est plus sur la fiche.", "line-back": "La ligne est gardée.", "link": "Les deux fiches sont liées.",
    "item-refuse": "L’article est refusé : il ne sera plus proposé.",
}  # fmt: skip
LINE_ADDRESS = "« {value} » n’est pas une adresse : elle commence par https:// ou http://."
STAGE_DAY = "« {value} » n’est ni une année (2024), ni un mois (2024-09), ni un jour (2024-09-30)."
ALREADY_VERIFIED = "Cette ligne a déjà été regardée aujourd’hui."
LINE_ASIDE = "Cette ligne n’est pas sur la fiche : gardez-la d’abord."
CHANGED_SINCE = "Cela a encore changé depuis : défaites d’abord ce qui a suivi."
FICHE_WITHDRAWN = "Cette fiche a été retirée."
LINES_TO_REVIEW = "L’article est joint ; {lines} d’être relues."
