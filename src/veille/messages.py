"""The French sentences that Python shows a person.

Comes in: facts. Goes out: sentences, with French counts and typography. Forbidden: decisions.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

NBSP = "\u00a0"
THIN = "\u202f"
MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
SHORT_MONTHS = ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juill.", "août", "sept.", "oct.", "nov.", "déc.")

KIND_LABELS = {
    "article": "Article",
    "retour-experience": "Retour d’expérience",
    "appel": "Appel à projets",
    "evenement": "Événement",
    "publication": "Publication",
    "prix": "Prix",
    "emploi": "Offre d’emploi",
}
LANGUAGE_LABELS = {"fr": "français", "en": "anglais"}
STATE_LABELS = {"new": "à trier", "selected": "sélectionné", "dismissed": "écarté", "later": "pour plus tard"}
# Worst first: label, and what to do.
SOURCE_STATES = {
    "gone": ("disparue", "Chercher une nouvelle adresse ou retirer la source."),
    "failing": ("en panne", "Lire la raison ; la collecte réessaie d’elle-même."),
    "selector-missed": ("sélecteur perdu", "La page a changé : revoir les sélecteurs."),
    "blocked": ("refusée", "Le site refuse les robots : écrire à son gestionnaire."),
    "robots": ("interdite aux robots", "robots.txt l’interdit : demander l’accord du site."),
    "rate-limited": ("ralentie", "Le site demande d’attendre : allonger « every »."),
    "moved": ("déménagée", "Mettre la nouvelle adresse dans feeds.yaml."),
    "empty": ("vide", "Regarder le site ; les articles déjà lus restent."),
    "quiet": ("silencieuse", "Vérifier que le site publie encore."),
    "unproven": ("pas encore prouvée", "N’a encore jamais marché : lire la raison ; réessayée chaque semaine."),
    "new": ("jamais visitée", "La prochaine collecte la lira."),
    "live": ("active", "Rien à faire."),
    "disabled": ("désactivée", "Mettre « enabled: true » pour la reprendre."),
    "retired": ("retirée", "N’est plus dans feeds.yaml ; ses articles restent."),
}


def plural(count: int, one: str, many: str) -> str:
    """French counts 0 and 1 as singular."""
    return f"{number(count)} {one if abs(count) < 2 else many}"


def number(count: int) -> str:
    """12 480, with narrow no-break spaces."""
    return f"{count:,}".replace(",", THIN)


def long_date(day: date) -> str:
    """7 octobre 2025, 1er mai 2026."""
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def long_span(start: date, end: date) -> str:
    """du 22 au 23 janvier 2027, du 30 janvier au 2 février 2027, le 7 octobre 2025."""
    if start >= end:
        return f"le {long_date(end)}"
    first = "1er" if start.day == 1 else str(start.day)
    if start.year != end.year:
        first = long_date(start)
    elif start.month != end.month:
        first = f"{first} {MONTHS[start.month - 1]}"
    return f"du {first} au {long_date(end)}"


def spoken_date(day: date, today: date) -> str:
    """As people say it: hier, il y a 3 jours, 30 nov., 30 nov. 2024."""
    days = (today - day).days
    if days == 0:
        return "aujourd’hui"
    if days == 1:
        return "hier"
    if 1 < days < 8:
        return f"il y a {days} jours"
    if days == -1:
        return "demain"
    short = f"{'1er' if day.day == 1 else day.day} {SHORT_MONTHS[day.month - 1]}"
    return short if day.year == today.year else f"{short} {day.year}"


def spoken_moment(moment: datetime, now: datetime) -> str:
    """14 h 05, demain 14 h 05, 30 nov."""
    hour = f"{moment.hour} h {moment.minute:02d}"
    days = (moment.date() - now.date()).days
    if days == 0:
        return hour
    return f"demain {hour}" if days == 1 else spoken_date(moment.date(), now.date())


def duration(seconds: float) -> str:
    """20 s, 5 min, 6 h, 30 j."""
    for size, unit in ((86400, "j"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{int(seconds // size)} {unit}"
    return f"{seconds:g} s".replace(".", ",")


def size(count: int) -> str:
    """5 Mio, 300 Kio."""
    for unit, step in (("Mio", 1 << 20), ("Kio", 1 << 10)):
        if count >= step:
            return f"{count / step:.1f}".rstrip("0").rstrip(".").replace(".", ",") + f" {unit}"
    return f"{count} octets"


# Failures of a source: one sentence each, at most 200 characters.
def timed_out(seconds: float) -> str:
    return f"la réponse n’est pas arrivée entière en {duration(seconds)}"


def silent(seconds: float) -> str:
    return f"le site n’a rien envoyé pendant {duration(seconds)}"


def too_large(limit: int, *, decoded: bool) -> str:
    return f"la réponse dépasse {size(limit)}{' une fois décompressée' if decoded else ''}"


def too_many_entries(limit: int) -> str:
    return f"la réponse compte plus de {number(limit)} entrées"


def http_status(status: int) -> str:
    words = {
        401: "le site demande un mot de passe",
        403: "le site refuse l’accès",
        404: "l’adresse n’existe pas ou plus",
        410: "l’adresse a été supprimée",
        429: "le site demande de ralentir",
        500: "le site est en erreur",
        502: "le site est en erreur",
        503: "le site est momentanément indisponible",
        504: "le site ne répond pas à temps",
    }
    return f"{words.get(status, 'réponse inattendue')} (HTTP {status})"


TOO_MANY_REDIRECTS = "plus de {limit} redirections"
REDIRECT_WITHOUT_ADDRESS = "redirection sans adresse (HTTP {status})"
BLOCKED_SCHEME = "adresse refusée : seuls http et https sont lus"
BLOCKED_ADDRESS = "adresse refusée : elle mène à un réseau privé"
BLOCKED_PORT = "adresse refusée : port {port} ; seuls 80, 443, 8080 et 8443 sont lus"
TOO_MANY_PIECES = "la réponse arrive en plus de {limit} morceaux de quelques octets"
NOT_RESOLVED = "le nom du site est introuvable"
CONNECTION_CUT = "le site a coupé la connexion"
BROUGHT_NAME = "Apporté par les documentalistes"
NOT_CONNECTED = "connexion impossible"
PROXY_UNREACHABLE = "le proxy ne répond pas : vérifiez « proxy » dans feeds.yaml, ou la variable d’environnement"
PROXY_REFUSED = "le proxy refuse de joindre ce site (code {status})"
PROXY_PASSWORD = "le proxy demande un mot de passe : nommez ses variables d’environnement dans « proxy: {url, user, password} »"  # noqa: S105
PROXY_SILENT = "{silence}, à travers le proxy"
PROXY_CUT = "la connexion a été coupée, par le proxy ou par le site"
PROXY_ODD = "l’adresse du proxy n’est pas une adresse http ou https"
PROXY_IPV6 = "une adresse IPv6 écrite en chiffres ne passe pas par un proxy"
BEHIND_PROXY = (
    "{file} : derrière un proxy, c’est lui qui résout les noms et joint les adresses : veille ne refuse plus celles d’un réseau privé "
    "que là où elles sont écrites en chiffres (avertissement)"
)
UNSET_HERE = "{file} : {said} ici ; il la faut à cron et au site (avertissement)"
ODD_VARIABLE = "la variable d’environnement « {name} », que feeds.yaml nomme, est vide ou contient un signe que rien ne transporte"
UNSET_VARIABLE = "la variable d’environnement « {name} », que feeds.yaml nomme, n’est pas définie"
TLS_REFUSED = "certificat refusé : {why}"
# By OpenSSL's verification code; None when the handshake failed before any certificate was judged.
TLS_REASONS = {
    None: "la négociation a échoué",
    0: "son émetteur est inconnu",
    9: "il n’est pas encore valable",
    10: "il a expiré",
    18: "il est autosigné",
    19: "il est autosigné",
    62: "il est d’un autre site",
    64: "il est d’un autre site",  # where the site is an address
}
ROBOTS_FORBID = "robots.txt interdit cette adresse aux robots"
ROBOTS_UNREADABLE = "robots.txt répond {status} : par prudence, rien d’autre n’est demandé à ce site"
HOST_WAITS = "le site a demandé d’attendre : aucune requête avant"
BOT_WALL = "le site écarte les robots ({wall})"
WALLS = {
    "login": "la réponse est une page de connexion",
    "cookies": "la réponse est un mur de cookies",
    "script": "la page ne contient rien sans JavaScript",
}
BAD_RESPONSE = "réponse HTTP invalide ou coupée"
CODING_UNKNOWN = "codage de la réponse inconnu : {coding}"
TOO_MANY_CODINGS = "la réponse est compressée plus de {limit} fois"
CODING_BROKEN = "réponse compressée illisible"
NOT_A_FEED = "la réponse n’est pas un flux"
HTML_NOT_FEED = "la réponse est une page web, pas un flux"
EMPTY_ANSWER = "la réponse est vide"
ENTITIES_DECLARED = "le document déclare des entités XML : refusé"
NO_READABLE_ENTRY = "aucune entrée lisible dans le flux"
PARSER_TIMED_OUT = "l’analyse du document dépasse {seconds} s"
PARSER_DIED = "l’analyse du document a échoué (mémoire ou format)"
TOO_MANY_TAGS = "la page compte plus de {limit} balises"
NOT_HTML = "la réponse n’est pas une page web"
SELECTOR_MISSED = "le sélecteur « {selector} » ne trouve rien dans la page"
ENTRIES_WITHOUT_TITLE = "les sélecteurs ne trouvent aucun titre"
NO_ENTRY = "la réponse est valable mais ne contient aucune entrée"
FEWER_ENTRIES = "{entries} au lieu de {usual}"
FEWER_DATES = "plus aucune date : le sélecteur de date ne trouve rien"
QUIET_SINCE = "rien de nouveau depuis le {day}"
SPLIT_FROM_HABIT = " ; jamais plus de {days} d’ordinaire"
MOVED_TO = "redirigée pour de bon vers {url}"
BACK_AGAIN = "de nouveau active"
NO_FEED_FOUND = "aucun flux ni liste d’articles trouvé à partir de la page"
ONLY_STALE = "un flux, mais rien depuis le {day} : {url}"
# How a feed was found.
FOUND_HOW = {
    "itself": "l’adresse est celle d’un flux",
    "announced": "flux annoncé par la page",
    "linked": "flux en lien dans la page",
    "section": "flux de la rubrique « {label} »",
    "usual-section": "flux de la rubrique « {label} », à l’adresse habituelle ({software})",
    "usual": "adresse habituelle ({software})",
    "account": "flux du compte",
    "any": "tout logiciel",
    "sitemap": "plan de site des actualités",
    "json-ld": "articles décrits par la page (JSON-LD)",
    "wordpress": "liste des articles de WordPress",
    "listing": "page lue par des sélecteurs",
}
FOUND_AGAIN = "la source a changé d’adresse : {url} ({said})."


def addresses_changed(count: int, *, by: str = "titre") -> str:
    return f"le site a changé d’adresses : {plural(count, f'article reconnu à son {by}', f'articles reconnus à leur {by}')}, aucun doublon."


def guids_changed(count: int) -> str:
    known = plural(count, "article reconnu à son adresse", "articles reconnus à leur adresse")
    return f"le flux a changé ses identifiants : {known}, aucun doublon."


def torrent(count: int, kept: int) -> str:
    """So many recent articles at once that most do not wait for anybody."""
    return (
        f"{count} articles récents d’un coup : {kept} attendent dans la file, les autres sont gardés et se cherchent ; "
        "« expect: {at_most: …} » dans feeds.yaml change ce nombre"
    )


def sources_missing(ids: tuple[str, ...]) -> str:
    """So many sources left feeds.yaml at once that it is likelier cut than meant."""
    told = ", ".join(ids[:5]) + (f" et {len(ids) - 5} de plus" if len(ids) > 5 else "")
    return (
        f"{len(ids)} sources manquent d’un coup à feeds.yaml ({told}) : aucune n’est retirée, les autres sont visitées. "
        "Remettez le fichier entier, ou confirmez : « veille collect --retire »."
    )


def old_flood(count: int) -> str:
    old = plural(count, "article ancien ou sans date arrivé", "articles anciens ou sans date arrivés")
    return f"{old} d’un coup : gardés hors de la file."


SITEMAP_INDEX = "ce plan de site renvoie à d’autres : choisissez l’un d’eux"
SITEMAP_UNDATED = "ce plan de site ne date aucune page"
NO_ARTICLE_TEXT = "la page n’a pas de texte à elle"
NO_JSON_LD = "la page ne décrit aucune liste d’articles (JSON-LD)"
BUG = "erreur interne de veille ({kind}) : voir le journal"

# The command line.
CONFIG_FINE = "{file} : {sources}, aucun problème."
CONFIG_COUNT = "{problems} dans {file} ; rien n’a été collecté."
FILE_MISSING = "{file} : fichier introuvable."
FILE_UNREADABLE = "{file} : lecture impossible ; il faut un fichier de texte que ce compte peut lire."
TAKEN_OVER = "une autre collecte a pris la main sur cette base : celle-ci s’arrête ; ce qui est écrit reste."
OUTPUT_REFUSED = "La sortie n’a pas pu être écrite ({why}) : ce qui a été fait reste fait."
UNEXPECTED = "{what} ({kind}) : rien de ce qui était enregistré n’est perdu ; recommencez."
NO_MEMORY = "mémoire épuisée"
SYSTEM_REFUSES = "le système refuse : {why}"
COLLECTOR_BUSY = "Une autre collecte est en cours : celle-ci s’arrête."
DATABASE_NEWER = "{file} a été écrit par une version plus récente de veille : mettez veille à jour."
DATABASE_UNUSABLE = "{file} : base inutilisable ({why})."
DATABASE_BUSY = "{file} est ouvert par un serveur ou une collecte : arrêtez-les d’abord ; rien n’a changé."
DATABASE_NOT_EMPTY = "{file} contient déjà des articles : un import demande une base neuve."
COPY_UNSOUND = "{file} : copie abîmée ({why}) ; rien n’a changé."
COPY_DIFFERS = "{file} : la copie diffère de l’original ; elle est écartée, recommencez."
FILE_EXISTS = "{file} existe déjà : choisissez un autre nom."
COPIED = "{file} : {items} et {words} vérifiés."
RESTORED = "{file} : {items} remis en place."
PUT_ASIDE = "L’ancienne base est gardée : {file}"
EXPORTED = "{folder} : {tables}, {rows}."
IMPORTED = "{file} : {items} importés ; les comptes attendent un mot de passe (« veille curators password NOM »)."
NOT_AN_EXPORT = "{folder} : pas un export complet de veille (« veille export --all »)."
EXPORT_NEWER = "{folder} vient d’une version de veille plus récente ou trop ancienne : utilisez la même."
EXPORT_BROKEN = "{file}, ligne {line} : illisible ou incomplet ; rien n’a été importé."
EXPORT_INCONSISTENT = (
    "l’export se contredit (une ligne renvoie à une autre qui manque, ou contient un signe impossible) ; rien n’a été importé."
)
EXPORT_COUNT = "{file} : {found} lignes au lieu de {wanted} ; rien n’a été importé."
NOTHING_TO_FORGET = "rien à oublier sous « {what} » : donnez une adresse d’article, l’id d’une source, ou trois lettres au moins d’un texte"
FORGET_QUESTION = "Oublier {items}, sans retour possible ?"
FORGET_NEEDS_YES = "pas de terminal pour confirmer : ajoutez --yes ; rien n’a été oublié"
FORGOTTEN = "{items} : textes, versions, preuves et index effacés, retour empêché."
FORGET_HELD = (
    "articles effacés, mais un programme lit encore l’ancien fichier, qui en garde la trace : arrêtez-le, puis relancez la commande."
)
COPIES_REMAIN = "Ces copies les contiennent encore : {files}"
SOURCE_DISABLED = "la source « {id} » est désactivée : mettez « enabled: true » pour la lire."
NO_SITE = (
    "{file} ne dit pas l’adresse publique du site (« site: https://… » sous « defaults: ») : ses adresses absolues suivent ce que demande "
    "chaque visiteur."
)
EXAMPLE_CONTACT = "{file} : « contact: {contact} » est celui de l’exemple ; mettez le vôtre, les sites visités le lisent (avertissement)"
PORT_TAKEN = "{host}, port {port} : impossible d’y écouter ; le port est pris ou l’adresse n’est pas d’ici."
UNKNOWN_SOURCE = "source inconnue : « {id} »"
MEANT = ", vouliez-vous dire « {guess} » ?"


NOT_OPML = "ce fichier n’est pas un OPML"
OPML_TITLE = "Sources de veille"
TRY_NOTHING = "« {what} » n’est ni une source de feeds.yaml ni une adresse"
TRY_ADD = "\nÀ ajouter à feeds.yaml, sous « sources: » :"
VERDICTS = {  # by the rows of the table of identity
    "known": "déjà connu",
    "renamed": "déjà connu, sous un identifiant nouveau",
    "readdressed": "déjà connu, à une adresse nouvelle",
    "two-names": "deux noms, deux articles : ses mots ont décidé",
    "near": "déjà connu, à une adresse voisine",
    "same-words": "déjà connu, par son titre et son jour",
    "moved": "déjà connu : le site a déménagé",
    "elsewhere": "déjà apporté par une autre source",
    "unlike": "nouveau : une autre source dit tout autre chose à la même adresse",
    "reclaimed": "apporté d’abord par une autre source, repris par la sienne",
    "disputed": "nouveau : prend son adresse à un article d’une autre source, qu’un documentaliste a touché",
    "reused-address": "nouveau, à une adresse déjà employée",
    "reused-guid": "nouveau, sous un identifiant déjà employé",
    "counted-guid": "nouveau : les identifiants comptent des positions",
    "new": "nouveau",
    "forgotten": "refusé : on a demandé de l’oublier",
}
AUDIT_CLEAN = "Rien à revoir : aucun article ne porte les mots ou l’adresse d’un autre."
AUDIT_HEADS = {
    "overwritten": "{count} dont une version dit tout autre chose : sans doute un autre, que les anciennes règles ont mis à sa place",
    "stranger": "{count} à l’adresse d’une autre source",
    "led": "{count} d’une autre source que celle de l’adresse à la tête de leur histoire",
    "mixed": "{count} réunis dans une histoire sans être le même",
    "joined": "{count} que la règle d’adresses 2 dit à la même adresse qu’un autre",
    "parted": "{count} dont la règle d’adresses 2 distingue plusieurs adresses",
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
LEFT_ASIDE = "\nAutres flux, laissés de côté :"
PURPOSES = {"news": "actualités", "comments": "commentaires", "agenda": "agenda", "jobs": "emploi"}
NOT_A_DOCUMENT = "la réponse est {what}, ni flux ni page web"
DOCUMENTS = {"image": "une image", "video": "une vidéo", "audio": "un son", "pdf": "un PDF", "zip": "une archive", "font": "une police"}
EMPTY_PAGE = "la page est vide"


def found_source(url: str, said: str) -> str:
    return f"{url} : {said}." if said else url


def found_entries(count: int, dated: int, newest: str) -> str:
    """How many entries, how many dated, and the last day."""
    told = plural(count, "entrée", "entrées")
    if not dated:
        return f"{told}, sans date."
    return f"{told}, dont {plural(dated, 'datée', 'datées')} ; la plus récente est du {long_date(date.fromisoformat(newest))}."


def failed_source(source: str, failure: str, reason: str) -> str:
    """One line of cron's mail."""
    return f"{source} : {reason} [{failure}]"


