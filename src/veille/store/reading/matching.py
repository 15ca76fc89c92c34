"""What a request finds: articles by their words, or the newest that the filters keep. Reading only.

Comes in: a plain connection, `Rows`, `Request`, `Query`. Goes out: `Matches`: ids in order, with the filters that refuse each.
"""

import json
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from heapq import nlargest
from itertools import compress
from operator import mul

from veille.search.facets import FACET
from veille.search.ranking import (
    ALIKE,
    FEEDBACK,
    FEW,
    FOLLOWING,
    GLANCE,
    LEADING_SHARE,
    MOST_MATCHES,
    PLENTY,
    SEED_WORDS,
    SEEDS,
    THEME_WEIGHT,
    THEMED,
    best_score,
    blend,
    worths,
)
from veille.search.request import Request
from veille.search.words import Query, match_all, match_excluded, match_other, match_shown, match_term, match_wide
from veille.store.cards import greatest_id
from veille.store.connection import Connection, rows_of
from veille.store.narrow import narrow
from veille.store.reading.rows import DISMISSED, SELECTED, WAITING, Rows, of
from veille.store.reading.sql import (
    DAY_SQL,
    EXCLUDED_SQL,
    GLANCE_SQL,
    MATCH_SQL,
    SCORE_SQL,
    SINCE_SQL,
    THEMED_SQL,
    bit,
    counted_sql,
    filtered_sql,
    matched_sql,
    obeyed,
    walked_sql,
)

# Articles of a label: so many are looked at one by one; a label up to twenty times as frequent costs less read along.
_FEW, _ALONG, _ENOUGH = 5_000, 20, 200_000
# Of the newest articles, to tell how rare a label is; a day can hold many more.
_SAMPLE, _MOST_COUNTED = 20_000, 100_000


class WordRarity:
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


class Filters:
    """What a request asks of articles, told from the rows in memory."""

    def __init__(self, rows: Rows, request: Request) -> None:
        self._rows = rows
        self._since, self._until = (date.fromisoformat(day).toordinal() if day else 0 for day in (request.since, request.until))
        states = (SELECTED,) if request.selected else (WAITING, SELECTED, DISMISSED) if request.dismissed else (WAITING, SELECTED)
        self._states = frozenset(states)
        self.chosen = request.chosen
        self._wanted = {one.name: rows.codes[one.column].with_any(one.name, request.values(one)) for one in self.chosen}

    def public(self, ids: Sequence[int]) -> list[bool]:
        """Return whether each has the state and the day that every facet asks; what came since the rows were read has not."""
        states, days, end, wanted = self._rows.states, self._rows.days, len(self._rows.states), self._states
        kept = [item < end and states[item] in wanted for item in ids]
        if self._since or self._until:
            last = self._until or date.max.toordinal()
            kept = [one and self._since <= days[item] <= last for one, item in zip(kept, ids, strict=True)]
        return kept

    @property
    def dismissed(self) -> float:
        """What part of the newest articles is dismissed; 0 where these are asked for too."""
        newest = self._rows.states[-MOST_MATCHES:]
        return 0.0 if DISMISSED in self._states else newest.count(DISMISSED) / len(newest)

    def misses(self, ids: Sequence[int], sure: Collection[str] = ()) -> list[int]:
        """Return the chosen facets that refuse each, by `bit`, but for those that are surely obeyed."""
        missed = [0] * len(ids)
        for facet in self.chosen:
            if facet.name not in sure:
                refused, wanted, held = bit(facet.name), self._wanted[facet.name], of(self._rows.held[facet.column], ids)
                missed = [one if code in wanted else one | refused for one, code in zip(missed, held, strict=True)]
        return missed


@dataclass(frozen=True, slots=True)
class Around:
    """The newest articles that the words find, when the filters were obeyed before the cap: what a chosen facet counts."""

    ids: list[int]
    misses: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """What the words find, the newest first, with the filters still to obey (`misses`), or already obeyed."""

    ids: list[int]
    order: Sequence[int]  # places, the best first, without what is too far from the best
    cut: bool  # older ones were left out, by the cap; but none that has every word, unless all have
    misses: list[int] | None = None  # the filters that refuse each place, by `bit`; None when no filter is left to obey
    whole_only: bool = False
    around: Around | None = None
    scores: Sequence[float] = ()  # of each place
    every: Collection[int] | None = None  # ids of those with every word, at a glance or near the best score; None for all of them


def _listed(db: Connection, sql: str, values: Mapping[str, object]) -> list[list[int]]:
    """Return the columns of whole numbers of a statement that joins them: a row of SQLite's costs more than what it holds."""
    (joined,) = rows_of(db, narrow(db, sql), values)
    return [json.loads(f"[{numbers or ''}]") for numbers in joined]


