"""What machines read: robots.txt, the sitemaps."""

from xml.sax.saxutils import escape

from datasette import Response

from veille.store import cards
from veille.store.public import PUBLIC, keys_of
from veille.store.reading import browsing
from veille.web.site.answering import ask, readable
from veille.web.site.errors import PageError
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.origin import origin_of
from veille.web.site.state import database

_NOT_INDEXED = ("/recherche?", "/agenda?", "/carte?", "/comparer?", "/panier", "/integrer", "/connexion", "/-/")
_CHUNK = 20_000  # articles of one sitemap; the protocol allows 50,000


@readable
async def robots_txt(datasette: Datasette, request: HttpRequest) -> Response:
    """/robots.txt: everything may be read; combined filters and sorted tables are the same articles again."""
    path = datasette.urls.path
    db = await database(datasette)
    lines = ["User-agent: *"]
    lines += [
        f"Disallow: {path(one)}"
        for one in ("/recherche?", "/agenda?", "/carte?", "/integrer", "/comparer?", "/panier", "/connexion", "/-/", f"/{db.name}/")
    ]
    lines += ["", f"Sitemap: {(await origin_of(datasette, request)).root}sitemap.xml", ""]
    return Response.text("\n".join(lines))


_FIXED = ("/", "/themes", "/carte", "/agenda", "/sources", "/donnees", "/donnees/api", "/a-propos", "/accessibilite", "/robot")


@readable
async def sitemap(datasette: Datasette, request: HttpRequest) -> Response:
    """/sitemap.xml: an index (sitemaps.org 0.9): the pages, then the articles by ranges of ids."""
    last = await ask(datasette, cards.greatest_id)
    names = ["/sitemap-pages.xml", *(f"/sitemap-articles-{place}.xml" for place in range(-(-last // _CHUNK)))]
    root = (await origin_of(datasette, request)).root.rstrip("/")
    body = "".join(f"<sitemap><loc>{escape(root + name)}</loc></sitemap>" for name in names)
    return _xml(f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</sitemapindex>')


@readable
async def sitemap_pages(datasette: Datasette, request: HttpRequest) -> Response:
    """/sitemap-pages.xml: every page that is not an article."""
    paths = list(_FIXED)
    for table in PUBLIC:
        if table.page:
            paths += [table.page.format(id=key) for key in await ask(datasette, keys_of, table)]
    return await _urls(datasette, request, [(path, "") for path in paths])


@readable
async def sitemap_articles(datasette: Datasette, request: HttpRequest) -> Response:
    """/sitemap-articles-<n>.xml: ids n × 20,000 + 1 and on."""
    place = int(request.url_vars["place"])
    if place * _CHUNK >= max(1, await ask(datasette, cards.greatest_id)):
        raise PageError(404)
    rows = await ask(datasette, browsing.page_dates, place * _CHUNK + 1, (place + 1) * _CHUNK)
    return await _urls(datasette, request, [(f"/article/{item}", moment[:10]) for item, moment in rows])


async def _urls(datasette: Datasette, request: HttpRequest, pages: list[tuple[str, str]]) -> Response:
    root = (await origin_of(datasette, request)).root.rstrip("/")
    body = "".join(f"<url><loc>{escape(root + path)}</loc>{f'<lastmod>{day}</lastmod>' if day else ''}</url>" for path, day in pages)
    return _xml(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{body}</urlset>')


def _xml(body: str) -> Response:
    return Response(f'<?xml version="1.0" encoding="utf-8"?>\n{body}', content_type="application/xml; charset=utf-8")
