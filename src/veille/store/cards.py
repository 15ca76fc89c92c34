"""An article as every list shows it, and what lists need to know of the file. Reading only.

Comes in: a plain connection, ids. Goes out: `Card`. What is shown of a text is `items.summary`, which obeys the source's rights.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from veille.model import BROUGHT
from veille.store.connection import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An article as lists show it."""

    id: int
    url: str
    title: str
    summary: str
    source: str
    source_name: str  # its source's, or the site's of what curators brought
    kind: str
    language: str
    interest: float
    published_at: str | None
    day: str
    first_seen_at: str
    state: str
    departements: tuple[str, ...]
    themes: tuple[str, ...]
    also: tuple[str, ...]  # names of the other sources that published it, or the same text


_CARDS = """
select items.id, items.url, items.title, items.summary, items.source_id, sources.name, items.kind, items.language, items.interest,
    items.published_at, items.day, items.first_seen_at, items.state,
    (select json_group_array(code) from (select code from item_territories where item_id = items.id order by origin = 'source', code)),
    (select json_group_array(tag_id) from
        (select tag_id from item_tags where item_id = items.id and origin <> 'refused'
         order by origin = 'source', score desc, tag_id)),
    (select json_group_array(name) from (select name from sources as others where others.id <> items.source_id and others.id in
        (select source_id from sightings where item_id = items.id union select twins.source_id from items as twins
         where twins.story_id = items.story_id and twins.state <> 'dismissed') order by name)), items.author
from items join sources on sources.id = items.source_id
where items.id in (select value from json_each(?))
"""


def cards(db: Connection, ids: Iterable[int]) -> list[Card]:
    """Cards of these items, in this order."""
    wanted = list(ids)
    rows = db.execute(_CARDS, (json.dumps(wanted),))
    found = {row[0]: _card(row) for row in rows}
    return [found[item_id] for item_id in wanted if item_id in found]


def _card(row: Any) -> Card:
    row = tuple(row)
    return Card(
        id=row[0], url=row[1], title=row[2], summary=row[3], source=row[4],
        source_name=row[5] if row[4] != BROUGHT else row[16] or _host(row[1]) or row[5], kind=row[6], language=row[7],
        interest=row[8], published_at=row[9], day=row[10], first_seen_at=row[11], state=row[12],
        departements=tuple(json.loads(row[13])), themes=tuple(json.loads(row[14])), also=tuple(json.loads(row[15])),
    )  # fmt: skip


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def greatest_id(db: Connection) -> int:
    """Return the greatest id given so far, 0 in an empty file."""
    return int(db.execute("select coalesce(max(id), 0) from items").fetchone()[0])


def names(db: Connection) -> dict[str, str]:
    """Names of all sources by id."""
    return dict(tuple(row) for row in db.execute("select id, name from sources"))


def last_run(db: Connection) -> dict[str, Any] | None:
    """Return the end of the last collection and how it went."""
    row = db.execute(
        "select ended_at, (select count(*) from sources where state in ('failing', 'gone', 'blocked', 'selector-missed')) "
        "from runs where ended_at is not null order by id desc limit 1"
    ).fetchone()
    return {"ended_at": row[0], "alarms": row[1]} if row else None
