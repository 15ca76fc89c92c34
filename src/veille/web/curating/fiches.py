"""/tri/fiches and /tri/fiche/<id>: what curators do with fiches; each act posts a form, and each is undone from the journal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from datasette import Response

from veille.errors import UsageError
from veille.messages.common import plural
from veille.messages.sharing import (
    ACT_TOLD,
    CHECK_OUTCOMES,
    FICHE_KEPT,
    FICHE_MADE,
    FICHE_MADE_EMPTY,
    LINES_TO_REVIEW,
    NO_SUCH_FICHE,
    RELATION_LABELS,
    STAGE_LABELS,
)
from veille.model import FicheKind
from veille.resources import load_kinds, load_line_words
from veille.store.cards import Card
from veille.store.collecting.following import propose_to
from veille.store.connection import Connection
from veille.store.curating import fiches as acts
from veille.store.curating.fiches import By
from veille.store.sharing import fiches
from veille.store.sharing.fiches import Fiche, FicheCard, Line
from veille.understand.lines import ProposedLine
from veille.web.curating.decisions import place_named, tag_named
from veille.web.curating.forms import DeskContext, Form, Said, answer, now_of, page
from veille.web.site.answering import ask
from veille.web.site.errors import PageError
from veille.web.site.http import CuratorRequest, Datasette
from veille.web.site.session import curating, may
from veille.web.site.state import deciding, reading, site_of

KINDS = load_kinds()
_LISTED = 200
_EDITORS = ("withdraw", "merge")
# What a form without script finds again where it was refused.
_WRITTEN = ("action", "ligne", "rubrique", "texte", "dit", "adresse", "role", "titre", "debut", "fin", "raison", "lieu", "theme")


@dataclass(frozen=True, slots=True, kw_only=True)
class FichesDesk(DeskContext):
    """/tri/fiches"""

    template = "curating/fiches.html"
    drafts: list[FicheCard]
    published: list[FicheCard]
    withdrawn: list[FicheCard]
    proposed: list[fiches.ProposedItem]
    stale: list[fiches.StaleLine]


@curating("curator", "GET")
async def overview(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/fiches: drafts, lines to verify, articles proposed as what follows."""
    today = site_of(datasette).today()

    def read(db: Connection) -> FichesDesk:
        drafts, published, withdrawn = (
            fiches.fiche_cards(db, fiches.in_state(db, state, _LISTED)) for state in ("brouillon", "publiee", "retiree")
        )
        return FichesDesk(
            drafts=drafts,
            published=published,
            withdrawn=withdrawn,
            proposed=fiches.proposed_items(db),
            stale=fiches.stale_lines(db, KINDS, today),
        )

    return await page(datasette, request, await ask(datasette, read))


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A line as the desk shows it, with the word that spoke for it, and whether it is to be verified."""

    line: Line
    because: str
    stale: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FicheDesk(DeskContext):
    """/tri/fiche/<id>"""

    template = "curating/fiche.html"
    kind: FicheKind
    fiche: Fiche
    rubrics: list[tuple[str, str, list[DeskLine]]]
    seen: int
    sources: list[Card]  # articles that a line may be from
    said_on: str
    stages: dict[str, str]
    relations: dict[str, str]
    outcomes: dict[str, str]
    others: list[FicheCard]
    proposed: int  # articles that may be what follows
    editor: bool
    keys: bool


@curating("curator", "GET", "POST")
async def fiche(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/fiche/<id>: GET shows the sheet, POST changes it."""
    fiche_id = int(request.url_vars["id"])
    if request.method == "POST":
        return await _changed(datasette, request, fiche_id)
    found = await ask(datasette, fiches.fiche, fiche_id, KINDS)
    if found is None:
        raise PageError(404, NO_SUCH_FICHE)
    kind, today = KINDS[found.card.kind], site_of(datasette).today()
    source = next((card for card, role, _ in found.articles if role == "source"), None)
    told = [card.id for card, role, _ in found.articles if role in ("source", "suite")]
    because = await ask(datasette, lambda db: {one.text: one.because for item in told for one in _drafted(db, item)})
    rubrics = [
        (name, heading.label, [
            DeskLine(one, because.get(one.text, ""), fiches.stale(one, kind, today))
            for one in found.lines if one.heading == name and one.state != "retiree"
        ])
        for name, heading in kind.headings.items()
    ]  # fmt: skip
    others = await ask(datasette, lambda db: fiches.fiche_cards(db, fiches.in_state(db, "publiee", _LISTED)))
    return await page(
        datasette,
        request,
        FicheDesk(
            kind=kind, fiche=found, rubrics=rubrics, seen=await ask(datasette, acts.last_edit, fiche_id),
            sources=[card for card, role, _ in found.articles if role in ("source", "suite")],
            said_on=await ask(datasette, acts.said_on, source.id) if source else today.isoformat(),
            stages=STAGE_LABELS, relations=RELATION_LABELS, outcomes=CHECK_OUTCOMES,
            others=[one for one in others if one.id != fiche_id],
            proposed=sum(role == "propose" for _, role, _ in found.articles),
            editor=may(request.actor, "editor"), keys=bool(request.actor["keys"]),
        ),
    )  # fmt: skip


