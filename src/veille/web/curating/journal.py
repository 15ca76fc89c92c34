"""/tri/journal: who did what, when and why, and what can be undone."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from datasette import Response

from veille.clock import PARIS
from veille.errors import UsageError
from veille.messages.curating import ACTION_LABELS, BAD_DATE, EDIT_LABELS, EDIT_UNDONE, JOURNAL_KINDS
from veille.messages.sharing import FICHE_ACTIONS
from veille.moments import day_begins
from veille.store.connection import Row
from veille.store.curating.accounts import accounts
from veille.store.curating.edits import is_of_fiche, undo_edit
from veille.store.curating.journal import Sought
from veille.store.curating.journal import journal as read_journal
from veille.web.curating.forms import DeskContext, Form, Said, answer, as_number, now_of, page
from veille.web.site.answering import ask
from veille.web.site.errors import PageError
from veille.web.site.http import CuratorRequest, Datasette
from veille.web.site.session import curating, may
from veille.web.site.state import deciding, learn_edits

_KINDS = JOURNAL_KINDS | {"fiches": ("fiches", tuple(FICHE_ACTIONS))}


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPage(DeskContext):
    """/tri/journal"""

    template = "curating/journal.html"
    rows: list[Row]
    more: bool
    number: int
    who: str
    kind: str
    day: str
    words: str
    people: list[str]
    kinds: dict[str, str]
    wrong: str
    link: Callable[[int], str]


@curating("curator", "GET")
async def journal(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/journal?qui=&quoi=&jour=&q=&page="""
    given = {name: (request.args.get(name) or "").strip()[:80] for name in ("qui", "quoi", "jour", "q")}
    number = min(max(1, as_number(request.args.get("page") or "") or 1), 10_000)
    wrong, since, until = "", "", ""
    if given["jour"]:
        try:
            day = date.fromisoformat(given["jour"])
            since, until = day_begins(day, PARIS.key), day_begins(day + timedelta(days=1), PARIS.key)
        except (ValueError, OverflowError):
            wrong = BAD_DATE.format(value=given["jour"][:20])
    actions = _KINDS.get(given["quoi"], ("", ()))[1]
    sought = Sought(account=given["qui"], actions=actions, since=since, until=until, words=given["q"])
    rows, more = await ask(datasette, lambda db: read_journal(db, sought, page=number))
    for one in rows:
        one["label"] = (ACTION_LABELS | EDIT_LABELS | FICHE_ACTIONS).get(one["action"], one["action"])
        one["tag"] = json.loads(one["after"]).get("tag") if one["what"] == "decision" else ""
        one["may_undo"] = one["undoable"] and (one["what"] == "decision" or one["action"] in FICHE_ACTIONS or may(request.actor, "editor"))
    people = [one.name for one in await ask(datasette, accounts)]

    def link(page: int) -> str:
        return (
            f"{datasette.urls.path('/tri/journal')}?{urlencode({name: value for name, value in given.items() if value} | {'page': page})}"
        )

    return await page(
        datasette,
        request,
        JournalPage(
            rows=rows, more=more, number=number, who=given["qui"], kind=given["quoi"], day=given["jour"], words=given["q"], people=people,
            kinds={name: label for name, (label, _) in _KINDS.items()}, wrong=wrong, link=link,
        ),
    )  # fmt: skip


@curating("curator", "POST")
async def defaire(datasette: Datasette, request: CuratorRequest) -> Response:
    """POST /tri/edition/<id>/annuler: brings back what was changed: of a fiche for every curator, of the house for editors."""
    form = await Form.of(request)
    if not may(request.actor, "editor") and not await ask(datasette, is_of_fiche, int(request.url_vars["id"])):
        raise PageError(403)
    edit_id, account, at = int(request.url_vars["id"]), request.actor["account"], now_of(datasette)
    try:
        await deciding(datasette, lambda connection: undo_edit(connection, account_id=account, edit_id=edit_id, at=at))
        await learn_edits(datasette)
        said = Said(EDIT_UNDONE)
    except UsageError as exc:
        said = Said(str(exc), wrong=True)
    return answer(datasette, request, form, said, "/tri/journal")
