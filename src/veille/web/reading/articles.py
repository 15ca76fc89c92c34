"""The first page and the page of an article: check the request, call the store, answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, timedelta

from datasette import Response

from veille.clock import PARIS
from veille.errors import UsageError
from veille.messages.common import NO_SUCH_ARTICLE
from veille.messages.reading import BAD_DAY, FUTURE_DAY, INTEREST_LABELS, LOCAL_NOTICE
from veille.moments import day_begins
from veille.store.cards import Card
from veille.store.reading import articles, browsing
from veille.store.reading.summary import Summary
from veille.store.sharing import fiches
from veille.store.sharing.fiches import FicheCard
from veille.understand.knowledge import Departement
from veille.web.reading.browsing import ThemeGroup, groups_of, unwatched
from veille.web.reading.charts import MapCell, bounds, places
from veille.web.reading.citing import Change, changes, coins
from veille.web.reading.following import mail_to
from veille.web.reading.notices import is_notice
from veille.web.site.answering import ask, readable, render
from veille.web.site.context import Context
from veille.web.site.errors import PageError
from veille.web.site.figures import figures
from veille.web.site.first_day import NamedStep, first_steps
from veille.web.site.http import Datasette, Handler, HttpRequest
from veille.web.site.origin import origin_of
from veille.web.site.state import Site, site_of

_SINCE_SHOWN = 12
_LONG_AGO = timedelta(days=366)  # who comes back later is told of a year
_SILENT = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class Silent:
    """A département that is watched and says nothing; `day`: of its newest article, "" for none."""

    place: Departement
    day: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePage(Context):
    """The first page."""

    template = "reading/accueil.html"
    here = "accueil"
    home: articles.Home
    summary: Summary
    since: str
    new: tuple[list[Card], dict[str, int], int] | None
    steps: dict[str, str]
    now: str
    deadlines: list[browsing.Date]
    groups: list[ThemeGroup]
    this_week: bool
    meetings: list[browsing.Date]
    map: list[MapCell]
    bounds: list[tuple[str, int, int]]
    first_steps: list[NamedStep]
    initiatives: tuple[list[FicheCard], int]
    silent: list[Silent]
    unwatched: int


@readable
async def accueil(datasette: Datasette, request: HttpRequest) -> Response:
    """/, and /?depuis=<day>: what came since a day that the address keeps."""
    site = site_of(datasette)
    today = site.today()
    summary = await figures(datasette)
    since = _since(site, request.args.get("depuis") or "")
    new = await ask(datasette, browsing.seen_since, day_begins(date.fromisoformat(since), PARIS.key), _SINCE_SHOWN) if since else None
    home = await ask(datasette, articles.home)
    dates = await ask(datasette, lambda db: browsing.dates_to_come(db, None, today.isoformat(), most=16))
    deadlines = [one for one in dates if one.role == "deadline"][:4] or dates[:3]
    context = HomePage(
        home=home,
        summary=summary,
        since=since,
        new=new,
        steps={"hier": (today - timedelta(days=1)).isoformat(), "semaine": (today - timedelta(days=7)).isoformat()},
        now=today.isoformat(),
        initiatives=await ask(datasette, fiches.some),
        first_steps=await first_steps(datasette, request) if not summary.articles else [],
        deadlines=deadlines,
        groups=groups_of(site.knowledge.themes.values(), summary.themes, new[1] if new else summary.recent_themes),
        this_week=home.last_selected >= day_begins(today - timedelta(days=7), PARIS.key),
        meetings=[one for one in dates if one.role == "event" and one not in deadlines][:3],
        bounds=bounds(max(summary.recent_places.values(), default=0)),
        map=places(
            site.knowledge.departements.values(),
            summary.recent_places,
            summary.watched,
            lambda code: datasette.urls.path(f"/departement/{code}"),
        ),
        silent=_silent(site, summary),
        unwatched=len(unwatched(site.knowledge.departements, summary)),
    )
    return await render(datasette, request, context)


def _since(site: Site, text: str) -> str:
    """Return the day of an address, "" without one; raises UsageError for what is no day."""
    if not text:
        return ""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError as exc:
        raise UsageError(BAD_DAY.format(value=text[:20])) from exc
    if day > site.today():
        raise UsageError(FUTURE_DAY)
    return max(day, site.today() - _LONG_AGO).isoformat()


def _silent(site: Site, summary: Summary) -> list[Silent]:
    """Watched places that nothing was heard of for long, the longest first; those that never said anything before them."""
    limit = (site.today() - _SILENT).isoformat()
    quiet = [
        Silent(site.knowledge.departements[code], summary.newest.get(code, ""))
        for code in summary.watched
        if code in site.knowledge.departements and summary.newest.get(code, "") < limit
    ]
    return sorted(quiet, key=lambda one: (one.day, one.place.code))


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage(Context):
    """One article; `beside` adds what somebody signed in sees."""

    template = "reading/article.html"
    here = "article"
    article: articles.Article
    interest: str
    changes: list[Change]
    coins: str
    share: str
    part_of: list[tuple[int, str, str]]  # the fiches that it is part of: id, kind, title


def _interest(site: Site, card: Card) -> str:
    """Return how much an article concerns public innovation, in words."""
    if is_notice(card, site.knowledge):
        return LOCAL_NOTICE
    return next(label for least, label in INTEREST_LABELS if card.interest >= least)


Beside = Callable[[Datasette, HttpRequest, int], Awaitable[dict[str, object]]]


def article_page(beside: Beside) -> Handler:
    """Return the route of /article/<id>; `beside` gives what somebody signed in sees more of an article, {} for a reader."""

    @readable
    async def article(datasette: Datasette, request: HttpRequest) -> Response:
        item_id = int(request.url_vars["id"])
        found = await ask(datasette, articles.article, item_id)
        if found is None:
            raise PageError(404, NO_SUCH_ARTICLE)
        root = (await origin_of(datasette, request)).root
        here = f"{root}article/{item_id}"
        context = ArticlePage(
            article=found,
            interest=_interest(site_of(datasette), found.card),
            changes=changes(found),
            coins=coins(found, here),
            share=mail_to(found.card.title, here),
            part_of=(await ask(datasette, fiches.of_articles, [item_id])).get(item_id, []),
        )
        return await render(datasette, request, context, **await beside(datasette, request, item_id))

    return article
