"""The site, in a real Datasette in process: pages, take-away, permissions, curators."""

import asyncio
import csv
import io
import json
import re
import time

import feedparser
import pytest
from datasette.app import Datasette
from datasette.plugins import pm

from browsing import PASSWORD, Browser, get
from builders import collect_entries, make_entry, make_source
from pace import pace
from veille.store import writing
from veille.store.curating.accounts import add_account, set_password
from veille.store.public import PUBLIC_TABLES

SENTINEL = "zanzibar"


@pytest.fixture
def site(store, knowledge, now, tmp_path):
    long_text = "Les habitants votent. " * 20 + SENTINEL + " et la suite."
    gironde = make_source(territory=("33",))
    entries = [
        make_entry(title="Un budget participatif <script>alert(1)</script>", summary=long_text),
        make_entry(guid="2", link="https://e.fr/2", title="=cmd|' /C calc'!A0", summary="Formule."),
        make_entry(
            guid="3", link="javascript:alert(1)", title="Webinaire : concertation le 4 décembre 2026", summary="Inscription gratuite."
        ),
    ]
    collect_entries(store, gironde, entries, knowledge, now)
    collect_entries(store, make_source(id="presse", name="Presse", rights="link"), [make_entry(guid="p", link="https://p.fr/1", title="Vu ailleurs", summary=f"Budget {SENTINEL}.")], knowledge, now)  # fmt: skip
    add_account(store, "claire", PASSWORD, "curator", now)
    return Datasette([str(tmp_path / "veille.db")])


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/recherche",
        "/recherche?q=budget",
        "/recherche?departement=33&theme=participation-citoyenne",
        "/article/1",
        "/connexion",
        "/donnees",
        "/robot",
    ],
)
def test_every_page_is_french_complete_and_foreign_to_nobody(site, path):
    response = get(site, path)

    assert response.status_code == 200
    assert '<html lang="fr">' in response.text
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", response.text)
    assert scripts == [""]  # one file of our own, nothing inline
    assert not re.search(r'(?:src|<link(?! rel="canonical")[^>]*href)="https?:', response.text)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in response.headers["content-security-policy"]


def test_home_has_search_latest_themes_and_departements(site):
    page = get(site, "/").text

    assert 'name="q"' in page
    assert "Un budget participatif &lt;script&gt;" in page
    assert "Participation et démocratie" in page
    assert "<title>Gironde : 3 articles</title>" in page.replace("&nbsp;", " ")


def test_a_search_shows_count_facets_and_marks(site):
    page = get(site, "/recherche?q=budgets+participatifs").text

    assert "<mark>budget</mark> <mark>participatif</mark>" in page
    assert 'href="/recherche?q=budget&amp;source=presse"' in get(site, "/recherche?q=budget").text


def test_an_article_shows_reasons_and_the_original(site):
    page = get(site, "/article/1").text

    assert "« budget participatif » dans le titre" in page.replace("\xa0", " ")
    assert 'href="https://gironde.example.fr/actu/un-accueil"' in page
    assert "javascript:" not in get(site, "/article/3").text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/article/999", 404), ("/rien", 404), ("/recherche?page=99", 404), ("/recherche?page=x", 400), ("/recherche?depuis=hier", 400), ("/recherche.json?page=x", 400), ("/recherche?q=" + "a" * 600, 400)],
)  # fmt: skip
def test_errors_are_french_sentences(site, path, status):
    response = get(site, path)

    assert response.status_code == status
    assert "Traceback" not in response.text
    assert 'lang="fr"' in response.text or response.json()["error"]


def test_atom_is_read_back_whole(site):
    response = get(site, "/recherche.atom?q=budget")

    feed = feedparser.parse(io.BytesIO(response.content), sanitize_html=False)
    assert not feed.bozo
    assert feed.feed.language == "fr"
    assert {entry.title for entry in feed.entries} == {"Un budget participatif <script>alert(1)</script>", "Vu ailleurs"}
    assert all(
        re.fullmatch(r"tag:veille\.invalid,2017-10-06:[0-9a-f]{32}/article/\d+", entry.id) and entry.updated_parsed
        for entry in feed.entries
    )


