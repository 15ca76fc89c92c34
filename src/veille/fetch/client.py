"""One visit over HTTP: checked and pinned addresses, redirects by hand, conditional requests, a deadline on the whole.

Comes in: `Visit`. Goes out: `Fetched` or `NotModified`; FetchError for everything else.
"""

import asyncio
import hashlib
import ssl
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from urllib.parse import urljoin

import httpx

from veille import __version__
from veille.errors import FetchError, Postponed
from veille.fetch.addresses import resolve
from veille.fetch.body import read_body
from veille.fetch.hints import fresh_for, retry_after
from veille.fetch.pace import LONGEST_PAUSE, Pace
from veille.fetch.robots import LONGEST as LONGEST_ROBOTS
from veille.fetch.robots import RobotsRules
from veille.messages import (
    BAD_RESPONSE,
    BLOCKED_SCHEME,
    BOT_WALL,
    CONNECTION_CUT,
    HOST_WAITS,
    NOT_CONNECTED,
    REDIRECT_WITHOUT_ADDRESS,
    ROBOTS_FORBID,
    ROBOTS_UNREADABLE,
    TLS_REASONS,
    TLS_REFUSED,
    TOO_MANY_REDIRECTS,
    http_status,
    timed_out,
)  # fmt: skip
from veille.model import Fetched, HostNote, NotModified, Validators
from veille.parse.walls import robot_wall

_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
_ERROR_PAGE = 64 << 10  # bytes of a refusal that are read, to know what refuses
_PERMANENT = (301, 308)
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


@dataclass(slots=True)
class _Host:
    """The connections to one host and port, while somebody needs them."""

    client: httpx.AsyncClient
    users: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Redirect:
    """Where an answer sends us, and whether for good."""

    url: str
    permanent: bool


