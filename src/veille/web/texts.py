"""Pages that tell of veille itself: data, robot, about, accessibility, parts; and what machines read: robots.txt, sitemap, calendar."""

from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape

from datasette import Response

from veille import __version__
from veille.messages import AGENDA_NAME, number
from veille.store import cards, settings
from veille.store.collecting import hosts
from veille.store.reading import browsing
from veille.web.answering import ask, readable, render
from veille.web.charts import bars, places
from veille.web.errors import PageError
from veille.web.figures import figures
from veille.web.origin import origin_of
from veille.web.outputs import as_calendar
from veille.web.places import coming, groups_of
from veille.web.site import TABLES, columns, database, site_of

_CHUNK = 20_000  # articles of one sitemap; the protocol allows 50,000


@readable
async def donnees(datasette: Any, request: Any) -> Any:
    """/donnees: the way into Datasette's own tables, each column explained."""
    db = await database(datasette)
    summary = await figures(datasette)
    tables = []
    for name, (title, text) in TABLES.items():
        held = [row[1] for row in (await db.execute("select * from pragma_table_info(?)", [name])).rows]
        tables.append(
            {
                "name": name,
                "title": title,
                "text": text,
                "url": datasette.urls.table(db.name, name),
                "columns": [(column, columns()[name].get(column, "")) for column in held],
            }
        )
    context = {"tables": tables, "total": number(summary.articles), "here": "donnees"}
    return await render(datasette, request, "veille_donnees.html", context)


@readable
async def interfaces(datasette: Any, request: Any) -> Any:
    """/donnees/api: every address a program may read, with examples that work."""
    db = await database(datasette)
    summary = await figures(datasette)
    root = (await origin_of(datasette, request)).root.rstrip("/")
    theme = max(summary.themes, key=lambda tag: summary.themes[tag], default="laboratoires")
    place = max(summary.places, key=lambda code: summary.places[code], default="33")
    context = {"root": root, "theme_": theme, "place_": place, "table": datasette.urls.table(db.name, "articles"), "here": "donnees"}
    return await render(datasette, request, "veille_api.html", context)


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
    return await render(datasette, request, "veille_robot.html", context)


@readable
async def a_propos(datasette: Any, request: Any) -> Any:
    """/a-propos: where veille comes from, who chooses, what is counted, whose work it stands on."""
    contact = await ask(datasette, settings.setting, "contact")
    context = {"summary": await figures(datasette), "contact": contact, "version": __version__, "here": "a-propos"}
    return await render(datasette, request, "veille_a_propos.html", context)


@readable
async def accessibilite(datasette: Any, request: Any) -> Any:
    """/accessibilite: the declaration (RGAA 4.1), with its real state."""
    contact = await ask(datasette, settings.setting, "contact")
    return await render(datasette, request, "veille_accessibilite.html", {"contact": contact, "here": "accessibilite"})


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
    return await render(datasette, request, "veille_composants.html", context)


# --- for machines -------------------------------------------------------------------------------------------------


@readable
async def agenda_ics(datasette: Any, request: Any) -> Any:
    """/agenda.ics: the same dates as /agenda, to subscribe to."""
    _, dates = await coming(datasette, request)
    return as_calendar(dates, site_of(datasette).knowledge, await origin_of(datasette, request), AGENDA_NAME)


@readable
async def robots_txt(datasette: Any, request: Any) -> Any:
    """/robots.txt: everything may be read; combined filters and sorted tables are the same articles again."""
    path = datasette.urls.path
    db = await database(datasette)
    lines = ["User-agent: *"]
    lines += [f"Disallow: {path(one)}" for one in ("/recherche?", "/agenda?", "/carte?", "/integrer", "/connexion", "/-/", f"/{db.name}/")]
    lines += ["", f"Sitemap: {(await origin_of(datasette, request)).root}sitemap.xml", ""]
    return Response.text("\n".join(lines))


_FIXED = ("/", "/themes", "/carte", "/agenda", "/sources", "/donnees", "/donnees/api", "/a-propos", "/accessibilite", "/robot")


@readable
async def sitemap(datasette: Any, request: Any) -> Any:
    """/sitemap.xml: an index (sitemaps.org 0.9): the pages, then the articles by ranges of ids."""
    last = await ask(datasette, cards.greatest_id)
    names = ["/sitemap-pages.xml", *(f"/sitemap-articles-{place}.xml" for place in range(-(-last // _CHUNK)))]
    root = (await origin_of(datasette, request)).root.rstrip("/")
    body = "".join(f"<sitemap><loc>{escape(root + name)}</loc></sitemap>" for name in names)
    return _xml(f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</sitemapindex>')


@readable
async def sitemap_pages(datasette: Any, request: Any) -> Any:
    """/sitemap-pages.xml: every page that is not an article."""
    known = site_of(datasette).knowledge
    followed = await ask(datasette, browsing.followed)
    paths = [*_FIXED, *(f"/theme/{tag}" for tag in known.themes), *(f"/departement/{code}" for code in known.departements)]
    paths += [f"/source/{one['id']}" for one in followed]
    return await _urls(datasette, request, [(path, "") for path in paths])


@readable
async def sitemap_articles(datasette: Any, request: Any) -> Any:
    """/sitemap-articles-<n>.xml: ids n × 20,000 + 1 and on."""
    place = int(request.url_vars["place"])
    if place * _CHUNK >= max(1, await ask(datasette, cards.greatest_id)):
        raise PageError(404)
    rows = await ask(datasette, browsing.page_dates, place * _CHUNK + 1, (place + 1) * _CHUNK)
    return await _urls(datasette, request, [(f"/article/{item}", moment[:10]) for item, moment in rows])


async def _urls(datasette: Any, request: Any, pages: list[tuple[str, str]]) -> Any:
    root = (await origin_of(datasette, request)).root.rstrip("/")
    body = "".join(f"<url><loc>{escape(root + path)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>" for path, day in pages)
    return _xml(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</urlset>')


def _xml(body: str) -> Any:
    return Response(f'<?xml version="1.0" encoding="utf-8"?>\n{body}', content_type="application/xml; charset=utf-8")
