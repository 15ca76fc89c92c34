"""Searches: what is found, in what order, with which facets and which correction. Reading only.

Comes in: a plain connection, a `Request`. Goes out: `Results`. What is shown of a text is `items.summary`.
"""

import json
import math
from dataclasses import dataclass, replace

from veille.french import WORD, distance_at_most, fold, lemma, lemmas
from veille.search import (
    MOST_MATCHES,
    PAGE_SIZE,
    RERANKED,
    THEME_BONUS,
    TITLE_BONUS,
    Query,
    Request,
    Term,
    Where,
    best_first,
    conditions,
    kept_sql,
    listed_sql,
    match_all,
    match_any,
    match_excluded,
    match_other,
    match_term,
    read_query,
    scored_sql,
    title_share,
    unfiltered,
)  # fmt: skip
from veille.store.articles import Card, cards
from veille.store.connection import Connection
from veille.understand import Knowledge
from veille.understand.language import language_of
from veille.understand.words import Words


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


@dataclass(frozen=True, slots=True)
class _Found:
    """What the words of a query find, the best first, before the filters (or after them, when there was too much)."""

    ids: list[int]
    every: frozenset[int]
    capped: bool


def rank(db: Connection, request: Request, query: Query, today: str) -> Ranked:
    """The items asked for. By relevance some of the words may do: the best score, filters or not, decides how few."""
    return _narrowed(db, request, query, _find(db, request, query, today))


def _find(db: Connection, request: Request, query: Query, today: str) -> _Found:
    if not query.terms:
        return _Found([], frozenset(), False)
    floor, capped = _floor(db, match_any(query))
    # Filters come first where not everything can be ranked; elsewhere once, so that every facet counts the same results.
    where = conditions(request if capped else Request(dismissed=request.dismissed))
    every = _scores(db, where, match_all(query), floor, today, query.language)
    if len(query.terms) == 1 and not query.terms[0].others and not query.terms[0].spread:
        terms: list[tuple[dict[int, float], list[dict[int, float]]]] = [(every, [])]
    else:
        terms = [
            (
                _scores(db, where, match_term(term, query), floor, today, query.language),
                []
                if term.prefix
                else [_scores(db, where, match_other(other, query), floor, today, query.language) for other in term.others],
            )
            for term in query.terms
        ]
    best = best_first(terms, set(every))
    first = _reranked(db, query, best[:RERANKED], [len(typed) for typed, _ in terms])
    return _Found([*first, *(item for item, _ in best[RERANKED:])], frozenset(every), capped)


def _reranked(db: Connection, query: Query, best: list[tuple[int, float]], matches: list[int]) -> list[int]:
    """The best ones again, those first whose titles say the query and whose themes it names. `matches`: how many hold each term."""
    given = json.dumps([item for item, _ in best])
    (held,) = db.execute("select max(id) from items").fetchone()
    weighed = [(term, math.log(1 + (held or 0) / (1 + count))) for term, count in zip(query.terms, matches, strict=True)]
    shares = {
        row[0]: title_share(lemmas(row[1]), weighed)
        for row in db.execute("select id, title from items where id in (select value from json_each(?))", (given,))
    }
    named: set[int] = set()
    if query.themes:
        named = {row[0] for row in db.execute(_NAMED_SQL, (given, json.dumps(sorted(query.themes))))}
    scores = {item: score * (1 + TITLE_BONUS * shares[item]) * (1 + THEME_BONUS * (item in named)) for item, score in best}
    return sorted(scores, key=lambda item: (-scores[item], -item))


_NAMED_SQL = (
    "select distinct item_id from item_tags where item_id in (select value from json_each(?)) and origin <> 'refused' "
    "and tag_id in (select value from json_each(?))"
)


def _narrowed(db: Connection, request: Request, query: Query, found: _Found) -> Ranked:
    """The found items that the filters keep, in the order asked for."""
    where = conditions(request)
    if not query.terms:
        values = where.values | {"most": MOST_MATCHES, "excluded": match_excluded(query)}
        ids = [row[0] for row in db.execute(listed_sql(where, excluding=bool(query.excluded)), values)]
        return Ranked(ids, len(ids) >= MOST_MATCHES, len(ids))
    kept = {row[0]: row[1] for row in db.execute(kept_sql(where), where.values | {"ids": json.dumps(found.ids)})}
    ids = [item for item in found.ids if item in kept]
    if request.by_date:
        ids.sort(key=lambda item: (kept[item], item), reverse=True)
    return Ranked(ids, found.capped, sum(item in found.every for item in ids))


