"""One fetched answer to the database: read, understand, plan, save.

Comes in: a visit and its answer. Goes out: `Collected`. Used by the collector and the web form.
`prepare` does the thinking without any lock; `keep` writes, inside the caller's transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlite_utils import Database

from veille.identity import Named, Plan, asked_names, name_items, plan
from veille.messages import FOUND_AGAIN
from veille.model import Collected, Fetched, Item, Reading, Source, TaggedItem, Visit
from veille.store.items import known_names, save, shared_names
from veille.understand import Knowledge, understand

Read = Callable[[Source, Fetched, datetime], Reading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An answer that has been read: its items with their labels, not yet kept."""

    visit: Visit
    reading: Reading
    status: int
    received: int
    moved_to: str = ""
    refresh: timedelta | None = None
    tagged: dict[Item, TaggedItem] = field(default_factory=dict)


def prepare(db: Database, visit: Visit, fetched: Fetched, read: Read, knowledge: Knowledge, now: datetime) -> Prepared:
    """Read an answer and understand what is new in it; raises ParseError."""
    source = visit.reads
    reading = read(source, fetched, now)
    _, fresh = _plan(db, source, reading)
    return Prepared(
        visit=visit,
        reading=reading,
        status=fetched.status,
        received=fetched.received,
        moved_to=fetched.moved_to,
        refresh=max(filter(None, (fetched.fresh_for, reading.refresh)), default=None),
        tagged={one.item: understand(one.item, source, knowledge) for one in fresh},
    )


def keep(db: Database, prepared: Prepared, knowledge: Knowledge, *, now: datetime) -> Collected:
    """Write what `prepare` read; the plan is made again, since another writer may have come between."""
    visit, source = prepared.visit, prepared.visit.reads
    todo, fresh = _plan(db, source, prepared.reading)
    tagged = prepared.tagged | {one.item: understand(one.item, source, knowledge) for one in fresh if one.item not in prepared.tagged}
    saved = save(db, todo, tagged, rights=source.rights, first_visit=visit.first, now=now, timezone=source.timezone)
    said = FOUND_AGAIN.format(url=visit.found.url, said=visit.found.said) if visit.again and visit.found else ""
    return Collected(
        new=saved.new, changed=saved.changed, seen=saved.seen, duplicates=saved.duplicates, skipped=prepared.reading.skipped,
        dated=sum(item.published is not None for item in prepared.reading.items), status=prepared.status, received=prepared.received,
        moved_to=prepared.moved_to, refresh=prepared.refresh, upheaval=said,
    )  # fmt: skip


def _plan(db: Database, source: Source, reading: Reading) -> tuple[Plan, list[Named]]:
    items = list(reading.items)
    named, shared = name_items(items, shared_names(db, asked_names(items)))
    todo = plan(source.id, named, known_names(db, (name for one in named for name in one.names)), shared)
    return todo, [*todo.new, *(one for _, one in (*todo.changed, *todo.elsewhere))]