def test_csv_opens_right_and_no_cell_is_a_formula(site):
    response = get(site, "/recherche.csv")

    assert response.text.startswith("\ufeffid;")
    rows = list(csv.DictReader(io.StringIO(response.text.lstrip("\ufeff")), delimiter=";"))
    assert len(rows) == 4
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())
    assert "'=cmd|' /C calc'!A0" in [row["titre"] for row in rows]


def test_json_has_the_results_and_facets(site):
    body = get(site, "/recherche.json?departement=33").json()

    assert body["total"] == 3
    assert body["facettes"]["departements"] == {"33": 3}


def every_public_answer(site):
    """All routes, feeds, exports and public tables that an anonymous reader can open, as text."""
    paths = [f"/{page}" for page in ("", "recherche", "recherche?q=zanzibar", "donnees", "robot")]
    paths += [f"/article/{number}" for number in (1, 2, 3, 4)]
    paths += [f"/recherche.{format_}?q=zanzibar" for format_ in ("atom", "json", "csv")]
    paths += [f"/veille/{table}{ending}" for table in PUBLIC_TABLES for ending in ("", ".json?_shape=objects", ".csv")]
    paths += ["/veille/articles?_search=zanzibar", "/veille/articles.json?_search=zanzibar", "/veille/articles/1.json"]
    return {path: get(site, path) for path in paths}


def test_hidden_text_is_found_and_shown_nowhere(site):
    """The sentinel stands beyond character 300 under `excerpt`, and in the text under `link`."""
    answers = every_public_answer(site)

    assert get(site, "/recherche.json?q=zanzibar").json()["total"] == 2
    assert [row["id"] for row in get(site, "/veille/articles.json?_search=zanzibar&_shape=array").json()] == [4, 1]
    for path, response in answers.items():
        assert "zanzibar" in path or SENTINEL not in response.text, path  # a search repeats its own words
        assert f"Budget {SENTINEL}" not in response.text, path
        assert "et la suite" not in response.text, path


PRIVATE = (
    "items", "texts", "items_words", "items_fts", "items_fts_data", "items_fts_idx", "items_fts_docsize", "items_fts_config",
    "items_vocabulary", "addresses", "sightings", "versions", "validators", "accounts", "decisions", "settings", "_sqlite_migrations",
    "alarms", "hosts", "requests", "tombstones", "bands", "alike", "former_labels", "keywords", "word_counts", "models", "story_decisions",
    "item_facets", "item_labels", "postings", "notes", "corrections", "sessions", "searches", "rules", "tag_words", "proposed_tags", "edits",
    "followed", "source_wishes", "link_checks", "copies", "item_changes", "known_addresses",
    "fiches", "fiche_lines", "line_checks", "fiche_territories", "fiche_tags", "fiche_items", "fiche_links", "initiative_facts", "fiche_rows", "fiches_fts",
    "fiches_fts_data", "fiches_fts_idx", "fiches_fts_content", "fiches_fts_docsize", "fiches_fts_config",
)  # fmt: skip


def refusals(site):
    """Status of everything that must be refused to an anonymous reader."""
    paths = [f"/veille/{table}{ending}" for table in PRIVATE for ending in ("", ".json", ".csv")]
    paths += ["/veille/accounts/1", "/veille?sql=select+1", "/veille.json?sql=select+*+from+accounts", "/veille.db", "/veille/items/1.json"]
    paths += ["/veille/articles?_where=1", '/veille/sources.json?_through={"table":"items","column":"id","value":"1"}']
    paths += ["/veille/sources/gironde.json?_extras=foreign_key_tables", "/-/permissions"]
    return {path: get(site, path).status_code for path in paths}


