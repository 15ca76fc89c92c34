"""Twenty-one sites over thirty simulated days: every expected article once, right states, one alarm each, no request against the rules.

`VEILLE_STEP` is the hours between two collections (24; `make soak` runs 3).
"""

import asyncio
import os
from datetime import timedelta
from itertools import pairwise

import pytest
from portals.sites import DAYS, START, published, remember_roots, stories
from portals.world import World, serving

from veille.cli.options import read_config
from veille.collect.child import Parser
from veille.collect.run import Collector
from veille.fetch import Fetcher, Limits
from veille.store import connect, migrate

STEP = timedelta(hours=int(os.environ.get("VEILLE_STEP", "24")))


@pytest.fixture(scope="module")
def month(tmp_path_factory, knowledge):
    """The thirty days, lived once: the stories, the database, the run summaries."""
    folder = tmp_path_factory.mktemp("portals")
    world = World(START)
    told = stories()
    db = connect(folder / "veille.db")
    migrate(db, knowledge, START)
    runs = []
    with serving(world, [story.site for story in told]), Parser() as parser:
        remember_roots([story.site for story in told])
        for step in range(int(timedelta(days=DAYS) / STEP) + 1):
            world.now = START + step * STEP
            lines = ["version: 1", "defaults: {every: 6h, timeout: 5s}", "sources:"]
            for story in told:
                text = story.later(story.site.root, world.now) if story.later else story.config(story.site.root)
                lines.append(f"  - {{id: {story.site.name}, name: {story.site.name}, {text}}}")
            (folder / "feeds.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
            config = read_config(str(folder / "feeds.yaml"))
            fetcher = Fetcher(contact="essai@exemple.fr", clock=world.clock, allow_private=True, limits=Limits(spacing=0))
            collector = Collector(db=db, config=config, knowledge=knowledge, fetcher=fetcher, clock=world.clock, parser=parser)
            runs.append(asyncio.run(collector.run()))
    yield told, db, runs
    if os.environ.get("VEILLE_KEEP"):
        import shutil

        db.close()
        shutil.copy(folder / "veille.db", os.environ["VEILLE_KEEP"])
    db.close()


NAMES = [story.site.name for story in stories()]


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_every_article_is_held_once_with_its_title_and_day(month, number):
    told, db, _ = month
    story = told[number]

    held = db.execute("select title, day from items where source_id = ?", (story.site.name,)).fetchall()

    assert sorted(tuple(row) for row in held) == sorted(story.expected(story.site))


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_the_state_and_the_alarms_say_what_happened(month, number):
    told, db, _ = month
    story = told[number]

    state, reason = db.execute("select state, reason from sources where id = ?", (story.site.name,)).fetchone()
    alarms = [row[0] for row in db.execute("select state from alarms where source_id = ? order by id", (story.site.name,))]

    assert (state, tuple(alarms)) == (story.state, story.alarms), reason


@pytest.mark.parametrize("number", range(len(NAMES)), ids=NAMES)
def test_no_request_is_against_the_rules(month, number):
    told, _, _ = month
    story = told[number]

    assert [rule(story.site.asked) for rule in story.never if rule(story.site.asked)] == []
    assert max(one.at_once for one in story.site.asked) <= 2
    # robots.txt is asked before anything else of a visit, and nothing is asked more often than `every`.
    paths = [(one.now, one.path) for one in story.site.asked]
    assert paths[0][1] == "/robots.txt"
    assert all((now, "/robots.txt") in paths for now, _ in paths)
    visits = sorted({now for now, _ in paths})
    assert all(later - earlier >= timedelta(hours=6) for earlier, later in pairwise(visits))


def test_old_entries_of_a_first_visit_are_no_news(month):
    _, db, _ = month

    queued = db.execute("select count(*) from items where source_id = 'agenda' and queued = 1").fetchone()[0]
    latest = db.execute("select min(day) from items where source_id = 'agenda' and queued = 1").fetchone()[0]

    assert 0 < queued < 120
    assert latest >= (START - timedelta(days=30)).date().isoformat()


def test_edits_are_versions(month):
    _, db, _ = month

    versions = db.execute("select count(*) from versions join items on items.id = item_id where source_id = 'jahia'").fetchone()[0]

    assert versions >= 10


def test_summaries_are_the_words_of_their_authors(month):
    """Letters as they were written, nothing that software added, and no version for what it adds later."""
    told, db, _ = month
    sites = {story.site.name: story.site for story in told}
    rows = {name: dict(db.execute("select title, summary from items where source_id = ?", (name,)).fetchall()) for name in sites}

    assert rows["ez-2008"]
    assert all(summary.startswith("« ") and summary.endswith(" » : le cœur de l’été…") for summary in rows["ez-2008"].values())
    assert rows["wordpress-yoast"] == {one.title: one.lead for one in published(sites["wordpress-yoast"])}
    assert db.execute(
        "select count(*) from versions join items on items.id = item_id where source_id in ('ez-2008', 'plan-2031', 'wordpress-yoast')"
    ).fetchone() == (0,)


def test_what_a_source_dates_years_ahead_is_an_event_and_no_publication(month):
    _, db, _ = month
    rows = db.execute("select published_at is null, stated_day from items where source_id = 'plan-2031' and stated_day > '2027'").fetchall()
    events = db.execute(
        "select count(*) from item_dates join items on items.id = item_id where source_id = 'plan-2031' and role = 'event' "
        "and start = stated_day"
    ).fetchone()[0]

    assert len(rows) >= 5
    assert all(unpublished for unpublished, _ in rows)
    assert events == len(rows)


def test_a_silent_month_is_a_silent_cron(month):
    """Only what was ill is told, and nothing else ever fails."""
    _, _, runs = month
    ill = {failure for run in runs for failure, outcome in run.outcomes.items() if hasattr(outcome, "failure")}

    assert ill == {"drupal", "joomla", "jalios", "osuny", "opendatasoft", "ghost"}
    assert not [failure for run in runs for failure in run.outcomes.values() if getattr(failure, "failure", "") == "bug"]
