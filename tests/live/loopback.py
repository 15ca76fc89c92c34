"""A loopback HTTP server whose answers a test writes: real sockets, real faults."""

import contextlib
import gzip
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@contextlib.contextmanager
def serve(answers: dict[str, Answer | bytes], *, hits: list | None = None, host: str = "127.0.0.1") -> Iterator[str]:
    """The root address of a server on a free port; `hits` gets (path, headers) of each request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if hits is not None:
                hits.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            answer = answers.get(self.path)
            if answer is None:
                reply(self, b"absent", status=404)
            elif isinstance(answer, bytes):
                reply(self, answer)
            else:
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    answer(self)

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def reply(handler, body: bytes, *, status: int = 200, length: int | None = None, **headers: str) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def feed(*titles: str, site: str = "https://e.fr", text: str = "Texte.") -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>{site}/{title.lower().replace(' ', '-')}</link><guid>{site}/{title}</guid>"
        f"<pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate><description>{text}</description></item>"
        for title in titles
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()


def with_validators(body: bytes) -> Answer:
    def answer(handler):
        if handler.headers.get("if-none-match") == '"v1"':
            handler.send_response(304)
            handler.end_headers()
        else:
            reply(handler, body, ETag='"v1"', Last_Modified="Fri, 20 Nov 2026 08:00:00 GMT", Content_Type="application/rss+xml")

    return answer


def redirect(target: str, status: int = 302) -> Answer:
    return lambda handler: reply(handler, b"", status=status, Location=target)


def status(code: int, **headers: str) -> Answer:
    return lambda handler: reply(handler, b"<p>non</p>", status=code, **headers)


def slow(seconds: float) -> Answer:
    def answer(handler):
        time.sleep(seconds)
        reply(handler, feed("Tard"))

    return answer


def huge(handler) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "application/rss+xml")
    handler.end_headers()
    for _ in range(200):
        handler.wfile.write(b"x" * 65536)
    handler.close_connection = True


def bomb(handler) -> None:
    reply(handler, gzip.compress(b" " * (64 << 20)), Content_Encoding="gzip")


def gzipped(handler) -> None:
    reply(handler, gzip.compress(feed("Zippé")), Content_Encoding="gzip")


def reset(handler) -> None:
    """Close with unsent data thrown away: the other side gets RST."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def truncated(handler) -> None:
    reply(handler, feed("Coupé")[:100], length=5000)
    handler.close_connection = True
    handler.connection.close()
