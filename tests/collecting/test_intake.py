"""Identity, versions, backfill, rights, curators' words: entries in, real SQLite out."""

import itertools
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import collect_entries, dump, make_entry, make_fetched, make_source, register
from veille.collect.arrivals import Arrival
from veille.collect.intake import keep, prepare
from veille.model import Config, Reading, Visit
from veille.normalize import to_item
from veille.store import connect, migrate, writing
from veille.store.collecting.items import Indexing
from veille.store.collecting.sources import sync_sources
from veille.store.collecting.visits import start_run
from veille.store.curating.retagging import retag

A = make_entry(guid="a", link="https://e.fr/a", title="Article A")
B = make_entry(guid="b", link="https://e.fr/b", title="Article B")


def titles(db) -> list[str]:
    return [row[0] for row in db.execute("select title from items order by id")]


def test_a_second_round_changes_nothing(store, knowledge, now):
    first = collect_entries(store, make_source(), [A, B], knowledge, now)
    before = dump(store)

    second = collect_entries(store, make_source(), [A, B], knowledge, now + timedelta(hours=6))

    assert (first.new, second.new, second.changed, second.seen) == (2, 0, 0, 2)
    assert dump(store) == before


def test_entry_without_guid_is_known_by_its_link(store, knowledge, now):
    for link in ("https://e.fr/x?utm_source=rss", "http://www.e.fr/x/"):
        collect_entries(store, make_source(), [make_entry(guid="", link=link)], knowledge, now)

    assert len(titles(store)) == 1


def test_a_new_guid_for_a_known_address_is_the_same_article(store, knowledge, now):
    for guid in ("1", "2", "3"):
        collect_entries(store, make_source(), [make_entry(guid=guid)], knowledge, now)

    assert len(titles(store)) == 1


def test_a_new_address_for_a_known_guid_is_the_same_article(store, knowledge, now):
    for link in ("https://e.fr/ancien", "https://e.fr/nouveau", "https://e.fr/ancien"):
        collect_entries(store, make_source(), [make_entry(link=link)], knowledge, now)

    assert len(titles(store)) == 1


def test_an_address_shared_in_one_answer_names_nothing(store, knowledge, now):
    home = "https://e.fr/"
    entries = [make_entry(guid="", link=home, title=title) for title in ("Un", "Deux", "Trois")]

    collect_entries(store, make_source(), entries, knowledge, now)
    collect_entries(store, make_source(), entries[:1], knowledge, now)
    collect_entries(store, make_source(), [*entries[1:], make_entry(guid="", link=home, title="Quatre")], knowledge, now)

    assert titles(store) == ["Un", "Deux", "Trois", "Quatre"]


def test_a_guid_shared_in_one_answer_leaves_it_to_the_address(store, knowledge, now):
    entries = [make_entry(guid="0", link=f"https://e.fr/{n}", title=f"N {n}") for n in range(3)]

    for _ in range(2):
        collect_entries(store, make_source(), entries, knowledge, now)

    assert len(titles(store)) == 3


def test_the_same_entry_twice_in_one_answer_is_one_article(store, knowledge, now):
    outcome = collect_entries(store, make_source(), [A, A], knowledge, now)

    assert (outcome.new, titles(store)) == (1, ["Article A"])


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_order_of_entries_does_not_matter(store, knowledge, now, order):
    entries = [A, B, make_entry(guid="", link="", title="Sans rien")]

    collect_entries(store, make_source(), [entries[place] for place in order], knowledge, now)
    again = collect_entries(store, make_source(), entries, knowledge, now)

    assert again.new == 0


