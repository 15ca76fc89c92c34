"""Sites on loopback that live through simulated days: real sockets, real documents, a clock that a test turns."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from portals.articles import Article

Headers = dict[str, str]
Answer = tuple[int, Headers, bytes]


@dataclass
class Asked:
    """One request as the site saw it."""

    now: datetime  # simulated
    path: str
    headers: Headers
    at_once: int  # requests of this site in progress, itself included
    status: int = 0


@dataclass
class Site:
    """A site: what it answers depends on the day. `articles` is everything it ever publishes, newest first."""

    name: str
    answer: Callable[["Site", str, datetime], Answer | None]
    articles: list[Article] = field(default_factory=list)
    robots: Callable[[datetime], str | None] = lambda _now: None
    asked: list[Asked] = field(default_factory=list)
    root: str = ""

    def out(self, now: datetime, *, most: int = 15) -> list[Article]:
        """What is published by now, newest first, as many as a page or a feed shows."""
        return [one for one in self.articles if one.day <= now.date()][:most]


class World:
    """The sites, and the hour."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self.sites: dict[str, Site] = {}

    def clock(self) -> datetime:
        return self.now


def not_found() -> Answer:
    return 404, {}, "<!doctype html><title>Introuvable</title><p>Cette page n’existe pas.".encode()


@contextlib.contextmanager
def serving(world: World, sites: list[Site]) -> Iterator[None]:
    """Each site on a port of its own."""
    servers = []
    for site in sites:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(world, site))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True).start()
        site.root = f"http://127.0.0.1:{server.server_address[1]}"
        world.sites[site.name] = site
        servers.append(server)
    try:
        yield
    finally:
        # Each looks up but five times a second, so that many cost nothing: they are told to end together.
        endings = [threading.Thread(target=server.shutdown) for server in servers]
        for one in endings:
            one.start()
        for one, server in zip(endings, servers, strict=True):
            one.join()
            server.server_close()


def _handler(world: World, site: Site) -> type[BaseHTTPRequestHandler]:
    lock = threading.Lock()
    busy = [0]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                busy[0] += 1
                asked = Asked(world.now, self.path, {name.lower(): value for name, value in self.headers.items()}, busy[0])
                site.asked.append(asked)
            try:
                self._answer(asked)
            finally:
                with lock:
                    busy[0] -= 1

        def _answer(self, asked: Asked) -> None:
            if self.path == "/robots.txt":
                text = site.robots(world.now)
                status, headers, body = not_found() if text is None else (200, {"content-type": "text/plain"}, text.encode())
            else:
                status, headers, body = site.answer(site, self.path, world.now) or not_found()
            tag = headers.get("etag")
            if status == 200 and tag and asked.headers.get("if-none-match") == tag:
                status, body = 304, b""
            asked.status = status
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("content-length", str(len(body)))
                self.end_headers()
                if status != 304:
                    self.wfile.write(body)

        def log_message(self, *_):
            return

    return Handler


def rss(
    rows: list[Article], root: str, *, link: str = "/actualites/{}/", guid: str = "{}", title: str = "Le Département", extra: str = ""
) -> bytes:
    """RSS 2.0; `link` and `guid` are made from the slug."""
    items = "".join(
        f"<item><title>{escape(row.title)}</title><link>{root}{link.format(row.slug)}</link>"
        f"<guid isPermaLink='false'>{guid.format(row.slug)}</guid><pubDate>{row.day:%a, %d %b %Y} 08:00:00 +0000</pubDate>"
        f"<description>{escape(row.lead)}</description></item>"
        for row in rows
    )
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title>{escape(title)}</title><link>{root}/</link>{extra}{items}</channel></rss>'.encode()


def feed_answer(body: bytes, **headers: str) -> Answer:
    return (
        200,
        {"content-type": "application/rss+xml; charset=utf-8"} | {name.replace("_", "-"): value for name, value in headers.items()},
        body,
    )


def html_answer(text: str) -> Answer:
    return 200, {"content-type": "text/html; charset=utf-8"}, text.encode()


def home(title: str, *, head: str = "", links: str = "") -> Answer:
    """A front page: a menu, some words, no list of articles."""
    return html_answer(
        f"<!doctype html><html lang=fr><head><meta charset=utf-8><title>{title}</title>{head}</head><body>"
        f"<nav><ul><li><a href='/le-departement'>Le Département</a></li><li><a href='/aides'>Vos aides</a></li>{links}</ul></nav>"
        f"<main><h1>{title}</h1><p>Bienvenue. Le Département agit pour ses habitants, ses communes et ses collèges, chaque jour.</p></main></body></html>"
    )


def utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)
