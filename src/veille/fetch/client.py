"""Visits over HTTP, politely: turns, robots.txt, redirects by hand, a deadline on the whole, sites that want to be left alone.

Comes in: addresses. Goes out: `Fetched` or `NotModified`; FetchError for everything else. Forbidden: a request out of turn.
"""

import asyncio
import contextlib
import hashlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType
from urllib.parse import urljoin

import httpx

from veille import __version__
from veille.errors import FetchError, Postponed
from veille.fetch.addresses import judge
from veille.fetch.body import Room, read_body
from veille.fetch.cookies import Cookies, cookie_of, keep_cookies
from veille.fetch.hints import LONGEST_WAIT, OVERLOADED_WAIT, fresh_for, retry_after
from veille.fetch.pace import Pace, TooLong
from veille.fetch.proxies import proxy_before
from veille.fetch.refusals import told
from veille.fetch.robots import LONGEST as LONGEST_ROBOTS
from veille.fetch.robots import RobotsRules
from veille.fetch.targets import Target, place_of, site_of
from veille.fetch.transport import PinnedTransport, ProxiedTransport
from veille.fetch.variables import header_value
from veille.judge.walls import robot_wall
from veille.messages.collecting import (
    BLOCKED_SCHEME,
    BOT_WALL,
    HOST_WAITS,
    PROXY_PASSWORD,
    REDIRECT_WITHOUT_ADDRESS,
    ROBOTS_FORBID,
    ROBOTS_UNREADABLE,
    TOO_MANY_REDIRECTS,
    http_status,
    timed_out,
)
from veille.model import Access, Fetched, HostNote, NotModified, Proxy, Validators

