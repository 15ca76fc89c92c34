"""What of an article may be decided, and its value: read and written, one subject at a time.

Subjects: state, « tag <theme> », kind, story, title, day, summary, « place <code> », « date <role> <start> <end> », « note <scope> ».
Every function takes a plain connection and runs inside the caller's transaction.
"""

from datetime import date
from typing import Any

from veille.clock import PARIS
from veille.errors import UsageError
from veille.messages.curating import (
    BAD_DATE,
    BAD_TITLE,
    CURATOR_REASON,
    FUTURE_DAY_OF_ARTICLE,
    KIND_REASON,
    NOTE_TOO_LONG,
    NOTHING_CHANGED,
    REFUSED_REASON,
    SUMMARY_TOO_LONG,
)
from veille.model import KINDS
from veille.moments import stored_day
from veille.store.collecting.corrections import NO, OWN, YES, correction, label_row, said_row, set_label, set_own
from veille.store.collecting.items import hide_evidence, hide_learnt, index_items, set_context, unindex_items
from veille.store.collecting.stories import decided_pairs, settle_pairs, settle_story
from veille.store.connection import Connection, has_table

_LONGEST = 16  # digits of an id
STATES = {"select": "selected", "dismiss": "dismissed", "later": "later", "restore": "new"}
_TAGS = {"tag-add": ("curator", 1.0, CURATOR_REASON, "[]"), "tag-remove": ("refused", 0.0, REFUSED_REASON, "[]")}
_LABELS = {"place-add": YES, "place-remove": NO, "date-add": YES, "date-remove": NO}
_NOTES = ("note-public", "note-private")
ACTIONS = (*STATES, *_TAGS, "kind", "story-split", "story-join", *OWN, *_LABELS, *_NOTES)
LONGEST_NOTE, LONGEST_TITLE, LONGEST_SUMMARY = 4_000, 500, 4_000
_DATE_ROLES = ("deadline", "event", "other")


def wanted(db: Connection, item_id: int, action: str, value: str, at: str) -> tuple[str, Any]:
    """Return the subject of an act (done at that moment) and what it shall be; raises UsageError."""
    if action in STATES:
        return "state", STATES[action]
    if action in _TAGS:
        _must_exist(db, "select 1 from tags where id = ? and alias_of is null", value)
        return f"tag {value}", list(_TAGS[action])
    if action == "kind" and value in KINDS:
        return "kind", [value, KIND_REASON, "curator"]
    if action in ("story-split", "story-join"):
        others = _others(db, item_id, value, together=action == "story-join")
        return "story", {str(other): action == "story-join" for other in others}
    if action in OWN:
        return action, _own_word(action, value, stored_day(at, PARIS.key))
    if action in _LABELS:
        field_, said = _label(db, action, value), _LABELS[action]
        return field_, {"said": said, "row": said_row(field_) if said == YES else None}
    if action in _NOTES:
        text = value.replace("\r\n", "\n").strip()
        if len(text) > LONGEST_NOTE:
            raise UsageError(NOTE_TOO_LONG.format(most=LONGEST_NOTE))
        return f"note {action.removeprefix('note-')}", text
    raise UsageError(NOTHING_CHANGED)


def _own_word(action: str, value: str, today: str) -> str | None:
    if action == "summary":
        paragraphs = (" ".join(line.split()) for line in value.split("\n"))
        text = "\n".join(line for line in paragraphs if line)
        if len(text) > LONGEST_SUMMARY:
            raise UsageError(SUMMARY_TOO_LONG.format(most=LONGEST_SUMMARY))
        return text or None
    text = " ".join(value.split())
    if not text:
        return None
    if action == "title":
        if len(text) > LONGEST_TITLE or not text.isprintable():
            raise UsageError(BAD_TITLE.format(most=LONGEST_TITLE))
        return text
    if _day(text) > today:
        raise UsageError(FUTURE_DAY_OF_ARTICLE)
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
    """Return the article to join, or those to be told apart from."""
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


def same(subject: str, one: Any, other: Any) -> bool:
    """Return whether two values say the same: of a place or a date, what curators say; the rules' own row may change under it."""
    if subject.startswith(("place ", "date ")):
        return bool(one["said"] == other["said"] and (one["said"] is not None or one["row"] == other["row"]))
    return bool(one == other)


def current(db: Connection, item_id: int, subject: str, like: Any) -> Any:
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
    if kind in OWN:
        return correction(db, item_id, kind)
    if kind == "note":
        return note(db, item_id, rest)
    if kind == "story":
        return {str(other): said for other, said in decided_pairs(db, item_id, map(int, like)).items()}
    return {"said": correction(db, item_id, subject), "row": label_row(db, item_id, subject)}


def set_value(db: Connection, item_id: int, subject: str, value: Any) -> None:
    kind, _, rest = subject.partition(" ")
    if kind == "state":
        db.execute("update items set state = ? where id = ?", (value, item_id))
        (story,) = db.execute("select story_id from items where id = ?", (item_id,)).fetchone()
        if story is not None:
            settle_story(db, story)
    elif kind == "kind":
        db.execute("update items set kind = ?, kind_reason = ?, kind_origin = ? where id = ?", (*value, item_id))
    elif kind == "tag":
        _set_tag(db, item_id, rest, value)
    elif kind == "story":
        settle_pairs(db, item_id, {int(other): said for other, said in value.items()})
    elif kind == "note":
        db.execute("delete from notes where item_id = ? and scope = ?", (item_id, rest))
        if value:
            db.execute("insert into notes (item_id, scope, text) values (?, ?, ?)", (item_id, rest, value))
    elif kind in ("date", "day"):
        if kind == "day":
            set_own(db, item_id, kind, value)
        else:
            set_label(db, item_id, subject, value["said"], value["row"])
            hide_evidence(db, [item_id])  # rights may have narrowed since a row that comes back was written
    else:  # a title, a summary, a place: words that an article is found by
        unindex_items(db, [item_id])
        if kind == "place":
            set_label(db, item_id, subject, value["said"], value["row"])
            set_context(db, item_id)
        else:
            set_own(db, item_id, kind, value)
        index_items(db, [item_id])


def _set_tag(db: Connection, item_id: int, tag_id: str, row: list[Any] | None) -> None:
    if row is None:
        db.execute("delete from item_tags where item_id = ? and tag_id = ?", (item_id, tag_id))
        return
    db.execute(
        "insert into item_tags (item_id, tag_id, origin, score, reason, evidence) values (?, ?, ?, ?, ?, ?) on conflict (item_id, tag_id) "
        "do update set origin = excluded.origin, score = excluded.score, reason = excluded.reason, evidence = excluded.evidence",
        (item_id, tag_id, *row),
    )
    hide_learnt(db, [item_id])  # rights may have narrowed since a row that comes back was written


def note(db: Connection, item_id: int, scope: str) -> str:
    """Return what curators wrote beside an item, "" for nothing; scope: public or private."""
    if not has_table(db, "notes"):
        return ""
    row = db.execute("select text from notes where item_id = ? and scope = ?", (item_id, scope)).fetchone()
    return str(row[0]) if row else ""
