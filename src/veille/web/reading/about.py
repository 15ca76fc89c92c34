"""Pages that tell of veille itself: data, robot, about, accessibility, parts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from datasette import Response

from veille import __version__
from veille.messages.common import number
from veille.search.facets import FACET
from veille.store import settings
from veille.store.cards import Card
from veille.store.collecting import hosts
from veille.store.connection import columns_of
from veille.store.public import PUBLIC_TABLES
from veille.store.reading import browsing
from veille.store.reading.summary import Summary
from veille.web.reading.browsing import ThemeGroup, groups_of
from veille.web.reading.charts import Bars, MapCell, bars, bounds, places
from veille.web.reading.results import FacetBox
from veille.web.site.answering import ask, readable, render
from veille.web.site.context import Context
from veille.web.site.figures import figures
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.origin import origin_of
from veille.web.site.state import database, site_of
from veille.web.site.tables import explained
from veille.web.site.templating import FacetRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A public table, with what each column holds."""

    name: str
    title: str
    text: str
    url: str
    columns: list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPage(Context):
    """donnees"""

    template = "reading/donnees.html"
    here = "donnees"
    tables: list[Explanation]
    total: str


@readable
async def donnees(datasette: Datasette, request: HttpRequest) -> Response:
    """/donnees: the way into Datasette's own tables, each column explained."""
    db = await database(datasette)
    summary = await figures(datasette)
    tables = []
    for name in PUBLIC_TABLES:
        told = explained(name)
        held = await ask(datasette, columns_of, name)
        columns = [(column, told.columns.get(column, "")) for column in held]
        tables.append(Explanation(name=name, title=told.title, text=told.text, url=datasette.urls.table(db.name, name), columns=columns))
    context = DataPage(
        tables=tables,
        total=number(summary.articles),
    )
    return await render(datasette, request, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiPage(Context):
    """api"""

    template = "reading/api.html"
    here = "donnees"
    root: str
    theme_: str
    place_: str
    table: str


@readable
async def interfaces(datasette: Datasette, request: HttpRequest) -> Response:
    """/donnees/api: every address a program may read, with examples that work."""
    db = await database(datasette)
    summary = await figures(datasette)
    root = (await origin_of(datasette, request)).root.rstrip("/")
    theme = max(summary.themes, key=lambda tag: summary.themes[tag], default="laboratoires")
    place = max(summary.places, key=lambda code: summary.places[code], default="33")
    context = ApiPage(
        root=root,
        theme_=theme,
        place_=place,
        table=datasette.urls.table(db.name, "articles"),
    )
    return await render(datasette, request, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotPage(Context):
    """robot"""

    template = "reading/robot.html"
    here = "robot"
    hosts: list[tuple[str, int, int, str]]
    agent: str
    contact: str


@readable
async def robot(datasette: Datasette, request: HttpRequest) -> Response:
    """/robot: who asks, how often, and how to say no."""
    since = (site_of(datasette).today() - timedelta(days=30)).isoformat()
    context = RobotPage(
        hosts=await ask(datasette, hosts.requests_by_host, since),
        agent=await ask(datasette, settings.setting, "agent"),
        contact=await ask(datasette, settings.setting, "contact"),
    )
    return await render(datasette, request, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutPage(Context):
    """a-propos"""

    template = "reading/a_propos.html"
    here = "a-propos"
    summary: Summary
    contact: str
    version: str


@readable
async def a_propos(datasette: Datasette, request: HttpRequest) -> Response:
    """/a-propos: where veille comes from, who chooses, what is counted, whose work it stands on."""
    contact = await ask(datasette, settings.setting, "contact")
    context = AboutPage(
        summary=await figures(datasette),
        contact=contact,
        version=__version__,
    )
    return await render(datasette, request, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessibilityPage(Context):
    """The declaration."""

    template = "reading/accessibilite.html"
    here = "accessibilite"
    contact: str


@readable
async def accessibilite(datasette: Datasette, request: HttpRequest) -> Response:
    """/accessibilite: the declaration (RGAA 4.1), with its real state."""
    contact = await ask(datasette, settings.setting, "contact")
    return await render(datasette, request, AccessibilityPage(contact=contact))


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsPage(Context):
    """composants"""

    template = "reading/composants.html"
    here = "composants"
    latest: list[Card]
    chart: Bars
    map: list[MapCell]
    bounds: list[tuple[str, int, int]]
    groups: list[ThemeGroup]
    pager_link: Callable[[int], str]
    facet: FacetBox


@readable
async def composants(datasette: Datasette, request: HttpRequest) -> Response:
    """/-/veille/composants: every part that pages are made of, for those who build them."""
    site = site_of(datasette)
    summary = await figures(datasette)
    months = [f"2026-{month:02}" for month in range(1, 13)]
    context = PartsPage(
        latest=(await ask(datasette, browsing.latest, browsing.of_theme(next(iter(summary.themes), "")), 2)),
        chart=bars(months, {month: place * place % 23 for place, month in enumerate(months)}),
        bounds=bounds(max(summary.places.values(), default=0)),
        map=places(site.knowledge.departements.values(), summary.places, summary.watched, lambda _code: "#"),
        groups=groups_of(site.knowledge.themes.values(), summary.themes, summary.recent_themes),
        pager_link=lambda page: f"#{page}",
        facet=FacetBox(
            "themes",
            FACET["themes"].title,
            [
                FacetRow(label="Choisi", count=12, chosen=True, link="#c5", css="g-numerique"),
                FacetRow(label="Libre", count=3450, chosen=False, link="#c5", css="g-innovation"),
            ],
            [],
        ),
    )
    return await render(datasette, request, context)
