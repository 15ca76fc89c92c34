"""/tri/installation: how far a site is on its first days, and the command of each next step. For administrators."""

from dataclasses import dataclass

from datasette import Response

from veille.store.keeping.installation import steps
from veille.web.curating.forms import DeskContext, page
from veille.web.site.answering import ask
from veille.web.site.first_day import NamedStep, named
from veille.web.site.http import CuratorRequest, Datasette
from veille.web.site.session import curating
from veille.web.site.state import site_of


@dataclass(frozen=True, slots=True, kw_only=True)
class InstallationPage(DeskContext):
    """/tri/installation"""

    template = "curating/installation.html"
    steps: list[NamedStep]


@curating("admin", "GET")
async def installation(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/installation"""
    found = await ask(datasette, steps, site_of(datasette).clock())
    return await page(datasette, request, InstallationPage(steps=named(found)))