def find(db: Connection, rows: Rows, request: Request, query: Query, today: str, rarity: WordRarity) -> Matches:
    """Return what the words find; without words, what the filters keep."""
    if not query.terms:
        ids = walked(db, rows, request, query, rarity)
        return Matches(ids=ids, order=range(len(ids)), cut=len(ids) >= MOST_MATCHES)
    filters = Filters(rows, request)
    whole = _whole(db, query)
    plenty = len(whole) == PLENTY
    themed = {} if plenty else _themed(db, query)
    # Then all that match have every word.
    strict = plenty or (len(query.terms) == 1 and not query.terms[0].spread and not themed)
    match = match_all(query) if strict else match_wide(query)
    # Without filters to obey and words to make up for, the newest are simply taken.
    sought = bool(filters.chosen) or request.selected
    floor, full = _floor(db, match) if sought or not strict else (0, False)
    values: dict[str, object] = {"match": match, "floor": floor}
    scored = plenty and not request.by_date
    around = None
    if full and sought:  # filters come before the cap; what a facet offers beside its own filter is counted over the newest
        sql, given = filtered_sql(request, *_rarest(request, rarity), scored=scored)
        ids, *scores = _newest(db, filters, sql, values | given)
        around = _around(db, filters, values) if filters.chosen else None
    elif strict:
        sql, given = matched_sql(request, scored=scored)
        ids, *scores = _newest(db, filters, sql, values | given)
    else:
        sql, given = matched_sql(request, [item for item in whole if item < floor], scored=scored)
        (found_by_words,) = _listed(db, sql, values | given)
        ids, *scores = _public(filters, [sorted({*found_by_words, *themed}, reverse=True)])
    cut = len(ids) >= MOST_MATCHES or (full and not sought)
    misses = filters.misses(ids) if filters.chosen and around is None else None
    whole_only = plenty and len(query.terms) > 1
    found = Matches(ids=ids, order=range(len(ids)), cut=cut, misses=misses, around=around, whole_only=whole_only)
    if request.by_date and strict:
        return found
    weights = _worths(rows, ids, query, today)
    if not scored:
        return _blended(db, query, found, weights, whole=None if strict else whole, themed=themed)
    weighed = list(map(mul, scores[0], weights))
    return replace(found, order=sorted(found.order, key=weighed.__getitem__, reverse=True), scores=weighed)


def _newest(db: Connection, filters: Filters, sql: str, values: Mapping[str, object]) -> list[list[int]]:
    """Return the columns of the newest that are public, as many as the cap allows; `sql` has a limit (`:most`).

    So many more are asked for at first as the dismissed are among the newest.
    """
    most = round(MOST_MATCHES * (1 + 1.1 * filters.dismissed)) + 20
    while True:
        columns = _listed(db, sql, {**values, "most": most})
        public = _public(filters, columns)
        if len(columns[0]) < most or len(public[0]) >= MOST_MATCHES:
            return [numbers[:MOST_MATCHES] for numbers in public]
        most *= 2


def _public(filters: Filters, columns: list[list[int]]) -> list[list[int]]:
    """Return the columns without the articles that no facet may count; ids come first."""
    public = filters.public(columns[0])
    return columns if all(public) else [list(compress(numbers, public)) for numbers in columns]


def _around(db: Connection, filters: Filters, values: Mapping[str, object]) -> Around:
    sql, given = matched_sql(Request(), [])
    (ids,) = _public(filters, _listed(db, sql, {**values, **given}))
    return Around(ids, filters.misses(ids))


def _worths(rows: Rows, ids: Sequence[int], query: Query, today: str) -> list[float]:
    languages = rows.codes[FACET["languages"].column].says["languages"]
    held = of(rows.held[FACET["languages"].column], ids)
    foreign = {code for code in set(held) if query.language not in languages[code]}
    return worths(of(rows.interests, ids), of(rows.days, ids), held, foreign, date.fromisoformat(today).toordinal())


def _whole(db: Connection, query: Query) -> list[int]:
    """The newest articles that have every word, at most PLENTY of them: with so many, those with only some of the words are left out.

    Filters have no say in it, so that a count is what a click gives.
    """
    sql = f"{MATCH_SQL} order by rowid desc limit :most"
    return [row[0] for row in rows_of(db, sql, {"match": match_all(query), "floor": 0, "most": PLENTY})]


def _themed(db: Connection, query: Query) -> dict[int, float]:
    """Return what articles of the themes and kinds that the query names score for it: the rarer they are, the more."""
    total, scores = greatest_id(db), dict[int, float]()
    for label in query.named:
        ids = [row[0] for row in rows_of(db, narrow(db, THEMED_SQL), (label, THEMED))]
        worth = THEME_WEIGHT * math.log(1 + total / (1 + len(ids)))
        for item in ids:
            scores[item] = scores.get(item, 0.0) + worth
    if scores and query.excluded:
        for (item,) in rows_of(db, EXCLUDED_SQL, (match_excluded(query), json.dumps(sorted(scores)))):
            scores.pop(item, None)
    return scores


