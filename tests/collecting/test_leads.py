"""Who leads a story, what a story may hold, what is forgotten, what floods and what is cut: nothing honest is swallowed or banned."""

import asyncio
import itertools
import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from datasette.app import Datasette

from builders import collect_entries, make_entry, make_source, register
from veille.messages.collecting import torrent
from veille.model import Config, Expectation
from veille.moments import stored
from veille.store import writing
from veille.store.collecting.sources import sync_sources, untold_alarms
from veille.store.collecting.stories import make_stories
from veille.store.curating.accounts import add_account
from veille.store.curating.decisions import decide, undo
from veille.store.keeping.auditing import audit
from veille.store.keeping.forgetting import by_address, by_source, by_text, forget
from veille.understand.same import compare, print_of

WORDS = (
    "service public usager agent habitant projet démarche territoire numérique solidarité transport eau école collège budget participation "
    "donnée plateforme accueil maison réseau formation design prototype essai terrain atelier enquête bilan méthode coopération association "
    "commune canton réunion comité élu direction plan action mesure suivi calendrier financement appel partenaire santé autonomie enfance"
).split()
LOT = make_source(id="lot", name="Lot", url="https://www.lot.fr/rss", territory=("46",))
PIRATE = make_source(id="pirate", name="Pirate", url="https://pirate.example.org/rss")


def text(seed, words=90):
    dice = random.Random(seed)
    return " ".join(dice.choice(WORDS) + ("." if dice.random() < 0.1 else "") for _ in range(words))


def article(number, site="https://www.lot.fr", **given):
    values = {
        "guid": f"a{number}",
        "link": f"{site}/a{number}",
        "title": f"Un récit numéro {number}",
        "summary": text(number),
        "published": "2026-11-20T07:00:00Z",
    }
    return make_entry(**(values | given))


def visit(store, knowledge, now, source, *entries, days=0):
    """A good visit, as a collection leaves it: the next one knows when this one was."""
    outcome = collect_entries(store, source, list(entries), knowledge, now + timedelta(days=days))
    store.execute("update sources set last_success_at = ? where id = ?", (stored(now + timedelta(days=days)), source.id))
    return outcome


@pytest.fixture
def told(store, knowledge, now):
    """Two sources whose habits are known, an account."""
    for source, site in ((LOT, "https://www.lot.fr"), (PIRATE, "https://pirate.example.org")):
        visit(store, knowledge, now, source, *(article(100 + n, site, summary=text(f"{site} {n}")) for n in range(9)))
    add_account(store, "claire", "un mot de passe assez long", "admin", now)
    return store


def lead(db, url):
    return db.execute(
        "select source_id from items where story_id = (select story_id from items where url = ?) and lead = 1", (url,)
    ).fetchone()


def act(db, action, url):
    with writing(db):
        (item_id,) = db.execute("select id from items where url = ?", (url,)).fetchone()
        return decide(db, account_id=1, item_id=item_id, action=action, at="2026-11-22T09:00:00Z")


CLONE, STRAY = "https://pirate.example.org/clone", "https://ailleurs.example.com/clone"


@pytest.mark.parametrize("day", ["2026-11-01T07:00:00Z", "2026-11-23T07:30:00Z", "2026-11-23T08:00:00Z", "2031-01-01", ""])
@pytest.mark.parametrize(
    "place", ["https://www.lot.fr/a1 https://pirate.example.org/clone", "https://un.example.net/1 https://deux.example.com/1"]
)
def test_a_clone_never_leads_whatever_day_it_states(told, knowledge, now, day, place):
    original, clone = place.split()
    visit(told, knowledge, now, LOT, article(1, link=original, published="2026-11-23T07:30:00Z"), days=1)
    visit(told, knowledge, now, PIRATE, article(1, link=clone, published=day), days=2)

    assert lead(told, clone) == ("lot",)
    with writing(told):
        make_stories(told)
    assert lead(told, clone) == ("lot",)


def test_an_owner_leads_whoever_came_first(told, knowledge, now):
    visit(told, knowledge, now, PIRATE, article(1, link="https://ailleurs.example.net/copie"), days=1)
    visit(told, knowledge, now, LOT, article(1), days=2)

    assert lead(told, "https://www.lot.fr/a1") == ("lot",)


