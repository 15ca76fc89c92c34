"""Words that every page and command shares: days, counts, sizes, labels."""

from datetime import date, datetime

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
SOURCE_KIND_LABELS = {"feed": "flux", "page": "page d’actualités", "discover": "flux à découvrir"}
LANGUAGE_LABELS = {"fr": "français", "en": "anglais"}
STATE_LABELS = {"new": "à trier", "selected": "sélectionné", "dismissed": "écarté", "later": "pour plus tard"}
# Worst first: label, and what to do.
SOURCE_STATES = {
    "gone": ("disparue", "Cherchez une nouvelle adresse, ou retirez la source."),
    "failing": ("en panne", "Lisez la raison ; la collecte réessaie d’elle-même."),
    "selector-missed": ("page modifiée", "La page a changé : revoyez les sélecteurs."),
    "blocked": ("refusée", "Le site refuse les robots : écrivez à son gestionnaire."),
    "robots": ("interdite aux robots", "robots.txt l’interdit : demandez l’accord du site."),
    "rate-limited": ("ralentie", "Le site demande d’attendre : allongez « every »."),
    "moved": ("déménagée", "Mettez la nouvelle adresse dans feeds.yaml."),
    "empty": ("vide", "Regardez le site ; les articles déjà lus restent."),
    "quiet": ("silencieuse", "Vérifiez que le site publie encore."),
    "unproven": ("jamais lue", "Lisez la raison ; veille réessaie chaque semaine."),
    "new": ("pas encore visitée", "La prochaine collecte la lira."),
    "live": ("active", "Rien à faire."),
    "disabled": ("désactivée", "Mettez « enabled: true » pour la reprendre."),
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
    for unit, step in (("Gio", 1 << 30), ("Mio", 1 << 20), ("Kio", 1 << 10)):
        if count >= step:
            return f"{count / step:.1f}".rstrip("0").rstrip(".").replace(".", ",") + f" {unit}"
    return f"{count} octets"


FILE_MISSING = "{file} : fichier introuvable. Vérifiez le nom."
FILE_UNREADABLE = "{file} : lecture impossible ; il faut un fichier de texte que ce compte peut lire."
DATABASE_NEWER = "La base {file} vient d’une version plus récente de veille : mettez veille à jour."
NOT_OURS = "{file} n’est pas une base de veille : vérifiez « --db ». Rien n’a changé."
DATABASE_UNUSABLE = "{file} : base inutilisable ({why})."
NO_SUCH_SOURCE = "Cette source n’existe pas."

NO_SUCH_ARTICLE = "Cet article n’existe pas."
