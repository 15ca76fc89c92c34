"""A request becomes SQL with bound parameters, and scores become an order.

Comes in: `Request`, scores. Goes out: SQL, parameters, ids in order. Forbidden: running it.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from veille.search.request import PARAMETERS, Request
from veille.search.words import Term

MOST_MATCHES = 20_000  # ranked and counted exactly; beyond that, the newest so many
# Measured on two sets of queries (docs/quality.md): another way to say it counts 0.6 of the word itself; a title that says the whole
# query is worth 0.6 more, a theme that the query names 0.2; an article that lacks a word stays when it scores a quarter of the best.
TITLE_WEIGHT, TEXT_WEIGHT, CONTEXT_WEIGHT = 6.0, 1.0, 3.0
SYNONYM_WEIGHT = 0.6
TITLE_BONUS = 0.6
THEME_BONUS = 0.2
LEAST_SHARE = 0.25
FOREIGN = 0.85
PLENTY = 200  # when so many articles have every word, those with only some of them are not looked for
RERANKED = 200  # of the best: ten pages whose titles and themes are looked at


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions on `item_facets`, with their parameters: what every facet obeys, and what each facet that is chosen asks."""

    common: str
    chosen: dict[str, str]
    values: dict[str, object]

    @property
    def sql(self) -> str:
        return self.but(())

    def but(self, sure: Collection[str]) -> str:
        """All that is asked, without what some facets ask: those that are obeyed already."""
        return " and ".join((self.common, *(sql for name, sql in self.chosen.items() if name not in sure)))


def bit(facet: str) -> int:
    return 1 << [name for name, _ in PARAMETERS].index(facet)


_LISTS = ("themes", "departements", "regions", "sources")  # kept as ids between spaces
_COLUMNS = {"kinds": "kind", "languages": "language", "years": "substr(day, 1, 4)"}


def conditions(request: Request) -> Where:
    """What the filters ask of an item."""
    common = [] if request.dismissed else ["state <> 'dismissed'"]
    chosen: dict[str, str] = {}
    values: dict[str, object] = {}
    for name, _ in PARAMETERS:
        wanted = getattr(request, name)
        if not wanted:
            continue
        for place, value in enumerate(wanted):
            values[f"{name}{place}"] = f" {value.replace(' ', '_')} " if name in _LISTS else value
        marks = [f":{name}{place}" for place in range(len(wanted))]
        if name in _LISTS:
            chosen[name] = f"({' or '.join(f'instr({name}, {mark})' for mark in marks)})"
        else:
            chosen[name] = f"{_COLUMNS[name]} in ({', '.join(marks)})"
    if request.since:
        common.append("day >= :since")
        values["since"] = request.since
    if request.until:
        common.append("day <= :until")
        values["until"] = request.until
    if request.selected:
        common.append("state = 'selected'")
    return Where(" and ".join(common) or "1", chosen, values)


def walked_sql(request: Request, labels: Sequence[str], also: Sequence[str], *, excluding: bool = False) -> tuple[str, dict[str, object]]:
    """Ids of the items of one filter's labels (any of them), or by state, or by day alone, the newest first.

    What else they must have may be read along (`also`); `obeyed` says what that is. Parameter left to give: excluded (a match) when
    `excluding`.
    """
    values: dict[str, object] = {}
    walk = f"{_labelled(request, labels, also, values)} order by 1 desc, 2 desc"
    if excluding:  # « limit -1 » keeps SQLite from taking the walk apart, and with it its order
        without = "item_id not in (select rowid from items_fts where items_fts match :excluded)"
        return f"select item_id from ({walk} limit -1) where {without}", values  # noqa: S608
    return f"select item_id from ({walk} limit -1)", values  # noqa: S608


