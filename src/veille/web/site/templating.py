"""What the templates are given: filters, words for states and days, and the variables of every page."""

import contextlib
import functools
import hashlib
import html
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from datasette.utils.sqlite import sqlite3
from jinja2 import Environment
from markupsafe import Markup

import veille
from veille.clock import PARIS
from veille.french import first_sentence, without_title
from veille.messages import common, curating, sharing
from veille.messages import reading as readers
from veille.resources import load_kinds
from veille.store.cards import last_run
from veille.store.connection import Connection, Row
from veille.store.curating.accounts import ROLES
from veille.store.settings import setting
from veille.understand.knowledge import Theme
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.state import absolute, reading, site_of

GROUP_CLASSES = {"education-culture": "education"}  # the others are called like their group


def group_class(theme: Theme | None) -> str:
    """Return the class that gives a card or a tag the hue of its group."""
    return f"g-{GROUP_CLASSES.get(theme.group, theme.group)}" if theme else "g-none"


def as_day(value: str | None) -> date | None:
    """Return the day in Paris of a stored date or moment."""
    if not value:
        return None
    if len(value) == 10:
        return date.fromisoformat(value)
    return datetime.fromisoformat(value).astimezone(PARIS).date()


def prepare_templates(env: Environment) -> None:
    """Filters of our templates."""
    env.filters["number"] = common.number
    env.filters["plural"] = common.plural
    env.filters["exact_date"] = lambda value: common.long_date(day) if (day := as_day(value)) else ""
    env.filters["typo"] = typo
    env.filters["brief"] = brief
    env.filters["untitled"] = without_title
    env.filters["first_sentence"] = first_sentence
    env.filters["span_to"] = lambda start, end: common.long_span(date.fromisoformat(start[:10]), date.fromisoformat(end[:10]))


_BRIEF = 320  # characters of a text that a card shows


def brief(text: str) -> str:
    """Return the beginning of a text, cut at a space: what a card shows of it."""
    return text if len(text) <= _BRIEF else f"{text[:_BRIEF].rpartition(' ')[0] or text[:_BRIEF]}…"


_APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
_UNITS = re.compile(r"(?<=\d) (?=[%€]|h\b|km\b|ans\b)")


@functools.lru_cache(4096)  # a page says the same labels hundreds of times
def typo(text: str) -> str:
    """French spaces before high punctuation, inside guillemets and before units, and real apostrophes; words stay as they are."""
    for mark in ":;?!»":
        text = text.replace(f" {mark}", f"{common.NBSP if mark in ':»' else common.THIN}{mark}")
    text = _UNITS.sub(common.NBSP, text.replace("« ", f"«{common.NBSP}"))
    return _APOSTROPHE.sub("’", text)


async def shared_variables(datasette: Datasette, request: HttpRequest) -> dict[str, object]:
    """Return what every page may show, Datasette's own included."""
    site = site_of(datasette)
    names = site.databases
    run, told = None, ""
    with contextlib.suppress(sqlite3.DatabaseError):  # an error page must not fail for want of its footer
        run, told = await reading(datasette, _of_every_page) if names else (None, "")
        site.told = told
    today = site.today()
    return {
        "last_run": run and {"when": spoken_moment(run["ended_at"], today), "alarms": run["alarms"]},
        "spoken": lambda value: common.spoken_date(day, today) if (day := as_day(value)) else "",
        "spoken_moment": lambda value: spoken_moment(value, today),
        "state_label": lambda state: common.STATE_LABELS.get(state, state),
        "kind_label": lambda kind: common.KIND_LABELS.get(kind, kind),
        "theme": site.knowledge.themes.get,
        "place": site.knowledge.departements.get,
        "group_class": lambda tag: group_class(site.knowledge.themes.get(tag)),
        "lookup_label": lambda key, display: readers.LOOKUPS.get(key, display),
        "action_label": lambda action: curating.ACTION_LABELS.get(action, action),
        "role_label": lambda role: curating.ROLE_LABELS.get(role, role),
        "fiche_kind": load_kinds().get,
        "stage_label": lambda stage: sharing.STAGE_LABELS.get(stage, stage),
        "fiche_state": lambda state: sharing.FICHE_STATES.get(state, state),
        "relation_label": lambda relation, back: (sharing.RELATION_BACK if back else sharing.RELATION_LABELS).get(relation, relation),
        "kind_labels": common.KIND_LABELS,
        "all_themes": site.knowledge.themes.values,
        "all_places": site.knowledge.departements.values,
        "actor_may": lambda role: bool(request and request.actor and ROLES.index(request.actor["role"]) >= ROLES.index(role)),
        "here_path": lambda: request.full_path if request else "",
        "marked": marked,
        "diffed": diffed,
        "facet_rows": facet_rows,
        "tile": lambda value: tile(value, today),
        "today": today.isoformat,
        "asset": lambda name: f"{datasette.urls.static_plugins('veille', name)}?{code_version()}",
        "absolute_url": lambda path: absolute(datasette, request, told, datasette.urls.path(path)) if request else path,
        "here_url": lambda: absolute(datasette, request, told, request.full_path) if request else "",
    }


def _of_every_page(connection: Connection) -> tuple[Row | None, str]:
    return last_run(connection), setting(connection, "site")


_FAR = timedelta(days=330)


def tile(value: str, today: date) -> dict[str, str]:
    """Return the two lines of a tear-off day: its number and its month, with the year where it is not the next one of that name."""
    day = date.fromisoformat(value[:10])
    near = -_FAR < day - today < _FAR
    return {"day": str(day.day), "month": common.SHORT_MONTHS[day.month - 1] + ("" if near else f" {day.year}")}


def marked(pieces: list[tuple[str, bool]]) -> Markup:
    """Highlighted pieces as HTML; every piece is escaped."""
    return Markup("").join(Markup("<mark>{}</mark>").format(text) if hit else text for text, hit in pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetRow:
    """A value of a facet as a link."""

    label: str
    count: int
    chosen: bool
    link: str
    css: str


def facet_rows(rows: list[FacetRow]) -> Markup:
    """Return the values of a facet as links, by the hundred: made here because a template takes ten times as long."""
    chosen = ' aria-current="true"'
    made = (
        f'<a href="{html.escape(row.link)}"{chosen if row.chosen else ""} class="{row.css}" rel="nofollow">'
        f"<span>{html.escape(typo(row.label))}</span> <b>{common.number(row.count)}</b></a>"
        for row in rows
    )
    return Markup("".join(made))  # noqa: S704 - what is not ours is escaped


def diffed(pieces: list[tuple[str, str]]) -> Markup:
    """Return what went and what came between two texts, as HTML; every piece is escaped."""
    marks = {"same": Markup("{}"), "gone": Markup("<del>{}</del>"), "come": Markup("<ins>{}</ins>")}
    return Markup("").join(marks[kind].format(text) for kind, text in pieces)


@functools.cache
def code_version() -> str:
    """Return a fingerprint of the package, its data, templates and sheets included: what they make changes with them."""
    digest = hashlib.blake2b(digest_size=6)
    for file in sorted(Path(veille.__file__).parent.rglob("*")):
        if file.suffix in (".py", ".html", ".css", ".js", ".svg", ".yaml", ".csv"):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def spoken_moment(value: str, today: date) -> str:
    """aujourd’hui à 6 h 12."""
    moment = datetime.fromisoformat(value).astimezone(PARIS)
    hour = f"{moment.hour}{common.NBSP}h{common.NBSP}{moment.minute:02}"
    return f"{common.spoken_date(moment.date(), today)} à {hour}"
