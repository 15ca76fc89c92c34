"""Documents become entries. Each golden pair holds a defect of real documents, rewritten by us, and what must be read in it."""

import json
from datetime import date, timedelta

import pytest

from builders import make_fetched, make_source
from paths import TESTS
from veille.errors import ParseError
from veille.model import SOURCE_KINDS, Selectors
from veille.normalize import stored, to_item
from veille.parse import parse
from veille.parse.leads import leads_of

GOLDEN = TESTS / "golden"
PAIRS = sorted(path for path in GOLDEN.iterdir() if path.suffix != ".json")

LISTING = """<!doctype html><html><head><base href="/actualites/"></head><body><nav><a href="/">Accueil</a></nav>
<div class=c><h3><a href="un?utm_source=x">Un <b>titre</b></a></h3><time datetime="2026-11-20">hier</time><p>Chapô.</p></div>
<div class=c><h3><a href="https://e.fr/deux">Deux</a></h3><time>7 octobre 2025</time></div>
<div class=c><h3></h3></div></body></html>"""
SELECT = Selectors(item="div.c", title="h3", link="h3 a@href", date="time@datetime", summary="p")


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.name)
def test_a_golden_document_is_read_as_its_pair_says(path):
    kind = path.suffix.removeprefix(".")  # the ending tells the kind of source, where it is one
    parsed = parse(kind if kind in SOURCE_KINDS else "feed", make_fetched(path.read_bytes(), content_type=""), None)

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


def page(body, **select):
    given = {"item": "li", "title": "a", "link": "a@href", "date": ".d"} | select
    return parse("page", make_fetched(body, url="https://e.fr/a/", content_type="text/html"), Selectors(**given), date(2026, 11, 23))


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("Il y a 2 jours", "2026-11-21"), ("il y a une semaine", "2026-11-16"), ("Il y a 3 heures", "2026-11-23"), ("il y a 30 heures", "2026-11-22"),
        ("Hier", "2026-11-22"), ("avant-hier", "2026-11-21"), ("Aujourd’hui", "2026-11-23"), ("il y a 2 mois", "2026-09-24"),
        ("Publié hier à 14 h", "2026-11-22"), ("Publié le 1er mars 2026", "2026-03-01"), ("3 déc. 2025", "2025-12-03"), ("bientôt", None),
        ("Hiersac", None),
    ],
)  # fmt: skip
def test_french_days_in_words_and_counted_from_today(said, day):
    parsed = page(f"<ul><li><a href=x>Un titre</a> <span class=d>{said}</span></li></ul>")

    item = to_item(make_source(), parsed.entries[0])
    assert stored(item.published) == day


def test_an_entry_shown_twice_is_one_with_what_either_says():
    parsed = page(
        "<ul><li><a href=x>Un titre</a></li><li><a href=x>Un titre</a><span class=d>2026-11-20</span></li><li><a href=x>Autre chose</a></li></ul>"
    )

    assert [(entry.title, entry.published) for entry in parsed.entries] == [("Un titre", "2026-11-20"), ("Autre chose", "")]


@pytest.mark.parametrize("item", ["dt", "dd", "dl > dd"])
def test_a_definition_list_is_read_by_term_and_definitions(item):
    html = "<dl><dt class=d>20 novembre 2026</dt><dd><a href=x>Un titre</a></dd><dd>Suite</dd><dt class=d>12 mai 2025</dt><dd><a href=y>Deux</a></dd></dl>"

    parsed = page(html, item=item)

    assert [(entry.title, entry.published) for entry in parsed.entries] == [("Un titre", "20 novembre 2026"), ("Deux", "12 mai 2025")]


def test_a_sitemap_of_news_gives_its_news_and_not_its_pages():
    body = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">
    <url><loc>https://e.fr/contact</loc><lastmod>2026-11-01</lastmod></url>
    <url><loc>https://e.fr/a</loc><n:news><n:publication_date>2026-11-20</n:publication_date><n:title>Un &amp; deux</n:title></n:news></url></urlset>"""

    items = [to_item(make_source(), entry) for entry in parse("feed", make_fetched(body), None).entries]

    assert [(item.title, item.url, item.day) for item in items] == [("Un & deux", "https://e.fr/a", "2026-11-20")]


