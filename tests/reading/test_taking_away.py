"""What a reader takes away: the box « Suivre », named feeds, the agenda, comparisons, the basket, paper."""

import csv
import io
import re
from itertools import pairwise
from urllib.parse import unquote
from xml.etree import ElementTree

import feedparser
import pytest
from datasette.app import Datasette
from icalendar import Calendar

from browsing import get
from builders import collect_entries, make_entry, make_source
from veille.french import first_sentence, sentence_around, without_title
from veille.store import writing
from veille.web.reading.charts import bounds, heat

ATOM = "{http://www.w3.org/2005/Atom}"
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def site(store, knowledge, now, tmp_path, monkeypatch):
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    gironde = make_source(territory=("33",), rights="full")
    isere = make_source(id="isere", name="Isère, le lab", url="https://isere.example.fr/rss", territory=("38",), rights="full")
    labs = make_source(id="labs", name="Réseau des labs", url="https://labs.example.fr/rss", rights="full")
    collect_entries(
        store, gironde,
        [
            make_entry(title="Un budget participatif au collège", summary="Les habitants votent. Dépôt des dossiers jusqu’au 15 décembre 2026. Un jury choisit."),
            make_entry(guid="2", link="https://e.fr/2", title="RSA : un accueil expérimenté", summary="RSA : un accueil expérimenté. Une innovation avec les usagers, à Langon."),
        ],
        knowledge, now,
    )  # fmt: skip
    series = "Trois ateliers de design de service ont lieu le 4 décembre 2026, le 8 janvier 2027 et le 5 février 2027."
    collect_entries(store, isere, [make_entry(guid="i", link="https://isere.example.fr/1", title="Trois ateliers de co-conception", summary=series)], knowledge, now)  # fmt: skip
    call = "Les collectivités peuvent déposer un dossier d’innovation publique jusqu’au 20 janvier 2027."
    collect_entries(store, labs, [make_entry(guid="n", link="https://labs.example.fr/1", title="Appel à projets : laboratoires d’innovation", summary=call)], knowledge, now)  # fmt: skip
    with writing(store):
        store.execute("update items set interest = 0.9")
    return Datasette([str(tmp_path / "veille.db")])


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text).replace("&nbsp;", " ").replace("\u202f", " ").replace("\xa0", " "))


@pytest.mark.parametrize(
    ("path", "query", "title"),
    [
        ("/recherche?q=RSA&departement=33", "q=RSA&departement=33", "RSA, Gironde"),
        ("/theme/insertion-rsa", "theme=insertion-rsa", "Insertion et RSA"),
        ("/departement/33", "departement=33", "Gironde"),
        ("/source/gironde", "source=gironde", "Gironde, actualités"),
    ],
)
def test_one_box_gives_a_feed_a_calendar_a_table_and_a_mail(site, path, query, title):
    page = get(site, path).text.replace("&amp;", "&")

    assert f'readonly value="http://localhost/recherche.atom?{query}"' in page
    assert f'href="webcal://localhost/agenda.ics?{query}"' in page
    assert f'href="/recherche.csv?{query}"' in page
    mail = unquote(re.search(r'href="mailto:\?([^"]+)"', page)[1])
    assert f"veille : {title}" in mail
    assert f"http://localhost{path}" in mail
    assert feedparser.parse(get(site, f"/recherche.atom?{query}").text).feed.title == f"veille : {title}"
    assert get(site, f"/recherche.jsonfeed?{query}").json()["title"] == f"veille : {title}"
    assert Calendar.from_ical(get(site, f"/agenda.ics?{query}").text)["x-wr-calname"] == f"veille, dates : {title}"


def test_a_browser_is_shown_the_feed_and_a_reader_given_it(site):
    read, opened = get(site, "/recherche.atom?q=RSA"), get(site, "/recherche.atom?q=RSA", headers=BROWSER)

    assert read.headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert opened.headers["content-type"] == "application/xml; charset=utf-8"
    assert opened.content == read.content
    assert "Accept" in re.split(r",\s*", opened.headers["vary"])
    sheet = re.search(rb'<\?xml-stylesheet type="text/css" href="http://localhost([^"]+)"', opened.content)[1].decode()
    assert get(site, sheet).headers["content-type"].startswith("text/css")
    held = feedparser.parse(read.text)
    assert not held.bozo
    assert [one.title for one in held.entries] == ["RSA : un accueil expérimenté"]


