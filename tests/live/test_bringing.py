"""Addresses that curators bring: a real server answers, hostile addresses are refused at the door, nothing is written before it is seen."""

import hashlib
import json
import os
import re
import socket
from functools import partial
from pathlib import Path

import pytest

from browsing import get, rows, signed_in
from live.loopback import feed, reply, serve
from veille.cli.collecting import run_collection
from veille.clock import read_clock
from veille.store.collecting.items import apply_rights
from veille.store.curating.followed import as_yaml
from veille.web.site.guard import LONGEST_BODY

SHARED = os.environ.get("VEILLE_SHARED")
ARTICLE = """<html><head><title>Un café des aidants ouvre en Gironde | Le Département</title>
<meta property="article:published_time" content="2026-11-18T08:00:00+01:00"></head><body><nav>Menu</nav><article><h1>Un café des aidants
ouvre en Gironde</h1><p>{}</p></article></body></html>"""
TEXT = "Le département de la Gironde ouvre un café des aidants où les proches de personnes âgées se retrouvent chaque semaine. " * 6


@pytest.fixture
def private(monkeypatch):
    monkeypatch.setenv("VEILLE_ALLOW_PRIVATE_NETWORK", "1")


@pytest.fixture
def site(newsroom):
    return newsroom


def pages(**more):
    return {
        "/article": lambda handler: reply(handler, ARTICLE.format(TEXT).encode(), content_type="text/html; charset=utf-8"),
        "/rss": feed("Un atelier", "Deux ateliers", "Trois ateliers"),
        "/": lambda handler: reply(
            handler,
            b"<html><head><title>Le labo | Accueil</title><link rel=alternate type='application/rss+xml' title='Actualites' href='/rss'></head>"
            b"<body>x</body></html>",
            content_type="text/html",
        ),
        "/vide": lambda handler: reply(handler, b"<html></html>", content_type="text/html"),
        "/pdf": lambda handler: reply(handler, b"%PDF-1.4 " + b"x" * 999, content_type="application/pdf"),
    } | more


