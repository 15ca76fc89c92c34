"""Datasette's tables as a French spreadsheet opens them: what its own CSV would hand over unguarded (formulas, codes taken for numbers)."""

import json
from urllib.parse import parse_qsl, urlencode

from datasette import Response

from veille.messages.reading import NO_CSV_OF_ROWS
from veille.web.reading.outputs import as_sheet
from veille.web.site.errors import PageError
from veille.web.site.http import Datasette, HttpRequest, Send
from veille.web.site.state import site_of, veille_databases

_OF_ITS_CSV = frozenset({"_stream", "_dl", "_header", "_shape", "_format", "_nl", "_labels", "_extra"})
_FAILURES = {400: 400, 403: 403, 404: 404}


async def table_csv(datasette: Datasette, request: HttpRequest, send: Send) -> Response:
    """/<database>/<table>.csv: at most five hundred rows, with the filters of the table's page; other databases keep Datasette's."""
    if request.method not in ("GET", "HEAD"):
        raise PageError(405)
    database, table = request.url_vars["database"], request.url_vars["table"]
    if database not in await veille_databases(datasette):
        from datasette.views.table import TableView  # Datasette loads its plugins before its pages

        request.scope["url_route"]["kwargs"]["format"] = "csv"
        return await TableView.as_view(datasette)(request, send)
    given = [pair for pair in parse_qsl(request.query_string, keep_blank_values=True) if pair[0] not in _OF_ITS_CSV]
    if "_size" not in dict(given):
        given.append(("_size", "max"))
    # A reader's rights, whoever asks: the same rows as on the page, by Datasette's own reading of the filters.
    response = await datasette.client.get(f"/{database}/{table}.json?{urlencode([*given, ('_shape', 'arrays')])}")
    if response.status_code != 200:
        raise PageError(_FAILURES.get(response.status_code, 503))
    found = json.loads(response.content)
    site = site_of(datasette)
    return as_sheet(found["columns"], found["rows"], site.knowledge, name=table, today=site.today())


async def row_csv() -> Response:
    """/<database>/<table>/<row>.csv: there is none of one row."""
    raise PageError(404, NO_CSV_OF_ROWS)
