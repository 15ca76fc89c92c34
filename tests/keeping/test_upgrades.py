"""Files that earlier versions wrote (the demonstration collected by each, with a curator's words) come up to this one, and lose nothing."""

import asyncio
import gzip
import subprocess
import sys
import threading

import pytest
from datasette.app import Datasette

from builders import collect_entries, make_entry, make_source
from paths import TESTS
from veille.store import connect, migrate
from veille.store.connection import utils_of
from veille.store.curating.accounts import check_password
from veille.store.curating.decisions import undo
from veille.store.keeping.backup import counts, unsoundness
from veille.store.schema import migrations
from veille.understand.same import bands_of, lead_of, print_of

OLD = sorted((TESTS / "upgrades").glob("*.db.gz"))
BRING_UP = """
from datetime import UTC, datetime
from veille.cli.options import open_database
from veille.resources import load_knowledge
open_database("veille.db", load_knowledge(), datetime.now(UTC))
"""
KEPT = {
    "items": "id, source_id, url, title, summary, author, language, kind, interest, published_at, day, first_seen_at, fingerprint, state, queued",
    "decisions": "id, at, account_id, item_id, action, before, after, undone_at, undone_by", "versions": "*", "item_tags": "*", "item_territories": "*", "item_dates": 'item_id, role, start, "end", evidence', "sightings": "*", "addresses": "kind, scope, value, item_id, rule",
    "accounts": "id, name, role, hash, created_at, disabled_at", "runs": "*",
    "visits": "id, run_id, source_id, at, outcome, failure, reason, status, new, changed, seen, duplicates, skipped",
}  # fmt: skip


def rows(db):
    found = {table: db.execute(f"select {names} from {table} order by 1, 2").fetchall() for table, names in KEPT.items()}
    # The rule of canonical addresses is another since m009, and this is what its own tests look at.
    found["addresses"] = [row[:4] for row in found["addresses"] if row[0] in ("guid", "title-day")]
    return found


@pytest.fixture(params=OLD, ids=[path.name.split(".")[0] for path in OLD])
def old(request, tmp_path):
    path = tmp_path / "veille.db"
    path.write_bytes(gzip.decompress(request.param.read_bytes()))
    return path


def test_every_step_but_the_last_has_a_file(tmp_path, knowledge, now):
    db = connect(tmp_path / "neuf.db")
    migrate(db, knowledge, now)
    steps = [step.name.split("_")[0] for step in migrations.applied(utils_of(db))]
    db.close()
    assert [path.name.split(".")[0] for path in OLD] == steps[:-1]


def test_an_old_file_comes_up_whole_with_a_copy_of_what_it_was(old, knowledge, now):
    db = connect(old)
    before, held = rows(db), counts(db)
    migrate(db, knowledge, now)

    assert rows(db) == before
    told_anew = {"_sqlite_migrations", "bands", "addresses", "settings", "words"}  # see the next tests; words: of the index
    assert counts(db)["settings"] >= held["settings"]
    assert {name: count for name, count in counts(db).items() if name in held and name not in told_anew} == {
        name: count for name, count in held.items() if name not in told_anew
    }
    assert unsoundness(db) == []
    (copy,) = old.parent.glob("veille.db.avant-*")
    former = connect(copy)
    assert rows(former) == before
    assert counts(former) == held
    former.close()
    db.close()


def test_an_old_file_gets_an_identifier_of_its_own(old, tmp_path, knowledge, now):
    db, other = connect(old), connect(tmp_path / "autre.db")
    for one in (db, other):
        migrate(one, knowledge, now)
    told = [one.execute("select value from settings where key = 'file_id'").fetchone()[0] for one in (db, other)]
    migrate(db, knowledge, now)
    assert db.execute("select value from settings where key = 'file_id'").fetchone()[0] == told[0]
    assert len(set(told)) == 2
    assert all(len(one) == 32 for one in told)
    db.close()
    other.close()


def corrected(db):
    return {row[0] for row in db.execute("select item_id from corrections where field = 'title'")}


