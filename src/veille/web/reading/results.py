"""A search: its page, what leaves of it (Atom, JSON, JSON Feed, CSV), and the list that other sites show."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import parse_qsl, quote_plus

from datasette import Response

from veille.messages.common import long_date
from veille.messages.reading import NO_SUCH_PAGE, SELECTED_ALONE, SINCE, UNTIL, WITH_DISMISSED
from veille.search.facets import FACET, SHOWN
from veille.search.ranking import MOST_MATCHES, PAGE_SIZE
from veille.search.request import Request, address
from veille.search.words import highlight
from veille.store import cards
from veille.store.cards import Card
from veille.store.reading import searching
from veille.web.reading.outputs import FORMATS
from veille.web.site.answering import ask, ask_rows, asked, readable, render
from veille.web.site.context import Context
from veille.web.site.errors import PageError
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.origin import origin_of
from veille.web.site.state import Site, site_of
from veille.web.site.templating import FacetRow, group_class, typo

_HOLE = "_hole_of_a_link_"  # nobody asks it: ids of labels have no underscore
_EMBEDDED = 10  # articles
_WAYS_TRIED = 8  # searches of one page that found nothing


Link = Callable[..., str]  # the address of the same search, changed


@dataclass(frozen=True, slots=True)
class FacetBox:
    """A facet beside the results: its first values, and the others."""

    name: str
    title: str
    rows: list[FacetRow]
    more: list[FacetRow]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is chosen, with the address without it, and what that changes in the request."""

    label: str
    link: str
    without: dict[str, object]


@dataclass(frozen=True, slots=True)
class WayOn:
    """A search with one filter less ("" for all of them), and how many articles it finds."""

    label: str
    link: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage(Context):
    """/recherche"""

    template = "reading/recherche.html"
    here = "recherche"
    request_: Request
    results: searching.Results
    most: int
    marks: dict[int, tuple[list[tuple[str, bool]], list[tuple[str, bool]]]]
    facets: list[FacetBox]
    chips: list[Chip]
    pages: int
    link: Link
    clear: str
    kept: list[tuple[str, str]]
    exports: dict[str, str]
    embed: str
    ways_on: list[WayOn]
    corrected: str


