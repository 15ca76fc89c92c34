"""The pages that readers see: check the request, call one function of the store, answer."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from datasette import Response
from datasette.utils.sqlite import sqlite3

from veille.messages import KIND_LABELS, LANGUAGE_LABELS, TOO_SLOW, long_date, number
from veille.model import KINDS
from veille.search import PAGE_SIZE, PARAMETERS, Request, address, highlight, read_request
from veille.store import articles, hosts, searching
from veille.web.errors import PageError
from veille.web.outputs import as_atom, as_csv, as_json
from veille.web.site import TABLES, as_day, database, group_class, reading, site_of, typo

_POLICY = {
    "content-security-policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'"
}
_SHOWN_FACETS = ("themes", "departements", "kinds", "years", "sources", "languages")
_FACET_TITLES = {
    "themes": "Thème", "departements": "Département", "kinds": "Type", "years": "Année", "sources": "Source", "languages": "Langue",
}  # fmt: skip
_FEED_SIZE, _EXPORT_SIZE = 50, 1000


async def _page(datasette: Any, request: Any, template: str, context: dict[str, Any]) -> Any:
    if request.method not in ("GET", "HEAD"):
        raise PageError(405)
    html = await datasette.render_template(template, context, request=request)
    return Response.html(html, headers=dict(_POLICY))


async def _ask(datasette: Any, read: Any, *arguments: Any) -> Any:
    """Read, or say that it takes too long."""
    try:
        return await reading(datasette, read, *arguments)
    except sqlite3.OperationalError as exc:
        if str(exc) == "interrupted":
            raise PageError(503, TOO_SLOW) from exc
        raise


async def accueil(datasette: Any, request: Any) -> Any:
    """/"""
    site = site_of(datasette)
    home = await _ask(datasette, articles.home, site.today().isoformat())
    known = site.knowledge
    counts = dict(home.themes)
    groups: dict[str, dict[str, Any]] = {}
    for theme in known.themes.values():
        group = groups.setdefault(theme.group, {"label": theme.group_label, "css": group_class(theme), "themes": []})
        group["themes"].append({"id": theme.id, "label": theme.label, "count": counts.get(theme.id, 0)})
    context = {
        "home": home,
        "deadlines": [
            {"day": as_day(day), "evidence": said, "id": item, "title": title, "source": source}
            for day, said, item, title, source in home.deadlines
        ],
        "groups": list(groups.values()),
        "tiles": _tiles(home, known.departements.values()),
        "places": sorted(
            ((place, home.departements.get(code, 0)) for code, place in known.departements.items()),
            key=lambda row: (-row[1], row[0].code),
        ),
        "here": "accueil",
    }
    return await _page(datasette, request, "veille_accueil.html", context)


def _tiles(home: articles.Home, places: Any) -> list[dict[str, Any]]:
    """The tile map: heat by rank of counts, dashes where nobody watches and nothing was said."""
    most = max(home.departements.values(), default=0)
    tiles = []
    for place in places:
        count = home.departements.get(place.code, 0)
        heat = 0 if not count else min(4, 1 + int(3.999 * (count / most) ** 0.5)) if most > 1 else 2
        seen = count or place.code in home.watched
        tiles.append(
            {
                "place": place,
                "count": count,
                "css": f"h{heat}" if seen else "none",
                "x": place.column * 22,
                "y": place.row * 22,
            }
        )
    return tiles


async def recherche(datasette: Any, request: Any) -> Any:
    """/recherche"""
    site = site_of(datasette)
    wanted = read_request(_arguments(request))
    results = await _ask(datasette, searching.search, wanted, site.knowledge, site.today().isoformat())
    names = await _ask(datasette, articles.names)
    pages = max(1, -(-results.total // PAGE_SIZE))
    if wanted.page > pages:
        raise PageError(404, "Cette page de résultats n’existe pas.")
    url = datasette.urls.path("/recherche")

    def link(**changes: Any) -> str:
        query = address(wanted, **changes)
        return f"{url}?{query}" if query else url

    kept = [(name, value) for name, value in _pairs(wanted) if name != "q"]
    context = {
        "request_": wanted,
        "results": results,
        "marks": {
            card.id: (highlight(typo(card.title), results.query), highlight(typo(card.summary), results.query)) for card in results.cards
        },
        "facets": _facets(site, wanted, results, names, link),
        "chips": _chips(site, wanted, names, link),
        "pages": pages,
        "link": link,
        "kept": kept,
        "exports": {format_: f"{datasette.urls.path('/recherche.' + format_)}?{address(wanted)}" for format_ in ("atom", "csv", "json")},
        "corrected": " ".join(new for _, new in results.query.corrected),
        "here": "recherche",
    }
    return await _page(datasette, request, "veille_recherche.html", context)


def _arguments(request: Any) -> dict[str, list[str]]:
    return {name: request.args.getlist(name) for name in request.args}


def _pairs(wanted: Request) -> list[tuple[str, str]]:
    from urllib.parse import parse_qsl

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
    tables = {"kinds": KIND_LABELS, "languages": LANGUAGE_LABELS, "sources": names}
    return tables.get(name, {}).get(value, value)


def _facets(site: Any, wanted: Request, results: searching.Results, names: dict[str, str], link: Any) -> list[dict[str, Any]]:
    facets = []
    for name in _SHOWN_FACETS:
        chosen = getattr(wanted, name)
        counts = dict(results.facets[name])
        rows = [
            {
                "label": _label(site, name, value, names),
                "count": count,
                "chosen": value in chosen,
                "link": link(**{name: tuple(one for one in chosen if one != value) if value in chosen else (*chosen, value)}),
                "css": group_class(site.knowledge.themes.get(value)) if name == "themes" else "",
            }
            for value, count in [
                *((one, counts.get(one, 0)) for one in chosen),
                *((v, c) for v, c in counts.items() if v not in chosen),
            ]
        ]
        if len(rows) > 1 or chosen:
            facets.append({"name": name, "title": _FACET_TITLES[name], "rows": rows[:8], "more": rows[8:]})
    return facets


def _chips(site: Any, wanted: Request, names: dict[str, str], link: Any) -> list[dict[str, str]]:
    chips = [
        {
            "label": _label(site, name, value, names),
            "link": link(**{name: tuple(v for v in getattr(wanted, name) if v != value)}),
        }
        for name, _ in PARAMETERS
        for value in getattr(wanted, name)
    ]
    if wanted.since:
        chips.append({"label": f"depuis le {long_date(as_day(wanted.since))}", "link": link(since="")})  # type: ignore[arg-type]
    if wanted.until:
        chips.append({"label": f"jusqu’au {long_date(as_day(wanted.until))}", "link": link(until="")})  # type: ignore[arg-type]
    if wanted.dismissed:
        chips.append({"label": "avec les écartés", "link": link(dismissed=False)})
    if wanted.selected:
        chips.append({"label": "sélectionnés", "link": link(selected=False)})
    return chips


async def resultats(datasette: Any, request: Any) -> Any:
    """/recherche.atom, .json, .csv: the same request, to take away."""
    if request.method not in ("GET", "HEAD"):
        raise PageError(405)
    site = site_of(datasette)
    format_ = request.url_vars["format"]
    wanted = read_request(_arguments(request))
    if format_ == "atom":
        wanted = replace(wanted, order="date", page=1)
    size = {"atom": _FEED_SIZE, "csv": _EXPORT_SIZE, "json": PAGE_SIZE}[format_]
    results = await _ask(datasette, searching.search, wanted, site.knowledge, site.today().isoformat(), size)
    here = datasette.absolute_url(request, datasette.urls.path("/"))
    make = {"atom": as_atom, "csv": as_csv, "json": as_json}[format_]
    return make(wanted, results, site.knowledge, here, site.clock())


async def article(datasette: Any, request: Any) -> Any:
    """/article/<id>"""
    site = site_of(datasette)
    item_id = int(request.url_vars["id"])
    found = await _ask(datasette, articles.article, item_id)
    if found is None:
        raise PageError(404, "Cet article n’existe pas.")
    curator = request.actor if request.actor and "account" in request.actor else None
    given = {tag["id"] for tag in found.tags}
    context = {
        "article": found,
        "curator": curator,
        "said": {
            "fait": "C’est noté.",
            "rien": "Rien n’a changé.",
            "annule": "Décision annulée.",
            "tard": "Cette décision ne peut plus être annulée : une autre a suivi.",
        }.get(request.args.get("dit") or "", ""),
        "kinds": KINDS,
        "addable": [theme for theme in site.knowledge.themes.values() if theme.id not in given],
        "here": "article",
    }
    return await _page(datasette, request, "veille_article.html", context)


async def donnees(datasette: Any, request: Any) -> Any:
    """/donnees: the way into Datasette's own tables."""
    db = await database(datasette)
    tables = []
    for name, (title, text) in TABLES.items():
        count = (await db.execute(f"select count(*) from [{name}]")).first()[0]  # noqa: S608 - names of our own list
        tables.append(
            {
                "name": name,
                "title": title,
                "text": text,
                "count": number(count),
                "url": datasette.urls.table(db.name, name),
            }
        )
    return await _page(datasette, request, "veille_donnees.html", {"tables": tables, "here": "donnees"})


async def robot(datasette: Any, request: Any) -> Any:
    """/robot: who asks, how often, and how to say no."""
    since = (site_of(datasette).today() - timedelta(days=30)).isoformat()
    context = {
        "hosts": await _ask(datasette, hosts.requests_by_host, since),
        "agent": await _ask(datasette, hosts.setting, "agent"),
        "contact": await _ask(datasette, hosts.setting, "contact"),
        "here": "robot",
    }
    return await _page(datasette, request, "veille_robot.html", context)
