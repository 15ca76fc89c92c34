"""Which départements an article names: a gazetteer and a grammar of its contexts.

Comes in: title, text, the source's territory, `Knowledge`. Goes out: codes, each with its place in the text and its role.

Capitals count; what blocks a name (rivers, streets, treaties, directions, people) is looked for first. A name that is also a river or a
word (Nord, Manche, Loire, Lot…) is believed only with support: an institution before it, a code or a town around it, a list, or the way
French says « in » a département. An actor (« le Conseil départemental de… ») is told apart from a place.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from veille.french import fold, folded_letters
from veille.model import Reason, Territory
from veille.understand import contexts as around
from veille.understand.gazetteer import Gazetteer, Place, key_of
from veille.understand.knowledge import Knowledge

READ = 20_000
_LOOK = 70  # characters before a name that may change its meaning
# Names that need support, since they are first of all a direction, a sea, a river or a word.
_SUPPORTED = frozenset("01 18 23 40 42 46 50 59 61 80 83 86".split())
_EVERYWHERE = frozenset("75 971 972 973 974 976".split())  # nothing else has these names
_ALREADY_PLACE = frozenset(
    "ville métropole grand mairie chu caf cpam ddt ddtm agglo agglomération préfecture région académie scot pays département".split()
)


_Capitals = list[tuple[int, str]]  # start, folded


@dataclass(frozen=True, slots=True)
class _Hit:
    """One place of one name."""

    start: int
    end: int
    codes: tuple[str, ...]
    phrase: str
    role: str = "place"
    sure: bool = True
    shared: bool = False


def territories_of(title: str, text: str, inherited: tuple[str, ...], knowledge: Knowledge) -> tuple[Territory, ...]:
    """Return the départements named, in order of appearance; the source's own where the text names none."""
    found: dict[str, Territory] = {}
    for field, words in (("title", title), ("text", text[:READ])):
        for hit in named(words, knowledge):
            for code in hit.codes:
                known = found.get(code)
                if known is None:
                    reason = Reason(phrase=hit.phrase, field=field, position=hit.start)
                    found[code] = Territory(code=code, origin="text", role=hit.role, reason=reason)
                elif hit.role == "actor" and known.role != "actor":
                    found[code] = replace(known, role="actor")
    if found:
        return tuple(found.values())
    return tuple(Territory(code=code, origin="source", reason=Reason(phrase="", field="source")) for code in inherited)


def named(text: str, knowledge: Knowledge) -> list[_Hit]:
    """Return every name that is believed, in reading order. Names in capitals are read as others are, and told as they are written."""
    read = _in_small_letters(text)
    hits = _named(read, knowledge, list(_codes(text, knowledge)))
    return hits if read is text else [replace(hit, phrase=text[hit.start : hit.end]) for hit in hits]


# Words of four capitals or more, or several in a row; one of three is an acronym.
_SHOUTED = re.compile(
    r"(?<![\w-])(?:[A-ZÀ-ÖØ-ÞŒ]{4,}(?!\w)|(?=[A-ZÀ-ÖØ-ÞŒ]+[-'’ ][A-ZÀ-ÖØ-ÞŒ]))[A-ZÀ-ÖØ-ÞŒ]*(?:[-'’ ][A-ZÀ-ÖØ-ÞŒ]+(?!\w))*"
)
_SMALL = frozenset("de du des d la le les l et en sur sous a à au aux lès lez".split())


def _in_small_letters(text: str) -> str:
    """Return the text with words in capitals written as names are (« GIRONDE », « CÔTES D’ARMOR »), every sign at its place."""
    if not _SHOUTED.search(text):
        return text
    said = _SHOUTED.sub(lambda match: _LETTERS.sub(_as_a_name, match[0]), text)
    return said if len(said) == len(text) else text


_LETTERS = re.compile(r"[A-ZÀ-ÖØ-ÞŒ]+")


