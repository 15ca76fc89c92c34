"""The rows in memory: the file's own, whoever writes it, whatever takes its place."""

import asyncio
import threading
from datetime import date

from datasette.app import Datasette

from builders import collect_entries, make_entry, make_source
from veille.model import RunSummary
from veille.search.request import Request
from veille.store import connect, migrate, writing
from veille.store.collecting.visits import end_run, start_run
from veille.store.reading import rows as rows_module
from veille.store.reading.rows import ABSENT, DISMISSED, SELECTED, WAITING, Columns
from veille.store.reading.searching import rank, search
from veille.store.reading.wording import understand_query
from veille.web.site import state as web

TODAY = "2026-11-22"


def insert(db, numbers, **given):
    """Articles « budget n » of the source s, one a number."""
    row = {"state": "new", "day": "2026-11-20", "kind": "article"} | given
    db.execute(
        "insert or ignore into sources (id, name, kind, url, territory, rights, language, state) "
        "values ('s', 'S', 'feed', '', '[]', 'full', 'fr', 'live')"
    )
    for number in numbers:
        db.execute(
            "insert into items (id, source_id, url, title, summary, author, language, kind, kind_reason, interest, interest_reason, "
            "day, first_seen_at, fingerprint, state) values (?, 's', '', ?, '', '', 'fr', ?, '', 0.5, '', ?, '2026-11-20', '', ?)",
            (number, f"Budget {number}", row["kind"], row["day"], row["state"]),
        )
        db.execute("insert into sightings (item_id, source_id, url, first_seen_at) values (?, 's', '', '')", (number,))
        db.execute("insert into texts (item_id, text) values (?, 'budget')", (number,))
        db.execute("insert into items_fts (rowid, title, text, context) values (?, ?, 'budget', '')", (number, f"budget {number}"))


def states(rows):
    return {item: state for item, state in enumerate(rows.states) if state != ABSENT}


def test_what_another_process_writes_is_there_at_the_next_look(store, tmp_path):
    insert(store, (1, 2))
    columns = Columns()
    other = connect(tmp_path / "veille.db")

    before = columns.follow(store)
    with writing(other):
        insert(other, (3, 4000), state="selected", day="2025-02-28")
        other.execute("update items set state = 'dismissed' where id = 2")
    rows = columns.follow(store)

    assert states(before) == {1: WAITING, 2: WAITING}  # who still reads these does so to the end
    assert states(rows) == {1: WAITING, 2: DISMISSED, 3: SELECTED, 4000: SELECTED}
    assert rows.days[4000] == date(2025, 2, 28).toordinal()
    assert [rows.codes["traits"].says[name][rows.held["traits"][3]] for name in ("kinds", "languages", "years")] == [
        ("article",), ("fr",), ("2025",)
    ]  # fmt: skip
    other.close()


def test_what_is_undone_was_never_there(store):
    insert(store, (1,))
    columns = Columns()
    columns.follow(store)
    store.execute("begin")
    insert(store, (2,))
    store.execute("rollback")
    assert states(columns.follow(store)) == {1: WAITING}
    insert(store, (2,), state="selected")
    assert states(columns.follow(store)) == {1: WAITING, 2: SELECTED}


def test_rows_of_another_file_or_of_long_ago_are_read_again(store, knowledge, tmp_path, now):
    insert(store, range(1, 6))
    columns = Columns()
    columns.follow(store)
    restored = connect(tmp_path / "autre.db")
    migrate(restored, knowledge, now)
    insert(restored, (2,))
    assert states(columns.follow(restored)) == {2: WAITING}  # fewer changes than were taken
    insert(restored, range(10, 30))
    assert states(columns.follow(store)) == dict.fromkeys(range(1, 6), WAITING)
    assert len(states(columns.follow(restored))) == 21  # as many changes, and others
    insert(restored, (40,), state="selected")
    restored.execute("delete from item_changes where seq < (select max(seq) from item_changes)")
    assert states(columns.follow(restored))[40] == SELECTED
    restored.close()


def test_a_file_that_waits_for_its_migration_is_read_once(store):
    insert(store, (1, 2))
    triggers = store.execute("select name, sql from sqlite_master where type = 'trigger' and name like 'item_facets_%'").fetchall()
    for name, _ in triggers:
        store.execute(f"drop trigger {name}")
    changes = store.execute("select sql from sqlite_master where name = 'item_changes'").fetchone()[0]
    store.execute("drop table item_changes")
    columns = Columns()
    assert len(states(columns.follow(store))) == 2
    insert(store, (3,))
    for made in (changes, *(sql for _, sql in triggers)):
        store.execute(made)
    store.execute("insert into item_changes (item_id) values (0)")
    assert len(states(columns.follow(store))) == 3