def _labelled(request: Request, labels: Sequence[str], also: Sequence[str], values: dict[str, object]) -> str:
    """Days and ids of the items of one filter's labels (any of them) that have each of the others too; without labels, by state or day.

    Adds its parameters to `values`.
    """
    ranges = _ranges(request, values)
    parts = []
    for place, label in enumerate((*labels, *also)):
        values[f"label{place}"] = label
        parts.append(f"select day, item_id from postings where {' and '.join((f'label = :label{place}', *ranges))}")  # noqa: S608
    if not parts:
        index, wanted = ("items_state", ["state = 'selected'"]) if request.selected else ("items_day", [])
        kept = " and ".join((*wanted, *ranges)) or "1"
        parts.append(f"select day, id as item_id from items indexed by {index} where {kept}")  # noqa: S608
    return (" intersect " if also else " union ").join(parts)


def obeyed(request: Request, labels: Sequence[str], also: Sequence[str]) -> set[str]:
    """The facets that what `_labelled` finds obeys: those of its labels, and a single year, whose days are its range."""
    return {label.partition(" ")[0] for label in (*labels, *also)} | ({"years"} if len(request.years) == 1 else set())


# The day of the n-th newest article; how many articles have come since a day, and how many have some labels: no more than so many.
DAY_SQL = "select day from items indexed by items_day order by day desc limit 1 offset ?"
SINCE_SQL = "select count(*) from (select 1 from items indexed by items_day where day >= ? limit ?)"


def counted_sql(labels: Sequence[str]) -> str:
    """How many articles have the labels from a day on, one that has two twice. Parameters: the labels, the day, the limit."""
    marks = ", ".join("?" for _ in labels)
    return f"select count(*) from (select 1 from postings where label in ({marks}) and day >= ? limit ?)"  # noqa: S608


def matched_sql(request: Request, also: Sequence[int] | None = None, *, scored: bool = False) -> tuple[str, dict[str, object]]:
    """Ids, and scores if wanted, of the newest items that match; with `also`, all from `floor` on, and these older ones.

    They have the days that the request asks; its other filters are left to obey. Parameters left: match, floor, most.
    """
    older = " or +items_fts.rowid in (select value from json_each(:also))" if also else ""
    kept = f"(items_fts.rowid >= :floor{older})"
    dated = conditions(Request(since=request.since, until=request.until, dismissed=True))
    values = dated.values | {"also": json.dumps(also)}
    return _matched(kept, dated.sql if request.since or request.until else "", ":most" if also is None else "-1", scored=scored), values


def filtered_sql(request: Request, labels: Sequence[str], also: Sequence[str], *, scored: bool = False) -> tuple[str, dict[str, object]]:
    """Ids, and scores if wanted, of the newest items that match and that every filter keeps, looked for among those of some labels.

    Without labels: among those of a state, or of some days. Of their state only what `_labelled` sees to is obeyed. Parameters left:
    match, most.
    """
    where = conditions(request)
    values: dict[str, object] = dict(where.values)
    among = f"select item_id from ({_labelled(request, labels, also, values)})"  # noqa: S608
    sure = obeyed(request, labels, also)
    left = set(where.chosen) - sure or (request.selected and labels)
    # The unary plus keeps SQLite from asking the index once for each id.
    return _matched(f"+items_fts.rowid in ({among})", where.but(sure) if left else "", ":most", scored=scored), values


def _ranges(request: Request, values: dict[str, object]) -> list[str]:
    """Days from the first to the last that a request may find, with their parameters; none when it says nothing of days."""
    values["first"] = max(request.since, min(request.years, default=""))
    values["last"] = min(filter(None, (request.until, f"{max(request.years)}-12-31" if request.years else "")), default="")
    return ["day >= :first"] * bool(values["first"]) + ["day <= :last"] * bool(values["last"])


def _matched(kept: str, narrowly: str, limit: str, *, scored: bool) -> str:
    """Each column joined into one text: ids, and scores. `narrowly` asks something of the narrow rows too.

    The limit keeps the rows apart from their joining: a score is told only where FTS5 stands on its row.
    """
    score, joined = (f", {SCORED} as score", ", group_concat(score)") if scored else ("", "")
    narrow = (" cross join item_facets on item_id = items_fts.rowid", f" and {narrowly}") if narrowly else ("", "")
    return (
        f"select group_concat(id){joined} from (select items_fts.rowid as id{score} from items_fts{narrow[0]} "  # noqa: S608
        f"where items_fts match :match and {kept}{narrow[1]} order by items_fts.rowid desc limit {limit})"
    )