def _floor(db: Connection, match: str) -> tuple[int, bool]:
    """The id from which on matches are ranked, and whether older ones are left out."""
    newest = db.execute(
        "select rowid from items_fts where items_fts match ? order by rowid desc limit 1 offset ?",
        (match, MOST_MATCHES - 1),
    ).fetchone()
    return (newest[0], True) if newest else (0, False)


def _scores(db: Connection, where: Where, match: str, floor: int, today: str, language: str) -> dict[int, float]:
    values = where.values | {"match": match, "floor": floor, "today": today, "language": language}
    rows = db.execute(scored_sql(where), values)
    return {row[0]: row[1] for row in rows}


def search(db: Connection, request: Request, knowledge: Knowledge, today: str, size: int = PAGE_SIZE) -> Results:
    """A page of results, the counts of every facet, and what the words were taken to mean."""
    query = understand_query(db, request, knowledge)
    found = _find(db, request, query, today)
    ranked = _narrowed(db, request, query, found)
    ids = ranked.ids
    start = (request.page - 1) * size
    return Results(
        total=len(ids),
        capped=ranked.capped,
        cards=cards(db, ids[start : start + size]),
        facets=_facets(db, request, query, found, ids, today),
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


def _facets(db: Connection, request: Request, query: Query, found: _Found, ids: list[int], today: str) -> dict[str, list[tuple[str, int]]]:
    """Counts with every filter but the facet's own, so that « or » within a facet shows what it would add."""
    facets: dict[str, list[tuple[str, int]]] = {}
    for name, sql in _FACET_SQL.items():
        counted = ids
        if getattr(request, name):
            free = unfiltered(request, name)
            counted = _narrowed(db, free, query, _find(db, free, query, today) if found.capped else found).ids
        rows = [(str(value), int(count)) for value, count in db.execute(sql, (json.dumps(counted),))]
        by_value = name == "years"
        rows.sort(key=lambda row: (-int(row[0] or 0),) if by_value else (-row[1], row[0]))
        facets[name] = rows
    return facets


def understand_query(db: Connection, request: Request, knowledge: Knowledge) -> Query:
    """What the words mean: read, corrected unless they are to be taken as they stand, with the themes they name and their language."""
    query = read_query(request.q, knowledge.synonyms)
    if query.terms and not request.verbatim:
        query = _correct(db, query, knowledge)
    found = knowledge.lexicon.find(Words.of(" ".join(term.typed for term in query.terms), ""))
    themes = {hit.payload for hit in (*found.of("theme"), *found.of("hint"))}
    return replace(query, themes=frozenset(themes), language=language_of(request.q, "", "fr"))


def _correct(db: Connection, query: Query, knowledge: Knowledge) -> Query:
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
    near: list[tuple[int, int, str]] = []
    starts = {word[0], word[1]} if len(word) > 1 else {word[0]}
    for start in starts:
        rows = db.execute(
            "select term, doc from items_vocabulary where term >= ? and term < ? and length(term) between ? and ?",
            (start, chr(ord(start) + 1), len(word) - limit, len(word) + limit),
        )
        for term, count in rows:
            distance = distance_at_most(word, term, limit)
            if distance is not None:
                near.append((distance, -count, term))
    written = (_surface(db, term) for _, _, term in sorted(near)[:5])
    return next((word for word in written if word), None)


def _surface(db: Connection, indexed: str) -> str | None:
    """How a word of the index is written where a reader may see it; None for a word of hidden texts only."""
    rows = db.execute(
        "select title, summary from items where id in "
        "(select rowid from items_fts where items_fts match ? order by rowid desc limit 20) and state <> 'dismissed'",
        (f'"{indexed}"',),
    )
    for title, summary in rows:
        for found in WORD.findall(f"{title} {summary}"):
            if lemma(fold(found)) == indexed:
                return str(found).lower()
    return None
