"""What stands before everything else: requests that no page of this site can mean are answered here, in one sentence.

An ASGI application around Datasette's (asgi.readthedocs.io). It counts a body as it comes, so that nothing behind it holds more than a form
of ours; it puts the same safety headers on every answer; and whatever a client sent that what is behind cannot read is a 400.
"""

import logging
import re
from collections.abc import Callable
from urllib.parse import parse_qsl

from datasette import Response

from veille.messages.reading import (
    ADDRESS_TOO_LONG,
    CUT_SHORT,
    DATABASE_DAMAGED,
    FORM_NOT_UTF_8,
    FORM_TOO_LONG,
    FORMS_ALONE,
    NO_SUCH_ADDRESS,
    NO_TOKENS,
    NOT_ADMITTED,
    NOT_UNDERSTOOD,
    PAGE_FAILED,
    QUERY_TOO_LONG,
    TOO_MANY_FACETS,
    TOO_MANY_PARAMETERS,
)
from veille.search.request import LONGEST_QUERY
from veille.web.site.compression import Compressor
from veille.web.site.errors import is_damage, is_ours
from veille.web.site.http import App, Datasette, Headers, Message, Receive, Scope, Send
from veille.web.site.state import site_of

log = logging.getLogger("veille")
LONGEST_ADDRESS = 8_000  # characters of a query: sixty filters of eighty
_MOST_PARAMETERS = 200  # Datasette reads all of them again for each that is asked
_LONGEST_SEGMENT = 255  # bytes, of a name in any file system
LONGEST_BODY = 64 << 10  # bytes; five hundred articles at once are a tenth of it
_FORM = b"application/x-www-form-urlencoded"  # what every form and script of ours sends
_RECEIVING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
# `_through` filters by private tables, `_where` is SQL, `_extras` counts rows of private tables; the others choose what is searched and
# how: with them a reader would get at hidden texts letter by letter.
_REFUSED_PARAMETERS = frozenset({"_through", "_where", "_extras", "_searchmode", "_fts_table", "_fts_pk"})
_MOST_FACETS = 4  # columns of a table counted at once: each looks through all its rows
_REFUSED_BEGINNING = "_search_"  # one column of the index
_COMMON = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"strict-origin-when-cross-origin"))
_STRICT = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
_FRAMABLE = _STRICT.replace("frame-ancestors 'none'", "frame-ancestors *")
# Datasette's own pages write styles and a script into the page.
_DATASETTE = _STRICT.replace(
    "default-src 'self'", "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
)
_YEAR = b"public, max-age=31536000, immutable"


_COOKIE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")


class _Refused(Exception):
    """A request that is answered here."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def safety_headers(path: str, databases: list[str]) -> list[tuple[bytes, bytes]]:
    """Return what every answer of a path carries, errors included; pages of our tables are our own templates."""
    own = is_ours(path) or path.lstrip("/").split("/", 1)[0].split(".", 1)[0] in databases
    policy = _FRAMABLE if path == "/integrer" else _STRICT if own else _DATASETTE
    return [*_COMMON, (b"content-security-policy", policy.encode())]


def guard(datasette: Datasette) -> Callable[[App], App]:
    """Datasette's `asgi_wrapper`."""

    def wrap(app: App) -> App:
        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            base = datasette.setting("base_url").rstrip("/")
            path = scope["path"].removeprefix(base) or "/"
            shrink = Compressor(scope, send)
            started = False

            async def send_once(message: Message) -> None:
                nonlocal started
                started = True
                await shrink(_with_headers(message, path, site_of(datasette).databases))

            try:
                _judge(scope)
                scope = {**scope, "headers": _readable_cookies(scope["headers"])}
                await app(scope, await _body(scope, receive), send_once)
            except _Refused as exc:
                await _say(exc.status, exc.sentence, send_once)
            except Exception as exc:  # Datasette asserts, and its form reader decodes, outside of its own error handling
                meant = isinstance(exc, (AssertionError, ValueError, TypeError, LookupError))
                log.log(logging.WARNING if meant else logging.ERROR, "%s %s: %s: %s", scope["method"], path, type(exc).__name__, exc)
                if started:
                    raise
                if is_damage(exc):
                    await _say(503, DATABASE_DAMAGED, send_once)
                else:
                    await _say(*((400, NOT_UNDERSTOOD) if meant else (500, PAGE_FAILED)), send_once)

        return wrapped

    return wrap


