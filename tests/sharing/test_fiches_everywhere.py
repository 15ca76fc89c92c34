"""Fiches wherever they go: nothing hidden in any answer, nothing lost nor dangling in an export, where to look, what is compared."""

import contextlib
import json
import re
import subprocess
import sys

import pytest
from datasette.app import Datasette

from browsing import PASSWORD, get, rows, signed_in
from builders import collect_entries, make_entry, make_source
from veille.resources import load_kinds, load_line_words
from veille.store import connect, writing
from veille.store.collecting import following
from veille.store.collecting.neighbours import count_words
from veille.store.curating import fiches as acts
from veille.store.curating.accounts import add_account
from veille.store.curating.fiches import By
from veille.store.keeping.forgetting import forget
from veille.store.public import PUBLIC_TABLES
from veille.store.sharing import fiches

KIND = load_kinds()["initiative"]
AT = "2026-11-22T09:00:00Z"
OWN = ("fiches", "fiche_lines", "line_checks", "fiche_territories", "fiche_tags", "fiche_items", "fiche_links", "initiative_facts")
SHOWN = "Le département du Finistère lance un minibus des démarches dans douze bourgs, avec une tablette et un agent."
SECRET = (
    "Le constat zanzibardé : personne ne venait plus. Le coût zanzibardé est de 77 000 euros par an. Le minibus zanzibarde a reçu 900 personnes. "
    "Ce qui n’a pas marché, c’est la zanzibarde elle-même. L’essai est étendu aux zanzibardes communes. Il faut commencer par zanzibarder. "
)  # fmt: skip
TOLD = SHOWN + " " + "Les habitants y font leurs papiers. " * 9 + SECRET * 2


def veille(*arguments, cwd):
    command = [sys.executable, "-m", "veille", *arguments]
    if "--db" not in arguments:
        command += ["--db", "veille.db"]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def house(store, knowledge, now, tmp_path):
    """A sheet born of an article whose text is cut, one of an article of which a title alone is shown, joined, linked, one proposed."""
    for name, role in (("claire", "curator"), ("edith", "editor")):
        add_account(store, name, PASSWORD, role, now)
    ids = []
    for number, (source, rights, title) in enumerate((
        ("coupee", "excerpt", "Un minibus des démarches dans le Finistère"), ("muette", "link", "Finistère : le minibus des démarches, un an après"),
        ("autre", "link", "Finistère : des tablettes dans le minibus des démarches"), ("tierce", "link", "Un bus des papiers dans le Finistère"),
    )):  # fmt: skip
        site = make_source(id=source, name=source.title(), url=f"https://{source}.fr/rss", territory=("29",), rights=rights)
        entry = make_entry(
            guid=source,
            link=f"https://{source}.fr/1",
            title=title,
            summary=f"{TOLD} Fin {number}.",
            published=f"2026-11-{10 + number}T08:00:00Z",
        )
        collect_entries(store, site, [entry], knowledge, now)
        ids.append(store.execute("select id from items where source_id = ?", (source,)).fetchone()[0])
    by, words = By(account=1, at=AT), load_line_words()
    with writing(store):
        store.execute("update items set story_id = null, lead = 1")  # each is told apart: what follows is proposed among them
    count_words(store, knowledge.place_words, lambda: writing(store))
    with writing(store):
        one = acts.create(store, KIND, ids[0], fiches.drafted(store, ids[0], words).lines, by)
        other = acts.create(store, KIND, ids[3], fiches.drafted(store, ids[3], words).lines, by)
        following.propose_to(store, one, knowledge.place_words, AT)
        acts.set_item(store, one, ids[1], "suite", by, fiches.drafted(store, ids[1], words).lines)
        for line in fiches.lines_of(store, one, KIND):
            if line.state == "a-revoir":
                acts.set_line_state(store, line.id, KIND, "montree", by)
        for fiche in (one, other):
            for number in range(3):
                given = {"heading": "fait", "text": f"Ce que dit la fiche, {number}.", "said_on": "2026-11-12", "item": str(ids[0])}
                acts.add_line(store, fiche, KIND, given, by)
            acts.publish(store, fiche, KIND, by)
        acts.link(store, one, other, "inspire-de", "ils l’ont dit", by)
        acts.check_line(store, fiches.lines_of(store, one, KIND)[0].id, "vrai", by)
    assert store.execute("select count(*) from texts where text like '%zanzibard%'").fetchone()[0] == 4
    assert store.execute("select count(*) from fiche_items where role = 'propose'").fetchone()[0] >= 1
    return Datasette([str(tmp_path / "veille.db")])


