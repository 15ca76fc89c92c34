"""The curators' pages in a real Datasette in process: who may do what, every form, every gesture and its undoing."""

import asyncio
import json
import re

import pytest
from datasette.app import Datasette

from browsing import PASSWORD, Browser, get, rows, signed_in
from veille.web.routes import ROUTES

ROLES = ("curator", "editor", "admin")


@pytest.fixture
def site(newsroom):
    return newsroom


def state(store, item=1):
    return store.execute("select state from items where id = ?", (item,)).fetchone()[0]


# --- who may do what ----------------------------------------------------------------------------------------------

DESK = [(pattern, handler) for pattern, handler in ROUTES if hasattr(handler, "role")]
EXAMPLES = {r"(?P<id>[0-9]{1,15})": "1", r"(?P<number>[0-9]{1,15})": "1", r"(?P<id>[a-z0-9-]{1,80})": "gironde"}


def path_of(pattern):
    path = pattern.strip("^$").replace("\\", "")
    for hole, value in EXAMPLES.items():
        path = path.replace(hole, value)
    assert "(" not in path, pattern
    return path


def test_every_route_that_writes_says_its_role():
    """The live router: what is not read by everyone is guarded, but for signing in and out."""
    public = {pattern for pattern, handler in ROUTES if hasattr(handler, "__wrapped__") and not hasattr(handler, "role")}
    guarded = {pattern for pattern, _ in DESK}
    others = {pattern for pattern, _ in ROUTES} - public - guarded
    assert {one for one in others if "database" not in one and not one.startswith("^/-/(?!")} == {
        "^/connexion$",
        "^/deconnexion$",
        "^/-/veille/sante$",
    }
    assert len([1 for _, handler in DESK if "POST" in handler.methods]) >= 8


