"""A mail relay, spoken to phase by phase (RFC 5321).

Comes in: where the relay is, a message. Goes out: what became of it (`Answer`). A server takes a message when it answers the final dot,
and not before: `hand_over` sends all but that dot, `finish` sends it. Between the two, whoever keeps accounts writes down that the message
is in nobody's hands (RFC 1047 tells what happens to those who do not). Forbidden: trying again; a password in a sentence.
"""

import contextlib
import smtplib
import socket
import ssl
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

from veille.errors import MailError
from veille.messages.mailing import RELAY_LOST, RELAY_NO_TLS, RELAY_REFUSES_US, RELAY_UNREACHABLE

Outcome = Literal["sent", "later", "refused", "uncertain"]
_GREETING, _VERB, _FINAL = 30.0, 60.0, 600.0  # seconds: RFC 5321 §4.5.3.2 gives the relay ten minutes for the final dot
_LONGEST_SAID = 200  # characters
_OK, _START_DATA = 250, 354


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Where mail leaves. `tls`: « starttls », « implicit » or « none »; `user` and `password` in clear, read by the caller."""

    host: str
    port: int = 587
    tls: str = "starttls"
    user: str = ""
    password: str = ""
    final: float = _FINAL


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a message, and what the relay said of it."""

    outcome: Outcome
    said: str = ""


class Mailer:
    """A connection to a relay, opened at the first message and again where it was lost; a context manager."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
        self.close()

    def close(self) -> None:
        """Leave without a word."""
        if self._smtp is not None:
            self._smtp.close()
        self._smtp = None

    def open(self) -> None:
        """Be ready to send; raises MailError where the relay cannot be had: nothing was sent then."""
        if self._smtp is not None:
            return
        relay = self.relay
        try:
            context = ssl.create_default_context()
            made = (
                smtplib.SMTP_SSL(relay.host, relay.port, timeout=_GREETING, context=context)
                if relay.tls == "implicit"
                else smtplib.SMTP(relay.host, relay.port, timeout=_GREETING)
            )
            self._smtp = made
            assert made.sock is not None
            made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each message waits for a delayed acknowledgement
            made.ehlo_or_helo_if_needed()
            if relay.tls == "starttls":
                if not made.has_extn("starttls"):
                    raise MailError(RELAY_NO_TLS.format(host=relay.host, port=relay.port))
                made.starttls(context=context)
                made.ehlo()
            if relay.user:
                made.login(relay.user, relay.password)
        except MailError:
            self.close()
            raise
        except smtplib.SMTPResponseException as exc:
            self.close()
            raise MailError(RELAY_REFUSES_US.format(host=relay.host, port=relay.port, code=exc.smtp_code)) from exc
        except (OSError, smtplib.SMTPException, UnicodeError) as exc:
            self.close()
            raise MailError(RELAY_UNREACHABLE.format(host=relay.host, port=relay.port, why=_why(exc))) from exc

    def hand_over(self, sender: str, recipient: str, message: bytes) -> Answer | None:
        """Say all of a message but its final dot; None when that is done, else what became of it: nobody has it then."""
        self.open()
        smtp = self._smtp
        assert smtp is not None
        assert smtp.sock is not None
        smtp.sock.settimeout(_VERB)
        try:
            for verb, wanted in ((f"MAIL FROM:<{sender}>", _OK), (f"RCPT TO:<{recipient}>", _OK), ("DATA", _START_DATA)):
                code, said = smtp.docmd(verb)
                if code != wanted and not (wanted == _OK and code // 100 == 2):
                    self._forget_it()
                    return _refusal(code, said)
            smtp.send(stuffed(message))
        except (OSError, smtplib.SMTPException) as exc:
            self.close()
            return Answer("later", RELAY_LOST.format(why=_why(exc)))
        return None

    def _forget_it(self) -> None:
        """A message that was refused is over; a connection that does not say so is too."""
        assert self._smtp is not None
        try:
            self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()

    def finish(self) -> Answer:
        """Send the final dot, and return what the relay answers; « uncertain » where no answer came."""
        smtp = self._smtp
        assert smtp is not None
        assert smtp.sock is not None
        smtp.sock.settimeout(self.relay.final)
        try:
            smtp.send(b".\r\n")
            code, said = smtp.getreply()
        except (OSError, smtplib.SMTPException) as exc:
            self.close()
            return Answer("uncertain", RELAY_LOST.format(why=_why(exc)))
        return Answer("sent", _told(said)) if code // 100 == 2 else _refusal(code, said)


def stuffed(message: bytes) -> bytes:
    """Return a message as DATA carries it: lines end with CRLF, a dot that begins one is doubled (RFC 5321 §4.5.2)."""
    lines = message.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)


def _refusal(code: int, said: bytes) -> Answer:
    """4xx is for later, 5xx for good; a code that is neither was no answer."""
    return Answer("refused" if code // 100 == 5 else "later", f"{code} {_told(said)}"[:_LONGEST_SAID])


def _told(said: bytes) -> str:
    """Return what a relay says, in signs that a log may hold; addresses in it are left out."""
    words = said.decode("utf-8", "replace").split()
    return " ".join("…" if "@" in word else "".join(sign for sign in word if sign.isprintable()) for word in words)[:_LONGEST_SAID]


def _why(exc: BaseException) -> str:
    return type(exc).__name__ if isinstance(exc, smtplib.SMTPException) else (exc.args[-1] if exc.args else type(exc).__name__)
