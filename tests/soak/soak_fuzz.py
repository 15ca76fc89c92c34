"""Seeded, bounded nonsense for every route (signed in and not) and every command: no 500, no traceback, the slowest told.

`VEILLE_ASKED` requests for each route (1,000), `VEILLE_TRIED` invocations of each command (40), `VEILLE_SEED`.
"""

import asyncio
import logging
import os
import random
import re
import string
import subprocess
import sys
import time
from datetime import UTC, datetime
from urllib.parse import quote

import httpx
import pytest
from datasette.app import Datasette

from browsing import PASSWORD
from builders import collect_entries, make_entry, make_source
from veille.cli import _COMMANDS
from veille.store.curating.accounts import add_account, begin_session
from veille.web.routes import ROUTES

ASKED = int(os.environ.get("VEILLE_ASKED", "1000"))
TRIED = int(os.environ.get("VEILLE_TRIED", "40"))
SEED = int(os.environ.get("VEILLE_SEED", "20171006"))
NAMES = (
    "q theme departement region type source langue annee depuis jusqua tri page selection ecartes exact genre nombre periode etat ordre comme "
    "article suite item action value why seen batch change nom mot-de-passe csrftoken adresse jeton retour recherche attendu role start end "
    "id seul quand-meme _search _sort _size _next _facet _shape _col _nocol _labels _json _ttl _trace _nofacet _searchmode _where"
).split()
VALUES = (
    "", "1", "0", "-1", "9999999999999999999", "1.5", "33", "2A", "01", "handicap", "gironde", "2026", "2026-11-30", "9999-12-31", "0001-01-01",
    "select", "dismiss", "tag-add", "date-add", "budget", "budg*", '"a b"', "-x", "*", "a" * 499, "é" * 300, "\x00", "\ud800", "𝕏🧢", "%", "%00",
    "../../etc/passwd", "' or 1=1 --", '"', "<script>", "{{7*7}}", "[]", "{}", "null", "true", "NaN", "javascript:alert(1)", "http://127.0.0.1/",
    "curator", "admin", "\u202e", "a\r\nb", "&", "=", "+", "id", "rowid", "title__contains", "articles",
)  # fmt: skip
TYPES = (
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=latin-1", "multipart/form-data", "application/json", "",
    "text/plain", "multipart/form-data; boundary=x",
)  # fmt: skip


class Dice(random.Random):
    """Seeded nonsense."""

    def text(self):
        if self.random() < 0.75:
            return self.choice(VALUES)
        return "".join(self.choice(string.printable + "éœ’🧢\u0301\x07") for _ in range(self.randrange(1, 40)))

    def pairs(self):
        count = self.choice((0, 1, 1, 2, 3, 8, 40)) if self.random() > 0.01 else 900
        return "&".join(
            f"{quote(self.choice(NAMES) if self.random() < 0.9 else self.text(), errors='replace')}={self.quoted(self.text())}"
            for _ in range(count)
        )

    def quoted(self, text):
        return (
            quote(text, safe="/" if self.random() < 0.5 else "", errors="surrogatepass")
            if self.random() < 0.95
            else quote(text[:3].encode("utf-16", "surrogatepass"))
        )

    def path(self, pattern):
        """A path that a route may fit: its groups filled with what fits or nearly does."""

        def fill(_found):
            given = "1 2 33 handicap gironde json csv atom veille articles 0 999999".split()
            return self.choice(given) if self.random() < 0.9 else self.quoted(self.text()) or "x"

        return re.sub(r"\(\?P<\w+>[^)]*\)", fill, pattern.strip("^$")).replace("\\", "").replace("(?!static/|static-plugins/|veille/)", "x")

    def headers(self):
        given = {
            "host": self.choice(("localhost", "mal.exemple.net", "x" * 300, "é")).encode(),
            "accept": self.choice((b"*/*", b"application/json", b"\xff")),
        }
        for name in (
            "origin",
            "referer",
            "if-none-match",
            "accept-encoding",
            "authorization",
            "x-forwarded-proto",
            "sec-fetch-site",
            "range",
            "x-csrftoken",
            "accept-language",
        ):
            if self.random() < 0.08:
                given[name] = self.text().encode("utf-8", "surrogatepass").translate(None, b"\r\n\x00")
        return given


@pytest.fixture
def site(store, knowledge, now, tmp_path, monkeypatch):
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    entries = [
        make_entry(
            guid=str(n),
            link=f"https://e.fr/{n}",
            title=f"Un budget participatif numéro {n}",
            summary="Dépôt jusqu’au 15 décembre 2026. " * 5,
        )
        for n in range(60)
    ]
    collect_entries(store, make_source(territory=("33",)), entries, knowledge, now)
    for name, role in (("claire", "curator"), ("anne", "admin")):
        add_account(store, name, PASSWORD, role, now)
    return Datasette([str(tmp_path / "veille.db")])


