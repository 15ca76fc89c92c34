"""What of the file is public, in French: the tables that Datasette shows, their titles, their columns."""

import functools
from typing import Any

import yaml

from veille.messages.reading import TABLE_TITLES
from veille.resources import package_text
from veille.web.site.state import known_site


def metadata(datasette: Any) -> dict[str, Any]:
    """Titles in French, and the search box of `articles`."""
    site = known_site(datasette)
    if site is None or not site.databases:
        return {}
    tables: dict[str, dict[str, Any]] = {
        name: {"title": title, "description": text, "columns": columns()[name], "facets": list(_FACETS.get(name, ()))}
        for name, (title, text) in TABLE_TITLES.items()
    }
    tables["articles"] |= {"fts_table": "items_fts", "fts_pk": "id", "sort_desc": "id"}
    return {"databases": {name: {"tables": tables} for name in site.databases}}


# Counted by themselves on the page of a table, where few values say much.
_FACETS = {
    "articles": ("kind",), "sources": ("state", "rights"), "item_tags": ("tag_id", "origin"), "item_territories": ("origin",),
    "item_dates": ("role",), "visits": ("outcome",), "departements": ("region",), "tags": ("group_label",),
}  # fmt: skip


@functools.cache
def columns() -> dict[str, dict[str, str]]:
    """What each public column holds, in French, by table."""
    given: dict[str, dict[str, str]] = yaml.safe_load(package_text("colonnes.yaml"))
    return {table: {name: text for name, text in {**given["commun"], **given[table]}.items() if name != "_"} for table in TABLE_TITLES}
