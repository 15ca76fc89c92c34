"""Whom connections believe: the files that the environment names in place of the usual ones."""

import os
import ssl
from pathlib import Path

NAMES = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def unreadable_certificates() -> list[tuple[str, str]]:
    """Return the variables of the environment that name certificates which cannot be read, and what they name."""
    found = [(name, os.environ[name]) for name in NAMES if os.environ.get(name)]
    return [(name, value) for name, value in found if not _readable(name, value)]


def _readable(name: str, value: str) -> bool:
    try:
        return Path(value).is_dir() if name.endswith("DIR") else bool(ssl.create_default_context(cafile=value))
    except OSError:
        return False
