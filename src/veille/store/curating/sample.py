"""Initiatives of the demo's sample, made as a curator makes them: what an article lets one write is kept, some lines are his own."""

from collections.abc import Iterable
from typing import Any

from veille.model import FicheKind
from veille.store.collecting.following import propose_to
from veille.store.connection import Connection
from veille.store.curating import fiches as acts
from veille.store.sharing import fiches
from veille.understand.lines import LineWords


def make_initiatives(
    db: Connection, given: Iterable[dict[str, Any]], kind: FicheKind, words: LineWords, places: frozenset[str], by: acts.By
) -> None:
    """Make and publish each (`initiatives:` of data/sample.yaml); the caller holds the transaction."""
    made: dict[str, int] = {}
    items = dict(db.execute("select title, id from items").fetchall())
    for one in given:
        item = items[_plain(one["article"])]
        lines = fiches.drafted(db, item, words).lines
        number = acts.create(db, kind, item, lines, by, title=one["title"], stage=one["stage"], began=one.get("began", ""))
        made[one["title"]] = number
        propose_to(db, number, places, by.at)
        day = acts.said_on(db, item)
        for heading, text in one["lines"]:
            acts.add_line(db, number, kind, {"heading": heading, "text": text, "said_on": day, "item": str(item)}, by)
        for title in map(_plain, one.get("joins", ())):
            acts.set_item(db, number, items[title], "suite", by, fiches.drafted(db, items[title], words).lines)
            for line in fiches.lines_of(db, number, kind):
                if line.state == "a-revoir":
                    acts.set_line_state(db, line.id, kind, "montree", by)
        acts.publish(db, number, kind, by)
        if "inspired_by" in one:
            acts.link(db, number, made[one["inspired_by"]], "inspire-de", one["because"], by)


def _plain(title: str) -> str:
    """Return a title as articles keep it: ordinary spaces, one between words."""
    return " ".join(title.split())
