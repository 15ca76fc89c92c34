"""The file of the mail: its schema, who may write to it, and whether it is the one that sends.

Comes in: a path. Goes out: a connection whose every commit is on the disk. Beside it stand `.id`, which only the file that sends has, and
a lock: one sender at a time.
"""

import contextlib
import fcntl
import secrets
from collections.abc import Iterator
from pathlib import Path

from veille.errors import StoreError
from veille.messages.common import DATABASE_UNUSABLE
from veille.messages.machine import why
from veille.messages.mailing import COURRIER_NEWER, IS_A_COPY
from veille.store.connection import Connection, sqlite3
from veille.store.partial import open_lock

_STEPS = (
    """
create table settings (key text primary key, value text not null) strict, without rowid;

create table contacts (
    id integer primary key autoincrement, address text not null unique, label text not null default '', made_at text not null,
    confirmed_at text, bounced_at text, stopped_at text
) strict;

create table batches (
    id integer primary key autoincrement, kind text not null check (kind in ('essai', 'confirmation', 'alerte', 'lettre')),
    contact_id integer references contacts(id) on delete set null, day text not null, content text not null, recipients integer not null,
    made_at text not null
) strict;

create unique index batches_day on batches(kind, contact_id, day) where kind = 'alerte';

create table deliveries (
    id integer primary key autoincrement, batch_id integer not null references batches(id),
    contact_id integer references contacts(id) on delete set null, message_id text not null unique,
    state text not null check (state in ('due', 'claimed', 'handing', 'sent', 'later', 'refused', 'uncertain', 'withdrawn', 'held')),
    attempts integer not null default 0, next_at text not null, said text not null default '', at text not null,
    unique (batch_id, contact_id)
) strict;

create index deliveries_next on deliveries(state, next_at);
""",
)


def open_courrier(path: Path) -> Connection:
    """Open the file of the mail, made where it is absent (0600); raises StoreError for one that cannot be used."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = not path.exists()
    with open_lock(path):  # 0600 from its first byte
        pass
    db: Connection = sqlite3.connect(str(path), isolation_level=None, timeout=30)
    try:
        for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on", "secure_delete = on"):
            db.execute(f"pragma {pragma}")
        _bring_up(db, path)
        if made:
            adopt(db, path)
    except sqlite3.Error as exc:
        db.close()
        raise StoreError(DATABASE_UNUSABLE.format(file=path, why=why(exc))) from exc
    return db


def _bring_up(db: Connection, path: Path) -> None:
    with at_once(db):
        (step,) = db.execute("pragma user_version").fetchone()
        if step > len(_STEPS):
            raise StoreError(COURRIER_NEWER.format(file=path))
        for statements in _STEPS[step:]:
            for statement in statements.split(";\n"):
                if statement.strip():
                    db.execute(statement)
        db.execute(f"pragma user_version = {len(_STEPS)}")


@contextlib.contextmanager
def at_once(db: Connection) -> Iterator[None]:
    """One transaction, whole or not at all; on the disk when it ends."""
    db.execute("begin immediate")
    try:
        yield
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("commit")


def id_file(path: Path) -> Path:
    """Return what stands beside the file that sends, and in no copy of it."""
    return path.with_suffix(".id")


def adopt(db: Connection, path: Path) -> None:
    """Make this file the one that sends."""
    token = secrets.token_hex(16)
    with at_once(db):
        db.execute("insert or replace into settings (key, value) values ('id', ?)", (token,))
    beside = id_file(path)
    with open_lock(beside):
        pass
    beside.write_text(token, encoding="ascii")


def must_be_the_sender(db: Connection, path: Path) -> None:
    """Raise StoreError for a copy: a file that was restored, imported or copied sends nothing."""
    row = db.execute("select value from settings where key = 'id'").fetchone()
    try:
        beside = id_file(path).read_text(encoding="ascii")
    except (OSError, UnicodeError):
        beside = ""
    if row is None or row[0] != beside:
        raise StoreError(IS_A_COPY.format(file=path))


@contextlib.contextmanager
def one_sender(path: Path) -> Iterator[bool]:
    """Hold the place of the sender; False where another one is at work. The lock dies with its process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_lock(path.with_suffix(".lock")) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
