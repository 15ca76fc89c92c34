"""Days that an article names, with their role: a grammar of French dates, ranges, lists and deadlines.

Comes in: text, the day it was published. Goes out: mentions. Forbidden: today's date; a day that does not exist is no date.

A missing year is told by the publication: the weekday where one is written, « dernier » or « prochain », else the year that puts the day
nearest after (or a little before) it. Months and years alone name no day, but for « jusqu'à fin avril ».
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from veille.french import fold
from veille.messages.common import MONTHS, WEEKDAYS
from veille.model import Mention

_MONTHS = {fold(name): number for number, name in enumerate(MONTHS, 1)} | {
    "janv": 1, "fev": 2, "fevr": 2, "avr": 4, "juil": 7, "juill": 7, "sept": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(WEEKDAYS)
# Its digit comes first, which the engine finds fast; what must not stand before it is looked at then.
_NUMBERED = (
    r"(?P<day>\d(?<![\d/.,:€-]\d)\d?)(?:\s?(?:er\b|ᵉʳ))?(?![\d%€]|[.,:/]\d|\s?(?:h|%|€)\b)"
    rf"(?:\s+(?P<month>{_MONTH})\b\.?(?:\s+(?P<year>(?:19|20)\d\d)\b)?)?"
)
_NUMBER = re.compile(_NUMBERED)
_ONE = re.compile(rf"(?P<weekday>(?:{_WEEKDAY})\s+)?{_NUMBERED}")
_BETWEEN = re.compile(
    rf"\s*(?P<join>,\s*(?:puis\s+)?|,?\s*et\s+|,?\s*ou\s+|\s+au\s+|\s+a\s+|\s*[-–]\s*|\s+jusqu'au\s+)\s*(?:(?:les?|du|"
    rf"le)\s+)?(?=(?:(?:{_WEEKDAY})\s+)?\d)"
)
_FIGURES = re.compile(r"(?<![\d/.-])(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>(?:19|20)\d\d|\d\d)(?![\d/-]|\.\d)")
_ISO = re.compile(r"(?<![\d-])(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?![\d-])")
_NO_DAY = re.compile(r"(?:\b(?:versions?|v|n°|numero|no|ref\w*|article|art|python)\.?\s?)\Z")
_MONTH_AFTER = re.compile(rf"\s+(?:{_MONTH})\b")  # « 8/9/10 décembre » is three days
# « vendredi 11/12 », « le 30/11 »: a day and a month, led by a weekday or a word that leads to days.
_SHORT = re.compile(
    rf"(?:\b(?:(?P<weekday>{_WEEKDAY})|lun|mar|mer|jeu|ven|sam|dim)\.?\s+(?:le\s+)?|"
    r"\b(?:les?|du|au|avant le|jusqu'au|pour le|des le|d'ici le)\s+)"
    r"(?P<day>\d{1,2})/(?P<month>\d{1,2})(?![\d/-]|\.\d|\s?(?:%|€|eme|e\b)|\s+(?:des?|du|d')\b(?!\s*\d))"
)
_STROKES = re.compile(rf"(?<![\d/])(?P<days>\d{{1,2}}(?:/\d{{1,2}})+)\s+(?P<month>{_MONTH})\b(?:\s+(?P<year>(?:19|20)\d\d)\b)?")
_DASHED = re.compile(
    rf"(?<![\d/-])(?P<first>\d{{1,2}})(?:er)?\s?[-–]\s?(?P<last>\d{{1,2}})\s+(?P<month>{_MONTH})\b(?:\s+(?P<year>(?:19|20)\d\d)\b)?"
)
_MARKED = re.compile(r"\d[/.-]\d")  # in both
_STROKE, _DASH = re.compile(r"/(?<=\d/)(?=\d)"), re.compile(r"[-–]\s?(?=\d\d?\s)")  # where there is none, the long patterns find nothing
_UNTIL_END = re.compile(
    rf"\b(?:jusqu(?:'a|e)|avant|d'ici)\s+(?:la\s+)?fin\s+(?:du\s+mois\s+)?(?:de\s+|d')?(?P<month>{_MONTH})\b(?:\s+(?P<year>(?:19|20)\d\d)\b)?"
)
_END_OF_MONTH = re.compile(rf"\b(?:jusqu'a|avant|d'ici)\s+(?:la\s+)?fin\s+du\s+mois\b(?!\s+(?:de\s+|d')?(?:{_MONTH})\b)")
# « demain », « ce jeudi », « vendredi dernier »: days told from the publication.
_RELATIVE = re.compile(
    rf"\b(?:(?P<tomorrow>demain)(?=\s+(?:a|de|des)\s+\d|\s+(?:matin|midi|soir|apres))|ce\s+(?P<this>{_WEEKDAY})|(?P<next>{_WEEKDAY})\s+prochain|(?P<last>{_WEEKDAY})\s+dernier)\b(?!\s+\d)"
)
_RELATIVE_WORDS = ("demain", " prochain", " dernier", *(f"ce {name}" for name in WEEKDAYS))
# Between the two ends of a range in figures, or with hours in it; a range begins with « du » or « entre le ».
_TO = re.compile(
    rf"\s*(?:a\s+\d{{1,2}}\s?h(?:\d\d)?\s*|\(\d{{1,2}}\s?h(?:\d\d)?\)\s*|inclus\s*)?(?:au|et le|jusqu'au|-|–)\s+(?:(?:{_WEEKDAY})\s+)?\Z"
)
_FROM = re.compile(rf"\b(?:du|des|entre le)\s+(?:(?:{_WEEKDAY})\s+)?\Z")
_DIGIT = re.compile(r"\d")
_LED = re.compile(r"(?:\b(?:les?|du|des|entre le|au|jusqu'au|et|ou|avant le|le)|[(:])\s*\Z")

_OTHER = re.compile(
    r"(?:\b(?:loi|decrets?|arretes?|ordonnance|circulaire|deliberation|directive|reglement|decision|code|avis(?! d.enquete)|jugement|"
    r"convention|"
    r"courrier|instruction)\b"
    r"[^.;]{0,40}\b(?:du|en date du)\s*\Z)|\b(?:prise de (?:poste|fonctions?)|"
    r"publiee?s?|mise?s? a jour|mise? en ligne|modifiee?|redigee?|ecrit|consultee?|depuis (?:le|les)|"
    r"poste a pourvoir|communique|recueil|a compter du|a partir du|"
    r"en vigueur (?:le|au|depuis le)|donnees (?:au|du)|chiffres (?:au|du)|valable|nee?|effectif|situation|arretee?s?|etat)\b[^.;]{0,25}\Z|"
    r"\b(?:au|en date du)\s*\Z"
)
_CALL = (
    r"\b(?:date limite|limite|dernier delai|clotur\w*|clos\w*|candidat\w*|deposer|deposez|depots?|(?:pre)?inscri\w*|votez|voter|"
    r"vote ouvert|"
    r"appel ouvert|"
    r"remise des (?:offres|dossiers|plis|candidatures|projets)|repondre|repondez|attendue?s?|prolong\w*|reception des plis|"
    r"fin des (?:inscri|candid)\w*|echeance|postul\w*|soumett\w*|soumission|"
    r"depos(?:ent|e|es)|resas?|reservations?|s'annoncer|se signaler|signalez-vous|annoncez-vous|se faire connaitre|faites-vous connaitre|"
    r"reponses? (?:souhaitees?|attendues?|demandees?|par|avant|au plus tard)|dites-nous|envois? acceptes?|commandez|commander|remplir|"
    r"(?:chacun|on|ils|elles|habitants|eleves) votent?|concertation prealable|"
    r"consultation (?:du public|ouverte|en ligne)|participation du public)\b"
)
_DEADLINE = re.compile(rf"{_CALL}[^.;!?\n]{{0,60}}\Z")
_FAR_DEADLINE = re.compile(rf"{_CALL}[^.;!?\n]{{0,120}}\Z")  # where a bound or a period stands right before the day
_BOUND = re.compile(rf"\b(?P<word>avant(?: le)?|pour le|jusqu'au|jusqu'a|au plus tard(?: le)?|d'ici (?:le|au))\s*(?:(?:{_WEEKDAY})\s+)?\Z")
_ASKS = re.compile(
    r"\b(?:appels?|dossiers?|offres?|candid\w*|inscri\w*|particip\w*|envo\w*|adress\w*|transmett\w*|retour\w*|reserv\w*|idees?|propos\w*|confirm\w*|"
    r"demandes?|comment(?:er|ez|ant|aires?)|consultations?)\b"
)
_ORDER = re.compile(r"\W*(?:vous )?[a-z]{3,}(?:er|ez|ir|re)\b")  # « Effectuer… », « Veillez… »
_EVENT = re.compile(
    r"\b(?:rendez-vous|lieu|tien\w*|tenu\w*|deroul\w*|organis\w*|webinaires?|journees?|rencontres?|forums?|ateliers?|reunions?|"
    r"festival|concerts?|colloques?|"
    r"salons?|expositions?|vernissage|conferences?|visites?|seances?|hackathons?|portes ouvertes|formations?|seminaires?|sessions?|"
    r"semaine|biennale|congres|"
    r"assises|remise?s?|lance\w*|inaugur\w*|soirees?|spectacles?|ceremonie|etape|particip\w*|presente?s?|anim\w*|accueil\w*|"
    r"invit\w*|debats?|table ronde|"
    r"fete|jury|conseils? (?:communautaires?|municipa\w+|departementa\w+|metropolitains?|d.administration)|elections?|entretiens?|"
    r"signature|"
    r"marches?|enquetes? publiques?|resultats?|assemblees?|permanences?|notification\w*|annonc\w*|votee?|reuni\w*|trophees|"
    r"prix|ouvr\w*|demarr\w*|debut\w*)\b[^;\n]{0,140}\Z"
)
_EVENT_AFTER = re.compile(
    r"[\s,:–-]*(?:a \d|de \d|\d{1,2}\s?h|prochains?|derniers?|au |a la |a l'|dans |en ligne|a partir de \d|[^.;\n]{0,90}\b(?:aura|"
    r"auront|se tien|se derou|ont? lieu|"
    r"organis|webinaire|journee|rencontre|atelier|reunion|seminaire|conference|forum|festival|colloque|a vote|etait|avons|ont|a eu|nous))"
)
_PAST = re.compile(r"\s*(?:,\s*)?(?:derniers?(?!\s+delai)|dernieres?|passe)\b")
_NEXT = re.compile(r"\s*(?:,\s*)?prochaine?s?\b")
_EACH_YEAR = re.compile(r"\b(?:chaque(?: annee)?|tous les ans|toutes les annees)\s+(?:avant le\s+|jusqu'au\s+|le\s+|au\s+|du\s+)?\Z")
_IN_FORCE = re.compile(r"\b(?:valables?|en vigueur|alerte|vigilance)\b[^.;]{0,40}\bjusqu'(?:au|a)\s*\Z")
# An event of its own between the words of a deadline and the day.
_OWN_EVENT = re.compile(
    r"\b(?:entretiens?|jury|resultats?|notification\w*|(?:premiere |prochaine )?reunion|restitution|selection)\b[^.;]{0,25}"
    r"\b(?:le|du)\s+(?:[a-z]+di\s+)?\Z"
)
_WHOLE_YEAR = re.compile(r"\b1er janvier\W+au\W+31 decembre\b")  # a period that figures are told of
# What ends a sentence; « mer. 26 mars » does not.
_SENTENCE = re.compile(r"(?<=[a-z)»]{2})(?<!\blun)(?<!\bmar)(?<!\bmer)(?<!\bjeu)(?<!\bven)(?<!\bsam)(?<!\bdim)[.!?]\s|\n")
_INCLUSIVE = ("au", "a", "-", "–", "jusqu'au")


@dataclass(frozen=True, slots=True)
class Span:
    """A mention before its year is settled: days as (year or None, month, day), bounds included."""

    first: tuple[int | None, int, int]
    last: tuple[int | None, int, int]
    role: str
    start: int  # in the folded text
    end: int
    doubt: str = ""  # the weekday that contradicts the day


@dataclass(slots=True)
class _Day:
    """One day as written: what is missing may stand in the next one."""

    day: int
    month: int | None
    year: int | None
    weekday: str
    start: int
    end: int
    join: str = ""  # what leads to the next


def find_dates(text: str, published: date | None) -> tuple[Mention, ...]:
    """Mentions in reading order, each once; a day whose year nothing tells is none."""
    folded = fold(text)
    if len(folded) != len(text):  # a letter that opened (œ): positions are those of the folded text
        text = folded
    once: dict[tuple[date, date, str], Mention] = {}
    for one in spans(folded, published):
        start, end = _real(one.first), _real(one.last)
        if start and end and start <= end:
            mention = Mention(start=start, end=end, role=one.role, evidence=text[one.start : one.end], position=one.start, doubt=one.doubt)
            once.setdefault((start, end, one.role), mention)
    return tuple(once.values())


def spans(folded: str, published: date | None) -> list[Span]:
    """Return every mention of a folded text, in reading order; the year is None where nothing tells it."""
    if any(word in folded for word in _SPELT_ALONE):
        folded = _SPELT.sub(lambda match: _figures_of(match[0]), folded)
    found = [*_until_end(folded, published), *_relative(folded, published)]
    if _DIGIT.search(folded):
        found += [*_in_words(folded, published), *_in_figures(folded), *_in_strokes(folded, published), *_by_weekday(folded, published)]
    found.sort(key=lambda one: (one.start, -one.end))
    kept: list[Span] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return [one for one in _joined(folded, kept) if _possible(one)]


# « le premier septembre », « le douze novembre »: in figures, at the same length.
_SPELT_NUMBERS = (
    "premier deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf vingt "
    "vingt-et-un vingt-deux vingt-trois vingt-quatre vingt-cinq vingt-six vingt-sept vingt-huit vingt-neuf trente trente-et-un"
).split()
_SPELT_ALONE = tuple(f"{word} " for word in _SPELT_NUMBERS if "-" not in word)
_NUMBER_OF = {word: "1er" if number == 1 else str(number) for number, word in enumerate(_SPELT_NUMBERS, 1)}
_SPELT = re.compile(rf"\b(?:{'|'.join(sorted(_SPELT_NUMBERS, key=len, reverse=True))})(?=\s+(?:{_MONTH})\b)")


def _figures_of(word: str) -> str:
    return _NUMBER_OF[word].ljust(len(word))


# « réponse pour lundi 1er », « prochain match samedi 28 »: the month is that in which such a weekday falls on such a day.
_WEEKDAY_ALONE = re.compile(
    rf"\b(?P<weekday>{_WEEKDAY})\s+(?P<day>\d{{1,2}})(?:er)?\b(?!\s?(?:h\b|h\d|heures|euros|€|%|km|m\b|°)|[/:]|[.,]\d|-\d)"
)
_MONTH_SOON = re.compile(rf"(?:[\s,–-]|et|au|ou|puis|le|er|{_WEEKDAY}|\d)*(?:{_MONTH})\b")
_EARLIEST, _LATEST = -14, 45  # days from the publication


def _by_weekday(folded: str, published: date | None) -> Iterator[Span]:
    for match in _WEEKDAY_ALONE.finditer(folded) if published and any(name in folded for name in WEEKDAYS) else ():
        if published is None or _MONTH_SOON.match(folded, match.end()):
            continue
        around = (published + timedelta(days=ahead) for ahead in range(_EARLIEST, _LATEST))
        wanted, number = WEEKDAYS.index(match["weekday"]), int(match["day"])
        fitting = [day for day in around if day.day == number and day.weekday() == wanted]
        if fitting:
            day = min(fitting, key=lambda one: (one < published, abs(one - published)))
            told = (day.year, day.month, day.day)
            yield Span(told, told, _role(folded, match.start(), match.end(), ranged=False), match.start(), match.end())


def _joined(folded: str, kept: list[Span]) -> list[Span]:
    """Two days that are the ends of one range made one: « du 15/12/2026 au 31/01/2027 », « du 29 mars à 9h au 30 avril »."""
    found: list[Span] = []
    for one in kept:
        before = found[-1] if found else None
        if (
            before is not None and before.first == before.last and one.first == one.last
            and _TO.fullmatch(folded, before.end, one.start) and _FROM.search(folded, 0, before.start)
            and (before.first[0] is None or one.last[0] is None or before.first <= one.last)
        ):  # fmt: skip
            role = _role(folded, before.start, one.end, ranged=True)
            found[-1] = Span(before.first, one.last, role, before.start, one.end)
        else:
            found.append(one)
    return found


def _relative(folded: str, published: date | None) -> Iterator[Span]:
    if published is None:
        return
    for match in _RELATIVE.finditer(folded) if any(word in folded for word in _RELATIVE_WORDS) else ():
        if match["tomorrow"]:
            day = published + timedelta(days=1)
        else:
            name = match["this"] or match["next"] or match["last"]
            ahead = (WEEKDAYS.index(name) - published.weekday()) % 7
            day = published + timedelta(days=ahead)
            if match["last"]:
                day = published - timedelta(days=(7 - ahead) or 7)
            elif match["next"] and not ahead:
                day += timedelta(days=7)
        told = (day.year, day.month, day.day)
        role = _role(folded, match.start(), match.end(), ranged=False)
        if role != "other" or not match["tomorrow"]:  # « demain » is also another word for the future
            yield Span(told, told, role, match.start(), match.end())


def _possible(one: Span) -> bool:
    return all(1 <= month <= 12 and 1 <= day <= calendar.monthrange(year or 2024, month)[1] for year, month, day in (one.first, one.last))


def _real(day: tuple[int | None, int, int]) -> date | None:
    year, month, number = day
    return date(year, month, number) if year is not None and 1800 <= year <= 2200 else None


def _in_figures(folded: str) -> Iterator[Span]:
    for pattern in (_FIGURES, _ISO) if _MARKED.search(folded) else ():
        for match in pattern.finditer(folded):
            if _NO_DAY.search(folded, max(0, match.start() - 16), match.start()) or _MONTH_AFTER.match(folded, match.end()):
                continue
            year = int(match["year"]) + (2000 if len(match["year"]) == 2 else 0)
            day = (year, int(match["month"]), int(match["day"]))
            if day[1] <= 12:
                yield Span(day, day, _role(folded, match.start(), match.end(), ranged=False), match.start(), match.end())


def _in_strokes(folded: str, published: date | None) -> Iterator[Span]:
    """« le 30/11 », « 8/9/10 décembre », « 8-10 décembre 2026 »: days whose year or month stands elsewhere."""
    if _STROKE.search(folded):
        for match in _SHORT.finditer(folded):
            number, month = int(match["day"]), int(match["month"])
            if not (1 <= number <= 31 and 1 <= month <= 12):
                continue
            one = _Day(number, month, None, match["weekday"] or "", match.start("weekday" if match["weekday"] else "day"), match.end())
            _give_years(folded, [one], match.end(), published)
            doubt = one.weekday if one.weekday and _contradicts(one) else ""
            day = (one.year, month, number)
            if one.year or published is None:
                yield Span(day, day, _role(folded, one.start, match.end(), ranged=False), one.start, match.end(), doubt)
        for match in _STROKES.finditer(folded):
            numbers = [int(number) for number in match["days"].split("/")]
            yield from _of_one_month(folded, match, numbers[0], numbers[-1], published)
    for match in _DASHED.finditer(folded) if _DASH.search(folded) else ():
        if int(match["first"]) < int(match["last"]):
            yield from _of_one_month(folded, match, int(match["first"]), int(match["last"]), published)


def _of_one_month(folded: str, match: re.Match[str], first: int, last: int, published: date | None) -> Iterator[Span]:
    month = _MONTHS[match["month"]]
    year = int(match["year"]) if match["year"] else _nearest(month, last, published)
    if 1 <= first <= last <= 31:
        yield Span(
            (year, month, first), (year, month, last), _role(folded, match.start(), match.end(), ranged=True), match.start(), match.end()
        )


def _until_end(folded: str, published: date | None) -> Iterator[Span]:
    for match in _END_OF_MONTH.finditer(folded) if "fin du mois" in folded else ():
        if published is None:
            break
        last = (published.year, published.month, calendar.monthrange(published.year, published.month)[1])
        yield Span(last, last, "deadline", match.start(), match.end())
    for match in _UNTIL_END.finditer(folded) if " fin " in folded else ():
        month = _MONTHS[match["month"]]
        year = int(match["year"]) if match["year"] else _nearest(month, 28, published, back=31)
        day = (year, month, calendar.monthrange(year or 2023, month)[1])
        yield Span(day, day, "deadline", match.start(), match.end())


def _in_words(folded: str, published: date | None) -> Iterator[Span]:
    """Runs of days joined by « au », « et », commas; whatever a day lacks is that of the next one."""
    place = 0
    while match := _next_day(folded, place):
        run = [_as_day(match)]
        place = match.end()
        while (between := _BETWEEN.match(folded, place)) and (after := _ONE.match(folded, between.end())):
            run[-1].join = between["join"].strip().strip(",").strip() or ","
            run.append(_as_day(after))
            place = after.end()
        while run and run[-1].month is None:
            run.pop()
        if not run:
            continue
        if run[0].month is None and not _LED.search(folded, 0, run[0].start) and not run[0].weekday:
            # « article 3, 12 juin »: a bare number that nothing leads to is none of the days.
            while run and run[0].month is None and run[0].join in (",", "-", "–", "a"):
                run.pop(0)
        if run:
            yield from _settled(folded, run, published)


def _next_day(folded: str, place: int) -> re.Match[str] | None:
    """Return what `_ONE` finds first from a place on, the weekday before it included."""
    found = _NUMBER.search(folded, place)
    if found is None:
        return None
    start = end = found.start()
    while end > place and folded[end - 1].isspace():
        end -= 1
    name = next((name for name in WEEKDAYS if folded.endswith(name, place, end)), "") if end < start else ""
    return _ONE.match(folded, end - len(name) if name else start)


def _as_day(match: re.Match[str]) -> _Day:
    month = match["month"]
    return _Day(
        day=int(match["day"]), month=_MONTHS[month] if month else None, year=int(match["year"]) if match["year"] else None,
        weekday=(match["weekday"] or "").strip(), start=match.start(), end=match.end(),
    )  # fmt: skip


def _settled(folded: str, run: list[_Day], published: date | None) -> Iterator[Span]:
    start, end = run[0].start, run[-1].end
    for one, after in reversed(list(pairwise(run))):
        one.month = one.month or after.month
        if one.year is None and after.year is not None:
            one.year = after.year - (1 if (one.month or 1) > (after.month or 12) else 0)
    if any(one.month is None or not 1 <= one.day <= 31 for one in run):
        return
    if run[-1].year is None and not _EACH_YEAR.search(folded, 0, start):
        _give_years(folded, run, end, published)
    between = re.search(r"\bentre\s+le\s*\Z", folded[max(0, start - 12) : start]) is not None
    groups: list[list[_Day]] = [[run[0]]]
    ranged: list[bool] = [False]
    for one, after in pairwise(run):
        if one.join in _INCLUSIVE or (between and one.join == "et"):
            groups[-1].append(after)
            ranged[-1] = True
        elif one.join != "ou" and _follows(groups[-1][-1], after):
            groups[-1].append(after)
        else:
            groups.append([after])
            ranged.append(False)
    for days, is_range in zip(groups, ranged, strict=True):
        first, last = days[0], days[-1]
        role = _role(folded, start, end, ranged=is_range or len(days) > 1)
        doubt = next((one.weekday for one in days if one.weekday and _contradicts(one)), "")
        yield Span((first.year, first.month or 1, first.day), (last.year, last.month or 1, last.day), role, first.start, last.end, doubt)


def _follows(one: _Day, after: _Day) -> bool:
    try:
        year = one.year or after.year or 2024
        first, second = date(year, one.month or 1, one.day), date(after.year or year, after.month or 1, after.day)
    except ValueError:
        return False
    return second - first == timedelta(days=1)


def _contradicts(one: _Day) -> bool:
    if one.year is None:
        return False
    try:
        return WEEKDAYS[date(one.year, one.month or 1, one.day).weekday()] != one.weekday
    except ValueError:
        return False


def _give_years(folded: str, run: list[_Day], end: int, published: date | None) -> None:
    """The year that the publication tells, the same for the whole run (one less before a turn of the year)."""
    last = run[-1]
    year: int | None = None
    if published is not None:
        months = (last.month or 1, last.day)
        tail = folded[end : end + 24]
        told = [one for one in run if one.weekday]
        if _PAST.match(tail):
            year = published.year if _before(months, published) else published.year - 1
        elif _NEXT.match(tail):
            year = published.year if not _before(months, published) else published.year + 1
        else:
            year = _nearest(*months, published)
            fitting = [near for near in (published.year, published.year + 1, published.year - 1) if told and _agrees(told[-1], near)]
            if told and year is not None and not _agrees(told[-1], year) and fitting:
                year = fitting[0]
    for one in reversed(run):
        one.year = year
    for one, after in reversed(list(pairwise(run))):
        if year is not None and after.year is not None and (one.month or 1) > (after.month or 12):
            one.year = after.year - 1


def _before(month_day: tuple[int, int], published: date) -> bool:
    return month_day <= (published.month, published.day)


def _agrees(one: _Day, year: int) -> bool:
    try:
        return WEEKDAYS[date(year, one.month or 1, one.day).weekday()] == one.weekday
    except ValueError:
        return False


def _nearest(month: int, day: int, published: date | None, *, back: int = 90) -> int | None:
    """Return the year in which a day falls nearest after the publication, or at most so many days before it."""
    if published is None:
        return None
    for year in (published.year - 1, published.year, published.year + 1):
        try:
            if date(year, month, day) >= published - timedelta(days=back):
                return year
        except ValueError:
            continue
    return published.year


def _role(folded: str, start: int, end: int, *, ranged: bool) -> str:
    """By the words before in the same sentence, then those after; a day that nothing tells of is one on which something happens."""
    low = max(0, start - 160)
    sentence = re.split(
        r"(?<=[a-z)»]{2})(?<!\blun)(?<!\bmar)(?<!\bmer)(?<!\bjeu)(?<!\bven)(?<!\bsam)(?<!\bdim)[.!?]\s|\n", folded[low:start]
    )[-1]
    after = re.split(r"[.;\n]", folded[end : end + 120])[0]
    near = sentence[-45:]
    if _IN_FORCE.search(sentence):
        return "other"
    if _OTHER.search(near) and not re.search(
        r"\b(?:inscri|candidat|depos|avant|jusqu|limite|clotur|depot|echeance|report|repouss|prolong)\w*", near
    ):
        return "other"
    bound = _BOUND.search(sentence)
    if (_FAR_DEADLINE if bound or ranged else _DEADLINE).search(sentence) and not _nearer(sentence):
        return "deadline"
    if bound:
        if _ASKS.search(sentence) or _ASKS.search(after) or _ORDER.match(sentence):
            return "deadline"
        if _EVENT.search(sentence):
            return "event"
        return "deadline" if bound["word"].startswith("jusqu") else "other"
    if re.match(r"[\s,(:]*(?:\d{1,2}\s?h\s?(?:\d\d)?\W*)?(?:date limite|dernier delai|fin d|cloture|delai de rigueur)", after):
        return "deadline"
    if ranged and _WHOLE_YEAR.search(folded[max(0, start - 4) : end]):
        return "other"
    return "event"


def _nearer(sentence: str) -> bool:
    """Return whether a word of events stands between the last word of deadlines and the day: « inscription obligatoire pour la visite du
    ».
    """
    return (
        _OWN_EVENT.search(sentence) is not None
        or re.search(
            r"\b(?:pour (?:la|le|les|l')|a la|au|du|de la|journee|webinaire|visite|atelier|rencontre|seance|formation)\b[^.;,]{0,30}"
            r"\b(?:visite|journee|webinaire|atelier|rencontre|seance|formation|forum|conference|reunion)\b[^.;,]{0,25}\bdu\s*\Z",
            sentence,
        )
        is not None
    )
