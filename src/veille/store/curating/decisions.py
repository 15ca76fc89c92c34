"""What curators decide: logged with before, after and why, never overwritten by a collection, reversible one by one or together.

Every decision changes one subject of one item (`subjects`).
Every function takes a plain connection and runs inside the caller's transaction.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from veille.errors import UsageError
from veille.messages.curating import (
    ALREADY_UNDONE,
    CHANGED_MEANWHILE,
    NO_SUCH_DECISION,
    NOTHING_CHANGED,
    UNDO_THAT_FIRST,
    decided_meanwhile,
)
from veille.store.connection import Connection
from veille.store.curating.subjects import STATES, current, same, set_value, wanted


@dataclass(frozen=True, slots=True)
class Conflict:
    """An item that somebody else decided upon meanwhile."""

    item_id: int
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a gesture does to each of its items."""

    action: str
    value: str = ""
    why: str = ""
    seen: int | None = None  # the last decision that the curator had before his eyes; None: whatever happened since


@dataclass(slots=True)
class Done:
    """What became of a gesture."""

    batch: int = 0  # its first decision, 0 when nothing was done
    twins: int = 0  # those of `items` that were not named: they are of the story of one that was
    items: list[int] = field(default_factory=list)
    unchanged: list[int] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


@dataclass(slots=True)
class Undone:
    """What became of the undoing of a gesture."""

    items: list[int] = field(default_factory=list)
    kept: list[Conflict] = field(default_factory=list)


def decide(db: Connection, *, account_id: int, item_id: int, action: str, value: str = "", at: str, why: str = "") -> int:
    """Do and log one act on one item; the id of the decision. Raises UsageError when it cannot be done or changes nothing.

    `value`: the theme of a tag, the kind, the id of the article to join, the title or day ("" gives the source its word back), the code
    of a place, « role start end » of a date, the text of a note.
    """
    done = decide_all(db, account_id=account_id, item_ids=[item_id], act=Act(action=action, value=value, why=why), at=at)
    if not done.items:
        raise UsageError(NOTHING_CHANGED)
    return done.batch


def decide_all(db: Connection, *, account_id: int, item_ids: Sequence[int], act: Act, at: str) -> Done:
    """Do and log one act on each item: what changes nothing is left out, what somebody else decided since is not overwritten.

    A state is that of a story: where the article that stands for it in a list is named, the others of that list go with it. Raises
    UsageError for an act that nobody can do.
    """
    done = Done()
    named = list(dict.fromkeys(item_ids))
    twins = _twins(db, named) if act.action in STATES else []
    for item_id in [*named, *twins]:
        if db.execute("select 1 from items where id = ?", (item_id,)).fetchone() is None:
            continue
        subject, after = wanted(db, item_id, act.action, act.value, at)
        before = current(db, item_id, subject, after)
        if same(subject, before, after):
            done.unchanged.append(item_id)
            continue
        said = _meanwhile(db, item_id, subject, account_id, act.seen)
        if said:
            done.conflicts.append(Conflict(item_id, said))
            continue
        set_value(db, item_id, subject, after)
        cursor = db.execute(
            "insert into decisions (at, account_id, item_id, action, before, after, why, batch) values (?, ?, ?, ?, ?, ?, ?, ?)",
            (at, account_id, item_id, act.action, _written(subject, before), _written(subject, after), act.why[:500], done.batch or None),
        )
        done.batch = done.batch or int(cursor.lastrowid or 0)
        done.items.append(item_id)
    if len(done.items) > 1:
        db.execute("update decisions set batch = id where id = ?", (done.batch,))
    done.twins = len({*done.items} & {*twins})
    return done


def _twins(db: Connection, named: Sequence[int]) -> list[int]:
    """Return the articles that some stand for: of their stories, in their state. Who names another one means it alone."""
    rows = db.execute(
        "select distinct twin.id from items join items as twin on twin.story_id = items.story_id and twin.state = items.state "
        "where items.id in (select value from json_each(?1)) and twin.id not in (select value from json_each(?1)) and not exists "
        "(select 1 from items as first where first.story_id = items.story_id and first.state = items.state "
        "and (first.lead, -first.id) > (items.lead, -items.id)) order by 1",
        (json.dumps(named),),
    )
    return [row[0] for row in rows]


def undo(db: Connection, *, account_id: int, decision_id: int, at: str) -> int:
    """Bring back what a decision changed, if nothing has changed it since; the id of the item. Raises UsageError that says why not."""
    row = db.execute("select item_id, before, after, undone_at from decisions where id = ?", (decision_id,)).fetchone()
    if row is None:
        raise UsageError(NO_SUCH_DECISION)
    item_id, before, after, undone_at = tuple(row)
    if undone_at:
        raise UsageError(ALREADY_UNDONE)
    subject, told = _read(after)
    later = _later(db, item_id, subject, told, decision_id)
    if later:
        raise UsageError(UNDO_THAT_FIRST.format(said=decided_meanwhile(*later)))
    if not same(subject, current(db, item_id, subject, told), told):
        raise UsageError(CHANGED_MEANWHILE)
    set_value(db, item_id, subject, _read(before)[1])
    db.execute("update decisions set undone_at = ?, undone_by = ? where id = ?", (at, account_id, decision_id))
    return int(item_id)


