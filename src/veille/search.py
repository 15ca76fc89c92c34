"""A reader's request becomes SQL, parameters and highlighted pieces. Pure: tested without Datasette.

Comes in: query parameters, `Knowledge`. Goes out: `Request`, `Query`, SQL with bound parameters. Forbidden: running it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from urllib.parse import urlencode

from veille.errors import UsageError
from veille.french import ELISIONS, STOP_WORDS, WORD, fold, lemma, lemmas
from veille.messages import BAD_DAY, BAD_NUMBER, QUERY_TOO_LONG

PAGE_SIZE = 20
MOST_MATCHES = 20_000  # ranked and counted exactly; beyond that, the newest so many
LONGEST_QUERY = 500
MOST_WORDS = 24
# Measured on two sets of queries (docs/quality.md): another way to say it counts 0.6 of the word itself, having every word is
# worth a quarter more, and an article that lacks a word stays when it scores at least a quarter of the best.
TITLE_WEIGHT, TEXT_WEIGHT = 6.0, 1.0
SYNONYM_WEIGHT = 0.6
EVERY_WORD_BONUS = 1.25
LEAST_SHARE = 0.25


Synonyms = Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a reader asks, from the address."""

    q: str = ""
    themes: tuple[str, ...] = ()
    departements: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    order: str = ""  # "" lets the query decide: relevance with words, date without
    page: int = 1
    dismissed: bool = False
    selected: bool = False
    verbatim: bool = False  # no spelling correction

    @property
    def by_date(self) -> bool:
        return self.order == "date" or not self.q.strip()


# Field of Request, parameter of the address.
PARAMETERS = (
    ("themes", "theme"), ("departements", "departement"), ("regions", "region"), ("kinds", "type"), ("sources", "source"),
    ("languages", "langue"), ("years", "annee"),
)  # fmt: skip


def read_request(given: Mapping[str, Sequence[str]]) -> Request:
    """A Request from the parameters of an address; raises UsageError with a sentence for what cannot be meant."""

    def one(name: str) -> str:
        return next((value.strip() for value in given.get(name, ()) if value.strip()), "")

    q = one("q").replace("\x00", "")
    if len(q) > LONGEST_QUERY:
        raise UsageError(QUERY_TOO_LONG.format(limit=LONGEST_QUERY))
    page = one("page") or "1"
    if not re.fullmatch(r"[1-9]\d{0,5}", page, re.ASCII):
        raise UsageError(BAD_NUMBER.format(value=page[:20]))
    lists = {
        name: tuple(dict.fromkeys(value.strip()[:80] for value in given.get(parameter, ())[:50] if value.strip()))
        for name, parameter in PARAMETERS
    }
    return Request(
        q=q, since=_day(one("depuis")), until=_day(one("jusqua")), order="date" if one("tri") == "date" else "",
        page=int(page), dismissed=one("ecartes") == "1", selected=one("selection") == "1", verbatim=one("exact") == "1",
        themes=lists["themes"], departements=lists["departements"], regions=lists["regions"], kinds=lists["kinds"],
        sources=lists["sources"], languages=lists["languages"], years=lists["years"],
    )  # fmt: skip


def unfiltered(request: Request, name: str) -> Request:
    """The request without one of its filters."""
    return replace(request, **{name: ()})  # type: ignore[arg-type]


def _day(text: str) -> str:
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as exc:
        raise UsageError(BAD_DAY.format(value=text[:20])) from exc


def address(request: Request, **changes: object) -> str:
    """The query string of a request, changed; the page starts again unless it is what changes."""
    if "page" not in changes:
        changes["page"] = 1
    wanted = replace(request, **changes)  # type: ignore[arg-type]
    pairs: list[tuple[str, str]] = [("q", wanted.q)] if wanted.q else []
    for name, parameter in PARAMETERS:
        pairs += [(parameter, value) for value in getattr(wanted, name)]
    pairs += [
        (parameter, value)
        for parameter, value in (
            ("depuis", wanted.since),
            ("jusqua", wanted.until),
            ("tri", wanted.order),
            ("ecartes", "1" if wanted.dismissed else ""),
            ("selection", "1" if wanted.selected else ""),
            ("exact", "1" if wanted.verbatim else ""),
            ("page", str(wanted.page) if wanted.page > 1 else ""),
        )
        if value
    ]
    return urlencode(pairs)


