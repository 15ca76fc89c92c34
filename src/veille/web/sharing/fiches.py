"""/initiatives, /initiative/<id> and what comes of them (Atom, JSON, CSV, five slides): the same pages for every kind of fiche."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from datasette import Response

from veille.messages.reading import NO_SUCH_PAGE
from veille.messages.sharing import ARTICLE_ROLES, BEGAN_IN, CHECK_OUTCOMES, FICHE_WITHDRAWN, NO_SUCH_FICHE, STAGE, STAGE_LABELS
from veille.model import FicheKind
from veille.normalize import spreadsheet_cell
from veille.resources import load_kinds
from veille.search.request import LONGEST_QUERY, Request
from veille.search.words import match_all
from veille.store.reading.wording import understand_query
from veille.store.sharing import fiches
from veille.store.sharing.fiches import PAGE, Alike, Fiche, FicheCard, Line
from veille.understand.knowledge import Departement, Theme
from veille.web.site.answering import ask, readable, render
from veille.web.site.context import Context
from veille.web.site.errors import PageError
from veille.web.site.feeds import AtomEntry, atom_feed
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.origin import origin_of
from veille.web.site.state import site_of

KINDS = load_kinds()
FORMATS = ("atom", "json", "csv")
_ALL = {"atom": 1_000, "json": 20_000, "csv": 20_000}  # fiches of a feed or a sheet
_THREAD = 40  # events


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked of a list of fiches."""

    q: str = ""
    theme: str = ""
    departement: str = ""
    stage: str = ""
    page: int = 1

    def query(self, page: int = 1) -> str:
        """Return the query of an address, "" for the plain list."""
        pairs = {
            "q": self.q,
            "theme": self.theme,
            "departement": self.departement,
            "stade": self.stage,
            "page": str(page) if page > 1 else "",
        }
        asked = urlencode({name: value for name, value in pairs.items() if value})
        return f"?{asked}" if asked else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FichesPage(Context):
    """/initiatives"""

    template = "sharing/fiches.html"
    here = "initiatives"
    kind: FicheKind
    cards: list[FicheCard]
    count: int
    asked: Filters
    pages: int
    link: Callable[[int], str]
    themes: list[Theme]
    places: list[Departement]
    stages: dict[str, str]


def _asked(datasette: Datasette, request: HttpRequest) -> Filters:
    site, given = site_of(datasette), {name: request.args.get(name) or "" for name in ("q", "theme", "departement", "stade", "page")}
    page = int(given["page"]) if given["page"].isascii() and given["page"].isdigit() and len(given["page"]) < 5 else 1
    return Filters(
        q=" ".join(given["q"].split())[:LONGEST_QUERY],
        theme=given["theme"] if given["theme"] in site.knowledge.themes else "",
        departement=given["departement"].upper() if given["departement"].upper() in site.knowledge.departements else "",
        stage=given["stade"] if given["stade"] in STAGE_LABELS else "",
        page=max(1, page),
    )


async def _match(datasette: Datasette, asked: Filters) -> str:
    """Return what fiches are looked for by, as a search of articles understands the same words; words that say nothing find none."""
    wanted, known = Request(q=asked.q), site_of(datasette).knowledge
    return (match_all(await ask(datasette, understand_query, wanted, known)) or fiches.NOTHING) if asked.q else ""


def _kind_of(request: HttpRequest) -> FicheKind:
    return next(kind for kind in KINDS.values() if request.url_vars.get("plural", kind.plural) == kind.plural)


