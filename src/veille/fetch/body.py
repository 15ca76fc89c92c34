"""A body within its bounds: bytes received, bytes decoded, pieces, codings.

Comes in: `httpx.Response` whose head has come. Goes out: bytes. Forbidden: reading past a limit, a coding that was not asked for
beyond gzip and deflate: what is not decoded cannot be a bomb.
"""

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import httpx

from veille.errors import FetchError
from veille.messages.collecting import CODING_BROKEN, CODING_UNKNOWN, TOO_MANY_CODINGS, TOO_MANY_PIECES, too_large
from veille.messages.common import number

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}
_MEMBER = b"\x1f\x8b"
# What servers say there of a body that is as it is: its alphabet, its type, how it travelled.
_NO_CODINGS = frozenset("identity none utf-8 utf8 iso-8859-1 windows-1252 8bit 7bit binary aws-chunked plain text/html text/xml".split())
_CODINGS = 3  # one upon the other
_LARGE = 128 << 10  # bytes; most feeds are smaller
_PIECES, _CRUMB = 20_000, 32  # so many, of fewer bytes each: a piece costs the loop that reads for all ten microseconds
_SLICE = 256 << 10  # bytes decoded at a time
_HONEST_BYTES, _HONEST_RATIO = 2 << 20, 150  # feeds shrink 3 to 30 times; deflate alone could 1,032 times
_BREATH = 200  # pieces after which the others have their turn


class Room:
    """Places for large bodies: so many at once in memory, from the moment a body turns out to be large until it has been read."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)

    async def enter(self) -> None:
        """Wait for a place."""
        await self._places.acquire()

    def leave(self) -> None:
        """Give one back."""
        self._places.release()


async def read_body(
    response: httpx.Response, *, most_received: int, most_decoded: int, room: Room, paused: Callable[[], AbstractAsyncContextManager[None]]
) -> tuple[bytes, int, bool]:
    """Return the decoded body, how many bytes came, and whether it holds a place in the room; raises FetchError, httpx.TransportError.

    While it waits for a place nothing more is read, and the time is not counted (`paused`).
    """
    reader = _Reader(response, most_received, most_decoded)
    large = False
    try:
        async for piece in _pieces(response):
            await reader.take(piece)
            if not large and reader.held > _LARGE:
                async with paused():
                    await room.enter()
                large = True
        body = reader.whole()
    except BaseException:
        if large:
            room.leave()
        raise
    return body, reader.received, large


def _pieces(response: httpx.Response) -> AsyncIterator[bytes]:
    """Return the body as it comes; what a mock transport answers whole has been read once, and is there to be read again."""
    if response.is_stream_consumed and isinstance(response.stream, httpx.AsyncByteStream):
        return aiter(response.stream)
    return response.aiter_raw()


class _Reader:
    """One body, piece by piece."""

    def __init__(self, response: httpx.Response, most_received: int, most_decoded: int) -> None:
        self._status = response.status_code
        self._decoders = _decoders(response, most_decoded)
        self._most = most_received
        # In how many pieces it came on the wire, where the transport counts them.
        self._pieces: Callable[[], int] | None = response.extensions.get("pieces")
        declared = response.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > most_received:
            raise FetchError("too-large", too_large(most_received, decoded=False), status=self._status)
        self._parts: list[bytes] = []
        self._count = self._breath = 0
        self.received = 0
        self.held = 0

    async def take(self, piece: bytes) -> None:
        """One more piece; raises FetchError past a limit."""
        self._count = self._pieces() if self._pieces else self._count + 1
        self.received += len(piece)
        if self.received > self._most:
            raise FetchError("too-large", too_large(self._most, decoded=False), status=self._status)
        if self._count > _PIECES and self.received < _CRUMB * self._count:
            raise FetchError("too-large", TOO_MANY_PIECES.format(limit=number(_PIECES)), status=self._status)
        for decoder in self._decoders:
            piece = decoder.feed(piece)
        self._parts.append(piece)
        self.held += len(piece)
        if self._count - self._breath >= _BREATH:
            self._breath = self._count
            await asyncio.sleep(0)

    def whole(self) -> bytes:
        """Return all of it; raises FetchError where its end is missing."""
        for decoder in self._decoders:
            decoder.finish()
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)


def _decoders(response: httpx.Response, most: int) -> list["_Decoder"]:
    """Return what undoes the codings of an answer, the last one applied first (RFC 9110 §8.4)."""
    codings = [coding.strip().lower() for coding in response.headers.get("content-encoding", "").split(",") if coding.strip()]
    codings = [coding for coding in codings if coding not in _NO_CODINGS]
    if len(codings) > _CODINGS:
        raise FetchError("decode", TOO_MANY_CODINGS.format(limit=_CODINGS), status=response.status_code)
    if any(coding not in _WINDOW for coding in codings):
        raise FetchError("decode", CODING_UNKNOWN.format(coding=", ".join(codings)[:60]), status=response.status_code)
    return [_Decoder(coding, most) for coding in reversed(codings)]


class _Decoder:
    """Inflates in slices, so that a bomb stops at the limit, or at a ratio that no honest text has, and not at the end of memory."""

    def __init__(self, coding: str, most: int) -> None:
        self._coding = coding
        self._inflate = zlib.decompressobj(_WINDOW[coding])
        self._most = most
        self._taken, self._given = 0, 0

    def feed(self, chunk: bytes) -> bytes:
        """Return what these bytes decode to."""
        if not self._taken and self._coding == "deflate" and chunk[:1] and (chunk[0] & 0x0F) != 8:
            self._inflate = zlib.decompressobj(-15)  # some servers send raw deflate under that name
        parts: list[bytes] = []
        if self._inflate.eof and self._coding != "deflate":
            return b""
        while chunk:
            try:
                plain = self._inflate.decompress(chunk, _SLICE)
            except zlib.error as exc:
                raise FetchError("decode", CODING_BROKEN) from exc
            self._taken += len(chunk) - len(self._inflate.unconsumed_tail)
            self._given += len(plain)
            if self._given > self._most or (self._given > _HONEST_BYTES and self._given > _HONEST_RATIO * self._taken):
                raise FetchError("too-large", too_large(self._most, decoded=True))
            parts.append(plain)
            chunk = self._inflate.unconsumed_tail
            if self._inflate.eof and self._coding != "deflate":
                chunk = self._inflate.unused_data
                if not _MEMBER.startswith(chunk[:2]):  # padding, or what a script said after the end
                    break
                if chunk:  # gzip allows several members, one after the other (RFC 1952 §2.2)
                    self._inflate = zlib.decompressobj(_WINDOW[self._coding])
        return b"".join(parts)

    def finish(self) -> None:
        """Raises FetchError where the end is missing."""
        if self._taken and not self._inflate.eof:
            raise FetchError("decode", CODING_BROKEN)
