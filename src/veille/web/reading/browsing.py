"""The pages of a theme, a département, a source, of all sources, the map and the agenda."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from datasette import Response

from veille.french import fold, folded_words
from veille.messages.common import NO_SUCH_SOURCE, SOURCE_STATES
from veille.messages.reading import MAP_ORDERS, NO_SUCH_DEPARTEMENT, NO_SUCH_MAP, NO_SUCH_THEME, PERIODS
from veille.search.request import LONGEST_QUERY, Request
from veille.store.cards import Card
from veille.store.connection import Row
from veille.store.keeping import wellbeing
from veille.store.reading import browsing
from veille.store.reading.summary import RECENT, Summary, alike, last_months, shares
from veille.store.sharing import fiches
from veille.store.sharing.fiches import FicheCard
from veille.understand.knowledge import Departement, Theme
from veille.web.reading.charts import Bars, MapCell, bars, bounds, places
from veille.web.reading.following import Follow, follow
from veille.web.reading.notices import Folded, folded
from veille.web.site.answering import ask, readable, render
from veille.web.site.context import Context
from veille.web.site.errors import PageError
from veille.web.site.figures import figures
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.origin import origin_of
from veille.web.site.state import site_of
from veille.web.site.templating import group_class

LISTED = 12
_OPEN = 3  # dates open to all that a département's page shows
_LOOKED = 36  # of the newest articles: some are local notices
ILL = (*wellbeing.ILL, "rate-limited")


def _search(datasette: Datasette, **wanted: str) -> str:
    return f"{datasette.urls.path('/recherche')}?{urlencode(wanted)}"


def _place_links(datasette: Datasette, **wanted: str) -> Callable[[str], str]:
    """Return the search of each département, with the same other filters."""
    start = f"{_search(datasette, **wanted)}{'&' if wanted else ''}departement="
    return lambda code: start + code


async def _latest(datasette: Datasette, scope: browsing.Scope, picked: list[Card]) -> Folded:
    """Return the newest articles of a scope that the page does not show already, their local notices apart."""
    shown = {card.id for card in picked}
    for most in (LISTED + len(shown), _LOOKED):  # seldom again: where notices take the place of others
        found = await ask(datasette, browsing.latest, scope, most)
        told = folded((card for card in found if card.id not in shown), site_of(datasette).knowledge, LISTED)
        if len(told.shown) == LISTED or len(found) < most:
            break
    return told


async def _follow(datasette: Datasette, request: HttpRequest, wanted: Request, page: str, names: Mapping[str, str] | None = None) -> Follow:
    """Return the box « Suivre » of a page that shows a search."""
    return follow(datasette, (await origin_of(datasette, request)).root, site_of(datasette).knowledge, wanted, names or {}, page=page)


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """A theme in its group: how many articles, how many of late."""

    id: str
    label: str
    count: int
    recent: int


@dataclass(slots=True)
class ThemeGroup:
    """A group of themes."""

    label: str
    css: str
    themes: list[ThemeCount] = field(default_factory=list)
    recent: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """A theme, and how many articles have it."""

    theme: Theme
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A theme of a département beside the country: shares are 0 to 1, lengths are per cent of the longest bar."""

    theme: Theme
    css: str
    count: int
    share: float
    country: float
    length: float
    mark: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemePage(Context):
    """/theme"""

    template = "reading/theme.html"
    here = "theme"
    initiatives: tuple[list[FicheCard], int]
    one: Theme
    css: str
    total: int
    recent: int
    picked: list[Card]
    latest: Folded
    follow: Follow
    dates: list[browsing.Date]
    chart: Bars
    map: list[MapCell]
    bounds: list[tuple[str, int, int]]
    leading: list[tuple[str, int]]
    group: list[Counted]
    search: str


