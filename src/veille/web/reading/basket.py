"""The basket: articles that a reader chose, all in the address; to share, to print, to take away as a table."""

from collections.abc import Iterable
from dataclasses import dataclass

from datasette import Response

from veille.errors import UsageError
from veille.messages.common import plural
from veille.messages.reading import BASKET_NAMED, NOT_AN_ARTICLE, TOO_MANY_CHOSEN
from veille.store import cards
from veille.store.cards import Card
from veille.web.reading.following import mail_to
from veille.web.reading.outputs import articles_csv
from veille.web.site.answering import ask, readable, render
from veille.web.site.context import Context
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.origin import origin_of
from veille.web.site.state import site_of

MOST_CHOSEN = 200


def chosen_ids(given: Iterable[str]) -> list[int]:
    """Return the articles of a parameter, `12,57` or given several times; each once, in order. Raises UsageError."""
    texts = [text for value in given for text in value.replace(" ", ",").split(",") if text]
    for text in texts:
        if not (text.isascii() and text.isdigit() and len(text) < 16):
            raise UsageError(NOT_AN_ARTICLE.format(value=text[:20]))
    ids = list(dict.fromkeys(map(int, texts)))
    if len(ids) > MOST_CHOSEN:
        raise UsageError(TOO_MANY_CHOSEN.format(most=MOST_CHOSEN))
    return ids


def listed(ids: Iterable[int]) -> str:
    """Return ids as an address gives them."""
    return ",".join(map(str, ids))


@dataclass(frozen=True, slots=True, kw_only=True)
class BasketPage(Context):
    """/panier"""

    template = "reading/panier.html"
    here = "recherche"
    chosen: list[Card]
    listed: str
    missing: int
    address: str
    csv: str
    share: str
    more: str


@readable
async def panier(datasette: Datasette, request: HttpRequest) -> Response:
    """/panier?articles=12,57,…: up to 200 articles; what a form sends, one parameter an
    article and those to leave out (`sans`), becomes this address."""
    given = request.args.getlist("articles")
    without = set(chosen_ids(request.args.getlist("sans")))
    ids = [one for one in chosen_ids(given) if one not in without]
    path = datasette.urls.path("/panier")
    if without or given != ([listed(ids)] if ids else []):
        return Response.redirect(f"{path}?articles={listed(ids)}" if ids else path)
    found = [card for card in await ask(datasette, cards.cards, ids) if card.state != "dismissed"]
    kept = [card.id for card in found]
    here = f"{(await origin_of(datasette, request)).root}panier?articles={listed(kept)}"
    context = BasketPage(
        chosen=found,
        listed=listed(kept),
        missing=len(ids) - len(found),
        address=here,
        csv=f"{path}.csv?articles={listed(kept)}",
        share=mail_to(BASKET_NAMED.format(articles=plural(len(kept), "article choisi", "articles choisis")), here),
        more=f"{datasette.urls.path('/recherche')}{f'?panier={listed(kept)}' if kept else ''}",
    )
    return await render(datasette, request, context)


@readable
async def panier_csv(datasette: Datasette, request: HttpRequest) -> Response:
    """/panier.csv?articles=: the same articles, as a French spreadsheet opens them."""
    site = site_of(datasette)
    found = await ask(datasette, cards.cards, chosen_ids(request.args.getlist("articles")))
    kept = [card for card in found if card.state != "dismissed"]
    return articles_csv(kept, site.knowledge, await origin_of(datasette, request), site.clock(), name="panier")
