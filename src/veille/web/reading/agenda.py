"""The agenda: deadlines and events to come, as a page and as what calendars follow."""

import functools
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import parse_qsl, urlencode

from datasette import Response

from veille.errors import UsageError
from veille.messages.reading import AGENDA_NAME, AGENDA_NAMED, BAD_MONTH, DATE_KINDS
from veille.search.request import Request
from veille.search.words import match_all, match_excluded
from veille.store import cards
from veille.store.reading import browsing, wording
from veille.store.reading.sql import conditions
from veille.understand.knowledge import Departement
from veille.web.reading.browsing import ThemeGroup, groups_of
from veille.web.reading.charts import month_name
from veille.web.reading.following import title_of
from veille.web.reading.outputs import as_calendar
from veille.web.reading.results import corrected_question
from veille.web.site.answering import ask, asked, readable, render
from veille.web.site.context import Context
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.origin import origin_of
from veille.web.site.state import site_of

_OF_THE_FORM = ("theme", "departement", "q")
_ROLES = {"appel": "deadline", "evenement": "event"}


@dataclass(frozen=True, slots=True)
class Entry:
    """The dates of one article, the nearest first."""

    first: browsing.Date
    others: list[browsing.Date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """What an address of the agenda asks, and the dates that it keeps."""

    wanted: Request
    genre: str  # "", appel or evenement
    month: str  # YYYY-MM, "" for all
    dates: list[browsing.Date]
    open_to_all: list[browsing.Date]  # of articles about no département, where some départements are asked for
    of_any_month: list[browsing.Date]  # both, without the filter of the month
    of_any_kind: list[browsing.Date]  # both, without that of the kind
    corrected: str  # the question with its corrected words, "" where none is


def shown_day(one: browsing.Date, today: str) -> str:
    """Return the day that a date is shown by: a deadline's last, an event's first, or last once it has begun."""
    return one.start if one.role == "event" and one.start >= today else one.end


def by_article(dates: Iterable[browsing.Date]) -> list[Entry]:
    """Return the dates of each article together, in the order of the first."""
    held: dict[int, list[browsing.Date]] = {}
    for one in dates:
        held.setdefault(one.item, []).append(one)
    return [Entry(first, others) for first, *others in held.values()]


async def coming(datasette: Datasette, request: HttpRequest) -> Coming:
    """Return what an address asks of the agenda; raises UsageError."""
    site = site_of(datasette)
    wanted = asked(request)
    today = site.today().isoformat()
    first = max(today, wanted.since) if wanted.since else today
    month = request.args.get("mois") or ""
    if month and not re.fullmatch(r"\d{4}-(?:0[1-9]|1[0-2])", month, re.ASCII):
        raise UsageError(BAD_MONTH.format(value=month[:20]))
    query = await ask(datasette, wording.understand_query, wanted, site.knowledge)
    words = match_all(query) if query.terms else ""
    without = "" if query.terms else match_excluded(query)
    genre = request.args.get("genre") or ""
    genre = genre if genre in _ROLES else ""

    async def found(role: str) -> tuple[list[browsing.Date], list[browsing.Date]]:
        """Return the dates of what is asked, then those that are open to all départements."""

        async def dates(asked_for: Request, *, placeless: bool) -> list[browsing.Date]:
            where = conditions(replace(asked_for, since="", until="", dismissed=False))
            read = functools.partial(browsing.dates_to_come, words=words, without=without, role=role, until=wanted.until)
            return await ask(datasette, read, where, first, placeless=placeless)

        placed = wanted.departements or wanted.regions
        everywhere = replace(wanted, departements=(), regions=())
        return await dates(wanted, placeless=False), await dates(everywhere, placeless=True) if placed else []

    own, national = await found(_ROLES.get(genre, ""))
    any_own, any_national = await found("") if genre else (own, national)

    def kept(dates: list[browsing.Date]) -> list[browsing.Date]:
        return sorted((one for one in dates if not month or shown_day(one, today)[:7] == month), key=lambda one: shown_day(one, today))

    return Coming(
        wanted=wanted, genre=genre, month=month, dates=kept(own), open_to_all=kept(national),
        of_any_month=[*own, *national], of_any_kind=kept([*any_own, *any_national]),
        corrected=corrected_question(wanted.q, query.corrected),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter as a link, with how many dates it gives."""

    label: str
    link: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaPage(Context):
    """/agenda"""

    template = "reading/agenda.html"
    here = "agenda"
    request_: Request
    months: list[tuple[str, list[Entry]]]
    open_to_all: list[Entry]
    total: int
    genre: str
    month: str
    by_month: list[Choice]
    by_kind: list[Choice]
    groups: list[ThemeGroup]
    known: list[Departement]
    ics: str
    webcal: str
    asked_for: str
    corrected: str
    kept: list[tuple[str, str]]
    filtered: bool


@readable
async def agenda(datasette: Datasette, request: HttpRequest) -> Response:
    """/agenda: the parameters of /recherche, genre=appel|evenement, mois=YYYY-MM."""
    site = site_of(datasette)
    found = await coming(datasette, request)
    today = site.today().isoformat()

    def link(**changes: str) -> str:
        given = [(name, value) for name in request.args for value in request.args.getlist(name) if value and name not in ("page", *changes)]
        query = urlencode([*given, *((name, value) for name, value in changes.items() if value)])
        return f"{datasette.urls.path('/agenda')}{'?' + query if query else ''}"

    query = link().partition("?")[2]
    months = Counter(shown_day(one, today)[:7] for one in found.of_any_month)
    roles = Counter(one.role for one in found.of_any_kind)
    ics = f"{datasette.urls.path('/agenda.ics')}{'?' + query if query else ''}"
    root = (await origin_of(datasette, request)).root
    context = AgendaPage(
        request_=found.wanted,
        months=[
            (month_name(month), list(rows))
            for month, rows in groupby(by_article(found.dates), key=lambda one: shown_day(one.first, today)[:7])
        ],
        open_to_all=by_article(found.open_to_all),
        total=len(found.dates) + len(found.open_to_all),
        genre=found.genre,
        month=found.month,
        by_month=[
            Choice(month_name(month), link(mois="" if month == found.month else month), count, month == found.month)
            for month, count in sorted(months.items())
        ],
        by_kind=[
            Choice(label, link(genre="" if name == found.genre else name), roles[_ROLES[name]], name == found.genre)
            for name, label in DATE_KINDS.items()
        ],
        groups=groups_of(site.knowledge.themes.values(), {}, {}),
        known=list(site.knowledge.departements.values()),
        ics=ics,
        webcal=f"webcal://{root.partition('://')[2]}agenda.ics{'?' + query if query else ''}",
        asked_for=title_of(site.knowledge, found.wanted, await ask(datasette, cards.names) if found.wanted.sources else {}),
        corrected=found.corrected,
        kept=[(name, value) for name, value in parse_qsl(query) if name not in _OF_THE_FORM],
        filtered=bool(query),
    )
    return await render(datasette, request, context)


@readable
async def agenda_ics(datasette: Datasette, request: HttpRequest) -> Response:
    """/agenda.ics: the same dates as /agenda, to subscribe to."""
    site = site_of(datasette)
    found = await coming(datasette, request)
    title = title_of(site.knowledge, found.wanted, await ask(datasette, cards.names) if found.wanted.sources else {})
    name = AGENDA_NAMED.format(title=title) if title else AGENDA_NAME
    dates = [*found.dates, *found.open_to_all]
    return as_calendar(dates, site.knowledge, await origin_of(datasette, request), name)
