"""Requests sent over connections of our own: `httpx.AsyncBaseTransport` on `wire`.

Comes in: `httpx.Request`. Goes out: `httpx.Response`, its body to be taken piece by piece; httpx's errors. Forbidden: dialling an
address that was not judged, following a redirect, decoding.

An address is resolved, judged and dialled as it was judged. One answer costs a tenth of what it does through httpx's own pool
(docs/performance.md).
"""

import asyncio
import resource
import ssl
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx

from veille.fetch.addresses import resolve
from veille.fetch.targets import USUAL_PORTS
from veille.fetch.wire import Broken, Buffer, Cut, Head, Silent, Stale, Wire, connect

_TRIED = 3  # addresses of one host
_KEPT = 64  # sites whose connections wait, though nobody visits them for the moment
_SHARE = 8  # of the descriptors that a process may have, the part that such connections take at most
_REFUSED = 40  # connections that one of httpx's transports may have lost


@dataclass(slots=True)
class _Host:
    """The connections to one host and port: those that wait for another request, while somebody needs them."""

    idle: list[Wire] = field(default_factory=list)
    users: int = 0


class PinnedTransport(httpx.AsyncBaseTransport):
    """Connections that are kept for the next request of their site, a few sites at a time.

    `extensions["timeout"]` of a request says `connect` and `read` in seconds, as httpx has it. `extensions["pieces"]` of a response
    tells in how many pieces its body has come so far.
    """

    def __init__(self, *, allow_private: bool, per_host: int) -> None:
        self._allow_private = allow_private
        self._per_host = per_host
        self._hosts: OrderedDict[tuple[str, str, int], _Host] = OrderedDict()
        descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self._kept = _KEPT if descriptors == resource.RLIM_INFINITY else min(_KEPT, descriptors // _SHARE)
        self._tls: ssl.SSLContext | None = None
        self._buffer = Buffer()
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The head of an answer; raises httpx.TransportError, AddressRefused where the host is no public one."""
        url = request.url
        key = (url.scheme, url.raw_host.decode("ascii").strip("[]"), url.port or USUAL_PORTS[url.scheme])
        timeout = request.extensions["timeout"]
        host = self._hosts.get(key)
        if host is None:
            host = self._hosts[key] = _Host()
        host.users += 1
        try:
            addresses = await resolve(key[1], key[2], allow_private=self._allow_private)
            wire, head = await self._ask(host, key, addresses, _message(request), timeout["connect"], timeout["read"])
        except BaseException:
            self._leave(key, host)
            raise
        body = _Body(self, key, host, wire)
        return httpx.Response(head.status, headers=head.headers, stream=body, request=request, extensions={"pieces": body.count})

    async def aclose(self) -> None:
        """End every connection."""
        self._closed = True
        for host in self._hosts.values():
            _end(host)
        self._hosts.clear()
        await asyncio.sleep(0)  # what was ended is told so before the loop is gone

    async def _ask(
        self, host: _Host, key: tuple[str, str, int], addresses: list[str], message: bytes, patience: float, silence: float
    ) -> tuple[Wire, Head]:
        """Return a connection that has answered; only addresses that were judged are dialled."""
        while host.idle:
            wire = host.idle.pop()
            try:
                return wire, await _head(wire, message, silence)
            except Stale:
                wire.close()
        last: httpx.TransportError | None = None
        for address in addresses[:_TRIED]:
            try:
                wire = await self._connect(address, key, patience)
            except httpx.TransportError as exc:
                last = exc
                continue
            try:
                return wire, await _head(wire, message, silence)
            except Stale as exc:
                raise httpx.ReadError("stale") from exc
        raise last or httpx.ConnectError("no address")

    async def _connect(self, address: str, key: tuple[str, str, int], patience: float) -> Wire:
        """Return a connection to one address; raises ConnectTimeout, ConnectError."""
        scheme, name, port = key
        if self._tls is None and scheme == "https":
            self._tls = trusting()
        try:
            return await connect(
                address, port, buffer=self._buffer, tls=self._tls if scheme == "https" else None, name=name, silence=patience
            )
        except TimeoutError as exc:
            raise httpx.ConnectTimeout("connect") from exc
        except (OSError, ValueError) as exc:  # ssl.SSLError is one; ValueError: a name that no certificate can bear
            raise httpx.ConnectError(str(exc)) from exc

    def give_back(self, key: tuple[str, str, int], host: _Host, wire: Wire) -> None:
        """An answer is done with: its connection waits for another request where it may."""
        if wire.reusable and len(host.idle) < self._per_host and self._hosts.get(key) is host and not self._closed:
            host.idle.append(wire)
        else:
            wire.close()
        self._leave(key, host)

    def _leave(self, key: tuple[str, str, int], host: _Host) -> None:
        """The connections of sites that nobody visits for the moment are ended, the oldest first, beyond a few."""
        host.users -= 1
        if host.users or self._hosts.get(key) is not host:
            return
        if not host.idle:
            del self._hosts[key]
            return
        self._hosts.move_to_end(key)
        if len(self._hosts) > self._kept:
            for other, one in list(self._hosts.items()):
                if not one.users:
                    _end(one)
                    del self._hosts[other]
                if len(self._hosts) <= self._kept:
                    return


class ProxiedTransport(httpx.AsyncBaseTransport):
    """httpx's own transport before a proxy, made anew after some refused certificates: it keeps the connections of those (httpcore 1.0)."""

    def __init__(self, proxy: httpx.Proxy, *, most_kept: int) -> None:
        self._proxy, self._most_kept = proxy, most_kept
        self._made: list[_Made] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The answer that comes through the proxy; raises httpx.TransportError."""
        if not self._made or self._made[-1].refused >= _REFUSED:
            limits = httpx.Limits(max_connections=None, max_keepalive_connections=self._most_kept)  # turns are the fetcher's
            self._made.append(_Made(httpx.AsyncHTTPTransport(proxy=self._proxy, verify=trusting(), trust_env=False, limits=limits)))
        made = self._made[-1]
        made.users += 1
        try:
            response = await made.transport.handle_async_request(request)
        except BaseException as exc:
            made.refused += request.url.scheme == "https" and not isinstance(exc, httpx.ProxyError)
            await self._leave(made)
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Leaving(response.stream, lambda: self._leave(made))
        return response

    async def _leave(self, made: "_Made") -> None:
        made.users -= 1
        if made.users == 0 and made is not self._made[-1]:
            self._made.remove(made)
            await made.transport.aclose()

    async def aclose(self) -> None:
        """End every connection."""
        for made in self._made:
            await made.transport.aclose()
        self._made.clear()


@dataclass(slots=True)
class _Made:
    """One of httpx's transports, how many answers it is giving, and how many connections it lost."""

    transport: httpx.AsyncHTTPTransport
    users: int = 0
    refused: int = 0


class _Leaving(httpx.AsyncByteStream):
    """A body whose end somebody waits for."""

    def __init__(self, body: httpx.AsyncByteStream, leave: Callable[[], Awaitable[None]]) -> None:
        self._body, self._leave = body, leave

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._body:
            yield piece

    async def aclose(self) -> None:
        """Close it, once."""
        leave, self._leave = self._leave, _nobody
        try:
            await self._body.aclose()
        finally:
            await leave()


async def _nobody() -> None:
    return


class _Body(httpx.AsyncByteStream):
    """The pieces of a body as they come; whoever closes it gives the connection back."""

    def __init__(self, transport: PinnedTransport, key: tuple[str, str, int], host: _Host, wire: Wire) -> None:
        self._transport, self._key, self._host = transport, key, host
        self._wire: Wire | None = wire
        self._count = 0

    def count(self) -> int:
        """In how many pieces it has come."""
        return self._count

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert self._wire is not None
        while True:
            try:
                piece, count = await self._wire.take()
            except (Silent, Cut, Broken) as exc:
                raise _as_httpx(exc) from exc
            if not count:
                return
            self._count += count
            yield piece

    async def aclose(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            self._transport.give_back(self._key, self._host, wire)


def trusting() -> ssl.SSLContext:
    """Return what judges certificates: the authorities of Mozilla, whatever the machine's environment says."""
    import certifi

    context = ssl.create_default_context(cafile=certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def _message(request: httpx.Request) -> bytes:
    """Return the bytes of a request without a body (RFC 9112 §3)."""
    lines = b"".join(b"%b: %b\r\n" % pair for pair in request.headers.raw)
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (request.method.encode("ascii"), request.url.raw_path, lines)


async def _head(wire: Wire, message: bytes, silence: float) -> Head:
    try:
        return await wire.ask(message, silence)
    except Stale:
        raise
    except BaseException as exc:
        wire.close()
        if isinstance(exc, Silent | Cut | Broken):
            raise _as_httpx(exc) from exc
        raise


def _as_httpx(exc: Exception) -> httpx.TransportError:
    kinds = {Silent: httpx.ReadTimeout, Cut: httpx.ReadError}
    return kinds.get(type(exc), httpx.RemoteProtocolError)(str(exc))


def _end(host: _Host) -> None:
    while host.idle:
        host.idle.pop().close()