def test_on_a_first_visit_the_stated_day_counts_after_the_owner(told, knowledge, now):
    late, early = (make_source(id=name, url=f"https://{name}.example.net/rss") for name in ("tardive", "ancienne"))
    visit(told, knowledge, now, late, article(1, link="https://x.example.com/1", published="2026-11-19T07:00:00Z"), days=1)
    visit(told, knowledge, now, early, article(1, link="https://y.example.com/1", published="2026-10-01T07:00:00Z"), days=2)

    assert lead(told, "https://x.example.com/1") == ("ancienne",)


def test_what_a_curator_selected_leads_and_undoing_gives_the_lead_back(told, knowledge, now):
    visit(told, knowledge, now, LOT, article(1), days=1)
    visit(told, knowledge, now, PIRATE, article(1, link=CLONE), days=2)
    decision = act(told, "select", CLONE)
    selected = lead(told, CLONE)
    with writing(told):
        undo(told, account_id=1, decision_id=decision, at="2026-11-22T10:00:00Z")

    assert (selected, lead(told, CLONE)) == (("pirate",), ("lot",))


def test_a_clone_of_a_selected_article_leaves_it_on_the_home_page(told, knowledge, now):
    elsewhere = "https://ailleurs.example.net/a1"
    visit(told, knowledge, now, LOT, article(1, link=elsewhere), days=1)
    act(told, "select", elsewhere)
    visit(told, knowledge, now, PIRATE, article(1, link="https://pirate.example.org/clone", published="2026-11-01"), days=2)

    assert told.execute("select source_id from items where state = 'selected' and lead = 1").fetchall() == [("lot",)]


def test_a_clone_does_not_bring_back_what_was_dismissed_and_a_dismissed_clone_hides_no_owner(told, knowledge, now):
    visit(told, knowledge, now, PIRATE, article(2, link="https://ailleurs.example.com/2"), days=1)
    visit(told, knowledge, now, LOT, article(1), article(2), days=1)
    act(told, "dismiss", "https://www.lot.fr/a1")
    visit(told, knowledge, now, PIRATE, article(1, link=CLONE), days=2)
    act(told, "dismiss", "https://ailleurs.example.com/2")

    assert lead(told, CLONE) == ("lot",)
    assert lead(told, "https://ailleurs.example.com/2") == ("lot",)


def test_a_clone_of_an_article_that_is_corrected_after_leads_nothing(told, knowledge, now):
    visit(told, knowledge, now, LOT, article(1), days=1)
    visit(told, knowledge, now, PIRATE, article(1, link=CLONE), days=2)
    visit(told, knowledge, now, LOT, article(1, title="Un récit numéro 1, corrigé"), days=3)

    assert lead(told, CLONE) == ("lot",)


def test_a_day_that_comes_with_a_correction_counts_as_one_that_came_at_once(told, knowledge, now):
    visit(told, knowledge, now, LOT, article(1, published="2026-11-23T07:00:00Z"), days=1)
    visit(told, knowledge, now, PIRATE, article(1, link=CLONE, published=""), days=2)
    visit(told, knowledge, now, PIRATE, article(1, link=CLONE, published="2001-01-01", summary=f"{text(1)} bis"), days=3)

    assert lead(told, CLONE) == ("lot",)


def test_an_owner_takes_back_an_article_that_a_rule_had_put_aside_and_it_waits(told, knowledge, now):
    visit(told, knowledge, now, PIRATE, article(1, summary=f"{text(1)} Recrutement."), days=1)
    told.execute("update items set state = 'dismissed' where url = 'https://www.lot.fr/a1'")  # as a rule of editors does: no decision
    visit(told, knowledge, now, LOT, article(1), days=2)

    assert told.execute("select source_id, state, queued from items where url = 'https://www.lot.fr/a1'").fetchall() == [("lot", "new", 1)]


def test_an_owner_that_takes_back_a_copy_leaves_what_a_curator_decided_of_it(told, knowledge, now):
    visit(told, knowledge, now, PIRATE, article(1), days=1)
    act(told, "dismiss", "https://www.lot.fr/a1")
    visit(told, knowledge, now, LOT, article(1), days=2)

    assert told.execute("select source_id, state from items where url = 'https://www.lot.fr/a1'").fetchall() == [("lot", "dismissed")]


