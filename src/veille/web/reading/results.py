"""A search: its page, what leaves of it (Atom, JSON, JSON Feed, CSV), and the list that other sites show."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, quote_plus

from veille.messages.common import long_date
from veille.messages.reading import NO_SUCH_PAGE, SELECTED_ALONE, SINCE, UNTIL, WITH_DISMISSED
from veille.search.facets import FACET, SHOWN
from veille.search.ranking import MOST_MATCHES, PAGE_SIZE
from veille.search.request import Request, address
from veille.search.words import highlight
from veille.store import cards
from veille.store.reading import searching
from veille.web.reading.outputs import FORMATS
from veille.web.site.answering import ask, ask_rows, asked, readable, render
from veille.web.site.errors import PageError
from veille.web.site.origin import origin_of
from veille.web.site.state import site_of
from veille.web.site.templating import group_class, typo

_HOLE = "_hole_of_a_link_"  # nobody asks it: ids of labels have no underscore
_EMBEDDED = 10  # articles
_WAYS_TRIED = 8  # searches of one page that found nothing


@readable
async def recherche(datasette: Any, request: Any) -> Any:
    """/recherche"""
    site = site_of(datasette)
    wanted = asked(request)
    results = await ask_rows(datasette, searching.search, wanted, site.knowledge, site.today().isoformat())
    names = await ask(datasette, cards.names)
    pages = max(1, -(-results.total // PAGE_SIZE))
    if wanted.page > pages:
        raise PageError(404, NO_SUCH_PAGE)
    url = datasette.urls.path("/recherche")

    def link(**changes: Any) -> str:
        query = address(wanted, **changes)
        return f"{url}?{query}" if query else url

    kept = [(name, value) for name, value in _pairs(wanted) if name != "q"]
    context = {
        "request_": wanted,
        "results": results,
        "most": MOST_MATCHES,
        "marks": {
            card.id: (highlight(typo(card.title), results.query), highlight(typo(card.summary), results.query)) for card in results.cards
        },
        "facets": _facets(site, wanted, results, names, link),
        "chips": _chips(site, wanted, names, link),
        "pages": pages,
        "link": link,
        "clear": f"{url}?{address(Request(q=wanted.q))}" if wanted.q else url,
        "kept": kept,
        "exports": _exports(datasette, wanted),
        "embed": f"{datasette.urls.path('/integrer')}?{address(wanted)}",
        "ways_on": [] if results.total else await _ways_on(datasette, site, wanted, names, link),
        "corrected": " ".join(new for _, new in results.query.corrected),
        "here": "recherche",
    }
    return await render(datasette, request, "reading/recherche.html", context)


def _pairs(wanted: Request) -> list[tuple[str, str]]:
    return parse_qsl(address(wanted))


def _label(site: Any, name: str, value: str, names: dict[str, str]) -> str:
    """What a filter's value is called."""
    known = site.knowledge
    if name == "themes":
        return known.themes[value].label if value in known.themes else value
    if name == "departements":
        return f"{value} {known.departements[value].name}" if value in known.departements else value
    if name == "regions":
        return next((place.region for place in known.departements.values() if place.region_code == value), value)
    return (names if name == "sources" else FACET[name].labels).get(value, value)


def _facets(site: Any, wanted: Request, results: searching.Results, names: dict[str, str], link: Any) -> list[dict[str, Any]]:
    facets = []
    for facet in SHOWN:
        name, chosen = facet.name, wanted.values(facet)
        pattern = link(**{name: (*chosen, _HOLE)})  # one address for hundreds of values
        counts = dict(results.facets[name])
        rows = [
            {
                "label": _label(site, name, value, names),
                "count": count,
                "chosen": value in chosen,
                "link": link(**{name: tuple(one for one in chosen if one != value)})
                if value in chosen
                else pattern.replace(_HOLE, quote_plus(value)),
                "css": group_class(site.knowledge.themes.get(value)) if name == "themes" else "",
            }
            for value, count in [
                *((one, counts.get(one, 0)) for one in chosen),
                *((v, c) for v, c in counts.items() if v not in chosen),
            ]
        ]
        if len(rows) > 1 or chosen:
            facets.append({"name": name, "title": facet.title, "rows": rows[:8], "more": rows[8:]})
    return facets


def _chips(site: Any, wanted: Request, names: dict[str, str], link: Any) -> list[dict[str, Any]]:
    """What filters, each with the address without it."""
    dropped: list[tuple[str, dict[str, Any]]] = [
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
    return [{"label": label, "link": link(**without), "without": without} for label, without in dropped]


def _exports(datasette: Any, wanted: Request) -> dict[str, str]:
    """The addresses of a search in every format that leaves."""
    query = address(wanted)
    return {name: datasette.urls.path(f"/recherche.{name}") + (f"?{query}" if query else "") for name in FORMATS}


async def _ways_on(datasette: Any, site: Any, wanted: Request, names: dict[str, str], link: Any) -> list[dict[str, Any]]:
    """For a search that finds nothing: which filter to drop, and how many articles that gives; the best first."""
    found = []
    for chip in _chips(site, wanted, names, link)[:_WAYS_TRIED]:
        freer = replace(wanted, **{**chip["without"], "page": 1})
        results = await ask_rows(datasette, searching.search, freer, site.knowledge, site.today().isoformat(), 1)
        if results.total:
            found.append(chip | {"count": results.total})
    if not found and wanted.q and wanted.chosen:
        only = Request(q=wanted.q, order=wanted.order)
        results = await ask_rows(datasette, searching.search, only, site.knowledge, site.today().isoformat(), 1)
        if results.total:
            found.append({"label": "", "link": f"{datasette.urls.path('/recherche')}?{address(only)}", "count": results.total})
    return sorted(found, key=lambda one: -one["count"])


@readable
async def resultats(datasette: Any, request: Any) -> Any:
    """/recherche.<format> (`outputs.FORMATS`): the same request, to take away. Feeds tell the newest first."""
    site = site_of(datasette)
    format_ = request.url_vars["format"]
    wanted = asked(request)
    leaving = FORMATS[format_]
    if leaving.newest_first:
        wanted = replace(wanted, order="date", page=1)
    results = await ask_rows(datasette, searching.search, wanted, site.knowledge, site.today().isoformat(), leaving.size)
    return leaving.make(wanted, results, site.knowledge, await origin_of(datasette, request), site.clock())


@readable
async def integrer(datasette: Any, request: Any) -> Any:
    """/integrer: a search as a short plain list that any site may show in a frame; `nombre` of articles, 1 to 10."""
    site = site_of(datasette)
    wanted = replace(asked(request), order="date", page=1)
    count = request.args.get("nombre") or ""
    size = min(int(count), _EMBEDDED) if count.isascii() and count.isdigit() and count != "0" and len(count) < 3 else _EMBEDDED
    results = await ask_rows(datasette, searching.search, wanted, site.knowledge, site.today().isoformat(), size)
    query = address(replace(wanted, order=""))
    root = (await origin_of(datasette, request)).root
    context = {
        "cards": results.cards,
        "total": results.total,
        "titled": wanted.q or ", ".join(_label(site, facet.name, value, {}) for facet in wanted.chosen for value in wanted.values(facet)),
        "root": root,
        "search": f"{root}recherche{f'?{query}' if query else ''}",
    }
    return await render(datasette, request, "reading/integrer.html", context)
