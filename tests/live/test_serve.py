"""`veille serve` and plain `datasette` as processes, and a bar on a terminal."""

import contextlib
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from loopback import feed, serve
from waiting import wait_for

from veille.cli.serving import free_port


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address) as answer:
            return answer.status
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code


@contextlib.contextmanager
def running(command, folder):
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


@pytest.fixture
def collected(tmp_path):
    with serve({"/a": feed("Un budget participatif")}) as root:
        (tmp_path / "feeds.yaml").write_text(f"version: 1\nsources:\n  - {{id: a, name: A, feed: '{root}/a'}}\n", encoding="utf-8")
        command = [sys.executable, "-m", "veille", "collect", "--allow-private-network"]
        subprocess.run(command, cwd=tmp_path, check=True)
    return tmp_path


def test_serve_shows_the_site_and_keeps_its_secret_to_its_owner(collected):
    port = free_port(0)
    with running([sys.executable, "-m", "veille", "serve", "--port", str(port)], collected):
        page = wait_for(f"http://127.0.0.1:{port}/")
        codes = [
            status(f"http://127.0.0.1:{port}{path}") for path in ("/veille/articles", "/veille/texts", "/veille.db", "/veille?sql=select+1")
        ]

    assert "Un budget participatif" in page
    assert codes == [200, 403, 403, 403]
    assert stat.S_IMODE((collected / "data" / "veille.db.secret").stat().st_mode) == 0o600


def test_plain_datasette_has_the_same_site_and_protections(collected):
    port = free_port(0)
    with running([sys.executable, "-m", "datasette", "data/veille.db", "--port", str(port)], collected):
        page = wait_for(f"http://127.0.0.1:{port}/")
        paths = ("/veille/articles", "/veille/items", "/veille/items_fts_data", "/veille/accounts", "/veille.db", "/veille?sql=select+1")
        codes = [status(f"http://127.0.0.1:{port}{path}") for path in paths]

    assert "Un budget participatif" in page
    assert codes == [200, 403, 403, 403, 403, 403]


def test_serve_starts_on_an_empty_folder(tmp_path):
    port = free_port(0)
    with running([sys.executable, "-m", "veille", "serve", "--port", str(port)], tmp_path):
        page = wait_for(f"http://127.0.0.1:{port}/")

    assert "Rien de nouveau pour l’instant" in page


def test_a_collection_while_the_site_is_read_is_seen_by_it(collected):
    port = free_port(0)
    with running([sys.executable, "-m", "veille", "serve", "--port", str(port)], collected), serve({"/a": feed("Autre nouvelle")}) as root:
        wait_for(f"http://127.0.0.1:{port}/")
        (collected / "feeds.yaml").write_text(f"version: 1\nsources:\n  - {{id: a, name: A, feed: '{root}/a'}}\n", encoding="utf-8")
        subprocess.run([sys.executable, "-m", "veille", "collect", "--all", "--allow-private-network"], cwd=collected, check=True)

        assert "Autre nouvelle" in wait_for(f"http://127.0.0.1:{port}/recherche")


def test_a_terminal_gets_a_bar_and_a_summary(tmp_path):
    with serve({"/a": feed("Un")}) as root:
        (tmp_path / "feeds.yaml").write_text(f"version: 1\nsources:\n  - {{id: gironde, name: A, feed: '{root}/a'}}\n", encoding="utf-8")
        mine, theirs = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "veille", "collect", "--allow-private-network"],
            cwd=tmp_path, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, "TERM": "xterm-256color"},
        )  # fmt: skip
        os.close(theirs)
        shown = b""
        while select.select([mine], [], [], 20)[0]:
            try:
                part = os.read(mine, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        process.wait(20)
        os.close(mine)

    text = shown.decode()
    assert "Collecte" in text
    assert "1 source lue : 1 nouvel article, 0 modifié." in text
