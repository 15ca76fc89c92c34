"""The words of an article, cut once, and phrases found among them.

Comes in: title and text; phrases. Goes out: hits with their place. Forbidden: meaning.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from veille.french import WORD, fold, plural_forms, tokens

Payload = TypeVar("Payload")
LEAD = 400  # characters of the text that say what it is about
READ = 20_000  # characters of the text that are read for labels


@dataclass(frozen=True, slots=True)
class Word:
    folded: str
    field: str  # title | lead | text
    start: int
    as_written: str


@dataclass(frozen=True, slots=True)
class Words:
    """Title and text as words, in order; a stop between them, so that no phrase spans both."""

    words: tuple[Word, ...]

    @classmethod
    def of(cls, title: str, text: str) -> "Words":
        found = [Word(folded, "title", start, title[start:end]) for folded, start, end in tokens(title)]
        found.append(Word("", "text", 0, ""))
        text = text[:READ]
        found += [Word(folded, "lead" if start < LEAD else "text", start, text[start:end]) for folded, start, end in tokens(text)]
        return cls(tuple(found))


@dataclass(frozen=True, slots=True)
class Hit(Generic[Payload]):
    payload: Payload
    phrase: str
    field: str
    start: int


class Phrases(Generic[Payload]):
    """Phrases to look for: folded words, simple plurals allowed; or acronyms, as written. Frozen once built."""

    def __init__(self, phrases: Iterable[tuple[str, Payload]], acronyms: Iterable[tuple[str, Payload]] = ()) -> None:
        self._by_first: dict[str, list[tuple[tuple[frozenset[str], ...], str, Payload]]] = {}
        for phrase, payload in phrases:
            forms = tuple(plural_forms(word) for word in WORD.findall(fold(phrase)))
            if not forms:
                continue
            for first in forms[0]:
                self._by_first.setdefault(first, []).append((forms, phrase, payload))
        self._acronyms: dict[str, list[tuple[str, Payload]]] = {}
        for acronym, payload in acronyms:
            self._acronyms.setdefault(acronym, []).append((acronym, payload))

    def find(self, text: Words) -> Iterator[Hit[Payload]]:
        """Every place of every phrase, in reading order."""
        words = text.words
        for place, word in enumerate(words):
            for forms, phrase, payload in self._by_first.get(word.folded, ()):
                following = words[place : place + len(forms)]
                if len(following) == len(forms) and all(part.folded in allowed for part, allowed in zip(following, forms, strict=True)):
                    yield Hit(payload, phrase, word.field, word.start)
            for acronym, payload in self._acronyms.get(word.as_written, ()):
                yield Hit(payload, acronym, word.field, word.start)
