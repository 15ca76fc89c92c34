"""Lines of fiches that say word for word what rights hide of their article.

Comes in: articles, or fiches. Goes out: the lines that must not be shown. A line quotes what was shown when it was written; rights narrow,
articles go back to their owner, acts are undone: each of these asks here.
"""

import json
from collections.abc import Iterable

from veille.french import bare
from veille.store.collecting.corrections import SOURCE_SUMMARY
from veille.store.connection import Connection, has_table
from veille.store.fiche_index import index_fiche

_TOGETHER = 8  # words in a row that no two people write by chance; a shorter line is looked for whole
_LEAST = 4  # words


def quoting_hidden(db: Connection, *, items: Iterable[int] = (), fiches: Iterable[int] = ()) -> list[tuple[int, int]]:
    """Return the shown lines, of these articles or on these fiches, that say word for word what rights hide of an article of their sheet,
    whatever source they name: line, fiche.
    """
    rows = db.execute(
        "with asked as (select fiche_lines.id as line, fiche_lines.fiche_id as fiche, fiche_lines.text as said, source_item "  # noqa: S608
        "from fiche_lines "
        "where fiche_lines.state = 'montree' and (fiche_lines.fiche_id in (select value from json_each(?2)) "
        "or source_item in (select value from json_each(?1)) "
        "or fiche_lines.fiche_id in (select fiche_id from fiche_items where item_id in (select value from json_each(?1))))), "
        "pairs as (select line, fiche, said, source_item as item from asked where source_item is not null union "
        "select line, fiche, said, item_id from asked join fiche_items on fiche_items.fiche_id = fiche) "
        f"select line, fiche, said, title || ' ' || {SOURCE_SUMMARY} || ' ' || summary, texts.text || ' ' || page "
        "from pairs join items on items.id = item join texts on texts.item_id = items.id",
        (json.dumps(list(items)), json.dumps(list(fiches))),
    ).fetchall()
    shown_by: dict[int, list[str]] = {}  # what any of its articles shows may be said
    for line, _, _, shown, _ in rows:
        shown_by.setdefault(line, []).append(bare(shown))
    found = {
        (line, fiche)
        for line, fiche, text, _, whole in rows
        if _is_hidden(bare(text), f" {' | '.join(shown_by[line])} ", f" {bare(whole)} ")
    }
    return sorted(found)


def _is_hidden(line: str, shown: str, whole: str) -> bool:
    words = line.split()
    if len(words) < _LEAST:
        return False
    size = min(_TOGETHER, len(words))
    runs = (f" {' '.join(words[start : start + size])} " for start in range(len(words) - size + 1))
    return any(run in whole and run not in shown for run in runs)


def set_quotes_aside(db: Connection, item_ids: list[int]) -> None:
    """Lines that quote what is not shown any more of these articles wait for a curator."""
    if not item_ids or not has_table(db, "fiche_lines"):
        return
    quoted = quoting_hidden(db, items=item_ids)
    db.executemany("update fiche_lines set state = 'a-revoir' where id = ?", [(line,) for line, _ in quoted])
    for fiche in {fiche for _, fiche in quoted}:
        index_fiche(db, fiche)


def untell_reasons(db: Connection, item_ids: list[int]) -> None:
    """Why these articles, or others of their fiches, were proposed is told no more: it may name what is hidden now."""
    if not item_ids or not has_table(db, "fiche_lines"):
        return
    db.execute(
        "update fiche_items set reason = '' where reason <> '' and fiche_id in "
        "(select fiche_id from fiche_items where item_id in (select value from json_each(?)))",
        (json.dumps(item_ids),),
    )