def test_private_tables_sql_and_download_are_refused(site):
    found = refusals(site)

    assert {path: status for path, status in found.items() if status not in (400, 403, 404)} == {}
    assert found["/veille/items"] == found["/veille.db"] == found["/veille?sql=select+1"] == 403


def test_every_table_and_view_of_the_file_is_on_one_of_the_two_lists(store):
    names = {row[0] for row in store.execute("select name from sqlite_master where type in ('table', 'view')")}

    assert names - {"sqlite_sequence"} == set(PRIVATE) | set(PUBLIC_TABLES)


def test_taking_the_hook_out_opens_what_it_closed(site, store, tmp_path):
    """The control: without our hook the same questions succeed, so the test above tests the hook."""
    store.execute("pragma wal_checkpoint(truncate)")
    # Datasette offers the download of immutable files only: the control needs one.
    frozen = lambda: Datasette(immutables=[str(tmp_path / "veille.db")])  # noqa: E731
    asked = (
        "/veille/items",
        "/veille/texts.json",
        "/veille/items_fts_data.json",
        "/veille/accounts.json",
        "/veille.db",
        "/veille.json?sql=select+1",
    )
    closed = {path: get(frozen(), path).status_code for path in asked}
    plugin = pm.get_plugin("veille")
    pm.unregister(plugin)
    try:
        opened = {path: get(frozen(), path).status_code for path in asked}
    finally:
        pm.register(plugin, "veille")

    assert set(closed.values()) == {403}
    assert set(opened.values()) == {200}


def test_a_wrong_password_says_the_same_for_every_account(site):
    browser = Browser(site)

    wrong = browser.sign_in("faux mot de passe")
    unknown = browser.post("/connexion", **{"nom": "personne", "mot-de-passe": "x"})

    assert wrong.status_code == unknown.status_code == 403
    assert "Nom ou mot de passe incorrect." in wrong.text
    assert "Nom ou mot de passe incorrect." in unknown.text


def test_guesses_are_throttled(site):
    browser = Browser(site)

    statuses = [browser.sign_in(f"essai {number}").status_code for number in range(7)]

    assert statuses == [403] * 5 + [429] * 2


def test_the_session_is_closed_to_scripts_and_ends_with_the_account(site, store, now):
    browser = Browser(site)
    response = browser.sign_in()
    cookie = next(value for value in response.headers.get_list("set-cookie") if value.startswith("veille_session"))
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    assert 'id="decisions"' in browser.get("/article/1").text

    store.execute("update accounts set disabled_at = '2026-01-01'")

    assert 'id="decisions"' not in browser.get("/article/1").text


def test_a_forged_session_is_nobody(site):
    assert 'id="decisions"' not in get(site, "/article/1", cookies={"veille_session": "admin"}).text


def state(store):
    return (
        store.execute("select id, state from items").fetchall(),
        store.execute("select * from item_tags").fetchall(),
        store.execute("select count(*) from decisions").fetchone(),
    )


WRITING = ("/article/1/decision", "/decision/1/annuler", "/deconnexion")


def test_nothing_changes_without_a_session_a_token_or_by_get(site, store):
    browser = Browser(site)
    browser.sign_in()
    before = state(store)

    assert Browser(site).post("/article/1/decision", action="dismiss").status_code == 403
    assert browser.post("/article/1/decision", token=False, action="dismiss").status_code == 403
    assert browser.post("/article/1/decision", headers={"origin": "https://ailleurs.fr"}, action="dismiss").status_code == 403
    assert browser.post("/article/1/decision", headers={"sec-fetch-site": "cross-site"}, action="dismiss").status_code == 403
    assert [browser.get(path + "?action=dismiss").status_code for path in WRITING] == [405, 405, 405]
    assert browser.post("/article/1/decision", action="tout-effacer").status_code == 400
    assert state(store) == before


