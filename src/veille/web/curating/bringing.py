"""/tri/ajouter and /tri/sources: an address becomes an article or a source, through the same door as everything else.

GET never asks another site: an address that a bookmarklet brings is shown in the form, and read when the form is sent.
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from datasette import Response

from veille.collect import bring
from veille.collect.discover import Discovery
from veille.config.writing import duration_text
from veille.errors import SourceError, UsageError
from veille.fetch import Fetcher
from veille.messages.collecting import failed_source
from veille.messages.common import SOURCE_STATES
from veille.messages.curating import (
    ANOTHER_IS_READ,
    ARTICLE_BROUGHT,
    CANNOT_BE_READ,
    COPY_KEPT,
    EDITORS_FOLLOW,
    NEXT_RUN_HEEDS,
    NO_COPY,
    READ_BY_SELECTORS,
    READ_TOO_LONG_AGO,
    RIGHTS_LABELS,
    SOURCE_FOLLOWED,
)
from veille.model import Item, Source
from veille.store import cards, settings
from veille.store.cards import Card
from veille.store.connection import Connection
from veille.store.curating import evidence
from veille.store.curating import followed as sources_here
from veille.store.curating.edits import Change, edit, note_edit
from veille.web.curating.decisions import place_named
from veille.web.curating.forms import DeskContext, Form, Said, answer, now_of, page
from veille.web.site.answering import ask
from veille.web.site.errors import PageError
from veille.web.site.http import CuratorRequest, Datasette
from veille.web.site.origin import origin_of
from veille.web.site.session import curating, may
from veille.web.site.state import deciding, reading, site_of

_KEPT_SECONDS, _MOST_KEPT = 900, 40
_SHOWN = 10
_Kind = TypeVar("_Kind")
T = TypeVar("T")
_BOOKMARKLET = "javascript:location.href='{root}?adresse='+encodeURIComponent(location.href)"


def _remember(datasette: Datasette, what: object) -> str:
    """Keep what was shown for a quarter of an hour, so that what is saved is what was seen; its token."""
    held, now = site_of(datasette).brought, time.monotonic()
    for token in [token for token, (began, _) in held.items() if now - began > _KEPT_SECONDS]:
        del held[token]
    while len(held) >= _MOST_KEPT:
        del held[next(iter(held))]
    token = secrets.token_urlsafe(12)
    held[token] = (now, what)
    return token


def _shown(datasette: Datasette, form: Form, kind: type[_Kind]) -> _Kind:
    """Return what was shown under the token of a form; raises UsageError when it is not there any more, or is something else."""
    found = site_of(datasette).brought.pop(form.get("jeton"), None)
    if found is None or time.monotonic() - found[0] > _KEPT_SECONDS or not isinstance(found[1], kind):
        raise UsageError(READ_TOO_LONG_AGO)
    return found[1]


async def _through_the_door(datasette: Datasette, read: Callable[[Fetcher], Awaitable[T]], source_id: str = "") -> T:
    """Ask another site (of a source, where its id is given), one address at a time, as the collector does; raises UsageError."""
    site = site_of(datasette)
    if site.fetching.locked():
        raise UsageError(ANOTHER_IS_READ)
    async with site.fetching:
        contact = await ask(datasette, settings.setting, "contact") or ""
        notes, access = await reading(datasette, bring.site_notes, source_id)
        fetcher = bring.door(contact, site.clock, notes, access, allow_private=site.allow_private)
        try:
            async with fetcher:
                return await read(fetcher)
        except SourceError as exc:
            raise UsageError(failed_source(CANNOT_BE_READ, exc.failure, exc.reason)) from exc
        finally:
            await deciding(datasette, lambda connection: bring.keep_site_notes(connection, fetcher, site.clock()))


@dataclass(frozen=True, slots=True, kw_only=True)
class BringPage(DeskContext):
    """/tri/ajouter"""

    template = "curating/ajouter.html"
    address: str
    wrong: str
    bookmarklet: str
    editor: bool
    rhythms: Mapping[str, str]
    rights: Mapping[str, str]
    every: str
    brought: bring.Brought | None = None
    there: Card | None = None
    token: str = ""
    source: Source | None = None
    found: Discovery | None = None
    entries: Sequence[Item] = ()
    site_token: str = ""


@curating("curator", "GET", "POST")
async def ajouter(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/ajouter: POST reads an address (voir), keeps what was shown (garder), or looks for what to follow (suivre, suivre-garder)."""
    if request.method != "POST":
        return await _form(datasette, request, address=(request.args.get("adresse") or "")[:2000])
    form = await Form.of(request)
    change, url = form.get("change"), form.get("adresse")
    doing = {"voir": _see, "garder": _keep, "suivre": _scout, "suivre-garder": _follow}.get(change)
    if doing is None:
        raise PageError(400)
    if change.startswith("suivre") and not may(request.actor, "editor"):
        raise PageError(403, EDITORS_FOLLOW)
    try:
        return await doing(datasette, request, form)
    except UsageError as exc:
        return await _form(datasette, request, address=url, wrong=str(exc))