class _Deadline:
    """The seconds that a visit has left; waiting for one's turn is not counted."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._left = seconds

    @asynccontextmanager
    async def counting(self) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            async with asyncio.timeout(max(0.0, self._left)):
                yield
        except TimeoutError as exc:
            raise FetchError("timeout", timed_out(self.seconds)) from exc
        finally:
            self._left -= loop.time() - started


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
        self.agent = f"veille/{__version__} ({'; '.join([*where, *([contact] if contact else []), 'veille des innovations publiques'])})"
        self._clock = clock
        self._allow_private = allow_private
        self.limits = limits or Limits()
        self._hosts: dict[str, _Host] = {}
        self._paces: dict[str, Pace] = {}
        self._rules: dict[str, asyncio.Future[RobotsRules]] = {}
        self._known: dict[str, HostNote] = {}
        self._told: dict[str, HostNote] = {}
        self._asked: Counter[str] = Counter()
        self._tls: ssl.SSLContext | None = None
        self._now, self._sleep = now, sleep
        # Names are resolved in threads of their own: one that hangs must not hold up the others.
        self._resolver = ThreadPoolExecutor(max_workers=self.limits.at_once, thread_name_prefix="veille-dns")

    async def __aenter__(self) -> "Fetcher":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._resolver.shutdown(wait=False, cancel_futures=True)
        await asyncio.gather(*(host.client.aclose() for host in self._hosts.values()))

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
        note = self._known.get(_key(url))
        return note.wait_until if note and note.wait_until and note.wait_until > self._clock() else None

    async def fetch(self, url: str, validators: Validators, timeout: timedelta) -> Fetched | NotModified:
        """The answer of one address; `timeout` counts from its turn on. Raises FetchError, Postponed where the site asked to wait."""
        deadline = _Deadline(timeout.total_seconds())
        moved_to, permanent = "", True
        for _ in range(self.limits.redirects + 1):
            await self._permitted(url, timeout)
            answer = await self._ask(url, validators, deadline)
            if not isinstance(answer, _Redirect):
                return replace(answer, moved_to=moved_to) if moved_to else answer
            url = answer.url
            permanent = permanent and answer.permanent
            moved_to = url if permanent else ""
        raise FetchError("redirects", TOO_MANY_REDIRECTS.format(limit=self.limits.redirects))

    async def sitemaps(self, url: str, timeout: timedelta) -> tuple[str, ...]:
        """The sitemaps that robots.txt announces for the site of an address."""
        return (await self._rules_of(url, timeout)).sitemaps

    async def _permitted(self, url: str, timeout: timedelta) -> None:
        rules = await self._rules_of(url, timeout)
        if not rules.allows(url):
            raise FetchError("robots", ROBOTS_FORBID)

    async def _rules_of(self, url: str, timeout: timedelta) -> RobotsRules:
        """robots.txt is asked for once a run and site; visits of the same site share the answer."""
        key = _key(url)
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
            if exc.failure in ("timeout", "connection", "tls", "blocked-address", "blocked-scheme", "rate-limited"):
                raise  # the site itself does not answer
            recent = known.robots_at is not None and now - known.robots_at < _ROBOTS_KEPT
            if exc.status is not None and exc.status >= 500 and not (known.robots is not None and recent):
                raise FetchError("http", ROBOTS_UNREADABLE.format(status=exc.status), status=exc.status) from exc
            text = known.robots or "" if exc.status is not None and exc.status >= 500 else ""
        else:
            self._note(replace(known, robots=text, robots_at=now, wait_until=None))
        rules = RobotsRules(text)
        if self.limits.spacing and rules.delay > self.limits.spacing:
            self._pace(key).slow_down(min(rules.delay, LONGEST_PAUSE))
        return rules

    async def _read_robots(self, url: str, deadline: _Deadline) -> str:
        for _ in range(self.limits.redirects + 1):
            answer = await self._ask(url, Validators(), deadline)
            if isinstance(answer, Fetched):
                return answer.body[:LONGEST_ROBOTS].decode("utf-8", "replace").replace("\x00", "").removeprefix("\ufeff")
            if isinstance(answer, _Redirect):
                url = answer.url
        return ""

    def _note(self, note: HostNote) -> None:
        self._known[note.host] = self._told[note.host] = note

    async def _ask(self, url: str, validators: Validators, deadline: _Deadline) -> Fetched | NotModified | _Redirect:
        """One request, in its turn."""
        key = _key(url)
        async with self._using(key) as host, self._pace(key).turn():
            until = self.waits_until(url)  # another visit may have been told meanwhile
            if until:
                raise Postponed(HOST_WAITS, until)
            async with deadline.counting():
                self._asked[key] += 1
                return await self._request(host, url, validators)

    def _pace(self, key: str) -> Pace:
        if key not in self._paces:
            limits = self.limits
            self._paces[key] = Pace(at_once=limits.per_host, spacing=limits.spacing, now=self._now, sleep=self._sleep)
        return self._paces[key]

    @asynccontextmanager
    async def _using(self, key: str) -> AsyncIterator["_Host"]:
        """The connections to a host, closed when nobody needs them any more."""
        host = self._hosts.get(key) or self._connect(key)
        host.users += 1
        try:
            yield host
        finally:
            host.users -= 1
            if not host.users:
                self._hosts.pop(key, None)
                await host.client.aclose()

    def _connect(self, key: str) -> _Host:
        if self._tls is None:
            self._tls = httpx.create_ssl_context(trust_env=False)
        limit = httpx.Limits(max_connections=self.limits.per_host, max_keepalive_connections=self.limits.per_host)
        client = httpx.AsyncClient(
            verify=self._tls,
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113 - the deadline on the whole visit is ours
            limits=limit,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={
                "user-agent": self.agent,
                "accept": _ACCEPT,
                "accept-encoding": "gzip",
                "accept-language": "fr",
            },
        )
        self._hosts[key] = _Host(client)
        return self._hosts[key]

    async def _request(self, host: _Host, url: str, validators: Validators) -> Fetched | NotModified | _Redirect:
        place = _place(url)
        port = place.port or (443 if place.scheme == "https" else 80)
        addresses = await resolve(place.host, port, allow_private=self._allow_private, executor=self._resolver)
        headers = {"host": place.netloc.decode("ascii")}
        if validators.etag:
            headers["if-none-match"] = validators.etag
        if validators.last_modified:
            headers["if-modified-since"] = validators.last_modified
        return await self._dial(host.client, url, place, addresses[:3], headers, validators)

    async def _dial(
        self, client: httpx.AsyncClient, url: str, place: httpx.URL, addresses: list[str], headers: dict[str, str], validators: Validators
    ) -> Fetched | NotModified | _Redirect:
        """Ask the first address that answers; only addresses that were checked are dialled."""
        last: FetchError | None = None
        for address in addresses:
            request = client.build_request(
                "GET", place.copy_with(host=address, fragment=None), headers=headers, extensions={"sni_hostname": place.host}
            )
            try:
                response = await client.send(request, stream=True)
            except httpx.ConnectError as exc:
                last = _connect_failure(exc)
                continue
            except (httpx.ReadError, httpx.WriteError) as exc:
                raise FetchError("connection", CONNECTION_CUT) from exc
            except httpx.HTTPError as exc:
                raise FetchError("bad-response", BAD_RESPONSE) from exc
            try:
                return await self._answer(url, response, validators)
            except httpx.ReadError as exc:
                raise FetchError("connection", CONNECTION_CUT, status=response.status_code) from exc
            except httpx.HTTPError as exc:
                raise FetchError("bad-response", BAD_RESPONSE, status=response.status_code) from exc
            finally:
                await response.aclose()
        raise last or FetchError("connection", NOT_CONNECTED)

    async def _answer(self, url: str, response: httpx.Response, validators: Validators) -> Fetched | NotModified | _Redirect:
        status, now = response.status_code, self._clock()
        if status in (301, 302, 303, 307, 308):
            return _redirect(url, status, response.headers.get("location", "").strip())
        fresh = fresh_for(response.headers, now)
        if status == 304 and (validators.etag or validators.last_modified):
            return NotModified(status=304, received=0, validators=validators, fresh_for=fresh)
        if status not in (200, 203):
            raise await self._refusal(url, response, now)
        body, received = await read_body(response, most_received=self.limits.received, most_decoded=self.limits.decoded)
        found = Validators(
            etag=_header(response, "etag"),
            last_modified=_header(response, "last-modified"),
            body_hash=hashlib.blake2b(body, digest_size=16).hexdigest(),
        )
        if found.body_hash == validators.body_hash:
            return NotModified(status=status, received=received, validators=found, fresh_for=fresh, proven=True)
        content_type = response.headers.get("content-type", "")[:200]
        return Fetched(url=url, status=status, content_type=content_type, body=body, received=received, validators=found, fresh_for=fresh)

    async def _refusal(self, url: str, response: httpx.Response, now: datetime) -> FetchError:
        """What an answer that is not 200 means: a wall, a wish to be left alone (kept for the whole site), or plain refusal."""
        status = response.status_code
        try:
            page = (await read_body(response, most_received=_ERROR_PAGE, most_decoded=_ERROR_PAGE))[0].decode("utf-8", "replace")
        except (FetchError, httpx.HTTPError):
            page = ""
        wall = robot_wall(status, response.headers, page)
        if wall:
            return FetchError("bot-wall", BOT_WALL.format(wall=wall), status=status)
        if status == 429 or (status == 503 and "retry-after" in response.headers):
            wait = retry_after(response.headers, now)
            known = self._known.get(_key(url), HostNote(host=_key(url)))
            self._note(replace(known, wait_until=now + wait))
            return FetchError("rate-limited", http_status(status), status=status, wait=wait)
        return FetchError("gone" if status == 410 else "http", http_status(status), status=status)


def _redirect(url: str, status: int, location: str) -> _Redirect:
    if not location:
        raise FetchError("bad-response", REDIRECT_WITHOUT_ADDRESS.format(status=status), status=status)
    try:
        target = str(urljoin(url, location))
    except ValueError as exc:
        raise FetchError("blocked-scheme", BLOCKED_SCHEME, status=status) from exc
    return _Redirect(url=target, permanent=status in _PERMANENT)


def _key(url: str) -> str:
    """The site of an address: scheme, host and port."""
    place = _place(url)
    host = f"[{place.host}]" if ":" in place.host else place.host
    return f"{place.scheme}://{host}{f':{place.port}' if place.port else ''}"


def _place(url: str) -> httpx.URL:
    """A parsed address that may be asked; raises FetchError for any other."""
    try:
        place = httpx.URL(url)
        good = place.scheme in ("http", "https") and bool(place.host) and not place.userinfo
    except (httpx.InvalidURL, UnicodeError) as exc:
        raise FetchError("blocked-scheme", BLOCKED_SCHEME) from exc
    if not good:
        raise FetchError("blocked-scheme", BLOCKED_SCHEME)
    return place


def _header(response: httpx.Response, name: str) -> str | None:
    value = str(response.headers.get(name, ""))
    return value if value and len(value) <= 1000 and value.isprintable() else None


def _connect_failure(exc: httpx.ConnectError) -> FetchError:
    cause: BaseException | None = exc
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return FetchError("tls", TLS_REFUSED.format(why=_tls_reason(cause)))
        cause = cause.__cause__ or cause.__context__
    return FetchError("connection", NOT_CONNECTED)


def _tls_reason(error: ssl.SSLError) -> str:
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    return TLS_REASONS.get(code, TLS_REASONS[0])
