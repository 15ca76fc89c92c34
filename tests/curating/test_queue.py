"""The queue: pages that follow each other whatever is decided meanwhile, a story as one row, orders; and what the journal tells of it."""

import re
from datetime import timedelta

import pytest

from browsing import signed_in
from builders import collect_entries, make_entry, make_source
from veille.store.curating.queue import Asked, queue
from veille.store.keeping.installation import STEPS

STORY = (
    "Le département ouvre trois maisons où les habitants trouvent un agent, un écran et un bus pour leurs démarches. Les équipes ont observé "
    "six semaines, puis dessiné l’accueil avec les usagers et les agents de chaque canton concerné."
)


@pytest.fixture
def full(newsroom, store, knowledge, now):
    """The newsroom with thirty articles more, of two départements, and a story that two sources tell."""
    for code, name in (("29", "finistere"), ("33", "gironde-labo")):
        entries = [
            make_entry(
                guid=f"{name}{n}", link=f"https://{name}.example.fr/{n}", title=f"Atelier numéro {n} avec les habitants",
                summary=f"Essai {n} d’un budget participatif, raconté par {name}.", published=f"2026-11-{1 + n:02}T08:00:00Z",
            )
            for n in range(15)
        ]  # fmt: skip
        entries.append(
            make_entry(guid=f"{name}s", link=f"https://{name}.example.fr/s", title="Trois maisons pour les démarches", summary=STORY)
        )
        collect_entries(
            store, make_source(id=name, name=name, url=f"https://{name}.example.fr/rss", territory=(code,)), entries, knowledge, now
        )
    return newsroom


def pages(store, **asked):
    """Every page of a queue, by ids."""
    found, after = [], 0
    while True:
        page = queue(store, Asked(after=after, **asked), size=7)
        found.append([row.card.id for row in page.rows])
        if not page.follows:
            return found
        after = found[-1][-1]


def told_in(store):
    return [row[0] for row in store.execute("select id from items where title = 'Trois maisons pour les démarches' order by id")]


@pytest.mark.parametrize("order", ["interest", "date", "source", "theme", "departement"])
def test_pages_hold_everything_once_in_every_order(full, store, order):
    found = [item for page in pages(store, order=order) for item in page]
    everything = {row[0] for row in store.execute("select id from items where state = 'new' and queued = 1")}
    lead, twin = told_in(store)
    assert len(found) == len(set(found))
    assert set(found) == everything - ({twin} if lead in found else {lead})
    assert queue(store, Asked(order=order)).total == len(found)


@pytest.mark.parametrize("order", ["interest", "date", "source", "theme", "departement"])
def test_what_is_decided_on_a_page_lets_nothing_of_the_next_be_passed_over(full, store, order):
    whole = [item for page in pages(store, order=order) for item in page]
    first = [row.card.id for row in queue(store, Asked(order=order), size=7).rows]
    signed_in(full).act("dismiss", *first)
    second = [row.card.id for row in queue(store, Asked(order=order, after=first[-1]), size=7).rows]
    gone = {row[0] for row in store.execute("select id from items where state = 'dismissed'")}
    assert second == [item for item in whole if item not in gone][:7]


def test_filters_and_orders_go_together(full, store):
    found = [item for page in pages(store, departement="29", order="theme") for item in page]
    assert len(found) == 16
    assert {row[0] for row in store.execute(f"select source_id from items where id in ({','.join(map(str, found))})")} == {"finistere"}
    page = signed_in(full).get("/tri?ordre=departement").text
    heads = re.findall(r'class="over under">([^<]+)<', page)
    assert heads == ["29 Finistère", "33 Gironde"]


