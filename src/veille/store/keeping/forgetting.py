"""What is let go: what somebody asked to forget, for good, and traces that are old.

Comes in: what to forget, or how long to keep. Goes out: rows deleted, and tombstones (hashes) so that a forgotten article does not
come back. After `forget` the words are in no page of the file nor of its journal; copies made before still hold them.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from veille.errors import StoreError
from veille.french import bare
from veille.judge.identity import TELLING, Name, grave, own_graves
from veille.messages.keeping import FORGET_HELD
from veille.messages.sharing import SOURCE_FORGOTTEN
from veille.model import Item
from veille.moments import stored
from veille.normalize import canonical
from veille.owners import rank_among
from veille.store.collecting.items import unindex_items
from veille.store.collecting.names import places_of
from veille.store.collecting.stories import leave_story
from veille.store.connection import Connection, usable, writing
from veille.store.curating.learning import unlearn_words
from veille.store.fiche_index import index_fiche

_BATCH = 500
_TABLES = (
    "item_tags", "item_territories", "item_dates", "decisions", "versions", "sightings", "bands", "alike", "keywords", "story_decisions",
    "former_labels", "notes", "corrections", "link_checks", "copies", "texts", "fiche_items",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """An article that would be forgotten."""

    id: int
    title: str
    source_id: str


def by_address(db: Connection, url: str) -> list[Doomed]:
    """Return the articles known under an address."""
    return _doomed(
        db,
        "id in (select item_id from addresses where kind = 'canonical' and value = :canonical union "
        "select id from items where url = :url union select item_id from sightings where url = :url)",
        {"canonical": canonical(url), "url": url},
    )


def by_source(db: Connection, source_id: str) -> list[Doomed]:
    """Return the articles that a source brought first."""
    return _doomed(db, "source_id = :source", {"source": source_id})


def by_text(db: Connection, phrase: str) -> list[Doomed]:
    """Return the articles whose title, text, page, author or a former version holds a phrase, whatever its capitals and accents."""
    db.create_function("holds", 1, lambda text: _folded(phrase) in _folded(str(text or "")), deterministic=True)
    return _doomed(
        db,
        "holds(title) or holds(author) or exists (select 1 from texts where item_id = items.id and (holds(text) or holds(page))) "
        "or exists (select 1 from versions where item_id = items.id and (holds(title) or holds(text))) "
        "or exists (select 1 from corrections where item_id = items.id and (holds(value) or holds(was))) "
        "or exists (select 1 from notes where item_id = items.id and holds(text)) "
        "or exists (select 1 from copies where item_id = items.id and holds(text))",
        {},
    )


def _is_told_elsewhere(db: Connection, name: Name, item_id: int, source_id: str) -> bool:
    """Return whether another source tells of something at an address."""
    row = db.execute(
        "select exists (select 1 from sightings where item_id = :item and source_id <> :source) or exists (select 1 from sources "
        "cross join addresses on addresses.kind in ('canonical', 'shared') and scope = sources.id "
        "and value = case addresses.kind when 'shared' then :shared else :value end where sources.id <> :source)",
        {"item": item_id, "source": source_id, "value": name.value, "shared": f"{name.kind} {name.value}"},
    ).fetchone()
    return bool(row[0])


def _is_said_elsewhere(db: Connection, item_id: int, source_id: str, mark: str, doomed: str) -> bool:
    """Return whether another source sighted an article, or one that stays has its title and text."""
    row = db.execute(
        "select exists (select 1 from sightings where item_id = :item and source_id <> :source) or exists (select 1 from items "
        "where fingerprint = :mark and id not in (select value from json_each(:doomed)))",
        {"item": item_id, "source": source_id, "mark": mark, "doomed": doomed},
    ).fetchone()
    return bool(row[0])


def _folded(text: str) -> str:
    """Return the words alone, without capitals, accents and what stands between them."""
    return f" {bare(text)} "


def _doomed(db: Connection, where: str, given: dict[str, str]) -> list[Doomed]:
    rows = db.execute(f"select id, title, source_id from items where {where} order by id", given)  # noqa: S608 - our own words
    return [Doomed(id=row[0], title=row[1], source_id=row[2]) for row in rows]


# Where fiches hold words that somebody wrote.
_SAYING = """
select id from fiches where holds(title) union
select fiche_id from fiche_lines where holds(text) or holds(declared_by) or holds(source_url) union
select from_id from fiche_links where holds(reason) union
select fiche_id from fiche_items where holds(reason) union
select fiche_id from fiche_territories where holds(reason) union
select fiche_id from fiche_tags where holds(reason) union
select edits.fiche_id from edits where edits.fiche_id is not null and (holds(before) or holds(after) or holds(why)) order by 1
"""
_REASONED = ("fiche_links", "fiche_items", "fiche_territories", "fiche_tags")


def fiches_that_say(db: Connection, phrase: str) -> list[int]:
    """Return the fiches that hold a phrase, in whatever somebody wrote of them, whatever its capitals and accents."""
    db.create_function("holds", 1, lambda text: _folded(phrase) in _folded(str(text or "")), deterministic=True)
    return [row[0] for row in db.execute(_SAYING).fetchall()]


def _forget_lines(db: Connection, phrase: str) -> None:
    """Delete the lines that hold a phrase, their sources' names included, and what the log kept; a title or a reason that holds it goes."""
    for fiche_id in fiches_that_say(db, phrase):
        lines = "select id from fiche_lines where fiche_id = ? and (holds(text) or holds(declared_by) or holds(source_url))"
        db.execute(f"delete from line_checks where line_id in ({lines})", (fiche_id,))  # noqa: S608 - our own words
        db.execute(f"update fiche_links set line_id = null where line_id in ({lines})", (fiche_id,))  # noqa: S608
        db.execute(f"delete from fiche_lines where id in ({lines})", (fiche_id,))  # noqa: S608
        db.execute("update fiches set title = ?, state = 'brouillon' where id = ? and holds(title)", (SOURCE_FORGOTTEN, fiche_id))
        for table in _REASONED:
            own = "from_id" if table == "fiche_links" else "fiche_id"
            db.execute(f"update {table} set reason = '' where {own} = ? and holds(reason)", (fiche_id,))  # noqa: S608
        db.execute("delete from edits where fiche_id = ?", (fiche_id,))
        _take_back_empty(db, fiche_id)
        index_fiche(db, fiche_id)


