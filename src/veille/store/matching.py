"""What a request finds: articles by their words, or the newest that the filters keep, column by column. Reading only.

Comes in: a plain connection, `Request`, `Query`. Goes out: `Found`: places in columns, in order, with the filters obeyed or still to obey.
"""

import json
from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from veille.search import (
    COLUMNS,
    DAY_SQL,
    MATCH_SQL,
    MOST_MATCHES,
    PLENTY,
    SCORE_SQL,
    SCORED,
    SINCE_SQL,
    WORTH,
    Query,
    Request,
    Where,
    around_sql,
    best_score,
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
    walked_sql,
)
from veille.store.articles import greatest_id
from veille.store.connection import Connection
from veille.store.facets import column_of
from veille.store.narrow import narrow

# Articles of a label: so many are looked at one by one; a label up to twenty times as frequent costs less read along.
_FEW, _ALONG, _ENOUGH = 5_000, 20, 200_000
# Of the newest articles, to tell how rare a label is; a day can hold many more.
_SAMPLE, _MOST_COUNTED = 20_000, 100_000


class Rarity:
    """About how many articles have a label, told from the newest ones: it decides what is read first, never what is found."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._counts: dict[tuple[str, ...], int] = {}

    def of(self, labels: tuple[str, ...]) -> int:
        """Articles that have any of the labels; one that has two counts twice."""
        if labels not in self._counts:
            day, share = self._sample
            ((count,),) = rows_of(self._db, narrow(self._db, counted_sql(labels)), (*labels, day, _MOST_COUNTED))
            self._counts[labels] = round(count * share)
        return self._counts[labels]

    @cached_property
    def _sample(self) -> tuple[str, float]:
        """The day since when articles are counted, and how many more there are in all for each of those."""
        day = next((row[0] for row in rows_of(self._db, DAY_SQL, (_SAMPLE - 1,))), "")
        if not day:
            return "", 1.0
        ((since,),) = rows_of(self._db, SINCE_SQL, (day, _MOST_COUNTED))
        return day, max(1.0, greatest_id(self._db) / since)


class Window:
    """Of the newest articles that the words find, those that one filter at most refuses, and which, by `bit`.

    Of their columns, those alone that the chosen facets count.
    """

    def __init__(self, columns: dict[str, Sequence[str]]) -> None:
        self.columns = columns
        self.misses = list(map(int, columns["misses"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the words find, the newest first, column by column: with the filters still to obey (`misses`), or already obeyed."""

    columns: dict[str, Sequence[str]]
    ids: Sequence[int]
    order: Sequence[int]  # places, the best first, without what is too far from the best
    capped: bool
    misses: Sequence[int] = ()  # the filters that refuse each place, by `bit`; none when no filter is left to obey
    whole_only: bool = False
    around: Window | None = None  # when the filters were obeyed before the cap
    scores: Sequence[float] = ()  # of each place
    every: Collection[int] | None = None  # ids of those with every word; None for all of them


def rows_of(db: Connection, sql: str, values: Any) -> list[Any]:
    """Rows as plain tuples."""
    cursor = db.cursor()
    cursor.row_factory = None  # a row of Datasette's costs more than what it holds
    rows: list[Any] = cursor.execute(sql, values).fetchall()
    return rows


def _columns(db: Connection, names: Sequence[str], sql: str, *values: Mapping[str, object]) -> dict[str, Sequence[str]]:
    (joined,) = rows_of(db, narrow(db, sql), dict(ChainMap(*map(dict, values))))
    return {name: [] if held is None else held.split("\n") for name, held in zip(names, joined, strict=True)}


def find(db: Connection, request: Request, query: Query, today: str, rarity: Rarity) -> Found:
    """What the words find; without words, what the filters keep."""
    where = conditions(request)
    if not query.terms:
        columns = walked(db, request, query, where, COLUMNS, rarity)
        ids = list(map(int, columns["ids"]))
        return Found(columns=columns, ids=ids, order=range(len(ids)), capped=len(ids) >= MOST_MATCHES)
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
        beside = {name: COLUMNS[name] for name in ("stories", *sorted({column_of(facet) for facet in where.chosen}))}
        around = Window(_columns(db, [*beside, "misses"], around_sql(where, list(beside.values())), values))
        sql, given = filtered_sql(request, where, *_rarest(request, rarity), list(wanted.values()))
    else:
        wanted |= {"misses": where.misses} if where.chosen else {}
        also = [item for item in whole if item < floor and not strict]
        sql, given = matched_sql(where, list(wanted.values()), also)
    columns = _columns(db, list(wanted), sql, given, values)
    ids = list(map(int, columns["ids"]))
    found = Found(
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
    return [row[0] for row in rows_of(db, sql, {"match": match_all(query), "floor": 0, "most": PLENTY})]


def _blended(db: Connection, query: Query, found: Found, whole: Sequence[int] | None) -> Found:
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
        return dict(rows_of(db, SCORE_SQL, {"match": match, **values}))

    return [
        (scores(match_term(term, query)), [] if term.prefix else [scores(match_other(other, query)) for other in term.others])
        for term in query.terms
    ]


def _floor(db: Connection, match: str) -> tuple[int, bool]:
    """The id from which on matches are ranked, and whether older ones are left out."""
    newest = db.execute(
        "select rowid from items_fts where items_fts match ? order by rowid desc limit 1 offset ?",
        (match, MOST_MATCHES - 1),
    ).fetchone()
    return (newest[0], True) if newest else (0, False)


def walked(
    db: Connection, request: Request, query: Query, where: Where, wanted: Mapping[str, str], rarity: Rarity
) -> dict[str, Sequence[str]]:
    """Columns of the newest items that the filters keep, found by the rarest of them."""
    labels, also = _rarest(request, rarity)
    sql, values = walked_sql(request, where, labels, also, list(wanted.values()), excluding=bool(query.excluded))
    return _columns(db, list(wanted), sql, values, {"most": MOST_MATCHES, "excluded": match_excluded(query)})


def _rarest(request: Request, rarity: Rarity) -> tuple[tuple[str, ...], list[str]]:
    """The labels of the rarest filter, and those of others that cost less read along."""
    choices = [
        tuple(f"{name} {value}" for value in getattr(request, name))
        for name in ("sources", "departements", "themes", "regions", "languages", "kinds")
        if getattr(request, name)
    ]
    if len(choices) < 2:
        return (choices[0] if choices else ()), []
    choices.sort(key=rarity.of)
    rarest = rarity.of(choices[0])
    if len(choices[0]) > 1 or rarest <= _FEW:
        return choices[0], []
    return choices[0], [labels[0] for labels in choices[1:] if len(labels) == 1 and rarity.of(labels) < min(_ENOUGH, _ALONG * rarest)]
