"""What curators are told: of accounts, decisions, vocabulary, what is brought."""

from datetime import datetime
from zoneinfo import ZoneInfo

from veille.messages.common import long_date

BROUGHT_NAME = "Apporté par les documentalistes"
PASSWORD_TOO_SHORT = "Le mot de passe doit compter au moins {least} caractères."  # noqa: S105 - a sentence
ACCOUNT_EXISTS = "Le compte « {name} » existe déjà."
ACCOUNT_UNKNOWN = "Aucun compte « {name} »."
ACCOUNT_ADDED = "Compte « {name} » créé ({role})."
PASSWORD_CHANGED = "Compte « {name} » : mot de passe changé, sessions closes."  # noqa: S105 - a sentence
ROLE_CHANGED = "Compte « {name} » : rôle {role}, sessions closes."
ACCOUNT_DISABLED = "Compte « {name} » désactivé : ses sessions sont closes."
BAD_ACCOUNT_NAME = "Un nom de compte est fait de 2 à 40 lettres minuscules, chiffres, points ou tirets."
LAST_ADMIN = "Il faut qu’un administrateur reste : nommez-en un autre d’abord."
SIGN_IN_REFUSED = "Nom ou mot de passe incorrect."
SIGN_IN_WAIT = "Trop d’essais : attendez une minute."
NOTHING_CHANGED = "Rien n’a changé."
EDIT_LABELS = {
    "tag": "vocabulaire",
    "rename": "thème renommé",
    "propose": "thème proposé",
    "approve": "thème approuvé",
    "reject": "proposition écartée",
    "merge": "thèmes réunis",
    "words": "mots d’un thème changés",
    "split": "thème scindé",
    "rule": "règle écrite",
    "rule-edit": "règle changée",
    "rule-off": "règle arrêtée",
    "rule-on": "règle remise",
    "pause": "source en pause",
    "resume": "source reprise",
    "every": "rythme changé",
    "follow": "source suivie",
    "unfollow": "source retirée",
    "bring": "article apporté",
    "account": "compte créé",
    "role": "rôle changé",
    "password": "mot de passe changé",
    "disable": "compte désactivé",
    "enable": "compte rouvert",
    "model": "modèle d’avant remis",
    "learn": "apprentissage",
}
BAD_RULE = "Une règle met un thème, écarte, ou donne un intérêt de 0 à 100 %."
BAD_TAG = "Le thème « {label} » ne peut pas être : il faut un nom de 60 caractères au plus, qui ne soit pas pris, et un groupe."
BAD_WORDS = "Des mots à chercher comptent {most} caractères au plus, dont une lettre ou un chiffre."
NO_SUCH_TAG = "Aucun thème ne s’appelle « {value} »."
NEAREST_TAG = " Le plus proche : « {label} »."
TOO_MANY_TO_MERGE = "Ce thème a plus de {most} articles : trop pour les réunir d’un geste."
RIGHTS_LABELS = {"link": "le titre et le lien", "excerpt": "un extrait", "full": "le texte entier, si le site l’autorise"}
BAD_RIGHTS = "Ces droits ne sont pas de ceux qui sont proposés."
BAD_RHYTHM = "Ce rythme n’est pas de ceux qui sont proposés."
SOURCE_EXISTS = "La source « {name} » est déjà suivie."
NOTHING_TO_READ = "cette page ne porte ni titre ni texte"
LINK_ALIVE = "Le lien mène toujours à l’article."
LINK_GONE = "L’article n’est plus à cette adresse."
LINK_MOVED = "L’article a déménagé : {url}"
LINK_WALLED = "Le site ne répond pas aux robots : on ne peut rien dire du lien."
LINK_UNKNOWN = "Le site ne répond pas : on ne peut rien dire du lien."
NO_COPY = "Les droits de cette source ne permettent pas de garder une copie."
FUTURE_DAY_OF_ARTICLE = "Un article ne paraît pas dans l’avenir : une échéance se note plus bas."
TAG_SERVES = "Ce thème sert encore : des articles, des mots, une règle ou un alias le nomment. Réunissez-le plutôt à un autre."
TAG_TAKEN = "« {label} » est déjà le nom d’un autre thème."
FORGOTTEN_ARTICLE = "Cet article a été oublié à la demande de quelqu’un : il ne revient pas."
BAD_SEARCH_NAME = "Une recherche a un nom, de {most} caractères au plus."
NO_SUCH_SEARCH = "Cette recherche n’est pas à vous, ou n’existe plus."
TOO_MANY_SEARCHES = "Vous avez déjà {most} recherches : effacez-en d’abord."
NO_SUCH_DECISION = "Cette décision n’existe pas."
SERVES_SINCE = "Autre chose tient à cela depuis : défaites d’abord ce qui a suivi."
ALREADY_UNDONE = "Cette décision est déjà annulée."
BAD_DATE = "« {value} » n’est pas une date : écrivez année-mois-jour, comme 2026-11-30."
BAD_TITLE = "Un titre tient sur une ligne, en {most} caractères au plus."
SUMMARY_TOO_LONG = "Un résumé compte {most} caractères au plus."
NOTE_TOO_LONG = "Une note compte {most} caractères au plus."
ROLE_NAMES = {"curator": "documentaliste", "editor": "éditeur", "admin": "administrateur"}
ROLE_LABELS = {role: f"un {name}" for role, name in ROLE_NAMES.items()}
NO_SUCH_ROLE = "« {value} » n’est pas un rôle. Choisissez : {roles}."
ROLES_ARE = f"Ce que le compte peut faire : {', '.join(ROLE_NAMES.values())} ; documentaliste si rien n’est dit."
ACTION_LABELS = {
    "select": "sélectionné", "dismiss": "écarté", "later": "mis pour plus tard", "restore": "remis à trier", "tag-add": "thème ajouté",
    "tag-remove": "thème refusé", "kind": "type choisi", "story-split": "séparé de son histoire", "story-join": "réuni à une histoire",
    "summary": "résumé corrigé", "title": "titre corrigé",
    "day": "date corrigée", "place-add": "département ajouté", "place-remove": "département refusé",
    "date-add": "échéance ajoutée", "date-remove": "échéance refusée", "note-public": "note publique écrite",
    "note-private": "note interne écrite",
}  # fmt: skip
# How the log names what an edit is about, and its table.
SUBJECTS = {"article n°": "items", "source": "sources", "thème": "tags", "fiche": "fiches"}
QUOTED = "« {said} »"
AS_THE_SOURCE = "comme la source"
JOURNAL_KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "selections": ("sélections", ("select",)),
    "ecarts": ("mises à l’écart", ("dismiss",)),
    "attentes": ("remises à plus tard, ou à trier", ("later", "restore")),
    "themes": ("thèmes d’articles", ("tag-add", "tag-remove")),
    "corrections": ("corrections", ("title", "summary", "day", "kind", "place-add", "place-remove", "date-add", "date-remove")),
    "histoires": ("histoires", ("story-join", "story-split")),
    "notes": ("notes", ("note-public", "note-private")),
    "apports": ("articles apportés", ("bring",)),
    "vocabulaire": ("vocabulaire", ("tag", "rename", "propose", "approve", "reject", "merge", "words", "split")),
    "regles": ("règles et modèles", ("rule", "rule-edit", "rule-off", "rule-on", "model", "learn")),
    "sources": ("sources", ("pause", "resume", "every", "follow", "unfollow")),
    "comptes": ("comptes", ("account", "role", "password", "disable", "enable")),
}
MANY_LABELS = {"select": "sélectionnés", "dismiss": "écartés", "later": "mis pour plus tard", "restore": "remis à trier"}


