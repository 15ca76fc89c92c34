"""How fast a site is asked: at most so many at a time, each start so many seconds after the last.

Comes in: a clock that counts seconds, a way to sleep. Goes out: turns. Forbidden: forgetting a site within a run.
"""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType

LONGEST_PAUSE = 120.0  # seconds: a run does not sleep longer for one site; the visit is put off instead


class TooLong(Exception):
    """The site's pause is longer than a run waits for."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Pace:
    """The turns of one host and port; as a context, one request."""

    def __init__(self, *, at_once: int, spacing: float, now: Callable[[], float], sleep: Callable[[float], Awaitable[object]]) -> None:
        self.spacing = spacing
        self._turns = asyncio.Semaphore(at_once)
        self._order = asyncio.Lock()
        self._next_start = float("-inf")
        self._now = now
        self._sleep = sleep

    def slow_down(self, seconds: float) -> None:
        """The site's own Crawl-delay, when it is longer than ours."""
        self.spacing = max(self.spacing, seconds)

    async def __aenter__(self) -> None:
        """One request: waits for its turn, then for the pause; raises TooLong when that is not to be waited for."""
        await self._turns.acquire()
        try:
            if self.spacing:
                await self._pause()
        except BaseException:
            self._turns.release()
            raise

    async def __aexit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._turns.release()

    async def _pause(self) -> None:
        async with self._order:
            pause = self._next_start - self._now()
            if pause > LONGEST_PAUSE:
                raise TooLong(pause)
            if pause > 0:
                await self._sleep(pause)
            self._next_start = self._now() + self.spacing