def test_across_sources_the_address_decides(store, knowledge, now):
    press = make_source(id="presse", name="Presse", territory=(), tags=("laboratoires",))
    collect_entries(store, make_source(territory=("33",)), [A], knowledge, now)

    outcome = collect_entries(store, press, [make_entry(guid="z", link="https://e.fr/a?xtor=RSS-1", title="Autre titre")], knowledge, now)

    assert (outcome.new, outcome.duplicates, outcome.changed) == (0, 1, 0)
    assert titles(store) == ["Article A"]
    assert store.execute("select count(*) from sightings").fetchone()[0] == 2
    assert ("laboratoires", "source") in store.execute("select tag_id, origin from item_tags").fetchall()


def test_the_same_guid_in_two_sources_is_two_articles(store, knowledge, now):
    collect_entries(store, make_source(), [make_entry(link="https://e.fr/1")], knowledge, now)
    collect_entries(store, make_source(id="autre"), [make_entry(link="https://e.fr/2", title="Autre")], knowledge, now)

    assert len(titles(store)) == 2


def test_a_changed_text_makes_a_version_and_a_changed_date_does_not(store, knowledge, now):
    collect_entries(store, make_source(), [A], knowledge, now)
    moved = make_entry(guid="a", link="https://e.fr/a", title="Article A", published="2026-11-21T08:00:00Z")
    edited = make_entry(guid="a", link="https://e.fr/a", title="Article A, corrigé", published="2026-11-21T08:00:00Z")

    assert collect_entries(store, make_source(), [moved], knowledge, now).changed == 0
    assert collect_entries(store, make_source(), [edited], knowledge, now).changed == 1

    assert store.execute("select title from versions").fetchall() == [("Article A",)]
    assert store.execute("select published_at, changed_at is not null from items").fetchone() == ("2026-11-20T08:00:00Z", 1)


def test_the_index_follows_every_change(store, knowledge, now):
    find = "select count(*) from items_fts where items_fts match ?"
    collect_entries(store, make_source(), [make_entry(summary="Une piste cyclable.")], knowledge, now)
    collect_entries(store, make_source(), [make_entry(summary="Un réseau de chaleur.")], knowledge, now)

    assert store.execute(find, ('"cyclable"',)).fetchone()[0] == 0
    assert store.execute(find, ('"chaleur"',)).fetchone()[0] == 1
    rows, indexed = (store.execute(f"select count(*) from {table}").fetchone()[0] for table in ("items", "items_fts_docsize"))
    assert rows == indexed


def test_the_first_visit_is_a_backfill(store, knowledge, now):
    old = make_entry(guid="o", link="https://e.fr/o", title="Vieux", published="2020-01-05T08:00:00Z")
    collect_entries(store, make_source(), [A, old], knowledge, now, first=True)

    assert store.execute("select title, queued, day from items order by id").fetchall() == [
        ("Article A", 1, "2026-11-20"), ("Vieux", 0, "2020-01-05"),
    ]  # fmt: skip


def test_recency_is_never_in_the_future_and_a_bad_date_is_none(store, knowledge, now):
    collect_entries(store, make_source(), [make_entry(published="2031-01-01")], knowledge, now)
    collect_entries(store, make_source(id="b"), [make_entry(link="https://e.fr/2", published="demain")], knowledge, now)

    assert store.execute("select published_at, stated_day, day from items order by id").fetchall() == [
        (None, "2031-01-01", "2026-11-22"), (None, None, "2026-11-22"),
    ]  # fmt: skip


_DATES = 'select role, start, "end", evidence from item_dates where item_id = 1'
_DAYS = "select published_at, stated_day, day from items where id = 1"


@pytest.mark.parametrize(
    ("stated", "kept"),
    [
        ("2026-11-22T08:59:00Z", ("2026-11-22T08:59:00Z", None)),
        ("2026-11-22T09:30:00Z", ("2026-11-22T09:00:00Z", "2026-11-22")),  # half an hour ahead: it is seen, so it is out
        ("2026-11-24T09:00:00Z", ("2026-11-22T09:00:00Z", "2026-11-24")),
        ("2026-11-24T09:00:01Z", (None, "2026-11-24")),
        ("2026-11-22", ("2026-11-22", None)),
        ("2026-11-24", ("2026-11-22", "2026-11-24")),
        ("2026-11-25", (None, "2026-11-25")),
    ],
)
def test_what_is_to_come_within_two_days_is_published_as_it_is_seen_and_what_is_further_is_an_event(store, knowledge, now, stated, kept):
    collect_entries(store, make_source(), [make_entry(published=stated)], knowledge, now)

    assert store.execute(_DAYS).fetchone() == (*kept, "2026-11-22")
    assert store.execute(_DATES).fetchall() == ([("event", kept[1], kept[1], "")] if kept[0] is None else [])


