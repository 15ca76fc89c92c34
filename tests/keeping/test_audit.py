"""What earlier rules may have done: a file that they wrote, mended names, and what `veille audit` says of it."""

import gzip
import json
import subprocess
import sys

import pytest

from builders import collect_entries, dump, make_entry, make_source, register
from paths import TESTS
from veille.store import connect, migrate, writing
from veille.store.keeping.auditing import audit

OLD = TESTS / "upgrades" / "m008.db.gz"
ACTU = "https://portail.example.fr/actu.php"


@pytest.fixture
def old(tmp_path):
    """A file of the version before m009, without its articles' names."""
    path = tmp_path / "veille.db"
    path.write_bytes(gzip.decompress(OLD.read_bytes()))
    db = connect(path)
    with writing(db):
        for table in ("addresses", "sightings"):
            db.execute(f"delete from {table}")
    yield db
    db.close()


def held(db, item_id, source_id, url, *, named=""):
    """An article of the old file as rule 1 knew it: a sighting, and its canonical address where it had one."""
    register_old(db, source_id)
    db.execute("update items set source_id = ?, url = ? where id = ?", (source_id, url, item_id))
    db.execute("insert into sightings values (?, ?, ?, '2026-11-20T09:00:00Z')", (item_id, source_id, url))
    if named:
        db.execute("insert into addresses values ('canonical', '', ?, ?, 1)", (named, item_id))


def register_old(db, source_id):
    db.execute(
        "insert or ignore into sources (id, name, kind, url, territory, rights, language, state) values (?, ?, 'feed', ?, '[]', 'full', 'fr', 'live')",
        (source_id, source_id, f"https://{source_id}.example.fr/rss"),
    )


def names(db):
    return set(db.execute("select kind, scope, value, item_id from addresses where kind <> 'title-day'").fetchall())


def test_names_are_told_again_by_the_second_rule(old, knowledge, now):
    with writing(old):
        held(old, 1, "portail", f"{ACTU}?id=1#n1", named=f"{ACTU}?id=1")
        held(old, 2, "portail", "https://www.portail.example.fr/a;jsessionid=AB?xtor=RSS-1", named="https://portail.example.fr/a")
        old.execute(
            "insert into addresses values ('canonical', '', 'https://portail.example.fr/avant', 2, 1)"
        )  # of a link that is not kept
        held(old, 3, "portail", "https://portail.example.fr/b", named="https://portail.example.fr/b")
        register_old(old, "presse")
        old.execute("insert into sightings values (3, 'presse', 'https://portail.example.fr/b?ref=accueil', '2026-11-20T10:00:00Z')")
    migrate(old, knowledge, now)

    assert names(old) == {
        ("canonical", "", f"{ACTU}?id=1#n1", 1), ("loose", "portail", f"{ACTU}?id=1", 1),
        ("canonical", "", "https://portail.example.fr/a;jsessionid=AB", 2), ("loose", "portail", "https://portail.example.fr/a", 2),
        ("canonical", "", "https://portail.example.fr/avant", 2),
        ("canonical", "", "https://portail.example.fr/b", 3), ("canonical", "presse", "https://portail.example.fr/b?ref=accueil", 3),
    }  # fmt: skip


def test_sharing_goes_to_the_sources_that_saw_it_and_what_was_cut_tells_entries_apart_again(old, knowledge, now):
    with writing(old):
        for item_id in (1, 2):
            held(old, item_id, "portail", f"https://portail.example.fr/journal#n{item_id}")
            held(old, item_id + 2, "hub", "https://hub.example.fr/")
        held(old, 5, "presse", "https://hub.example.fr/#haut")
        held(old, 6, "seule", "https://hub.example.fr/")
        for value in ("https://portail.example.fr/journal", "https://hub.example.fr/"):
            old.execute("insert into addresses values ('shared', '', ?, null, 1)", (f"canonical {value}",))
    migrate(old, knowledge, now)

    assert {row for row in names(old) if row[0] != "loose"} == {
        ("canonical", "", "https://portail.example.fr/journal#n1", 1), ("canonical", "", "https://portail.example.fr/journal#n2", 2),
        ("shared", "hub", "canonical https://hub.example.fr/", None), ("canonical", "", "https://hub.example.fr/#haut", 5),
        ("shared", "seule", "canonical https://hub.example.fr/", None),
    }  # fmt: skip


