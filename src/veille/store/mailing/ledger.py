"""The accounts of the mail: each message to each person is one row, in one state, and the sum of states is the number of recipients.

    due ─claim─► claimed ─all but the final dot─► handing ─dot, answer─► sent | later | refused | uncertain

Each arrow is one transaction that is on the disk before the next step is taken. After a crash `claimed` was certainly not sent and is due
again; `handing` may have been, and is « uncertain »: it is never sent again by itself.
"""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from veille.moments import stored
from veille.store.connection import Connection
from veille.store.mailing.file import at_once

STATES = ("due", "claimed", "handing", "sent", "later", "refused", "uncertain", "withdrawn", "held")
WAITS = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)  # after a temporary refusal; then it is refused
# Who waits before his screen comes first.
_NEXT = """
select deliveries.id, message_id, address, kind, content, attempts from deliveries join batches on batches.id = batch_id
join contacts on contacts.id = deliveries.contact_id where state in ('due', 'later') and next_at <= ?
order by case kind when 'essai' then 0 when 'confirmation' then 1 else 2 end, next_at, deliveries.id limit 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A message that was claimed: to whom, what about."""

    id: int
    message_id: str
    address: str
    kind: str
    content: str  # JSON
    attempts: int


def contact(db: Connection, address: str, at: str) -> int:
    """Return the contact of an address, made where there is none; the caller holds the transaction."""
    db.execute("insert or ignore into contacts (address, made_at) values (?, ?)", (address, at))
    return int(db.execute("select id from contacts where address = ?", (address,)).fetchone()[0])


def freeze(db: Connection, kind: str, contacts: Iterable[int], content: dict[str, object], now: datetime, *, domain: str) -> int:
    """Write down who shall have what: a batch and one delivery for each contact, at once; the batch. The list is closed with it."""
    at, ids = stored(now) or "", list(dict.fromkeys(contacts))
    alone = ids[0] if kind == "alerte" and len(ids) == 1 else None
    with at_once(db):
        cursor = db.execute(
            "insert into batches (kind, contact_id, day, content, recipients, made_at) values (?, ?, ?, ?, ?, ?)",
            (kind, alone, at[:10], json.dumps(content, ensure_ascii=False), len(ids), at),
        )
        batch = int(cursor.lastrowid or 0)
        db.executemany(
            "insert into deliveries (batch_id, contact_id, message_id, state, next_at, at) values (?, ?, ?, 'due', ?, ?)",
            [(batch, one, f"{secrets.token_hex(12)}.{batch}@{domain}", at, at) for one in ids],
        )
    return batch


def recover(db: Connection, now: datetime) -> int:
    """Settle what a sender that died left open; how many are uncertain for it. The caller is the one sender."""
    at = stored(now)
    with at_once(db):
        db.execute("update deliveries set state = 'due', at = ? where state = 'claimed'", (at,))
        return int(db.execute("update deliveries set state = 'uncertain', at = ? where state = 'handing'", (at,)).rowcount)


def claim(db: Connection, now: datetime) -> Due | None:
    """Take the next message that is due, None when none is. Who has left, or was stopped, is withdrawn instead."""
    at = stored(now) or ""
    with at_once(db):
        db.execute(
            "update deliveries set state = 'withdrawn', at = ?1 where state in ('due', 'later') and (contact_id is null "
            "or contact_id in (select id from contacts where stopped_at is not null))",
            (at,),
        )
        row = db.execute(_NEXT, (at,)).fetchone()
        if row is None:
            return None
        db.execute("update deliveries set state = 'claimed', attempts = attempts + 1, at = ? where id = ?", (at, row[0]))
    return Due(id=row[0], message_id=row[1], address=row[2], kind=row[3], content=row[4], attempts=row[5] + 1)


def hand(db: Connection, due: Due, now: datetime) -> None:
    """Write down that a message is about to be in the relay's hands: from here on nobody knows, until an answer is written."""
    _become(db, due, "handing", "", now)


def settle(db: Connection, due: Due, outcome: str, said: str, now: datetime) -> None:
    """Write down what became of a message; a temporary refusal waits, and is one for good after the last wait."""
    if outcome == "later" and due.attempts > len(WAITS):
        outcome = "refused"
    wait = WAITS[due.attempts - 1] if outcome == "later" else timedelta(0)
    _become(db, due, outcome, said, now, wait)


def unclaim(db: Connection, due: Due, now: datetime) -> None:
    """Give back what was claimed and not begun: it is no attempt."""
    with at_once(db):
        db.execute("update deliveries set state = 'due', attempts = attempts - 1, at = ? where id = ?", (stored(now), due.id))


def _become(db: Connection, due: Due, state: str, said: str, now: datetime, wait: timedelta = timedelta(0)) -> None:
    with at_once(db):
        db.execute(
            "update deliveries set state = ?, said = ?, at = ?, next_at = ? where id = ?",
            (state, said, stored(now), stored(now + wait), due.id),
        )


def hold_all(db: Connection, now: datetime) -> int:
    """Whatever is not final waits for a person: after a file was restored and adopted, nobody knows what left since its copy was made."""
    at = stored(now)
    with at_once(db):
        rows = db.execute(
            "update deliveries set state = 'held', at = ? where state in ('due', 'claimed', 'handing', 'later')", (at,)
        ).rowcount
    return int(rows)


def state_of(db: Connection, batch: int) -> tuple[str, str]:
    """Return where the only delivery of a batch stands, and what was said of it."""
    state, said = db.execute("select state, said from deliveries where batch_id = ?", (batch,)).fetchone()
    return str(state), str(said)


def forget_unconfirmed(db: Connection, contact_id: int) -> None:
    """Delete a contact that never confirmed, at once; its deliveries stay in the sum, without an address."""
    with at_once(db):
        db.execute("delete from contacts where id = ? and confirmed_at is null", (contact_id,))


@dataclass(frozen=True, slots=True)
class Balance:
    """The accounts of a batch: how many recipients were frozen, how many deliveries stand in each state."""

    batch: int
    recipients: int
    states: dict[str, int]

    @property
    def is_true(self) -> bool:
        """Whether the sum of states is the number of recipients."""
        return sum(self.states.values()) == self.recipients

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is to be sent any more."""
        return not any(self.states.get(one) for one in ("due", "claimed", "handing", "later", "held"))


def balances(db: Connection) -> list[Balance]:
    """Return the accounts of every batch."""
    states: dict[int, dict[str, int]] = {}
    for batch, state, count in db.execute("select batch_id, state, count(*) from deliveries group by 1, 2"):
        states.setdefault(batch, {})[state] = count
    rows = db.execute("select id, recipients from batches order by id").fetchall()
    return [Balance(batch, recipients, states.get(batch, {})) for batch, recipients in rows]
