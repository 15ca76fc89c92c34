"""What follows of the initiatives that are kept: articles told of the same territory, proposed to curators.

Comes in: a file, and up to where it was looked through. Goes out: rows of `fiche_items` whose role is `propose`, each with its reason.
Forbidden: deciding. A curator joins an article to a sheet, or refuses it, and what is refused is never proposed again.
"""

import json
from collections.abc import Callable, Collection, Iterable
from contextlib import AbstractContextManager

from veille.french import bare
from veille.messages.sharing import SHARED_NAME, SHARED_WORDS
from veille.store.collecting.boilerplate import Boilerplates
from veille.store.collecting.neighbours import counted, in_common, sharing_keywords, terms_kept
from veille.store.connection import Connection, has_table
from veille.store.settings import remember_settings, setting
from veille.understand.following import LEAST, Telling, follows, telling

_LOOKED_TO = "followed_to"  # the last article that was looked at
_AT_ONCE = 500  # articles of one transaction
_CANDIDATES = 80  # articles that share keywords with one of a new sheet
_TOLD = 4  # words of a reason

# Sheets that live, and articles of theirs; one that is proposed or refused says nothing of them.
_PAIRS = """
select distinct fiche_items.fiche_id, fiche_items.item_id, items.id
from items join item_territories as here on here.item_id = items.id
join fiche_territories as theirs using (code)
join fiches on fiches.id = theirs.fiche_id and fiches.state <> 'retiree' and merged_into is null
    and fiches.kind = 'initiative'
join fiche_items on fiche_items.fiche_id = fiches.id and fiche_items.role in ('source', 'suite')
join items as first on first.id = fiche_items.item_id
where {which} and items.state <> 'dismissed' and items.lead and items.day >= first.day and items.id <> first.id
and (items.story_id is null or items.story_id is not first.story_id)
and exists (select 1 from keywords as own join keywords as other using (word) where own.item_id = items.id and other.item_id = first.id)
and not exists (select 1 from fiche_items as known where known.fiche_id = fiches.id and (known.item_id = items.id
    or known.item_id in (select id from items as told where told.story_id = items.story_id)))
"""
_OF_NEW = _PAIRS.format(which="items.id in (select value from json_each(?))")
_OF_FICHE = _PAIRS.format(which="fiches.id = ?1 and items.id in (select value from json_each(?2))")


def has_new(db: Connection) -> bool:
    """Return whether articles came that no sheet which lives was asked for."""
    if not has_table(db, "fiches") or db.execute("select 1 from fiches where state <> 'retiree' limit 1").fetchone() is None:
        return False
    (newest,) = db.execute("select coalesce(max(id), 0) from items").fetchone()
    return bool(newest > _looked_to(db))


def _looked_to(db: Connection) -> int:
    told = setting(db, _LOOKED_TO)
    return int(told or db.execute("select coalesce(min(item_id), 0) from fiche_items").fetchone()[0])


def propose_new(db: Connection, places: frozenset[str], hold: Callable[[], AbstractContextManager[None]], at: str) -> int:
    """Look through the articles that came since the last time; how many were proposed. `hold` opens a transaction for each part."""
    last, proposed = _looked_to(db), 0
    while ids := [row[0] for row in db.execute("select id from items where id > ? order by id limit ?", (last, _AT_ONCE))]:
        found = _found(db, db.execute(_OF_NEW, (json.dumps(ids),)).fetchall(), places)
        last = ids[-1]
        with hold():
            proposed += _keep(db, found, at)
            remember_settings(db, **{_LOOKED_TO: str(last)})
    return proposed


def propose_to(db: Connection, fiche_id: int, places: frozenset[str], at: str) -> int:
    """Look for what follows of a sheet among the articles that are kept; the caller holds the transaction."""
    told = "select item_id from fiche_items where fiche_id = ? and role in ('source', 'suite')"
    likely = [row[0] for (item,) in db.execute(told, (fiche_id,)).fetchall() for row in sharing_keywords(db, item, 0.0)[:_CANDIDATES]]
    return _keep(db, _found(db, db.execute(_OF_FICHE, (fiche_id, json.dumps(likely))).fetchall(), places), at)


Found = tuple[int, int, str]  # sheet, article, why


def _found(db: Connection, pairs: Iterable[tuple[int, int, int]], places: frozenset[str]) -> list[Found]:
    """Return the pairs of which the article follows, each sheet's best reason."""
    asked = [(fiche, first, later) for fiche, first, later in pairs]
    if not asked:
        return []
    known = _tellings(db, {item for _, first, later in asked for item in (first, later)}, places)
    best: dict[tuple[int, int], tuple[float, int, str]] = {}
    for fiche, first, later in asked:
        if first not in known or later not in known:
            continue
        score, name = follows(known[first], known[later])
        if score >= LEAST and score > best.get((fiche, later), (0.0,))[0]:
            best[fiche, later] = (score, first, name)
    return [(fiche, later, _reason(db, first, later, name)) for (fiche, later), (_, first, name) in sorted(best.items())]


def _tellings(db: Connection, ids: Collection[int], places: frozenset[str]) -> dict[int, Telling]:
    terms = dict(terms_kept(db, sorted(ids), Boilerplates(db), places))
    wanted = json.dumps(sorted({word for found in terms.values() for word, _ in found}))
    held = dict(db.execute("select word, texts from word_counts where word in (select value from json_each(?))", (wanted,)).fetchall())
    texts = counted(db)
    rows = db.execute(
        "select id, title || char(10) || text from items_words where id in (select value from json_each(?))", (json.dumps(sorted(ids)),)
    )
    return {item: telling(text, terms[item], held, texts) for item, text in rows if item in terms}


def _reason(db: Connection, first: int, later: int, name: str) -> str:
    """Return why, in words that a reader may see: a name, or words in common; a word of hidden texts alone is not told."""
    words = in_common(db, first, [later])[later]
    shown = db.execute("select title || ' ' || summary from items where id in (?, ?)", (first, later)).fetchall()
    named = name and any(f" {bare(name)} " in f" {bare(row[0])} " for row in shown)
    return SHARED_NAME.format(name=name) if named else SHARED_WORDS.format(words=", ".join(words[:_TOLD])) if words else ""


def _keep(db: Connection, found: Iterable[Found], at: str) -> int:
    rows = [(fiche, item, reason, at) for fiche, item, reason in found]
    db.executemany("insert or ignore into fiche_items (fiche_id, item_id, role, reason, at) values (?, ?, 'propose', ?, ?)", rows)
    return len(rows)