# --- words --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to find: a word, a phrase or a prefix, and what stands for it as well."""

    words: tuple[str, ...]  # as the index keeps them
    prefix: bool = False
    others: tuple[tuple[str, ...], ...] = ()
    spread: bool = False  # words typed side by side without quotes: near each other is best, anywhere will do
    typed: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """What the words of a reader mean."""

    terms: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    corrected: tuple[tuple[str, str], ...] = field(default=())


_PIECE = re.compile(r"(?P<minus>(?<!\S)-)?(?:[\"“”«](?P<phrase>[^\"“”«»]*)[\"“”»]|(?P<word>[^\s\"“”«»]+))")


def read_query(q: str, synonyms: Synonyms) -> Query:
    """Words, "phrases", -exclusions and prefix*; anything else is a word."""
    plain: list[Term] = []
    excluded: list[Term] = []
    for piece in _PIECE.finditer(q):
        text = piece["phrase"] if piece["phrase"] is not None else piece["word"]
        words = lemmas(text)
        if piece["phrase"] is None:
            while len(words) > 1 and words[0] in ELISIONS:
                words = words[1:]
        if not words:
            continue
        prefix = piece["phrase"] is None and text.endswith("*") and len(words) == 1 and len(words[0]) > 1
        if prefix:
            words = [WORD.findall(fold(text))[-1]]
        term = Term(tuple(words), prefix=prefix, typed=text)
        (excluded if piece["minus"] else plain).append(term)
    kept = [term for term in plain if len(term.words) > 1 or not (_is_empty(term))] or plain
    return Query(terms=tuple(_with_synonyms(kept[:MOST_WORDS], synonyms)), excluded=tuple(excluded[:MOST_WORDS]))


def _is_empty(term: Term) -> bool:
    """Whether a single word says nothing; typed in capitals it is an acronym (« ON », « SON »)."""
    word = fold(term.typed.strip("'’"))
    return not term.prefix and not term.typed.isupper() and (word in STOP_WORDS or term.words[0] in ELISIONS)


def _with_synonyms(terms: list[Term], synonyms: Synonyms) -> Iterable[Term]:
    """The longest run of single words that has synonyms becomes one term."""
    place = 0
    longest = max((len(member) for member in synonyms), default=0)
    while place < len(terms):
        for length in range(min(longest, len(terms) - place), 0, -1):
            run = terms[place : place + length]
            words = tuple(word for term in run for word in term.words)
            joined = length == 1 or all(len(term.words) == 1 and not term.prefix for term in run)
            if joined and words in synonyms and not run[0].prefix:
                typed = " ".join(term.typed for term in run)
                yield Term(words, others=synonyms[words], spread=length > 1, typed=typed)
                place += length
                break
        else:
            yield terms[place]
            place += 1


def match_all(query: Query) -> str:
    """The FTS5 expression that every term must satisfy; "" when there is nothing to match."""
    return _minus(" AND ".join(_expression(term) for term in query.terms), query)


def match_any(query: Query) -> str:
    """The FTS5 expression of articles that have one of the words as typed."""
    loose: list[str] = []
    for term in query.terms:
        if term.spread:
            loose += [_quoted((word,)) for word in term.words]
        else:
            loose.append(_expression(replace(term, others=())))
    return _minus(" OR ".join(loose), query)


def match_term(term: Term, query: Query) -> str:
    """The FTS5 expression of one term as typed; run together words may stand apart."""
    wanted = " OR ".join(_quoted((word,)) for word in term.words) if term.spread else _expression(replace(term, others=()))
    return _minus(wanted, query)


def match_other(other: tuple[str, ...], query: Query) -> str:
    """The FTS5 expression of another way to say a term."""
    return _minus(_quoted(other), query)


