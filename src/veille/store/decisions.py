"""What curators decide: logged with before and after, never overwritten by a collection, reversible.

Every function takes a plain connection and runs inside the caller's transaction.
"""

import json
from typing import Any

from veille.errors import UsageError
from veille.messages import NOTHING_CHANGED
from veille.store.connection import Connection

CURATOR_REASON = "ajouté par un documentaliste"
REFUSED_REASON = "retiré par un documentaliste"
_STATES = {"select": "selected", "dismiss": "dismissed", "later": "later", "restore": "new"}
ACTIONS = (*_STATES, "tag-add", "tag-remove")


def decide(db: Connection, *, account_id: int, item_id: int, action: str, tag_id: str | None, at: str) -> int:
    """Do and log one act on one item; the id of the decision. Raises UsageError when it cannot be done or changes nothing."""
    row = db.execute("select state from items where id = ?", (item_id,)).fetchone()
    if row is None or action not in ACTIONS:
        raise UsageError(NOTHING_CHANGED)
    if action in _STATES:
        before: Any = {"state": row[0]}
        after: Any = {"state": _STATES[action]}
    else:
        if tag_id is None or db.execute("select 1 from tags where id = ?", (tag_id,)).fetchone() is None:
            raise UsageError(NOTHING_CHANGED)
        before = {"tag": tag_id, "row": _tag_row(db, item_id, tag_id)}
        wanted = ("curator", 1.0, CURATOR_REASON, "[]") if action == "tag-add" else ("refused", 0.0, REFUSED_REASON, "[]")
        after = {"tag": tag_id, "row": list(wanted)}
    if before == after:
        raise UsageError(NOTHING_CHANGED)
    _set(db, item_id, after)
    cursor = db.execute(
        "insert into decisions (at, account_id, item_id, action, before, after) values (?, ?, ?, ?, ?, ?)",
        (at, account_id, item_id, action, json.dumps(before), json.dumps(after)),
    )
    return int(cursor.lastrowid or 0)


def undo(db: Connection, *, account_id: int, decision_id: int, at: str) -> int:
    """Bring back what a decision changed, if nothing has changed it since; the id of the item. Raises UsageError."""
    row = db.execute("select item_id, before, after from decisions where id = ? and undone_at is null", (decision_id,)).fetchone()
    if row is None:
        raise UsageError(NOTHING_CHANGED)
    item_id, before, after = row[0], json.loads(row[1]), json.loads(row[2])
    if decision_id not in undoable(db, item_id) or _current(db, item_id, after) != after:
        raise UsageError(NOTHING_CHANGED)
    _set(db, item_id, before)
    db.execute("update decisions set undone_at = ?, undone_by = ? where id = ?", (at, account_id, decision_id))
    return int(item_id)


def item_of(db: Connection, decision_id: int) -> int | None:
    """The item that a decision is about."""
    row = db.execute("select item_id from decisions where id = ?", (decision_id,)).fetchone()
    return int(row[0]) if row else None


def undoable(db: Connection, item_id: int) -> set[int]:
    """The decisions on an item that nothing has changed since: the last standing one on its state, and on each tag."""
    rows = db.execute("select id, after from decisions where item_id = ? and undone_at is null order by id", (item_id,))
    last = {json.loads(after).get("tag", ""): decision for decision, after in rows}
    return set(last.values())


def _tag_row(db: Connection, item_id: int, tag_id: str) -> list[Any] | None:
    row = db.execute("select origin, score, reason, evidence from item_tags where item_id = ? and tag_id = ?", (item_id, tag_id)).fetchone()
    return list(row) if row else None


def _current(db: Connection, item_id: int, like: dict[str, Any]) -> dict[str, Any]:
    if "state" in like:
        return {"state": db.execute("select state from items where id = ?", (item_id,)).fetchone()[0]}
    return {"tag": like["tag"], "row": _tag_row(db, item_id, like["tag"])}


def _set(db: Connection, item_id: int, wanted: dict[str, Any]) -> None:
    if "state" in wanted:
        db.execute("update items set state = ? where id = ?", (wanted["state"], item_id))
        return
    if wanted["row"] is None:
        db.execute("delete from item_tags where item_id = ? and tag_id = ?", (item_id, wanted["tag"]))
        return
    db.execute(
        "insert into item_tags (item_id, tag_id, origin, score, reason, evidence) values (?, ?, ?, ?, ?, ?) on conflict (item_id, tag_id) "
        "do update set origin = excluded.origin, score = excluded.score, reason = excluded.reason, evidence = excluded.evidence",
        (item_id, wanted["tag"], *wanted["row"]),
    )
