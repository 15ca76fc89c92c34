"""The log of curators as a page shows it: one line a gesture, the newest first. Reading only."""

from typing import Any

from veille.store.connection import Connection

PAGE = 50
# Each log is read from its end only as far as the page goes.
_GESTURES = """
select * from (select 'decision' as what, decisions.id as id, at, name, action, undone_at, item_id as about, after, why
    from decisions join accounts on accounts.id = account_id where (batch is null or batch = decisions.id) and :account in ('', name)
    order by decisions.id desc limit :upto)
union all
select * from (select 'edit', edits.id, at, name, action, undone_at, subject, before, why
    from edits join accounts on accounts.id = account_id where :account in ('', name) order by edits.id desc limit :upto)
order by at desc, id desc limit :most offset :first
"""


def journal(db: Connection, *, account: str = "", page: int = 1, size: int = PAGE) -> tuple[list[dict[str, Any]], bool]:
    """Gestures of everybody, or of one account by its name; whether there are older ones."""
    first = (page - 1) * size
    given = {"account": account, "most": size + 1, "first": first, "upto": first + size + 1}
    rows = db.execute(_GESTURES, given).fetchall()
    names = ("what", "id", "at", "name", "action", "undone_at", "about", "after", "why")
    found = [dict(zip(names, tuple(row), strict=True)) for row in rows[:size]]
    for one in found:
        if one["what"] == "edit":
            one |= {"subject": one["about"], "undoable": not one["undone_at"] and one["after"] != "[]"}
            continue
        title, count, standing = db.execute(
            "select (select title from items where id = ?1), max(1, (select count(*) from decisions where batch = ?2)), "
            "exists (select 1 from decisions where (batch = ?2 or id = ?2) and undone_at is null)",
            (one["about"], one["id"]),
        ).fetchone()
        one |= {"item": one["about"], "title": title, "count": count, "undoable": bool(standing)}
    return found, len(rows) > size
