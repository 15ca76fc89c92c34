"""What sites do to their readers without meaning to: whole migrations, lost links, dates without a year, walls, pages of feeds."""

from datetime import date, timedelta

import pytest

from builders import collect_entries, make_entry, make_fetched, make_source
from veille.errors import ParseError
from veille.judge.walls import page_wall, robot_wall
from veille.model import Config, Selectors
from veille.normalize import day_ago, day_without_year
from veille.parse import parse
from veille.parse.leads import purpose_of
from veille.store import writing
from veille.store.collecting.sources import sync_sources

TODAY = date(2026, 11, 22)
SUBJECTS = "budget habitat transports forêts collèges archives santé emploi climat lecture numérique autonomie".split()


def entries(count=12, *, old="https://e.fr/a/", guid="g", day=True, text="Un texte complet, publié par le département.", ending=""):
    return [
        make_entry(
            guid=f"{guid}{n}", link=f"{old}{n}", title=f"Le département agit pour {SUBJECTS[n % 12]} en {n + 3} étapes{ending}",
            published=f"2026-11-{n + 1:02}T08:00:00Z" if day else "2026-11-22", summary=text,
        )
        for n in range(count)
    ]  # fmt: skip


def migrated(store, knowledge, now, before, after):
    first = collect_entries(store, make_source(), before, knowledge, now)
    second = collect_entries(store, make_source(), after, knowledge, now + timedelta(hours=6))
    return first.new, second.new, second.upheaval and second.upheaval.kind


def test_all_addresses_changed_under_the_same_guids(store, knowledge, now):
    assert migrated(store, knowledge, now, entries(), entries(old="https://e.fr/b/")) == (12, 0, "addresses")
    assert store.execute("select count(*) from items where url like 'https://e.fr/b/%'").fetchone() == (12,)


@pytest.mark.parametrize(
    "after",
    [
        entries(old="https://e.fr/b/", guid="h", day=False, text="Un texte […]"),
        entries(old="https://e.fr/b/", guid="h", ending=" | Département de l’Ille-et-Vilaine"),
        entries(old="https://e.fr/b/", guid="h", text=""),
    ],
    ids=["import day and cut texts", "the site's name in each title", "no text"],
)
def test_a_migration_that_changes_nearly_everything_doubles_nothing(store, knowledge, now, after):
    assert migrated(store, knowledge, now, entries(), after) == (12, 0, "addresses")


def test_new_articles_under_recurring_titles_stay_new(store, knowledge, now):
    before = [
        make_entry(guid=f"a{n}", link=f"https://e.fr/{n}", title="Commission permanente du conseil", summary=str(n)) for n in range(9)
    ]
    after = [make_entry(guid=f"b{n}", link=f"https://e.fr/b{n}", title="Commission permanente du conseil", summary=f"b{n}",
                        published="2026-11-21T08:00:00Z") for n in range(9)]  # fmt: skip

    assert migrated(store, knowledge, now, before, after)[:2] == (9, 9)


def test_many_undated_entries_of_a_first_visit_stay_out_of_the_queue(store, knowledge, now):
    undated = [make_entry(guid=str(n), link=f"https://e.fr/{n}", title=f"Article {n}", published="") for n in range(25)]

    collect_entries(store, make_source(), undated, knowledge, now, first=True)

    assert store.execute("select count(*), sum(queued) from items").fetchone() == (25, 0)


PAGE = make_source(kind="page", url="https://e.fr/actus", select=Selectors(item="li", title="a", link="a@href", date="time"))


def read_page(html):
    return parse("page", make_fetched(f"<html><body><main>{html}</main></body></html>", content_type="text/html"), PAGE.select, TODAY)


def test_links_that_went_missing_are_a_missed_selector():
    for broken in ("data-href='/{}'", "href='#'"):
        html = "".join(f"<li><a {broken.format(n)}>Un article sur {SUBJECTS[n]}</a></li>" for n in range(6))

        with pytest.raises(ParseError) as caught:
            read_page(f"<ul>{html}</ul>")

        assert caught.value.missed


def test_one_entry_without_a_link_is_skipped_and_counted():
    html = "".join(f"<li><a href='/{n}'>Un article sur {SUBJECTS[n]}</a></li>" for n in range(5)) + "<li><a>Sans adresse</a></li>"

    parsed = read_page(f"<ul>{html}</ul>")

    assert (len(parsed.entries), parsed.skipped) == (5, 1)


