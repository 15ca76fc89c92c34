"""What was asked to be forgotten is in no byte of the file, and does not come back; old traces go by themselves."""

import subprocess
import sys
from datetime import timedelta

import pytest

from builders import NOW, collect_entries, make_entry, make_source
from veille.config import Names, parse_config
from veille.errors import StoreError
from veille.model import Retention
from veille.store import connect, writing
from veille.store.curating.accounts import add_account
from veille.store.curating.decisions import decide
from veille.store.keeping.backup import unsoundness
from veille.store.keeping.forgetting import by_address, by_source, by_text, forget
from veille.store.keeping.sweeping import sweep

NAME = "Perceval Quatrelivres"
TEXT = f"La parole est donnée à {NAME}, qui habite la commune depuis longtemps et participe au budget."


def veille(*arguments, cwd):
    return subprocess.run([sys.executable, "-m", "veille", *arguments], cwd=cwd, capture_output=True, text=True, timeout=60)


@pytest.fixture
def full(store, knowledge, now):
    others = [
        make_entry(guid=f"o{n}", link=f"https://e.fr/o{n}", title=f"Autre article {n}", summary=f"Un budget participatif {n}.")
        for n in range(20)
    ]
    person = make_entry(guid="personne", link="https://e.fr/personne", title="Une rencontre", summary=TEXT)
    collect_entries(store, make_source(), [*others, person], knowledge, now)
    person = make_entry(guid="personne", link="https://e.fr/personne", title=f"Rencontre avec {NAME}", summary="Un texte revu, sans nom.")
    collect_entries(store, make_source(), [*others, person], knowledge, now)
    add_account(store, "claire", "un mot de passe", "curator", now)
    with writing(store):
        decide(store, account_id=1, item_id=21, action="select", at="2026-11-22T09:00:00Z")
    return store


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith("veille.db")}


def rests(folder, *words):
    """Files that still hold any of these words, as written or as the index folds them."""
    return [
        name for name, held in bytes_of(folder).items() if any(word.encode() in held or word.lower().encode() in held for word in words)
    ]


@pytest.mark.parametrize("how", ["address", "text", "folded text"])
def test_nothing_of_it_stays_in_the_file_or_its_journal(full, tmp_path, now, how):
    assert rests(tmp_path, "Quatrelivres") != []  # the control
    find = {"address": lambda: by_address(full, "https://www.e.fr/personne?utm_source=x"), "text": lambda: by_text(full, NAME),
            "folded text": lambda: by_text(full, "perceval QUATRELIVRES")}[how]  # fmt: skip

    found = find()
    forget(full, [one.id for one in found], now)

    assert [one.id for one in found] == [21]
    assert rests(tmp_path, "Quatrelivres", "https://e.fr/personne") == []
    assert unsoundness(full) == []
    assert full.execute("select count(*) from items_fts where items_fts match 'quatrelivre*'").fetchone() == (0,)
    assert full.execute("select count(*) from items_vocabulary where term like 'quatreliv%'").fetchone() == (0,)
    assert full.execute("select count(*) from items").fetchone() == (20,)


def test_it_never_returns_under_its_guid_its_address_or_its_text(full, knowledge, now):
    forget(full, [21], now)
    back = [
        make_entry(guid="personne", link="https://e.fr/autre-adresse", title="Tout autre titre"),
        make_entry(guid="autre-guid", link="https://www.e.fr/personne/", title="Encore un titre"),
        make_entry(guid="tiers", link="https://e.fr/tiers", title=f"Rencontre avec {NAME}", summary="Un texte revu, sans nom."),
    ]

    same = collect_entries(full, make_source(), back, knowledge, now + timedelta(days=1))
    elsewhere = collect_entries(full, make_source(id="ailleurs", url="https://a.fr/rss"), back[1:2], knowledge, now + timedelta(days=1))
    fresh = collect_entries(
        full, make_source(), [make_entry(guid="neuf", link="https://e.fr/neuf", title="Un article neuf")], knowledge, now
    )

    assert (same.new, elsewhere.new, fresh.new) == (0, 0, 1)


def test_a_whole_source_is_forgotten_and_ids_are_not_given_again(full, knowledge, now):
    forget(full, [one.id for one in by_source(full, "gironde")], now)
    collect_entries(full, make_source(), [make_entry(guid="neuf", link="https://e.fr/neuf", title="Un article neuf")], knowledge, now)

    assert full.execute("select id from items").fetchall() == [(22,)]
    assert unsoundness(full) == []


