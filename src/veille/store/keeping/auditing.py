"""What earlier rules may have done to what is held: found, listed, never changed.

Comes in: a database. Goes out: findings, each with the articles that it is about.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from veille.judge.identity import confirms
from veille.messages.keeping import AUDIT_LED, AUDIT_MIXED, AUDIT_OWNER, AUDIT_TOUCHED, AUDIT_WAS
from veille.model import Item, Known
from veille.normalize import canonical
from veille.owners import OwnedPath, domain_of, rank_among
from veille.store.collecting.names import is_touched, places_of
from veille.store.collecting.stories import led_by_strangers, mixed_pairs
from veille.store.connection import Connection
from veille.store.settings import setting

_SAME_DAY = "2000-01-01"  # of the versions of one article: no day tells them apart


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCase:
    """Something to look at again. `kind`: overwritten, stranger, led, mixed, joined or parted."""

    kind: str
    items: tuple[int, ...]
    said: str


def audit(db: Connection) -> list[AuditCase]:
    """Everything that is to be looked at again, by kind, then by article."""
    return [*_overwritten(db), *_strangers(db), *_stories(db), *_rule_2(db)]


def _overwritten(db: Connection) -> Iterator[AuditCase]:
    """Articles of which a version and the next one share neither title nor words: they were two."""
    rows = db.execute(
        "select item_id, title, text, fingerprint from (select item_id, id as place, title, text, fingerprint from versions union all "
        "select items.id, 9223372036854775807, coalesce((select was ->> 0 from corrections where item_id = items.id and field = 'title'), "
        "items.title), texts.text, items.fingerprint from items join texts on texts.item_id = items.id "
        "where exists (select 1 from versions where item_id = items.id)) order by item_id, place"
    )
    before: tuple[int, str, str, str] | None = None
    for row in rows:
        after: tuple[int, str, str, str] = tuple(row)
        if before and before[0] == after[0] and not _is_one(before, after):
            yield AuditCase(kind="overwritten", items=(after[0],), said=AUDIT_WAS.format(before=before[1], after=after[1]))
        before = after


def _is_one(before: tuple[int, str, str, str], after: tuple[int, str, str, str]) -> bool:
    known = Known(id=before[0], source_id="", fingerprint=before[3], title=before[1], day=_SAME_DAY)
    item = Item(
        source_id="", guid="", url="", canonical="", title=after[1], text=after[2], author="", published=None, day=_SAME_DAY, language="",
        fingerprint=after[3],
    )  # fmt: skip
    return confirms(item, known, lambda _item: before[2])


def _strangers(db: Connection) -> Iterator[AuditCase]:
    """Articles whose address is another source's, and not their own's."""
    own: dict[str, list[OwnedPath]] = {}
    by_domain: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    for source_id, name in db.execute("select id, name from sources where state <> 'retired'").fetchall():
        names[source_id] = name
        own[source_id] = places_of(db, source_id)
        for place in own[source_id]:
            by_domain.setdefault(domain_of(place.host), set()).add(source_id)
    rows = db.execute("select id, source_id, title, url from items where url <> '' order by id").fetchall()
    for item_id, source_id, title, url in rows:
        address = canonical(url)
        others = by_domain.get(domain_of(address.split("/")[2]), set()) - {source_id} if address else set()
        if not others or rank_among(own.get(source_id) or places_of(db, source_id), address) is not None:
            continue
        owners = sorted(other for other in others if rank_among(own[other], address) is not None)
        if owners:
            said = AUDIT_OWNER.format(title=title, source=source_id, owner=", ".join(owners))
            yield AuditCase(kind="stranger", items=(item_id,), said=said + (AUDIT_TOUCHED if is_touched(db, item_id) else ""))


def _stories(db: Connection) -> list[AuditCase]:
    """Stories that a stranger leads, and stories that hold two articles of one source which are none by themselves."""
    led, mixed = [], []
    for lead, owner in led_by_strangers(db):
        (title, source), (other, whose) = (_named(db, item_id) for item_id in (lead, owner))
        said = AUDIT_LED.format(title=title, source=source, other=other, owner=whose)
        led.append(AuditCase(kind="led", items=(lead, owner), said=said))
    for one, two in mixed_pairs(db):
        (title, source), (other, _) = (_named(db, item_id) for item_id in (one, two))
        mixed.append(AuditCase(kind="mixed", items=(one, two), said=AUDIT_MIXED.format(title=title, other=other, source=source)))
    return led + mixed


def _named(db: Connection, item_id: int) -> tuple[str, str]:
    row = db.execute("select title, source_id from items where id = ?", (item_id,)).fetchone()
    return str(row[0]), str(row[1])


def _rule_2(db: Connection) -> Iterator[AuditCase]:
    """Yield what the second rule of addresses joined and parted when this file took it."""
    told = json.loads(setting(db, "addresses_2") or "{}")
    for address, kept, other in told.get("joins", ()):
        yield AuditCase(kind="joined", items=(kept, other), said=address)
    for address, item_id, names in told.get("parts", ()):
        yield AuditCase(kind="parted", items=(item_id,), said=f"{address} : {' ; '.join(names)}")
