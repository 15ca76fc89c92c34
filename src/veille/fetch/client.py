"""Visits over HTTP, politely: turns, robots.txt, redirects by hand, a deadline on the whole, sites that want to be left alone.

Comes in: addresses. Goes out: `Fetched` or `NotModified`; FetchError for everything else. Forbidden: a request out of turn.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType

from veille import __version__
from veille.errors import FetchError, Postponed
from veille.fetch.body import Room
from veille.fetch.dialing import Bounds, Dialer, Redirect
from veille.fetch.hints import LONGEST_WAIT
from veille.fetch.pace import Pace, TooLong
from veille.fetch.places import Place, place_of, site_of
from veille.fetch.robots import LONGEST as LONGEST_ROBOTS
from veille.fetch.robots import RobotsRules
from veille.messages import HOST_WAITS, ROBOTS_FORBID, ROBOTS_UNREADABLE, TOO_MANY_REDIRECTS, timed_out
from veille.model import Fetched, HostNote, NotModified, Validators

_SILENCE = 0.5  # of a visit's time: a site that says nothing for so long will not be done in time
_ROBOTS_KEPT = timedelta(days=30)  # RFC 9309 §2.3.1.4: an old robots.txt stands in for one that cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes and counts of one visit, and of all at once. `spacing`: seconds between two requests to one host."""

    received: int = 5 << 20
    decoded: int = 20 << 20
    redirects: int = 5
    at_once: int = 64
    per_host: int = 2
    spacing: float = 1.0
    large_at_once: int = 1


class _Deadline:
    """The seconds that a visit has left; waiting for one's turn is not counted. As a context it counts: raises FetchError at their end."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._left = seconds
        self._timer = asyncio.Timeout(None)
        self._started = 0.0

    async def __aenter__(self) -> None:
        loop = asyncio.get_running_loop()
        self._started = loop.time()
        self._timer = asyncio.Timeout(self._started + max(0.0, self._left))
        await self._timer.__aenter__()

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._left -= asyncio.get_running_loop().time() - self._started
        try:
            await self._timer.__aexit__(kind, value, trace)
        except TimeoutError as exc:
            raise FetchError("timeout", timed_out(self.seconds)) from exc

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """What happens in here is not the site's time."""
        loop, due = asyncio.get_running_loop(), self._timer.when()
        began = loop.time()
        self._timer.reschedule(None)
        try:
            yield
        finally:
            waited = loop.time() - began
            self._left += waited
            self._timer.reschedule(due + waited if due is not None else None)


