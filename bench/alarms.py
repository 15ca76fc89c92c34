"""How long from a fault to its alarm, by kind of fault, and how many false alarms sixty untouched days ring.

    python bench/alarms.py [--days 60]

Real sites on loopback, the real collector every three hours of simulated time (`every: 6h`), faults put in on the morning of a day.
Sources differ in habit: several times a day, every other day, weekly, monthly; feeds, listings, a site to discover.
Fails when a fault rings no alarm within its bound, or when the untouched days ring one.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent / "tests" / "live"), str(Path(__file__).parent.parent / "tests")]

import random

from portals.articles import Article, make_articles
from portals.listings import TEMPLATES
from portals.world import Answer, Site, World, feed_answer, html_answer, rss, serving, utc

from veille.collect.child import Parser
from veille.cli.options import read_config
from veille.collect.run import Collector
from veille.fetch import Fetcher, Limits
from veille.resources import load_knowledge
from veille.store import connect, migrate

START = utc(2026, 9, 1, 6)
STEP = timedelta(hours=3)
HABITS = {"plusieurs fois par jour": 0, "tous les deux jours": 2, "chaque semaine": 7, "chaque mois": 30}


@dataclass
class Fault:
    """What befalls a source from a day on, the state that must ring, and how long that may take."""

    name: str
    state: str
    within: timedelta
    spoil: Callable[[Answer], Answer]
    kind: str = "feed"  # feed | page


def without_class(answer: Answer) -> Answer:
    return answer[0], answer[1], answer[2].replace(b"node--type-actualite", b"c-carte").replace(b"views-row", b"c-rang")


def without_dates(answer: Answer) -> Answer:
    return answer[0], answer[1], answer[2].replace(b"<time datetime", b"<span data-d").replace(b"</time>", b"</span>")


FAULTS = [
    Fault("erreur 500", "failing", timedelta(hours=24), lambda _: (500, {}, b"x")),
    Fault("adresse absente (404)", "failing", timedelta(hours=24), lambda _: (404, {}, b"x")),
    Fault("adresse supprimée (410)", "gone", timedelta(hours=24), lambda _: (410, {}, b"x")),
    Fault("page web au lieu du flux", "failing", timedelta(hours=24), lambda _: html_answer("<!doctype html><p>Nouveau site</p>")),
    Fault("flux coupé en deux, illisible", "failing", timedelta(hours=24), lambda _: (200, {"content-type": "text/xml"}, b"\x00\x01")),
    Fault("flux vide mais valable", "empty", timedelta(hours=24), lambda _: feed_answer(rss([], ""))),
    Fault("mur (Cloudflare)", "blocked", timedelta(hours=24), lambda _: (403, {"cf-mitigated": "challenge"}, b"<title>Just a moment")),
    Fault("page de connexion", "blocked", timedelta(hours=24), lambda _: html_answer("<form><input type=password></form>")),
    Fault("trop de demandes (429), sans fin", "rate-limited", timedelta(days=6), lambda _: (429, {"retry-after": "3600"}, b"x")),
    Fault("déplacée pour de bon (301)", "moved", timedelta(days=3), lambda _: (301, {"location": "/ailleurs.xml"}, b"")),
    Fault("sélecteur perdu", "selector-missed", timedelta(hours=24), without_class, "page"),
    Fault("sélecteur de date perdu", "selector-missed", timedelta(hours=24), without_dates, "page"),
    Fault("page amputée (2 entrées sur 12)", "selector-missed", timedelta(hours=24), lambda a: a, "page"),
    Fault("silence", "quiet", timedelta(days=31), lambda a: a),
]  # fmt: skip


def articles(seed: int, gap: int, days: int) -> list[Article]:
    """What a source publishes over the whole time and half a year before; several a day where the gap is 0."""
    until = (START + timedelta(days=days)).date()
    rows = make_articles(seed, 240, until, gap=max(gap, 1))
    if gap:
        return rows
    return [replace(one, day=until - timedelta(days=number // 3)) for number, one in enumerate(rows)]


def make_site(name: str, seed: int, gap: int, days: int, *, page: bool, fault: Fault | None, since: datetime) -> Site:
    rows = articles(seed, gap, days)
    if fault and fault.name == "silence":
        rows = [one for one in rows if one.day <= since.date()]

    def answer(site: Site, path: str, now: datetime) -> Answer | None:
        if path not in ("/source", "/ailleurs.xml"):
            return None
        out = site.out(now, most=12)
        if page:
            if fault and fault.name.startswith("page amputée") and now >= since:
                out = out[:2]
            sound = html_answer(TEMPLATES["drupal"](random.Random(1), out + out[:1] if len(out) < 2 else out)[0])
        else:
            body = rss(out, site.root)
            sound = feed_answer(body, etag=f'"{abs(hash(body))}"')
        return fault.spoil(sound) if fault and now >= since and path == "/source" else sound

    return Site(name=name, answer=answer, articles=rows)


SELECT = "select: {item: 'article.node--type-actualite', title: 'h3 a', link: 'h3 a@href', date: 'time@datetime'}"


def live(sites: list[tuple[Site, bool]], days: int) -> list[tuple[str, str, datetime]]:
    """Every alarm that rang: source, state, moment."""
    knowledge = load_knowledge()
    world = World(START)
    with tempfile.TemporaryDirectory() as folder, serving(world, [site for site, _ in sites]), Parser() as parser:
        db = connect(Path(folder) / "veille.db")
        migrate(db, knowledge, START)
        lines = ["version: 1", "defaults: {every: 6h, timeout: 5s}", "sources:"]
        for site, page in sites:
            place = f"page: '{site.root}/source', {SELECT}" if page else f"feed: '{site.root}/source'"
            lines.append(f"  - {{id: {site.name}, name: {site.name}, {place}}}")
        (Path(folder) / "feeds.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        config = read_config(str(Path(folder) / "feeds.yaml"), knowledge)
        for step in range(int(timedelta(days=days) / STEP)):
            world.now = START + step * STEP
            fetcher = Fetcher(contact="essai@exemple.fr", clock=world.clock, allow_private=True, limits=Limits(spacing=0))
            asyncio.run(Collector(db=db, config=config, knowledge=knowledge, fetcher=fetcher, clock=world.clock, parser=parser).run())
        rows = db.execute("select source_id, state, at from alarms order by id").fetchall()
        db.close()
    return [(source, state, datetime.fromisoformat(at)) for source, state, at in rows]


def main() -> None:
    given = argparse.ArgumentParser()
    given.add_argument("--days", type=int, default=60)
    days = given.parse_args().days
    since = START + timedelta(days=20)
    told, sites = {}, []
    for number, fault in enumerate(FAULTS):
        for place, gap in enumerate((0, 2, 7)):
            name = f"f{number}-{place}"
            told[name] = fault
            sites.append(
                (
                    make_site(name, 100 * number + place, gap, days, page=fault.kind == "page", fault=fault, since=since),
                    fault.kind == "page",
                )
            )
    bad = []
    rang = live(sites, days)
    print(f"{'panne':<36} {'état':<16} {'attente de l’alarme (trois sources : plusieurs par jour, tous les 2 jours, par semaine)'}")
    for number, fault in enumerate(FAULTS):
        waits = []
        for place in range(3):
            alarm = next(
                (at for source, state, at in rang if source == f"f{number}-{place}" and state == fault.state and at >= since), None
            )
            waits.append(alarm - since if alarm else None)
            within = fault.within * (2 if fault.name == "silence" and place == 2 else 1)
            if waits[-1] is None or waits[-1] > within:
                bad.append(f"{fault.name} ({place})")
        early = [source for source, _, at in rang if source.startswith(f"f{number}-") and at < since]
        bad += [f"{fault.name} : alarme avant la panne" for _ in early]
        print(f"{fault.name:<36} {fault.state:<16} {'   '.join(spoken(wait) for wait in waits)}")
    untouched = [
        (make_site(f"u{number}", 7000 + number, gap, days, page=number % 3 == 2, fault=None, since=since), number % 3 == 2)
        for number, gap in enumerate(list(HABITS.values()) * 5)
    ]
    false = live(untouched, days)
    print(f"\nfausses alarmes, {len(untouched)} sources sans panne pendant {days} jours : {len(false)}", *false)
    if false or bad:
        sys.exit("Hors bornes : " + ", ".join(bad or ["fausses alarmes"]))


def spoken(wait: timedelta | None) -> str:
    if wait is None:
        return "jamais"
    hours = wait / timedelta(hours=1)
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} j"


if __name__ == "__main__":
    main()
