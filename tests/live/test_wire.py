"""Our own connection, held beside httpx on real sockets: the same answers; and its bounds, on the wire."""

import asyncio
import contextlib
import gzip
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from loopback import reply, serve

from veille.errors import FetchError
from veille.fetch import Fetcher, Limits
from veille.fetch.wire import Broken, Buffer, Cut, Silent, Stale, connect
from veille.model import Fetched, NotModified, Validators

BODY = "<rss>é</rss>".encode() * 20_000


def chunked(handler):
    handler.send_response(200)
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    for at in range(0, len(BODY), 7_001):
        piece = BODY[at : at + 7_001]
        handler.wfile.write(f"{len(piece):x};name=value\r\n".encode() + piece + b"\r\n")
    handler.wfile.write(b"0\r\nX-Trailer: x\r\n\r\n")


def until_closed(handler):
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("connection", "close")
    handler.end_headers()
    handler.wfile.write(BODY)


def after_a_hint(handler):
    handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
    reply(handler, BODY, ETag='"x"')


def repeated(handler):
    handler.send_response(200)
    for value in ("no-transform", "max-age=60"):
        handler.send_header("cache-control", value)
    handler.send_header("x-latin", "caf\xe9")
    handler.send_header("content-length", "2")
    handler.end_headers()
    handler.wfile.write(b"ok")


ANSWERS = {
    "/length": BODY, "/empty": b"", "/chunked": chunked, "/closed": until_closed, "/hint": after_a_hint, "/repeated": repeated,
    "/gone": lambda handler: reply(handler, b"parti", status=410), "/moved": lambda handler: reply(handler, b"", status=301, Location="/length"),
}  # fmt: skip