class Fetcher:
    """Fetches addresses, politely; use as an async context, inside one event loop.

    What sites asked for in earlier runs comes in by `remember`; what they ask now, and how often each was asked, goes out by
    `notes`.
    """

    def __init__(
        self,
        *,
        contact: str,
        clock: Callable[[], datetime],
        site: str = "",
        allow_private: bool = False,
        limits: Limits | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        where = [f"+{site.rstrip('/')}/robot"] if site else []
        agent = f"veille/{__version__} ({'; '.join([*where, *([contact] if contact else []), 'veille des innovations publiques'])})"
        self.agent = "".join(letter for letter in agent if letter.isprintable())
        self._clock = clock
        self.limits = limits or Limits()
        self._paces: dict[str, Pace] = {}
        self._rules: dict[str, asyncio.Future[RobotsRules]] = {}
        self._known: dict[str, HostNote] = {}
        self._told: dict[str, HostNote] = {}
        self._asked: Counter[str] = Counter()
        self._now, self._sleep = now, sleep
        self._room = Room(self.limits.large_at_once)
        bounds = Bounds(received=self.limits.received, decoded=self.limits.decoded, per_host=self.limits.per_host)
        self._dialer = Dialer(agent=self.agent, allow_private=allow_private, bounds=bounds, clock=clock)

    async def __aenter__(self) -> "Fetcher":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        await self._dialer.close()

    def remember(self, notes: Iterable[HostNote]) -> None:
        """What sites asked for in earlier runs."""
        self._known |= {note.host: note for note in notes}

    def notes(self) -> tuple[list[HostNote], dict[str, int]]:
        """What sites asked for, and the requests that each got, since this was last called."""
        told, self._told = list(self._told.values()), {}
        asked, self._asked = dict(self._asked), Counter()
        return told, asked

    def waits_until(self, url: str) -> datetime | None:
        """Until when the site of an address wants to be left alone; None when it may be asked."""
        return self._waits_until(site_of(url))

    def _waits_until(self, key: str) -> datetime | None:
        note = self._known.get(key)
        if note is None or note.wait_until is None:
            return None
        until, now = note.wait_until, self._clock()
        # Further ahead than any wait that is kept: written by a clock that was wrong.
        return until if now < until <= now + 2 * LONGEST_WAIT else None

    async def fetch(self, url: str, validators: Validators, timeout: timedelta) -> Fetched | NotModified:
        """The answer of one address; `timeout` counts from its turn on. Raises FetchError, Postponed where the site asked to wait."""
        deadline = _Deadline(timeout.total_seconds())
        moved_to, permanent = "", True
        for _ in range(self.limits.redirects + 1):
            await self._permitted(url, timeout)
            answer = await self._ask(url, validators, deadline)
            if not isinstance(answer, Redirect):
                return replace(answer, moved_to=moved_to) if moved_to else answer
            url = answer.url
            permanent = permanent and answer.permanent
            moved_to = url if permanent else ""
        raise FetchError("redirects", TOO_MANY_REDIRECTS.format(limit=self.limits.redirects))

    def release(self, fetched: Fetched) -> Fetched:
        """The answer, which holds no place for large bodies any more; to be called once it is read, or soon will be."""
        if not fetched.large:
            return fetched
        self._room.leave()
        return replace(fetched, large=False)

    async def sitemaps(self, url: str, timeout: timedelta) -> tuple[str, ...]:
        """The sitemaps that robots.txt announces for the site of an address."""
        return (await self._rules_of(url, timeout)).sitemaps

    async def _permitted(self, url: str, timeout: timedelta) -> None:
        rules = await self._rules_of(url, timeout)
        if not rules.allows(url):
            raise FetchError("robots", ROBOTS_FORBID)

    async def _rules_of(self, url: str, timeout: timedelta) -> RobotsRules:
        """robots.txt is asked for once a run and site; visits of the same site share the answer."""
        key = site_of(url)
        if key not in self._rules:
            self._rules[key] = asyncio.ensure_future(self._read_rules(key, timeout))
        try:
            return await asyncio.shield(self._rules[key])
        except asyncio.CancelledError:
            self._rules.pop(key, None)
            raise

    async def _read_rules(self, key: str, timeout: timedelta) -> RobotsRules:
        """RFC 9309 §2.3.1: no robots.txt allows all; one that cannot be read forbids all, unless an older one is at hand."""
        known = self._known.get(key, HostNote(host=key))
        now = self._clock()
        try:
            text = await self._read_robots(key + "/robots.txt", _Deadline(timeout.total_seconds()))
        except Postponed:
            raise
        except FetchError as exc:
            unavailable = exc.status is not None and exc.status >= 500
            if exc.failure in ("timeout", "connection", "tls", "blocked-address", "blocked-scheme", "rate-limited"):
                raise  # the site itself does not answer
            recent = known.robots_at is not None and now - known.robots_at < _ROBOTS_KEPT
            if unavailable and not (known.robots is not None and recent):
                said = exc.reason if exc.failure == "bot-wall" else ROBOTS_UNREADABLE.format(status=exc.status)
                raise FetchError(exc.failure, said, status=exc.status) from exc
            text = (known.robots or "") if unavailable else ""
        else:
            self._note(replace(known, robots=text, robots_at=now, wait_until=None))
        rules = RobotsRules(text)
        if self.limits.spacing and rules.delay > self.limits.spacing:
            self._pace(key).slow_down(min(rules.delay, 86_400.0))
        return rules

    async def _read_robots(self, url: str, deadline: _Deadline) -> str:
        for _ in range(self.limits.redirects + 1):
            answer = await self._ask(url, Validators(), deadline)
            if isinstance(answer, Fetched):
                self.release(answer)
                return answer.body[:LONGEST_ROBOTS].decode("utf-8", "replace").replace("\x00", "").removeprefix("\ufeff")
            if isinstance(answer, Redirect):
                url = answer.url
        return ""

    def _note(self, note: HostNote) -> None:
        self._known[note.host] = self._told[note.host] = note

    async def _ask(self, url: str, validators: Validators, deadline: _Deadline) -> Fetched | NotModified | Redirect:
        """One request, in its turn."""
        try:
            return await self._ask_in_turn(place_of(url), url, validators, deadline)
        except TooLong as exc:
            raise Postponed(HOST_WAITS, self._clock() + timedelta(seconds=exc.seconds)) from exc

    async def _ask_in_turn(self, place: Place, url: str, validators: Validators, deadline: _Deadline) -> Fetched | NotModified | Redirect:
        key = place.site
        host = self._dialer.enter(key)
        try:
            async with self._pace(key):
                until = self._waits_until(key)  # another visit may have been told meanwhile
                if until:
                    raise Postponed(HOST_WAITS, until)
                async with deadline:
                    self._asked[key] += 1
                    try:
                        return await self._dialer.request(
                            host, place, url, validators, silence=deadline.seconds * _SILENCE, room=self._room, paused=deadline.paused
                        )
                    except FetchError as exc:
                        if exc.wait is not None:
                            self._note(replace(self._known.get(key, HostNote(host=key)), wait_until=self._clock() + exc.wait))
                        raise
        finally:
            self._dialer.leave(key, host)

    def _pace(self, key: str) -> Pace:
        if key not in self._paces:
            limits = self.limits
            self._paces[key] = Pace(at_once=limits.per_host, spacing=limits.spacing, now=self._now, sleep=self._sleep)
        return self._paces[key]