def test_a_plain_sitemap_gives_its_dated_pages():
    body = "<urlset><url><loc>https://e.fr/un-projet</loc><lastmod>2026-11-20T10:00:00+01:00</lastmod></url><url><loc>https://e.fr/b</loc></url></urlset>"

    parsed = parse("feed", make_fetched(body), None)

    assert [to_item(make_source(), entry).title for entry in parsed.entries] == ["Un projet"]
    assert parsed.skipped == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<sitemapindex><sitemap><loc>https://e.fr/s.xml</loc></sitemap></sitemapindex>", "renvoie à d’autres"),
        ("<urlset><url><loc>x</loc></url></urlset>", "ne date aucune"),
    ],
)
def test_a_sitemap_that_dates_nothing_is_a_sentence(body, said):
    with pytest.raises(ParseError, match=said):
        parse("feed", make_fetched(body), None)


def test_articles_in_json_ld_are_read_and_anything_else_is_not():
    rows = [{"@type": ["NewsArticle"], "headline": f"Article {n}", "url": f"/{n}", "datePublished": "2026-11-20"} for n in range(3)]
    body = f"<script type='application/ld+json'>{json.dumps({'@graph': [{'@type': 'Blog', 'blogPost': rows}, {'@type': 'Organization', 'name': 'x', 'url': '/o'}]})}</script>"
    odd = "<script type='application/ld+json'>{'</script><script type='application/ld+json'>[1, {\"@type\": 3}]</script>"

    parsed = parse("page", make_fetched(odd + body, url="https://e.fr/"), None)

    assert [(entry.title, entry.link) for entry in parsed.entries] == [(f"Article {n}", f"https://e.fr/{n}") for n in range(3)]
    with pytest.raises(ParseError, match="JSON-LD"):
        parse("page", make_fetched(odd), None)


@pytest.mark.parametrize(
    ("channel", "hours"),
    [
        ("<ttl>90</ttl>", 1.5), ("<ttl>bientôt</ttl>", None), ("", None),
        ("<s:updatePeriod xmlns:s='http://purl.org/rss/1.0/modules/syndication/'>daily</s:updatePeriod>", 24),
        ("<s:updatePeriod xmlns:s='http://purl.org/rss/1.0/modules/syndication/'>daily</s:updatePeriod><s:updateFrequency xmlns:s='http://purl.org/rss/1.0/modules/syndication/'>4</s:updateFrequency>", 6),
        ("<s:updatePeriod xmlns:s='http://purl.org/rss/1.0/modules/syndication/'>toujours</s:updatePeriod>", None),
    ],
)  # fmt: skip
def test_what_a_feed_says_of_its_rhythm(channel, hours):
    body = f"<rss version='2.0'><channel><title>x</title>{channel}<item><title>a</title></item></channel></rss>"

    assert parse("feed", make_fetched(body), None).refresh == (timedelta(hours=hours) if hours else None)


@pytest.mark.parametrize(
    ("url", "markup", "feed"),
    [
        ("https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv", "", "https://www.youtube.com/feeds/videos.xml?channel_id=UCabcdefghijklmnopqrstuv"),
        ("https://social.example.fr/@lab", "", "https://social.example.fr/@lab.rss"),
        ("https://bsky.app/profile/lab.example.fr", "", "https://bsky.app/profile/lab.example.fr/rss"),
        ("https://tube.example.fr/c/lab/videos", "<meta name=generator content=PeerTube>", "https://tube.example.fr/feeds/videos.xml?videoChannelName=lab"),
        ("https://tube.example.fr/a/lab", "<title>PeerTube</title>", "https://tube.example.fr/feeds/videos.xml?accountName=lab"),
    ],
)  # fmt: skip
def test_an_account_leads_to_its_feed(url, markup, feed):
    leads = leads_of(make_fetched(f"<html><body>{markup}<p>x</p></body></html>", url=url, content_type="text/html"))

    assert leads.usual[0].url == feed
