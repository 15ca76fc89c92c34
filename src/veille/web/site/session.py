"""Signing in and out, who a request comes from, and what each role may do.

The session is a random token in a cookie; the file holds its hash, so that signing out ends it wherever the cookie went, and a restart
does not.
"""

import asyncio
import functools
import hashlib
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast
from urllib.parse import quote

from datasette import Response

from veille.messages.curating import ROLE_LABELS, ROLE_NEEDED, SIGN_IN_REFUSED, SIGN_IN_WAIT
from veille.messages.reading import FORM_OF_ANOTHER_SITE, WAITS_FOR_MIGRATION
from veille.moments import stored
from veille.store.connection import Connection, has_table
from veille.store.curating.accounts import (
    ROLES,
    SESSION_LASTS,
    active_account,
    begin_session,
    end_session,
    held_hash,
    is_known,
    is_password,
    know,
    session_account,
)
from veille.store.curating.saved import arrive
from veille.web.site.context import Context, given_by
from veille.web.site.errors import PageError
from veille.web.site.http import Actor, CuratorHandler, CuratorRequest, Datasette, Handler, HttpRequest
from veille.web.site.state import deciding, reading, site_of, veille_databases

COOKIE = "veille_session"
# Wrong guesses within so many seconds: at one account from one address, at any from one address, at one account from everywhere.
_TRIES, _TRIES_OF_ADDRESS, _TRIES_OF_NAME, _WITHIN = 5, 9, 40, 60.0


async def actor_of(datasette: Datasette, request: HttpRequest) -> Actor | None:
    """Return the curator of a request, None for a reader."""
    token = request.cookies.get(COOKIE)
    if not token or not await veille_databases(datasette):
        return None
    account = await reading(datasette, session_account, token, site_of(datasette).clock())
    if account is None:
        return None
    # The prefix: Datasette gives powers of its own to an actor whose id is root.
    return {"id": f"veille:{account.name}", "name": account.name, "account": account.id, "role": account.role, "keys": account.keys}


def may(actor: Actor | None, role: str) -> bool:
    """Return whether somebody may do what a role may."""
    return bool(actor and "account" in actor and ROLES.index(actor["role"]) >= ROLES.index(role))


def curating(role: str, *methods: str) -> Callable[[CuratorHandler], Handler]:
    """Return a route of curators: who may use it and how, judged here and nowhere else.

    GET never changes anything; POST comes from a form of this site. A reader is sent to sign in, then back.
    """

    def decorate(handler: CuratorHandler) -> Handler:
        @functools.wraps(handler)
        async def guarded(datasette: Datasette, request: HttpRequest) -> Response:
            method = "GET" if request.method == "HEAD" else request.method
            if method not in methods:
                raise PageError(405)
            if method == "POST":
                same_site(request)
            if not may(request.actor, role):
                if request.actor is None and method == "GET":
                    here = request.full_path
                    return Response.redirect(f"{datasette.urls.path('/connexion')}?suite={quote(here, safe='')}")
                raise PageError(403, ROLE_NEEDED.format(role=ROLE_LABELS[role]))
            response = await handler(datasette, cast("CuratorRequest", request))
            response.headers["cache-control"] = "private, no-store"
            return response

        guarded.role, guarded.methods = role, methods  # type: ignore[attr-defined]
        return guarded

    return decorate


