"""A real nginx with the shipped file before a real site: whose name is answered, what is cached and for whom, what is limited.

Of `deploy/nginx.conf` only what is of one machine is changed: ports, certificate, folder of the cache.
"""

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from loopback import feed, serve
from waiting import until, wait_for

from browsing import PASSWORD
from veille.cli.serving import free_port
from veille.store import connect
from veille.store.curating.accounts import add_account

ROOT = Path(__file__).parent.parent.parent
NAME = "veille.exemple.fr"
pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")


class Front:
    """nginx as clients see it."""

    def __init__(self, tls: int, plain: int):
        self.tls, self.plain = tls, plain

    def ask(self, path, *, host=NAME, method="GET", body=None, secure=True, sni=NAME, source="127.0.0.1", **headers):
        """Status, headers, body; None where the connection was closed without an answer."""
        headers = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        raw = socket.create_connection(("127.0.0.1", self.tls if secure else self.plain), 20, source_address=(source, 0))
        try:
            if secure:
                raw = context.wrap_socket(raw, server_hostname=sni)
            connection = http.client.HTTPConnection("127.0.0.1")
            connection.sock = raw
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        except (http.client.RemoteDisconnected, ssl.SSLError, ConnectionResetError):
            return None
        finally:
            raw.close()


@pytest.fixture(scope="module")
def front(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nginx")
    with serve({"/a": feed("Un budget participatif")}) as root:
        (folder / "feeds.yaml").write_text(f"version: 1\nsources:\n  - {{id: a, name: A, feed: '{root}/a'}}\n", encoding="utf-8")
        subprocess.run([sys.executable, "-m", "veille", "collect", "--allow-private-network"], cwd=folder, check=True)
    with contextlib.closing(connect(folder / "data" / "veille.db")) as db:
        from datetime import UTC, datetime

        add_account(db, "claire", PASSWORD, "curator", datetime.now(UTC))
    upstream, tls, plain = free_port(0), free_port(0), free_port(0)
    text = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("127.0.0.1:8001", f"127.0.0.1:{upstream}"),
        ("listen 443 ssl", f"listen 127.0.0.1:{tls} ssl"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("/var/cache/nginx/veille", str(folder / "cache")),
        (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", str(ROOT / "tests" / "live" / "tls" / "leaf.pem")),
        (f"/etc/letsencrypt/live/{NAME}/privkey.pem", str(ROOT / "tests" / "live" / "tls" / "key.pem")),
    ):
        assert old in text, old
        text = text.replace(old, new)
    (folder / "veille.conf").write_text(text, encoding="utf-8")
    (folder / "nginx.conf").write_text(
        f"{'user root; ' if os.geteuid() == 0 else ''}daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;\n"
        f"uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; include {folder}/veille.conf; }}\n",
        encoding="utf-8",
    )
    checked = subprocess.run(["nginx", "-t", "-c", folder / "nginx.conf"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    log = (folder / "site.log").open("wb")
    site = subprocess.Popen([sys.executable, "-m", "veille", "serve", "--port", str(upstream)], cwd=folder, stdout=log, stderr=log)
    proxy = subprocess.Popen(["nginx", "-c", folder / "nginx.conf"])
    try:
        wait_for(f"http://127.0.0.1:{upstream}/")
        front = Front(tls, plain)

        def opened() -> bool:
            with contextlib.suppress(OSError):
                return bool(front.ask("/a-propos"))
            return False

        assert until(opened)
        yield front
    finally:
        for process, number in ((proxy, signal.SIGQUIT), (site, signal.SIGTERM)):
            process.send_signal(number)
            process.wait(20)
        log.close()


def told(front, path, **given):
    return front.ask(path, **given)[0]


def test_only_our_name_is_answered(front):
    assert told(front, "/a-propos") == 200
    assert front.ask("/", host="mal.exemple.net") is None
    assert front.ask("/", host="127.0.0.1") is None
    assert front.ask("/", host="mal.exemple.net", secure=False) is None
    assert front.ask("/", sni="mal.exemple.net") is None
    status, headers, _ = front.ask("/themes", secure=False)
    assert (status, headers["location"]) == (301, f"https://{NAME}/themes")
    assert "max-age" in front.ask("/a-propos")[1]["strict-transport-security"]


def test_no_name_that_a_client_invents_comes_back_to_another(front):
    poisoned = front.ask("/recherche.atom", host=f"{NAME}:6666", X_Forwarded_Host="mal.exemple.net", X_Forwarded_Proto="http")
    assert poisoned[0] == 200
    clean = front.ask("/recherche.atom")[2].decode()
    assert "6666" not in clean
    assert "mal.exemple" not in clean
    assert f"https://{NAME}/article/1" in clean
    absolute = front.ask("http://mal.exemple.net/agenda.ics", host=NAME)
    assert absolute is None or b"mal.exemple" not in absolute[2]
    assert b"mal.exemple" not in front.ask("/agenda.ics")[2]


def sign_in(front, **headers):
    _, given, page = front.ask("/connexion", **headers)
    cookie = given["set-cookie"].split(";")[0]
    token = re.search(r'name="csrftoken" value="([^"]+)"', page.decode())[1]
    body = f"nom=claire&mot-de-passe={PASSWORD.replace(' ', '+')}&csrftoken={token}"
    status, given, page = front.ask(
        "/connexion", method="POST", body=body, content_type="application/x-www-form-urlencoded", cookie=cookie, **headers
    )
    return status, given


def test_the_cache_is_for_strangers_only(front):
    first = front.ask("/sources")
    status, given = sign_in(front)
    assert status == 302
    cookie = given["set-cookie"].split(";")[0]
    assert "Secure" in given["set-cookie"]
    mine = front.ask("/sources", cookie=cookie)
    assert b"claire" in mine[2]
    assert mine[1]["cache-control"] == "private, no-store"
    again = front.ask("/sources")
    assert b"claire" not in again[2]
    assert again[2] == first[2]
    assert b"claire" not in front.ask("/sources", cookie="veille_session=rien")[2]
    assert told(front, "/tri", cookie=cookie) == 200
    assert told(front, "/tri") == 302


def test_signing_in_works_behind_another_port(front):
    status, given = sign_in(front, host=f"{NAME}:8443", origin=f"https://{NAME}:8443")
    assert (status, given["location"].split(NAME)[-1]) in ((302, "/tri"), (302, ":8443/tri"))
    assert sign_in(front, origin="https://mal.exemple.net")[0] == 403


def test_health_is_for_this_machine(front):
    assert told(front, "/-/veille/sante") in (200, 503)


def test_only_the_list_to_embed_may_be_framed(front):
    paths = ("/", "/recherche", "/article/1", "/connexion", "/veille/articles", "/recherche.json", "/nulle-part", "/-/static/app.css")
    assert "frame-ancestors *" in front.ask("/integrer")[1]["content-security-policy"]
    for path in paths:
        status, headers, _ = front.ask(path)
        assert "frame-ancestors 'none'" in headers.get("content-security-policy", ""), (path, status)


def test_bodies_guesses_and_readers_are_limited(front):
    form = {"source": "127.0.0.2", "method": "POST", "content_type": "application/x-www-form-urlencoded"}
    assert [told(front, "/connexion") for _ in range(9)] == [200] * 9  # the form itself is no guess
    assert told(front, "/tri/decision", body="a" * (65 << 10), **form) == 413
    answers = [front.ask("/connexion", body="nom=paul&mot-de-passe=faux", **form) for _ in range(12)]
    assert {status for status, _, _ in answers} <= {403, 429}
    assert [page for status, _, page in answers if status == 429 and b"nginx" in page]  # ten a minute, and five at once
    with ThreadPoolExecutor(16) as readers_at_once:
        readers = list(readers_at_once.map(lambda number: told(front, f"/robots.txt?{number}", source="127.0.0.3"), range(160)))
    assert readers.count(200) >= 40
    assert 429 in readers  # ten a second, and forty at once
