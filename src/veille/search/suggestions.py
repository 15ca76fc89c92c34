"""Filters that the words of a reader name: « 44 », « Loire-Atlantique », a theme, a kind of article.

Comes in: the words, and what filters are called (`Knowledge.filter_names`). Goes out: filters to offer. Nothing is filtered unasked.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from veille.french import bare, tokens
from veille.messages.common import KIND_LABELS
from veille.model import FilterName
from veille.search.words import KINDS_CALLED

MOST_SUGGESTED = 5
_MOST_OF_A_FACET = 3
_MOST_WORDS = 8  # of a name
_APART = re.compile(r"(?:(?<!\S)-)?[\"“”«][^\"“”«»]*[\"“”»]|(?<!\S)-\S+")  # between quotes, or after a minus
_KINDS: dict[str, list[FilterName]] = {}
for _name, _kind, _whole in chain(
    ((label, kind, True) for kind, label in KIND_LABELS.items() if kind != "article"),
    ((word, kind, False) for word, kind in KINDS_CALLED.items()),
):
    _KINDS.setdefault(bare(_name), []).append(FilterName("kinds", _kind, _whole))


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A filter to offer; `rest`: the question once it is chosen."""

    facet: str
    value: str
    rest: str


def suggestions(q: str, names: Mapping[str, Sequence[FilterName]]) -> list[Suggestion]:
    """Return the filters that a question names, the longest name at each place; `names`: by their `bare` words."""
    words = list(tokens(_APART.sub(lambda found: " " * len(found[0]), q)))
    kept: dict[tuple[str, str], Suggestion] = {}
    for one in _named(q, words, names):
        if sum(facet == one.facet for facet, _ in kept) < _MOST_OF_A_FACET:
            kept.setdefault((one.facet, one.value), one)
    return list(kept.values())[:MOST_SUGGESTED]


def _named(q: str, words: Sequence[tuple[str, int, int]], names: Mapping[str, Sequence[FilterName]]) -> Iterable[Suggestion]:
    place = 0
    while place < len(words):
        for size in range(min(_MOST_WORDS, len(words) - place), 0, -1):
            run = words[place : place + size]
            name = " ".join(word for word, _, _ in run)
            found = [*names.get(name, ()), *_KINDS.get(name, ())]
            if found:
                rest = " ".join(f"{q[: run[0][1]]} {q[run[-1][2] :]}".split())
                yield from (Suggestion(one.facet, one.value, rest if one.whole else q) for one in found)
                place += size
                break
        else:
            place += 1