@readable
async def listing(datasette: Datasette, request: HttpRequest) -> Response:
    """/initiatives?theme=&departement=&stade=&page="""
    kind, asked, site = _kind_of(request), _asked(datasette, request), site_of(datasette)
    ids, count = await ask(
        datasette,
        fiches.listed,
        kind.id,
        match=await _match(datasette, asked),
        theme=asked.theme,
        departement=asked.departement,
        stage=asked.stage,
        first=(asked.page - 1) * PAGE,
    )
    if asked.page > max(1, -(-count // PAGE)):
        raise PageError(404, NO_SUCH_PAGE)
    path = datasette.urls.path(f"/{kind.plural}")
    return await render(
        datasette,
        request,
        FichesPage(
            kind=kind, cards=await ask(datasette, fiches.fiche_cards, ids), count=count, asked=asked, pages=max(1, -(-count // PAGE)),
            link=lambda page: f"{path}{asked.query(page)}", themes=list(site.knowledge.themes.values()),
            places=list(site.knowledge.departements.values()), stages=STAGE_LABELS,
        ),
    )  # fmt: skip


@readable
async def listing_as(datasette: Datasette, request: HttpRequest) -> Response:
    """/initiatives.atom, .json, .csv: the same list, whole."""
    kind, asked, form = _kind_of(request), _asked(datasette, request), request.url_vars["format"]
    ids, _ = await ask(
        datasette, fiches.listed, kind.id, match=await _match(datasette, asked), theme=asked.theme, departement=asked.departement,
        stage=asked.stage, most=_ALL[form],
    )  # fmt: skip
    cards = await ask(datasette, fiches.fiche_cards, ids)
    here = await origin_of(datasette, request)
    if form == "atom":
        entries = [
            AtomEntry(
                id=here.identifier(f"{kind.id}/{one.id}"), title=one.title, link=f"{here.root}{kind.id}/{one.id}", original="",
                author="veille", updated=_moment(one.changed_at), published=_moment(one.published_at or one.changed_at),
                summary=one.summary, categories=(),
            )
            for one in cards
        ]  # fmt: skip
        feed = atom_feed(
            id_=here.identifier(f"{kind.plural}.atom{asked.query()}"), title=kind.title, subtitle=kind.text,
            self_link=f"{here.root}{kind.plural}.atom{asked.query()}", page=f"{here.root}{kind.plural}{asked.query()}",
            updated=max((one.updated for one in entries), default=site_of(datasette).clock()), entries=entries,
            style=f"{here.root}-/static-plugins/veille/flux.css",
        )  # fmt: skip
        return Response(feed, content_type="application/atom+xml; charset=utf-8")
    rows = [
        {
            "id": one.id, "adresse": f"{here.root}{kind.id}/{one.id}", "titre": one.title, "stade": one.stage,
            "departements": list(one.departements), "themes": list(one.themes), "lignes": one.lines, "dit_le": one.said_on,
            "resume": one.summary,
        }
        for one in cards
    ]  # fmt: skip
    if form == "json":
        return Response.json({kind.plural: rows})
    sheet = io.StringIO()
    writer = csv.writer(sheet, delimiter=";", lineterminator="\r\n")
    writer.writerow(rows[0] if rows else ["id"])
    for row in rows:
        cells = (", ".join(map(str, value)) if isinstance(value, list) else value for value in row.values())
        writer.writerow([spreadsheet_cell(str(one)) for one in cells])
    headers = {"content-disposition": f'attachment; filename="{kind.plural}.csv"'}
    return Response("\ufeff" + sheet.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else datetime.combine(found.date(), time.min, UTC)


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line as a page shows it; `stale`: what it says of a state is to be verified."""

    line: Line
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a fiche, of a day: an article, a stage that was told, a line that was looked at."""

    day: str
    label: str
    text: str
    link: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FichePage(Context):
    """/initiative/<id>"""

    template = "sharing/fiche.html"
    here = "initiatives"
    kind: FicheKind
    fiche: Fiche
    rubrics: list[tuple[str, str, list[ShownLine]]]  # heading, its label, its lines
    held: int
    oldest: str  # the day of the oldest verified line of a state, "" for none
    began: str
    stages: dict[str, str]
    events: list[Event]  # the newest first
    alike: Alike


async def _found(datasette: Datasette, request: HttpRequest) -> FichePage | Response:
    """Return what a page of a fiche shows; or where it is, for one that was merged; raises PageError for one that is not public."""
    kind, wanted = KINDS[request.url_vars["kind"]], int(request.url_vars["id"])
    there = await ask(datasette, lambda db: fiches.final_of(db, wanted) if fiches.has_fiches(db) else wanted)
    fiche = await ask(datasette, fiches.fiche, there, KINDS)
    if fiche is None or fiche.card.state != "publiee":
        raise PageError(404, FICHE_WITHDRAWN if fiche and fiche.card.state == "retiree" else NO_SUCH_FICHE)
    if there != wanted or fiche.card.kind != kind.id:
        return Response.redirect(datasette.urls.path(f"/{fiche.card.kind}/{there}"), status=308)
    return shown(kind, fiche, site_of(datasette).today(), await ask(datasette, fiches.alike, fiche))


def shown(kind: FicheKind, fiche: Fiche, today: date, alike: Alike) -> FichePage:
    """Return a fiche as its page shows it."""
    lines = [one for one in fiche.lines if one.state == "montree"]
    told = [one for one in lines if kind.headings[one.heading].typed != "stage"]
    told += sorted((one for one in lines if kind.headings[one.heading].typed == "stage"), key=lambda one: one.said_on)[-1:]
    rubrics = [  # of stages the last alone: the others are in the thread
        (name, heading.label, [ShownLine(one, fiches.stale(one, kind, today)) for one in told if one.heading == name])
        for name, heading in kind.headings.items()
    ]
    states = [one.verified_on or one.said_on for one in lines if kind.headings[one.heading].decay is not None]
    return FichePage(
        kind=kind, fiche=fiche, rubrics=rubrics, held=sum(bool(one[2]) for one in rubrics), oldest=min(states, default=""),
        began=BEGAN_IN.format(year=fiche.began) if fiche.began else "", stages=STAGE_LABELS, events=_events(fiche, lines), alike=alike,
    )  # fmt: skip


def _events(fiche: Fiche, lines: list[Line]) -> list[Event]:
    """Return the thread of a fiche; `lines`: those that are shown."""
    found = [
        Event(day=card.day, label=ARTICLE_ROLES[role], text=card.title, link=f"article/{card.id}", source=card.source_name)
        for card, role, _ in fiche.articles
        if role in ARTICLE_ROLES
    ]
    found += [Event(day=one.said_on, label=STAGE, text=one.text, link="#r-stade") for one in lines if one.heading == "stade"]
    found += [
        Event(day=check.at[:10], label=CHECK_OUTCOMES[check.outcome], text=one.text, link=f"#ligne-{one.id}")
        for one in lines
        for check in one.checks[-1:]  # who looked last
        if check.outcome in CHECK_OUTCOMES
    ]
    return sorted(found, key=lambda one: one.day, reverse=True)[:_THREAD]


@readable
async def fiche_page(datasette: Datasette, request: HttpRequest) -> Response:
    """/initiative/<id>"""
    found = await _found(datasette, request)
    return found if isinstance(found, Response) else await render(datasette, request, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlidesPage(Context):
    """/initiative/<id>/diapos"""

    template = "sharing/diapos.html"
    here = "initiatives"
    kind: FicheKind
    fiche: Fiche
    slides: list[tuple[str, list[Line]]]
    stages: dict[str, str]


# Five slides: the title, then what they hold, by headings; the rest comes last.
_SLIDES = (("probleme",), ("fait", "stade"), ("resultats", "cout"), ("obstacles", "referait", "reprise", "contact"))


@readable
async def slides(datasette: Datasette, request: HttpRequest) -> Response:
    """/initiative/<id>/diapos: five slides, a printed page each."""
    found = await _found(datasette, request)
    if isinstance(found, Response):
        return found
    lines = [one.line for _, _, rows in found.rubrics for one in rows]
    labels = {name: heading.label for name, heading in found.kind.headings.items()}
    held = [
        (
            ", ".join([labels[names[0]], *(labels[name][0].lower() + labels[name][1:] for name in names[1:] if name in labels)]),
            [line for line in lines if line.heading in names],
        )
        for names in _SLIDES
        if names[0] in labels
    ]
    return await render(datasette, request, SlidesPage(kind=found.kind, fiche=found.fiche, slides=held, stages=STAGE_LABELS))