def test_an_entry_without_text_has_no_empty_summary(site, store):
    with writing(store):
        store.execute("update items set summary = ''")

    feed = ElementTree.fromstring(get(site, "/recherche.atom").content)

    assert len(list(feed.iter(f"{ATOM}entry"))) == 4
    assert list(feed.iter(f"{ATOM}summary")) == []


def test_the_agenda_says_the_sentence_and_keeps_an_articles_dates_together(site):
    page = text_of(get(site, "/agenda"))

    assert "Dépôt des dossiers jusqu’au 15 décembre 2026." in page
    assert page.count("Trois ateliers de co-conception") == 1
    assert "Aussi : le 8 janvier 2027, le 5 février 2027." in page
    assert "5 dates à venir" in page


def test_each_month_and_kind_gives_as_many_dates_as_it_says(site):
    page = get(site, "/agenda").text.replace("&amp;", "&")
    chips = re.findall(r'<a class="choice" href="([^"]+)" rel="nofollow">[^<]*<b>(\d+)</b>', page)

    assert len(chips) == 5
    for path, count in chips:
        told = text_of(get(site, path))
        assert f"{count} dates à venir" in told or (count == "1" and "Une date à venir" in told), (path, count)
        calendar = Calendar.from_ical(get(site, path.replace("/agenda", "/agenda.ics")).text)
        assert len(calendar.walk("vevent")) == int(count)


def test_the_agenda_obeys_an_exclusion_alone_and_tells_its_corrections(site):
    assert "Trois ateliers" not in get(site, "/agenda?q=-ateliers").text
    assert "Un budget participatif" in get(site, "/agenda?q=-ateliers").text
    assert "Dates pour « budget »" in text_of(get(site, "/agenda?q=bugdet"))


def test_a_date_stands_in_the_month_of_the_day_it_is_shown_by(site, store):
    with writing(store):
        store.execute("update item_dates set start = '2026-11-01', \"end\" = '2027-01-31' where role = 'deadline' and item_id = 1")

    page = text_of(get(site, "/agenda?mois=2027-01"))

    assert "Un budget participatif au collège" in page
    assert "Un budget participatif au collège" not in text_of(get(site, "/agenda?mois=2026-11"))


def test_a_day_far_away_says_its_year(site, store):
    with writing(store):
        store.execute("update item_dates set start = '2030-01-30', \"end\" = '2030-01-30' where role = 'deadline'")

    assert "janv. 2030" in text_of(get(site, "/agenda"))


def test_under_a_departement_comes_what_is_open_to_all(site):
    page = text_of(get(site, "/agenda?departement=33"))
    own, others = page.split("Ouvert à tous les départements")

    assert "Un budget participatif au collège" in own
    assert "Appel à projets : laboratoires" in others
    assert "Trois ateliers" not in page
    events = Calendar.from_ical(get(site, "/agenda.ics?departement=33").text).walk("vevent")
    assert len(events) == 2
    assert "Ouvert à tous les départements" in text_of(get(site, "/departement/33"))
    assert "Ouvert à tous les départements" not in text_of(get(site, "/agenda"))


@pytest.mark.parametrize("month", ["2026-13", "décembre", "2026", "2026-1", "２０２６-12"])
def test_what_is_no_month_is_refused_in_a_sentence(site, month):
    response = get(site, f"/agenda?mois={month}")

    assert response.status_code == 400
    assert "n’est pas un mois" in response.text


def test_two_departements_side_by_side(site):
    page = text_of(get(site, "/comparer?departements=33,38"))

    assert "Gironde, Isère" in page
    assert "Ses thèmes propres" in page
    assert page.count("Sources suivies 1") == 2
    assert "Trois ateliers de co-conception" in page
    for link, count in re.findall(
        r'<td class="bar"[^>]*>.*?<a href="([^"]+)">(\d+) article', get(site, "/comparer?departements=33,38").text
    ):
        assert f"{count} article" in text_of(get(site, link.replace("&amp;", "&")))


