"""Articles beside each other: what of them is compared, and verdicts that are reached before anybody has to wait for the write lock.

Comes in: articles with their labels; an open file. Goes out: `Ready` (prints, bands, words of the index, keywords), `Similarity`.
Reading only: `stories` and `items` write.
"""

import json
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from veille.french import folded_words, index_text, index_words
from veille.messages.understanding import EQUAL_AND_APART, EQUAL_TEXTS, STORY_DECIDED
from veille.model import Item, Rights, TaggedItem
from veille.normalize import hidden, shown
from veille.owners import OwnedPath, rank_among
from veille.store.collecting.names import places_of
from veille.store.connection import Connection
from veille.understand.same import (
    ALIKE,
    LONGEST,
    RARE,
    Print,
    Similarity,
    bands_of,
    compare,
    could_be_same,
    lead_of,
    print_of,
)
from veille.understand.similar import Keywords, Rarity, keywords_of
from veille.understand.words import Words

LEAST_TEXT = 80  # characters; shorter texts are equal by chance
SAMPLE = 30  # of a source's latest texts, on arrival
_SHORT = 200  # characters: equal texts so short are one only of the same day and places
_ENOUGH = 8  # texts of a source, before its boilerplate is known
_MOST_HELD = 4_000  # prints
_MOST = 10  # candidates, those that share most bands
_OF_BAND = 50  # articles of one band: one that more share is a phrase that everybody writes
_STRONG, _SURE = 2, 2  # what the last two bands, lead and title, count
_ALONE = 2  # candidates with one band in common that are looked at
_HOLDERS = f"select item_id, band from (select item_id, band from bands where band = ? order by item_id desc limit {_OF_BAND})"  # noqa: S608
_COMING = 1 << 60  # what has no id yet comes after all that has


@dataclass(frozen=True, slots=True)
class Ready:
    """What is written of an article beside its labels; `index`: its title, what is shown and what rights hide, as the index has them."""

    print: Print
    fingerprint: str
    bands: tuple[int, ...]
    index: tuple[str, str, str]
    keywords: Keywords | None = None  # None before words were counted


def ready_of(tagged: TaggedItem, rights: Rights, words: Words | None = None, rarity: Rarity | None = None) -> Ready:
    """Think of an article before it is written. `words`: those it was understood by, which are cut once for all."""
    item = tagged.item
    cut = words if words and words.bare and words.title == item.title and words.text == item.text else None
    heading = cut.folded[: cut.title_size] if cut else folded_words(item.title)
    body = cut.folded[cut.title_size + 1 :] if cut else folded_words(item.text[:LONGEST])
    places = [place.code for place in tagged.territories if place.origin != "source"]
    made = print_of(item.title, item.text, places, item.source_id, words=(heading, body))
    index = _index(item, shown(item.text, rights), cut)
    return Ready(
        print=made,
        fingerprint=item.fingerprint,
        bands=bands_of(made, body if len(item.text) <= _LEAD_READ else lead_of(item.text)),
        index=index,
        keywords=keywords_of(tagged.terms, rarity) if rarity else None,
    )


def _index(item: Item, said: str, cut: Words | None) -> tuple[str, str, str]:
    """Title, what is shown and what is hidden, as the index has them; `cut`: the words of all three, where they are at hand."""
    rest = hidden(item.text, said)
    if cut is None:
        return index_text(item.title), index_text(said), index_text(rest)
    first, title = cut.title_size + 1, index_words(cut.folded[: cut.title_size], item.title)
    if not rest or not said:
        words = index_words(cut.folded[first:], item.text)
        return title, words if said else "", words if rest else ""
    if rest == item.text or rest[0].isalnum():  # what is shown comes from elsewhere, or ends within a word
        return title, index_text(said), index_text(rest)
    end = bisect_left(cut.starts, len(item.text) - len(rest), first)
    return title, index_words(cut.folded[first:end], said), index_words(cut.folded[end:], rest)


_LEAD_READ = 400  # characters that `lead_of` reads
_Held = tuple[Print, str, tuple[int, ...]]  # print, fingerprint, bands


