"""What is held leaves and comes back: backup, restore, export, import; through the real commands."""

import csv
import json
import sqlite3
import subprocess
import sys
from datetime import timedelta

import pytest
import yaml

from builders import collect_entries, dump, make_entry, make_source
from veille.model import Config
from veille.resources import package_text
from veille.store import connect, writing
from veille.store.collecting.sources import sync_sources
from veille.store.curating.accounts import add_account, check_password
from veille.store.curating.decisions import decide, undo
from veille.store.keeping.backup import unsoundness
from veille.store.keeping.export import TABLES, columns
from veille.store.public import PUBLIC_TABLES

HIDDEN = "zanzibar"
WRITER = """
import itertools, sqlite3
db = sqlite3.connect("veille.db", timeout=15, isolation_level=None)
for number in itertools.count():
    db.execute("insert into hosts values (?, null, null, null)", (str(number),))
    print(number, flush=True)
"""


def veille(*arguments, cwd, stdin="", **more):
    return subprocess.run(
        [sys.executable, "-m", "veille", *arguments], cwd=cwd, capture_output=True, text=True, input=stdin, timeout=60, **more
    )


def fill(db, knowledge, now, count=30):
    """Articles of two sources with versions, stories, decisions, a refused tag, an account, odd texts."""
    sources = (make_source(territory=("33",)), make_source(id="presse", name="Presse", rights="link", url="https://presse.fr/rss"))
    with writing(db):
        sync_sources(db, Config(sources=sources))
    long_text = "Un budget participatif pour les collèges, avec les habitants. " * 8 + HIDDEN
    entries = [
        make_entry(guid=f"g{n}", link=f"https://e.fr/{n}", title=f"Article {n} =1+1", summary=f"{long_text} {n}") for n in range(count)
    ]
    entries += [
        make_entry(guid="x", link="https://e.fr/x", title="=cmd|' /C calc'!A0", summary="« guillemets » ; point-virgule\net saut 🌲"),
        make_entry(guid="y", link="https://e.fr/y", title="Une date", summary="Inscriptions jusqu’au 4 décembre 2026."),
    ]
    collect_entries(db, sources[0], entries, knowledge, now)
    collect_entries(
        db, sources[0], [make_entry(guid="g1", link="https://e.fr/1", title="Article 1 revu")], knowledge, now + timedelta(hours=1)
    )
    collect_entries(
        db, sources[1], [make_entry(guid="p", link="https://presse.fr/p", title="Article 3 =1+1", summary=f"{long_text} 3")], knowledge, now
    )
    add_account(db, "claire", "un mot de passe", "editor", now)
    with writing(db):
        decide(db, account_id=1, item_id=1, action="dismiss", at="2026-11-22T09:00:00Z")
        decide(db, account_id=1, item_id=2, action="tag-remove", value="participation-citoyenne", at="2026-11-22T09:00:00Z")
        undo(db, account_id=1, decision_id=decide(db, account_id=1, item_id=3, action="select", at="x"), at="y")
        db.execute("delete from sqlite_sequence")
        db.execute("insert into sqlite_sequence values ('items', 4000)")


@pytest.fixture
def full(store, knowledge, now):
    fill(store, knowledge, now)
    return store


def test_a_backup_is_the_file_at_one_instant_while_others_write(full, tmp_path):
    writer = subprocess.Popen([sys.executable, "-c", WRITER], cwd=tmp_path, stdout=subprocess.PIPE)
    try:
        writer.stdout.readline()
        outcome = veille("backup", "copies/un.db", "--db", "veille.db", cwd=tmp_path)
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()

    assert outcome.returncode == 0, outcome.stderr
    assert "33 articles" in outcome.stdout
    copy = connect(tmp_path / "copies" / "un.db")
    assert unsoundness(copy) == []
    assert copy.execute("select count(*) from items").fetchone() == (33,)
    copy.close()
    assert sorted(path.name for path in (tmp_path / "copies").iterdir() if path.suffix not in (".db-wal", ".db-shm")) == ["un.db"]
    assert veille("backup", "copies/un.db", "--db", "veille.db", cwd=tmp_path).returncode == 2  # never over another


