"""Names of items: what is known under them, whose they are, and what becomes of them when an answer is kept.

Comes in: names. Goes out: `Recall`, rows of `addresses`. The caller holds the transaction wherever something is written.
"""

import functools
import json
from collections.abc import Iterable, Sequence
from typing import Any

from veille.judge.identity import Name, Named, Plan, Recall
from veille.judge.identity.verdicts import Rank
from veille.model import BROUGHT, Item, Known, Source
from veille.moments import stored_day
from veille.normalize import CANONICAL_VERSION, canonical, loose
from veille.owners import OwnedPath, place_of, rank_among
from veille.store.connection import Connection

_BATCH = 400


def shared_names(db: Connection, source_id: str, names: Iterable[Name]) -> frozenset[Name]:
    """Those of the names that a source was once seen to give to several entries."""
    wanted = {f"{name.kind} {name.value}": name for name in names}
    rows = db.execute(
        "select addresses.value from json_each(?) as asked cross join addresses on addresses.kind = 'shared' "
        "and addresses.scope = ? and addresses.value = asked.value",
        (json.dumps(list(wanted)), source_id),
    )
    return frozenset(wanted[value] for (value,) in rows)


_WAS = "coalesce((select was ->> 0 from corrections where item_id = items.id and field = '{field}'), {own})"
# An article as its source gave it, whatever curators say.
_KNOWN = ", ".join(
    (
        "items.id, items.source_id, items.fingerprint",
        _WAS.format(field="title", own="title"),
        f"coalesce(stated_day, {_WAS.format(field='day', own='published_at')})",
    )
)


def known_names(db: Connection, names: Iterable[Name], timezone: str) -> dict[Name, Known]:
    """Return the items that go by these names, their days as a time zone has them."""
    found: dict[Name, Known] = {}
    items: dict[int, Known] = {}
    wanted = list(dict.fromkeys(names))
    for start in range(0, len(wanted), _BATCH):
        batch = wanted[start : start + _BATCH]
        asked = json.dumps([[name.kind, name.scope, name.value] for name in batch])
        rows = db.execute(
            "select addresses.kind, addresses.scope, addresses.value, addresses.item_id "
            "from json_each(:asked) as asked cross join addresses on addresses.kind = asked.value ->> 0 "
            "and addresses.scope = asked.value ->> 1 and addresses.value = asked.value ->> 2 where addresses.item_id is not null",
            {"asked": asked},
        ).fetchall()
        items |= {one.id: one for one in _known_items(db, {row[3] for row in rows} - items.keys(), timezone)}
        for kind, scope, value, item_id in rows:
            found[Name(kind, scope, value)] = items[item_id]
    return found


def _known_items(db: Connection, ids: Iterable[int], timezone: str) -> list[Known]:
    rows = db.execute(f"select {_KNOWN} from items where id in (select value from json_each(?))", (json.dumps(list(ids)),))  # noqa: S608
    return [_known(row, timezone) for row in rows]


def _known(row: Sequence[Any], timezone: str) -> Known:
    item_id, source_id, fingerprint, title, published_at = row
    return Known(id=item_id, source_id=source_id, fingerprint=fingerprint, title=title, day=stored_day(published_at, timezone))


def held_items(db: Connection, source_id: str, timezone: str) -> list[Known]:
    """Return every item of a source, as the source gave it."""
    rows = db.execute(f"select {_KNOWN} from items where source_id = ?", (source_id,))  # noqa: S608 - our own names
    return [_known(row, timezone) for row in rows]


def recall(db: Connection, source: Source, named: Sequence[Named], *, shared: frozenset[Name]) -> Recall:
    """Return what is known under the names of an answer; `shared`: those that it shows to be so. The rest is read when it is asked for."""

    def text_of(item_id: int) -> str:
        (text,) = db.execute("select text from texts where item_id = ?", (item_id,)).fetchone()
        return str(text)

    @functools.cache
    def sightings() -> dict[str, list[int]]:
        """This source's articles by the loose forms of their addresses."""
        found: dict[str, list[int]] = {}
        for item_id, url in db.execute("select item_id, url from sightings where source_id = ? and url <> ''", (source.id,)).fetchall():
            found.setdefault(loose(url), []).append(item_id)
        return found

    @functools.cache
    def sighted_at(place: str) -> tuple[Known, ...]:
        return tuple(one for one in _known_items(db, sightings().get(place, ()), source.timezone) if one.source_id == source.id)

    @functools.cache
    def twins() -> dict[str, list[tuple[int, str]]]:
        """Articles of other sources in the words of this answer, by their fingerprints."""
        wanted = json.dumps(list({one.item.fingerprint for one in named}))
        rows = db.execute(
            "select fingerprint, items.id, items.url from json_each(?) as asked "
            "cross join items on fingerprint = asked.value where source_id <> ?",
            (wanted, source.id),
        )
        found: dict[str, list[tuple[int, str]]] = {}
        for mark, item_id, url in rows:
            found.setdefault(mark, []).append((item_id, url))
        return found

    def twin_of(item: Item) -> Known | None:
        ids = [item_id for item_id, url in twins().get(item.fingerprint, ()) if url and canonical(url) == item.canonical]
        return next((one for one in _known_items(db, ids, source.timezone) if one.day == item.day), None) if ids else None

    def places(source_id: str) -> list[OwnedPath]:
        own = _places(source.url, "", source.home) if source_id == source.id else []
        return [*own, *places_of(db, source_id)]

    def owns(source_id: str, url: str) -> Rank | None:
        return rank_among(places(source_id), url)

    def is_adrift(source_id: str) -> bool:
        held = places(source_id)
        return bool(held) and not any(place.is_registered for place in held)

    known = known_names(db, (name for one in named for name in one.asked), source.timezone)
    return Recall(
        known=known, shared=shared, text_of=text_of, touched=lambda item_id: is_touched(db, item_id),
        owns=owns, sighted_at=sighted_at, twin_of=twin_of, is_adrift=is_adrift,
    )  # fmt: skip


