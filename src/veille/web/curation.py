"""What curators do on an article: POST only, each act one call of the store, logged and reversible."""

from typing import Any
from urllib.parse import urlencode

from datasette import Response

from veille.errors import UsageError
from veille.normalize import stored
from veille.store.decisions import ACTIONS, decide, item_of, undo
from veille.web.errors import PageError
from veille.web.session import required, same_site
from veille.web.site import deciding, reading, site_of


async def decision(datasette: Any, request: Any) -> Any:
    """POST /article/<id>/decision: action, value? (a theme, a kind, or the article of the same story)."""
    actor = _checked(request)
    form = await request.post_vars()
    item_id, action = int(request.url_vars["id"]), str(form.get("action", ""))
    if action not in ACTIONS:
        raise PageError(400)
    at = stored(site_of(datasette).clock()) or ""
    value = str(form.get("value") or "")

    def write(connection: Any) -> int:
        return decide(connection, account_id=actor["account"], item_id=item_id, action=action, value=value, at=at)

    try:
        await deciding(datasette, write)
        said = "fait"
    except UsageError:
        said = "rien"
    return _back(datasette, item_id, said)


async def annuler(datasette: Any, request: Any) -> Any:
    """POST /decision/<id>/annuler."""
    actor = _checked(request)
    at = stored(site_of(datasette).clock()) or ""
    decision_id = int(request.url_vars["id"])
    try:
        item_id = await deciding(
            datasette, lambda connection: undo(connection, account_id=actor["account"], decision_id=decision_id, at=at)
        )
    except UsageError:
        said = "tard"
        found = await reading(datasette, item_of, decision_id)
        if found is None:
            raise PageError(404, "Cette décision n’existe pas.") from None
        item_id = found
    else:
        said = "annule"
    return _back(datasette, item_id, said)


def _checked(request: Any) -> dict[str, Any]:
    if request.method != "POST":
        raise PageError(405)
    same_site(request)
    return required(request)


def _back(datasette: Any, item_id: int, said: str) -> Any:
    return Response.redirect(datasette.urls.path(f"/article/{item_id}?{urlencode({'dit': said})}#decisions"))
