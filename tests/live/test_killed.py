"""A collector killed with -9 at random instants leaves a sound file, loses nothing committed and doubles nothing."""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

from loopback import reply, serve

from veille.store import connect

KILLS = int(os.environ.get("VEILLE_KILLS", "50"))
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


def sound(db) -> None:
    """Integrity, foreign keys, an index and narrow rows that hold exactly the articles."""
    assert db.conn.execute("pragma integrity_check").fetchone()[0] == "ok"
    assert db.conn.execute("pragma foreign_key_check").fetchall() == []
    counts = [
        db.conn.execute(f"select count(*) from {table}").fetchone()[0] for table in ("items", "texts", "items_fts_docsize", "item_facets")
    ]
    assert len(set(counts)) == 1, counts
    labels = db.conn.execute(
        "select distinct label, day, item_id from item_labels join items on items.id = item_id order by 1, 2, 3"
    ).fetchall()
    assert db.conn.execute("select label, day, item_id from postings order by 1, 2, 3").fetchall() == labels
    doubled = db.conn.execute("select source_id, url, count(*) from items group by 1, 2 having count(*) > 1").fetchall()
    assert doubled == []
    matches = db.conn.execute("select count(*) from items_fts where items_fts match '\"budget\"'").fetchone()[0]
    assert matches == counts[0]


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
            sound(db)
            kept = set(db.conn.execute("select source_id, url from items").fetchall())
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
    assert db.conn.execute("select count(*) from items").fetchone()[0] == SOURCES * (ENTRIES + generation)
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
