"""What readers see: searches with their facets, the home page, one article. Reading only.

Every function takes a plain connection, so that Datasette's own threads can call it. Nothing here reads `texts`:
what is shown of a text is `items.summary`, which obeys the source's rights.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from veille.french import WORD, distance_at_most, fold, lemma
from veille.search import (
    MOST_MATCHES,
    PAGE_SIZE,
    Query,
    Request,
    Term,
    Where,
    best_first,
    conditions,
    listed_sql,
    match_all,
    match_any,
    match_other,
    match_term,
    read_query,
    scored_sql,
    unfiltered,
)  # fmt: skip
from veille.store.connection import Connection
from veille.understand import Knowledge


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An article as lists show it."""

    id: int
    url: str
    title: str
    summary: str
    source: str
    source_name: str
    kind: str
    language: str
    interest: float
    published_at: str | None
    day: str
    first_seen_at: str
    state: str
    departements: tuple[str, ...]
    themes: tuple[str, ...]
    also: int  # other sources and other copies of the same text


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The answer to a request."""

    total: int
    capped: bool
    cards: list[Card]
    facets: dict[str, list[tuple[str, int]]]
    query: Query
    every: int  # so many have every word; the others have some of them


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ids of all items asked for, in order."""

    ids: list[int]
    capped: bool  # there are more, older ones
    every: int  # how many of them have every word


def rank(db: Connection, request: Request, query: Query, today: str) -> Ranked:
    """The items asked for; by relevance some of the words may do, by date as well, but the best score decides how few."""
    where = conditions(request)
    if not query.terms:
        ids = [row[0] for row in db.execute(listed_sql(where), where.values | {"most": MOST_MATCHES})]
        return Ranked(ids, len(ids) >= MOST_MATCHES, len(ids))
    floor, capped = _floor(db, match_any(query))
    every = _scores(db, where, match_all(query), floor, today)
    if len(query.terms) == 1 and not query.terms[0].others and not query.terms[0].spread:
        terms: list[tuple[dict[int, float], list[dict[int, float]]]] = [(every, [])]
    else:
        terms = [
            (
                _scores(db, where, match_term(term, query), floor, today),
                [_scores(db, where, match_other(other, query), floor, today) for other in term.others],
            )
            for term in query.terms
        ]
    ids = best_first(terms, set(every))
    if request.by_date:
        days = db.execute("select id, day from items where id in (select value from json_each(?))", (json.dumps(ids),))
        ids = [row[0] for row in sorted(days, key=lambda row: (row[1], row[0]), reverse=True)]
    return Ranked(ids, capped, len(every))


def _floor(db: Connection, match: str) -> tuple[int, bool]:
    """The id from which on matches are ranked, and whether older ones are left out."""
    newest = db.execute(
        "select rowid from items_fts where items_fts match ? order by rowid desc limit 1 offset ?",
        (match, MOST_MATCHES - 1),
    ).fetchone()
    return (newest[0], True) if newest else (0, False)


def _scores(db: Connection, where: Where, match: str, floor: int, today: str) -> dict[int, float]:
    rows = db.execute(scored_sql(where), where.values | {"match": match, "floor": floor, "today": today})
    return {row[0]: row[1] for row in rows}


def search(db: Connection, request: Request, knowledge: Knowledge, today: str, size: int = PAGE_SIZE) -> Results:
    """A page of results, the counts of every facet, and what the words were taken to mean."""
    query = read_query(request.q, knowledge.synonyms)
    if query.terms and not request.verbatim:
        query = correct(db, query, knowledge)
    ranked = rank(db, request, query, today)
    ids = ranked.ids
    start = (request.page - 1) * size
    return Results(
        total=len(ids),
        capped=ranked.capped,
        cards=cards(db, ids[start : start + size]),
        facets=_facets(db, request, query, ids, today),
        query=query,
        every=ranked.every,
    )


_FACET_SQL = {
    "themes": "select tag_id, count(*) from item_tags where origin <> 'refused' and item_id in (select value from json_each(?)) group by 1",
    "departements": "select code, count(*) from item_territories where item_id in (select value from json_each(?)) group by 1",
    "kinds": "select kind, count(*) from items where id in (select value from json_each(?)) group by 1",
    "sources": "select source_id, count(*) from sightings where item_id in (select value from json_each(?)) group by 1",
    "years": "select substr(day, 1, 4), count(*) from items where id in (select value from json_each(?)) group by 1",
    "languages": "select language, count(*) from items where id in (select value from json_each(?)) group by 1",
}


def _facets(db: Connection, request: Request, query: Query, ids: list[int], today: str) -> dict[str, list[tuple[str, int]]]:
    """Counts with every filter but the facet's own, so that « or » within a facet shows what it would add."""
    facets: dict[str, list[tuple[str, int]]] = {}
    for name, sql in _FACET_SQL.items():
        counted = ids
        if getattr(request, name):
            counted = rank(db, unfiltered(request, name), query, today).ids
        rows = [(str(value), int(count)) for value, count in db.execute(sql, (json.dumps(counted),))]
        by_value = name == "years"
        rows.sort(key=lambda row: (-int(row[0] or 0),) if by_value else (-row[1], row[0]))
        facets[name] = rows
    return facets


