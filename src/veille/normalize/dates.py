"""A written date becomes a day or a moment.

Comes in: text, the source's time zone; the day of the visit for « il y a 2 jours ». Goes out: a day, an aware UTC moment, or
None. Forbidden: guessing, the clock.
"""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from veille.french import fold
from veille.messages import MONTHS
from veille.model import Moment

_MONTH_NUMBERS = {fold(name): number for number, name in enumerate(MONTHS, 1)} | {
    "janv": 1, "jan": 1, "fevr": 2, "fev": 2, "feb": 2, "mar": 3, "avr": 4, "apr": 4, "may": 5, "jun": 6, "juil": 7, "juill": 7,
    "jul": 7, "aou": 8, "aug": 8, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12, "january": 1, "february": 2, "march": 3,
    "april": 4, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True))
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?", re.I)
_IN_WORDS = re.compile(rf"\b(\d{{1,2}})(?:er|st|nd|rd|th)?[\s.-]+({_MONTH})\.?,?[\s-]+(\d{{4}})\b")
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b")
_IN_FIGURES = re.compile(r"(?<![\d/.-])(\d{1,2})\s*([/.-])\s*(\d{1,2})\s*\2\s*(\d{4}|\d\d)(?![\d/-])")


def moment_of(text: str, timezone: str) -> Moment | None:
    """The day or the moment that a text names, French or ISO; None when it names none, or an impossible one."""
    text = fold(text.strip())[:300]
    iso = _ISO.search(text)
    if iso:
        return _iso_moment(iso, timezone)
    for pattern, order in ((_IN_WORDS, (3, 2, 1)), (_MONTH_FIRST, (3, 1, 2))):
        match = pattern.search(text)
        if match:
            year, month, day = (match[group] for group in order)
            return _day(int(year), _MONTH_NUMBERS[month], int(day))
    match = _IN_FIGURES.search(text)
    if match:
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
        return _day(year, int(match[3]), int(match[1]))
    return None


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
    """The day that « il y a 2 jours », « hier » or « aujourd’hui » name, counted from `today`; None for anything else.

    Months count 30 days and years 365: the page itself is no more exact.
    """
    text = fold(text.strip())[:300]
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


_YEARLESS = re.compile(rf"\b(\d{{1,2}})(?:er)?[\s.-]+({_MONTH})\b\.?(?!\s*\d{{3}})|(?<![\d/])(\d{{1,2}})/(\d{{1,2}})(?![\d/])")
_AHEAD = timedelta(days=35)  # an entry dated further ahead would be of last year


def day_without_year(text: str, today: date) -> date | None:
    """The day that « 20 nov. » or 20/11 names on a page read `today`: the last such day, or one within five weeks; else None."""
    match = _YEARLESS.search(fold(text.strip())[:300])
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
        if zone == "Z":
            return local
        return datetime.strptime(f"{local:%Y-%m-%dT%H:%M:%S}{zone}", "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return day


def _day(year: int, month: int, day: int) -> date | None:
    """A real day of the web's time: earlier or later ones are mistakes of a server."""
    try:
        return date(year, month, day) if 1990 <= year <= 2100 else None
    except ValueError:
        return None