def test_an_event_outlives_understanding_again_and_its_own_day(store, knowledge, now):
    source = make_source()
    talk = make_entry(guid="t", link="https://e.fr/t", title="Une journée d’étude", published="2026-12-10T09:00:00Z")
    collect_entries(store, source, [talk], knowledge, now)
    event = [("event", "2026-12-10", "2026-12-10", "")]

    told = retag(store, {source.id: source}, knowledge, now, dry_run=True)
    assert (told.read, told.changed) == (1, 0)
    later = now + timedelta(days=30)
    edited = replace(talk, title="Une journée d’étude sur les tiers-lieux")
    assert collect_entries(store, source, [edited], knowledge, later).changed == 1
    assert store.execute(_DAYS).fetchone() == (None, "2026-12-10", "2026-11-22")
    retag(store, {source.id: source}, replace(knowledge, model=None), later, dry_run=False)
    assert store.execute(_DATES).fetchall() == event


def test_a_day_that_was_a_slip_is_mended_with_the_words(store, knowledge, now):
    source = make_source()
    slip = make_entry(guid="t", link="https://e.fr/t", title="Un budget participatif", published="2031-11-20T09:00:00Z")
    collect_entries(store, source, [slip], knowledge, now)
    mended = replace(slip, title="Un budget participatif, corrigé", published="2026-11-20T09:00:00Z")
    collect_entries(store, source, [mended], knowledge, now + timedelta(hours=1))

    assert store.execute(_DAYS).fetchone() == ("2026-11-20T09:00:00Z", None, "2026-11-20")
    assert store.execute(_DATES).fetchall() == []


def test_an_article_dated_ahead_is_itself_at_every_visit(store, knowledge, now):
    """Without a guid or an address, title and day are all its name."""
    source = make_source()
    for hours in (0, 1, 40, 60, 24 * 60):
        for day in ("2026-11-23", "2026-12-10"):
            entry = make_entry(guid="", link="", title="Atelier du jeudi", summary="", published=day)
            collect_entries(store, source, [entry], knowledge, now + timedelta(hours=hours))
    assert store.execute("select count(*) from items").fetchone()[0] == 2


def test_rights_bound_what_is_kept_to_be_shown(store, knowledge, now):
    text = "mot " * 200 + "zanzibar"
    for rights in ("link", "excerpt", "full"):
        source = make_source(id=rights, rights=rights)
        collect_entries(store, source, [make_entry(link=f"https://e.fr/{rights}", summary=text, title=rights)], knowledge, now)

    lengths = dict(store.execute("select source_id, length(summary) from items").fetchall())
    assert lengths["link"] == 0
    assert 0 < lengths["excerpt"] <= 300
    assert lengths["full"] == len(text)
    assert store.execute("select count(*) from items_fts where items_fts match '\"zanzibar\"'").fetchone()[0] == 3


def test_same_text_under_another_address_is_a_story_until_it_changes(store, knowledge, now):
    text = "Le Département ouvre une maison des solidarités. " * 5
    one = make_entry(link="https://e.fr/1", summary=text)
    two = make_entry(link="https://f.fr/1", summary=text)
    collect_entries(store, make_source(), [one], knowledge, now)
    collect_entries(store, make_source(id="autre"), [two], knowledge, now)
    assert store.execute("select story_id is not null, lead from items order by id").fetchall() == [(1, 1), (1, 0)]

    collect_entries(store, make_source(id="autre"), [make_entry(link="https://f.fr/1", summary="Autre chose.")], knowledge, now)

    assert store.execute("select story_id, lead from items order by id").fetchall() == [(None, 1), (None, 1)]
    assert store.execute("select count(*) from stories").fetchone()[0] == 0


