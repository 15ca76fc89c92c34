"""A collector killed with -9 at random instants leaves a sound file, loses nothing committed and doubles nothing."""

import contextlib
import gzip
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from loopback import reply, serve

from veille.cli.serving import free_port
from veille.errors import UsageError
from veille.store import connect, writing
from veille.store.curating.decisions import decide

ROOT = Path(__file__).parent.parent.parent

KILLS = int(os.environ.get("VEILLE_KILLS", "20"))
SOURCES, ENTRIES = 6, 15
EARLIEST = 0.15
"""Seconds before which there is only Python starting. The latest kill follows the machine: a run that ended first says
how long one takes now, and each one killed lets the next live a little longer, so that the last instants are tried too."""


def document(source: int, generation: int) -> bytes:
    """Entries 0..n of a source; every generation adds some and edits one."""
    items = "".join(
        f"<item><title>S{source} article {number}{' revu ' + str(generation) if number == generation % ENTRIES else ''}</title>"
        f"<link>https://s{source}.fr/{number}</link><guid>s{source}-{number}</guid>"
        f"<description>Un budget participatif en Gironde, texte {number}. {'mot ' * 200}</description></item>"
        for number in range(ENTRIES + generation)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()


def sound(db, *, every: str = "") -> None:
    """Integrity, foreign keys, an index and narrow rows that hold exactly the articles."""
    assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
    assert db.execute("pragma foreign_key_check").fetchall() == []
    counts = [db.execute(f"select count(*) from {table}").fetchone()[0] for table in ("items", "texts", "items_fts_docsize", "item_facets")]
    assert len(set(counts)) == 1, counts
    labels = db.execute("select distinct label, day, item_id from item_labels join items on items.id = item_id order by 1, 2, 3").fetchall()
    assert db.execute("select label, day, item_id from postings order by 1, 2, 3").fetchall() == labels
    doubled = db.execute("select source_id, url, count(*) from items group by 1, 2 having count(*) > 1").fetchall()
    assert doubled == []
    if every:
        assert db.execute("select count(*) from items_fts where items_fts match ?", (every,)).fetchone()[0] == counts[0]


def test_killed_at_random_instants(tmp_path):
    generation = 0
    seed = random.Random(20171006)
    lines = ["version: 1", "sources:"]
    answers = {}
    for source in range(SOURCES):
        answers[f"/{source}"] = lambda handler, source=source: reply(handler, document(source, generation))
    with serve(answers) as root:
        lines += [f"  - {{id: s{source}, name: S{source}, feed: '{root}/{source}'}}" for source in range(SOURCES)]
        (tmp_path / "feeds.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "veille", "collect", "--all", "--allow-private-network", "--spacing", "0"]
        started = time.monotonic()
        subprocess.run(command, cwd=tmp_path, check=True)
        whole = time.monotonic() - started
        committed: set[tuple[str, str]] = set()
        interrupted = 0
        for _ in range(KILLS):
            generation += 1
            started = time.monotonic()
            process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, stderr=subprocess.DEVNULL)
            try:
                process.wait(timeout=seed.uniform(EARLIEST, whole))
                whole = max(time.monotonic() - started, EARLIEST + 0.05)
            except subprocess.TimeoutExpired:
                interrupted += 1
                whole *= 1.02
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            db = connect(tmp_path / "data" / "veille.db")
            sound(db, every="budget")
            kept = set(db.execute("select source_id, url from items").fetchall())
            assert committed <= kept
            committed = kept
            db.close()
        started = time.monotonic()
        subprocess.run(command, cwd=tmp_path, check=True)
        last = time.monotonic() - started
        fresh = tmp_path / "neuf"
        fresh.mkdir()
        (fresh / "feeds.yaml").write_text((tmp_path / "feeds.yaml").read_text())
        started = time.monotonic()
        subprocess.run(command, cwd=fresh, check=True)
        alone = time.monotonic() - started
        print(f"{interrupted} of {KILLS} interrupted; the run after the last kill {last:.2f} s, the same from nothing {alone:.2f} s")
    db = connect(tmp_path / "data" / "veille.db")
    sound(db)
    assert db.execute("select count(*) from items").fetchone()[0] == SOURCES * (ENTRIES + generation)
    assert interrupted > KILLS * 0.5
    db.close()


CARELESS = """
import sqlite3, sys
db = sqlite3.connect("control.db", isolation_level=None)
db.execute("pragma journal_mode = memory")
db.execute("pragma synchronous = off")
db.execute("pragma cache_size = 2")
db.execute("create table if not exists one (n integer primary key, text text)")
db.execute("create table if not exists two (n integer primary key, text text)")
while True:
    db.execute("begin immediate")
    for table in ("one", "two"):
        db.executemany(f"insert into {table} (text) values (?)", [("mot " * 200,)] * 60)
    db.execute("commit")
"""


def test_the_control_a_journal_in_memory_is_caught(tmp_path):
    """The same kills on a file whose journal lives in memory: within forty of them it is torn, and it is noticed."""
    import sqlite3

    seed = random.Random(20171006)
    for _ in range(40):
        process = subprocess.Popen([sys.executable, "-c", CARELESS], cwd=tmp_path, stderr=subprocess.DEVNULL)
        time.sleep(seed.uniform(0.15, 0.4))
        process.kill()
        process.wait()
        db = sqlite3.connect(tmp_path / "control.db")
        try:
            torn = db.execute("pragma integrity_check(1)").fetchone()[0] != "ok"
            counts = [db.execute(f"select count(*) from {table}").fetchone()[0] for table in ("one", "two")]
        except sqlite3.DatabaseError:
            torn, counts = True, [0, 0]
        finally:
            db.close()
        if torn or counts[0] != counts[1]:
            return
    raise AssertionError("forty kills tore nothing: this machine hides what the test looks for")


# --- the other commands -------------------------------------------------------------------------------------------

OTHERS = int(os.environ.get("VEILLE_KILLS_EACH", "2"))  # thirty in `make soak`
UPGRADES = Path(__file__).parent.parent / "upgrades"
COMMANDS = {
    "learn": ["learn"], "retag": ["retag"], "migration": ["sources"], "serve": ["serve"], "restore": ["restore", "copie.db"],
    "import": ["import", "export", "--db", "data/neuve.db"], "backup": ["backup", "copies/une.db"], "export": ["export", "dehors/ici"],
}  # fmt: skip


def veille(*arguments, cwd, check=True):
    done = subprocess.run([sys.executable, "-m", "veille", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120)
    assert not check or done.returncode == 0, done.stderr
    return done


def words_of(path):
    """Everything that must survive: articles with their words, decisions, accounts."""
    with contextlib.closing(connect(path)) as db:
        sound(db)
        return [
            db.execute(f"select {names} from {table} order by 1").fetchall()
            for names, table in (
                ("id, title, summary, state, first_seen_at", "items"),
                ("item_id, text", "texts"),
                ("id, action", "decisions"),
                ("name, role", "accounts"),
            )
        ]


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """A base with enough decisions to learn from, a copy and an export of it."""
    folder = tmp_path_factory.mktemp("tues")
    veille("demo", "--once", "--db", "data/veille.db", cwd=folder)
    shutil.copy(ROOT / "feeds.yaml", folder)
    with contextlib.closing(connect(folder / "data" / "veille.db")) as db:
        ids = [row[0] for row in db.execute("select id from items where state = 'new' order by id")]
        for place, item in enumerate(ids):
            for action, value in (("select" if place % 2 else "dismiss", ""), ("tag-add", "handicap" if place % 3 else "jeunesse")):
                with contextlib.suppress(UsageError), writing(db):  # it has that one already
                    decide(db, account_id=1, item_id=item, action=action, value=value, at="2026-11-22T09:00:00Z")
    veille("backup", "copie.db", cwd=folder)
    veille("export", "--all", "export", cwd=folder)
    return folder


@pytest.mark.parametrize("name", COMMANDS)
def test_any_command_killed_at_random_leaves_a_sound_base_and_the_next_run_heals(decided, tmp_path, name):
    dice = random.Random(name)
    folder = tmp_path / "ici"
    whole = None
    for kill in range(OTHERS + 1):
        if kill == 0 or name in ("migration", "import"):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(decided, folder)
            if name == "migration":
                (folder / "data" / "veille.db").write_bytes(gzip.decompress((UPGRADES / "m008.db.gz").read_bytes()))
        base = folder / "data" / ("neuve.db" if name == "import" else "veille.db")
        before = None if name in ("import", "migration") else words_of(base)
        for target in ("copies", "dehors"):
            shutil.rmtree(folder / target / "ici", ignore_errors=True)
            (folder / target / "une.db").unlink(missing_ok=True)
        arguments = [*COMMANDS[name], *(["--port", str(free_port(0))] if name == "serve" else [])]
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "veille", *arguments],
            cwd=folder,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            if kill == 0 and name != "serve":
                assert process.wait(60) == 0
                whole = time.monotonic() - started
                continue
            process.wait(timeout=dice.uniform(EARLIEST, whole or 2.5))
        except subprocess.TimeoutExpired:
            pass
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if base.exists() and name not in ("import", "migration"):
            after = words_of(base)
            assert name == "retag" or after == before
        for target in ("copies/une.db", "dehors/ici"):
            there = folder / target
            assert not there.exists() or there.suffix != ".db" or words_of(there)
            assert not there.is_dir() or not list(there.iterdir()) or (there / "datapackage.json").exists()
            if there.exists():
                shutil.rmtree(there) if there.is_dir() else there.unlink()
        if name == "serve":
            veille("sources", cwd=folder)
        else:
            done = veille(*arguments, cwd=folder, check=False)
            assert done.returncode == 0 or "articles" in done.stderr, done.stderr  # import: it had ended already
        words_of(base)
        hidden = [path.name for path in folder.rglob(".*")]
        assert hidden == [], (kill, hidden)
