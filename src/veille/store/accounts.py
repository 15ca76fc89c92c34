"""Accounts of curators: names, roles, and hashes by a memory-hard function (scrypt, RFC 7914).

A hash never leaves this room.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlite_utils import Database
from sqlite_utils.utils import sqlite3

from veille.errors import UsageError
from veille.messages import ACCOUNT_EXISTS, ACCOUNT_UNKNOWN, BAD_ACCOUNT_NAME, PASSWORD_TOO_SHORT
from veille.normalize import stored
from veille.store.connection import Connection, writing

ROLES = ("curator", "editor", "admin")
LEAST_PASSWORD = 10
_COST = {"n": 1 << 15, "r": 8, "p": 1}  # 32 MiB and about 0.1 s a guess
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,38}[a-z0-9]\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    id: int
    name: str
    role: str
    created_at: str
    disabled_at: str | None
    stamp: str  # changes with the password, and tells nothing of it


def hash_password(password: str) -> str:
    """scrypt$cost$salt$digest."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_COST['n']}${salt.hex()}${_digest(password, salt, _COST['n']).hex()}"


def _digest(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=cost, r=_COST["r"], p=_COST["p"], maxmem=1 << 26)


_NOBODY = f"scrypt${_COST['n']}${'00' * 16}${'00' * 64}"  # so that an unknown name takes as long as a wrong password


def add_account(db: Database, name: str, password: str, role: str, now: datetime) -> None:
    """Raises UsageError for a name or a password that will not do."""
    if not _NAME.match(name):
        raise UsageError(BAD_ACCOUNT_NAME)
    if len(password.strip()) < LEAST_PASSWORD:
        raise UsageError(PASSWORD_TOO_SHORT.format(least=LEAST_PASSWORD))
    hashed = hash_password(password)
    try:
        with writing(db):
            db.conn.execute(
                "insert into accounts (name, role, hash, created_at) values (?, ?, ?, ?)",
                (name, role, hashed, stored(now)),
            )
    except sqlite3.IntegrityError as exc:
        raise UsageError(ACCOUNT_EXISTS.format(name=name)) from exc


def set_password(db: Database, name: str, password: str) -> None:
    """A new password; its sessions end. Raises UsageError when there is no such account or the password will not do."""
    if len(password.strip()) < LEAST_PASSWORD:
        raise UsageError(PASSWORD_TOO_SHORT.format(least=LEAST_PASSWORD))
    hashed = hash_password(password)
    with writing(db):
        if not db.conn.execute("update accounts set hash = ? where name = ?", (hashed, name)).rowcount:
            raise UsageError(ACCOUNT_UNKNOWN.format(name=name))


def disable_account(db: Database, name: str, now: datetime) -> None:
    """Ends the account and its sessions; its decisions stay. Raises UsageError when there is none."""
    with writing(db):
        found = db.conn.execute("update accounts set disabled_at = coalesce(disabled_at, ?) where name = ?", (stored(now), name))
        if not found.rowcount:
            raise UsageError(ACCOUNT_UNKNOWN.format(name=name))


def accounts(db: Connection) -> list[Account]:
    """All accounts, by name."""
    rows = db.execute("select id, name, role, created_at, disabled_at, hash from accounts order by name")
    return [
        Account(id=row[0], name=row[1], role=row[2], created_at=row[3], disabled_at=row[4], stamp=_stamp(row[5])) for row in rows
    ]  # fmt: skip


def _stamp(hashed: str) -> str:
    return hashlib.blake2b(hashed.encode(), digest_size=8, person=b"veille-session").hexdigest()


def active_account(db: Connection, account_id: int) -> Account | None:
    """The account of a session, None once it is disabled."""
    return next((one for one in accounts(db) if one.id == account_id and one.disabled_at is None), None)


def check_password(db: Connection, name: str, password: str) -> Account | None:
    """The account whose password this is; takes as long for an unknown name."""
    row = db.execute("select id, hash from accounts where name = ? and disabled_at is null", (name,)).fetchone()
    # An account that came with an import has no password yet: it is nobody's.
    _, cost, salt, digest = (row[1] if row and row[1] else _NOBODY).split("$")
    right = hmac.compare_digest(_digest(password[:1000], bytes.fromhex(salt), int(cost)).hex(), digest)
    return active_account(db, row[0]) if row and right else None
