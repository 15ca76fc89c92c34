"""Understanding again what is held: after new rules, a new gazetteer, a new vocabulary. Counted first, and undone at will.

A curator's word stays: labels of origin `curator` or `refused` are neither read nor written. What changes is kept in `former_labels`,
of the last time alone.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from veille.model import Item, Mention, Moment, Source, TaggedItem
from veille.moments import stored
from veille.normalize import canonical, fingerprint, moment_of
from veille.store.collecting.boilerplate import Boilerplates
from veille.store.collecting.corrections import correct_labels, overlaid_labels, uncorrect_labels
from veille.store.collecting.items import COMING_DAY, hide_evidence, hide_learnt, index_items, relabel, set_context, unindex_items
from veille.store.connection import Connection, writing
from veille.understand.knowledge import Knowledge
from veille.understand.labels import understand

_BATCH = 200
_ITEMS = (
    "select items.id, items.source_id, items.url, items.title, words.text, items.author, items.published_at, items.day, "
    "sources.language, items.kind, items.kind_reason, items.kind_origin, items.interest, items.interest_reason, items.language, "
    "items.stated_day, items.first_seen_at "
    "from items join items_words as words on words.id = items.id join sources on sources.id = items.source_id "
)
_NEXT = _ITEMS + "where items.id > ? order by items.id limit ?"
_THESE = _ITEMS + "where items.id in (select value from json_each(?)) order by items.id"  # noqa: S608 - our own text
_OWN_TAGS = (
    "select tag_id, origin, score, reason, evidence from item_tags "
    "where item_id = ? and origin in ('rule', 'model', 'source') order by tag_id"
)
_OWN_PLACES = "select code, role, origin, reason, evidence from item_territories where item_id = ? and origin <> 'curator' order by code"
_OWN_DATES = (
    'select role, start, "end", evidence, doubt from item_dates where item_id = ? and not exists (select 1 from corrections '
    """where item_id = item_dates.item_id and field = 'date ' || role || ' ' || start || ' ' || "end") order by start, "end", role"""
)


@dataclass(slots=True)
class Retagged:
    """How many articles were read and changed, and what came and went by label."""

    read: int = 0
    changed: int = 0
    tags: Counter[tuple[str, str]] = field(default_factory=Counter)  # (theme, + or -)
    territories: Counter[tuple[str, str]] = field(default_factory=Counter)
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)  # (before, after)
    interest: Counter[str] = field(default_factory=Counter)  # + or -: articles that cross 0.5
    dates: Counter[str] = field(default_factory=Counter)  # + or -: days with their role


def retag(
    db: Connection, sources: Mapping[str, Source], knowledge: Knowledge, now: datetime, *, dry_run: bool, newest: int = 0
) -> Retagged:
    """Understand every article again (or so many of the newest), in transactions of two hundred; with `dry_run` nothing is written."""
    told = Retagged()
    row = db.execute("select id from items order by id desc limit 1 offset ?", (newest,)).fetchone() if newest else None
    last = row[0] if row else 0
    begun = False
    boilerplates = Boilerplates(db, everything=True)
    while rows := db.execute(_NEXT, (last, _BATCH)).fetchall():
        last = rows[-1][0]
        todo = []
        for row in rows:
            told.read += 1
            tagged = understand(_item(row), source_of(db, sources, row[1]), knowledge, boilerplates.of(row[1]))
            before = labels(db, row[0])
            if _count(told, before, _without_decided(db, row[0], tagged), row):
                told.changed += 1
                todo.append((row[0], before, tagged))
        if todo and not dry_run:
            with writing(db):
                if not begun:  # a time that changes nothing leaves the last one to be undone
                    db.execute("delete from former_labels")
                    begun = True
                for item_id, before, tagged in todo:
                    _write(db, item_id, before, tagged, now)
    return told


def undo_retag(db: Connection) -> int:
    """Bring back the labels of before the last `retag`; the number of articles."""
    with writing(db):
        rows = db.execute("select item_id, labels from former_labels").fetchall()
        for item_id, text in rows:
            _restore(db, item_id, json.loads(text))
        db.execute("delete from former_labels")
    return len(rows)


def labels(db: Connection, item_id: int) -> dict[str, Any]:
    """Return what rules said of an article, as JSON can hold it."""
    kind, kind_reason, origin, interest, interest_reason, language = db.execute(
        "select kind, kind_reason, kind_origin, interest, interest_reason, language from items where id = ?", (item_id,)
    ).fetchone()
    return {
        "kind": None if origin == "curator" else [kind, kind_reason], "interest": [interest, interest_reason], "language": language,
        **{name: [list(row) for row in db.execute(query, (item_id,))]
           for name, query in (("tags", _OWN_TAGS), ("territories", _OWN_PLACES), ("dates", _OWN_DATES))},
    }  # fmt: skip


def _without_decided(db: Connection, item_id: int, tagged: TaggedItem) -> TaggedItem:
    """Return the labels that rules may write: not those that a curator put or refused."""
    tags = {row[0] for row in db.execute("select tag_id from item_tags where item_id = ? and origin in ('curator', 'refused')", (item_id,))}
    places = {row[0] for row in db.execute("select code from item_territories where item_id = ? and origin = 'curator'", (item_id,))}
    said = {row[0] for row in db.execute("select field from corrections where item_id = ?", (item_id,))}
    coming = [date.fromisoformat(day) for _, day in db.execute(COMING_DAY, (json.dumps([item_id]),))]
    events = [Mention(start=day, end=day, role="event", evidence="") for day in coming]
    return replace(
        tagged,
        tags=tuple(tag for tag in tagged.tags if tag.id not in tags),
        territories=tuple(place for place in tagged.territories if place.code not in places and f"place {place.code}" not in said),
        mentions=tuple(one for one in (*tagged.mentions, *events) if f"date {one.role} {one.start} {one.end}" not in said),
    )


def kept_items(db: Connection, ids: Iterable[int]) -> Iterator[tuple[int, Item]]:
    """Yield these articles as they are kept, in order of their ids."""
    wanted = list(ids)
    for start in range(0, len(wanted), _BATCH):
        for row in db.execute(_THESE, (json.dumps(wanted[start : start + _BATCH]),)).fetchall():
            yield row[0], _item(row)


def _item(row: tuple[Any, ...]) -> Item:
    _, source_id, url, title, text, author, published_at, day, language = row[:9]
    read_by = published_at or (row[16] if row[15] else None)  # what a year is told by, as when it came
    published: Moment | None = moment_of(read_by, "UTC") if read_by else None
    return Item(
        source_id=source_id, guid="", url=url, canonical=canonical(url) if url else "", title=title, text=text, author=author,
        published=published, day=day if published_at else "", language=language, fingerprint=fingerprint(title, text),
    )  # fmt: skip


def source_of(db: Connection, sources: Mapping[str, Source], source_id: str) -> Source:
    """Return the source as feeds.yaml has it, or as the file remembers one that was retired."""
    if source_id in sources:
        return sources[source_id]
    (territory,) = db.execute("select territory from sources where id = ?", (source_id,)).fetchone()
    return Source(id=source_id, name="", kind="feed", url="", territory=tuple(json.loads(territory)))


def _count(told: Retagged, before: dict[str, Any], tagged: TaggedItem, row: tuple[Any, ...]) -> bool:
    """Return whether anything changes, counted by label."""
    changed = False
    for name, had, has in (
        ("tags", {one[0] for one in before["tags"]}, {tag.id for tag in tagged.tags}),
        ("territories", {(one[0], one[1]) for one in before["territories"]}, {(place.code, place.role) for place in tagged.territories}),
    ):
        counter = told.tags if name == "tags" else told.territories
        for sign, which in (("+", has - had), ("-", had - has)):
            counter.update((one if isinstance(one, str) else one[0], sign) for one in which)
            changed = changed or bool(which)
    told_by = {(one[0], one[1]) for one in before["tags"]} ^ {(tag.id, tag.origin) for tag in tagged.tags}
    changed = changed or bool(told_by) or (row[11] != "curator" and row[10] != tagged.kind_reason)
    if row[11] != "curator" and row[9] != tagged.kind:
        told.kinds[row[9], tagged.kind] += 1
        changed = True
    if (row[12] >= 0.5) != (tagged.interest >= 0.5):
        told.interest["+" if tagged.interest >= 0.5 else "-"] += 1
    had_dates = {(one[0], one[1], one[2]) for one in before["dates"]}
    has_dates = {(one.role, one.start.isoformat(), one.end.isoformat()) for one in tagged.mentions}
    for sign, which in (("+", has_dates - had_dates), ("-", had_dates - has_dates)):
        if which:
            told.dates[sign] += len(which)
    return changed or abs(row[12] - tagged.interest) > 0.0005 or had_dates != has_dates or row[14] != tagged.language


def _write(db: Connection, item_id: int, before: dict[str, Any], tagged: TaggedItem, now: datetime) -> None:
    for name, rows in overlaid_labels(db, item_id).items():  # what an undone correction gives back
        before[name] += rows
    db.execute(
        "insert or replace into former_labels (item_id, at, labels) values (?, ?, ?)",
        (item_id, stored(now), json.dumps(before, ensure_ascii=False)),
    )
    unindex_items(db, [item_id])
    _set_own(db, item_id, tagged.kind, tagged.kind_reason, tagged.interest, tagged.interest_reason, tagged.language)
    relabel(db, item_id, tagged)
    index_items(db, [item_id])


def _set_own(db: Connection, item_id: int, kind: str, kind_reason: str, interest: float, interest_reason: str, language: str) -> None:
    db.execute(
        "update items set kind = case when kind_origin = 'curator' then kind else :kind end, "
        "kind_reason = case when kind_origin = 'curator' then kind_reason else :why end, interest = :interest, interest_reason = :said, "
        "language = :language where id = :id",
        {"kind": kind, "why": kind_reason, "interest": interest, "said": interest_reason, "language": language, "id": item_id},
    )


def _restore(db: Connection, item_id: int, before: dict[str, Any]) -> None:
    unindex_items(db, [item_id])
    interest, interest_reason = before["interest"]
    now = db.execute("select kind, kind_reason from items where id = ?", (item_id,)).fetchone()
    kind, kind_reason = before["kind"] or now  # a kind that a curator had chosen is not the rules' to bring back
    _set_own(db, item_id, kind, kind_reason, interest, interest_reason, before["language"])
    db.execute("delete from item_tags where item_id = ? and origin in ('rule', 'model', 'source')", (item_id,))
    db.execute("delete from item_territories where item_id = ? and origin <> 'curator'", (item_id,))
    db.execute("delete from item_dates where item_id = ?", (item_id,))
    uncorrect_labels(db, item_id)
    for table, names, rows in (
        ("item_tags", "tag_id, origin, score, reason, evidence", before["tags"]),
        ("item_territories", "code, role, origin, reason, evidence", before["territories"]),
        ("item_dates", 'role, start, "end", evidence, doubt', before["dates"]),
    ):
        query = f"insert or ignore into {table} (item_id, {names}) values (?, ?, ?, ?, ?, ?)"  # noqa: S608 - our own names
        db.executemany(query, [(item_id, *row) for row in rows])
    correct_labels(db, item_id)
    hide_evidence(db, [item_id])  # rights may have narrowed meanwhile
    hide_learnt(db, [item_id])
    set_context(db, item_id)
    index_items(db, [item_id])
