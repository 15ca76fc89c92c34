"""Finding what to read on a site: the right feed, or the right list of articles.

Comes in: an address, a fetcher, a parser. Goes out: `Discovery`: what to read from now on, its answer, and what was left aside.
Forbidden: storing, guessing that an address is a feed without having read it.

In order: the document itself; feeds that the page announces as news; a section's own (news, innovation); other announced
or linked feeds; the usual addresses of the site's software; news sitemaps; JSON-LD; the list of WordPress; last, the page itself by
selectors. Comments, agendas and job offers are never taken, only told.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from urllib.parse import urljoin

from veille.collect.child import Parser
from veille.errors import FetchError, ParseError, Postponed
from veille.fetch import Fetcher
from veille.french import fold
from veille.messages.collecting import FOUND_HOW, NO_FEED_FOUND, ONLY_STALE
from veille.messages.common import long_date
from veille.model import Fetched, Finding, Lead, Leads, Reading, Source, Validators
from veille.parse.leads import same_site, usual_of_section

MOST_REQUESTS = 30
RECENT = timedelta(days=400)
_SECTIONS = 2
_LISTED = 6
_OF_COMMENTS = re.compile(r"(?:commentaires? (?:sur|a)|comments? on|par\s*:|by\s*:|re\s*:|reponse (?:a|de))\b")
_OF_JOBS = re.compile(r"\bh\s*/\s*f\b|\bf\s*/\s*h\b|\b(?:cdi|cdd|offre d[ '’]emploi|recrute)\b")
# What says that a site does not want, or cannot, be asked any more: no other address of it is tried.
_STOPS = ("rate-limited", "timeout", "connection", "tls", "blocked-address", "bot-wall")


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """What a site is read by; `answer` is the document that showed it, already fetched."""

    finding: Finding
    answer: Fetched
    reading: Reading
    others: tuple[Lead, ...] = ()
    title: str = ""  # of the page that was asked


@dataclass(slots=True)
class _Search:
    """One search: what was asked already, and what was good but old."""

    source: Source
    now: datetime
    today: date
    asked: dict[str, Fetched | None]
    home: str  # where the site answered
    stale: Discovery | None = None
    listed: set[str] = field(default_factory=set)  # pages of feeds that were looked into


class Scout:
    """Looks for feeds with the fetcher and the parser of a run."""

    def __init__(self, fetcher: Fetcher, parser: Parser) -> None:
        self._fetcher = fetcher
        self._parser = parser

    async def find(self, source: Source, now: datetime) -> Discovery:
        """Return what to read for the site of a source; raises FetchError or ParseError when there is nothing, with the reason."""
        search = _Search(source=source, now=now, today=now.date(), asked={}, home=source.url)
        first = await self._fetch(source.url, source)
        assert first is not None
        search.asked[source.url] = search.asked[first.url] = first
        search.home = first.url
        itself = await self._itself(search, first)
        if itself:
            return itself
        home = await asyncio.to_thread(self._parser.leads, first)
        pages: list[tuple[Fetched, Leads, str]] = [(first, home, "")]
        found = await self._among(search, [one for one in home.feeds if one.news and one.how == "announced"], home)
        for section in home.sections[:_SECTIONS] if not found else ():
            page = await self._ask(search, section.url)
            if page is None:
                continue
            try:
                there = await asyncio.to_thread(self._parser.leads, page)
            except ParseError:
                continue
            pages.append((page, there, section.label))
            known = {lead.url for lead in home.feeds}
            own = [replace(lead, how="section", label=section.label) for lead in there.feeds if lead.url not in known]
            # The usual addresses beside a section are tried only where the section says nothing itself.
            usual = [] if own else [replace(one, label=section.label) for one in usual_of_section(page.url, home.software)[:4]]
            found = await self._among(search, [*own, *usual], home)
            if found:
                break
        found = (
            found
            or await self._among(search, [*home.feeds, *home.usual], home)
            or await self._sitemap(search)
            or await self._structured(search, pages)
            or await self._wordpress(search, home)
            or await self._listing(search, pages)
            or search.stale
        )
        if found is None:
            raise await asyncio.to_thread(self._parser.wall, first) or ParseError("bad-page", NO_FEED_FOUND)
        if found is search.stale:
            days = [item.day for item in found.reading.items if item.day]
            raise ParseError("bad-feed", ONLY_STALE.format(url=found.finding.url[:100], day=long_date(date.fromisoformat(max(days)))))
        taken = found.finding.url
        others = {lead.url: lead for _, leads, _ in pages for lead in leads.feeds if lead.url != taken}
        return replace(found, others=tuple(others.values())[:12], title=home.title)

    async def _itself(self, search: _Search, first: Fetched) -> Discovery | None:
        """The address given is a feed already."""
        if first.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] not in (b"<", b"{", b"["):
            return None
        reading = await self._read(search, first, Finding(url=first.url))
        return _found(Finding(url=search.source.url, said=FOUND_HOW["itself"]), first, reading) if reading and reading.items else None

    async def _among(self, search: _Search, leads: Iterable[Lead], home: Leads) -> Discovery | None:
        """Return the first lead that is a feed of news, and recent."""
        for lead in leads:
            if lead.purpose != "news":
                continue
            page = await self._ask(search, lead.url)
            if page is None:
                continue
            said = FOUND_HOW[lead.how].format(label=lead.label, software=home.software or FOUND_HOW["any"])
            found = await self._judge(search, page, Finding(url=lead.url, said=said)) or await self._listed(search, lead, page)
            if found:
                return found
        return None

    async def _listed(self, search: _Search, lead: Lead, page: Fetched) -> Discovery | None:
        """« Flux RSS » may lead to a page that lists the site's feeds: those are asked, and no page of pages."""
        if lead.how != "linked" or lead.url in search.listed:
            return None
        search.listed.add(lead.url)
        try:
            there = await asyncio.to_thread(self._parser.leads, page)
        except ParseError:
            return None
        for one in there.feeds[:_LISTED]:
            answer = await self._ask(search, one.url) if one.purpose == "news" and one.url not in search.asked else None
            said = FOUND_HOW["linked"]
            found = await self._judge(search, answer, Finding(url=one.url, said=said)) if answer else None
            if found:
                return found
        return None

    async def _judge(self, search: _Search, page: Fetched, finding: Finding) -> Discovery | None:
        reading = await self._read(search, page, finding)
        if reading is None or not reading.items or _purpose(reading, search.today) != "news":
            return None
        found = _found(finding, page, reading)
        if _is_recent(reading, search.today):
            return found
        search.stale = search.stale or found
        return None

    async def _read(self, search: _Search, page: Fetched, finding: Finding) -> Reading | None:
        source = replace(search.source, kind=finding.kind, url=finding.url, select=finding.select)
        try:
            return await asyncio.to_thread(self._parser.read, source, page, search.now)
        except ParseError:
            return None

    async def _ask(self, search: _Search, url: str) -> Fetched | None:
        """Return a document, asked for once; None where there is none. Raises where the site has had enough, or is not there."""
        if url not in search.asked:
            if len(search.asked) >= MOST_REQUESTS:
                return None
            try:
                search.asked[url] = await self._fetch(url, search.source)
            except Postponed:
                if same_site(url, search.home):
                    raise
                search.asked[url] = None
            except FetchError as exc:
                if exc.failure in _STOPS and same_site(url, search.home):
                    raise
                search.asked[url] = None
        return search.asked[url]

    async def _fetch(self, url: str, source: Source) -> Fetched | None:
        answer = await self._fetcher.fetch(url, Validators(), source.timeout, source.access)
        return self._fetcher.release(answer) if isinstance(answer, Fetched) else None

    async def _sitemap(self, search: _Search) -> Discovery | None:
        """Return a sitemap of news, announced in robots.txt or at its usual place."""
        root = urljoin(search.home, "/")
        announced = await self._fetcher.sitemaps(search.home, search.source.timeout, search.source.access)
        places = list(dict.fromkeys([*announced[:3], f"{root}sitemap-news.xml", f"{root}sitemap.xml"]))
        for place in places:
            page = await self._ask(search, place)
            if page is None:
                continue
            try:
                below, has_news = await asyncio.to_thread(self._parser.sitemaps, page)
            except ParseError:
                continue
            if has_news:
                found = await self._judge(search, page, Finding(url=place, said=FOUND_HOW["sitemap"]))
                if found:
                    return found
            places.extend(one for one in below[:2] if one not in places)
        return None

    async def _structured(self, search: _Search, pages: list[tuple[Fetched, Leads, str]]) -> Discovery | None:
        for page, _, label in reversed(pages):
            found = await self._judge(search, page, Finding(url=page.url, kind="page", said=FOUND_HOW["json-ld"].format(label=label)))
            if found:
                return found
        return None

    async def _wordpress(self, search: _Search, home: Leads) -> Discovery | None:
        if home.software != "WordPress":
            return None
        url = urljoin(search.home, "/wp-json/wp/v2/posts?per_page=20")
        page = await self._ask(search, url)
        return await self._judge(search, page, Finding(url=url, said=FOUND_HOW["wordpress"])) if page else None

    async def _listing(self, search: _Search, pages: list[tuple[Fetched, Leads, str]]) -> Discovery | None:
        """Return the page itself, by the selectors that read most of it; a section before the home page."""
        for page, _, label in reversed(pages):
            try:
                proposals = await asyncio.to_thread(self._parser.proposals, page, search.today)
            except ParseError:
                continue
            for proposal in proposals:
                said = FOUND_HOW["listing"].format(label=label)
                found = await self._judge(search, page, Finding(url=page.url, kind="page", select=proposal.select, said=said))
                if found:
                    return found
        return None


def _found(finding: Finding, page: Fetched, reading: Reading) -> Discovery:
    return Discovery(finding=finding, answer=page, reading=reading)


def _is_recent(reading: Reading, today: date) -> bool:
    days = [item.day for item in reading.items if item.day]
    return not days or max(days) >= (today - RECENT).isoformat()


def _purpose(reading: Reading, today: date) -> str:
    """Return what the entries are, whatever the address says: comments, an agenda (days to come), jobs, or news."""
    titles = [fold(item.title) for item in reading.items]
    count = len(titles)
    if sum(_OF_COMMENTS.match(title) is not None for title in titles) * 2 > count:
        return "comments"
    if sum(_OF_JOBS.search(title) is not None for title in titles) * 2 > count:
        return "jobs"
    if sum(item.day > today.isoformat() for item in reading.items) * 2 > count:
        return "agenda"
    return "news"
