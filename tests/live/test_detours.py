"""Ways to a site that are not straight: redirects to nowhere, a portal that moved, feeds on other hosts, pages that list feeds."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from loopback import feed, redirect, reply, serve, status
from test_collect_live import collect, veille, write_config

from builders import make_source
from veille.collect.child import Parser
from veille.collect.discover import Scout
from veille.errors import FetchError
from veille.fetch import Fetcher, Limits
from veille.model import Validators
from veille.store import connect

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def fetcher():
    return Fetcher(contact="x@y.fr", clock=lambda: NOW, allow_private=True, limits=Limits(spacing=0))


def find(url):
    async def run():
        with Parser() as parser:
            async with fetcher() as one:
                return await Scout(one, parser).find(make_source(kind="discover", url=url), NOW)

    return asyncio.run(run())


def announce(*addresses):
    links = "".join(f"<link rel=alternate type='application/rss+xml' title='Actualités' href='{one}'>" for one in addresses)
    return f"<html><head>{links}</head><body><p>Le portail du département, ses services et ses élus.</p></body></html>".encode()


@pytest.mark.parametrize("target", ["mailto:a@b.fr", "javascript:alert(1)", "http://127.0.0.1:99999/", "http://127.0.0.1:0/"])
def test_a_redirect_to_no_web_address_is_one_failure(target):
    async def get(url):
        async with fetcher() as one:
            await one.fetch(url, Validators(), timedelta(seconds=5))

    with serve({"/a": redirect(target)}) as root, pytest.raises(FetchError) as caught:
        asyncio.run(get(f"{root}/a"))

    assert caught.value.failure == "blocked-scheme"


def test_a_dead_feed_of_another_site_does_not_end_the_search():
    with serve({"/f.xml": feed("Un", "Deux")}) as root:
        home = announce("http://127.0.0.1:9/x", f"{root}/f.xml")
        with serve({"/": home}) as portal:
            assert find(f"{portal}/").finding.url == f"{root}/f.xml"


def test_a_portal_that_moved_is_searched_where_it_answers():
    news = (
        b"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' "
        b"xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'><url><loc>https://e.fr/un</loc><news:news>"
        b"<news:publication_date>2026-11-20</news:publication_date><news:title>Un titre assez long</news:title></news:news></url></urlset>"
    )
    answers = {"/": b"<html><body><p>Le portail.</p></body></html>", "/sitemap-news.xml": news}
    with serve(answers, host="127.0.0.2") as new, serve({"/": redirect(f"{new}/", 301)}) as old:
        assert find(f"{old}/").finding.url == f"{new}/sitemap-news.xml"


def test_a_page_that_lists_the_feeds_is_looked_into():
    home = b"<html><body><a href='/flux-rss'>Flux RSS</a></body></html>"
    listed = "<html><body><a href='/agenda.xml'>Agenda (RSS)</a> <a href='/actus.xml'>Actualités (RSS)</a></body></html>".encode()
    with serve({"/": home, "/flux-rss": listed, "/actus.xml": feed("Un", "Deux"), "/agenda.xml": feed("Fête")}) as root:
        assert find(f"{root}/").finding.url == f"{root}/actus.xml"


def test_one_bad_answer_does_not_make_a_discover_source_change_its_mind(tmp_path):
    ill = []

    def actus(handler):
        reply(handler, b"", status=500) if ill else reply(handler, feed("Un", "Deux"))

    with serve({"/": announce("/actus.xml", "/tout.xml"), "/actus.xml": actus, "/tout.xml": feed("Trois")}) as root:
        write_config(tmp_path, {"a": f"discover: '{root}/'"})
        collect(tmp_path, now="2026-11-22T09:00:00+00:00")
        ill.append(1)
        collect(tmp_path, now="2026-11-22T16:00:00+00:00")
        ill.clear()
        collect(tmp_path, now="2026-11-23T16:00:00+00:00")
        db = connect(tmp_path / "data" / "veille.db")
        found, titles = (
            db.execute("select found from sources").fetchone()[0],
            db.execute("select count(*) from items").fetchone()[0],
        )
        db.close()

    assert (found, titles) == (f"{root}/actus.xml", 2)


def test_a_new_address_that_dies_is_no_move_any_more(tmp_path):
    answers = {"/f": redirect("/new", 301), "/new": feed("Un", "Deux")}
    with serve(answers) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/f'"})
        for day in range(1, 5):
            collect(tmp_path, "--all", now=f"2026-11-{day:02}T09:00:00+00:00")
        answers["/new"], answers["/f"] = status(404), feed("Un", "Deux", "Trois")
        for day in range(5, 12):
            collect(tmp_path, "--all", now=f"2026-11-{day:02}T09:00:00+00:00")
        states = veille("sources", "--json", cwd=tmp_path, now="2026-11-12T09:00:00+00:00").stdout

    assert '"state": "live"' in states


def test_a_site_that_is_down_is_left_alone_as_a_whole(tmp_path):
    hits = []
    with serve({f"/{n}": status(503) for n in range(6)}, hits=hits) as root:
        write_config(tmp_path, {f"s{n}": f"feed: '{root}/{n}'" for n in range(6)})
        collect(tmp_path)

    assert len([path for path, _ in hits if path != "/robots.txt"]) <= 2


def test_an_address_that_is_gone_is_asked_again_only_by_name(tmp_path):
    hits = []
    with serve({"/a": status(410)}, hits=hits) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'"})
        collect(tmp_path)
        hits.clear()
        collect(tmp_path, "--all")
        asked = list(hits)
        collect(tmp_path, "--source", "a")

    assert (asked, [path for path, _ in hits][-1]) == ([], "/a")
