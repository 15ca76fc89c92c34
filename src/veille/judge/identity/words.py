"""Do the words of an entry confirm that it is the article which a name proposes?

Comes in: an entry, what is held of the article. Goes out: yes or no. Forbidden: a name.

Thresholds: on the 12,226 pairs of different articles of one source of the series at hand, 8 % share half of the words of the shorter
one (what their software adds to each text, mostly), while all 28 edits share all but a word. Half is therefore asked of titles and of
texts apart, and what bears another day must be the same text nearly word for word.
"""

import re
from collections.abc import Callable
from urllib.parse import unquote

from veille.french import STOP_WORDS, distance_at_most, fold, folded_words
from veille.model import Item, Known
from veille.understand.same import Print, guard, meaning, print_of

_HALF = 0.5
_NEARLY = 0.75  # of a title that stands alone
_WHOLE = 0.9  # of the runs of four words of the shorter text
_LITTLE = 0.2  # of the words of title and text together: 15 % of the pairs of different articles of one source share so much
_LONG = 200  # characters: so long a text does not come back letter for letter by chance
_SPELT = 7  # letters: two shorter words a letter or two apart are two words
_SAID = 3  # words of a title in its address
_YEAR = re.compile(r"(?:19|20)\d\d|0?[1-9]|1[0-2]")  # or a month: pages of archives
_FEW = 3  # words: fewer tell nothing
_LEAST = 12  # words: a shorter text is compared word by word only


def confirms(item: Item, known: Known, text_of: Callable[[int], str], *, by_address: bool = False) -> bool:
    """Return whether an entry that bears one name of an article, and another one that is new, is that article; `text_of` gives its text.

    `by_address`: it is its address that is known. The same text is not enough then: notices of one text, told apart by their titles alone,
    may share a page. A page of its own makes the same words the same article, whatever the day.
    """
    redated = bool(item.day and known.day and item.day != known.day)
    if item.is_worded(known.fingerprint):
        return not redated or len(item.text) >= _LONG or (by_address and _has_own_page(item))
    titled = _same_title(item.title, known.title)
    if titled and not redated and item.day and known.day:
        return True
    held = text_of(known.id)
    if titled and not redated and not (held and item.text):
        return True
    one, other = print_of(item.title, item.text, ()), print_of(known.title, held, ())
    if guard(one, other) or (one.days and other.days and not one.days & other.days):
        return False
    if titled and not redated:  # no day tells whether a title came back
        return _share(_words(item.text), _words(held)) >= _LITTLE and not _numbered_otherwise(one, other)
    mine, theirs = meaning(one.title), meaning(other.title)
    copied = min(len(folded_words(item.text)), len(folded_words(held))) >= _LEAST and _held(one, other) >= _WHOLE
    if redated:
        return copied and bool(mine and theirs) and (mine <= theirs or theirs <= mine)
    titles = _share(mine, theirs)
    if copied:
        return not by_address or titles >= _HALF
    if not (item.text and held):
        return titles >= _NEARLY
    return titles >= _HALF and _share(_words(item.text), _words(held)) >= _HALF


def _same_title(one: str, other: str) -> bool:
    """Return whether two titles are equal, but for accents, capitals and letters that were mended (« muincipal »)."""
    mine, theirs = folded_words(one), folded_words(other)
    if mine == theirs:
        return bool(mine) or fold(one) == fold(other)
    if len(mine) != len(theirs):
        return False
    mended = [(left, right) for left, right in zip(mine, theirs, strict=True) if left != right]
    return len(mended) == 1 and all(
        min(len(left), len(right)) >= _SPELT and (left + right).isalpha() and distance_at_most(left, right, 2) is not None
        for left, right in mended
    )


def titles_agree(item: Item, known: Known) -> bool:
    """Return whether half of the words of the shorter title are in the other."""
    return _share(_words(item.title), _words(known.title)) >= _HALF


def are_unlike(item: Item, known: Known, text_of: Callable[[int], str], *, texts_alone: bool = False) -> bool:
    """Return whether the words of two articles have next to nothing in common, though one address is told of both."""
    if item.is_worded(known.fingerprint) or (not texts_alone and fold(item.title) == fold(known.title)):
        return False
    held = text_of(known.id)
    one, other = (
        (_words(item.text), _words(held)) if texts_alone else (_words(f"{item.title} {item.text}"), _words(f"{known.title} {held}"))
    )
    return min(len(one), len(other)) >= _FEW and _share(one, other) < _LITTLE


def _has_own_page(item: Item) -> bool:
    """Return whether an address is that of one article: it says its title, or numbers it; « /agenda » is a page where others will come."""
    path = item.canonical.partition("//")[2].partition("/")[2]
    slug = set(folded_words(unquote(path)))
    said = {word for word in folded_words(item.title) if word not in STOP_WORDS}
    return len(slug & said) >= _SAID or any(word.isdigit() and not _YEAR.fullmatch(word) for word in slug)


def _words(text: str) -> set[str]:
    return meaning(folded_words(text))


def _share(one: set[str], other: set[str]) -> float:
    """Return how much of the smaller one lies in the other."""
    return len(one & other) / min(len(one), len(other)) if one and other else 0.0


def _held(one: Print, other: Print) -> float:
    """Return how many of the runs of words of the shorter text lie in the other."""
    return len(one.runs & other.runs) / min(len(one.runs), len(other.runs))


def _numbered_otherwise(one: Print, other: Print) -> bool:
    return bool(one.numbers - other.numbers and other.numbers - one.numbers)
