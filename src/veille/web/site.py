"""What the pages share: the knowledge, the clock, the database, template filters.

One `Site` for each Datasette, kept on it.
"""

import asyncio
import contextlib
import functools
import gc
import hashlib
import html
import os
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml
from datasette.utils import sqlite_timelimit
from datasette.utils.sqlite import sqlite3
from markupsafe import Markup

from veille import messages
from veille.clock import PARIS, Clock, read_clock
from veille.errors import StoreError
from veille.resources import load_knowledge, package_text
from veille.search.words import match_words
from veille.store import begin_soon, prepare
from veille.store.cards import last_run
from veille.store.curating.accounts import ROLES
from veille.store.curating.vocabulary import as_edited
from veille.store.reading.rows import Columns
from veille.store.reading.summary import Summary
from veille.store.settings import setting
from veille.understand import Knowledge
from veille.understand.knowledge import Theme

_ATTRIBUTE = "_veille_site"
PRIVATE_NETWORK = "VEILLE_ALLOW_PRIVATE_NETWORK"  # set by `veille serve --allow-private-network`
GROUP_CLASSES = {"education-culture": "education"}  # the others are called like their group


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
    brought: dict[str, Any] = field(default_factory=dict)  # what was shown and may be kept, by token
    fetching: asyncio.Lock = field(default_factory=asyncio.Lock)  # one address at a time
    judging: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))  # passwords at once: each takes 32 MiB
    said: dict[int, list[Any]] = field(default_factory=dict)  # what waits to be said, by account
    figures: Figures = field(default_factory=Figures)
    columns: Columns = field(default_factory=Columns)  # the rows in memory that searches count
    told: str = ""  # what `site:` says, as it was last read
    looked: tuple[float, bool] | None = None  # when the file was last looked through, and whether it was sound
    templates: list[Any] = field(default_factory=list)  # the one environment of our pages, once it was asked for

    def today(self) -> date:
        """The day in Paris."""
        return self.clock().astimezone(PARIS).date()


async def open_site(datasette: Any) -> None:
    """At start: read what ships with the package, once."""
    if await veille_databases(datasette):
        await learn_edits(datasette)
        site = site_of(datasette)
        with contextlib.suppress(sqlite3.OperationalError):
            _, site.told = await reading(datasette, _of_every_page)
        by_request = datasette.absolute_url

        def absolute_url(request: Any, path: str) -> str:
            return absolute(datasette, request, site.told, path) if site.told else str(by_request(request, path))

        datasette.absolute_url = absolute_url  # Datasette's own pages too name no other host than `site:`
    _settle()


@functools.cache  # once a process
def _settle() -> None:
    """The garbage collector looks no more through what was loaded at start: now and then a page waited 50 ms for it, and now 5."""
    gc.collect()
    gc.freeze()


async def learn_edits(datasette: Any) -> None:
    """Take up what editors have changed of the vocabulary."""
    site = site_of(datasette)
    site.knowledge = await (await database(datasette)).execute_fn(lambda connection: as_edited(connection, site.shipped))


def site_of(datasette: Any) -> Site:
    """The Site of a Datasette."""
    found = getattr(datasette, _ATTRIBUTE, None)
    if found is None:
        shipped = load_knowledge()
        found = Site(shipped=shipped, knowledge=shipped, clock=read_clock(), allow_private=os.environ.get(PRIVATE_NETWORK) == "1")
        setattr(datasette, _ATTRIBUTE, found)
    assert isinstance(found, Site)
    return found


async def veille_databases(datasette: Any) -> list[str]:
    """Names of the databases that are ours: those with our index and our view."""
    ours = site_of(datasette).databases
    for name, db in datasette.databases.items():
        if name not in (*ours, "_internal") and {"articles", "items", "items_fts"} <= await _tables(db):
            ours.append(name)
    return ours


async def _tables(db: Any) -> set[str]:
    return {row[0] for row in (await db.execute("select name from sqlite_master where type in ('table', 'view')")).rows}


async def database(datasette: Any) -> Any:
    """The database that the site shows; raises StoreError when Datasette was given none of ours."""
    names = await veille_databases(datasette)
    if not names:
        raise StoreError("Aucune base de veille : lancez « veille collect » ou « veille serve ».")
    return datasette.get_database(names[0])


async def reading(datasette: Any, read: Any, *arguments: Any) -> Any:
    """Run a reading function of the store on one of Datasette's connections, cut off after its time limit."""
    db = await database(datasette)
    return await db.execute_fn(partial(_limited, read, arguments))


READING_MILLISECONDS = 1500


def _limited(read: Any, arguments: Any, connection: Any) -> Any:
    with sqlite_timelimit(connection, READING_MILLISECONDS):
        return read(connection, *arguments)


