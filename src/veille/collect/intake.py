"""One fetched answer to the database: read, understand, plan, save.

Comes in: a visit and its answer. Goes out: `Collected`. Used by the collector and the web form.
`prepare` does the thinking without any lock; `keep` writes, inside the caller's transaction.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from veille.judge.identity import MASS, Named, Plan, asked_names, counted, grave, graves_of, is_mass, name_items, plan, rejoin
from veille.messages.collecting import FOUND_AGAIN, addresses_changed, guids_changed, old_flood, torrent
from veille.model import Collected, Entry, Fetched, Item, Reading, Source, TaggedItem, Upheaval, Visit
from veille.moments import first_sight
from veille.normalize import to_item
from veille.store.collecting.article_pages import Wanted, pages_of
from veille.store.collecting.boilerplate import source_boilerplate
from veille.store.collecting.items import BACKFILL, Indexing, save
from veille.store.collecting.names import held_items, recall, shared_names
from veille.store.collecting.tombstones import any_forgotten, buried_among
from veille.store.connection import Connection, seen_version

if TYPE_CHECKING:
    from veille.store.collecting.comparing import Ready
    from veille.store.collecting.sitting import Sitting
    from veille.understand.knowledge import Knowledge
    from veille.understand.words import Words

FLOOD = 20  # old or undated articles at once, of a source that was read before


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """An answer that has been read: its items with their labels, not yet kept."""

    visit: Visit
    reading: Reading
    status: int
    received: int
    moved_to: str = ""
    refresh: timedelta | None = None
    todo: Plan | None = None  # what is new in it, where that was told already
    forgotten: int = 0  # entries that somebody asked to forget
    seen: int = 0  # `store.connection.seen_version` when that was planned
    tagged: dict[Item, TaggedItem] = field(default_factory=dict)
    ready: "dict[Item, Ready]" = field(default_factory=dict)  # what else is written of those that are new


def prepare(
    db: Connection, visit: Visit, fetched: Fetched, reading: Reading, knowledge: "Knowledge | None", *, now: datetime,
    sitting: "Sitting | None" = None,
) -> Prepared:  # fmt: skip
    """Understand what is new in an answer that was read; without knowledge nothing is understood (to measure all the rest).

    `sitting`: where what will be written is compared with what is held.
    """
    source = visit.reads
    seen = seen_version(db)
    items = not_forgotten(db, source, reading)
    todo = plan_of(db, source, items)
    ready: dict[Item, Ready] = {}
    tagged = _understood(db, source, todo, knowledge, {}, now, ready, sitting)
    if sitting and sitting.comparing and knowledge is not None:
        sitting.comparing.foresee(source.id, [ready[one.item] for one in todo.new])
    return Prepared(
        visit=visit,
        forgotten=len(reading.items) - len(items),
        todo=todo,
        seen=seen,
        reading=reading,
        status=fetched.status,
        received=fetched.received,
        moved_to=fetched.moved_to,
        refresh=max(filter(None, (fetched.fresh_for, reading.refresh)), default=None),
        tagged=tagged,
        ready=ready,
    )


def keep(
    db: Connection, prepared: Prepared, knowledge: "Knowledge | None", *, now: datetime, indexing: Indexing | None = None,
    sitting: "Sitting | None" = None,
) -> Collected:  # fmt: skip
    """Write what `prepare` read; the plan is made again where another writer came between. `indexing`: see `items.save`."""
    visit, source = prepared.visit, prepared.visit.reads
    todo, comparing = prepared.todo, sitting.comparing if sitting else None
    if todo is None or seen_version(db) != prepared.seen or (indexing and indexing.touches(todo)):
        todo = plan_of(db, source, not_forgotten(db, source, prepared.reading))
        if comparing:
            comparing.forget()
    ready = dict(prepared.ready)
    tagged = _understood(db, source, todo, knowledge, prepared.tagged, now, ready)
    upheaval = _upheaval(visit, todo, now)
    undated = sum(not one.item.day for one in todo.new)
    flooded = (upheaval is not None and upheaval.kind == "flood") or (visit.first and undated >= FLOOD)
    recent = _recent(todo, now, undated=not flooded)
    waiting = frozenset(recent[: source.expect.at_most])
    if len(recent) > len(waiting):
        upheaval = Upheaval(kind="torrent", said=torrent(len(recent), len(waiting)))
    saved = save(
        db, todo, tagged, rights=source.rights, waiting=waiting, alone=knowledge is None, now=now, timezone=source.timezone,
        indexing=indexing, ready=ready, comparing=comparing,
    )  # fmt: skip
    return Collected(
        new=saved.new, changed=saved.changed, seen=saved.seen, duplicates=saved.duplicates, skipped=prepared.reading.skipped,
        forgotten=prepared.forgotten,
        dated=sum(item.published is not None for item in prepared.reading.items), status=prepared.status, received=prepared.received,
        moved_to=prepared.moved_to, refresh=prepared.refresh, upheaval=upheaval, verdicts=counted(todo.verdicts),
    )  # fmt: skip


def _recent(todo: Plan, now: datetime, *, undated: bool) -> list[Named]:
    """Return what is new and may wait for a curator, the latest first: of the last thirty days, or without a day where these are let in."""
    oldest = (now - BACKFILL).date().isoformat()
    rows = (*todo.new, *(one for _, one in todo.reclaimed))
    return sorted(
        (one for one in rows if (one.item.day >= oldest if one.item.day else undated)), key=lambda one: one.item.day, reverse=True
    )


def _upheaval(visit: Visit, todo: Plan, now: datetime) -> Upheaval | None:
    """Return what happened to a source that changed all at once, the first of these that fits."""
    if visit.again and visit.found:
        return Upheaval(kind="found", said=FOUND_AGAIN.format(url=visit.found.url, said=visit.found.said))
    if todo.moved:
        return Upheaval(kind="addresses", said=addresses_changed(len(todo.moved)))
    entries = len(todo.changed) + len(todo.same)
    if len(todo.readdressed) >= MASS and len(todo.readdressed) * 2 >= entries:
        return Upheaval(kind="addresses", said=addresses_changed(len(todo.readdressed), by="identifiant"))
    if todo.renamed >= MASS and todo.renamed * 2 >= entries:
        return Upheaval(kind="guids", said=guids_changed(todo.renamed))
    newest_old = (now - BACKFILL).date().isoformat()
    old = sum(not one.item.day or one.item.day < newest_old for one in todo.new)
    if not visit.first and old >= FLOOD and old * 2 >= len(todo.new):
        return Upheaval(kind="flood", said=old_flood(old))
    return None


def _understood(
    db: Connection, source: Source, todo: Plan, knowledge: "Knowledge | None", before: dict[Item, TaggedItem], now: datetime,
    ready: "dict[Item, Ready]", sitting: "Sitting | None" = None,
) -> dict[Item, TaggedItem]:  # fmt: skip
    """Return what is new, changed or from elsewhere, with its labels; an article whose page was read is understood by that page.

    `ready` is given what else is written of those that are new.
    """
    fresh = [
        one.item for one in (*todo.new, *(one for pairs in (todo.elsewhere, todo.reclaimed) for _, one in pairs)) if one.item not in before
    ]
    pages = pages_of(db, (known.id for known, _ in todo.changed)) if source.full_text else {}
    changed = [(one.item, pages.get(known.id, one.item.text)) for known, one in todo.changed if known.id in pages or one.item not in before]
    if not fresh and not changed:
        return before
    if knowledge is None:
        return before | {item: _unread(item) for item in (*fresh, *(item for item, _ in changed))}
    from veille.store.collecting.comparing import ready_of
    from veille.understand.labels import understand_by_words

    boilerplate = source_boilerplate(db, source.id, (item.text for item in fresh))
    found = dict(before)
    words: dict[Item, Words] = {}
    for item, text in (*((item, item.text) for item in fresh), *changed):
        read = item if item.text == text else replace(item, text=text)
        moment, ahead = first_sight(item.published, now, source.timezone)
        if ahead:  # a year that words leave out is told by the day on which they were read
            read = replace(read, published=moment or now)
        tagged, words[item] = understand_by_words(read, source, knowledge, boilerplate)
        found[item] = tagged if read is item else replace(tagged, item=item)
    new = [one.item for one in todo.new if one.item in words]
    rarity = sitting.rarity_of(db, [found[item].terms for item in new]) if sitting and new else None
    ready.update((item, ready_of(found[item], source.rights, words[item], rarity)) for item in new)
    return found


def _unread(item: Item) -> TaggedItem:
    return TaggedItem(
        item=item, tags=(), territories=(), mentions=(), kind="article", kind_reason="", interest=0.0, interest_reason="", language="fr"
    )  # fmt: skip


def understand_page(db: Connection, source: Source, wanted: Wanted, page: str, knowledge: "Knowledge") -> TaggedItem:
    """Return an article by its own page."""
    from veille.understand.labels import understand

    entry = Entry(link=wanted.url, title=wanted.title, content=page, title_is_text=True, body_is_text=True)
    item = to_item(source, entry)
    assert item is not None
    return understand(replace(item, published=None), source, knowledge, source_boilerplate(db, source.id, (item.text,)))


def not_forgotten(db: Connection, source: Source, reading: Reading) -> list[Item]:
    """Return the items of an answer, without those that somebody asked to forget. What a stranger was forgotten for does not bind an
    owner.
    """
    if not any_forgotten(db):
        return list(reading.items)
    graves = {item: graves_of(item, source.formerly) for item in reading.items}
    buried = buried_among(db, [one for marks in graves.values() for one in marks])
    if not buried:
        return list(reading.items)
    own = recall(db, source, [], shared=frozenset())

    def is_refused(item: Item) -> bool:
        found = buried.intersection(graves[item])
        if found <= {grave("address", "", item.canonical)}:
            return bool(found) and own.owns(source.id, item.canonical) is None
        return True

    return [item for item in reading.items if not is_refused(item)]


def plan_of(db: Connection, source: Source, items: list[Item]) -> Plan:
    """Return what an answer changes; nothing is written."""
    before = shared_names(db, source.id, asked_names(items))
    named, shared = name_items(items, before)
    todo = plan(source.id, named, recall(db, source, named, shared=shared - before))
    if is_mass(todo):
        todo = rejoin(todo, held_items(db, source.id, source.timezone))
    return todo
