"""The narrow rows in memory: what facets count, filters ask and ranks weigh of any article, without going to the file for each.

Comes in: a plain connection. Goes out: `Rows`, by id, which follow the file change by change (`item_changes`). Nothing here writes.
"""

import threading
from array import array
from collections.abc import Iterable, Sequence
from copy import copy
from datetime import date
from operator import itemgetter
from typing import Any

from veille.search.facets import FACET, FACETS
from veille.store.connection import Connection, has_table, rows_of
from veille.store.narrow import narrow

# A column holds one number an article; what the number stands for is said facet by facet.
FACETS_OF: dict[str, tuple[str, ...]] = {}
for _facet in FACETS:
    FACETS_OF[_facet.column] = (*FACETS_OF.get(_facet.column, ()), _facet.name)
ABSENT, WAITING, SELECTED, DISMISSED = range(4)
_STATES = {"selected": SELECTED, "dismissed": DISMISSED}
_PART = 5_000  # rows read at once
_FEW = 20_000  # changes that are read again in a tenth of a second
_HELD = ", ".join(" || char(10) || ".join(FACET[name].sql for name in names) for names in FACETS_OF.values())
_ROWS = f"select item_id, coalesce(story_id, 0), state, interest, day, {_HELD} from item_facets where item_id "  # noqa: S608 - our own words
_ALL = f"{_ROWS} > :after order by item_id limit {_PART}"
_SOME = f"{_ROWS} in (select value from json_each(:ids))"  # noqa: S608


class Codes(dict[str, int]):
    """Numbers for the texts that a column holds, given at first sight: a line for each facet, its values between spaces."""

    def __init__(self, facets: Sequence[str]) -> None:
        super().__init__()
        self.says: dict[str, list[tuple[str, ...]]] = {facet: [] for facet in facets}  # values by number
        self.having: dict[str, dict[str, set[int]]] = {facet: {} for facet in facets}  # numbers by value
        self._facets = facets

    def __missing__(self, held: str) -> int:
        code = len(self)
        for facet, line in zip(self._facets, held.split("\n"), strict=True):
            values = tuple(line.split())
            self.says[facet].append(values)
            for value in values:
                self.having[facet].setdefault(value, set()).add(code)
        self[held] = code
        return code

    def with_any(self, facet: str, values: Iterable[str]) -> set[int]:
        """Return the numbers of what has one of the values of a facet."""
        return set().union(*(self.having[facet].get(value, ()) for value in values))


class Rows:
    """What the narrow row of each article says, by id; twenty-nine bytes an article."""

    def __init__(self) -> None:
        self.states = bytearray(1)
        self.stories = array("I", (0,))  # 0 for an article alone
        self.interests = array("f", (0.0,))
        self.days = array("i", (0,))  # proleptic ordinals
        self.held = {column: array("I", (0,)) for column in FACETS_OF}
        self.codes = {column: Codes(facets) for column, facets in FACETS_OF.items()}
        self._ordinals = _Ordinals()

    def copy(self) -> "Rows":
        """Return the same rows, to be changed while others still read these; what numbers stand for only grows, and is shared."""
        other = copy(self)
        other.states, other.stories, other.interests, other.days = self.states[:], self.stories[:], self.interests[:], self.days[:]
        other.held = {column: numbers[:] for column, numbers in self.held.items()}
        return other

    def put(self, rows: Sequence[Any]) -> None:
        """Take rows of `_ROWS`."""
        ids = [row[0] for row in rows]
        self._reach(max(ids, default=0) + 1)
        _, stories, states, interests, days, *held = zip(*rows, strict=True)
        for item, story, state, interest, day in zip(ids, stories, states, interests, days, strict=True):
            self.stories[item] = story
            self.interests[item] = interest
            self.days[item] = self._ordinals[day]
            self.states[item] = _STATES.get(state, WAITING)
        for column, texts in zip(FACETS_OF, held, strict=True):
            numbers, codes = self.held[column], self.codes[column]
            for item, text in zip(ids, texts, strict=True):
                numbers[item] = codes[text]

    def drop(self, ids: Iterable[int]) -> None:
        """Forget articles that are gone."""
        for item in ids:
            if item < len(self.states):
                self.states[item] = ABSENT

    def known(self, ids: list[int]) -> list[int]:
        """Return the ids without those that came since."""
        end = len(self.states)
        return ids if max(ids, default=0) < end else [item for item in ids if item < end]

    def _reach(self, end: int) -> None:
        missing = end - len(self.states)
        if missing > 0:
            for numbers in (self.stories, self.days, *self.held.values()):
                numbers.frombytes(bytes(missing * numbers.itemsize))
            self.interests.frombytes(bytes(missing * self.interests.itemsize))
            self.states.extend(bytes(missing))


