"""The file itself: migrations, backups, newer files, SQLite's settings, runs and visits."""

import json
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from builders import make_source, register
from pace import pace
from veille.errors import StoreError
from veille.model import Collected, Config, Failed, Finding, Validators, Visit
from veille.store import connect, migrate, writing
from veille.store.collecting.sources import sync_sources
from veille.store.collecting.visits import Visited, due_visits, record_visits, start_run
from veille.store.connection import utils_of
from veille.store.public import PUBLIC_TABLES
from veille.store.schema import migrations


def record_one(db, run, visit, outcome, validators, milliseconds, now):
    return record_visits(db, run, [Visited(visit=visit, outcome=outcome, validators=validators, milliseconds=milliseconds)], now)[0]


def test_a_migrated_file_is_left_as_it_is(store, knowledge, now):
    before = store.execute("select name, sql from sqlite_master order by name").fetchall()

    migrate(store, knowledge, now)

    assert store.execute("select name, sql from sqlite_master order by name").fetchall() == before


def test_a_file_from_a_newer_veille_is_refused_with_a_sentence(store, knowledge, now):
    with writing(store):
        store.execute("insert into _sqlite_migrations (migration_set, name, applied_at) values ('veille', 'm999_later', '2030')")

    with pytest.raises(StoreError, match="version plus récente de veille"):
        migrate(store, knowledge, now)


def test_a_migration_backs_the_file_up_first(tmp_path, knowledge, now):
    from sqlite_utils.migrations import Migrations

    db = connect(tmp_path / "old.db")
    older = Migrations("veille")

    @older(name="m000_before")
    def _before(db: Database) -> None:
        db.execute("create table souvenir (id integer primary key)")

    older.apply(utils_of(db))
    with writing(db):
        db.execute("insert into souvenir values (7)")
    migrations._migrations.insert(0, older._migrations[0])
    try:
        migrate(db, knowledge, now)
    finally:
        migrations._migrations.pop(0)
    db.close()

    kept = connect(tmp_path / "old.db.avant-20261122T090000Z")
    assert kept.execute("select id from souvenir").fetchone() == (7,)
    kept.close()


def test_tables_are_strict_and_the_journal_is_safe(store):
    loose = store.execute(
        "select name from sqlite_master where type = 'table' and sql not like '%strict%' and sql not like '%fts5%' and name not like '%fts%'"
        " and name not like 'sqlite_%' and name <> '_sqlite_migrations'"
    ).fetchall()

    assert loose == []
    assert store.execute("pragma journal_mode").fetchone()[0] in ("wal", "delete")
    assert store.execute("pragma busy_timeout").fetchone()[0] == 15_000
    assert store.execute("pragma foreign_keys").fetchone()[0] == 1
    assert set(PUBLIC_TABLES) <= {row[0] for row in store.execute("select name from sqlite_master")}


def test_the_vocabulary_and_the_departements_are_in(store, knowledge):
    assert store.execute("select count(*) from tags").fetchone()[0] == len(knowledge.themes) == 27
    assert store.execute("select count(*) from departements").fetchone()[0] == 101


