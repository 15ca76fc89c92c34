"""A body within its bounds: bytes received, bytes decoded, codings.

Comes in: an httpx answer whose body is unread. Goes out: bytes. Forbidden: reading past a limit.
"""

import zlib
from collections.abc import AsyncIterator

import httpx

from veille.errors import FetchError
from veille.messages import CODING_BROKEN, CODING_UNKNOWN, too_large

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}


async def read_body(response: httpx.Response, *, most_received: int, most_decoded: int) -> tuple[bytes, int]:
    """The decoded body and how many bytes came on the wire; raises FetchError past a limit or for a bad coding."""
    codings = [coding.strip().lower() for coding in response.headers.get("content-encoding", "").split(",") if coding.strip()]
    codings = [coding for coding in codings if coding != "identity"]
    if len(codings) > 1 or any(coding not in _WINDOW for coding in codings):
        raise FetchError("decode", CODING_UNKNOWN.format(coding=", ".join(codings)[:60]), status=response.status_code)
    declared = response.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > most_received:
        raise FetchError("too-large", too_large(most_received, decoded=False), status=response.status_code)
    received = 0
    decoder = _Decoder(codings[0], most_decoded) if codings else None
    parts: list[bytes] = []
    async for chunk in _raw(response):
        received += len(chunk)
        if received > most_received:
            raise FetchError("too-large", too_large(most_received, decoded=False), status=response.status_code)
        parts.append(decoder.feed(chunk) if decoder else chunk)
    if decoder:
        decoder.finish()
    return b"".join(parts), received


async def _raw(response: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in response.aiter_raw(64 << 10):
        yield chunk


class _Decoder:
    """Inflates in slices, so that a bomb stops at the limit and not at the end of memory."""

    def __init__(self, coding: str, most: int) -> None:
        self._coding = coding
        self._inflate = zlib.decompressobj(_WINDOW[coding])
        self._left = most
        self._most = most
        self._any = False

    def feed(self, chunk: bytes) -> bytes:
        if not self._any and self._coding == "deflate" and chunk[:1] and (chunk[0] & 0x0F) != 8:
            self._inflate = zlib.decompressobj(-15)  # some servers send raw deflate under that name
        self._any = self._any or bool(chunk)
        parts: list[bytes] = []
        while chunk:
            try:
                plain = self._inflate.decompress(chunk, self._left + 1)
            except zlib.error as exc:
                raise FetchError("decode", CODING_BROKEN) from exc
            self._left -= len(plain)
            if self._left < 0:
                raise FetchError("too-large", too_large(self._most, decoded=True))
            parts.append(plain)
            chunk = self._inflate.unused_data if self._inflate.eof and self._coding != "deflate" else b""
            if chunk:  # gzip allows several members, one after the other (RFC 1952 §2.2)
                self._inflate = zlib.decompressobj(_WINDOW[self._coding])
        return b"".join(parts)

    def finish(self) -> None:
        if self._any and not self._inflate.eof:
            raise FetchError("decode", CODING_BROKEN)