async def _form(datasette: Datasette, request: CuratorRequest, *, address: str, wrong: str = "", **shown: Any) -> Response:
    root = f"{(await origin_of(datasette, request)).root}tri/ajouter"
    return await page(
        datasette,
        request,
        BringPage(
            address=address,
            wrong=wrong,
            bookmarklet=_BOOKMARKLET.format(root=root),
            editor=may(request.actor, "editor"),
            rhythms=sources_here.RHYTHMS,
            rights=RIGHTS_LABELS,
            every=duration_text(shown["source"].every) if "source" in shown else "",
            **shown,
        ),
    )


async def _see(datasette: Datasette, request: CuratorRequest, form: Form) -> Response:
    url, site = bring.address_of(form.get("adresse")), site_of(datasette)
    brought = await _through_the_door(datasette, lambda fetcher: bring.read_article(url, fetcher, site.knowledge))
    there = await reading(datasette, bring.already_there, brought.item)
    card = (await ask(datasette, cards.cards, [there]))[0] if there else None
    return await _form(datasette, request, address=url, brought=brought, there=card, token="" if there else _remember(datasette, brought))


async def _keep(datasette: Datasette, request: CuratorRequest, form: Form) -> Response:
    brought, site = _shown(datasette, form, bring.Brought), site_of(datasette)
    account, at, now = request.actor["account"], now_of(datasette), site.clock()

    def write(connection: Connection) -> int:
        there = bring.already_there(connection, brought.item)
        item = there or bring.keep_brought(connection, brought, site.knowledge, now)
        if not there:
            note_edit(connection, account_id=account, subject=f"article n° {item}", action="bring", at=at)
        return item

    item = await deciding(datasette, write)
    return answer(datasette, request, form, Said(ARTICLE_BROUGHT), f"/article/{item}", item=item)


