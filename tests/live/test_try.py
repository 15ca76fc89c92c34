"""`veille try`: what is found at an address, what would be kept, and one sentence for what cannot be."""

import json
from datetime import date

import pytest
from loopback import feed, reply, serve
from portals.articles import make_articles
from portals.listings import make_listing
from portals.world import rss
from test_collect_live import veille, write_config

NEWS = make_articles(5, 8, date(2026, 11, 21))


def try_(what, folder, *more):
    return veille("try", what, "--allow-private-network", "--spacing", "0", *more, cwd=folder)


PAGES = {
    "/image": lambda handler: reply(handler, b"\x89PNG\r\n\x1a\n" + b"<" * 1000, Content_Type="image/png"),
    "/image-menteuse": lambda handler: reply(handler, b"\xff\xd8\xff\xe0<html>", Content_Type="text/html"),
    "/pdf": lambda handler: reply(handler, b"%PDF-1.4 <a href=x>", Content_Type="application/pdf"),
    "/connexion": b"<html><body><h1>Connexion</h1><form><input name=a><input type=password></form></body></html>",
    "/vide": b"<html><body></body></html>",
    "/rien": b"",
    "/grosse": (b"<html><body>" + b"<div class=x><p>mot <a href=/a>un lien</a></p></div>" * 100_000)[: 5 << 20],
    "/trop-grosse": b"<p>" + b"x" * (5 << 20),
    "/script": b"<html><body><noscript>You need to enable JavaScript.</noscript><div id=root></div><script src=/a.js></script></body></html>",
}  # fmt: skip


@pytest.fixture(scope="module")
def site():
    with serve(dict(PAGES)) as root:
        yield root


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/image", "une image"), ("/image-menteuse", "une image"), ("/pdf", "un PDF"), ("/connexion", "page de connexion"),
        ("/vide", "la page est vide"), ("/rien", "la réponse est vide"), ("/grosse", ""), ("/trop-grosse", "dépasse 5 Mio"),
        ("/script", "sans JavaScript"), ("/absente", "n’existe pas"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence(site, tmp_path, path, said):
    outcome = try_(site + path, tmp_path)

    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert len(outcome.stderr.splitlines()) == 1, outcome.stderr
    assert said in outcome.stderr


@pytest.mark.parametrize("what", ["pas une adresse", "exemple.fr", "ftp://e.fr/", "http://", "inconnue", "https://nom:mot@e.fr/"])
def test_a_bad_address_is_one_sentence_and_exit_2(tmp_path, what):
    outcome = try_(what, tmp_path)

    assert (outcome.returncode, len(outcome.stderr.splitlines())) == (2, 1)


def test_a_listing_gives_entries_and_yaml_that_reads_them(tmp_path):
    listing = make_listing("drupal", 3)
    with serve({"/actualites": listing.html.encode()}) as root:
        told = try_(f"{root}/actualites", tmp_path)
        found = json.loads(try_(f"{root}/actualites", tmp_path, "--json").stdout)
        (tmp_path / "feeds.yaml").write_text("version: 1\nsources:\n" + found["yaml"], encoding="utf-8")
        checked = veille("check", cwd=tmp_path)
        again = json.loads(try_(f"{root}/actualites", tmp_path, "--json").stdout)

    assert told.returncode == checked.returncode == 0, checked.stderr
    assert "À ajouter à feeds.yaml" in told.stdout
    assert sorted(entry["title"] for entry in found["entries"]) == sorted(title for title, _, _ in listing.entries)
    assert again["entries"] == found["entries"]
    assert not (tmp_path / "data").exists()


def test_feeds_that_are_not_news_are_offered_and_not_taken(tmp_path):
    head = "".join(
        f"<link rel=alternate type='application/rss+xml' title='{title}' href='/{path}'>"
        for title, path in (
            ("Commentaires", "comments/feed"),
            ("Agenda", "agenda.xml"),
            ("Offres d’emploi", "emplois.rss"),
            ("Le Département", "rss"),
        )
    )
    with serve({"/": f"<html><head>{head}</head><body><p>Bienvenue</p></body></html>".encode()}) as root:
        refused = try_(f"{root}/", tmp_path)
    answers = {"/": f"<html><head>{head}</head><body><p>Bienvenue</p></body></html>".encode()}
    with serve(answers) as root:
        answers["/rss"] = rss(NEWS, root)
        for other in ("/comments/feed", "/agenda.xml", "/emplois.rss"):
            answers[other] = rss(NEWS, root)
        found = json.loads(try_(f"{root}/", tmp_path, "--json").stdout)

    assert refused.returncode == 1
    assert found["found"]["url"].endswith("/rss")
    assert sorted(other["purpose"] for other in found["others"]) == ["agenda", "comments", "jobs"]


def test_a_sections_own_feed_beats_the_site_wide_one(tmp_path):
    home = "<head><link rel=alternate type='application/rss+xml' title='Le site' href='/rss'></head><a href='/actualites'>Actualités</a>"
    section = "<head><link rel=alternate type='application/rss+xml' title='La rubrique' href='/rubrique-7.xml'></head><p>Actualités</p>"
    answers = {"/": home.encode(), "/actualites": section.encode()}
    with serve(answers) as root:
        answers["/rss"] = answers["/rubrique-7.xml"] = rss(NEWS, root)
        found = json.loads(try_(f"{root}/", tmp_path, "--json").stdout)

    assert found["found"]["url"].endswith("/rubrique-7.xml")
    assert "Actualités" in found["found"]["how"]


def test_a_feed_that_stopped_years_ago_is_not_taken(tmp_path):
    answers = {"/": b"<link rel=alternate type='application/rss+xml' href='/rss'>"}
    with serve(answers) as root:
        answers["/rss"] = rss(make_articles(1, 5, date(2021, 3, 1)), root)
        outcome = try_(f"{root}/", tmp_path)

    assert outcome.returncode == 1
    assert "rien depuis le" in outcome.stderr


def test_a_source_of_feeds_yaml_is_tried_by_its_id(tmp_path):
    with serve({"/a": feed("Un budget participatif")}) as root:
        write_config(tmp_path, {"gironde": f"feed: '{root}/a', territory: '33'"})
        told = try_("gironde", tmp_path)
        near = try_("girond", tmp_path)

    assert told.returncode == 0
    assert "Un budget participatif" in told.stdout
    assert "Gironde" in told.stdout
    assert "feeds.yaml, sous" not in told.stdout
    assert (near.returncode, "Vouliez-vous dire « gironde »" in near.stderr) == (2, True)


def test_what_is_known_already_is_said_beside_each_entry(tmp_path):
    with serve({"/rss": rss(NEWS[:3], "https://e.fr")}) as root:
        write_config(tmp_path, {"une": f"feed: '{root}/rss'"})
        before = json.loads(try_("une", tmp_path, "--json").stdout)
        veille("collect", "--source", "une", "--allow-private-network", "--spacing", "0", cwd=tmp_path)
        shown = try_("une", tmp_path).stdout
        told = json.loads(try_("une", tmp_path, "--json").stdout)
        veille("forget", told["entries"][0]["url"], "--yes", cwd=tmp_path)
        refused = try_("une", tmp_path).stdout

    assert [one["verdict"] for one in before["entries"]] == [None] * 3  # no base yet
    assert [one["verdict"] for one in told["entries"]] == ["known"] * 3
    assert shown.count("déjà connu") == 3
    assert (refused.count("déjà connu"), refused.count("on a demandé de l’oublier")) == (2, 1)
