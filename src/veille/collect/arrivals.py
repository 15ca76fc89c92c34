"""What has come from the sites and is not kept yet: who waits, where, and how much of it at once.

Comes in: visits, what fetches and what reads. Goes out: answers that were read, in batches. Forbidden: SQLite, a socket.

Bodies wait as they came, so many bytes of them: the sooner all sites are asked, the sooner the slowest has answered. What they say takes
more room than they do: only a few are read before what came earlier is kept.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from itertools import zip_longest
from urllib.parse import urlsplit

from veille.model import Fetched, NotModified, Reading, Visit

_WAITING = 256  # answers that wait to be kept
HELD = 12 << 20  # bytes of bodies that wait to be read; large ones are counted by the fetcher
_BESIDE = 4 << 10  # bytes that an answer takes beside its body
AHEAD, _AHEAD_LARGE = 12, 2  # answers that are being read or were read, before somebody takes them
_LINGER = 0.02  # seconds that an answer without news waits for others


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a visit brought back, and what that says once it is read."""

    visit: Visit
    got: Fetched | NotModified | Exception
    milliseconds: int
    read: Reading | Exception | None = None

    @property
    def is_sound(self) -> bool:
        """Whether it has been read, or says that nothing is new."""
        return isinstance(self.got, NotModified) or isinstance(self.read, Reading)


class _Bytes:
    """Room for so many bytes at once; what is larger than all of it waits until it is alone."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def enter(self, size: int) -> None:
        """Wait for one's turn and for room."""
        if not self._waiting and (not self._held or self._held + size <= self._most):
            self._held += size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        await turn

    def leave(self, size: int) -> None:
        """Give room back; those who waited longest enter first."""
        self._held -= size
        while self._waiting and (not self._held or self._held + self._waiting[0][0] <= self._most):
            size, turn = self._waiting.popleft()
            if not turn.done():  # it may have been cancelled
                self._held += size
                turn.set_result(None)


async def arrivals(
    visits: list[Visit],
    fetch: Callable[[Visit], Awaitable[Arrival]],
    read: Callable[[Arrival], Awaitable[Arrival]],
    *,
    at_once: int,
) -> AsyncGenerator[list[Arrival], None]:
    """Return the answers as they are read, those together that came while the last ones were kept; whoever fetches goes on meanwhile."""
    waiting: asyncio.Queue[tuple[Arrival, asyncio.Semaphore | None]] = asyncio.Queue(_WAITING)
    rest = iter(visits)
    reading: set[asyncio.Task[None]] = set()
    held, ahead, large = _Bytes(HELD), asyncio.Semaphore(AHEAD), asyncio.Semaphore(_AHEAD_LARGE)

    async def pass_on(answer: Arrival, size: int) -> None:
        gate = ahead if size else large  # a large body keeps the next one out until it is read: it waits behind no small one
        await gate.acquire()
        try:
            one = await read(answer)
        except Exception as exc:  # a bug of ours: one source pays, and nobody waits for it for ever
            one = replace(answer, read=exc)
        del answer
        held.leave(size)
        await waiting.put((one, gate))

    async def work() -> None:
        for visit in rest:
            answer = await fetch(visit)
            if isinstance(answer.got, Fetched):
                size = 0 if answer.got.large else len(answer.got.body) + _BESIDE
                await held.enter(size)
                task = asyncio.create_task(pass_on(answer, size))
                del answer  # its body is not to wait here for the next one
                reading.add(task)
                task.add_done_callback(reading.discard)
            else:
                await waiting.put((answer, None))

    tasks = [asyncio.create_task(work()) for _ in range(min(at_once, len(visits)))]
    try:
        left = len(visits)
        while left:
            came = [await waiting.get()]
            if left > 1 and isinstance(came[0][0].got, NotModified):
                await asyncio.sleep(_LINGER)  # what says « unchanged » comes in numbers, and costs little together
            while not waiting.empty() and len(came) < _WAITING:
                came.append(waiting.get_nowait())
            left -= len(came)
            for _, gate in came:
                if gate:
                    gate.release()
            yield [answer for answer, _ in came]
    finally:
        everyone = [*tasks, *reading]
        for task in everyone:
            task.cancel()
        await asyncio.gather(*everyone, return_exceptions=True)


def interleaved(visits: list[Visit]) -> list[Visit]:
    """Return one visit of each host, then a second of each, and so on: a slow host with many sources holds nobody up."""
    waiting: dict[str, list[Visit]] = {}
    for visit in visits:
        waiting.setdefault(urlsplit(visit.found.url if visit.found else visit.address).netloc, []).append(visit)
    rounds = zip_longest(*waiting.values())
    return [visit for one in rounds for visit in one if visit is not None]
