"""The log of curators as a page shows it: one line a gesture, the newest first. Reading only."""

from typing import Any

from veille.store.connection import Connection

PAGE = 50
_GESTURES = """
select 'decision' as what, id, at, account_id, action, undone_at, item_id, after, why from decisions where (batch is null or batch = id)
union all
select 'edit', id, at, account_id, action, undone_at, subject, before, why from edits
"""


def journal(db: Connection, *, account: str = "", page: int = 1, size: int = PAGE) -> tuple[list[dict[str, Any]], bool]:
    """Gestures of everybody, or of one account by its name; whether there are older ones."""
    rows = db.execute(
        f"select what, gestures.id, at, name, action, undone_at, item_id, after, why from ({_GESTURES}) as gestures "  # noqa: S608
        "join accounts on accounts.id = account_id where :account in ('', name) "
        "order by at desc, gestures.id desc limit :most offset :first",
        {"account": account, "most": size + 1, "first": (page - 1) * size},
    ).fetchall()
    names = ("what", "id", "at", "name", "action", "undone_at", "about", "after", "why")
    found = [dict(zip(names, tuple(row), strict=True)) for row in rows[:size]]
    for one in found:
        if one["what"] == "edit":
            one |= {"subject": one["about"], "undoable": not one["undone_at"] and one["after"] != "[]"}
            continue
        title, count, standing = db.execute(
            "select (select title from items where id = ?1), max(1, (select count(*) from decisions where batch = ?2)), "
            "exists (select 1 from decisions where coalesce(batch, id) = ?2 and undone_at is null)",
            (one["about"], one["id"]),
        ).fetchone()
        one |= {"item": one["about"], "title": title, "count": count, "undoable": bool(standing)}
    return found, len(rows) > size
