"""The narrow rows that searches read (`item_facets`, `postings`), also where a file waits for the migration that makes them.

Comes in: SQL over them. Goes out: SQL that any of our files can run: slowly before m005, and rightly.
"""

from veille.store.connection import Connection, has_table


def narrow(db: Connection, sql: str) -> str:
    """Return the statement, with the tables it reads described in front where the file has none."""
    return sql if has_table(db, "item_facets") else _BEFORE + sql


_BEFORE = """with item_labels as (
    select item_id, 'themes ' || tag_id as label from item_tags where origin <> 'refused'
    union all select item_id, 'departements ' || code from item_territories
    union all select distinct item_id, 'regions ' || region_code from item_territories join departements using (code)
    union all select item_id, 'sources ' || source_id from sightings
    union all select id, 'kinds ' || kind from items
    union all select id, 'languages ' || language from items),
postings as (select label, day, item_id from item_labels join items on items.id = item_id),
item_facets as (select id as item_id, day, story_id, state, interest, kind, language,
    coalesce((select ' ' || group_concat(tag_id, ' ') || ' ' from item_tags
        where item_id = items.id and origin <> 'refused'), '') as themes,
    coalesce((select ' ' || group_concat(code, ' ') || ' ' from item_territories where item_id = items.id), '') as departements,
    coalesce((select ' ' || replace(group_concat(distinct region_code), ',', ' ') || ' '
        from item_territories join departements using (code) where item_id = items.id), '') as regions,
    coalesce((select ' ' || group_concat(source_id, ' ') || ' ' from sightings where item_id = items.id), '') as sources,
    kind || ' ' || language || ' ' || substr(day, 1, 4) as traits
    from items)
"""
