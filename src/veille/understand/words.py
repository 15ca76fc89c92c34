"""The words of an article, cut once, and every phrase of the vocabulary found among them in one pass.

Comes in: title and text; phrases. Goes out: hits with their place, by table. Forbidden: meaning.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from veille.french import WORD, cut, fold, plural_forms

LEAD = 400  # characters of the text that say what it is about
READ = 20_000  # characters of the text that are read for labels
_CAPITALS = re.compile(r"(?<![^\W_])[A-Z][A-Z0-9]+(?![^\W_])")


@dataclass(frozen=True, slots=True)
class Words:
    """Title and text as folded words, in order; an empty one between them, so that no phrase spans both."""

    title: str
    text: str
    folded: tuple[str, ...]
    starts: tuple[int, ...]  # in the title or the text, in characters
    title_size: int

    @classmethod
    def of(cls, title: str, text: str) -> "Words":
        text = text[:READ]
        (heading, at), (body, places) = cut(title), cut(text)
        return cls(title=title, text=text, folded=(*heading, "", *body), starts=(*at, 0, *places), title_size=len(heading))

    def written(self, place: int) -> str:
        """A word as it is written."""
        source = self.title if place < self.title_size else self.text
        return source[self.starts[place] : self.starts[place] + len(self.folded[place])]


@dataclass(frozen=True, slots=True)
class Hit:
    """One place of one phrase: what it stands for, in which field (title, lead or text), at which character."""

    payload: str
    phrase: str
    field: str
    start: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What a lexicon found in an article, in reading order by table; `size`: words of the article."""

    size: int
    tables: Mapping[str, Sequence[Hit]]

    def of(self, table: str) -> Sequence[Hit]:
        return self.tables.get(table, ())


_Rest = tuple[frozenset[str], ...]


class Lexicon:
    """Phrases to look for, each of a table: folded words, simple plurals allowed; those in capitals as written. Frozen once built."""

    def __init__(self, phrases: Iterable[tuple[str, str, str]], acronyms: Iterable[tuple[str, str, str]] = ()) -> None:
        """Triples: table, phrase, what it stands for."""
        self.phrases, self.acronyms = tuple(phrases), tuple(acronyms)
        self._by_first: dict[str, list[tuple[_Rest, str, str, str]]] = {}
        for table, phrase, payload in self.phrases:
            forms = tuple(plural_forms(word) for word in WORD.findall(fold(phrase)))
            if not forms:
                continue
            for first in forms[0]:
                self._by_first.setdefault(first, []).append((forms[1:], table, phrase, payload))
        self._acronyms: dict[str, list[tuple[str, str]]] = {}
        for table, acronym, payload in self.acronyms:
            self._acronyms.setdefault(acronym, []).append((table, payload))

    def find(self, words: Words) -> Findings:
        """Every place of every phrase; acronyms after the others."""
        tables: dict[str, list[Hit]] = {}
        folded, starts, stop = words.folded, words.starts, words.title_size
        by_first, size = self._by_first, len(words.folded)
        for place, word in enumerate(folded):
            candidates = by_first.get(word)
            if candidates is None:
                continue
            field = ""
            for rest, table, phrase, payload in candidates:
                at = place + 1
                if at + len(rest) > size:
                    continue
                for allowed in rest:
                    if folded[at] not in allowed:
                        break
                    at += 1
                else:
                    field = field or ("title" if place < stop else "lead" if starts[place] < LEAD else "text")
                    tables.setdefault(table, []).append(Hit(payload, phrase, field, starts[place]))
        for text, title in ((words.title, True), (words.text, False)):
            for match in _CAPITALS.finditer(text) if self._acronyms else ():
                for table, payload in self._acronyms.get(match[0], ()):
                    field = "title" if title else "lead" if match.start() < LEAD else "text"
                    tables.setdefault(table, []).append(Hit(payload, match[0], field, match.start()))
        return Findings(size, tables)
