"""What curators ask of an article's own page: whether its link still leads there, and a copy of its text as evidence.

Functions take a plain connection; those that write run inside the caller's transaction.
"""

import hashlib
from typing import Any

from veille.store.connection import Connection, has_table

OUTCOMES = ("alive", "moved", "gone", "walled", "unknown")
MOST_COPIES = 20


def address_of(db: Connection, item_id: int) -> tuple[str, str] | None:
    """Return the address of an article and the rights of its source."""
    row = db.execute("select items.url, rights from items join sources on sources.id = source_id where items.id = ?", (item_id,)).fetchone()
    return (row[0], row[1]) if row and row[0] else None


def keep_check(db: Connection, item_id: int, outcome: str, said: str, at: str) -> None:
    """What the last look at a link found."""
    assert outcome in OUTCOMES
    db.execute("insert or replace into link_checks (item_id, at, outcome, said) values (?, ?, ?, ?)", (item_id, at, outcome, said[:300]))


def keep_copy(db: Connection, item_id: int, url: str, text: str, at: str) -> str:
    """A copy of a text with its hash (SHA-256) and date; the hash. The same text again is not kept twice."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    if db.execute("select 1 from copies where item_id = ? and hash = ?", (item_id, digest)).fetchone() is None:
        db.execute("insert into copies (item_id, at, url, hash, text) values (?, ?, ?, ?, ?)", (item_id, at, url, digest, text))
        old = "select id from copies where item_id = ? order by id desc limit -1 offset ?"
        db.execute(f"delete from copies where id in ({old})", (item_id, MOST_COPIES))  # noqa: S608 - our own text
    return digest


def evidence(db: Connection, item_id: int) -> dict[str, Any]:
    """Return the last look at a link, and the copies that are kept, the newest first."""
    if not has_table(db, "link_checks"):
        return {"check": None, "copies": []}
    check = db.execute("select at, outcome, said from link_checks where item_id = ?", (item_id,)).fetchone()
    copies = db.execute("select id, at, hash, length(text) from copies where item_id = ? order by id desc", (item_id,)).fetchall()
    return {
        "check": dict(zip(("at", "outcome", "said"), tuple(check), strict=True)) if check else None,
        "copies": [dict(zip(("id", "at", "hash", "size"), tuple(row), strict=True)) for row in copies],
    }


def copy_text(db: Connection, item_id: int, copy_id: int) -> tuple[str, str, str] | None:
    """Return a copy: its text, its hash, its date."""
    row = db.execute("select text, hash, at from copies where item_id = ? and id = ?", (item_id, copy_id)).fetchone()
    return (row[0], row[1], row[2]) if row else None