def correct(db: Connection, query: Query, knowledge: Knowledge) -> Query:
    """A word that no article has is replaced by the nearest one that several have, when there is one."""
    corrected: list[tuple[str, str]] = []
    terms: list[Term] = []
    for term in query.terms:
        word = term.words[0]
        if len(term.words) > 1 or term.prefix or term.others or len(word) < 5 or not word.isalpha() or _exists(db, word):
            terms.append(term)
            continue
        better = _nearest(db, word)
        if better is None:
            terms.append(term)
            continue
        corrected.append((term.typed, better))
        terms += read_query(better, knowledge.synonyms).terms or (Term((better,), typed=better),)
    return Query(tuple(terms), query.excluded, tuple(corrected)) if corrected else query


def _exists(db: Connection, word: str) -> bool:
    return db.execute("select 1 from items_vocabulary where term = ?", (word,)).fetchone() is not None


def _nearest(db: Connection, word: str) -> str | None:
    """The nearest indexed word: fewest edits, then most articles. The first letter is taken to be right, or the second."""
    limit = 1 if len(word) < 8 else 2
    best: tuple[int, int, str] | None = None
    starts = {word[0], word[1]} if len(word) > 1 else {word[0]}
    for start in starts:
        rows = db.execute(
            "select term, doc from items_vocabulary where term >= ? and term < ? and length(term) between ? and ?",
            (start, chr(ord(start) + 1), len(word) - limit, len(word) + limit),
        )
        for term, count in rows:
            distance = distance_at_most(word, term, limit)
            if distance is not None and (best is None or (distance, -count) < best[:2]):
                best = (distance, -count, term)
    return _surface(db, best[2]) if best else None


def _surface(db: Connection, indexed: str) -> str:
    """How a word of the index is written in an article that a reader may see, else as indexed."""
    rows = db.execute(
        "select title, summary from items where id in "
        "(select rowid from items_fts where items_fts match ? order by rowid desc limit 20) and state <> 'dismissed'",
        (f'"{indexed}"',),
    )
    for title, summary in rows:
        for found in WORD.findall(f"{title} {summary}"):
            if lemma(fold(found)) == indexed:
                return str(found).lower()
    return indexed


_CARDS = """
select items.id, items.url, items.title, items.summary, items.source_id, sources.name, items.kind, items.language, items.interest,
    items.published_at, items.day, items.first_seen_at, items.state,
    (select json_group_array(code) from (select code from item_territories where item_id = items.id order by origin = 'source', code)),
    (select json_group_array(tag_id) from
        (select tag_id from item_tags where item_id = items.id and origin <> 'refused'
         order by origin = 'source', score desc, tag_id)),
    (select count(*) - 1 from sightings where item_id = items.id)
        + case when items.story_id is null then 0 else
            (select count(*) - 1 from items as twins where twins.story_id = items.story_id and twins.state <> 'dismissed') end
from items join sources on sources.id = items.source_id
where items.id in (select value from json_each(?))
"""


def cards(db: Connection, ids: Iterable[int]) -> list[Card]:
    """Cards of these items, in this order."""
    wanted = list(ids)
    rows = db.execute(_CARDS, (json.dumps(wanted),))
    found = {row[0]: _card(row) for row in rows}
    return [found[item_id] for item_id in wanted if item_id in found]