def test_a_transaction_that_fails_leaves_nothing(store):
    def fail() -> None:
        with writing(store):
            store.execute("insert into settings values ('x', 'y')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert store.execute("select count(*) from settings where key = 'x'").fetchone()[0] == 0


def test_what_is_no_database_is_refused_with_a_sentence(tmp_path, knowledge, now):
    file = tmp_path / "notes.txt"
    file.write_text("ceci n’est pas une base " * 100, encoding="utf-8")

    with pytest.raises(StoreError, match="base inutilisable"):
        migrate(connect(file), knowledge, now)

    assert file.read_text(encoding="utf-8").startswith("ceci")


def visit_once(db, source, outcome, now):
    visit = due_visits(db, (source,), now, everything=True)[0]
    with writing(db):
        run = start_run(db, now, 1)
        return record_one(db, run, visit, outcome, None, 5, now)


def test_waits_double_after_failures_and_end_with_a_success(store, now):
    source = make_source(every=timedelta(hours=1))
    with writing(store):
        sync_sources(store, Config(sources=(source,)))
    visit_once(store, source, Collected(new=1, seen=1), now)
    failure = Failed(failure="http", reason="non", status=500)

    waits = [(visit_once(store, source, failure, now).next_visit_at - now) / timedelta(hours=1) for _ in range(7)]
    recovered = visit_once(store, source, Collected(seen=1), now)

    for wait, doubled in zip(waits, [1, 2, 4, 8, 16, 24, 24], strict=True):
        assert doubled <= wait <= min(24, doubled * 1.1)
    assert recovered.state == "live"
    assert timedelta(hours=1) <= recovered.next_visit_at - now <= timedelta(hours=1.1)


def test_a_source_that_never_worked_is_visited_weekly_after_three_tries(store, now):
    source = make_source(every=timedelta(hours=6))
    with writing(store):
        sync_sources(store, Config(sources=(source,)))

    waits = [visit_once(store, source, Failed(failure="connection", reason="non"), now) for _ in range(4)]

    assert [verdict.state for verdict in waits] == ["unproven"] * 4
    assert [round((verdict.next_visit_at - now) / timedelta(hours=1), -1) for verdict in waits] == [10, 10, 170, 170]
    assert not any(verdict.rings for verdict in waits)


def test_a_gone_source_is_not_visited_again(store, now):
    source = make_source()
    with writing(store):
        sync_sources(store, Config(sources=(source,)))
    visit_once(store, source, Failed(failure="gone", reason="supprimée", status=410), now)

    assert due_visits(store, (source,), now + timedelta(days=300), everything=False) == []


def test_another_address_starts_anew(store, now):
    source = make_source()
    with writing(store):
        sync_sources(store, Config(sources=(source,)))
    visit_once(store, source, Collected(new=1, seen=1), now)
    with writing(store):
        sync_sources(store, Config(sources=(make_source(url="https://gironde.example.fr/neuf"),)))

    assert [visit.source.url for visit in due_visits(store, (source,), now, everything=False)] == [source.url]
    assert store.execute("select url from sources").fetchone()[0] == "https://gironde.example.fr/neuf"


def test_two_writers_wait_for_each_other(tmp_path, store):
    """The second begins while the first holds the lock, from another thread, and both are kept."""
    import threading
    import time

    other = connect(tmp_path / "veille.db")
    done = []

    def write() -> None:
        with writing(other):
            other.execute("insert into settings values ('b', '2')")
        done.append("b")

    with writing(store):
        thread = threading.Thread(target=write)
        thread.start()
        time.sleep(0.3)
        store.execute("insert into settings values ('a', '1')")
        done.append("a")
    thread.join()
    other.close()

    assert done == ["a", "b"]
    assert store.execute("select count(*) from settings where key in ('a', 'b')").fetchone()[0] == 2


def test_the_demo_sample_is_what_it_promises():
    import yaml

    from veille.resources import package_text

    sample = yaml.safe_load(package_text("sample.yaml"))
    assert len(sample["articles"]) >= 60
    assert len({source["territory"] for source in sample["sources"] if source["territory"]}) >= 8
    assert {"rss2", "rss2-windows-1252", "rss1", "atom"} <= {source["format"] for source in sample["sources"]}
    assert sum("also_in" in article for article in sample["articles"]) == 1


def test_visits_know_what_the_last_one_left(store, now):
    source = make_source()
    register(store, source)

    (visit,) = due_visits(store, (source,), now, everything=False)

    assert visit == Visit(source=source, address=source.url)
    assert json.loads(store.execute("select territory from sources").fetchone()[0]) == []
    assert Path(store.execute("select file from pragma_database_list").fetchone()[0]).name == "veille.db"


def test_a_gone_source_with_a_new_address_is_visited(store, now):
    source, moved = make_source(), make_source(url="https://gironde.example.fr/neuf")
    with writing(store):
        sync_sources(store, Config(sources=(source,)))
    visit_once(store, source, Failed(failure="gone", reason="supprimée", status=410), now)
    with writing(store):
        sync_sources(store, Config(sources=(moved,)))

    assert len(due_visits(store, (moved,), now, everything=False)) == 1


def test_other_selectors_read_the_same_page_again(store, now):
    from veille.model import Selectors, Validators

    source = make_source(kind="page", select=Selectors(item="li", title="b"))
    with writing(store):
        sync_sources(store, Config(sources=(source,)))
        (visit,) = due_visits(store, (source,), now, everything=True)
        record_one(store, start_run(store, now, 1), visit, Collected(new=1, seen=1), Validators(etag="x", body_hash="y"), 5, now)

    (same,) = due_visits(store, (source,), now, everything=True)
    (other,) = due_visits(store, (make_source(kind="page", select=Selectors(item="li", title="h3")),), now, everything=True)

    assert same.validators.etag == "x"
    assert other.validators == Validators()


def test_a_file_locked_for_too_long_is_a_sentence(tmp_path, store):
    other = connect(tmp_path / "veille.db")
    other.execute("pragma busy_timeout = 50")

    def write() -> None:
        with writing(other):
            raise AssertionError("never reached")

    with writing(store), pytest.raises(StoreError, match="base inutilisable"):
        write()
    other.close()


def test_the_second_migration_keeps_old_rows_and_what_they_are_found_by(tmp_path, knowledge, now):
    """A file of the first version, with a discovered feed and an indexed text."""
    db = connect(tmp_path / "veille.db")
    migrations.apply(utils_of(db), stop_before="m002_watch_the_sources")
    db.executescript(
        "insert into sources (id, name, kind, url, territory, rights, language, state) "
        "values ('a', 'A', 'discover', 'https://a.fr/', '[]', 'full', 'fr', 'live');"
        "insert into validators (source_id, etag, found_url) values ('a', 'x', 'https://a.fr/feed');"
        "insert into items (id, source_id, url, title, summary, author, language, kind, kind_reason, interest, interest_reason, day, "
        "first_seen_at, fingerprint) values (7, 'a', 'https://a.fr/1', 'Titre', 'Un zanzibar', '', 'fr', 'article', '', 1, '', '2026-11-01', 'x', 'y');"
        "insert into texts (item_id, text) values (7, 'Un zanzibar');"
        "insert into items_fts (rowid, title, text, context) select id, index_text(title), index_text(text), index_text(context) from items_words;"
    )

    migrate(db, knowledge, now)

    (visit,) = due_visits(db, (make_source(id="a", kind="discover", url="https://a.fr/"),), now, everything=True)
    assert visit.found == Finding(url="https://a.fr/feed")
    assert visit.reads.url == "https://a.fr/feed"
    assert db.execute("select rowid from items_fts where items_fts match 'zanzibar'").fetchone()[0] == 7
    assert db.execute("select text from items_words").fetchone()[0] == "Un zanzibar"
    db.close()


def test_an_address_moved_for_good_is_asked_until_it_fails(store, now):
    source = make_source()
    with writing(store):
        sync_sources(store, Config(sources=(source,)))
    there = "https://gironde.example.fr/neuf"
    asked = []
    for _ in range(4):
        (visit,) = due_visits(store, (source,), now, everything=True)
        asked.append(visit.address)
        moved = Collected(new=1, seen=1, moved_to=there if visit.address == source.url else "")
        with writing(store):
            record_one(store, start_run(store, now, 1), visit, moved, None, 5, now)
    for _ in range(3):
        (visit,) = due_visits(store, (source,), now, everything=True)
        asked.append(visit.address)
        with writing(store):
            record_one(store, start_run(store, now, 1), visit, Failed(failure="http", reason="non", status=404), None, 5, now)
    (visit,) = due_visits(store, (source,), now, everything=True)

    assert asked == [source.url] * 3 + [there] * 4
    assert visit.address == source.url


def test_a_settled_file_is_known_without_its_migrations(tmp_path, knowledge, now):
    """`STEPS` counts the migrations; a file that went through fewer, or with another vocabulary, is not settled."""
    from veille.resources import load_names, shipped_version
    from veille.store import is_settled
    from veille.store.connection import STEPS
    from veille.store.curating.followed import names_of
    from veille.store.schema import migrations

    db = connect(tmp_path / "neuf.db")
    assert not is_settled(db, shipped_version())
    migrate(db, knowledge, now)

    assert is_settled(db, shipped_version())
    assert not is_settled(db, shipped_version() ^ 1)
    assert len(list(migrations.applied(utils_of(db)))) == STEPS
    assert load_names() == names_of(knowledge)
    db.close()


def test_what_was_slow_last_time_is_asked_first(store, now):
    """A run is as long as the visit that ends last; the others come in the order of their turns."""
    sources = tuple(make_source(id=f"s{number}", url=f"https://s{number}.fr/f") for number in range(4))
    with writing(store):
        sync_sources(store, Config(sources=sources))
        for minute, (source, milliseconds) in enumerate(zip(sources, (20, 9_000, 40, 2_500), strict=True)):
            visit = Visit(source=source, first=True)
            at = now + timedelta(minutes=minute)
            record_one(store, start_run(store, at, 1), visit, Collected(seen=1), None, milliseconds, at)

    due = due_visits(store, sources, now + timedelta(days=2), everything=True)

    assert [visit.source.id for visit in due[:2]] == ["s1", "s3"]
    assert {visit.source.id for visit in due[2:]} == {"s0", "s2"}


def test_visits_recorded_together_are_recorded_as_one_after_the_other(store, tmp_path, knowledge, now):
    sources = tuple(make_source(id=f"s{number}", url=f"https://s{number}.fr/f") for number in range(3))
    outcomes = (Collected(unchanged=True, status=304), Failed(failure="http", reason="non", status=500), Collected(seen=3, new=0, dated=2))
    apart = connect(tmp_path / "apart.db")
    migrate(apart, knowledge, now)
    visited = [
        Visited(visit=Visit(source=source, first=True), outcome=outcome, validators=Validators(etag=source.id), milliseconds=5)
        for source, outcome in zip(sources, outcomes, strict=True)
    ]
    for db, groups in ((store, [visited]), (apart, [[one] for one in visited])):
        with writing(db):
            sync_sources(db, Config(sources=sources))
            run = start_run(db, now, 3)
            for group in groups:
                record_visits(db, run, group, now)

    for table in ("sources", "visits", "validators", "alarms"):
        rows = [db.execute(f"select * from {table} order by 1").fetchall() for db in (store, apart)]
        assert rows[0] == rows[1], table
        assert rows[0] or table == "alarms"
    apart.close()


def test_who_is_waited_for_writes_as_soon_as_the_lock_is_free(tmp_path, monkeypatch):
    """SQLite would try again up to 100 ms later; and what does not come in time is refused as SQLite refuses it."""
    from veille.store import begin_soon, connection

    path = tmp_path / "veille.db"
    collector, curator = connect(path), connect(path)
    late = []
    for _ in range(5):
        collector.execute("begin immediate")
        freed = []
        timer = threading.Timer(0.09, lambda freed=freed: (collector.commit(), freed.append(time.monotonic())))
        timer.start()
        begin_soon(curator)
        late.append(time.monotonic())
        timer.join()
        late[-1] -= freed[0]
        curator.rollback()
    assert min(late) < 0.02 * pace()

    monkeypatch.setattr(connection, "BUSY_MILLISECONDS", 30)
    collector.execute("begin immediate")
    with pytest.raises(connection.sqlite3.OperationalError, match="locked"):
        begin_soon(curator)
    collector.rollback()
    assert curator.execute("pragma busy_timeout").fetchone() == (30,)
    begin_soon(curator)
    curator.close()
    collector.close()


def test_a_file_gets_as_many_pages_in_memory_as_it_is_large(tmp_path):
    from veille.store.connection import keep_pages

    db = connect(tmp_path / "veille.db")

    def kept(*given):
        keep_pages(db, *given)
        return -db.execute("pragma cache_size").fetchone()[0]

    db.execute("create table blobs (blob)")
    db.execute("insert into blobs values (zeroblob(3200 * 1024))")
    assert kept(64, 1_000, 32_000) == 1_000
    assert 400 <= kept(8, 100, 32_000) <= 500
    assert kept(1, 100, 2_000) == 2_000
