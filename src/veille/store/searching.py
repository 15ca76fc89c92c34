"""Searches: what is found, in what order, with which facets. Reading only.

Comes in: a plain connection, a `Request`. Goes out: `Results`. What is shown of a text is `items.summary`.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, TypeVar

from veille.french import lemmas
from veille.search import (
    COLUMNS,
    MATCH_SQL,
    MOST_MATCHES,
    PAGE_SIZE,
    RERANKED,
    SCORE_SQL,
    THEME_BONUS,
    TITLE_BONUS,
    WORTH,
    Query,
    Request,
    Where,
    best_score,
    bit,
    blend,
    conditions,
    counted_sql,
    match_excluded,
    match_other,
    match_term,
    match_together,
    match_wide,
    matched_sql,
    title_share,
    unfiltered,
    walked_sql,
)
from veille.store.articles import Card, cards, greatest_id
from veille.store.connection import Connection
from veille.store.facets import FACETS, Counts, Tally, column_of, count_stories
from veille.store.narrow import narrow
from veille.store.wording import understand_query
from veille.understand import Knowledge

_Value = TypeVar("_Value")
# Articles of a label: so many are looked at one by one; a label up to five times as frequent costs less read along; none is counted on.
_FEW, _ALONG, _ENOUGH = 5_000, 5, 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The answer to a request: one card for each story, and counts of stories."""

    total: int
    capped: bool
    cards: list[Card]
    facets: dict[str, Counts]
    query: Query
    every: int  # so many have every word; the others have some of them


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ids of all items asked for, in order; every item of a story."""

    ids: list[int]
    capped: bool  # there are more, older ones


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the words find before the filters (without words: what the filters keep), column by column."""

    columns: dict[str, Sequence[str]]
    ids: Sequence[int]
    order: Sequence[int]  # places, the best first, without what is too far from the best
    capped: bool
    misses: Sequence[int] = ()  # the filters that refuse each place, by `bit`; none when no filter is left to obey
    scores: Mapping[int, float] = field(default_factory=dict)  # by id
    every: Collection[int] | None = None  # ids of those with every word; None for all of them
    matches: Sequence[int] = ()  # how many hold each term


def search(db: Connection, request: Request, knowledge: Knowledge, today: str, size: int = PAGE_SIZE) -> Results:
    """One page of results, and the facets of all of them."""
    newest = greatest_id(db)
    query = understand_query(db, request, knowledge)
    regions = {code: place.region_code for code, place in knowledge.departements.items()}
    found = _find(db, request, query, today)
    order = _ranked(db, request, query, found, newest)
    stories = found.columns["stories"]
    total = count_stories(_of(stories, order))
    every = total if found.every is None else count_stories([stories[place] for place in order if found.ids[place] in found.every])
    return Results(
        total=total, capped=found.capped, cards=cards(db, _page(found, order, (request.page - 1) * size, size)),
        facets=_facets(db, request, query, found, regions), query=query, every=every,
    )  # fmt: skip


def rank(db: Connection, request: Request, query: Query, today: str) -> Ranked:
    """The items asked for. By relevance some of the words may do: the best score, filters or not, decides how few."""
    found = _find(db, request, query, today)
    return Ranked([found.ids[place] for place in _ranked(db, request, query, found, greatest_id(db))], found.capped)


def _of(column: Sequence[_Value], places: Sequence[int]) -> Sequence[_Value]:
    if len(places) == len(column):
        return column  # what is counted has no order
    if len(places) < 2:
        return [column[place] for place in places]
    found: tuple[_Value, ...] = itemgetter(*places)(column)
    return found


def _page(found: _Found, order: Sequence[int], first: int, size: int) -> list[int]:
    """Ids of a page: the best of each story, in order."""
    stories = found.columns["stories"]
    told: set[str] = set()
    ids: list[int] = []
    for place in order:
        story = stories[place]
        if story:
            if story in told:
                continue
            told.add(story)
        ids.append(found.ids[place])
        if len(ids) == first + size:
            break
    return ids[first:]


