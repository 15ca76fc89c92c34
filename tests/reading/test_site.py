"""The pages of reading: every route against one table, freshness, what leaves and is read back, figures that agree."""

import asyncio
import contextlib
import csv
import gc
import io
import json
import re
from datetime import date, timedelta
from xml.etree import ElementTree

import feedparser
import pytest
from datasette.app import Datasette
from icalendar import Calendar

from builders import collect_entries, make_entry, make_source
from pace import pace
from veille.messages.common import long_span
from veille.store import writing
from veille.store.reading.summary import alike, summarise
from veille.web.reading.charts import bars, contours, heat
from veille.web.reading.citing import compared
from veille.web.routes import ROUTES

ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def site(store, knowledge, now, tmp_path, monkeypatch):
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    gironde = make_source(territory=("33",), rights="full")
    isere = make_source(id="isere", name="Isère, le lab", url="https://isere.example.fr/rss", territory=("38",))
    entries = [
        make_entry(title="Un budget participatif au collège", summary="Les habitants votent. Dépôt des dossiers jusqu’au 15 décembre 2026."),
        make_entry(guid="2", link="https://e.fr/2", title="Webinaire : la concertation citoyenne", summary="Inscription gratuite. Le webinaire a lieu le 4 décembre 2026 à 14 h."),
        make_entry(guid="3", link="https://e.fr/3", title="+cmd|' /C calc'!A0", summary="Un laboratoire d’innovation publique.", published="2026-06-02"),
    ]  # fmt: skip
    collect_entries(store, gironde, entries, knowledge, now)
    release = {"title": "Budget participatif : 40 projets d’habitants retenus par le jury", "summary": "Le jury citoyen du Département a retenu quarante projets d’habitants, parmi trois cents idées déposées au printemps dans les maisons des solidarités, les collèges et les médiathèques de l’Isère."}  # fmt: skip
    collect_entries(store, isere, [make_entry(guid="i", link="https://isere.example.fr/1", **release)], knowledge, now)
    press = make_source(id="presse", name="La Presse des labs", url="https://presse.example.fr/rss", rights="link")
    collect_entries(store, press, [make_entry(guid="p", link="https://presse.example.fr/1", **release)], knowledge, now)
    with writing(store):
        store.execute("update sources set last_success_at = '2026-11-22T08:00:00Z', state = 'live'")
        store.execute("insert into runs (started_at, ended_at, due) values ('2026-11-22T08:00:00Z', '2026-11-22T08:01:00Z', 3)")
    return Datasette([str(tmp_path / "veille.db")])


def get(site, path, **given):
    return asyncio.run(site.client.get(path, **given))


