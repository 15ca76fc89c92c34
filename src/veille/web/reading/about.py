"""Pages that tell of veille itself: data, robot, about, accessibility, parts."""

from datetime import timedelta
from typing import Any

from veille import __version__
from veille.messages.common import number
from veille.store import settings
from veille.store.collecting import hosts
from veille.store.connection import columns_of
from veille.store.public import PUBLIC_TABLES
from veille.store.reading import browsing
from veille.web.reading.browsing import groups_of
from veille.web.reading.charts import bars, places
from veille.web.site.answering import ask, readable, render
from veille.web.site.figures import figures
from veille.web.site.origin import origin_of
from veille.web.site.state import database, site_of
from veille.web.site.tables import explained


@readable
async def donnees(datasette: Any, request: Any) -> Any:
    """/donnees: the way into Datasette's own tables, each column explained."""
    db = await database(datasette)
    summary = await figures(datasette)
    tables = []
    for name in PUBLIC_TABLES:
        told = explained(name)
        held = await ask(datasette, columns_of, name)
        tables.append(
            {
                "name": name,
                "title": told.title,
                "text": told.text,
                "url": datasette.urls.table(db.name, name),
                "columns": [(column, told.columns.get(column, "")) for column in held],
            }
        )
    context = {"tables": tables, "total": number(summary.articles), "here": "donnees"}
    return await render(datasette, request, "reading/donnees.html", context)


@readable
async def interfaces(datasette: Any, request: Any) -> Any:
    """/donnees/api: every address a program may read, with examples that work."""
    db = await database(datasette)
    summary = await figures(datasette)
    root = (await origin_of(datasette, request)).root.rstrip("/")
    theme = max(summary.themes, key=lambda tag: summary.themes[tag], default="laboratoires")
    place = max(summary.places, key=lambda code: summary.places[code], default="33")
    context = {"root": root, "theme_": theme, "place_": place, "table": datasette.urls.table(db.name, "articles"), "here": "donnees"}
    return await render(datasette, request, "reading/api.html", context)


@readable
async def robot(datasette: Any, request: Any) -> Any:
    """/robot: who asks, how often, and how to say no."""
    since = (site_of(datasette).today() - timedelta(days=30)).isoformat()
    context = {
        "hosts": await ask(datasette, hosts.requests_by_host, since),
        "agent": await ask(datasette, settings.setting, "agent"),
        "contact": await ask(datasette, settings.setting, "contact"),
        "here": "robot",
    }
    return await render(datasette, request, "reading/robot.html", context)


@readable
async def a_propos(datasette: Any, request: Any) -> Any:
    """/a-propos: where veille comes from, who chooses, what is counted, whose work it stands on."""
    contact = await ask(datasette, settings.setting, "contact")
    context = {"summary": await figures(datasette), "contact": contact, "version": __version__, "here": "a-propos"}
    return await render(datasette, request, "reading/a_propos.html", context)


@readable
async def accessibilite(datasette: Any, request: Any) -> Any:
    """/accessibilite: the declaration (RGAA 4.1), with its real state."""
    contact = await ask(datasette, settings.setting, "contact")
    return await render(datasette, request, "reading/accessibilite.html", {"contact": contact, "here": "accessibilite"})


@readable
async def composants(datasette: Any, request: Any) -> Any:
    """/-/veille/composants: every part that pages are made of, for those who build them."""
    site = site_of(datasette)
    summary = await figures(datasette)
    months = [f"2026-{month:02}" for month in range(1, 13)]
    context = {
        "latest": (await ask(datasette, browsing.latest, browsing.of_theme(next(iter(summary.themes), "")), 2)),
        "chart": bars(months, {month: place * place % 23 for place, month in enumerate(months)}),
        "map": places(site.knowledge.departements.values(), summary.places, summary.watched, lambda _code: "#"),
        "groups": groups_of(site.knowledge.themes.values(), summary.themes, summary.recent_themes),
        "pager_link": lambda page: f"#{page}",
        "here": "composants",
    }
    return await render(datasette, request, "reading/composants.html", context)