def match_words(text: str) -> str:
    """What Datasette's own search boxes ask: every word, folded; never an FTS5 syntax error."""
    return match_all(read_query(text, {})) or '""'


def _minus(wanted: str, query: Query) -> str:
    if not wanted or not query.excluded:
        return wanted
    return f"({wanted}) NOT ({' OR '.join(_expression(term) for term in query.excluded)})"


def _expression(term: Term) -> str:
    if term.prefix:
        return f"{_quoted(term.words)} *"
    ways = [
        "(" + " AND ".join(_quoted((word,)) for word in term.words) + ")" if term.spread else _quoted(term.words),
        *(_quoted(other) for other in term.others),
    ]
    return ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})"


def _quoted(words: Sequence[str]) -> str:
    return '"' + " ".join(words).replace('"', "") + '"'


def highlight(text: str, query: Query) -> list[tuple[str, bool]]:
    """The text in pieces, those that the query found marked; only what is shown is ever looked at."""
    wanted = {word for term in query.terms for word in term.words if len(word) > 1}
    wanted |= {word for term in query.terms for other in term.others for word in other if len(word) > 1 and word not in STOP_WORDS}
    prefixes = tuple(term.words[0] for term in query.terms if term.prefix)
    pieces: list[tuple[str, bool]] = []
    end = 0
    for match in WORD.finditer(text):
        folded = fold(match[0])
        if lemma(folded) in wanted or (prefixes and folded.startswith(prefixes)):
            if match.start() > end:
                pieces.append((text[end : match.start()], False))
            pieces.append((match[0], True))
            end = match.end()
    if end < len(text):
        pieces.append((text[end:], False))
    return pieces


# --- SQL ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions on `items`, with their parameters."""

    sql: str
    values: dict[str, object]


def conditions(request: Request, *, without: str = "") -> Where:
    """What the filters ask of an item; `without` leaves one out, for the counts of its own facet."""
    parts = [] if request.dismissed else ["items.state <> 'dismissed'"]
    values: dict[str, object] = {}

    def one_of(name: str, sql: str, wanted: Sequence[str]) -> None:
        if wanted and name != without:
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


def listed_sql(where: Where) -> str:
    """Ids of the items asked for, the newest first. Parameters: most, and those of `where`."""
    return f"select items.id from items where {where.sql} order by items.day desc, items.id desc limit :most"  # noqa: S608


def scored_sql(where: Where) -> str:
    """Id and score of the items that match, higher is better. Parameters: match, floor, today, and those of `where`.

    bm25 is negative in FTS5; interest and recency weigh in by a few per cent.
    """
    return (
        f"select items.id, -bm25(items_fts, {TITLE_WEIGHT}, {TEXT_WEIGHT}) * (0.9 + 0.1 * items.interest) * "  # noqa: S608
        "(0.92 + 0.08 / (1 + max(0, julianday(:today) - julianday(items.day)) / 365.0)) "
        "from items_fts cross join items on items.id = items_fts.rowid "
        f"where items_fts match :match and items_fts.rowid >= :floor and {where.sql}"
    )


Scores = Mapping[int, float]


def best_first(terms: Iterable[tuple[Scores, Sequence[Scores]]], every: set[int]) -> list[int]:
    """Ids by the sum of their terms' scores (as typed, and the best other way to say it); some that lack a word stay."""
    scores: dict[int, float] = dict.fromkeys(every, 0.0)
    for typed, others in terms:
        best = dict(typed)
        for other in others:
            for item, score in other.items():
                best[item] = max(best.get(item, 0.0), typed.get(item, 0.0) + SYNONYM_WEIGHT * score)
        for item, score in best.items():
            scores[item] = scores.get(item, 0.0) + score
    for item in every:
        scores[item] *= EVERY_WORD_BONUS
    least = LEAST_SHARE * max(scores.values(), default=0.0)
    kept = [item for item, score in scores.items() if item in every or score >= least]
    return sorted(kept, key=lambda item: (-scores[item], -item))