def _drafted(db: Connection, item_id: int) -> tuple[ProposedLine, ...]:
    return fiches.drafted(db, item_id, load_line_words()).lines


@curating("curator", "POST")
async def nouvelle(datasette: Datasette, request: CuratorRequest) -> Response:
    """POST /tri/fiche/nouvelle: a sheet begins from an article, with the lines that it lets one write."""
    form = await Form.of(request)
    item, kind = form.number("article"), KINDS.get(form.get("sorte", "initiative"))
    if item is None or kind is None:
        raise PageError(400)
    account, at = request.actor["account"], now_of(datasette)
    there = await ask(datasette, fiches.of_source, item, kind.id)
    if there:
        return Response.redirect(datasette.urls.path(f"/tri/fiche/{there}"))

    draft = await ask(datasette, fiches.drafted, item, load_line_words())

    def write(db: Connection) -> tuple[int, int]:
        made = acts.create(db, kind, item, draft.lines, By(account=account, at=at), stage=draft.stage, began=draft.began)
        propose_to(db, made, site_of(datasette).knowledge.place_words, at)
        return made, len(draft.lines)

    try:
        made, lines = await deciding(datasette, write)
    except UsageError as exc:
        return answer(datasette, request, form, Said(str(exc), wrong=True), f"/article/{item}")
    return answer(
        datasette,
        request,
        form,
        Said(FICHE_MADE.format(lines=plural(lines, "ligne", "lignes")) if lines else FICHE_MADE_EMPTY),
        f"/tri/fiche/{made}",
        fiche=made,
    )


async def _changed(datasette: Datasette, request: CuratorRequest, fiche_id: int) -> Response:
    form = await Form.of(request)
    action, line, item = form.get("action"), form.number("ligne") or 0, form.number("article") or 0
    held = await reading(datasette, fiches.fiche_cards, [fiche_id])
    if not held:
        raise PageError(404, NO_SUCH_FICHE)
    kind, by = KINDS[held[0].kind], By(account=request.actor["account"], at=now_of(datasette), seen=form.number("seen"))
    withdrawn = held[0].state == "retiree" and action in ("publish", "draft")
    if (action in _EDITORS or withdrawn) and not may(request.actor, "editor"):
        raise PageError(403)
    given = {
        name: form.get(field)
        for name, field in (
            ("heading", "rubrique"), ("text", "texte"), ("said_on", "dit"), ("item", "article"), ("url", "adresse"),
            ("declared_by", "role"),
        )
        if field in form
    }  # fmt: skip
    lines = await ask(datasette, _drafted, item) if action == "item" else ()
    doing: dict[str, Callable[[Connection], Any]] = {
        "line-add": lambda db: acts.add_line(db, fiche_id, kind, given, by),
        "line-edit": lambda db: acts.change_line(db, line, kind, given, by),
        "line-remove": lambda db: acts.set_line_state(db, line, kind, "retiree", by),
        "line-back": lambda db: acts.set_line_state(db, line, kind, "montree", by),
        "verify": lambda db: acts.check_line(db, line, form.get("constat") if form.get("constat") in CHECK_OUTCOMES else "vrai", by),
        "title": lambda db: acts.retitle(db, fiche_id, form.get("titre"), by),
        "stage": lambda db: acts.set_stage(db, fiche_id, form.get("stade"), form.get("debut"), form.get("fin"), by),
        "place-add": lambda db: acts.set_place(db, fiche_id, place_named(datasette, form.get("lieu")), by, present=True),
        "place-remove": lambda db: acts.set_place(db, fiche_id, place_named(datasette, form.get("lieu")), by, present=False),
        "tag-add": lambda db: acts.set_tag(db, fiche_id, tag_named(datasette, form.get("theme")), by, present=True),
        "tag-remove": lambda db: acts.set_tag(db, fiche_id, tag_named(datasette, form.get("theme")), by, present=False),
        "publish": lambda db: acts.publish(db, fiche_id, kind, by),
        "draft": lambda db: acts.unpublish(db, fiche_id, by, withdrawn=False),
        "withdraw": lambda db: acts.unpublish(db, fiche_id, by, withdrawn=True),
        "item": lambda db: acts.set_item(db, fiche_id, item, "suite", by, lines),
        "item-refuse": lambda db: acts.set_item(db, fiche_id, item, "refus", by),
        "link": lambda db: acts.link(db, fiche_id, form.number("vers") or 0, form.get("relation"), form.get("raison"), by),
        "unlink": lambda db: acts.unlink(db, form.number("lien") or 0, by),
        "merge": lambda db: acts.merge(db, fiche_id, form.number("vers") or 0, by),
    }
    if action not in doing:
        raise PageError(400)
    try:
        done = await deciding(datasette, doing[action])
        said = Said(ACT_TOLD.get(action, FICHE_KEPT))
        if action == "item" and done:
            said = Said(LINES_TO_REVIEW.format(lines=plural(done, "ligne attend", "lignes attendent")))
    except UsageError as exc:
        given = {} if form.get("script") else {name: form.get(name) for name in _WRITTEN if name in form}
        said = Said(str(exc), wrong=True, draft=given)
    there = form.number("vers") if action == "merge" and not said.wrong else fiche_id
    return answer(datasette, request, form, said, f"/tri/fiche/{there}")
