"""One fetched answer to the database: parse, normalise, understand, plan, save.

Comes in: a visit and its answer. Goes out: `Collected`. Used by the collector and the web form.
`prepare` does the thinking without any lock; `keep` writes, inside the caller's transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlite_utils import Database

from veille.identity import Named, Plan, name_items, plan
from veille.model import Collected, Fetched, Item, ParsedFeed, Selectors, Source, TaggedItem
from veille.normalize import to_item
from veille.store.items import known_names, save, shared_names
from veille.understand import Knowledge, understand

Parse = Callable[[str, Fetched, Selectors | None], ParsedFeed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An answer that has been read: its items with their labels, not yet kept."""

    source: Source
    items: tuple[Item, ...]
    skipped: int
    status: int
    received: int
    tagged: dict[Item, TaggedItem] = field(default_factory=dict)


def prepare(db: Database, source: Source, fetched: Fetched, parse: Parse, knowledge: Knowledge) -> Prepared:
    """Read an answer and understand what is new in it; raises ParseError."""
    parsed = parse("page" if source.kind == "page" else "feed", fetched, source.select)
    read = [to_item(source, entry) for entry in parsed.entries]
    items = tuple(item for item in read if item is not None)
    _, fresh = _plan(db, source, items)
    return Prepared(
        source=source,
        items=items,
        skipped=parsed.skipped + len(read) - len(items),
        status=fetched.status,
        received=fetched.received,
        tagged={one.item: understand(one.item, source, knowledge) for one in fresh},
    )


def keep(db: Database, prepared: Prepared, knowledge: Knowledge, *, first_visit: bool, now: datetime) -> Collected:
    """Write what `prepare` read; the plan is made again, since another writer may have come between."""
    source = prepared.source
    todo, fresh = _plan(db, source, prepared.items)
    tagged = prepared.tagged | {one.item: understand(one.item, source, knowledge) for one in fresh if one.item not in prepared.tagged}
    saved = save(db, todo, tagged, source_id=source.id, rights=source.rights, first_visit=first_visit, now=now)
    return Collected(
        new=saved.new, changed=saved.changed, seen=saved.seen, duplicates=saved.duplicates, skipped=prepared.skipped,
        status=prepared.status, received=prepared.received,
    )  # fmt: skip


def _plan(db: Database, source: Source, items: tuple[Item, ...]) -> tuple[Plan, list[Named]]:
    named, shared = name_items(list(items), shared_names(db, source.id))
    todo = plan(source.id, named, known_names(db, (name for one in named for name in one.asked)), shared)
    return todo, [*todo.new, *(one for _, one in (*todo.changed, *todo.elsewhere))]