def _card(row: Any) -> Card:
    row = tuple(row)
    return Card(
        id=row[0], url=row[1], title=row[2], summary=row[3], source=row[4], source_name=row[5], kind=row[6], language=row[7],
        interest=row[8], published_at=row[9], day=row[10], first_seen_at=row[11], state=row[12],
        departements=tuple(json.loads(row[13])), themes=tuple(json.loads(row[14])), also=max(0, row[15]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the first page shows."""

    articles: int
    sources: int
    selected: list[Card]
    latest: list[Card]
    themes: list[tuple[str, int]]
    departements: dict[str, int]
    deadlines: list[tuple[str, str, int, str, str]]  # day, evidence, item, title, source
    watched: frozenset[str] = frozenset()


def home(db: Connection, today: str, *, selected: int = 4, latest: int = 12) -> Home:
    """Selected articles, then new ones of interest; one card a story."""
    chosen = "select id from items where state = 'selected' and lead = 1 order by day desc, id desc limit ?"
    fresh = (
        "select id from items indexed by items_day where state in ('new', 'later') and interest >= 0.5 and lead = 1 "
        "order by day desc, id desc limit ?"
    )
    deadlines = db.execute(
        'select item_dates."end", item_dates.evidence, items.id, items.title, sources.name from item_dates '
        "join items on items.id = item_dates.item_id join sources on sources.id = items.source_id "
        "where role = 'deadline' and item_dates.\"end\" >= ? and items.state <> 'dismissed' and items.lead = 1 and items.kind <> 'emploi' "
        "and (items.interest >= 0.5 or items.state = 'selected') order by item_dates.\"end\" limit 4",
        (today,),
    ).fetchall()
    return Home(
        articles=db.execute("select count(*) from items where state <> 'dismissed'").fetchone()[0],
        sources=db.execute("select count(*) from sources where state not in ('retired', 'disabled')").fetchone()[0],
        selected=cards(db, [row[0] for row in db.execute(chosen, (selected,))]),
        latest=cards(db, [row[0] for row in db.execute(fresh, (latest,))]),
        themes=_pairs(
            db,
            "select tag_id, count(*) from item_tags join items on items.id = item_id "
            "where origin <> 'refused' and state <> 'dismissed' group by 1",
        ),
        departements=dict(
            _pairs(
                db,
                "select code, count(*) from item_territories join items on items.id = item_id where state <> 'dismissed' group by 1",
            )
        ),
        deadlines=[tuple(row) for row in deadlines],
        watched=frozenset(
            row[0]
            for row in db.execute("select value from sources, json_each(sources.territory) where state not in ('retired', 'disabled')")
        ),
    )


def _pairs(db: Connection, sql: str) -> list[tuple[str, int]]:
    return sorted(((row[0], row[1]) for row in db.execute(sql)), key=lambda row: (-row[1], row[0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article, whole, as far as its rights allow."""

    card: Card
    author: str
    rights: str
    kind_reason: str
    interest_reason: str
    changed_at: str | None
    versions: int
    tags: list[dict[str, Any]]
    refused: list[str]
    territories: list[dict[str, Any]]
    dates: list[dict[str, Any]]
    sightings: list[dict[str, Any]]
    twins: list[Card]
    decisions: list[dict[str, Any]] = field(default_factory=list)


def article(db: Connection, item_id: int) -> Article | None:
    """None when there is no such article."""
    found = cards(db, [item_id])
    if not found:
        return None

    def rows(sql: str, *names: str) -> list[dict[str, Any]]:
        return [dict(zip(names, tuple(row), strict=True)) for row in db.execute(sql, (item_id,))]

    extra = db.execute(
        "select author, rights, kind_reason, interest_reason, changed_at, story_id, "
        "(select count(*) from versions where item_id = items.id) from items join sources on sources.id = source_id where items.id = ?",
        (item_id,),
    ).fetchone()
    author, rights, kind_reason, interest_reason, changed_at, story_id, versions = tuple(extra)
    twins = [row[0] for row in db.execute("select id from items where story_id = ? and id <> ?", (story_id, item_id))] if story_id else []
    tags = rows(
        "select tag_id, origin, score, reason from item_tags where item_id = ? order by origin = 'source', score desc, tag_id",
        "id", "origin", "score", "reason",
    )  # fmt: skip
    return Article(
        card=found[0], author=author, rights=rights, kind_reason=kind_reason, interest_reason=interest_reason,
        changed_at=changed_at, versions=versions,
        tags=[tag for tag in tags if tag["origin"] != "refused"],
        refused=[tag["id"] for tag in tags if tag["origin"] == "refused"],
        territories=rows(
            "select code, origin, reason from item_territories where item_id = ? order by origin = 'source', code",
            "code", "origin", "reason",
        ),
        dates=rows(
            'select role, start, "end", evidence from item_dates where item_id = ? order by start', "role", "start", "end", "evidence"
        ),
        sightings=rows(
            "select source_id, sources.name, sightings.url, sightings.first_seen_at from sightings "
            "join sources on sources.id = source_id where item_id = ? order by sightings.first_seen_at, source_id",
            "source", "name", "url", "first_seen_at",
        ),
        twins=[card for card in cards(db, twins) if card.state != "dismissed"],
        decisions=rows(
            "select decisions.id, at, name, action, before, after, undone_at from decisions join accounts on accounts.id = account_id "
            "where item_id = ? order by decisions.id desc limit 20",
            "id", "at", "name", "action", "before", "after", "undone_at",
        ),
    )  # fmt: skip


def names(db: Connection) -> dict[str, str]:
    """Names of all sources by id."""
    return dict(tuple(row) for row in db.execute("select id, name from sources"))


def last_run(db: Connection) -> dict[str, Any] | None:
    """The end of the last collection and how it went."""
    row = db.execute(
        "select ended_at, (select count(*) from sources where state in ('failing', 'gone', 'blocked', 'selector-missed')) "
        "from runs where ended_at is not null order by id desc limit 1"
    ).fetchone()
    return {"ended_at": row[0], "alarms": row[1]} if row else None


Reader = Callable[[Connection], Any]
