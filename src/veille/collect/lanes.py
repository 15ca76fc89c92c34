"""Reading in two lanes, so that a document that is slow to read holds up no other.

Comes in: answers. Goes out: what they say. Forbidden: SQLite, the network.

A small document is read in the quick lane, within a second of processor; a large one, or one that took longer, waits for the slow
lane, where the full limits apply. Each lane has one child process.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from time import monotonic
from types import TracebackType

from veille.collect.child import Parser
from veille.errors import ParserTimedOut
from veille.model import Fetched, Reading, Source

_QUICK_BYTES = 128 << 10
_LARGE = 1 << 20
_QUICK_CPU = 1  # seconds
_QUICK_WALL = 4.0


class Lanes:
    """Use as a context, inside one event loop; `slow` belongs to the caller."""

    def __init__(self, slow: Parser) -> None:
        self._slow = slow
        self._quick = Parser(cpu_seconds=_QUICK_CPU, wall_seconds=_QUICK_WALL)
        self._stack = ExitStack()
        self._small = 0  # documents that the quick lane has, or that wait for it
        self._quick_path, self._slow_path = (ThreadPoolExecutor(1, thread_name_prefix=f"veille-{name}") for name in ("quick", "slow"))

    def __enter__(self) -> "Lanes":
        for one in (self._quick, self._quick_path, self._slow_path):
            self._stack.enter_context(one)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    async def read(self, source: Source, fetched: Fetched, now: datetime) -> tuple[Reading | Exception, float]:
        """Return what an answer says, or why it cannot be read, and the seconds that reading took (waiting not counted)."""
        loop = asyncio.get_running_loop()
        quick, slow = (partial(_timed, parser, source, fetched, now) for parser in (self._quick, self._slow))
        if len(fetched.body) <= _QUICK_BYTES:
            self._small += 1
            try:
                read, seconds = await loop.run_in_executor(self._quick_path, quick)
            finally:
                self._small -= 1
            if not isinstance(read, ParserTimedOut):
                return read, seconds
        if len(fetched.body) > _LARGE and not self._small:
            # The idle child gives its memory to the one that is about to swell; the next small document starts another.
            await loop.run_in_executor(self._quick_path, self._quick.close)
        return await loop.run_in_executor(self._slow_path, slow)


def _timed(parser: Parser, source: Source, fetched: Fetched, now: datetime) -> tuple[Reading | Exception, float]:
    started = monotonic()
    try:
        read: Reading | Exception = parser.read(source, fetched, now)
    except Exception as exc:  # one source's failure, or a bug of ours: the collector tells them apart
        read = exc
    return read, monotonic() - started
