"""The base as somebody who looks after it wants to know it: whether it is one of ours, whole, of this version; its collections, accounts.

Comes in: a path. Goes out: `Examined`. The file is read alone: nothing is made, migrated or waited for.
"""

import contextlib
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from veille.errors import is_torn_schema
from veille.store.connection import described, is_of_veille, sqlite3
from veille.store.keeping.installation import collects_by_itself, has_administrator
from veille.store.keeping.wellbeing import ILL, is_whole

VERSION: str = sqlite3.sqlite_version
HAS_SAFE_WAL: bool = sqlite3.sqlite_version_info >= (3, 51, 3)
_LOOK = 5.0  # seconds for looking through the file
# What a file may be: absent, folder, no-database, locked, damaged, unreadable, other, newer, or one of ours.
OURS = ("older", "well")


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The collections that a file remembers."""

    began: datetime | None  # the last one
    ended: datetime | None
    last_good: datetime | None  # when the last one that ended did
    follow: bool  # they follow each other
    ill: int  # sources
    sources: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a file is (`state`), and what it holds where it is one of ours."""

    state: str
    why: str = ""
    items: int = 0
    looked_through: bool = True  # False: it is too large for the time that is given
    runs: Runs | None = None
    accounts: int = 0
    administrator: bool = False


def has_full_text_search() -> bool:
    """Return whether this SQLite can search words (FTS5)."""
    try:
        with contextlib.closing(sqlite3.connect(":memory:")) as db:
            db.execute("create virtual table words using fts5(word)")
    except sqlite3.Error:
        return False
    return True


def examine(path: Path, now: datetime) -> Examined:
    """Return what a file is; raises nothing."""
    if path.is_dir():
        return Examined(state="folder")
    if not path.exists():
        return Examined(state="absent")
    try:
        with contextlib.closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)) as db:
            return _examined(db, now)
    except (sqlite3.Error, UnicodeDecodeError, OSError) as exc:
        why = str(exc)
        told = (("not a database", "no-database"), ("locked", "locked"), ("malformed", "damaged"))
        state = "damaged" if is_torn_schema(exc) else next((state for word, state in told if word in why), "unreadable")
        return Examined(state=state, why=why)


def _examined(db: Any, now: datetime) -> Examined:
    from veille.store.schema import migrations

    if db.execute("select count(*) from sqlite_master").fetchone()[0] == 0:
        return Examined(state="absent")
    if not is_of_veille(db):
        return Examined(state="other")
    known = {step.name for step in migrations.pending(described()(memory=True))}
    applied = {row[0] for row in db.execute("select name from _sqlite_migrations where migration_set = 'veille'")}
    if applied - known:
        return Examined(state="newer")
    whole = _is_whole(db)
    if whole is False:
        return Examined(state="damaged", why="quick_check")
    return Examined(
        state="older" if known - applied else "well",
        items=db.execute("select count(*) from items").fetchone()[0],
        looked_through=whole is not None,
        runs=_runs(db, now),
        accounts=db.execute("select count(*) from accounts where disabled_at is null").fetchone()[0],
        administrator=has_administrator(db),
    )


def _is_whole(db: Any) -> bool | None:
    """Return whether nothing is damaged, None where that takes too long."""
    latest = time.monotonic() + _LOOK
    db.set_progress_handler(lambda: int(time.monotonic() > latest), 100_000)
    try:
        return is_whole(db)
    except sqlite3.OperationalError as exc:
        if "interrupted" not in str(exc):
            raise
        return None
    finally:
        db.set_progress_handler(None, 0)


def _runs(db: Any, now: datetime) -> Runs:
    began, ended = db.execute("select started_at, ended_at from runs order by id desc limit 1").fetchone() or (None, None)
    good = db.execute("select max(ended_at) from runs").fetchone()[0]
    states = dict(db.execute("select state, count(*) from sources where state not in ('retired', 'disabled') group by state").fetchall())
    return Runs(
        began=_moment(began), ended=_moment(ended), last_good=_moment(good), follow=collects_by_itself(db, now),
        ill=sum(states.get(state, 0) for state in ILL), sources=sum(states.values()),
    )  # fmt: skip


def _moment(kept: str | None) -> datetime | None:
    return datetime.fromisoformat(kept) if kept else None