def test_a_backup_comes_back_and_the_former_file_is_kept(full, tmp_path, knowledge, now):
    before = dump(full)
    veille("backup", "un.db", "--db", "veille.db", cwd=tmp_path)
    collect_entries(full, make_source(), [make_entry(guid="apres", link="https://e.fr/apres", title="Après la copie")], knowledge, now)
    busy = veille("restore", "un.db", "--db", "veille.db", cwd=tmp_path)
    full.close()

    outcome = veille("restore", "un.db", "--db", "veille.db", cwd=tmp_path)

    assert (busy.returncode, "arrêtez le site" in busy.stderr) == (2, True)
    assert outcome.returncode == 0, outcome.stderr
    back = connect(tmp_path / "veille.db")
    assert dump(back) == before
    back.close()
    (aside,) = tmp_path.glob("veille.db.avant-restauration-*")
    former = connect(aside)
    assert former.execute("select count(*) from items").fetchone() == (34,)
    former.close()


@pytest.mark.parametrize("how", ["cut", "garbage", "missing text", "newer"])
def test_a_bad_copy_takes_no_place(full, tmp_path, how):
    veille("backup", "un.db", "--db", "veille.db", cwd=tmp_path)
    before = dump(full)
    full.close()
    path = tmp_path / "un.db"
    if how == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif how == "garbage":
        path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 9000)
    else:
        db = sqlite3.connect(path)
        db.execute(
            "delete from texts where item_id = 3"
            if how == "missing text"
            else "insert into _sqlite_migrations values (99, 'veille', 'm999_later', '')"
        )
        db.commit()
        db.close()

    outcome = veille("restore", "un.db", "--db", "veille.db", cwd=tmp_path)

    assert outcome.returncode == 2
    assert len(outcome.stderr.splitlines()) == 1
    assert "Traceback" not in outcome.stderr
    here = connect(tmp_path / "veille.db")
    assert dump(here) == before
    here.close()
    assert list(tmp_path.glob("*.restauration*")) == []


def test_a_full_export_into_an_empty_file_is_an_equal_database(full, tmp_path, now):
    outcome = veille("export", "tout", "--all", "--db", "veille.db", cwd=tmp_path)
    back_again = veille("import", "tout", "--db", "neuf.db", cwd=tmp_path)

    assert (outcome.returncode, back_again.returncode) == (0, 0), outcome.stderr + back_again.stderr
    new = connect(tmp_path / "neuf.db")
    with writing(full):
        full.execute("update accounts set hash = ''")
    ours, theirs = dump(full), dump(new)
    shadows = [name for name in ours if name.startswith("items_fts_")]
    for name in [*shadows, "_sqlite_migrations"]:
        del ours[name], theirs[name]
    assert ours == theirs
    words = "select term, doc, cnt from items_vocabulary order by term"
    assert full.execute(words).fetchall() == new.execute(words).fetchall()
    assert new.execute("select seq from sqlite_sequence where name = 'items'").fetchone() == (4000,)
    assert check_password(new, "claire", "un mot de passe") is None
    assert check_password(new, "claire", "") is None
    new.close()
    assert veille("curators", "password", "claire", "--db", "neuf.db", cwd=tmp_path, stdin="tout autre chose\n").returncode == 0
    new = connect(tmp_path / "neuf.db")
    assert check_password(new, "claire", "tout autre chose") is not None
    new.close()
    again = veille("import", "tout", "--db", "neuf.db", cwd=tmp_path)
    assert (again.returncode, "base neuve" in again.stderr) == (2, True)


def test_roles_change_at_the_terminal_and_an_administrator_stays(tmp_path):
    for name, role in (("claire", "curator"), ("paul", "curator")):
        assert veille("curators", "add", name, "--role", role, cwd=tmp_path, stdin="un mot de passe\n").returncode == 0
    assert veille("curators", "disable", "paul", cwd=tmp_path).returncode == 0  # no administrator yet: nobody is the last one
    assert "rôle admin" in veille("curators", "role", "claire", "admin", cwd=tmp_path).stdout
    refused = veille("curators", "role", "claire", "curator", cwd=tmp_path)
    assert (refused.returncode, "un administrateur reste" in refused.stderr) == (2, True)
    assert veille("curators", "role", "personne", "admin", cwd=tmp_path).returncode == 2