def alarm(source: str, state: str, reason: str) -> str:
    """One line of the alarms: what is wrong, and what to do."""
    if state == "live":
        return f"{source} : {reason}."
    if state.startswith("upheaval"):
        return f"{source} : {reason}"
    label, advice = SOURCE_STATES[state]
    return f"{source} : {label} : {reason}. {advice}"


def run_summary(*, new: int, changed: int, duplicates: int, ok: int, unchanged: int, failed: int) -> str:
    parts = [plural(new, "nouvel article", "nouveaux articles"), plural(changed, "modifié", "modifiés")]
    if duplicates:
        parts.append(plural(duplicates, "déjà connu par ailleurs", "déjà connus par ailleurs"))
    sources = [plural(ok, "source lue", "sources lues")]
    if unchanged:
        sources.append(plural(unchanged, "inchangée", "inchangées"))
    if failed:
        sources.append(plural(failed, "en échec", "en échec"))
    return f"{', '.join(sources)} : {', '.join(parts)}."


# Curators.
PASSWORD_TOO_SHORT = "le mot de passe doit compter au moins {least} caractères"  # noqa: S105 - a sentence
ACCOUNT_EXISTS = "le compte « {name} » existe déjà"
ACCOUNT_UNKNOWN = "aucun compte « {name} »"
ACCOUNT_ADDED = "Compte « {name} » créé ({role})."
PASSWORD_CHANGED = "Compte « {name} » : mot de passe changé, sessions closes."  # noqa: S105 - a sentence
ROLE_CHANGED = "Compte « {name} » : rôle {role}, sessions closes."
ACCOUNT_DISABLED = "Compte « {name} » désactivé : ses sessions sont closes."
BAD_ACCOUNT_NAME = "un nom de compte est fait de 2 à 40 lettres minuscules, chiffres, points ou tirets"
LAST_ADMIN = "il faut qu’un administrateur reste : nommez-en un autre d’abord"
SIGN_IN_REFUSED = "Nom ou mot de passe incorrect."
SIGN_IN_WAIT = "Trop d’essais : attendez une minute."
NOTHING_CHANGED = "Rien n’a changé."
DATABASE_DAMAGED = "La base est abîmée : l’exploitant doit remettre une copie en place (« veille restore »)."
DATABASE_AWAY = "La base ne répond pas : réessayez dans un moment."
WAITS_FOR_MIGRATION = "La base attend sa mise à jour : lancez « veille serve », ou une collecte."
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
BAD_RULE = "Une règle met un thème, écarte, ou donne un intérêt de 0 à 1."
BAD_TAG = "Le thème « {label} » ne peut pas être : il faut un nom de 60 caractères au plus, qui ne soit pas pris, et un groupe."
BAD_WORDS = "Des mots à chercher comptent {most} caractères au plus, dont une lettre ou un chiffre."
NO_SUCH_TAG = "Aucun thème ne s’appelle « {value} »."
TOO_MANY_TO_MERGE = "Ce thème a plus de {most} articles : trop pour les réunir d’un geste."
BAD_RHYTHM = "Ce rythme n’est pas de ceux qui sont proposés."
NO_SUCH_SOURCE = "Cette source n’existe pas."
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
ALREADY_UNDONE = "Cette décision est déjà annulée."
BAD_DATE = "« {value} » n’est pas une date : écrivez année-mois-jour, comme 2026-11-30."
BAD_TITLE = "Un titre tient sur une ligne, en {most} caractères au plus."
NOTE_TOO_LONG = "Une note compte {most} caractères au plus."
ROLE_LABELS = {"curator": "un documentaliste", "editor": "un éditeur", "admin": "un administrateur"}
ACTION_LABELS = {
    "select": "sélectionné", "dismiss": "écarté", "later": "mis pour plus tard", "restore": "remis à trier", "tag-add": "thème ajouté",
    "tag-remove": "thème refusé", "kind": "type choisi", "story-split": "séparé de son histoire", "story-join": "réuni à une histoire",
    "title": "titre corrigé", "day": "date corrigée", "place-add": "département ajouté", "place-remove": "département refusé",
    "date-add": "échéance ajoutée", "date-remove": "échéance refusée", "note-public": "note publique écrite",
    "note-private": "note interne écrite",
}  # fmt: skip

