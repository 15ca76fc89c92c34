"""A fiche as pages show it: its lines with their sources and checks, its articles, its links. Reading only.

Comes in: a plain connection, ids, what kinds there are. Goes out: `FicheCard`, `Fiche`. What a line quotes was shown when it was written;
what rights have hidden since is not shown of its source.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from veille.model import FicheKind
from veille.store.cards import Card, cards
from veille.store.collecting.corrections import SOURCE_SUMMARY
from veille.store.collecting.neighbours import neighbours
from veille.store.connection import Connection, has_table
from veille.understand.lines import Draft, LineWords, draft_of

PAGE = 20
_ALIKE, _TOLD_BY = 3, 3  # fiches or articles that are alike; articles of a fiche that tell them
_LINKS = 40  # of a fiche
_RANKED = 300  # fiches


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An observation of a line."""

    at: str
    by: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a fiche: when it was said (`seen`: only when it was first seen), by whom or where, when it was last found true."""

    id: int
    heading: str
    position: int
    text: str
    value: int | None
    said_on: str
    seen: bool
    source_item: int | None
    source_url: str
    source_name: str  # "" where the source was forgotten
    declared_by: str
    state: str
    verified_on: str
    checks: list[Check]


@dataclass(frozen=True, slots=True, kw_only=True)
class FicheCard:
    """A fiche as lists show it."""

    id: int
    kind: str
    title: str
    state: str
    summary: str  # its first telling line
    stage: str
    departements: tuple[str, ...]
    themes: tuple[str, ...]
    lines: int
    said_on: str  # the newest line
    changed_at: str
    published_at: str | None
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FicheLink:
    """Another fiche, and what stands between them; `back`: it is the other one that says so."""

    id: int
    card: FicheCard
    relation: str
    back: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Fiche:
    """A fiche whole."""

    card: FicheCard
    origin: str
    began: str
    ended: str
    merged_into: int | None
    lines: list[Line]
    articles: list[tuple[Card, str, str]]  # the article, its role, why
    links: list[FicheLink] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)  # of themes and départements


_CARDS = """
select fiches.id, kind, title, state, coalesce(stage, ''),
    (select json_group_array(code) from (select code from fiche_territories where fiche_id = fiches.id order by code)),
    (select json_group_array(tag_id) from (select tag_id from fiche_tags where fiche_id = fiches.id order by position, tag_id)),
    (select count(*) from fiche_lines where fiche_id = fiches.id and fiche_lines.state = 'montree'),
    (select coalesce(max(said_on), '') from fiche_lines where fiche_id = fiches.id and fiche_lines.state = 'montree'),
    changed_at, published_at,
    coalesce((select text from fiche_lines where fiche_id = fiches.id and fiche_lines.state = 'montree'
        order by heading = 'fait' desc, heading = 'resultats' desc, said_on desc, position, id limit 1), ''),
    (select json_group_array(heading) from
        (select distinct heading from fiche_lines where fiche_id = fiches.id and fiche_lines.state = 'montree'))
from fiches left join initiative_facts on initiative_facts.fiche_id = fiches.id
where fiches.id in (select value from json_each(?))
"""


def fiche_cards(db: Connection, ids: Iterable[int]) -> list[FicheCard]:
    """Cards of these fiches, in this order."""
    wanted = list(ids)
    if not wanted:
        return []
    found = {}
    for row in db.execute(_CARDS, (json.dumps(wanted),)).fetchall():
        row = tuple(row)  # noqa: PLW2901
        found[row[0]] = FicheCard(
            id=row[0], kind=row[1], title=row[2], state=row[3], stage=row[4], departements=tuple(json.loads(row[5])),
            themes=tuple(json.loads(row[6])), lines=row[7], said_on=row[8], changed_at=row[9], published_at=row[10], summary=row[11],
            headings=tuple(json.loads(row[12])),
        )  # fmt: skip
    return [found[one] for one in wanted if one in found]


def has_fiches(db: Connection) -> bool:
    """Return whether the file knows fiches: one that waits for its migration does not."""
    return has_table(db, "fiche_rows")


def lines_of(db: Connection, fiche_id: int, kind: FicheKind) -> list[Line]:
    """Return every line of a fiche, in the order of its kind's headings."""
    checks: dict[int, list[Check]] = {}
    for line, at, by, outcome in db.execute(
        "select line_id, at, by, outcome from line_checks join fiche_lines on fiche_lines.id = line_id where fiche_id = ? "
        "order by line_checks.id",
        (fiche_id,),
    ):
        checks.setdefault(line, []).append(Check(at=at, by=by, outcome=outcome))
    rows = db.execute(
        "select fiche_lines.id, heading, position, text, value, said_on, seen, source_item, source_url, "
        "coalesce((select case when items.source_id = 'apports' and items.author <> '' then items.author else sources.name end "
        "from items join sources on sources.id = items.source_id where items.id = source_item), ''), declared_by, state "
        "from fiche_lines where fiche_id = ?",
        (fiche_id,),
    ).fetchall()
    rank = {heading: place for place, heading in enumerate(kind.headings)}
    found = [
        Line(
            id=row[0], heading=row[1], position=row[2], text=row[3], value=row[4], said_on=row[5], seen=bool(row[6]), source_item=row[7],
            source_url=row[8], source_name=row[9], declared_by=row[10], state=row[11], checks=checks.get(row[0], []),
            verified_on=next((one.at[:10] for one in checks.get(row[0], [])[-1:] if one.outcome == "vrai"), ""),
        )
        for row in map(tuple, rows)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (rank.get(one.heading, 99), one.position, one.id))