async def following(datasette: Any, read: Any, *arguments: Any) -> Any:
    """Like `reading`, with the rows in memory as they are now; where many are to be read, nothing of Datasette's waits for them."""
    db = await database(datasette)
    columns = site_of(datasette).columns
    if not db.is_memory and await db.execute_fn(columns.far):
        await asyncio.to_thread(alone, db, columns.follow)
    return await db.execute_fn(lambda connection: _limited(partial(read, rows=columns.follow(connection)), arguments, connection))


def alone(db: Any, read: Any, *arguments: Any) -> Any:
    """Read on a connection of its own: nothing of Datasette's waits for it, and no time limit cuts it off."""
    connection = db.connect()
    try:
        prepare_connection(connection)
        return read(connection, *arguments)
    finally:
        connection.close()


async def deciding(datasette: Any, write: Any) -> Any:
    """Run a writing function of the store in a transaction of Datasette's one write connection."""

    def inside(connection: Any) -> Any:
        connection.execute(f"pragma cache_size = -{_PAGES_WRITING}")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma foreign_keys = on")
        with connection:
            begin_soon(connection)
            return write(connection)

    return await (await database(datasette)).execute_write_fn(inside)


# KiB of the file that each of Datasette's three connections that read keeps at hand, and the one that writes: more gains nothing at a
# million articles, since searches count in memory.
_PAGES, _PAGES_WRITING = 16 << 10, 8 << 10


def prepare_connection(connection: Any) -> None:
    """Our functions on every connection; Datasette's search boxes fold their words like the index."""
    prepare(connection)
    connection.execute(f"pragma cache_size = -{_PAGES}")
    connection.create_function("escape_fts", 1, lambda text: match_words(str(text or "")))


def metadata(datasette: Any) -> dict[str, Any]:
    """Titles in French, and the search box of `articles`."""
    site = getattr(datasette, _ATTRIBUTE, None)
    if site is None or not site.databases:
        return {}
    tables: dict[str, dict[str, Any]] = {
        name: {"title": title, "description": text, "columns": columns()[name], "facets": list(_FACETS.get(name, ()))}
        for name, (title, text) in TABLES.items()
    }
    tables["articles"] |= {"fts_table": "items_fts", "fts_pk": "id", "sort_desc": "id"}
    return {"databases": {name: {"tables": tables} for name in site.databases}}


# Counted by themselves on the page of a table, where few values say much.
_FACETS = {
    "articles": ("kind",), "sources": ("state", "rights"), "item_tags": ("tag_id", "origin"), "item_territories": ("origin",),
    "item_dates": ("role",), "visits": ("outcome",), "departements": ("region",), "tags": ("group_label",),
}  # fmt: skip


@functools.cache
def columns() -> dict[str, dict[str, str]]:
    """What each public column holds, in French, by table."""
    given: dict[str, dict[str, str]] = yaml.safe_load(package_text("colonnes.yaml"))
    return {table: {name: text for name, text in {**given["commun"], **given[table]}.items() if name != "_"} for table in TABLES}


TABLES = {
    "articles": ("Articles", "Un article par ligne : ce que le site montre, selon les droits de chaque source."),
    "sources": ("Sources", "Ce qui est lu, à quel rythme, et dans quel état."),
    "tags": ("Thèmes", "Le vocabulaire : les thèmes, par groupe."),
    "departements": ("Départements", "Les 101 départements, leur région et leur préfecture."),
    "item_tags": ("Thèmes des articles", "Chaque étiquette avec son origine et sa raison."),
    "item_territories": ("Départements des articles", "Chaque département avec sa raison."),
    "item_dates": ("Dates des articles", "Échéances et événements nommés par les textes."),
    "stories": ("Histoires", "Les articles qui disent la même chose."),
    "runs": ("Collectes", "Chaque passage du collecteur."),
    "visits": ("Visites", "Chaque lecture d’une source, réussie ou non."),
}


# --- templates ----------------------------------------------------------------------------------------------------


def group_class(theme: Theme | None) -> str:
    """The class that gives a card or a tag the hue of its group."""
    return f"g-{GROUP_CLASSES.get(theme.group, theme.group)}" if theme else "g-none"


def as_day(value: str | None) -> date | None:
    """The day in Paris of a stored date or moment."""
    if not value:
        return None
    if len(value) == 10:
        return date.fromisoformat(value)
    return datetime.fromisoformat(value).astimezone(PARIS).date()


def prepare_templates(env: Any) -> None:
    """Filters of our templates."""
    env.filters["number"] = messages.number
    env.filters["plural"] = messages.plural
    env.filters["exact_date"] = lambda value: messages.long_date(day) if (day := as_day(value)) else ""
    env.filters["typo"] = typo
    env.filters["span_to"] = lambda start, end: messages.long_span(date.fromisoformat(start[:10]), date.fromisoformat(end[:10]))


_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_UNITS = re.compile(r"(?<=\d) (?=[%€]|h\b|km\b|ans\b)")