def test_the_end_of_a_run_lets_old_changes_go_and_never_all(store, now, monkeypatch):
    from veille.store.collecting import visits

    monkeypatch.setattr(visits, "_CHANGES_KEPT", 3)
    insert(store, range(1, 11))
    last = store.execute("select max(seq) from item_changes").fetchone()[0]
    for _ in range(2):
        with writing(store):
            run = start_run(store, now, 0)
            end_run(store, RunSummary(run=run, started_at=now, ended_at=now, outcomes={}))
        kept = [row[0] for row in store.execute("select seq from item_changes order by seq")]
        assert kept == [last - 2, last - 1, last]


def test_what_came_since_the_rows_were_read_waits_for_the_next_search(store, knowledge):
    insert(store, (1, 2))
    rows = Columns().follow(store)
    insert(store, (3, 500))
    for request in (Request(q="budget"), Request(), Request(q="budget", order="date"), Request(kinds=("article",))):
        assert [card.id for card in search(store, request, knowledge, TODAY, rows=rows).cards] == [2, 1]
        query = understand_query(store, request, knowledge)
        assert rank(store, request, query, TODAY, rows=rows).ids == [2, 1]
    assert search(store, Request(q="budget"), knowledge, TODAY).total == 4


def test_a_day_that_is_none_counts_as_very_old(store, knowledge):
    insert(store, (1,), day="0000-99-99")
    insert(store, (2,))
    assert Columns().follow(store).days[1] == 0
    assert [card.id for card in search(store, Request(q="budget"), knowledge, TODAY).cards] == [2, 1]
    assert [card.id for card in search(store, Request(since="2000-01-01"), knowledge, TODAY).cards] == [2]


def test_many_threads_follow_one_file_while_it_is_written(store, knowledge, tmp_path):
    insert(store, range(1, 50))
    columns, failures, done = Columns(), [], threading.Event()

    def read():
        db = connect(tmp_path / "veille.db")
        try:
            while not done.is_set():
                rows = columns.follow(db)
                found = search(db, Request(q="budget", kinds=("article", "prix")), knowledge, TODAY, rows=rows)
                counted = sum(count for _, count in found.facets["kinds"])
                if not 49 <= found.total == counted:
                    failures.append((found.total, counted))
        except Exception as exc:
            failures.append(exc)
        finally:
            db.close()

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for first in range(50, 450, 20):
        with writing(store):
            insert(store, range(first, first + 20), kind="prix" if first % 40 else "article")
            store.execute("update items set kind = 'prix' where id % 7 = 0")
    done.set()
    for thread in threads:
        thread.join()

    assert failures == []
    assert states(columns.follow(store)) == states(Columns().follow(store))
    assert len(states(columns.follow(store))) == 449


def test_a_page_shows_what_the_collector_has_just_kept(store, knowledge, now, tmp_path, monkeypatch):
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    collect_entries(store, make_source(territory=("33",)), [make_entry(title="Un budget participatif")], knowledge, now)
    site = Datasette([str(tmp_path / "veille.db")])

    def found():
        given = asyncio.run(site.client.get("/recherche.json?q=budget")).json()
        return given["total"], given["facettes"]["departements"]

    first = found()
    more = [make_entry(guid="2", link="https://e.fr/2", title="Un autre budget")]
    collect_entries(store, make_source(territory=("33",)), more, knowledge, now)

    assert first == (1, {"33": 1})
    assert found() == (2, {"33": 2})


def test_many_changes_are_read_beside_the_pages_and_not_within_their_time(store, tmp_path, monkeypatch):
    """Else what takes longer than a page may would be cut off, and begun again, for each search."""
    insert(store, range(1, 10))
    site = Datasette([str(tmp_path / "veille.db")])
    beside, alone = [], web.alone

    def watched(db, read, *arguments):
        beside.append(read.__name__)
        return alone(db, read, *arguments)

    def found():
        beside.clear()
        total = asyncio.run(site.client.get("/recherche.json?q=budget")).json()["total"]
        return total, beside.count("follow")

    monkeypatch.setattr(web, "alone", watched)
    monkeypatch.setattr(rows_module, "_FEW", 20)
    assert [found(), found()] == [(9, 1), (9, 0)]
    with writing(store):
        insert(store, range(10, 25))
    assert found() == (24, 0)
    with writing(store):
        insert(store, range(25, 60))
    assert [found(), found()] == [(59, 1), (59, 0)]
    with writing(store):
        store.execute("delete from item_changes where seq < (select max(seq) from item_changes)")
        insert(store, (60,))
    assert [found(), found()] == [(60, 0), (60, 0)]  # the last change taken is still there
    with writing(store):
        insert(store, (61, 62))
        store.execute("delete from item_changes where seq < (select max(seq) from item_changes)")
    assert [found(), found()] == [(62, 1), (62, 0)]
