"""What anybody can ask of the site without an account: nothing hidden is read back, nothing blocks it, nothing a client sends is a traceback."""

import asyncio
import csv
import io
import json
import logging
import re
import time
import unicodedata
from datetime import timedelta

import httpx
import pytest
from datasette.app import Datasette

from browsing import PASSWORD, Browser, get, signed_in
from builders import collect_entries, make_entry, make_source
from veille.store import writing
from veille.store.collecting.items import apply_rights
from veille.store.curating.accounts import add_account, check_password, is_known, set_password
from veille.store.settings import remember_settings
from veille.web.site import session
from veille.web.site.guard import LONGEST_BODY

SECRET = "zanzibarienne"
PADDING = "Les habitants votent chaque année un budget pour leur collège. " * 6


@pytest.fixture
def site(store, knowledge, now, tmp_path, monkeypatch):
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    gironde = make_source(territory=("33",))
    entries = [
        make_entry(title="Un budget participatif au collège", summary=PADDING + SECRET + " et la suite."),
        make_entry(guid="2", link="https://e.fr/2", title="=HYPERLINK(1)", summary="Dans l’Ain (01)."),
        make_entry(
            guid="3",
            link="https://e.fr/3",
            title="Appel à projets : expérimenter l’accueil avec les usagers",
            summary="Dépôt jusqu’au 15 décembre 2026.",
        ),
    ]
    collect_entries(store, gironde, entries, knowledge, now)
    ain = make_source(id="ain", name="Ain", url="https://ain.fr/rss", territory=("01",), rights="link")
    collect_entries(store, ain, [make_entry(guid="a", link="https://ain.fr/1", title="Un bus des droits", summary=SECRET)], knowledge, now)
    add_account(store, "claire", PASSWORD, "curator", now)
    return Datasette([str(tmp_path / "veille.db")])


@pytest.fixture
def traced():
    """What was logged with a traceback, by whomever."""
    found = []

    class Keeper(logging.Handler):
        def emit(self, record):
            if record.exc_info or "Traceback" in record.getMessage():
                found.append(record.getMessage())

    keeper, loggers = Keeper(), [logging.getLogger(name) for name in ("", "veille")]
    for logger in loggers:
        logger.addHandler(keeper)
    yield found
    for logger in loggers:
        logger.removeHandler(keeper)


def status(site, method, path, **given):
    return asyncio.run(getattr(site.client, method)(path, **given)).status_code


# --- what is hidden -----------------------------------------------------------------------------------------------


def found(site, words):
    ours = get(site, f"/recherche.json?exact=1&q={words}").json()["total"]
    theirs = get(site, f"/veille/articles.json?_shape=objects&_search={words}").json()["rows"]
    agenda = get(site, f"/agenda?q={words}").text.count('class="when"')
    return ours, len(theirs), agenda


@pytest.mark.parametrize("begun", [SECRET[:length] for length in (2, 4, 7, len(SECRET))])
def test_a_truncated_word_matches_only_what_is_shown(site, begun):
    assert found(site, f"{begun}*") == (0, 0, 0)
    assert found(site, f"budget+-{begun}*") == found(site, "budget")


def test_a_truncated_word_still_finds_titles_and_excerpts(site):
    assert found(site, "particip*")[:2] == (1, 1)
    assert found(site, "habit*")[:2] == (1, 1)


def test_rights_that_change_move_words_to_where_prefixes_look_and_back(site, store):
    with writing(store):
        apply_rights(store, "gironde", "full")
    assert found(site, f"{SECRET[:5]}*")[:2] == (1, 1)
    with writing(store):
        apply_rights(store, "gironde", "excerpt")
    assert found(site, f"{SECRET[:5]}*")[:2] == (0, 0)
    assert found(site, SECRET)[0] == 2  # a whole word is what may still be inferred
    store.execute("insert into items_fts (items_fts, rank) values ('integrity-check', 0)")


