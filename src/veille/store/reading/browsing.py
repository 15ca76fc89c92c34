"""Lists that are not searches: the latest of a theme, a place or a source, dates to come, the sources themselves. Reading only."""

from dataclasses import dataclass
from typing import Any

from veille.french import sentence_around
from veille.store.cards import Card, cards
from veille.store.connection import Connection
from veille.store.narrow import narrow
from veille.store.reading.sql import Where

_DATES_SHOWN = 400
_PUBLIC = "items.state <> 'dismissed' and items.lead = 1"


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list is about: a label of `postings`, and the table that gives it, by one of its values."""

    label: str
    table: str
    column: str
    value: str
    also: str = "1"


def of_theme(tag: str) -> Scope:
    return Scope(f"themes {tag}", "item_tags", "tag_id", tag, "origin <> 'refused'")


def of_place(code: str) -> Scope:
    return Scope(f"departements {code}", "item_territories", "code", code)


def of_source(source: str) -> Scope:
    return Scope(f"sources {source}", "sightings", "source_id", source)


def latest(db: Connection, scope: Scope, most: int, tag: str = "") -> list[Card]:
    """Return the newest articles of a scope, one a story, dismissed ones left out: the label's articles, met day by day.

    With a theme, those of its articles that have it.
    """
    also = "and exists (select 1 from item_tags where item_id = items.id and tag_id = :tag and origin <> 'refused') " if tag else ""
    sql = (
        "select items.id from postings cross join items on items.id = postings.item_id "  # noqa: S608 - our own words
        f"where label = :label and {_PUBLIC} {also}order by postings.day desc, postings.item_id desc limit :most"
    )
    return cards(db, [row[0] for row in db.execute(narrow(db, sql), {"label": scope.label, "tag": tag, "most": most})])


def picked(db: Connection, scope: Scope, most: int) -> list[Card]:
    """Return the newest selected articles of a scope."""
    sql = (
        "select id from (select id, day from items where state = 'selected' and lead = 1 order by day desc, id desc limit 2000) as one "  # noqa: S608
        f"where exists (select 1 from {scope.table} where item_id = one.id and {scope.table}.{scope.column} = ? and {scope.also}) "
        "order by day desc, id desc limit ?"
    )
    return cards(db, [row[0] for row in db.execute(sql, (scope.value, most))])


@dataclass(frozen=True, slots=True, kw_only=True)
class Date:
    """A deadline or an event of an article; days are `YYYY-MM-DD`."""

    item: int
    role: str
    start: str
    end: str
    title: str
    source: str
    language: str
    url: str
    changed_at: str
    said: str = ""  # the sentence that says it, where that is shown
    departements: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()


def dates_of(db: Connection, scope: Scope, today: str, most: int = 6) -> list[Date]:
    """Deadlines and events to come of a scope, the nearest first."""
    sql = f"exists (select 1 from {scope.table} where item_id = items.id and {scope.table}.{scope.column} = :scope and {scope.also})"  # noqa: S608
    return _dates(db, sql, {"scope": scope.value}, today, most)


def dates_to_come(
    db: Connection,
    where: Where | None,
    today: str,
    *,
    words: str = "",
    without: str = "",
    role: str = "",
    until: str = "",
    placeless: bool = False,
    most: int = _DATES_SHOWN,
) -> list[Date]:
    """Deadlines and events from a day on of the articles that filters keep (`words`, `without`: FTS matches), the
    nearest first.

    `placeless`: of those alone that are about no département.
    """
    sql = f"exists (select 1 from item_facets where item_id = items.id and {where.sql})" if where else "1"  # noqa: S608
    if placeless:
        sql += " and not exists (select 1 from item_territories where item_id = items.id)"
    values = dict(where.values) if where else {}
    if words:
        sql += " and items.id in (select rowid from items_fts where items_fts match :words)"
        values["words"] = words
    if without:
        sql += " and items.id not in (select rowid from items_fts where items_fts match :without)"
        values["without"] = without
    if role:
        sql += " and role = :role"
        values["role"] = role
    if until:
        sql += " and start <= :until"
        values["until"] = until
    return _dates(db, sql, values, today, most)


def _dates(db: Connection, kept: str, values: dict[str, object], today: str, most: int) -> list[Date]:
    """Not of job offers, and of interest or selected. Read by their end, as they are indexed, then put in the order of their start."""
    rows = db.execute(
        narrow(
            db,
            'select items.id, role, start, item_dates."end", items.title, items.source_id, items.language, items.url, '  # noqa: S608
            "coalesce(items.changed_at, items.first_seen_at), item_dates.evidence, items.summary "
            "from item_dates cross join items on items.id = item_dates.item_id "
            "where item_dates.\"end\" >= :today and role in ('deadline', 'event') and item_dates.doubt = '' and items.kind <> 'emploi' "
            "and (items.interest >= 0.5 or items.state = 'selected') "
            f'and {_PUBLIC} and {kept} order by item_dates."end", item_dates.item_id limit :most',
        ),
        values | {"today": today, "most": most},
    ).fetchall()
    rows.sort(key=lambda row: (max(row[2], today), row[3], row[0]))
    labels = {card.id: (card.departements, card.themes, card.source_name) for card in cards(db, {row[0] for row in rows})}
    return [
        Date(
            item=row[0], role=row[1], start=row[2], end=row[3], title=row[4], source=labels[row[0]][2], language=row[6], url=row[7],
            changed_at=row[8], said=sentence_around(row[10], row[9]), departements=labels[row[0]][0], themes=labels[row[0]][1],
        )
        for row in map(tuple, rows)
        if row[0] in labels
    ]  # fmt: skip


_SOURCE = "id, name, kind, url, territory, rights, language, state, reason, last_visit_at, last_success_at, last_item_at, newest_day, found"


def _described(row: Any) -> dict[str, Any]:
    return dict(zip(_SOURCE.split(", "), tuple(row), strict=True))


def followed(db: Connection) -> list[dict[str, Any]]:
    """Return every source with its state, by name."""
    rows = db.execute(f"select {_SOURCE} from sources order by name, id")  # noqa: S608
    return [_described(row) for row in rows]


def source(db: Connection, source_id: str) -> dict[str, Any] | None:
    """Return one source with its last visits and its articles by month; None when there is none of that id."""
    row = db.execute(f"select {_SOURCE}, since, next_visit_at from sources where id = ?", (source_id,)).fetchone()  # noqa: S608
    if row is None:
        return None
    names = ("at", "outcome", "failure", "reason", "new", "changed", "milliseconds")
    visits = db.execute(f"select {', '.join(names)} from visits where source_id = ? order by at desc limit 10", (source_id,))  # noqa: S608
    return dict(zip((*_SOURCE.split(", "), "since", "next_visit_at"), tuple(row), strict=True)) | {
        "visits": [dict(zip(names, tuple(visit), strict=True)) for visit in visits]
    }


def months_of_source(db: Connection, source_id: str, first: str) -> dict[str, int]:
    """Articles of a source by month, from a day on."""
    rows = db.execute(
        "select substr(day, 1, 7), count(*) from items where source_id = ? and day >= ? and state <> 'dismissed' group by 1",
        (source_id, first),
    )
    return {row[0]: row[1] for row in rows}


def sources_of_place(db: Connection, code: str) -> list[dict[str, Any]]:
    """Return the sources about a département that are still followed."""
    rows = db.execute(
        f"select {_SOURCE} from sources where state <> 'retired' and instr(territory, ?) order by name, id",  # noqa: S608
        (f'"{code}"',),
    )
    return [_described(row) for row in rows]


def seen_since(db: Connection, since: str, most: int) -> tuple[list[Card], dict[str, int], int]:
    """Return what came since a moment: the most interesting articles, how many by theme, how many in all. One a story."""
    total = db.execute(f"select count(*) from items where first_seen_at >= ? and {_PUBLIC}", (since,)).fetchone()[0]  # noqa: S608
    ids = [
        row[0]
        for row in db.execute(
            f"select id from items where first_seen_at >= ? and {_PUBLIC} "  # noqa: S608
            "order by state = 'selected' desc, interest desc, day desc, id desc limit ?",
            (since, most),
        )
    ]
    themes = db.execute(
        "select tag_id, count(*) from items cross join item_tags on item_id = items.id "  # noqa: S608 - the new ones first, then their labels
        f"where first_seen_at >= ? and {_PUBLIC} and origin <> 'refused' group by 1",
        (since,),
    )
    return cards(db, ids), {row[0]: row[1] for row in themes}, total


def page_dates(db: Connection, first: int, last: int) -> list[tuple[int, str]]:
    """Ids in a range with the moment of their last change, dismissed ones left out: what a sitemap lists."""
    rows = db.execute(
        "select id, coalesce(changed_at, first_seen_at) from items where id between ? and ? and state <> 'dismissed' order by id",
        (first, last),
    )
    return [(row[0], row[1]) for row in rows]
