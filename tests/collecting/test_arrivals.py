"""What waits between the sites and the file: bodies by their bytes, few of them read ahead, nobody passed over."""

import asyncio
import weakref
from contextlib import aclosing
from dataclasses import replace

import pytest

from builders import make_source
from veille.collect.arrivals import AHEAD, HELD, Arrival, _Bytes, arrivals, interleaved
from veille.model import Fetched, NotModified, Reading, Validators, Visit

BODY = 100_000
READ = Reading(items=())


def visits(count, host="s{}.fr"):
    sources = [make_source(id=f"s{number}", url=f"https://{host.format(number)}/{number}") for number in range(count)]
    return [Visit(source=source, address=source.url) for source in sources]


def brought(visit, *, size=BODY, large=False):
    got = Fetched(
        url=visit.address, status=200, content_type="", body=b"x" * size, received=size, validators=Validators(), large=large
    )  # fmt: skip
    return Arrival(visit, got, 1)


async def fetch_all(todo, *, fetch=None, read=None, take=None, at_once=64):
    """Ids in the order they are given, and the most that was seen waiting: bodies that came, answers that were read."""
    came: list[Arrival] = []
    done: list[Arrival] = []
    taken: list[str] = []
    most = {"bodies": 0, "read": 0}

    async def fetching(visit):
        answer = await fetch(visit) if fetch else brought(visit)
        came.append(answer)
        most["bodies"] = max(most["bodies"], len(came) - len(done))
        return answer

    async def reading(answer):
        await (read(answer) if read else asyncio.sleep(0))
        done.append(answer)
        most["read"] = max(most["read"], len(done) - len(taken))
        return replace(answer, got=replace(answer.got, body=b""), read=READ)

    async with aclosing(arrivals(todo, fetching, reading, at_once=at_once)) as batches:
        async for batch in batches:
            taken += [answer.visit.source.id for answer in batch]
            await (take(batch) if take else asyncio.sleep(0))
    return taken, most


def test_everything_that_came_is_given_once():
    taken, _ = asyncio.run(fetch_all(visits(500)))

    assert sorted(taken) == sorted(f"s{number}" for number in range(500))


def test_bodies_wait_by_their_bytes_and_few_are_read_ahead():
    async def take(_batch):
        await asyncio.sleep(0.01)  # the file is slower than the sites

    taken, most = asyncio.run(fetch_all(visits(600), take=take, at_once=16))

    assert len(taken) == 600
    assert HELD // BODY <= most["bodies"] <= HELD // BODY + AHEAD + 16 + 1  # those beyond are in the hands of who fetches or reads
    assert most["read"] <= 2 * AHEAD  # as many again are being kept


def test_all_are_asked_while_nothing_is_kept_yet():
    """A slow site is asked at once, not when what came before it is in the file: forty bodies fit."""
    asked = []

    async def run():
        kept = asyncio.Event()

        async def fetch(visit):
            asked.append(visit.source.id)
            if len(asked) == 40:
                kept.set()
            return brought(visit)

        async def take(_batch):
            await asyncio.wait_for(kept.wait(), 5)

        return await fetch_all(visits(40), fetch=fetch, take=take, at_once=4)

    assert len(asyncio.run(run())[0]) == 40


def test_large_bodies_are_counted_elsewhere():
    """Their place is the fetcher's: one that waits for room here would keep the others out for ever."""

    async def fetch(visit):
        return brought(visit, size=3 * BODY, large=True)

    taken, most = asyncio.run(fetch_all(visits(200), fetch=fetch, take=lambda _batch: asyncio.sleep(0.001)))

    assert len(taken) == 200
    assert most["bodies"] > HELD // (3 * BODY)


def test_a_large_body_does_not_wait_behind_small_ones():
    """It keeps the next large one half-read on the wire until it has been read itself."""
    waited = []

    async def fetch(visit):
        return brought(visit, large=visit.source.id == "s90")

    async def read(answer):
        if answer.got.large:
            waited.append(True)

    async def run():
        taken = 0

        async def reading(answer):
            await read(answer)
            return replace(answer, got=replace(answer.got, body=b"", large=False), read=READ)

        async with aclosing(arrivals(visits(100), fetch, reading, at_once=64)) as batches:
            async for batch in batches:
                taken += len(batch)
                await asyncio.sleep(0.01)
                if waited:
                    return taken
        return taken

    assert asyncio.run(run()) <= 3 * AHEAD  # of the ninety that came before it