def _take_back_empty(db: Connection, fiche_id: int) -> None:
    """A fiche of which nothing is shown any more is a draft again."""
    db.execute(
        "update fiches set state = 'brouillon' where id = ?1 and state = 'publiee' "
        "and not exists (select 1 from fiche_lines where fiche_id = ?1 and fiche_lines.state = 'montree')",
        (fiche_id,),
    )


def _set_lines_aside(db: Connection, ids: list[int], wanted: str) -> None:
    """Lines whose article is forgotten wait for a curator, and name no source any more; the log does not bring it back, nor a title."""
    forgotten = {int(one) for one in ids}
    touched = {
        row[0]
        for row in db.execute(
            "select fiche_id from fiche_lines where source_item in (select value from json_each(?1)) union "
            "select fiche_id from fiche_items where item_id in (select value from json_each(?1))",
            (wanted,),
        )
    }
    db.execute(
        "update fiche_lines set source_item = null, copy_id = null, state = 'a-revoir' "
        "where source_item in (select value from json_each(?))",
        (wanted,),
    )
    db.execute(
        "update fiche_lines set copy_id = null where copy_id in (select id from copies where item_id in (select value from json_each(?)))",
        (wanted,),
    )
    # A line may have changed its fiche or its source since: every log that names one of these articles goes.
    naming = [
        (edit, fiche_id)
        for edit, fiche_id, before, after in db.execute("select id, fiche_id, before, after from edits where fiche_id is not null")
        if fiche_id in touched or _articles_of(before) & forgotten or _articles_of(after) & forgotten
    ]
    db.executemany("delete from edits where id = ?", [(edit,) for edit, _ in naming])
    titles = {bare(row[0]) for row in db.execute("select title from items where id in (select value from json_each(?))", (wanted,))}
    for fiche_id in sorted(touched | {fiche_id for _, fiche_id in naming}):
        for (title,) in db.execute("select title from fiches where id = ?", (fiche_id,)).fetchall():
            if any(one.startswith(bare(title.rstrip("…"))) for one in titles):
                db.execute("update fiches set title = ? where id = ?", (SOURCE_FORGOTTEN, fiche_id))
        _take_back_empty(db, fiche_id)
        index_fiche(db, fiche_id)