def test_the_command_asks_first_and_names_the_copies_that_remain(full, tmp_path):
    veille("backup", "veille.db.sauvegarde-1", "--db", "veille.db", cwd=tmp_path)

    unasked = veille("forget", NAME, "--db", "veille.db", cwd=tmp_path)
    done = veille("forget", NAME, "--yes", "--db", "veille.db", cwd=tmp_path)
    again = veille("forget", NAME, "--yes", "--db", "veille.db", cwd=tmp_path)

    assert (unasked.returncode, "--yes" in unasked.stderr) == (2, True)
    assert done.returncode == 0, done.stderr
    assert "Oublié : 1 article ;" in done.stdout
    assert "veille.db.sauvegarde-1" in done.stdout
    assert (again.returncode, len(again.stderr.splitlines())) == (2, 1)
    assert rests(tmp_path, "Quatrelivres") == ["veille.db.sauvegarde-1"]


def test_old_traces_go_and_what_judges_a_source_stays(full, now):
    later = now + timedelta(days=2000)
    with writing(full):
        for days in (0, 1, 1990):
            at = (now + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
            run = full.execute("insert into runs (started_at, ended_at, due) values (?, ?, 1)", (at, at)).lastrowid
            full.execute("insert into visits (run_id, source_id, at, outcome) values (?, 'gironde', ?, 'ok')", (run, at))
            full.execute("insert into alarms (source_id, at, state, reason, told_at) values ('gironde', ?, 'failing', 'x', ?)", (at, at))
        decide(full, account_id=1, item_id=5, action="dismiss", at="2026-11-22T09:00:00Z")

    with writing(full):
        swept = sweep(full, Retention(), later)
        again = sweep(full, Retention(), later)

    assert (swept.visits, swept.runs, swept.alarms, swept.versions, swept.texts) == (2, 2, 2, 1, 1)
    assert (again.visits, again.runs, again.alarms, again.versions, again.texts) == (0, 0, 0, 0, 0)
    assert full.execute("select title, summary from items where id = 5").fetchone() == ("Autre article 4", "")
    assert full.execute("select text from texts where item_id = 6").fetchone() != ("",)
    assert unsoundness(full) == []


def test_retention_is_read_from_feeds_yaml():
    names = Names(tags=frozenset(), aliases={}, departements={})
    head = "version: 1\nsources:\n  - {id: a, name: A, feed: 'https://a.fr/rss'}\n"

    config = parse_config(head + "retention: {visits: 90d, versions: 60d}\n", "f.yaml", names)

    assert config.retention == Retention(visits=timedelta(days=90), versions=timedelta(days=60))
    for bad in ("{visits: 2d}", "{visites: 90d}", "{visits: toujours}"):
        with pytest.raises(Exception, match=r"f.yaml:4"):
            parse_config(f"{head}retention: {bad}\n", "f.yaml", names)


@pytest.mark.parametrize(
    "text",
    [
        "« Perceval Quatrelivres préside »",
        "par Perceval Quatrelivres, la",
        "(Perceval Quatrelivres)",
        "d’Perceval Quatrelivres.",
        "PERCEVAL\nQUATRELIVRES",
    ],
)
def test_a_name_is_found_whatever_stands_around_it(store, knowledge, now, text):
    collect_entries(store, make_source(), [make_entry(guid="a", link="https://e.fr/a", title="Un article", summary=text)], knowledge, now)

    assert [one.id for one in by_text(store, NAME)] == [1]


def test_a_name_is_not_that_of_somebody_else(store, knowledge, now):
    collect_entries(store, make_source(), [make_entry(guid="a", link="https://e.fr/a", title="Danielle Martin, élue")], knowledge, now)

    assert by_text(store, "Daniel Martin") == []


def test_a_reader_of_the_old_file_is_told_and_the_next_call_finishes(full, tmp_path):
    reader = connect(tmp_path / "veille.db")
    reader.execute("begin")
    reader.execute("select count(*) from items").fetchone()
    full.execute("pragma busy_timeout = 100")
    with pytest.raises(StoreError, match="arrêtez-le"):
        forget(full, [21], NOW)
    reader.rollback()
    reader.close()

    again = veille("forget", NAME, "--yes", "--db", "veille.db", cwd=tmp_path)

    assert again.returncode == 2
    assert rests(tmp_path, "Quatrelivres") == []
