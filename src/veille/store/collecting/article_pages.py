"""Articles' own pages: which are to be read, and what was read in them.

The page's text is searched and understood in place of the feed's; what is shown of it obeys the source's rights. The fingerprint stays
the feed's, so that the next visit finds the article unchanged.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from veille.model import Moment, Rights, TaggedItem
from veille.moments import stored
from veille.store.collecting.corrections import correct_own, uncorrect
from veille.store.collecting.items import BACKFILL, index_items, relabel, shown_of, unindex_items
from veille.store.connection import Connection

PATIENCE = timedelta(days=3)  # how long a new article waits for its page, when many came at once or the site was down


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An article whose page is to be read."""

    id: int
    url: str
    title: str
    text: str
    published: str | None
    is_stated: bool = False  # its source stated a day, be it to come


def wanted_pages(db: Connection, source_id: str, most: int, now: datetime) -> list[Wanted]:
    """New articles of a source whose page was never read, the newest first."""
    rows = db.execute(
        "select items.id, url, title, text, published_at, stated_day is not null from items join texts on item_id = items.id "
        "where source_id = ? and page_at is null and url <> '' and first_seen_at >= ? and day >= ? "
        "order by day desc, items.id desc limit ?",
        (source_id, stored(now - PATIENCE), (now - BACKFILL).date().isoformat(), most),
    )
    return [Wanted(id=row[0], url=row[1], title=row[2], text=row[3], published=row[4], is_stated=bool(row[5])) for row in rows]


def keep_page(db: Connection, wanted: Wanted, page: str, day: Moment | None, tagged: TaggedItem, rights: Rights, now: datetime) -> None:
    """The text of an article's page; the caller holds the transaction. A day is taken where the feed gave none."""
    unindex_items(db, [wanted.id])
    uncorrect(db, wanted.id)
    db.execute("update texts set page = ?, page_at = ? where item_id = ?", (page, stored(now), wanted.id))
    db.execute(
        "update items set summary = :summary, kind = case when kind_origin = 'curator' then kind else :kind end, "
        "kind_reason = case when kind_origin = 'curator' then kind_reason else :kind_reason end, interest = :interest, "
        "interest_reason = :interest_reason, "
        "day = case when published_at is null and :day is not null then min(:day, day) else day end, "
        "published_at = coalesce(published_at, :day) where id = :id",
        {
            "summary": shown_of(wanted.text, page, rights), "kind": tagged.kind, "kind_reason": tagged.kind_reason,
            "interest": tagged.interest, "interest_reason": tagged.interest_reason, "day": stored(day), "id": wanted.id,
        },
    )  # fmt: skip
    relabel(db, wanted.id, tagged)
    correct_own(db, wanted.id)
    index_items(db, [wanted.id])


def mark_read(db: Connection, item_id: int, now: datetime) -> None:
    """A page that holds nothing to read is not asked for again."""
    db.execute("update texts set page_at = ? where item_id = ?", (stored(now), item_id))


def pages_of(db: Connection, ids: Iterable[int]) -> dict[int, str]:
    """Return the pages that were read, by item."""
    rows = db.execute(
        "select item_id, page from texts where page <> '' and item_id in (select value from json_each(?))", (json.dumps(list(ids)),)
    )
    return {row[0]: row[1] for row in rows}
