"""What curators decide: logged with before, after and why, never overwritten by a collection, reversible one by one or together.

Every decision changes one subject of one item: its state, one theme, its kind, its story, its title, its day, one place, one date, one
note. Every function takes a plain connection and runs inside the caller's transaction.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlite_utils import Database

from veille.errors import UsageError
from veille.messages import (
    ALREADY_UNDONE,
    BAD_DATE,
    BAD_TITLE,
    CHANGED_MEANWHILE,
    NO_SUCH_DECISION,
    NOTE_TOO_LONG,
    NOTHING_CHANGED,
    UNDO_THAT_FIRST,
    decided_meanwhile,
)
from veille.model import KINDS
from veille.store.connection import Connection, has_table
from veille.store.corrections import NO, YES, correction, label_row, said_row, set_label, set_own
from veille.store.items import hide_learnt, index_items, set_context, unindex_items
from veille.store.stories import decided_pairs, settle_pairs

CURATOR_REASON = "ajouté par un documentaliste"
REFUSED_REASON = "retiré par un documentaliste"
_LONGEST = 16  # digits of an id
KIND_REASON = "choisi par un documentaliste"
_STATES = {"select": "selected", "dismiss": "dismissed", "later": "later", "restore": "new"}
_TAGS = {"tag-add": ("curator", 1.0, CURATOR_REASON, "[]"), "tag-remove": ("refused", 0.0, REFUSED_REASON, "[]")}
_LABELS = {"place-add": YES, "place-remove": NO, "date-add": YES, "date-remove": NO}
_NOTES = ("note-public", "note-private")
ACTIONS = (*_STATES, *_TAGS, "kind", "story-split", "story-join", "title", "day", *_LABELS, *_NOTES)
LONGEST_NOTE, LONGEST_TITLE = 4_000, 500
_DATE_ROLES = ("deadline", "event", "other")


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

    Raises UsageError for an act that nobody can do.
    """
    done = Done()
    for item_id in dict.fromkeys(item_ids):
        if db.execute("select 1 from items where id = ?", (item_id,)).fetchone() is None:
            continue
        subject, after = _wanted(db, item_id, act.action, act.value)
        before = _current(db, item_id, subject, after)
        if _same(subject, before, after):
            done.unchanged.append(item_id)
            continue
        said = _meanwhile(db, item_id, subject, account_id, act.seen)
        if said:
            done.conflicts.append(Conflict(item_id, said))
            continue
        _set(db, item_id, subject, after)
        cursor = db.execute(
            "insert into decisions (at, account_id, item_id, action, before, after, why, batch) values (?, ?, ?, ?, ?, ?, ?, ?)",
            (at, account_id, item_id, act.action, _written(subject, before), _written(subject, after), act.why[:500], done.batch or None),
        )
        done.batch = done.batch or int(cursor.lastrowid or 0)
        done.items.append(item_id)
    if len(done.items) > 1:
        db.execute("update decisions set batch = id where id = ?", (done.batch,))
    return done


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
    if not _same(subject, _current(db, item_id, subject, told), told):
        raise UsageError(CHANGED_MEANWHILE)
    _set(db, item_id, subject, _read(before)[1])
    db.execute("update decisions set undone_at = ?, undone_by = ? where id = ?", (at, account_id, decision_id))
    return int(item_id)


def undo_all(db: Connection, *, account_id: int, batch: int, at: str) -> Undone:
    """Undo a gesture: each of its decisions that can be; raises UsageError when none can."""
    rows = db.execute("select id, item_id from decisions where coalesce(batch, id) = ? and undone_at is null order by id desc", (batch,))
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
    """The item that a decision is about."""
    row = db.execute("select item_id from decisions where id = ?", (decision_id,)).fetchone()
    return int(row[0]) if row else None


def last_decision(db: Connection) -> int:
    """The id of the last decision of all."""
    return int(db.execute("select coalesce(max(id), 0) from decisions").fetchone()[0])


def undoable(db: Connection, item_id: int) -> set[int]:
    """The decisions on an item that no other has followed: the last standing one on each of its subjects."""
    last: dict[tuple[int, ...] | str, int] = {}
    own: dict[int, set[tuple[int, ...] | str]] = {}
    for decision, holder, after in _standing(db, item_id, 0):
        touched = _touched(holder, *_read(after))
        last.update(dict.fromkeys(touched, decision))
        if holder == item_id:
            own[decision] = touched
    return {decision for decision, touched in own.items() if all(last[one] == decision for one in touched)}


