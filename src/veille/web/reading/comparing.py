"""Two or three départements side by side, for one theme or all."""

from collections.abc import Mapping
from dataclasses import dataclass

from datasette import Response

from veille.errors import UsageError
from veille.messages.reading import BAD_COMPARISON, NO_SUCH_DEPARTEMENT, NO_SUCH_THEME
from veille.search.request import Request, address
from veille.store.cards import Card
from veille.store.reading import browsing
from veille.store.reading.summary import Summary, alike, shares
from veille.store.sharing import fiches
from veille.store.sharing.fiches import FicheCard
from veille.understand.knowledge import Departement, Theme
from veille.web.reading.browsing import ThemeGroup, groups_of
from veille.web.site.answering import ask, readable, render
from veille.web.site.context import Context
from veille.web.site.errors import PageError
from veille.web.site.figures import figures
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.state import site_of
from veille.web.site.templating import group_class

MOST_COMPARED = 3
_THEMES, _ALONE, _ARTICLES, _DATES, _INITIATIVES = 10, 6, 3, 3, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One département of a comparison; `alone`: the themes that it has and no other one beside it."""

    place: Departement
    count: int
    recent: int
    sources: int
    newest: str
    alone: list[tuple[Theme, int]]
    latest: list[Card]
    dates: list[browsing.Date]
    initiatives: tuple[list[FicheCard], int]
    search: str
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What part of a département's labels a theme has, 0 to 1; `length` of its bar in per cent of the longest."""

    count: int
    share: float
    length: float
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A theme, in each column and in the country; `mark`: the country's part on the scale of the bars."""

    theme: Theme
    css: str
    parts: list[Part]
    country: float
    mark: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonPage(Context):
    """/comparer"""

    template = "reading/comparer.html"
    here = "carte"
    columns: list[Column]
    lines: list[Line]
    theme_: Theme | None
    known: list[Departement]
    groups: list[ThemeGroup]
    offers: list[tuple[Departement, str]]
    most: int


def _asked(site_places: Mapping[str, Departement], request: HttpRequest) -> list[Departement]:
    texts = [text.strip().upper() for value in request.args.getlist("departements") for text in value.split(",") if text.strip()]
    codes = list(dict.fromkeys(texts))
    if any(code not in site_places for code in codes):
        raise PageError(404, NO_SUCH_DEPARTEMENT)
    if len(codes) > MOST_COMPARED:
        raise UsageError(BAD_COMPARISON.format(most=MOST_COMPARED))
    return [site_places[code] for code in codes]


@readable
async def comparer(datasette: Datasette, request: HttpRequest) -> Response:
    """/comparer?departements=33,44&theme=: up to three; with one, the others to choose."""
    site = site_of(datasette)
    known = site.knowledge.departements
    asked = _asked(known, request)
    tag = request.args.get("theme") or ""
    tag = site.knowledge.aliases.get(tag, tag)
    if tag and tag not in site.knowledge.themes:
        raise PageError(404, NO_SUCH_THEME)
    summary = await figures(datasette)
    codes = [place.code for place in asked]
    base = datasette.urls.path("/comparer")

    def link(*departements: str) -> str:
        chosen = "&".join((f"departements={','.join(departements)}", *([f"theme={tag}"] if tag else [])))
        return f"{base}?{chosen}"

    columns = []
    for place in asked:
        wanted = Request(departements=(place.code,), themes=(tag,) if tag else ())
        scope = browsing.of_place(place.code)
        latest = await ask(datasette, browsing.latest, scope, _ARTICLES, tag)
        dates = await ask(datasette, browsing.dates_of, scope, site.today().isoformat(), 4 * _DATES)
        columns.append(
            Column(
                place=place,
                count=_of(summary.mix, summary.places, place.code, tag),
                recent=_of(summary.recent_mix, summary.recent_places, place.code, tag),
                sources=len(await ask(datasette, browsing.sources_of_place, place.code)),
                newest=summary.newest.get(place.code, ""),
                alone=_alone(site.knowledge.themes, summary, place.code, codes),
                latest=latest,
                dates=[one for one in dates if not tag or tag in one.themes][:_DATES],
                initiatives=await ask(datasette, fiches.some, theme=tag, departement=place.code, most=_INITIATIVES),
                search=f"{datasette.urls.path('/recherche')}?{address(wanted)}",
                without=link(*(code for code in codes if code != place.code)),
            )
        )
    near = [code for code, _, _ in alike(summary, codes[0])] if codes else []
    most_told = sorted(summary.places, key=lambda code: -summary.places[code])
    others = [code for code in dict.fromkeys((*near, *most_told)) if code not in codes and code in known]
    context = ComparisonPage(
        columns=columns,
        lines=_lines(datasette, site.knowledge.themes, summary, codes, tag),
        theme_=site.knowledge.themes.get(tag),
        known=list(known.values()),
        groups=groups_of(site.knowledge.themes.values(), {}, {}),
        offers=[(known[code], link(*codes, code)) for code in others[:5]] if 0 < len(codes) < MOST_COMPARED else [],
        most=MOST_COMPARED,
    )
    return await render(datasette, request, context)


def _of(mix: Mapping[str, Mapping[str, int]], places: Mapping[str, int], code: str, tag: str) -> int:
    return mix.get(code, {}).get(tag, 0) if tag else places.get(code, 0)


def _alone(themes: Mapping[str, Theme], summary: Summary, code: str, codes: list[str]) -> list[tuple[Theme, int]]:
    if len(codes) < 2:
        return []
    others = {tag for other in codes if other != code for tag in summary.mix.get(other, {})}
    own = [(themes[tag], count) for tag, count in summary.mix.get(code, {}).items() if tag in themes and tag not in others]
    return sorted(own, key=lambda row: (-row[1], row[0].label))[:_ALONE]


def _lines(datasette: Datasette, themes: Mapping[str, Theme], summary: Summary, codes: list[str], tag: str) -> list[Line]:
    """Return the themes that the columns have most, or the one asked for."""
    own = {code: shares(summary.mix.get(code, {})) for code in codes}
    most = sorted(
        {one for parts in own.values() for one in parts if one in themes}, key=lambda one: -max(p.get(one, 0.0) for p in own.values())
    )
    shown = [tag] if tag else most[:_THEMES]
    top = max([*(parts.get(one, 0.0) for parts in own.values() for one in shown), *(summary.country.get(one, 0.0) for one in shown), 0.001])
    search = datasette.urls.path("/recherche")
    return [
        Line(
            theme=themes[one],
            css=group_class(themes[one]),
            parts=[
                Part(
                    count=summary.mix.get(code, {}).get(one, 0),
                    share=own[code].get(one, 0.0),
                    length=round(own[code].get(one, 0.0) / top * 100, 1),
                    link=f"{search}?{address(Request(themes=(one,), departements=(code,)))}",
                )
                for code in codes
            ],
            country=summary.country.get(one, 0.0),
            mark=round(summary.country.get(one, 0.0) / top * 100, 1),
        )
        for one in shown
    ]
