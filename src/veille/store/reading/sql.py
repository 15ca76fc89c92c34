"""A reader's request becomes SQL with bound parameters.

Comes in: `Request`. Goes out: SQL, parameters. Forbidden: running it.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from veille.search.facets import FACETS
from veille.search.ranking import CONTEXT_WEIGHT, TEXT_WEIGHT, TITLE_WEIGHT
from veille.search.request import Request


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
        """Return all that is asked, without what some facets ask: those that are obeyed already."""
        return " and ".join((self.common, *(sql for name, sql in self.chosen.items() if name not in sure)))


_BITS = {facet.name: 1 << place for place, facet in enumerate(FACETS)}


def bit(facet: str) -> int:
    return _BITS[facet]


def conditions(request: Request) -> Where:
    """Return what the filters ask of an item."""
    common = [] if request.dismissed else ["state <> 'dismissed'"]
    chosen: dict[str, str] = {}
    values: dict[str, object] = {}
    for facet in request.chosen:
        name, wanted = facet.name, request.values(facet)
        for place, value in enumerate(wanted):
            values[f"{name}{place}"] = f" {value.replace(' ', '_')} " if facet.several else value
        marks = [f":{name}{place}" for place in range(len(wanted))]
        if facet.several:
            chosen[name] = f"({' or '.join(f'instr({facet.sql}, {mark})' for mark in marks)})"
        else:
            chosen[name] = f"{facet.sql} in ({', '.join(marks)})"
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
    """Return the facets that what `_labelled` finds obeys: those of its labels, and a single year, whose days are its range."""
    return {label.partition(" ")[0] for label in (*labels, *also)} | ({"years"} if len(request.years) == 1 else set())


# The day of the n-th newest article; how many articles have come since a day, and how many have some labels: no more than so many.
DAY_SQL = "select day from items indexed by items_day order by day desc limit 1 offset ?"
SINCE_SQL = "select count(*) from (select 1 from items indexed by items_day where day >= ? limit ?)"


def counted_sql(labels: Sequence[str]) -> str:
    """Return how many articles have the labels from a day on, one that has two twice. Parameters: the labels, the day, the limit."""
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
    """Return each column joined into one text: ids, and scores. `narrowly` asks something of the narrow rows too.

    The limit keeps the rows apart from their joining: a score is told only where FTS5 stands on its row.
    """
    score, joined = (f", {SCORED} as score", ", group_concat(score)") if scored else ("", "")
    narrow = (" cross join item_facets on item_id = items_fts.rowid", f" and {narrowly}") if narrowly else ("", "")
    return (
        f"select group_concat(id){joined} from (select items_fts.rowid as id{score} from items_fts{narrow[0]} "  # noqa: S608
        f"where items_fts match :match and {kept}{narrow[1]} order by items_fts.rowid desc limit {limit})"
    )


THEMED_SQL = "select item_id from postings where label = ? order by day desc, item_id desc limit ?"
EXCLUDED_SQL = "select rowid from items_fts where items_fts match ? and +rowid in (select value from json_each(?))"

# bm25 is negative in FTS5; higher is better here.
SCORE = f"-bm25(items_fts, {TITLE_WEIGHT}, {TEXT_WEIGHT}, {TEXT_WEIGHT}, {CONTEXT_WEIGHT})"  # title, shown, text, context
# The unary plus keeps SQLite from asking the index once for each id.
SCORE_SQL = (
    f"select rowid, {SCORE} from items_fts where items_fts match :match and rowid >= :floor "  # noqa: S608
    "and +rowid in (select value from json_each(:among))"
)
MATCH_SQL = "select rowid from items_fts where items_fts match :match and rowid >= :floor"
# Those of some articles whose title and short text match.
GLANCE_SQL = (
    f"select id from items where id in ({MATCH_SQL} and +rowid in (select value from json_each(:among))) "  # noqa: S608
    "and length(summary) <= :glance"
)
COUNT_SQL = f"select count(*) from ({MATCH_SQL})"  # noqa: S608
SCORED = f"cast(1e12 * {SCORE} as integer)"  # a word that most articles have scores some millionths
