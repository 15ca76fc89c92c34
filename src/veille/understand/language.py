"""The language of an article, by its small words.

Comes in: title, text, the source's language. Goes out: a two-letter code. Forbidden: guessing on too few words.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from veille.french import folded_letters
from veille.understand.words import Words

_READ = 2_000  # characters: title and lead say it
SMALL_WORDS = {
    "fr": frozenset(
        "le la les des du de et un une est dans pour que qui sur avec au "
        "aux par ce cette ces son sa ses il elle ne pas plus nous vous leur l d".split()
    ),
    "en": frozenset(
        "the of and to in is for that with on as are this be by "
        "from at an it was we our their has have will not or which they you".split()
    ),
    "de": frozenset(
        "der die und das ist in den von zu mit sich des auf "
        "fur dem ein eine nicht im als auch es an werden aus bei sind".split()
    ),
    "es": frozenset("el los las y del que una por con para es se su al lo como mas sus ha este esta entre sobre son".split()),
    "it": frozenset("il di che e la per un una con del della non sono le si da al dei nel alla gli piu anche come".split()),
    "nl": frozenset("de het een en van in is op te dat voor met zijn aan niet die om er ook als bij naar wordt".split()),
}  # fmt: skip
_SPEAKERS: dict[str, tuple[str, ...]] = {
    word: tuple(language for language, small in SMALL_WORDS.items() if word in small) for word in frozenset().union(*SMALL_WORDS.values())
}
_LEAST = 4  # small words
_MORE = 1.3  # times as many as the source's own language, before another one is believed


def language_of(title: str, text: str, usual: str, cut: Words | None = None) -> str:
    """Return the language whose small words are the most, the usual one where too little tells. `cut`: the words of both, cut already."""
    counts = dict.fromkeys(SMALL_WORDS, 0)
    words: Sequence[str]
    if cut is None:
        words = folded_letters(f"{title}\n{text}"[:_READ])
    else:
        read = bisect_left(cut.starts, max(0, _READ - len(title) - 1), cut.title_size + 1)
        words = cut.folded[:read]
    for word, times in Counter(filter(_SPEAKERS.__contains__, words)).items():
        for language in _SPEAKERS[word]:
            counts[language] += times
    best = max(counts, key=lambda language: (counts[language], language == usual))
    if counts[best] < _LEAST or counts[best] < _MORE * counts.get(usual, 0):
        return usual
    return best
