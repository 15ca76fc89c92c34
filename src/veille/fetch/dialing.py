"""One request: a checked and pinned address, the connections of a host, what an answer means.

Comes in: an address, validators. Goes out: `Fetched`, `NotModified`, `Redirect`; FetchError for everything else. Forbidden: following
a redirect, waiting for a turn (see `client`).
"""

import asyncio
import hashlib
import resource
import ssl
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin

from veille.errors import FetchError
from veille.fetch.addresses import resolve
from veille.fetch.body import Room, read_body
from veille.fetch.hints import OVERLOADED_WAIT, fresh_for, retry_after
from veille.fetch.places import Place
from veille.fetch.wire import Broken, Buffer, Cut, Head, Silent, Stale, Wire, connect
from veille.messages import (
    BAD_RESPONSE,
    BLOCKED_PORT,
    BLOCKED_SCHEME,
    BOT_WALL,
    CONNECTION_CUT,
    NOT_CONNECTED,
    REDIRECT_WITHOUT_ADDRESS,
    TLS_REASONS,
    TLS_REFUSED,
    http_status,
    silent,
)  # fmt: skip
from veille.model import Fetched, NotModified, Validators
from veille.walls import robot_wall

Paused = Callable[[], AbstractAsyncContextManager[None]]  # the clock of a visit, while it waits for our own sake
_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
_ERROR_PAGE = 64 << 10  # bytes of a refusal that are read, to know what refuses
_PERMANENT = (301, 308)
PORTS = frozenset({80, 443, 8080, 8443})  # where the web is; whatever else listens on a public host is none of ours
_TRIED = 3  # addresses of one host
_KEPT = 64  # sites whose connections wait, though nobody visits them for the moment
_SHARE = 8  # of the descriptors that a process may have, the part that such connections take at most


class _NotConnected(Exception):
    """Nobody answers at this address: another one may."""

    def __init__(self, why: FetchError) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bytes on the wire and decoded, connections to one host."""

    received: int
    decoded: int
    per_host: int


@dataclass(slots=True)
class Host:
    """The connections to one host and port: those that wait for another request, while somebody needs them."""

    idle: list[Wire] = field(default_factory=list)
    users: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where an answer sends us, and whether for good."""

    url: str
    permanent: bool