def test_many_equal_texts_of_one_source_cost_no_more_than_their_number(told, knowledge, now):
    from veille.store.collecting.comparing import Comparing

    judged = []
    judge = Comparing.judge
    Comparing.judge = lambda self, one, other: judged.append(1) or judge(self, one, other)
    try:
        visit(told, knowledge, now, LOT, *(article(1, guid=f"g{n}", link=f"https://www.lot.fr/{n}.html") for n in range(60)), days=1)
    finally:
        Comparing.judge = judge

    assert len(judged) < 60 * 60
    assert sorted(len(story) for story in sizes(told)) == [60]


def test_a_search_shows_the_article_that_leads(told, knowledge, now, tmp_path):
    visit(told, knowledge, now, LOT, article(1, title="Une enquête de terrain au collège"), days=1)
    visit(told, knowledge, now, PIRATE, article(1, link=CLONE, title="Enquête terrain collège enquête terrain collège"), days=2)
    site = Datasette([str(tmp_path / "veille.db")])
    found = asyncio.run(site.client.get("/recherche.json?q=enqu%C3%AAte+terrain+coll%C3%A8ge")).json()
    filtered = asyncio.run(site.client.get("/recherche.json?q=enqu%C3%AAte+terrain+coll%C3%A8ge&source=pirate")).json()

    shown = [one["url"] for one in found["articles"]]
    assert "https://www.lot.fr/a1" in shown
    assert CLONE not in shown
    assert CLONE in [one["url"] for one in filtered["articles"]]


def sizes(db):
    rows = db.execute("select group_concat(source_id, ' ') from items where story_id is not null group by story_id")
    return sorted(sorted(row[0].split()) for row in rows)


@pytest.mark.parametrize("held", [2, 3, 10])
@pytest.mark.parametrize("spread", [False, True])
def test_a_text_that_holds_several_joins_one_of_them_at_most(told, knowledge, now, held, spread):
    sites = [make_source(id=f"s{n}", url=f"https://s{n}.example.fr/rss") for n in range(held)] if spread else [LOT] * held
    for n, source in enumerate(sites):
        fill = [article(200 + n * 10 + k, f"https://{source.id}.example.fr") for k in range(9)] if spread else []
        visit(told, knowledge, now, source, *fill, article(n, source.url.removesuffix("/rss")), days=1)
    visit(told, knowledge, now, PIRATE, article(0, link=CLONE, summary=" ".join(text(n) for n in range(held))), days=2)

    for _ in range(2):
        assert all(len(story) <= 2 for story in sizes(told)), sizes(told)
        honest = [row[0] for row in told.execute("select url from items where source_id <> 'pirate' and lead = 0")]
        assert honest == []
        with writing(told):
            make_stories(told)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_of_arrival_changes_nothing_of_who_is_with_whom(told, knowledge, now, order):
    """Two honest articles of one source, a text that holds both, and a clone of the first."""
    arrivals = [
        (LOT, article(1)), (LOT, article(2)),
        (PIRATE, article(1, guid="deux", link="https://pirate.example.org/deux", summary=f"{text(1)} {text(2)}", title="Deux récits")),
        (PIRATE, article(1, guid="clone", link=CLONE)),
    ]  # fmt: skip
    for place, arrival in enumerate(order):
        source, entry = arrivals[arrival]
        visit(told, knowledge, now, source, entry, days=1 + place)
    stories = dict(told.execute("select url, story_id from items where url like '%a1' or url like '%a2'").fetchall())

    first = order.index(0) < min(order.index(2), order.index(3))
    assert lead(told, "https://www.lot.fr/a1") in ((("lot",), None) if first else (("lot",), ("pirate",), None))
    assert stories["https://www.lot.fr/a1"] is None or stories["https://www.lot.fr/a1"] != stories["https://www.lot.fr/a2"]
    with writing(told):
        make_stories(told)
    (mine,) = told.execute("select story_id from items where url = ?", (CLONE,)).fetchone()
    members = {row[0] for row in told.execute("select url from items where story_id = ?", (mine,))}
    assert members == {CLONE, "https://www.lot.fr/a1"}


