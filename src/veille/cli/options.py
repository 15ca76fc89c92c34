"""What the commands share: options, the clock, reading feeds.yaml, opening the database."""

import contextlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veille.clock import read_clock
from veille.config import decode_config, parse_config
from veille.errors import ConfigError, StoreError, UsageError
from veille.messages.common import DATABASE_UNUSABLE, FILE_MISSING, FILE_UNREADABLE
from veille.model import Config
from veille.resources import load_names, shipped_version
from veille.store import connect, is_settled, migrate
from veille.store.connection import Connection
from veille.store.partial import followed

if TYPE_CHECKING:
    from veille.understand.knowledge import Knowledge

Decorated = Callable[..., Any]


def config_option(command: Decorated) -> Decorated:
    return click.option(
        "--config",
        "config_file",
        default="feeds.yaml",
        show_default=True,
        metavar="FICHIER",
        help="Les sources à lire.",
    )(command)


def db_option(command: Decorated) -> Decorated:
    return click.option(
        "--db", "db_file", default="data/veille.db", show_default=True, metavar="FICHIER", help="La base SQLite.", callback=_followed
    )(command)


_GIVEN = "veille.db_given"


def _followed(context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Return the file that a symbolic link names: locks, secrets and copies are beside it, by whatever name it is reached."""
    context.meta[_GIVEN] = value
    return file_of(value)


def file_of(value: str) -> str:
    """Return the file that a name, or the symbolic link of that name, stands for; raises StoreError for what is there and is no file."""
    path = followed(Path(value))
    if path.exists() and not path.is_file():
        raise StoreError(DATABASE_UNUSABLE.format(file=value, why="ce n’est pas un fichier"))
    return str(path)


def given_db(db_file: str) -> str:
    """Return the database as it was named: Datasette calls it so in its addresses."""
    return str(click.get_current_context().meta.get(_GIVEN, db_file))


def read_config(file: str) -> Config:
    """Return the sources of a file; raises ConfigError with every problem."""
    try:
        raw = Path(file).read_bytes()
    except FileNotFoundError as exc:
        raise ConfigError([FILE_MISSING.format(file=file)]) from exc
    except OSError as exc:
        raise ConfigError([FILE_UNREADABLE.format(file=file)]) from exc
    return parse_config(decode_config(raw, file), file, load_names())


def open_database(
    file: str, knowledge: "Knowledge | Callable[[], Knowledge]", now: datetime, *, durable: bool = False, existing: bool = False
) -> Connection:
    """Return the database, migrated; with `existing` a file that is not there is a mistake, and none is made.

    `knowledge`, or what loads it: nothing is loaded for a file that is of this version already.
    """
    if existing and not Path(file).is_file():
        raise UsageError(FILE_MISSING.format(file=file))
    db = connect(file, durable=durable)
    if not is_settled(db, shipped_version()):
        migrate(db, knowledge() if callable(knowledge) else knowledge, now)
    return db


def taught(knowledge: "Knowledge", file: str) -> "Knowledge":
    """Knowledge with what decisions have taught, where a database is there to tell."""
    from veille.store.curating.learning import knowing

    if not Path(file).is_file():
        return knowledge
    with contextlib.closing(connect(file)) as db:
        return knowing(db, knowledge)


__all__ = ["config_option", "db_option", "file_of", "given_db", "open_database", "read_clock", "read_config", "taught"]
