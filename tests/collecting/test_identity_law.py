"""The law of identity, by simulation: sources in twenty-two manners and their copiers, against a truth. `make soak` plays 10,000 visits.

Nothing is lost, overwritten, doubled, and no decision is left on another article.
"""

import os
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from builders import make_fetched, register
from lives import MANNERS, START, Copy, copies, life_of
from veille.collect.intake import keep, prepare
from veille.model import Reading, Visit
from veille.normalize import to_item
from veille.store import connect, migrate, writing

VISITS = int(os.environ.get("VEILLE_VISITS", "40"))  # of each source
WORLDS = int(os.environ.get("VEILLE_WORLDS", "1"))


def visit(db, source, entries, now, *, first):
    register(db, source)
    items = tuple(item for entry in entries if (item := to_item(source, entry)))
    prepared = prepare(db, Visit(source=source, first=first), make_fetched(b"x"), Reading(items=items), None, now=now)
    with writing(db):
        return keep(db, prepared, None, now=now)


class World:
    """Sources, what was seen of each truth, and what went wrong."""

    def __init__(self, db, lives, seed):
        self.db, self.lives, self.rng = db, lives, random.Random(seed)
        self.was: dict[int, str] = {}  # item: whose it was after the last visit
        self.item_of: dict[str, int] = {}
        self.decided: dict[int, str] = {}
        self.faults: dict[tuple[str, str], str] = {}  # by what happened and to whom: the first time
        self.entries: Counter[str] = Counter()
        self.shown: set[str] = set()

    def play(self, number):
        now = datetime(START.year, START.month, START.day, 9, tzinfo=UTC) + timedelta(days=number)
        for life in self.lives:
            life.live(number)
        for life in sorted(self.lives, key=lambda one: not getattr(one, "early", False)):
            answer = life.answer(number)
            # An early copier has today's articles before their own source does; everybody else comes after.
            visit(self.db, life.source, answer, now, first=number == 0)
            self.entries[life.source.id] += len(answer)
            self.look(life, number, answer)
        self.decide()

    def look(self, life, number, answer):
        held = dict(self.db.execute("select id, author from items").fetchall())
        told = f"visit {number}, {life.source.id}"
        for item_id, truth in held.items():
            before = self.was.get(item_id, truth)
            if before != truth and not self.is_reclaimed(before, truth):
                self.fault("overwritten", before, f"{told}: item {item_id} is {truth}")
        own = [entry.author for entry in answer if not isinstance(life, Copy) or life.kind == "section"]
        self.shown.update(own)
        counts = Counter(held.values())
        for truth in own:
            if not counts[truth]:
                self.fault("lost", truth, told)
        for truth, times in counts.items():
            if times > 1 and not truth.startswith(("lie:", "copy:")):
                self.fault("doubled", truth, told)
        for item_id, truth in self.decided.items():
            if held[item_id] != truth:
                self.fault("a decision is left on another", truth, f"{told}: item {item_id} is {held[item_id]}")
        self.was = held

    def fault(self, what, truth, where):
        self.faults.setdefault((what, truth), where)

    @staticmethod
    def is_reclaimed(before, truth):
        """A stranger's words that their owner's replaced."""
        return before in (f"lie:{truth}", f"copy:{truth}")

    def decide(self):
        """Now and then a curator selects what there is."""
        rows = self.db.execute("select id, author from items where state = 'new' order by id desc limit 20").fetchall()
        if rows and self.rng.random() < 0.5:
            item_id, truth = self.rng.choice(rows)
            self.db.execute("update items set state = 'selected' where id = ?", (item_id,))
            if not truth.startswith("copy:"):  # what a copier told in the owner's words may become the owner's
                self.decided[item_id] = truth


def world(db, seed):
    lives = [life_of(manner, seed, seed) for manner in MANNERS]
    lives += [
        one
        for manner in ("plain", "no-guid")
        for one in copies(next(life for life in lives if life.source.id == f"{manner}-{seed}"), f"{manner}-{seed}", seed)
    ]
    return World(db, lives, seed)


@pytest.mark.parametrize("seed", range(WORLDS))
def test_no_article_is_lost_overwritten_or_doubled(tmp_path, knowledge, now, seed, capsys):
    db = connect(tmp_path / "veille.db")
    migrate(db, knowledge, now)
    told = world(db, seed)
    for number in range(VISITS):
        told.play(number)
    undecidable = {truth for life in told.lives for truth in life.doubtful}
    faults = [f"{what}: {truth}, {where}" for (what, truth), where in told.faults.items() if truth not in undecidable]
    with capsys.disabled():
        print(
            f"\n{VISITS * len(told.lives)} visits, {sum(told.entries.values())} entries, {len(told.shown)} articles, "
            f"{len(told.decided)} decided, {len(undecidable)} undecidable, {len(faults)} faults"
        )
    assert not faults, "\n".join(faults[:40])
    assert len(undecidable) <= 0.01 * sum(told.entries.values())
    db.close()
