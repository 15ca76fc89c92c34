"""What a site repeats on all its pages says nothing of an article: sentences of its boilerplate are set aside.

Comes in: texts of one source. Goes out: the boilerplate's sentences; a text without them, every other character at its place.
Forbidden: changing what is kept or shown.
"""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from veille.french import fold

REPEATED = 4  # texts of one source that hold a sentence before it is its boilerplate's
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
_LEAST = 3  # words: shorter ones come back by chance
_LEAST_LEFT = 1 / 3  # of the words

Boilerplate = frozenset[str]
NO_BOILERPLATE: Boilerplate = frozenset()


def boilerplate_of(texts: Iterable[str]) -> Boilerplate:
    """Return the sentences, folded, that at least four different texts hold."""
    counts: Counter[str] = Counter()
    for text in set(texts):
        counts.update({said for _, _, said in _sentences(text)})
    return frozenset(said for said, times in counts.items() if times >= REPEATED)


def without(text: str, boilerplate: Boilerplate) -> str:
    """Return the text with the boilerplate's sentences blanked out, as long as before; as it is when little else would be left.

    What is mostly repeated is no boilerplate: it is an article that was published again.
    """
    if not boilerplate:
        return text
    pieces, done = [], 0
    for start, end, said in _sentences(text):
        if said in boilerplate:
            pieces += [text[done:start], " " * (end - start)]
            done = end
    pieces.append(text[done:])
    left = "".join(pieces)
    return left if len(left.split()) >= _LEAST_LEFT * len(text.split()) else text


@lru_cache(maxsize=128)  # what arrives is looked through twice: for what repeats, then for what is left
def _sentences(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return where each sentence of three words or more begins and ends, and what it says, folded."""
    folded = fold(text)
    alike = len(folded) == len(text)  # letter for letter: one folding serves all sentences
    found = []
    for match in _SENTENCE.finditer(text):
        start, end = match.span()
        words = (folded[start:end] if alike else fold(match[0])).split()
        if len(words) >= _LEAST:
            found.append((start, end, " ".join(words)))
    return tuple(found)