@pytest.mark.parametrize("who", [None, 1, 2], ids=["stranger", "curator", "administrator"])
def test_no_request_is_a_500_or_a_traceback(site, store, now, who, monkeypatch):
    dice, costs, codes = Dice(f"{SEED} {who}"), [], {}
    traced = []

    class Keeper(logging.Handler):
        def emit(self, record):
            if record.exc_info or record.levelno >= logging.ERROR:
                traced.append((record.getMessage(), record.exc_info))

    keeper = Keeper()
    for name in ("", "veille"):
        logging.getLogger(name).addHandler(keeper)
    token = begin_session(store, who, datetime.now(UTC).replace(year=2026, month=11, day=22)) if who else ""
    store.execute("update sessions set began_at = ?", (now.strftime("%Y-%m-%dT%H:%M:%SZ"),))

    async def ask():
        await site.invoke_startup()
        transport = httpx.ASGITransport(app=site.app(), raise_app_exceptions=True)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", timeout=60) as client:
            page = (await client.get("/connexion")).text
            csrf = re.search(r'name="csrftoken" value="([^"]+)"', page)[1]
            cookie = f"ds_csrftoken={client.cookies['ds_csrftoken']}" + (f"; veille_session={token}" if token else "")
            client.cookies.clear()
            for pattern, _ in ROUTES:
                if pattern in ("^/deconnexion$", "^/tri/ajouter$", "^/article/(?P<id>[0-9]{1,15})/preuve$") and who:
                    continue  # one ends the session, the others ask another site: below, without a network
                for _ in range(ASKED):
                    method = dice.choice(("GET", "GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"))
                    headers = dice.headers() | {
                        "cookie": cookie
                        if dice.random() < 0.9
                        else dice.text().encode("utf-8", "surrogatepass").translate(None, b"\r\n\x00")
                    }
                    content = b""
                    if method in ("POST", "PUT", "PATCH"):
                        headers["content-type"] = TYPES[0] if dice.random() < 0.8 else dice.choice(TYPES)
                        fields = dice.pairs()
                        content = (f"csrftoken={csrf}&{fields}" if dice.random() < 0.8 else fields).encode()
                    path = f"{dice.path(pattern)}?{dice.pairs()}"
                    began = time.process_time()
                    try:
                        request = client.build_request(method, path, headers=headers, content=content)
                    except (httpx.InvalidURL, UnicodeError, ValueError, TypeError):
                        continue  # what no client can send
                    answer = await client.send(request)
                    costs.append((round(time.process_time() - began, 3), method, path[:150]))
                    codes[answer.status_code] = codes.get(answer.status_code, 0) + 1
                    assert answer.status_code != 500, (method, path, headers, content)

    asyncio.run(ask())
    for name in ("", "veille"):
        logging.getLogger(name).removeHandler(keeper)
    print(
        f"\n{sum(codes.values())} requests as {who}: {dict(sorted(codes.items()))}\nthe slowest (seconds of processor): {sorted(costs, reverse=True)[:3]}"
    )
    assert traced == []


FIXED = (
    "--db",
    "--config",
    "--help",
    "--all",
    "--json",
    "-v",
    "--yes",
    "--dry-run",
    "--undo",
    "--stories",
    "--source",
    "--once",
    "--port",
    "--host",
    "--alarms",
    "--write",
    "--limit",
    "--seed",
)


def invocation(dice, command):
    words = [command]
    for _ in range(dice.randrange(5)):
        words.append(
            dice.choice(FIXED)
            if dice.random() < 0.5
            else dice.choice(
                (
                    "a",
                    "feeds.yaml",
                    "data/veille.db",
                    "data",
                    "absent",
                    "/dev/null",
                    "/",
                    "export",
                    "list",
                    "add",
                    "import",
                    "1",
                    "-1",
                    dice.text(),
                )
            )
        )
    return [word.replace("\x00", "").encode("utf-8", "surrogatepass").decode("utf-8", "replace") for word in words]


@pytest.mark.parametrize("command", sorted(_COMMANDS.keys() - {"serve", "demo", "datasette", "try"}))
def test_no_invocation_is_a_traceback(tmp_path, command):
    """Without a network and without a terminal; what would serve or ask another site is tried elsewhere."""
    (tmp_path / "feeds.yaml").write_text("version: 1\nsources:\n  - {id: a, name: A, feed: 'http://127.0.0.1:9/a'}\n", encoding="utf-8")
    dice, codes = Dice(f"{SEED} {command}"), {}
    for _ in range(TRIED):
        words = invocation(dice, command)
        if "/" in words and command in ("export", "backup"):
            continue
        noise = dice.choice(("", "oui\n", "\x00\xff", "x" * 100))
        done = subprocess.run(
            [sys.executable, "-m", "veille", *words], cwd=tmp_path, capture_output=True, input=noise.encode("utf-8", "surrogatepass"), timeout=120,
            env={**os.environ, "PYTHONIOENCODING": dice.choice(("utf-8", "latin-1", "ascii"))},
        )  # fmt: skip
        said = (done.stdout + done.stderr).decode("utf-8", "replace")
        codes[done.returncode] = codes.get(done.returncode, 0) + 1
        assert done.returncode in (0, 1, 2, 130), (words, said[-500:])
        assert "Traceback" not in said, (words, said[-1500:])
    print(f"\n{command}: {dict(sorted(codes.items()))}")