def undo_all(db: Connection, *, account_id: int, batch: int, at: str) -> Undone:
    """Undo a gesture: each of its decisions that can be; raises UsageError when none can."""
    sql = "select id, item_id from decisions where (batch = ?1 or id = ?1) and undone_at is null order by id desc"
    rows = db.execute(sql, (batch,))
    undone = Undone()
    for decision_id, item_id in rows.fetchall():
        try:
            undo(db, account_id=account_id, decision_id=decision_id, at=at)
            undone.items.append(item_id)
        except UsageError as exc:
            undone.kept.append(Conflict(item_id, str(exc)))
    if not undone.items:
        if undone.kept:
            raise UsageError(undone.kept[0].said)
        raise UsageError(NO_SUCH_DECISION if item_of(db, batch) is None else ALREADY_UNDONE)
    return undone


def item_of(db: Connection, decision_id: int) -> int | None:
    """Return the item that a decision is about."""
    row = db.execute("select item_id from decisions where id = ?", (decision_id,)).fetchone()
    return int(row[0]) if row else None


def last_decision(db: Connection) -> int:
    """Return the id of the last decision of all."""
    return int(db.execute("select coalesce(max(id), 0) from decisions").fetchone()[0])


def undoable(db: Connection, item_id: int) -> set[int]:
    """Return the decisions on an item that no other has followed: the last standing one on each of its subjects."""
    last: dict[tuple[int, ...] | str, int] = {}
    own: dict[int, set[tuple[int, ...] | str]] = {}
    for decision, holder, after in _standing(db, item_id, 0):
        touched = _touched(holder, *_read(after))
        last.update(dict.fromkeys(touched, decision))
        if holder == item_id:
            own[decision] = touched
    return {decision for decision, touched in own.items() if all(last[one] == decision for one in touched)}


def _written(subject: str, value: Any) -> str:
    """Return a subject and its value as the log keeps them."""
    kind, _, rest = subject.partition(" ")
    if kind == "tag":
        return json.dumps({"tag": rest, "row": value}, ensure_ascii=False)
    if kind in ("state", "kind", "story"):
        return json.dumps({kind: value}, ensure_ascii=False)
    return json.dumps({"subject": subject, "value": value}, ensure_ascii=False)


def _read(text: str) -> tuple[str, Any]:
    """Return the subject and the value of a side of a decision."""
    held: dict[str, Any] = json.loads(text)
    if "tag" in held:
        return f"tag {held['tag']}", held["row"]
    if "subject" in held:
        return held["subject"], held["value"]
    ((kind, value),) = held.items()
    return kind, value


def _meanwhile(db: Connection, item_id: int, subject: str, account_id: int, seen: int | None) -> str:
    """Return what somebody else decided on the same subject after `seen`, "" for nothing."""
    if seen is None:
        return ""
    rows = db.execute(
        "select name, action, decisions.at, after from decisions join accounts on accounts.id = account_id "
        "where item_id = ? and decisions.id > ? and account_id <> ? and undone_at is null order by decisions.id desc",
        (item_id, seen, account_id),
    )
    return next((decided_meanwhile(name, action, at) for name, action, at, after in map(tuple, rows) if _read(after)[0] == subject), "")


def _later(db: Connection, item_id: int, subject: str, value: Any, decision_id: int) -> tuple[str, str, str] | None:
    """Return who decided what, and when, on the same subject after a decision."""
    mine = _touched(item_id, subject, value)
    for decision, holder, after in reversed(_standing(db, item_id, decision_id)):
        if mine & _touched(holder, *_read(after)):
            row = db.execute(
                "select name, action, decisions.at from decisions join accounts on accounts.id = account_id where decisions.id = ?",
                (decision,),
            ).fetchone()
            return row[0], row[1], row[2]
    return None


def _standing(db: Connection, item_id: int, after: int) -> list[tuple[int, int, str]]:
    """Decisions after one that were not undone, the oldest first: on an item, and on the stories of any."""
    rows = db.execute(
        "select id, item_id, after from decisions where id > :after and undone_at is null and item_id = :item union "
        "select id, item_id, after from decisions where id > :after and undone_at is null and action in ('story-split', 'story-join') "
        "order by 1",
        {"after": after, "item": item_id},
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _touched(item_id: int, subject: str, value: Any) -> set[tuple[int, ...] | str]:
    """Return what a decision bears on: of a story, each pair of articles, whichever of the two it was made on."""
    if subject != "story":
        return {f"{item_id} {subject}"}
    return {tuple(sorted((item_id, int(other)))) for other in value}
