"""The one door to the network: what is dialled is what was checked, by every way in; nothing else opens a connection.

Names and addresses are never dialled: the resolver and the connect call are fakes that record. Two public addresses stand for servers
of ours: one that redirects anywhere, one that serves a feed.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from loopback import feed, redirect, reply, serve
from test_collect_live import veille, write_config

from builders import make_source
from pace import pace
from veille.collect.child import Parser
from veille.collect.discover import Scout
from veille.config import address_problem
from veille.errors import SourceError
from veille.fetch import Fetcher, Limits
from veille.fetch.addresses import is_public
from veille.model import Validators

SHARED = os.environ.get("VEILLE_SHARED", "")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECONDS = timedelta(seconds=5)
ELSEWHERE = "93.184.216.35"  # stands for a public server of ours that redirects


def rows():
    """Ours: one of each kind; theirs, where VEILLE_SHARED names the folder."""
    ours = [
        ("http://127.0.0.1/", "block", {}), ("http://[::1]/", "block", {}), ("http://0/", "block", {}), ("http://2130706433/", "block", {}),
        ("http://0x7f.1/", "block", {}), ("http://169.254.169.254/latest/", "block", {}), ("http://100.64.0.1/", "block", {}),
        ("http://[::ffff:10.0.0.1]/", "block", {}), ("http://[64:ff9b::7f00:1]/", "block", {}), ("http://[2002:7f00:1::]/", "block", {}),
        ("http://[2001:0:7f00:1::]/", "block", {}), ("http://prive.test/", "block", {"prive.test": ["10.0.0.1"]}),
        ("http://double.test/", "block", {"double.test": ["93.184.216.34", "192.168.0.1"]}), ("http://public.test:22/", "block", {}),
        ("ftp://public.test/", "block", {}), ("http://claire:mot@public.test/", "block", {"public.test": ["93.184.216.34"]}),
        ("http://ailleurs.test/a", "allow", {"ailleurs.test": ["93.184.216.34"]}), ("https://[2001:4860:4860::8888]/", "allow", {}),
        ("http://bascule.test/", "block", {"bascule.test": ["93.184.216.34", "127.0.0.1"]}),
    ]  # fmt: skip
    path = Path(SHARED, "hostile", "urls-ssrf.jsonl")
    if not (SHARED and path.is_file()):
        return ours
    theirs = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return ours + [(row["url"], row["expect"], row.get("dns") or {}) for row in theirs]


class Web:
    """A resolver that answers in order, and a network that records who is dialled; one public address leads to a server of ours."""

    def __init__(self, monkeypatch, port):
        self.dialled, self._left, self._port = [], {}, port
        self._connect = asyncio.selector_events.BaseSelectorEventLoop.sock_connect
        web = self

        async def sock_connect(loop, sock, address):
            web.dialled.append(address[:2])
            if address[0] == ELSEWHERE:
                return await web._connect(loop, sock, ("127.0.0.1", web._port))
            raise ConnectionRefusedError(111, "recorded, not dialled")

        monkeypatch.setattr(asyncio.selector_events.BaseSelectorEventLoop, "sock_connect", sock_connect)
        monkeypatch.setattr(socket, "getaddrinfo", self._look_up)

    def answers(self, dns):
        self._left = {name: list(addresses) for name, addresses in dns.items()}
        self.dialled.clear()

    def _look_up(self, host, port, family=0, type=0, proto=0, flags=0):
        name = host.decode() if isinstance(host, bytes) else str(host)
        if name == "portail.test":
            found = [ELSEWHERE]
        elif name in self._left:
            left = self._left[name]
            rebinds = name.startswith(("rebind", "bascule"))
            found = [left.pop(0) if len(left) > 1 else left[0]] if rebinds else left
        elif name in ("localhost", "ip6-localhost"):
            found = ["127.0.0.1"]
        else:
            try:
                found = [socket.inet_ntoa(socket.inet_aton(name))]  # the odd spellings that resolvers accept
            except OSError:
                found = [name] if ":" in name else []
        if not found:
            raise socket.gaierror(-2, "unknown")
        families = [(socket.AF_INET6 if ":" in one else socket.AF_INET, one) for one in found]
        return [(kind, socket.SOCK_STREAM, 6, "", (one, port or 0, 0, 0) if ":" in one else (one, port or 0)) for kind, one in families]


@pytest.fixture
def web(monkeypatch):
    def answer(handler):
        if "?to=" not in handler.path:
            reply(handler, feed("Un"))
            return
        target = unquote(handler.path.split("?to=")[1], errors="surrogatepass").encode("utf-8", "surrogatepass")
        handler.wfile.write(b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\nconnection: close\r\nlocation: " + target + b"\r\n\r\n")

    class Any(dict):
        def get(self, path, default=None):
            return None if path == "/robots.txt" else answer

    with serve(Any()) as root:
        yield Web(monkeypatch, int(root.rsplit(":", 1)[1]))


def fetcher():
    return Fetcher(contact="x@y.fr", clock=lambda: NOW, limits=Limits(spacing=0))


async def fetch(url):
    async with fetcher() as one:
        return await one.fetch(url, Validators(), SECONDS)


async def discover(url):
    with Parser() as parser:
        async with fetcher() as one:
            return await Scout(one, parser).find(make_source(kind="discover", url=url), NOW)


def by_file(url):
    """feeds.yaml, try and the form: the address is checked before anything, then fetched."""
    if address_problem(url):
        return
    asyncio.run(fetch(url))


WAYS = {
    "feeds.yaml": by_file, "direct": lambda url: asyncio.run(fetch(url)), "discover": lambda url: asyncio.run(discover(url)),
    "redirect": lambda url: asyncio.run(fetch(f"http://portail.test/x?to={quote(url.encode('utf-8', 'surrogatepass'))}")),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_what_is_blocked_is_never_dialled_and_what_is_allowed_is_dialled_where_it_was_checked(web, way):
    wrong = []
    for url, expect, dns in rows():
        web.answers(dns)
        said = ""
        try:
            WAYS[way](url)
        except SourceError as exc:
            said = exc.reason
        dialled = [place for place in web.dialled if place[0] != ELSEWHERE]
        if expect == "allow":
            good = bool(dialled) and all(is_public(__import__("ipaddress").ip_address(host)) for host, _ in dialled)
        else:
            # A name that answers a public address first may be dialled there: at the very address that was checked.
            rebound = [place for place in dialled if place[0] in {one for many in dns.values() for one in many[:1]}]
            good = dialled == (rebound if "rebind" in url or "bascule" in url else [])
        if not good or any(address in said for many in dns.values() for address in many):
            wrong.append((url, expect, dialled, said))
    assert not wrong


def test_a_name_that_changes_its_answer_is_dialled_only_where_it_was_checked(web):
    web.answers({"bascule.test": ["93.184.216.34", "127.0.0.1"]})

    for _ in range(3):
        with pytest.raises(SourceError):
            asyncio.run(fetch("http://bascule.test/"))

    assert {host for host, _ in web.dialled} == {"93.184.216.34"}


def test_a_resolver_that_hangs_holds_up_neither_the_run_nor_its_end(tmp_path):
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(
        textwrap.dedent("""
        import socket, time
        real = socket.getaddrinfo
        def slow(host, *more, **given):
            if "lent" in str(host):
                time.sleep(60)
            return real(host, *more, **given)
        socket.getaddrinfo = slow
        """)
    )
    with serve({"/a": feed("A")}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'", "lent": "feed: 'http://lent.test/rss'"}, defaults="{timeout: 2s}")
        started = time.monotonic()
        outcome = subprocess.run(
            [sys.executable, "-m", "veille", "collect", "--allow-private-network", "--spacing", "0", "--json"], cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(slow)}, capture_output=True, text=True, timeout=40,
        )  # fmt: skip
        seconds = time.monotonic() - started

    summary = json.loads(outcome.stdout)
    assert summary["sources"]["ok"] == 1
    assert [one["class"] for one in summary["failures"]] == ["timeout"]
    assert seconds < 8 * pace()


WATCH = """
import json, os, sys
def watch(event, arguments):
    if event == "socket.connect":
        with open(os.environ["VEILLE_DIALLED"], "a") as file:
            file.write(json.dumps([os.getpid(), str(arguments[1])]) + "\\n")