_SILENCE = 0.5  # of a visit's time: a site that says nothing for so long will not be done in time
_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
_ERROR_PAGE = 64 << 10  # bytes of a refusal that are read, to know what refuses
_REDIRECTS, _PERMANENT = (301, 302, 303, 307, 308), (301, 308)
_DIRECT = Access()
# What says that the site itself, or the way to it, does not answer, whatever is asked.
_OF_SITE = frozenset("timeout connection tls blocked-address blocked-scheme rate-limited proxy bad-variable".split())
_WAITS = ("connect", "read", "write", "pool")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where an answer sends us, and whether for good; `answer`: what it said, cookies included."""

    url: str
    permanent: bool
    answer: httpx.Response


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
    """Fetches addresses, politely; use as an async context, inside one event loop. `access`: how sites are reached, where no visit says.

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
        access: Access = _DIRECT,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        where = [f"+{site.rstrip('/')}/robot"] if site else []
        agent = f"veille/{__version__} ({'; '.join([*where, *([contact] if contact else []), 'veille des innovations publiques'])})"
        self.agent = "".join(letter for letter in agent if letter.isprintable())
        self._clock = clock
        self.limits = limits or Limits()
        self._paces: dict[str, Pace] = {}
        self._rules: dict[tuple[str, Access], asyncio.Future[RobotsRules]] = {}
        self._reading: set[asyncio.Future[RobotsRules]] = set()
        self._known: dict[str, HostNote] = {}
        self._told: dict[str, HostNote] = {}
        self._asked: Counter[str] = Counter()
        self._now, self._sleep = now, sleep
        self._room = Room(self.limits.large_at_once)
        self._allow_private = allow_private
        self.access = access
        self._headers = [
            (name.encode("ascii"), value.encode("utf-8"))
            for name, value in (
                ("User-Agent", self.agent), ("Accept", _ACCEPT), ("Accept-Encoding", "gzip"), ("Accept-Language", "fr"),
                ("Connection", "keep-alive"),
            )
        ]  # fmt: skip
        self._direct = transport or PinnedTransport(allow_private=allow_private, per_host=self.limits.per_host)
        self._proxied: dict[tuple[httpx.URL, tuple[str, str] | None], ProxiedTransport] = {}

    async def __aenter__(self) -> "Fetcher":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        reading = list(self._reading)
        for asked in reading:
            asked.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        for transport in (self._direct, *self._proxied.values()):
            with contextlib.suppress(Exception):  # what is left of a connection is of no use to anybody
                await transport.aclose()

    def remember(self, notes: Iterable[HostNote]) -> None:
        """What sites asked for in earlier runs."""
        self._known |= {note.host: note for note in notes}

    def notes(self) -> tuple[list[HostNote], dict[str, int]]:
        """Return what sites asked for, and the requests that each got, since this was last called."""
        told, self._told = list(self._told.values()), {}
        asked, self._asked = dict(self._asked), Counter()
        return told, asked

    def _waits_until(self, key: str) -> datetime | None:
        note = self._known.get(key)
        if note is None or note.wait_until is None:
            return None
        until, now = note.wait_until, self._clock()
        # Further ahead than any wait that is kept: written by a clock that was wrong.
        return until if now < until <= now + 2 * LONGEST_WAIT else None

    async def fetch(self, url: str, validators: Validators, timeout: timedelta, access: Access | None = None) -> Fetched | NotModified:
        """Return the answer of one address; `timeout` counts from its turn on. Raises FetchError, Postponed where the site asked to wait.

        `access`: how it is reached, where that is not as for every other address. A cookie that a redirect sets is given back to its site
        within this visit, and forgotten with it.
        """
        deadline = _Deadline(timeout.total_seconds())
        access = access or self.access
        moved_to, permanent = "", True
        cookies: Cookies = {}
        for _ in range(self.limits.redirects + 1):
            await self._permitted(url, timeout, access)
            answer = await self._ask(url, validators, deadline, access, cookies)
            if not isinstance(answer, Redirect):
                return replace(answer, moved_to=moved_to) if moved_to else answer
            keep_cookies(cookies, place_of(url), answer.answer)
            url = answer.url
            permanent = permanent and answer.permanent
            moved_to = url if permanent else ""
        raise FetchError("redirects", TOO_MANY_REDIRECTS.format(limit=self.limits.redirects))

    def release(self, fetched: Fetched) -> Fetched:
        """Return the answer, which holds no place for large bodies any more; to be called once it is read, or soon will be."""
        if not fetched.large:
            return fetched
        self._room.leave()
        return replace(fetched, large=False)

    async def sitemaps(self, url: str, timeout: timedelta, access: Access | None = None) -> tuple[str, ...]:
        """Return the sitemaps that robots.txt announces for the site of an address."""
        return (await self._rules_of(url, timeout, access or self.access)).sitemaps

    async def _permitted(self, url: str, timeout: timedelta, access: Access) -> None:
        rules = await self._rules_of(url, timeout, access)
        if not rules.allows(url):
            raise FetchError("robots", ROBOTS_FORBID)

    async def _rules_of(self, url: str, timeout: timedelta, access: Access) -> RobotsRules:
        """robots.txt is asked for once a run and site; visits of the same site by the same way share the answer."""
        key = (site_of(url), access)
        if key not in self._rules:
            self._rules[key] = asyncio.ensure_future(self._read_rules(key[0], timeout, access))
            self._reading.add(self._rules[key])
            self._rules[key].add_done_callback(self._reading.discard)
            self._rules[key].add_done_callback(lambda done: done.cancelled() or done.exception())  # told, though nobody waits any more
        try:
            return await asyncio.shield(self._rules[key])
        except asyncio.CancelledError:
            self._rules.pop(key, None)
            raise

    async def _read_rules(self, key: str, timeout: timedelta, access: Access) -> RobotsRules:
        """RFC 9309 §2.3.1: no robots.txt allows all; one that cannot be read forbids all, unless an older one is at hand."""
        known = self._known.get(key, HostNote(host=key))
        now = self._clock()
        try:
            text = await self._read_robots(key + "/robots.txt", _Deadline(timeout.total_seconds()), access)
        except Postponed:
            raise
        except FetchError as exc:
            unavailable = exc.status is not None and exc.status >= 500
            if exc.failure in _OF_SITE:
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

    async def _read_robots(self, url: str, deadline: _Deadline, access: Access) -> str:
        for _ in range(self.limits.redirects + 1):
            answer = await self._ask(url, Validators(), deadline, access, None)
            if isinstance(answer, Fetched):
                self.release(answer)
                return answer.body[:LONGEST_ROBOTS].decode("utf-8", "replace").replace("\x00", "").removeprefix("\ufeff")
            if isinstance(answer, Redirect):
                url = answer.url
        return ""

    def _note(self, note: HostNote) -> None:
        self._known[note.host] = self._told[note.host] = note

    async def _ask(
        self, url: str, validators: Validators, deadline: _Deadline, access: Access, cookies: Cookies | None
    ) -> Fetched | NotModified | Redirect:
        """Return one request, in its turn."""
        place = place_of(url)
        key = place.site
        try:
            async with self._pace(key):
                until = self._waits_until(key)  # another visit may have been told meanwhile
                if until:
                    raise Postponed(HOST_WAITS, until)
                async with deadline:
                    self._asked[key] += 1
                    try:
                        return await self._send(place, url, validators, deadline, access, cookies)
                    except FetchError as exc:
                        if exc.wait is not None:
                            self._note(replace(self._known.get(key, HostNote(host=key)), wait_until=self._clock() + exc.wait))
                        raise
        except TooLong as exc:
            raise Postponed(HOST_WAITS, self._clock() + timedelta(seconds=exc.seconds)) from exc

    async def _send(
        self, place: Target, url: str, validators: Validators, deadline: _Deadline, access: Access, cookies: Cookies | None
    ) -> Fetched | NotModified | Redirect:
        """Return one request sent, its answer read; raises FetchError."""
        proxied = False
        silence = deadline.seconds * _SILENCE
        request = self._request(place, validators, silence, access, cookies)
        response: httpx.Response | None = None
        try:
            if not self._allow_private:
                judge(place.host, place.port)
            transport, proxied = self._transport_of(place, access.proxy)
            try:
                response = await transport.handle_async_request(request)
            except (httpx.RemoteProtocolError, httpx.ReadError):
                if not proxied:
                    raise
                # A kept connection that the proxy has closed meanwhile: ours tell that apart, those of httpx do not.
                response = await transport.handle_async_request(request)
            response.request = request
            return await self._answer(url, response, validators, deadline, proxied=proxied)
        except httpx.TransportError as exc:
            raise told(exc, proxied=proxied, silence=silence, status=response.status_code if response else None) from exc
        finally:
            if response is not None:
                await response.aclose()

    def _transport_of(self, place: Target, proxy: Proxy) -> tuple[httpx.AsyncBaseTransport, bool]:
        """Return what carries a request there, and whether a proxy stands between."""
        before = proxy_before(place, proxy) if proxy.url else None
        if before is None:
            return self._direct, False
        key = (before.url, before.auth)
        if key not in self._proxied:
            self._proxied[key] = ProxiedTransport(before, most_kept=self.limits.at_once)
        return self._proxied[key], True

    def _request(self, place: Target, validators: Validators, silence: float, access: Access, cookies: Cookies | None) -> httpx.Request:
        headers = self._headers.copy()
        if validators.etag:
            headers.append((b"If-None-Match", validators.etag.encode("utf-8")))
        if validators.last_modified:
            headers.append((b"If-Modified-Since", validators.last_modified.encode("utf-8")))
        if access.headers and site_of(access.origin) == place.site:
            headers += [(name.encode("ascii"), header_value(said)) for name, said in access.headers]
        given = cookie_of(cookies, place) if cookies else b""
        if given:
            headers.append((b"Cookie", given))
        return httpx.Request("GET", place.url, headers=headers, extensions={"timeout": dict.fromkeys(_WAITS, silence)})

    async def _answer(
        self, url: str, response: httpx.Response, validators: Validators, deadline: _Deadline, *, proxied: bool
    ) -> Fetched | NotModified | Redirect:
        """Return what an answer says; raises FetchError, httpx.TransportError."""
        status, headers, now = response.status_code, response.headers, self._clock()
        if status in _REDIRECTS:
            return _redirect_of(url, response)
        fresh = fresh_for(headers, now)
        if status == 304 and (validators.etag or validators.last_modified):
            return NotModified(status=304, received=0, validators=validators, fresh_for=fresh)
        if status == 407 and proxied and response.request.url.scheme == "http":  # inside a tunnel it would be the site's
            raise FetchError("proxy", PROXY_PASSWORD)
        if status not in (200, 203):
            raise await self._refusal(response, now, deadline)
        body, received, large = await read_body(
            response, most_received=self.limits.received, most_decoded=self.limits.decoded, room=self._room, paused=deadline.paused
        )
        found = Validators(
            etag=_header(headers, "etag"),
            last_modified=_header(headers, "last-modified"),
            body_hash=hashlib.blake2b(body, digest_size=16).hexdigest(),
        )
        if found.body_hash == validators.body_hash:
            if large:
                self._room.leave()
            return NotModified(status=status, received=received, validators=found, fresh_for=fresh, proven=True)
        content_type = headers.get("content-type", "")[:200]
        return Fetched(
            url=url, status=status, content_type=content_type, body=body, received=received, validators=found, fresh_for=fresh,
            stated_at=headers.get("date", "")[:60], large=large,
        )  # fmt: skip

    async def _refusal(self, response: httpx.Response, now: datetime, deadline: _Deadline) -> FetchError:
        """Return what an answer that is not 200 means: a wall, a wish to be left alone, or plain refusal."""
        status = response.status_code
        try:
            body, _, _ = await read_body(
                response, most_received=_ERROR_PAGE, most_decoded=_ERROR_PAGE, room=self._room, paused=deadline.paused
            )
            page = body.decode("utf-8", "replace")
        except (FetchError, httpx.TransportError):
            page = ""
        wall = robot_wall(status, response.headers, page)
        if wall:
            return FetchError("bot-wall", BOT_WALL.format(wall=wall), status=status)
        if status == 429 or (status == 503 and "retry-after" in response.headers):
            return FetchError("rate-limited", http_status(status), status=status, wait=retry_after(response.headers, now))
        if status == 503:  # it does not say for how long: the whole site is left alone for a while
            return FetchError("http", http_status(status), status=status, wait=OVERLOADED_WAIT)
        return FetchError("gone" if status == 410 else "http", http_status(status), status=status)

    def _pace(self, key: str) -> Pace:
        if key not in self._paces:
            limits = self.limits
            self._paces[key] = Pace(at_once=limits.per_host, spacing=limits.spacing, now=self._now, sleep=self._sleep)
        return self._paces[key]


def _redirect_of(url: str, response: httpx.Response) -> Redirect:
    status, location = response.status_code, response.headers.get("location", "").strip()
    if not location:
        raise FetchError("bad-response", REDIRECT_WITHOUT_ADDRESS.format(status=status), status=status)
    try:
        target = str(urljoin(url, location))
    except ValueError as exc:
        raise FetchError("blocked-scheme", BLOCKED_SCHEME, status=status) from exc
    return Redirect(url=target, permanent=status in _PERMANENT, answer=response)


def _header(headers: httpx.Headers, name: str) -> str | None:
    value = headers.get(name, "")
    return value if value and len(value) <= 1000 and value.isprintable() else None
