"""One visit over HTTP: checked and pinned addresses, redirects by hand, conditional requests, a deadline on the whole.

Comes in: `Visit`. Goes out: `Fetched` or `NotModified`; FetchError for everything else.
"""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from urllib.parse import urljoin

import httpx

from veille import __version__
from veille.errors import FetchError
from veille.fetch.addresses import resolve
from veille.fetch.body import read_body
from veille.messages import (
    BAD_RESPONSE,
    BLOCKED_SCHEME,
    CONNECTION_CUT,
    NOT_CONNECTED,
    REDIRECT_WITHOUT_ADDRESS,
    TLS_REASONS,
    TLS_REFUSED,
    TOO_MANY_REDIRECTS,
    http_status,
    timed_out,
)  # fmt: skip
from veille.model import Fetched, NotModified, Source, Validators

_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.8, */*;q=0.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes and counts of one visit, and of all at once. `spacing`: seconds between two starts on one host."""

    received: int = 5 << 20
    decoded: int = 20 << 20
    redirects: int = 5
    at_once: int = 64
    per_host: int = 2
    spacing: float = 1.0


@dataclass(slots=True)
class _Host:
    """What is shared by the visits of one host and port."""

    client: httpx.AsyncClient
    turns: asyncio.Semaphore
    spacing: asyncio.Lock = field(default_factory=asyncio.Lock)
    next_start: float = 0.0
    users: int = 0  # visits that wait for it or talk to it


class Fetcher:
    """Fetches visits; use as an async context, inside one event loop."""

    def __init__(self, *, contact: str, allow_private: bool = False, limits: Limits | None = None) -> None:
        self._agent = f"veille/{__version__} (veille des innovations publiques{f'; {contact}' if contact else ''})"
        self._allow_private = allow_private
        self.limits = limits or Limits()
        self._hosts: dict[str, _Host] = {}
        self._tls: ssl.SSLContext | None = None
        # Names are resolved in threads of their own: one that hangs must not hold up the others.
        self._resolver = ThreadPoolExecutor(max_workers=self.limits.at_once, thread_name_prefix="veille-dns")

    async def __aenter__(self) -> "Fetcher":
        return self

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._resolver.shutdown(wait=False, cancel_futures=True)
        await asyncio.gather(*(host.client.aclose() for host in self._hosts.values()))

    async def fetch(self, source: Source, url: str, validators: Validators) -> Fetched | NotModified:
        """The answer of one address; its deadline is the source's, from its turn on. Raises FetchError."""
        async with self._using(url) as host, host.turns:
            await self._wait(host)
            seconds = source.timeout.total_seconds()
            try:
                async with asyncio.timeout(seconds):
                    return await self._follow(url, validators)
            except TimeoutError as exc:
                raise FetchError("timeout", timed_out(seconds)) from exc

    @asynccontextmanager
    async def _using(self, url: str) -> AsyncIterator["_Host"]:
        """The host of an address, whose connections are closed when nobody needs it any more."""
        key, host = self._host(url)
        host.users += 1
        try:
            yield host
        finally:
            host.users -= 1
            if not host.users:
                self._hosts.pop(key, None)
                await host.client.aclose()

    def _host(self, url: str) -> tuple[str, _Host]:
        place = _place(url)
        key = f"{place.scheme}://{place.host}:{place.port or ''}"
        if key not in self._hosts:
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
                    "user-agent": self._agent,
                    "accept": _ACCEPT,
                    "accept-encoding": "gzip",
                    "accept-language": "fr",
                },
            )
            self._hosts[key] = _Host(client, asyncio.Semaphore(self.limits.per_host))
        return key, self._hosts[key]

    async def _wait(self, host: _Host) -> None:
        """Two visits of one host start at least `spacing` seconds apart."""
        if not self.limits.spacing:
            return
        async with host.spacing:
            now = asyncio.get_running_loop().time()
            if host.next_start > now:
                await asyncio.sleep(host.next_start - now)
            host.next_start = max(now, host.next_start) + self.limits.spacing

    async def _follow(self, url: str, validators: Validators) -> Fetched | NotModified:
        for _ in range(self.limits.redirects + 1):
            answer = await self._request(url, validators)
            if not isinstance(answer, str):
                return answer
            url = answer
        raise FetchError("redirects", TOO_MANY_REDIRECTS.format(limit=self.limits.redirects))

    async def _request(self, url: str, validators: Validators) -> Fetched | NotModified | str:
        """One request: an answer, or the address that it redirects to."""
        place = _place(url)
        port = place.port or (443 if place.scheme == "https" else 80)
        addresses = await resolve(place.host, port, allow_private=self._allow_private, executor=self._resolver)
        headers = {"host": place.netloc.decode("ascii")}
        if validators.etag:
            headers["if-none-match"] = validators.etag
        if validators.last_modified:
            headers["if-modified-since"] = validators.last_modified
        async with self._using(url) as host:
            return await self._dial(host.client, url, place, addresses[:3], headers, validators)

    async def _dial(
        self, client: httpx.AsyncClient, url: str, place: httpx.URL, addresses: list[str], headers: dict[str, str], validators: Validators
    ) -> Fetched | NotModified | str:
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

    async def _answer(self, url: str, response: httpx.Response, validators: Validators) -> Fetched | NotModified | str:
        status = response.status_code
        if status in (301, 302, 303, 307, 308):
            location = response.headers.get("location", "").strip()
            if not location:
                raise FetchError("bad-response", REDIRECT_WITHOUT_ADDRESS.format(status=status), status=status)
            try:
                return str(urljoin(url, location))
            except ValueError as exc:
                raise FetchError("blocked-scheme", BLOCKED_SCHEME, status=status) from exc
        if status == 304 and (validators.etag or validators.last_modified):
            return NotModified(status=304, received=0, validators=validators)
        if status not in (200, 203):
            raise FetchError(_failure_of(status, response.headers), http_status(status), status=status)
        body, received = await read_body(response, most_received=self.limits.received, most_decoded=self.limits.decoded)
        found = Validators(
            etag=_header(response, "etag"),
            last_modified=_header(response, "last-modified"),
            body_hash=hashlib.blake2b(body, digest_size=16).hexdigest(),
        )
        if found.body_hash == validators.body_hash:
            return NotModified(status=status, received=received, validators=found)
        content_type = response.headers.get("content-type", "")[:200]
        return Fetched(url=url, status=status, content_type=content_type, body=body, received=received, validators=found)


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


def _failure_of(status: int, headers: httpx.Headers) -> str:
    if status == 429 or (status == 503 and "retry-after" in headers):
        return "rate-limited"
    return "gone" if status == 410 else "http"


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
