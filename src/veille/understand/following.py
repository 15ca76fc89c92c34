"""Whether an article is what follows of an initiative: a later one, told of the same territory, that shares its telling words.

Comes in: the words of both, in how many texts each word is. Goes out: a score, the name that both say. Pure.

Unlike keywords, which tell what is alike elsewhere, rare words weigh here: the name of a scheme, of a village, of a craft is in two texts
because they are of one thing.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from veille.french import bare
from veille.understand.similar import Terms

LEAST = 0.14  # measured by a stranger’s pairs (docs/decisions/047)
_NAMED = 0.12  # what a name that both say adds
_LEAST_BESIDE = 0.04  # without which a name says nothing
_TOO_MANY = 0.25  # of the texts: a word in more of them tells nothing
_FEW = 50  # texts: nothing is known of words yet
_QUOTED = re.compile(r"[«“\"]\s*([^«»“”\"\n]{6,40}?)\s*[»”\"]")
_MOST_WORDS, _SHORT = 5, 5  # words of a name; letters of one word


@dataclass(frozen=True, slots=True)
class Telling:
    """An article by its telling words: their weights, a vector of length one; its text, folded and bare; the names it quotes."""

    weights: Mapping[int, float]
    text: str
    names: Mapping[str, str]  # bare: as written


def telling(text: str, terms: Terms, held: Mapping[int, int], texts: int) -> Telling:
    """`text`: title and text; `held`: in how many of so many `texts` a word is; one that is not told of is in this one alone."""
    weights = {
        word: (1 + math.log(times)) * max(0.0, math.log((texts + 2) / (held.get(word, 1) + 1)))
        for word, times in terms
        if texts < _FEW or held.get(word, 1) <= _TOO_MANY * texts
    }
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    names = {bare(one): one for one in _QUOTED.findall(text)}
    kept = {name: one for name, one in names.items() if 1 < len(name.split()) <= _MOST_WORDS or (" " not in name and len(name) > _SHORT)}
    return Telling({word: weight / length for word, weight in weights.items()}, f" {bare(text)} ", kept)


def follows(first: Telling, later: Telling) -> tuple[float, str]:
    """Return how surely the later article is of the first one's initiative (see `LEAST`), and the name that both say, "" for none."""
    score = sum(weight * later.weights[word] for word, weight in first.weights.items() if word in later.weights)
    names = {**later.names, **first.names}
    name = next((written for one, written in names.items() if f" {one} " in first.text and f" {one} " in later.text), "")
    if name and score >= _LEAST_BESIDE:
        score += _NAMED
    return min(1.0, score), name