def note(db: Connection, item_id: int, scope: str) -> str:
    """What curators wrote beside an item, "" for nothing; scope: public or private."""
    if not has_table(db, "notes"):
        return ""
    row = db.execute("select text from notes where item_id = ? and scope = ?", (item_id, scope)).fetchone()
    return str(row[0]) if row else ""


# --- a subject and its value ---------------------------------------------------------------------------------------
# Subjects: state, « tag <theme> », kind, story, title, day, « place <code> », « date <role> <start> <end> », « note <scope> ».


def _wanted(db: Connection, item_id: int, action: str, value: str) -> tuple[str, Any]:
    """The subject of an act and what it shall be; raises UsageError."""
    if action in _STATES:
        return "state", _STATES[action]
    if action in _TAGS:
        _must_exist(db, "select 1 from tags where id = ? and alias_of is null", value)
        return f"tag {value}", list(_TAGS[action])
    if action == "kind" and value in KINDS:
        return "kind", [value, KIND_REASON, "curator"]
    if action in ("story-split", "story-join"):
        others = _others(db, item_id, value, together=action == "story-join")
        return "story", {str(other): action == "story-join" for other in others}
    if action in ("title", "day"):
        return action, _own_word(action, value)
    if action in _LABELS:
        field_, said = _label(db, action, value), _LABELS[action]
        return field_, {"said": said, "row": said_row(field_) if said == YES else None}
    if action in _NOTES:
        text = value.replace("\r\n", "\n").strip()
        if len(text) > LONGEST_NOTE:
            raise UsageError(NOTE_TOO_LONG.format(most=LONGEST_NOTE))
        return f"note {action.removeprefix('note-')}", text
    raise UsageError(NOTHING_CHANGED)


def _own_word(action: str, value: str) -> str | None:
    text = " ".join(value.split())
    if not text:
        return None
    if action == "title":
        if len(text) > LONGEST_TITLE or not text.isprintable():
            raise UsageError(BAD_TITLE.format(most=LONGEST_TITLE))
        return text
    return _day(text)


def _day(text: str) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError as exc:
        raise UsageError(BAD_DATE.format(value=text[:20])) from exc
    if not 1990 <= day.year <= 2100:
        raise UsageError(BAD_DATE.format(value=text[:20]))
    return day.isoformat()


def _label(db: Connection, action: str, value: str) -> str:
    if action.startswith("place"):
        _must_exist(db, "select 1 from departements where code = ?", value)
        return f"place {value}"
    role, _, days = value.partition(" ")
    start, _, end = days.partition(" ")
    if role not in _DATE_ROLES:
        raise UsageError(NOTHING_CHANGED)
    first, last = _day(start), _day(end or start)
    if last < first:
        raise UsageError(BAD_DATE.format(value=last))
    return f"date {role} {first} {last}"


def _must_exist(db: Connection, sql: str, value: str) -> None:
    if db.execute(sql, (value,)).fetchone() is None:
        raise UsageError(NOTHING_CHANGED)


def _others(db: Connection, item_id: int, value: str, *, together: bool) -> list[int]:
    """The article to join, or those to be told apart from."""
    if together:
        other = int(value) if value.isascii() and value.isdigit() and len(value) < _LONGEST else 0
        if other == item_id:
            raise UsageError(NOTHING_CHANGED)
        _must_exist(db, "select 1 from items where id = ?", str(other))
        return [other]
    rows = db.execute(
        "select id from items where story_id = (select story_id from items where id = ?1) and id <> ?1 order by id", (item_id,)
    ).fetchall()
    if not rows:
        raise UsageError(NOTHING_CHANGED)
    return [row[0] for row in rows]


def _same(subject: str, one: Any, other: Any) -> bool:
    """Whether two values say the same: of a place or a date, what curators say; the rules' own row may change under it."""
    if subject.startswith(("place ", "date ")):
        return bool(one["said"] == other["said"] and (one["said"] is not None or one["row"] == other["row"]))
    return bool(one == other)