def test_what_rule_2_joins_and_parts_is_told(old, knowledge, now):
    with writing(old):
        held(old, 1, "portail", f"{ACTU}?a=1&amp;b=2", named=f"{ACTU}?a=1&amp%3Bb=2")
        held(old, 2, "portail", f"{ACTU}?a=1&b=2", named=f"{ACTU}?a=1&b=2")
        held(old, 3, "portail", f"{ACTU}?share=11", named=ACTU)
        register_old(old, "presse")
        old.execute("insert into sightings values (3, 'presse', ?, '2026-11-20T10:00:00Z')", (f"{ACTU}?share=12",))
    migrate(old, knowledge, now)

    told = {one.kind: one for one in audit(old) if one.kind in ("joined", "parted")}
    assert (told["joined"].items, told["parted"].items) == ((1, 2), (3,))
    assert "share=11" in told["parted"].said
    assert "share=12" in told["parted"].said


def test_links_that_lost_their_content_are_found_again_by_their_words(old, knowledge, now):
    """Rule 1 cut `pk_actu` from the link itself: what comes with it now, and without a guid, is the article of before."""
    source = make_source(id="portail", url="https://portail.example.fr/rss")
    with writing(old):
        held(old, 1, "portail", ACTU, named=ACTU)
    title = old.execute("select title from items where id = 1").fetchone()[0]
    migrate(old, knowledge, now)
    there, another = (
        make_entry(guid="", link=f"{ACTU}?pk_actu={n}", title=text, summary="", published="")
        for n, text in ((11, title), (12, "Un autre titre"))
    )

    first = collect_entries(old, source, [there, another], knowledge, now)
    again = collect_entries(old, source, [another, there], knowledge, now)

    assert (first.new, again.new) == (1, 0)
    assert old.execute("select url from items where id = 1").fetchone() == (f"{ACTU}?pk_actu=11",)


def test_articles_that_were_two_and_addresses_of_others_are_listed_and_nothing_changes(store, knowledge, now):
    honest, hostile = make_source(), make_source(id="hostile", url="https://pirate.example.org/rss")
    collect_entries(store, honest, [make_entry()], knowledge, now)
    collect_entries(store, honest, [make_entry(title="Un accueil social repensé (bis)")], knowledge, now)  # an edit
    collect_entries(
        store, honest, [make_entry(title="La piscine ferme", summary="Un chantier de grande ampleur tout l’hiver.")], knowledge, now
    )
    collect_entries(store, hostile, [make_entry(guid="x", link="https://www.gironde.example.fr/faux", title="Un faux")], knowledge, now)
    before = dump(store)

    found = audit(store)

    assert [(one.kind, one.items) for one in found] == [("overwritten", (1,)), ("stranger", (2,))]
    assert "La piscine ferme" in found[0].said
    assert "gironde" in found[1].said
    assert dump(store) == before


def test_the_command_says_what_to_do_and_its_code_tells_whether_there_is_something(store, knowledge, now, tmp_path):
    def run(*more):
        return subprocess.run(
            [sys.executable, "-m", "veille", "audit", "--db", str(tmp_path / "veille.db"), *more], capture_output=True, text=True
        )

    clean = run()
    register(store, make_source())
    collect_entries(store, make_source(id="hostile", url="https://pirate.example.org/rss"), [make_entry()], knowledge, now)
    found, as_json = run(), run("--json")

    assert (clean.returncode, clean.stderr) == (0, "")
    assert (found.returncode, found.stderr) == (1, "")
    assert "1 article à l’adresse d’une autre source" in found.stdout
    assert json.loads(as_json.stdout) == [
        {"kind": "stranger", "articles": [1], "said": "« Un accueil social repensé », apporté par hostile, adresse de gironde"}
    ]
