"""The door to readers and curators: Datasette's hooks, each handed over in a line or two.

Datasette is imported in this folder alone. The plugin works under `veille serve` and under plain `datasette data/veille.db`.
"""

import warnings
from typing import Any

from datasette import hookimpl

from veille import logs
from veille.store.connection import Connection
from veille.web import routes
from veille.web.site import errors, guard, permissions, session, state, tables, templating
from veille.web.site.http import Datasette, HttpRequest


@hookimpl
def startup(datasette: Datasette) -> Any:
    logs.set_up()
    errors.replace_default_handler()
    # Datasette leaves the coroutines of its facets behind when the first of their questions is refused.
    warnings.filterwarnings("ignore", message="coroutine .* was never awaited", category=RuntimeWarning)
    return lambda: state.open_site(datasette)


@hookimpl
def register_routes() -> list[tuple[str, Any]]:
    return routes.ROUTES


@hookimpl
def permission_allowed(datasette: Datasette, action: str, resource: Any) -> Any:
    return permissions.decide(datasette, action, resource)


@hookimpl
def actor_from_request(datasette: Datasette, request: HttpRequest) -> Any:
    return lambda: session.actor_of(datasette, request)


@hookimpl(trylast=True)
def prepare_connection(conn: Connection) -> None:
    state.prepare_connection(conn)


@hookimpl
def prepare_jinja2_environment(env: Any) -> None:
    templating.prepare_templates(env)


@hookimpl
def extra_template_vars(datasette: Datasette, request: HttpRequest) -> Any:
    return lambda: templating.shared_variables(datasette, request)


@hookimpl
def get_metadata(datasette: Datasette) -> dict[str, Any]:
    return tables.metadata(datasette)


@hookimpl
def asgi_wrapper(datasette: Datasette) -> Any:
    return guard.guard(datasette)


@hookimpl(tryfirst=True)
def handle_exception(datasette: Datasette, request: HttpRequest, exception: Exception) -> Any:
    return lambda: errors.answer(datasette, request, exception)


@hookimpl(tryfirst=True)
def forbidden(datasette: Datasette, request: HttpRequest) -> Any:
    return lambda: errors.refuse(datasette, request)
