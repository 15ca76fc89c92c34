"""The words of an article, cut once, and every phrase of the vocabulary found among them in one pass.

Comes in: title and text; phrases. Goes out: hits with their place, by table. Forbidden: meaning.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from veille.french import WORD, cut, fold, plural_forms

LEAD = 400  # characters of the text that say what it is about
READ = 20_000  # characters of the text that are read for labels
_CAPITALS = re.compile(r"(?<![^\W_])(?=[0-9]*[A-ZÀ-ÖØ-ÞŒŸ])[A-ZÀ-ÖØ-ÞŒŸ0-9]{2,}(?![^\W_])")  # « RSA », « 5G », « ÉPIC »


@dataclass(frozen=True, slots=True)
class Words:
    """Title and text as folded words, in order; an empty one between them, so that no phrase spans both."""

    title: str
    text: str
    folded: tuple[str, ...]
    starts: tuple[int, ...]  # in the title or the text, in characters
    title_size: int
    bare: bool = False  # its words are those of the index (`french.is_bare`)

    @classmethod
    def of(cls, title: str, text: str) -> "Words":
        text = text[:READ]
        (heading, at, bare), (body, places, also) = cut(title), cut(text)
        return cls(
            title=title, text=text, folded=(*heading, "", *body), starts=(*at, 0, *places), title_size=len(heading), bare=bare and also
        )  # fmt: skip

    def blanked(self, text: str) -> "Words":
        """Return the words that are left where parts of the text were made blank, every other sign at its place."""
        if text == self.text or text[:READ] == self.text:
            return self
        first = self.title_size + 1
        left = [(word, start) for word, start in zip(self.folded[first:], self.starts[first:], strict=True) if not text[start].isspace()]
        return replace(
            self, text=text[:READ], folded=(*self.folded[:first], *(word for word, _ in left)),
            starts=(*self.starts[:first], *(start for _, start in left)),
        )  # fmt: skip

    def written(self, place: int) -> str:
        """Return a word as it is written."""
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
_Phrase = tuple[int, _Rest, str, str, str]  # rank, words after the second, table, phrase, what it stands for


def _goes_on(folded: Sequence[str], at: int, size: int, rest: _Rest) -> bool:
    """Return whether a phrase continues so."""
    return at + len(rest) <= size and all(folded[at + number] in allowed for number, allowed in enumerate(rest))


class Lexicon:
    """Phrases to look for, each of a table: folded words, simple plurals allowed; those in capitals as written. Frozen once built."""

    def __init__(self, phrases: Iterable[tuple[str, str, str]], acronyms: Iterable[tuple[str, str, str]] = ()) -> None:
        """Triples: table, phrase, what it stands for."""
        self.phrases, self.acronyms = tuple(phrases), tuple(acronyms)
        # By first word: phrases of one word, and by their second one the others; each with its rank, since they are found in that order.
        self._by_first: dict[str, tuple[list[_Phrase], dict[str, list[_Phrase]]]] = {}
        for rank, (table, phrase, payload) in enumerate(self.phrases):
            forms = tuple(plural_forms(word) for word in WORD.findall(fold(phrase)))
            if not forms:
                continue
            for first in forms[0]:
                alone, by_second = self._by_first.setdefault(first, ([], {}))
                if len(forms) == 1:
                    alone.append((rank, (), table, phrase, payload))
                for second in forms[1] if len(forms) > 1 else ():
                    by_second.setdefault(second, []).append((rank, forms[2:], table, phrase, payload))
        self._acronyms: dict[str, list[tuple[str, str]]] = {}
        for table, acronym, payload in self.acronyms:
            self._acronyms.setdefault(acronym, []).append((table, payload))

    def find(self, words: Words) -> Findings:
        """Return every place of every phrase; acronyms after the others."""
        tables: dict[str, list[Hit]] = {}
        folded, starts, stop = words.folded, words.starts, words.title_size
        by_first, size = self._by_first, len(words.folded)
        for place in [place for place, word in enumerate(folded) if word in by_first]:
            found, by_second = by_first[folded[place]]
            longer = by_second.get(folded[place + 1]) if by_second and place + 1 < size else None
            if longer:
                fitting = [one for one in longer if _goes_on(folded, place + 2, size, one[1])]
                found = sorted([*found, *fitting]) if found and fitting else found or fitting
            if found:
                field = "title" if place < stop else "lead" if starts[place] < LEAD else "text"
                for _, _, table, phrase, payload in found:
                    tables.setdefault(table, []).append(Hit(payload, phrase, field, starts[place]))
        for text, title in ((words.title, True), (words.text, False)):
            for match in _CAPITALS.finditer(text) if self._acronyms else ():
                for table, payload in self._acronyms.get(match[0], ()):
                    field = "title" if title else "lead" if match.start() < LEAD else "text"
                    tables.setdefault(table, []).append(Hit(payload, match[0], field, match.start()))
        return Findings(size, tables)
