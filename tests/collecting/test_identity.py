"""The table of identity, row by row, and what the store makes of it."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import collect_entries, dump, make_entry, make_item, make_source
from paths import ROOT
from veille.judge.identity import NOTHING, Case, Recall, counted, name_items, plan
from veille.messages.collecting import VERDICTS
from veille.model import Known
from veille.store import writing
from veille.store.curating.decisions import decide

TEXT = "Les agents y travaillent avec les usagers depuis un an. Une évaluation indépendante sera rendue au printemps prochain par des chercheurs."
OTHER = "Le conseil a voté la rénovation de la piscine et du gymnase, fermés tout l’hiver pour un chantier de grande ampleur."
HOME = "https://gironde.example.fr"
MAY = {
    "guid": "mai",
    "link": f"{HOME}/lettre",
    "title": "La lettre de mai : les aidants",
    "summary": "Les aidants racontent.",
    "published": "2026-05-04",
}
JUNE = {
    "guid": "juin",
    "link": f"{HOME}/lettre",
    "title": "La lettre de juin : les collèges",
    "summary": "Des cours ouvertes.",
    "published": "2026-06-01",
}
LABO = {"guid": "h1", "link": f"{HOME}/labo", "title": "La Gironde ouvre son laboratoire", "summary": TEXT, "published": "2026-11-20"}
LIE = {
    "guid": "x1",
    "link": f"{HOME}/labo",
    "title": "Arnaque : le laboratoire ferme",
    "summary": "Texte mensonger du pirate.",
    "published": "2026-11-19",
}
HOSTILE = make_source(id="hostile", name="Hostile", url="https://pirate.example.org/rss", rights="full")
HONEST = make_source()


def visit(store, now, source, *given, knowledge=None, days=0):
    return collect_entries(store, source, [make_entry(**one) for one in given], knowledge, now + timedelta(days=days))


def rows_of(*visits, source=HONEST):
    """The rows that the last of these visits falls under, by the pure function alone: a store in a dictionary."""
    known, texts, told = {}, {}, ()
    for number, entries in enumerate(visits):
        named, _ = name_items([make_item(source, **one) for one in entries], frozenset())
        recall = Recall(known=known, text_of=texts.__getitem__) if known else NOTHING
        told = plan(source.id, named, recall).verdicts
        for place, (one, _) in enumerate(told):
            item = one.item
            held = Known(id=100 * number + place, source_id=source.id, fingerprint=item.fingerprint, title=item.title, day=item.day)
            texts[held.id] = item.text
            for name in one.kept:
                known.setdefault(name, held)
    return dict(counted(told))


CASES = {
    Case.NEW: ([LABO], [LABO | {"guid": "h2", "link": f"{HOME}/autre", "title": "Autre chose"}]),
    Case.KNOWN: ([LABO], [LABO | {"title": "Tout autre titre", "summary": OTHER}]),
    Case.RENAMED: ([LABO], [LABO | {"guid": "h2"}]),
    Case.READDRESSED: ([LABO], [LABO | {"link": f"{HOME}/laboratoire"}]),
    Case.REUSED_ADDRESS: ([MAY], [JUNE]),
    Case.REUSED_GUID: ([LABO | {"guid": "une"}], [LABO | {"guid": "une", "link": f"{HOME}/piscine", "title": "La piscine ferme", "summary": OTHER}]),
    Case.NEAR: ([LABO | {"guid": "", "link": f"{HOME}/labo?sid=0a1"}], [LABO | {"guid": "", "link": f"{HOME}/labo?sid=0b2"}]),
    Case.SAME_WORDS: ([LABO | {"guid": "", "link": ""}], [LABO | {"guid": "", "link": ""}]),
    Case.TWO_NAMES: ([LABO, MAY, JUNE | {"link": f"{HOME}/juin"}], [LABO | {"link": MAY["link"]}, JUNE | {"link": f"{HOME}/juin"}]),
    Case.COUNTED_GUID: (
        [MAY | {"guid": "0", "link": f"{HOME}/mai"}, LABO | {"guid": "1"}],
        [JUNE | {"guid": "0", "link": f"{HOME}/juin"}, MAY | {"guid": "1", "link": f"{HOME}/mai"}],
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", CASES, ids=str)
def test_each_row_of_the_table_decides_its_case(row):
    assert row in rows_of(*CASES[row])


def test_every_row_is_told_in_french_and_stands_in_the_docs():
    table = (ROOT / "docs" / "identite.md").read_text("utf-8")

    assert set(VERDICTS) == {str(row) for row in Case} | {"forgotten"}
    assert [row for row in Case if f"| `{row}` |" not in table] == []


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"title": "La Gironde ouvre son laboratoire (mis à jour)"}, True),
        ({"title": "La Gironde inaugure son laboratoire"}, True),
        ({"title": "URGENT"}, False),  # one text under two titles, at one address: two notices
        ({"title": "La Gironde ouvre son laboratoire", "summary": f"{TEXT} {OTHER}"}, True),
        ({"summary": OTHER}, True),  # the same title, the same day
        ({"title": "La Gironde ouvre son laboratoire 2"}, True),
        ({"title": "La piscine ferme", "summary": OTHER}, False),
        ({"published": "2026-11-27"}, False),  # a title that came back
        ({"published": "2026-11-27", "summary": OTHER}, False),
        ({"published": "2026-11-27", "summary": f"{TEXT} {OTHER}"}, True),  # the old text is all there
        ({"title": "La Gironde ouvre son laboratoire de mai", "summary": OTHER}, False),
    ],
)  # fmt: skip
def test_words_confirm_what_a_new_guid_puts_in_doubt(change, same):
    given = LABO | {"summary": TEXT * 2} if change == {"published": "2026-11-27", "summary": f"{TEXT} {OTHER}"} else LABO
    change = change | ({"summary": f"{TEXT * 2} {OTHER}"} if given is not LABO else {})

    assert rows_of([given], [given | change | {"guid": "h2"}]) == {str(Case.RENAMED if same else Case.REUSED_ADDRESS): 1}


@pytest.mark.parametrize("months", [("mai", "juin"), ("juin 2025", "juin 2026"), ("n° 12", "n° 13")])
def test_editions_are_never_one_another(months):
    one, other = (LABO | {"title": f"La lettre du Département, {month}", "guid": month} for month in months)

    assert rows_of([one], [other]) == {"reused-address": 1}


@pytest.mark.parametrize(
    ("page", "same"),
    [("/la-gironde-ouvre-son-laboratoire", True), ("/actu.php?id=45", True), ("/agenda", False), ("/agenda/2026/11", False)],
)
def test_the_same_words_under_a_new_guid_and_another_day_are_one_where_the_page_is_its_own(page, same):
    short = LABO | {"link": f"{HOME}{page}", "summary": "Il ouvre."}

    assert rows_of([short], [short | {"guid": "h2", "published": "2026-11-27"}]) == {"renamed" if same else "reused-address": 1}


def test_an_article_whose_address_is_used_again_keeps_its_place(store, now):
    visit(store, now, HONEST, MAY)
    visit(store, now, HONEST, JUNE, days=1)
    outcome = visit(store, now, HONEST, JUNE | {"title": "La lettre de juin : les collèges et les routes", "summary": OTHER}, days=2)

    assert (outcome.new, outcome.changed, outcome.verdicts) == (0, 1, (("known", 1),))
    assert [row[0] for row in store.execute("select title from items order by id")] == [
        MAY["title"], "La lettre de juin : les collèges et les routes",
    ]  # fmt: skip


def test_a_visit_played_twice_gives_the_same_rows(store, now):
    steps = [
        (HONEST, [MAY]), (HONEST, [JUNE]), (HOSTILE, [LIE]), (HONEST, [LABO]), (HONEST, [LABO | {"guid": "h2"}]),
        (HONEST, [LABO | {"link": f"{HOME}/labo?sid=0a1", "guid": ""}]), (HOSTILE, [LIE, LIE | {"guid": "x2", "title": "Un second mensonge"}]),
    ]  # fmt: skip
    for source, entries in steps:
        visit(store, now, source, *entries)
        before = dump(store)
        visit(store, now, source, *entries)
        assert dump(store) == before, entries


def held(store):
    return store.execute("select source_id, title, state from items order by id").fetchall()


def test_a_stranger_never_changes_what_an_owner_brought(store, now):
    visit(store, now, HONEST, LABO)
    for number in range(3):
        assert visit(store, now, HOSTILE, LIE | {"title": f"Mensonge {number}"}).duplicates == 1

    assert held(store) == [("gironde", LABO["title"], "new")]


def test_an_owner_takes_back_what_a_stranger_announced_first(store, knowledge, now):
    visit(store, now, HOSTILE, LIE, knowledge=knowledge)
    outcome = visit(store, now, HONEST, LABO, knowledge=knowledge)
    later = visit(store, now, HONEST, LABO | {"title": "La Gironde ouvre deux laboratoires"}, knowledge=knowledge)

    assert (outcome.verdicts, later.changed) == ((("reclaimed", 1),), 1)
    assert held(store) == [("gironde", "La Gironde ouvre deux laboratoires", "new")]
    assert store.execute("select id, published_at, summary from items").fetchall() == [(1, "2026-11-20", TEXT)]
    assert [row[0] for row in store.execute("select title from versions order by id")] == [LIE["title"], LABO["title"]]
    assert {row[0] for row in store.execute("select source_id from sightings")} == {"gironde", "hostile"}
    assert store.execute("select context from texts").fetchone()[0].startswith(HONEST.name)
    assert visit(store, now, HOSTILE, LIE | {"title": "Encore un mensonge"}, knowledge=knowledge).changed == 0


def test_rights_of_the_owner_hold_for_what_it_takes_back(store, now):
    visit(store, now, HOSTILE, LIE | {"summary": TEXT * 4})
    visit(store, now, make_source(rights="link"), LABO)

    assert store.execute("select summary from items").fetchone() == ("",)


def test_what_a_curator_touched_stays_and_the_owner_is_beside_it(store, now):
    visit(store, now, HOSTILE, LIE)
    store.execute("update items set state = 'selected'")
    outcome = visit(store, now, HONEST, LABO)

    assert outcome.verdicts == (("disputed", 1),)
    assert held(store) == [("hostile", LIE["title"], "selected"), ("gironde", LABO["title"], "new")]
    assert store.execute("select item_id, other_id from alike").fetchall() == [(2, 1)]
    for number, (source, given) in enumerate(((HOSTILE, LIE), (HONEST, LABO), (HOSTILE, LIE | {"guid": ""}))):
        again = visit(store, now, source, given | {"summary": f"Quelques mots de plus, {number}."})
        assert (again.new, again.changed) == (0, 1), source.id
    assert len(held(store)) == 2


def test_a_copy_that_a_curator_selected_becomes_its_owners(store, now):
    visit(store, now, HOSTILE, LABO | {"guid": "x"})
    store.execute("update items set state = 'selected'")
    visit(store, now, HONEST, LABO)

    assert held(store) == [("gironde", LABO["title"], "selected")]


@pytest.mark.parametrize("action", ["select", "dismiss", "note-private", "title", "kind", "tag-add"])
def test_any_act_of_a_curator_is_a_touch(store, knowledge, now, action):
    from veille.store.curating.accounts import add_account

    add_account(store, "claire", "un mot de passe assez long", "admin", now)
    visit(store, now, HOSTILE, LIE, knowledge=knowledge)
    value = {"kind": "prix", "tag-add": "handicap", "title": "Un titre", "note-private": "Une note"}.get(action, "")
    with writing(store):
        decide(store, account_id=1, item_id=1, action=action, value=value, at="2026-11-22T09:00:00Z")

    assert visit(store, now, HONEST, LABO, knowledge=knowledge).verdicts == (("disputed", 1),)


def test_a_feed_served_from_elsewhere_owns_what_its_home_does(store, now):
    served = make_source(url="https://flux.example.net/123.xml")
    visit(store, now, HOSTILE, LIE | {"title": "La Gironde ouvre un laboratoire", "summary": TEXT})
    assert visit(store, now, served, LABO).verdicts == (("elsewhere", 1),)  # nobody owns it: the address decides, as it does for everybody
    store.execute("update sources set home = ? where id = 'gironde'", (HOME,))

    assert visit(store, now, replace(served, home=HOME), LABO).verdicts == (("reclaimed", 1),)


def test_an_address_that_nobody_owns_is_one_article_whatever_the_words(store, now):
    served = make_source(url="https://flux.example.net/123.xml")
    visit(store, now, HOSTILE, LIE)

    assert visit(store, now, served, LABO).verdicts == (("elsewhere", 1),)
    assert held(store) == [("hostile", LIE["title"], "new")]


def test_a_feed_read_from_a_bare_number_is_told_by_its_words_where_nobody_owns_the_address(store, now):
    hostile, honest = (make_source(id=name, url=f"http://127.0.0.1:8001/{name}.xml") for name in ("hostile", "gironde"))
    visit(store, now, hostile, LIE)
    outcome = visit(store, now, honest, LABO)
    edited = visit(store, now, honest, LABO | {"title": "La Gironde ouvre deux laboratoires"})

    assert (outcome.verdicts, edited.changed) == ((("unlike", 1),), 1)
    assert held(store) == [("hostile", LIE["title"], "new"), ("gironde", "La Gironde ouvre deux laboratoires", "new")]


def test_a_lie_under_an_honest_title_is_no_copy(store, now):
    visit(store, now, HOSTILE, LABO | {"summary": OTHER})
    store.execute("update items set state = 'selected'")
    visit(store, now, HONEST, LABO)

    assert [row[0] for row in store.execute("select text from texts order by item_id")] == [OTHER, TEXT]


def test_addresses_that_count_positions_name_nothing(store, now):
    def page(*numbers):
        rows = [LABO | {"title": f"Un projet numéro {n}", "summary": f"{TEXT} {n}", "published": f"2026-11-{n + 1:02d}"} for n in numbers]
        return [row | {"link": f"{HOME}/journal#{place}", "guid": f"{HOME}/journal#{place}"} for place, row in enumerate(rows)]

    for number in range(8):
        outcome = visit(store, now, HONEST, *page(*range(number + 3, max(-1, number - 2), -1)), days=number)
        assert (outcome.new, outcome.changed) == (4 if not number else 1, 0), number
    assert [row[0] for row in store.execute("select title from items order by title")] == sorted(f"Un projet numéro {n}" for n in range(11))


def test_entries_of_one_title_and_day_at_addresses_that_count_positions_are_told_by_their_texts(store, now):
    def page(*names):
        rows = [
            LABO | {"title": "Communiqué" if name > 90 else f"Projet {name}", "summary": f"{TEXT} {name}.", "guid": ""} for name in names
        ]
        return [row | {"link": f"{HOME}/journal#{place}"} for place, row in enumerate(rows)]

    visit(store, now, HONEST, *page(5, 4, 3, 2, 1))
    for number in range(2):
        outcome = visit(store, now, HONEST, *page(92, 91, 6, 5, 4), days=number)
        assert (outcome.new, outcome.changed) == ((3, 0) if not number else (0, 0))


def test_a_guid_that_is_the_address_is_no_second_name(store, now):
    visit(store, now, HONEST, LABO | {"guid": LABO["link"]})
    there = "https://www.gironde.example.fr/labo?utm_source=rss"
    outcome = visit(store, now, HONEST, LABO | {"guid": there, "link": there, "title": "Tout autre titre", "summary": OTHER})

    assert (outcome.new, outcome.changed) == (0, 1)


def test_a_session_in_the_link_beside_a_known_guid_is_the_same_article_however_rewritten(store, now):
    visit(store, now, HONEST, LABO | {"link": f"{HOME}/sujet?id=1&PHPSESSID=0f3a"})
    outcome = visit(store, now, HONEST, LABO | {"link": f"{HOME}/sujet?id=1&PHPSESSID=77b1", "title": "Tout autre titre", "summary": OTHER})

    assert (outcome.new, outcome.changed) == (0, 1)


def test_the_same_words_at_an_address_that_names_nothing_are_another_sighting(store, now):
    visit(store, now, HONEST, LABO | {"link": f"{HOME}/actu"}, MAY | {"link": f"{HOME}/actu"})
    section = make_source(id="section", url=f"{HOME}/culture/rss")

    assert visit(store, now, section, LABO | {"guid": "s1", "link": f"{HOME}/actu"}).verdicts == (("elsewhere", 1),)
    assert visit(store, now, section, LABO | {"guid": "s1", "link": f"{HOME}/actu"}).verdicts == (("known", 1),)


def test_of_two_owners_the_longest_path_wins_then_the_first(store, now):
    town = make_source(id="ville", name="Ville", url="https://ville.example.fr/rss")
    joint = make_source(id="agglo", name="Agglo", url="https://ville.example.fr/agglo/rss")
    there = LABO | {"link": "https://ville.example.fr/agglo/labo"}
    here = MAY | {"link": "https://ville.example.fr/mairie/mai"}
    visit(store, now, town, there, here)
    visit(store, now, joint, there | {"guid": "a1"}, here | {"guid": "a2", "title": "La lettre de mai"})

    assert held(store) == [("agglo", LABO["title"], "new"), ("ville", MAY["title"], "new")]


def test_an_address_is_shared_for_the_source_that_shares_it_alone(store, now):
    visit(store, now, HONEST, LABO | {"guid": ""})
    visit(store, now, HOSTILE, LIE, LIE | {"guid": "x2", "title": "Un second mensonge"})
    outcome = visit(store, now, HONEST, LABO | {"guid": "", "title": "Un titre corrigé", "summary": OTHER})

    assert (outcome.new, outcome.changed) == (0, 1)
    assert store.execute("select distinct scope from addresses where kind = 'shared'").fetchall() == [("hostile",)]


def test_visits_keep_how_their_entries_were_told(store, now):
    from veille.model import Visit
    from veille.store.collecting.visits import Visited, record_visits, start_run

    outcome = visit(store, now, HONEST, LABO, MAY)
    with writing(store):
        run = start_run(store, now, 1)
        record_visits(store, run, [Visited(visit=Visit(source=HONEST), outcome=outcome, validators=None, milliseconds=1)], now)

    assert json.loads(store.execute("select verdicts from visits").fetchone()[0]) == {"new": 2}


def test_names_do_not_pile_up_where_each_answer_brings_new_ones(store, now):
    site = [LABO | {"link": f"{HOME}/{n}", "title": f"Article numéro {n}", "summary": f"{TEXT} {n}"} for n in range(4)]
    counts = []
    for number in range(6):
        visit(store, now, HONEST, *(one | {"guid": f"{number}-{place}"} for place, one in enumerate(site)), days=number)
        visit(store, now, make_source(id="b"), *(one | {"guid": "", "link": f"{one['link']}?sid={number}a"} for one in site), days=number)
        counts.append(store.execute("select count(*) from addresses").fetchone()[0])

    assert len(set(counts[1:])) == 1, counts
