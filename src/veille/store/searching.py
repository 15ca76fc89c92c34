"""Searches: what is found, in what order, with which facets. Reading only.

Comes in: a plain connection, a `Request`. Goes out: `Results`. What is shown of a text is `items.summary`.
"""

import json
import math
from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any, TypeVar

from veille.french import lemmas
from veille.search import (
    COLUMNS,
    COUNT_SQL,
    MATCH_SQL,
    MOST_MATCHES,
    PAGE_SIZE,
    PLENTY,
    RERANKED,
    SCORE_SQL,
    SCORED,
    THEME_BONUS,
    TITLE_BONUS,
    WORTH,
    Query,
    Request,
    Term,
    Where,
    best_score,
    bit,
    blend,
    conditions,
    counted_sql,
    filtered_sql,
    match_all,
    match_excluded,
    match_other,
    match_term,
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
_LOOKED = 20_000  # of the newest articles, to tell how rare a word is
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
    whole_only: bool  # there are so many with every word that the others were left out
    around: bool  # what a chosen facet offers beside its filter is counted over the newest matches alone


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ids of all items asked for, in order; every item of a story."""

    ids: list[int]
    capped: bool  # there are more, older ones


class _Window:
    """The newest articles that the words find, whatever the filters say, and which filters refuse each, by `bit`."""

    def __init__(self, columns: dict[str, Sequence[str]]) -> None:
        self.columns = columns
        self.misses = list(map(int, columns["misses"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the words find, the newest first, column by column: with the filters still to obey (`misses`), or already obeyed."""

    columns: dict[str, Sequence[str]]
    ids: Sequence[int]
    order: Sequence[int]  # places, the best first, without what is too far from the best
    capped: bool
    misses: Sequence[int] = ()  # the filters that refuse each place, by `bit`; none when no filter is left to obey
    whole_only: bool = False
    around: _Window | None = None  # when the filters were obeyed before the cap
    scores: Sequence[float] = ()  # of each place
    every: Collection[int] | None = None  # ids of those with every word; None for all of them


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
        whole_only=found.whole_only, around=found.around is not None,
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


def _columns(db: Connection, names: Sequence[str], sql: str, *values: Mapping[str, object]) -> dict[str, Sequence[str]]:
    (joined,) = _rows(db, narrow(db, sql), dict(ChainMap(*map(dict, values))))
    return {name: [] if held is None else held.split("\n") for name, held in zip(names, joined, strict=True)}


def _find(db: Connection, request: Request, query: Query, today: str) -> _Found:
    where = conditions(request)
    if not query.terms:
        columns = _walked(db, request, query, where, COLUMNS, {})
        ids = list(map(int, columns["ids"]))
        return _Found(columns=columns, ids=ids, order=range(len(ids)), capped=len(ids) >= MOST_MATCHES)
    whole = _whole(db, query)
    plenty = len(whole) == PLENTY
    strict = plenty or (len(query.terms) == 1 and not query.terms[0].spread)  # then all that match have every word
    match = match_all(query) if strict else match_wide(query)
    # Without filters to obey and words to make up for, the newest are simply taken.
    floor, capped = _floor(db, match) if where.chosen or not strict else (0, False)
    values = where.values | {"match": match, "floor": floor, "today": today, "language": query.language, "most": MOST_MATCHES}
    wanted = dict(COLUMNS)
    if not (strict and request.by_date):
        wanted |= {"scores": SCORED} if plenty else {"worths": WORTH}
    wanted |= {"days": "day"} if request.by_date else {}
    around = None
    if capped and where.chosen:  # filters come before the cap; what a facet offers beside its own filter is counted over the newest
        around = _Window(_columns(db, [*COLUMNS, "misses"], *matched_sql(where, [*COLUMNS.values(), where.misses]), values))
        sql, given = filtered_sql(request, where, _rarest(db, request, {})[0], list(wanted.values()))
    else:
        wanted |= {"misses": where.misses} if where.chosen else {}
        also = [item for item in whole if item < floor and not strict]
        sql, given = matched_sql(where, list(wanted.values()), also)
    columns = _columns(db, list(wanted), sql, given, values)
    ids = list(map(int, columns["ids"]))
    found = _Found(
        columns=columns, ids=ids, order=range(len(ids)), capped=len(ids) >= MOST_MATCHES,
        misses=list(map(int, columns.get("misses", ()))), around=around,
        whole_only=plenty and len(query.terms) > 1,
    )  # fmt: skip
    if "scores" in columns:
        scores = list(map(int, columns["scores"]))
        return replace(found, order=sorted(found.order, key=scores.__getitem__, reverse=True), scores=scores)
    return _blended(db, query, found, whole=None if strict else whole) if "worths" in columns else found


def _whole(db: Connection, query: Query) -> list[int]:
    """The newest articles that have every word, at most PLENTY of them: with so many, those with only some of the words are left out.

    Filters have no say in it, so that a count is what a click gives.
    """
    sql = f"{MATCH_SQL} order by rowid desc limit :most"
    return [row[0] for row in _rows(db, sql, {"match": match_all(query), "floor": 0, "most": PLENTY})]


def _blended(db: Connection, query: Query, found: _Found, whole: Sequence[int] | None) -> _Found:
    """Scores of few articles, or of those that lack a word: each term apart, as typed and said another way."""
    terms = _scored(db, query, found.ids)
    worths = dict(zip(found.ids, map(int, found.columns["worths"]), strict=True))
    by_id = blend([best_score(*term) for term in terms], worths.keys() if whole is None else set(whole), worths)
    scores = [by_id.get(item, -1.0) for item in found.ids]
    best = sorted(found.order, key=scores.__getitem__, reverse=True)  # stable: the newer of two equals stays first
    return replace(found, order=best[: len(by_id)], scores=scores, every=None if whole is None else set(whole))


_Scored = tuple[dict[int, float], list[dict[int, float]]]  # a term as typed, and each other way to say it


def _scored(db: Connection, query: Query, ids: Sequence[int]) -> list[_Scored]:
    values = {"floor": min(ids, default=0), "among": json.dumps(ids)}

    def scores(match: str) -> dict[int, float]:
        return dict(_rows(db, SCORE_SQL, {"match": match, **values}))

    return [
        (scores(match_term(term, query)), [] if term.prefix else [scores(match_other(other, query)) for other in term.others])
        for term in query.terms
    ]


def _ranked(db: Connection, request: Request, query: Query, found: _Found, newest: int) -> Sequence[int]:
    """Places of what the filters keep, in the order asked for."""
    if not query.terms:
        return found.order
    order = [place for place in found.order if not found.misses[place]] if found.misses else found.order
    if request.by_date:
        return sorted(sorted(order), key=found.columns["days"].__getitem__, reverse=True)
    return [*_reranked(db, query, found, order[:RERANKED], newest), *order[RERANKED:]]


def _reranked(db: Connection, query: Query, found: _Found, best: Sequence[int], newest: int) -> list[int]:
    """The best ones again, those first whose titles say the query and whose themes it names."""
    given = json.dumps([found.ids[place] for place in best])
    weighed = [(term, _weight(db, query, term, newest)) for term in query.terms]
    titles = dict(_rows(db, "select id, title from items where id in (select value from json_each(?))", (given,)))

    def score(place: int) -> float:
        share = title_share(lemmas(titles[found.ids[place]]), weighed)
        named = not query.themes.isdisjoint(found.columns["themes"][place].split())
        return found.scores[place] * (1 + TITLE_BONUS * share) * (1 + THEME_BONUS * named)

    return sorted(best, key=lambda place: (-score(place), -found.ids[place]))


def _weight(db: Connection, query: Query, term: Term, newest: int) -> float:
    """How much a term says: the fewer of the newest articles have it, the more."""
    looked = min(newest, _LOOKED)
    ((count,),) = _rows(db, COUNT_SQL, {"match": match_term(term, query), "floor": newest - looked + 1})
    return math.log(1 + looked / (1 + count))


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
    labels, also = _rarest(db, request, counted)
    sql, values = walked_sql(request, where, labels, also, list(wanted.values()), excluding=bool(query.excluded))
    return _columns(db, list(wanted), sql, values, {"most": MOST_MATCHES, "excluded": match_excluded(query)})


def _rarest(db: Connection, request: Request, counted: dict[tuple[str, ...], int]) -> tuple[tuple[str, ...], list[str]]:
    """The labels of the rarest filter, and those of others that cost less read along; `counted` remembers how rare."""
    choices = [
        tuple(f"{name} {value}" for value in getattr(request, name))
        for name in ("sources", "departements", "themes", "regions", "languages", "kinds")
        if getattr(request, name)
    ]
    if len(choices) < 2:
        return (choices[0] if choices else ()), []
    for labels in choices:
        if labels not in counted:
            counted[labels] = db.execute(narrow(db, counted_sql(labels)), (*labels, _ENOUGH)).fetchone()[0]
    choices.sort(key=counted.__getitem__)
    rarest = counted[choices[0]]
    if len(choices[0]) > 1 or rarest <= _FEW:
        return choices[0], []
    return choices[0], [labels[0] for labels in choices[1:] if len(labels) == 1 and counted[labels] < min(_ENOUGH, _ALONG * rarest)]


def _facets(db: Connection, request: Request, query: Query, found: _Found, regions: Mapping[str, str]) -> dict[str, Counts]:
    """Counts with every filter but the facet's own, so that « or » within a facet shows what it would add."""
    facets: dict[str, Counts] = {}
    counted: dict[tuple[str, ...], int] = {}
    kept = _tally(found.columns, [place for place in found.order if not found.misses[place]] if found.misses else found.order, regions)
    for name in FACETS:
        tally = kept
        if getattr(request, name) and query.terms:
            allowed = (0, bit(name))
            if found.around:
                misses = found.around.misses
                tally = _tally(found.around.columns, [place for place in range(len(misses)) if misses[place] in allowed], regions)
            else:
                tally = _tally(found.columns, [place for place in found.order if found.misses[place] in allowed], regions)
        elif getattr(request, name):
            free, column = unfiltered(request, name), column_of(name)
            wanted = {one: COLUMNS[one] for one in ("stories", column)}
            columns = _walked(db, free, query, conditions(free), wanted, counted)
            tally = Tally(columns["stories"], columns, regions)
        facets[name] = tally.counts(name)
    return facets


def _tally(held: Mapping[str, Sequence[str]], places: Sequence[int], regions: Mapping[str, str]) -> Tally:
    columns = {name: _of(held[name], places) for name in ("stories", "themes", "departements", "sources", "traits")}
    return Tally(columns["stories"], columns, regions)