# Pattern, an address that fits it, status for a reader, content type, whether a reader may keep it. A route that is not here fails.
HTML, CSP = "text/html", "default-src 'self'"
TABLE = {
    r"^/$": ("/", 200, HTML, True),
    r"^/recherche$": ("/recherche?q=budget", 200, HTML, True),
    r"^/recherche\.(?P<format>atom|jsonfeed|json|csv)$": ("/recherche.atom?q=budget", 200, "application/atom+xml", True),
    r"^/integrer$": ("/integrer?departement=33", 200, HTML, True),
    r"^/article/(?P<id>[0-9]{1,15})$": ("/article/1", 200, HTML, True),
    r"^/article/(?P<id>[0-9]{1,15})/decision$": ("/article/1/decision", 405, HTML, False),
    r"^/decision/(?P<id>[0-9]{1,15})/annuler$": ("/decision/1/annuler", 405, HTML, False),
    r"^/themes$": ("/themes", 200, HTML, True),
    r"^/theme/(?P<id>[a-z0-9-]{1,60})$": ("/theme/participation-citoyenne", 200, HTML, True),
    r"^/departement/(?P<code>[0-9AaBb]{2,3})$": ("/departement/33", 200, HTML, True),
    r"^/carte$": ("/carte?theme=participation-citoyenne&periode=12m", 200, HTML, True),
    r"^/comparer$": ("/comparer?departements=33,38", 200, HTML, True),
    r"^/panier$": ("/panier?articles=1,2", 200, HTML, True),
    r"^/panier\.csv$": ("/panier.csv?articles=1,2", 200, "text/csv", True),
    r"^/agenda$": ("/agenda", 200, HTML, True),
    r"^/agenda\.ics$": ("/agenda.ics", 200, "text/calendar", True),
    r"^/(?P<plural>initiatives)$": ("/initiatives?theme=participation-citoyenne", 200, HTML, True),
    r"^/(?P<plural>initiatives)\.(?P<format>atom|json|csv)$": ("/initiatives.atom", 200, "application/atom+xml", True),
    r"^/(?P<kind>initiative)/(?P<id>[0-9]{1,15})$": ("/initiative/1", 404, HTML, False),
    r"^/(?P<kind>initiative)/(?P<id>[0-9]{1,15})/diapos$": ("/initiative/1/diapos", 404, HTML, False),
    r"^/sources$": ("/sources?etat=live", 200, HTML, True),
    r"^/source/(?P<id>[a-z0-9-]{1,80})$": ("/source/gironde", 200, HTML, True),
    r"^/connexion$": ("/connexion", 200, HTML, False),
    r"^/deconnexion$": ("/deconnexion", 405, HTML, False),
    r"^/donnees$": ("/donnees", 200, HTML, True),
    r"^/donnees/api$": ("/donnees/api", 200, HTML, True),
    r"^/a-propos$": ("/a-propos", 200, HTML, True),
    r"^/accessibilite$": ("/accessibilite", 200, HTML, True),
    r"^/robot$": ("/robot", 200, HTML, True),
    r"^/robots\.txt$": ("/robots.txt", 200, "text/plain", True),
    r"^/sitemap\.xml$": ("/sitemap.xml", 200, "application/xml", True),
    r"^/sitemap-pages\.xml$": ("/sitemap-pages.xml", 200, "application/xml", True),
    r"^/sitemap-articles-(?P<place>[0-9]{1,6})\.xml$": ("/sitemap-articles-0.xml", 200, "application/xml", True),
    r"^/-/veille/sante$": ("/-/veille/sante", 200, "application/json", False),
    r"^/-/veille/composants$": ("/-/veille/composants", 200, HTML, True),
    r"^/tri$": ("/tri", 302, "text/plain", False),
    r"^/tri/article/(?P<id>[0-9]{1,15})$": ("/tri/article/1", 302, "text/plain", False),
    r"^/tri/suivi$": ("/tri/suivi", 302, "text/plain", False),
    r"^/tri/mots$": ("/tri/mots", 302, "text/plain", False),
    r"^/tri/touches$": ("/tri/touches", 405, HTML, False),
    r"^/tri/decision$": ("/tri/decision", 405, HTML, False),
    r"^/tri/lot$": ("/tri/lot?q=budget", 302, "text/plain", False),
    r"^/tri/journal$": ("/tri/journal", 302, "text/plain", False),
    r"^/tri/edition/(?P<id>[0-9]{1,15})/annuler$": ("/tri/edition/1/annuler", 405, HTML, False),
    r"^/tri/recherches$": ("/tri/recherches", 302, "text/plain", False),
    r"^/tri/comptes$": ("/tri/comptes", 302, "text/plain", False),
    r"^/tri/vocabulaire$": ("/tri/vocabulaire", 302, "text/plain", False),
    r"^/tri/regles$": ("/tri/regles", 302, "text/plain", False),
    r"^/tri/ajouter$": ("/tri/ajouter", 302, "text/plain", False),
    r"^/tri/sources$": ("/tri/sources", 302, "text/plain", False),
    r"^/tri/fiches$": ("/tri/fiches", 302, "text/plain", False),
    r"^/tri/fiche/nouvelle$": ("/tri/fiche/nouvelle", 405, HTML, False),
    r"^/tri/fiche/(?P<id>[0-9]{1,15})$": ("/tri/fiche/1", 302, "text/plain", False),
    r"^/tri/qualite$": ("/tri/qualite", 302, "text/plain", False),
    r"^/tri/installation$": ("/tri/installation", 302, "text/plain", False),
    r"^/article/(?P<id>[0-9]{1,15})/preuve$": ("/article/1/preuve", 405, HTML, False),
    r"^/article/(?P<id>[0-9]{1,15})/copie/(?P<number>[0-9]{1,15})$": ("/article/1/copie/1", 302, "text/plain", False),
    r"^/(?P<database>[^/]+)/(?P<table>[\w~.+-]+)\.csv$": ("/veille/articles.csv", 200, "text/csv", False),
    r"^/(?P<database>[^/]+)/(?P<table>[^/]+)/(?P<row>[^/]+)\.csv$": ("/veille/sources/gironde.csv", 404, "application/json", False),
    r"^/-/(?!static/|static-plugins/|veille/)": ("/-/versions.json", 404, "application/json", False),
}
PAGES = [path for path, status, media, _ in TABLE.values() if status == 200 and media == HTML]


