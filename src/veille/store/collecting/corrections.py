"""What curators say against a source, and what the source says meanwhile: a collection never overwrites the first, nor loses the second.

Every function takes a plain connection and runs inside the caller's transaction. Whoever changes a title or a place sees to the index.
"""

import json
from typing import Any

from veille.messages.curating import CURATOR_REASON
from veille.store.connection import Connection

YES, NO = "yes", "no"
OWN = {"title": "title", "day": "published_at, day", "summary": "summary"}  # what a source says of itself, and where it is held
# What a source shows of its text, whatever curators put over it; between `uncorrect` and `correct_own` it is the summary itself.
SOURCE_SUMMARY = "coalesce((select was ->> 0 from corrections where item_id = items.id and field = 'summary'), items.summary)"
_IS_OWN = "field in ('title', 'day', 'summary')"


def uncorrect(db: Connection, item_id: int) -> None:
    """Before a source's word is written: the title, the day and the summary as the source last gave them."""
    for field, was in db.execute(f"select field, was from corrections where item_id = ? and {_IS_OWN}", (item_id,)).fetchall():  # noqa: S608
        _set_own(db, item_id, field, json.loads(was))
    db.execute("update corrections set was = null where item_id = ? and field = 'summary'", (item_id,))


def correct_own(db: Connection, item_id: int) -> None:
    """After a source's word was written: remember it, and put the curators' title, day and summary over it."""
    for field, value in db.execute(f"select field, value from corrections where item_id = ? and {_IS_OWN}", (item_id,)).fetchall():  # noqa: S608
        was = json.dumps(_own(db, item_id, field), ensure_ascii=False)
        db.execute("update corrections set was = ? where item_id = ? and field = ?", (was, item_id, field))
        _set_own(db, item_id, field, _corrected(field, value))


def uncorrect_labels(db: Connection, item_id: int) -> None:
    """Before the rules' places and dates are written: those that curators put are out of their way."""
    for (field,) in _labels(db, item_id, "value = 'yes'"):
        _write(db, item_id, field, None)


def correct_labels(db: Connection, item_id: int, *, places_alone: bool = False) -> None:
    """After the rules' places and dates (or places alone) were written: remember them, and put what curators say over them."""
    for field, value in _labels(db, item_id, "field like 'place %'" if places_alone else "1", "field, value"):
        was = json.dumps(label_row(db, item_id, field), ensure_ascii=False)
        db.execute("update corrections set was = ? where item_id = ? and field = ?", (was, item_id, field))
        _write(db, item_id, field, None if value == NO else said_row(field))


def overlaid_labels(db: Connection, item_id: int) -> dict[str, list[list[Any]]]:
    """Return the rules' places and dates that curators' words stand over: rows of `territories` and `dates`, without the article's id."""
    found: dict[str, list[list[Any]]] = {"territories": [], "dates": []}
    for field, was in _labels(db, item_id, "was <> 'null'", "field, was"):
        kind, *key = field.split(" ")
        found["territories" if kind == "place" else "dates"].append([*key, *json.loads(was)])
    return found


def _labels(db: Connection, item_id: int, where: str, names: str = "field") -> list[Any]:
    sql = f"select {names} from corrections where item_id = ? and not {_IS_OWN} and {where}"  # noqa: S608 - our own words
    found: list[Any] = [tuple(row) for row in db.execute(sql, (item_id,)).fetchall()]
    return found


def correction(db: Connection, item_id: int, field: str) -> str | None:
    """Return what curators say, None when they leave it to the source."""
    row = db.execute("select value from corrections where item_id = ? and field = ?", (item_id, field)).fetchone()
    return str(row[0]) if row else None


def set_own(db: Connection, item_id: int, field: str, value: str | None) -> None:
    """Correct one of `OWN`; None gives the source its word back."""
    row = db.execute("select was from corrections where item_id = ? and field = ?", (item_id, field)).fetchone()
    if value is None:
        if row:
            _set_own(db, item_id, field, json.loads(row[0]))
            db.execute("delete from corrections where item_id = ? and field = ?", (item_id, field))
        return
    was = row[0] if row else json.dumps(_own(db, item_id, field), ensure_ascii=False)
    db.execute("insert or replace into corrections (item_id, field, value, was) values (?, ?, ?, ?)", (item_id, field, value, was))
    _set_own(db, item_id, field, _corrected(field, value))


def label_row(db: Connection, item_id: int, field: str) -> list[Any] | None:
    """Return the row of a place or of a date as it stands, without its key."""
    kind, *key = field.split(" ")
    if kind == "place":
        row = db.execute("select role, origin, reason, evidence from item_territories where item_id = ? and code = ?", (item_id, *key))
    else:
        row = db.execute(
            'select evidence, doubt from item_dates where item_id = ? and role = ? and start = ? and "end" = ?', (item_id, *key)
        )
    found = row.fetchone()
    return list(found) if found else None


def set_label(db: Connection, item_id: int, field: str, said: str | None, row: list[Any] | None) -> None:
    """What curators say of a place or a date (yes, no, or None: what the rules say now), and its row where nothing was said before."""
    held = db.execute("select was from corrections where item_id = ? and field = ?", (item_id, field)).fetchone()
    was = held[0] if held else json.dumps(label_row(db, item_id, field), ensure_ascii=False)
    db.execute("delete from corrections where item_id = ? and field = ?", (item_id, field))
    if said is not None:
        db.execute("insert into corrections (item_id, field, value, was) values (?, ?, ?, ?)", (item_id, field, said, was))
    _write(db, item_id, field, json.loads(was) if said is None and held else row)


def said_row(field: str) -> list[Any]:
    """Return the row of a place or a date that a curator puts."""
    return ["place", "curator", CURATOR_REASON, "[]"] if field.startswith("place ") else ["", ""]


def _write(db: Connection, item_id: int, field: str, row: list[Any] | None) -> None:
    kind, *key = field.split(" ")
    if kind == "place":
        db.execute("delete from item_territories where item_id = ? and code = ?", (item_id, *key))
        if row:
            db.execute(
                "insert into item_territories (item_id, code, role, origin, reason, evidence) values (?, ?, ?, ?, ?, ?)",
                (item_id, *key, *row),
            )
        return
    db.execute('delete from item_dates where item_id = ? and role = ? and start = ? and "end" = ?', (item_id, *key))
    if row:
        db.execute('insert into item_dates (item_id, role, start, "end", evidence, doubt) values (?, ?, ?, ?, ?, ?)', (item_id, *key, *row))


def _own(db: Connection, item_id: int, field: str) -> list[Any]:
    return list(db.execute(f"select {OWN[field]} from items where id = ?", (item_id,)).fetchone())  # noqa: S608 - our own names


def _set_own(db: Connection, item_id: int, field: str, values: list[Any]) -> None:
    if field == "day":
        db.execute("update items set published_at = ?, day = ? where id = ?", (*values, item_id))
    else:
        db.execute(f"update items set {field} = ?1 where id = ?2 and {field} <> ?1", (*values, item_id))  # noqa: S608 - our own names


def _corrected(field: str, value: str) -> list[str]:
    return [value, value] if field == "day" else [value]