def _as_a_name(word: re.Match[str]) -> str:
    small = word[0].lower()
    return small if small in _SMALL and word.start() > 0 else small.capitalize()


def _named(text: str, knowledge: Knowledge, codes: list[_Hit]) -> list[_Hit]:
    capitals = [
        (start, fold(match[0]))
        for match in _CAPITALISED.finditer(text)
        if not (start := match.start()) or not text[start - 1].isalnum()
    ]  # fmt: skip
    lower = text.lower()
    lower = lower if len(lower) == len(text) else text
    blocked = [match.span() for match in around.BLOCKED.finditer(lower)] if any(part in lower for part in around.IN_BLOCKED) else []
    hits = [*codes, *_institutions(text, capitals, knowledge.gazetteer), *_people(text, knowledge.gazetteer)]
    taken = [(hit.start, hit.end) for hit in hits]
    departements = [hit for hit in _departements(text, capitals, knowledge) if not _within(hit, [*blocked, *taken])]
    spans = [*blocked, *taken, *((hit.start, hit.end) for hit in departements)]
    towns = [hit for hit in _towns(text, capitals, knowledge.gazetteer, spans) if not _told_otherwise(text, hit, codes, departements)]
    believed = _supported(text, departements, towns, hits)
    kept = [hit for hit in believed if not hit.shared]
    told = {code for hit in kept for code in hit.codes}
    for hit in believed:
        if hit.shared:  # a name that several bear is that of the one département of theirs that is named too, else of the best known
            beside = told.intersection(hit.codes)
            best = knowledge.gazetteer.best_known.get(key_of(hit.phrase))
            if len(beside) == 1 or (best and not beside):
                kept.append(replace(hit, codes=tuple(beside) or (str(best),)))
    return sorted(kept, key=lambda hit: hit.start)


def _told_otherwise(text: str, town: _Hit, codes: list[_Hit], departements: list[_Hit]) -> bool:
    """Return whether a postcode right before a town, or the name of a département right after it, says of another one: it knows better."""
    before = (one for one in codes if one.end <= town.start and not text[one.end : town.start].strip(" ,"))
    after = (one for one in departements if one.start >= town.end and _ASIDE.fullmatch(text, town.end, one.start))
    return any(not set(one.codes) & set(town.codes) for one in (*before, *after))


_ASIDE = re.compile(r"\s*[(,]\s*(?:l[ae]s?\s|l['’])?")


def _within(hit: _Hit, spans: Iterable[tuple[int, int]]) -> bool:
    return any(low <= hit.start < high for low, high in spans)


def _codes(text: str, knowledge: Knowledge) -> Iterator[_Hit]:
    if not _DIGITS.search(text):
        return
    wanted = (
        (around.CODE_OF_BODY, _AFTER_BODY.search(text)), (around.CODES_SAID, _CODE_LED.search(text)), (around.CODES_INSIDE, " le " in text),
        (around.CODES_LISTED, _IN_BRACKETS.search(text)),
    )  # fmt: skip
    for pattern in (one for one, may_be in wanted if may_be):
        for match in pattern.finditer(text):
            codes = tuple(code for code in around.CODE.findall(match["codes"]) if code in knowledge.departements)
            if codes:
                body = pattern is around.CODE_OF_BODY
                start = match.start() if body else match.start("codes")
                yield _Hit(start, match.end("codes"), codes, text[start : match.end("codes")], role="actor" if body else "place")
    for match in around.POSTCODE.finditer(text) if _FIVE_DIGITS.search(text) else ():
        code = _of_postcode(match["code"])
        if code in knowledge.departements:
            yield _Hit(match.start(), match.end(), (code,), match["code"])


def _of_postcode(code: str) -> str:
    """La Poste: 20000 to 20199 are Corse-du-Sud, the other 20 Haute-Corse; 97 and 98 take three digits."""
    if code.startswith("20"):
        return "2A" if code < "20200" else "2B"
    return code[:3] if code.startswith(("97", "98")) else code[:2]


