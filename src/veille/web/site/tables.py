"""What of the file is public, in French: the tables that Datasette shows, their titles, their columns."""

import functools
from dataclasses import dataclass
from typing import Any

import yaml

from veille.resources import package_text
from veille.store.public import PUBLIC
from veille.web.site.http import Datasette
from veille.web.site.state import known_site


def metadata(datasette: Datasette) -> dict[str, Any]:
    """Titles in French, and the search box of `articles`."""
    site = known_site(datasette)
    if site is None or not site.databases:
        return {}
    tables: dict[str, dict[str, Any]] = {
        one.name: {"title": explained(one.name).title, "description": explained(one.name).text,
                   "columns": explained(one.name).columns, "facets": list(one.facets)}
        for one in PUBLIC
    }  # fmt: skip
    tables["articles"] |= {"fts_table": "items_fts", "fts_pk": "id", "sort_desc": "id"}
    return {"databases": {name: {"tables": tables} for name in site.databases}}


@dataclass(frozen=True, slots=True)
class Explained:
    """A public table in French: what it is called, what it holds, what each column does."""

    title: str
    text: str
    columns: dict[str, str]


@functools.cache
def _given() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = yaml.safe_load(package_text("colonnes.yaml"))
    return found


@functools.cache
def explained(table: str) -> Explained:
    """Return what `data/colonnes.yaml` says of a public table: a line « _titre », a line « _ », a line for each column."""
    shared, own = _given()["commun"], _given()[table]
    return Explained(own["_titre"], own["_"], {name: text for name, text in {**shared, **own}.items() if not name.startswith("_")})
