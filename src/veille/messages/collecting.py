"""What the collection says: why a source could not be read, what changed, the alarms."""

from datetime import date

from veille.messages.common import SOURCE_STATES, duration, long_date, number, plural, size


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
NOT_CONNECTED = "connexion impossible"
PROXY_UNREACHABLE = "le proxy ne répond pas (« proxy: » dans feeds.yaml, ou HTTPS_PROXY)"
PROXY_REFUSED = "le proxy refuse de joindre ce site (code {status})"
PROXY_PASSWORD = "le proxy demande un mot de passe : nommez ses variables d’environnement dans « proxy: {url, user, password} »"  # noqa: S105
PROXY_SILENT = "{silence}, à travers le proxy"
PROXY_CUT = "la connexion a été coupée, par le proxy ou par le site"
PROXY_ODD = "l’adresse du proxy n’est pas une adresse http ou https"
PROXY_IPV6 = "une adresse IPv6 écrite en chiffres ne passe pas par un proxy"
BEHIND_PROXY = (
    "{file} : le proxy joint les sites à la place de veille. Interdisez-lui le réseau privé : veille n’y refuse que les adresses écrites "
    "en chiffres (avertissement)"
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
    "listing": "page d’actualités",
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
BUG = "erreur interne de veille ({kind}) : la trace est dans le journal de la collecte ; signalez-la"
# The command line.
CONFIG_FINE = "{file} : {sources}, aucun problème."
CONFIG_COUNT = "{problems} dans {file} ; rien n’a été collecté."
TAKEN_OVER = "une autre collecte a pris la main sur cette base : celle-ci s’arrête ; ce qui est écrit reste."
SOURCE_DISABLED = "la source « {id} » est désactivée : mettez « enabled: true » pour la lire."
EXAMPLE_CONTACT = "{file} : « contact: {contact} » est celui de l’exemple ; mettez le vôtre, les sites visités le lisent (avertissement)"
UNKNOWN_SOURCE = "Source inconnue : « {id} »"
MEANT = ". Vouliez-vous dire « {guess} » ?"
NOT_OPML = "Ce fichier n’est pas un OPML."
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
LEFT_ASIDE = "\nAutres flux, laissés de côté :"
PURPOSES = {"news": "actualités", "comments": "commentaires", "agenda": "agenda", "jobs": "emploi"}
NOT_A_DOCUMENT = "la réponse est {what}, ni flux ni page web"
DOCUMENTS = {"image": "une image", "video": "une vidéo", "audio": "un son", "pdf": "un PDF", "zip": "une archive", "font": "une police"}
EMPTY_PAGE = "la page est vide"


def found_source(url: str, said: str) -> str:
    return f"{url} : {said}." if said else url


def found_entries(count: int, dated: int, newest: str) -> str:
    """Return how many entries, how many dated, and the last day."""
    told = plural(count, "entrée", "entrées")
    if not dated:
        return f"{told}, sans date."
    return f"{told}, dont {plural(dated, 'datée', 'datées')} ; la plus récente est du {long_date(date.fromisoformat(newest))}."


def failed_source(source: str, failure: str, reason: str) -> str:
    """Return one line of cron's mail."""
    return f"{source} : {reason} [{failure}]"


def alarm(source: str, state: str, reason: str) -> str:
    """Return one line of the alarms: what is wrong, and what to do."""
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


LEFT_FEEDS = "elle a quitté le fichier"
REFUSED_FORGOTTEN = "{entries} : on a demandé de l’oublier"
NO_SOURCES_YET = "Aucune source : lancez d’abord « veille collect »."
