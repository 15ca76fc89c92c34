"""What waits to be sorted: the queue of new articles, the most interesting first. Reading only.

Comes in: a plain connection, what is asked of the queue. Goes out: `Queue`. A page costs the same whatever the file holds.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from veille.messages.curating import decided_meanwhile
from veille.store.cards import Card, cards
from veille.store.collecting.neighbours import neighbours
from veille.store.connection import Connection
from veille.store.curating.decisions import last_decision

PAGE = 50
ORDERS = ("interest", "date", "source")
LISTS = ("new", "later", "selected", "dismissed")
_COUNTED = 1_000  # beyond, « plus de »
_OF_LABEL = 4_000  # the newest articles of a label, among which those that wait are looked for
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
    said: str  # who decided about it last, "" for nobody
    noted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of the queue; `alike`: an article, and those like it."""

    state: str = "new"
    order: str = "interest"
    source: str = ""
    theme: str = ""
    departement: str = ""
    alike: int = 0
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A page of the queue."""

    rows: list[Waiting] = field(default_factory=list)
    total: int = 0
    more: bool = False  # there are more than `total`
    seen: int = 0  # the last decision of all: what a curator has before his eyes


def queue(db: Connection, asked: Asked, size: int = PAGE) -> Queue:
    """Return the articles of a page, and how many wait in all."""
    ids, total, more = _ids(db, asked, size)
    return Queue(rows=waiting(db, ids), total=total, more=more, seen=last_decision(db))


def waiting(db: Connection, ids: Iterable[int]) -> list[Waiting]:
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
        row[0]: decided_meanwhile(row[1], row[2], row[3])
        for row in db.execute(
            "select item_id, name, action, decisions.at, max(decisions.id) from decisions join accounts on accounts.id = account_id "
            "where item_id in (select value from json_each(?)) and undone_at is null group by item_id",
            (given,),
        )
    }
    noted = {row[0] for row in db.execute("select item_id from notes where item_id in (select value from json_each(?))", (given,))}
    return [Waiting(card=card, tags=tags.get(card.id, []), said=said.get(card.id, ""), noted=card.id in noted) for card in found]


def _ids(db: Connection, asked: Asked, size: int) -> tuple[list[int], int, bool]:
    first = (asked.page - 1) * size
    if asked.alike:
        ids = _alike(db, asked.alike)
        return ids[first : first + size], len(ids), False
    where, values = _where(asked)
    labels = [f"sources {asked.source}"] * bool(asked.source) + [f"themes {asked.theme}"] * bool(asked.theme)
    labels += [f"departements {asked.departement}"] * bool(asked.departement)
    orders = {
        "interest": "interest desc, id desc", "date": "day desc, id desc", "source": "source_id, day desc, id desc",
    }  # fmt: skip
    if labels:
        values |= {f"label{place}": label for place, label in enumerate(labels)}
        where += f" and id in ({' intersect '.join(_NEWEST.format(place=place) for place in range(len(labels)))})"
    rows = db.execute(
        f"select id from items where {where} order by {orders[asked.order]} limit :size offset :first",  # noqa: S608 - our own words
        {**values, "size": size, "first": first},
    ).fetchall()
    (total,) = db.execute(f"select count(*) from (select 1 from items where {where} limit {_COUNTED + 1})", values).fetchone()  # noqa: S608
    return [row[0] for row in rows], min(total, _COUNTED), total > _COUNTED


def _where(asked: Asked) -> tuple[str, dict[str, object]]:
    if asked.state == "new":
        return "state = 'new' and queued = 1", {}
    return "state = :state", {"state": asked.state}


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
    """Return how many wait, and how many are for later; no more than a thousand and one of each."""
    return [
        db.execute(f"select count(*) from (select 1 from items where {where} limit {_COUNTED + 1})").fetchone()[0]  # noqa: S608
        for where in ("state = 'new' and queued = 1", "state = 'later'")
    ]


def worthwhile(db: Connection, *, most: int) -> list[int]:
    """Return the articles of most interest that show a text: what a curator would select first."""
    sql = "select id from items where kind in ('retour-experience', 'article') and summary <> '' order by interest desc, id limit ?"
    return [row[0] for row in db.execute(sql, (most,)).fetchall()]
