"""Understanding again what is held: counted first, undone at will, and never a curator's word."""

import subprocess
import sys

import pytest

from builders import collect_entries, dump, make_entry, make_source
from veille.store import writing
from veille.store.curating.accounts import add_account
from veille.store.curating.decisions import decide
from veille.store.curating.retagging import retag, undo_retag
from veille.store.keeping.backup import unsoundness

SOURCES = {"gironde": make_source(territory=("33",))}


@pytest.fixture
def held(store, knowledge, now):
    entries = [
        make_entry(
            guid=str(n),
            link=f"https://e.fr/{n}",
            title=f"Un budget participatif à Bastia {n}",
            summary="Candidatures jusqu’au 15 mars 2027. Les habitants votent.",
        )
        for n in range(30)
    ]
    collect_entries(store, SOURCES["gironde"], entries, knowledge, now)
    add_account(store, "claire", "un mot de passe", "curator", now)
    with writing(store):
        decide(store, account_id=1, item_id=3, action="tag-remove", value="participation-citoyenne", at="2026-11-22T09:00:00Z")
        decide(store, account_id=1, item_id=4, action="tag-add", value="handicap", at="2026-11-22T09:00:00Z")
    return store


def spoil(db):
    """As if older rules had read: no theme, another département, another kind."""
    with writing(db):
        db.execute("delete from item_tags where origin = 'rule' and item_id > 10")
        db.execute("update item_territories set code = '2A' where item_id > 20")
        db.execute("delete from item_dates where item_id = 5")
        db.execute("update items set kind = 'prix', interest = 0.1 where id = 6")


def test_what_is_read_by_todays_rules_does_not_change(held, knowledge, now):
    before = dump(held)

    told = retag(held, SOURCES, knowledge, now, dry_run=False)

    assert (told.read, told.changed) == (30, 0)
    assert dump(held) == before


def test_it_is_counted_done_and_undone(held, knowledge, now):
    sound = dump(held)
    spoil(held)
    spoilt = dump(held)

    counted = retag(held, SOURCES, knowledge, now, dry_run=True)
    assert dump(held) == spoilt
    done = retag(held, SOURCES, knowledge, now, dry_run=False)
    after = dump(held)
    again = retag(held, SOURCES, knowledge, now, dry_run=True)
    retag(held, SOURCES, knowledge, now, dry_run=False)  # changes nothing: what there is to undo stays
    undone = undo_retag(held)

    assert counted == done
    assert (done.changed, again.changed, undone) == (22, 0, 22)
    assert done.tags["participation-citoyenne", "+"] == 20
    assert (done.territories["2B", "+"], done.territories["2A", "-"]) == (10, 10)
    assert done.kinds["prix", "article"] + done.kinds["prix", "appel"] == 1
    for table in ("items", "item_tags", "item_territories", "item_dates", "decisions", "texts"):
        assert after[table] == sound[table], table
        if table != "texts":  # its words for the index follow the labels
            assert dump(held)[table] == spoilt[table], table
    assert unsoundness(held) == []


def test_a_curators_word_is_neither_read_nor_written(held, knowledge, now):
    spoil(held)
    words = "select * from item_tags where origin in ('curator', 'refused') order by 1, 2"
    before = held.execute(words).fetchall()

    retag(held, SOURCES, knowledge, now, dry_run=False)
    undo_retag(held)

    assert len(before) == 2
    assert held.execute(words).fetchall() == before


def test_the_command_says_what_came_and_went(held, tmp_path):
    spoil(held)
    (tmp_path / "feeds.yaml").write_text(
        "version: 1\nsources:\n  - {id: gironde, name: G, feed: 'https://gironde.example.fr/rss', territory: 33}\n"
    )

    def veille(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "veille", "retag", *arguments, "--db", "veille.db"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

    counted, done, stories, undone, both = (
        veille("--dry-run"),
        veille(),
        veille("--stories"),
        veille("--undo"),
        veille("--dry-run", "--undo"),
    )

    assert "30 articles relus, 22 changeraient." in counted.stdout
    assert "Haute-Corse" in counted.stdout
    assert "22 ont changé" in done.stdout
    assert "histoire" in stories.stdout
    assert undone.stdout.startswith("22 articles")
    assert (both.returncode, len(both.stderr.splitlines())) == (2, 1)
