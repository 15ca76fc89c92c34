"""What only curators see of an article: what they refused, wrote, corrected and decided, and what is proposed to them. Reading only.

Comes in: a plain connection, an article's id. Goes out: `Desk`; asked for when a curator is there, and never for a reader.
"""

import json
from dataclasses import dataclass
from typing import Any

from veille.store.cards import Card, cards
from veille.store.connection import Connection, has_table
from veille.store.curating.decisions import last_decision, undoable
from veille.store.curating.evidence import evidence
from veille.store.curating.journal import told_change

_DECISIONS = 60  # that a page shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The curators' side of an article. `seen`: the last decision of all, which a form sends back."""

    refused: list[str]
    proposed: list[tuple[Card, float]]  # maybe the same text, and how alike
    notes: dict[str, str]  # by scope
    corrected: dict[str, str]  # what they say against the source, by field
    evidence: dict[str, Any]  # the last look at its link, the copies that are kept
    seen: int
    decisions: list[dict[str, Any]]


def desk(db: Connection, item_id: int) -> Desk:
    """Return the desk of an article that there is."""
    curated = has_table(db, "notes")  # else the file waits for its migration
    story = db.execute("select story_id from items where id = ?", (item_id,)).fetchone()[0]
    twins = {row[0] for row in db.execute("select id from items where story_id = ?", (story,))} if story else set()
    alike = {
        other: score
        for one, other, score in db.execute("select item_id, other_id, score from alike where item_id = ?1 or other_id = ?1", (item_id,))
        for other in ({one, other} - {item_id} - twins)
    }
    refused = db.execute("select tag_id from item_tags where item_id = ? and origin = 'refused' order by score desc, tag_id", (item_id,))
    return Desk(
        refused=[row[0] for row in refused],
        proposed=[(card, alike[card.id]) for card in cards(db, sorted(alike, key=lambda one: -alike[one]))],
        notes=_pairs(db, "select scope, text from notes where item_id = ?", item_id) if curated else {},
        corrected=_pairs(db, "select field, value from corrections where item_id = ?", item_id) if curated else {},
        evidence=evidence(db, item_id),
        seen=last_decision(db),
        decisions=_decisions(db, item_id, "why" if curated else "''"),
    )


def _pairs(db: Connection, sql: str, item_id: int) -> dict[str, str]:
    return {str(key): str(value) for key, value in db.execute(sql, (item_id,)).fetchall()}


def _decisions(db: Connection, item_id: int, why: str) -> list[dict[str, Any]]:
    """Return the newest decisions about an article, and whether each may be undone."""
    free = undoable(db, item_id)
    names = ("id", "at", "name", "role", "action", "after", "why", "undone_at")
    rows = db.execute(
        f"select decisions.id, at, name, role, action, after, {why}, undone_at from decisions "  # noqa: S608 - our own names
        f"join accounts on accounts.id = account_id where item_id = ? order by decisions.id desc limit {_DECISIONS}",
        (item_id,),
    ).fetchall()
    found = [dict(zip(names, tuple(row), strict=True)) for row in rows]
    return [
        one | {"tag": json.loads(one["after"]).get("tag"), "undoable": one["id"] in free, "change": told_change(db, one["after"])}
        for one in found
    ]