def fiche(db: Connection, fiche_id: int, kinds: dict[str, FicheKind]) -> Fiche | None:
    """Return a fiche whole, None for one that is not there."""
    found = fiche_cards(db, [fiche_id]) if has_fiches(db) else []
    if not found:
        return None
    card = found[0]
    origin, merged, began, ended = db.execute(
        "select origin, merged_into, coalesce(began, ''), coalesce(ended, '') from fiches left join initiative_facts on fiche_id = id "
        "where id = ?",
        (fiche_id,),
    ).fetchone()
    roles = {
        row[0]: (row[1], row[2]) for row in db.execute("select item_id, role, reason from fiche_items where fiche_id = ?", (fiche_id,))
    }
    articles = [(one, *roles[one.id]) for one in cards(db, roles) if one.state != "dismissed" or roles[one.id][0] == "source"]
    articles.sort(key=lambda row: (row[0].day, row[0].id))
    links = [
        (row[0], row[1], row[2], bool(row[3]), row[4])
        for row in db.execute(
            "select * from (select id, to_id, relation, 0, reason from fiche_links where from_id = ?1 union all "
            "select id, from_id, relation, 1, reason from fiche_links where to_id = ?1) order by 4, 1 limit ?2",
            (fiche_id, _LINKS),
        )
    ]
    others = {one.id: one for one in fiche_cards(db, {row[1] for row in links})}
    reasons = dict(map(tuple, db.execute("select code, reason from fiche_territories where fiche_id = ?", (fiche_id,)).fetchall()))
    return Fiche(
        card=card, origin=origin, began=began, ended=ended, merged_into=merged, lines=lines_of(db, fiche_id, kinds[card.kind]),
        articles=articles, reasons=reasons,
        links=[FicheLink(id=row[0], card=others[row[1]], relation=row[2], back=row[3], reason=row[4]) for row in links if row[1] in others],
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """The same idea elsewhere: published fiches, and articles that are of none; each with the words in common."""

    fiches: list[tuple[FicheCard, tuple[str, ...]]]
    articles: list[tuple[Card, tuple[str, ...]]]


def alike(db: Connection, found: Fiche) -> Alike:
    """Return what is alike by the neighbours of its articles, the most alike first; none of its own."""
    own = [card.id for card, role, _ in found.articles if role in ("source", "suite")][:_TOLD_BY]
    near = {one.id: one for item in own for one in neighbours(db, item)}
    best = sorted(near.values(), key=lambda one: (-one.score, one.id))
    parts = of_articles(db, [one.id for one in best])
    sheets: dict[int, tuple[str, ...]] = {}
    for one in best:
        for fiche_id, _, _ in parts.get(one.id, ()):
            if fiche_id != found.card.id:
                sheets.setdefault(fiche_id, one.words)
    alone = [one for one in best if one.id not in parts][:_ALIKE]
    told = {one.id: one for one in cards(db, [one.id for one in alone])}
    return Alike(
        fiches=[(card, sheets[card.id]) for card in fiche_cards(db, list(sheets)[:_ALIKE])],
        articles=[(told[one.id], one.words) for one in alone if one.id in told],
    )


def final_of(db: Connection, fiche_id: int) -> int:
    """Return the fiche that stands for one that was merged into another."""
    seen: set[int] = set()
    while fiche_id not in seen:
        seen.add(fiche_id)
        row = db.execute("select merged_into from fiches where id = ?", (fiche_id,)).fetchone()
        if row is None or row[0] is None:
            break
        fiche_id = row[0]
    return fiche_id


def listed(
    db: Connection,
    kind: str,
    *,
    match: str = "",
    theme: str = "",
    departement: str = "",
    stage: str = "",
    first: int = 0,
    most: int = PAGE,
) -> tuple[list[int], int]:
    """Return a page of the published fiches of a kind, the newest words first, or those that an FTS5 expression finds, the best first; how
    many there are in all.
    """
    if not has_fiches(db):
        return [], 0
    where, join = "kind = :kind", ""
    if match:
        where, join = "fiches_fts match :match and kind = :kind", "join fiches_fts on fiches_fts.rowid = fiche_rows.fiche_id "
    if theme:
        where += " and exists (select 1 from fiche_tags where fiche_id = fiche_rows.fiche_id and tag_id = :theme)"
    if departement:
        where += " and exists (select 1 from fiche_territories where fiche_id = fiche_rows.fiche_id and code = :place)"
    if stage:
        where += " and exists (select 1 from initiative_facts where fiche_id = fiche_rows.fiche_id and stage = :stage)"
    values = {"kind": kind, "theme": theme, "place": departement, "stage": stage, "most": most, "first": first, "match": match}
    (count,) = db.execute(f"select count(*) from fiche_rows {join}where {where}", values).fetchone()  # noqa: S608 - our own words
    order = f"{_BEST}, fiche_rows.fiche_id desc" if match else "day desc, fiche_rows.fiche_id desc"
    rows = db.execute(
        f"select fiche_rows.fiche_id from fiche_rows {join}where {where} order by {order} limit :most offset :first",  # noqa: S608
        values,
    )
    return [row[0] for row in rows], count


def of_articles(db: Connection, item_ids: Sequence[int]) -> dict[int, list[tuple[int, str, str]]]:
    """Return the published fiches that articles, or others of their stories, are part of: id, kind, title."""
    found: dict[int, list[tuple[int, str, str]]] = {}
    if not has_fiches(db):
        return found
    rows = db.execute(
        "with asked as (select value as id from json_each(?)), family as (select id as asked, id as item from asked union "
        "select asked.id, items.id from asked join items as own on own.id = asked.id join items on items.story_id = own.story_id) "
        "select distinct asked, fiches.id, fiches.kind, fiches.title from family join fiche_items on item_id = item "
        "and role in ('source', 'suite') join fiches on fiches.id = fiche_id and fiches.state = 'publiee' and merged_into is null "
        "order by 1, 2",
        (json.dumps(list(item_ids)),),
    )
    for item, fiche_id, kind, title in rows:
        found.setdefault(item, []).append((fiche_id, kind, title))
    return found


def stale(line: Line, kind: FicheKind, today: date) -> bool:
    """Return whether a line says a state that nobody has found true for longer than its heading lasts."""
    months = kind.headings[line.heading].decay if line.heading in kind.headings else None
    last = line.verified_on or line.said_on
    return months is not None and bool(last) and last <= _months_before(today, months)


NOTHING = 'title : ""'  # an FTS5 expression that no fiche meets
_BEST = "bm25(fiches_fts, 4.0, 1.0, 2.0)"


def search(
    db: Connection, match: str, *, themes: Sequence[str] = (), departements: Sequence[str] = (), most: int = 3
) -> tuple[list[FicheCard], dict[str, int]]:
    """Return the published fiches that an FTS5 expression finds, within filters, the best first; how many there are in all, by kind."""
    if not match or not has_fiches(db):
        return [], {}
    values = {"match": match, "themes": json.dumps(themes), "places": json.dumps(departements), "most": most}
    where = "fiches_fts match :match"
    if themes:
        where += (
            " and exists (select 1 from fiche_tags where fiche_id = fiches_fts.rowid and tag_id in (select value from json_each(:themes)))"
        )
    if departements:
        where += (
            " and exists (select 1 from fiche_territories where fiche_id = fiches_fts.rowid "
            "and code in (select value from json_each(:places)))"
        )
    joined = "from fiches_fts join fiche_rows on fiche_id = fiches_fts.rowid"
    counts = dict(db.execute(f"select kind, count(*) {joined} where {where} group by kind", values).fetchall())
    if not counts:
        return [], {}
    order = f"{_BEST}, rowid desc" if sum(counts.values()) <= _RANKED else "rowid desc"  # what so many say tells none apart
    rows = db.execute(f"select rowid from fiches_fts where {where} order by {order} limit :most", values)  # noqa: S608 - our own words
    return fiche_cards(db, [row[0] for row in rows]), counts


def some(db: Connection, *, theme: str = "", departement: str = "", most: int = 3) -> tuple[list[FicheCard], int]:
    """Return a few initiatives, those with the newest words first, and how many there are."""
    ids, count = listed(db, "initiative", theme=theme, departement=departement, most=most)
    return fiche_cards(db, ids), count


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedItem:
    """An article that may be what follows of a fiche."""

    fiche_id: int
    fiche_title: str
    item: int
    title: str
    reason: str
    seen: int  # the last edit of the fiche


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleLine:
    """A line of a published fiche that is to be verified; `last`: when it was said, or last found true."""

    fiche_id: int
    fiche_title: str
    line_id: int
    text: str
    last: str


def in_state(db: Connection, state: str, most: int) -> list[int]:
    """Return the fiches in a state, those that changed last first."""
    rows = db.execute(
        "select id from fiches where state = ? and merged_into is null order by changed_at desc, id desc limit ?", (state, most)
    )
    return [row[0] for row in rows]


def of_source(db: Connection, item_id: int, kind: str) -> int:
    """Return the fiche of a kind that an article, or its story, is the source or what follows of; 0 for none."""
    row = db.execute(
        "select fiches.id from fiches join fiche_items on fiche_id = fiches.id and role in ('source', 'suite') "
        "join items on items.id = item_id "
        "where fiches.kind = ? and fiches.state <> 'retiree' and merged_into is null and (item_id = ?2 "
        "or (story_id is not null and story_id = (select story_id from items where id = ?2))) order by fiches.id limit 1",
        (kind, item_id),
    ).fetchone()
    return int(row[0]) if row else 0


def words_of(db: Connection, item_id: int) -> tuple[str, str, str]:
    """Return the title of an article, what its source's rights show of it, and all that is held, which is never shown."""
    row = db.execute(
        f"select title, {SOURCE_SUMMARY}, text, page from items join texts on item_id = items.id where items.id = ?",  # noqa: S608
        (item_id,),
    ).fetchone()
    title, shown, text, page = tuple(row) if row else ("", "", "", "")
    return title, shown, page if len(page) > len(text) else text


def drafted(db: Connection, item_id: int, words: LineWords) -> Draft:
    """Return what an article lets one write."""
    title, shown, whole = words_of(db, item_id)
    return draft_of(title, shown, whole, words)


def proposed_items(db: Connection, most: int = 100) -> list[ProposedItem]:
    """Return the articles that wait to be told what follows of a fiche or not, the newest first."""
    rows = db.execute(
        "select fiches.id, fiches.title, items.id, items.title, reason, "
        "(select coalesce(max(id), 0) from edits where edits.fiche_id = fiches.id) from fiche_items join fiches on fiches.id = fiche_id "
        "join items on items.id = item_id where role = 'propose' and fiches.state <> 'retiree' and items.state <> 'dismissed' "
        "and exists (select 1 from item_territories as here join fiche_territories as theirs using (code) "
        "where here.item_id = items.id and theirs.fiche_id = fiches.id) order by at desc, items.id desc limit ?",
        (most,),
    )
    return [ProposedItem(fiche_id=row[0], fiche_title=row[1], item=row[2], title=row[3], reason=row[4], seen=row[5]) for row in rows]


def stale_lines(db: Connection, kinds: dict[str, FicheKind], today: date, most: int = 100) -> list[StaleLine]:
    """Return the lines of published fiches that are to be verified, the oldest first."""
    decays = [
        {"kind": kind.id, "heading": name, "day": _months_before(today, heading.decay)}
        for kind in kinds.values()
        for name, heading in kind.headings.items()
        if heading.decay is not None
    ]
    rows = db.execute(
        "select told.fiche_id, title, told.id, told.text, last from "
        "(select *, coalesce(nullif(verified_on, ''), said_on) as last from lignes) as told join json_each(?) as decay "
        "on told.kind = decay.value ->> 'kind' and heading = decay.value ->> 'heading' and last <> '' and last <= decay.value ->> 'day' "
        "join fiches on fiches.id = told.fiche_id order by last, told.id limit ?",
        (json.dumps(decays), most),
    )
    return [StaleLine(fiche_id=row[0], fiche_title=row[1], line_id=row[2], text=row[3], last=row[4]) for row in rows]


def _months_before(today: date, months: int) -> str:
    """Return the day so many months before; the last of its month where it is shorter."""
    month = today.year * 12 + today.month - 1 - months
    year, month = month // 12, month % 12 + 1
    last = ((date(year + month // 12, month % 12 + 1, 1)) - timedelta(days=1)).day
    return date(year, month, min(today.day, last)).isoformat()
