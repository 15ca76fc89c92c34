"""A search: its page, what leaves of it (Atom, JSON, JSON Feed, CSV), and the list that other sites show."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import parse_qsl, quote_plus, urlencode

from datasette import Response

from veille.french import fold, undressed, without_title
from veille.messages.common import long_date
from veille.messages.reading import ARTICLES, IN_PART, NO_SUCH_PAGE, SELECTED_ALONE, SINCE, UNTIL, WHERE, WITH_DISMISSED, WITH_EVERY_WORD
from veille.resources import load_kinds
from veille.search.facets import SHOWN
from veille.search.ranking import MOST_MATCHES, PAGE_SIZE
from veille.search.request import Request, address
from veille.search.suggestions import suggestions
from veille.search.words import Query, highlight, match_all
from veille.store import cards
from veille.store.cards import Card
from veille.store.reading import searching
from veille.store.sharing import fiches
from veille.store.sharing.fiches import FicheCard
from veille.web.reading.basket import chosen_ids, listed
from veille.web.reading.following import Follow, follow, label_of, title_of
from veille.web.reading.notices import Folded, folded
from veille.web.reading.outputs import FORMATS
from veille.web.site.answering import ask, ask_rows, asked, is_browser, readable, render
from veille.web.site.context import Context
from veille.web.site.errors import PageError
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.origin import origin_of
from veille.web.site.state import Site, site_of
from veille.web.site.templating import FacetRow, brief, group_class, typo

_HOLE = "_hole_of_a_link_"  # nobody asks it: ids of labels have no underscore
_EMBEDDED = 10  # articles
_LOOKED = 3  # times as many articles as are shown, so that notices leave room for others
_WAYS_TRIED = 8  # searches of one page that found nothing


Link = Callable[..., str]  # the address of the same search, changed


@dataclass(frozen=True, slots=True)
class FacetBox:
    """A facet beside the results: its first values, and the others."""

    name: str
    title: str
    rows: list[FacetRow]
    more: list[FacetRow]


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is chosen, with the address without it, and what that changes in the request."""

    label: str
    link: str
    without: dict[str, object]


