"""Answers go out compressed to readers who take gzip: a page is a fifth of its size on a phone.

Only what carries no secret: an answer to somebody signed in, or with a form's token, stays as it is (a secret beside words that the
reader chose can be guessed from the size, CVE-2013-3587). Only what is whole and of some size: streams go through.
"""

import gzip

from veille.web.site.http import Headers, Message, Scope, Send

_LEAST = 1000  # bytes; under that the headers weigh more than what is gained
_LEVEL = 5
_TYPES = (
    b"text/", b"application/json", b"application/atom+xml", b"application/feed+json", b"application/xml", b"image/svg+xml",
    b"application/javascript",
)  # fmt: skip


class Compressor:
    """One answer: holds the start back until the first part of the body tells whether it is whole."""

    def __init__(self, scope: Scope, send: Send) -> None:
        headers = dict(scope["headers"])
        self._wanted = _takes_gzip(headers.get(b"accept-encoding", b"")) and b"cookie" not in headers and scope["method"] == "GET"
        self._send = send
        self._start: Message = {}
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Take a message of the application."""
        if message["type"] == "http.response.start":
            if self._wanted and message["status"] == 200 and _may_shrink(message["headers"]):
                self._start = message
                return
            await self._send(message)
        elif not self._start:
            await self._send(message)
        else:
            await self._hold(message)

    async def _hold(self, message: Message) -> None:
        self._parts.append(message.get("body", b""))
        if message.get("more_body"):
            if not _has_length(self._start["headers"]):  # a stream without a known end: Datasette's CSV of a whole table
                await self._send(self._start)
                await self._send(message)
                self._start = {}
            return
        start, body = self._start, b"".join(self._parts)
        headers = start["headers"]
        if len(body) >= _LEAST:
            body = gzip.compress(body, _LEVEL, mtime=0)
            headers = [(name, value) for name, value in headers if name.lower() not in (b"content-length", b"content-encoding")]
            headers += [(b"content-encoding", b"gzip"), (b"content-length", str(len(body)).encode())]
            if not any(name.lower() == b"vary" and b"accept-encoding" in value.lower() for name, value in headers):
                headers.append((b"vary", b"Accept-Encoding"))
        await self._send({**start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def _takes_gzip(given: bytes) -> bool:
    return any(part.strip().split(b";")[0].strip() == b"gzip" and b"q=0" not in part.replace(b"q=0.", b"") for part in given.split(b","))


def _may_shrink(headers: Headers) -> bool:
    named = {name.lower(): value for name, value in headers}
    free = b"set-cookie" not in named and b"content-encoding" not in named
    return free and named.get(b"content-type", b"").startswith(_TYPES)


def _has_length(headers: Headers) -> bool:
    return any(name.lower() == b"content-length" for name, _ in headers)