@functools.lru_cache(4096)  # a page says the same labels hundreds of times
def typo(text: str) -> str:
    """French spaces before high punctuation, inside guillemets and before units, and real apostrophes; words stay as they are."""
    for mark in ":;?!»":
        text = text.replace(f" {mark}", f"{messages.NBSP if mark in ':»' else messages.THIN}{mark}")
    text = _UNITS.sub(messages.NBSP, text.replace("« ", f"«{messages.NBSP}"))
    return _APOSTROPHE.sub("’", text)


def absolute(datasette: Any, request: Any, told: str, path: str) -> str:
    """The absolute address of a path, which has the site's own prefix; `told`: what `site:` says, "" for nothing."""
    if not told:
        return str(datasette.absolute_url(request, path))
    parts = urlsplit(told)
    return f"{parts.scheme}://{parts.netloc}{path}"


async def shared_variables(datasette: Any, request: Any) -> dict[str, Any]:
    """What every page may show, Datasette's own included."""
    site = site_of(datasette)
    names = site.databases
    run, told = None, ""
    with contextlib.suppress(sqlite3.DatabaseError):  # an error page must not fail for want of its footer
        run, told = await reading(datasette, _of_every_page) if names else (None, "")
        site.told = told
    today = site.today()
    return {
        "last_run": run and {"when": spoken_moment(run["ended_at"], today), "alarms": run["alarms"]},
        "spoken": lambda value: messages.spoken_date(day, today) if (day := as_day(value)) else "",
        "spoken_moment": lambda value: spoken_moment(value, today),
        "state_label": lambda state: messages.STATE_LABELS.get(state, state),
        "kind_label": lambda kind: messages.KIND_LABELS.get(kind, kind),
        "theme": site.knowledge.themes.get,
        "place": site.knowledge.departements.get,
        "group_class": lambda tag: group_class(site.knowledge.themes.get(tag)),
        "lookup_label": lambda key, display: messages.LOOKUPS.get(key, display),
        "action_label": lambda action: messages.ACTION_LABELS.get(action, action),
        "role_label": lambda role: messages.ROLE_LABELS.get(role, role),
        "kind_labels": messages.KIND_LABELS,
        "all_themes": site.knowledge.themes.values,
        "all_places": site.knowledge.departements.values,
        "actor_may": lambda role: bool(request and request.actor) and ROLES.index(request.actor["role"]) >= ROLES.index(role),
        "here_path": lambda: request.full_path if request else "",
        "marked": marked,
        "diffed": diffed,
        "facet_rows": facet_rows,
        "tile": tile,
        "today": today.isoformat,
        "asset": lambda name: f"{datasette.urls.static_plugins('veille', name)}?{code_version()}",
        "here_url": lambda: absolute(datasette, request, told, request.full_path) if request else "",
    }


def _of_every_page(connection: Any) -> tuple[dict[str, Any] | None, str]:
    return last_run(connection), setting(connection, "site")


def tile(value: str) -> dict[str, str]:
    """The two lines of a tear-off day: its number and its month."""
    day = date.fromisoformat(value[:10])
    return {"day": str(day.day), "month": messages.SHORT_MONTHS[day.month - 1]}


def marked(pieces: list[tuple[str, bool]]) -> Markup:
    """Highlighted pieces as HTML; every piece is escaped."""
    return Markup("").join(Markup("<mark>{}</mark>").format(text) if hit else text for text, hit in pieces)


def facet_rows(rows: list[dict[str, Any]]) -> Markup:
    """The values of a facet as links, by the hundred: made here because a template takes ten times as long."""
    chosen = ' aria-current="true"'
    made = (
        f'<a href="{html.escape(row["link"])}"{chosen if row["chosen"] else ""} class="{row["css"]}" rel="nofollow">'
        f"<span>{html.escape(typo(row['label']))}</span> <b>{messages.number(row['count'])}</b></a>"
        for row in rows
    )
    return Markup("".join(made))  # noqa: S704 - what is not ours is escaped


def diffed(pieces: list[tuple[str, str]]) -> Markup:
    """What went and what came between two texts, as HTML; every piece is escaped."""
    marks = {"same": Markup("{}"), "gone": Markup("<del>{}</del>"), "come": Markup("<ins>{}</ins>")}
    return Markup("").join(marks[kind].format(text) for kind, text in pieces)


@functools.cache
def code_version() -> str:
    """A fingerprint of the package, its data, templates and sheets included: what they make changes with them."""
    digest = hashlib.blake2b(digest_size=6)
    for file in sorted(Path(__file__).parent.parent.rglob("*")):
        if file.suffix in (".py", ".html", ".css", ".js", ".svg", ".yaml", ".csv"):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def spoken_moment(value: str, today: date) -> str:
    """aujourd’hui à 6 h 12."""
    moment = datetime.fromisoformat(value).astimezone(PARIS)
    hour = f"{moment.hour}{messages.NBSP}h{messages.NBSP}{moment.minute:02}"
    return f"{messages.spoken_date(moment.date(), today)} à {hour}"
