"""/tri/lot: one act on everything that a search finds. Shown with its count and examples first, done once, undone at once."""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from datasette import Response

from veille.errors import UsageError
from veille.messages.common import plural
from veille.messages.curating import ACTION_LABELS, ALL_WERE_ALREADY, SEARCH_FINDS_OTHERS
from veille.search.request import Request, address, read_request
from veille.store import cards
from veille.store.cards import Card
from veille.store.connection import Connection
from veille.store.curating.decisions import Act
from veille.store.reading import searching
from veille.store.reading.rows import Rows
from veille.store.reading.wording import understand_query
from veille.understand.knowledge import Knowledge
from veille.web.curating.decisions import nearest_tag, tag_named
from veille.web.curating.forms import DeskContext, Form, Said, act, answer, page, told
from veille.web.site.answering import ask, ask_rows, asked
from veille.web.site.errors import PageError
from veille.web.site.http import CuratorRequest, Datasette
from veille.web.site.session import curating
from veille.web.site.state import site_of

MOST = 5_000
_EXAMPLES = 6
_ACTS = ("tag-add", "tag-remove", "select", "dismiss", "later")


def found_by(db: Connection, request: Request, knowledge: Knowledge, today: str, *, rows: Rows) -> tuple[list[int], bool]:
    """Return every article that a search finds, and whether there are more than it may count."""
    ranked = searching.rank(db, request, understand_query(db, request, knowledge), today, rows=rows)
    return ranked.ids, ranked.capped


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkPage(DeskContext):
    """/tri/lot"""

    template = "curating/lot.html"
    wanted: Request
    query: str
    count: int
    too_many: bool
    most: int
    sentence: str
    cards: list[Card]
    acts: dict[str, str]
    given: dict[str, str]
    proposed: str


async def _preview(
    datasette: Datasette, request: CuratorRequest, wanted: Request, *, said: str = "", given: dict[str, str] | None = None
) -> Response:
    site = site_of(datasette)
    ids, capped = await ask_rows(datasette, found_by, wanted, site.knowledge, site.today().isoformat())
    near = nearest_tag(datasette, (given or {}).get("value") or wanted.q)
    label = site.knowledge.themes[near].label if near else ""
    return await page(
        datasette,
        request,
        BulkPage(
            wanted=wanted,
            query=address(wanted),
            count=len(ids),
            too_many=capped or len(ids) > MOST,
            most=MOST,
            sentence=said,
            cards=await ask(datasette, cards.cards, ids[:_EXAMPLES]),
            acts={name: ACTION_LABELS[name] for name in _ACTS},
            given=(given or {}) | ({"value": label} if label else {}),
            proposed=label,
        ),
    )


@curating("curator", "GET", "POST")
async def lot(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/lot?<search>: GET shows what would be done, POST does it when the count is still the one that was shown."""
    if request.method != "POST":
        return await _preview(datasette, request, asked(request))
    form = await Form.of(request)
    pairs = parse_qsl(form.get("recherche"))
    wanted = read_request({name: [value for key, value in pairs if key == name] for name, _ in pairs})
    action, value = form.get("action"), form.get("value")
    if action not in _ACTS:
        raise PageError(400)
    site = site_of(datasette)
    ids, capped = await ask_rows(datasette, found_by, wanted, site.knowledge, site.today().isoformat())
    given = {"action": action, "value": value, "why": form.get("why")}
    if form.number("attendu") != len(ids):
        said = SEARCH_FINDS_OTHERS.format(count=plural(len(ids), "article", "articles"))
        return await _preview(datasette, request, wanted, said=said, given=given)
    if not ids or capped or len(ids) > MOST:
        raise PageError(400)
    try:
        tag = tag_named(datasette, value) if action.startswith("tag-") else ""
        done = await act(datasette, request, ids, Act(action=action, value=tag, why=form.get("why").strip()))
    except UsageError as exc:
        return await _preview(datasette, request, wanted, said=str(exc), given=given)
    outcome = told(done, action) if done.items else Said(ALL_WERE_ALREADY)
    return answer(datasette, request, form, outcome, "/tri/journal")
