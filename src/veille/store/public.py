"""What of the file everybody may have, declared once: Datasette's pages, the permission, `veille export`, the sitemap, /donnees.

To add a table or a view: a line here, and its title, its text and its columns in French in `data/colonnes.yaml`.
"""

from dataclasses import dataclass

from veille.store.connection import Connection

_LABELS = "select * from {} where exists (select 1 from items where items.id = item_id and state <> 'dismissed')"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTable:
    """A table or view that anybody may read."""

    name: str
    rows: str  # SQL of what `veille export` hands out, in order
    facets: tuple[str, ...] = ()  # columns that its page counts by themselves: few values that say much
    page: str = ""  # the address of a row's own page, `{id}` for its first column; the sitemap tells them


PUBLIC = (
    PublicTable(name="articles", rows="select * from articles order by id", facets=("kind",)),
    PublicTable(name="sources", rows="select * from sources order by id", facets=("state", "rights"), page="/source/{id}"),
    PublicTable(name="tags", rows="select * from tags order by position, id", facets=("group_label",), page="/theme/{id}"),
    PublicTable(name="departements", rows="select * from departements order by code", facets=("region",), page="/departement/{id}"),
    PublicTable(
        name="item_tags", rows=_LABELS.format("item_tags") + " and origin <> 'refused' order by item_id, tag_id",
        facets=("tag_id", "origin"),
    ),
    PublicTable(
        name="item_territories", rows=_LABELS.format("item_territories") + " order by item_id, code", facets=("origin",)
    ),
    PublicTable(
        name="item_dates", rows=_LABELS.format("item_dates") + ' order by item_id, start, "end", role', facets=("role",)
    ),
    PublicTable(
        name="stories",
        rows="select * from stories where exists (select 1 from items where story_id = stories.id and state <> 'dismissed') order by id",
    ),
    PublicTable(name="fiches_publiees", rows="select * from fiches_publiees order by id", facets=("kind",)),
    PublicTable(name="initiatives", rows="select * from initiatives order by id", facets=("stage",), page="/initiative/{id}"),
    PublicTable(name="lignes", rows="select * from lignes order by id", facets=("heading", "kind")),
    PublicTable(name="liens", rows="select * from liens order by id", facets=("relation",)),
    PublicTable(name="runs", rows="select * from runs order by id"),
    PublicTable(name="visits", rows="select * from visits order by id", facets=("outcome",)),
)  # fmt: skip
PUBLIC_TABLES = tuple(table.name for table in PUBLIC)


def keys_of(db: Connection, table: PublicTable) -> list[str]:
    """Return the first column of each row that has a page of its own."""
    return [str(row[0]) for row in db.execute(table.rows).fetchall()]