def test_every_tag_says_why(store, knowledge, now):
    entry = make_entry(title="Un budget participatif en Gironde", summary="Les habitants votent. Le RSA aussi.")
    collect_entries(store, make_source(tags=("laboratoires",)), [entry], knowledge, now)

    tags = {row[0]: row[1:] for row in store.execute("select tag_id, origin, reason from item_tags")}
    assert tags["participation-citoyenne"] == ("rule", "« budget participatif » dans le titre")
    assert tags["laboratoires"] == ("source", "hérité de la source")
    evidence = store.execute("select evidence from item_tags where tag_id = 'participation-citoyenne'").fetchone()[0]
    assert json.loads(evidence) == [{"phrase": "budget participatif", "field": "title", "position": 3}]
    assert store.execute("select code, reason from item_territories").fetchall() == [("33", "« Gironde » dans le titre")]


def test_entries_without_address_are_told_apart_by_their_guids(store, knowledge, now):
    entries = [make_entry(guid=str(number), link="https://e.fr/", title="Communiqué", summary=f"Texte {number}.") for number in range(5)]

    assert collect_entries(store, make_source(), entries, knowledge, now).new == 5
    assert collect_entries(store, make_source(), entries, knowledge, now).new == 0


def test_a_title_that_comes_back_with_another_text_is_another_article(store, knowledge, now):
    for number in range(3):
        entry = make_entry(guid=f"n{number}", link="", title="Agenda de la semaine", summary=f"Semaine {number}.", published="")
        assert collect_entries(store, make_source(), [entry], knowledge, now).new == 1


def test_a_fresh_guid_alone_makes_no_new_article(store, knowledge, now):
    for number in range(3):
        collect_entries(store, make_source(), [make_entry(guid=f"n{number}", link="")], knowledge, now)

    assert len(titles(store)) == 1


def test_an_entry_repeated_as_it_is_shares_nothing(store, knowledge, now):
    collect_entries(store, make_source(), [A, A], knowledge, now)
    outcome = collect_entries(store, make_source(), [make_entry(guid="a", link="https://e.fr/a", title="Article A, revu")], knowledge, now)

    assert (outcome.new, outcome.changed) == (0, 1)


def test_guids_that_count_positions_move_no_article(store, knowledge, now):
    def answer(*names):
        return [make_entry(guid=str(place), link=f"https://e.fr/{name}", title=f"Article {name}") for place, name in enumerate(names)]

    collect_entries(store, make_source(), answer("c", "b", "a"), knowledge, now)
    before = store.execute("select id, title from items order by id").fetchall()
    outcome = collect_entries(store, make_source(), answer("d", "c", "b"), knowledge, now)
    again = collect_entries(store, make_source(), answer("e", "d", "c"), knowledge, now)

    assert (outcome.new, outcome.changed, again.new, again.changed) == (1, 0, 1, 0)
    assert store.execute("select id, title from items where id <= 3 order by id").fetchall() == before


def test_an_address_that_several_entries_share_names_nothing_in_other_sources_either(store, knowledge, now):
    hub = "https://portail.fr/"
    collect_entries(store, make_source(), [make_entry(guid=g, link=hub, title=g) for g in "ab"], knowledge, now)
    for number in range(2):
        entry = make_entry(guid=f"z{number}", link=hub, title=f"Billet {number}", summary=f"Texte {number}.")
        assert collect_entries(store, make_source(id="autre"), [entry], knowledge, now).new == 1