def _institutions(text: str, capitals: _Capitals, gazetteer: Gazetteer) -> Iterator[_Hit]:
    for start, first in capitals:
        match = gazetteer.institutions.match(text, start) if first in gazetteer.institution_starts else None
        if match:
            yield _Hit(match.start(), match.end(), gazetteer.codes_of[key_of(match[0])], match[0], role="actor")


_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_DIGITS = re.compile(r"\d\d|2[AB]")
_PART = re.compile(r"[^\W_]+")
_CAPITALISED = re.compile(r"[A-ZÀ-ÖØ-ÞŒŸ][^\W_]*")  # at the beginning of a word
_AFTER_BODY, _IN_BRACKETS = re.compile(r"[A-Z][ -]?\d"), re.compile(r"\(\d")
_CODE_LED = re.compile(r"partement|[Dd][ée]?p\w{0,2}\.?\s\d|\bd[ue] \d")
_FIVE_DIGITS = re.compile(r"\d{5}")
_JOINS = frozenset(("-", " ", "'", "’", "‑", "\u00a0"))


def _people(text: str, gazetteer: Gazetteer) -> Iterator[_Hit]:
    if gazetteer.people_ends.isdisjoint(folded_letters(text)):  # most name nobody, and this is told fast
        return
    folded = fold(text)
    if gazetteer.people.keys().isdisjoint(_WORD.findall(folded)):
        return
    alike = len(folded) == len(text)  # letter for letter
    for match in _WORD.finditer(folded if alike else text):
        code = gazetteer.people.get(match[0] if alike else fold(match[0]))
        if code:
            yield _Hit(match.start(), match.end(), (code,), text[match.start() : match.end()])


def _departements(text: str, capitals: _Capitals, knowledge: Knowledge) -> Iterator[_Hit]:
    """Names of départements, with whether their context alone makes them sure."""
    names = knowledge.gazetteer
    passed = 0
    for at, first in capitals:
        match = names.departements.match(text, at) if at >= passed and first in names.departement_starts else None
        if match is None:
            continue
        passed = match.end()
        name, start, end = match["name"], match.start("name"), match.end("name")
        before, after = text[max(0, start - _LOOK) : start], text[end : end + 40]
        if _is_no_place(before, after):
            continue
        code = names.code_of[key_of(name)]
        hit = _Hit(start, end, (code,), name, role="actor" if around.ACTOR.search(before) else "place")
        if re.search(r"[- '’]", name) or code in _EVERYWHERE or _is_meant(code, before, after):
            yield hit
        elif around.WATER.search(before):
            continue
        elif code in _SUPPORTED:
            yield replace(hit, sure=False)
        elif around.ARTICLE.search(before) or not re.match(r"\s+[A-ZÀ-Ý]", after):  # « Aude Martin » is nobody's département
            yield hit


def _is_no_place(before: str, after: str) -> bool:
    """A street, a treaty, a person, a place abroad."""
    bad = (around.STREET, around.TREATY, around.HONORIFIC)
    return any(pattern.search(before) for pattern in bad) or around.ABROAD.match(after) is not None


def _is_meant(code: str, before: str, after: str) -> bool:
    """Return whether what stands around says by itself that a name is the département's."""
    told = around.CODE_AFTER.match(after)
    if told and told["code"] == code:
        return True
    if any(pattern.search(before) for pattern in (around.ACTOR, around.SUPPORT, around.IN_BRACKETS, around.DEPARTEMENT_SAID)):
        return True
    if code not in _SUPPORTED:
        return False
    if around.INSIDE.search(before) and not (code in ("59", "50") and around.DIRECTION.match(after)):
        return True
    return bool(around.SUBJECT.search(before) and around.ACTS.match(after)) or bool(
        around.TITLE.search(before) and after.lstrip().startswith(":")
    )