def test_a_story_counts_wherever_one_of_its_articles_does(store, knowledge, now, tmp_path, monkeypatch):
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    told = {"title": "Budget participatif : quarante projets d’habitants retenus par le jury", "summary": "Le jury citoyen du Département a retenu quarante projets d’habitants, parmi trois cents idées déposées au printemps dans les maisons des solidarités, les collèges et les médiathèques."}  # fmt: skip
    for code in ("33", "38"):
        source = make_source(id=f"s{code}", name=f"S {code}", url=f"https://s{code}.fr/rss", territory=(code,))
        collect_entries(store, source, [make_entry(guid=code, link=f"https://s{code}.fr/1", **told)], knowledge, now)
    site = Datasette([str(tmp_path / "veille.db")])
    with writing(store):
        store.execute("insert into stories (id, lead_id, score, reason) values (1, 1, 1.0, '')")
        store.execute("update items set story_id = 1, lead = id = 1")

    for code in ("33", "38"):
        assert "1 article" in text_of(get(site, f"/recherche?departement={code}"))
        assert re.search(r">1</a></dd></div><div><dt>Ces trente", get(site, f"/comparer?departements={code}").text)
    assert "2 départements sur 101 cités" in text_of(get(site, "/carte?periode=tout"))
    assert "1 article de" in text_of(get(site, "/"))


def test_a_comparison_of_one_offers_others_and_a_form_says_the_same(site):
    offered = re.findall(r'<a class="choice" href="(/comparer[^"]+)"', get(site, "/comparer?departements=33").text)

    assert "/comparer?departements=33,38" in offered
    by_form = get(site, "/comparer?departements=33&departements=38&departements=&theme=")
    assert "Gironde, Isère" in text_of(by_form)
    assert "sur « Insertion et RSA »" in text_of(get(site, "/comparer?departements=33,38&theme=insertion-rsa"))


@pytest.mark.parametrize(
    ("query", "status", "sentence"),
    [
        ("departements=33,38,44,59", 400, "3 au plus"),
        ("departements=99", 404, "n’est pas celui d’un département"),
        ("departements=33&theme=rien", 404, "Ce thème n’existe pas"),
        ("", 200, "Choisissez-en deux ou trois"),
    ],
)
def test_a_comparison_that_cannot_be_says_why(site, query, status, sentence):
    response = get(site, f"/comparer?{query}")

    assert response.status_code == status
    assert sentence in text_of(response)


def test_a_basket_is_its_address(site):
    page = get(site, "/panier?articles=2,1")

    assert text_of(page).index("RSA : un accueil") < text_of(page).index("Un budget participatif")
    assert 'readonly value="http://localhost/panier?articles=2,1"' in page.text
    assert get(site, "/panier?articles=2,1&sans=2").headers["location"] == "/panier?articles=1"
    assert get(site, "/panier?articles=1&sans=1").headers["location"] == "/panier"
    assert get(site, "/panier?articles=2&articles=1&articles=2").headers["location"] == "/panier?articles=2,1"
    rows = list(csv.reader(io.StringIO(get(site, "/panier.csv?articles=2,1").text.lstrip("\ufeff")), delimiter=";"))
    assert [row[0] for row in rows] == ["id", "2", "1"]


def test_a_basket_goes_along_with_a_search(site):
    page = get(site, "/recherche?q=RSA&panier=1,3").text

    assert '<input type="hidden" name="articles" value="1,3">' in page
    assert "panier=1,3" in re.search(r'href="(/recherche\?[^"]*tri=date[^"]*)"', page)[1]
    assert (
        "checked" in re.search(r'<input type="checkbox" name="articles" value="2"[^>]*>', get(site, "/recherche?q=RSA&panier=1,2").text)[0]
    )


def test_a_basket_leaves_out_what_is_gone_and_says_so(site, store):
    with writing(store):
        store.execute("update items set state = 'dismissed' where id = 1")

    assert "2 articles ne sont plus disponibles" in text_of(get(site, "/panier?articles=1,2,99999"))
    assert "Le panier est vide" in text_of(get(site, "/panier"))


@pytest.mark.parametrize(
    ("articles", "sentence"),
    [
        ("abc", "n’est pas un numéro d’article"),
        (",".join(map(str, range(1, 202))), "200 articles au plus"),
        ("１２", "n’est pas un numéro"),
    ],
)
def test_a_basket_that_cannot_be_says_why(site, articles, sentence):
    for path in ("/panier", "/panier.csv", "/recherche"):
        response = get(site, f"{path}?{'panier' if path == '/recherche' else 'articles'}={articles}")
        assert response.status_code == 400
        assert sentence in (response.json()["error"] if path == "/panier.csv" else response.text)


def test_two_hundred_articles_are_held(site):
    assert get(site, f"/panier?articles={','.join(map(str, range(1, 201)))}").status_code == 200


