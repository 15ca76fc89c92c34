"""What curators do, from the queue and from the page of an article: POST only, each gesture logged and reversible."""

import difflib

from datasette import Response

from veille.errors import UsageError
from veille.french import bare
from veille.messages.curating import NEAREST_TAG, NO_SUCH_DECISION, NO_SUCH_PLACE, NO_SUCH_TAG
from veille.store.curating.decisions import Act, Undone, item_of, last_decision, undo, undo_all
from veille.store.curating.queue import waiting
from veille.store.curating.subjects import ACTIONS
from veille.web.curating.forms import Form, Said, act, answer, now_of, told, told_undone
from veille.web.site.answering import ask
from veille.web.site.errors import PageError
from veille.web.site.http import CuratorRequest, Datasette
from veille.web.site.session import curating
from veille.web.site.state import deciding, reading, site_of

_NEAR = 0.75  # of a name: one letter in four may differ
_MOST = 500  # articles of one form; more are for /tri/lot


@curating("curator", "POST")
async def decision(datasette: Datasette, request: CuratorRequest) -> Response:
    """POST /article/<id>/decision and /tri/decision: action, value?, why?, seen?; item, once for each article."""
    form = await Form.of(request)
    items = [int(request.url_vars["id"])] if "id" in request.url_vars else form.numbers("item")
    action = form.get("action")
    if action not in ACTIONS or not items or len(items) > _MOST:
        raise PageError(400)
    seen = None if form.get("quand-meme") else form.number("seen")
    fallback = f"/article/{items[0]}#decisions" if len(items) == 1 else "/tri"
    try:
        wanted = Act(action=action, value=_value_of(datasette, form, action), why=form.get("why").strip(), seen=seen)
        done = await act(datasette, request, items, wanted)
    except UsageError as exc:
        return answer(datasette, request, form, Said(str(exc), wrong=True), fallback, done=[], conflicts=[])
    said = told(done, action)
    rows = await reading(datasette, waiting, done.items[:_MOST])
    left = await reading(datasette, waiting, [one.item_id for one in done.conflicts[:_MOST]])
    more = {
        "done": [{"item": one.card.id, "state": one.card.state} for one in rows],
        "conflicts": [{"item": one.card.id, "state": one.card.state} for one in left], "seen": await ask(datasette, last_decision),
    }  # fmt: skip
    return answer(datasette, request, form, said, fallback, **more)


@curating("curator", "POST")
async def annuler(datasette: Datasette, request: CuratorRequest) -> Response:
    """POST /decision/<id>/annuler: a gesture by its first decision, or that decision alone (seul=1)."""
    form = await Form.of(request)
    batch, account, at = int(request.url_vars["id"]), request.actor["account"], now_of(datasette)
    item = await reading(datasette, item_of, batch)
    if item is None:
        raise PageError(404, NO_SUCH_DECISION)
    fallback = f"/article/{item}#decisions"
    try:
        if form.get("seul"):
            item = await deciding(datasette, lambda connection: undo(connection, account_id=account, decision_id=batch, at=at))
            undone = Undone(items=[item])
        else:
            undone = await deciding(datasette, lambda connection: undo_all(connection, account_id=account, batch=batch, at=at))
    except UsageError as exc:
        return answer(datasette, request, form, Said(str(exc), wrong=True), fallback, done=[])
    rows = await reading(datasette, waiting, undone.items[:_MOST])
    states = [{"item": one.card.id, "state": one.card.state} for one in rows]
    return answer(datasette, request, form, told_undone(undone), fallback, done=states, seen=await ask(datasette, last_decision))


def _value_of(datasette: Datasette, form: Form, action: str) -> str:
    """Return the value of an act by whatever name it was given; raises UsageError."""
    value = form.get("value")
    if action in ("tag-add", "tag-remove"):
        return tag_named(datasette, value)
    if action in ("place-add", "place-remove"):
        return place_named(datasette, value)
    if action == "date-add" and not value:
        return " ".join((form.get("role"), form.get("start"), form.get("end"))).strip()
    return value


def tag_named(datasette: Datasette, text: str) -> str:
    """Return the id of a theme by its id, its label or one of its words; raises UsageError."""
    knowledge = site_of(datasette).knowledge
    found = text if text in knowledge.themes else knowledge.theme_names.get(bare(text))
    if found is None:
        near = nearest_tag(datasette, text)
        meant = NEAREST_TAG.format(label=knowledge.themes[near].label) if near else ""
        raise UsageError(NO_SUCH_TAG.format(value=text[:60]) + meant)
    return found


def nearest_tag(datasette: Datasette, text: str) -> str:
    """Return the theme whose name or one of whose words is nearest to a text, or is said in it; "" for none."""
    knowledge, said = site_of(datasette).knowledge, bare(text)
    names = knowledge.theme_names
    within = max((name for name in names if f" {name} " in f" {said} "), key=len, default="")
    if within:
        return names[within]
    near = difflib.get_close_matches(said, list(names), n=1, cutoff=_NEAR)
    return names[near[0]] if near else ""


def place_named(datasette: Datasette, text: str) -> str:
    """Return the code of a département by its code, its name, or both (« 33 Gironde »); raises UsageError."""
    places = site_of(datasette).knowledge.departements
    first = text.strip().split(" ")[0].upper()
    found = first if first in places else next((code for code, place in places.items() if bare(place.name) == bare(text)), None)
    if found is None:
        raise UsageError(NO_SUCH_PLACE.format(value=text[:60]))
    return found
