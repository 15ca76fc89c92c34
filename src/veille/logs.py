"""What is logged, one event a line: as text, or as JSON where VEILLE_LOG=json asks for it.

Comes in: log records. Goes out: printable lines. Forbidden: control characters, secrets, endless values.
"""

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime

LONGEST = 2_000  # characters of a message; a traceback may be ten times that
_MASKED = "•••"
_SECRETS = (
    re.compile(r"(?i)(?<=://)[^/@\s]+(?=@)"),  # a user and a password in an address
    re.compile(r"(?i)\b((?:authorization|proxy-authorization|cookie|set-cookie)[\"']?\s*[:=]\s*)[^\r\n]+"),
    re.compile(
        r"(?i)\b([\w-]*(?:password|passwd|mot_?de_?passe|secret|token|jeton|api[_-]?key|csrftoken|session)[\"']?\s*[:=]\s*)[^\s&,;]+"
    ),
    re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{8,}"),
)


def printable(text: str, longest: int = LONGEST) -> str:
    """Return one line that no terminal obeys, its secrets masked; what is cut says so."""
    for pattern in _SECRETS:
        text = pattern.sub(lambda found: (found[1] if found.re.groups else "") + _MASKED, text)
    shown = "".join(sign if sign.isprintable() or sign in "\u00a0\u202f" else _escaped(sign) for sign in text[: longest + 1])
    return shown if len(text) <= longest else f"{shown[:longest]}…"


def _escaped(sign: str) -> str:
    return "\\n" if sign == "\n" else f"\\u{ord(sign):04x}" if ord(sign) < 1 << 16 else f"\\U{ord(sign):08x}"


class _Lines(logging.Formatter):
    """2026-11-25T08:00:00Z WARNING veille: message; a traceback follows on the same line."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        message = printable(record.getMessage())
        trace = printable(self.formatException(record.exc_info), LONGEST * 10) if record.exc_info else ""
        return self.line(moment, record.levelname, record.name, message, trace)

    def line(self, moment: str, level: str, name: str, message: str, trace: str) -> str:
        return f"{moment} {level} {name}: {message}{f' | {trace}' if trace else ''}"


class _Json(_Lines):
    """One JSON object a line: at, level, logger, message, trace?"""

    def line(self, moment: str, level: str, name: str, message: str, trace: str) -> str:
        event = {"at": moment, "level": level.lower(), "logger": name, "message": message} | ({"trace": trace} if trace else {})
        return json.dumps(event, ensure_ascii=False)


def set_up() -> None:
    """Log warnings and worse of veille on standard error; may be called again."""
    logger = logging.getLogger("veille")
    if logger.handlers:
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if os.environ.get("VEILLE_LOG") == "json" else _Lines())
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
