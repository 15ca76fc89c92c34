"""Sites: what they asked of robots, how often each was asked, by day, and what our robot says of itself."""

from datetime import datetime, timedelta

from veille.model import HostNote
from veille.moments import stored
from veille.store.connection import Connection


def host_notes(db: Connection) -> list[HostNote]:
    """Return what every site asked for so far."""
    rows = db.execute("select host, robots, robots_at, wait_until from hosts")
    return [HostNote(host=host, robots=robots, robots_at=_moment(at), wait_until=_moment(until)) for host, robots, at, until in rows]


def keep_notes(db: Connection, notes: list[HostNote], asked: dict[str, int], now: datetime) -> None:
    """Keep what sites ask for, and add the requests of today (UTC); the caller holds the transaction."""
    db.executemany(
        "insert into hosts (host, robots, robots_at, wait_until) values (?, ?, ?, ?) on conflict (host) do update set "
        "robots = excluded.robots, robots_at = excluded.robots_at, wait_until = excluded.wait_until",
        [(note.host, note.robots, stored(note.robots_at), stored(note.wait_until)) for note in notes],
    )
    day = now.date().isoformat()
    db.executemany(
        "insert into requests (host, day, requests) values (?, ?, ?) "
        "on conflict (day, host) do update set requests = requests + excluded.requests",
        [(host, day, count) for host, count in asked.items()],
    )


def forget_old_requests(db: Connection, now: datetime, kept: timedelta) -> None:
    """Let go of old counts; the caller holds the transaction."""
    db.execute("delete from requests where day < ?", ((now - kept).date().isoformat(),))


def requests_by_host(db: Connection, since: str, *, most: int = 500) -> list[tuple[str, int, int, str]]:
    """Host, requests since a day, the most in one day, that day; the most asked first."""
    rows = db.execute(
        "select host, sum(requests), max(requests), day from requests where day >= ? group by host order by 2 desc, 1 limit ?",
        (since, most),
    )
    return [tuple(row) for row in rows]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
