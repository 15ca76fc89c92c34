"""Days that an article names, with their role: a first careful form.

Comes in: text, the day it was published. Goes out: mentions. Forbidden: today's date; a year that nothing tells is no date.
"""

import re
from datetime import date, timedelta

from veille.french import fold
from veille.messages import MONTHS
from veille.model import Mention

_MONTHS = {fold(name): number for number, name in enumerate(MONTHS, 1)}
_MONTH = "|".join(_MONTHS)
_RANGE = re.compile(
    rf"\b(?:(?:du|de|les?)\s+)?(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\s+)?"
    rf"(?P<first>\d{{1,2}})(?:er)?(?:\s+(?P<month1>{_MONTH})(?:\s+(?P<year1>\d{{4}}))?)?"
    rf"\s+(?:au|et|a)\s+(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)\s+)?"
    rf"(?P<last>\d{{1,2}})(?:er)?\s+(?P<month2>{_MONTH})(?:\s+(?P<year2>\d{{4}}))?\b"
)
_DAY = re.compile(rf"\b(?P<day>\d{{1,2}})(?:er)?\s+(?P<month>{_MONTH})(?:\s+(?P<year>\d{{4}}))?\b")
_DEADLINE = re.compile(
    r"(?:avant le|jusqu'au|au plus tard le|date limite|dernier delai|cloture|candidatez|a deposer|depot des dossiers|"
    r"inscriptions? (?:avant|jusqu)|candidatures? (?:avant|jusqu|a)|fin des candidatures)[^.;\n]{0,60}\Z"
)
_EVENT = re.compile(
    r"(?:rendez-vous|aura lieu|ont lieu|se tient|se tiendra|webinaire|journee|rencontre|forum|atelier|reunion publique|festival|"
    r"concert|colloque|salon|exposition|vernissage|conference|visite)[^;\n]{0,120}\Z"
)


def find_dates(text: str, published: date | None) -> tuple[Mention, ...]:
    """Mentions in reading order, each day once."""
    folded = fold(text)
    if len(folded) != len(text):  # a letter that opened (œ): positions are those of the folded text
        text = folded
    found: list[Mention] = []
    taken: list[tuple[int, int]] = []
    for match in _RANGE.finditer(folded):
        end = _resolve(int(match["last"]), match["month2"], match["year2"], published)
        start = _resolve(
            int(match["first"]),
            match["month1"] or match["month2"],
            match["year1"] or (str(end.year) if end else None),
            published,
        )
        if start and end and start <= end <= start + timedelta(days=366):
            found.append(_mention(folded, text, match.start(), match.end(), start, end))
            taken.append(match.span())
    for match in _DAY.finditer(folded):
        if any(low <= match.start() < high for low, high in taken):
            continue
        day = _resolve(int(match["day"]), match["month"], match["year"], published)
        if day:
            found.append(_mention(folded, text, match.start(), match.end(), day, day))
    once: dict[tuple[date, date, str], Mention] = {}
    for mention in sorted(found, key=lambda one: one.position):
        once.setdefault((mention.start, mention.end, mention.role), mention)
    return tuple(once.values())


def _mention(folded: str, text: str, start: int, end: int, first: date, last: date) -> Mention:
    before = folded[max(0, start - 130) : start]
    role = "deadline" if _DEADLINE.search(before) else "event" if _EVENT.search(before) or first != last else "other"
    return Mention(start=first, end=last, role=role, evidence=text[start:end], position=start)


def _resolve(day: int, month: str | None, year: str | None, published: date | None) -> date | None:
    """A real day; without a year, the one nearest after the publication (up to 60 days before it still counts)."""
    if month is None:
        return None
    try:
        if year:
            return date(int(year), _MONTHS[month], day) if 1990 <= int(year) <= 2100 else None
        if published is None:
            return None
        found = date(published.year, _MONTHS[month], day)
        return found if found >= published - timedelta(days=60) else found.replace(year=published.year + 1)
    except ValueError:
        return None