def test_no_export_holds_a_hash_or_what_rights_hide(full, tmp_path):
    veille("export", "tout", "--all", "--db", "veille.db", cwd=tmp_path)
    veille("export", "public", "--db", "veille.db", cwd=tmp_path)

    everything = "".join(path.read_text("utf-8") for path in (tmp_path / "tout").iterdir())
    public = "".join(path.read_text("utf-8-sig") for path in (tmp_path / "public").iterdir())
    assert "scrypt" not in everything
    assert HIDDEN in everything  # the control: it is there to be hidden
    assert HIDDEN not in public
    assert "claire" not in public
    assert (tmp_path / "tout").stat().st_mode & 0o077 == 0


def test_a_public_export_is_a_described_data_package_without_what_was_dismissed(full, tmp_path):
    outcome = veille("export", "public", "--db", "veille.db", cwd=tmp_path)

    package = json.loads((tmp_path / "public" / "datapackage.json").read_text("utf-8"))
    assert package["licenses"][0]["title"] == "Licence Ouverte 2.0"
    assert {one["path"] for one in package["resources"]} == {f"{name}.{kind}" for name in PUBLIC_TABLES for kind in ("csv", "jsonl")}
    for one in package["resources"]:
        assert all(field["description"] for field in one["schema"]["fields"])
        path = tmp_path / "public" / one["path"]
        if one["format"] == "csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                rows = list(csv.reader(file, delimiter=";"))
            assert rows[0] == [field["name"] for field in one["schema"]["fields"]]
            assert len(rows) == one["veille:rows"] + 1
            for row in rows[1:]:
                assert not [cell for cell in row if cell.lstrip("\"' \t\r\n")[:1] in ("=", "+", "@") and not cell.startswith("'")]
        else:
            rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
            assert len(rows) == one["veille:rows"]
    articles = [json.loads(line) for line in (tmp_path / "public" / "articles.jsonl").read_text("utf-8").splitlines()]
    assert 1 not in [row["id"] for row in articles]
    assert "=cmd|' /C calc'!A0" in [row["title"] for row in articles]
    tags = [json.loads(line) for line in (tmp_path / "public" / "item_tags.jsonl").read_text("utf-8").splitlines()]
    assert {row["item_id"] for row in tags} <= {row["id"] for row in articles}
    assert "refused" not in {row["origin"] for row in tags}
    assert outcome.stdout.startswith("public : 14 tables")
    assert veille("export", "public", "--db", "veille.db", cwd=tmp_path).returncode == 2


@pytest.mark.parametrize(
    "harm",
    [
        "a line cut",
        "a line lost",
        "a key lost",
        "a number as text",
        "no package",
        "public only",
        "an unknown item",
        "a surrogate",
        "a bad address",
        "a huge id",
    ],
)
def test_a_broken_export_brings_nothing_in(full, tmp_path, harm):
    veille("export", "tout", *(() if harm == "public only" else ("--all",)), "--db", "veille.db", cwd=tmp_path)
    path = (
        tmp_path
        / "tout"
        / ("sightings.jsonl" if harm == "an unknown item" else "items.jsonl" if harm != "no package" else "datapackage.json")
    )
    if harm != "public only":
        lines = path.read_text("utf-8").splitlines(keepends=True)
        change = {
            "a line cut": lambda line: line[:40] + "\n", "a line lost": lambda _: "", "a key lost": lambda _: '{"id": 5}\n',
            "a number as text": lambda line: line.replace('"queued": 1', '"queued": "1"').replace('"queued": 0', '"queued": "0"'),
            "no package": lambda _: "?", "an unknown item": lambda _: '{"item_id": 999999, "source_id": "gironde", "url": "", "first_seen_at": ""}\n',
            "a bad address": lambda line: line.replace('"url": "https:', '"url": "javascript:'), "a huge id": lambda line: line.replace('{"id": 5,', f'{{"id": {2**70},'),
            "a surrogate": lambda line: line.replace('"title": "', '"title": "\\ud800'),
        }[harm]  # fmt: skip
        lines[4 if len(lines) > 4 else 0] = change(lines[4 if len(lines) > 4 else 0])
        path.write_text("".join(lines), encoding="utf-8")

    outcome = veille("import", "tout", "--db", "neuf.db", cwd=tmp_path)

    assert outcome.returncode == 2
    assert len(outcome.stderr.strip().splitlines()) == 1
    assert "Traceback" not in outcome.stderr
    if (tmp_path / "neuf.db").exists():
        new = connect(tmp_path / "neuf.db")
        assert new.execute("select count(*) from items").fetchone() == (0,)
        new.close()