@pytest.mark.parametrize(
    "query",
    [
        f"_searchmode=raw&_search={SECRET[:5]}*", "_searchmode=escaped&_search=x", "_fts_table=items_fts&_search=x", "_fts_pk=id&_search=x",
        f"_search_text={SECRET}", "_search_title=x", "%5fsearchmode=raw", "_search%5Ftext=x", "_where=1", "_through=1", "_extras=x",
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["", ".json", ".csv"])
def test_parameters_that_choose_what_is_searched_are_refused(site, query, ending):
    assert status(site, "get", f"/veille/articles{ending}?{query}") == 400


# --- what blocks --------------------------------------------------------------------------------------------------


def many(count, parameter="theme", start=0):
    return "&".join(f"{parameter}=un-theme-inconnu-{number}" for number in range(start, start + count))


def test_filters_are_counted(site):
    sixty = "&".join(many(20, name) for name in ("theme", "source", "type"))
    for path in ("/recherche", "/recherche.json", "/recherche.csv", "/recherche.atom", "/agenda", "/agenda.ics", "/integrer"):
        assert get(site, f"{path}?{sixty}").status_code == 200, path
        for over in (many(21), f"{sixty}&langue=fr", many(350)):
            refusal = get(site, f"{path}?{over}")
            assert refusal.status_code == 400, (path, over[:30])
            assert "au plus" in refusal.text, path
    assert get(site, f"/recherche?{'&'.join(['theme=budget'] * 150)}").status_code == 200  # the same value again is one value
    assert get(site, "/recherche?theme=%C3%A9%20%3Cb%3E").status_code == 400


def test_the_worst_search_that_is_admitted_costs_little(site):
    """Sixty values of eighty characters: what each link of the page repeats. bench/worst.py has the table of all routes."""
    values = [f"{number:02}" + "x" * 78 for number in range(20)]
    query = "&".join(f"{name}={value}" for name in ("theme", "source", "type") for value in values)
    get(site, "/recherche?q=budget")
    began = time.process_time()
    page = get(site, f"/recherche?q=budget&{query}")
    cost = time.process_time() - began

    assert page.status_code == 200
    assert len(page.content) < 1_500_000
    assert cost < 2.5, "five times the half second that a quiet core takes at most"


@pytest.mark.parametrize("cookie", [None, "ds_csrftoken=x", "veille_session=y"])
@pytest.mark.parametrize("path", ["/connexion", "/tri/decision", "/article/1", "/nulle-part", "/veille/articles"])
def test_a_body_is_counted_as_it_comes(site, path, cookie):
    sent = []

    async def endless():
        for _ in range(10_000):
            sent.append(1)
            yield b"a=" + b"b" * 8190

    async def ask(content, **headers):
        headers = {"content-type": "application/x-www-form-urlencoded", **headers} | ({"cookie": cookie} if cookie else {})
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=site.app()), base_url="http://localhost") as client:
            return (await client.post(path, content=content, headers=headers)).status_code

    assert asyncio.run(ask(endless())) == 413
    assert len(sent) <= LONGEST_BODY // 8192 + 2
    assert asyncio.run(ask(b"a=b", **{"content-length": str(400 << 20)})) == 413
    assert asyncio.run(ask(b"a=" + b"b" * (LONGEST_BODY - 2))) < 413


@pytest.mark.parametrize("cookie", [None, "ds_csrftoken=x"])
@pytest.mark.parametrize(
    "media",
    ["multipart/form-data", "multipart/form-data; boundary=x", "multipart/form-data; boundary=", "application/json", "text/plain", "", "é"],
)
def test_a_type_that_no_form_of_ours_has_is_a_415(site, media, cookie, traced):
    headers = {"content-type": media.encode()} | ({"cookie": cookie} if cookie else {})
    for path in ("/connexion", "/tri/decision", "/deconnexion"):
        body = b'--x\r\nContent-Disposition: form-data; name="csrftoken"\r\n\r\n\xff\r\n--x--'
        assert asyncio.run(site.client.post(path, content=body, headers=headers)).status_code == 415, path
    assert not traced


@pytest.mark.parametrize("body", ["csrftoken=%C3%A9", "csrftoken=%00", "csrftoken=%ff%fe", "a=%ud800", "csrftoken", "&=&&=;", "nom=%C3%A9&mot-de-passe=%00"])  # fmt: skip
@pytest.mark.parametrize("cookie", [b"ds_csrftoken=x", b"ds_csrftoken=\xe9", b"a=b; veille_session=\xff\xfe", b";;;=", b'x="\\'])
def test_nothing_in_a_form_or_a_cookie_is_a_traceback(site, body, cookie, traced):
    headers = {"content-type": "application/x-www-form-urlencoded", "cookie": cookie}
    for path in ("/connexion", "/deconnexion", "/tri/decision"):
        assert 300 <= asyncio.run(site.client.post(path, content=body.encode(), headers=headers)).status_code < 500, path
    assert not traced


