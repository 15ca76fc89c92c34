"""What the operator is told: copies, exports, forgetting, audits, learning."""

from datetime import date

from veille.messages.common import long_date, plural

OUTPUT_REFUSED = "La sortie n’a pas pu être écrite ({why}) : ce qui a été fait reste fait."
UNEXPECTED = "{what}. La commande s’arrête ; rien de ce qui était enregistré n’est perdu. Recommencez quand c’est réparé."
NO_MEMORY = "la mémoire est épuisée"
SYSTEM_REFUSES = "le système refuse : {why}"
COLLECTOR_BUSY = "Une autre collecte est en cours : celle-ci s’arrête."
DATABASE_BUSY = "{file} est ouvert par un serveur ou une collecte : arrêtez le site et cron, puis recommencez ; rien n’a changé."
DATABASE_NOT_EMPTY = "{file} n’est pas vide : un import demande une base neuve ; donnez un nouveau nom à « --db »."
COPY_UNSOUND = "{file} : copie abîmée ({why}) ; rien n’a changé. Prenez une autre copie."
COPY_UNWRITTEN = "{file} : la copie ne peut pas être faite ({why}) ; la base n’a pas changé."
DANGLING = "{rows} de « {table} » renvoient à une ligne qui manque"
UNEVEN = "des articles sans texte, ou des textes sans article ({counts})"
IS_A_FOLDER = "{file} est un dossier : donnez le fichier de la copie."
COLLECTOR_FIRST = "Une collecte, ou une autre commande, est au travail : rien n’a changé. Relancez celle-ci quand elle a fini."
YES_OR_NO = "Répondez o ou n."
NOTHING_FORGOTTEN = "Rien n’a été oublié."
COPY_DIFFERS = "{file} : la copie diffère de l’original ; elle est écartée, recommencez."
CHOSEN_BECAUSE = "dit ce qui a été tenté, pour qui, et ce qui en est resté"  # of the demonstration
FILE_EXISTS = "{file} existe déjà : choisissez un autre nom."
COPIED = "{file} : {items} et {words} vérifiés."
RESTORED = "{file} : {items} remis en place."
PUT_ASIDE = "L’ancienne base est gardée : {file}"
EXPORTED = "{folder} : {tables}, {rows}."
IMPORTED = "Importé dans {file} : {items} ; les comptes attendent un mot de passe (« veille curators password NOM »)."
NOT_AN_EXPORT = "{folder} n’est pas un export complet que ce compte peut lire : faites-le avec « veille export --all DOSSIER »."
EXPORT_NEWER = "{folder} vient d’une autre version de veille : importez-le avec celle qui l’a écrit."
EXPORT_BROKEN = "{file}, ligne {line} : illisible ou incomplet ; rien n’a été importé."
EXPORT_INCONSISTENT = (
    "l’export se contredit (une ligne renvoie à une autre qui manque, ou contient un signe impossible) ; rien n’a été importé."
)
EXPORT_COUNT = "{file} : {found} lignes au lieu de {wanted} ; rien n’a été importé."
NOTHING_TO_FORGET = (
    "Rien à oublier sous « {what} » : donnez une adresse d’article, l’id d’une source, ou trois lettres au moins d’un texte."
)
FORGET_QUESTION = "Oublier {items}, sans retour possible ?"
FORGET_NEEDS_YES = "Pas de terminal pour confirmer : ajoutez --yes. Rien n’a été oublié."
FORGOTTEN = "Oublié : {items} ; textes, versions, preuves et index effacés, retour empêché."
FORGET_HELD = (
    "articles effacés, mais un programme lit encore l’ancien fichier, qui en garde la trace : arrêtez-le, puis relancez la commande."
)
COPIES_REMAIN = (
    "Ces bases n’ont pas été touchées et peuvent les contenir encore : {files}. Effacez-les, ou passez-y « veille forget » avec « --db »."
)
NO_SITE = (
    "{file} ne dit pas l’adresse publique du site : écrivez « site: https://… » sous « defaults: », sans quoi les liens des flux "
    "reprennent l’adresse tapée par chaque visiteur."
)
PORT_TAKEN = "{host}, port {port} : un autre programme l’occupe, ou cette machine n’a pas cette adresse. Changez « --port » ou « --host »."
AUDIT_CLEAN = "Rien à revoir : aucun article ne porte les mots ou l’adresse d’un autre."
AUDIT_HEADS = {
    "overwritten": "{count} dont une version dit tout autre chose : sans doute un autre, que les anciennes règles ont mis à sa place",
    "stranger": "{count} à l’adresse d’une autre source",
    "led": "{count} à la tête d’une histoire dont l’adresse est à une autre source",
    "mixed": "{count} dans une histoire dont ce n’est pas le sujet",
    "joined": "{count} que la règle actuelle des adresses dit à la même adresse qu’un autre",
    "parted": "{count} dont la règle actuelle des adresses distingue plusieurs adresses",
}
AUDIT_DO = {
    "overwritten": "Ouvrez l’article et lisez ses versions ; s’il en manque un, « veille collect --source ID » le rapporte tant qu’il est "
    "publié, sinon apportez son adresse depuis le site.",
    "stranger": "Si la source à qui est l’adresse l’annonce encore, sa prochaine visite le reprend, sauf s’il a été touché ; sinon "
    "relisez-le, ou « veille forget ADRESSE ».",
    "led": "« veille retag --stories » refait les histoires et rend la tête à qui elle est.",
    "mixed": "« veille retag --stories » refait les histoires sans les réunir ; une histoire qu’un documentaliste a faite reste la sienne.",
    "joined": "Comparez les deux articles ; réunissez-les en une histoire, ou laissez-les.",
    "parted": "Rien à faire d’ordinaire : l’article garde tous ses noms.",
}
AUDIT_MORE = "  … et {count} de plus (--all)"
AUDIT_WAS = "« {before} » puis « {after} »"
AUDIT_OWNER = "« {title} », apporté par {source}, adresse de {owner}"
AUDIT_LED = "« {title} » ({source}) représente l’histoire de « {other} » ({owner})"
AUDIT_MIXED = "« {title} » et « {other} », tous deux de {source}"
AUDIT_TOUCHED = ", touché par un documentaliste"
LEARN_MISSING = "apprendre demande scikit-learn : pip install 'veille[learn]'."
LEARN_NOTHING = "Rien à apprendre encore : il faut au moins {least} décisions dans un sens et {least} dans l’autre sur une même question."
LEARN_DRY = "Rien n’a été gardé."
LEARN_KEPT = "{kept} : les prochaines collectes s’en servent. L’apprentissage d’avant est gardé (veille learn --undo)."
LEARN_APPLY = "Pour l’appliquer à ce qui est tenu : veille retag --dry-run, puis veille retag."
LEARN_UNDO_NONE = "Rien n’avait été appris : les règles servent seules."
RETAG_UNDONE = "{items} : étiquettes d’avant remises."
STORIES_MADE = "{stories} de {items} ; {pairs}."


def learnt_undone(former: str) -> str:
    """`former`: when the model that serves again was learnt, "" for the rules alone."""
    return (
        f"L’apprentissage du {long_date(date.fromisoformat(former[:10]))} sert de nouveau."
        if former
        else "Les règles servent de nouveau seules."
    )


def retagged(*, read: int, changed: int, dry_run: bool) -> str:
    """French counts 0 and 1 as singular."""
    one, several = ("changerait", "changeraient") if dry_run else ("a changé", "ont changé")
    return f"{plural(read, 'article relu', 'articles relus')}, {plural(changed, one, several)}."


RETAG_THEMES = "Thèmes : +{more}, −{fewer}"
RETAG_PLACES = "Départements : +{more}, −{fewer}"
RETAG_KINDS = "Types : {count}"
RETAG_DAYS = "Jours nommés : +{more}, −{fewer}"
NOW_IS_NO_DATE = "VEILLE_NOW=« {given} » n’est pas une date ISO 8601."
NOW_OUT_OF_RANGE = "VEILLE_NOW=« {given} » est hors des années 1990 à 2100."