def _rows(db: Connection, sql: str, values: Any) -> list[Any]:
    cursor = db.cursor()
    cursor.row_factory = None  # a row of Datasette's costs more than what it holds
    rows: list[Any] = cursor.execute(sql, values).fetchall()
    return rows


def _columns(db: Connection, names: Sequence[str], sql: str, values: Any) -> dict[str, Sequence[str]]:
    (joined,) = _rows(db, narrow(db, sql), values)
    return {name: [] if held is None else held.split("\n") for name, held in zip(names, joined, strict=True)}


def _find(db: Connection, request: Request, query: Query, today: str) -> _Found:
    where = conditions(request)
    if not query.terms:
        columns = _walked(db, request, query, where, COLUMNS, {})
        ids = list(map(int, columns["ids"]))
        return _Found(columns=columns, ids=ids, order=range(len(ids)), capped=len(ids) >= MOST_MATCHES)
    match = match_wide(query)
    floor, capped = _floor(db, match)
    values = where.values | {"match": match, "floor": floor, "today": today, "language": query.language}
    alone = len(query.terms) == 1 and not query.terms[0].spread  # then all that match have every word
    by_score = not (alone and request.by_date)
    wanted = COLUMNS | {"worths": WORTH} if by_score else dict(COLUMNS)
    wanted |= {"misses": where.misses} if where.chosen else {}
    wanted |= {"days": "day"} if request.by_date else {}
    columns = _columns(db, list(wanted), matched_sql(where, list(wanted.values())), values)
    ids, misses = list(map(int, columns["ids"])), list(map(int, columns.get("misses", ())))
    newest = range(len(ids) - 1, -1, -1)
    if not by_score:
        return _Found(columns=columns, ids=ids, order=newest, capped=capped, misses=misses)
    terms = _scored(db, query, floor)
    worths = dict(zip(ids, map(int, columns["worths"]), strict=True))
    every = worths.keys() if alone else _with_every_word(db, query, terms, floor)
    scores = blend([best_score(*term) for term in terms], every, worths)
    by_place = [scores.get(item, -1.0) for item in ids]
    best = sorted(newest, key=by_place.__getitem__, reverse=True)  # stable: the newer of two equals stays first
    return _Found(
        columns=columns, ids=ids, order=best[: len(scores)], capped=capped, misses=misses, scores=scores,
        every=None if alone else every, matches=[len(typed.keys() & worths.keys()) for typed, _ in terms],
    )  # fmt: skip


_Scored = tuple[dict[int, float], list[dict[int, float]]]  # a term as typed, and each other way to say it


def _scored(db: Connection, query: Query, floor: int) -> list[_Scored]:
    def scores(match: str) -> dict[int, float]:
        cursor = db.cursor()
        cursor.row_factory = None
        return dict(cursor.execute(SCORE_SQL, {"match": match, "floor": floor}))

    return [
        (scores(match_term(term, query)), [] if term.prefix else [scores(match_other(other, query)) for other in term.others])
        for term in query.terms
    ]


def _with_every_word(db: Connection, query: Query, terms: Sequence[_Scored], floor: int) -> set[int]:
    every: set[int] | None = None
    for term, (typed, others) in zip(query.terms, terms, strict=True):
        held = set(typed)
        if term.spread:
            held = {row[0] for row in _rows(db, MATCH_SQL, {"match": match_together(term, query), "floor": floor})}
        held.update(*others)
        every = held if every is None else every & held
    return every or set()


def _ranked(db: Connection, request: Request, query: Query, found: _Found, newest: int) -> Sequence[int]:
    """Places of what the filters keep, in the order asked for."""
    if not query.terms:
        return found.order
    order = [place for place in found.order if not found.misses[place]] if found.misses else found.order
    if request.by_date:
        return sorted(sorted(order, reverse=True), key=found.columns["days"].__getitem__, reverse=True)
    return [*_reranked(db, query, found, order[:RERANKED], newest), *order[RERANKED:]]


