"""How veille itself fares, for a monitor outside: runs, sources, the file. Reading only."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from veille.store.connection import Connection

LATE = timedelta(hours=26)  # a run a day at least, and two hours of grace
ILL = ("gone", "failing", "selector-missed", "blocked", "robots", "moved", "empty", "quiet")


def wellbeing(db: Connection, now: datetime) -> dict[str, Any]:
    """Return the last run, the last good one (it ended), alarms by state, sizes, the migrations of the file; `well` in one word."""
    last = db.execute("select id, started_at, ended_at, due, failed, new from runs order by id desc limit 1").fetchone()
    good = db.execute("select started_at, ended_at from runs where ended_at is not null order by id desc limit 1").fetchone()
    states = dict(map(tuple, db.execute("select state, count(*) from sources group by state order by state").fetchall()))
    steps = [row[0] for row in db.execute("select name from _sqlite_migrations where migration_set = 'veille' order by name")]
    path = Path(db.execute("select file from pragma_database_list where name = 'main'").fetchone()[0] or "/")
    late = good is None or now - datetime.fromisoformat(good[1]) > LATE
    return {
        "well": not late,
        "late": late,
        "now": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "last_run": last and dict(zip(("run", "started_at", "ended_at", "due", "failed", "new"), last, strict=True)),
        "last_good_run": good and {"started_at": good[0], "ended_at": good[1]},
        "alarms": {state: states[state] for state in ILL if state in states},
        "sources": states,
        "untold_alarms": db.execute("select count(*) from alarms where told_at is null").fetchone()[0],
        "articles": db.execute("select count(*) from items").fetchone()[0],
        "file_bytes": _size(path),
        "journal_bytes": _size(path.with_name(path.name + "-wal")),
        "schema": steps,
    }


def is_whole(db: Connection) -> bool:
    """Return whether SQLite finds the file whole, as far as it gets in the time that it is given."""
    return all(row[0] == "ok" for row in db.execute("pragma quick_check(1)").fetchall())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
