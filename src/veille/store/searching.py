"""Searches: what is found, in what order, with which facets. Reading only.

Comes in: a plain connection, a `Request`. Goes out: `Results`. What is shown of a text is `items.summary`.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeVar

from veille.search import (
    COLUMNS,
    COUNT_SQL,
    PAGE_SIZE,
    RERANKED,
    THEME_BONUS,
    TITLE_BONUS,
    Query,
    Request,
    Term,
    bit,
    conditions,
    match_term,
    title_share,
    title_words,
    told,
    unfiltered,
)
from veille.store.articles import Card, cards, greatest_id
from veille.store.connection import Connection
from veille.store.facets import FACETS, Counts, Tally, column_of, count_stories, counted, ordered
from veille.store.matching import Found, Rarity, find, rows_of, walked
from veille.store.wording import understand_query
from veille.understand import Knowledge

_Value = TypeVar("_Value")
_LOOKED = 20_000  # of the newest articles, to tell how rare a word is


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


def search(db: Connection, request: Request, knowledge: Knowledge, today: str, size: int = PAGE_SIZE) -> Results:
    """One page of results, and the facets of all of them."""
    newest = greatest_id(db)
    query = understand_query(db, request, knowledge)
    regions = {code: place.region_code for code, place in knowledge.departements.items()}
    rarity = Rarity(db)
    found = find(db, request, query, today, rarity)
    order = _ranked(db, request, query, found, newest)
    stories = found.columns["stories"]
    total = count_stories(_of(stories, order))
    every = total if found.every is None else count_stories([stories[place] for place in order if found.ids[place] in found.every])
    return Results(
        total=total, capped=found.capped, cards=cards(db, _page(found, order, (request.page - 1) * size, size)),
        facets=_facets(db, request, query, found, rarity, regions), query=query, every=every,
        whole_only=found.whole_only, around=found.around is not None,
    )  # fmt: skip


def rank(db: Connection, request: Request, query: Query, today: str) -> Ranked:
    """The items asked for. By relevance some of the words may do: the best score, filters or not, decides how few."""
    found = find(db, request, query, today, Rarity(db))
    return Ranked([found.ids[place] for place in _ranked(db, request, query, found, greatest_id(db))], found.capped)


def _of(column: Sequence[_Value], places: Sequence[int]) -> Sequence[_Value]:
    if len(places) == len(column):
        return column  # what is counted has no order
    if len(places) < 2:
        return [column[place] for place in places]
    found: tuple[_Value, ...] = itemgetter(*places)(column)
    return found


def _page(found: Found, order: Sequence[int], first: int, size: int) -> list[int]:
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


def _ranked(db: Connection, request: Request, query: Query, found: Found, newest: int) -> Sequence[int]:
    """Places of what the filters keep, in the order asked for."""
    if not query.terms:
        return found.order
    order = [place for place in found.order if not found.misses[place]] if found.misses else found.order
    if request.by_date:
        return sorted(sorted(order), key=found.columns["days"].__getitem__, reverse=True)
    return [*_reranked(db, query, found, order[:RERANKED], newest), *order[RERANKED:]]


def _reranked(db: Connection, query: Query, found: Found, best: Sequence[int], newest: int) -> list[int]:
    """The best ones again, those first whose titles say the query and whose themes it names."""
    given = json.dumps([found.ids[place] for place in best])
    weighed = [(term, _weight(db, query, term, newest)) for term in query.terms]
    titles = dict(rows_of(db, "select id, title from items where id in (select value from json_each(?))", (given,)))

    def score(place: int) -> float:
        share = title_share(title_words(titles[found.ids[place]]), weighed)
        named = not query.themes.isdisjoint(found.columns["themes"][place].split())
        return found.scores[place] * (1 + TITLE_BONUS * share) * (1 + THEME_BONUS * named)

    return sorted(best, key=lambda place: (-score(place), -found.ids[place]))


def _weight(db: Connection, query: Query, term: Term, newest: int) -> float:
    """How much a term says: the fewer of the newest articles have it, the more."""
    looked = min(newest, _LOOKED)
    ((count,),) = rows_of(db, COUNT_SQL, {"match": match_term(term, query), "floor": newest - looked + 1})
    return math.log(1 + looked / (1 + count))


def _facets(db: Connection, request: Request, query: Query, found: Found, rarity: Rarity, regions: Mapping[str, str]) -> dict[str, Counts]:
    """Counts with every filter but the facet's own, so that « or » within a facet shows what it would add."""
    kept = _tally(found.columns, [place for place in found.order if not found.misses[place]] if found.misses else found.order, regions)
    facets: dict[str, Counts] = {}
    for name in FACETS:
        allowed = (0, bit(name))
        if not getattr(request, name):
            facets[name] = kept.counts(name)
        elif not query.terms:
            facets[name] = _walked_counts(db, unfiltered(request, name), query, name, rarity, regions)
        elif found.around is None:
            facets[name] = _tally(found.columns, [place for place in found.order if found.misses[place] in allowed], regions).counts(name)
        else:
            misses = found.around.misses
            tally = _tally(found.around.columns, [place for place in range(len(misses)) if misses[place] in allowed], regions)
            exact = dict(kept.counts(name))  # of what is chosen
            facets[name] = ordered(name, dict(tally.counts(name)) | {value: exact.get(value, 0) for value in getattr(request, name)})
    return facets


def _walked_counts(db: Connection, request: Request, query: Query, name: str, rarity: Rarity, regions: Mapping[str, str]) -> Counts:
    column = COLUMNS[column_of(name)]
    columns = walked(db, request, query, conditions(request), {"held": column, "told": told(column)}, rarity)
    pairs = (line.split(" ", 1) for line in columns["told"])
    return counted(name, Counter(columns["held"]), ((story, held) for story, held in pairs), regions)


def _tally(held: Mapping[str, Sequence[str]], places: Sequence[int], regions: Mapping[str, str]) -> Tally:
    wanted = ("stories", "themes", "departements", "sources", "traits")
    return Tally({name: _of(held[name], places) for name in wanted if name in held}, regions)
