"""What a site asks of robots is done: robots.txt, Crawl-delay, Retry-After, spacing, and requests are counted."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from loopback import feed, redirect, reply, serve, status
from test_collect_live import collect, veille, write_config

from veille.errors import FetchError, Postponed
from veille.fetch import Fetcher, Limits
from veille.model import HostNote, Validators
from veille.store import connect

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECONDS = timedelta(seconds=5)


def fetcher(**given):
    return Fetcher(**{"contact": "x@y.fr", "clock": lambda: NOW, "allow_private": True, "limits": Limits(spacing=0)} | given)


def get(one, *urls):
    async def run():
        async with one:
            return await asyncio.gather(*(one.fetch(url, Validators(), SECONDS) for url in urls), return_exceptions=True)

    return asyncio.run(run())


def robots(text):
    return lambda handler: reply(handler, text.encode(), Content_Type="text/plain")


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (robots("User-agent: *\nDisallow: /"), "robots"), (robots("User-agent: veille\nDisallow: /a"), "robots"),
        (robots("User-agent: autre\nDisallow: /"), None), (robots("User-agent: *\nDisallow: /\nAllow: /a"), None),
        (status(404), None), (status(403), None), (status(500), "http"), (robots("<html><p>pas de robots"), None),
        (robots("User-agent: *\nDisallow: /*" + "*a" * 5000 + "$\n" * 2000), None),
        (redirect("/ailleurs"), None), (robots("\ufeffUser-agent: *\r\nDisallow: /"), "robots"),
    ],
)  # fmt: skip
def test_robots_txt_decides(answer, failure):
    hits = []
    with serve({"/a": feed("A"), "/robots.txt": answer}, hits=hits) as root:
        (got,) = get(fetcher(), f"{root}/a")

    assert getattr(got, "failure", None) == failure
    assert ("/a" in [path for path, _ in hits]) is (failure is None)


def test_a_known_robots_txt_stands_in_for_one_that_fails():
    with serve({"/a": feed("A"), "/robots.txt": status(500)}) as root:
        kind, strict = fetcher(), fetcher()
        kind.remember([HostNote(host=root, robots="User-agent: *\nDisallow: /b", robots_at=NOW - timedelta(days=2))])
        strict.remember([HostNote(host=root, robots="", robots_at=NOW - timedelta(days=40))])

        assert getattr(get(kind, f"{root}/a")[0], "status", None) == 200
        assert get(strict, f"{root}/a")[0].failure == "http"


def test_robots_of_another_site_are_asked_before_a_redirect_there_is_followed():
    hits = []
    answers = {"/b": feed("B"), "/robots.txt": robots("User-agent: *\nDisallow: /b")}
    here = {}
    with serve(answers, hits=hits) as other, serve(here) as root:
        here["/a"] = redirect(f"{other}/b")
        (got,) = get(fetcher(), f"{root}/a")

    assert got.failure == "robots"
    assert [path for path, _ in hits] == ["/robots.txt"]


def test_one_robots_txt_serves_all_visits_of_a_run():
    hits = []
    with serve({f"/{n}": feed(f"T{n}") for n in range(8)}, hits=hits) as root:
        get(fetcher(), *(f"{root}/{n}" for n in range(8)))

    assert [path for path, _ in hits].count("/robots.txt") == 1


@pytest.mark.parametrize(
    ("given", "hours"),
    [("7200", 2), ("Sun, 22 Nov 2026 12:00:00 GMT", 3), ("999999999", 24), ("Sun, 22 Nov 2020 12:00:00 GMT", 0), ("bientôt", 1), ("-5", 1)],
)
@pytest.mark.parametrize("code", [429, 503])
def test_retry_after_is_for_the_whole_site(code, given, hours):
    hits = []
    with serve({"/a": status(code, Retry_After=given), "/b": feed("B")}, hits=hits) as root:
        one = fetcher()

        async def run():
            async with one:
                with pytest.raises(FetchError) as first:
                    await one.fetch(f"{root}/a", Validators(), SECONDS)
                try:
                    second = await one.fetch(f"{root}/b", Validators(), SECONDS)
                except Postponed as exc:
                    second = exc
                return first.value, second

        first, second = asyncio.run(run())

    assert (first.failure, first.wait) == ("rate-limited", timedelta(hours=hours))
    if hours:
        assert (type(second), second.until) == (Postponed, NOW + timedelta(hours=hours))
        assert "/b" not in [path for path, _ in hits]
    else:
        assert second.status == 200


def test_the_next_run_leaves_a_site_alone_that_asked_for_it(tmp_path):
    hits = []
    answers = {"/a": status(429, Retry_After="7200"), "/b": feed("B")}
    with serve(answers, hits=hits) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a', every: 1h"})
        collect(tmp_path)
        hits.clear()
        write_config(tmp_path, {"a": f"feed: '{root}/a', every: 1h", "b": f"feed: '{root}/b', every: 1h"})
        early = collect(tmp_path, "--json", now="2026-11-22T09:30:00+00:00")
        asked_early = list(hits)
        named = collect(tmp_path, "--source", "b", now="2026-11-22T09:40:00+00:00")
        asked_named = list(hits)
        answers["/a"] = feed("A")
        late = collect(tmp_path, "--json", now="2026-11-22T11:30:00+00:00")

    assert (early.returncode, json.loads(early.stdout)["sources"]["due"], asked_early) == (0, 0, [])
    assert (named.returncode, "rate-limited" in named.stderr, asked_named) == (1, True, [])
    assert json.loads(late.stdout)["sources"] == {"due": 2, "ok": 2, "unchanged": 0, "failed": 0}


def test_a_disallow_is_obeyed_from_the_next_run_and_said(tmp_path):
    hits = []
    answers = {"/a": feed("A")}
    with serve(answers, hits=hits) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'"})
        collect(tmp_path)
        answers["/robots.txt"] = robots("User-agent: *\nDisallow: /a")
        hits.clear()
        again = collect(tmp_path, "--all")
        told = veille("sources", "--alarms", cwd=tmp_path)
        once = veille("sources", "--alarms", cwd=tmp_path)

    assert [path for path, _ in hits] == ["/robots.txt"]
    assert (again.returncode, "robots.txt interdit" in again.stderr) == (1, True)
    assert told.returncode == 1
    assert told.stdout.splitlines() == [
        "a : interdite aux robots : robots.txt interdit cette adresse aux robots. robots.txt l’interdit : demandez l’accord du site."
    ]
    assert (once.returncode, once.stdout) == (0, "")


def test_requests_of_a_site_start_apart_by_an_injected_clock():
    pauses, clock = [], [0.0]

    async def sleep(seconds):
        pauses.append(seconds)
        clock[0] += seconds
        await asyncio.sleep(0)

    with serve({f"/{n}": feed(f"T{n}") for n in range(5)}) as root:
        get(fetcher(limits=Limits(spacing=1.0), now=lambda: clock[0], sleep=sleep), *(f"{root}/{n}" for n in range(5)))

    assert pauses == [1.0] * 5  # robots.txt came first
    assert clock[0] == 5.0


def test_crawl_delay_is_kept_by_an_injected_clock():
    clock = [0.0]

    async def sleep(seconds):
        clock[0] += seconds
        await asyncio.sleep(0)

    answers = {f"/{n}": feed(f"T{n}") for n in range(4)} | {"/robots.txt": robots("User-agent: *\nCrawl-delay: 10")}
    with serve(answers) as root:
        get(fetcher(limits=Limits(spacing=1.0), now=lambda: clock[0], sleep=sleep), *(f"{root}/{n}" for n in range(4)))

    assert clock[0] >= 30


def test_a_crawl_delay_longer_than_a_run_waits_puts_the_others_off():
    answers = {f"/{n}": feed(f"T{n}") for n in range(3)} | {"/robots.txt": robots("User-agent: *\nCrawl-delay: 3600")}
    hits = []
    with serve(answers, hits=hits) as root:
        got = get(fetcher(limits=Limits(spacing=0.01)), *(f"{root}/{n}" for n in range(3)))

    put_off = [one for one in got if isinstance(one, Postponed)]
    assert len(put_off) == 2
    assert all(timedelta(minutes=59) < one.until - NOW <= timedelta(hours=1) for one in put_off)
    assert len(hits) == 2


def test_requests_of_a_site_start_apart_for_real():
    hits = []

    def note(handler):
        hits.append(time.monotonic())
        reply(handler, feed("A"))

    with serve({"/a": redirect("/b"), "/b": note, "/c": note, "/robots.txt": note}) as root:
        get(fetcher(limits=Limits(spacing=1.2)), f"{root}/a", f"{root}/c")

    gaps = [later - earlier for earlier, later in pairwise(hits)]
    assert len(hits) == 3
    assert min(gaps) >= 0.6  # a busy machine notes one late, and the next on time


def test_requests_are_counted_by_site_and_day_and_the_robot_signs(tmp_path):
    hits = []
    with serve({"/a": feed("A"), "/b": feed("B")}, hits=hits) as root:
        write_config(
            tmp_path,
            {"a": f"feed: '{root}/a'", "b": f"feed: '{root}/b'"},
            defaults="{contact: moi@exemple.fr, site: 'https://veille.exemple.fr/'}",
        )
        collect(tmp_path)

    db = connect(tmp_path / "data" / "veille.db")
    assert [tuple(row) for row in db.execute("select * from requests")] == [(root, "2026-11-22", 3)]
    assert db.execute("select value from settings where key = 'agent'").fetchone()[0] == hits[0][1]["user-agent"]
    db.close()
    assert "+https://veille.exemple.fr/robot; moi@exemple.fr" in hits[0][1]["user-agent"]


@pytest.mark.parametrize(
    ("answer", "wall"),
    [
        (lambda handler: reply(handler, b"<title>Just a moment...</title>", status=403, cf_mitigated="challenge"), "Cloudflare"),
        (lambda handler: reply(handler, b"<script src='https://geo.captcha-delivery.com/c.js'></script>", status=403), "DataDome"),
        (lambda handler: reply(handler, b"<html>Request unsuccessful. Incapsula incident ID: 1-2", status=403, X_Iinfo="1-2"), "Imperva"),
        (lambda handler: reply(handler, b"<html><title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/x.js'></script>"), "Cloudflare"),
        (b"<html><body><form action='/login'><input name=u><input type='password' name=p></form></body></html>", "connexion"),
        (b"<html><body><p>Merci d'accepter les cookies pour continuer.</p></body></html>", "cookies"),
        (b"<html><body><noscript>Please enable JavaScript</noscript><div id='app'></div><script src='/x.js'></script></body></html>", "JavaScript"),
    ],
)  # fmt: skip
def test_a_wall_is_named(tmp_path, answer, wall):
    with serve({"/a": answer}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'"})
        outcome = json.loads(collect(tmp_path, "--json").stdout)

    assert outcome["failures"][0]["class"] == "bot-wall"
    assert wall in outcome["failures"][0]["reason"]