def decided_meanwhile(name: str, action: str, at: str) -> str:
    """Return who else decided what, and when."""
    moment = datetime.fromisoformat(at).astimezone(ZoneInfo("Europe/Paris"))
    when = f"{long_date(moment.date())} à {moment.hour} h {moment.minute:02}"
    return f"{name} en a décidé le {when} : {ACTION_LABELS.get(action, action)}."


TWIN_DECIDED = "Même histoire chez {source} : {state}."
WITH_TWINS = ("autre article de la même histoire avec lui", "autres articles de la même histoire avec lui")
UNDO_THAT_FIRST = "{said} Annulez d’abord cette décision-là."
CHANGED_MEANWHILE = "Ce que cette décision avait changé ne l’est plus : une collecte ou une nouvelle lecture est passée depuis."

ACCOUNT_CREATED = "Compte « {name} » créé."
ACCOUNT_PASSWORD = "Mot de passe de « {name} » changé : ses sessions sont closes."  # noqa: S105 - a sentence
ACCOUNT_ROLE = "« {name} » a un autre rôle : ses sessions sont closes."
ACCOUNT_CLOSED = "Compte « {name} » fermé : ses sessions sont closes."
ACCOUNT_REOPENED = "Compte « {name} » rouvert."
READ_TOO_LONG_AGO = "Cette lecture est trop ancienne : relisez l’adresse, puis gardez."
ANOTHER_IS_READ = "Une autre adresse est en train d’être lue : réessayez dans quelques secondes."
EDITORS_FOLLOW = "Il faut être un éditeur pour suivre un site."
ARTICLE_BROUGHT = "L’article est là, à trier."
NEXT_RUN_HEEDS = "C’est noté ; la prochaine collecte en tiendra compte."
SOURCE_FOLLOWED = "« {name} » sera lue à la prochaine collecte."
COPY_KEPT = "Copie gardée, empreinte {digest}…"
READ_BY_SELECTORS = "« {id} » se lit par des sélecteurs de feeds.yaml : « veille try {id} » l’essaie."
CANNOT_BE_READ = "Lecture impossible"
NO_SUCH_PLACE = "Aucun département ne s’appelle « {value} »."
EDIT_UNDONE = "Changement annulé."
SEARCH_FINDS_OTHERS = "La recherche trouve maintenant {count} : vérifiez, puis recommencez."
ALL_WERE_ALREADY = "Rien n’a changé : tous l’étaient déjà."
NO_MODEL = "Aucun modèle ne sert : rien à remettre."
FORMER_MODEL_SERVES = "Le modèle d’avant sert de nouveau, dès la prochaine collecte."
RULES_SERVE = "Les règles seules servent de nouveau."
EDITORS_CHOOSE_MODELS = "Il faut être un éditeur pour changer de modèle."
SEARCH_SAVED = "Recherche gardée."
KEYS_DECIDE = "Les touches du clavier décident."
KEYS_REST = "Les touches du clavier ne font plus rien."
EDIT_DONE = "C’est fait. Le journal permet de l’annuler."
EDITORS_CHANGE_WORDS = "Il faut être un éditeur pour changer le vocabulaire ; proposez un thème."
MERGE_MOVES_OTHERS = "Entre-temps le compte a changé : {count} maintenant. Regardez, puis recommencez."
CHOOSE_WORDS = "Choisissez les mots que le nouveau thème emporte."
INTEREST_BY_RETAG = "Un intérêt s’applique au passé par « veille retag »."
NO_ARTICLE_HAS_WORDS = "Aucun article n’a ces mots, parmi ceux dont personne n’a décidé."
BEYOND_THE_NEWEST = " Au-delà des {count} les plus récents, recommencez."
RULE_NAMED = "règle « {phrase} »"
ROLE_NEEDED = "Il faut être {role} : connectez-vous avec un compte qui le permet."
TOO_MANY_FIELDS = "Ce formulaire a trop de champs."

SEARCH_CHANGES = {
    "share": "Recherche partagée avec les documentalistes.",
    "unshare": "Recherche rendue privée.",
    "pin": "Recherche mise sur la page de tri.",
    "unpin": "Recherche ôtée de la page de tri.",
    "delete": "Recherche effacée.",
}

LIST_LABELS = {"new": "À trier", "later": "Plus tard", "selected": "Sélectionnés", "dismissed": "Écartés"}
ORDER_LABELS = {"interet": "intérêt", "date": "date", "source": "source", "theme": "thème", "departement": "département"}
NOTHING_DONE = "Rien n’a été fait{more} : {said}"
ARTICLES_LEFT = ("article laissé", "articles laissés")
DECISIONS_UNDONE = ("décision annulée", "décisions annulées")
DECISIONS_KEPT = ("gardée", "gardées")
CURATOR_REASON = "ajouté par un documentaliste"
REFUSED_REASON = "retiré par un documentaliste"
READ_NEXT_TIME = "lue à la prochaine collecte"
KIND_REASON = "choisi par un documentaliste"
