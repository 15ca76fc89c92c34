"""What follows of the initiatives that are kept: articles told of the same territory, proposed to curators.

Comes in: a file, and up to where it was looked through. Goes out: rows of `fiche_items` whose role is `propose`, each with its reason.
Forbidden: deciding. A curator joins an article to a sheet, or refuses it, and what is refused is never proposed again.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AbstractContextManager

from veille.french import bare
from veille.messages.sharing import SHARED_NAME, SHARED_WORDS
from veille.store.collecting.boilerplate import Boilerplates
from veille.store.collecting.neighbours import counted, in_common, sharing_keywords, terms_kept
from veille.store.connection import Connection
from veille.store.settings import followed_to, remember_settings
from veille.understand.following import LEAST, Telling, follows, telling

_AT_ONCE = 500  # articles of one transaction
_CANDIDATES = 80  # articles that share keywords with one of a new sheet
_READ = 20  # articles of sheets that one article is compared with
_TOLD = 4  # words of a reason

# Articles of sheets that live; one that is proposed or refused says nothing of them.
_FIRSTS = """
select fiche_items.fiche_id, first.id, first.day, coalesce(first.story_id, 0), code
from fiche_territories join fiches on fiches.id = fiche_territories.fiche_id and fiches.state <> 'retiree' and merged_into is null
    and fiches.kind = 'initiative'
join fiche_items on fiche_items.fiche_id = fiches.id and fiche_items.role in ('source', 'suite')
join items as first on first.id = fiche_items.item_id
where code in (select value from json_each(:codes)) and (:fiche = 0 or fiches.id = :fiche)
"""
_LATER = """
select id, day, coalesce(story_id, 0), code from items join item_territories on item_id = items.id
where id in (select value from json_each(?)) and state <> 'dismissed' and lead
"""
_KNOWN = """
select fiche_id, item_id from fiche_items where fiche_id in (select value from json_each(?1)) union
select fiche_id, items.id from fiche_items join items as told on told.id = item_id join items on items.story_id = told.story_id
where fiche_id in (select value from json_each(?1))
"""
_KEYWORDS = "select item_id, word, weight from keywords where item_id in (select value from json_each(?))"


def propose_new(db: Connection, places: frozenset[str], hold: Callable[[], AbstractContextManager[None]], at: str) -> int:
    """Look through the articles that came since the last time; how many were proposed. `hold` opens a transaction for each part."""
    last, proposed = followed_to(db), 0
    while ids := [row[0] for row in db.execute("select id from items where id > ? order by id limit ?", (last, _AT_ONCE))]:
        found = _found(db, _pairs(db, ids), places)
        last = ids[-1]
        with hold():
            proposed += _keep(db, found, at)
            remember_settings(db, followed_to=str(last))
    return proposed


def propose_to(db: Connection, fiche_id: int, places: frozenset[str], at: str) -> int:
    """Look for what follows of a sheet among the articles that are kept; the caller holds the transaction."""
    told = "select item_id from fiche_items where fiche_id = ? and role in ('source', 'suite')"
    likely = [row[0] for (item,) in db.execute(told, (fiche_id,)).fetchall() for row in sharing_keywords(db, item, 0.0)[:_CANDIDATES]]
    return _keep(db, _found(db, _pairs(db, likely, fiche_id), places), at)


Pair = tuple[int, int, int]  # sheet, article of it, article that may follow
Found = tuple[int, int, str]  # sheet, article, why


def _pairs(db: Connection, ids: Collection[int], fiche_id: int = 0) -> list[Pair]:
    """Return the pairs that are worth reading: same territory, no earlier, keywords in common; a few for each article, so that a
    département with thousands of sheets costs no more than another.
    """
    later: dict[int, tuple[str, int, set[str]]] = {}
    for item, day, story, code in db.execute(_LATER, (json.dumps(list(ids)),)):
        later.setdefault(item, (day, story, set()))[2].add(code)
    codes = {code for _, _, held in later.values() for code in held}
    firsts: dict[tuple[int, int], tuple[str, int, set[str]]] = {}
    for fiche, item, day, story, code in db.execute(_FIRSTS, {"codes": json.dumps(sorted(codes)), "fiche": fiche_id}):
        firsts.setdefault((fiche, item), (day, story, set()))[2].add(code)
    if not firsts:
        return []
    known = set(map(tuple, db.execute(_KNOWN, (json.dumps(sorted({fiche for fiche, _ in firsts})),)).fetchall()))
    holders: dict[int, list[tuple[tuple[int, int], int]]] = {}
    of_item: dict[int, list[tuple[int, int]]] = {}
    for pair in firsts:
        of_item.setdefault(pair[1], []).append(pair)
    for item, word, weight in db.execute(_KEYWORDS, (json.dumps(list(of_item)),)):
        holders.setdefault(word, []).extend((pair, weight) for pair in of_item[item])
    scores: dict[int, Counter[tuple[int, int]]] = {}
    for item, word, weight in db.execute(_KEYWORDS, (json.dumps(list(later)),)):
        own = scores.setdefault(item, Counter())
        for pair, other in holders.get(word, ()):
            own[pair] += weight * other
    found = []
    for item, own in scores.items():
        day, story, places = later[item]
        kept = [
            pair
            for pair, _ in own.most_common()
            if pair[1] != item and day >= firsts[pair][0] and not (story and story == firsts[pair][1]) and places & firsts[pair][2]
            and (pair[0], item) not in known
        ]  # fmt: skip
        found += [(*pair, item) for pair in kept[:_READ]]
    return found


def _found(db: Connection, asked: Sequence[Pair], places: frozenset[str]) -> list[Found]:
    """Return the pairs of which the article follows, each sheet's best reason."""
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