class _Ordinals(dict[str, int]):
    """Days as numbers; there are few."""

    def __missing__(self, day: str) -> int:
        try:
            number = date.fromisoformat(day[:10]).toordinal()
        except ValueError:
            number = 0
        self[day] = number
        return number


def of(numbers: Sequence[Any], ids: Sequence[int]) -> Sequence[Any]:
    """Return what a column has for each of the ids."""
    if len(ids) < 2:
        return [numbers[item] for item in ids]
    found: Sequence[Any] = itemgetter(*ids)(numbers)
    return found


class Columns:
    """The rows of one file, kept up with it by whoever asks; safe from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows = Rows()
        self._mark: tuple[int, int] | None = None  # the last change taken: its number, its article

    def far(self, db: Connection) -> bool:
        """Return whether following takes longer than a page may wait: the first time, and after many changes."""
        if self._mark is None or not has_table(db, "item_changes"):
            return self._mark is None
        return _last(db)[0] - self._mark[0] > _FEW or not self._is_of(db)

    def follow(self, db: Connection) -> Rows:
        """Return the rows as the file has them now: what changed since is read again; at first all are, in three seconds for a million.

        Rows once given do not change: who asks later gets others.
        """
        with self._lock:
            if not has_table(db, "item_changes"):  # the file waits for its migration, and nobody writes it
                if self._mark is None:
                    self._read_all(db, (0, 0))
                return self._rows
            last = _last(db)
            if last != self._mark:
                if self._is_of(db):
                    self._read_changed(db, last)
                else:
                    self._read_all(db, last)
            return self._rows

    def _is_of(self, db: Connection) -> bool:
        """Return whether the file still knows the last change taken: not the first time, nor long after, nor when another took its
        place.
        """
        return self._mark is not None and self._mark in rows_of(
            db, "select seq, item_id from item_changes where seq = :seq", {"seq": self._mark[0]}
        )

    def _read_all(self, db: Connection, mark: tuple[int, int]) -> None:
        rows, after = Rows(), 0
        while part := rows_of(db, narrow(db, _ALL), {"after": after}):
            rows.put(part)
            after = part[-1][0]
        self._rows, self._mark = rows, mark

    def _read_changed(self, db: Connection, mark: tuple[int, int]) -> None:
        assert self._mark is not None
        given = {"after": self._mark[0], "until": mark[0]}
        changed = [row[0] for row in rows_of(db, "select distinct item_id from item_changes where seq > :after and seq <= :until", given)]
        rows = self._rows.copy()
        for first in range(0, len(changed), _PART):
            ids = changed[first : first + _PART]
            part = rows_of(db, _SOME, {"ids": f"[{','.join(map(str, ids))}]"})
            rows.drop(set(ids) - {row[0] for row in part})
            if part:
                rows.put(part)
        self._rows, self._mark = rows, mark


def _last(db: Connection) -> tuple[int, int]:
    """Return the last change of the file: its number, its article."""
    found: tuple[int, int] = rows_of(db, "select seq, item_id from item_changes order by seq desc limit 1")[0]
    return found