@readable
async def recherche(datasette: Datasette, request: HttpRequest) -> Response:
    """/recherche"""
    site = site_of(datasette)
    wanted = asked(request)
    results = await ask_rows(datasette, searching.search, wanted, site.knowledge, site.today().isoformat())
    names = await ask(datasette, cards.names)
    pages = max(1, -(-results.total // PAGE_SIZE))
    if wanted.page > pages:
        raise PageError(404, NO_SUCH_PAGE)
    url = datasette.urls.path("/recherche")

    def link(**changes: object) -> str:
        query = address(wanted, **changes)
        return f"{url}?{query}" if query else url

    kept = [(name, value) for name, value in _pairs(wanted) if name != "q"]
    context = SearchPage(
        request_=wanted,
        results=results,
        most=MOST_MATCHES,
        marks={
            card.id: (highlight(typo(card.title), results.query), highlight(typo(card.summary), results.query)) for card in results.cards
        },
        facets=_facets(site, wanted, results, names, link),
        chips=_chips(site, wanted, names, link),
        pages=pages,
        link=link,
        clear=f"{url}?{address(Request(q=wanted.q))}" if wanted.q else url,
        kept=kept,
        exports=_exports(datasette, wanted),
        embed=f"{datasette.urls.path('/integrer')}?{address(wanted)}",
        ways_on=[] if results.total else await _ways_on(datasette, site, wanted, names, link),
        corrected=" ".join(new for _, new in results.query.corrected),
    )
    return await render(datasette, request, context)


def _pairs(wanted: Request) -> list[tuple[str, str]]:
    return parse_qsl(address(wanted))


def _label(site: Site, name: str, value: str, names: dict[str, str]) -> str:
    """Return what a filter's value is called."""
    known = site.knowledge
    if name == "themes":
        return known.themes[value].label if value in known.themes else value
    if name == "departements":
        return f"{value} {known.departements[value].name}" if value in known.departements else value
    if name == "regions":
        return next((place.region for place in known.departements.values() if place.region_code == value), value)
    return (names if name == "sources" else FACET[name].labels).get(value, value)


def _facets(site: Site, wanted: Request, results: searching.Results, names: dict[str, str], link: Link) -> list[FacetBox]:
    facets = []
    for facet in SHOWN:
        name, chosen = facet.name, wanted.values(facet)
        pattern = link(**{name: (*chosen, _HOLE)})  # one address for hundreds of values
        counts = dict(results.facets[name])
        rows = [
            FacetRow(
                label=_label(site, name, value, names),
                count=count,
                chosen=value in chosen,
                link=link(**{name: tuple(one for one in chosen if one != value)})
                if value in chosen
                else pattern.replace(_HOLE, quote_plus(value)),
                css=group_class(site.knowledge.themes.get(value)) if name == "themes" else "",
            )
            for value, count in [
                *((one, counts.get(one, 0)) for one in chosen),
                *((v, c) for v, c in counts.items() if v not in chosen),
            ]
        ]
        if len(rows) > 1 or chosen:
            facets.append(FacetBox(name, facet.title, rows[:8], rows[8:]))
    return facets


def _chips(site: Site, wanted: Request, names: dict[str, str], link: Link) -> list[Chip]:
    """Return what filters, each with the address without it."""
    dropped: list[tuple[str, dict[str, object]]] = [
        (_label(site, facet.name, value, names), {facet.name: tuple(one for one in wanted.values(facet) if one != value)})
        for facet in wanted.chosen
        for value in wanted.values(facet)
    ]
    if wanted.since:
        dropped.append((SINCE.format(day=long_date(date.fromisoformat(wanted.since))), {"since": ""}))
    if wanted.until:
        dropped.append((UNTIL.format(day=long_date(date.fromisoformat(wanted.until))), {"until": ""}))
    if wanted.dismissed:
        dropped.append((WITH_DISMISSED, {"dismissed": False}))
    if wanted.selected:
        dropped.append((SELECTED_ALONE, {"selected": False}))
    return [Chip(label, link(**without), without) for label, without in dropped]


def _exports(datasette: Datasette, wanted: Request) -> dict[str, str]:
    """Return the addresses of a search in every format that leaves."""
    query = address(wanted)
    return {name: datasette.urls.path(f"/recherche.{name}") + (f"?{query}" if query else "") for name in FORMATS}


async def _ways_on(datasette: Datasette, site: Site, wanted: Request, names: dict[str, str], link: Link) -> list[WayOn]:
    """For a search that finds nothing: which filter to drop, and how many articles that gives; the best first."""
    found = []
    for chip in _chips(site, wanted, names, link)[:_WAYS_TRIED]:
        freer = replace(wanted, **{**chip.without, "page": 1})  # type: ignore[arg-type]
        results = await ask_rows(datasette, searching.search, freer, site.knowledge, site.today().isoformat(), 1)
        if results.total:
            found.append(WayOn(chip.label, chip.link, results.total))
    if not found and wanted.q and wanted.chosen:
        only = Request(q=wanted.q, order=wanted.order)
        results = await ask_rows(datasette, searching.search, only, site.knowledge, site.today().isoformat(), 1)
        if results.total:
            found.append(WayOn("", f"{datasette.urls.path('/recherche')}?{address(only)}", results.total))
    return sorted(found, key=lambda one: -one.count)


@readable
async def resultats(datasette: Datasette, request: HttpRequest) -> Response:
    """/recherche.<format> (`outputs.FORMATS`): the same request, to take away. Feeds tell the newest first."""
    site = site_of(datasette)
    format_ = request.url_vars["format"]
    wanted = asked(request)
    leaving = FORMATS[format_]
    if leaving.newest_first:
        wanted = replace(wanted, order="date", page=1)
    results = await ask_rows(datasette, searching.search, wanted, site.knowledge, site.today().isoformat(), leaving.size)
    return leaving.make(wanted, results, site.knowledge, await origin_of(datasette, request), site.clock())


@dataclass(frozen=True, slots=True, kw_only=True)
class FramedPage(Context):
    """/integrer"""

    template = "reading/integrer.html"
    cards: list[Card]
    total: int
    titled: str
    root: str
    search: str


@readable
async def integrer(datasette: Datasette, request: HttpRequest) -> Response:
    """/integrer: a search as a short plain list that any site may show in a frame; `nombre` of articles, 1 to 10."""
    site = site_of(datasette)
    wanted = replace(asked(request), order="date", page=1)
    count = request.args.get("nombre") or ""
    size = min(int(count), _EMBEDDED) if count.isascii() and count.isdigit() and count != "0" and len(count) < 3 else _EMBEDDED
    results = await ask_rows(datasette, searching.search, wanted, site.knowledge, site.today().isoformat(), size)
    query = address(replace(wanted, order=""))
    root = (await origin_of(datasette, request)).root
    context = FramedPage(
        cards=results.cards,
        total=results.total,
        titled=wanted.q or ", ".join(_label(site, facet.name, value, {}) for facet in wanted.chosen for value in wanted.values(facet)),
        root=root,
        search=f"{root}recherche{f'?{query}' if query else ''}",
    )
    return await render(datasette, request, context)
