"""A store in memory made of items given as JSON objects, by the same code as the real one: for `veille predict`.

Comes in: objects with `id, title, summary?, text, date, source?, departements?`. Goes out: a database and what its ids stand for.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from veille.judge.identity import NOTHING, name_items, plan
from veille.model import Entry, Source
from veille.normalize import to_item
from veille.store.collecting.items import attribute, save
from veille.store.collecting.names import guids_of
from veille.store.collecting.neighbours import count_words
from veille.store.collecting.sources import ensure_source
from veille.store.connection import Connection, connect, migrate, writing
from veille.understand.knowledge import Knowledge
from veille.understand.labels import understand


def store_of_items(rows: Iterable[dict[str, Any]], knowledge: Knowledge, now: datetime) -> tuple[Connection, dict[int, Any]]:
    """Every object is one item, whatever its text, of its `source` or of one of its own; the second value gives each item's own id back."""
    db = connect(":memory:")
    migrate(db, knowledge, now)
    source = Source(id="memoire", name="", kind="feed", url="https://exemple.fr/", rights="full")
    ensure_source(db, source, state="live")
    given: list[Any] = []
    placed: list[list[str]] = []
    sources: list[str] = []
    items = []
    for row in rows:
        text = "\n".join(part for part in (row.get("summary"), row.get("text")) if isinstance(part, str) and part)
        entry = Entry(
            guid=str(len(given)), title=str(row.get("title") or ""), content=text, published=str(row.get("date") or ""),
            title_is_text=True, body_is_text=True,
        )  # fmt: skip
        item = to_item(source, entry)
        if item is not None:
            items.append(item)
            given.append(row.get("id"))
            sources.append(str(row.get("source") or f"memoire-{len(given)}"))
            codes = row.get("departements")
            placed.append([code for code in codes if code in knowledge.departements] if isinstance(codes, list) else [])
    named, _ = name_items(items, frozenset())  # every guid is its own: none is shared, none is known
    with writing(db):
        todo = plan(source.id, named, NOTHING)
        tagged = {one.item: understand(one.item, source, knowledge) for one in todo.new}
        save(db, todo, tagged, rights="full", now=now, timezone=source.timezone)
    guids = guids_of(db)
    order = {int(one.item.guid): place for place, one in enumerate(named)}
    with writing(db):
        for name in sources:
            ensure_source(db, Source(id=name, name="", kind="feed", url="", rights="full"), state="live")
        attribute(db, {item_id: (sources[order[guid]], placed[order[guid]]) for item_id, guid in guids.items()})
    count_words(db, knowledge.place_words, lambda: writing(db))
    return db, {item_id: given[order[guid]] for item_id, guid in guids.items()}