def test_every_route_is_in_the_table():
    assert [pattern for pattern, _ in ROUTES] == list(TABLE)


@pytest.mark.parametrize("pattern", list(TABLE))
def test_every_route_answers_as_the_table_says(site, pattern):
    path, status, media, kept = TABLE[pattern]
    response = get(site, path)

    assert (response.status_code, response.headers["content-type"].split(";")[0]) == (status, media)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "strict-origin-when-cross-origin"
    policy = response.headers["content-security-policy"]
    assert CSP in policy
    assert "unsafe" not in policy
    assert ("frame-ancestors *" in policy) == path.startswith("/integrer")
    assert "set-cookie" not in response.headers or path == "/connexion"
    assert ("etag" in response.headers) == kept
    assert response.headers.get("cache-control") in (("public, max-age=60",) if kept else ("no-store", "private, no-store", None))


def test_every_answer_is_safe_datasettes_own_and_errors_included(site):
    paths = [route.pattern for route, _ in site._routes() if "(" not in route.pattern.replace("(\\.(?P<format>json))?", "")]
    paths = [re.sub(r"\(\\\.\(\?P<format>json\)\)\?|[\^$]", "", path).replace("\\", "") for path in paths]
    paths += ["/veille", "/veille/articles", "/veille/articles.json", "/veille/items", "/nulle-part", "/article/99999", "/recherche?page=x"]
    paths += ["/-/static-plugins/veille/style.css", "/-/static/app.css", "/veille.json?sql=select+1", "/veille/articles.csv"]

    answers = {path: get(site, path) for path in paths}

    assert len(answers) > 30
    for path, response in answers.items():
        assert response.status_code < 500, path
        assert response.headers["x-content-type-options"] == "nosniff", path
        assert response.headers["referrer-policy"], path
        assert "frame-ancestors" in response.headers["content-security-policy"], path


def test_a_reader_who_holds_the_page_gets_304_until_the_file_changes(site, store):
    for path in (
        "/",
        "/recherche?q=budget",
        "/article/1",
        "/theme/participation-citoyenne",
        "/recherche.csv",
        "/agenda.ics",
        "/sitemap.xml",
    ):
        tag = get(site, path).headers["etag"]
        again = get(site, path, headers={"if-none-match": f'"autre", {tag}'})
        with writing(store):
            store.execute("update items set interest = interest + 0.001 where id = 1")
        after = get(site, path, headers={"if-none-match": tag})

        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), path
        assert (after.status_code, after.headers["etag"] != tag) == (200, True), path


def test_an_etag_belongs_to_one_address(site):
    tags = [get(site, path).headers["etag"] for path in ("/", "/?depuis=2026-11-20", "/recherche", "/recherche?q=budget")]

    assert len(set(tags)) == 4


def test_the_garbage_collector_does_not_look_through_what_was_loaded_at_start(site):
    asyncio.run(site.client.get("/"))
    assert gc.get_freeze_count() > 50_000


