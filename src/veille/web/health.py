"""/-/veille/sante: how veille fares, as JSON, for a monitor outside. 200 while a run ended lately, 503 otherwise."""

from typing import Any

import datasette
from datasette import Response
from datasette.utils.sqlite import sqlite3

from veille import __version__
from veille.store.wellbeing import wellbeing
from veille.web.errors import PageError
from veille.web.site import reading, site_of


async def sante(datasette: Any, request: Any) -> Any:
    """Numbers and states only: nothing here names a person or shows a text."""
    if request.method not in ("GET", "HEAD"):
        raise PageError(405)
    found = await reading(datasette, wellbeing, site_of(datasette).clock())
    versions = {"veille": __version__, "datasette": _datasette_version(), "sqlite": sqlite3.sqlite_version}
    return Response.json(found | {"versions": versions}, status=200 if found["well"] else 503, headers={"cache-control": "no-store"})


def _datasette_version() -> str:
    return str(datasette.__version__)