def test_every_column_of_every_table_is_described_in_french(store):
    described = yaml.safe_load(package_text("colonnes.yaml"))
    names = {
        row[0]
        for row in store.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'items_fts%' and name not like 'fiches_fts%' "
            "and name not in ('items_vocabulary', '_sqlite_migrations', 'item_facets', 'postings', 'item_changes', 'sessions', 'known_addresses', 'fiche_rows')"
        )
    }  # fmt: skip; four follow the others, sessions and known addresses are of one machine

    assert names == set(TABLES)
    for table in {*names, *PUBLIC_TABLES}:
        assert described[table]["_"]
        for name, _ in columns(store, table):
            assert described[table].get(name) or described["commun"][name], (table, name)
    for table in described.keys() - {"commun"}:
        assert described[table].keys() - {"_", "_titre"} <= {name for name, _ in columns(store, table)}, table


def test_the_tables_of_an_export_follow_what_they_refer_to(store):
    place = {name: rank for rank, name in enumerate(TABLES)}
    for table in TABLES:
        for row in store.execute(f"pragma foreign_key_list([{table}])").fetchall():
            assert row[2] == table or place[row[2]] < place[table], (table, row[2])


def test_a_file_that_is_not_there_is_a_mistake_and_none_is_made(tmp_path):
    for command in (("backup", "b.db"), ("export", "x"), ("forget", "quelque chose", "--yes"), ("curators", "list")):
        outcome = veille(*command, "--db", "absente.db", cwd=tmp_path)
        assert (outcome.returncode, len(outcome.stderr.splitlines())) == (2, 1), outcome
    assert list(tmp_path.glob("*.db")) == []


def test_nobodys_folder_or_file_is_in_the_way(full, tmp_path):
    (tmp_path / "public.part").mkdir()
    (tmp_path / "public.part" / "moi").write_text("à moi")
    (tmp_path / "veille.db").chmod(0o600)
    (tmp_path / "vide").mkdir()

    veille("export", "public", "--db", "veille.db", cwd=tmp_path)
    here = veille("export", ".", "--db", "../veille.db", cwd=tmp_path / "vide")
    veille("backup", "un.db", "--db", "veille.db", cwd=tmp_path)

    assert (tmp_path / "public.part" / "moi").read_text() == "à moi"
    assert "Traceback" not in here.stderr
    assert (tmp_path / "un.db").stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_an_export_whose_tables_do_not_agree_brings_nothing_in(full, tmp_path):
    veille("export", "tout", "--all", "--db", "veille.db", cwd=tmp_path)
    package = json.loads((tmp_path / "tout" / "datapackage.json").read_text("utf-8"))
    texts = tmp_path / "tout" / "texts.jsonl"
    texts.write_text("".join(texts.read_text("utf-8").splitlines(keepends=True)[:-1]), "utf-8")
    next(one for one in package["resources"] if one["name"] == "texts")["veille:rows"] -= 1
    (tmp_path / "tout" / "datapackage.json").write_text(json.dumps(package), "utf-8")

    outcome = veille("import", "tout", "--db", "neuf.db", cwd=tmp_path)

    assert (outcome.returncode, len(outcome.stderr.splitlines())) == (2, 1), outcome
    new = connect(tmp_path / "neuf.db")
    assert new.execute("select (select count(*) from items) + (select count(*) from accounts)").fetchone() == (0,)
    new.close()