def test_sheets_script_and_fonts_are_kept_for_a_year(site):
    page = get(site, "/").text
    sheet = re.search(r'href="([^"]*style\.css\?[0-9a-f]+)"', page)[1]
    script = re.search(r'<script src="([^"]+)"', page)[1]

    for path in (sheet, script, "/-/static-plugins/veille/fonts/bricolage-grotesque-latin-700-normal.woff2"):
        assert get(site, path).headers["cache-control"] == "public, max-age=31536000, immutable", path
    assert len(get(site, script).content) <= 20_000


def test_first_page_and_list_to_embed_are_light(site):
    import gzip

    page = get(site, "/").text
    parts = [page, get(site, re.search(r'href="([^"]*style\.css\?[0-9a-f]+)"', page)[1]).text]
    parts.append(get(site, re.search(r'<script src="([^"]+)"', page)[1]).text)
    map_ = re.search(r"<svg class=\"tiles\".*?</svg>", page, re.S)[0]

    assert sum(len(gzip.compress(part.encode())) for part in parts) <= 60_000
    assert len(gzip.compress(map_.encode())) <= 15_000
    assert len(get(site, "/integrer").content) <= 10_000


def test_a_page_goes_out_compressed_to_a_reader_and_plain_to_a_curator(site):
    """The client here takes gzip and unpacks it: the length on the wire tells."""
    plain = get(site, "/", headers={"accept-encoding": "identity"})
    packed = get(site, "/", headers={"accept-encoding": "gzip"})
    with_cookie = get(site, "/", headers={"accept-encoding": "gzip", "cookie": "veille_session=x"})

    assert packed.text == plain.text
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 3
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "content-encoding" not in with_cookie.headers
    assert "content-encoding" not in get(site, "/connexion", headers={"accept-encoding": "gzip"}).headers


# --- what leaves, read back ---------------------------------------------------------------------------------------


def test_atom_follows_its_rfc(site):
    """RFC 4287 §4.1: one id, title and updated each; an author for every entry; ids and alternates that do not repeat."""
    response = get(site, "/recherche.atom?q=budget")
    feed = ElementTree.fromstring(response.content)

    for element in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(f"{ATOM}{name}")) == 1
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", element.find(f"{ATOM}updated").text)
        assert re.match(r"https?:|tag:", element.find(f"{ATOM}id").text)
        alternates = [(one.get("type"), one.get("hreflang")) for one in element.findall(f"{ATOM}link") if one.get("rel") == "alternate"]
        assert len(alternates) == len(set(alternates)) >= 1
    assert [one.get("rel") for one in feed.findall(f"{ATOM}link")].count("self") == 1
    entries = feed.findall(f"{ATOM}entry")
    assert len({entry.find(f"{ATOM}id").text for entry in entries}) == len(entries) == 2
    assert all(entry.find(f"{ATOM}author/{ATOM}name").text for entry in entries)
    assert not feedparser.parse(io.BytesIO(response.content)).bozo


def test_json_feed_has_what_its_specification_asks(site):
    response = get(site, "/recherche.jsonfeed?departement=33")
    body = json.loads(response.text)

    assert response.headers["content-type"] == "application/feed+json; charset=utf-8"
    assert body["version"] == "https://jsonfeed.org/version/1.1"
    assert body["feed_url"] == "http://localhost/recherche.jsonfeed?departement=33"
    assert [sorted(item) for item in body["items"] if not {"id", "content_text"} <= set(item)] == []
    assert len(body["items"]) == 3
    assert all(re.search(r"T.*Z$", item["date_published"]) for item in body["items"])


def test_the_calendar_is_read_back_whole(site, now):
    calendar = Calendar.from_ical(get(site, "/agenda.ics").content)
    events = {str(event["summary"]): event for event in calendar.walk("VEVENT")}

    assert calendar.get("version") == "2.0"
    assert calendar.get("prodid")
    deadline = events["Date limite : Un budget participatif au collège"]
    assert deadline["dtstart"].dt == date(2026, 12, 15)
    assert deadline["dtend"].dt - deadline["dtstart"].dt == timedelta(days=1)
    assert events["Webinaire : la concertation citoyenne"]["dtstart"].dt == date(2026, 12, 4)
    assert len({str(event["uid"]) for event in events.values()}) == len(events)
    assert all(event["dtstamp"] for event in events.values())


