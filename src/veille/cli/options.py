"""What the commands share: options, the clock, reading feeds.yaml, opening the database."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlite_utils import Database

from veille.config import Names, decode_config, parse_config
from veille.errors import ConfigError, UsageError
from veille.messages import FILE_MISSING, FILE_UNREADABLE
from veille.model import Config
from veille.store import connect, migrate
from veille.understand import Knowledge

Decorated = Callable[..., Any]


def config_option(command: Decorated) -> Decorated:
    return click.option(
        "--config", "config_file", default="feeds.yaml", show_default=True, metavar="FICHIER", help="Les sources à lire."
    )(command)


def db_option(command: Decorated) -> Decorated:
    return click.option(
        "--db", "db_file", default="data/veille.db", show_default=True, metavar="FICHIER", help="La base SQLite."
    )(command)


def read_clock() -> Callable[[], datetime]:
    """The real clock, or one that starts at VEILLE_NOW (ISO 8601, for tests and simulations)."""
    given = os.environ.get("VEILLE_NOW")
    if not given:
        return lambda: datetime.now(UTC)
    try:
        start = datetime.fromisoformat(given)
    except ValueError as exc:
        raise UsageError(f"VEILLE_NOW=« {given} » n’est pas une date ISO 8601.") from exc
    start = start if start.tzinfo else start.replace(tzinfo=UTC)
    began = time.monotonic()
    return lambda: start.astimezone(UTC) + timedelta(seconds=time.monotonic() - began)


def read_config(file: str, knowledge: Knowledge) -> Config:
    """The sources of a file; raises ConfigError with every problem."""
    try:
        raw = Path(file).read_bytes()
    except FileNotFoundError as exc:
        raise ConfigError([FILE_MISSING.format(file=file)]) from exc
    except OSError as exc:
        raise ConfigError([FILE_UNREADABLE.format(file=file, why=exc.strerror)]) from exc
    names = Names(
        tags=frozenset(knowledge.themes), aliases=knowledge.aliases, departements=frozenset(knowledge.departements)
    )
    return parse_config(decode_config(raw, file), file, names)


def open_database(file: str, knowledge: Knowledge, now: datetime, *, durable: bool = False) -> Database:
    """The database, migrated."""
    db = connect(file, durable=durable)
    migrate(db, knowledge, now)
    return db