# bm25 is negative in FTS5; higher is better here.
SCORE = f"-bm25(items_fts, {TITLE_WEIGHT}, {TEXT_WEIGHT}, {TEXT_WEIGHT}, {CONTEXT_WEIGHT})"  # title, shown, text, context
# The unary plus keeps SQLite from asking the index once for each id.
SCORE_SQL = (
    f"select rowid, {SCORE} from items_fts where items_fts match :match and rowid >= :floor "  # noqa: S608
    "and +rowid in (select value from json_each(:among))"
)
MATCH_SQL = "select rowid from items_fts where items_fts match :match and rowid >= :floor"
COUNT_SQL = f"select count(*) from ({MATCH_SQL})"  # noqa: S608
SCORED = f"cast(1e12 * {SCORE} as integer)"  # a word that most articles have scores some millionths

Scores = Mapping[int, float]


def best_score(typed: Scores, others: Sequence[Scores]) -> Scores:
    """What a term gives each item: as typed, and the best other way to say it."""
    if not any(others):
        return typed
    best = dict(typed)
    for other in others:
        for item, score in other.items():
            best[item] = max(best.get(item, 0.0), typed.get(item, 0.0) + SYNONYM_WEIGHT * score)
    return best


def worths(interests: Iterable[float], days: Sequence[int], kinds: Sequence[int], foreign: Collection[int], today: int) -> list[float]:
    """What an item's own worth makes of its score: interest and recency weigh in by a few per cent (days and today: ordinals).

    An article in another language than the reader's (its kind is one of `foreign`) loses a sixth: it is found, behind its like.
    """
    recent = {day: 0.92 + 0.08 / (1 + max(0, today - day) / 365.0) for day in set(days)}
    spoken = {kind: FOREIGN if kind in foreign else 1.0 for kind in set(kinds)}
    return [(0.9 + 0.1 * interest) * recent[day] * spoken[kind] for interest, day, kind in zip(interests, days, kinds, strict=True)]


def blend(terms: Sequence[Scores], every: Collection[int], worths: Mapping[int, float]) -> dict[int, float]:
    """Ids with the sum of their terms' scores times their worth; of those that lack a word, the best stay. No worth: not to be found."""
    scores = {item: score * worths[item] for item, score in terms[0].items() if item in worths}
    for best in terms[1:]:
        for item, score in best.items():
            if item in worths:
                scores[item] = scores.get(item, 0.0) + score * worths[item]
    least = LEAST_SHARE * max(scores.values(), default=0.0)
    return {item: score for item, score in scores.items() if score >= least or item in every}


def title_share(title: Sequence[str], terms: Iterable[tuple[Term, float]]) -> float:
    """How much of a query a title says, 0 to 1; each term with its weight (rare ones say more), another way to say it counts less."""
    held = set(title)
    said = total = 0.0
    for term, weight in terms:
        total += weight
        if term.spread:
            share = sum(word in held for word in term.words) / len(term.words)
        else:
            share = float(_says(title, held, term.words, prefix=term.prefix))
        if share < SYNONYM_WEIGHT and any(_says(title, held, other, prefix=term.prefix) for other in term.others):
            share = SYNONYM_WEIGHT
        said += weight * share
    return said / total if total else 0.0


def _says(title: Sequence[str], held: set[str], words: Sequence[str], *, prefix: bool) -> bool:
    if prefix:
        return any(word.startswith(words[0]) for word in title)
    if len(words) == 1:
        return words[0] in held
    wanted = list(words)
    return held.issuperset(words) and any(list(title[place : place + len(words)]) == wanted for place in range(len(title)))
