"""Sources: what feeds.yaml says of them, how they fare, and the alarms that rang."""

import json
from dataclasses import dataclass
from datetime import datetime

from veille.messages.collecting import LEFT_FEEDS
from veille.model import Config, Source
from veille.moments import stored
from veille.store.connection import Connection

_A_FEW = 3  # sources that may leave feeds.yaml at once without a word


def sync_sources(db: Connection, config: Config, *, retire: bool = True, now: datetime | None = None) -> tuple[str, ...]:
    """Make the table say what feeds.yaml says; the caller holds the transaction. Only what differs is written.

    Sources that left are retired, and each rings once. Where more than a third of them (and more than three) left at once, a file that was
    cut in two is likelier: unless somebody says to `retire` them they stay as they are, and their ids are returned.
    """
    before = {row[0]: row[1:] for row in db.execute("select id, name, kind, url, territory, rights, language, home, state from sources")}
    kept = {source.id for source in config.sources}
    followed = sum(row[-1] != "retired" for row in before.values())
    for source in config.sources:
        wanted = (source.name, source.kind, source.url, json.dumps(source.territory), source.rights, source.language, source.home)
        old_id = next((former for former in source.formerly if former in before and source.id not in before), None)
        if old_id:
            _rename(db, old_id, source.id)
            before[source.id] = before.pop(old_id)
        for former in source.formerly:
            if former in before and former not in kept:
                _merge(db, former, source.id)
                before.pop(former)
        if source.id not in before:
            db.execute(
                "insert into sources (id, name, kind, url, territory, rights, language, home, state) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (source.id, *wanted, "new" if source.enabled else "disabled"),
            )
            continue
        name, kind, url, territory, rights, language, home, state = before.pop(source.id)
        if (name, kind, url, territory, rights, language, home) != wanted:
            db.execute(
                "update sources set name = ?, kind = ?, url = ?, territory = ?, rights = ?, language = ?, home = ? where id = ?",
                (*wanted, source.id),
            )
            if (kind, url) != (source.kind, source.url):
                db.execute("delete from validators where source_id = ?", (source.id,))
                db.execute(
                    "update sources set next_visit_at = null, failures = 0, reason = null, state = 'new', rung = '', entries = '[]', "
                    "moved_to = '', moved_visits = 0, found = '' "
                    "where id = ? and state <> 'disabled'",
                    (source.id,),
                )
            if rights != source.rights:
                from veille.store.collecting.items import apply_rights

                apply_rights(db, source.id, source.rights)
        if not source.enabled and state != "disabled":
            db.execute("update sources set state = 'disabled', next_visit_at = null where id = ?", (source.id,))
        elif source.enabled and state in ("disabled", "retired"):
            db.execute("update sources set state = 'new', next_visit_at = null where id = ?", (source.id,))
    gone = sorted(source_id for source_id, row in before.items() if row[-1] != "retired")
    if not retire and len(gone) > _A_FEW and 3 * len(gone) > followed:
        return tuple(gone)
    for source_id in gone:
        db.execute("update sources set state = 'retired', next_visit_at = null where id = ?", (source_id,))
        if now:
            db.execute(
                "insert into alarms (source_id, at, state, reason) values (?, ?, 'retired', ?)", (source_id, stored(now), LEFT_FEEDS)
            )
    return ()


def _merge(db: Connection, old: str, new: str) -> None:
    """A source that turns out to be another one's former self: its items, visits and names go to the one that stays."""
    for table in ("items", "sightings", "visits", "alarms"):
        db.execute(f"update or ignore {table} set source_id = ? where source_id = ?", (new, old))  # noqa: S608 - our own names
    db.execute("delete from sightings where source_id = ?", (old,))
    db.execute("update or ignore addresses set scope = ? where scope = ?", (new, old))
    db.execute("delete from addresses where scope = ?", (old,))
    db.execute("delete from validators where source_id = ?", (old,))
    db.execute("delete from sources where id = ?", (old,))


def _rename(db: Connection, old: str, new: str) -> None:
    """A source takes another id; its items, visits and names follow."""
    db.execute("pragma defer_foreign_keys = on")
    db.execute("update sources set id = ? where id = ?", (new, old))
    for table in ("items", "sightings", "visits", "validators", "alarms"):
        db.execute(f"update {table} set source_id = ? where source_id = ?", (new, old))  # noqa: S608 - our own names
    db.execute("update addresses set scope = ? where scope = ?", (new, old))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source fares; moments are ISO 8601 UTC."""

    id: str
    name: str
    state: str
    reason: str | None
    last_success_at: str | None
    last_item_at: str | None
    next_visit_at: str | None
    since: str | None  # when this state began
    found: str | None  # the address that a discover source found
    forgotten: int = 0  # entries of its last answer that were refused because somebody asked to forget them


def source_states(db: Connection) -> list[SourceState]:
    """Return every source, by id."""
    names = ("id", "name", "state", "reason", "last_success_at", "last_item_at", "next_visit_at", "since", "found", "forgotten")
    rows = db.execute(
        "select id, name, state, reason, last_success_at, last_item_at, next_visit_at, since, nullif(found, ''), forgotten "
        "from sources order by id"
    ).fetchall()
    return [SourceState(**dict(zip(names, row, strict=True))) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something about a source that a person should know: a state that rang, an upheaval, or all well again (`live`)."""

    source_id: str
    at: str
    state: str
    reason: str


def untold_alarms(db: Connection) -> list[tuple[int, Alarm]]:
    """Alarms that nobody was told of, the oldest first."""
    rows = db.execute("select id, source_id, at, state, reason from alarms where told_at is null order by id")
    return [(row[0], Alarm(source_id=row[1], at=row[2], state=row[3], reason=row[4])) for row in rows]


def mark_told(db: Connection, ids: list[int], now: datetime) -> None:
    """These alarms were told; the caller holds the transaction."""
    db.execute("update alarms set told_at = ? where id in (select value from json_each(?))", (stored(now), json.dumps(ids)))


def ensure_source(db: Connection, source: Source, *, state: str) -> None:
    """Hold a source that is in no feeds.yaml (what curators bring), unless it is held; the caller holds the transaction."""
    db.execute(
        "insert or ignore into sources (id, name, kind, url, territory, rights, language, state) values (?, ?, ?, ?, '[]', ?, ?, ?)",
        (source.id, source.name, source.kind, source.url, source.rights, source.language, state),
    )