def _reranked(db: Connection, query: Query, found: _Found, best: Sequence[int], newest: int) -> list[int]:
    """The best ones again, those first whose titles say the query and whose themes it names."""
    given = json.dumps([found.ids[place] for place in best])
    weighed = [(term, math.log(1 + newest / (1 + count))) for term, count in zip(query.terms, found.matches, strict=True)]
    titles = dict(_rows(db, "select id, title from items where id in (select value from json_each(?))", (given,)))

    def score(place: int) -> float:
        item = found.ids[place]
        named = not query.themes.isdisjoint(found.columns["themes"][place].split())
        return found.scores[item] * (1 + TITLE_BONUS * title_share(lemmas(titles[item]), weighed)) * (1 + THEME_BONUS * named)

    return sorted(best, key=lambda place: (-score(place), -found.ids[place]))


def _floor(db: Connection, match: str) -> tuple[int, bool]:
    """The id from which on matches are ranked, and whether older ones are left out."""
    newest = db.execute(
        "select rowid from items_fts where items_fts match ? order by rowid desc limit 1 offset ?",
        (match, MOST_MATCHES - 1),
    ).fetchone()
    return (newest[0], True) if newest else (0, False)


def _walked(
    db: Connection, request: Request, query: Query, where: Where, wanted: Mapping[str, str], counted: dict[tuple[str, ...], int]
) -> dict[str, Sequence[str]]:
    """Columns of the newest items that the filters keep, found by the rarest of them; `counted` remembers how rare."""
    choices = [
        tuple(f"{name} {value}" for value in getattr(request, name))
        for name in ("sources", "departements", "themes", "regions", "languages", "kinds")
        if getattr(request, name)
    ]
    also: list[str] = []
    if len(choices) > 1:
        for labels in choices:
            if labels not in counted:
                counted[labels] = db.execute(narrow(db, counted_sql(labels)), (*labels, _ENOUGH)).fetchone()[0]
        choices.sort(key=counted.__getitem__)
        rarest = counted[choices[0]]
        if len(choices[0]) == 1 and rarest > _FEW:
            also = [labels[0] for labels in choices[1:] if len(labels) == 1 and counted[labels] < min(_ENOUGH, _ALONG * rarest)]
    labels = choices[0] if choices else ()
    sql, values = walked_sql(request, where, labels, also, list(wanted.values()), excluding=bool(query.excluded))
    return _columns(db, list(wanted), sql, values | {"most": MOST_MATCHES, "excluded": match_excluded(query)})


def _facets(db: Connection, request: Request, query: Query, found: _Found, regions: Mapping[str, str]) -> dict[str, Counts]:
    """Counts with every filter but the facet's own, so that « or » within a facet shows what it would add."""
    facets: dict[str, Counts] = {}
    counted: dict[tuple[str, ...], int] = {}
    kept = _tally(found, [place for place in found.order if not found.misses[place]] if found.misses else found.order, regions)
    for name in FACETS:
        tally = kept
        if getattr(request, name) and query.terms:
            allowed = (0, bit(name))
            tally = _tally(found, [place for place in found.order if found.misses[place] in allowed], regions)
        elif getattr(request, name):
            free, column = unfiltered(request, name), column_of(name)
            wanted = {one: COLUMNS[one] for one in ("stories", column)}
            columns = _walked(db, free, query, conditions(free), wanted, counted)
            tally = Tally(columns["stories"], columns, regions)
        facets[name] = tally.counts(name)
    return facets


def _tally(found: _Found, places: Sequence[int], regions: Mapping[str, str]) -> Tally:
    columns = {name: _of(found.columns[name], places) for name in ("stories", "themes", "departements", "sources", "traits")}
    return Tally(columns["stories"], columns, regions)
