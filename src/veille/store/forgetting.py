"""What is let go: what somebody asked to forget, for good, and traces that are old.

Comes in: what to forget, or how long to keep. Goes out: rows deleted, and tombstones (hashes) so that a forgotten article does not
come back. After `forget` the words are in no page of the file nor of its journal; copies made before still hold them.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from veille.errors import StoreError
from veille.french import bare
from veille.identity import grave, graves_of
from veille.messages import FORGET_HELD
from veille.model import Item
from veille.moments import stored
from veille.normalize import canonical
from veille.store.connection import Database, usable, writing
from veille.store.items import unindex_items
from veille.store.learning import unlearn_words
from veille.store.stories import leave_story

_BATCH = 500
_TABLES = (
    "item_tags", "item_territories", "item_dates", "decisions", "versions", "sightings", "bands", "alike", "keywords", "story_decisions",
    "former_labels", "notes", "corrections", "link_checks", "copies", "texts",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """An article that would be forgotten."""

    id: int
    title: str
    source_id: str


def by_address(db: Database, url: str) -> list[Doomed]:
    """The articles known under an address."""
    return _doomed(
        db,
        "id in (select item_id from addresses where kind = 'canonical' and value = :canonical union "
        "select id from items where url = :url union select item_id from sightings where url = :url)",
        {"canonical": canonical(url), "url": url},
    )


def by_source(db: Database, source_id: str) -> list[Doomed]:
    """The articles that a source brought first."""
    return _doomed(db, "source_id = :source", {"source": source_id})


def by_text(db: Database, phrase: str) -> list[Doomed]:
    """The articles whose title, text, page, author or a former version holds a phrase, whatever its capitals and accents."""
    db.conn.create_function("holds", 1, lambda text: _folded(phrase) in _folded(str(text or "")), deterministic=True)
    return _doomed(
        db,
        "holds(title) or holds(author) or exists (select 1 from texts where item_id = items.id and (holds(text) or holds(page))) "
        "or exists (select 1 from versions where item_id = items.id and (holds(title) or holds(text))) "
        "or exists (select 1 from corrections where item_id = items.id and (holds(value) or holds(was))) "
        "or exists (select 1 from notes where item_id = items.id and holds(text)) "
        "or exists (select 1 from copies where item_id = items.id and holds(text))",
        {},
    )


def _folded(text: str) -> str:
    """The words alone, without capitals, accents and what stands between them."""
    return f" {bare(text)} "


def _doomed(db: Database, where: str, given: dict[str, str]) -> list[Doomed]:
    rows = db.conn.execute(f"select id, title, source_id from items where {where} order by id", given)  # noqa: S608 - our own words
    return [Doomed(id=row[0], title=row[1], source_id=row[2]) for row in rows]


def forget(db: Database, ids: list[int], now: datetime) -> None:
    """Delete these articles with all that was said of them, and see that nothing of them stays in the file or its journal."""
    db.conn.execute("pragma secure_delete = on")
    with writing(db):
        for start in range(0, len(ids), _BATCH):
            _bury(db, ids[start : start + _BATCH], stored(now) or "")
        db.conn.execute("insert into items_fts (items_fts) values ('optimize')")
        unlearn_words(db)
    purge(db)


def purge(db: Database) -> None:
    """Write the file anew and empty its journal; raises StoreError while somebody reads what was there before."""
    with usable(db):
        db.conn.execute("vacuum")
        row = db.conn.execute("pragma wal_checkpoint(truncate)").fetchone()
    if row[0]:
        raise StoreError(FORGET_HELD)


def _bury(db: Database, ids: list[int], at: str) -> None:
    wanted = json.dumps(ids)
    names = db.conn.execute(
        "select kind, scope, value from addresses where item_id in (select value from json_each(?))", (wanted,)
    ).fetchall()
    marks = {grave(kind, scope, value) for kind, scope, value in names}
    rows = db.conn.execute(
        "select items.source_id, url, title, text, day, items.fingerprint, language, author from items join texts on item_id = items.id "
        "where items.id in (select value from json_each(?))",
        (wanted,),
    )
    for source_id, url, title, text, day, mark, language, author in rows:
        held = Item(
            source_id=source_id, guid="", url=url, canonical=canonical(url) if url else "", title=title, text=text, author=author,
            published=None, day=day, language=language, fingerprint=mark,
        )  # fmt: skip
        marks.update(graves_of(held))
    db.conn.executemany("insert or ignore into tombstones (kind, hash, at) values (?, ?, ?)", [(*mark, at) for mark in sorted(marks)])
    unindex_items(db, ids)
    for item_id in ids:
        leave_story(db, item_id)
    db.conn.execute("delete from addresses where item_id in (select value from json_each(?))", (wanted,))
    for table in _TABLES:
        db.conn.execute(f"delete from {table} where item_id in (select value from json_each(?))", (wanted,))  # noqa: S608 - our names
    for table in ("alike", "story_decisions"):
        db.conn.execute(f"delete from {table} where other_id in (select value from json_each(?))", (wanted,))  # noqa: S608
    db.conn.execute("delete from items where id in (select value from json_each(?))", (wanted,))