def test_a_story_is_one_row_and_is_decided_whole(full, store):
    claire = signed_in(full)
    lead, twin = told_in(store)
    page = claire.get("/tri?ordre=date").text
    assert f'data-item="{lead}"' in page
    assert f'data-item="{twin}"' not in page
    assert "×&nbsp;2 sources" in page

    told = claire.act("select", lead).json()
    assert told["said"] == "Sélectionné, 1 autre article de la même histoire avec lui."
    states = lambda: {row[0] for row in store.execute("select state from items where id in (?, ?)", (lead, twin))}  # noqa: E731
    assert states() == {"selected"}
    claire.post(f"/decision/{told['batch']}/annuler")
    assert states() == {"new"}

    claire.act("dismiss", lead)
    assert states() == {"dismissed"}
    assert [row.card.id for row in queue(store, Asked(state="dismissed")).rows] == [lead]
    claire.act("restore", lead)
    claire.act("select", twin)  # who names another telling of it means that one alone: it leads from now on
    assert states() == {"new", "selected"}
    assert store.execute("select id from items where lead = 1 and id in (?, ?)", (lead, twin)).fetchall() == [(twin,)]


def test_a_new_telling_of_a_story_that_was_decided_says_so(full, store, knowledge, now):
    claire = signed_in(full)
    lead, _ = told_in(store)
    claire.act("dismiss", lead)
    entry = make_entry(guid="r", link="https://presse.example.fr/r", title="Trois maisons pour les démarches", summary=STORY)
    collect_entries(store, make_source(id="presse", name="La presse", url="https://presse.example.fr/rss"), [entry], knowledge, now)
    row = next(row for row in queue(store, Asked(order="date")).rows if row.card.source == "presse")
    assert row.said.endswith(": écarté.")
    assert row.said.startswith("Même histoire chez")


def test_a_summary_is_corrected_and_given_back(full, store, knowledge, now):
    claire = signed_in(full)
    claire.act("summary", 1, value="Dit autrement.\n\nEn deux mots rares : zébulon.")
    page = claire.get("/article/1").text
    assert "Dit autrement." in page
    assert "résumé corrigé par un documentaliste" in page.lower()
    assert "Dit autrement" in claire.get("/recherche?q=zebulon").text
    # A collection that brings other words remembers them, and leaves the curator's.
    (title,) = store.execute("select title from items where id = 1").fetchone()
    again = make_entry(guid="g0", link="https://e.fr/0", title=title, summary="La source dit autre chose des habitants de la Gironde.")
    collect_entries(store, make_source(territory=("33",)), [again], knowledge, now + timedelta(hours=6))
    assert store.execute("select summary from items where id = 1").fetchone()[0].startswith("Dit autrement.")
    claire.act("summary", 1, value="")
    assert store.execute("select summary from items where id = 1").fetchone()[0].startswith("La source dit autre chose")
    assert "zébulon" not in claire.get("/recherche?q=zebulon").text.split("<main")[1].replace('value="zebulon"', "")
    assert "4000" in claire.act("summary", 1, value="x" * 4001).json()["said"].replace("\u202f", "")


