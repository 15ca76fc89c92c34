"""/tri/qualite: how good suggestions are, how far curators agree, what the last learning changed; the former model at one click."""

from dataclasses import dataclass

from datasette import Response

from veille.clock import PARIS
from veille.messages.curating import EDITORS_CHOOSE_MODELS, FORMER_MODEL_SERVES, NO_MODEL, RULES_SERVE
from veille.moments import day_begins
from veille.store.connection import Connection
from veille.store.curating.edits import note_edit
from veille.store.curating.learning import bring_former_back
from veille.store.curating.quality import Agreement, Learning, Precision, agreement, learnings, precisions
from veille.web.curating.forms import DeskContext, Form, Said, answer, now_of, page
from veille.web.site.answering import ask
from veille.web.site.errors import PageError
from veille.web.site.http import CuratorRequest, Datasette
from veille.web.site.session import curating, may
from veille.web.site.state import deciding, learn_edits, site_of


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPage(DeskContext):
    """/tri/qualite"""

    template = "curating/qualite.html"
    month: str
    precisions: list[Precision]
    agreement: Agreement
    learnings: list[Learning]
    editor: bool


@curating("curator", "GET", "POST")
async def qualite(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/qualite: GET shows the figures of the month, POST brings the former model back (editors)."""
    if request.method == "POST":
        form = await Form.of(request)
        if form.get("change") != "model":
            raise PageError(400)
        if not may(request.actor, "editor"):
            raise PageError(403, EDITORS_CHOOSE_MODELS)
        return answer(datasette, request, form, await _back(datasette, request), "/tri/qualite")
    first = site_of(datasette).today().replace(day=1)
    since = day_begins(first, PARIS.key)
    return await page(
        datasette,
        request,
        QualityPage(
            month=first.isoformat(),
            precisions=await ask(datasette, precisions, since),
            agreement=await ask(datasette, agreement, since),
            learnings=await ask(datasette, learnings),
            editor=may(request.actor, "editor"),
        ),
    )


async def _back(datasette: Datasette, request: CuratorRequest) -> Said:
    account, at = request.actor["account"], now_of(datasette)

    def write(connection: Connection) -> str | None:
        former = bring_former_back(connection)
        if former is not None:
            note_edit(connection, account_id=account, subject="apprentissage", action="model", at=at)
        return former

    former = await deciding(datasette, write)
    await learn_edits(datasette)
    if former is None:
        return Said(NO_MODEL, wrong=True)
    return Said(FORMER_MODEL_SERVES if former else RULES_SERVE)
