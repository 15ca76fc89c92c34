"""Messages as they leave: headers that say who writes, and that nobody need answer.

Comes in: what was claimed. Goes out: bytes (RFC 5322), every line within 998 octets. Forbidden: anything remote in it, an address of
anybody else.
"""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from veille.messages.mailing import TEST_SUBJECT, TEST_TEXT
from veille.store.mailing.ledger import Due


def written(due: Due, sender: str, now: datetime) -> bytes:
    """Return the bytes of a message that is due."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address("veille", addr_spec=sender)
    message["To"] = due.address
    message["Subject"] = TEST_SUBJECT
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{due.message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(TEST_TEXT, cte="quoted-printable")
    return message.as_bytes()