def _articles_of(told: str) -> set[int]:
    """Return the articles that the rows of an edit name."""
    rows = json.loads(told)
    named = {(one["row"] or {}).get("source_item") for one in rows if one["table"] == "fiche_lines"}
    return {int(one) for one in named if one is not None} | {int(one["key"][1]) for one in rows if one["table"] == "fiche_items"}


def forget(db: Connection, ids: list[int], now: datetime, *, everywhere: bool = False, phrase: str = "") -> None:
    """Delete these articles with all that was said of them, and see that nothing of them stays in the file or its journal.

    What is buried are the names of these articles in their own sources: what others sight at the same addresses, or say in the same words,
    stays and goes on. With `everywhere` (words that somebody has the right to see gone) no source brings them back. `phrase`: what is
    forgotten of fiches too.
    """
    db.execute("pragma secure_delete = on")
    with writing(db):
        _read_again(db, ids)
        if phrase:
            _forget_lines(db, phrase)
        for start in range(0, len(ids), _BATCH):
            _bury(db, ids[start : start + _BATCH], stored(now) or "", everywhere=everywhere)
        db.execute("insert into items_fts (items_fts) values ('optimize')")
        unlearn_words(db)
    purge(db)


def purge(db: Connection) -> None:
    """Write the file anew and empty its journal; raises StoreError while somebody reads what was there before."""
    with usable(db):
        db.execute("vacuum")
        row = db.execute("pragma wal_checkpoint(truncate)").fetchone()
    if row[0]:
        raise StoreError(FORGET_HELD)


def _read_again(db: Connection, ids: list[int]) -> None:
    """Other sources that sighted these articles are read anew at their next visit: theirs goes on without them."""
    db.execute(
        "delete from validators where source_id in (select sightings.source_id from sightings join items on items.id = item_id "
        "where item_id in (select value from json_each(?)) and sightings.source_id <> items.source_id)",
        (json.dumps(ids),),
    )


def _bury(db: Connection, ids: list[int], at: str, *, everywhere: bool) -> None:
    wanted = json.dumps(ids)
    marks: set[tuple[str, str]] = set()
    rows = db.execute(
        "select items.id, items.source_id, url, title, text, day, items.fingerprint, language, author from items "
        "join texts on item_id = items.id where items.id in (select value from json_each(?))",
        (wanted,),
    ).fetchall()
    for item_id, source_id, url, title, text, day, mark, language, author in rows:
        names = [Name(*row) for row in db.execute("select kind, scope, value from addresses where item_id = ?", (item_id,))]
        owned = rank_among(places_of(db, source_id), url) is not None
        for name in names:
            kind = "address" if name.kind == "canonical" else name.kind
            if everywhere or name.scope == source_id:
                marks.add(grave(kind, *name[1:]))
            if not name.scope:
                marks.add(grave(kind, source_id, name.value))
                if not _is_told_elsewhere(db, name, item_id, source_id):
                    marks.add(grave(kind, "", name.value))
        held = Item(
            source_id=source_id, guid="", url=url, canonical=canonical(url) if url else "", title=title, text=text, author=author,
            published=None, day=day, language=language, fingerprint=mark,
        )  # fmt: skip
        addressed = any(name.kind == "canonical" for name in names)  # else it shares its address, which is no name of its own
        marks.update(own_graves(held if addressed else replace(held, canonical=""), source_id))
        if len(text) >= TELLING and (everywhere or (owned and not _is_said_elsewhere(db, item_id, source_id, mark, wanted))):
            marks.add(grave("text", "", mark))
    db.executemany("insert or ignore into tombstones (kind, hash, at) values (?, ?, ?)", [(*mark, at) for mark in sorted(marks)])
    unindex_items(db, ids)
    _set_lines_aside(db, ids, wanted)
    for item_id in ids:
        leave_story(db, item_id)
    db.execute("delete from addresses where item_id in (select value from json_each(?))", (wanted,))
    for table in _TABLES:
        db.execute(f"delete from {table} where item_id in (select value from json_each(?))", (wanted,))  # noqa: S608 - our names
    for table in ("alike", "story_decisions"):
        db.execute(f"delete from {table} where other_id in (select value from json_each(?))", (wanted,))  # noqa: S608
    db.execute("delete from items where id in (select value from json_each(?))", (wanted,))
