"""The itinerary of a run: which sources are due, fetch them, hand each to `intake`.

Comes in: a valid `Config`, an open database, a clock. Goes out: `RunSummary`. Forbidden: printing, arguments, SQL.
Fetching runs in parallel; parsing, understanding and SQLite stay in order on one path, in one thread of their own.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from veille.clock import Clock
from veille.collect.arrivals import Arrival, arrivals, interleaved
from veille.collect.child import Parser
from veille.collect.lanes import Lanes
from veille.collect.pages import PageReader
from veille.collect.settle import Keeper
from veille.errors import FetchError, ParseError, SourceError
from veille.fetch import Fetcher
from veille.model import (
    SOURCE_KINDS,
    Collected,
    Config,
    Fetched,
    NotModified,
    Outcome,
    RunSummary,
    Verdict,
    Visit,
)
from veille.moments import stored
from veille.store import usable, writing
from veille.store.collecting.hosts import forget_old_requests, host_notes, keep_notes
from veille.store.collecting.sources import sync_sources
from veille.store.collecting.visits import due_visits, end_run, start_run
from veille.store.connection import Connection
from veille.store.keeping.sweeping import sweep
from veille.store.settings import has_outgrown, remember_access, remember_settings, setting

if TYPE_CHECKING:
    from veille.understand.knowledge import Knowledge

log = logging.getLogger("veille")
_LOOK_AGAIN = 2  # bad answers in a row of what a discover source found
_ENOUGH = 1_000  # articles whose words tell rare ones from frequent ones
_SCOUTING = 24  # sites searched at once: a search holds several pages


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
        keeper = Keeper(db=self.db, knowledge=self.knowledge, clock=self.clock, owner=self.owner)
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
                settled = await asyncio.get_running_loop().run_in_executor(path, keeper.settle, run_id, batch, only, self.fetcher.notes())
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
                        await asyncio.get_running_loop().run_in_executor(path, keeper.count_words)
            pages = PageReader(keeper=keeper, fetcher=self.fetcher, parser=self.parser)
            await pages.read_pages(path, [visit.source for visit in visits if isinstance(outcomes.get(visit.source.id), Collected)])
        summary = RunSummary(
            run=run_id, started_at=started, ended_at=self.clock(), outcomes=outcomes,
            next_visits={source_id: stored(verdict.next_visit_at) for source_id, verdict in verdicts.items()},
            quiet_failures=frozenset(quiet), missing=missing,
        )  # fmt: skip
        with keeper.owning():
            keep_notes(self.db, *self.fetcher.notes(), self.clock())
            end_run(self.db, summary)
            forget_old_requests(self.db, started, self.config.retention.requests)
            sweep(self.db, self.config.retention, started)
        if has_outgrown(self.db):
            keeper.count_words()
        keeper.propose_follow_ups()
        return summary

    async def _visit(self, visit: Visit) -> Arrival:
        started = time.monotonic()
        got: Fetched | NotModified | Exception
        try:
            if SOURCE_KINDS[visit.source.kind].searched:
                visit, got = await self._discover(visit)
            else:
                got = await self.fetcher.fetch(visit.address, visit.validators, visit.source.timeout, visit.source.access)
        except Exception as exc:  # a refused fetch, or a bug of ours: `_settle` tells them apart, and one source pays
            got = _bare(exc)
        return Arrival(visit, got, int((time.monotonic() - started) * 1000))

    async def _read(self, lanes: Lanes, answer: Arrival) -> Arrival:
        """Return an answer with what it says."""
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
        """Return what was found before; when that has died (an address that is gone, or two bad answers in a row), what is found now."""
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


def _bare(exc: Exception) -> Exception:
    """Return a refusal without the frames it came through: they hold the body that was refused, in a circle that nothing ends for long."""
    if isinstance(exc, SourceError):
        exc.__traceback__ = exc.__cause__ = exc.__context__ = None
    return exc


def _is_lost(exc: FetchError) -> bool:
    """Return whether an address is no more, rather than ill or closed for a while."""
    return exc.failure in ("gone", "redirects") or (exc.failure == "http" and exc.status == 404)