BODY = (
    "Le service des routes informe les usagers que la circulation sera réglée par feux. Une déviation est fléchée, les cars scolaires sont maintenus. "
    "Les riverains gardent l’accès à leur domicile et les commerces restent ouverts pendant toute la durée du chantier, que suit un comité d’usagers."
)
TEMPLATES = {
    "another town": (("Travaux de voirie", f"Des travaux auront lieu à Gourdon, rue du Pont. {BODY}"), ("Travaux de voirie", f"Des travaux auront lieu à Figeac, rue du Pont. {BODY}")),
    "another town in the title": (("La mairie de Cahors recrute ses élus juniors", BODY), ("La mairie de Souillac recrute ses élus juniors", BODY)),
    "another day": (("Permanence du notaire", f"Elle se tient le 12 mars. {BODY}"), ("Permanence du notaire", f"Elle se tient le 9 avril. {BODY}")),
    "another step": (("Sécheresse : le bassin est placé en vigilance", BODY), ("Sécheresse : le bassin est placé en alerte renforcée", BODY)),
    "another colour": (("Météo : vigilance orange sur le plateau", BODY), ("Météo : vigilance rouge sur le plateau", BODY)),
    "another year": (("Budget participatif 2025 : votez", BODY), ("Budget participatif 2026 : votez", BODY)),
    "put off": (("Le forum des métiers est annulé", BODY), ("Le forum des métiers est prolongé", BODY)),
    "another post": (("Offre d’emploi : cuisinier de collège (H/F)", f"Le Département recrute. {BODY}"), ("Offre d’emploi : agent des routes (H/F)", f"Le Département recrute. {BODY}")),
    "another department": (("Un appel à projets", f"Il concerne le Lot. {BODY}"), ("Un appel à projets", f"Il concerne la Creuse. {BODY}")),
    "another speaker": (("Une conférence", f"La soirée est animée par Camille Exemple, de Brive. {BODY}"), ("Une conférence", f"La soirée est animée par Dominique Modèle, de Brive. {BODY}")),
}  # fmt: skip


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("other_site", [False, True])
def test_one_template_filled_twice_is_two_stories(told, knowledge, now, name, other_site):
    one, other = TEMPLATES[name]
    visit(told, knowledge, now, LOT, article(1, title=one[0], summary=one[1]), days=1)
    source = PIRATE if other_site else LOT
    visit(told, knowledge, now, source, article(2, source.url.removesuffix("/rss"), title=other[0], summary=other[1]), days=2)

    for _ in range(2):
        assert sizes(told) == []
        with writing(told):
            make_stories(told)


@pytest.mark.parametrize(
    ("first", "second", "one"), [("2 090", "2090", True), ("2 090", "2 091 et 17", False), ("12 500,5", "12500,5", True)]
)
def test_numbers_are_read_whatever_stands_between_their_thousands(first, second, one):
    sides = [
        print_of("Une aide", f"{text(1)} Elle atteint {number} euros par an et par foyer, dit {number} fois.", ())
        for number in (first, second)
    ]

    assert (sides[0].numbers == sides[1].numbers) is one
    assert compare(*sides).same


@pytest.mark.parametrize(
    ("day", "place", "together"), [("2026-11-20", ("46",), True), ("2026-11-27", ("46",), False), ("2026-11-20", ("19",), False)]
)
def test_equal_short_texts_are_one_of_the_same_day_and_place_only(told, knowledge, now, day, place, together):
    short = "Une permanence de la conciliatrice de justice se tient en mairie, sans rendez-vous, le matin."
    visit(told, knowledge, now, LOT, article(1, title="Permanence", summary=short, published="2026-11-20"), days=1)
    other = make_source(id="autre", url="https://autre.example.fr/rss", territory=place)
    visit(told, knowledge, now, other, article(1, "https://autre.example.fr", title="Permanence", summary=short, published=day), days=1)

    assert bool(sizes(told)) is together