def test_sources_are_searched(site):
    page = text_of(get(site, "/sources?q=isere"))

    assert "Isère, le lab" in page
    assert "Réseau des labs" not in page
    assert "Gironde, actualités" in text_of(get(site, "/sources?q=33"))
    assert "ne correspond à ces mots" in text_of(get(site, "/sources?q=rien"))


def test_paper_says_what_was_asked_and_where(site):
    page = get(site, "/recherche?q=RSA&departement=33").text

    assert re.search(r'<p class="on-paper asked"><b>RSA, Gironde</b>', page)
    assert '<span class="on-paper">http://localhost/article/2</span>' in page


def test_the_title_is_never_said_twice(site):
    page = text_of(get(site, "/article/2")).split("Pourquoi il est ici")[0]

    assert page.count("RSA : un accueil expérimenté") == 3  # the head's, the heading and the citation
    assert "Une innovation avec les usagers" in page


@pytest.mark.parametrize("most", [1, 2, 3, 7, 40, 148, 1000, 123_456])
def test_bounds_of_a_legend_are_those_of_the_heats(most):
    told = bounds(most)

    assert told[0][1] == 1
    assert told[-1][2] == most
    assert all(before[2] + 1 == after[1] for before, after in pairwise(told))
    for css, least, greatest in told:
        assert {f"h{heat(count, most)}" for count in (least, greatest)} == {css}


def test_the_map_names_where_nobody_watches_whatever_the_period(site):
    for period in ("30j", "12m", "tout"):
        page = text_of(get(site, f"/carte?periode={period}"))
        assert "Personne ne veille dans 99 départements" in page
        assert "Paris" in page.split("Personne ne veille dans")[1]
    assert "Personne ne veille dans 99 départements" in text_of(get(site, "/"))
    assert "Personne ne veille ici" in text_of(get(site, "/departement/75"))
    assert "Personne ne veille ici" not in text_of(get(site, "/departement/33"))


def test_the_table_beside_the_map_is_sorted_as_asked(site):
    def first(order):
        return re.search(
            r'<tbody>\s*<tr><th scope="row">.*?<a href="[^"]*">([^<]+)</a></th>', get(site, f"/carte?periode=tout&tri={order}").text
        )[1]

    assert (first("articles"), first("nom")) == ("Gironde", "Ain")
    assert first("dernier") in ("Gironde", "Isère")
    assert get(site, "/carte?tri=rien").status_code == 400


@pytest.mark.parametrize(
    ("text", "said", "sentence"),
    [
        ("Bonjour. Dépôt avant le 4 mai 2026 ! Merci.", "4 mai 2026", "Dépôt avant le 4 mai 2026 !"),
        ("Avec M. Dupont le 4 mai. Ensuite rien.", "4 mai", "Dupont le 4 mai."),
        ("rien", "4 mai", ""),
        ("", "", ""),
        ("Un début\nRendez-vous le 4 mai à Tulle", "4 mai", "Rendez-vous le 4 mai à Tulle"),
    ],
)
def test_the_sentence_that_says_a_date(text, said, sentence):
    assert sentence_around(text, said) == sentence


def test_a_long_sentence_is_cut_around_what_it_says():
    text = "mot " * 200 + "le 4 mai 2026 " + "suite " * 200

    cut = sentence_around(text, "le 4 mai 2026")

    assert "le 4 mai 2026" in cut
    assert len(cut) < 260
    assert cut.startswith("…")
    assert cut.endswith("…")


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("Un bus à Langon. Il passe.", "Un bus à Langon", "Il passe."),
        ("UN BUS A LANGON\nIl passe.", "Un bus à Langon", "Il passe."),
        ("Clara est un outil.", "Clara", "Clara est un outil."),
        ("Clara : un outil.", "Clara", "un outil."),
        ("Un bus à Langon passe.", "Un bus à Langon", "Un bus à Langon passe."),
        ("Un bus à Langon", "Un bus à Langon", ""),
        ("Autre chose", "Un bus", "Autre chose"),
        ("", "Un bus", ""),
        ("Un bus", "", "Un bus"),
    ],
)
def test_a_text_loses_the_title_it_begins_with(text, title, rest):
    assert without_title(text, title) == rest


def test_a_first_sentence():
    assert first_sentence("Un mot. Deux mots.") == "Un mot."
    assert first_sentence("mot " * 100).endswith("…")
    assert first_sentence("") == ""
