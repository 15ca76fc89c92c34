"""Every error raised on purpose.

Comes in: the facts of the failure. Goes out: an exception whose text is a French sentence for a person.
"""

from datetime import datetime, timedelta

FAILURES = (
    "timeout", "connection", "tls", "http", "rate-limited", "gone", "moved", "too-large", "decode", "bad-response",
    "bad-feed", "bad-page", "redirects", "proxy", "bad-variable", "blocked-address", "blocked-scheme", "robots", "bot-wall", "bug",
)  # fmt: skip


_LONGEST_REASON = 200  # characters


class VeilleError(Exception):
    """Anything veille says no to."""


class ConfigError(VeilleError):
    """feeds.yaml cannot be used; nothing is fetched. Each problem is `file:line: what, and what was meant`."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class UsageError(VeilleError):
    """A person asked for something that cannot be done as asked."""


class StoreError(VeilleError):
    """The database cannot be used: absent, damaged, or written by a newer veille."""


class MailError(VeilleError):
    """Mail cannot leave now; nothing was sent."""


class SourceError(VeilleError):
    """One source is skipped, and the run goes on."""

    def __init__(
        self, failure: str, reason: str, *, status: int | None = None, missed: bool = False, wait: timedelta | None = None
    ) -> None:
        # What a site says may be in it: nothing that a terminal or a log would obey.
        self.reason = "".join(sign for sign in reason if sign.isprintable() or sign in "\u00a0\u202f")[:_LONGEST_REASON]
        super().__init__(self.reason)
        self.failure = failure
        self.status = status
        self.missed = missed
        self.wait = wait


class FetchError(SourceError):
    """The answer could not be had, or broke a limit."""


class Postponed(FetchError):
    """The site asked to be left alone, and nothing was sent: not a failure of the source."""

    def __init__(self, reason: str, until: datetime) -> None:
        super().__init__("rate-limited", reason)
        self.until = until


class ParseError(SourceError):
    """The answer came, and is not what the source promised."""


class ParserTimedOut(ParseError):
    """Reading took longer than its limit."""


def is_torn_schema(exception: BaseException) -> bool:
    """Return whether SQLite says that a schema is damaged and quotes bytes of it that are no UTF-8: its driver raises something else
    then.
    """
    return isinstance(exception, UnicodeDecodeError) and b"malformed" in exception.object
