"""What tests of the mail share: messages, frozen lists, the three zeros."""

from collections import Counter
from datetime import UTC, datetime
from email.message import EmailMessage

from veille.store.mailing import ledger
from veille.store.mailing.file import at_once

START = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def compose(due):
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Message-ID"] = (
        "veille@exemple.fr",
        due.address,
        "Essai",
        f"<{due.message_id}>",
    )
    message.set_content(f"Bonjour.\n.\n..deux points\n{'mot ' * 300}\n")
    return message.as_bytes()


def frozen(db, count, now=START):
    with at_once(db):
        contacts = [ledger.contact(db, f"p{number}@exemple.fr", "2026-12-01T08:00:00Z") for number in range(count)]
    return ledger.freeze(db, "lettre", contacts, {"numero": 1}, now, domain="exemple.fr")


def states(db):
    return {name: (state, attempts) for name, state, attempts in db.execute("select message_id, state, attempts from deliveries")}


def is_true(db, taken):
    """The three zeros, and the balance."""
    held, counts = states(db), Counter(taken)
    assert max(counts.values(), default=0) <= 1, "doubled"
    assert all(one.is_true for one in ledger.balances(db)), "missing"
    assert [name for name, (state, _) in held.items() if state == "sent" and name not in counts] == [], "sent and absent"
    unsent = ("due", "claimed", "later", "refused", "held", "withdrawn")
    assert [name for name, (state, _) in held.items() if state in unsent and name in counts] == [], "not sent and present"