def _blended(
    db: Connection, query: Query, found: Matches, weights: Sequence[float], *, whole: Sequence[int] | None, themed: Mapping[int, float]
) -> Matches:
    """Scores of few articles, or of those that lack a word: each term apart, as typed and said another way, and their themes."""
    by_term = [best_score(*term) for term in _scored(db, query, found.ids)]
    by_item = dict(zip(found.ids, weights, strict=True))
    telling = [scores for scores, term in zip(by_term, query.terms, strict=True) if not term.common]
    without = [item for item in themed if item in by_item and not any(item in scores for scores in by_term)]
    likely = nlargest(FOLLOWING, without, key=lambda item: (themed[item] * by_item[item], item))
    left_out = set(without).difference(likely)
    among = {item: score for item, score in themed.items() if item in by_item and item not in left_out}
    every = by_item.keys() if whole is None else set(whole)
    few = among if len(every) < FEW else ()
    by_id = blend([*by_term, among], {*every, *few}, by_item, [*telling, among] if telling else ())
    if len(every) < FEW and by_id:
        by_id = _with_alike(db, by_id)
    scores = [by_id.get(item, -1.0) for item in found.ids]
    best = sorted(found.order, key=scores.__getitem__, reverse=True)  # stable: the newer of two equals stays first
    found = replace(found, order=best[: len(by_id)], scores=scores)
    return found if whole is None else replace(found, every=_leading(db, query, whole, by_id))


def _leading(db: Connection, query: Query, whole: Sequence[int], by_id: Mapping[int, float]) -> set[int]:
    """Return those of the articles with every word that come before the others (`ranking.GLANCE`, `ranking.LEADING_SHARE`)."""
    if len(query.terms) == 1 and not query.terms[0].spread:  # no word can be missing, nor far from another
        return {item for item in whole if item in by_id}
    least = LEADING_SHARE * max(by_id.values(), default=0.0)
    leading = {item for item in whole if by_id.get(item, 0.0) >= least}
    others = [item for item in whole if item in by_id and item not in leading]
    if others:
        values = {"match": match_shown(query), "among": json.dumps(others), "floor": min(others), "glance": GLANCE}
        leading.update(row[0] for row in rows_of(db, GLANCE_SQL, values))
    return leading


def _with_alike(db: Connection, by_id: Mapping[int, float]) -> dict[int, float]:
    """Return the scores, more for what shares telling words with the first ones: what they are about is what is looked for."""
    seeds = sorted(by_id, key=lambda item: (-by_id[item], -item))[:SEEDS]
    best = by_id[seeds[0]]
    own: dict[int, float] = {}
    asked = "select word, weight from keywords where item_id = ?"
    for seed in seeds:
        for word, weight in rows_of(db, asked, (seed,)):
            own[word] = own.get(word, 0.0) + weight * by_id[seed] / best
    length = math.sqrt(sum(value * value for value in own.values())) or 1.0
    alike: dict[int, float] = {}
    for word, value in sorted(own.items(), key=lambda row: -row[1])[:SEED_WORDS]:
        for item, weight in rows_of(db, "select item_id, weight from keywords where word = ? order by item_id desc limit ?", (word, ALIKE)):
            alike[item] = alike.get(item, 0.0) + FEEDBACK * best * (value / length) * (weight / 1000)
    return {item: score + alike.get(item, 0.0) for item, score in by_id.items()}


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
    """Return the id from which on matches are ranked, and whether older ones are left out."""
    newest = db.execute(
        "select rowid from items_fts where items_fts match ? order by rowid desc limit 1 offset ?",
        (match, MOST_MATCHES - 1),
    ).fetchone()
    return (newest[0], True) if newest else (0, False)


def walked(db: Connection, rows: Rows, request: Request, query: Query, rarity: WordRarity) -> list[int]:
    """Return the newest items that the filters keep, found by the rarest of them."""
    filters = Filters(rows, request)
    labels, also = _rarest(request, rarity)
    sql, values = walked_sql(request, labels, also, excluding=bool(query.excluded))
    cursor = db.cursor()
    cursor.row_factory = None
    cursor.execute(narrow(db, sql), values | {"excluded": match_excluded(query)})
    sure = obeyed(request, labels, also)
    found: list[int] = []
    while len(found) < MOST_MATCHES and (part := cursor.fetchmany(MOST_MATCHES)):
        ids = [row[0] for row in part]
        ids = list(compress(ids, filters.public(ids)))
        found += [item for item, missed in zip(ids, filters.misses(ids, sure), strict=True) if not missed]
    cursor.close()
    return found[:MOST_MATCHES]


def _rarest(request: Request, rarity: WordRarity) -> tuple[tuple[str, ...], list[str]]:
    """Return the labels of the rarest filter, and those of others that cost less read along."""
    choices = [tuple(f"{facet.name} {value}" for value in request.values(facet)) for facet in request.chosen if facet.labelled]
    if len(choices) < 2:
        return (choices[0] if choices else ()), []
    choices.sort(key=rarity.of)
    rarest = rarity.of(choices[0])
    if len(choices[0]) > 1 or rarest <= _FEW:
        return choices[0], []
    return choices[0], [labels[0] for labels in choices[1:] if len(labels) == 1 and rarity.of(labels) < min(_ENOUGH, _ALONG * rarest)]
