"""An address that a curator brings: read through the same door and limits as everything else, shown as it would be kept.

Comes in: an address, a fetcher. Goes out: `Brought` (an article), or what `scout` finds on a site. Forbidden: storing before it was seen.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from veille.collect.child import Parser
from veille.collect.discover import Discovery, Scout
from veille.collect.intake import Prepared, keep
from veille.config import address_problem
from veille.errors import FetchError, ParseError, Postponed, UsageError
from veille.fetch import Fetcher, Limits
from veille.french import bare, fold
from veille.judge.identity import name_items
from veille.messages.curating import (
    BROUGHT_NAME,
    FORGOTTEN_ARTICLE,
    LINK_ALIVE,
    LINK_GONE,
    LINK_MOVED,
    LINK_UNKNOWN,
    LINK_WALLED,
    NOTHING_TO_READ,
)
from veille.model import BROUGHT as BROUGHT_ID
from veille.model import SOURCE_KINDS, Access, Entry, Fetched, HostNote, Item, Reading, Rights, Source, TaggedItem, Validators, Visit
from veille.normalize import to_item
from veille.store.collecting.hosts import host_notes, keep_notes
from veille.store.collecting.items import put_in_queue
from veille.store.collecting.names import known_names
from veille.store.collecting.sources import ensure_source
from veille.store.connection import Connection
from veille.store.settings import access_to
from veille.understand.knowledge import Knowledge
from veille.understand.labels import understand
from veille.understand.territory import territories_of

TIMEOUT = timedelta(seconds=15)
SPACING = 0.2  # seconds: somebody waits
BROUGHT = Source(id=BROUGHT_ID, name=BROUGHT_NAME, kind="page", url="", enabled=False)
_SUFFIX = re.compile(r"\s+[|–—•·]\s+[^|–—•·]{2,60}\Z|\s+-\s+[^-]{2,40}\Z")
_LEAST_TITLE, _LEAST_DAYS = 15, 3
# Licences that let a text be shown whole: https://spdx.org/licenses/ etalab-2.0, CC-BY, CC-BY-SA, CC0.
_OPEN = re.compile(r"creativecommons\.org/(?:licenses/by(?:-sa)?/|publicdomain/zero)|etalab-2\.0|licence ouverte", re.I)
_BARS = " |–—•·-"
_WALLS = ("bot-wall", "robots", "rate-limited", "blocked-address", "tls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """An article as it would be kept; its author is the name of its site."""

    item: Item
    tagged: TaggedItem
    received: int


def door(agent_contact: str, clock: Callable[[], datetime], notes: Iterable[HostNote], access: Access, *, allow_private: bool) -> Fetcher:
    """Return the fetcher for one address, by the way that the collector goes; raises nothing yet."""
    fetcher = Fetcher(contact=agent_contact, clock=clock, access=access, allow_private=allow_private, limits=Limits(spacing=SPACING))
    fetcher.remember(notes)
    return fetcher


def address_of(text: str) -> str:
    """Return an address that may be asked; raises UsageError with the reason why not."""
    url = text.strip()
    why = address_problem(url) if url else "une adresse est attendue"
    if why:
        raise UsageError(f"« {url[:100]} » : {why}.")
    return url


async def read_article(url: str, fetcher: Fetcher, knowledge: Knowledge) -> Brought:
    """Return the article of a page; raises SourceError where there is none."""
    answer = await fetcher.fetch(url, Validators(), TIMEOUT)
    assert isinstance(answer, Fetched)  # no validators were sent
    with Parser() as parser:
        leads = await asyncio.to_thread(parser.leads, answer)
        wall = await asyncio.to_thread(parser.wall, answer)
        if wall:
            raise wall
        text, day = await asyncio.to_thread(parser.article, answer)
    title = leads.title.strip()
    suffix = _SUFFIX.search(title)
    if suffix and suffix.start() >= _LEAST_TITLE:
        title, after = title[: suffix.start()], suffix[0].strip(_BARS)
    else:
        after = ""
    site = leads.site or after or (urlsplit(answer.url).hostname or "").removeprefix("www.")
    entry = Entry(link=answer.url, title=title, content=text, author=site, published=day, title_is_text=True, body_is_text=True)
    item = to_item(BROUGHT, entry) if title or text else None
    if item is None or not item.title:
        raise ParseError("bad-page", NOTHING_TO_READ)
    return Brought(item=item, tagged=understand(item, BROUGHT, knowledge), received=answer.received)


async def look_at_link(url: str, fetcher: Fetcher) -> tuple[str, str]:
    """Return whether an address still leads somewhere: an outcome of `evidence.OUTCOMES`, and the sentence that says it.

    A wall for robots, or a site that asks to wait, says nothing of the article: it is no dead link.
    """
    try:
        answer = await fetcher.fetch(url, Validators(), TIMEOUT)
    except (FetchError, Postponed) as exc:
        failure = getattr(exc, "failure", "rate-limited")
        if failure == "gone" or getattr(exc, "status", None) in (404, 410):
            return "gone", LINK_GONE
        return ("walled", LINK_WALLED) if failure in _WALLS else ("unknown", str(getattr(exc, "reason", "")) or LINK_UNKNOWN)
    assert isinstance(answer, Fetched)
    with Parser() as parser:
        try:
            if await asyncio.to_thread(parser.wall, answer):
                return "walled", LINK_WALLED
        except ParseError:
            return "alive", LINK_ALIVE  # not a page: a document, then
    return ("moved", LINK_MOVED.format(url=answer.url[:200])) if answer.moved_to else ("alive", LINK_ALIVE)


async def text_of_page(url: str, fetcher: Fetcher) -> str:
    """Return the text of an article's page; raises SourceError."""
    answer = await fetcher.fetch(url, Validators(), TIMEOUT)
    assert isinstance(answer, Fetched)
    with Parser() as parser:
        wall = await asyncio.to_thread(parser.wall, answer)
        if wall:
            raise wall
        text, _ = await asyncio.to_thread(parser.article, answer)
    if not text:
        raise ParseError("bad-page", NOTHING_TO_READ)
    return text


