"""Certificates: whom we believe, and what is said of those that we do not. Those of tests/live/tls are our own, and good for nothing else."""

import asyncio
import contextlib
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from veille.errors import FetchError
from veille.fetch import Fetcher, Limits, transport
from veille.model import Validators

HERE = Path(__file__).parent / "tls"
BODY = b"<rss version='2.0'><channel/></rss>"


@contextlib.contextmanager
def secured(certificate: str, *, names: list | None = None, whole: bool = True):
    """A server behind a certificate; `names` gets the name that each visitor asked for. Not `whole`: it hangs up without a word."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path == "/robots.txt":
                self.send_response(404)
                self.send_header("content-length", "0")
                self.end_headers()
                return
            self.send_response(200)
            if whole:
                self.send_header("content-length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)
            if not whole:
                self.close_connection = True

        def log_message(self, *_):
            return

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(HERE / certificate, HERE / "key.pem")
    context.sni_callback = lambda _socket, name, _context: names.append(name) if names is not None else None
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def visit(*urls: str):
    async def run():
        async with Fetcher(contact="", clock=lambda: datetime.now(UTC), allow_private=True, limits=Limits(spacing=0)) as fetcher:
            return [await fetcher.fetch(url, Validators(), timedelta(seconds=5)) for url in urls]

    return asyncio.run(run())


@pytest.fixture
def believed(monkeypatch):
    """Our own authority, beside those of the world."""
    trusting = transport.trusting

    def with_ours():
        context = trusting()
        context.load_verify_locations(HERE / "ca.pem")
        return context

    monkeypatch.setattr(transport, "trusting", with_ours)


@pytest.mark.parametrize("whole", [True, False])
def test_a_certificate_that_names_the_site_is_believed_and_asked_for_by_that_name(believed, whole):
    names = []
    with secured("leaf.pem", names=names, whole=whole) as port:
        first, second = visit(f"https://localhost:{port}/a", f"https://localhost:{port}/b")

    assert (first.body, second.body) == (BODY, BODY)
    assert set(names) == {"localhost"}
    assert len(names) == (1 if whole else 2)  # robots.txt and both pages by one connection, unless the site ends it


@pytest.mark.parametrize(
    ("certificate", "host", "ours", "said"),
    [
        ("leaf.pem", "127.0.0.1", True, "d’un autre site"), ("expired.pem", "localhost", True, "expiré"),
        ("leaf.pem", "localhost", False, "émetteur est inconnu"),
    ],
)  # fmt: skip
def test_a_certificate_that_is_not_is_refused_and_said_why(request, certificate, host, ours, said):
    if ours:
        request.getfixturevalue("believed")
    with secured(certificate) as port, pytest.raises(FetchError) as refused:
        visit(f"https://{host}:{port}/a")

    assert refused.value.failure == "tls"
    assert said in refused.value.reason


def test_a_site_without_certificate_is_no_site_behind_one(believed):
    from loopback import serve

    with serve({"/a": BODY}) as root, pytest.raises(FetchError) as refused:
        visit(root.replace("http://127.0.0.1", "https://localhost") + "/a")

    assert refused.value.failure == "tls"
