"""What editors change of the house itself: words, rules, sources, accounts. Each change is one row before and after, logged, reversible.

Every function takes a plain connection and runs inside the caller's transaction.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from veille.errors import UsageError
from veille.messages.curating import ALREADY_UNDONE, CHANGED_MEANWHILE, NO_SUCH_DECISION, NOTHING_CHANGED, SERVES_SINCE, TAG_SERVES
from veille.messages.sharing import CHANGED_SINCE, FICHE_TWIN, QUOTES_HIDDEN
from veille.store.collecting.quoting import quoting_hidden
from veille.store.connection import Connection, Row, sqlite3
from veille.store.fiche_index import index_fiche

# What may be edited, by the columns that name a row. Accounts are never brought back: a password would be.
_KEYS: dict[str, tuple[str, ...]] = {
    "tags": ("id",),
    "proposed_tags": ("id",),
    "tag_words": ("tag_id", "phrase"),
    "item_tags": ("item_id", "tag_id"),
    "rules": ("id",),
    "source_wishes": ("source_id",),
    "followed": ("id",),
    "fiches": ("id",),
    "fiche_lines": ("id",),
    "fiche_territories": ("fiche_id", "code"),
    "fiche_tags": ("fiche_id", "tag_id"),
    "fiche_items": ("fiche_id", "item_id"),
    "fiche_links": ("id",),
    "initiative_facts": ("fiche_id",),
}


# What was noted of a row, and is no edit, goes with it.
_OBSERVED = {
    "fiches": ("delete from fiche_items where fiche_id = ? and role = 'propose'",),
    "fiche_lines": ("delete from line_checks where line_id = ?",),
}


UNDONE = "fiche-undone"  # an undoing, as others must see it; the log shows what was undone instead


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row to be: its table, what names it, its other columns; None for a row that shall not be."""

    table: str
    key: tuple[Any, ...]
    row: Row | None


def edit(
    db: Connection,
    changes: list[Change],
    *,
    account_id: int,
    subject: str,
    action: str,
    at: str,
    why: str = "",
    fiche_id: int | None = None,
) -> int:
    """Write the changes and log them as one; the id of the edit. Raises UsageError when nothing changes."""
    before = [_row(db, one) for one in changes]
    if all(was == one.row for was, one in zip(before, changes, strict=True)):
        raise UsageError(NOTHING_CHANGED)
    for one in changes:
        _write(db, one)
    told = [
        json.dumps([{"table": one.table, "key": one.key, "row": row} for one, row in zip(changes, rows, strict=True)], ensure_ascii=False)
        for rows in (before, [one.row for one in changes])
    ]
    cursor = db.execute(
        "insert into edits (at, account_id, subject, action, before, after, why, fiche_id) values (?, ?, ?, ?, ?, ?, ?, ?)",
        (at, account_id, subject[:200], action, *told, why[:500], fiche_id),
    )
    for number in {_fiche_of(one) for one in changes} - {0}:
        index_fiche(db, number)
    return int(cursor.lastrowid or 0)


def note_edit(db: Connection, *, account_id: int, subject: str, action: str, at: str) -> None:
    """Log what has no way back."""
    db.execute(
        "insert into edits (at, account_id, subject, action, before, after) values (?, ?, ?, ?, '[]', '[]')",
        (at, account_id, subject[:200], action),
    )


def undo_edit(db: Connection, *, account_id: int, edit_id: int, at: str) -> None:
    """Bring back the rows of before, if nothing has changed them since; raises UsageError."""
    row = db.execute("select before, after, undone_at, fiche_id from edits where id = ?", (edit_id,)).fetchone()
    if row is None or row[0] == "[]":
        raise UsageError(NO_SUCH_DECISION)
    if row[2]:
        raise UsageError(ALREADY_UNDONE)
    before, after = ([Change(table=one["table"], key=tuple(one["key"]), row=one["row"]) for one in json.loads(text)] for text in row[:2])
    before = [_as_it_was(db, was, became) for was, became in zip(before, after, strict=True)]
    if any(_row(db, one) != one.row for one in after if one.table != "fiches"):
        raise UsageError(CHANGED_MEANWHILE if row[3] is None else CHANGED_SINCE)
    try:
        for one in reversed(before):
            _write(db, one)
    except sqlite3.IntegrityError as exc:  # what was made then serves since, or what it rests on is gone
        raise UsageError(SERVES_SINCE) from exc
    fiches = {_fiche_of(one) for one in (*before, *after)} - {0}
    if quoting_hidden(db, fiches=fiches):
        raise UsageError(QUOTES_HIDDEN)
    must_have_no_twin(db, fiches)
    for fiche_id in fiches:
        index_fiche(db, fiche_id)
    db.execute("update edits set undone_at = ?, undone_by = ? where id = ?", (at, account_id, edit_id))
    if row[3] is not None:  # who has the fiche before him sees that it changed
        db.execute(
            "insert into edits (at, account_id, subject, action, before, after, fiche_id) select ?, ?, subject, ?, '[]', after, fiche_id "
            "from edits where id = ?",
            (at, account_id, UNDONE, edit_id),
        )


