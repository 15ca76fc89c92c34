"""The pages of a theme, a département, a source, of all sources, the map and the agenda."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from veille.messages.common import NO_SUCH_SOURCE, SOURCE_STATES
from veille.messages.reading import NO_SUCH_DEPARTEMENT, NO_SUCH_MAP, NO_SUCH_THEME, PERIODS
from veille.search.words import match_all
from veille.store.cards import Card
from veille.store.keeping import wellbeing
from veille.store.reading import browsing, wording
from veille.store.reading.sql import conditions
from veille.store.reading.summary import RECENT, alike, last_months, shares
from veille.web.reading.charts import bars, month_name, places
from veille.web.site.answering import ask, asked, readable, render
from veille.web.site.errors import PageError
from veille.web.site.figures import figures
from veille.web.site.state import site_of
from veille.web.site.templating import group_class

LISTED = 12
ILL = (*wellbeing.ILL, "rate-limited")


def _search(datasette: Any, **wanted: str) -> str:
    return f"{datasette.urls.path('/recherche')}?{urlencode(wanted)}"


def _place_links(datasette: Any, **wanted: str) -> Callable[[str], str]:
    """The search of each département, with the same other filters."""
    start = f"{_search(datasette, **wanted)}{'&' if wanted else ''}departement="
    return lambda code: start + code


def _others(cards: list[Card], shown: list[Card]) -> list[Card]:
    """Those that the page does not show already."""
    ids = {card.id for card in shown}
    return [card for card in cards if card.id not in ids]


@readable
async def theme(datasette: Any, request: Any) -> Any:
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
    context = {
        "one": known,
        "css": group_class(known),
        "total": summary.themes.get(known.id, 0),
        "recent": summary.recent_themes.get(known.id, 0),
        "picked": picked,
        "latest": _others(await ask(datasette, browsing.latest, scope, LISTED), picked),
        "dates": await ask(datasette, browsing.dates_of, scope, today),
        "chart": bars(last_months(site.today()), summary.themes_by_month.get(known.id, {})),
        "map": places(site.knowledge.departements.values(), counts, summary.watched, _place_links(datasette, theme=known.id)),
        "leading": sorted(counts.items(), key=lambda row: (-row[1], row[0]))[:8],
        "group": [{"theme": one, "count": summary.themes.get(one.id, 0)} for one in group],
        "search": _search(datasette, theme=known.id),
        "here": "theme",
    }
    return await render(datasette, request, "reading/theme.html", context)


@readable
async def themes(datasette: Any, request: Any) -> Any:
    """/themes: the vocabulary, by group."""
    site = site_of(datasette)
    summary = await figures(datasette)
    context = {"groups": groups_of(site.knowledge.themes.values(), summary.themes, summary.recent_themes), "here": "theme"}
    return await render(datasette, request, "reading/themes.html", context)


def groups_of(known: Any, counts: dict[str, int], recent: dict[str, int]) -> list[dict[str, Any]]:
    """Themes by group, each with its count and what is new."""
    groups: dict[str, dict[str, Any]] = {}
    for one in known:
        group = groups.setdefault(one.group, {"label": one.group_label, "css": group_class(one), "themes": [], "recent": 0})
        group["themes"].append({"id": one.id, "label": one.label, "count": counts.get(one.id, 0), "recent": recent.get(one.id, 0)})
        group["recent"] += recent.get(one.id, 0)
    return list(groups.values())


@readable
async def departement(datasette: Any, request: Any) -> Any:
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
        {
            "theme": site.knowledge.themes[tag], "css": group_class(site.knowledge.themes[tag]),
            "count": summary.mix.get(known.code, {}).get(tag, 0), "share": mine.get(tag, 0.0), "country": country.get(tag, 0.0),
            "length": round(mine.get(tag, 0.0) / top * 100, 1), "mark": round(country.get(tag, 0.0) / top * 100, 1),
        }
        for tag in sorted(mine, key=lambda tag: (-mine[tag], tag))
        if tag in site.knowledge.themes
    ]  # fmt: skip
    context = {
        "one": known,
        "total": summary.places.get(known.code, 0),
        "recent": summary.recent_places.get(known.code, 0),
        "watched": known.code in summary.watched,
        "latest": _others(await ask(datasette, browsing.latest, scope, LISTED), picked),
        "picked": picked,
        "dates": await ask(datasette, browsing.dates_of, scope, today.isoformat()),
        "chart": bars(last_months(today), summary.places_by_month.get(known.code, {})),
        "mix": mix,
        "sources": _told(await ask(datasette, browsing.sources_of_place, known.code), summary.sources),
        "alike": [
            (site.knowledge.departements[code], share, [site.knowledge.themes[tag] for tag in both if tag in site.knowledge.themes])
            for code, share, both in alike(summary, known.code)
        ],
        "region": [one for one in site.knowledge.departements.values() if one.region_code == known.region_code and one != known],
        "search": _search(datasette, departement=known.code),
        "here": "carte",
    }
    return await render(datasette, request, "reading/departement.html", context)


def _told(rows: list[dict[str, Any]], counts: dict[str, int]) -> list[dict[str, Any]]:
    """Sources with the French word for their state, the worst first."""
    order = {state: place for place, state in enumerate(SOURCE_STATES)}
    told = [
        row
        | {"codes": json.loads(row["territory"]), "count": counts.get(row["id"], 0), "ill": row["state"] in ILL}
        | dict(zip(("label", "advice"), SOURCE_STATES.get(row["state"], (row["state"], "")), strict=True))
        for row in rows
    ]
    return sorted(told, key=lambda row: (not row["ill"], order.get(row["state"], 99) if row["ill"] else 0, row["name"].casefold()))


@readable
async def sources(datasette: Any, request: Any) -> Any:
    """/sources?etat=: what is followed, and how it fares."""
    summary = await figures(datasette)
    rows = _told(await ask(datasette, browsing.followed), summary.sources)
    wanted = request.args.get("etat") or ""
    wanted = wanted if wanted in SOURCE_STATES else ""
    states = {state: sum(row["state"] == state for row in rows) for state in SOURCE_STATES}
    context = {
        "sources": [row for row in rows if not wanted or row["state"] == wanted],
        "total": len(rows),
        "wanted": wanted,
        "states": [(state, SOURCE_STATES[state][0], count) for state, count in states.items() if count],
        "ill": sum(row["ill"] for row in rows),
        "here": "sources",
    }
    return await render(datasette, request, "reading/sources.html", context)


@readable
async def source(datasette: Any, request: Any) -> Any:
    """/source/<id>"""
    site = site_of(datasette)
    found = await ask(datasette, browsing.source, request.url_vars["id"])
    if found is None:
        raise PageError(404, NO_SUCH_SOURCE)
    summary = await figures(datasette)
    months = last_months(site.today())
    (told,) = _told([found], summary.sources)
    context = {
        "one": told,
        "latest": await ask(datasette, browsing.latest, browsing.of_source(found["id"]), LISTED),
        "chart": bars(months, await ask(datasette, browsing.months_of_source, found["id"], f"{months[0]}-01")),
        "search": _search(datasette, source=found["id"]),
        "here": "sources",
    }
    return await render(datasette, request, "reading/source.html", context)


@readable
async def carte(datasette: Any, request: Any) -> Any:
    """/carte?theme=&periode=30j|12m|tout"""
    site = site_of(datasette)
    summary = await figures(datasette)
    period = request.args.get("periode") or "30j"
    tag = request.args.get("theme") or ""
    tag = site.knowledge.aliases.get(tag, tag)
    if period not in PERIODS or (tag and tag not in site.knowledge.themes):
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
    context = {
        "map": drawn,
        "rows": sorted(drawn, key=lambda one: (-one.count, one.code)),
        "newest": summary.newest,
        "total": sum(counts.values()),
        "silent": sum(1 for one in drawn if one.css == "h0"),
        "unwatched": sum(1 for one in drawn if one.css == "none"),
        "period": period,
        "periods": PERIODS,
        "theme_": site.knowledge.themes.get(tag),
        "groups": groups_of(site.knowledge.themes.values(), summary.themes, summary.recent_themes),
        "here": "carte",
    }
    return await render(datasette, request, "reading/carte.html", context)


async def coming(datasette: Any, request: Any) -> tuple[Any, list[browsing.Date]]:
    """The request of an address, and the dates to come that it keeps."""
    site = site_of(datasette)
    wanted = asked(request)
    today = site.today().isoformat()
    first = max(today, wanted.since) if wanted.since else today
    where = conditions(replace(wanted, since="", until="", dismissed=False))
    words = ""
    if wanted.q:
        query = await ask(datasette, wording.understand_query, wanted, site.knowledge)
        words = match_all(query) if query.terms else ""
    role = {"appel": "deadline", "evenement": "event"}.get(request.args.get("genre") or "", "")
    dates = await ask(datasette, lambda db: browsing.dates_to_come(db, where, first, words=words, role=role, until=wanted.until))
    return wanted, dates


@readable
async def agenda(datasette: Any, request: Any) -> Any:
    """/agenda: deadlines and events to come; the parameters of /recherche, and genre=appel|evenement."""
    site = site_of(datasette)
    wanted, dates = await coming(datasette, request)
    today = site.today().isoformat()
    months = [(month_name(month), list(rows)) for month, rows in groupby(dates, key=lambda one: max(one.start, today)[:7])]
    kept = [(name, value) for name in request.args for value in request.args.getlist(name) if value and name != "page"]
    query = urlencode(kept)
    context = {
        "request_": wanted,
        "months": months,
        "total": len(dates),
        "genre": request.args.get("genre") or "",
        "groups": groups_of(site.knowledge.themes.values(), {}, {}),
        "known": list(site.knowledge.departements.values()),
        "ics": f"{datasette.urls.path('/agenda.ics')}{'?' + query if query else ''}",
        "filtered": bool(kept),
        "here": "agenda",
    }
    return await render(datasette, request, "reading/agenda.html", context)