def test_a_page_that_says_it_has_nothing_is_empty_and_not_broken():
    assert read_page("<p>Aucune actualité pour le moment.</p>").entries == ()


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("20 novembre", date(2026, 11, 20)), ("20 nov.", date(2026, 11, 20)), ("le 20/11", date(2026, 11, 20)), ("1er mars", date(2026, 3, 1)),
        ("12 décembre", date(2026, 12, 12)), ("31 décembre", date(2025, 12, 31)), ("30 février", None), ("Un budget de 20 M€", None),
        ("29 février", None), ("bientôt", None),
    ],
)  # fmt: skip
def test_a_day_without_a_year_is_the_last_such_day(text, day):
    assert day_without_year(text, TODAY) == day


def test_weeks_in_words_are_counted():
    assert day_ago("il y a deux semaines", TODAY) == date(2026, 11, 8)
    assert day_ago("il y a quinze jours", TODAY) == date(2026, 11, 7)


@pytest.mark.parametrize(
    ("address", "title", "purpose"),
    [
        ("https://e.fr/f.xml", "Actualités et événements", "news"), ("https://e.fr/f.xml", "Actualités, agenda", "news"),
        ("https://e.fr/events/f.xml", "Toutes les actualités", "news"), ("https://e.fr/f.xml", "Carrières-sur-Seine : actualités", "news"),
        ("https://e.fr/f.xml", "Commentaires sur Actualités", "comments"), ("https://e.fr/agenda.xml", "", "agenda"),
        ("https://e.fr/f.xml", "Offres d’emploi", "jobs"), ("https://e.fr/f.xml", "", "news"),
    ],
)  # fmt: skip
def test_a_feed_of_news_and_more_is_news(address, title, purpose):
    assert purpose_of(address, title) == purpose


def test_more_walls_are_named():
    blocked = "<html><head><title>Attention Required! | Cloudflare</title></head><body>Sorry, you have been blocked</body></html>"

    assert robot_wall(403, {}, blocked) == "Cloudflare"
    assert robot_wall(403, {}, "<html><body>error code: 1020</body></html>") == "Cloudflare"
    assert page_wall("<html><body><p>Pour continuer, veuillez accepter les cookies de ce site.</p></body></html>") == "cookies"


def test_a_former_id_that_is_told_later_brings_its_articles_along(store, knowledge, now):
    old, new = make_source(id="ancienne"), make_source(id="nouvelle", url="https://e.fr/nouveau")
    with writing(store):
        sync_sources(store, Config(sources=(old,)))
    collect_entries(store, old, entries(3), knowledge, now)
    with writing(store):
        sync_sources(store, Config(sources=(new,)))
    collect_entries(store, new, entries(4), knowledge, now)

    with writing(store):
        sync_sources(store, Config(sources=(make_source(id="nouvelle", url="https://e.fr/nouveau", formerly=("ancienne",)),)))

    assert store.execute("select source_id, count(*) from items group by 1").fetchall() == [("nouvelle", 4)]
    assert store.execute("select source_id, count(*) from sightings group by 1").fetchall() == [("nouvelle", 4)]
    assert store.execute("pragma foreign_key_check").fetchall() == []
    assert [row[0] for row in store.execute("select id from sources")] == ["nouvelle"]


ENTITIES = '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><rss version="2.0"><channel><item><title>&b;</title></item></channel></rss>'


@pytest.mark.parametrize("body", [ENTITIES.encode(), ENTITIES.encode("utf-16"), ENTITIES.lower().replace("<!entity", "<!ENTITY").encode()])
def test_a_document_that_declares_entities_is_refused(body):
    with pytest.raises(ParseError, match="entités"):
        parse("feed", make_fetched(body), None)


def test_a_document_type_that_declares_nothing_is_read():
    dtd = '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN" "http://e.fr/rss.dtd">'
    talk = "<rss version='0.91'><channel><title>x</title><item><title>Un</title><description><![CDATA[<!DOCTYPE x [<!ENTITY a 'b'>]>]]></description></item></channel></rss>"

    assert len(parse("feed", make_fetched(dtd + talk), None).entries) == 1
    assert len(parse("feed", make_fetched(talk), None).entries) == 1