MANY_LABELS = {"select": "sélectionnés", "dismiss": "écartés", "later": "mis pour plus tard", "restore": "remis à trier"}


def decided_meanwhile(name: str, action: str, at: str) -> str:
    """Who else decided what, and when."""
    moment = datetime.fromisoformat(at).astimezone(ZoneInfo("Europe/Paris"))
    when = f"{long_date(moment.date())} à {moment.hour} h {moment.minute:02}"
    return f"{name} en a décidé le {when} : {ACTION_LABELS.get(action, action)}."


UNDO_THAT_FIRST = "{said} Annulez d’abord cette décision-là."
CHANGED_MEANWHILE = "Ce que cette décision avait changé ne l’est plus : une collecte ou une nouvelle lecture est passée depuis."

# The site.
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
NO_SUCH_SOURCE = "Cette source n’existe pas."
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

# Without their words: they may stand in a text that nobody may read.
DEADLINE_TOLD = "une échéance y est donnée"
EVENT_TOLD = "un événement y est daté"
LEARNT = "appris des décisions"
FIELD_LABELS = {
    "title": "dans le titre",
    "lead": "au début du texte",
    "text": "dans le texte",
    "url": "dans l’adresse",
    "model": LEARNT,
}


def reason(phrase: str, where: str, position: int) -> str:
    """Why a label is there, in words."""
    if where == "source":
        return "hérité de la source"
    if where == "model" and not phrase:
        return LEARNT
    if where == "curator":
        return "ajouté par un documentaliste"
    return f"« {phrase} » {FIELD_LABELS.get(where, where)}" + (f", signe {position + 1}" if where == "text" else "")


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


