"""Values that are valid by default; override what matters."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from veille.collect.intake import keep, prepare
from veille.model import Collected, Entry, Fetched, Item, Reading, Source, Validators, Visit
from veille.normalize import to_item
from veille.store import writing
from veille.store.connection import Connection
from veille.understand.knowledge import Knowledge

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)  # of most tests


def make_source(**given: Any) -> Source:
    values = {"id": "gironde", "name": "Gironde, actualités", "kind": "feed", "url": "https://gironde.example.fr/rss"} | given
    return Source(**{"every": timedelta(hours=6), **values})  # type: ignore[arg-type]


def make_entry(**given: Any) -> Entry:
    values = {
        "guid": "g1",
        "link": "https://gironde.example.fr/actu/un-accueil",
        "title": "Un accueil social repensé",
        "summary": "Trois maisons des solidarités ont revu leurs salles d’attente avec les habitants.",
        "published": "2026-11-20T08:00:00Z",
    }
    return Entry(**(values | given))


def make_item(source: Source | None = None, **given: Any) -> Item:
    item = to_item(source or make_source(), make_entry(**given))
    assert item is not None
    return item


def make_fetched(body: bytes | str = b"", **given: Any) -> Fetched:
    values = {
        "url": "https://gironde.example.fr/rss",
        "status": 200,
        "content_type": "application/xml; charset=utf-8",
        "body": body.encode() if isinstance(body, str) else body,
        "received": len(body),
        "validators": Validators(),
    }
    return Fetched(**(values | given))


def register(db: Connection, source: Source) -> None:
    """The row of a source, as `sync_sources` would write it."""
    db.execute(
        "insert or ignore into sources (id, name, kind, url, territory, rights, language, home, state) values (?, ?, ?, ?, ?, ?, ?, ?, 'new')",
        (source.id, source.name, source.kind, source.url, json.dumps(source.territory), source.rights, source.language, source.home),
    )


def collect_entries(
    db: Connection, source: Source, entries: list[Entry], knowledge: Knowledge, now: datetime, *, first: bool = False
) -> Collected:
    """One answer of a source with these entries, through the real intake."""
    register(db, source)
    items = [to_item(source, entry) for entry in entries]
    reading = Reading(items=tuple(item for item in items if item), skipped=items.count(None))
    prepared = prepare(db, Visit(source=source, first=first), make_fetched(b"x"), reading, knowledge, now=now)
    with writing(db):
        return keep(db, prepared, knowledge, now=now)


def dump(db: Connection) -> dict[str, list[Any]]:
    """Every row of every table, the index included; but not in what order they came to be so (`item_changes`)."""
    tables = db.execute("select name from sqlite_master where type = 'table' and name <> 'item_changes' order by name")
    names = [row[0] for row in tables]
    return {name: sorted(map(repr, db.execute(f"select * from [{name}]").fetchall())) for name in names}
