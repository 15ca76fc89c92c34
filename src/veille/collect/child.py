"""Reading in a child process with limits: what may hang or swell takes one source with it, never the run.

Comes in: a source, its answer. Goes out: `Reading` (clean items), or ParseError. Forbidden: anything in the child but reading.
One child serves a whole run; it is replaced when it dies. Both sides speak JSON over pipes, articles as plain fields, each message under
its lengths.
"""

import contextlib
import json
import os
import resource
import select as waiting
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import IO, Any

from veille.errors import ParseError, ParserTimedOut
from veille.messages.collecting import PARSER_DIED, PARSER_TIMED_OUT, too_many_entries
from veille.model import SOURCE_KINDS, Fetched, Item, Lead, Leads, Moment, Proposal, Reading, Selectors, Source, Validators
from veille.moments import local_day, stored

CPU_SECONDS = 8
WALL_SECONDS = 30.0  # a busy machine gives a child less than one core
MEMORY = 1 << 30
SWOLLEN = 64 << 20
MOST_ENTRIES = 20_000
_PAGE = resource.getpagesize()
_LENGTHS = struct.Struct("!II")
_TIMED_OUT = (-signal.SIGPROF, -signal.SIGXCPU)
_OUT_OF_MEMORY = 3
_FIELDS = ("guid", "url", "canonical", "loose", "title", "text", "author", "published", "day", "fingerprint", "former")
_PUBLISHED = _FIELDS.index("published")
_BETWEEN = "\0"


def read_items(source: Source, fetched: Fetched, today: date | None = None) -> Reading:
    """Return the items of an answer; raises ParseError when it is not what the source promised, or holds too many entries."""
    from veille.normalize import to_item
    from veille.parse import parse

    parsed = parse(source.kind, fetched, source.select, today)
    if len(parsed.entries) > MOST_ENTRIES:
        raise ParseError("too-large", too_many_entries(MOST_ENTRIES))
    items = [to_item(source, entry) for entry in parsed.entries]
    good = tuple(item for item in items if item is not None)
    return Reading(items=good, skipped=parsed.skipped + len(items) - len(good), refresh=parsed.refresh)


class ChildBug(Exception):
    """The child ended with a traceback: a bug of ours, not a fault of the source."""