# Two texts beside each other.
THEME_TREATED = "un thème de la veille y est traité"
STORY_DECIDED = "dit par un documentaliste"
EQUAL_TEXTS = "même titre et même texte"
ONE_ADDRESS = "une même adresse, annoncée d’abord par une autre source : à vérifier"
LEADS_FIRST = "le premier paru représente l’histoire"
LEADS_OWNER = "l’article du site à qui est l’adresse représente l’histoire"
LEADS_SELECTED = "l’article qu’un documentaliste a retenu représente l’histoire"
EQUAL_AND_APART = "même titre et même texte, courts, mais d’un autre jour ou d’un autre lieu"
WOULD_MIX = "textes semblables, mais l’histoire réunirait deux articles qui n’ont rien de commun"
SAME_ENOUGH = "{share} % du texte le plus court se lit dans l’autre"
SAME_PARTLY = "{share} % du texte le plus court se lit dans l’autre : à vérifier"
SAME_GUARDS = {
    "places": "textes semblables, mais de départements différents",
    "titles": "textes semblables, mais les titres portent d’autres nombres ou d’autres mois",
    "parts": "textes semblables, mais les titres portent d’autres nombres ou d’autres mois",
    "subjects": "textes semblables d’un même site, mais sous deux titres différents",
    "days": "textes semblables, mais les jours diffèrent",
    "numbers": "textes semblables, mais les nombres diffèrent",
    "steps": "textes semblables, mais d’une étape à l’autre",
    "jobs": "deux offres d’emploi d’un même texte",
    "names": "textes semblables, mais d’autres noms y sont dits",
}
LEFT_FEEDS = "elle a quitté le fichier"
REFUSED_FORGOTTEN = "{entries} parce qu’on a demandé de les oublier"
NO_SOURCES_YET = "Aucune source : lancez d’abord « veille collect »."
