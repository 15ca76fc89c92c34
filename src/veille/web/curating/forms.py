"""What the pages of curators share: forms, what is said after an act, rendering.

What is said waits for the next page of the same curator, with what undoes it; a script is told at once, as JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import parse_qs

from datasette import Response

from veille.errors import UsageError
from veille.messages.common import plural
from veille.messages.curating import (
    ACTION_LABELS,
    ARTICLES_LEFT,
    DECISIONS_KEPT,
    DECISIONS_UNDONE,
    MANY_LABELS,
    NOTHING_CHANGED,
    NOTHING_DONE,
    TOO_MANY_FIELDS,
    WITH_TWINS,
)
from veille.moments import stored
from veille.store.connection import Connection
from veille.store.curating.decisions import Act, Done, Undone, decide_all
from veille.store.curating.queue import counts
from veille.store.curating.saved import stay
from veille.web.site.answering import ask, render
from veille.web.site.context import Context
from veille.web.site.http import CuratorRequest, Datasette, HttpRequest
from veille.web.site.session import safe_path
from veille.web.site.state import deciding, site_of

_MOST_SAID = 5


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, the gesture that it is about (0 for none), and whether it went wrong."""

    sentence: str
    batch: int = 0
    wrong: bool = False
    draft: Mapping[str, str] = field(default_factory=dict)  # what was sent and refused, for the page to hold again


class Form:
    """The fields of a posted form; raises UsageError for one that has too many."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self._fields = fields

    @classmethod
    async def of(cls, request: CuratorRequest) -> "Form":
        body = await request.post_body()
        try:
            return cls(parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10_000))
        except ValueError as exc:
            raise UsageError(TOO_MANY_FIELDS) from exc

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def get(self, name: str, default: str = "") -> str:
        """Return the last value of a field."""
        return self._fields.get(name, [default])[-1]

    def all(self, name: str) -> list[str]:
        """Return every value of a field."""
        return self._fields.get(name, [])

    def number(self, name: str) -> int | None:
        """Return a field that is a number; None for anything else."""
        return as_number(self.get(name))

    def numbers(self, name: str) -> list[int]:
        """Return every value of a field that is a number."""
        return [number for number in map(as_number, self.all(name)) if number is not None]


def as_number(text: str) -> int | None:
    """Return a whole number of at most fifteen digits, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def now_of(datasette: Datasette) -> str:
    """Return the moment, as the store keeps it."""
    return stored(site_of(datasette).clock()) or ""


async def act(datasette: Datasette, request: CuratorRequest, item_ids: list[int], wanted: Act) -> Done:
    """Do an act on articles; raises UsageError for one that nobody can do."""
    account, at = request.actor["account"], now_of(datasette)

    def write(connection: Connection) -> Done:
        stay(connection, account, at)
        return decide_all(connection, account_id=account, item_ids=item_ids, act=wanted, at=at)

    done: Done = await deciding(datasette, write)
    return done


def told(done: Done, action: str) -> Said:
    """Return what became of a gesture, in one sentence."""
    what = MANY_LABELS.get(action, ACTION_LABELS[action]) if len(done.items) - done.twins > 1 else ACTION_LABELS[action]
    if done.conflicts and not done.items:
        more = f" ({plural(len(done.conflicts), 'article', 'articles')})" if len(done.conflicts) > 1 else ""
        return Said(NOTHING_DONE.format(more=more, said=done.conflicts[0].said), wrong=True)
    if not done.items:
        return Said(NOTHING_CHANGED)
    named = len(done.items) - done.twins
    count = f"{plural(named, 'article', 'articles')} : " if named > 1 else ""
    twins = f", {plural(done.twins, *WITH_TWINS)}" if done.twins else ""
    left = f" {plural(len(done.conflicts), *ARTICLES_LEFT)} : {done.conflicts[0].said}" if done.conflicts else ""
    sentence = f"{count}{what}{twins}.{left}"
    return Said(sentence[0].upper() + sentence[1:], done.batch, wrong=bool(done.conflicts))


def told_undone(undone: Undone) -> Said:
    """Return what became of an undoing, in one sentence."""
    count = plural(len(undone.items), *DECISIONS_UNDONE)
    left = f" {plural(len(undone.kept), *DECISIONS_KEPT)} : {undone.kept[0].said}" if undone.kept else ""
    return Said(f"{count}.{left}", wrong=bool(undone.kept))


def wants_json(request: CuratorRequest) -> bool:
    """Return whether a script asked."""
    return "application/json" in request.headers.get("accept", "")


def answer(datasette: Datasette, request: CuratorRequest, form: Form, said: Said, fallback: str, **more: object) -> Any:
    """After an act: JSON for a script, else back to the page it came from, which will say it."""
    if wants_json(request):
        return Response.json({"said": said.sentence, "batch": said.batch, "wrong": said.wrong, **more})
    waiting = site_of(datasette).said.setdefault(request.actor["account"], [])
    waiting.append(said)
    del waiting[:-_MOST_SAID]
    return Response.redirect(safe_path(form.get("retour")) or datasette.urls.path(fallback))


def what_was_said(datasette: Datasette, request: HttpRequest) -> list[Said]:
    """Return what waits to be said to a curator: said once."""
    if not request.actor or "account" not in request.actor:
        return []
    return site_of(datasette).said.pop(request.actor["account"], [])


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskContext(Context):
    """A page of curators: it is also given what is to be said, how many articles wait, and the way back (`page`)."""

    here: ClassVar[str] = "tri"


async def page(datasette: Datasette, request: CuratorRequest, context: DeskContext) -> Response:
    """A page of curators."""
    waiting, later = await ask(datasette, counts)
    said = what_was_said(datasette, request)
    return await render(datasette, request, context, said=said, waits=waiting, later=later, back=request.full_path)
