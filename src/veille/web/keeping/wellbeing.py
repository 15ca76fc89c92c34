"""/-/veille/sante: how veille fares, as JSON, for a monitor outside. 200 while a run ended lately, 503 otherwise."""

import asyncio
import time

import datasette
from datasette import Response
from datasette.utils import sqlite_timelimit
from datasette.utils.sqlite import sqlite3

from veille import __version__
from veille.store.connection import Connection
from veille.store.keeping.wellbeing import is_whole, wellbeing
from veille.web.site.errors import PageError, is_damage
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.state import alone, database, reading, site_of

_A_LOOK = 300  # milliseconds; a file of some ten thousand articles is looked through in that
_PAUSE = 15.0  # seconds between two looks


async def sante(datasette: Datasette, request: HttpRequest) -> Response:
    """Numbers and states only: nothing here names a person or shows a text."""
    if request.method not in ("GET", "HEAD"):
        raise PageError(405)
    versions = {"veille": __version__, "datasette": _datasette_version(), "sqlite": sqlite3.sqlite_version}
    try:
        found = await reading(datasette, wellbeing, site_of(datasette).clock())
        sound = await _is_sound(datasette)
    except (sqlite3.DatabaseError, UnicodeDecodeError) as exc:
        if not is_damage(exc):
            raise
        found, sound = {}, False
    found = {**found, "well": bool(found.get("well")) and sound, "sound": sound, "versions": versions}
    return Response.json(found, status=200 if found["well"] else 503, headers={"cache-control": "no-store"})


async def _is_sound(datasette: Datasette) -> bool:
    """Return whether nothing is wrong as far as a short look tells: what the disk holds is read on a connection of its own."""
    site, db = site_of(datasette), await database(datasette)
    if db.is_memory:
        return True
    if not site.looked or time.monotonic() - site.looked[0] > _PAUSE:
        site.looked = (time.monotonic(), await asyncio.to_thread(alone, db, _look))
    return site.looked[1]


def _look(connection: Connection) -> bool:
    try:
        with sqlite_timelimit(connection, _A_LOOK):
            return is_whole(connection)
    except sqlite3.OperationalError as exc:
        if is_damage(exc):
            raise
        return True  # a large file is not looked through to its end


def _datasette_version() -> str:
    return str(datasette.__version__)