@readable
async def theme(datasette: Datasette, request: HttpRequest) -> Response:
    """/theme/<id>"""
    site = site_of(datasette)
    given = request.url_vars["id"]
    known = site.knowledge.themes.get(site.knowledge.aliases.get(given, given))
    if known is None:
        raise PageError(404, NO_SUCH_THEME)
    summary = await figures(datasette)
    today = site.today().isoformat()
    scope = browsing.of_theme(known.id)
    picked = await ask(datasette, browsing.picked, scope, 3)
    counts = {code: mix.get(known.id, 0) for code, mix in summary.mix.items() if mix.get(known.id)}
    group = [one for one in site.knowledge.themes.values() if one.group == known.group]
    context = ThemePage(
        initiatives=await ask(datasette, lambda db: fiches.some(db, theme=known.id)),
        one=known,
        css=group_class(known),
        total=summary.themes.get(known.id, 0),
        recent=summary.recent_themes.get(known.id, 0),
        picked=picked,
        latest=await _latest(datasette, scope, picked),
        dates=await ask(datasette, browsing.dates_of, scope, today),
        chart=bars(last_months(site.today()), summary.themes_by_month.get(known.id, {})),
        map=places(site.knowledge.departements.values(), counts, summary.watched, _place_links(datasette, theme=known.id)),
        bounds=bounds(max(counts.values(), default=0)),
        leading=sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:8],
        group=[Counted(one, summary.themes.get(one.id, 0)) for one in group],
        search=_search(datasette, theme=known.id),
        follow=await _follow(datasette, request, Request(themes=(known.id,)), f"theme/{known.id}"),
    )
    return await render(datasette, request, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemesPage(Context):
    """/themes"""

    template = "reading/themes.html"
    here = "theme"
    groups: list[ThemeGroup]


@readable
async def themes(datasette: Datasette, request: HttpRequest) -> Response:
    """/themes: the vocabulary, by group."""
    site = site_of(datasette)
    summary = await figures(datasette)
    context = ThemesPage(
        groups=groups_of(site.knowledge.themes.values(), summary.themes, summary.recent_themes),
    )
    return await render(datasette, request, context)


def groups_of(known: Iterable[Theme], counts: dict[str, int], recent: dict[str, int]) -> list[ThemeGroup]:
    """Themes by group, each with its count and what is new."""
    groups: dict[str, ThemeGroup] = {}
    for one in known:
        group = groups.setdefault(one.group, ThemeGroup(one.group_label, group_class(one)))
        group.themes.append(ThemeCount(one.id, one.label, counts.get(one.id, 0), recent.get(one.id, 0)))
        group.recent += recent.get(one.id, 0)
    return list(groups.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartementPage(Context):
    """/departement"""

    template = "reading/departement.html"
    here = "carte"
    initiatives: tuple[list[FicheCard], int]
    one: Departement
    total: int
    recent: int
    watched: bool
    latest: Folded
    follow: Follow
    picked: list[Card]
    dates: list[browsing.Date]
    open_to_all: list[browsing.Date]  # dates of articles about no département
    chart: Bars
    mix: list[Share]
    sources: list[Row]
    alike: list[tuple[Departement, float, list[Theme]]]
    region: list[Departement]
    search: str


@readable
async def departement(datasette: Datasette, request: HttpRequest) -> Response:
    """/departement/<code>"""
    site = site_of(datasette)
    known = site.knowledge.departements.get(request.url_vars["code"].upper())
    if known is None:
        raise PageError(404, NO_SUCH_DEPARTEMENT)
    summary = await figures(datasette)
    today = site.today()
    scope = browsing.of_place(known.code)
    picked = await ask(datasette, browsing.picked, scope, 2)
    mine, country = shares(summary.mix.get(known.code, {})), summary.country
    top = max([*mine.values(), *country.values()], default=1.0)
    mix = [
        Share(
            theme=site.knowledge.themes[tag], css=group_class(site.knowledge.themes[tag]),
            count=summary.mix.get(known.code, {}).get(tag, 0), share=mine.get(tag, 0.0), country=country.get(tag, 0.0),
            length=round(mine.get(tag, 0.0) / top * 100, 1), mark=round(country.get(tag, 0.0) / top * 100, 1),
        )
        for tag in sorted(mine, key=lambda tag: (-mine[tag], tag))
        if tag in site.knowledge.themes
    ]  # fmt: skip
    context = DepartementPage(
        initiatives=await ask(datasette, lambda db: fiches.some(db, departement=known.code)),
        one=known,
        total=summary.places.get(known.code, 0),
        recent=summary.recent_places.get(known.code, 0),
        watched=known.code in summary.watched,
        latest=await _latest(datasette, scope, picked),
        picked=picked,
        dates=await ask(datasette, browsing.dates_of, scope, today.isoformat()),
        open_to_all=await ask(datasette, lambda db: browsing.dates_to_come(db, None, today.isoformat(), placeless=True, most=_OPEN)),
        chart=bars(last_months(today), summary.places_by_month.get(known.code, {})),
        mix=mix,
        sources=_told(await ask(datasette, browsing.sources_of_place, known.code), summary.sources),
        alike=[
            (site.knowledge.departements[code], share, [site.knowledge.themes[tag] for tag in both if tag in site.knowledge.themes])
            for code, share, both in alike(summary, known.code)
        ],
        region=[one for one in site.knowledge.departements.values() if one.region_code == known.region_code and one != known],
        search=_search(datasette, departement=known.code),
        follow=await _follow(datasette, request, Request(departements=(known.code,)), f"departement/{known.code}"),
    )
    return await render(datasette, request, context)


def _told(rows: list[Row], counts: dict[str, int]) -> list[Row]:
    """Sources with the French word for their state, the worst first."""
    order = {state: place for place, state in enumerate(SOURCE_STATES)}
    told = [
        row
        | {"codes": json.loads(row["territory"]), "count": counts.get(row["id"], 0), "ill": row["state"] in ILL}
        | dict(zip(("label", "advice"), SOURCE_STATES.get(row["state"], (row["state"], "")), strict=True))
        for row in rows
    ]
    return sorted(told, key=lambda row: (not row["ill"], order.get(row["state"], 99) if row["ill"] else 0, row["name"].casefold()))


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesPage(Context):
    """/sources"""

    template = "reading/sources.html"
    here = "sources"
    sources: list[Row]
    total: int
    wanted: str
    q: str
    states: list[tuple[str, str, int]]
    ill: int


def _named(row: Row, words: list[str], known: Mapping[str, Departement]) -> bool:
    """Return whether a source's name, address or départements say every word, or its beginning."""
    places = " ".join(f"{code} {known[code].name}" for code in row["codes"] if code in known)
    held = folded_words(f"{row['name']} {row['id']} {row['url']} {places}")
    return all(any(one.startswith(word) for one in held) for word in words)


@readable
async def sources(datasette: Datasette, request: HttpRequest) -> Response:
    """/sources?etat=&q=: what is followed, and how it fares."""
    summary = await figures(datasette)
    rows = _told(await ask(datasette, browsing.followed), summary.sources)
    wanted = request.args.get("etat") or ""
    wanted = wanted if wanted in SOURCE_STATES else ""
    q = (request.args.get("q") or "").strip()[:LONGEST_QUERY]
    known = site_of(datasette).knowledge.departements
    every = len(rows)
    rows = [row for row in rows if _named(row, folded_words(q), known)]
    states = {state: sum(row["state"] == state for row in rows) for state in SOURCE_STATES}
    context = SourcesPage(
        sources=[row for row in rows if not wanted or row["state"] == wanted],
        total=every,
        wanted=wanted,
        q=q,
        states=[(state, SOURCE_STATES[state][0], count) for state, count in states.items() if count],
        ill=sum(row["ill"] for row in rows),
    )
    return await render(datasette, request, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePage(Context):
    """/source"""

    template = "reading/source.html"
    here = "sources"
    one: Row
    latest: Folded
    follow: Follow
    chart: Bars
    search: str


@readable
async def source(datasette: Datasette, request: HttpRequest) -> Response:
    """/source/<id>"""
    site = site_of(datasette)
    found = await ask(datasette, browsing.source, request.url_vars["id"])
    if found is None:
        raise PageError(404, NO_SUCH_SOURCE)
    summary = await figures(datasette)
    months = last_months(site.today())
    (told,) = _told([found], summary.sources)
    context = SourcePage(
        one=told,
        latest=await _latest(datasette, browsing.of_source(found["id"]), []),
        chart=bars(months, await ask(datasette, browsing.months_of_source, found["id"], f"{months[0]}-01")),
        search=_search(datasette, source=found["id"]),
        follow=await _follow(datasette, request, Request(sources=(found["id"],)), f"source/{found['id']}", {found["id"]: found["name"]}),
    )
    return await render(datasette, request, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPage(Context):
    """/carte"""

    template = "reading/carte.html"
    here = "carte"
    map: list[MapCell]
    rows: list[MapCell]
    newest: dict[str, str]
    bounds: list[tuple[str, int, int]]
    leading: list[Departement]
    told: int
    total: int
    silent: int
    unwatched: list[Departement]
    order: str
    orders: list[tuple[str, str, str]]
    period: str
    periods: dict[str, str]
    theme_: Theme | None
    groups: list[ThemeGroup]


def unwatched(known: Mapping[str, Departement], summary: Summary) -> list[Departement]:
    """Return the départements that no followed source is about."""
    return [place for code, place in known.items() if code not in summary.watched]


def _by_day(newest: str) -> tuple[int, str]:
    return (0, "".join(chr(0x10FFFF - ord(char)) for char in newest)) if newest else (1, "")


# Of the table beside the map: the key of each order.
_ORDERS: dict[str, Callable[[Summary], Callable[[MapCell], Any]]] = {
    "nom": lambda _: lambda one: (fold(one.name), one.code),
    "articles": lambda _: lambda one: (-one.count, one.code),
    "dernier": lambda summary: lambda one: (_by_day(summary.newest.get(one.code, "")), one.code),
}


def _search_map(datasette: Datasette, tag: str, period: str, order: str) -> str:
    return f"{datasette.urls.path('/carte')}?{urlencode({**({'theme': tag} if tag else {}), 'periode': period, 'tri': order})}"


@readable
async def carte(datasette: Datasette, request: HttpRequest) -> Response:
    """/carte?theme=&periode=30j|12m|tout"""
    site = site_of(datasette)
    summary = await figures(datasette)
    period = request.args.get("periode") or "30j"
    tag = request.args.get("theme") or ""
    tag = site.knowledge.aliases.get(tag, tag)
    order = request.args.get("tri") or "articles"
    if period not in PERIODS or order not in _ORDERS or (tag and tag not in site.knowledge.themes):
        raise PageError(400, NO_SUCH_MAP)
    by_theme = {"30j": summary.recent_mix, "12m": summary.year_mix, "tout": summary.mix}[period]
    every = {"30j": summary.recent_places, "12m": summary.year_places, "tout": summary.places}[period]
    counts = {code: mix[tag] for code, mix in by_theme.items() if mix.get(tag)} if tag else every
    since = {"30j": RECENT, "12m": timedelta(days=365)}.get(period)
    more = {"depuis": (site.today() - since + timedelta(days=1)).isoformat()} if since else {}

    filtered = _place_links(datasette, **({"theme": tag} if tag else {}), **more)

    def link(code: str) -> str:
        if not tag and period == "tout":
            return str(datasette.urls.path(f"/departement/{code}"))
        return filtered(code)

    known = site.knowledge.departements.values()
    drawn = places(known, counts, summary.watched, link, outlines=True)
    context = MapPage(
        map=drawn,
        rows=sorted(drawn, key=_ORDERS[order](summary)),
        newest=summary.newest,
        bounds=bounds(max(counts.values(), default=0)),
        leading=[site.knowledge.departements[one.code] for one in sorted(drawn, key=lambda one: (-one.count, one.code))[:3] if one.count],
        told=sum(1 for one in drawn if one.count),
        total=sum(counts.values()),
        silent=sum(1 for one in drawn if one.watched and not one.count),
        unwatched=unwatched(site.knowledge.departements, summary),
        order=order,
        orders=[(name, label, _search_map(datasette, tag, period, name)) for name, label in MAP_ORDERS.items()],
        period=period,
        periods=PERIODS,
        theme_=site.knowledge.themes.get(tag),
        groups=groups_of(site.knowledge.themes.values(), summary.themes, summary.recent_themes),
    )
    return await render(datasette, request, context)