async def exchange(root: str, path: str):
    """Status, headers and body of one answer, by our own connection."""
    host, port = root.removeprefix("http://").split(":")
    wire = await connect(host, int(port), buffer=Buffer(), tls=None, name=host, silence=5)
    try:
        head = await wire.ask(f"GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode(), 5)
        pieces = []
        while (taken := await wire.take())[1]:
            pieces.append(taken[0])
        return head.status, dict(head.headers), b"".join(pieces)
    finally:
        wire.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize("path", ANSWERS)
def test_an_answer_is_what_httpx_makes_of_it(path):
    with serve(ANSWERS) as root:
        status, headers, body = asyncio.run(exchange(root, path))
        with httpx.Client(trust_env=False, headers={"accept-encoding": "identity"}) as client:
            theirs = client.get(root + path, follow_redirects=False)

    assert (status, body) == (theirs.status_code, theirs.content)
    assert {name: value for name, value in headers.items() if name != "date"} == {
        name: value for name, value in theirs.headers.items() if name not in ("date", "x-trailer")
    }


def served_bytes(answer: bytes, *, then: str = "close", later: bytes = b""):
    """A server that says these bytes to whoever asks, then closes, resets, or waits."""

    @contextlib.contextmanager
    def running():
        listener = socket.create_server(("127.0.0.1", 0))

        def run():
            with contextlib.suppress(OSError):
                while True:
                    one, _ = listener.accept()
                    one.recv(65536)
                    with contextlib.suppress(OSError):
                        one.sendall(answer)
                    if later:
                        time.sleep(0.2)
                        one.sendall(later)
                    if then == "wait":
                        time.sleep(3)
                    if then == "reset":
                        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                    one.close()

        threading.Thread(target=run, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.close()

    return running()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "then", "error"),
    [
        (b"bonjour\r\n\r\n", "close", Broken), (b"", "close", Broken), (HEAD + b"Content-Length: 10\r\n\r\nabc", "close", Broken),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab", "close", Broken), (HEAD + b"X: " + b"a" * 200_000, "wait", Broken),
        (HEAD + b"Content-Length: 10\r\n\r\nabc", "reset", Cut), (HEAD + b"Content-Length: 10\r\n\r\nabc", "wait", Silent), (b"", "wait", Silent), (HEAD + b"A: b\r\n" * 2_000 + b"\r\n", "wait", Broken),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nabc", "wait", Broken), (b"HTTP/1.1 100 Continue\r\n\r\n" * 9_000, "wait", Broken),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_told_by_its_kind(answer, then, error):
    async def ask(root):
        host, port = root.removeprefix("http://").split(":")
        wire = await connect(host, int(port), buffer=Buffer(), tls=None, name=host, silence=0.5)
        try:
            await wire.ask(b"GET / HTTP/1.1\r\n\r\n", 0.5)
            while (await wire.take())[1]:
                pass
        finally:
            wire.close()
            await asyncio.sleep(0)

    with served_bytes(answer, then=then) as root, pytest.raises(error):
        asyncio.run(ask(root))


def test_nothing_is_read_while_nobody_takes_it():
    """What a site sends waits in the system's buffers: the process holds two pieces of 64 KiB at most."""

    async def ask(root):
        host, port = root.removeprefix("http://").split(":")
        wire = await connect(host, int(port), buffer=Buffer(), tls=None, name=host, silence=5)
        await wire.ask(b"GET / HTTP/1.1\r\n\r\n", 5)
        await asyncio.sleep(0.5)
        held = wire._held
        taken = 0
        while (piece := await wire.take())[1]:
            taken += len(piece[0])
            held = max(held, wire._held)
        wire.close()
        return held, taken

    size = 30 << 20
    with served_bytes(HEAD + f"Content-Length: {size}\r\n\r\n".encode() + b"x" * size, then="wait") as root:
        held, taken = asyncio.run(ask(root))

    assert held <= 128 << 10
    assert taken == size


def fetcher() -> Fetcher:
    return Fetcher(contact="", clock=lambda: datetime.now(UTC), allow_private=True, limits=Limits(spacing=0))


async def fetched(one: Fetcher, url: str, validators: Validators = Validators()) -> Fetched | NotModified:  # noqa: B008
    return await one.fetch(url, validators, timedelta(seconds=5))


@pytest.mark.parametrize(("size", "fate"), [(40, 1_600_000), (20, "too-large")])
def test_a_body_in_many_pieces_is_read_unless_they_are_crumbs(size, fate):
    """Each piece costs the loop that reads for all, however few bytes it has."""
    chunks = (f"{size:x}\r\n".encode() + b"a" * size + b"\r\n") * 40_000

    async def ask(root):
        async with fetcher() as one:
            try:
                return len((await fetched(one, root)).body)
            except FetchError as exc:
                return exc.failure

    with served_bytes(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n") as root:
        assert asyncio.run(ask(root)) == fate


def test_visits_of_a_site_share_its_connection_and_one_that_died_is_replaced():
    """robots.txt and three addresses, by one connection; the site closes it, and the fourth address is asked by another."""
    opened = set()

    def answer(handler):
        opened.add(handler.client_address)
        reply(handler, gzip.compress(BODY[:900]), Content_Encoding="gzip", ETag='"v"')

    def last(handler):
        answer(handler)
        handler.close_connection = True  # without a word: a site that restarts

    async def run(root):
        async with fetcher() as one:
            bodies = [(await fetched(one, f"{root}/{name}")).body for name in ("a", "b", "end")]
            await asyncio.sleep(0.2)
            bodies.append((await fetched(one, f"{root}/c")).body)
            return bodies

    with serve({"/robots.txt": b"", "/a": answer, "/b": answer, "/c": answer, "/end": last}) as root:
        bodies = asyncio.run(run(root))

    assert bodies == [BODY[:900]] * 4
    assert len(opened) == 2


def test_a_request_on_a_dying_connection_is_sent_anew_once_and_never_after_a_first_byte():
    async def run(root):
        host, port = root.removeprefix("http://").split(":")
        wire = await connect(host, int(port), buffer=Buffer(), tls=None, name=host, silence=2)
        await wire.ask(b"GET / HTTP/1.1\r\n\r\n", 2)
        while (await wire.take())[1]:
            pass
        await asyncio.sleep(0.3)
        assert not wire.reusable
        with pytest.raises(Stale):
            await wire.ask(b"GET / HTTP/1.1\r\n\r\n", 2)
        wire.close()
        await asyncio.sleep(0)

    with served_bytes(HEAD + b"Content-Length: 2\r\n\r\nok") as root:
        asyncio.run(run(root))


def test_a_site_that_cuts_each_answer_is_asked_once():
    hits = []

    def cut(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc")
        handler.wfile.flush()
        handler.connection.close()

    async def run(root):
        async with fetcher() as one:
            with pytest.raises(FetchError):
                await fetched(one, f"{root}/cut")

    with serve({"/robots.txt": b"", "/cut": cut}, hits=hits) as root:
        asyncio.run(run(root))

    assert [path for path, _ in hits] == ["/robots.txt", "/cut"]


def test_a_second_answer_behind_the_first_is_never_taken_for_anything():
    """Forged by whoever can write behind a sound answer, in the same piece or a moment later: the connection ends with the first."""
    forged = HEAD + b"ETag: x\r\nContent-Length: 6\r\n\r\nforged"

    async def ask(root, pause):
        host, port = root.removeprefix("http://").split(":")
        wire = await connect(host, int(port), buffer=Buffer(), tls=None, name=host, silence=2)
        head = await wire.ask(b"GET / HTTP/1.1\r\n\r\n", 2)
        body = b""
        while (piece := await wire.take())[1]:
            body += piece[0]
        await asyncio.sleep(pause)
        told = (head.status, dict(head.headers), body, wire.reusable)
        wire.close()
        await asyncio.sleep(0)
        return told

    with served_bytes(HEAD + b"Content-Length: 2\r\n\r\nok" + forged, then="wait") as root:
        assert asyncio.run(ask(root, 0)) == (200, {"content-length": "2"}, b"ok", False)
    with served_bytes(HEAD + b"Content-Length: 2\r\n\r\nok", then="wait", later=forged) as root:
        assert asyncio.run(ask(root, 0.6)) == (200, {"content-length": "2"}, b"ok", False)