def test_an_article_is_found_by_the_name_of_its_departement_and_source(store, knowledge, now):
    collect_entries(store, make_source(name="Lab du littoral", territory=("29",)), [A], knowledge, now)
    find = "select count(*) from items_fts where items_fts match ?"

    assert store.execute(find, ('"finistere"',)).fetchone()[0] == 1
    assert store.execute(find, ('"littoral"',)).fetchone()[0] == 1


def test_a_date_that_comes_later_moves_the_day(store, knowledge, now):
    collect_entries(store, make_source(), [make_entry(published="")], knowledge, now)
    collect_entries(store, make_source(), [make_entry(published="2026-03-05", summary="Revu.")], knowledge, now)

    assert store.execute("select published_at, day from items").fetchone() == ("2026-03-05", "2026-03-05")


SITE = make_source(id="site", url="https://site.example.fr/rss")


def published(
    number, *, link="https://site.example.fr/actu/{}", guid="g{}", day=None, title="Un projet numéro {} du Département", text="Texte {}."
):
    return make_entry(
        guid=guid.format(number), link=link.format(number), title=title.format(number), summary=text.format(number),
        published=day if day is not None else f"2026-11-{number + 1:02d}",
    )  # fmt: skip


def held(db):
    return db.execute("select title, day, queued from items order by id").fetchall()


def test_a_site_that_changes_all_its_addresses_and_guids_doubles_nothing(store, knowledge, now):
    before = [published(n) for n in range(12)]
    after = [published(n, link="https://neuf.example.fr/{}.html", guid="tag:{}", text="Texte {} revu.") for n in range(13)]

    collect_entries(store, SITE, before, knowledge, now, first=True)
    outcome = collect_entries(store, SITE, after, knowledge, now)
    again = collect_entries(store, SITE, after, knowledge, now)

    assert (outcome.new, outcome.changed, again.new, again.changed) == (1, 12, 0, 0)
    assert outcome.upheaval.kind == "addresses"
    assert again.upheaval is None
    assert {row[0] for row in store.execute("select url from items").fetchall()} == {f"https://neuf.example.fr/{n}.html" for n in range(13)}


def test_a_move_that_dates_everything_anew_is_recognised_by_titles(store, knowledge, now):
    text = "Un texte assez long pour que deux articles ne le partagent pas, le numéro {}."
    collect_entries(store, SITE, [published(n, text=text) for n in range(8)], knowledge, now, first=True)

    after = [published(n, link="https://neuf.fr/{}", guid="x{}", day="2026-11-22", text=text) for n in range(8)]
    outcome = collect_entries(store, SITE, after, knowledge, now)

    assert (outcome.new, outcome.upheaval.kind) == (0, "addresses")
    assert [row[1] for row in held(store)] == [f"2026-11-{n + 1:02d}" for n in range(8)]


@pytest.mark.parametrize(
    ("days", "joined"), [(("2026-11-02", "2026-11-09", "2026-11-16", "2026-11-18"), True), (("2026-10-01",) * 4, False)]
)
def test_few_articles_dated_anew_are_known_by_their_titles_where_they_did_not_come_together(store, knowledge, now, days, joined):
    """« Menus », « Permanences » and « Agenda » of a month, put out together, are new the month after."""
    before = [published(n, day=day, text="") for n, day in enumerate(days)]
    after = [published(n, link="https://site.example.fr/neuf/{}", guid="x{}", day="2026-11-21", text="") for n in range(4)]
    collect_entries(store, SITE, before, knowledge, now, first=True)

    assert collect_entries(store, SITE, after, knowledge, now).new == (0 if joined else 4)


def test_new_articles_under_old_titles_are_new_when_the_site_did_not_move(store, knowledge, now):
    """« Agenda de la semaine » comes back every week: three of them in an answer that is otherwise known move nothing."""
    weekly = [published(n, title="Agenda de la semaine au musée") for n in range(3)]
    collect_entries(store, SITE, [published(n) for n in range(4, 12)] + weekly, knowledge, now, first=True)

    fresh = [published(n + 20, title="Agenda de la semaine au musée", day="2026-11-21") for n in range(3)]
    outcome = collect_entries(store, SITE, [published(n) for n in range(4, 12)] + fresh, knowledge, now)

    assert (outcome.new, outcome.upheaval) == (3, None)


