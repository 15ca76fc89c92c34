"""Signing in and out, and who a request comes from.

The session is a signed cookie that names the account and when it began; a disabled account ends it.
"""

import hmac
import time
from typing import Any

from datasette import Response

from veille.messages import SIGN_IN_REFUSED, SIGN_IN_WAIT
from veille.store.accounts import active_account, check_password
from veille.web.errors import PageError
from veille.web.site import reading, site_of, veille_databases

COOKIE = "veille_session"
LASTS = 12 * 3600  # seconds
_NAMESPACE = "veille-session"
_TRIES, _TRIES_OF_ADDRESS, _WITHIN = 5, 30, 60.0  # guesses within so many seconds; an address may be a whole office


async def actor_of(datasette: Any, request: Any) -> dict[str, Any] | None:
    """The curator of a request, None for a reader."""
    cookie = request.cookies.get(COOKIE)
    if not cookie:
        return None
    from itsdangerous import BadSignature

    try:
        session = datasette.unsign(cookie, _NAMESPACE)
        account_id, began = int(session["account"]), float(session["began"])
    except (BadSignature, KeyError, TypeError, ValueError):
        return None
    if not 0 <= time.time() - began < LASTS or not await veille_databases(datasette):
        return None
    account = await reading(datasette, active_account, account_id)
    if account is None or not hmac.compare_digest(account.stamp, str(session.get("stamp", ""))):
        return None  # disabled, or its password has changed
    # The prefix: Datasette gives powers of its own to an actor whose id is root.
    return {"id": f"veille:{account.name}", "name": account.name, "account": account.id, "role": account.role}


def required(request: Any) -> dict[str, Any]:
    """The curator of a request; raises PageError for a reader."""
    if not request.actor or "account" not in request.actor:
        raise PageError(403, "Connectez-vous pour décider.")
    return dict(request.actor)


def same_site(request: Any) -> None:
    """A form of another site is refused, whatever token it carries; raises PageError."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PageError(403, "Ce formulaire vient d’un autre site.")
    origin = request.headers.get("origin")
    if origin and origin != "null" and origin.split("://")[-1] != request.headers.get("host"):
        raise PageError(403, "Ce formulaire vient d’un autre site.")


async def sign_in_page(datasette: Any, request: Any, *, sentence: str = "", status: int = 200, name: str = "") -> Any:
    """The form."""
    html = await datasette.render_template(
        "veille_connexion.html",
        {"sentence": sentence, "next": safe_path(request.args.get("suite")), "here": "connexion", "name": name},
        request=request,
    )
    return Response.html(html, status=status, headers={"cache-control": "no-store"})


async def connexion(datasette: Any, request: Any) -> Any:
    """GET shows the form, POST signs in."""
    if request.method in ("GET", "HEAD"):
        return await sign_in_page(datasette, request)
    if request.method != "POST":
        raise PageError(405)
    same_site(request)
    form = await request.post_vars()
    name = str(form.get("nom", ""))[:80].strip().lower()
    site = site_of(datasette)
    address = (request.scope.get("client") or ("",))[0]
    keys = {f"compte {name}": _TRIES, f"adresse {address}": _TRIES_OF_ADDRESS}
    if not _may_try(site.attempts, keys, time.monotonic()):
        return await sign_in_page(datasette, request, sentence=SIGN_IN_WAIT, status=429, name=name)
    account = await reading(datasette, check_password, name, str(form.get("mot-de-passe", "")))
    if account is None:
        return await sign_in_page(datasette, request, sentence=SIGN_IN_REFUSED, status=403, name=name)
    site.attempts.pop(f"compte {name}", None)  # the address keeps its count: one good account must not buy guesses at others
    target = safe_path(form.get("suite")) or datasette.urls.path("/")
    response = Response.redirect(target)
    response.set_cookie(
        COOKIE,
        datasette.sign({"account": account.id, "began": int(time.time()), "stamp": account.stamp}, _NAMESPACE),
        max_age=LASTS,
        httponly=True,
        samesite="lax",
        secure=request.scheme == "https",
    )
    return response


def _may_try(attempts: dict[str, list[float]], keys: dict[str, int], now: float) -> bool:
    """Count a guess before it is judged, so that guesses made at once count too; False when there were too many."""
    for key in [key for key, times in attempts.items() if now - times[-1] >= _WITHIN]:
        del attempts[key]
    recent = {key: [when for when in attempts.get(key, []) if now - when < _WITHIN] for key in keys}
    if any(len(recent[key]) >= most for key, most in keys.items()):
        return False
    attempts.update({key: [*times, now] for key, times in recent.items()})
    return True


async def deconnexion(datasette: Any, request: Any) -> Any:
    """POST ends the session."""
    if request.method != "POST":
        raise PageError(405)
    same_site(request)
    response = Response.redirect(datasette.urls.path("/"))
    response.set_cookie(COOKIE, "", max_age=0, httponly=True, samesite="lax")
    return response


def safe_path(given: Any) -> str:
    """A path of this site, "" for anything else."""
    path = str(given or "")
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if good and len(path) < 500 else ""
