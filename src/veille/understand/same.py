"""Do two texts tell the same thing? Containment of rare 4-word runs, with several guards against texts of one mould.

Comes in: titles and texts, how often a run was seen in its source. Goes out: a score (0–1), a verdict and its reason. Forbidden: the store.

Two pages of one site under titles that differ are two pages, however alike.
A run of four words that a source repeats in more than three of its items is boilerplate, and says nothing. Two texts are the same when
the shorter one lies in the other (0.80 of its rare runs), unless they name different départements, other numbers or months in their titles
(but for a long text that is the same number for number), other days, or at least two numbers each that the other has not.
"""

import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from veille.french import ELISIONS, STOP_WORDS, fold, folded_words, lemma
from veille.messages.common import MONTHS
from veille.messages.understanding import SAME_ENOUGH, SAME_GUARDS, SAME_PARTLY

SAME, ALIKE = 0.80, 0.40
RARE = 3  # items of one source that may hold a run before it is its boilerplate's
LONGEST = 20_000  # characters
_DAY = re.compile(rf"\b(\d{{1,2}})(?:er)? ({'|'.join(fold(name) for name in MONTHS)})\b")
_OF_SEVERAL = re.compile(r"\b\d{1,2}\s?/\s?\d{1,2}\b")
_LEAST_SHARE = 0.2
_RUN = 4  # words
_LONG_ENOUGH, _WHOLE = 100, 0.95  # runs that only these two texts hold, shared all but entirely
_LEAST = 5  # runs: a shorter text is compared by its title too
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_GROUPED = re.compile(r"(?<![\d.,])\d{1,3}(?:\s\d{3})+(?!\d)")  # « 2 090 » is 2090
_DIGIT = re.compile(r"\d")
_LOOKED_AT = ("days", "steps", "jobs", "names")  # guards after which a person may look, of one source too
_NONE: frozenset[str] = frozenset()
_TIMES = frozenset(fold(name) for name in MONTHS) | {"printemps", "ete", "automne", "hiver", "trimestre", "semestre"}


@dataclass(frozen=True, slots=True)
class Print:
    """What of a text is compared: its runs as numbers, its numbers, those of its title, the départements that it names."""

    runs: frozenset[int]
    numbers: frozenset[str]
    title: tuple[str, ...]
    title_numbers: frozenset[str]
    title_times: frozenset[str]
    title_parts: frozenset[str]  # « 2/3 »
    days: frozenset[str]  # « 12 mars »
    source: str
    places: frozenset[str]
    told: tuple[str, str] = ("", "")  # title and text themselves: what is seldom asked of them is looked for then


@dataclass(frozen=True, slots=True)
class Similarity:
    """`same`: one story. `score`: how much of the shorter text lies in the other; between ALIKE and SAME it may be proposed."""

    same: bool
    score: float
    reason: str
    guarded: bool = False


def print_of(
    title: str, text: str, places: Iterable[str], source: str = "", *, words: tuple[Sequence[str], Sequence[str]] | None = None
) -> Print:
    """Return the comparable form of a text; about 0.1 ms for 200 words. `words`: the folded ones of both, where they were cut already."""
    text = text[:LONGEST]
    said, body = words or (folded_words(title), folded_words(text))
    heading = tuple(said)
    body = body or heading
    numbered = _DIGIT.search(text) is not None or _DIGIT.search(title) is not None
    return Print(
        runs=frozenset(runs_of(body)),
        numbers=frozenset(_NUMBER.findall(_GROUPED.sub(_ungrouped, f"{title} {text}"))) if numbered else _NONE,
        title=heading,
        title_numbers=frozenset(word for word in heading if word.isdigit()),
        title_times=frozenset(word for word in heading if word in _TIMES),
        title_parts=frozenset(_OF_SEVERAL.findall(title)),
        days=frozenset(" ".join(found) for found in _DAY.findall(fold(text))) if numbered else _NONE,
        source=source,
        places=frozenset(places),
        told=(title, text),
    )


def _ungrouped(number: re.Match[str]) -> str:
    return re.sub(r"\s", "", number[0])


def runs_of(words: Sequence[str]) -> list[int]:
    """Return each run of four words, as a number that is the same on every machine (CRC-32: a third of what a cryptographic hash takes)."""
    if len(words) < _RUN:
        return [_number(" ".join(words))]
    number = zlib.crc32  # a hundred times for each article
    return [
        number(f"{one} {two} {three} {four}".encode())
        for one, two, three, four in zip(words, words[1:], words[2:], words[3:], strict=False)
    ]


