"""One run of the sender.

Comes in: the file of the mail, a way to write each message, a door. Goes out: how many went, and what stands. Forbidden: sending twice;
going on where an account could not be written.
"""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from veille.clock import Clock
from veille.errors import MailError
from veille.send.relay import Answer
from veille.store.connection import Connection
from veille.store.mailing import ledger
from veille.store.mailing.ledger import Due

Compose = Callable[[Due], bytes]
Pause = Callable[[float], None]


class Door(Protocol):
    """Where a message leaves: a relay, a folder."""

    def open(self) -> None: ...

    def hand_over(self, sender: str, recipient: str, message: bytes) -> Answer | None: ...

    def finish(self) -> Answer: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run did: deliveries by what became of them; `stopped`: why it ended before all were tried."""

    outcomes: Counter[str] = field(default_factory=Counter)
    recovered: int = 0  # uncertain for a sender that died
    stopped: str = ""


def send_due(
    db: Connection, door: Door, compose: Compose, clock: Clock, *, sender: str, per_minute: float = 0, pause: Pause = time.sleep
) -> Report:
    """Send all that is due, one message after the other. `sender`: the envelope's address; `per_minute`: 0 for as fast as the relay takes.

    A relay that cannot be had ends the run: nothing is claimed then.
    """
    outcomes: Counter[str] = Counter()
    recovered = ledger.recover(db, clock())
    while True:
        due = ledger.claim(db, clock())
        if due is None:
            return Report(outcomes=outcomes, recovered=recovered)
        try:
            door.open()
        except MailError as exc:
            ledger.unclaim(db, due, clock())
            return Report(outcomes=outcomes, recovered=recovered, stopped=str(exc))
        answer = door.hand_over(sender, due.address, compose(due))
        if answer is None:
            ledger.hand(db, due, clock())
            answer = door.finish()
        ledger.settle(db, due, answer.outcome, answer.said, clock())
        outcomes[answer.outcome] += 1
        if per_minute:
            pause(60 / per_minute)