@dataclass(frozen=True, slots=True)
class Offer:
    """A filter that the words name, with the address of the search once it is chosen."""

    label: str
    link: str
    css: str


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the results of a page, under a heading ("" for all of them); `count`: over all pages."""

    name: str
    heading: str
    count: int
    folded: Folded


@dataclass(frozen=True, slots=True)
class WayOn:
    """A search with one filter less ("" for all of them), and how many articles it finds."""

    label: str
    link: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchPage(Context):
    """/recherche"""

    template = "reading/recherche.html"
    here = "recherche"
    request_: Request
    results: searching.Results
    most: int
    marks: dict[int, tuple[list[tuple[str, bool]], list[tuple[str, bool]]]]
    facets: list[FacetBox]
    chips: list[Chip]
    pages: int
    link: Link
    clear: str
    kept: list[tuple[str, str]]
    parts: list[Part]
    offers: list[Offer]
    acronyms: list[tuple[str, str]]
    follow: Follow
    query: str
    basket: list[int]
    ways_on: list[WayOn]
    corrected: str
    initiatives: list[FicheCard]
    where: FacetBox | None  # where else the same words are found: articles, and each kind of fiche


@readable
async def recherche(datasette: Datasette, request: HttpRequest) -> Response:
    """/recherche"""
    site = site_of(datasette)
    wanted = asked(request)
    results = await ask_rows(datasette, searching.search, wanted, site.knowledge, site.today().isoformat())
    names = await ask(datasette, cards.names)
    pages = max(1, -(-results.total // PAGE_SIZE))
    if wanted.page > pages:
        raise PageError(404, NO_SUCH_PAGE)
    url = datasette.urls.path("/recherche")

    basket = chosen_ids(request.args.getlist("panier"))

    carried = f"panier={listed(basket)}" if basket else ""

    def bare_link(**changes: object) -> str:
        query = address(wanted, **changes)
        return f"{url}?{query}" if query else url

    def link(**changes: object) -> str:
        return _with(bare_link(**changes), carried)

    kept = [(name, value) for name, value in _pairs(wanted) if name != "q"] + ([("panier", listed(basket))] if basket else [])
    corrected = corrected_question(wanted.q, results.query.corrected)
    sheets: tuple[list[FicheCard], dict[str, int]] = ([], {})
    if wanted.q:
        sheets = await ask(
            datasette,
            lambda db: fiches.search(db, match_all(results.query), themes=wanted.themes, departements=wanted.departements),
        )
    context = SearchPage(
        initiatives=sheets[0] if wanted.page == 1 else [],
        where=_where(datasette, wanted, results.total, sheets[1]),
        request_=wanted,
        results=results,
        most=MOST_MATCHES,
        marks={card.id: _marks(card, results.query) for card in results.cards},
        facets=_facets(site, wanted, results, names, bare_link),
        chips=_chips(site, wanted, names, link),
        pages=pages,
        link=link,
        clear=_with(f"{url}?{address(Request(q=wanted.q))}" if wanted.q else url, carried),
        kept=kept,
        parts=_parts(site, wanted, results),
        offers=_offers(site, replace(wanted, q=corrected or wanted.q), names, link),
        acronyms=_acronyms(site, wanted),
        follow=follow(datasette, (await origin_of(datasette, request)).root, site.knowledge, replace(wanted, page=1), names),
        query=address(replace(wanted, page=1)),
        basket=basket,
        ways_on=[] if results.total else await _ways_on(datasette, site, wanted, names, link, carried),
        corrected=corrected,
    )
    return await render(datasette, request, context)


def _where(datasette: Datasette, wanted: Request, articles: int, counts: Mapping[str, int]) -> FacetBox | None:
    """Return where the words are found; None where it is in articles alone. Fiches have one theme and one département of the filters."""
    if not counts:
        return None
    asked = {"q": wanted.q, "theme": "".join(wanted.themes[:1]), "departement": "".join(wanted.departements[:1])}
    query = urlencode({name: value for name, value in asked.items() if value})
    rows = [FacetRow(label=ARTICLES, count=articles, chosen=True, link=datasette.urls.path(f"/recherche?{address(wanted)}"), css="")]
    rows += [
        FacetRow(label=kind.title, count=counts[kind.id], chosen=False, link=datasette.urls.path(f"/{kind.plural}?{query}"), css="")
        for kind in load_kinds().values()
        if kind.id in counts
    ]
    return FacetBox("ou", WHERE, rows, [])


def _marks(card: Card, query: Query) -> tuple[list[tuple[str, bool]], list[tuple[str, bool]]]:
    """Return the title and what a card shows of the text in pieces, those that the query found marked."""
    return highlight(typo(card.title), query), highlight(typo(brief(without_title(card.summary, card.title))), query)


def _with(link: str, more: str) -> str:
    """Return an address with one parameter more."""
    return f"{link}{'&' if '?' in link else '?'}{more}" if more else link


def _pairs(wanted: Request) -> list[tuple[str, str]]:
    return parse_qsl(address(wanted))


def _parts(site: Site, wanted: Request, results: searching.Results) -> list[Part]:
    """Return the results of a page: those with every word, then the others; by date, or where all have every word, they are one list."""
    found = results.cards
    if not results.query.terms or wanted.by_date or results.every >= results.total:
        return [Part("resultats", "", results.total, folded(found, site.knowledge))]
    first = max(0, results.every - (wanted.page - 1) * PAGE_SIZE)
    parts = [
        Part("tous-les-mots", WITH_EVERY_WORD, results.every, folded(found[:first], site.knowledge)),
        Part("en-partie", IN_PART, results.total - results.every, folded(found[first:], site.knowledge)),
    ]
    return [part for part in parts if part.folded.shown or part.folded.notices]


def _offers(site: Site, wanted: Request, names: dict[str, str], link: Link) -> list[Offer]:
    """Return the filters that the words name and that are not chosen yet."""
    offers = []
    for one in suggestions(wanted.q, site.knowledge.filter_names):
        chosen: tuple[str, ...] = getattr(wanted, one.facet)
        if one.value not in chosen:
            css = group_class(site.knowledge.themes.get(one.value)) if one.facet == "themes" else ""
            label = label_of(site.knowledge, one.facet, one.value, names)
            offers.append(Offer(label, link(**{"q": one.rest, one.facet: (*chosen, one.value)}), css))
    return offers


def _acronyms(site: Site, wanted: Request) -> list[tuple[str, str]]:
    """Return the acronyms of the question that stand for a long form, which is looked for as well."""
    words = dict.fromkeys(fold(word) for word in re.findall(r"\w+", wanted.q))
    return [(word.upper(), site.knowledge.acronyms[word]) for word in words if word in site.knowledge.acronyms]


_PHRASES = re.compile(r"((?:(?<!\S)-)?[\"“”«][^\"“”«»]*[\"“”»]|(?<!\S)-\S+)")  # what is taken as it stands


def corrected_question(q: str, corrected: Iterable[tuple[str, str]]) -> str:
    """Return the whole question with its corrected words; "" where none is. Phrases and exclusions stay as they are."""
    pieces = _PHRASES.split(undressed(q))
    for typed, better in corrected:
        word = re.compile(rf"(?<!\w){re.escape(typed)}(?!\w)")
        pieces[::2] = [word.sub(lambda _, better=better: better, piece) for piece in pieces[::2]]
    told = "".join(pieces)
    return told if told != q else ""


def _facets(site: Site, wanted: Request, results: searching.Results, names: dict[str, str], link: Link) -> list[FacetBox]:
    facets = []
    for facet in SHOWN:
        name, chosen = facet.name, wanted.values(facet)
        pattern = link(**{name: (*chosen, _HOLE)})  # one address for hundreds of values
        counts = dict(results.facets[name])
        rows = [
            FacetRow(
                label=label_of(site.knowledge, name, value, names),
                count=count,
                chosen=value in chosen,
                link=link(**{name: tuple(one for one in chosen if one != value)})
                if value in chosen
                else pattern.replace(_HOLE, quote_plus(value)),
                css=group_class(site.knowledge.themes.get(value)) if name == "themes" else "",
            )
            for value, count in [
                *((one, counts.get(one, 0)) for one in chosen),
                *((v, c) for v, c in counts.items() if v not in chosen),
            ]
        ]
        if len(rows) > 1 or chosen:
            facets.append(FacetBox(name, facet.title, rows[:8], rows[8:]))
    return facets


def _chips(site: Site, wanted: Request, names: dict[str, str], link: Link) -> list[Chip]:
    """Return what filters, each with the address without it."""
    dropped: list[tuple[str, dict[str, object]]] = [
        (label_of(site.knowledge, facet.name, value, names), {facet.name: tuple(one for one in wanted.values(facet) if one != value)})
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
    return [Chip(label, link(**without), without) for label, without in dropped]


async def _ways_on(datasette: Datasette, site: Site, wanted: Request, names: dict[str, str], link: Link, carried: str) -> list[WayOn]:
    """For a search that finds nothing: which filter to drop, and how many articles that gives; the best first."""
    found = []
    for chip in _chips(site, wanted, names, link)[:_WAYS_TRIED]:
        freer = replace(wanted, **{**chip.without, "page": 1})  # type: ignore[arg-type]
        results = await ask_rows(datasette, searching.search, freer, site.knowledge, site.today().isoformat(), 1)
        if results.total:
            found.append(WayOn(chip.label, chip.link, results.total))
    if not found and wanted.q and wanted.chosen:
        only = Request(q=wanted.q, order=wanted.order)
        results = await ask_rows(datasette, searching.search, only, site.knowledge, site.today().isoformat(), 1)
        if results.total:
            found.append(WayOn("", _with(f"{datasette.urls.path('/recherche')}?{address(only)}", carried), results.total))
    return sorted(found, key=lambda one: -one.count)


@readable
async def resultats(datasette: Datasette, request: HttpRequest) -> Response:
    """/recherche.<format> (`outputs.FORMATS`): the same request, to take away. Feeds tell the newest first."""
    site = site_of(datasette)
    format_ = request.url_vars["format"]
    wanted = asked(request)
    leaving = FORMATS[format_]
    if leaving.newest_first:
        wanted = replace(wanted, page=1)
    sought = replace(wanted, order="date") if leaving.newest_first else wanted
    results = await ask_rows(datasette, searching.search, sought, site.knowledge, site.today().isoformat(), leaving.size)
    title = title_of(site.knowledge, wanted, await ask(datasette, cards.names) if wanted.sources else {})
    response = leaving.make(wanted, results, site.knowledge, await origin_of(datasette, request), site.clock(), title)
    if leaving.opened_as and is_browser(request):
        response.content_type = leaving.opened_as
    return response


@dataclass(frozen=True, slots=True, kw_only=True)
class FramedPage(Context):
    """/integrer"""

    template = "reading/integrer.html"
    folded: Folded
    total: int
    titled: str
    root: str
    search: str


@readable
async def integrer(datasette: Datasette, request: HttpRequest) -> Response:
    """/integrer: a search as a short plain list that any site may show in a frame; `nombre` of articles, 1 to 10."""
    site = site_of(datasette)
    wanted = replace(asked(request), order="date", page=1)
    count = request.args.get("nombre") or ""
    size = min(int(count), _EMBEDDED) if count.isascii() and count.isdigit() and count != "0" and len(count) < 3 else _EMBEDDED
    results = await ask_rows(datasette, searching.search, wanted, site.knowledge, site.today().isoformat(), _LOOKED * size)
    query = address(replace(wanted, order=""))
    root = (await origin_of(datasette, request)).root
    names = await ask(datasette, cards.names) if wanted.sources else {}
    context = FramedPage(
        folded=folded(results.cards, site.knowledge, size),
        total=results.total,
        titled=title_of(site.knowledge, wanted, names),
        root=root,
        search=f"{root}recherche{f'?{query}' if query else ''}",
    )
    return await render(datasette, request, context)
