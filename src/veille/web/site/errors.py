"""Pages for what went wrong: one sentence, a way on, nothing of our insides.

Datasette's own handler prints local variables to the terminal on every error, 404 included: it is taken out.
"""

import logging
import re
import time
from dataclasses import dataclass

from datasette import Response
from datasette.plugins import pm
from datasette.utils.asgi import Base400, NotFound
from datasette.utils.sqlite import sqlite3

from veille.errors import StoreError, UsageError, is_torn_schema
from veille.messages.reading import DATABASE_AWAY, DATABASE_DAMAGED, ERROR_PAGES, TOO_SLOW, WAITS_FOR_MIGRATION
from veille.web.site.context import Context, given_by
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.state import site_of

log = logging.getLogger("veille")


class PageError(Exception):
    """A page that answers with a status and a sentence."""

    def __init__(self, status: int, sentence: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def replace_default_handler() -> None:
    """Take Datasette's own handler out, once."""
    default = pm.get_plugin("datasette.handle_exception")
    if default is not None:
        pm.unregister(default)


async def answer(datasette: Datasette, request: HttpRequest, exception: Exception) -> Response:
    """The page for an exception."""
    status, sentence = _meaning(exception, ours=is_ours(request.path))
    if is_damage(exception):
        site_of(datasette).looked = (time.monotonic(), False)  # the health page says so at once
    if status == 500:
        log.error("page %s", request.path, exc_info=exception)
    return await page(datasette, request, status, sentence)


def is_ours(path: str) -> bool:
    """Return whether a path is one of our own pages and not one of Datasette's."""
    return any(route.match(path) for route in _OURS) or path.strip("/").split("/")[0].split(".")[0] in FIRST_WORDS


# First words of our addresses (`routes` adds them): what follows them is judged by us even where no route fits.
FIRST_WORDS: set[str] = {""}
_OURS = (re.compile(r"^/-/"), re.compile(r"^/sitemap-"))


def _meaning(exception: Exception, *, ours: bool) -> tuple[int, str]:
    if isinstance(exception, PageError):
        return exception.status, exception.sentence
    if isinstance(exception, UsageError):
        return 400, str(exception)
    if isinstance(exception, StoreError):
        return 503, str(exception)
    if isinstance(exception, NotFound):
        return 404, ""
    if is_torn_schema(exception):
        log.error("malformed database schema")
        return 503, DATABASE_DAMAGED
    if isinstance(exception, sqlite3.DatabaseError) and (said := _unusable(exception, ours=ours)):
        return 503, said
    if getattr(exception, "title", None) == "SQL Interrupted":
        return 503, TOO_SLOW
    status = getattr(exception, "status", None)
    if isinstance(exception, Base400) or (isinstance(status, int) and 400 <= status < 500):
        return int(status or 400), ""
    if "rowid" in str(exception):
        return 404, ""  # Datasette looks for the row of a view, which has none
    if not ours:
        # On Datasette's own pages a parameter that makes no sense ends in whatever SQLite or Python says of it.
        log.warning("%s: %s", type(exception).__name__, exception)
        return 400, ""
    return 500, ""


# Primary result codes (sqlite.org/rescode.html): busy, locked, read-only, I/O error, corrupt, full, cannot open, not a database.
_OF_THE_FILE = frozenset({5, 6, 8, 10, 11, 13, 14, 26})
_OF_DAMAGE = frozenset({11, 26})


def is_damage(exception: BaseException) -> bool:
    """Return whether SQLite says that the file is torn, or no database any more."""
    return is_torn_schema(exception) or (isinstance(exception, sqlite3.DatabaseError) and _code(exception) in _OF_DAMAGE)


def _code(exception: BaseException) -> int:
    return int(getattr(exception, "sqlite_errorcode", None) or 0) & 0xFF


def _unusable(exception: Exception, *, ours: bool) -> str:
    """Return what to say where the file, and not the request, is why SQLite refused; "" otherwise."""
    if _code(exception) in _OF_THE_FILE:
        log.error("%s", exception)
        return DATABASE_DAMAGED if is_damage(exception) else DATABASE_AWAY
    if ours and str(exception).startswith(("no such table", "no such column", "no such function")):
        return WAITS_FOR_MIGRATION
    return ""


async def refuse(datasette: Datasette, request: HttpRequest) -> Response:
    """The page for what is not public."""
    return await page(datasette, request, 403, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage(Context):
    """What went wrong; `q`: the words that were searched for, to begin again with."""

    template = "site/erreur.html"
    here = "erreur"
    status: int
    error_title: str
    sentence: str
    q: str


async def page(datasette: Datasette, request: HttpRequest, status: int, sentence: str) -> Response:
    """An error in the reader's format."""
    title, words = ERROR_PAGES.get(status, ERROR_PAGES[500])
    headers = {"retry-after": "60"} if status in (429, 503) else {}
    if request.path.endswith((".json", ".csv", ".atom", ".jsonfeed", ".ics")):
        body = {"ok": False, "status": status, "error": sentence or words}
        return Response.json(body, status=status, headers=headers)
    context = ErrorPage(status=status, error_title=title, sentence=sentence or words, q=request.args.get("q") or "")
    html = await datasette.render_template(context.template, given_by(context), request=request)
    return Response.html(html, status=status, headers=headers)
