"""Standard output and error, whatever was made of them: closed, full, or of an alphabet without our apostrophes.

Comes in: the streams of the process. Goes out: streams that take every sentence. Forbidden: a traceback for what they refuse.
"""

import codecs
import contextlib
import io
import os
import sys
import unicodedata
from typing import TextIO

# What has no nearest letter by its own decomposition.
_NEAREST = {
    "’": "'",
    "‘": "'",
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "–": "-",
    "—": "-",
    "œ": "oe",
    "Œ": "OE",
    "æ": "ae",
    "€": "EUR",
    "·": "-",
}


_held: list[TextIO] = []


class _Deaf(io.TextIOWrapper):
    """Standard error: that nobody can be told changes nothing of what is done, nor of the exit code."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            return super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            super().flush()


def open_streams() -> None:
    """At start: a closed stream leads nowhere, so that no file of ours gets its number; a letter it cannot write becomes the nearest."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as long as the process
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    _held.append(sys.stderr)  # whoever forgets a stream closes it
    sys.stderr = _Deaf(sys.stderr.buffer, encoding=sys.stderr.encoding, errors=sys.stderr.errors, line_buffering=True)
    codecs.register_error("nearest", _nearest)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="nearest")  # type: ignore[union-attr]


def _nearest(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    near = (_NEAREST.get(sign) or unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode() or "?" for sign in text)
    return "".join(near), error.end


def flush_streams() -> OSError | None:
    """At the end: what standard output refused, None when all was written; nothing is tried again while the interpreter ends."""
    refused = None
    for number, stream in ((1, sys.stdout), (2, sys.stderr.buffer)):
        try:
            stream.flush()
        except (OSError, ValueError) as exc:
            refused = exc if number == 1 and isinstance(exc, OSError) else refused
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, number)
            os.close(nowhere)
    return refused