async def _scout(datasette: Datasette, request: CuratorRequest, form: Form) -> Response:
    url, site = bring.address_of(form.get("adresse")), site_of(datasette)
    found = await _through_the_door(datasette, lambda fetcher: bring.read_site(url, fetcher, site.clock()))
    taken = await ask(datasette, cards.names)
    source = await asyncio.to_thread(bring.proposed, found, url, taken, site.knowledge)
    return await _show_found(datasette, request, url, Found(source=source, found=found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was found on a site, and the source that it would make."""

    source: Source
    found: Discovery


async def _show_found(datasette: Datasette, request: CuratorRequest, url: str, found: Found, *, wrong: str = "") -> Response:
    token = _remember(datasette, found)
    shown: dict[str, Any] = {"source": found.source, "found": found.found, "entries": found.found.reading.items[:_SHOWN]}
    return await _form(datasette, request, address=url, wrong=wrong, site_token=token, **shown)


async def _follow(datasette: Datasette, request: CuratorRequest, form: Form) -> Response:
    found = _shown(datasette, form, Found)
    account, at = request.actor["account"], now_of(datasette)
    source = replace(found.source, name=" ".join(form.get("nom").split())[:100] or found.source.name)
    try:
        source = replace(
            source,
            territory=tuple(dict.fromkeys(place_named(datasette, one) for one in form.get("territoire").split(",") if one.strip())),
            every=sources_here.rhythm(form.get("rythme", duration_text(source.every))),
            rights=sources_here.rights(form.get("droits", source.rights)),
        )

        def write(connection: Connection) -> None:
            change = sources_here.follow_change(connection, source, account, at)
            edit(connection, [change], account_id=account, subject=f"source {source.name}", action="follow", at=at)

        await deciding(datasette, write)
    except UsageError as exc:
        return await _show_found(datasette, request, form.get("adresse"), replace(found, source=source), wrong=str(exc))
    return answer(datasette, request, form, Said(SOURCE_FOLLOWED.format(name=source.name)), "/tri/sources")


@curating("editor", "GET", "POST")
async def sources(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/sources: GET lists; POST pauses, resumes, changes a rhythm, lets go of a followed source, or tries one now."""
    if request.method != "POST":
        return await _sources(datasette, request)
    form = await Form.of(request)
    change, source_id = form.get("change"), form.get("source")
    if change == "essayer":
        return await _try_now(datasette, request, source_id)
    makers: dict[str, Callable[[Connection], Change]] = {
        "pause": lambda db: sources_here.wish_change(db, source_id, paused=1),
        "resume": lambda db: sources_here.wish_change(db, source_id, paused=0),
        "every": lambda db: sources_here.wish_change(db, source_id, every=form.get("rythme")),
        "unfollow": lambda _db: Change(table="followed", key=(source_id,), row=None),
    }
    if change not in makers:
        raise PageError(400)
    account, at = request.actor["account"], now_of(datasette)

    def write(connection: Connection) -> int:
        return edit(connection, [makers[change](connection)], account_id=account, subject=f"source {source_id}", action=change, at=at)

    try:
        await deciding(datasette, write)
        said = Said(NEXT_RUN_HEEDS)
    except UsageError as exc:
        said = Said(str(exc), wrong=True)
    return answer(datasette, request, form, said, "/tri/sources")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedPage(DeskContext):
    """/tri/sources"""

    template = "curating/sources.html"
    rows: list[sources_here.Watched]
    yaml: str
    rhythms: Mapping[str, str]
    source_states: Mapping[str, tuple[str, str]]
    wrong: str = ""
    tried: Source | None = None
    entries: Sequence[Item] = ()
    count: int = 0


async def _sources(datasette: Datasette, request: CuratorRequest, **shown: Any) -> Response:
    rows = await ask(datasette, sources_here.watched)
    yaml = await ask(datasette, sources_here.as_yaml)
    return await page(
        datasette, request, WatchedPage(rows=rows, yaml=yaml, rhythms=sources_here.RHYTHMS, source_states=SOURCE_STATES, **shown)
    )


async def _try_now(datasette: Datasette, request: CuratorRequest, source_id: str) -> Response:
    """What a source would bring now; nothing is stored."""
    site = site_of(datasette)
    here = {one.id: one for one in await ask(datasette, sources_here.followed, lambda: sources_here.names_of(site.knowledge))}
    source = here.get(source_id) or await ask(datasette, sources_here.source_as_known, source_id)
    try:
        if source is None:
            raise UsageError(READ_BY_SELECTORS.format(id=source_id[:60]))
        found = await _through_the_door(datasette, lambda fetcher: bring.read_source(source, fetcher, site.clock()), source_id)
    except UsageError as exc:
        return await _sources(datasette, request, wrong=str(exc))
    return await _sources(datasette, request, tried=source, entries=found.items[:_SHOWN], count=len(found.items))


@curating("curator", "POST")
async def preuve(datasette: Datasette, request: CuratorRequest) -> Response:
    """POST /article/<id>/preuve: looks at the link (lien), or keeps a copy of the text where rights allow it (copie)."""
    form, item = await Form.of(request), int(request.url_vars["id"])
    change, at = form.get("change"), now_of(datasette)
    there = await ask(datasette, evidence.address_of, item)
    if change not in ("lien", "copie") or there is None:
        raise PageError(400)
    url, rights = there
    fallback = f"/article/{item}#decisions"
    if change == "copie" and rights == "link":
        return answer(datasette, request, form, Said(NO_COPY, wrong=True), fallback)
    try:
        if change == "lien":
            outcome, said = await _through_the_door(datasette, lambda fetcher: bring.look_at_link(url, fetcher))
            await deciding(datasette, lambda connection: evidence.keep_check(connection, item, outcome, said, at))
            return answer(datasette, request, form, Said(said, wrong=outcome == "gone"), fallback)
        text = await _through_the_door(datasette, lambda fetcher: bring.text_of_page(url, fetcher))
    except UsageError as exc:
        return answer(datasette, request, form, Said(str(exc), wrong=True), fallback)
    digest = await deciding(datasette, lambda connection: evidence.keep_copy(connection, item, url, text, at))
    return answer(datasette, request, form, Said(COPY_KEPT.format(digest=digest[:12])), fallback)


@curating("curator", "GET")
async def copie(datasette: Datasette, request: CuratorRequest) -> Response:
    """/article/<id>/copie/<n>: a copy that is kept, as plain text, for curators alone."""
    found = await ask(datasette, evidence.copy_text, int(request.url_vars["id"]), int(request.url_vars["number"]))
    if found is None:
        raise PageError(404)
    text, digest, at = found
    return Response.text(f"{text}\n\n-- SHA-256 {digest}, {at}\n")
