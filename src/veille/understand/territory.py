"""Which départements an article names: a first careful form, by names and codes with their context.

Comes in: title, text, the source's territory, `Knowledge`. Goes out: codes, each with its place.
Names that are also rivers, winds or words (Nord, Loire, Lot…) count only where the sentence says « département ».
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from veille.french import fold
from veille.model import Reason, Territory
from veille.understand.knowledge import Departement, Knowledge

READ = 20_000
AMBIGUOUS = frozenset("08 16 18 39 42 46 48 50 59 80 86 88".split())
# Where a name is something else: rivers, winds, agreements, other places of the same name.
_BLOCKED = re.compile(
    r"pays de la loire|val[- ]de[- ]loire|centre[- ]val de loire|ch[aâ]teaux de la loire|bords? de (?:la )?loire|"
    r"accords? de paris|ville de vienne|vienne \(autriche\)|nord[- ](?:est|ouest|sud|américain|de la france)|afrique du nord|"
    r"am[ée]rique du nord|mer du nord|nord[- ]pas[- ]de[- ]calais|grand paris|en manche|tunnel sous la manche",
    re.I,
)
_BEFORE = (
    r"(?:d[ée]partements?|conseils? d[ée]partementa(?:l|ux)|pr[ée]fecture|MDPH|SDIS|archives d[ée]partementales|"
    r"collectivit[ée]|habitants|collèges|territoire)\s+(?:de\s+la\s+|de\s+l[’']|du\s+|des\s+|de\s+|d[’'])"
)
# A code counts after CD or « Département », and in brackets after a name: « Langon (33) ».
_CODE = re.compile(r"(?:\bCD ?|\b[Dd]épartement |[A-ZÀ-Ý][\w’'-]+ \()(?P<code>0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-46])(?![\w.,/])")


def territories_of(title: str, text: str, inherited: tuple[str, ...], knowledge: Knowledge) -> tuple[Territory, ...]:
    """The départements named, in order of appearance; the source's own where the text names none."""
    found: dict[str, Territory] = {}
    for field, words in (("title", title), ("text", text[:READ])):
        for code, phrase, start in sorted(_named(words, knowledge), key=lambda hit: hit[2]):
            found.setdefault(code, Territory(code=code, origin="text", reason=Reason(phrase=phrase, field=field, position=start)))
    if found:
        return tuple(found.values())
    return tuple(Territory(code=code, origin="source", reason=Reason(phrase="", field="source")) for code in inherited)


def _named(text: str, knowledge: Knowledge) -> Iterator[tuple[str, str, int]]:
    blocked = [match.span() for match in _BLOCKED.finditer(text)]
    sure, by_name = _pattern(tuple(knowledge.departements.values()))
    for match in sure.finditer(text):
        start = match.start("name")
        if any(low <= start < high for low, high in blocked):
            continue
        name = match["name"]
        code = by_name[_key(name)]
        if code in AMBIGUOUS and not match["before"]:
            continue
        yield code, name, start
    for match in _CODE.finditer(text):
        if match["code"] in knowledge.departements:
            yield match["code"], match["code"], match.start("code")


@lru_cache(maxsize=2)
def _pattern(departements: tuple[Departement, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for all names, the longest first, so that Loire-Atlantique is not Loire."""
    words = sorted((place.name for place in departements), key=len, reverse=True)
    spelled = [re.escape(word).replace(r"\-", "[- ‑]").replace("'", "['’]") for word in words]
    spelled.append("(?<=[àÀ] la )Réunion")
    pattern = re.compile(rf"(?P<before>(?i:{_BEFORE}))?(?<![\w-])(?P<name>{'|'.join(spelled)})(?![\w’'-])")
    return pattern, {_key(place.name): place.code for place in departements} | {"reunion": "974"}


def _key(name: str) -> str:
    return re.sub(r"[\s‑'-]+", "-", fold(name))