def test_the_journal_is_searched_and_names_what_it_is_about(full, store):
    claire, paul, edith = signed_in(full), signed_in(full, "paul"), signed_in(full, "edith")
    titles = dict(store.execute("select id, title from items").fetchall())
    claire.act("select", 1, why="un essai à refaire")
    paul.act("dismiss", 2)
    paul.act("story-join", 3, value="4")
    claire.act("title", 5, value="Un titre plus juste")
    claire.act("kind", 6, value="appel")
    edith.post("/tri/vocabulaire", action="rename", theme="handicap", nom="Handicap et autonomie")
    edith.post("/tri/sources", change="pause", source="finistere")

    def lines(query=""):
        page = claire.get(f"/tri/journal{query}").text
        return (
            [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr>(.*?)</tr>", page.split("<tbody>")[1], re.S)]
            if "<tbody>" in page
            else []
        )

    everything = " ".join(" ".join(lines()).replace("&nbsp;", " ").replace("\u00a0", " ").split())
    assert f"réuni à une histoire : « {titles[4]}" in everything
    assert "« Un titre plus juste »" in everything
    assert "type choisi : appel" in everything.lower()
    assert "thème Handicap et autonomie" in everything
    assert "source finistere" in everything
    assert len(lines()) == 7
    assert len(lines("?qui=paul")) == 2
    assert len(lines("?quoi=selections")) == 1
    assert len(lines("?quoi=vocabulaire")) == 1
    assert len(lines("?q=refaire")) == len(lines("?q=REFAIRE%20essai")) == 1
    word = max(titles[2].split(), key=len)
    assert any("écarté" in line for line in lines(f"?q={word}"))
    today = store.execute("select date(max(at)) from decisions").fetchone()[0]
    assert len(lines(f"?jour={today}")) + len(lines("?jour=2020-01-01")) >= 6
    assert "n’est pas une date" in claire.get("/tri/journal?jour=hier").text
    assert "Aucun geste ne répond" in claire.get("/tri/journal?q=introuvable").text


def test_the_nearest_theme_is_proposed(full):
    claire = signed_in(full)
    assert 'value="Participation et démocratie"' in claire.get("/tri/lot?q=budget+participatif").text
    told = claire.act("tag-add", 1, value="Handicpa").json()
    assert told["wrong"]
    assert "Le plus proche : « Handicap »." in told["said"]
    assert "plus proche" not in claire.act("tag-add", 1, value="zzzz").json()["said"]


def test_a_merge_says_first_how_many_articles_move(full, store):
    edith = signed_in(full, "edith")
    signed_in(full).act("tag-add", 1, value="handicap")
    (count,) = store.execute("select count(*) from item_tags where tag_id = 'handicap' and origin <> 'refused'").fetchone()
    page = edith.get("/tri/vocabulaire?theme=handicap&vers=laboratoires").text.replace("&nbsp;", " ").replace("\u00a0", " ")
    assert f"{count} article ira à" in page
    edith.post("/tri/vocabulaire", action="merge", theme="handicap", vers="laboratoires", attendu=str(count + 3))
    assert store.execute("select alias_of from tags where id = 'handicap'").fetchone() == (None,)
    assert "le compte a changé" in edith.get("/tri/vocabulaire").text
    edith.post("/tri/vocabulaire", action="merge", theme="handicap", vers="laboratoires", attendu=str(count))
    assert store.execute("select alias_of from tags where id = 'handicap'").fetchone() == ("laboratoires",)


def test_a_rule_is_changed_where_it_stands(full, store):
    edith = signed_in(full, "edith")
    edith.post("/tri/regles", action="rule", phrase="brocante", effet="dismiss")
    edith.post("/tri/regles", action="rule-edit", id="1", phrase="vide-grenier", effet="interest", valeur="15 %")
    assert store.execute("select phrase, effect, value, enabled from rules").fetchall() == [("vide-grenier", "interest", "0.15", 1)]
    page = edith.get("/tri/regles").text.replace("&nbsp;", " ")
    assert "intérêt 15 %" in page
    edith.post("/tri/regles", action="rule-edit", id="1", phrase="", effet="dismiss")
    assert store.execute("select phrase from rules").fetchone() == ("vide-grenier",)
    (edit,) = store.execute("select max(id) from edits").fetchone()
    edith.post(f"/tri/edition/{edit}/annuler")
    assert store.execute("select phrase, effect from rules").fetchone() == ("brocante", "dismiss")


def test_roles_are_told_in_french(full):
    anne = signed_in(full, "anne")
    page = anne.get("/tri/comptes").text
    assert ">documentaliste<" in page
    assert re.findall(r">\s*(curator|editor|admin)\s*<", page) == []


def test_an_empty_site_tells_its_next_step(store, tmp_path, now):
    from datasette.app import Datasette

    from browsing import PASSWORD, get
    from veille.store.curating.accounts import add_account

    site = Datasette([str(tmp_path / "veille.db")])
    page = get(site, "/").text
    assert "Les premiers pas" in page
    assert f"0 étape faite sur {len(STEPS)}" in page
    assert page.count("<details open>") == 1
    assert "veille collect -v" in page
    add_account(store, "anne", PASSWORD, "admin", now)
    assert "Les premiers pas" not in get(site, "/").text  # its administrator is told, and nobody else
    anne = signed_in(site, "anne")
    assert "1 étape faite" in anne.get("/").text
    assert "1 étape faite" in anne.get("/tri/installation").text
