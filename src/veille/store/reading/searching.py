"""Searches: what is found, in what order, with which facets. Reading only.

Comes in: a plain connection, a `Request`. Goes out: `Results`. What is shown of a text is `items.summary`.
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

from veille.search.facets import FACETS
from veille.search.ranking import PAGE_SIZE, RERANKED, THEME_BONUS, TITLE_BONUS, title_share
from veille.search.request import Request, unfiltered
from veille.search.words import Query, Term, match_term, title_words
from veille.store.cards import Card, cards, greatest_id
from veille.store.connection import Connection, rows_of
from veille.store.reading.facets import FacetCounts, Tally, count_stories, ordered
from veille.store.reading.matching import Matches, WordRarity, find, walked
from veille.store.reading.rows import Columns, Rows
from veille.store.reading.sql import COUNT_SQL, bit
from veille.store.reading.wording import understand_query
from veille.understand.knowledge import Knowledge

_LOOKED = 20_000  # of the newest articles, to tell how rare a word is


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The answer to a request: one card for each story, and counts of stories."""

    total: int
    capped: bool  # there are more, older ones
    partly: bool  # of those that lack a word, older ones were left out
    cards: list[Card]
    facets: dict[str, FacetCounts]
    query: Query
    every: int  # so many have every word, at a glance or near the best score: they come first; the others have some of them, or scattered
    whole_only: bool  # there are so many with every word that the others were left out
    around: bool  # what a chosen facet offers beside its filter is counted over the newest matches alone


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ids of all items asked for, in order; every item of a story."""

    ids: list[int]
    capped: bool  # there are more, older ones


def search(
    db: Connection, request: Request, knowledge: Knowledge, today: str, size: int = PAGE_SIZE, *, rows: Rows | None = None
) -> Results:
    """Return one page of results, and the facets of all of them; `rows` are those of the file, when somebody follows it."""
    rows = rows or Columns().follow(db)
    newest = greatest_id(db)
    query = understand_query(db, request, knowledge)
    rarity = WordRarity(db)
    found = find(db, rows, request, query, today, rarity)
    order = _ranked(db, rows, request, query, found, newest)
    kept = [found.ids[place] for place in order]
    total = every = count_stories(rows, kept)
    page = _led(db, rows, kept, _page(rows, kept, (request.page - 1) * size, size))
    if found.every is not None:
        every = count_stories(rows, [item for item in kept if item in found.every])
    return Results(
        total=total, capped=found.cut and found.every is None, partly=found.cut and every < total,
        cards=cards(db, page),
        facets=_facets(db, rows, request, query, found, rarity), query=query, every=every,
        whole_only=found.whole_only, around=found.around is not None,
    )  # fmt: skip


def rank(db: Connection, request: Request, query: Query, today: str, *, rows: Rows | None = None) -> Ranked:
    """Return the items asked for. By relevance some of the words may do: the best score, filters or not, decides how few."""
    rows = rows or Columns().follow(db)
    found = find(db, rows, request, query, today, WordRarity(db))
    return Ranked([found.ids[place] for place in _ranked(db, rows, request, query, found, greatest_id(db))], found.cut)


def _page(rows: Rows, ids: Sequence[int], first: int, size: int) -> list[int]:
    """Ids of a page: the best of each story, in order."""
    told: set[int] = set()
    shown: list[int] = []
    for item in ids:
        story = rows.stories[item]
        if story:
            if story in told:
                continue
            told.add(story)
        shown.append(item)
        if len(shown) == first + size:
            break
    return shown[first:]


def _led(db: Connection, rows: Rows, kept: Sequence[int], page: list[int]) -> list[int]:
    """Return the same page, each story by the article that leads it, where that one is among what was found: whoever copies it last is
    not.
    """
    stories = sorted({rows.stories[item] for item in page} - {0})
    if not stories:
        return page
    told = rows_of(db, "select id, lead_id from stories where id in (select value from json_each(?))", (json.dumps(stories),))
    leads = {story: lead for story, lead in told if rows.stories[lead] == story}
    wanted = set(leads.values()) - set(page)
    held = wanted.intersection(kept) if wanted else wanted
    return [leads[rows.stories[item]] if leads.get(rows.stories[item]) in held else item for item in page]


def _ranked(db: Connection, rows: Rows, request: Request, query: Query, found: Matches, newest: int) -> Sequence[int]:
    """Places of what the filters keep, in the order asked for."""
    if not query.terms:
        return found.order
    order = found.order if found.misses is None else [place for place in found.order if not found.misses[place]]
    if request.by_date:
        return sorted(sorted(order), key=lambda place: rows.days[found.ids[place]], reverse=True)
    if found.every is None:
        return [*_reranked(db, rows, query, found, order[:RERANKED], newest), *order[RERANKED:]]
    every = found.every
    order = sorted(order, key=lambda place: found.ids[place] not in every)
    best = sorted(_reranked(db, rows, query, found, order[:RERANKED], newest), key=lambda place: found.ids[place] not in every)
    return [*best, *order[RERANKED:]]


def _reranked(db: Connection, rows: Rows, query: Query, found: Matches, best: Sequence[int], newest: int) -> list[int]:
    """Return the best ones again, those first whose titles say the query and whose themes it names."""
    given = json.dumps([found.ids[place] for place in best])
    weighed = [(term, _weight(db, query, term, newest)) for term in query.terms]
    titles = dict(rows_of(db, "select id, title from items where id in (select value from json_each(?))", (given,)))
    themed = rows.codes["themes"].with_any("themes", query.themes)

    def score(place: int) -> float:
        item = found.ids[place]
        share = title_share(title_words(titles.get(item, "")), weighed)
        return found.scores[place] * (1 + TITLE_BONUS * share) * (1 + THEME_BONUS * (rows.held["themes"][item] in themed))

    return sorted(best, key=lambda place: (-score(place), -found.ids[place]))


def _weight(db: Connection, query: Query, term: Term, newest: int) -> float:
    """Return how much a term says: the fewer of the newest articles have it, the more."""
    looked = min(newest, _LOOKED)
    ((count,),) = rows_of(db, COUNT_SQL, {"match": match_term(term, query), "floor": newest - looked + 1})
    return math.log(1 + looked / (1 + count))


def _facets(db: Connection, rows: Rows, request: Request, query: Query, found: Matches, rarity: WordRarity) -> dict[str, FacetCounts]:
    """Counts with every filter but the facet's own, so that « or » within a facet shows what it would add."""

    def tally(ids: Sequence[int], misses: Sequence[int] | None, facet: str = "") -> Tally:
        allowed = (0, bit(facet)) if facet else (0,)
        return Tally(rows, ids if misses is None else [item for item, missed in zip(ids, misses, strict=True) if missed in allowed])

    ids, misses = found.ids, found.misses
    if len(found.order) < len(ids):  # else all are counted, and what is counted has no order
        ids = [ids[place] for place in found.order]
        misses = misses and [misses[place] for place in found.order]
    kept = tally(ids, misses)
    facets: dict[str, FacetCounts] = {}
    for facet in FACETS:
        name, chosen = facet.name, request.values(facet)
        if not chosen:
            facets[name] = kept.counts(name)
        elif not query.terms:
            facets[name] = Tally(rows, walked(db, rows, unfiltered(request, name), query, rarity)).counts(name)
        elif found.around is None:
            facets[name] = tally(ids, misses, name).counts(name)
        else:
            exact = dict(kept.counts(name))  # of what is chosen
            beside = dict(tally(found.around.ids, found.around.misses, name).counts(name))
            facets[name] = ordered(name, beside | {value: exact.get(value, 0) for value in chosen})
    return facets
