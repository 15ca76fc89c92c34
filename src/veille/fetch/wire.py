"""One connection: a request sent, the head of its answer, its body piece by piece (HTTP/1.1, RFC 9112).

Comes in: a checked address, the bytes of a request. Goes out: `Head`, pieces. Forbidden: choosing an address, following, decoding.

httptools (llhttp, the parser of Node.js) reads what comes; asyncio carries it. One answer costs a tenth of what it does through
httpx's models and pool (docs/performance.md), and every bound holds on the wire itself: while nobody takes the pieces, nothing is read.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass

import httpx
from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

_MOST_HEAD = 100 << 10  # bytes of status lines and headers
_MOST_BESIDE = 1 << 20  # bytes that come beyond twice those of the body
_MOST_FIELDS = 1_000  # headers
_MOST_UNREAD = 64 << 10  # bytes of body that wait to be taken
_INFORMATIONAL = range(100, 200)


class Broken(Exception):
    """What came is no answer: not HTTP, longer than a head may be, or without its end."""


class Cut(Exception):
    """The connection was lost on the way."""


class Silent(Exception):
    """Nothing came for too long."""


class Stale(Exception):
    """A kept connection that the site had closed: nothing of an answer came, and the request may be sent anew."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers."""

    status: int
    headers: httpx.Headers


class Buffer:
    """Where bytes land before they are parsed; one for all connections of a loop, since each is emptied at once."""

    def __init__(self, size: int = 64 << 10) -> None:
        self.bytes = bytearray(size)
        self.view = memoryview(self.bytes)


# The same length, said again further down the head.
_LENGTH_AGAIN = re.compile(
    rb"(?<=\n)(content-length:[ \t]*(\d+)[ \t]*\r?\n(?:(?!\r?\n)[^\n]*\n)*?)content-length:[ \t]*\2[ \t]*\r?\n", re.I
)