def test_a_feed_whose_guids_all_change_doubles_nothing_and_says_so(store, knowledge, now):
    collect_entries(store, SITE, [published(n) for n in range(10)], knowledge, now, first=True)

    outcome = collect_entries(store, SITE, [published(n, guid="neuf-{}") for n in range(10)], knowledge, now)

    assert (outcome.new, outcome.changed, outcome.upheaval.kind) == (0, 0, "guids")


def test_a_feed_that_starts_again_from_its_first_article_makes_no_news(store, knowledge, now):
    collect_entries(store, SITE, [published(n) for n in range(10)], knowledge, now, first=True)
    archive = [
        published(n, link="https://site.example.fr/vieux/{}", guid="v{}", day=f"2021-03-{n % 28 + 1:02d}", title="Une archive numéro {}")
        for n in range(60)
    ]

    outcome = collect_entries(store, SITE, archive, knowledge, now)

    assert (outcome.new, outcome.upheaval.kind) == (60, "flood")
    assert sum(row[2] for row in held(store)) == 10


def test_an_undated_flood_stays_out_of_the_queue_but_a_few_undated_articles_do_not(store, knowledge, now):
    collect_entries(store, SITE, [published(n) for n in range(10)], knowledge, now, first=True)

    few = collect_entries(
        store,
        SITE,
        [published(n, link="https://site.example.fr/b/{}", guid="b{}", day="", title="Brève numéro {}") for n in range(3)],
        knowledge,
        now,
    )
    flood = collect_entries(
        store,
        SITE,
        [published(n, link="https://site.example.fr/c/{}", guid="c{}", day="", title="Page numéro {}") for n in range(40)],
        knowledge,
        now,
    )

    assert (few.upheaval, flood.upheaval.kind) == (None, "flood")
    assert sum(row[2] for row in held(store)) == 13


def test_an_old_agenda_of_three_thousand_entries_is_kept_and_is_no_news(store, knowledge, now):
    rows = [published(n, day=f"{2020 + n // 500}-{n % 12 + 1:02d}-{n % 28 + 1:02d}") for n in range(3000)]

    outcome = collect_entries(store, SITE, rows, knowledge, now, first=True)

    assert (outcome.new, outcome.upheaval) == (3000, None)
    assert all(row[1] >= "2026-10-23" for row in held(store) if row[2])


@pytest.mark.parametrize("text", ["", "Ordre du jour de la séance du {}."])
def test_titles_that_come_back_every_month_are_new_each_time(store, knowledge, now, text):
    """Even when the whole feed turned over since the last visit: nothing is lost."""
    names = ("Commission permanente du Conseil départemental", "Marché des producteurs de la Préfecture", "Café des aidants de la vallée")

    def month(m):
        return [
            published(
                n, title=name, day=f"2026-{m:02d}-{n + 5:02d}", link=f"https://site.example.fr/{m}/{{}}", guid=f"{m}-{{}}",
                text=text.format(f"{n}/{m}"),
            )
            for n, name in enumerate(names)
        ]  # fmt: skip

    collect_entries(store, SITE, month(10), knowledge, now, first=True)
    outcome = collect_entries(store, SITE, month(11), knowledge, now)

    assert (outcome.new, outcome.upheaval) == (3, None)
    assert len(held(store)) == 6


def together(store, knowledge, now, answers):
    """Several answers kept in one transaction, as a collection does."""
    prepared = []
    for source, entries in answers:
        register(store, source)
        items = [to_item(source, entry) for entry in entries]
        prepared.append(
            prepare(store, Visit(source=source, first=False), make_fetched(b"x"), Reading(items=tuple(items)), knowledge, now=now)
        )
    with writing(store):
        indexing = Indexing(store)
        kept = [keep(store, one, knowledge, now=now, indexing=indexing) for one in prepared]
        indexing.write()
    return kept