def _towns(text: str, capitals: _Capitals, gazetteer: Gazetteer, spans: list[tuple[int, int]]) -> Iterator[_Hit]:
    """Names of towns that their context makes believable."""
    passed = 0
    for start, first in capitals:
        if start < passed or first not in gazetteer.lengths or any(low <= start < high for low, high in spans):
            continue
        found = _town_at(text, start, gazetteer)
        if found:
            end, town = found
            passed = end
            before, after = text[max(0, start - _LOOK) : start], text[end : end + 40]
            if _is_town(before, after, town):
                role = "actor" if around.ACTOR.search(before) or around.GROUPED.match(after) else "place"
                yield _Hit(start, end, town.codes, text[start:end], role=role, shared=town.shared)


def _town_at(text: str, start: int, gazetteer: Gazetteer, *, second: bool = False) -> tuple[int, Place] | None:
    """Return the longest name that begins at a word, and where it ends."""
    first = _PART.match(text, start)
    counts = gazetteer.lengths.get(fold(first[0]), ()) if first else ()
    run = list(islice(_PART.finditer(text, start), counts[0] + 1)) if counts else []
    parts = [fold(part[0]) for part in run]
    for count in counts:
        town = gazetteer.towns.get("-".join(parts[:count])) if len(run) >= count else None
        if town is None:
            continue
        if any(text[one.end() : two.start()] not in _JOINS for one, two in pairwise(run[:count])):
            continue
        end = run[count - 1].end()
        if start and text[start - 1] == "-" and not second:
            continue
        if text[end : end + 1] in ("-", "‑"):
            # « Lens-Liévin »: two towns of one département; anything else is another name.
            after = _town_at(text, run[count].start(), gazetteer, second=True) if len(run) > count else None
            if after is None or not set(after[1].codes) & set(town.codes):
                continue
            return after[0], replace(town, needs_place=False)
        return end, town
    return None


def _is_town(before: str, after: str, town: Place) -> bool:
    if _is_no_place(before, after) or around.CODE_AFTER.match(after):  # the code in brackets says it, whatever the town
        return False
    if town.article and (not around.MET.search(before) or around.DIRECTION.match(after)):  # « au Palais des papes »
        return False
    grouped = around.GROUPED.match(after) is not None or around.GROUPING.search(before) is not None
    grouped = grouped or around.GROUP_OF.search(before) is not None
    located = around.LOCATIVE.search(before) is not None
    capital = around.CAPITAL_BEFORE.search(before)
    if capital and not (grouped or located or fold(capital["word"]) in _ALREADY_PLACE or around.STARTS.search(before)):
        return False  # « Paul Laval »
    headed = (
        town.weight == 2 and around.TITLE.search(before) is not None and after.lstrip().startswith(":")
    )  # « Mende : la mairie cherche »
    return not town.needs_place or grouped or located or town.article or headed or after.lstrip().startswith("(")


def _supported(text: str, departements: list[_Hit], towns: list[_Hit], others: list[_Hit]) -> list[_Hit]:
    """Return the hits that are sure, with the unsure ones that stand in a list with them; what a bracket explains counts once."""
    sure = [hit for hit in (*departements, *towns, *others) if hit.sure]
    unsure = [hit for hit in departements if not hit.sure]
    changed = True
    while changed and unsure:
        changed = False
        for hit in list(unsure):
            beside = [one for one in sure if one.codes and (_linked(text, one, hit) or _linked(text, hit, one))]
            if any(one in departements or one in towns for one in beside):
                sure.append(replace(hit, sure=True))
                unsure.remove(hit)
                changed = True
    return sure


def _linked(text: str, first: _Hit, second: _Hit) -> bool:
    """Return whether two names are members of one list: « l’Aveyron, la Creuse et le Loiret »."""
    return first.end < second.start <= first.end + 25 and around.COORDINATED.fullmatch(text[first.end : second.start]) is not None