class Parser:
    """The parent's side. Use as a context; the child is started at the first document."""

    def __init__(self, *, cpu_seconds: int = CPU_SECONDS, wall_seconds: float = WALL_SECONDS, memory: int = MEMORY) -> None:
        self._limits = (cpu_seconds, memory)
        self._wall = wall_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()  # one question at a time

    def __enter__(self) -> "Parser":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the child, if there is one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()

    def read(self, source: Source, fetched: Fetched, now: datetime | None = None) -> Reading:
        """Return the items of one answer; raises ParseError, also when the child ran out of time or memory."""
        question = {
            "do": "read",
            "today": local_day(now, source.timezone) if now else None,
            "source": {
                "id": source.id, "kind": source.kind, "url": source.url, "language": source.language, "timezone": source.timezone,
                "select": asdict(source.select) if source.select else None,
            },
        }  # fmt: skip
        answer = self._ask(question, fetched, failure=SOURCE_KINDS[source.kind].failure)
        refresh = timedelta(seconds=answer["refresh"]) if answer["refresh"] else None
        return Reading(items=tuple(_items(answer.pop("items", ""), source)), skipped=answer["skipped"], refresh=refresh)

    def leads(self, fetched: Fetched) -> Leads:
        """Return where a page may lead to a feed; raises ParseError for what is no page."""
        answer = self._ask({"do": "leads"}, fetched, failure="bad-page")
        lists = {name: tuple(Lead(**row) for row in answer[name]) for name in ("feeds", "usual", "sections")}
        return Leads(**lists, software=answer["software"], title=answer["title"], site=answer["site"])

    def proposals(self, fetched: Fetched, today: date) -> list[Proposal]:
        """Selectors that read a page of entries, the best first; raises ParseError for what is no page."""
        answer = self._ask({"do": "proposals", "today": today.isoformat()}, fetched, failure="bad-page")
        return [
            Proposal(select=Selectors(**row["select"]), entries=row["entries"], dated=row["dated"]) for row in answer["proposals"]
        ]  # fmt: skip

    def sitemaps(self, fetched: Fetched) -> tuple[tuple[str, ...], bool]:
        """Return the sitemaps that an index names, and whether this one carries news; raises ParseError for what is no sitemap."""
        answer = self._ask({"do": "sitemaps"}, fetched, failure="bad-feed")
        return tuple(answer["sitemaps"]), bool(answer["news"])

    def wall(self, fetched: Fetched) -> ParseError | None:
        """Return what stands in the place of a page: a wall, or nothing at all; None for a page that says something."""
        answer = self._ask({"do": "wall"}, fetched, failure="bad-page")
        return ParseError(answer["wall"], answer["why"]) if answer["wall"] else None

    def article(self, fetched: Fetched) -> tuple[str, str]:
        """Return the text of an article's page, and its day (YYYY-MM-DD or ""); raises ParseError."""
        answer = self._ask({"do": "article"}, fetched, failure="bad-page")
        return str(answer["text"]), str(answer["day"])

    def _ask(self, question: Mapping[str, Any], fetched: Fetched, *, failure: str) -> dict[str, Any]:
        head = json.dumps({**question, "at": fetched.url, "content_type": fetched.content_type}).encode()
        with self._turn:
            answer = self._exchange((_LENGTHS.pack(len(head), len(fetched.body)), head, fetched.body), failure)
            if self._process and _resident(self._process.pid) > SWOLLEN:
                self.close()  # what one document took is not kept for the next
        if "failure" in answer:
            raise ParseError(str(answer["failure"]), str(answer["reason"]), missed=bool(answer["missed"]))
        return answer

    def _exchange(self, message: tuple[bytes, ...], failure: str) -> dict[str, Any]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = _start(*self._limits)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            for part in message:
                process.stdin.write(part)
            process.stdin.flush()
            return _read_within(process.stdout, self._wall)
        except TimeoutError as exc:
            self.close()
            raise ParserTimedOut(failure, PARSER_TIMED_OUT.format(seconds=int(self._wall))) from exc
        except (OSError, EOFError, ValueError) as exc:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2)
            code = process.returncode
            self.close()
            if code == 1:
                raise ChildBug from exc
            if code in _TIMED_OUT:
                raise ParserTimedOut(failure, PARSER_TIMED_OUT.format(seconds=self._limits[0])) from exc
            raise ParseError(failure, PARSER_DIED) from exc


def _resident(pid: int) -> int:
    """Bytes of memory that a process holds; 0 where the system does not say."""
    try:
        with open(f"/proc/{pid}/statm", "rb", buffering=0) as told:  # noqa: PTH123 - after each document; a Path costs as much again
            return int(told.read(200).split()[1]) * _PAGE
    except (OSError, ValueError, IndexError):
        return 0


def _items(flat: str, source: Source) -> Iterator[Item]:
    """Articles from their fields; raises ValueError for what is none."""
    fields = flat.split(_BETWEEN)
    del flat  # it may be as large as all the fields together
    fields.pop()
    for row in zip(*[iter(fields)] * len(_FIELDS), strict=True):
        guid, url, canonical, loose, title, text, author, published, day, fingerprint, former = row
        yield Item(
            source_id=source.id, guid=guid, url=url, canonical=canonical, loose=loose, title=title, text=text, author=author,
            published=_moment(published), day=day, language=source.language, fingerprint=fingerprint, former=former,
        )  # fmt: skip


def _flat(items: Iterable[Item]) -> str:
    """Articles as fields, each followed by a sign that no clean text holds."""
    rows = ([getattr(item, name) for name in _FIELDS] for item in items)
    return "".join(f"{_BETWEEN.join([*row[:_PUBLISHED], stored(row[_PUBLISHED]) or '', *row[_PUBLISHED + 1 :]])}{_BETWEEN}" for row in rows)


def _moment(text: str) -> Moment | None:
    if not text:
        return None
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def _start(cpu_seconds: int, memory: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "veille.collect.child", str(cpu_seconds), str(memory)]
    # glibc gives large pieces back to the system as soon as they are free; other systems ignore it.
    environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": str(64 << 10), "MALLOC_TRIM_THRESHOLD_": str(128 << 10)}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)  # noqa: S603 - our own interpreter