def test_decisions_are_logged_survive_a_collection_and_can_be_undone(site, store, knowledge, now):
    browser = Browser(site)
    browser.sign_in()
    tags = lambda: dict(store.execute("select tag_id, origin from item_tags where item_id = 1").fetchall())  # noqa: E731
    assert tags()["participation-citoyenne"] == "rule"

    browser.post("/article/1/decision", action="tag-remove", value="participation-citoyenne")
    browser.post("/article/1/decision", action="tag-add", value="handicap")
    browser.post("/article/1/decision", action="select")
    changed = make_entry(title="Un budget participatif de plus", summary="Budget participatif, concertation.")
    assert collect_entries(store, make_source(territory=("33",)), [changed], knowledge, now).changed == 1

    assert tags()["participation-citoyenne"] == "refused"
    assert tags()["handicap"] == "curator"
    assert store.execute("select state from items where id = 1").fetchone()[0] == "selected"
    assert "Choisi cette semaine" in get(site, "/").text
    log = store.execute("select action, before, after from decisions order by id").fetchall()
    assert [row[0] for row in log] == ["tag-remove", "tag-add", "select"]
    assert json.loads(log[2][1]) == {"state": "new"}

    for number in (3, 2, 1):
        assert browser.post(f"/decision/{number}/annuler").status_code == 302

    assert tags()["participation-citoyenne"] == "rule"
    assert "handicap" not in tags()
    assert store.execute("select state from items where id = 1").fetchone()[0] == "new"
    assert browser.post("/decision/3/annuler").headers["location"].endswith("/article/1#decisions")
    assert "Cette décision est déjà annulée." in browser.get("/article/1").text


def test_a_dismissed_article_leaves_the_public_view(site):
    browser = Browser(site)
    browser.sign_in()

    browser.post("/article/2/decision", action="dismiss")

    assert get(site, "/recherche.json").json()["total"] == 3
    assert get(site, "/recherche.json?ecartes=1").json()["total"] == 4
    assert 2 not in [row["id"] for row in get(site, "/veille/articles.json?_shape=array").json()]


@pytest.mark.parametrize("target", ["//ailleurs.fr", "https://ailleurs.fr", "/\\ailleurs.fr", "\\\\x", "javascript:x", "/a\r\nx: y"])
def test_signing_in_leads_only_to_this_site(site, target):
    response = Browser(site).post("/connexion", **{"nom": "claire", "mot-de-passe": PASSWORD, "suite": target})

    assert response.headers["location"] == "/tri"


def test_no_answer_holds_a_hash(site):
    browser = Browser(site)
    browser.sign_in()

    for path in ("/", "/article/1", "/-/metadata.json", "/-/plugins.json", "/veille.json", "/-/actor.json", "/-/databases.json"):
        assert "scrypt" not in browser.get(path).text, path


def test_a_base_url_is_kept_in_every_link(tmp_path, site):
    prefixed = Datasette([str(tmp_path / "veille.db")], settings={"base_url": "/veille-14/"})

    page = asyncio.run(prefixed.client.get("/recherche")).text

    assert 'action="/veille-14/recherche"' in page
    assert not re.search(r'(?:href|action)="/(?!veille-14/)', page)


def test_a_search_that_takes_too_long_is_cut_off_with_a_sentence(site, monkeypatch):
    from veille.web.site import state as module

    monkeypatch.setattr(module, "READING_MILLISECONDS", 0)
    started = time.monotonic()

    response = get(site, "/recherche?q=budget")

    assert response.status_code == 503
    assert "ajoutez un mot ou un filtre" in response.text
    assert time.monotonic() - started < 2 * pace()


def test_only_the_last_word_on_a_subject_can_be_undone(site, store):
    browser = Browser(site)
    browser.sign_in()
    for action in ("select", "dismiss", "select"):
        browser.post("/article/1/decision", action=action)

    browser.post("/decision/1/annuler")
    assert "Annulez d’abord cette décision-là." in browser.get("/article/1").text
    assert store.execute("select state from items where id = 1").fetchone()[0] == "selected"
    assert browser.get("/article/1").text.count("/annuler") == 1
    for number in (3, 2, 1):
        browser.post(f"/decision/{number}/annuler")
        assert "1 décision annulée." in browser.get("/article/1").text
    assert store.execute("select state from items where id = 1").fetchone()[0] == "new"