def test_odd_cookies_of_other_sites_shut_nobody_out(site):
    browser = signed_in(site)
    session = browser.cookies["veille_session"]
    for odd in (b">M=z)`B\tx", b"a:b=c", b'x="\\', b"\xff\xfe=1", b";;;=", b"nom=\xc3\xa9", b"a,b=1"):
        for cookie in (odd, odd + b"; veille_session=" + session.encode(), b"veille_session=" + session.encode() + b"; " + odd):
            asked = asyncio.run(site.client.get("/tri", headers={"cookie": cookie}))
            assert asked.status_code == (200 if b"veille_session" in cookie else 302), cookie


def test_a_bearer_switches_nothing_off(site):
    for given in ("Bearer x", "bearer  x", "BEARER dstok_x"):
        form = {"nom": "claire", "mot-de-passe": PASSWORD}
        assert status(site, "post", "/connexion", data=form, headers={"authorization": given, "cookie": "a=b"}) == 403
        assert status(site, "get", "/", headers={"authorization": given}) == 403
    assert status(site, "get", "/", headers={"authorization": "Basic eDp5"}) == 200  # of a proxy in front


# --- who the site is ----------------------------------------------------------------------------------------------

LEAVING = ("/recherche.atom", "/recherche.jsonfeed", "/agenda.ics", "/recherche.csv", "/recherche.json", "/sitemap-pages.xml", "/robots.txt", "/integrer", "/article/1", "/", "/donnees/api", "/recherche?q=budget", "/sitemap.xml")  # fmt: skip


def identifiers(site, host):
    asked = lambda path: get(site, path, headers={"host": host, "x-forwarded-host": host}).text  # noqa: E731
    entries = re.findall(r"<id>([^<]+)</id>", asked("/recherche.atom"))
    items = [item["id"] for item in json.loads(asked("/recherche.jsonfeed"))["items"]]
    return entries, items, re.findall(r"UID:(\S+)", asked("/agenda.ics"))


def test_identifiers_do_not_follow_the_request(site, store):
    entries, items, dates = told = identifiers(site, "veille.exemple.fr")
    assert told == identifiers(site, "mal.exemple.net:8443")
    assert entries[1:] == items
    assert len(items) == 4
    assert dates
    assert "exemple" not in repr(told)
    with writing(store):
        remember_settings(store, site="https://veille.exemple.fr/")
    entries, items, dates = told = identifiers(site, "mal.exemple.net")
    assert items == entries[1:] == [f"https://veille.exemple.fr/article/{item}" for item in (4, 3, 2, 1)]
    assert all(one.endswith("@veille.exemple.fr") for one in dates)
    assert told == identifiers(site, "127.0.0.1:8001")


def test_where_the_site_is_said_no_answer_names_another_host(site, store):
    with writing(store):
        remember_settings(store, site="https://veille.exemple.fr/")
    for path in LEAVING:
        answer = get(site, path, headers={"host": "mal.exemple.net", "x-forwarded-host": "mal.exemple.net", "x-forwarded-proto": "https"})
        assert answer.status_code == 200
        assert "mal.exemple.net" not in answer.text + repr(answer.headers), path
    assert "https://veille.exemple.fr/article/1" in get(site, "/article/1").text


def test_under_a_path_addresses_have_it_once(store, tmp_path, site):
    with writing(store):
        remember_settings(store, site="https://www.exemple.fr/veille")
    under = Datasette([str(tmp_path / "veille.db")], settings={"base_url": "/veille/"})
    assert "https://www.exemple.fr/veille/article/1" in asyncio.run(under.client.get("/recherche.atom")).text