def is_touched(db: Connection, item_id: int) -> bool:
    """Return whether a curator said something of an article, or brought it."""
    row = db.execute(
        "select state in ('selected', 'later') or source_id = :brought or kind_origin = 'curator' "
        "or exists (select 1 from decisions where item_id = items.id and undone_at is null) "
        "or exists (select 1 from item_tags where item_id = items.id and origin in ('curator', 'refused')) "
        "or exists (select 1 from corrections where item_id = items.id) or exists (select 1 from notes where item_id = items.id) "
        "from items where id = :id",
        {"id": item_id, "brought": BROUGHT},
    ).fetchone()
    return bool(row[0])


def places_of(db: Connection, source_id: str) -> list[OwnedPath]:
    """Return what a source owns: by its own address, the one that was found for it, and its `home`."""
    row = db.execute("select url, found, home from sources where id = ?", (source_id,)).fetchone()
    return _places(*row) if row else []


def _places(url: str, found: str, home: str) -> list[OwnedPath]:
    told = (place_of(url), place_of(found) if found else None, place_of(home, home=True) if home else None)
    return [place for place in told if place]


def forget_shared(db: Connection, shared: frozenset[Name]) -> None:
    """Names that turned out to name several entries of their source name none of them any more, there."""
    rows = sorted(shared)
    db.executemany(
        "insert or ignore into addresses (kind, scope, value, item_id, rule) values ('shared', ?, ?, null, ?)",
        [(name.scope, f"{name.kind} {name.value}", CANONICAL_VERSION) for name in rows],
    )
    db.executemany("delete from addresses where kind = ? and scope = ? and value = ?", rows)
    db.executemany(
        "delete from addresses where kind = 'canonical' and scope = '' and value = ? "
        "and (select source_id from items where id = addresses.item_id) = ?",
        [(name.value, name.scope) for name in rows if name.kind == "canonical"],
    )


def take_names(db: Connection, ids: dict[Named, int], todo: Plan) -> None:
    """Addresses go from strangers' articles to their owners'; a stranger knows its own by a name of its own."""
    for known, one in todo.taken:
        item_id, place = ids.get(one), one.canonical
        if item_id is None or place is None:
            continue
        db.execute(
            "insert or replace into addresses (kind, scope, value, item_id, rule) values (?, ?, ?, ?, ?)",
            (*place, item_id, CANONICAL_VERSION),
        )
        db.execute(
            "insert or ignore into addresses (kind, scope, value, item_id, rule) values (?, ?, ?, ?, ?)",
            (place.kind, known.source_id, place.value, known.id, CANONICAL_VERSION),
        )
        if one.guid:
            db.execute(
                "update addresses set item_id = ? where kind = ? and scope = ? and value = ? and item_id = ?",
                (item_id, *one.guid, known.id),
            )
    db.executemany(
        "delete from addresses where item_id = ? and kind = 'guid' and scope = ? and value <> ?",
        [(item_id, one.item.source_id, one.item.guid) for one, item_id in ids.items() if item_id in todo.reguided],
    )


def remember_names(db: Connection, own: list[tuple[int, Named]], others: list[tuple[int, Named]], todo: Plan) -> None:
    """What each article is known by from now on; of an article that is another source's, by this source alone."""
    rows = []
    for pairs, ours in ((own, True), (others, False)):
        for item_id, one in pairs:
            kept = one.kept if ours else tuple(name for name in one.kept if name.kind != "loose")
            if one in todo.near:
                kept = tuple(name for name in kept if name != one.canonical)
            for name in kept:
                holder = todo.known.get(name)
                if holder is not None and holder.id == item_id:
                    continue
                if name.kind == "canonical" and (not ours or holder is not None):
                    name = name._replace(scope=one.item.source_id)  # noqa: PLW2901 - here it is a name of this source alone
                if name._replace(scope=one.item.source_id) not in todo.shared:
                    rows.append((*name, item_id, CANONICAL_VERSION))
    db.executemany("insert or ignore into addresses (kind, scope, value, item_id, rule) values (?, ?, ?, ?, ?)", rows)


def guids_of(db: Connection) -> dict[int, int]:
    """Article ids, and their sources' own identifiers where these are numbers: what a store in memory is made with."""
    return dict(db.execute("select item_id, cast(value as integer) from addresses where kind = 'guid'").fetchall())
