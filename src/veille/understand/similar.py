"""What makes an article like another one elsewhere: its few telling words, by TF-IDF.

Comes in: `Words` of an article; in how many texts each word is. Goes out: terms, keywords with weights, scores. Forbidden: the store.

A word is kept as a number (CRC-32 of its lemma): what is compared needs no letters, and a number tells nobody a hidden text.
"""

import math
import zlib
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from veille.french import ELISIONS, STOP_WORDS, Lately, lemma
from veille.understand.language import SMALL_WORDS
from veille.understand.words import LEAD, Words

KEYWORDS = 16
_LEAST_HELD = 3  # texts: a rarer word is a name or a slip of the pen
_MOST_TERMS = 400
_TITLE, _LEAD, _TEXT = 3, 2, 1
_LEAST_LETTERS = 3
_TOO_MANY = 0.25  # of the texts: a word in more of them tells nothing
_FEW = 50
LEAST_SHARED = 2  # words
_SCALE = 1000

_SMALL = STOP_WORDS.union(ELISIONS, *SMALL_WORDS.values())

Terms = tuple[tuple[int, int], ...]  # word, how often (the title counts three times, the lead twice)
Keywords = tuple[tuple[int, int], ...]  # word, weight: thousandths of a vector of length one


def number_of(word: str) -> int:
    """Return a lemma as a number, the same on every machine."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


@lru_cache(maxsize=4)
def _telling_beside(places: frozenset[str]) -> Lately[int]:
    """Return the number of a word that may tell something, 0 for the others; names of places tell where, not what."""

    def told(word: str) -> int:
        if len(word) < _LEAST_LETTERS or word in _SMALL or word in places or word.isdigit():
            return 0
        return number_of(lemma(word))

    return Lately(told)


def terms_of(words: Words, places: frozenset[str] = frozenset()) -> Terms:
    """Return the words that may tell what an article is about, but for these names of places: the first four hundred."""
    numbers = list(map(_telling_beside(places).__getitem__, words.folded))
    counts: dict[int, int] = Counter(numbers)
    title, end = words.title_size, bisect_left(words.starts, LEAD, words.title_size + 1)
    for piece, more in ((numbers[:title], _TITLE - _TEXT), (numbers[title:end], _LEAD - _TEXT)):
        for number in piece:
            counts[number] += more
    counts.pop(0, None)
    return tuple(islice(counts.items(), _MOST_TERMS))


def lemmas_by_number(words: Words) -> dict[int, str]:
    """Return the lemmas that the numbers of an article's terms stand for."""
    return {number_of(one): one for one in map(lemma, words.folded)}


@dataclass(frozen=True, slots=True)
class Rarity:
    """What a word weighs that is in a text once: the logarithm of all texts by those that hold it."""

    weights: Mapping[int, float]
    unknown: float  # 0: a word that is not told of weighs nothing

    @classmethod
    def of(cls, counts: Mapping[int, int], texts: int) -> "Rarity":
        """`counts`: texts that hold a word, of `texts` that were counted. Where few were nothing is known of words, and each will do."""
        log, whole = math.log, math.log(texts + 2)
        if texts < _FEW:
            return cls({word: whole - log(held + 1) for word, held in counts.items()}, whole)
        most = _TOO_MANY * texts
        return cls({word: whole - log(held + 1) for word, held in counts.items() if _LEAST_HELD <= held <= most}, 0.0)


def keywords_of(terms: Terms, rarity: Rarity) -> Keywords:
    """Return the sixteen words of the most weight."""
    log, weight_of, unknown = math.log, rarity.weights.get, rarity.unknown
    weights = [
        (-weight if times == 1 else -(1 + log(times)) * weight, word) for word, times in terms if (weight := weight_of(word, unknown))
    ]
    best = [(-weight, word) for weight, word in sorted(weights)[:KEYWORDS]]
    length = math.sqrt(sum(weight * weight for weight, _ in best))
    return tuple((word, round(_SCALE * weight / length)) for weight, word in best) if length else ()


def alike(
    own: Iterable[tuple[int, int]], postings: Iterable[tuple[int, Sequence[tuple[int, int]]]], *, least: float
) -> list[tuple[int, float, int]]:
    """Articles by how much they share, the most first: id, score (`least` to 1, a cosine), words in common.

    `postings`: word, (id, weight)s.
    """
    weight_of = dict(own)
    scores: defaultdict[int, int] = defaultdict(int)
    shared: defaultdict[int, int] = defaultdict(int)
    for word, holders in postings:
        mine = weight_of[word]
        for item_id, weight in holders:
            scores[item_id] += mine * weight
            shared[item_id] += 1
    found = [
        (item_id, min(1.0, score / (_SCALE * _SCALE)), shared[item_id])
        for item_id, score in scores.items()
        if score >= least * _SCALE * _SCALE and shared[item_id] >= LEAST_SHARED
    ]
    return sorted(found, key=lambda row: (-row[1], -row[0]))