async def read_site(url: str, fetcher: Fetcher, now: datetime) -> Discovery:
    """Return what to follow on a site; raises SourceError where there is nothing."""
    with Parser() as parser:
        return await Scout(fetcher, parser).find(
            Source(id="nouvelle-source", name="", kind="discover", url=url, timeout=TIMEOUT, access=fetcher.access), now
        )


async def read_source(source: Source, fetcher: Fetcher, now: datetime) -> Reading:
    """Return what a source says now; raises SourceError."""
    if SOURCE_KINDS[source.kind].searched:
        return (await read_site(source.url, fetcher, now)).reading
    answer = await fetcher.fetch(source.url, Validators(), TIMEOUT)
    assert isinstance(answer, Fetched)
    with Parser() as parser:
        return await asyncio.to_thread(parser.read, source, answer, now)


def proposed(found: Discovery, url: str, taken: Iterable[str], knowledge: Knowledge) -> Source:
    """Return a new source as feeds.yaml would hold it, with what could be told of it: name, territory, rhythm, rights."""
    source = named(found, url, taken)
    return replace(source, territory=_territory(source, found, knowledge), every=_rhythm(found), rights=_rights(found))


def _territory(source: Source, found: Discovery, knowledge: Knowledge) -> tuple[str, ...]:
    """The département that its name or its address says, else the one that most of its articles name."""
    told = [place.code for place in territories_of(found.title or source.name, "", (), knowledge)]
    host = " ".join(re.split(r"[.-]", urlsplit(source.url).hostname or ""))
    words = f" {bare(host)} "
    told += [code for code, place in knowledge.departements.items() if len(place.name) > 3 and f" {bare(place.name)} " in words]
    if told:
        return (told[0],)
    named_by = Counter(place.code for item in found.reading.items for place in territories_of(item.title, item.text, (), knowledge))
    code, count = (named_by.most_common(1) or [("", 0)])[0]
    return (code,) if count > len(found.reading.items) / 2 else ()


def _rhythm(found: Discovery) -> timedelta:
    """A visit for each article or so: several times a day, every half day, or once a day."""
    days = sorted(date.fromisoformat(item.day) for item in found.reading.items if item.day)
    if len(days) < _LEAST_DAYS:
        return timedelta(hours=12)
    by_day = len(days) / max(1, (days[-1] - days[0]).days)
    return timedelta(hours=6 if by_day >= 1 else 12 if by_day >= 1 / 4 else 24)


def _rights(found: Discovery) -> Rights:
    """A text may be shown whole where the site says so, by a licence that allows it."""
    return "full" if _OPEN.search(found.answer.body.decode("utf-8", "replace")) else "excerpt"


def named(found: Discovery, url: str, taken: Iterable[str]) -> Source:
    """Return a new source as feeds.yaml would hold it: an id of its own, a name, what was found."""
    host = (urlsplit(url).hostname or "source").removeprefix("www.")
    name = re.sub(r"\s+", " ", re.split(r"\s[|–—-]\s|\s:\s", found.title)[0])[:100].strip() or host
    stem = re.sub(r"[^a-z0-9]+", "-", fold(host.rsplit(".", 1)[0])).strip("-")[:40] or "source"
    used = set(taken)
    wanted = next(one for one in (stem, f"{stem}-actualites", *(f"{stem}-{number}" for number in range(2, 1000))) if one not in used)
    finding = found.finding
    return Source(id=wanted, name=name, kind=finding.kind, url=finding.url, select=finding.select)


def site_notes(db: Connection, source_id: str = "") -> tuple[list[HostNote], Access]:
    """Return what sites asked for, as the file has it, and how a source, or any other address, is reached."""
    return host_notes(db), access_to(db, source_id)


def keep_site_notes(db: Connection, fetcher: Fetcher, now: datetime) -> None:
    """What sites ask for now, and the requests they got; the caller holds the transaction."""
    keep_notes(db, *fetcher.notes(), now)


def already_there(db: Connection, item: Item) -> int | None:
    """Return the article that is held already under this address, None for a new one."""
    ((one,), _) = name_items([item], frozenset())
    names = [name for name in (one.canonical, one.title_day) if name]
    known = known_names(db, names, BROUGHT.timezone)
    return next((known[name].id for name in names if name in known), None)


def keep_brought(db: Connection, brought: Brought, knowledge: Knowledge, now: datetime) -> int:
    """Keep an article; its id. The caller holds the transaction. Raises UsageError for one that somebody asked to forget."""
    ensure_source(db, BROUGHT, state="retired")
    prepared = Prepared(
        visit=Visit(source=BROUGHT, first=False), reading=Reading(items=(brought.item,), skipped=0), status=200,
        received=brought.received, tagged={brought.item: brought.tagged},
    )  # fmt: skip
    keep(db, prepared, knowledge, now=now)
    found = already_there(db, brought.item)
    if found is None:
        raise UsageError(FORGOTTEN_ARTICLE)
    put_in_queue(db, found)  # whoever brings it wants it looked at, however old
    return found