@pytest.mark.parametrize(
    "path",
    [
        "databases", "threads", "versions", "metadata", "plugins", "settings", "actor", "config", "messages", "allow-debug", "patterns",
        "permissions", "logout", "auth-token", "autre",
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", ["", ".json"])
def test_what_datasette_tells_of_itself_is_closed(site, path, ending):
    for who in (Browser(site), signed_in(site)):
        assert who.get(f"/-/{path}{ending}").status_code == 404
    assert who.post(f"/-/{path}{ending}").status_code == 404


def test_what_our_pages_need_of_it_is_open(site):
    for path in ("/-/static/app.css", "/-/static-plugins/veille/style.css", "/-/veille/composants"):
        assert status(site, "get", path) == 200
    page = get(site, "/veille/articles").text
    assert {path: code for path in re.findall(r'(?:href|src)="(/-/[^"#]+)"', page) if (code := status(site, "get", path)) != 200} == {}


# --- signing in ---------------------------------------------------------------------------------------------------


class From(Browser):
    """A browser at an address of the network, on one application: guesses are counted there."""

    def __init__(self, site, address, name="claire"):
        super().__init__(site, name)
        self.address = address

    def _ask(self, method, path, **given):
        async def ask():
            transport = httpx.ASGITransport(app=self.site.app(), client=(self.address, 4321))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost", cookies=self.cookies) as client:
                return await client.request(method, path, **given)

        response = asyncio.run(ask())
        self.cookies |= dict(response.cookies)
        return response

    def enter(self, password):
        token = re.search(r'name="csrftoken" value="([^"]+)"', self._ask("GET", "/connexion").text)[1]
        return self._ask("POST", "/connexion", data={"nom": self.name, "mot-de-passe": password, "csrftoken": token}).status_code


@pytest.fixture
def quick(monkeypatch):
    """Guesses that take no time: the hash is tested elsewhere."""
    monkeypatch.setattr(session, "is_password", lambda password, _held: password == PASSWORD)


def test_guesses_from_one_address_lock_nobody_else_out(site, quick):
    stranger = From(site, "192.0.2.1")
    assert [stranger.enter("faux") for _ in range(7)] == [403] * 5 + [429] * 2
    assert stranger.enter(PASSWORD) == 429
    assert From(site, "198.51.100.7").enter(PASSWORD) == 302


def test_guesses_from_everywhere_stop_at_a_larger_bound_and_known_addresses_still_enter(site, quick):
    assert From(site, "198.51.100.7").enter(PASSWORD) == 302
    answers = [From(site, f"192.0.2.{number}").enter("faux") for number in range(45)]
    assert answers == [403] * 40 + [429] * 5
    assert From(site, "203.0.113.9").enter(PASSWORD) == 429
    assert From(site, "198.51.100.7").enter(PASSWORD) == 302
    assert From(site, "198.51.100.7", "paul").enter("faux") == 403  # known for one account, not for others


def test_one_customer_of_ipv6_is_one_address(site, quick):
    assert [From(site, f"2001:db8:1:2::{number}").enter("faux") for number in range(6)] == [403] * 5 + [429]
    assert From(site, "2001:db8:1:3::1").enter(PASSWORD) == 302


def test_known_addresses_are_keyed_hashes_for_thirty_days(site, store, now, monkeypatch):
    assert From(site, "198.51.100.7").enter(PASSWORD) == 302
    ((mark,),) = store.execute("select address from known_addresses").fetchall()
    assert re.fullmatch("[0-9a-f]{32}", mark)
    assert is_known(store, "claire", mark, now + timedelta(days=30))
    assert not is_known(store, "claire", mark, now + timedelta(days=31))
    assert not is_known(store, "paul", mark, now)
    monkeypatch.setenv("VEILLE_NOW", (now + timedelta(days=40)).isoformat())
    other = Datasette(site.files)
    assert From(other, "203.0.113.9").enter(PASSWORD) == 302
    assert store.execute("select count(*) from known_addresses where address = ?", (mark,)).fetchone() == (0,)


def test_a_slow_machine_signs_in_all_the_same(site, monkeypatch):
    """The hash is computed outside of what cuts a reading off after a second and a half."""
    from veille.store.curating import accounts

    slow = accounts._digest
    monkeypatch.setattr(accounts, "_digest", lambda *given: (time.sleep(1.8), slow(*given))[1])
    assert Browser(site).sign_in().status_code == 302


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_accents_may_be_typed_either_way_and_old_hashes_still_open(store, now, form, monkeypatch):
    word = "une forêt où l’été dure"
    add_account(store, "claire", unicodedata.normalize(form, word), "curator", now)
    for typed in ("NFC", "NFD"):
        assert check_password(store, "claire", unicodedata.normalize(typed, word))
    assert not check_password(store, "claire", "une foret ou l'ete dure")
    from veille.store.curating import accounts

    monkeypatch.setattr(accounts.unicodedata, "normalize", lambda _form, text: text)  # as it was hashed before: what was typed
    set_password(store, "claire", unicodedata.normalize(form, word))
    monkeypatch.undo()
    for typed in ("NFC", "NFD"):
        assert check_password(store, "claire", unicodedata.normalize(typed, word))


# --- sheets -------------------------------------------------------------------------------------------------------


def sheet(site, path):
    answer = get(site, path)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return answer, list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff")), delimiter=";"))


def test_a_sheet_has_names_beside_codes_french_days_and_a_dated_name(site):
    answer, rows = sheet(site, "/recherche.csv?tri=date")
    assert answer.headers["content-disposition"] == 'attachment; filename="veille-recherche-2026-11-22.csv"'
    by_title = {row["titre"]: row for row in rows}
    assert by_title["Un bus des droits"]["departements"] == "01 Ain"
    assert {row["vu_le"] for row in rows} == {"22/11/2026 10:00"}  # nine o’clock in UTC
    assert all(re.fullmatch(r"\d\d/\d\d/\d{4}( \d\d:\d\d)?", row["publie_le"]) for row in rows)


@pytest.mark.parametrize("path", ["/recherche.csv", *(f"/veille/{table}.csv" for table in ("articles", "sources", "departements", "item_territories", "item_dates", "item_tags", "tags", "visits", "runs", "stories"))])  # fmt: skip
def test_no_sheet_has_a_formula_or_a_code_that_becomes_a_number(site, path):
    answer, rows = sheet(site, path)
    cells = [cell for row in rows for cell in row.values()]
    assert rows or re.search("stories|runs|visits", path)
    assert "attachment" in answer.headers["content-disposition"]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert not [cell for cell in cells if re.fullmatch(r"0\d+|\d+[eE]\d+|\d{12,}", cell)]
    assert not [cell for cell in cells if re.match(r"\d{4}-\d\d-\d\d", cell)]


def test_a_tables_sheet_obeys_its_filters_and_has_no_way_around(site):
    assert [row["titre" if "titre" in row else "title"] for row in sheet(site, "/veille/articles.csv?title__contains=bus")[1]] == [
        "Un bus des droits"
    ]
    for way in ("_stream=on", "_dl=1", "_labels=on", "_header=off", "_shape=array"):
        assert not [cell for row in sheet(site, f"/veille/articles.csv?{way}")[1] for cell in row.values() if cell.startswith("=")]
    assert status(site, "get", "/veille/articles.json?_format=csv") in (200, 400)
    assert get(site, "/veille/articles.json?_format=csv").headers["content-type"].startswith("application/json")
    for path in (
        "/veille/accounts.csv",
        "/veille/texts.csv",
        "/veille/articles/1.csv",
        "/veille/sources/gironde.csv",
        "/veille.csv?sql=select+1",
    ):
        assert status(site, "get", path) in (400, 403, 404), path


# --- a base that is torn while it is served -----------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["header", "middle", "cut", "text"])
def test_a_torn_file_is_a_503_and_an_unwell_health_page(store, knowledge, now, tmp_path, monkeypatch, damage, traced):
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    entries = [make_entry(guid=str(n), link=f"https://e.fr/{n}", title=f"Un budget numéro {n}", summary=PADDING) for n in range(200)]
    collect_entries(store, make_source(rights="full"), entries, knowledge, now)
    with writing(store):
        store.execute("insert into runs (started_at, ended_at, due) values ('2026-11-22T08:00:00Z', '2026-11-22T08:01:00Z', 3)")
    store.execute("pragma wal_checkpoint(truncate)")
    store.close()
    path = tmp_path / "veille.db"
    site = Datasette([str(path)])
    assert get(site, "/").status_code == 200
    assert get(site, "/-/veille/sante").status_code == 200
    body = path.read_bytes()
    torn = {"header": bytes(100) + body[100:], "middle": body[:4096] + bytes([7]) * (len(body) - 8192) + body[-4096:], "cut": body[: len(body) // 3 // 4096 * 4096], "text": b"Ceci n'est pas une base.\n" * 900}[damage]  # fmt: skip
    path.write_bytes(torn)
    site._veille_site.looked = None  # as a minute later
    health = get(site, "/-/veille/sante")
    assert (health.status_code, health.json()["well"]) == (503, False)
    for asked in (
        "/",
        "/recherche.json?q=budget",
        "/article/150",
        "/sources",
        "/theme/participation-citoyenne",
    ):
        answer = get(site, asked)
        assert answer.status_code in (200, 503), (asked, answer.status_code)  # 200: from pages that SQLite holds
    answer = get(site, "/recherche?q=numéro")
    assert answer.status_code == 503
    assert "La base est abîmée" in answer.text
    assert get(Datasette([str(path)]), "/recherche.json").status_code == 503
    assert not traced


# --- what a stranger found ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/recherche", "/recherche.csv", "/agenda", "/agenda.ics", "/integrer", "/veille/articles", "/veille/tags", "/"]
)
def test_parameters_and_addresses_are_counted(site, path):
    """Datasette reads a query anew for each parameter that is asked of it: two thousand unknown ones were five seconds."""
    assert status(site, "get", f"{path}?{'&'.join(f'x{number}=' for number in range(150))}") in (200, 400)
    assert status(site, "get", f"{path}?{'&'.join(f'x{number}=' for number in range(2000))}") == 400
    assert status(site, "get", f"{path}?x={'a' * 9000}") == 400
    assert status(site, "get", f"{path}{'/' if path != '/' else ''}{'a' * 300}") == 404


@pytest.mark.parametrize("path", ["/-/static/", "/-/static-plugins/veille/", "/article/", "/veille/articles/"])
def test_a_name_longer_than_any_file_has_is_a_404(site, path, traced):
    assert status(site, "get", path + "a" * 300) == 404
    assert not traced


def test_a_table_is_searched_by_as_few_letters_as_the_site(site):
    assert status(site, "get", f"/veille/articles?_search={'de+' * 400}") == 400
    assert status(site, "get", "/veille/articles?_search=de") == 200


@pytest.mark.parametrize("body", [b"nom=\xff", b"csrftoken=\xe9&nom=x", b"\xff\xfe"])
def test_a_form_that_is_no_utf8_is_a_400(site, body, traced):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for path in ("/connexion", "/deconnexion", "/tri/decision"):
        assert asyncio.run(site.client.post(path, content=body, headers=headers)).status_code == 400
    assert not traced


def test_mapped_addresses_are_those_that_they_map(site, quick):
    assert From(site, "::ffff:198.51.100.7").enter(PASSWORD) == 302
    assert [From(site, "::ffff:203.0.113.66", f"nom{number}").enter("faux") for number in range(10)][-1] == 429
    assert From(site, "::ffff:198.51.100.7").enter(PASSWORD) == 302
    assert From(site, "198.51.100.7").enter(PASSWORD) == 302


def test_tables_name_no_other_host_than_the_sites(site, store):
    with writing(store):
        remember_settings(store, site="https://veille.exemple.fr/")
    told = Datasette(site.files)
    headers = {"host": "mal.exemple.net:99", "x-forwarded-proto": "https"}
    for path in (
        "/veille/articles.json?_size=1",
        "/veille/articles?_size=1",
        "/veille",
        "/veille/sources.json?_shape=array&_nl=on&_size=1",
        "/",
    ):
        answer = get(told, path, headers=headers)
        assert "mal.exemple" not in answer.text + repr(answer.headers), path
    tags = {get(told, "/a-propos", headers={"host": host}).headers["etag"] for host in ("a.fr", "b.fr")}
    assert len(tags) == 1


@pytest.mark.parametrize(
    "path", ["/veille/%23.csv", "/veille/articles%23.csv", "/veille/articles%3Fa.csv", "/veille/~61ccounts.csv", "/veille/rien.csv"]
)
def test_an_odd_name_of_a_table_has_no_sheet(site, path):
    answer = get(site, path, follow_redirects=True)  # Datasette sends an odd name to its own spelling of it
    assert answer.status_code in (400, 403, 404)
    assert get(site, "/veille/~61rticles.csv").text.startswith("\ufeff")


@pytest.mark.parametrize("title", ["00,5", "01 02 03", "1-2", "3/4", "12/03/2026", "＝1+1", "2E10", "123456789012345"])
def test_a_cell_that_would_change_is_text(site, store, knowledge, now, title):
    collect_entries(store, make_source(), [make_entry(guid="c", link="https://e.fr/c", title=title)], knowledge, now)
    for path in ("/recherche.csv?tri=date", "/veille/articles.csv"):
        rows = sheet(site, path)[1]
        assert f"'{title}" in [row.get("titre") or row.get("title") for row in rows], path


def test_the_health_page_hears_of_damage_from_the_others(site):
    from veille.web.site.errors import is_damage

    assert get(site, "/-/veille/sante").json()["sound"]
    torn = UnicodeDecodeError("utf-8", b"malformed database schema (\xff)", 27, 28, "invalid start byte")
    assert is_damage(torn)
    assert not is_damage(UnicodeDecodeError("utf-8", b"nom=\xff", 4, 5, "invalid start byte"))
    from veille.web.site import errors

    async def page():
        from datasette.utils.asgi import Request

        return await errors.answer(site, Request.fake("/recherche.json"), torn)

    assert asyncio.run(page()).status == 503
    assert get(site, "/-/veille/sante").status_code == 503