def test_sources_kept_together_are_kept_as_one_after_the_other(store, tmp_path, knowledge, now):
    """The same article in two of them, a text in two, one of them told to be of a département: every row is the same either way."""
    answers = [
        (make_source(id="un", url="https://un.fr/f"), [make_entry(guid=str(n), link=f"https://un.fr/{n}", title=f"Un article numéro {n}") for n in range(4)]),
        (make_source(id="deux", url="https://deux.fr/f", territory=("33",)), [make_entry(guid="a", link="https://un.fr/2", title="Un article numéro 2")]),
        (make_source(id="trois", url="https://trois.fr/f"), [make_entry(guid="b", link="https://trois.fr/2", title="Un article numéro 2")]),
    ]  # fmt: skip
    apart = connect(tmp_path / "apart.db")
    migrate(apart, knowledge, now)

    counts = together(store, knowledge, now, answers)
    alone = [collect_entries(apart, source, entries, knowledge, now) for source, entries in answers]

    assert [(one.new, one.duplicates) for one in counts] == [(one.new, one.duplicates) for one in alone] == [(4, 0), (0, 1), (1, 0)]
    ours, theirs = dump(store), dump(apart)
    words = "select term, doc, col, offset from words order by 1, 2, 3, 4"
    for db in (store, apart):
        db.execute("create virtual table temp.words using fts5vocab('main', 'items_fts', 'instance')")
    assert store.execute(words).fetchall() == apart.execute(words).fetchall()
    assert store.execute("select count(*) from words where term = 'gironde'").fetchone()[0] > 0
    for table in ours.keys() - {name for name in ours if name.startswith(("items_fts", "_sqlite"))}:
        assert [row for row in ours[table] if "file_id" not in row] == [row for row in theirs[table] if "file_id" not in row], table
    apart.close()


def test_a_plan_is_made_again_when_another_writer_came_between(store, tmp_path, knowledge, now):
    source = make_source()
    register(store, source)
    entry = make_entry()
    prepared = prepare(
        store, Visit(source=source, first=True), make_fetched(b"x"), Reading(items=(to_item(source, entry),)), knowledge, now=now
    )
    other = connect(store.execute("select file from pragma_database_list").fetchone()[0])
    collect_entries(other, source, [entry], knowledge, now)
    other.close()

    with writing(store):
        kept = keep(store, prepared, knowledge, now=now)

    assert (kept.new, kept.seen) == (0, 1)
    assert store.execute("select count(*) from items").fetchone() == (1,)


@pytest.mark.parametrize("moment", [0.0, 60.0])
def test_an_article_of_several_sources_is_one_however_their_answers_are_kept(store, knowledge, now, monkeypatch, moment):
    """Prepared together, then kept in one transaction or in one each: what the first brought, the others have seen."""
    from veille.collect import settle as room

    monkeypatch.setattr(room, "_MOMENT", moment)
    sources = tuple(make_source(id=f"s{number}", url=f"https://s{number}.fr/f") for number in range(5))
    with writing(store):
        sync_sources(store, Config(sources=sources))
        run = start_run(store, now, 5)
    answers = [
        Arrival(Visit(source=source, first=True), make_fetched(b"x"), 5, Reading(items=(to_item(source, A), to_item(source, B))))
        for source in sources
    ]
    keeper = room.Keeper(db=store, knowledge=knowledge, clock=lambda: now)

    shares = list(keeper._settle_together(run, answers, ([], {})))

    assert [len(share) for share in shares] == ([1] * 5 if moment == 0 else [5])
    assert [(outcome.new, outcome.duplicates) for share in shares for _, (outcome, _) in share] == [(2, 0), *[(0, 2)] * 4]
    assert titles(store) == ["Article A", "Article B"]
