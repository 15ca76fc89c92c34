"""The first day of a site: the steps that are done, and the command of each next one."""

from dataclasses import dataclass

from veille.messages.doctoring import STEP_COMMANDS, STEPS
from veille.store.connection import Connection
from veille.store.keeping.installation import Step, has_administrator, is_new, steps
from veille.web.site.answering import ask
from veille.web.site.http import Datasette, HttpRequest
from veille.web.site.session import may
from veille.web.site.state import site_of


@dataclass(frozen=True, slots=True)
class NamedStep:
    """A step as a page shows it."""

    title: str
    why: str
    command: str
    done: bool


def named(found: list[Step]) -> list[NamedStep]:
    """Return steps with their names, reasons and commands."""
    return [NamedStep(*STEPS[one.name], STEP_COMMANDS[one.name], one.done) for one in found]


async def first_steps(datasette: Datasette, request: HttpRequest) -> list[NamedStep]:
    """Return the steps of a site that holds nothing yet: to its administrator, and to everyone while nobody can sign in; else none."""

    def told(db: Connection) -> list[Step]:
        return steps(db, site_of(datasette).clock()) if is_new(db) and (may(request.actor, "admin") or not has_administrator(db)) else []

    return named(await ask(datasette, told))
