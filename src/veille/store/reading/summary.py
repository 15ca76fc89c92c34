"""The whole file in figures: articles by theme, by département, by month. Reading only.

Made apart from any page, because it reads everything; a page that needs one figure takes it from here. A story counts once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain, groupby
from operator import itemgetter, mul

from veille.store.connection import Connection
from veille.store.narrow import narrow

MONTHS_SHOWN = 24
RECENT = timedelta(days=30)
YEAR = timedelta(days=365)

Counts = dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts of public articles; months are `YYYY-MM`, days are Paris's."""

    articles: int = 0
    reading: int = 0  # sources that were read with success and are still followed
    themes: Counts = field(default_factory=dict)
    places: Counts = field(default_factory=dict)
    sources: Counts = field(default_factory=dict)
    recent_themes: Counts = field(default_factory=dict)  # of the last 30 days
    recent_places: Counts = field(default_factory=dict)
    themes_by_month: dict[str, Counts] = field(default_factory=dict)  # theme, month
    places_by_month: dict[str, Counts] = field(default_factory=dict)  # code, month
    mix: dict[str, Counts] = field(default_factory=dict)  # code, theme, over all time
    recent_mix: dict[str, Counts] = field(default_factory=dict)  # of the last 30 days
    year_mix: dict[str, Counts] = field(default_factory=dict)  # of the last 365 days
    year_places: Counts = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)  # code, the day of its newest article
    watched: frozenset[str] = frozenset()  # codes that a source followed today is about
    country: dict[str, float] = field(default_factory=dict)  # what part of all départements' labels each theme has
    leanings: dict[str, tuple[float, ...]] = field(default_factory=dict)  # code: themes as `country` has them, beyond it; of length 1


# A key: month, how recent (2 within 30 days, 1 within the year), themes, départements. Of articles that stand alone, counted by key; of
# the others one by one, for a story counts once wherever one of its articles does, as in a search.
_KEY = "substr(day, 1, 7) || iif(day > :recent, '2', iif(day > :year, '1', '0')) || '|' || themes || '|' || departements"
_ALONE = f"select {_KEY} from item_facets where state <> 'dismissed' and story_id is null"  # noqa: S608 - our own words
_TOLD = f"select story_id, {_KEY} from item_facets where state <> 'dismissed' and story_id is not null order by story_id"  # noqa: S608
_SOURCES = "select sources from item_facets where state <> 'dismissed'"
_NEWEST = (
    "select postings.day from postings cross join item_facets using (item_id) "
    "where label = ? and state <> 'dismissed' order by postings.day desc limit 1"
)


def summarise(db: Connection, today: str) -> Summary:
    """Return every figure, in two passes over narrow rows; seconds for a million articles."""
    day = date.fromisoformat(today)
    first = _month_before(day, MONTHS_SHOWN - 1)
    days = {"recent": (day - RECENT).isoformat(), "year": (day - YEAR).isoformat()}
    themes, places = (Counter[str](), Counter[str]()), (Counter[str](), Counter[str]())  # of all time, and recent
    year_places: Counter[str] = Counter()
    by_month: tuple[dict[str, Counts], dict[str, Counts]] = ({}, {})
    mixes: tuple[dict[str, Counts], ...] = ({}, {}, {})  # by how recent, at least
    articles = 0
    for keys, count in chain((((key,), count) for key, count in _counted(db, _ALONE, days).items()), _stories(db, days)):
        articles += count
        told: set[tuple[object, ...]] = set()  # what this story was counted for
        for key in keys:
            when, tags, codes = key.split("|")
            month, age = when[:7], int(when[7])
            held = (tags.split(), codes.split())
            for side, (values, totals, months) in enumerate(zip(held, (themes, places), by_month, strict=True)):
                for value in values:
                    for fresh in range(2 if age == 2 else 1):
                        if _first(told, side, value, fresh):
                            totals[fresh][value] += count
                    if month >= first and _first(told, side, value, month):
                        _add(months, value, month, count)
            for code in held[1]:
                if age and _first(told, code):
                    year_places[code] += count
                for least in range(age + 1):
                    for tag in held[0]:
                        if _first(told, "mix", code, tag, least):
                            _add(mixes[least], code, tag, count)
    country, leanings = leanings_of(mixes[0])
    sources: Counter[str] = Counter()
    for named, count in _counted(db, _SOURCES, {}).items():
        for source in named.split():
            sources[source] += count
    return Summary(
        articles=articles,
        reading=db.execute("select count(*) from sources where last_success_at is not null and state <> 'retired'").fetchone()[0],
        themes=themes[0], places=places[0], sources=sources, recent_themes=themes[1], recent_places=places[1],
        themes_by_month=by_month[0], places_by_month=by_month[1], mix=mixes[0], country=country, leanings=leanings,
        recent_mix=mixes[2], year_mix=mixes[1], year_places=year_places,
        newest={code: row[0] for code in places[0] if (row := db.execute(narrow(db, _NEWEST), (f"departements {code}",)).fetchone())},
        watched=frozenset(
            row[0]
            for row in db.execute("select value from sources, json_each(sources.territory) where state not in ('retired', 'disabled')")
        ),
    )  # fmt: skip


