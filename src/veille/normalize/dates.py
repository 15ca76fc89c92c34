"""A written date becomes a day or a moment.

Comes in: text, the source's time zone; the day of the visit for « il y a 2 jours ». Goes out: a day, an aware UTC moment, or
None. Forbidden: guessing, the clock.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from veille.french import fold
from veille.messages.common import MONTHS
from veille.model import Moment

_MONTH_NUMBERS = {fold(name): number for number, name in enumerate(MONTHS, 1)} | {
    "janv": 1, "jan": 1, "fevr": 2, "fev": 2, "feb": 2, "mar": 3, "avr": 4, "apr": 4, "may": 5, "jun": 6, "juil": 7, "juill": 7,
    "jul": 7, "aou": 8, "aug": 8, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12, "january": 1, "february": 2, "march": 3,
    "april": 4, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True))
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z\b|gmt\b|utc\b|[+-]\d\d(?::?\d\d)?)?)?", re.I)
# A year of two figures is one only where no hour can be meant (« 12 mars 24 », « 3 mai ’23 », but not « 12 mars 14 h »).
_YEAR = r"(?:(\d{4})\b|['’]?(\d\d)\b(?!\s*(?:h\b|heures?\b|[:.]\d|°|/|\d)))"
_IN_WORDS = re.compile(rf"\b(\d{{1,2}})\s*(?:er|st|nd|rd|th|°)?[\s.-]+({_MONTH})\b\.?,?[\s-]+{_YEAR}")
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b")
_IN_FIGURES = re.compile(r"(?<![\d/.-])(\d{1,2})\s*([/.-])\s*(\d{1,2})\s*\2\s*(\d{4}|\d\d)(?![\d/-])")


def _folded(text: str) -> str:
    """As it is compared; « 1ᵉʳ » is « 1er »."""
    return fold(text.strip()[:300].translate(_RAISED))


_RAISED = str.maketrans("ᵉʳᵈⁿˢᵗ", "erdnst")


def moment_of(text: str, timezone: str) -> Moment | None:
    """Return the day or the moment that a text names, French or ISO; None when it names none, or an impossible one."""
    text = _folded(text)
    iso = _ISO.search(text)
    if iso:
        return _iso_moment(iso, timezone)
    match = _IN_WORDS.search(text)
    if match:
        return _day(_year(match[3] or match[4]), _MONTH_NUMBERS[match[2]], int(match[1]))
    match = _MONTH_FIRST.search(text)
    if match:
        return _day(int(match[3]), _MONTH_NUMBERS[match[1]], int(match[2]))
    match = _IN_FIGURES.search(text)
    if match:
        return _day(_year(match[4]), int(match[3]), int(match[1]))
    return None


# Hours from UTC of the names that feeds write (RFC 822 §5, and those of Europe).
_ZONES = {
    "z": 0, "gmt": 0, "ut": 0, "utc": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "met": 1, "mez": 1, "cest": 2, "mest": 2, "mesz": 2,
    "eet": 2, "eest": 3, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
    "ast": -4, "gft": -3, "pmst": -3, "pmdt": -2, "eat": 3, "ret": 4, "mut": 4, "nct": 11, "taht": -10,
}  # fmt: skip
_TIME = (
    r"(?:[t\s,]+(?:[-–|]\s*)?(?:a\s+)?([01]?\d|2[0-3])\s*(?:[:h]\s*([0-5]\d)(?::([0-5]\d|60)(?:[.,]\d+)?)?|h)\s*([ap]\.?m\.?(?![a-z]))?\s*"
    r"((?:gmt|utc)?[+-]\d{1,2}(?::?\d\d)?|[a-z]{1,5}|[a-z]+/[a-z_/-]+)?(?:\s*\([^)]*\))?)?\s*\Z"
)
_DAY_NAME = r"\A(?:[a-z]{2,9}(?:\.?,?\s+|,))?(?:le\s+)?"
_OF_FEEDS = (
    (re.compile(rf"{_DAY_NAME}(\d{{1,2}})\s*(?:er|st|nd|rd|th|°)?[\s.-]+({_MONTH})\.?,?[\s-]+(\d{{4}}|\d\d){_TIME}"), (3, 2, 1)),
    (re.compile(rf"{_DAY_NAME}({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_TIME}"), (3, 1, 2)),
    (re.compile(rf"\A(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_TIME}"), (1, 3, 4)),
    (re.compile(rf"{_DAY_NAME}(\d{{1,2}})([/.-])(\d{{1,2}})\2(\d{{4}}|\d\d){_TIME}"), (4, 3, 1)),
)  # fmt: skip
_COMPACT = re.compile(r"\A(\d{4})(\d\d)(\d\d)(?:t?(\d\d)(\d\d)(\d\d)?(z|[+-]\d{4})?)?\Z")
_SECONDS = re.compile(r"\A(\d{10})(?:\d{3})?\Z")  # since 1970
_ASCTIME = re.compile(rf"\A[a-z]{{3}}\s+({_MONTH})\s+(\d{{1,2}})\s+(\d\d:\d\d:\d\d)\s+(?:([a-z]{{3,4}})\s+)?(\d{{4}})\s*\Z")


def feed_date(text: str) -> str:
    """Return what a feed's date says, in ISO 8601: a day, a moment in UTC, or a moment of the source's own clock where no zone is told.

    "" for a form that is not known here. RFC 822, ISO 8601, the day in figures either way round, French and English months, names of zones.
    """
    text = " ".join(_folded(text).split())
    clock = _ASCTIME.match(text)
    if clock:
        text = f"{clock[2]} {clock[1]} {clock[5]} {clock[3]} {clock[4] or ''}".strip()
    since = _SECONDS.match(text)
    if since:
        moment = datetime.fromtimestamp(int(since[1]), UTC)
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if _day(moment.year, moment.month, moment.day) else ""
    compact = _COMPACT.match(text)
    if compact:
        day, (hour, minute, second, zone) = "-".join(compact.groups()[:3]), compact.groups()[3:]
        text = day if hour is None else f"{day}t{hour}:{minute}:{second or '00'}{zone or ''}"
    for pattern, order in _OF_FEEDS:
        match = pattern.match(text)
        if match:
            year, month, day = (match[place] for place in order)
            number = _MONTH_NUMBERS.get(month) or int(month)
            if number > 12 >= int(day) and order == (4, 3, 1):
                number, day = int(day), str(number)  # 11/23/2026
            hour, minute, second, half, zone = match.groups()[-5:]
            found = _day(_year(year), number, int(day))
            if found is None:
                return ""
            if hour is None:
                return found.isoformat()
            hour = _of_day(int(hour), half or "")
            return found.isoformat() if hour is None else _in_utc(found, (hour, int(minute or 0), int(second or 0)), zone or "")
    return ""


def _of_day(hour: int, half: str) -> int | None:
    """Return the hour of a day of 24, from one of twelve where a half is told; None for one that is none."""
    if not half:
        return hour
    return hour % 12 + (12 if half[0] == "p" else 0) if 1 <= hour <= 12 else None


def _year(written: str) -> int:
    """A year of two figures is of this century up to 49 (RFC 2822 §4.3)."""
    return int(written) + (0 if len(written) > 2 else 2000 if int(written) < 50 else 1900)


def _in_utc(day: date, time: tuple[int, int, int], zone: str) -> str:
    """Return a moment of a clock, in UTC where its zone is known; the day where its name means nothing here."""
    hour, minute, second = time[0], time[1], min(time[2], 59)
    local = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)
    figures = re.fullmatch(r"(?:gmt|utc)?([+-])(\d{1,2}?):?(\d\d)?", zone)
    try:
        if not zone:
            return f"{local:%Y-%m-%dT%H:%M:%S}"
        if figures:
            away = timedelta(hours=int(figures[2]), minutes=int(figures[3] or 0))
            if away >= timedelta(hours=24):
                return day.isoformat()
            local -= -away if figures[1] == "-" else away
        elif zone in _ZONES:
            local -= timedelta(hours=_ZONES[zone])
        elif "/" in zone:
            name = "/".join("_".join(part.capitalize() for part in one.split("_")) for one in zone.split("/"))
            local = local.replace(tzinfo=ZoneInfo(name)).astimezone(UTC)
        else:
            return day.isoformat()
    except (ValueError, OverflowError, ZoneInfoNotFoundError):
        return day.isoformat()
    return f"{local.isoformat()[:19]}Z"


_AGO = re.compile(
    r"\b(?:il y a|depuis)\s+(?:environ\s+)?(un|une|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|quinze|\d{1,3})\s*"
    r"(minutes?|min|heures?|h|jours?|j|semaines?|sem|mois|ans?|annees?)\b"
)
_SPOKEN = re.compile(r"\b(avant[- ]hier|hier|aujourd[' ’]?hui|a l[' ’]instant|ce matin|ce jour)\b")
_COUNTS = {
    "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "quinze": 15,
}  # fmt: skip
_AGO_DAYS = {"m": 0, "h": 0, "j": 1, "s": 7, "mois": 30, "a": 365}


def day_ago(text: str, today: date) -> date | None:
    """Return the day that « il y a 2 jours », « hier » or « aujourd’hui » name, counted from `today`; None for anything else.

    Months count 30 days and years 365: the page itself is no more exact.
    """
    text = _folded(text)
    ago = _AGO.search(text)
    if ago:
        count = _COUNTS.get(ago[1]) or int(ago[1])
        unit = ago[2]
        days = count * (_AGO_DAYS["mois"] if unit == "mois" else _AGO_DAYS[unit[0]])
        hours = count if unit[0] == "h" else 0
        return today - timedelta(days=days + hours // 24)
    spoken = _SPOKEN.search(text)
    if spoken:
        return today - timedelta(days=2 if spoken[1].startswith("avant") else 1 if spoken[1] == "hier" else 0)
    return None


_YEARLESS = re.compile(rf"\b(\d{{1,2}})\s*(?:er)?[\s.-]+({_MONTH})\b\.?(?!\s*\d{{3}})|(?<![\d/])(\d{{1,2}})/(\d{{1,2}})(?![\d/])")
_AHEAD = timedelta(days=35)  # an entry dated further ahead would be of last year


def day_without_year(text: str, today: date) -> date | None:
    """Return the day that « 20 nov. » or 20/11 names on a page read `today`: the last such day, or one within five weeks; else None."""
    match = _YEARLESS.search(_folded(text))
    if match is None:
        return None
    day, month = (int(match[1]), _MONTH_NUMBERS[match[2]]) if match[1] else (int(match[3]), int(match[4]))
    found = [one for one in (_day(year, month, day) for year in (today.year + 1, today.year, today.year - 1)) if one]
    return next((one for one in found if one <= today + _AHEAD), None)


def _iso_moment(iso: re.Match[str], timezone: str) -> Moment | None:
    day = _day(int(iso[1]), int(iso[2]), int(iso[3]))
    if day is None or iso[4] is None:
        return day
    zone = (iso[7] or "").upper().replace(":", "")
    try:
        local = datetime(day.year, day.month, day.day, int(iso[4]), int(iso[5]), int(iso[6] or 0), tzinfo=UTC)
        if not zone:
            return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
        if zone in ("Z", "GMT", "UTC"):
            return local
        zone = zone.ljust(5, "0")
        return datetime.strptime(f"{local:%Y-%m-%dT%H:%M:%S}{zone}", "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return day


def _day(year: int, month: int, day: int) -> date | None:
    """Return a real day of the web's time: earlier or later ones are mistakes of a server."""
    try:
        return date(year, month, day) if 1990 <= year <= 2100 else None
    except ValueError:
        return None