@pytest.mark.parametrize(("query", "count"), [("departement=33", 2), ("departement=38", 0), ("genre=appel", 1), ("genre=evenement", 1), ("q=webinaire", 1), ("q=zzzz", 0), ("jusqua=2026-12-10", 1)])  # fmt: skip
def test_the_agenda_and_its_calendar_obey_the_same_filters(site, query, count):
    page, calendar = get(site, f"/agenda?{query}"), get(site, f"/agenda.ics?{query}")

    assert page.text.count('<div class="day">') == count
    assert len(list(Calendar.from_ical(calendar.content).walk("VEVENT"))) == count


def test_csv_round_trip_keeps_every_word(site, store):
    text = get(site, "/recherche.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    titles = {str(row[0]): row[1] for row in store.execute("select id, title from items")}

    assert {row["id"]: row["titre"].removeprefix("'") for row in rows} == {row["id"]: titles[row["id"]] for row in rows}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_sitemaps_name_every_page_and_each_answers(site):
    names = re.findall(r"<loc>http://localhost([^<]+)</loc>", get(site, "/sitemap.xml").text)
    paths = [path for name in names for path in re.findall(r"<loc>http://localhost([^<]+)</loc>", get(site, name).text)]

    assert names == ["/sitemap-pages.xml", "/sitemap-articles-0.xml"]
    assert len(paths) == len(set(paths)) > 140
    assert {path: status for path in paths if (status := get(site, path).status_code) != 200} == {}
    assert get(site, "/sitemap-articles-7.xml").status_code == 404
    assert "Sitemap: http://localhost/sitemap.xml" in get(site, "/robots.txt").text


def test_sitemaps_leave_out_no_page_of_readers(site):
    """Pages of one address, by the routes of the reading rooms: a new one is named for search engines or is left out here."""
    apart = {"/recherche", "/integrer", "/comparer", "/panier"}  # the same articles again, and what robots.txt closes
    pages = {
        pattern.strip("^$")
        for pattern, view in ROUTES
        if view.__module__.startswith("veille.web.reading") and re.fullmatch(r"\^/(?!-/)[a-z/-]*\$", pattern)
    }
    named = re.findall(r"<loc>http://localhost([^<]+)</loc>", get(site, "/sitemap-pages.xml").text)

    assert len(pages) > 10
    assert pages - apart - set(named) == set()


def test_every_example_for_programs_works(site):
    page = get(site, "/donnees/api").text
    examples = [path.replace("&amp;", "&") for path in re.findall(r'data-example href="([^"]+)"', page)]

    assert len(examples) >= 9
    assert {path: status for path in examples if (status := get(site, path).status_code) != 200} == {}


@pytest.mark.parametrize("path", PAGES)
def test_links_inside_the_site_lead_somewhere(site, path):
    links = {link.replace("&amp;", "&").split("#")[0] for link in re.findall(r'(?:href|action)="(/[^"]*)"', get(site, path).text)}

    assert {link: status for link in links if link and (status := get(site, link).status_code) not in (200, 405)} == {}


@pytest.mark.parametrize(
    "path", [path for path in PAGES if path not in ("/connexion", "/-/veille/composants") and not path.startswith("/integrer")]
)
def test_pages_of_reading_can_be_followed_and_shared(site, path):
    page = get(site, path).text

    assert re.search(r'<link rel="alternate" type="(application/atom\+xml|text/calendar)"', page) or path.startswith("/article")
    assert '<meta property="og:title"' in page
    assert re.search(r'<meta property="og:url" content="http://localhost/', page)


# --- pages --------------------------------------------------------------------------------------------------------


def test_home_tells_what_came_since_a_day_kept_in_the_address(site):
    page = get(site, "/?depuis=2026-11-20").text

    assert "Depuis le 20 novembre 2026" in page
    assert "4 articles ajoutés" in page
    assert get(site, "/?depuis=2026-11-23").status_code == get(site, "/?depuis=hier").status_code == 400
    assert "set-cookie" not in get(site, "/?depuis=2026-11-20").headers


def test_a_day_begins_at_midnight_in_paris(site, store):
    with writing(store):
        store.execute("update items set first_seen_at = '2026-11-20T23:30:00Z'")  # half past midnight on the 21st
    assert "4 articles ajoutés" in get(site, "/?depuis=2026-11-21").text
    with writing(store):
        store.execute("update items set first_seen_at = '2026-11-20T22:30:00Z'")
    assert "Rien de nouveau depuis ce jour" in get(site, "/?depuis=2026-11-21").text


def test_figures_on_every_page_are_those_of_the_search(site, store):
    """A theme, a département, the map and the search count the same articles, a story once."""
    total = get(site, "/recherche.json?theme=participation-citoyenne").json()["total"]

    assert f"{total} articles, " in get(site, "/theme/participation-citoyenne").text
    row = re.search(r"Isère : ([^<]+)</title>", get(site, "/carte?periode=tout").text.replace("&nbsp;", " "))[1]
    assert row == "1 article"
    assert get(site, "/recherche.json?departement=38").json()["total"] == 1
    assert summarise(store, "2026-11-22").articles == get(site, "/recherche.json").json()["total"] == 4


def test_a_story_is_one_card_that_says_who_else_published_it(site):
    body = get(site, "/recherche?q=jury").text

    assert body.count('<li class="card') == 1
    assert re.search("Aussi publié par (La Presse des labs|Isère, le lab)", body)


def test_the_map_tells_silence_from_nobody_watching(site, store):
    with writing(store):
        store.execute("update sources set territory = '[\"38\", \"23\"]' where id = 'isere'")
    page = get(site, "/carte").text.replace("&nbsp;", " ")

    assert "<title>Creuse : aucun article</title>" in page
    assert "<title>Cantal : personne ne veille</title>" in page
    assert page.count("<title>Gironde") == page.count("<title>33 Gironde") == 1
    assert page.count('<th scope="row">') == 101


@pytest.mark.parametrize(
    "path", ["/carte?theme=rien", "/carte?periode=hier", "/theme/rien", "/departement/99", "/departement/20", "/source/rien"]
)
def test_pages_that_do_not_exist_say_so(site, path):
    response = get(site, path)

    assert response.status_code in (400, 404)
    assert '<html lang="fr">' in response.text


def test_an_empty_search_says_which_filter_to_drop(site):
    page = get(site, "/recherche?q=budget&departement=33&langue=en").text
    ways = re.findall(r'sans <a class="chip"[^>]*><span class="unseen">[^<]*</span>|sans <a class="chip" href="([^"]+)">', page)

    assert "Aucun article ne correspond" in page
    assert ways == ["/recherche?q=budget&amp;departement=33"]


def test_former_versions_show_what_went_and_what_came(site, store, knowledge, now):
    changed = make_entry(
        title="Un budget participatif au lycée", summary="Les habitants votent. Dépôt des dossiers jusqu’au 20 décembre 2026."
    )
    collect_entries(store, make_source(territory=("33",), rights="full"), [changed], knowledge, now + timedelta(hours=2))
    page = get(site, "/article/1").text

    assert "<del>collège</del><ins>lycée</ins>" in page
    assert "<del>15 </del><ins>20 </ins>" in page


def test_a_dismissed_article_shows_no_former_text(site, store, knowledge, now):
    """Retention lets go of its texts; its versions wait longer and must not say them meanwhile."""
    changed = make_entry(
        title="Un budget participatif au lycée", summary="Les habitants votent. Dépôt des dossiers jusqu’au 20 décembre 2026."
    )
    collect_entries(store, make_source(territory=("33",), rights="full"), [changed], knowledge, now + timedelta(hours=2))
    with writing(store):
        store.execute("update items set state = 'dismissed', summary = '' where id = 1")
    page = get(site, "/article/1").text

    assert "Versions antérieures" not in page
    assert "habitants votent" not in page


def test_a_hidden_former_text_is_not_in_the_difference(site, store, knowledge, now):
    source = make_source(id="presse", name="La Presse des labs", url="https://presse.example.fr/rss", rights="link")
    for hours, word in ((1, "zanzibar"), (2, "samarcande")):
        collect_entries(store, source, [make_entry(guid="q", link="https://presse.example.fr/9", title=f"Un titre {hours}", summary=f"Secret {word}.")], knowledge, now + timedelta(hours=hours))  # fmt: skip
    (number,) = store.execute("select id from items where title = 'Un titre 2'").fetchone()
    page = get(site, f"/article/{number}").text

    assert "<del>1</del><ins>2</ins>" in page
    assert "zanzibar" not in page
    assert "samarcande" not in page


def test_an_article_can_be_cited(site):
    page = get(site, "/article/1").text

    assert 'class="Z3988" title="ctx_ver=Z39.88-2004&amp;' in page
    assert '<meta name="DC.title" content="Un budget participatif au collège">' in page
    assert 'itemtype="https://schema.org/Article"' in page


def test_a_source_and_a_departement_say_how_the_sources_fare(site, store):
    with writing(store):
        store.execute("update sources set state = 'failing', reason = 'délai dépassé' where id = 'gironde'")

    assert "délai dépassé" in get(site, "/source/gironde").text
    assert "en panne" in get(site, "/departement/33").text
    assert get(site, "/sources").text.index("Gironde, actualités") < get(site, "/sources").text.index("Isère, le lab")


# --- drawings and words -------------------------------------------------------------------------------------------


def test_a_chart_draws_every_month_zeros_included():
    drawn = bars(["2026-01", "2026-02", "2026-03"], {"2026-01": 10, "2026-03": 5})

    assert [(bar.count, bar.height) for bar in drawn.bars] == [(10, 86.0), (0, 0.0), (5, 43.0)]
    assert (drawn.most, drawn.total, drawn.bars[0].mark) == (10, 15, "2026")


def test_heat_grows_with_the_count_and_is_zero_for_nothing():
    heats = [heat(count, 100) for count in (0, 1, 10, 30, 60, 100)]

    assert heats == sorted(heats)
    assert (heats[0], heats[1], heats[-1]) == (0, 1, 4)


def test_every_departement_has_an_outline(knowledge):
    assert set(contours()) == set(knowledge.departements)
    assert all(re.fullmatch(r"(M-?\d+ -?\d+l[-\d ]+z)+", path) for path in contours().values())


@pytest.mark.parametrize(
    ("before", "after", "pieces"),
    [
        ("a b c", "a d c", [("same", "a "), ("gone", "b "), ("come", "d "), ("same", "c")]),
        ("", "a", [("come", "a")]),
        ("a", "a", [("same", "a")]),
        ("", "", []),
    ],
)
def test_differences_put_together_give_both_texts(before, after, pieces):
    assert compared(before, after) == pieces
    assert "".join(text for kind, text in pieces if kind != "come") == before
    assert "".join(text for kind, text in pieces if kind != "gone") == after


def test_spans_of_days_are_said_as_people_do():
    assert long_span(date(2027, 1, 22), date(2027, 1, 23)) == "du 22 au 23 janvier 2027"
    assert long_span(date(2026, 12, 30), date(2027, 1, 2)) == "du 30 décembre 2026 au 2 janvier 2027"
    assert long_span(date(2027, 3, 1), date(2027, 4, 2)) == "du 1er mars au 2 avril 2027"
    assert long_span(date(2027, 3, 1), date(2027, 3, 1)) == "le 1er mars 2027"


def test_alike_places_lean_to_the_same_themes(store):
    from veille.store.reading.summary import Summary, leanings_of

    mix = {"33": {"a": 9, "b": 1}, "38": {"a": 8, "b": 2}, "23": {"a": 1, "b": 9}, "75": {"a": 1}}
    found = alike(Summary(mix=mix, country=leanings_of(mix)[0], leanings=leanings_of(mix)[1]), "33")

    assert [(code, both) for code, _, both in found] == [("38", ["a"])]


# --- Datasette's own pages ----------------------------------------------------------------------------------------

# Of the templates that ours take the place of, in Datasette 0.65.5. One that changes is to be read again beside ours.
ORIGINALS = {
    "base.html": "bb22df33caea147e", "database.html": "4fd5e97823bb5380", "table.html": "81cec4b0f7948bf0", "_table.html": "f75a8872713f28fd",
    "row.html": "ff5dde41541c39dd",
}  # fmt: skip


@pytest.mark.parametrize("name", ORIGINALS)
def test_the_templates_that_ours_replace_have_not_changed(name):
    import hashlib
    from pathlib import Path

    import datasette

    original = Path(datasette.__file__).parent / "templates" / name

    assert hashlib.sha256(original.read_bytes()).hexdigest()[:16] == ORIGINALS[name]


@pytest.mark.parametrize(
    "path", ["/veille", "/veille/articles", "/veille/sources?state=live", "/veille/item_tags", "/veille/sources/gironde"]
)
def test_pages_of_tables_are_french_and_without_script_of_their_own(site, path):
    page = get(site, path)

    assert '<html lang="fr">' in page.text
    assert re.findall(r"<script[^>]*>(.*?)</script>", page.text) == [""]
    assert "<style" not in page.text
    assert "unsafe" not in page.headers["content-security-policy"]
    assert not re.search(
        r"\b(rows?|where|sorted by|Advanced export|View and edit)\b", re.sub(r"(?s)<pre[^>]*>.*?</pre>|<[^>]+>", " ", page.text)
    )


def test_every_public_column_is_explained_in_french(site):
    page = get(site, "/donnees").text
    explained = re.findall(r"<dt><code>([^<]+)</code></dt><dd>([^<]*)</dd>", page)

    assert len(explained) > 80
    assert [name for name, text in explained if not text.strip()] == []


def test_another_database_beside_ours_keeps_datasettes_own_csv(store, tmp_path):
    import sqlite3

    with contextlib.closing(sqlite3.connect(tmp_path / "autre.db")) as other, other:
        other.execute("create table mots (id integer primary key, mot text)")
        other.executemany("insert into mots (mot) values (?)", [("é" * 40,)] * 100)
    both = Datasette([str(tmp_path / "veille.db"), str(tmp_path / "autre.db")])
    stream = get(both, "/autre/mots.csv?_stream=on", headers={"accept-encoding": "gzip"})
    assert stream.text.startswith("id,mot")
    assert stream.text.count("\n") == 101
    assert "content-encoding" not in stream.headers


def test_a_reading_that_takes_too_long_is_cut_off_with_a_page_that_says_what_to_do(site):
    """The time limit is real: a statement without an end is stopped by SQLite itself, a second and a half later."""
    import time

    from datasette.utils.asgi import Request

    from veille.web.site.answering import ask
    from veille.web.site.errors import PageError, answer

    endless = "with recursive numbers(n) as (select 1 union all select n + 1 from numbers) select count(*) from numbers"

    request = Request.fake("/recherche?q=lent")
    request.scope |= {"csrftoken": lambda: "", "actor": None}

    async def read():
        await site.invoke_startup()
        began = time.monotonic()
        with pytest.raises(PageError) as caught:
            await ask(site, lambda db: db.execute(endless).fetchone())
        return time.monotonic() - began, await answer(site, request, caught.value)

    seconds, page = asyncio.run(read())

    assert 1.4 < seconds < 6 * pace()
    assert (page.status, page.headers["retry-after"]) == (503, "60")
    assert "ajoutez un mot ou un filtre" in page.body
    assert 'name="q" value="lent"' in page.body