def could_be_same(one: Print, other: Print) -> bool:
    """Return whether it is worth asking what of two texts is rare: they share a fifth of the shorter one, boilerplate and all."""
    return len(one.runs & other.runs) >= _LEAST_SHARE * min(len(one.runs), len(other.runs))


def compare(one: Print, other: Print, is_rare: Callable[[int], bool] = lambda _run: True) -> Similarity:
    """Return the verdict on two texts; `is_rare` says whether a run is more than its source's boilerplate."""
    mine, theirs = ({run for run in side.runs if is_rare(run)} for side in (one, other))
    fewer = min(len(mine), len(theirs))
    if not fewer:
        return Similarity(same=False, score=0.0, reason="")
    score = len(mine & theirs) / fewer
    if fewer < _LEAST and one.title != other.title:
        score = min(score, ALIKE)
    if score < ALIKE:
        return Similarity(same=False, score=round(score, 3), reason="")
    why = guard(one, other)
    if why and not (fewer >= _LONG_ENOUGH and score >= _WHOLE and _title_alone_differs(why, one, other)):
        apart = why in ("places", "subjects") or (one.source == other.source and why not in _LOOKED_AT)  # else a person may look
        return Similarity(same=False, score=round(score, 3), reason=SAME_GUARDS[why], guarded=apart)
    said = SAME_ENOUGH if score >= SAME else SAME_PARTLY
    return Similarity(same=score >= SAME, score=round(score, 3), reason=said.format(share=round(100 * score)))


def guard(one: Print, other: Print) -> str:
    """Return what forbids to join two texts that read alike; "" when nothing does."""
    if one.places and other.places and not one.places & other.places:
        return "places"
    if one.title_parts != other.title_parts:
        return "parts"
    for mine, theirs in ((one.title_numbers, other.title_numbers), (one.title_times, other.title_times)):
        if mine and theirs and mine != theirs:
            return "titles"
    if one.source and one.source == other.source and _other_subject(one.title, other.title):
        return "subjects"
    if one.days and other.days and not one.days & other.days:
        return "days"
    if min(len(one.numbers - other.numbers), len(other.numbers - one.numbers)) >= 2:
        return "numbers"
    if _other_steps(one, other):
        return "steps"
    if _other_jobs(one, other):
        return "jobs"
    here, there = _names(one), _names(other)
    return "names" if here - there and there - here and _other_names(one, other) else ""


# What one notice after another is told by. Each line is a ladder: two texts that stand on two of its steps are two notices.
_LADDERS = tuple(
    tuple(re.compile(rf"\b(?:{step})\b") for step in ladder.split(" / "))
    for ladder in (
        "alerte renforcee / vigilance / alerte / crise",
        "vigilance jaune / vigilance orange / vigilance rouge",
        "niveau 1 / niveau 2 / niveau 3 / niveau 4",
        "premier tour / second tour",
        "phase 1|premiere phase / phase 2|deuxieme phase|seconde phase / phase 3|troisieme phase",
        "reporte\\w*|report / annule\\w*|annulation / prolonge\\w*|prolongation / maintenu\\w*|maintien",
        "ouverture|ouvre\\w* / fermeture|ferme\\w* / reouverture|rouvre\\w*",
        "lancement|lance\\w* / cloture\\w* / laureat\\w*|resultat\\w*",
        "debut / fin",
    )
)
_JOB = re.compile(r"\b(?:recrut\w+|offre d.emploi|h\s?/\s?f|f\s?/\s?h|cdd|cdi|poste a pourvoir|candidature)\b")
_NAME = re.compile(r"(\S*)\s+([A-ZÀÂÇÉÈÊËÎÏÔÖÙÛÜŒ][\w’'-]*[^\W\d_])")
_TOKEN = re.compile(r"[^\W_]+")
_COMPARED, _SWAPPED = 250, 3  # words of each text that are laid side by side; words of one place that are others there
_ENDS = tuple('.!?…:;»”"([«“–—•-')


def _other_steps(one: Print, other: Print) -> bool:
    """Return whether two titles stand on two steps of one ladder."""
    mine, theirs = fold(one.told[0]), fold(other.told[0])
    for ladder in _LADDERS:
        here, there = (next((place for place, step in enumerate(ladder) if step.search(title)), None) for title in (mine, theirs))
        if here is not None and there is not None and here != there:
            return True
    return False


