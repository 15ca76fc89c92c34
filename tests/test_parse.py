"""Documents become entries. Each golden pair holds a defect of real documents, rewritten by us, and what must be read in it."""

import json
from pathlib import Path

import pytest

from builders import make_fetched, make_source
from veille.errors import ParseError
from veille.model import Selectors
from veille.normalize import stored, to_item
from veille.parse import leads_of, parse

GOLDEN = Path(__file__).parent / "golden"
PAIRS = sorted(path for path in GOLDEN.iterdir() if path.suffix != ".json")

LISTING = """<!doctype html><html><head><base href="/actualites/"></head><body><nav><a href="/">Accueil</a></nav>
<div class=c><h3><a href="un?utm_source=x">Un <b>titre</b></a></h3><time datetime="2026-11-20">hier</time><p>Chapô.</p></div>
<div class=c><h3><a href="https://e.fr/deux">Deux</a></h3><time>7 octobre 2025</time></div>
<div class=c><h3></h3></div></body></html>"""
SELECT = Selectors(item="div.c", title="h3", link="h3 a@href", date="time@datetime", summary="p")


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.name)
def test_a_golden_document_is_read_as_its_pair_says(path):
    parsed = parse("feed", make_fetched(path.read_bytes(), content_type=""), None)

    items = [to_item(make_source(), entry) for entry in parsed.entries]

    wanted = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    read = [
        {name: getattr(item, name) for name in ("guid", "url", "canonical", "title", "text")} | {"published": stored(item.published)}
        for item in items
        if item
    ]
    assert read == wanted


@pytest.mark.parametrize(
    ("body", "failure"),
    [
        (b"", "bad-feed"), (b"  \n", "bad-feed"), (b"<html><body>non</body></html>", "bad-feed"), (b"\x00\x01\x02", "bad-feed"),
        (b'{"a": 1}', "bad-feed"), (b"[1, 2]", "bad-feed"), (b"{" * 100_000, "bad-feed"), (b"bonjour", "bad-feed"),
        (b'<?xml version="1.0"?><autre/>', "bad-feed"),
    ],
)  # fmt: skip
def test_what_is_no_feed_is_one_failure(body, failure):
    with pytest.raises(ParseError) as caught:
        parse("feed", make_fetched(body, content_type=""), None)

    assert caught.value.failure == failure
    assert len(caught.value.reason) <= 200


def test_an_empty_channel_is_an_answer():
    assert parse("feed", make_fetched('<rss version="2.0"><channel><title>x</title></channel></rss>'), None).entries == ()


def test_a_listing_page_is_read_by_its_selectors():
    parsed = parse("page", make_fetched(LISTING, url="https://e.fr/page"), SELECT)

    assert [(entry.title, entry.link, entry.published, entry.summary) for entry in parsed.entries] == [
        ("Un titre", "https://e.fr/actualites/un?utm_source=x", "2026-11-20", "Chapô."),
        ("Deux", "https://e.fr/deux", "", ""),
    ]
    assert parsed.skipped == 1


def test_an_entry_without_link_is_known_by_the_id_of_its_block():
    page = "<section id=a1><h2>Un</h2></section><section id=a2><h2>Deux</h2></section>"

    parsed = parse("page", make_fetched(page, url="https://e.fr/actus#x"), Selectors(item="section", title="h2"))

    assert [entry.link for entry in parsed.entries] == ["https://e.fr/actus#a1", "https://e.fr/actus#a2"]
    assert parsed.entries[0].guid == "https://e.fr/actus#a1"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("text/html; charset=iso-8859-15", "<p class=t>Prix : 3 €, l'œuvre</p>".encode("iso-8859-15")),
        ("text/html", b"<meta charset=utf-8>" + "<p class=t>Prix : 3 €, l'œuvre</p>".encode()),
        ("text/html", "<p class=t>Prix : 3 €, l'œuvre</p>".encode("windows-1252")),
        ("text/html; charset=x-inconnu", "<p class=t>Prix : 3 €, l'œuvre</p>".encode()),
        ("text/html; charset=ascii", b"\xef\xbb\xbf" + "<p class=t>Prix : 3 €, l'œuvre</p>".encode()),
    ],
)
def test_the_charset_comes_from_mark_header_document_then_windows_1252(content_type, body):
    parsed = parse("page", make_fetched(body, content_type=content_type), Selectors(item=".t", title=""))

    assert parsed.entries[0].title == "Prix : 3 €, l'œuvre"


def test_a_selector_that_finds_nothing_is_named():
    with pytest.raises(ParseError, match=r"div\.c"):
        parse("page", make_fetched("<p>rien</p>"), SELECT)


def test_the_announced_feed_is_found_and_comments_are_not():
    page = """<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed">
    <link rel="alternate" type="application/rss+xml" href="/feed"><link rel="stylesheet" href="/x.css">"""

    found = leads_of(make_fetched(page, url="https://e.fr/a/")).feeds

    assert [(lead.url, lead.purpose) for lead in found] == [("https://e.fr/comments/feed", "comments"), ("https://e.fr/feed", "news")]
    assert leads_of(make_fetched("<p>rien</p>")).feeds == ()
