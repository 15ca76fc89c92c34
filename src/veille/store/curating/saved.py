"""Searches that curators named: shared or not, put on one's queue, with what is new in them since the last visit.

Functions take a plain connection; those that write run inside the caller's transaction.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from veille.errors import UsageError
from veille.messages.curating import BAD_SEARCH_NAME, NO_SUCH_SEARCH, TOO_MANY_SEARCHES
from veille.store.connection import Connection

LONGEST_NAME, LONGEST_QUERY, MOST = 80, 2_000, 200


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A named search; `query` as in an address."""

    id: int
    owner: str
    own: bool
    name: str
    query: str
    shared: bool
    pinned: bool


def save_search(db: Connection, account_id: int, name: str, query: str, at: str) -> int:
    """Raises UsageError for a name or a search that will not do."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or len(query) > LONGEST_QUERY:
        raise UsageError(BAD_SEARCH_NAME.format(most=LONGEST_NAME))
    if db.execute("select count(*) from searches where account_id = ?", (account_id,)).fetchone()[0] >= MOST:
        raise UsageError(TOO_MANY_SEARCHES.format(most=MOST))
    sql = "insert into searches (account_id, name, query, at) values (?, ?, ?, ?)"
    return int(db.execute(sql, (account_id, name, query, at)).lastrowid or 0)


def change_search(db: Connection, account_id: int, search_id: int, change: str) -> None:
    """share, unshare, pin, unpin or delete one's own search; raises UsageError when it is not one's own."""
    changes = {
        "share": "update searches set shared = 1", "unshare": "update searches set shared = 0", "pin": "update searches set pinned = 1",
        "unpin": "update searches set pinned = 0", "delete": "delete from searches",
    }  # fmt: skip
    if change not in changes or not db.execute(f"{changes[change]} where id = ? and account_id = ?", (search_id, account_id)).rowcount:
        raise UsageError(NO_SUCH_SEARCH)


def saved_searches(db: Connection, account_id: int) -> list[SavedSearch]:
    """One's own searches, and those that others share, by name."""
    rows = db.execute(
        "select searches.id, accounts.name, account_id = ?1, searches.name, query, shared, pinned from searches "
        "join accounts on accounts.id = account_id where account_id = ?1 or shared order by account_id <> ?1, searches.name, searches.id",
        (account_id,),
    )
    return [
        SavedSearch(id=row[0], owner=row[1], own=bool(row[2]), name=row[3], query=row[4], shared=bool(row[5]), pinned=bool(row[6]))
        for row in rows
    ]  # fmt: skip


def arrive(db: Connection, account_id: int, now: str) -> None:
    """Somebody signs in: what was the last visit is the one before."""
    db.execute("update accounts set former_visit_at = visited_at, visited_at = ? where id = ?", (now, account_id))


def stay(db: Connection, account_id: int, now: str) -> None:
    """Somebody is still there, or leaves now."""
    db.execute("update accounts set visited_at = ? where id = ?", (now, account_id))


def last_visit(db: Connection, account_id: int) -> str:
    """When the visit before this one ended, "" for the first."""
    row = db.execute("select coalesce(former_visit_at, '') from accounts where id = ?", (account_id,)).fetchone()
    return str(row[0]) if row else ""


def count_since(db: Connection, item_ids: Iterable[int], since: str) -> int:
    """Return how many of these articles were first seen after a moment (UTC, as the store keeps it)."""
    sql = "select count(*) from items where id in (select value from json_each(?)) and first_seen_at > ?"
    return int(db.execute(sql, (json.dumps(list(item_ids)), since)).fetchone()[0])