def test_guesses_made_at_once_count_too(site):
    browser = Browser(site)
    page = browser.get("/connexion")
    token = re.search(r'name="csrftoken" value="([^"]+)"', page.text)[1]
    form = {"nom": "claire", "mot-de-passe": "faux mot de passe", "csrftoken": token}

    async def guess_together():
        posts = [site.client.post("/connexion", data=form, cookies=browser.cookies) for _ in range(12)]
        return [response.status_code for response in await asyncio.gather(*posts)]

    statuses = asyncio.run(guess_together())

    assert sorted(statuses) == [403] * 5 + [429] * 7


def test_one_persons_guesses_do_not_lock_the_office_out(site):
    browser = Browser(site)
    for number in range(6):
        browser.post("/connexion", **{"nom": "intrus", "mot-de-passe": f"essai {number}"})

    assert browser.sign_in().status_code == 302


def test_an_account_called_root_has_no_powers_of_datasette(site, store, now):
    add_account(store, "root", PASSWORD, "curator", now)
    browser = Browser(site)
    browser.post("/connexion", **{"nom": "root", "mot-de-passe": PASSWORD})

    assert 'id="decisions"' in browser.get("/article/1").text
    assert browser.get("/_internal").status_code in (403, 404)
    assert browser.get("/veille/accounts").status_code == 403


def test_a_correction_never_says_a_hidden_word(site):
    for q in ("zanzibat", "zanzibor", "zansibar"):
        assert SENTINEL not in get(site, f"/recherche?q={q}").text
        assert SENTINEL not in get(site, f"/recherche.json?q={q}").text


def test_dates_of_hidden_text_keep_no_words_of_it(site, store, knowledge, now):
    text = "Rien ici. " * 50 + "Candidatez avant le 12 avril 2027."
    collect_entries(store, make_source(), [make_entry(guid="d", link="https://e.fr/d", title="Appel", summary=text)], knowledge, now)

    rows = get(site, "/veille/item_dates.json?_shape=array&end=2027-04-12").json()
    assert [(row["role"], row["evidence"]) for row in rows] == [("deadline", "")]


def test_an_atom_entry_leads_here_and_says_where_it_comes_from(site):
    feed = feedparser.parse(io.BytesIO(get(site, "/recherche.atom?q=budget").content))

    links = {link["rel"]: link["href"] for link in feed.entries[0].links}
    assert links["alternate"].startswith("http://localhost/article/")
    assert links["via"].startswith("https://")
    assert feed.entries[0].link == links["alternate"]


def test_a_row_page_counts_no_private_rows(site):
    page = get(site, "/veille/sources/gironde").text

    assert "Gironde, actualités" in page
    assert '<th scope="row">last_success_at</th>' in page
    assert "sightings" not in page
    assert "validators" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/veille/articles?_timelimit=x", "/veille/item_tags/1", "/veille/articles.blob?_blob_column=id", "/veille/articles?%00=1", "/recherche?q=%00a",
        "/recherche.atom?q=%01", "/recherche.atom?q=%EF%BF%BE", "/recherche?q=%ff%fe", "/recherche?theme=%00", "/veille/articles?_size=-1",
        "/veille/articles?_search=%22&_searchmode=raw", "/-/nope", "/article/999999999999999", "/recherche?departement=1&theme=foo",
    ],
)  # fmt: skip
def test_odd_addresses_never_end_in_a_server_error(site, path):
    response = get(site, path)

    assert response.status_code < 500
    assert "Traceback" not in response.text
    assert "select " not in response.text.lower().split("<footer")[0].replace("<select ", "") or response.status_code == 200


