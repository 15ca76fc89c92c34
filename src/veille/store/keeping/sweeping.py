"""What is let go of because it is old: traces of visits, alarms, former versions, texts that were dismissed.

Comes in: how long each is kept. Goes out: rows deleted. Run at the end of every collection.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from veille.model import Retention
from veille.moments import stored
from veille.store.connection import Connection

_BATCH = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What retention let go."""

    visits: int
    runs: int
    alarms: int
    versions: int
    texts: int


def sweep(db: Connection, retention: Retention, now: datetime) -> Swept:
    """Let go of what is older than it is kept; the caller holds the transaction. Requests are swept by `hosts`."""

    def before(kept: object) -> str:
        return stored(now - kept) or ""  # type: ignore[operator]

    visits = db.execute(
        "delete from visits where at < ? and exists (select 1 from visits as later where later.source_id = visits.source_id "
        "and (later.at, later.id) > (visits.at, visits.id))",
        (before(retention.visits),),
    ).rowcount
    runs = db.execute(
        "delete from runs where started_at < ? and id <> (select max(id) from runs) and not exists "
        "(select 1 from visits where run_id = runs.id)",
        (before(retention.visits),),
    ).rowcount
    alarms = db.execute("delete from alarms where at < ? and told_at is not null", (before(retention.alarms),)).rowcount
    versions = db.execute("delete from versions where until < ?", (before(retention.versions),)).rowcount
    old = [
        row[0]
        for row in db.execute(
            "select items.id from items join texts on item_id = items.id where state = 'dismissed' and first_seen_at < ? "
            "and (text <> '' or page <> '') order by items.id limit ?",
            (before(retention.dismissed), _BATCH),
        )
    ]
    if old:
        from veille.store.collecting.items import index_items, unindex_items

        wanted = json.dumps(old)
        unindex_items(db, old)
        db.execute("update texts set text = '', page = '' where item_id in (select value from json_each(?))", (wanted,))
        db.execute("update items set summary = '' where id in (select value from json_each(?))", (wanted,))
        db.execute("delete from corrections where field = 'summary' and item_id in (select value from json_each(?))", (wanted,))
        index_items(db, old)
    return Swept(visits=visits, runs=runs, alarms=alarms, versions=versions, texts=len(old))
