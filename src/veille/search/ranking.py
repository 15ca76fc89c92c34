"""A request becomes SQL with bound parameters, and scores become an order.

Comes in: `Request`, scores. Goes out: SQL, parameters, ids in order. Forbidden: running it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from veille.search.request import Request
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
RERANKED = 200  # of the best: ten pages whose titles and themes are looked at


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions on `items`, with their parameters."""

    sql: str
    values: dict[str, object]


def conditions(request: Request) -> Where:
    """What the filters ask of an item."""
    parts = [] if request.dismissed else ["items.state <> 'dismissed'"]
    values: dict[str, object] = {}

    def one_of(name: str, sql: str, wanted: Sequence[str]) -> None:
        if wanted:
            marks = []
            for place, value in enumerate(wanted):
                values[f"{name}{place}"] = value
                marks.append(f":{name}{place}")
            parts.append(sql.format(", ".join(marks)))

    one_of(
        "themes",
        "items.id in (select item_id from item_tags where tag_id in ({}) and origin <> 'refused')",
        request.themes,
    )
    one_of("departements", "items.id in (select item_id from item_territories where code in ({}))", request.departements)
    one_of(
        "regions",
        "items.id in (select item_id from item_territories join departements using (code) where region_code in ({}))",
        request.regions,
    )
    one_of("kinds", "items.kind in ({})", request.kinds)
    one_of("sources", "items.id in (select item_id from sightings where source_id in ({}))", request.sources)
    one_of("languages", "items.language in ({})", request.languages)
    one_of("years", "substr(items.day, 1, 4) in ({})", request.years)
    if request.since:
        parts.append("items.day >= :since")
        values["since"] = request.since
    if request.until:
        parts.append("items.day <= :until")
        values["until"] = request.until
    if request.selected:
        parts.append("items.state = 'selected'")
    return Where(" and ".join(parts) or "1", values)


def kept_sql(where: Where) -> str:
    """Id and day of those of the ids that the filters keep. Parameters: ids (JSON), and those of `where`."""
    return f"select items.id, items.day from items where items.id in (select value from json_each(:ids)) and {where.sql}"  # noqa: S608


def listed_sql(where: Where, *, excluding: bool = False) -> str:
    """Ids of the items asked for, the newest first. Parameters: most, excluded (a match), and those of `where`."""
    without = " and items.id not in (select rowid from items_fts where items_fts match :excluded)" if excluding else ""
    return f"select items.id from items where {where.sql}{without} order by items.day desc, items.id desc limit :most"  # noqa: S608


def scored_sql(where: Where) -> str:
    """Id and score of the items that match, higher is better. Parameters: match, floor, today, language, and those of `where`.

    bm25 is negative in FTS5; interest and recency weigh in by a few per cent. An article in another language than the reader's loses
    a sixth: it is found, behind its like.
    """
    return (
        f"select items.id, -bm25(items_fts, {TITLE_WEIGHT}, {TEXT_WEIGHT}, {CONTEXT_WEIGHT}) * (0.9 + 0.1 * items.interest) * "  # noqa: S608
        "(0.92 + 0.08 / (1 + max(0, julianday(:today) - julianday(items.day)) / 365.0)) * "
        f"iif(items.language = :language, 1.0, {FOREIGN}) "
        "from items_fts cross join items on items.id = items_fts.rowid "
        f"where items_fts match :match and items_fts.rowid >= :floor and {where.sql}"
    )


Scores = Mapping[int, float]


def best_first(terms: Iterable[tuple[Scores, Sequence[Scores]]], every: set[int]) -> list[tuple[int, float]]:
    """Ids by the sum of their terms' scores (as typed, and the best other way to say it); some that lack a word stay."""
    scores: dict[int, float] = dict.fromkeys(every, 0.0)
    for typed, others in terms:
        best = dict(typed)
        for other in others:
            for item, score in other.items():
                best[item] = max(best.get(item, 0.0), typed.get(item, 0.0) + SYNONYM_WEIGHT * score)
        for item, score in best.items():
            scores[item] = scores.get(item, 0.0) + score
    least = LEAST_SHARE * max(scores.values(), default=0.0)
    kept = [(item, score) for item, score in scores.items() if item in every or score >= least]
    return sorted(kept, key=lambda row: (-row[1], -row[0]))


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