sys.addaudithook(watch)
"""


def test_no_library_opens_a_connection_by_itself(tmp_path):
    """Documents full of addresses (DTD, stylesheet, images, enclosures, frames): only the sources themselves are asked, by the parent."""
    watched = tmp_path / "watch"
    watched.mkdir()
    (watched / "sitecustomize.py").write_text(WATCH)
    hits = []
    with serve({}) as elsewhere:
        tempting = f"""<?xml version="1.0"?><?xml-stylesheet href="{elsewhere}/style.xsl" type="text/xsl"?>
        <!DOCTYPE rss SYSTEM "{elsewhere}/rss.dtd"><rss version="2.0" xml:base="{elsewhere}/"><channel><title>x</title>
        <link>{elsewhere}/</link><image><url>{elsewhere}/logo.png</url></image><cloud domain="{elsewhere}" port="80" path="/"/>
        <item><title>Un</title><link>{elsewhere}/un</link><enclosure url="{elsewhere}/son.mp3" type="audio/mpeg" length="1"/>
        <description>&lt;img src="{elsewhere}/image.png"&gt;&lt;iframe src="{elsewhere}/cadre"&gt;</description></item></channel></rss>"""
        page = f"""<html><head><base href="{elsewhere}/"><link rel=stylesheet href="{elsewhere}/a.css"><meta http-equiv=refresh content="0;url={elsewhere}/r">
        <script src="{elsewhere}/a.js"></script></head><body><main><li><a href="/un">Un article de la page</a><img src="{elsewhere}/b.png"></li></main></body></html>"""
        with serve({"/rss": tempting.encode(), "/page": page.encode(), "/page?deux": page.encode()}, hits=hits) as root:
            select = "select: {item: li, title: a, link: 'a@href'}"
            write_config(
                tmp_path, {"a": f"feed: '{root}/rss'", "b": f"page: '{root}/page', {select}", "c": f"discover: '{root}/page?deux'"}
            )
            log = tmp_path / "dialled"
            environment = {
                **os.environ,
                "PYTHONPATH": str(watched),
                "VEILLE_DIALLED": str(log),
                "http_proxy": elsewhere,
                "all_proxy": elsewhere,
            }
            subprocess.run(
                [sys.executable, "-m", "veille", "collect", "--allow-private-network", "--spacing", "0"], cwd=tmp_path, env=environment,
                capture_output=True, timeout=60, check=False,
            )  # fmt: skip

    dialled = [json.loads(line) for line in log.read_text().splitlines()]
    port = int(root.rsplit(":", 1)[1])
    assert dialled
    assert {where for _, where in dialled} == {str(("127.0.0.1", port))}
    assert len({pid for pid, _ in dialled}) == 1  # never the child
    asked = {path for path, _ in hits}
    assert {"/rss", "/page"} <= asked


def test_nothing_of_one_site_is_told_to_another(tmp_path):
    told = []

    def keep(handler):
        told.append({name.lower(): value for name, value in handler.headers.items()})
        reply(handler, feed("Un"))

    def cookie(handler):
        reply(handler, b"", status=302, Location=f"{other}/b", Set_Cookie="secret=1; Domain=127.0.0.1; Path=/")

    with serve({"/b": keep}, host="127.0.0.2") as other, serve({"/a": cookie, "/c": keep}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'", "c": f"feed: '{root}/c'"})
        veille("collect", "--allow-private-network", "--spacing", "0", cwd=tmp_path)

    assert len(told) == 2
    for headers in told:
        assert not headers.keys() & {"cookie", "authorization", "referer", "proxy-authorization", "x-forwarded-for"}


def test_the_child_can_only_read(tmp_path):
    script = textwrap.dedent(f"""
        import socket, subprocess, sys
        from veille.collect.child import _only_reads
        sys.addaudithook(_only_reads)
        refused = []
        for act in (lambda: socket.create_connection(("127.0.0.1", 9)), lambda: subprocess.run(["true"]), lambda: open({str(tmp_path / "x")!r}, "w"),
                    lambda: open({str(tmp_path / "x")!r}, "a"), lambda: __import__("os").system("true")):
            try:
                act()
            except PermissionError:
                refused.append(1)
        open(sys.executable, "rb").close()
        print(len(refused))
    """)

    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30).stdout.strip() == "5"


def test_ports_that_are_not_of_the_web_are_refused(web):
    web.answers({"ailleurs.test": ["93.184.216.34"]})
    for port in (22, 25, 6379, 3000):
        with pytest.raises(SourceError, match=f"port {port}"):
            asyncio.run(fetch(f"http://ailleurs.test:{port}/"))
    assert web.dialled == []


def test_a_redirect_is_checked_at_each_hop():
    """The control of the above: with private networks allowed, the same redirect is followed."""

    async def get(url):
        async with Fetcher(contact="", clock=lambda: NOW, allow_private=True, limits=Limits(spacing=0)) as one:
            return await one.fetch(url, Validators(), SECONDS)

    with serve({"/b": feed("B")}, host="127.0.0.2") as inside, serve({"/a": redirect(f"{inside}/b")}) as root:
        assert asyncio.run(get(f"{root}/a")).status == 200