def test_a_sentence_that_rights_hide_is_in_no_answer(house, store, tmp_path):
    paths = ["/", "/initiatives", "/initiatives?q=minibus", "/initiative/1", "/initiative/1/diapos", "/initiative/2", "/initiatives.atom",
             "/initiatives.json", "/initiatives.csv", "/recherche?q=minibus", "/recherche?q=zanzibarde", "/departement/29", "/comparer?departements=29,33",
             "/agenda", "/carte", "/donnees", "/sitemap-pages.xml", "/panier?articles=1,2,3,4", "/integrer?departement=29"]  # fmt: skip
    paths += [f"/article/{number}" for number in (1, 2, 3, 4)] + [
        f"/recherche.{one}?q=minibus" for one in ("atom", "json", "jsonfeed", "csv")
    ]
    paths += [f"/veille/{table}{ending}" for table in PUBLIC_TABLES for ending in ("", ".json?_shape=objects", ".csv")]
    desk = signed_in(house)
    answers = {path: get(house, path) for path in paths}
    answers |= {
        path: desk.get(path) for path in ("/tri/fiches", "/tri/fiche/1", "/tri/journal", "/tri/journal?quoi=fiches", "/tri?article=2")
    }
    for path, answer in answers.items():
        assert answer.status_code == 200, path
        said = answer.text.lower()
        if "zanzibarde" in path:  # a search repeats its own word, and no other form of it
            assert "<mark>zanzibard" not in said
            said = re.sub(r"zanzibarde(?!\w)", "", said)
        assert "zanzibard" not in said, (path, said[max(0, said.find("zanzibard") - 200) :][:400])
    assert "Coût annoncé : 77 000 euros." in answers["/initiative/1"].text.replace("\u202f", " ").replace(
        "\u00a0", " "
    )  # a fact, in our words
    assert veille("export", "dehors", cwd=tmp_path).returncode == 0
    for path in (tmp_path / "dehors").rglob("*"):
        assert path.is_dir() or b"zanzibard" not in path.read_bytes().lower(), path


def test_an_export_comes_back_whole_and_nothing_dangles(house, store, tmp_path, now):
    def own(db):
        return {name: table for name, table in json.loads(json.dumps(rows(db), default=str)).items() if name in OWN}

    assert veille("export", "tout", "--all", cwd=tmp_path).returncode == 0
    assert veille("import", "tout", "--db", "neuf.db", cwd=tmp_path).returncode == 0
    with contextlib.closing(connect(tmp_path / "neuf.db")) as new:
        assert own(new) == own(store) != {}
        assert new.execute("pragma foreign_key_check").fetchall() == []
        copy = Datasette([str(tmp_path / "neuf.db")])
        assert (
            get(copy, "/initiatives?q=minibus").text.count('class="card')
            == get(house, "/initiatives?q=minibus").text.count('class="card')
            >= 1
        )
        forget(new, [1, 2], now)
        assert new.execute("pragma foreign_key_check").fetchall() == []
        assert new.execute("select count(*) from fiche_lines where source_item in (1, 2)").fetchone() == (0,)
        for path in ("/initiatives", "/recherche?q=minibus", "/neuf/lignes.json"):
            assert get(copy, path).status_code == 200, path
        assert (
            get(copy, "/initiative/1").status_code == 404
        )  # nothing of it is shown any more: a draft again, which bears no title of theirs
        assert new.execute("select title, state from fiches where id = 1").fetchone() == ("source oubliée", "brouillon")


def test_where_to_look_counts_what_its_click_shows(house):
    page = get(house, "/recherche?q=minibus").text
    [(link, count)] = re.findall(
        r'href="(/initiatives\?q=[^"]+)"[^>]*>.*?(\d+)</', page.split("Où chercher")[1].split("</section>")[0], re.DOTALL
    )
    there = get(house, link).text
    assert f"{count} initiative" in there
    assert "dans les articles" in there
    assert "Où chercher" not in get(house, "/recherche?q=personne").text
    assert get(house, "/initiatives?q=introuvable").text.count("Aucune fiche ne répond") == 1
    assert get(house, "/initiatives.json?q=minibus").json()["initiatives"][0]["id"] in (1, 2)
    assert get(house, "/initiatives.json?q=introuvable").json()["initiatives"] == []


def test_departements_are_compared_by_their_initiatives_too(house):
    page = get(house, "/comparer?departements=29,33").text
    assert page.count("<h3>Initiatives</h3>") == 1
    assert '<a href="/initiative/1">' in page


def test_a_sheet_has_its_thread_and_tells_who_else(house):
    page = get(house, "/initiative/1").text
    thread = page.split('<ol class="thread">')[1].split("</ol>")[0]
    for said in ("suite", "stade", "toujours vrai", "Un minibus des démarches dans le Finistère"):
        assert said in thread, said
    assert "suite proposée" not in page
    assert "des tablettes dans le minibus" not in page  # proposed, and nobody's yet