@dataclass(slots=True)
class Comparing:
    """What one sitting has read and compared: prints by article, runs that a source repeats, verdicts."""

    db: Connection
    sample: int | None  # of the latest texts of a source, by which its boilerplate is told; None: all of them
    decided: dict[tuple[int, int], bool]  # by curators, of pairs (the smaller id first): together, or apart
    prints: dict[int, _Held] = field(default_factory=dict)
    places: dict[str, list[OwnedPath]] = field(default_factory=dict)  # what each source owns
    boilerplates: dict[str, tuple[frozenset[int], int]] = field(default_factory=dict)
    fresh: set[int] = field(default_factory=set)  # just written, in no story and no band yet
    verdicts: dict[tuple[int, int], Similarity] = field(default_factory=dict)  # by the identities of two prints that are held here
    coming: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))  # what is not written yet, by band
    runs: dict[str, list[frozenset[int]]] = field(default_factory=lambda: defaultdict(list))  # of what is not written yet, by source
    dropped: list[_Held] = field(default_factory=list)  # still alive, so that none takes its identity
    foreseen: dict[int, tuple[int, list[int]]] = field(default_factory=dict)  # of prints, by identity: its number, its candidates
    numbers: dict[int, int] = field(default_factory=dict)  # the ids of those that were written since, by number
    last: int = _COMING  # the last number of what has no id yet

    @classmethod
    def of(cls, db: Connection, *, sample: int | None = SAMPLE) -> "Comparing":
        rows = db.execute("select item_id, other_id, together from story_decisions")
        return cls(db, sample, {(row[0], row[1]): bool(row[2]) for row in rows})

    def forget(self) -> None:
        """Somebody else wrote: what was read may be otherwise."""
        decided = self.of(self.db, sample=self.sample).decided
        for held in (self.prints, self.places, self.boilerplates, self.verdicts, self.coming, self.runs, self.decided,
                     self.foreseen, self.numbers):  # fmt: skip
            held.clear()
        self.dropped.clear()
        self.decided.update(decided)

    def drop(self, ids: Iterable[int]) -> None:
        """These are otherwise now."""
        for item_id in ids:
            self.foreseen.clear()  # its bands are others
            if item_id in self.prints:
                self.dropped.append(self.prints.pop(item_id))

    def wrote(self, written: Mapping[int, Ready]) -> None:
        """These have an id now."""
        self.fresh = {item_id for item_id, one in written.items() if len(one.print.told[1]) >= LEAST_TEXT}
        for item_id, one in written.items():
            if item_id in self.fresh:
                self._hold(item_id, (one.print, one.fingerprint, one.bands))
                if id(one.print) in self.foreseen:
                    self.numbers[self.foreseen[id(one.print)][0]] = item_id
            del self.runs[one.print.source][:1]  # the file has it now

    def foresee(self, source_id: str, arriving: Sequence[Ready]) -> None:
        """Compare what will be written with what is held, and with what will be written before it."""
        self.runs[source_id] += [one.print.runs for one in arriving]
        self.boilerplates.pop(source_id, None)
        for one in arriving:
            if len(one.print.told[1]) < LEAST_TEXT:
                continue
            key = self.last = self.last + 1
            self._hold(key, (one.print, one.fingerprint, one.bands))
            found = self._candidates(key, one.bands)
            self.foreseen[id(one.print)] = (key, found)
            for other in found:
                if self.held(other)[1] != one.fingerprint:
                    self.compared(one.print, self.held(other)[0])
            for band in one.bands:
                self.coming[band].append(key)

    def candidates(self, item_id: int, bands: Iterable[int]) -> list[int]:
        """Articles that share bands, the most first: as they were foreseen, where nothing but what was foreseen has changed since."""
        _, foreseen = self.foreseen.get(id(self.prints[item_id][0]), (0, None)) if item_id in self.prints else (0, None)
        if foreseen is not None and all(other < _COMING or other in self.numbers for other in foreseen):
            return [self.numbers.get(other, other) for other in foreseen]
        return self._candidates(item_id, bands)

    def _candidates(self, item_id: int, bands: Iterable[int]) -> list[int]:
        """Articles that share bands, the most first; of a band that many share, the newest. `bands`: those of lead and title last."""
        wanted = list(bands)
        if not wanted:
            return []
        sure = frozenset(wanted[-_SURE:])
        counts: Counter[int] = Counter()
        for other, band in self.db.execute(" union all ".join([_HOLDERS] * len(wanted)), wanted):
            counts[other] += _STRONG if band in sure else 1
        if item_id >= _COMING:
            for band in wanted:
                for other in self.coming.get(band, ()):
                    counts[other] += _STRONG if band in sure else 1
        counts.pop(item_id, None)
        if not counts:
            return []
        likely = sorted(counts, key=lambda other: (-counts[other], -other))
        alone = sum(counts[other] == 1 for other in likely)  # one band in common is a phrase that many write
        return sorted(likely[: min(_MOST, len(likely) - alone + _ALONE)], key=lambda other: (-counts[other], other))

    def held(self, item_id: int) -> _Held:
        """Return the print of an article, its fingerprint, its bands."""
        if item_id not in self.prints:
            row = self.db.execute(
                "select items_words.title, items_words.text, items.source_id, items.fingerprint, "
                "(select json_group_array(code) from item_territories where item_id = items.id and origin <> 'source') "
                "from items join items_words on items_words.id = items.id where items.id = ?",
                (item_id,),
            ).fetchone()
            found = print_of(row[0], row[1], json.loads(row[4]), row[2])
            self._hold(item_id, (found, row[3], bands_of(found, lead_of(row[1]))))
        return self.prints[item_id]

    def _hold(self, item_id: int, held: _Held) -> None:
        if len(self.prints) > _MOST_HELD:
            self.prints.clear()
            self.verdicts.clear()  # they are told by prints that are held
            self.dropped.clear()
            self.coming.clear()
            self.foreseen.clear()
        self.prints[item_id] = held

    def boilerplate(self, source_id: str) -> tuple[frozenset[int], int]:
        """Return the runs that more than three texts of a source hold, and how many texts that was told from."""
        if source_id not in self.boilerplates:
            counts: Counter[int] = Counter()
            texts = 0
            for runs in self._texts(source_id):
                counts.update(runs)
                texts += 1
            self.boilerplates[source_id] = (frozenset(run for run, times in counts.items() if times > RARE), texts)
        return self.boilerplates[source_id]

    def _texts(self, source_id: str) -> Iterator[frozenset[int]]:
        """Yield the runs of a source's texts, the latest first."""
        coming = self.runs.get(source_id, [])
        if self.sample is not None:
            coming = coming[-self.sample :]
        yield from reversed(coming)
        rows = self.db.execute(
            "select id, title, text from items_words where id in (select id from items where source_id = ? order by id desc limit ?)",
            (source_id, -1 if self.sample is None else self.sample - len(coming)),
        )
        for item_id, title, text in rows:
            yield self.prints[item_id][0].runs if item_id in self.prints else print_of(title, text, ()).runs

    def judge(self, one_id: int, other_id: int) -> Similarity:
        """Return the verdict on two articles: a curator's word, else equality letter for letter, else how their texts compare."""
        said = self.decided.get((min(one_id, other_id), max(one_id, other_id)))
        if said is not None:
            return Similarity(same=said, score=1.0 if said else 0.0, reason=STORY_DECIDED, guarded=not said)
        (one, mark, _), (other, other_mark, _) = self.held(one_id), self.held(other_id)
        if mark == other_mark:
            if len(one.told[1]) < _SHORT and not self.is_of_one_moment(one_id, other_id):
                return Similarity(same=False, score=1.0, reason=EQUAL_AND_APART)
            return Similarity(same=True, score=1.0, reason=EQUAL_TEXTS)
        return self.compared(one, other)

    def compared(self, one: Print, other: Print) -> Similarity:
        """Return how two texts compare, their sources' boilerplate left out."""
        found = self.verdicts.get((id(one), id(other)))
        if found is None:
            found = self.verdicts[id(one), id(other)] = self._compare(one, other)
        return found

    def _compare(self, one: Print, other: Print) -> Similarity:
        if not could_be_same(one, other):  # what their sources repeat need not be known
            return Similarity(same=False, score=0.0, reason="")
        repeated, few = [], False
        for source in {one.source, other.source}:
            runs, texts = self.boilerplate(source)
            repeated.append(runs)
            few = few or texts < _ENOUGH
        verdict = compare(one, other, lambda run: not any(run in runs for runs in repeated))
        return Similarity(same=verdict.same and not few, score=verdict.score, reason=verdict.reason, guarded=verdict.guarded)

    def is_of_one_moment(self, one_id: int, other_id: int) -> bool:
        """Return whether two articles are of the same day and of the same places, those of their sources included."""
        sql = (
            "select substr(published_at, 1, 10), (select json_group_array(code) from (select code from item_territories "
            "where item_id = items.id order by code)) from items where id = ?"
        )
        (day, places), (other_day, other_places) = (self.db.execute(sql, (item_id,)).fetchone() for item_id in (one_id, other_id))
        return bool(day == other_day and places == other_places)

    def mixes(self, here: Iterable[int], there: Iterable[int], pair: tuple[int, int]) -> bool:
        """Return whether a story of both would hold two articles that are none by themselves: of one source, or with nothing in common.

        Not where a curator put articles of theirs together.
        """
        here, there = set(here), set(there)
        if any(together and here | there >= {*pair} for pair, together in self.decided.items()):
            return False
        for one in here:
            for other in there:
                if {one, other} == set(pair):
                    continue
                verdict = self.judge(one, other)
                own = self.held(one)[0].source == self.held(other)[0].source
                if not verdict.same and (own or verdict.score < ALIKE):
                    return True
        return False

    def owns(self, source_id: str, url: str) -> bool:
        """Return whether an address is a source's own."""
        if source_id not in self.places:
            self.places[source_id] = places_of(self.db, source_id)
        return rank_among(self.places[source_id], url) is not None


def readied(found: Mapping[Item, TaggedItem], ready: Mapping[Item, Ready], items: Iterable[Item], rights: Rights) -> list[Ready]:
    """Return what was made ready of these articles; what was not is made now."""
    return [ready.get(item) or ready_of(found[item], rights) for item in items]
