"""What waits to be sorted: the queue of new articles, the most interesting first; the articles of a story are one row. Reading only.

Comes in: a plain connection, what is asked of the queue. Goes out: `Queue`. A page costs the same whatever the file holds. The next one
begins after an article, not at a number: what was decided meanwhile has left, and nothing is passed over for it.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from veille.french import bare
from veille.messages.common import STATE_LABELS
from veille.messages.curating import TWIN_DECIDED, decided_meanwhile
from veille.store.cards import Card, cards
from veille.store.collecting.neighbours import neighbours
from veille.store.connection import Connection
from veille.store.curating.decisions import last_decision

PAGE = 50
ORDERS = ("interest", "date", "source", "theme", "departement")
LISTS = ("new", "later", "selected", "dismissed")
_COUNTED = 1_000  # beyond, « plus de »
_OF_LABEL = 4_000  # the newest articles of a label, among which those that wait are looked for; and those that are put in groups
_ALIKE = 40
_NEWEST = f"select item_id from (select item_id from postings where label = :label{{place}} order by day desc limit {_OF_LABEL})"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A theme on an article, decided by a curator or only suggested, and why."""

    tag: str
    decided: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An article of the queue."""

    card: Card
    tags: list[Suggestion]
    said: str  # who decided about it last, or about another article of its story; "" for nobody
    noted: bool
    group: str = ""  # the theme or département that it stands under, where the queue is so ordered


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of the queue; `alike`: an article, and those like it."""

    state: str = "new"
    order: str = "interest"
    source: str = ""
    theme: str = ""
    departement: str = ""
    alike: int = 0
    after: int = 0  # the last article of the page before, 0 for the first page


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of the queue."""

    rows: list[Waiting] = field(default_factory=list)
    total: int = 0
    more: bool = False  # there are more than `total`
    follows: bool = False  # another page follows
    seen: int = 0  # the last decision of all: what a curator has before his eyes


def queue(db: Connection, asked: Asked, size: int = PAGE) -> Queue:
    """Return the articles of a page, and how many wait in all."""
    no_groups: dict[int, str] = {}
    if asked.alike:
        ids, groups = _alike(db, asked.alike), no_groups
        total, more = len(ids), False
        ids = ids[ids.index(asked.after) + 1 if asked.after in ids else 0 :][: size + 1]
    elif asked.source or asked.theme or asked.departement or asked.order in ("theme", "departement"):
        ids, groups, total = _gathered(db, asked, size + 1)
        more = total > _COUNTED
    else:
        ids, groups = _listed(db, asked, size + 1), no_groups
        total, more = _count(db, asked.state)
    rows = waiting(db, ids[:size], groups)
    return Queue(rows=rows, total=min(total, _COUNTED), more=more, follows=len(ids) > size, seen=last_decision(db))


def waiting(db: Connection, ids: Iterable[int], groups: Mapping[int, str] | None = None) -> list[Waiting]:
    """Return these articles as the queue shows them."""
    found = cards(db, ids)
    given = json.dumps([card.id for card in found])
    tags: dict[int, list[Suggestion]] = {}
    for item, tag, origin, reason in db.execute(
        "select item_id, tag_id, origin, reason from item_tags where item_id in (select value from json_each(?)) and origin <> 'refused' "
        "order by origin <> 'curator', score desc, tag_id",
        (given,),
    ):
        tags.setdefault(item, []).append(Suggestion(tag, origin == "curator", reason))
    said = {
        row[0]: TWIN_DECIDED.format(source=row[1], state=STATE_LABELS[row[2]])
        for row in db.execute(
            "select items.id, sources.name, twin.state, min(twin.id) from items join items as twin on twin.story_id = items.story_id "
            "and twin.state not in ('new', items.state) join sources on sources.id = twin.source_id "
            "where items.id in (select value from json_each(?)) group by items.id",
            (given,),
        )
    }
    said |= {
        row[0]: decided_meanwhile(row[1], row[2], row[3])
        for row in db.execute(
            "select item_id, name, action, decisions.at, max(decisions.id) from decisions join accounts on accounts.id = account_id "
            "where item_id in (select value from json_each(?)) and undone_at is null group by item_id",
            (given,),
        )
    }
    noted = {row[0] for row in db.execute("select item_id from notes where item_id in (select value from json_each(?))", (given,))}
    return [
        Waiting(
            card=card, tags=tags.get(card.id, []), said=said.get(card.id, ""), noted=card.id in noted, group=(groups or {}).get(card.id, "")
        )
        for card in found
    ]


def _in_list(state: str, table: str = "items") -> str:
    """Return the condition of a list; `state` is one of `LISTS`."""
    assert state in LISTS
    return f"{table}.state = '{state}'" + (f" and {table}.queued = 1" if state == "new" else "")


def _rows_of(state: str) -> str:
    """Return the condition of a row: an article of a list, the first of its story there."""
    another = f"other.story_id = items.story_id and {_in_list(state, 'other')} and (other.lead, -other.id) > (items.lead, -items.id)"
    return f"{_in_list(state)} and not exists (select 1 from items as other where {another})"  # noqa: S608 - our own words


def _count(db: Connection, state: str) -> tuple[int, bool]:
    """Return how many rows a list has, and whether there are more: none is counted beyond."""
    (count,) = db.execute(f"select count(*) from (select 1 from items where {_rows_of(state)} limit {_COUNTED + 1})").fetchone()  # noqa: S608
    return min(count, _COUNTED), count > _COUNTED


_LATER = "(day, id) < (select day, id from items where id = :after)"
_ITS_SOURCE = "(select source_id from items where id = :after)"
_SORTED = {
    "interest": ("interest desc, id desc", "(interest, id) < (select interest, id from items where id = :after)"),
    "date": ("day desc, id desc", _LATER),
    "source": ("source_id, day desc, id desc", f"(source_id > {_ITS_SOURCE} or source_id = {_ITS_SOURCE} and {_LATER})"),
}


def _listed(db: Connection, asked: Asked, size: int) -> list[int]:
    order, beyond = _SORTED[asked.order]
    where = _rows_of(asked.state) + (f" and {beyond}" if asked.after else "")
    # The planner, which knows no figures of a file, would sort all that waits.
    by = " indexed by items_waiting" if asked.state == "new" and asked.order == "interest" else ""
    rows = db.execute(f"select id from items{by} where {where} order by {order} limit :size", {"after": asked.after, "size": size})  # noqa: S608
    return [row[0] for row in rows]


_GROUPS = {
    "interest": "''", "date": "''", "source": "''",
    "theme": "(select tag_id from item_tags where item_id = items.id and origin <> 'refused' order by origin = 'source', score desc)",
    "departement": "(select code from item_territories where item_id = items.id order by origin = 'source', code)",
}  # fmt: skip


def _gathered(db: Connection, asked: Asked, size: int) -> tuple[list[int], dict[int, str], int]:
    """Return a page of the newest articles of some labels, or of the most interesting ones by group; their groups; how many there are."""
    labels = [f"sources {asked.source}"] * bool(asked.source) + [f"themes {asked.theme}"] * bool(asked.theme)
    labels += [f"departements {asked.departement}"] * bool(asked.departement)
    values = {f"label{place}": label for place, label in enumerate(labels)}
    where = _in_list(asked.state)
    if labels:
        where += f" and id in ({' intersect '.join(_NEWEST.format(place=place) for place in range(len(labels)))})"
    columns = f"id, story_id, lead, interest, day, source_id, {_GROUPS[asked.order]}"
    rows = db.execute(
        f"select {columns} from items where {where} order by interest desc, id desc limit {_OF_LABEL}",  # noqa: S608 - our own words
        values,
    ).fetchall()
    first: dict[int, tuple[int, int]] = {}  # by story, who stands for it here
    for item, story, lead, *_ in rows:
        if story is not None:
            first[story] = max(first.get(story, (0, -item)), (lead, -item))
    kept = [row for row in rows if row[1] is None or first[row[1]] == (row[2], -row[0])]
    names = {tag: bare(label) for tag, label in db.execute("select id, label from tags")} if asked.order == "theme" else {}

    def key(row: Any) -> tuple[Any, ...]:
        item, _, _, interest, day, source, group = tuple(row)
        newest = (*(-ord(sign) for sign in day), 1)  # no day comes last
        return {
            "interest": (-interest, -item), "date": (newest, -item), "source": (source, newest, -item),
        }.get(asked.order) or (group is None, names.get(group, group or ""), -interest, -item)  # fmt: skip

    kept.sort(key=key)
    begins = 0
    if asked.after:
        last = db.execute(f"select {columns} from items where id = ?", (asked.after,)).fetchone()  # noqa: S608 - our own words
        begins = bisect_right(kept, key(last), key=key) if last else 0
    page = kept[begins : begins + size]
    return [row[0] for row in page], {row[0]: row[6] or "" for row in page}, len(kept)


def _alike(db: Connection, item_id: int) -> list[int]:
    """Articles that wait and share telling words with one, or its story: what is done to it may be done to them."""
    near = [one.id for one in neighbours(db, item_id)]
    rows = db.execute(
        "select other.item_id, sum(min(own.weight, other.weight)) as shared from keywords as own join keywords as other using (word) "
        "join items on items.id = other.item_id where own.item_id = :id and other.item_id <> :id and state in ('new', 'later') "
        "group by 1 having count(*) > 1 order by shared desc, 1 desc limit :most",
        {"id": item_id, "most": _ALIKE},
    )
    waiting_near = db.execute(
        "select id from items where id in (select value from json_each(?)) and state in ('new', 'later')", (json.dumps(near),)
    )
    return list(dict.fromkeys([item_id, *(row[0] for row in rows), *(row[0] for row in waiting_near)]))


def followed(db: Connection, after: int, account_id: int, most: int = 100) -> tuple[list[Mapping[str, object]], int]:
    """Return what other curators decided after a decision, the oldest first, and the last decision of all."""
    rows = db.execute(
        "select item_id, state, name, action, decisions.at, decisions.id from decisions join accounts on accounts.id = account_id "
        "join items on items.id = item_id where decisions.id > ? and account_id <> ? and undone_at is null order by decisions.id limit ?",
        (after, account_id, most),
    ).fetchall()
    told: list[Mapping[str, object]] = [
        {"item": row[0], "state": row[1], "said": decided_meanwhile(row[2], row[3], row[4])} for row in rows
    ]  # fmt: skip
    return told, int(rows[-1][5]) if len(rows) == most else last_decision(db)  # what was not told was not seen


def counts(db: Connection) -> Sequence[int]:
    """Return how many rows wait, and how many are for later; no more than a thousand and one of each."""
    return [count + more for count, more in (_count(db, state) for state in ("new", "later"))]


def worthwhile(db: Connection, *, most: int) -> list[int]:
    """Return the articles of most interest that show a text: what a curator would select first."""
    sql = "select id from items where kind in ('retour-experience', 'article') and summary <> '' order by interest desc, id limit ?"
    return [row[0] for row in db.execute(sql, (most,)).fetchall()]