def test_a_form_that_is_no_text_is_refused(site):
    response = asyncio.run(
        site.client.post(
            "/connexion", content=b"\xff\xfe=1", headers={"content-type": "application/x-www-form-urlencoded", "cookie": "a=b"}
        )
    )

    assert 400 <= response.status_code < 500


def test_our_routes_are_known_as_ours():
    from veille.web.routes import ROUTES
    from veille.web.site.errors import is_ours

    for pattern, _ in ROUTES:
        path = (
            re.sub(r"\(\?P<\w+>[^)]*\)", "1", re.sub(r"\(\?P<(?:plural|kind)>([a-z-]+)[^)]*\)", r"\1", pattern.strip("^$")))
            .replace("\\", "")
            .replace("(?!static/|static-plugins/|veille/)", "versions")
        )
        assert is_ours(path) or "database" in pattern, path  # the tables of a database, whatever it is called
    assert not is_ours("/veille/articles")


def test_the_health_page_says_whether_a_run_ended_lately(site, store, now, monkeypatch):
    """Numbers and states for a monitor: 503 until a run has ended, 200 after, 503 again a day later."""
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    before = get(site, "/-/veille/sante")
    with writing(store):
        store.execute("insert into runs (started_at, ended_at, due) values ('2026-11-22T08:00:00Z', '2026-11-22T08:01:00Z', 3)")
        store.execute("update sources set state = 'failing' where id = 'presse'")
    after = get(site, "/-/veille/sante")
    with writing(store):
        store.execute("update runs set ended_at = '2026-11-20T08:01:00Z'")
    late = get(site, "/-/veille/sante")

    assert [answer.status_code for answer in (before, after, late)] == [503, 200, 503]
    told = after.json()
    assert told["well"]
    assert told["last_good_run"] == {"started_at": "2026-11-22T08:00:00Z", "ended_at": "2026-11-22T08:01:00Z"}
    assert told["alarms"] == {"failing": 1}
    assert told["articles"] == 4
    assert told["file_bytes"] > 0
    assert set(told["versions"]) == {"veille", "datasette", "sqlite"}
    assert "claire" not in after.text
    assert asyncio.run(site.client.post("/-/veille/sante")).status_code in (403, 405)


def test_a_new_password_ends_the_sessions(site, store):
    browser = Browser(site)
    browser.sign_in()
    assert "claire" in browser.get("/").text

    set_password(store, "claire", "encore un autre")

    assert "claire" not in browser.get("/").text


def test_a_kind_is_chosen_and_articles_joined_and_split_from_the_desk(site, store, knowledge, now):
    other = make_entry(guid="autre", link="https://b.fr/1", title="Un budget participatif, vu d’ailleurs", summary="Les habitants votent.")
    collect_entries(store, make_source(id="b", name="B", territory=("38",)), [other], knowledge, now)
    own, number = 1, store.execute("select max(id) from items").fetchone()[0]
    browser = Browser(site)
    browser.sign_in()
    story = lambda: store.execute("select count(*), count(distinct story_id) from items where story_id is not null").fetchone()  # noqa: E731

    browser.post(f"/article/{own}/decision", action="kind", value="prix")
    browser.post(f"/article/{own}/decision", action="story-join", value=str(number))
    joined, page = story(), browser.get(f"/article/{own}").text
    browser.post(f"/article/{own}/decision", action="story-split")

    assert store.execute("select kind, kind_origin from items where id = ?", (own,)).fetchone() == ("prix", "curator")
    assert joined == (2, 1)
    assert "choisi par un documentaliste" in page
    assert "Rapprochés parce que&nbsp;: dit par un documentaliste" in page
    assert "type choisi" in page
    assert "réuni à une histoire" in page
    assert story() == (0, 0)
    for decision in (3, 2, 1):
        browser.post(f"/decision/{decision}/annuler")
        assert "1 décision annulée." in browser.get(f"/article/{own}").text
    assert story() == (0, 0)
    assert store.execute("select kind_origin from items where id = ?", (own,)).fetchone() == ("rule",)