class Dialer:
    """The connections of a run. Those that nobody uses for the moment are kept for the next visit of their site, a few sites at a time."""

    def __init__(self, *, agent: str, allow_private: bool, bounds: Bounds, clock: Callable[[], datetime]) -> None:
        self._head = (
            f"\r\nUser-Agent: {agent}\r\nAccept: {_ACCEPT}\r\nAccept-Encoding: gzip\r\nAccept-Language: fr\r\nConnection: keep-alive\r\n"
        )
        self._allow_private = allow_private
        self._bounds = bounds
        self._clock = clock
        self._hosts: OrderedDict[str, Host] = OrderedDict()
        descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._kept = _KEPT if descriptors == resource.RLIM_INFINITY else min(_KEPT, descriptors // _SHARE)
        self._tls: ssl.SSLContext | None = None
        self._buffer = Buffer()

    async def close(self) -> None:
        """End every connection."""
        for host in self._hosts.values():
            _end(host)
        self._hosts.clear()
        await asyncio.sleep(0)  # what was ended is told so before the loop is gone

    def enter(self, key: str) -> Host:
        """The connections to a host, for a visit; to be given back by `leave`."""
        host = self._hosts.get(key)
        if host is None:
            host = self._hosts[key] = Host()
        host.users += 1
        return host

    def leave(self, key: str, host: Host) -> None:
        """A visit is over; the connections of sites that nobody visits for the moment are ended, the oldest first, beyond a few."""
        host.users -= 1
        if host.users:
            return
        if not host.idle:
            self._hosts.pop(key, None)
            return
        self._hosts.move_to_end(key)
        if len(self._hosts) > self._kept:
            for other, one in list(self._hosts.items()):
                if not one.users:
                    _end(one)
                    del self._hosts[other]
                if len(self._hosts) <= self._kept:
                    return

    async def request(
        self, host: Host, place: Place, url: str, validators: Validators, *, silence: float, room: Room, paused: Paused
    ) -> Fetched | NotModified | Redirect:
        """The answer to one request; `silence`: seconds without a byte after which it is given up. Raises FetchError."""
        if place.port not in PORTS and not self._allow_private:
            raise FetchError("blocked-address", BLOCKED_PORT.format(port=place.port))
        addresses = await resolve(place.host, place.port, allow_private=self._allow_private)
        asked = [f"GET {place.target} HTTP/1.1\r\nHost: {place.netloc}{self._head}"]
        asked += [f"If-None-Match: {validators.etag}\r\n"] if validators.etag else []
        asked += [f"If-Modified-Since: {validators.last_modified}\r\n"] if validators.last_modified else []
        request = "".join([*asked, "\r\n"]).encode("utf-8")
        while host.idle:
            try:
                return await self._exchange(host, host.idle.pop(), request, url, validators, silence, room, paused)
            except Stale:
                continue
        last: FetchError | None = None
        for address in addresses[:_TRIED]:  # only addresses that were checked are dialled
            try:
                wire = await self._connect(address, place, silence)
            except _NotConnected as exc:
                last = exc.why
                continue
            return await self._exchange(host, wire, request, url, validators, silence, room, paused)
        raise last or FetchError("connection", NOT_CONNECTED)

    async def _connect(self, address: str, place: Place, silence: float) -> Wire:
        """A connection to one address; raises _NotConnected where nobody answers."""
        if self._tls is None and place.scheme == "https":
            self._tls = _trusting()
        tls = self._tls if place.scheme == "https" else None
        try:
            return await connect(address, place.port, buffer=self._buffer, tls=tls, name=place.host, silence=silence)
        except TimeoutError as exc:
            raise _NotConnected(FetchError("timeout", NOT_CONNECTED)) from exc
        except ssl.SSLError as exc:
            raise _NotConnected(FetchError("tls", TLS_REFUSED.format(why=_tls_reason(exc)))) from exc
        except (OSError, ValueError) as exc:  # ValueError: a name that no certificate can bear
            raise _NotConnected(FetchError("connection", NOT_CONNECTED)) from exc

    async def _exchange(
        self, host: Host, wire: Wire, request: bytes, url: str, validators: Validators, silence: float, room: Room, paused: Paused
    ) -> Fetched | NotModified | Redirect:
        """One request sent, its answer read; raises FetchError, or Stale where a kept connection was closed meanwhile."""
        head: Head | None = None
        try:
            head = await wire.ask(request, silence)
            return await self._answer(url, wire, head, validators, room, paused)
        except Silent as exc:
            raise FetchError("timeout", silent(silence)) from exc
        except Cut as exc:
            raise FetchError("connection", CONNECTION_CUT, status=head.status if head else None) from exc
        except Broken as exc:
            raise FetchError("bad-response", BAD_RESPONSE, status=head.status if head else None) from exc
        finally:
            if wire.reusable and len(host.idle) < self._bounds.per_host:
                host.idle.append(wire)
            else:
                wire.close()

    async def _answer(
        self, url: str, wire: Wire, head: Head, validators: Validators, room: Room, paused: Paused
    ) -> Fetched | NotModified | Redirect:
        status, now = head.status, self._clock()
        if status in (301, 302, 303, 307, 308):
            return _redirect_of(url, status, head.headers.get("location", "").strip())
        fresh = fresh_for(head.headers, now)
        if status == 304 and (validators.etag or validators.last_modified):
            return NotModified(status=304, received=0, validators=validators, fresh_for=fresh)
        if status not in (200, 203):
            raise await self._refusal(wire, head, now, room, paused)
        body, received, large = await read_body(
            wire, head, most_received=self._bounds.received, most_decoded=self._bounds.decoded, room=room, paused=paused
        )
        found = Validators(
            etag=_header(head, "etag"),
            last_modified=_header(head, "last-modified"),
            body_hash=hashlib.blake2b(body, digest_size=16).hexdigest(),
        )
        if found.body_hash == validators.body_hash:
            if large:
                room.leave()
            return NotModified(status=status, received=received, validators=found, fresh_for=fresh, proven=True)
        content_type = head.headers.get("content-type", "")[:200]
        return Fetched(
            url=url, status=status, content_type=content_type, body=body, received=received, validators=found, fresh_for=fresh, large=large
        )  # fmt: skip

    async def _refusal(self, wire: Wire, head: Head, now: datetime, room: Room, paused: Paused) -> FetchError:
        """What an answer that is not 200 means: a wall, a wish to be left alone, or plain refusal."""
        status = head.status
        try:
            body, _, _ = await read_body(wire, head, most_received=_ERROR_PAGE, most_decoded=_ERROR_PAGE, room=room, paused=paused)
            page = body.decode("utf-8", "replace")
        except (FetchError, Silent, Cut, Broken):
            page = ""
        wall = robot_wall(status, head.headers, page)
        if wall:
            return FetchError("bot-wall", BOT_WALL.format(wall=wall), status=status)
        if status == 429 or (status == 503 and "retry-after" in head.headers):
            wait = retry_after(head.headers, now)
            return FetchError("rate-limited", http_status(status), status=status, wait=wait)
        if status == 503:  # it does not say for how long: the whole site is left alone for a while
            return FetchError("http", http_status(status), status=status, wait=OVERLOADED_WAIT)
        return FetchError("gone" if status == 410 else "http", http_status(status), status=status)


def _redirect_of(url: str, status: int, location: str) -> Redirect:
    if not location:
        raise FetchError("bad-response", REDIRECT_WITHOUT_ADDRESS.format(status=status), status=status)
    try:
        target = str(urljoin(url, location))
    except ValueError as exc:
        raise FetchError("blocked-scheme", BLOCKED_SCHEME, status=status) from exc
    return Redirect(url=target, permanent=status in _PERMANENT)


def _header(head: Head, name: str) -> str | None:
    value = str(head.headers.get(name, ""))
    return value if value and len(value) <= 1000 and value.isprintable() else None


def _trusting() -> ssl.SSLContext:
    """What judges certificates: the authorities of Mozilla, whatever the machine's environment says."""
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def _end(host: Host) -> None:
    while host.idle:
        host.idle.pop().close()


def _tls_reason(error: ssl.SSLError) -> str:
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    return TLS_REASONS.get(code, TLS_REASONS[0])
