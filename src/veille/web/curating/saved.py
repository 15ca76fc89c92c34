"""/tri/recherches: searches with a name, and what is new in them since the last visit."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from datasette import Response

from veille.errors import UsageError
from veille.messages.curating import SEARCH_CHANGES, SEARCH_SAVED
from veille.search.request import address, read_request
from veille.store.connection import Connection
from veille.store.curating.saved import SavedSearch, change_search, count_since, last_visit, save_search, saved_searches
from veille.store.reading.rows import Rows
from veille.understand.knowledge import Knowledge
from veille.web.curating.forms import DeskContext, Form, Said, answer, now_of, page
from veille.web.curating.lots import found_by
from veille.web.site.answering import ask, ask_rows
from veille.web.site.errors import PageError
from veille.web.site.http import CuratorRequest, Datasette
from veille.web.site.session import curating
from veille.web.site.state import deciding, site_of

_COUNTED = 20  # searches whose new articles are counted on one page


def new_in(db: Connection, query: str, knowledge: Knowledge, today: str, since: str, *, rows: Rows) -> int | None:
    """Return how many articles of a search came since a moment; None for a search that can no longer be read."""
    try:
        wanted = read_request(parse_qs(query))
    except UsageError:
        return None
    ids, _ = found_by(db, wanted, knowledge, today, rows=rows)
    return count_since(db, ids, since)


@dataclass(frozen=True, slots=True)
class Named:
    """A named search, and how many articles of it are new; None where that was not counted."""

    saved: SavedSearch
    new: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchesPage(DeskContext):
    """/tri/recherches"""

    template = "curating/recherches.html"
    rows: list[Named]
    since: str


@curating("curator", "GET", "POST")
async def recherches(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/recherches: GET lists, POST names a search or changes one."""
    account = request.actor["account"]
    if request.method == "POST":
        form = await Form.of(request)
        change, number = form.get("change"), form.number("id") or 0
        try:
            if change:
                await deciding(datasette, lambda connection: change_search(connection, account, number, change))
                said = Said(SEARCH_CHANGES[change])
            else:
                query, at = address(read_request(parse_qs(form.get("recherche")))), now_of(datasette)
                await deciding(datasette, lambda connection: save_search(connection, account, form.get("nom"), query, at))
                said = Said(SEARCH_SAVED)
        except UsageError as exc:
            said = Said(str(exc), wrong=True)
        return answer(datasette, request, form, said, "/tri/recherches")
    site = site_of(datasette)
    since = await ask(datasette, last_visit, account)
    rows = await ask(datasette, saved_searches, account)
    today = site.today().isoformat()
    new: list[int | None] = []
    for one in rows[:_COUNTED] if since else ():
        try:
            new.append(await ask_rows(datasette, new_in, one.query, site.knowledge, today, since))
        except PageError:  # too slow to count: the others are
            new.append(None)
    named = [Named(one, new[place] if place < len(new) else None) for place, one in enumerate(rows)]
    return await page(datasette, request, SearchesPage(rows=named, since=since))