def test_audit_lists_stories_led_by_strangers_and_those_that_mix(told, knowledge, now):
    visit(told, knowledge, now, LOT, article(1), article(2), days=1)
    visit(told, knowledge, now, PIRATE, article(1, link=STRAY), days=2)
    (story,) = told.execute("select story_id from items where url = ?", (STRAY,)).fetchone()
    told.execute("update items set lead = (url = ?) where story_id = ?", (STRAY, story))
    told.execute("update stories set lead_id = (select id from items where url = ?) where id = ?", (STRAY, story))
    told.execute("update items set story_id = ? where url = 'https://www.lot.fr/a2'", (story,))

    assert {one.kind for one in audit(told)} == {"led", "mixed"}
    with writing(told):
        make_stories(told)
    assert audit(told) == []


# Forgetting.


def test_forgetting_a_source_bans_nobody_else(store, knowledge, now):
    """It announced an honest address first, and copied an honest text: the honest article is kept, comes back, and goes on."""
    elsewhere = make_source(id="honnete", url="https://flux.example.net/1.xml")
    visit(store, knowledge, now, PIRATE, article(1, "https://ville.example.fr"), article(2, link=CLONE))
    visit(store, knowledge, now, elsewhere, article(1, "https://ville.example.fr"), article(2, "https://ville.example.fr"), days=1)

    forget(store, [one.id for one in by_source(store, "pirate")], now)
    outcome = visit(
        store,
        knowledge,
        now,
        elsewhere,
        article(1, "https://ville.example.fr"),
        article(2, "https://ville.example.fr", title="Un récit numéro 2, revu"),
        days=2,
    )
    back = visit(store, knowledge, now, PIRATE, article(1, "https://ville.example.fr"), article(2, link=CLONE), days=3)

    assert (outcome.new, outcome.changed, outcome.forgotten) == (1, 1, 0)
    assert (back.new, back.forgotten) == (0, 2)


def test_forgetting_one_of_several_at_an_address_leaves_the_others(store, knowledge, now):
    hub = [article(n, link="https://www.lot.fr/breves") for n in range(3)]
    visit(store, knowledge, now, LOT, *hub)
    forget(store, [one.id for one in by_text(store, "récit numéro 1")], now, everywhere=True)
    outcome = visit(store, knowledge, now, LOT, *hub, article(7, link="https://www.lot.fr/breves"), days=1)

    assert (outcome.new, outcome.seen, outcome.forgotten) == (1, 3, 1)


def test_words_that_somebody_had_forgotten_come_back_from_nobody(store, knowledge, now):
    visit(store, knowledge, now, LOT, article(1))
    visit(store, knowledge, now, PIRATE, article(1, guid="copie"))
    forget(store, [one.id for one in by_text(store, "récit numéro 1")], now, everywhere=True)

    assert visit(store, knowledge, now, PIRATE, article(1, guid="copie"), days=1).new == 0
    assert visit(store, knowledge, now, PIRATE, article(1, guid="autre", link=CLONE), days=2).new == 0


def test_an_article_that_another_source_sights_goes_on_there(store, knowledge, now):
    visit(store, knowledge, now, LOT, article(1))
    visit(store, knowledge, now, PIRATE, article(1, guid="copie", title="Lu ailleurs : un récit", summary=text(5)))
    store.execute("insert into validators (source_id, etag) values ('pirate', 'x')")
    forget(store, [one.id for one in by_address(store, "https://www.lot.fr/a1")], now)

    assert store.execute("select count(*) from validators").fetchone() == (0,)  # it is read again
    assert visit(store, knowledge, now, LOT, article(1), days=1).forgotten == 1
    assert visit(store, knowledge, now, PIRATE, article(1, guid="copie", title="Lu ailleurs : un récit", summary=text(5)), days=1).new == 1


def test_forgetting_one_entry_of_a_page_leaves_the_page(store, knowledge, now):
    """What the first rule of addresses cut (a fragment, a parameter) tells entries apart: one of them is forgotten, and no other."""
    page = [article(n, link=f"https://www.lot.fr/agenda#n{n}", guid="") for n in range(3)]
    visit(store, knowledge, now, LOT, *page, article(8, link="https://www.lot.fr/agenda", guid=""))
    for url in ("https://www.lot.fr/agenda#n1", "https://www.lot.fr/agenda"):
        forget(store, [one.id for one in by_address(store, url)], now)
    outcome = visit(store, knowledge, now, LOT, *page, article(5, link="https://www.lot.fr/agenda#n5", guid=""), days=1)

    assert (outcome.new, outcome.seen, outcome.forgotten) == (1, 3, 1)


