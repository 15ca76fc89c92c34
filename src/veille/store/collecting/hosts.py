"""Sites: what they asked of robots, how often each was asked, by day, and what our robot says of itself."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta

from veille.model import Access, Config, HostNote, Proxy
from veille.moments import stored
from veille.store.connection import Connection, Database

_GROWN = 4  # times as many articles as when words were last counted


def host_notes(db: Database) -> list[HostNote]:
    """What every site asked for so far."""
    rows = db.conn.execute("select host, robots, robots_at, wait_until from hosts")
    return [HostNote(host=host, robots=robots, robots_at=_moment(at), wait_until=_moment(until)) for host, robots, at, until in rows]


def keep_notes(db: Database, notes: list[HostNote], asked: dict[str, int], now: datetime) -> None:
    """Keep what sites ask for, and add the requests of today (UTC); the caller holds the transaction."""
    db.conn.executemany(
        "insert into hosts (host, robots, robots_at, wait_until) values (?, ?, ?, ?) on conflict (host) do update set "
        "robots = excluded.robots, robots_at = excluded.robots_at, wait_until = excluded.wait_until",
        [(note.host, note.robots, stored(note.robots_at), stored(note.wait_until)) for note in notes],
    )
    day = now.date().isoformat()
    db.conn.executemany(
        "insert into requests (host, day, requests) values (?, ?, ?) "
        "on conflict (day, host) do update set requests = requests + excluded.requests",
        [(host, day, count) for host, count in asked.items()],
    )


def forget_old_requests(db: Database, now: datetime, kept: timedelta) -> None:
    """Let go of old counts; the caller holds the transaction."""
    db.conn.execute("delete from requests where day < ?", ((now - kept).date().isoformat(),))


def requests_by_host(db: Connection, since: str, *, most: int = 500) -> list[tuple[str, int, int, str]]:
    """Host, requests since a day, the most in one day, that day; the most asked first."""
    rows = db.execute(
        "select host, sum(requests), max(requests), day from requests where day >= ? group by host order by 2 desc, 1 limit ?",
        (since, most),
    )
    return [tuple(row) for row in rows]


def remember_settings(db: Database, **values: str) -> None:
    """What the collector tells the site of itself; the caller holds the transaction."""
    db.conn.executemany(
        "insert into settings (key, value) values (?, ?) on conflict (key) do update set value = excluded.value", values.items()
    )


def setting(db: Connection, key: str) -> str:
    """One of these, "" when it was never told."""
    row = db.execute("select value from settings where key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def remember_access(db: Database, config: Config) -> None:
    """How the collector reaches sites, for the site to go the same way: names of variables, never what they hold."""
    own = {one.id: one.access for one in config.sources if one.access != Access(proxy=config.proxy)}
    told = {"": Access(proxy=config.proxy), **own} if own or config.proxy.url else {}
    remember_settings(db, access=json.dumps({name: asdict(access) for name, access in told.items()}) if told else "")


def access_to(db: Connection, source_id: str = "") -> Access:
    """How a source is reached, or any other address."""
    said = json.loads(setting(db, "access") or "{}")
    row = said.get(source_id) or said.get("")
    if not row:
        return Access()
    proxy = Proxy(**(row["proxy"] | {"no_proxy": tuple(row["proxy"]["no_proxy"])}))
    return Access(proxy=proxy, headers=tuple((name, variable) for name, variable in row["headers"]), origin=row["origin"])


def has_outgrown(db: Connection) -> bool:
    """Whether four times as many articles were ever kept as when words were last counted."""
    (last,) = db.execute("select coalesce(max(id), 0) from items").fetchone()
    return bool(last >= max(1, _GROWN * int(setting(db, "counted_at") or 0)))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
