"""Fiches: no line without a date and a source, acts that are undone, nothing hidden that is shown, pages in a real Datasette in process."""

import json
import random
import re

import pytest
from datasette.app import Datasette

from browsing import PASSWORD, get, rows, signed_in
from builders import collect_entries, make_entry, make_source
from veille.errors import UsageError
from veille.resources import load_kinds, load_line_words
from veille.store import writing
from veille.store.collecting.items import apply_rights
from veille.store.connection import sqlite3
from veille.store.curating import fiches as acts
from veille.store.curating.accounts import add_account
from veille.store.curating.edits import undo_edit
from veille.store.curating.fiches import By
from veille.store.keeping.forgetting import forget
from veille.store.sharing import fiches

KIND = load_kinds()["initiative"]
AT = "2026-11-22T09:00:00Z"
TEXT = (
    "Constat : la moitié des allocataires ressortaient sans réponse. Le département a ouvert un guichet unique avec les agents et les usagers. "
    "Les passages ont baissé de 41 %. Le coût est de 12 400 euros par an. Ce qui n’a pas marché : la borne d’appel. "
    "Avec le recul, il faut commencer par écouter l’accueil."
)
HIDDEN = "Zanzibarde, phrase que les droits cachent, coûte un budget de 77 000 euros. " * 4


@pytest.fixture
def house(store, knowledge, now, tmp_path):
    """An article whose text is shown whole, one of which an extract is, and three curators."""
    whole = make_source(id="pleine", name="La Gazette", url="https://pleine.fr/rss", territory=("33",), rights="full")
    collect_entries(
        store, whole, [make_entry(guid="w", link="https://pleine.fr/1", title="Un guichet unique en Gironde", summary=TEXT)], knowledge, now
    )
    cut = make_source(id="coupee", name="Le Courrier", url="https://coupee.fr/rss", territory=("29",), rights="link")
    entry = make_entry(guid="c", link="https://coupee.fr/1", title="Un bus des démarches dans le Finistère", summary=TEXT + " " + HIDDEN)
    collect_entries(store, cut, [entry], knowledge, now)
    for name, role in (("claire", "curator"), ("paul", "curator"), ("edith", "editor")):
        add_account(store, name, PASSWORD, role, now)
    return Datasette([str(tmp_path / "veille.db")])


def item_of(store, source):
    return store.execute("select id from items where source_id = ?", (source,)).fetchone()[0]


def born(store, source="pleine", account=1):
    draft = fiches.drafted(store, item_of(store, source), load_line_words())
    with writing(store):
        return acts.create(store, KIND, item_of(store, source), draft.lines, By(account=account, at=AT), stage=draft.stage)


def test_an_article_begins_a_sheet_under_its_headings_with_date_and_source(house, store):
    made = fiches.fiche(store, born(store), load_kinds())
    assert {one.heading for one in made.lines} >= {"probleme", "fait", "resultats", "cout", "obstacles", "referait"}
    assert {one.said_on for one in made.lines} == {"2026-11-20"}
    assert {one.source_name for one in made.lines} == {"La Gazette"}
    assert next(one.value for one in made.lines if one.heading == "cout") == 1_240_000
    assert made.card.departements == ("33",)
    with pytest.raises(UsageError, match="déjà la source"):
        born(store)


def test_nothing_hidden_is_quoted_and_its_facts_are_said_in_our_words(house, store):
    made = born(store, "coupee")
    lines = [row[0] for row in store.execute("select text from fiche_lines where fiche_id = ?", (made,))]
    assert "Coût annoncé : 12 400 euros." in lines
    assert not [line for line in lines if "guichet" in line or "Zanzibarde" in line or "allocataires" in line]


