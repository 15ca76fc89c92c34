"""Who may see what of Datasette's own pages: a closed list, and what no list can say refused before Datasette sees it.

Everything that is not public is refused, to everyone: hashes, hidden texts and private notes are in this file.
"""

import logging
from typing import Any
from urllib.parse import parse_qsl

from datasette import Response

from veille.schema import PUBLIC_TABLES
from veille.web.compression import Compressor
from veille.web.errors import is_ours
from veille.web.site import site_of, veille_databases

log = logging.getLogger("veille")
_REFUSED = frozenset({"execute-sql", "view-database-download", "permissions-debug", "debug-menu"})
# `_through` filters by private tables, `_where` is SQL, `_extras` counts rows of private tables.
_REFUSED_PARAMETERS = frozenset({"_through", "_where", "_extras"})
_COMMON = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"strict-origin-when-cross-origin"))
_STRICT = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
_FRAMABLE = _STRICT.replace("frame-ancestors 'none'", "frame-ancestors *")
# Datasette's own pages write styles and a script into the page.
_DATASETTE = _STRICT.replace(
    "default-src 'self'", "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"
)
_YEAR = b"public, max-age=31536000, immutable"


def safety_headers(path: str, databases: list[str]) -> list[tuple[bytes, bytes]]:
    """What every answer of a path carries, errors included; pages of our tables are our own templates."""
    own = is_ours(path) or path.lstrip("/").split("/", 1)[0].split(".", 1)[0] in databases
    policy = _FRAMABLE if path == "/integrer" else _STRICT if own else _DATASETTE
    return [*_COMMON, (b"content-security-policy", policy.encode())]


def decide(datasette: Any, action: str, resource: Any) -> Any:
    """True, False or None (no opinion), for Datasette's permission_allowed hook."""
    database = resource[0] if isinstance(resource, (tuple, list)) else resource

    async def inner() -> bool | None:
        if action not in _REFUSED and action not in ("view-table", "view-query"):
            return None
        ours = await veille_databases(datasette)
        if database is not None and database not in ours:
            return None
        if action == "view-table":
            return resource[1] in PUBLIC_TABLES
        return False if action in _REFUSED else None

    return inner


def guard(datasette: Any) -> Any:
    """An ASGI wrapper: refused parameters answer 400, every answer carries the same safety headers."""

    def wrap(app: Any) -> Any:
        async def wrapped(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return

            shrink = Compressor(scope, send)

            async def send_with_headers(message: Any) -> None:
                if message["type"] == "http.response.start":
                    extra = safety_headers(path, site_of(datasette).databases)
                    if "/-/static-plugins/veille/" in path and message["status"] == 200:
                        extra.append((b"cache-control", _YEAR))  # their addresses carry the version of the code; fonts never change
                    present = {name.lower() for name, _ in message["headers"]}
                    extra = [header for header in extra if header[0] not in present]
                    message = {**message, "headers": [*message["headers"], *extra]}
                await shrink(message)

            base = datasette.setting("base_url").rstrip("/")
            path = scope["path"].removeprefix(base) or "/"
            query = scope.get("query_string", b"").decode("latin-1")
            names = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
            if names & _REFUSED_PARAMETERS or "%00" in query or "\x00" in query or scope["path"].endswith(".blob"):
                refusal = Response.text("Cette demande n’est pas admise sur ce site.\n", status=400)
                await refusal.asgi_send(send_with_headers)
                return
            started = False

            async def send_once(message: Any) -> None:
                nonlocal started
                started = True
                await send_with_headers(message)

            try:
                await app(scope, receive, send_once)
            except (AssertionError, UnicodeError, ValueError) as exc:
                if started:
                    raise
                # Datasette asserts, and its form reader decodes, outside of its own error handling.
                log.warning("%s %s: %s", scope["method"], scope["path"], exc)
                await Response.text("Demande incomprise.\n", status=400).asgi_send(send_with_headers)

        return wrapped

    return wrap
