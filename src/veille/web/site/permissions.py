"""Who may see what of Datasette's own pages: a closed list, the same for everyone.

Everything that is not public is refused: hashes, hidden texts and private notes are in this file. What no list of tables can say is
refused before Datasette sees it (`guard`).
"""

from collections.abc import Awaitable, Callable

from datasette import Response

from veille.store.public import PUBLIC_TABLES
from veille.web.site.errors import PageError
from veille.web.site.http import Datasette
from veille.web.site.state import veille_databases

_REFUSED = frozenset({"execute-sql", "view-database-download", "permissions-debug", "debug-menu"})


def decide(datasette: Datasette, action: str, resource: str | tuple[str, ...] | None) -> Callable[[], Awaitable[bool | None]]:
    """True, False or None (no opinion), for Datasette's permission_allowed hook."""
    database = resource[0] if isinstance(resource, (tuple, list)) else resource

    async def inner() -> bool | None:
        if action not in _REFUSED and action not in ("view-table", "view-query"):
            return None
        ours = await veille_databases(datasette)
        if database is not None and database not in ours:
            return None
        if action == "view-table":
            return isinstance(resource, (tuple, list)) and resource[1] in PUBLIC_TABLES
        return False if action in _REFUSED else None

    return inner


async def closed() -> Response:
    """/-/…: what Datasette tells of itself (paths, versions, threads, its debugging pages) is nobody's here."""
    raise PageError(404)