@pytest.mark.parametrize("harm", [
    "update fiche_lines set said_on = '' where id = (select min(id) from fiche_lines)",
    "update fiche_lines set source_item = null where id = (select min(id) from fiche_lines)",
    "insert into fiche_lines (fiche_id, heading, text) values (1, 'fait', 'Sans date ni source.')",
    "insert into fiche_lines (fiche_id, heading, text, said_on) values (1, 'fait', 'Sans source.', '2026-01-01')",
    "insert into fiche_lines (fiche_id, heading, text, declared_by) values (1, 'fait', 'Sans date.', 'une équipe')",
])  # fmt: skip
def test_sql_itself_refuses_a_published_line_without_date_or_source(house, store, harm):
    fiche = born(store)
    with writing(store):
        acts.publish(store, fiche, KIND, By(account=1, at=AT))
    with pytest.raises(sqlite3.IntegrityError, match="a date and a source"):
        store.execute(harm)
    with writing(store):
        acts.unpublish(store, fiche, By(account=1, at=AT), withdrawn=False)
    store.execute(harm)  # a draft may be unfinished
    with pytest.raises((sqlite3.IntegrityError, UsageError)), writing(store):
        acts.publish(store, fiche, KIND, By(account=1, at=AT))


ACTS = (
    lambda db, fiche, line, by: acts.retitle(db, fiche, f"Un autre titre {line}", by),
    lambda db, fiche, _, by: acts.add_line(db, fiche, KIND, {"heading": "fait", "text": "Encore.", "said_on": "2026-01-02", "url": "https://e.fr"}, by),
    lambda db, _, line, by: acts.change_line(db, line, KIND, {"text": f"Changé par {by.account}."}, by),
    lambda db, _, line, by: acts.set_line_state(db, line, KIND, "retiree", by),
    lambda db, _, line, by: acts.set_line_state(db, line, KIND, "montree", by),
    lambda db, fiche, _, by: acts.set_stage(db, fiche, "generalisation", "2024", "", by),
    lambda db, fiche, _, by: acts.set_place(db, fiche, "29", by, present=True),
    lambda db, fiche, _, by: acts.set_place(db, fiche, "33", by, present=False),
    lambda db, fiche, _, by: acts.set_tag(db, fiche, "handicap", by, present=True),
    lambda db, fiche, _, by: acts.publish(db, fiche, KIND, by),
    lambda db, fiche, _, by: acts.unpublish(db, fiche, by, withdrawn=False),
    lambda db, fiche, _, by: acts.set_item(db, fiche, item_of(db, "coupee"), "suite", by),
    lambda db, fiche, _, by: acts.link(db, fiche, 3 - fiche, "inspire-de", "ils le disent", by),
    lambda db, fiche, _, by: acts.merge(db, fiche, 3 - fiche, by),
)  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_any_sequence_of_acts_and_their_undos_gives_the_same_rows(house, store, seed):
    dice = random.Random(seed)
    born(store), born(store, "coupee", account=2)
    before, standing = held(store), []
    for _ in range(40):
        lines = [row[0] for row in store.execute("select id from fiche_lines")]
        by = By(account=dice.choice((1, 2)), at=AT)
        last = store.execute("select max(id) from edits").fetchone()[0]
        try:
            with writing(store):
                dice.choice(ACTS)(store, dice.choice((1, 2)), dice.choice(lines), by)
        except UsageError:
            continue
        made = store.execute("select max(id) from edits").fetchone()[0]
        standing += [made] if made != last else []
    assert len(standing) > 8
    assert held(store) != before
    for edit in reversed(standing):
        with writing(store):
            undo_edit(store, account_id=1, edit_id=edit, at=AT)
    assert held(store) == before


def held(store):
    """Every row but the log, and the moment of the last change."""
    found = rows(store)
    found.pop("edits")
    found = {
        name: table for name, table in found.items() if name not in ("fiches_fts_data", "fiches_fts_idx")
    }  # its segments, not its words
    return json.loads(json.dumps(found, default=str))


def test_nobody_is_overwritten_unseen(house, store):
    fiche = born(store)
    line = store.execute("select min(id) from fiche_lines").fetchone()[0]
    seen = acts.last_edit(store, fiche)
    with writing(store):
        acts.change_line(store, line, KIND, {"text": "Paul l’a dit autrement."}, By(account=2, at=AT, seen=seen))
    with pytest.raises(UsageError, match="paul a changé cela entre-temps"), writing(store):
        acts.change_line(store, line, KIND, {"text": "Claire aussi."}, By(account=1, at=AT, seen=seen))
    assert store.execute("select text from fiche_lines where id = ?", (line,)).fetchone() == ("Paul l’a dit autrement.",)
    with writing(store):  # another line is nobody's concern
        acts.change_line(store, line + 1, KIND, {"text": "Claire, ailleurs."}, By(account=1, at=AT, seen=seen))


