"""The state of a served file: one `Site` for each Datasette, kept on it; the ways to read its database and to write to it."""

import asyncio
import contextlib
import functools
import gc
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import urlsplit

from datasette.utils import sqlite_timelimit
from datasette.utils.sqlite import sqlite3
from jinja2 import Environment

from veille.clock import PARIS, Clock, read_clock
from veille.errors import StoreError
from veille.messages.reading import NO_DATABASE
from veille.resources import load_knowledge
from veille.search.words import match_words
from veille.store import begin_soon
from veille.store.connection import Connection, is_of_veille, prepare_to_decide, prepare_to_read
from veille.store.curating.vocabulary import as_edited
from veille.store.reading.rows import Columns
from veille.store.reading.summary import Summary
from veille.store.settings import setting
from veille.understand.knowledge import Knowledge
from veille.web.site.http import Database, Datasette, HttpRequest

_ATTRIBUTE = "_veille_site"
P = ParamSpec("P")
T = TypeVar("T")
PRIVATE_NETWORK = "VEILLE_ALLOW_PRIVATE_NETWORK"  # set by `veille serve --allow-private-network`


@dataclass(slots=True)
class Figures:
    """The last figures of the whole file; `version` is None until they were made once."""

    summary: Summary = field(default_factory=Summary)
    version: tuple[str, str] | None = None  # of the file, and the day
    cost: float = 0.0  # seconds
    made: float = 0.0
    making: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    task: asyncio.Task[None] | None = None

    def keep(self, summary: Summary, version: tuple[str, str], *, cost: float, at: float) -> None:
        """These are the figures now."""
        self.summary, self.version, self.cost, self.made = summary, version, cost, at


@dataclass(slots=True, kw_only=True)
class Site:
    """One served database."""

    shipped: Knowledge  # as the package has it
    knowledge: Knowledge  # as the editors of the file have changed it
    clock: Clock
    databases: list[str] = field(default_factory=list)  # those that turned out to be ours
    attempts: dict[str, list[float]] = field(default_factory=dict)  # failed sign-ins, by account and by address
    allow_private: bool = False  # addresses of private networks may be brought: tests only
    brought: dict[str, tuple[float, object]] = field(default_factory=dict)  # what was shown and may be kept, by token
    fetching: asyncio.Lock = field(default_factory=asyncio.Lock)  # one address at a time
    judging: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))  # passwords at once: each takes 32 MiB
    said: dict[int, list[Any]] = field(default_factory=dict)  # what waits to be said, by account
    figures: Figures = field(default_factory=Figures)
    columns: Columns = field(default_factory=Columns)  # the rows in memory that searches count
    told: str = ""  # what `site:` says, as it was last read
    looked: tuple[float, bool] | None = None  # when the file was last looked through, and whether it was sound
    templates: list[Environment] = field(default_factory=list)  # the one environment of our pages, once it was asked for

    def today(self) -> date:
        """Return the day in Paris."""
        return self.clock().astimezone(PARIS).date()


async def open_site(datasette: Datasette) -> None:
    """At start: read what ships with the package, once."""
    if await veille_databases(datasette):
        await learn_edits(datasette)
        site = site_of(datasette)
        with contextlib.suppress(sqlite3.OperationalError):
            site.told = await reading(datasette, setting, "site")
        by_request = datasette.absolute_url

        def absolute_url(request: HttpRequest, path: str) -> str:
            return absolute(datasette, request, site.told, path) if site.told else str(by_request(request, path))

        datasette.absolute_url = absolute_url  # type: ignore[method-assign]  # Datasette's own pages too name no other host than `site:`
    _settle()


@functools.cache  # once a process
def _settle() -> None:
    """The garbage collector looks no more through what was loaded at start: now and then a page waited 50 ms for it, and now 5."""
    gc.collect()
    gc.freeze()


async def learn_edits(datasette: Datasette) -> None:
    """Take up what editors have changed of the vocabulary."""
    site = site_of(datasette)
    site.knowledge = await (await database(datasette)).execute_fn(lambda connection: as_edited(connection, site.shipped))


def site_of(datasette: Datasette) -> Site:
    """Return the Site of a Datasette."""
    found = getattr(datasette, _ATTRIBUTE, None)
    if found is None:
        shipped = load_knowledge()
        found = Site(shipped=shipped, knowledge=shipped, clock=read_clock(), allow_private=os.environ.get(PRIVATE_NETWORK) == "1")
        setattr(datasette, _ATTRIBUTE, found)
    assert isinstance(found, Site)
    return found


def known_site(datasette: Datasette) -> Site | None:
    """Return the Site of a Datasette, None before it was asked for."""
    return getattr(datasette, _ATTRIBUTE, None)


async def veille_databases(datasette: Datasette) -> list[str]:
    """Names of the databases that are ours: those with our index and our view."""
    ours = site_of(datasette).databases
    for name, db in datasette.databases.items():
        if name not in (*ours, "_internal") and await db.execute_fn(is_of_veille):
            ours.append(name)
    return ours


async def database(datasette: Datasette) -> Database:
    """Return the database that the site shows; raises StoreError when Datasette was given none of ours."""
    names = await veille_databases(datasette)
    if not names:
        raise StoreError(NO_DATABASE)
    return datasette.get_database(names[0])


async def reading(datasette: Datasette, read: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs) -> T:
    """Run a reading function of the store on one of Datasette's connections, cut off after its time limit."""
    db = await database(datasette)
    return await db.execute_fn(lambda connection: _limited(lambda connected: read(connected, *arguments, **named), connection))


READING_MILLISECONDS = 1500


def _limited(read: Callable[..., T], connection: Connection) -> T:
    with sqlite_timelimit(connection, READING_MILLISECONDS):
        return read(connection)


async def following(datasette: Datasette, read: Callable[..., T], *arguments: object) -> T:
    """Like `reading`, with the rows in memory as they are now; where many are to be read, nothing of Datasette's waits for them."""
    db = await database(datasette)
    columns = site_of(datasette).columns
    if not db.is_memory and await db.execute_fn(columns.far):
        await asyncio.to_thread(alone, db, columns.follow)
    return await db.execute_fn(
        lambda connection: _limited(lambda connected: read(connected, *arguments, rows=columns.follow(connected)), connection)
    )


def alone(db: Database, read: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs) -> T:
    """Read on a connection of its own: nothing of Datasette's waits for it, and no time limit cuts it off."""
    connection = db.connect()
    try:
        prepare_connection(connection)
        return read(connection, *arguments, **named)
    finally:
        connection.close()


async def deciding(datasette: Datasette, write: Callable[[Connection], T]) -> T:
    """Run a writing function of the store in a transaction of Datasette's one write connection."""

    def inside(connection: Connection) -> T:
        prepare_to_decide(connection)
        with connection:
            begin_soon(connection)
            return write(connection)

    return await (await database(datasette)).execute_write_fn(inside)


def prepare_connection(connection: Connection) -> None:
    """Our functions on every connection; Datasette's search boxes fold their words like the index."""
    prepare_to_read(connection)
    connection.create_function("escape_fts", 1, lambda text: match_words(str(text or "")))


def absolute(datasette: Datasette, request: HttpRequest, told: str, path: str) -> str:
    """Return the absolute address of a path, which has the site's own prefix; `told`: what `site:` says, "" for nothing."""
    if not told:
        return str(datasette.absolute_url(request, path))
    parts = urlsplit(told)
    return f"{parts.scheme}://{parts.netloc}{path}"