def _judge(scope: Scope) -> None:
    """Raises _Refused for what no reader of this site asks."""
    query = scope.get("query_string", b"").decode("latin-1")
    if query.count("&") >= _MOST_PARAMETERS:
        raise _Refused(400, TOO_MANY_PARAMETERS.format(most=_MOST_PARAMETERS))
    if len(query) > LONGEST_ADDRESS:
        raise _Refused(400, ADDRESS_TOO_LONG)
    if any(len(one) > _LONGEST_SEGMENT for one in scope["path"].encode("utf-8", "replace").split(b"/")):
        raise _Refused(404, NO_SUCH_ADDRESS)
    pairs = parse_qsl(query, keep_blank_values=True)
    given = [name for name, _ in pairs]
    names = set(given)
    odd = "%00" in query or "\x00" in query or scope["path"].endswith(".blob")
    if odd or names & _REFUSED_PARAMETERS or any(name.startswith(_REFUSED_BEGINNING) for name in names):
        raise _Refused(400, NOT_ADMITTED)
    if any(name == "_search" and len(value) > LONGEST_QUERY for name, value in pairs):
        raise _Refused(400, QUERY_TOO_LONG.format(limit=LONGEST_QUERY))
    if sum(name.startswith("_facet") for name in given) > _MOST_FACETS:
        raise _Refused(400, TOO_MANY_FACETS.format(most=_MOST_FACETS))
    if any(name == b"authorization" and value.strip().lower().startswith(b"bearer") for name, value in scope["headers"]):
        raise _Refused(403, NO_TOKENS)


def _readable_cookies(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Return the same headers; of the cookies, those that are some (RFC 6265 §4.1.1): another site's on our domain must not shut a reader
    out.
    """
    kept = [header for header in headers if header[0] != b"cookie"]
    cookies = [part.strip() for name, value in headers if name == b"cookie" for part in value.split(b";")]
    cookies = [cookie for cookie in cookies if _COOKIE.fullmatch(cookie)]
    return [*kept, (b"cookie", b"; ".join(cookies))] if cookies else kept


async def _body(scope: Scope, receive: Receive) -> Receive:
    """Return what gives the body again once it is here, whole and of a type that is read; raises _Refused."""
    if scope["method"] not in _RECEIVING:
        return receive
    headers = {name.lower(): value for name, value in scope["headers"]}
    told = headers.get(b"content-length", b"0")
    if told.isdigit() and int(told[:20]) > LONGEST_BODY:
        raise _Refused(413, FORM_TOO_LONG)
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] != "http.request":  # gone
            raise _Refused(400, CUT_SHORT)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > LONGEST_BODY:
            raise _Refused(413, FORM_TOO_LONG)
        if not message.get("more_body"):
            break
    if size and headers.get(b"content-type", b"").split(b";")[0].strip().lower() != _FORM:
        raise _Refused(415, FORMS_ALONE)
    body = b"".join(parts)
    try:
        body.decode("utf-8")  # a form is ASCII; what is not is read as browsers write it, or not at all
    except UnicodeDecodeError as exc:
        raise _Refused(400, FORM_NOT_UTF_8) from exc
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again


def _with_headers(message: Message, path: str, databases: list[str]) -> Message:
    if message["type"] != "http.response.start":
        return message
    extra = safety_headers(path, databases)
    if "/-/static-plugins/veille/" in path and message["status"] == 200:
        extra.append((b"cache-control", _YEAR))  # their addresses carry the version of the code; fonts never change
    present = {name.lower() for name, _ in message["headers"]}
    return {**message, "headers": [*message["headers"], *(header for header in extra if header[0] not in present)]}


async def _say(status: int, sentence: str, send: Send) -> None:
    closing = {"connection": "close"} if status == 413 else {}  # what is left of the body is not waited for
    await Response.text(f"{sentence}\n", status=status, headers=closing).asgi_send(send)
