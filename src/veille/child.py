"""Parsing in a child process with limits: what may hang or swell takes one source with it, never the run.

Comes in: a kind, `Fetched`, selectors. Goes out: `ParsedFeed`, or ParseError. Forbidden: anything in the child but parsing.
One child serves a whole run; it is replaced when it dies. Both sides speak length-prefixed JSON over pipes.
"""

import contextlib
import json
import os
import select as waiting
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from types import TracebackType
from typing import IO

from veille.errors import ParseError
from veille.messages import PARSER_DIED, PARSER_TIMED_OUT
from veille.model import Entry, Fetched, ParsedFeed, Selectors, Validators

CPU_SECONDS = 8
WALL_SECONDS = 30.0  # a busy machine gives a child less than one core
MEMORY = 1 << 30
_LENGTHS = struct.Struct("!II")


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

    def parse(self, kind: str, fetched: Fetched, select: Selectors | None) -> ParsedFeed:
        """The entries of one answer; raises ParseError, also when the child ran out of time or memory."""
        answer = self._ask(
            {
                "do": "parse",
                "kind": kind,
                "url": fetched.url,
                "content_type": fetched.content_type,
                "select": asdict(select) if select else None,
            },
            fetched.body,
            failure="bad-page" if kind == "page" else "bad-feed",
        )
        entries = tuple(Entry(**entry) for entry in answer["entries"])  # type: ignore[attr-defined]
        return ParsedFeed(entries=entries, language=str(answer["language"]), skipped=int(str(answer["skipped"])))

    def announced_feed(self, fetched: Fetched) -> str | None:
        """The feed that a page announces; raises ParseError for what is no page."""
        question = {"do": "announced", "url": fetched.url, "content_type": fetched.content_type}
        found = self._ask(question, fetched.body, failure="bad-page")["found"]
        return str(found) if found else None

    def _ask(self, question: Mapping[str, object], body: bytes, *, failure: str) -> dict[str, object]:
        with self._turn:
            return self._exchange(question, body, failure)

    def _exchange(self, question: Mapping[str, object], body: bytes, failure: str) -> dict[str, object]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            self._process = _start(*self._limits)
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        head = json.dumps(question).encode()
        try:
            process.stdin.write(_LENGTHS.pack(len(head), len(body)) + head + body)
            process.stdin.flush()
            answer = _read_within(process.stdout, self._wall)
        except (OSError, EOFError, ValueError) as exc:
            slow = process.poll() is not None and process.returncode in (-signal.SIGPROF, -signal.SIGXCPU)
            if not slow and process.poll() is None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    slow = process.wait(1) in (-signal.SIGPROF, -signal.SIGXCPU)
            self.close()
            raise ParseError(failure, PARSER_TIMED_OUT.format(seconds=self._limits[0]) if slow else PARSER_DIED) from exc
        except TimeoutError as exc:
            self.close()
            raise ParseError(failure, PARSER_TIMED_OUT.format(seconds=int(self._wall))) from exc
        if "failure" in answer:
            raise ParseError(str(answer["failure"]), str(answer["reason"]))
        return answer


def _start(cpu_seconds: int, memory: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "veille.child", str(cpu_seconds), str(memory)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 - our own interpreter


def _read_within(pipe: IO[bytes], seconds: float) -> dict[str, object]:
    ends = time.monotonic() + seconds
    head = _read_exactly(pipe, _LENGTHS.size, ends)
    answer = json.loads(_read_exactly(pipe, _LENGTHS.unpack(head)[0], ends))
    if not isinstance(answer, dict):
        raise ValueError(answer)
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
    import resource

    from veille.parse import announced_feed, parse

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when a run ends
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while True:
        head = source.read(_LENGTHS.size)
        if len(head) < _LENGTHS.size:
            return
        lengths = _LENGTHS.unpack(head)
        question = json.loads(source.read(lengths[0]))
        fetched = Fetched(
            url=question["url"], status=200, content_type=question["content_type"], body=source.read(lengths[1]),
            received=lengths[1], validators=Validators(),
        )  # fmt: skip
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        answer: dict[str, object]
        try:
            if question["do"] == "announced":
                answer = {"found": announced_feed(fetched)}
            else:
                select = Selectors(**question["select"]) if question["select"] else None
                answer = asdict(parse(question["kind"], fetched, select))
        except ParseError as exc:
            answer = {"failure": exc.failure, "reason": exc.reason}
        signal.setitimer(signal.ITIMER_PROF, 0)
        encoded = json.dumps(answer).encode("ascii")
        target.write(_LENGTHS.pack(len(encoded), 0) + encoded)
        target.flush()


if __name__ == "__main__":
    try:
        _serve(int(sys.argv[1]), int(sys.argv[2]))
    except (MemoryError, BrokenPipeError, RecursionError):
        os._exit(3)