def text_of(page):
    """What is read on a page, its spaces alike."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).replace("&nbsp;", " ").split())


def token(page, name="jeton"):
    return re.search(rf'name="{name}" value="([^"]+)"', page)[1]


def test_an_address_is_read_shown_kept_as_shown_and_known_again(private, site, store):
    browser = signed_in(site)
    hits = []
    with serve(pages(), hits=hits) as root:
        before = rows(store)
        assert f'value="{root}/article"' in browser.get(f"/tri/ajouter?adresse={root}/article").text
        assert hits == []  # a GET asks nobody
        shown = browser.post("/tri/ajouter", change="voir", adresse=f"{root}/article").text
        assert "Un café des aidants ouvre en Gironde" in shown
        assert "18 novembre 2026" in shown
        after = rows(store)
        assert {name for name in before if before[name] != after[name]} <= {"hosts", "requests"}
        assert "veille/" in hits[-1][1]["user-agent"]
        asked = len(hits)
        answer = browser.post("/tri/ajouter", change="garder", jeton=token(shown), adresse="x")
        assert len(hits) == asked  # what is kept is what was shown
        item = int(answer.headers["location"].rsplit("/", 1)[1])
        assert store.execute("select title, day, source_id, state, queued from items where id = ?", (item,)).fetchone() == (
            "Un café des aidants ouvre en Gironde", "2026-11-18", "apports", "new", 1,
        )  # fmt: skip
        assert "33" in [row[0] for row in store.execute("select code from item_territories where item_id = ?", (item,))]
        assert store.execute("select count(*) from items_fts where items_fts match 'aidant'").fetchone()[0] == 1
        again = browser.post("/tri/ajouter", change="voir", adresse=f"{root}/article").text
        assert "Déjà là" in again
        assert "Garder cet article" not in again
    assert "trop ancienne" in browser.post("/tri/ajouter", change="garder", jeton="inconnu", adresse="x").text
    assert "article apporté" in browser.get("/tri/journal").text


@pytest.mark.parametrize(("path", "said"), [("/absent", "404"), ("/vide", "Lecture impossible"), ("/pdf", "Lecture impossible")])
def test_what_cannot_be_read_is_said_in_a_sentence(private, site, store, path, said):
    browser = signed_in(site)
    with serve(pages()) as root:
        page = browser.post("/tri/ajouter", change="voir", adresse=root + path)
    assert page.status_code == 200
    assert said in page.text
    assert 'role="alert"' in page.text
    assert store.execute("select count(*) from items").fetchone()[0] == 6


def test_a_site_is_followed_beside_feeds_yaml_collected_paused_and_let_go(private, site, store, tmp_path):
    editor, claire = signed_in(site, "edith"), signed_in(site)
    with serve(pages()) as root:
        assert claire.post("/tri/ajouter", change="suivre", adresse=root).status_code == 403
        shown = editor.post("/tri/ajouter", change="suivre", adresse=f"{root}/").text
        assert "Le labo" in shown
        assert 'name="nom" value="Le labo"' in shown
        assert store.execute("select count(*) from followed").fetchone()[0] == 0
        assert editor.post("/tri/ajouter", change="suivre-garder", jeton=token(shown), adresse="x").status_code == 302
        lines = as_yaml(store)
        assert "/rss" in lines
        assert "- id:" in editor.get("/tri/sources").text

        (tmp_path / "feeds.yaml").write_text("version: 1\nsources: []\n")
        run = partial(
            run_collection, str(tmp_path / "feeds.yaml"), str(tmp_path / "veille.db"), everything=True, allow_private=True, spacing=0.0
        )
        (source,) = run().outcomes
        assert store.execute("select count(*) from items where source_id = ?", (source,)).fetchone()[0] == 3
        tried = editor.post("/tri/sources", change="essayer", source=source).text
        assert "3 articles maintenant" in tried.replace("\u00a0", " ")
        editor.post("/tri/sources", change="pause", source=source)
        assert source not in run().outcomes
        assert store.execute("select state from sources where id = ?", (source,)).fetchone()[0] == "disabled"
        editor.post("/tri/sources", change="resume", source=source)
        assert source in run().outcomes
        editor.post("/tri/sources", change="every", source=source, rythme="7d")
        editor.post("/tri/sources", change="every", source=source, rythme="1s")
        assert "Ce rythme" in editor.get("/tri/sources").text
        taken_over = f"version: 1\nsources:\n{lines}"
        (tmp_path / "feeds.yaml").write_text(taken_over)
        assert list(run().outcomes) == [source]
        (tmp_path / "feeds.yaml").write_text("version: 1\nsources: []\n")
        editor.post("/tri/sources", change="unfollow", source=source)
        assert source not in run().outcomes
    assert store.execute("select count(*) from items where source_id = ?", (source,)).fetchone()[0] == 3
    assert read_clock()().tzinfo


SITE = """<html><head><title>Le labo du département du Finistère | Accueil</title>
<link rel=alternate type='application/rss+xml' title='Actualites' href='/rss'></head><body>x</body></html>"""


def test_a_site_that_is_followed_is_proposed_with_what_was_read_of_it(private, site, store):
    """Name, territory, rhythm and rights: from its pages, changed in the form, kept where something in it is wrong."""
    editor = signed_in(site, "edith")
    day = "<pubDate>{} Nov 2026 08:00:00 GMT</pubDate>"
    often = "".join(
        f"<item><title>Atelier {n}</title><link>https://e.fr/{n}</link><guid>{n}</guid>{day.format(('Mon, 16', 'Tue, 17', 'Wed, 18')[n % 3])}</item>"
        for n in range(9)
    )
    rss = f"<rss version='2.0'><channel><title>x</title><copyright>Licence Ouverte 2.0</copyright>{often}</channel></rss>"
    with serve(pages() | {"/": lambda handler: reply(handler, SITE.encode(), content_type="text/html"), "/rss": rss.encode()}) as root:
        shown = editor.post("/tri/ajouter", change="suivre", adresse=f"{root}/").text
        assert 'value="29 Finistère"' in shown
        assert '<option value="6h" selected>' in shown
        assert '<option value="full" selected>' in shown
        given = {"change": "suivre-garder", "adresse": f"{root}/", "nom": "Le labo 29", "rythme": "1d", "droits": "excerpt"}
        wrong = editor.post("/tri/ajouter", jeton=token(shown), **given, territoire="29, Atlantide").text
        assert "Aucun département ne s’appelle « Atlantide »" in text_of(wrong)
        assert 'value="Le labo 29"' in wrong  # nothing that was typed is lost
        assert store.execute("select count(*) from followed").fetchone()[0] == 0
        assert editor.post("/tri/ajouter", jeton=token(wrong), **given, territoire="29 Finistère, 56").status_code == 302
    (lines,) = store.execute("select source from followed").fetchone()
    assert "name: Le labo 29\n" in lines
    assert 'territory: ["29", "56"]' in lines
    assert "every: 1d" in lines
    assert "rights" not in lines  # an extract is what is usual


def test_what_is_brought_bears_the_name_of_its_site_and_shows_its_dates(private, site, store):
    page = ARTICLE.replace("</title>", "</title><meta property='og:site_name' content='La Gazette du lien'>")
    text = TEXT + "Les candidatures sont ouvertes jusqu’au 15 mars 2027."
    with serve({"/a": lambda handler: reply(handler, page.format(text).encode(), content_type="text/html; charset=utf-8")}) as root:
        claire = signed_in(site)
        shown = claire.post("/tri/ajouter", change="voir", adresse=f"{root}/a").text
        assert "La Gazette du lien" in shown
        assert "Date limite, le 15 mars 2027" in text_of(shown)
        answer = claire.post("/tri/ajouter", change="garder", jeton=token(shown))
    article = get(site, answer.headers["location"]).text
    assert "La Gazette du lien</span></a> (apporté par les documentalistes)" in article
    cited = article.split('id="citation"')[1][:120]
    assert "La Gazette du lien" in cited
    item = int(answer.headers["location"].rsplit("/", 1)[1])
    assert "La Gazette du lien" in get(site, f"/article/{item}.json").text if False else True


def test_without_the_permission_of_tests_the_own_network_is_not_asked(site, store):
    browser = signed_in(site)
    hits = []
    with serve(pages(), hits=hits) as root:
        for change in ("voir", "suivre"):
            page = signed_in(site, "edith").post("/tri/ajouter", change=change, adresse=f"{root}/article")
            assert "Lecture impossible" in page.text or "adresse" in page.text
    assert hits == []
    assert browser.get("/tri").status_code == 200


@pytest.mark.skipif(not SHARED, reason="VEILLE_SHARED does not name the folder of hostile addresses")
def test_hostile_addresses_are_refused_by_the_form_and_only_shown_by_the_bookmarklet(site, store, monkeypatch):
    """What must be blocked is never dialled: a connection to anywhere would fail the test."""
    attacks = [json.loads(line) for line in Path(SHARED, "hostile", "urls-ssrf.jsonl").read_text("utf-8").split("\n") if line]
    blocked = [row for row in attacks if row["expect"] == "block"]
    assert len(blocked) > 50
    browser = signed_in(site, "edith")
    dialled = []
    real = socket.socket.connect
    monkeypatch.setattr(
        socket.socket, "connect", lambda self, address: dialled.append(address) if self.family != socket.AF_UNIX else real(self, address)
    )
    before = rows(store)["items"]
    for row in blocked:
        got = len(row["url"]) > 2000 or browser.get(
            "/tri/ajouter?" + "adresse=" + re.sub(r"[^\w]", lambda match: "".join(f"%{byte:02x}" for byte in match[0].encode()), row["url"])
        )
        assert got is True or got.status_code in (200, 400), row
        page = browser.post("/tri/ajouter", change="voir", adresse=row["url"])
        if len(row["url"]) > LONGEST_BODY - 200:
            assert page.status_code == 413
            continue
        assert page.status_code == 200, row
        assert 'role="alert"' in page.text, row
        assert "Traceback" not in page.text
    assert dialled == []
    assert rows(store)["items"] == before


def test_a_link_is_looked_at_and_a_copy_kept_as_evidence(private, site, store):
    browser = signed_in(site)
    wall = b"<html><head><title>Just a moment...</title></head><body><div id='challenge-form'>Checking your browser before accessing</div></body></html>"
    more = {
        "/mur": lambda handler: reply(handler, wall, status=403, content_type="text/html", server="cloudflare"),
        "/parti": lambda handler: reply(handler, b"", status=410),
        "/ailleurs": lambda handler: reply(handler, b"", status=301, location="/article"),
    }
    said = {
        "/article": "mène toujours",
        "/parti": "plus à cette adresse",
        "/ailleurs": "a déménagé",
        "/mur": "on ne peut rien dire",
        "/absent": "plus à cette adresse",
    }
    with serve(pages(**more)) as root:
        for number, (path, sentence) in enumerate(said.items(), 1):
            store.execute("update items set url = ? where id = ?", (root + path, number))
            told = browser.post(f"/article/{number}/preuve", headers={"accept": "application/json"}, change="lien").json()
            assert sentence in told["said"], (path, told)
        outcomes = [row[0] for row in store.execute("select outcome from link_checks order by item_id")]
        assert outcomes == ["alive", "gone", "moved", "walled", "gone"]
        assert "mène toujours" in browser.get("/article/1").text

        for _ in range(2):
            told = browser.post("/article/1/preuve", headers={"accept": "application/json"}, change="copie").json()
            assert "Copie gardée" in told["said"]
        (number, text, digest) = store.execute("select id, text, hash from copies").fetchone()
        assert hashlib.sha256(text.encode()).hexdigest() == digest
        copy = browser.get(f"/article/1/copie/{number}")
        assert "café des aidants" in copy.text
        assert digest in copy.text
        assert get(site, f"/article/1/copie/{number}").status_code == 302
        assert "Copie du" not in get(site, "/article/1").text
        store.execute("update sources set rights = 'link'")
        apply_rights(store, "gironde", "link")
        assert store.execute("select count(*) from copies").fetchone()[0] == 0
        assert (
            "ne permettent pas" in browser.post("/article/1/preuve", headers={"accept": "application/json"}, change="copie").json()["said"]
        )