@pytest.mark.parametrize("pattern", [pattern for pattern, _ in DESK])
def test_each_role_may_what_the_route_says_and_no_get_or_foreign_form_changes_anything(site, store, pattern):
    handler, path = dict(DESK)[pattern], path_of(pattern)
    before = rows(store)
    for name, role in ((None, None), ("claire", "curator"), ("edith", "editor"), ("anne", "admin")):
        browser = signed_in(site, name) if name else Browser(site)
        allowed = role is not None and ROLES.index(role) >= ROLES.index(handler.role)
        got = browser.get(path + "?action=select&item=1&value=handicap")
        if "GET" not in handler.methods:
            assert got.status_code == 405, (role, "GET")
        elif role is None:
            assert got.status_code == 302
            assert got.headers["location"].startswith("/connexion?suite=")
        else:
            missing = "/copie/" in path or "/tri/fiche/" in path  # there is none yet
            assert got.status_code == (404 if missing else 200) if allowed else 403, (role, "GET")
            assert missing or not allowed or "no-store" in got.headers["cache-control"]
        for headers in ({"origin": "https://ailleurs.fr"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
            foreign = browser.post(path, headers=headers, action="select", item="1", change="delete")
            assert foreign.status_code == (403 if "POST" in handler.methods else 405), (role, headers)
        assert browser.post(path, token=False, action="select", item="1").status_code in (403, 405)
        if "POST" not in handler.methods:
            assert browser.post(path).status_code == 405
        elif not allowed:
            assert browser.post(path, action="select", item="1", change="enable", nom="paul").status_code == 403
    assert rows(store) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_change_nothing(site, store, method):
    browser = signed_in(site, "anne")
    before = rows(store)
    for pattern, _ in DESK:
        answer = asyncio.run(site.client.request(method, path_of(pattern), cookies=browser.cookies))
        assert answer.status_code in (403, 405)
    assert rows(store) == before


# --- sessions -----------------------------------------------------------------------------------------------------


def test_a_session_ends_at_sign_out_whoever_kept_the_cookie_and_survives_a_restart(site, store, tmp_path):
    browser = signed_in(site)
    kept = dict(browser.cookies)
    again = Datasette([str(tmp_path / "veille.db")])
    assert get(again, "/tri", cookies=kept).status_code == 200
    assert kept["veille_session"] not in str(rows(store)) + str(store.execute("select * from sessions").fetchall())
    browser.post("/deconnexion")
    assert get(site, "/tri", cookies=kept).status_code == 302


def test_a_session_ends_after_twelve_hours(site, store):
    browser = signed_in(site)
    store.execute("update sessions set began_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-11 hours', '-59 minutes')")
    assert browser.get("/tri").status_code == 200
    store.execute("update sessions set began_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-12 hours', '-1 minute')")
    assert browser.get("/tri").status_code == 302


def test_a_thousand_guesses_are_refused_without_hashing_and_the_others_still_come_in(site, monkeypatch):
    from veille.store.curating import accounts
    from veille.web.site import session

    hashed = []
    digest = accounts._digest
    monkeypatch.setattr(accounts, "_digest", lambda *given: hashed.append(1) or digest(*given))
    intruder = Browser(site, "claire")
    statuses = [intruder.post("/connexion", **{"nom": f"compte{n % 40}", "mot-de-passe": f"essai {n}"}).status_code for n in range(1000)]
    assert len(hashed) <= 10
    assert statuses.count(429) >= 990
    # Within the minute, from elsewhere: at once. From the same address: when it is over.
    elsewhere = asyncio.run(_from("10.1.2.3", site))
    assert elsewhere == 302
    moment = session.time.monotonic()
    monkeypatch.setattr(session.time, "monotonic", lambda: moment + 61)
    assert Browser(site, "paul").sign_in().status_code == 302


async def _from(address, site):
    import httpx

    transport = httpx.ASGITransport(app=site.app(), client=(address, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        page = await client.get("/connexion")
        token = re.search(r'name="csrftoken" value="([^"]+)"', page.text)[1]
        form = {"nom": "claire", "mot-de-passe": PASSWORD, "csrftoken": token}
        return (await client.post("/connexion", data=form)).status_code


def test_a_good_account_does_not_buy_guesses_at_others(site):
    browser = Browser(site, "claire")
    statuses = []
    for number in range(14):
        browser.sign_in()
        statuses.append(browser.post("/connexion", **{"nom": f"autre{number}", "mot-de-passe": "essai"}).status_code)
    assert statuses.count(403) <= 9


# --- triage -------------------------------------------------------------------------------------------------------


def test_the_queue_shows_the_most_interesting_first_and_gestures_empty_it(site, store):
    browser = signed_in(site)
    page = browser.get("/tri").text
    ids = re.findall(r'data-item="(\d+)"', page)
    wanted = [str(row[0]) for row in store.execute("select id from items order by interest desc, id desc")]
    assert ids == wanted
    assert "suggéré" in page

    told = browser.act("select", 1, 2).json()
    assert told["said"] == "2 articles : sélectionnés."
    assert {one["item"]: one["state"] for one in told["done"]} == {1: "selected", 2: "selected"}
    assert re.findall(r'data-item="(\d+)"', browser.get("/tri").text) == [one for one in wanted if one not in ("1", "2")]
    assert sorted(re.findall(r'data-item="(\d+)"', browser.get("/tri?etat=selection").text)) == ["1", "2"]

    undone = browser.post(f"/decision/{told['batch']}/annuler", headers={"accept": "application/json"}).json()
    assert undone["said"] == "2 décisions annulées."
    assert state(store) == state(store, 2) == "new"


def test_what_was_not_told_was_not_seen(site, store):
    """A page that was told a hundred decisions of more does not overwrite the others."""
    claire, paul = signed_in(site), signed_in(site, "paul")
    for number in range(51):
        paul.act(("note-private", "title")[number % 2], 1, 2, value=f"n° {number}")
    paul.act("select", 6)
    told = claire.get("/tri/suivi?depuis=0").json()
    assert len(told["decisions"]) == 100
    answer = claire.act("dismiss", 6, seen=str(told["seen"])).json()
    assert answer["conflicts"] == [{"item": 6, "state": "selected"}]


def test_too_many_fields_and_things_that_are_not_there_are_sentences(site):
    browser = signed_in(site, "edith")
    token = browser.token
    body = f"csrftoken={token}&action=select&item=1&" + "&".join("a" for _ in range(10_050))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = asyncio.run(site.client.post("/tri/decision", content=body, cookies=browser.cookies, headers=headers))
    assert answer.status_code == 400
    assert "trop de champs" in answer.text


def test_forms_alone_do_the_same_and_say_how_to_undo(site, store):
    browser = signed_in(site)
    answer = browser.post("/tri/decision", action="dismiss", item="3", seen="0", retour="/tri?ordre=date")
    assert answer.headers["location"] == "/tri?ordre=date"
    page = browser.get("/tri?ordre=date").text
    assert "Écarté." in page
    assert f'action="/decision/{store.execute("select max(id) from decisions").fetchone()[0]}/annuler"' in page
    assert "Écarté." not in browser.get("/tri").text  # said once


def test_two_curators_do_not_overwrite_each_other_silently(site, store):
    claire, paul = signed_in(site), signed_in(site, "paul")
    seen = re.search(r'data-seen="(\d+)"', claire.get("/tri").text)[1]
    paul.act("dismiss", 1)
    told = claire.act("select", 1, 2, seen=seen).json()
    assert told["wrong"]
    assert told["conflicts"] == [{"item": 1, "state": "dismissed"}]
    assert "paul en a décidé" in told["said"]
    assert (state(store, 1), state(store, 2)) == ("dismissed", "selected")
    follow = claire.get(f"/tri/suivi?depuis={seen}").json()
    assert [(one["item"], one["state"]) for one in follow["decisions"]] == [(1, "dismissed")]
    assert not claire.act("select", 1, seen=str(follow["seen"])).json()["wrong"]
    assert state(store) == "selected"


@pytest.mark.parametrize(
    ("action", "form", "query", "wanted"),
    [
        ("tag-add", {"value": "RSA"}, "select tag_id from item_tags where item_id = 1 and origin = 'curator'", "insertion-rsa"),
        ("tag-add", {"value": "Handicap"}, "select tag_id from item_tags where item_id = 1 and origin = 'curator'", "handicap"),
        ("place-add", {"value": "finistere"}, "select code from item_territories where origin = 'curator'", "29"),
        ("place-add", {"value": "2a Corse-du-Sud"}, "select code from item_territories where origin = 'curator'", "2A"),
        (
            "date-add",
            {"role": "deadline", "start": "2026-12-01", "end": ""},
            "select start from item_dates where item_id = 1",
            "2026-12-01",
        ),
        ("title", {"value": "Mieux dit"}, "select title from items where id = 1", "Mieux dit"),
        ("day", {"value": "2026-11-02"}, "select day from items where id = 1", "2026-11-02"),
        ("kind", {"value": "prix"}, "select kind from items where id = 1", "prix"),
        ("note-private", {"value": "Voir Paul"}, "select text from notes where scope = 'private'", "Voir Paul"),
    ],
)
def test_every_part_of_the_desk_writes_what_it_says(site, store, action, form, query, wanted):
    browser = signed_in(site)
    told = browser.act(action, 1, **form).json()
    assert not told["wrong"], told
    assert store.execute(query).fetchone()[0] == wanted
    browser.post(f"/decision/{told['batch']}/annuler")
    assert (store.execute(query).fetchone() or [None])[0] != wanted


def test_readers_see_public_notes_reasons_and_roles_but_no_name_and_no_private_note(site):
    browser = signed_in(site)
    browser.act("select", 1, why="Un exemple à suivre")
    browser.act("title", 1, value="Un titre plus juste")
    browser.act("note-public", 1, value="Vu à Bordeaux <b>en mars</b>.")
    browser.act("note-private", 1, value="Ne pas publier zanzibar")
    page = get(site, "/article/1").text
    assert "par un documentaliste, aujourd’hui" in page
    assert "Un exemple à suivre" in page
    assert "titre corrigé par un documentaliste" in page
    assert "Vu à Bordeaux &lt;b&gt;en mars&lt;/b&gt;." in page
    assert "Un titre plus juste" in page
    assert "claire" not in page
    for path in (
        "/article/1",
        "/recherche?q=zanzibar",
        "/recherche.json?q=juste",
        "/veille/articles.json",
        "/recherche.csv?q=juste",
        "/recherche.atom",
    ):
        assert "publier zanzibar" not in get(site, path).text, path
    assert "publier zanzibar" in browser.get("/article/1").text


def test_keys_can_be_turned_off_for_good(site):
    browser = signed_in(site)
    assert 'data-keys="1"' in browser.get("/tri").text
    browser.post("/tri/touches", touches="0")
    assert 'data-keys="0"' in browser.get("/tri").text
    browser.post("/deconnexion")
    browser.sign_in()
    assert 'data-keys="0"' in browser.get("/tri").text


# --- bulk, journal, searches, accounts ----------------------------------------------------------------------------


def test_a_whole_search_is_shown_tagged_once_and_undone_at_once(site, store):
    browser = signed_in(site)
    page = browser.get("/tri/lot?q=habitants").text
    assert "Appliquer aux 6 résultats" in page
    form = {"recherche": "q=habitants", "attendu": "6", "action": "tag-add", "value": "Handicap", "why": "dossier"}
    assert "vérifiez" in browser.post("/tri/lot", **form | {"attendu": "5"}).text
    assert "Aucun thème ne s’appelle" in browser.post("/tri/lot", **form | {"value": "astrologie"}).text
    tags = lambda: store.execute("select count(*) from item_tags where tag_id = 'handicap' and origin = 'curator'").fetchone()[0]  # noqa: E731
    assert tags() == 0
    assert browser.post("/tri/lot", **form).status_code == 302
    assert tags() == 6
    log = browser.get("/tri/journal").text
    assert "6 articles : thème ajouté." in log.replace("\u00a0", " ")
    assert "dossier" in log
    (gesture,) = set(re.findall(r"/decision/(\d+)/annuler", log))
    signed_in(site, "paul").post(f"/decision/{gesture}/annuler")
    assert tags() == 0


def test_on_its_own_page_one_decision_of_a_gesture_is_undone_alone(site, store):
    browser = signed_in(site)
    told = browser.act("tag-add", 1, 2, 3, value="handicap").json()
    page = browser.get("/article/1").text
    assert 'name="seul" value="1"' in page
    browser.post(f"/decision/{told['batch']}/annuler", seul="1")
    tagged = lambda: [row[0] for row in store.execute("select item_id from item_tags where tag_id = 'handicap' order by 1")]  # noqa: E731
    assert tagged() == [2, 3]
    browser.post(f"/decision/{told['batch'] + 1}/annuler", seul="1")
    assert tagged() == [3]
    browser.post(f"/decision/{told['batch']}/annuler")
    assert tagged() == []


def test_searches_are_named_shared_and_say_what_is_new(site, store, knowledge, now):
    claire, paul = signed_in(site), signed_in(site, "paul")
    assert claire.post("/tri/recherches", nom="Les habitants", recherche="q=habitants&departement=33&page=4").status_code == 302
    assert store.execute("select query from searches").fetchone()[0] == "q=habitants&departement=33"
    assert "Les habitants" in claire.get("/tri").text
    assert "Les habitants" not in paul.get("/tri/recherches").text
    claire.post("/tri/recherches", id="1", change="share")
    assert "partagée par claire" in paul.get("/tri/recherches").text
    assert "pas à vous" in [paul.post("/tri/recherches", id="1", change="delete"), paul.get("/tri/recherches").text][1]
    claire.post("/deconnexion")
    claire.sign_in()
    assert "0 nouveau" in claire.get("/tri/recherches").text.replace("&nbsp;", " ")
    store.execute("update accounts set former_visit_at = '2026-01-01T00:00:00Z'")
    assert "6 nouveaux" in claire.get("/tri/recherches").text
    claire.post("/tri/recherches", nom="", recherche="q=x")
    assert "Une recherche a un nom" in claire.get("/tri/recherches").text
    claire.post("/tri/recherches", id="1", change="delete")
    assert store.execute("select count(*) from searches").fetchone()[0] == 0


def test_an_administrator_makes_changes_and_closes_accounts(site, store):
    anne = signed_in(site, "anne")
    form = {"nom": "marc", "role": "curator", "mot-de-passe": "dix signes au moins"}
    anne.post("/tri/comptes", change="account", **form)
    marc = Browser(site, "marc")
    assert marc.sign_in("dix signes au moins").status_code == 302
    assert marc.get("/tri/comptes").status_code == 403
    anne.post("/tri/comptes", change="role", nom="marc", role="admin")
    assert marc.get("/tri").status_code == 302  # its sessions are over
    assert marc.sign_in("dix signes au moins").status_code == 302
    assert marc.get("/tri/comptes").status_code == 200
    anne.post("/tri/comptes", change="disable", nom="marc")
    assert marc.get("/tri").status_code == 302
    assert marc.sign_in("dix signes au moins").status_code == 403
    for wrong, said in (
        ({"change": "account", **form}, "existe déjà"), ({"change": "account", **form, "nom": "x y"}, "minuscules"),
        ({"change": "password", "nom": "paul", "mot-de-passe": "court"}, "10 caractères"), ({"change": "disable", "nom": "anne"}, "administrateur reste"),
        ({"change": "role", "nom": "anne", "role": "curator"}, "administrateur reste"), ({"change": "disable", "nom": "inconnu"}, "aucun compte"),
    ):  # fmt: skip
        anne.post("/tri/comptes", **wrong)
        assert said in anne.get("/tri/comptes").text.replace("Aucun compte", "aucun compte"), wrong
    log = anne.get("/tri/journal").text
    assert "compte créé" in log
    assert "dix signes" not in log + json.dumps(rows(store), default=str)
    assert store.execute("select disabled_at from accounts where name = 'anne'").fetchone()[0] is None


# --- learning -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param("2026-11-22T09:00:00+00:00", id="within a month"),
        pytest.param("2026-11-30T23:30:00+00:00", id="a month begins in Paris, not yet in UTC"),
        pytest.param("2026-06-30T22:10:00+00:00", id="and in summer"),
    ],
)
def test_the_learning_page_counts_suggestions_kept_and_refused_and_where_curators_agree(
    store, knowledge, now, moment, monkeypatch, request
):
    from veille.store.curating.learning import keep_model
    from veille.understand.learning import Learnt, Mark

    monkeypatch.setenv("VEILLE_NOW", moment)
    site = request.getfixturevalue("newsroom")
    claire, paul, edith = signed_in(site), signed_in(site, "paul"), signed_in(site, "edith")
    assert "Personne n’a encore" in claire.get("/tri/qualite").text
    (kept, tag), (refused, other) = store.execute("select item_id, tag_id from item_tags where origin = 'rule' limit 2").fetchall()
    claire.act("tag-add", kept, value=tag)
    claire.act("tag-remove", refused, value=other)
    claire.act("select", 1, 2)
    paul.act("dismiss", 1)
    paul.act("select", 2)
    page = claire.get("/tri/qualite").text.replace("\u00a0", " ").replace("&nbsp;", " ")
    assert ("50 %" in page) if tag == other else ("100 %" in page and ">0 %" in page)
    assert "0 fois sur 1" in page  # on the second, Paul had nothing left to say
    assert paul.post("/tri/qualite", change="model").status_code == 403

    for score in (0.5, 0.75):
        marks = (Mark(question=f"theme:{tag}", examples=40, positives=20, before=0.4, after=score, kept=True),)
        keep_model(store, Learnt(model=None, text="{}", marks=marks), knowledge.vocabulary, now)
    page = edith.get("/tri/qualite").text
    assert "0,75" in page
    assert "sert maintenant" in page
    edith.post("/tri/qualite", change="model")
    page = edith.get("/tri/qualite").text
    assert "0,75" not in page
    assert "Le modèle d’avant sert de nouveau" in page
    edith.post("/tri/qualite", change="model")
    edith.post("/tri/qualite", change="model")
    assert "rien à remettre" in edith.get("/tri/qualite").text