def test_forgetting_a_liar_closes_no_door_to_the_owner(store, knowledge, now):
    visit(store, knowledge, now, PIRATE, article(1, title="Un mensonge", summary="Texte mensonger du pirate."))
    forget(store, [one.id for one in by_address(store, "https://www.lot.fr/a1")], now)

    assert visit(store, knowledge, now, PIRATE, article(1), days=1).forgotten == 1
    assert visit(store, knowledge, now, LOT, article(1), days=2).new == 1


def test_what_was_forgotten_stays_so_when_its_source_takes_another_id(store, knowledge, now):
    visit(store, knowledge, now, LOT, article(1))
    visit(store, knowledge, now, PIRATE, article(1, guid="copie"))
    forget(store, [one.id for one in by_address(store, "https://www.lot.fr/a1")], now)
    renamed = replace(LOT, id="lot-actualites", formerly=("lot",))

    assert visit(store, knowledge, now, renamed, article(1), days=1).forgotten == 1


# Floods and cuts.


@pytest.mark.parametrize("first", [False, True])
def test_a_torrent_of_recent_articles_is_kept_and_does_not_drown_the_queue(store, knowledge, now, first):
    if not first:
        visit(store, knowledge, now, LOT, article(9_999))
    entries = [article(n, summary=f"Texte {n}.", published=f"2026-11-{1 + n % 20:02d}") for n in range(400)]
    outcome = collect_entries(store, LOT, entries, None, now, first=first)

    assert (outcome.new, outcome.upheaval.kind, outcome.upheaval.said) == (400, "torrent", torrent(400, 300))
    waiting = store.execute("select count(*), min(day) from items where queued = 1 and title <> 'Un récit numéro 9999'").fetchone()
    assert waiting == (300, "2026-11-06")
    assert store.execute("select count(*) from items_fts_docsize").fetchone() == (400 + (not first),)
    again = collect_entries(store, LOT, entries, None, now)
    assert (again.new, again.upheaval) == (0, None)


def test_the_cap_of_a_torrent_is_the_sources_own(store, now):
    source = make_source(expect=Expectation(at_most=5))
    outcome = collect_entries(store, source, [article(n, summary=f"Texte {n}.") for n in range(12)], None, now)

    assert outcome.upheaval.kind == "torrent"
    assert store.execute("select count(*) from items where queued = 1").fetchone() == (5,)


def sync(db, sources, now, **given):
    with writing(db):
        return sync_sources(db, Config(sources=tuple(sources)), now=now, **given)


def states(db):
    return {state: json.loads(ids) for state, ids in db.execute("select state, json_group_array(id) from sources group by 1")}


@pytest.mark.parametrize(("left", "kept_back"), [(9, False), (7, False), (6, True), (5, True), (0, True)])
def test_a_file_cut_in_two_retires_nobody(store, now, left, kept_back):
    sources = [make_source(id=f"s{n}", url=f"https://s{n}.fr/rss") for n in range(10)]
    sync(store, sources, now)
    missing = sync(store, sources[:left], now, retire=False)

    assert missing == (tuple(f"s{n}" for n in range(left, 10)) if kept_back else ())
    assert len(states(store).get("retired", [])) == (0 if kept_back else 10 - left)


def test_a_retirement_rings_once_and_a_great_one_when_it_is_confirmed(store, now):
    sources = [make_source(id=f"s{n}", url=f"https://s{n}.fr/rss") for n in range(10)]
    sync(store, sources, now)
    sync(store, sources[:2], now, retire=False)
    silent = untold_alarms(store)
    for _ in range(2):
        assert sync(store, sources[:2], now, retire=True) == ()

    assert silent == []
    assert [(one.source_id, one.state) for _, one in untold_alarms(store)] == [(f"s{n}", "retired") for n in range(2, 10)]
    sync(store, sources, now, retire=False)
    assert "retired" not in states(store)
    register(store, LOT)
