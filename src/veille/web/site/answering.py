"""How our pages answer: read, render, and say how fresh they are. The same headers for all; 304 before any work.

A page depends on the file, on the day in Paris, and on the code: their fingerprint is its ETag (RFC 9110 §8.8.3), weak because
compression may change its bytes.
"""

import functools
import hashlib
from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, TypeVar

from datasette import Response
from datasette.utils.sqlite import sqlite3
from jinja2 import Environment

from veille.messages.reading import TOO_SLOW
from veille.search.request import Request, read_request
from veille.store.connection import Connection
from veille.web.site.context import Context, given_by
from veille.web.site.errors import PageError
from veille.web.site.figures import data_version
from veille.web.site.http import Datasette, Handler, HttpRequest
from veille.web.site.state import following, reading, site_of
from veille.web.site.templating import code_version, shared_variables

FRESH_SECONDS = 60
_SHOWN_TO_BROWSERS = ".atom"  # browsers show the source of application/atom+xml, and a page of application/xml
P = ParamSpec("P")
T = TypeVar("T")


async def render(datasette: Datasette, request: HttpRequest, context: Context, **more: object) -> Response:
    """A page of ours: nothing in it waits for anything, so it is rendered without Datasette's asynchronous templates, in half the time."""
    given = given_by(context) | more
    given |= await shared_variables(datasette, request)
    given |= {"request": request, "urls": datasette.urls, "actor": request.actor, "csrftoken": request.scope["csrftoken"]}
    return Response.html(_templates(datasette).get_template(context.template).render(given))


def _templates(datasette: Datasette) -> Environment:
    """Datasette's templates, its folders and filters included, compiled to plain calls."""
    held = site_of(datasette).templates
    if not held:
        held.append(datasette.jinja_env.overlay(enable_async=False))
    return held[0]


def asked(request: HttpRequest) -> Request:
    """Return what the parameters of an address ask; raises UsageError."""
    return read_request({name: request.args.getlist(name) for name in request.args})


async def ask(datasette: Datasette, read: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs) -> T:
    """Read, or say that it takes too long; raises PageError."""
    return await _in_time(reading(datasette, read, *arguments, **named))


async def ask_rows(datasette: Datasette, read: Callable[..., T], *arguments: object) -> T:
    """Read something that takes the rows in memory (`rows`), or say that it takes too long; raises PageError."""
    return await _in_time(following(datasette, read, *arguments))


async def _in_time(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except sqlite3.OperationalError as exc:
        if str(exc) == "interrupted":
            raise PageError(503, TOO_SLOW) from exc
        raise


def readable(handler: Handler) -> Handler:
    """Return a route that is read and receives nothing: GET and HEAD, answered 304 where the reader holds the same page."""

    @functools.wraps(handler)
    async def answered(datasette: Datasette, request: HttpRequest) -> Response:
        if request.method not in ("GET", "HEAD"):
            raise PageError(405)
        tag = await entity_tag(datasette, request)
        headers = {"cache-control": "private, no-store"} if request.actor else {}
        if tag:
            vary = "Accept-Encoding, Cookie" + (", Accept" if request.path.endswith(_SHOWN_TO_BROWSERS) else "")
            headers = {"etag": tag, "cache-control": f"public, max-age={FRESH_SECONDS}", "vary": vary}
        if tag and _holds(request.headers.get("if-none-match", ""), tag):
            return Response("", status=304, headers=headers)
        response = await handler(datasette, request)
        if response.status == 200:
            response.headers |= headers
        return response

    return answered


async def entity_tag(datasette: Datasette, request: HttpRequest) -> str:
    """Return the weak ETag of an address as things are, "" for somebody signed in or a file without a version."""
    version = await data_version(datasette)
    if not version or request.actor:
        return ""
    site = site_of(datasette)
    asked = site.told or f"{request.scheme} {request.host}"
    parts = (version, site.today().isoformat(), code_version(), asked, request.full_path)
    return f'W/"{hashlib.blake2b("|".join(parts).encode(), digest_size=12).hexdigest()}"'


def is_browser(request: HttpRequest) -> bool:
    """Return whether whoever asks shows pages."""
    return "text/html" in request.headers.get("accept", "")


def _holds(given: str, tag: str) -> bool:
    """Return whether an If-None-Match names the tag (weak comparison, RFC 9110 §13.1.2)."""
    return tag.removeprefix("W/") in {one.strip().removeprefix("W/") for one in given.split(",")}
