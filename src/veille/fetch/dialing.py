"""One request: a checked and pinned address, the connections of a host, what an answer means.

Comes in: an address, validators. Goes out: `Fetched`, `NotModified`, `Redirect`; FetchError for everything else. Forbidden: following
a redirect, waiting for a turn (see `client`).
"""

import hashlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urljoin

import httpx

from veille.errors import FetchError
from veille.fetch.addresses import resolve
from veille.fetch.body import Room, read_body
from veille.fetch.hints import OVERLOADED_WAIT, fresh_for, retry_after
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
from veille.parse.walls import robot_wall

Paused = Callable[[], AbstractAsyncContextManager[None]]  # the clock of a visit, while it waits for our own sake
_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"
_ERROR_PAGE = 64 << 10  # bytes of a refusal that are read, to know what refuses
_PERMANENT = (301, 308)
PORTS = frozenset({80, 443, 8080, 8443})  # where the web is; whatever else listens on a public host is none of ours
_TRIED = 3  # addresses of one host


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
    """The connections to one host and port, while somebody needs them."""

    client: httpx.AsyncClient
    users: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where an answer sends us, and whether for good."""

    url: str
    permanent: bool


class Dialer:
    """The connections of a run, one client a host; closes each when nobody needs it any more."""

    def __init__(self, *, agent: str, allow_private: bool, bounds: Bounds, clock: Callable[[], datetime]) -> None:
        self._agent = agent
        self._allow_private = allow_private
        self._bounds = bounds
        self._clock = clock
        self._hosts: dict[str, Host] = {}
        self._tls: ssl.SSLContext | None = None
        self._plain = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody

    async def close(self) -> None:
        """End every connection."""
        for host in self._hosts.values():
            await host.client.aclose()

    @asynccontextmanager
    async def using(self, key: str) -> AsyncIterator[Host]:
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

    def _connect(self, key: str) -> Host:
        if self._tls is None and key.startswith("https:"):
            self._tls = httpx.create_ssl_context(trust_env=False)
        limit = httpx.Limits(max_connections=self._bounds.per_host, max_keepalive_connections=self._bounds.per_host)
        client = httpx.AsyncClient(
            verify=self._tls if self._tls and key.startswith("https:") else self._plain,  # authorities are loaded where they judge
            trust_env=False,
            follow_redirects=False,
            timeout=None,  # noqa: S113 - the deadline on the whole visit is ours
            limits=limit,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            headers={
                "user-agent": self._agent,
                "accept": _ACCEPT,
                "accept-encoding": "gzip",
                "accept-language": "fr",
            },
        )
        self._hosts[key] = Host(client)
        return self._hosts[key]

    async def request(
        self, host: Host, url: str, validators: Validators, *, silence: float, room: Room, paused: Paused
    ) -> Fetched | NotModified | Redirect:
        """The answer to one request; `silence`: seconds without a byte after which it is given up. Raises FetchError."""
        place = _place(url)
        port = place.port or (443 if place.scheme == "https" else 80)
        if port not in PORTS and not self._allow_private:
            raise FetchError("blocked-address", BLOCKED_PORT.format(port=port))
        addresses = await resolve(place.host, port, allow_private=self._allow_private)
        headers = {"host": place.netloc.decode("ascii")}
        if validators.etag:
            headers["if-none-match"] = validators.etag
        if validators.last_modified:
            headers["if-modified-since"] = validators.last_modified
        last: FetchError | None = None
        for address in addresses[:_TRIED]:  # only addresses that were checked are dialled
            request = host.client.build_request(
                "GET", place.copy_with(host=address, fragment=None), headers=headers, timeout=httpx.Timeout(silence),
                extensions={"sni_hostname": place.host},
            )  # fmt: skip
            try:
                return await self._exchange(host.client, request, url, validators, room, paused)
            except _NotConnected as exc:
                last = exc.why
        raise last or FetchError("connection", NOT_CONNECTED)

    async def _exchange(
        self, client: httpx.AsyncClient, request: httpx.Request, url: str, validators: Validators, room: Room, paused: Paused
    ) -> Fetched | NotModified | Redirect:
        """One request sent, its answer read; raises FetchError, or _NotConnected where nobody answers."""
        response: httpx.Response | None = None
        try:
            response = await client.send(request, stream=True)
            return await self._answer(url, response, validators, room, paused)
        except httpx.ConnectError as exc:
            raise _NotConnected(_connect_failure(exc)) from exc
        except httpx.ConnectTimeout as exc:
            raise _NotConnected(FetchError("timeout", NOT_CONNECTED)) from exc
        except httpx.TimeoutException as exc:
            raise FetchError("timeout", silent(request.extensions["timeout"]["read"])) from exc
        except (httpx.ReadError, httpx.WriteError) as exc:
            raise FetchError("connection", CONNECTION_CUT, status=response.status_code if response else None) from exc
        except httpx.HTTPError as exc:
            raise FetchError("bad-response", BAD_RESPONSE, status=response.status_code if response else None) from exc
        except httpx.InvalidURL as exc:  # httpx looks where a redirect leads, even when it is not to follow
            raise FetchError("blocked-scheme", BLOCKED_SCHEME) from exc
        finally:
            if response is not None:
                await response.aclose()

    async def _answer(
        self, url: str, response: httpx.Response, validators: Validators, room: Room, paused: Paused
    ) -> Fetched | NotModified | Redirect:
        status, now = response.status_code, self._clock()
        if status in (301, 302, 303, 307, 308):
            return _redirect_of(url, status, response.headers.get("location", "").strip())
        fresh = fresh_for(response.headers, now)
        if status == 304 and (validators.etag or validators.last_modified):
            return NotModified(status=304, received=0, validators=validators, fresh_for=fresh)
        if status not in (200, 203):
            raise await self._refusal(response, now, room, paused)
        body, received, large = await read_body(
            response, most_received=self._bounds.received, most_decoded=self._bounds.decoded, room=room, paused=paused
        )
        found = Validators(
            etag=_header(response, "etag"),
            last_modified=_header(response, "last-modified"),
            body_hash=hashlib.blake2b(body, digest_size=16).hexdigest(),
        )
        if found.body_hash == validators.body_hash:
            if large:
                room.leave()
            return NotModified(status=status, received=received, validators=found, fresh_for=fresh, proven=True)
        content_type = response.headers.get("content-type", "")[:200]
        return Fetched(
            url=url, status=status, content_type=content_type, body=body, received=received, validators=found, fresh_for=fresh, large=large
        )  # fmt: skip

    async def _refusal(self, response: httpx.Response, now: datetime, room: Room, paused: Paused) -> FetchError:
        """What an answer that is not 200 means: a wall, a wish to be left alone, or plain refusal."""
        status = response.status_code
        try:
            body, _, _ = await read_body(response, most_received=_ERROR_PAGE, most_decoded=_ERROR_PAGE, room=room, paused=paused)
            page = body.decode("utf-8", "replace")
        except (FetchError, httpx.HTTPError):
            page = ""
        wall = robot_wall(status, response.headers, page)
        if wall:
            return FetchError("bot-wall", BOT_WALL.format(wall=wall), status=status)
        if status == 429 or (status == 503 and "retry-after" in response.headers):
            wait = retry_after(response.headers, now)
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


def site_of(url: str) -> str:
    """The site of an address: scheme, host and port."""
    place = _place(url)
    host = f"[{place.host}]" if ":" in place.host else place.host
    return f"{place.scheme}://{host}{f':{place.port}' if place.port else ''}"


def _place(url: str) -> httpx.URL:
    """A parsed address that may be asked; raises FetchError for any other."""
    try:
        place = httpx.URL(url)
        sound_port = place.port is None or 0 < place.port < 1 << 16
        good = place.scheme in ("http", "https") and bool(place.host) and not place.userinfo and sound_port
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
