"""Do the words of an entry confirm that it is the article which a name proposes?

Comes in: an entry, what is held of the article. Goes out: yes or no. Forbidden: a name.

Thresholds: on the 12,226 pairs of different articles of one source of the series at hand, 8 % share half of the words of the shorter
one (what their software adds to each text, mostly), while all 28 edits share all but a word. Half is therefore asked of titles and of
texts apart, and what bears another day must be the same text nearly word for word.
"""

from collections.abc import Callable

from veille.french import fold, folded_words
from veille.model import Item, Known
from veille.understand.same import Print, guard, meaning, print_of

_HALF = 0.5
_NEARLY = 0.75  # of a title that stands alone
_WHOLE = 0.9  # of the runs of four words of the shorter text
_LITTLE = 0.2  # of the words of title and text together: 15 % of the pairs of different articles of one source share so much
_LONG = 200  # characters: so long a text does not come back letter for letter by chance
_FEW = 4  # words: fewer tell nothing
_LEAST = 12  # words: a shorter text is compared word by word only


def confirms(item: Item, known: Known, text_of: Callable[[int], str]) -> bool:
    """Whether an entry that bears one name of an article, and another one that is new, is that article; `text_of` gives its text."""
    redated = bool(item.day and known.day and item.day != known.day)
    if item.fingerprint == known.fingerprint:
        return not redated or len(item.text) >= _LONG
    titled = fold(item.title) == fold(known.title)
    if titled and not redated and item.day and known.day:
        return True
    held = text_of(known.id)
    if titled and not redated and not (held and item.text):
        return True
    one, other = print_of(item.title, item.text, ()), print_of(known.title, held, ())
    if guard(one, other) or (one.days and other.days and not one.days & other.days):
        return False
    if titled and not redated:  # no day tells whether a title came back
        return _share(_words(item.text), _words(held)) >= _HALF and not _numbered_otherwise(one, other)
    copied = min(len(_plain(item.text)), len(_plain(held))) >= _LEAST and _held(one, other) >= _WHOLE
    if redated:
        return copied and _share(meaning(one.title), meaning(other.title)) >= _HALF
    if copied:
        return True
    titles = _share(meaning(one.title), meaning(other.title))
    if not (item.text and held):
        return titles >= _NEARLY
    return titles >= _HALF and _share(_words(item.text), _words(held)) >= _HALF


def titles_agree(item: Item, known: Known) -> bool:
    """Whether half of the words of the shorter title are in the other."""
    return _share(_words(item.title), _words(known.title)) >= _HALF


def are_unlike(item: Item, known: Known, text_of: Callable[[int], str]) -> bool:
    """Whether the words of two articles have next to nothing in common, though one address is told of both."""
    if item.fingerprint == known.fingerprint or fold(item.title) == fold(known.title):
        return False
    one, other = _words(f"{item.title} {item.text}"), _words(f"{known.title} {text_of(known.id)}")
    return min(len(one), len(other)) >= _FEW and _share(one, other) < _LITTLE


def _plain(text: str) -> list[str]:
    return folded_words(text)


def _words(text: str) -> set[str]:
    return meaning(folded_words(text))


def _share(one: set[str], other: set[str]) -> float:
    """How much of the smaller one lies in the other."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def _held(one: Print, other: Print) -> float:
    """How many of the runs of words of the shorter text lie in the other."""
    return len(one.runs & other.runs) / min(len(one.runs), len(other.runs))


def _numbered_otherwise(one: Print, other: Print) -> bool:
    return bool(one.numbers - other.numbers and other.numbers - one.numbers)
