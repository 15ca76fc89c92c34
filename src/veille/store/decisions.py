"""What curators decide: logged with before and after, never overwritten by a collection, reversible.

Every function takes a plain connection and runs inside the caller's transaction.
"""

import json
from typing import Any

from sqlite_utils import Database

from veille.errors import UsageError
from veille.messages import NOTHING_CHANGED
from veille.model import KINDS
from veille.store.connection import Connection
from veille.store.items import hide_learnt
from veille.store.stories import decided_pairs, settle_pairs

CURATOR_REASON = "ajouté par un documentaliste"
REFUSED_REASON = "retiré par un documentaliste"
_LONGEST = 16  # digits of an id
KIND_REASON = "choisi par un documentaliste"
_STATES = {"select": "selected", "dismiss": "dismissed", "later": "later", "restore": "new"}
_TAGS = {"tag-add": ("curator", 1.0, CURATOR_REASON, "[]"), "tag-remove": ("refused", 0.0, REFUSED_REASON, "[]")}
ACTIONS = (*_STATES, *_TAGS, "kind", "story-split", "story-join")


def decide(db: Connection, *, account_id: int, item_id: int, action: str, value: str = "", at: str) -> int:
    """Do and log one act on one item; the id of the decision. Raises UsageError when it cannot be done or changes nothing.

    `value`: the theme of a tag, the kind, or the id of the article to join.
    """
    row = db.execute("select state, kind, kind_reason, kind_origin, story_id from items where id = ?", (item_id,)).fetchone()
    if row is None or action not in ACTIONS:
        raise UsageError(NOTHING_CHANGED)
    before: dict[str, Any]
    after: dict[str, Any]
    if action in _STATES:
        before, after = {"state": row[0]}, {"state": _STATES[action]}
    elif action in _TAGS:
        if db.execute("select 1 from tags where id = ?", (value,)).fetchone() is None:
            raise UsageError(NOTHING_CHANGED)
        before, after = {"tag": value, "row": _tag_row(db, item_id, value)}, {"tag": value, "row": list(_TAGS[action])}
    elif action == "kind":
        if value not in KINDS:
            raise UsageError(NOTHING_CHANGED)
        before, after = {"kind": list(row[1:4])}, {"kind": [value, KIND_REASON, "curator"]}
    else:
        others = _others(db, item_id, row[4], value, together=action == "story-join")
        before = {"story": {str(other): said for other, said in decided_pairs(db, item_id, others).items()}}
        after = {"story": {str(other): action == "story-join" for other in others}}
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
    last = {_subject(json.loads(after)): decision for decision, after in rows}
    return set(last.values())


def _subject(change: dict[str, Any]) -> str:
    """What of an item a decision is about: its state, one tag, its kind, its story."""
    return f"tag {change['tag']}" if "tag" in change else next(iter(change))


def _others(db: Connection, item_id: int, story_id: int | None, value: str, *, together: bool) -> list[int]:
    """The article to join, or those to be told apart from."""
    if together:
        other = int(value) if value.isascii() and value.isdigit() and len(value) < _LONGEST else 0
        if other == item_id or db.execute("select 1 from items where id = ?", (other,)).fetchone() is None:
            raise UsageError(NOTHING_CHANGED)
        return [other]
    rows = db.execute("select id from items where story_id = ? and id <> ? order by id", (story_id, item_id)).fetchall()
    if not rows:
        raise UsageError(NOTHING_CHANGED)
    return [row[0] for row in rows]


def _tag_row(db: Connection, item_id: int, tag_id: str) -> list[Any] | None:
    row = db.execute("select origin, score, reason, evidence from item_tags where item_id = ? and tag_id = ?", (item_id, tag_id)).fetchone()
    return list(row) if row else None


def _current(db: Connection, item_id: int, like: dict[str, Any]) -> dict[str, Any]:
    if "state" in like:
        return {"state": db.execute("select state from items where id = ?", (item_id,)).fetchone()[0]}
    if "kind" in like:
        return {"kind": list(db.execute("select kind, kind_reason, kind_origin from items where id = ?", (item_id,)).fetchone())}
    if "story" in like:
        return {"story": {str(other): said for other, said in decided_pairs(db, item_id, map(int, like["story"])).items()}}
    return {"tag": like["tag"], "row": _tag_row(db, item_id, like["tag"])}


def _set(db: Connection, item_id: int, wanted: dict[str, Any]) -> None:
    if "state" in wanted:
        db.execute("update items set state = ? where id = ?", (wanted["state"], item_id))
        return
    if "kind" in wanted:
        db.execute("update items set kind = ?, kind_reason = ?, kind_origin = ? where id = ?", (*wanted["kind"], item_id))
        return
    if "story" in wanted:
        settle_pairs(Database(db), item_id, {int(other): said for other, said in wanted["story"].items()})
        return
    if wanted["row"] is None:
        db.execute("delete from item_tags where item_id = ? and tag_id = ?", (item_id, wanted["tag"]))
        return
    db.execute(
        "insert into item_tags (item_id, tag_id, origin, score, reason, evidence) values (?, ?, ?, ?, ?, ?) on conflict (item_id, tag_id) "
        "do update set origin = excluded.origin, score = excluded.score, reason = excluded.reason, evidence = excluded.evidence",
        (item_id, wanted["tag"], *wanted["row"]),
    )
    hide_learnt(Database(db), [item_id])  # rights may have narrowed since a row that comes back was written
