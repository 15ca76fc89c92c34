"""Keeping what answered: some answers to a transaction, each short; any one of them lands whole, or not at all.

Comes in: answers that were read. Goes out: their outcomes, and how each source fares. Forbidden: the network, SQL.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from veille.clock import Clock
from veille.collect.arrivals import Arrival
from veille.errors import Postponed, SourceError, StoreError
from veille.messages.collecting import BUG, TAKEN_OVER
from veille.messages.keeping import NO_MEMORY, SYSTEM_REFUSES
from veille.messages.machine import why
from veille.model import Collected, Failed, Fetched, HostNote, NotModified, Outcome, Reading, Verdict
from veille.moments import stored
from veille.store import usable, writing
from veille.store.collecting.hosts import keep_notes
from veille.store.collecting.sitting import Sitting
from veille.store.collecting.visits import Visited, put_off, record_visits
from veille.store.connection import Connection
from veille.store.settings import may_follow, setting

if TYPE_CHECKING:
    from veille.collect.intake import Prepared
    from veille.understand.knowledge import Knowledge

log = logging.getLogger("veille")
Notes = tuple[list[HostNote], dict[str, int]]  # what sites asked for, and the requests that each got
Settled = tuple[Arrival, tuple[Outcome, Verdict]]
_SHARED, _UNDERSTOOD = 200, 60  # articles of one transaction, or answers without news; fewer where understanding leaves time to others
_MOMENT = 0.03  # seconds after which a transaction takes in nothing more: documentalists write meanwhile


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeper:
    """Who writes what a run brings; `owner` tells this collector from another one on the same file."""

    db: Connection
    knowledge: "Knowledge | Callable[[], Knowledge] | None"  # or what loads it, at the first article; None: nothing is understood
    clock: Clock
    owner: str = ""
    sitting: Sitting = field(default_factory=Sitting)

    @property
    def known(self) -> "Knowledge | None":
        return self.knowledge() if callable(self.knowledge) else self.knowledge

    def count_words(self) -> None:
        """Which words are rare, now that the file has grown."""
        known = self.known
        if known is None:
            return
        from veille.store.collecting.neighbours import count_words as count_all

        count_all(self.db, known.place_words, self.owning)
        self.sitting.counted()

    def propose_follow_ups(self) -> None:
        """What came may follow of the initiatives that are kept."""
        if not may_follow(self.db):
            return
        known = self.known
        if known is not None:
            from veille.store.collecting.following import propose_new

            propose_new(self.db, known.place_words, self.owning, stored(self.clock()) or "")

    @contextmanager
    def owning(self) -> Iterator[None]:
        """Hold the write lock as the collector of this file; raises StoreError when another one has taken over."""
        with writing(self.db):
            if setting(self.db, "collector") != self.owner:
                raise StoreError(TAKEN_OVER)
            yield

    def settle(self, run_id: int, batch: list[Arrival], named: frozenset[str], told: Notes) -> list[Settled]:
        """Keep some answers, and record their outcomes. A source waits, with no outcome, whose site asked to be left alone.

        Those that were read or say « unchanged » share transactions, each short; of any one of them items, validators and visit land
        together or not at all. When one of them makes trouble they are kept again, one by one: it pays alone.
        """
        settled: list[Settled] = []
        alone = [answer for answer in batch if not answer.is_sound]
        for together in _shares([answer for answer in batch if answer.is_sound], _SHARED if self.knowledge is None else _UNDERSTOOD):
            rest = together
            try:
                for done in self._settle_together(run_id, together, told):
                    settled += done
                    rest, told = rest[len(done) :], ([], {})
            except StoreError:
                raise
            except Exception:  # `_settle_one` says whose it is, and what
                alone += rest
        for answer in alone:
            one = self._settle_one(run_id, answer, answer.visit.source.id in named, told)
            told = ([], {})
            settled += [(answer, one)] if one else []
        return settled

    def _settle_together(self, run_id: int, answers: list[Arrival], told: Notes) -> Iterator[list[Settled]]:
        """Keep some sound answers, a moment's worth in each transaction; what can be thought of before is, while others may write."""
        with usable(self.db):
            if self.knowledge is not None and any(isinstance(answer.read, Reading) for answer in answers):
                self.sitting.begin(self.db)
            rest = [(answer, self._prepared(answer)) for answer in answers]
        written: set[str] = set()
        while rest:
            with self.owning():
                now = self.clock()
                keep_notes(self.db, *told, now)
                kept = self._keep(rest, now, written)
                verdicts = record_visits(self.db, run_id, [_visited(answer, outcome) for answer, outcome in kept], now)
                done = [(answer, (outcome, verdict)) for (answer, outcome), verdict in zip(kept, verdicts, strict=True)]
            yield done
            rest, told = rest[len(done) :], ([], {})

    def _prepared(self, answer: Arrival) -> "Prepared | None":
        if not isinstance(answer.got, Fetched) or not isinstance(answer.read, Reading):
            return None
        from veille.collect.intake import prepare

        return prepare(self.db, answer.visit, answer.got, answer.read, self.known, now=self.clock(), sitting=self.sitting)

    def _keep(self, waiting: "list[tuple[Arrival, Prepared | None]]", now: datetime, written: set[str]) -> list[tuple[Arrival, Outcome]]:
        """As many of these as a moment allows, one at least. `written`: addresses that were since they were prepared; is added to."""
        if not any(prepared for _, prepared in waiting):
            return [(answer, _unchanged(answer.got)) for answer, _ in waiting]
        from veille.collect.intake import keep
        from veille.store.collecting.items import Indexing

        indexing = Indexing(self.db, written)
        kept: list[tuple[Arrival, Outcome]] = []
        began = time.monotonic()
        for answer, prepared in waiting:
            outcome = (
                keep(self.db, prepared, self.known, now=now, indexing=indexing, sitting=self.sitting)
                if prepared
                else _unchanged(answer.got)
            )
            kept.append((answer, outcome))
            if time.monotonic() - began > _MOMENT:
                break
        indexing.write()
        return kept

    def _settle_one(self, run_id: int, answer: Arrival, named: bool, told: Notes) -> tuple[Outcome, Verdict] | None:  # noqa: FBT001
        """Read and keep one answer, and record its outcome. None where the site asked to be left alone and nothing was sent."""
        visit, got = answer.visit, answer.got
        try:
            if isinstance(got, Postponed) and not named:
                with self.owning():
                    keep_notes(self.db, *told, self.clock())
                    put_off(self.db, visit.source.id, got.until)
                return None
            if isinstance(got, Exception):
                raise got
            if isinstance(answer.read, Exception):
                raise answer.read
            return next(self._settle_together(run_id, [answer], told))[0][1]
        except StoreError:
            raise  # the database itself: no source is to blame, and nothing can be recorded
        except SourceError as exc:
            outcome = Failed(failure=exc.failure, reason=exc.reason, status=exc.status, missed=exc.missed, wait=exc.wait)
        except (OSError, MemoryError) as exc:  # the machine: descriptors, processes, memory; the next visit may go well
            reason = NO_MEMORY if isinstance(exc, MemoryError) else SYSTEM_REFUSES.format(why=why(exc))
            outcome = Failed(failure="connection", reason=reason)
        except Exception as exc:
            log.exception("source %s", visit.source.id)
            outcome = Failed(failure="bug", reason=BUG.format(kind=type(exc).__name__))
        with self.owning():
            now = self.clock()
            keep_notes(self.db, *told, now)
            return outcome, record_visits(self.db, run_id, [_visited(answer, outcome)], now)[0]


def _shares(answers: list[Arrival], most: int) -> Iterator[list[Arrival]]:
    """Answers in groups that are kept in a moment each: nobody else writes meanwhile."""
    share: list[Arrival] = []
    size = 0
    for answer in answers:
        articles = len(answer.read.items) if isinstance(answer.read, Reading) else 1
        if share and size + articles > most:
            yield share
            share, size = [], 0
        share.append(answer)
        size += articles
    if share:
        yield share


def _visited(answer: Arrival, outcome: Outcome) -> Visited:
    got = answer.got
    validators = got.validators if isinstance(got, (Fetched, NotModified)) and isinstance(outcome, Collected) else None
    return Visited(visit=answer.visit, outcome=outcome, validators=validators, milliseconds=answer.milliseconds)


def _unchanged(got: Fetched | NotModified | Exception) -> Collected:
    assert isinstance(got, NotModified)
    return Collected(
        unchanged=True, proven=got.proven, status=got.status, received=got.received, moved_to=got.moved_to, refresh=got.fresh_for
    )
