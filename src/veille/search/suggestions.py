"""Filters that the words of a reader name: « 44 », « Loire-Atlantique », a theme, a kind of article.

Comes in: the words, and what filters are called (`Knowledge.filter_names`). Goes out: filters to offer. Nothing is filtered unasked.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from veille.french import ELISIONS, STOP_WORDS, lemma, lemmas, tokens
from veille.messages.common import KIND_LABELS
from veille.model import FilterName
from veille.search.words import KINDS_CALLED

MOST_SUGGESTED = 5
_MOST_OF_A_FACET = 3
_MOST_WORDS = 8  # of a name
_APART = re.compile(r"(?:(?<!\S)-)?[\"“”«][^\"“”«»]*[\"“”»]|(?<!\S)-\S+")  # between quotes, or after a minus
_JOINED = "-\u2010\u2011–"
# Words that are the name of a département and words of every day: the name where they are alone or in capitals.
_EVERYDAY = frozenset("cher vienne aube lot nord manche somme creuse lande orne jura var".split())
# A number that stands before or after one of these is no code.
_COUNTED = frozenset(
    "an ans annee mois semaine jour heure h min minute seconde km m kg euro million milliard commune habitant personne projet article "
    "place janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split()
)
_NUMBERED = frozenset("rd rn d n a no numero article covid loi plan phase etape horizon annee le les du des page top moins plus".split())
# Too common in other senses to mean a kind of article.
_TOO_COMMON = frozenset("poste offre ami appel salon agenda rencontre fiche lecon bilan concours job conference".split())


_KINDS: dict[str, list[FilterName]] = {}
for _name, _kind, _whole in chain(
    ((label, kind, True) for kind, label in KIND_LABELS.items() if kind != "article"),
    ((word, kind, False) for word, kind in KINDS_CALLED.items() if word not in _TOO_COMMON),
):
    _KINDS.setdefault(" ".join(lemmas(_name)), []).append(FilterName("kinds", _kind, _whole))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A filter to offer; `rest`: the question once it is chosen."""

    facet: str
    value: str
    rest: str


_Word = tuple[str, int, int]  # folded, where it starts and ends in the question


def suggestions(q: str, names: Mapping[str, Sequence[FilterName]]) -> list[Suggestion]:
    """Return the filters that a question names, the longest name at each place; `names`: by their inflected words."""
    words = list(tokens(_APART.sub(lambda found: " " * len(found[0]), q)))
    kept: dict[tuple[str, str], Suggestion] = {}
    for one in _named(q, words, names):
        if sum(facet == one.facet for facet, _ in kept) < _MOST_OF_A_FACET:
            kept.setdefault((one.facet, one.value), one)
    return list(kept.values())[:MOST_SUGGESTED]


def _named(q: str, words: Sequence[_Word], names: Mapping[str, Sequence[FilterName]]) -> Iterable[Suggestion]:
    place = 0
    while place < len(words):
        for size in range(min(_MOST_WORDS, len(words) - place), 0, -1):
            run = words[place : place + size]
            name = " ".join(lemma(word) for word, _, _ in run)
            found = [*names.get(name, ()), *_KINDS.get(name, ())]
            if found and not _is_torn(q, run) and not (size == 1 and _means_another_thing(q, words, place)):
                rest = _without(q, run)
                yield from (Suggestion(one.facet, one.value, rest if one.whole else q) for one in found)
                place += size
                break
        else:
            place += 1


def _is_torn(q: str, run: Sequence[_Word]) -> bool:
    """Return whether a hyphen joins the name to what is beside it: « 33-44 », « Drôme-Ardèche »."""
    start, end = run[0][1], run[-1][2]
    return (start > 0 and q[start - 1] in _JOINED) or (end < len(q) and q[end] in _JOINED)


def _means_another_thing(q: str, words: Sequence[_Word], place: int) -> bool:
    """Return whether a single word that names a filter is more likely a number or a word of every day."""
    word, start, end = words[place]
    if lemma(word) in _EVERYDAY:
        return len(words) > 1 and not q[start].isupper()
    if not word[0].isdigit():
        return False
    before = words[place - 1][0] if place else ""
    after = words[place + 1][0] if place + 1 < len(words) else ""
    at_an_end = not before or not after or before in ("cd", "departement") or before[-1].isdigit()
    counted = lemma(after) in _COUNTED or q[end:].lstrip()[:1] in ("%", "€", "°", "²")
    in_a_row = sum(one.isdigit() for one in (before, after)) == 2 or (len(words) > 3 and all(one.isdigit() for one, _, _ in words))
    return not at_an_end or counted or before in _NUMBERED or in_a_row


def _without(q: str, run: Sequence[_Word]) -> str:
    """Return the question without a name; "" where nothing that tells is left."""
    left = f"{q[: run[0][1]]} {q[run[-1][2] :]}"
    rest = " ".join(piece for piece in left.split() if any(char.isalnum() for char in piece))
    rest = rest.strip(" ,;:")
    telling = [word for word, _, _ in tokens(rest) if word not in STOP_WORDS and word not in ELISIONS]
    return rest if telling else ""