def test_a_body_that_was_read_is_kept_nowhere():
    """Whoever fetched it goes on to the next site with empty hands."""

    class Body(bytearray):  # bytes have no weak references
        pass

    bodies = []

    async def run():
        slow = asyncio.Event()

        async def fetch(visit):
            if len(bodies) == 8:
                await slow.wait()
            body = Body(1000)
            bodies.append(weakref.ref(body))
            return Arrival(visit, replace(brought(visit).got, body=body), 1)

        async def reading(answer):
            return replace(answer, got=replace(answer.got, body=b""), read=READ)

        taken = 0
        async with aclosing(arrivals(visits(16), fetch, reading, at_once=8)) as batches:
            async for batch in batches:
                taken += len(batch)
                if taken == 8:
                    await asyncio.sleep(0.01)
                    alive = sum(body() is not None for body in bodies)
                    slow.set()
        return alive

    assert asyncio.run(run()) == 0


def test_answers_wait_in_number_too():
    """Twenty thousand sources that say nothing are not all in memory at once."""

    async def fetch(visit):
        return brought(visit, size=0)

    paused = []

    async def take(_batch):
        if not paused:
            paused.append(True)
            await asyncio.sleep(0.5)

    _, most = asyncio.run(fetch_all(visits(8_000), fetch=fetch, take=take))

    assert most["bodies"] < HELD // 4096 + AHEAD + 64 + 1


def test_what_brings_nothing_waits_for_no_room():
    async def fetch(visit):
        if visit.source.id == "s0":
            return Arrival(visit, OSError("en panne"), 1)
        return Arrival(visit, NotModified(status=304, received=0, validators=Validators()), 1)

    assert len(asyncio.run(fetch_all(visits(300), fetch=fetch))[0]) == 300


def test_an_answer_that_cannot_be_read_is_given_with_the_reason():
    async def read(answer):
        if answer.visit.source.id == "s3":
            raise ValueError("illisible")

    async def run():
        reads = []

        async def fetch(visit):
            return brought(visit)

        async def reading(answer):
            await read(answer)
            return replace(answer, read=READ)

        async with aclosing(arrivals(visits(100), fetch, reading, at_once=8)) as batches:
            async for batch in batches:
                reads += [answer.read for answer in batch]
        return reads

    reads = asyncio.run(run())
    assert len(reads) == 100
    assert [str(read) for read in reads if isinstance(read, Exception)] == ["illisible"]


def test_whoever_gives_up_stops_everything():
    async def run():
        started = []

        async def fetch(visit):
            started.append(visit)
            await asyncio.sleep(0)
            return brought(visit)

        async def read(answer):
            return answer

        async with aclosing(arrivals(visits(1000), fetch, read, at_once=8)) as batches:
            async for _batch in batches:
                break
        before = len(started)
        await asyncio.sleep(0.05)
        return before, len(started), len(asyncio.all_tasks())

    before, after, tasks = asyncio.run(run())
    assert before == after < 1000
    assert tasks == 1


@pytest.mark.parametrize(("sizes", "inside"), [((6, 5, 1), [6]), ((4, 6, 1), [4, 6]), ((30, 1), [30]), ((1, 30), [1])])
def test_room_is_given_in_order_and_what_is_too_large_goes_alone(sizes, inside):
    """Of ten bytes; a small one does not pass a large one that waits."""

    async def run():
        room, entered = _Bytes(10), []

        async def enter(size):
            await room.enter(size)
            entered.append(size)

        tasks = [asyncio.create_task(enter(size)) for size in sizes]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        first = list(entered)
        for size in sizes:
            room.leave(size)
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)
        return first, entered

    first, entered = asyncio.run(run())
    assert first == inside
    assert entered == list(sizes)


def test_one_who_waits_and_is_cancelled_takes_no_room():
    async def run():
        room = _Bytes(10)
        await room.enter(10)
        gone = asyncio.create_task(room.enter(10))
        stays = asyncio.create_task(room.enter(10))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        room.leave(10)
        await asyncio.wait_for(stays, 1)

    asyncio.run(run())


def test_hosts_take_turns():
    many, one = visits(3, host="grand.fr"), visits(1, host="petit.fr")

    assert [visit.address for visit in interleaved([*many, *one])] == [
        "https://grand.fr/0", "https://petit.fr/0", "https://grand.fr/1", "https://grand.fr/2",
    ]  # fmt: skip