def same_site(request: HttpRequest) -> None:
    """A form of another site is refused, whatever token it carries; raises PageError."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise PageError(403, FORM_OF_ANOTHER_SITE)
    if "sec-fetch-site" in request.headers:
        return  # the browser's own word, which no page can forge: a proxy may have lost the port of `Host`
    origin = request.headers.get("origin")
    if origin and origin != "null" and origin.split("://")[-1] != request.headers.get("host"):
        raise PageError(403, FORM_OF_ANOTHER_SITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInPage(Context):
    """The form; `sentence`: why it is shown again, `next`: where to go then."""

    template = "site/connexion.html"
    here = "connexion"
    sentence: str
    next: str
    name: str


async def sign_in_page(datasette: Datasette, request: HttpRequest, *, sentence: str = "", status: int = 200, name: str = "") -> Response:
    """The form."""
    context = SignInPage(sentence=sentence, next=safe_path(request.args.get("suite")), name=name)
    html = await datasette.render_template(context.template, given_by(context), request=request)
    return Response.html(html, status=status, headers={"cache-control": "no-store"})


async def connexion(datasette: Datasette, request: HttpRequest) -> Response:
    """GET shows the form, POST signs in."""
    if request.method in ("GET", "HEAD"):
        return await sign_in_page(datasette, request)
    if request.method != "POST":
        raise PageError(405)
    same_site(request)
    form = await request.post_vars()
    name = str(form.get("nom", ""))[:80].strip().lower()
    site = site_of(datasette)
    if not await reading(datasette, has_table, "known_addresses"):
        raise PageError(503, WAITS_FOR_MIGRATION)
    address = _network((request.scope.get("client") or ("",))[0])
    # Keyed by the secret of the forms, which is not in the file.
    mark = hashlib.blake2b(datasette.sign(address, "veille-address").encode(), digest_size=16).hexdigest()
    keys = {f"ici {name} {address}": _TRIES, f"adresse {address}": _TRIES_OF_ADDRESS}
    known = await reading(datasette, is_known, name, mark, site.clock())
    if not known:  # whoever signed in from here lately still enters while strangers guess from everywhere
        keys[f"compte {name}"] = _TRIES_OF_NAME
    if not _may_try(site.attempts, keys, time.monotonic()):
        return await sign_in_page(datasette, request, sentence=SIGN_IN_WAIT, status=429, name=name)
    account_id, held = await reading(datasette, held_hash, name)
    async with site.judging:
        right = await asyncio.to_thread(is_password, str(form.get("mot-de-passe", "")), held)
    if not right or not account_id:
        return await sign_in_page(datasette, request, sentence=SIGN_IN_REFUSED, status=403, name=name)
    for key in keys:  # its own try; the wrong ones still count: one good account must not buy guesses at others
        site.attempts[key] = site.attempts.get(key, [])[:-1]
    site.attempts.pop(f"ici {name} {address}", None)
    now = site.clock()

    def enter(connection: Connection) -> str:
        if active_account(connection, account_id) is None:
            raise PageError(403, SIGN_IN_REFUSED)
        arrive(connection, account_id, stored(now) or "")
        know(connection, account_id, mark, now)
        return begin_session(connection, account_id, now)

    token = await deciding(datasette, enter)
    response = Response.redirect(safe_path(form.get("suite")) or datasette.urls.path("/tri"))
    lasts = int(SESSION_LASTS.total_seconds())
    response.set_cookie(COOKIE, token, max_age=lasts, httponly=True, samesite="lax", secure=request.scheme == "https")
    return response


def _network(address: str) -> str:
    """Return an address as it counts: of IPv6, what one customer holds (/64)."""
    try:
        given = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(given, ipaddress.IPv6Address) and not given.is_loopback:
        return str(given.ipv4_mapped or ipaddress.ip_network((given, 64), strict=False))
    return str(given)


def _may_try(attempts: dict[str, list[float]], keys: dict[str, int], now: float) -> bool:
    """Count a guess before it is judged, so that guesses made at once count too; False when there were too many."""
    for key in [key for key, times in attempts.items() if not times or now - times[-1] >= _WITHIN]:
        del attempts[key]
    recent = {key: [when for when in attempts.get(key, []) if now - when < _WITHIN] for key in keys}
    if any(len(recent[key]) >= most for key, most in keys.items()):
        return False
    attempts.update({key: [*times, now] for key, times in recent.items()})
    return True


async def deconnexion(datasette: Datasette, request: HttpRequest) -> Response:
    """POST ends the session."""
    if request.method != "POST":
        raise PageError(405)
    same_site(request)
    token = request.cookies.get(COOKIE)
    if token and await veille_databases(datasette):
        await deciding(datasette, lambda connection: end_session(connection, token))
    response = Response.redirect(datasette.urls.path("/"))
    response.set_cookie(COOKIE, "", max_age=0, httponly=True, samesite="lax")
    return response


def safe_path(given: object) -> str:
    """Return a path of this site, "" for anything else."""
    path = str(given or "")
    good = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and "\\" not in path
    return path if good and len(path) < 500 else ""