def _stories(db: Connection, days: dict[str, str]) -> Iterator[tuple[list[str], int]]:
    """Yield the keys of the articles of each story, and 1."""
    cursor = db.cursor()
    cursor.row_factory = None
    for _, rows in groupby(cursor.execute(narrow(db, _TOLD), days), key=itemgetter(0)):
        yield [key for _, key in rows], 1


def _first(told: set[tuple[object, ...]], *what: object) -> bool:
    """Return whether something is told for the first time."""
    if what in told:
        return False
    told.add(what)
    return True


def _counted(db: Connection, sql: str, values: dict[str, str]) -> Counter[str]:
    """Return how often each value of a statement's one column comes."""
    cursor = db.cursor()
    cursor.row_factory = None
    return Counter(map(itemgetter(0), cursor.execute(narrow(db, sql), values)))


def _add(table: dict[str, Counts], row: str, column: str, count: int) -> None:
    held = table.get(row)
    if held is None:
        held = table[row] = {}
    held[column] = held.get(column, 0) + count


def _month_before(day: date, months: int) -> str:
    """Return the month so many before a day's: YYYY-MM."""
    place = day.year * 12 + day.month - 1 - months
    return f"{place // 12}-{place % 12 + 1:02}"


def last_months(today: date) -> list[str]:
    """Return the months that charts show, the oldest first."""
    return [_month_before(today, back) for back in range(MONTHS_SHOWN - 1, -1, -1)]


_LEAST_ARTICLES = 8  # under this many tagged articles, a mix says nothing


def alike(summary: Summary, code: str, most: int = 5) -> list[tuple[str, float, list[str]]]:
    """Départements whose themes stand out like this one's: code, cosine (0 to 1), the themes that both have above the country's share."""
    mine = summary.leanings.get(code)
    if not mine:
        return []
    likeness = sorted(
        ((sum(map(mul, mine, theirs)), other) for other, theirs in summary.leanings.items() if other != code),
        key=lambda row: (-row[0], row[1]),
    )
    found = []
    for share, other in likeness[:most]:
        theirs = summary.leanings[other]
        both = sorted((-a * b, tag) for a, b, tag in zip(mine, theirs, summary.country, strict=True) if a > 0 and b > 0)
        if share > 0 and both:
            found.append((other, share, [tag for _, tag in both[:3]]))
    return found


def shares(counts: Counts) -> dict[str, float]:
    """Return what part of the labels each theme has."""
    total = sum(counts.values())
    return {tag: count / total for tag, count in counts.items()} if total else {}


def leanings_of(mixes: dict[str, Counts]) -> tuple[dict[str, float], dict[str, tuple[float, ...]]]:
    """Return the part of each theme in all mixes together, and how each mix of some size leans away from it."""
    total: Counts = defaultdict(int)
    for mix in mixes.values():
        for tag, count in mix.items():
            total[tag] += count
    country = shares(total)
    leanings = {}
    for code, mix in mixes.items():
        if sum(mix.values()) >= _LEAST_ARTICLES:
            own = shares(mix)
            beyond = [own.get(tag, 0.0) - share for tag, share in country.items()]
            length = sum(part * part for part in beyond) ** 0.5
            if length:
                leanings[code] = tuple(part / length for part in beyond)
    return country, leanings


_GLANCE = (
    "select count(*) from articles",
    "select count(distinct code) from item_territories",
    "select count(distinct tag_id) from item_tags",
    "select count(*) from items where interest >= 0.5",
    "select count(*) from (select item_id from sightings group by 1 having count(*) > 1)",
    "select count(*) from items where state = 'selected'",
)


def at_a_glance(db: Connection) -> tuple[int, ...]:
    """Articles, départements, themes, articles of interest, those that two sources announced, those that were selected."""
    return tuple(int(db.execute(sql).fetchone()[0]) for sql in _GLANCE)
