"""Accounts of curators: names, roles, sessions, and hashes by a memory-hard function (scrypt, RFC 7914).

A hash never leaves this room. Of a session the file holds a hash too: who reads a copy of the file cannot enter with it.
"""

import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from veille.errors import UsageError
from veille.messages.curating import ACCOUNT_EXISTS, ACCOUNT_UNKNOWN, BAD_ACCOUNT_NAME, LAST_ADMIN, NOTHING_CHANGED, PASSWORD_TOO_SHORT
from veille.moments import stored
from veille.store.connection import Connection, has_table, sqlite3, writing

ROLES = ("curator", "editor", "admin")  # each may do what the one before may
SESSION_LASTS = timedelta(hours=12)
KNOWN_FOR = timedelta(days=30)
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
    keys: bool = True  # whether keys of the keyboard decide


def hash_password(password: str) -> str:
    """scrypt$cost$salt$digest, of the composed form (NFC): keyboards write « é » in one character or in two."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_COST['n']}${salt.hex()}${_digest(unicodedata.normalize('NFC', password), salt, _COST['n']).hex()}"


def _digest(password: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password.encode("utf-8", "surrogatepass"), salt=salt, n=cost, r=_COST["r"], p=_COST["p"], maxmem=1 << 26)


_NOBODY = f"scrypt${_COST['n']}${'00' * 16}${'00' * 64}"  # so that an unknown name takes as long as a wrong password


def add_account(db: Connection, name: str, password: str, role: str, now: datetime) -> None:
    """Raises UsageError for a name or a password that will not do."""
    hashed = hash_given(password, name)
    with writing(db):
        create(db, name, hashed, role, now)


def set_password(db: Connection, name: str, password: str) -> None:
    """A new password; its sessions end. Raises UsageError when there is no such account or the password will not do."""
    hashed = hash_given(password)
    with writing(db):
        change(db, name, "hash", hashed)


def set_role(db: Connection, name: str, role: str) -> None:
    """Another role; its sessions end. Raises UsageError when there is no such account, or when it is the last administrator."""
    with writing(db):
        change(db, name, "role", role)


def disable_account(db: Connection, name: str, now: datetime) -> None:
    """Ends the account and its sessions; its decisions stay. Raises UsageError when there is none."""
    with writing(db):
        change(db, name, "disabled_at", stored(now))


def hash_given(password: str, name: str = "aa") -> str:
    """Return the hash of a password that somebody chose; slow by design. Raises UsageError when it, or the name, will not do."""
    if not _NAME.match(name):
        raise UsageError(BAD_ACCOUNT_NAME)
    if len(password.strip()) < LEAST_PASSWORD:
        raise UsageError(PASSWORD_TOO_SHORT.format(least=LEAST_PASSWORD))
    return hash_password(password)


def create(db: Connection, name: str, hashed: str, role: str, now: datetime) -> None:
    """A new account; the caller holds the transaction. Raises UsageError."""
    if role not in ROLES:
        raise UsageError(NOTHING_CHANGED)
    try:
        db.execute("insert into accounts (name, role, hash, created_at) values (?, ?, ?, ?)", (name, role, hashed, stored(now)))
    except sqlite3.IntegrityError as exc:
        raise UsageError(ACCOUNT_EXISTS.format(name=name)) from exc


_CHANGES = ("hash", "role", "disabled_at")


def change(db: Connection, name: str, column: str, value: str | None) -> None:
    """Another password, another role, an end (or its undoing, None); sessions end. The caller holds the transaction. Raises UsageError."""
    assert column in _CHANGES
    was = db.execute("select role from accounts where name = ?", (name,)).fetchone()
    if was is None:
        raise UsageError(ACCOUNT_UNKNOWN.format(name=name))
    db.execute(f"update accounts set {column} = ? where name = ?", (value, name))  # noqa: S608 - one of ours
    left = db.execute("select 1 from accounts where role = 'admin' and disabled_at is null").fetchone()
    if was[0] == "admin" and not left and column != "hash":
        raise UsageError(LAST_ADMIN)
    _end_sessions(db, name)


def set_keys(db: Connection, account_id: int, *, on: bool) -> None:
    """Whether keys of the keyboard decide for somebody; the caller holds the transaction."""
    db.execute("update accounts set keys = ? where id = ?", (int(on), account_id))


def _end_sessions(db: Connection, name: str) -> None:
    db.execute("delete from sessions where account_id = (select id from accounts where name = ?)", (name,))


def begin_session(db: Connection, account_id: int, now: datetime) -> str:
    """A new session: its token, which only the browser keeps. The caller holds the transaction; sessions that are over go."""
    db.execute("delete from sessions where began_at < ?", (stored(now - SESSION_LASTS),))
    token = secrets.token_urlsafe(32)
    db.execute("insert into sessions (token, account_id, began_at) values (?, ?, ?)", (_mark(token), account_id, stored(now)))
    return token


def end_session(db: Connection, token: str) -> None:
    """The session is over, whoever still holds its token."""
    db.execute("delete from sessions where token = ?", (_mark(token),))


def session_account(db: Connection, token: str, now: datetime) -> Account | None:
    """Whose session it is; None when it is over, or its account disabled."""
    if not has_table(db, "sessions"):
        return None  # a file that waits for its migration
    row = db.execute(
        "select account_id from sessions where token = ? and began_at >= ?", (_mark(token), stored(now - SESSION_LASTS))
    ).fetchone()
    return active_account(db, row[0]) if row else None


def _mark(token: str) -> str:
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=16, person=b"veille-session").hexdigest()


def accounts(db: Connection) -> list[Account]:
    """Return all accounts, by name."""
    keys = "keys" if has_table(db, "sessions") else "1"
    rows = db.execute(f"select id, name, role, created_at, disabled_at, {keys} from accounts order by name")  # noqa: S608 - our own names
    return [
        Account(id=row[0], name=row[1], role=row[2], created_at=row[3], disabled_at=row[4], keys=bool(row[5])) for row in rows
    ]  # fmt: skip


def active_account(db: Connection, account_id: int) -> Account | None:
    """Return an account by its id, None once it is disabled."""
    return next((one for one in accounts(db) if one.id == account_id and one.disabled_at is None), None)


def check_password(db: Connection, name: str, password: str) -> Account | None:
    """Return the account whose password this is; takes as long for an unknown name."""
    account_id, held = held_hash(db, name)
    return active_account(db, account_id) if is_password(password, held) and account_id else None


def held_hash(db: Connection, name: str) -> tuple[int, str]:
    """Return the id and the hash of an account, (0, nobody's) for a name that has none."""
    row = db.execute("select id, hash from accounts where name = ? and disabled_at is null", (name,)).fetchone()
    return (row[0], row[1] or _NOBODY) if row else (0, _NOBODY)  # an account that came with an import has no password yet


def is_password(password: str, held: str) -> bool:
    """Return whether a hash is that of a password; slow by design (0.1 s and 32 MiB, three times that for accents that are no NFC)."""
    _, cost, salt, digest = held.split("$")
    given = password[:1000]
    forms = dict.fromkeys(
        (unicodedata.normalize("NFC", given), given, unicodedata.normalize("NFD", given))
    )  # former hashes: as it was typed
    return any(hmac.compare_digest(_digest(form, bytes.fromhex(salt), int(cost)).hex(), digest) for form in forms)


def is_known(db: Connection, name: str, address: str, now: datetime) -> bool:
    """Return whether somebody signed in to an account from an address lately; `address`: a keyed hash, which names no machine."""
    since = stored(now - KNOWN_FOR)
    held = "select 1 from known_addresses join accounts on id = account_id where name = ? and address = ? and at >= ?"
    return db.execute(held, (name, address, since)).fetchone() is not None


def know(db: Connection, account_id: int, address: str, now: datetime) -> None:
    """Somebody signed in from an address; the caller holds the transaction. What is too old goes."""
    db.execute("delete from known_addresses where at < ?", (stored(now - KNOWN_FOR),))
    db.execute("insert or replace into known_addresses (account_id, address, at) values (?, ?, ?)", (account_id, address, stored(now)))