def test_what_gathers_articles_is_told_as_this_version_tells_it(old, knowledge, now, monkeypatch):
    monkeypatch.setattr("veille.store.schema._PART", 7)  # the articles are told in parts: many, here
    db = connect(old)
    gathers = "bands" in counts(db)  # the first two versions gathered nothing
    before = {item_id for (item_id,) in db.execute("select item_id from bands")} if gathers else set()
    migrate(db, knowledge, now)

    held: dict[int, set[int]] = {}
    for item_id, band in db.execute("select item_id, band from bands"):
        held.setdefault(item_id, set()).add(band)
    assert set(held) == before
    assert len(held) > 20 or not gathers
    # A title that a curator corrected gathers nothing new until its article is told again.
    held = {item_id: told for item_id, told in held.items() if item_id not in corrected(db)}
    for item_id, title, text in db.execute("select id, title, text from items_words").fetchall():
        if item_id in held:
            assert held[item_id] == set(bands_of(print_of(title, text, ()), lead_of(text)))
    db.close()


def test_an_old_file_goes_on_living(old, knowledge, now):
    db = connect(old)
    migrate(db, knowledge, now)
    source = make_source(id="neuve", url="https://neuve.fr/rss")
    assert collect_entries(db, source, [make_entry(link="https://neuve.fr/1", title="Un nouvel article")], knowledge, now).new == 1
    again = db.execute("select url, title from items order by id limit 1").fetchone()
    known = collect_entries(db, source, [make_entry(guid="x", link=again[0], title=again[1])], knowledge, now)
    assert (known.new, known.duplicates) == (0, 1)
    assert check_password(db, "claire", "un mot de passe") is not None
    decision = db.execute("select id, item_id from decisions where action = 'select'").fetchone()
    undo(db, account_id=1, decision_id=decision[0], at="2026-11-22T09:00:00Z")
    assert db.execute("select state from items where id = ?", (decision[1],)).fetchone() == ("new",)
    assert db.execute("select count(*) from items_fts where items_fts match 'articl*'").fetchone()[0] >= 1
    db.close()


def test_steps_that_fail_leave_the_file_as_it_was(old, knowledge, now):
    db = connect(old)
    before = db.execute("select name, sql from sqlite_master order by name").fetchall()
    steps = [step.name for step in migrations.applied(utils_of(db))]

    @migrations(name="m999_fails")
    def _fails(db):
        db.execute("create table moitie (n integer)")
        raise RuntimeError("in the middle")

    try:
        with pytest.raises(RuntimeError):
            migrate(db, knowledge, now)
    finally:
        migrations._migrations.pop()

    assert db.execute("select name, sql from sqlite_master order by name").fetchall() == before
    assert [step.name for step in migrations.applied(utils_of(db))] == steps
    migrate(db, knowledge, now)
    assert unsoundness(db) == []
    db.close()


def test_a_migration_killed_at_any_instant_is_done_or_not_begun(old, tmp_path):
    for delay in range(8):
        process = subprocess.Popen([sys.executable, "-c", BRING_UP], cwd=tmp_path, stderr=subprocess.DEVNULL)
        threading.Event().wait(0.25 + delay * 0.045)
        process.kill()
        process.wait()
        db = connect(old)
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
        named = [step.name for step in migrations.applied(utils_of(db))]
        tables = {row[0] for row in db.execute("select name from sqlite_master")}
        assert ("tombstones" in tables) == any(step.startswith("m003") for step in named)
        db.close()
    for path in tmp_path.glob("veille.db.avant-*.part"):
        path.unlink()


def test_a_running_server_survives_a_migration_by_the_collector(tmp_path):
    """Datasette has the file open, and answers before, while and after another process brings it up from the step before."""
    path = tmp_path / "veille.db"
    path.write_bytes(gzip.decompress(OLD[-1].read_bytes()))

    async def ask():
        site = Datasette([str(path)])
        said = [(await site.client.get(page)).status_code for page in ("/", "/recherche?q=budget")]
        migrator = asyncio.create_task(asyncio.to_thread(subprocess.run, [sys.executable, "-c", BRING_UP], cwd=tmp_path, check=True))
        while not migrator.done():
            said.append((await site.client.get("/recherche?q=budget")).status_code)
        await migrator
        return said + [
            (await site.client.get(page)).status_code for page in ("/", "/recherche?q=budget", "/article/1", "/veille/articles.json")
        ]

    said = asyncio.run(ask())
    assert len(said) > 6
    assert set(said) == {200}
