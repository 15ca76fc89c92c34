"""The manner of a text, which tells what kind of article it is whatever its subject: who speaks to whom, hours, fees, words of a trade.

Comes in: words, what the lexicon found, the days named. Goes out: names of signs, for `learned`. Forbidden: deciding anything.

Phrases stand in the vocabulary (`signs`): a sign is told by its name, and by `<name>-title` where the title says it.
"""

import re
from collections.abc import Iterable

from veille.french import Lately
from veille.model import Mention
from veille.understand.words import Findings, Words

_READ = 1_500  # characters of the text
_SPOKEN = {
    word: f"says-{word}"
    for word in "nous notre nos je j mon ma mes vous votre vos on ils leur se ce ont a sera seront est etait pour par avec sans qui "
    "comment pourquoi quand".split()
}
_FUTURE = ("erez", "irez", "drez", "urez")
_NO_VERBS = frozenset("chez assez nez rez ez".split())
# Written so that a search jumps from one letter to the next.
_MARKS = (
    ("hour", re.compile(r"h(?![^\W\d_])(?:(?<=\dh)|(?<=\d h))")),
    ("either-sex", re.compile(r"/(?<=[hHfF]/)[hHfF]\b")),
    ("telephone", re.compile(r"0(?<!\d0)\d(?:[ .]\d\d){4}")),
    ("postcode", re.compile(r"(?<!\d)\d{5}(?!\d)")),
)
_SPELT = (
    ("fee", "€"),
    ("fee", " euro"),
    ("either-sex", "(e)"),
    ("either-sex", "(trice)"),
    ("either-sex", "·e"),
    ("percent", "%"),
    ("quotation", "«"),
)
_TITLE_MARKS = (("?", "question-title"), ("!", "exclamation-title"), (":", "colon-title"), ("«", "quotation-title"))
_FIRST = 5  # characters: « Un(e) … »


def _said_of(word: str) -> str:
    """Return what a folded word in « -ez » says of who is spoken to, "" for the others."""
    if word.endswith(_FUTURE):
        return "you-will"
    return "you-do" if word.endswith("ez") and not word.endswith("rez") and word not in _NO_VERBS else ""


_SAID = Lately(_said_of)


def signs_of(words: Words, findings: Findings, mentions: Iterable[Mention]) -> frozenset[str]:
    """Return the signs of an article."""
    held = frozenset(words.folded)
    found = {_SPOKEN[word] for word in _SPOKEN.keys() & held}
    title = words.folded[: words.title_size]
    found.update(map(_SAID.__getitem__, held))
    found.discard("")
    if any(_SAID[word] for word in title):
        found.add("you-do-title")
    for mark, name in _TITLE_MARKS:
        if mark in words.title:
            found.add(name)
    text = f"{words.title}\n{words.text[:_READ]}"
    for name, pattern in _MARKS:
        if pattern.search(text):
            found.add(name)
    found.update(name for name, spelt in _SPELT if spelt in text)
    roles = {one.role for one in mentions}
    found.update(f"day-{role}" for role in roles)
    if not roles:
        found.add("no-day")
    hits = findings.of("sign")
    found.update([hit.payload for hit in hits])
    for hit in hits:
        if hit.field == "title":
            found.add(f"{hit.payload}-title")
            if hit.start < _FIRST:
                found.add(f"{hit.payload}-first")
    return frozenset(found)
