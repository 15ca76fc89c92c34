"""The itinerary of a run: which sources are due, fetch them, hand each to `intake`.

Comes in: a valid `Config`, an open database, a clock. Goes out: `RunSummary`. Forbidden: printing, arguments, SQL.
Fetching runs in parallel; parsing, understanding and SQLite stay in order on one path, in one thread of their own.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from veille.clock import Clock
from veille.collect.arrivals import Arrival, arrivals, interleaved
from veille.collect.child import Parser
from veille.collect.lanes import Lanes
from veille.errors import FetchError, ParseError, Postponed, SourceError, StoreError
from veille.fetch import Fetcher
from veille.messages.collecting import BUG, TAKEN_OVER
from veille.messages.keeping import NO_MEMORY, SYSTEM_REFUSES
from veille.model import (
    Collected,
    Config,
    Failed,
    Fetched,
    HostNote,
    NotModified,
    Outcome,
    Reading,
    RunSummary,
    Source,
    Validators,
    Verdict,
    Visit,
)
from veille.moments import stored
from veille.store import usable, writing
from veille.store.collecting.hosts import forget_old_requests, host_notes, keep_notes
from veille.store.collecting.sources import sync_sources
from veille.store.collecting.visits import Visited, due_visits, end_run, put_off, record_visits, start_run
from veille.store.connection import Connection
from veille.store.keeping.sweeping import sweep
from veille.store.settings import has_outgrown, remember_access, remember_settings, setting

if TYPE_CHECKING:
    from veille.collect.intake import Prepared
    from veille.store.collecting.article_pages import Wanted
    from veille.understand.knowledge import Knowledge

log = logging.getLogger("veille")
Notes = tuple[list[HostNote], dict[str, int]]  # what sites asked for, and the requests that each got
_LOOK_AGAIN = 2  # bad answers in a row of what a discover source found
_TRY_AGAIN = ("timeout", "connection", "rate-limited")  # an article's page is asked for again at the next run
_ENOUGH = 1_000  # articles whose words tell rare ones from frequent ones
_SHARED, _UNDERSTOOD = 200, 60  # articles of one transaction, or answers without news; fewer where understanding leaves time to others
_MOMENT = 0.03  # seconds after which a transaction takes in nothing more: documentalists write meanwhile
_SCOUTING = 24  # sites searched at once: a search holds several pages


_Settled = tuple[Arrival, tuple[Outcome, Verdict]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """All that a run needs."""

    db: Connection
    config: Config
    knowledge: "Knowledge | Callable[[], Knowledge] | None"  # or what loads it, at the first article; None: nothing is understood
    fetcher: Fetcher
    clock: Clock
    parser: Parser
    progress: Callable[[str, int, int], None] = lambda _source, _done, _due: None
    owner: str = ""  # what tells this collector from another one on the same file
    scouting: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_SCOUTING))

    async def run(self, *, only: frozenset[str] = frozenset(), everything: bool = False, retire: bool = False) -> RunSummary:
        """Visit what is due (or only these, or all) and keep what is new. One ill source never stops the others.

        `retire`: sources that left feeds.yaml are retired however many they are.
        """
        started = self.clock()
        with writing(self.db):
            missing = sync_sources(self.db, self.config, retire=retire, now=started)
            remember_settings(self.db, agent=self.fetcher.agent, contact=self.config.contact, site=self.config.site, collector=self.owner)
            remember_access(self.db, self.config)
        chosen = tuple(source for source in self.config.sources if not only or source.id in only)
        with usable(self.db):
            visits = due_visits(self.db, chosen, started, everything=everything, named=only)
            self.fetcher.remember(host_notes(self.db))
            uncounted, fresh = not setting(self.db, "counted_at"), 0
        with writing(self.db):
            run_id = start_run(self.db, started, len(visits))
        outcomes: dict[str, Outcome] = {}
        verdicts: dict[str, Verdict] = {}
        quiet: set[str] = set()
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.fetcher)
            path = stack.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="veille-path"))
            lanes = stack.enter_context(Lanes(self.parser))
            answers = arrivals(interleaved(visits), self._visit, partial(self._read, lanes), at_once=self.fetcher.limits.at_once)
            async for batch in await stack.enter_async_context(aclosing(answers)):
                settled = await asyncio.get_running_loop().run_in_executor(path, self._settle, run_id, batch, only, self.fetcher.notes())
                for answer, (outcome, verdict) in settled:
                    source_id = answer.visit.source.id
                    outcomes[source_id], verdicts[source_id] = outcome, verdict
                    if verdict.state == "unproven" and answer.visit.failures:
                        quiet.add(source_id)
                    self.progress(source_id, len(outcomes), len(visits))
                if uncounted:  # what comes next is told by the words of what came first
                    fresh += sum(outcome.new for _, (outcome, _) in settled if isinstance(outcome, Collected))
                    if fresh >= _ENOUGH:
                        uncounted = False
                        await asyncio.get_running_loop().run_in_executor(path, self._count_words)
            await self._read_pages(path, [visit.source for visit in visits if isinstance(outcomes.get(visit.source.id), Collected)])
        summary = RunSummary(
            run=run_id, started_at=started, ended_at=self.clock(), outcomes=outcomes,
            next_visits={source_id: stored(verdict.next_visit_at) for source_id, verdict in verdicts.items()},
            quiet_failures=frozenset(quiet), missing=missing,
        )  # fmt: skip
        with self._owning():
            keep_notes(self.db, *self.fetcher.notes(), self.clock())
            end_run(self.db, summary)
            forget_old_requests(self.db, started, self.config.retention.requests)
            sweep(self.db, self.config.retention, started)
        if has_outgrown(self.db):
            self._count_words()
        return summary

    @property
    def _known(self) -> "Knowledge | None":
        return self.knowledge() if callable(self.knowledge) else self.knowledge

    def _count_words(self) -> None:
        """Which words are rare, now that the file has grown."""
        known = self._known
        if known is None:
            return
        from veille.store.collecting.neighbours import count_words

        count_words(self.db, known.place_words, self._owning)

    @contextmanager
    def _owning(self) -> Iterator[None]:
        """Hold the write lock as the collector of this file; raises StoreError when another one has taken over."""
        with writing(self.db):
            if setting(self.db, "collector") != self.owner:
                raise StoreError(TAKEN_OVER)
            yield

    async def _visit(self, visit: Visit) -> Arrival:
        started = time.monotonic()
        got: Fetched | NotModified | Exception
        try:
            if visit.source.kind == "discover":
                visit, got = await self._discover(visit)
            else:
                got = await self.fetcher.fetch(visit.address, visit.validators, visit.source.timeout, visit.source.access)
        except Exception as exc:  # a refused fetch, or a bug of ours: `_settle` tells them apart, and one source pays
            got = _bare(exc)
        return Arrival(visit, got, int((time.monotonic() - started) * 1000))

    async def _read(self, lanes: Lanes, answer: Arrival) -> Arrival:
        """An answer with what it says."""
        if not isinstance(answer.got, Fetched):
            return answer
        try:
            read, seconds = await lanes.read(answer.visit.reads, answer.got, self.clock())
        finally:
            self.fetcher.release(answer.got)
        return replace(
            answer, got=replace(answer.got, body=b"", large=False), read=read, milliseconds=answer.milliseconds + int(seconds * 1000)
        )

    async def _discover(self, visit: Visit) -> tuple[Visit, Fetched | NotModified]:
        """What was found before; when that has died (an address that is gone, or two bad answers in a row), what is found now."""
        source = visit.source
        if visit.found and visit.failures < _LOOK_AGAIN:
            try:
                return visit, await self.fetcher.fetch(visit.found.url, visit.validators, source.timeout, source.access)
            except FetchError as exc:
                if not _is_lost(exc):
                    raise
        from veille.collect.discover import Scout

        try:
            async with self.scouting:
                found = await Scout(self.fetcher, self.parser).find(source, self.clock())
        except ParseError as exc:
            raise FetchError(exc.failure, exc.reason, missed=exc.missed) from exc
        again = visit.found is not None and visit.found.url != found.finding.url
        return replace(visit, found=found.finding, again=again), found.answer

    def _settle(self, run_id: int, batch: list[Arrival], named: frozenset[str], told: Notes) -> list[_Settled]:
        """Keep some answers, and record their outcomes. A source waits, with no outcome, whose site asked to be left alone.

        Those that were read or say « unchanged » share transactions, each short; of any one of them items, validators and visit land
        together or not at all. When one of them makes trouble they are kept again, one by one: it pays alone.
        """
        settled: list[_Settled] = []
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

    def _settle_together(self, run_id: int, answers: list[Arrival], told: Notes) -> Iterator[list[_Settled]]:
        """Keep some sound answers, a moment's worth in each transaction; what can be thought of before is, while others may write."""
        with usable(self.db):
            rest = [(answer, self._prepared(answer)) for answer in answers]
        written: set[str] = set()
        while rest:
            with self._owning():
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

        return prepare(self.db, answer.visit, answer.got, answer.read, self._known, now=self.clock())

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
            outcome = keep(self.db, prepared, self._known, now=now, indexing=indexing) if prepared else _unchanged(answer.got)
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
                with self._owning():
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
            why = NO_MEMORY if isinstance(exc, MemoryError) else SYSTEM_REFUSES.format(why=exc.strerror)
            outcome = Failed(failure="connection", reason=why)
        except Exception as exc:
            log.exception("source %s", visit.source.id)
            outcome = Failed(failure="bug", reason=BUG.format(kind=type(exc).__name__))
        with self._owning():
            now = self.clock()
            keep_notes(self.db, *told, now)
            return outcome, record_visits(self.db, run_id, [_visited(answer, outcome)], now)[0]

    async def _read_pages(self, path: ThreadPoolExecutor, sources: list[Source]) -> None:
        """The pages of new articles, for the sources that want them: side by side, each within its site's limits."""
        loop = asyncio.get_running_loop()
        now = self.clock()
        curious = [source for source in sources if source.full_text]
        if not curious:
            return
        from veille.store.collecting.article_pages import wanted_pages

        wanted = [(source, one) for source in curious for one in wanted_pages(self.db, source.id, source.full_text, now)]

        async def read(source: Source, one: "Wanted") -> None:
            try:
                got: Fetched | NotModified | Exception = await self.fetcher.fetch(one.url, Validators(), source.timeout, source.access)
            except FetchError as exc:
                got = exc
            try:
                await loop.run_in_executor(path, self._keep_page, source, one, got, self.fetcher.notes())
            finally:
                if isinstance(got, Fetched):
                    self.fetcher.release(got)

        at_once = asyncio.Semaphore(self.fetcher.limits.at_once)

        async def turn(source: Source, one: "Wanted") -> None:
            async with at_once:
                await read(source, one)

        await asyncio.gather(*(turn(source, one) for source, one in wanted))

    def _keep_page(self, source: Source, one: "Wanted", got: Fetched | NotModified | Exception, told: Notes) -> None:
        """Read one article's page and keep its text; a page that cannot be read is left, the article stays as its feed tells it."""
        from veille.collect.intake import understand_page
        from veille.moments import first_sight
        from veille.normalize import moment_of
        from veille.store.collecting.article_pages import keep_page, mark_read

        page, day, tagged = "", "", None
        try:
            if isinstance(got, Fetched):
                page, day = self.parser.article(got)
                page = page if len(page) > len(one.text) else ""
                known = self._known
                tagged = understand_page(self.db, source, one, page or one.text, known) if known and (page or day) else None
        except SourceError as exc:
            got = exc
        except Exception:  # a bug of ours: one article goes without its page
            log.exception("page of an article of %s", source.id)
        again = isinstance(got, FetchError) and (got.failure in _TRY_AGAIN or (got.status or 0) >= 500)
        with self._owning():
            now = self.clock()
            keep_notes(self.db, *told, now)
            if tagged:
                known_day = moment_of(day, source.timezone) if day and not one.is_stated else None
                keep_page(self.db, one, page, first_sight(known_day, now, source.timezone)[0], tagged, source.rights, now)
            elif not again:
                mark_read(self.db, one.id, now)


def _bare(exc: Exception) -> Exception:
    """A refusal without the frames it came through: they hold the body that was refused, in a circle that nothing ends for long."""
    if isinstance(exc, SourceError):
        exc.__traceback__ = exc.__cause__ = exc.__context__ = None
    return exc


def _is_lost(exc: FetchError) -> bool:
    """Whether an address is no more, rather than ill or closed for a while."""
    return exc.failure in ("gone", "redirects") or (exc.failure == "http" and exc.status == 404)


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