class Wire(asyncio.BufferedProtocol):
    """One connection, one request at a time."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._silence = 0.0
        self._lost: Exception | None = None
        self._used = False
        self._begin()

    def _begin(self) -> None:
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_chunked_length=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True,
            lenient_data_after_close=True, lenient_keep_alive=True,
        )  # fmt: skip
        self._fields: list[tuple[bytes, bytes]] = []
        self._head: Head | None = None
        self._beginning = bytearray()  # what came while the head was not whole
        self._pieces: list[bytes] = []
        self._held = self._head_bytes = 0
        self._beside = self._body_bytes = 0  # bytes that came since the head, and those of them that are body
        self._count = 0  # of headers, then of pieces
        self._answered = False  # whether any byte came
        self._whole = self._kept = False
        self._trailing = False  # bytes came after the answer: the connection is not to be used again
        self._last = self._loop.time()

    # What asyncio tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's interface
        return self._buffer.view

    def buffer_updated(self, nbytes: int) -> None:
        self._last = self._loop.time()
        if self._whole or self._lost:  # what nobody asked for
            self._trailing = True
            self.close()
            return
        self._answered = True
        if self._head is None:
            self._beginning += self._buffer.view[:nbytes]
        try:
            self._parser.feed_data(self._buffer.view[:nbytes])
        except (HttpParserError, HttpParserUpgrade) as exc:
            if not self._whole and not self._says_length_once():
                self._end(Broken(str(exc)))
                self.close()
                return
            self._trailing = True
        if self._head is None:
            self._head_bytes += nbytes
            if self._head_bytes > _MOST_HEAD or self._count > _MOST_FIELDS:
                self._end(Broken("head"))
                self.close()
                return
        else:  # trailers, extensions of chunks: what is no body is bounded too
            self._beside += nbytes
            if self._beside > _MOST_BESIDE + 2 * self._body_bytes and not self._whole:
                self._end(Broken("beside"))
                self.close()
                return
        if self._held >= _MOST_UNREAD and not self._whole and self._transport:
            self._transport.pause_reading()
        self._wake()

    def _says_length_once(self) -> bool:
        """Read the beginning again without a Content-Length that says the same a second time (RFC 9110 §8.6); whether that went."""
        again = _LENGTH_AGAIN.sub(rb"\1", bytes(self._beginning))
        if self._head is not None or again == self._beginning:
            return False
        self._begin()
        self._answered = True
        try:
            self._parser.feed_data(again)
        except (HttpParserError, HttpParserUpgrade):
            return False
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        """Where the end of the connection is the end of the body (RFC 9112 §6.3), the answer is whole; else it is cut."""
        self._transport = None
        if not self._whole and self._lost is None:
            if exc is not None and not isinstance(exc, ssl.SSLEOFError):
                self._lost = Cut() if self._answered or not self._used else Stale()
            elif self._head and "content-length" not in self._head.headers and "chunked" not in self._coding():
                self._whole = True
            else:
                self._lost = Broken("end") if self._answered or not self._used else Stale()
        self._wake()

    def _coding(self) -> str:
        return self._head.headers.get("transfer-encoding", "").lower() if self._head else ""

    # What httptools tells.

    def on_message_begin(self) -> None:
        self._trailing = self._trailing or self._whole  # another answer, to a question that nobody asked

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head is None and self._count <= _MOST_FIELDS:
            self._count += 1
            self._fields.append((name, _in_utf8(value.strip())))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if not self._whole and status not in _INFORMATIONAL:
            if self._count > _MOST_FIELDS:
                return
            self._head = Head(status, httpx.Headers(self._fields, encoding="utf-8"))
            self._count = 0

    def on_body(self, piece: bytes) -> None:
        if not self._whole:
            self._pieces.append(piece)
            self._held += len(piece)
            self._body_bytes += len(piece)
            self._count += 1

    def on_message_complete(self) -> None:
        if self._whole:
            return
        if self._head:
            self._whole = True
            self._kept = self._parser.should_keep_alive()  # to be asked now: the parser forgets it with the message
        else:
            self._fields = []  # an answer before the answer (1xx), whose fields count all the same

    # What a visit asks.

    @property
    def reusable(self) -> bool:
        """Whether another request may be sent: the answer is whole, and the site keeps the connection."""
        return (
            self._whole and not self._trailing and self._lost is None and self._transport is not None
            and not self._transport.is_closing() and self._kept
        )  # fmt: skip

    async def ask(self, request: bytes, silence: float) -> Head:
        """Send a request and wait for the head of its answer; `silence`: seconds without a byte after which it is given up.

        Raises Silent, Broken, Cut, or Stale.
        """
        if self._answered:
            self._used = True
            self._begin()
        self._silence = silence
        if self._transport is None or self._transport.is_closing():
            raise Stale if self._used else Cut
        self._transport.write(request)
        while self._head is None:
            await self._more()
        return self._head

    async def take(self) -> tuple[bytes, int]:
        """Return what of the body has come since, and in how many pieces; no byte at its end. Raises Silent, Broken, Cut."""
        while not self._pieces and not self._whole:
            if self._transport:
                self._transport.resume_reading()
            await self._more()
        piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        count, self._pieces, self._held, self._count = self._count, [], 0, 0
        return piece, count

    def close(self) -> None:
        """End the connection at once."""
        if self._transport:
            self._transport.abort()

    async def _more(self) -> None:
        """Wait until something comes."""
        if self._lost:
            raise self._lost
        self._last = self._loop.time()
        self._waiter = self._loop.create_future()
        self._timer = self._loop.call_later(self._silence, self._listen)
        try:
            await self._waiter
        finally:
            self._waiter = None
            self._timer.cancel()
        if self._lost and not self._whole:
            raise self._lost

    def _listen(self) -> None:
        """The time of silence is over, unless something came meanwhile."""
        left = self._last + self._silence - self._loop.time()
        if left > 0.001:
            self._timer = self._loop.call_later(left, self._listen)
        else:
            self._end(Silent())

    def _end(self, why: Exception) -> None:
        if self._lost is None:
            self._lost = why
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)


def _in_utf8(value: bytes) -> bytes:
    """Return a value in UTF-8, each by itself: httpx takes one encoding for a whole head."""
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1").encode("utf-8")
    return value


async def connect(address: str, port: int, *, buffer: Buffer, tls: ssl.SSLContext | None, name: str, silence: float) -> Wire:
    """Return a connection to a literal address; `name`: whom its certificate must name. Raises TimeoutError, ssl.SSLError, OSError."""
    async with asyncio.timeout(silence):
        _, wire = await asyncio.get_running_loop().create_connection(
            lambda: Wire(buffer), address, port, ssl=tls, server_hostname=name if tls else None,
            ssl_handshake_timeout=max(silence, 0.001) if tls else None,
        )  # fmt: skip
    return wire