def _other_jobs(one: Print, other: Print) -> bool:
    """Return whether two job adverts bear two titles over one employer's text."""
    if not _other_subject(one.title, other.title):
        return False
    return all(_JOB.search(fold(f"{side.told[0]} {side.told[1][:1_000]}")) for side in (one, other))


def _names(one: Print) -> set[str]:
    """Places, people and bodies that a text names: what bears a capital elsewhere than at the beginning of a sentence."""
    found = set()
    for text in one.told:
        for before, name in _NAME.findall(text[:LONGEST]):
            if before and not before.endswith(_ENDS) and not name.isupper():
                found.add(fold(name))
    return {name for name in found if name not in STOP_WORDS and name not in _TIMES}


def _other_names(one: Print, other: Print) -> bool:
    """Return whether a name stands in one text where another stands in the other: a notice for another place, and no text that was
    edited.
    """
    from difflib import SequenceMatcher

    for left, right in zip(one.told, other.told, strict=True):
        mine, theirs = (_TOKEN.findall(side)[:_COMPARED] for side in (left, right))
        matcher = SequenceMatcher(None, [fold(word) for word in mine], [fold(word) for word in theirs], autojunk=False)
        for kind, start, end, first, last in matcher.get_opcodes():
            if kind == "replace" and end - start <= _SWAPPED and last - first <= _SWAPPED:
                swapped = (any(_is_name(word) for word in mine[start:end]), any(_is_name(word) for word in theirs[first:last]))
                if all(swapped):
                    return True
    return False


def _is_name(word: str) -> bool:
    return word[:1].isupper() and len(word) > 2 and fold(word) not in STOP_WORDS


def _title_alone_differs(why: str, one: Print, other: Print) -> bool:
    """Return whether a title was numbered anew, or says more, over one text: an edition of something has other numbers in its text too."""
    if why not in ("titles", "subjects") or (why == "subjects" and not _says_more(one.title, other.title)):
        return False
    mine, theirs = one.numbers - one.title_numbers, other.numbers - other.title_numbers
    return len(mine & theirs) >= _WHOLE * min(len(mine), len(theirs))


def _other_subject(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether two titles differ by a word that means something."""
    return meaning(one) != meaning(other)


def _says_more(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Return whether a title is the other one with some words more."""
    mine, theirs = meaning(one), meaning(other)
    return mine <= theirs or theirs <= mine


def meaning(words: Iterable[str]) -> set[str]:
    """Return the words that mean something, without their endings; `words` are folded."""
    return {lemma(word) for word in words if word not in STOP_WORDS and word not in ELISIONS}


_BINS, _IN_BAND = 48, 3
_LEAD = 10  # words: a text that was cut keeps its beginning
_NOTHING = (1 << 63) - 1


def bands_of(one: Print, lead: Iterable[str]) -> tuple[int, ...]:
    """Numbers that texts which are the same very likely share: 16 bands of a one-permutation MinHash, the lead, the title.

    Two texts with half of their runs in common share one with a probability of 0.88, with 0.8 of them 0.99999.
    """
    bins = [_NOTHING] * _BINS
    for run in one.runs:
        place = run % _BINS
        if run < bins[place]:  # noqa: PLR1730 - a call for each run costs more
            bins[place] = run
    if len(one.runs) < _BINS:  # an empty bin takes what the next full one has, so that short texts have bands too
        full = [value for value in bins if value != _NOTHING]
        if not full:
            return ()
        for place in range(_BINS - 1, -_BINS - 1, -1):
            if bins[place] == _NOTHING:
                bins[place] = bins[(place + 1) % _BINS]
    bands = (bins[place : place + _IN_BAND] for place in range(0, _BINS, _IN_BAND))
    # A band of one run, three times filled in, would gather every text that holds it.
    found = [_number(f"{place} {band}") for place, band in enumerate(bands) if len(set(band)) > 1]
    start = tuple(lead)[:_LEAD]
    if len(start) == _LEAD:
        found.append(_number("lead " + " ".join(start)))
    if len(one.title) >= _LEAST:
        found.append(_number("title " + " ".join(one.title)))
    return tuple(found)


def lead_of(text: str) -> list[str]:
    """Return the first words of a text."""
    return folded_words(text[:400])[:_LEAD]


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