_TWIN = """
select theirs.title from fiche_items as own join fiches as mine on mine.id = own.fiche_id
join fiche_items as other on other.item_id = own.item_id and other.role = 'source' and other.fiche_id <> own.fiche_id
join fiches as theirs on theirs.id = other.fiche_id and theirs.kind = mine.kind
where own.fiche_id in (select value from json_each(?)) and own.role = 'source' and mine.state <> 'retiree' and theirs.state <> 'retiree'
and mine.merged_into is null and theirs.merged_into is null limit 1
"""


def must_have_no_twin(db: Connection, fiches: Iterable[int]) -> None:
    """Raise UsageError where one of these fiches lives beside another one that was born of the same article."""
    twin = db.execute(_TWIN, (json.dumps(sorted(fiches)),)).fetchone()
    if twin:
        raise UsageError(FICHE_TWIN.format(title=twin[0]))


def _as_it_was(db: Connection, was: Change, became: Change) -> Change:
    """Return a fiche's own row as it is now but for what the act had changed of it, so that other acts may be undone in any order.

    Raises UsageError where that has changed again, or where a fiche that the act made has. Every other row comes back as a whole.
    """
    if became.table != "fiches" or became.row is None:
        return was
    now = _row(db, became)
    if now is None or (was.row is None and now != became.row):
        raise UsageError(CHANGED_SINCE)
    if was.row is None:
        return was
    changed = {name for name in was.row if was.row[name] != became.row[name]} - {"changed_at"}
    if any(now[name] != became.row[name] for name in changed):
        raise UsageError(CHANGED_SINCE)
    row = now | {name: was.row[name] for name in changed}
    if now["changed_at"] == became.row["changed_at"]:
        row["changed_at"] = was.row["changed_at"]
    return Change(table=was.table, key=was.key, row=row)


def is_of_fiche(db: Connection, edit_id: int) -> bool:
    """Return whether an edit is about a fiche, and one that every curator may undo: what editors alone do, they alone undo."""
    asked = "select 1 from edits where id = ? and fiche_id is not null and action not in ('fiche-withdraw', 'fiche-merge')"
    return db.execute(asked, (edit_id,)).fetchone() is not None


def _fiche_of(one: Change) -> int:
    """Return the fiche that a row is of, 0 for what is of none."""
    if one.table == "fiches":
        return int(one.key[0])
    if one.table == "fiche_lines":
        return int((one.row or {}).get("fiche_id", 0))
    return int(one.key[0]) if one.table in ("fiche_territories", "fiche_tags") else 0


def row_of(db: Connection, table: str, *key: Any) -> Row | None:
    """Return a row as it stands, without what names it."""
    return _row(db, Change(table=table, key=key, row=None))


def _serves(db: Connection, tag: str) -> bool:
    """Return whether anything still names a theme: articles, words, rules, aliases."""
    held = (
        "select 1 from item_tags where tag_id = ?1 union all select 1 from tag_words where tag_id = ?1 union all "
        "select 1 from rules where effect = 'tag' and value = ?1 union all select 1 from tags where alias_of = ?1 union all "
        "select 1 from fiche_tags where tag_id = ?1 limit 1"
    )
    return db.execute(held, (tag,)).fetchone() is not None


def _where(table: str) -> str:
    return " and ".join(f"{name} = ?" for name in _KEYS[table])


def _row(db: Connection, one: Change) -> Row | None:
    cursor = db.cursor()
    cursor.row_factory = None
    found = cursor.execute(f"select * from {one.table} where {_where(one.table)}", one.key).fetchone()  # noqa: S608 - one of ours
    if found is None:
        return None
    held = dict(zip((name for name, *_ in cursor.description), found, strict=True))
    return {name: value for name, value in held.items() if name not in _KEYS[one.table]}


def _write(db: Connection, one: Change) -> None:
    keys = _KEYS[one.table]
    if one.row is None and one.table == "tags" and _serves(db, str(one.key[0])):
        raise UsageError(TAG_SERVES)
    if one.row is None:
        for observed in _OBSERVED.get(one.table, ()):
            db.execute(observed, one.key)
        db.execute(f"delete from {one.table} where {_where(one.table)}", one.key)  # noqa: S608 - one of ours
        return
    held = dict(zip(keys, one.key, strict=True)) | one.row
    names, marks = ", ".join(held), ", ".join("?" for _ in held)
    updates = ", ".join(f"{name} = excluded.{name}" for name in one.row)
    db.execute(
        f"insert into {one.table} ({names}) values ({marks}) on conflict ({', '.join(keys)}) do update set {updates}",  # noqa: S608
        tuple(held.values()),
    )
