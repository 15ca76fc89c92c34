"""The whole file in figures: articles by theme, by département, by month. Reading only.

Made apart from any page, because it reads everything; a page that needs one figure takes it from here. A story counts once.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from operator import mul

from veille.store.connection import Connection

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


# One of the articles of a story stands for it; `items.lead` says which.
_PUBLIC = "items.state <> 'dismissed' and items.lead = 1"
_TAGGED = f"from item_tags join items on items.id = item_tags.item_id where origin <> 'refused' and {_PUBLIC}"
_PLACED = f"from item_territories join items on items.id = item_territories.item_id where {_PUBLIC}"
_BOTH = (
    "from item_territories join items on items.id = item_territories.item_id "
    f"join item_tags on item_tags.item_id = items.id where item_tags.origin <> 'refused' and {_PUBLIC}"
)


def summarise(db: Connection, today: str) -> Summary:
    """Every figure at once; seconds for a million articles."""
    day = date.fromisoformat(today)
    first = _month_before(day, MONTHS_SHOWN - 1)
    recent, year = (day - RECENT).isoformat(), (day - YEAR).isoformat()

    def counts(sql: str, *values: str) -> Counts:
        return {row[0]: row[1] for row in db.execute(sql, values)}

    def table(sql: str, *values: str) -> dict[str, Counts]:
        found: dict[str, Counts] = defaultdict(dict)
        for row in db.execute(sql, values):
            found[row[0]][row[1]] = row[2]
        return dict(found)

    mix = table(f"select code, tag_id, count(*) {_BOTH} group by 1, 2")
    country, leanings = leanings_of(mix)
    themes_by_month = table(f"select tag_id, substr(day, 1, 7), count(*) {_TAGGED} and day >= ? group by 1, 2", f"{first}-01")
    places_by_month = table(f"select code, substr(day, 1, 7), count(*) {_PLACED} and day >= ? group by 1, 2", f"{first}-01")
    return Summary(
        articles=db.execute(f"select count(*) from items where {_PUBLIC}").fetchone()[0],  # noqa: S608
        reading=db.execute("select count(*) from sources where last_success_at is not null and state <> 'retired'").fetchone()[0],
        themes=counts(f"select tag_id, count(*) {_TAGGED} group by 1"),
        places=counts(f"select code, count(*) {_PLACED} group by 1"),
        sources=counts(
            "select sightings.source_id, count(*) from sightings join items on items.id = item_id "
            "where items.state <> 'dismissed' group by 1"
        ),
        recent_themes=counts(f"select tag_id, count(*) {_TAGGED} and day > ? group by 1", recent),
        recent_places=counts(f"select code, count(*) {_PLACED} and day > ? group by 1", recent),
        themes_by_month=themes_by_month,
        places_by_month=places_by_month,
        mix=mix,
        country=country,
        leanings=leanings,
        recent_mix=table(f"select code, tag_id, count(*) {_BOTH} and day > ? group by 1, 2", recent),
        year_mix=table(f"select code, tag_id, count(*) {_BOTH} and day > ? group by 1, 2", year),
        year_places=counts(f"select code, count(*) {_PLACED} and day > ? group by 1", year),
        newest={row[0]: row[1] for row in db.execute(f"select code, max(day) {_PLACED} group by 1")},
        watched=frozenset(
            row[0]
            for row in db.execute("select value from sources, json_each(sources.territory) where state not in ('retired', 'disabled')")
        ),
    )


def _month_before(day: date, months: int) -> str:
    """The month so many before a day's: YYYY-MM."""
    place = day.year * 12 + day.month - 1 - months
    return f"{place // 12}-{place % 12 + 1:02}"


def last_months(today: date) -> list[str]:
    """The months that charts show, the oldest first."""
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
    """What part of the labels each theme has."""
    total = sum(counts.values())
    return {tag: count / total for tag, count in counts.items()} if total else {}


def leanings_of(mixes: dict[str, Counts]) -> tuple[dict[str, float], dict[str, tuple[float, ...]]]:
    """The part of each theme in all mixes together, and how each mix of some size leans away from it."""
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