def _read_within(pipe: IO[bytes], seconds: float) -> dict[str, Any]:
    ends = time.monotonic() + seconds
    head, flat = _LENGTHS.unpack(_read_exactly(pipe, _LENGTHS.size, ends))
    answer = json.loads(_read_exactly(pipe, head, ends))
    if not isinstance(answer, dict):
        raise ValueError(answer)
    if flat:
        answer["items"] = _read_exactly(pipe, flat, ends).decode("utf-8", "surrogatepass")
    return answer


def _read_exactly(pipe: IO[bytes], count: int, ends: float) -> bytes:
    parts: list[bytes] = []
    while count:
        ready, _, _ = waiting.select([pipe.fileno()], [], [], max(0.0, ends - time.monotonic()))
        if not ready:
            raise TimeoutError
        part = os.read(pipe.fileno(), min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _serve(cpu_seconds: int, memory: int) -> None:
    """The child's side: one document after another, each with its own CPU time, until the parent is gone."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when a run ends
    sys.addaudithook(_only_reads)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while True:
        head = source.read(_LENGTHS.size)
        if len(head) < _LENGTHS.size:
            return
        lengths = _LENGTHS.unpack(head)
        question = json.loads(source.read(lengths[0]))
        fetched = Fetched(
            url=question["at"], status=200, content_type=question["content_type"], body=source.read(lengths[1]),
            received=lengths[1], validators=Validators(),
        )  # fmt: skip
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        answer = _answer(question, fetched)
        flat = answer.pop("items", "").encode("utf-8", "surrogatepass")
        encoded = json.dumps(answer).encode("ascii")
        signal.setitimer(signal.ITIMER_PROF, 0)
        target.write(_LENGTHS.pack(len(encoded), len(flat)) + encoded + flat)
        target.flush()


_NEVER = ("socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.exec", "os.fork", "os.posix_spawn", "os.system")
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def _only_reads(event: str, arguments: tuple[Any, ...]) -> None:
    """What a document could make a parser do besides reading is refused: connections, programs, files written."""
    if event in _NEVER or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES):
        raise PermissionError(f"{event} in the reading child")


def _answer(question: dict[str, Any], fetched: Fetched) -> dict[str, Any]:
    try:
        return _ANSWERS[question["do"]](question, fetched)
    except ParseError as exc:
        return {"failure": exc.failure, "reason": exc.reason, "missed": exc.missed}


def _answer_read(question: dict[str, Any], fetched: Fetched) -> dict[str, Any]:
    given = question["source"]
    select = Selectors(**given.pop("select")) if given["select"] else given.pop("select")
    today = date.fromisoformat(question["today"]) if question["today"] else None
    reading = read_items(Source(name="", select=select, **given), fetched, today)
    return {
        "items": _flat(reading.items),
        "skipped": reading.skipped,
        "refresh": reading.refresh.total_seconds() if reading.refresh else None,
    }


def _answer_article(_question: dict[str, Any], fetched: Fetched) -> dict[str, Any]:
    from veille.parse.article import article_of

    text, day = article_of(fetched)
    return {"text": text, "day": day}


def _answer_leads(_question: dict[str, Any], fetched: Fetched) -> dict[str, Any]:
    from veille.parse.leads import leads_of

    return asdict(leads_of(fetched))


def _answer_proposals(question: dict[str, Any], fetched: Fetched) -> dict[str, Any]:
    from veille.parse.listing import listing_proposals

    return {"proposals": [asdict(one) for one in listing_proposals(fetched, date.fromisoformat(question["today"]))]}


def _answer_sitemaps(_question: dict[str, Any], fetched: Fetched) -> dict[str, Any]:
    from veille.parse.sitemap import sitemaps_of

    return dict(zip(("sitemaps", "news"), sitemaps_of(fetched), strict=True))


def _answer_wall(_question: dict[str, Any], fetched: Fetched) -> dict[str, Any]:
    from veille.parse import wall_of

    found = wall_of(fetched)
    return {"wall": found.failure if found else None, "why": found.reason if found else None}


_ANSWERS: dict[str, Callable[[dict[str, Any], Fetched], dict[str, Any]]] = {
    "read": _answer_read,
    "leads": _answer_leads,
    "proposals": _answer_proposals,
    "sitemaps": _answer_sitemaps,
    "article": _answer_article,
    "wall": _answer_wall,
}


if __name__ == "__main__":
    try:
        _serve(int(sys.argv[1]), int(sys.argv[2]))
    except (MemoryError, RecursionError):
        os._exit(_OUT_OF_MEMORY)
    except BrokenPipeError:
        os._exit(0)
