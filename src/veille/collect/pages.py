"""The pages of new articles, for the sources that want them: side by side, each within its site's limits.

Comes in: sources that answered; a fetcher, a parser, the keeper of the run. Goes out: nothing: texts are kept.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.collect.child import Parser
from veille.collect.settle import Keeper, Notes
from veille.errors import FetchError, SourceError
from veille.fetch import Fetcher
from veille.model import Fetched, NotModified, Source, Validators
from veille.store.collecting.hosts import keep_notes

if TYPE_CHECKING:
    from veille.store.collecting.article_pages import Wanted

log = logging.getLogger("veille")
_TRY_AGAIN = ("timeout", "connection", "rate-limited")  # an article's page is asked for again at the next run


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReader:
    """Reads the pages of articles."""

    keeper: Keeper
    fetcher: Fetcher
    parser: Parser

    async def read_pages(self, path: ThreadPoolExecutor, sources: list[Source]) -> None:
        """The pages of new articles, for the sources that want them: side by side, each within its site's limits."""
        loop = asyncio.get_running_loop()
        now = self.keeper.clock()
        curious = [source for source in sources if source.full_text]
        if not curious:
            return
        from veille.store.collecting.article_pages import wanted_pages

        wanted = [(source, one) for source in curious for one in wanted_pages(self.keeper.db, source.id, source.full_text, now)]

        async def read(source: Source, one: "Wanted") -> None:
            try:
                got: Fetched | NotModified | Exception = await self.fetcher.fetch(one.url, Validators(), source.timeout, source.access)
            except FetchError as exc:
                got = exc
            try:
                await loop.run_in_executor(path, self._keep_page, source, one, got, self.fetcher.notes())
            finally:
                if isinstance(got, Fetched):
                    self.fetcher.release(got)

        at_once = asyncio.Semaphore(self.fetcher.limits.at_once)

        async def turn(source: Source, one: "Wanted") -> None:
            async with at_once:
                await read(source, one)

        await asyncio.gather(*(turn(source, one) for source, one in wanted))

    def _keep_page(self, source: Source, one: "Wanted", got: Fetched | NotModified | Exception, told: Notes) -> None:
        """Read one article's page and keep its text; a page that cannot be read is left, the article stays as its feed tells it."""
        from veille.collect.intake import understand_page
        from veille.moments import first_sight
        from veille.normalize import moment_of
        from veille.store.collecting.article_pages import keep_page, mark_read

        page, day, tagged = "", "", None
        try:
            if isinstance(got, Fetched):
                page, day = self.parser.article(got)
                page = page if len(page) > len(one.text) else ""
                known = self.keeper.known
                tagged = understand_page(self.keeper.db, source, one, page or one.text, known) if known and (page or day) else None
        except SourceError as exc:
            got = exc
        except Exception:  # a bug of ours: one article goes without its page
            log.exception("page of an article of %s", source.id)
        again = isinstance(got, FetchError) and (got.failure in _TRY_AGAIN or (got.status or 0) >= 500)
        with self.keeper.owning():
            now = self.keeper.clock()
            keep_notes(self.keeper.db, *told, now)
            if tagged:
                known_day = moment_of(day, source.timezone) if day and not one.is_stated else None
                keep_page(self.keeper.db, one, page, first_sight(known_day, now, source.timezone)[0], tagged, source.rights, now)
            elif not again:
                mark_read(self.keeper.db, one.id, now)