def test_a_curator_makes_publishes_and_everyone_finds_it(house, store):
    claire = signed_in(house)
    answer = claire.post("/tri/fiche/nouvelle", article=str(item_of(store, "pleine")))
    assert answer.headers.get("location") == "/tri/fiche/1", answer.text[-1500:]
    desk = claire.get("/tri/fiche/1").text
    assert "d’après «" in desk
    assert get(house, "/initiative/1").status_code == 404  # a draft is nobody's yet
    claire.post("/tri/fiche/1", action="publish", seen="0")
    page = get(house, "/initiative/1").text
    for said in ("guichet unique", "Résultats", "La Gazette", "dit le", "En cinq diapositives", "rubriques sur 9"):
        assert said in page, said
    assert "Un guichet unique en Gironde" in get(house, "/recherche?q=guichet+unique").text.split('id="initiatives"')[1]
    assert "Fait partie de l’initiative" in get(house, f"/article/{item_of(store, 'pleine')}").text
    for path in ("/", "/departement/33", "/initiatives?departement=33", "/initiatives.json", "/initiatives.csv", "/initiatives.atom"):
        assert "Un guichet unique en Gironde" in get(house, path).text, path
    assert get(house, "/initiatives?departement=29").text.count("Un guichet unique en Gironde") == 0
    slides = get(house, "/initiative/1/diapos").text
    assert slides.count('<section class="slide') == 5
    assert "<loc>http://localhost/initiative/1</loc>" in get(house, "/sitemap-pages.xml").text
    assert get(house, "/veille/initiatives.json?_shape=array").json()[0]["title"] == "Un guichet unique en Gironde"
    claire.post("/tri/fiche/1", action="draft", seen="99")
    assert get(house, "/initiative/1").status_code == 404
    assert "initiatives" not in re.findall(r'id="(\w+)"', get(house, "/recherche?q=guichet+unique").text)
    (edit,) = store.execute("select max(id) from edits").fetchone()
    log = claire.get("/tri/journal?quoi=fiches").text
    assert "fiche publiée" in log
    assert "fiche Un guichet unique en Gironde" in log
    claire.post(f"/tri/edition/{edit}/annuler")
    assert get(house, "/initiative/1").status_code == 200


def test_rights_that_narrow_take_the_line_from_the_page(house, store, knowledge, now):
    fiche = born(store)
    with writing(store):
        acts.publish(store, fiche, KIND, By(account=1, at=AT))
        apply_rights(store, "pleine", "link")
    assert "guichet unique avec les agents" not in get(house, "/initiative/1").text
    assert "guichet unique avec les agents" not in get(house, "/recherche?q=guichet+agents").text
    assert "guichet unique avec les agents" not in json.dumps(get(house, "/veille/lignes.json?_shape=array").json())


def test_forgetting_an_article_leaves_no_dangling_line(house, store, now):
    fiche = born(store)
    with writing(store):
        acts.publish(store, fiche, KIND, By(account=1, at=AT))
    forget(store, [item_of(store, "pleine")], now)
    assert store.execute("select distinct source_item, state from fiche_lines where fiche_id = ?", (fiche,)).fetchall() == [
        (None, "a-revoir")
    ]
    assert store.execute("pragma foreign_key_check").fetchall() == []
    page = get(house, "/initiative/1")
    assert "ressortaient" not in page.text
    assert store.execute("select count(*) from fiches_fts where fiches_fts match 'ressortaient'").fetchone() == (0,)


def test_a_merged_fiche_leads_to_the_one_that_stays(house, store):
    one, other = born(store), born(store, "coupee")
    with writing(store):
        for fiche in (one, other):
            for text in ("Une ligne.", "Une autre.", "Une troisième."):
                acts.add_line(
                    store,
                    fiche,
                    KIND,
                    {"heading": "fait", "text": text, "said_on": "2026-01-02", "url": "https://e.fr"},
                    By(account=1, at=AT),
                )
            acts.publish(store, fiche, KIND, By(account=1, at=AT))
        acts.merge(store, one, other, By(account=3, at=AT))
    answer = get(house, f"/initiative/{one}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"/initiative/{other}")
    assert "guichet unique" in get(house, f"/initiative/{other}").text