def _current(db: Connection, item_id: int, subject: str, like: Any) -> Any:
    """`like` names the other articles of a story."""
    kind, _, rest = subject.partition(" ")
    if kind == "state":
        return db.execute("select state from items where id = ?", (item_id,)).fetchone()[0]
    if kind == "kind":
        return list(db.execute("select kind, kind_reason, kind_origin from items where id = ?", (item_id,)).fetchone())
    if kind == "tag":
        row = db.execute(
            "select origin, score, reason, evidence from item_tags where item_id = ? and tag_id = ?", (item_id, rest)
        ).fetchone()
        return list(row) if row else None
    if kind in ("title", "day"):
        return correction(db, item_id, kind)
    if kind == "note":
        return note(db, item_id, rest)
    if kind == "story":
        return {str(other): said for other, said in decided_pairs(db, item_id, map(int, like)).items()}
    return {"said": correction(db, item_id, subject), "row": label_row(db, item_id, subject)}


def _set(db: Connection, item_id: int, subject: str, value: Any) -> None:
    kind, _, rest = subject.partition(" ")
    if kind == "state":
        db.execute("update items set state = ? where id = ?", (value, item_id))
    elif kind == "kind":
        db.execute("update items set kind = ?, kind_reason = ?, kind_origin = ? where id = ?", (*value, item_id))
    elif kind == "tag":
        _set_tag(db, item_id, rest, value)
    elif kind == "story":
        settle_pairs(Database(db), item_id, {int(other): said for other, said in value.items()})
    elif kind == "note":
        db.execute("delete from notes where item_id = ? and scope = ?", (item_id, rest))
        if value:
            db.execute("insert into notes (item_id, scope, text) values (?, ?, ?)", (item_id, rest, value))
    elif kind in ("date", "day"):
        set_own(db, item_id, kind, value) if kind == "day" else set_label(db, item_id, subject, value["said"], value["row"])
    else:  # a title, a place: words that an article is found by
        unindex_items(Database(db), [item_id])
        if kind == "title":
            set_own(db, item_id, kind, value)
        else:
            set_label(db, item_id, subject, value["said"], value["row"])
            set_context(Database(db), item_id)
        index_items(Database(db), [item_id])


def _set_tag(db: Connection, item_id: int, tag_id: str, row: list[Any] | None) -> None:
    if row is None:
        db.execute("delete from item_tags where item_id = ? and tag_id = ?", (item_id, tag_id))
        return
    db.execute(
        "insert into item_tags (item_id, tag_id, origin, score, reason, evidence) values (?, ?, ?, ?, ?, ?) on conflict (item_id, tag_id) "
        "do update set origin = excluded.origin, score = excluded.score, reason = excluded.reason, evidence = excluded.evidence",
        (item_id, tag_id, *row),
    )
    hide_learnt(Database(db), [item_id])  # rights may have narrowed since a row that comes back was written


# --- the log -------------------------------------------------------------------------------------------------------


def _written(subject: str, value: Any) -> str:
    """A subject and its value as the log keeps them."""
    kind, _, rest = subject.partition(" ")
    if kind == "tag":
        return json.dumps({"tag": rest, "row": value}, ensure_ascii=False)
    if kind in ("state", "kind", "story"):
        return json.dumps({kind: value}, ensure_ascii=False)
    return json.dumps({"subject": subject, "value": value}, ensure_ascii=False)


def _read(text: str) -> tuple[str, Any]:
    """The subject and the value of a side of a decision."""
    held: dict[str, Any] = json.loads(text)
    if "tag" in held:
        return f"tag {held['tag']}", held["row"]
    if "subject" in held:
        return held["subject"], held["value"]
    ((kind, value),) = held.items()
    return kind, value


def _meanwhile(db: Connection, item_id: int, subject: str, account_id: int, seen: int | None) -> str:
    """What somebody else decided on the same subject after `seen`, "" for nothing."""
    if seen is None:
        return ""
    rows = db.execute(
        "select name, action, decisions.at, after from decisions join accounts on accounts.id = account_id "
        "where item_id = ? and decisions.id > ? and account_id <> ? and undone_at is null order by decisions.id desc",
        (item_id, seen, account_id),
    )
    return next((decided_meanwhile(name, action, at) for name, action, at, after in map(tuple, rows) if _read(after)[0] == subject), "")


def _later(db: Connection, item_id: int, subject: str, value: Any, decision_id: int) -> tuple[str, str, str] | None:
    """Who decided what, and when, on the same subject after a decision."""
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
    """What a decision bears on: of a story, each pair of articles, whichever of the two it was made on."""
    if subject != "story":
        return {f"{item_id} {subject}"}
    return {tuple(sorted((item_id, int(other)))) for other in value}
