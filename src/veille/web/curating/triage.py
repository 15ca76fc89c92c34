"""/tri: the queue of new articles, a page at a time, with the article beside it. GET only; `decisions` decides."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from datasette import Response

from veille.messages.common import NO_SUCH_ARTICLE
from veille.messages.curating import KEYS_DECIDE, KEYS_REST, LIST_LABELS, ORDER_LABELS
from veille.store import cards
from veille.store.curating.accounts import set_keys
from veille.store.curating.desk import Desk, desk
from veille.store.curating.queue import LISTS, ORDERS, Asked, Queue, followed, queue
from veille.store.curating.saved import SavedSearch, saved_searches
from veille.store.reading import articles
from veille.understand.knowledge import Departement, Theme
from veille.web.curating.forms import DeskContext, Form, Said, answer, as_number, page, what_was_said
from veille.web.site.answering import ask, render
from veille.web.site.context import Context
from veille.web.site.errors import PageError
from veille.web.site.http import Actor, CuratorRequest, Datasette, HttpRequest
from veille.web.site.session import curating, may
from veille.web.site.state import deciding, site_of

_NAMES = {"etat": "state", "ordre": "order", "source": "source", "theme": "theme", "departement": "departement"}
_STATES = {"a-trier": "new", "plus-tard": "later", "selection": "selected", "ecartes": "dismissed"}
_ORDERS = {"interet": "interest", "date": "date", "source": "source", "theme": "theme", "departement": "departement"}


def asked_of(request: CuratorRequest) -> Asked:
    """Return what the parameters of an address ask of the queue; what is not known is not asked."""
    given = {name: request.args.get(name) or "" for name in (*_NAMES, "comme", "apres")}
    return Asked(
        state=_STATES.get(given["etat"], "new"), order=_ORDERS.get(given["ordre"], "interest"), source=given["source"][:80],
        theme=given["theme"][:60], departement=given["departement"][:3].upper(), alike=as_number(given["comme"]) or 0,
        after=as_number(given["apres"]) or 0,
    )  # fmt: skip


def address(asked: Asked, **changes: object) -> str:
    """Return the query of a queue, "" for the plain one."""
    wanted = replace(asked, **({"after": 0} | changes))  # type: ignore[arg-type]
    pairs = [
        ("etat", next(name for name, state in _STATES.items() if state == wanted.state) if wanted.state != "new" else ""),
        ("ordre", next(name for name, order in _ORDERS.items() if order == wanted.order) if wanted.order != "interest" else ""),
        ("source", wanted.source), ("theme", wanted.theme), ("departement", wanted.departement),
        ("comme", wanted.alike or ""), ("apres", wanted.after or ""),
    ]  # fmt: skip
    query = urlencode([(name, value) for name, value in pairs if value])
    return f"?{query}" if query else ""


assert set(_STATES.values()) == set(LISTS)
assert set(_ORDERS.values()) == set(ORDERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriagePage(DeskContext):
    """/tri"""

    template = "curating/tri.html"
    asked: Asked
    queue: Queue
    article: articles.Article | None
    chosen: int
    curation: Desk | None
    link: Callable[..., str]
    opened: Callable[[int], str]
    states: dict[str, str]
    orders: dict[str, str]
    state_names: dict[str, str]
    names: dict[str, str]
    themes: list[Theme]
    places: list[Departement]
    curator: Actor
    pinned: list[SavedSearch]


@curating("curator", "GET")
async def tri(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri"""
    asked = asked_of(request)
    found = await ask(datasette, queue, asked)
    chosen = as_number(request.args.get("article") or "") or (found.rows[0].card.id if found.rows else 0)
    beside = await ask(datasette, articles.article, chosen) if chosen else None
    path = datasette.urls.path("/tri")

    def link(**changes: object) -> str:
        return f"{path}{address(asked, **changes)}"

    def opened(item: int) -> str:
        query = address(asked, after=asked.after)
        return f"{path}{query}{'&' if query else '?'}article={item}#panneau"

    site = site_of(datasette)
    return await page(datasette, request, TriagePage(asked=asked, queue=found, article=beside, chosen=chosen,
        curation=await ask(datasette, desk, chosen) if beside else None, link=link, opened=opened, states=LIST_LABELS, orders=ORDER_LABELS,
        state_names={state: name for name, state in _STATES.items()}, names=await ask(datasette, cards.names),
        themes=list(site.knowledge.themes.values()), places=list(site.knowledge.departements.values()),
        curator=request.actor,
        pinned=[one for one in await ask(datasette, saved_searches, request.actor["account"]) if one.own and one.pinned]))  # fmt: skip


async def beside(datasette: Datasette, request: HttpRequest, item_id: int) -> dict[str, object]:
    """Return what a curator sees more of an article on its own page; nothing for a reader."""
    if not may(request.actor, "curator"):
        return {"curator": None, "curation": None, "said": [], "back": ""}
    return {
        "curator": request.actor,
        "curation": await ask(datasette, desk, item_id),
        "said": what_was_said(datasette, request),
        "back": f"{request.full_path}#decisions",
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelPage(Context):
    """/tri/article/<id>"""

    template = "curating/panneau.html"
    article: articles.Article
    curation: Desk
    curator: Actor
    back: str


@curating("curator", "GET")
async def panneau(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/article/<id>: the article beside the queue, alone, for a script."""
    item_id = int(request.url_vars["id"])
    found = await ask(datasette, articles.article, item_id)
    if found is None:
        raise PageError(404, NO_SUCH_ARTICLE)
    back = datasette.urls.path(f"/tri?article={found.card.id}")
    curation = await ask(datasette, desk, item_id)
    return await render(datasette, request, PanelPage(article=found, curation=curation, curator=request.actor, back=back))


@curating("curator", "GET")
async def suivi(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/suivi?depuis=<decision>: what the others decided since, for a script."""
    rows, last = await ask(datasette, followed, as_number(request.args.get("depuis") or "") or 0, request.actor["account"])
    return Response.json({"decisions": rows, "seen": last})


@curating("curator", "GET")
async def mots(datasette: Datasette, request: CuratorRequest) -> Response:  # noqa: ARG001
    """/tri/mots: every word that names a theme, for a script that completes."""
    themes = site_of(datasette).knowledge.themes.values()
    return Response.json([{"label": theme.label, "words": theme.words} for theme in themes])


@curating("curator", "POST")
async def touches(datasette: Datasette, request: CuratorRequest) -> Response:
    """POST /tri/touches: keys decide, or not."""
    form = await Form.of(request)
    on, account = form.get("touches") == "1", request.actor["account"]
    await deciding(datasette, lambda connection: set_keys(connection, account, on=on))
    said = Said(KEYS_DECIDE if on else KEYS_REST)
    return answer(datasette, request, form, said, "/tri")
