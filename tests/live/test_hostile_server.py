"""Every fault of a server that misbehaves on purpose, beside twenty sound sources, in one run.

The server and its table are those of the folder that VEILLE_SHARED names; `test_collect_live.py` has faults of its own.
"""

import contextlib
import json
import os
import random
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from loopback import feed, serve

from pace import pace
from veille.store import connect

SHARED = os.environ.get("VEILLE_SHARED", "")
FOLDER = Path(SHARED, "hostile")
pytestmark = pytest.mark.skipif(not (SHARED and FOLDER.is_dir()), reason="VEILLE_SHARED does not name the folder of hostile servers")
SOUND = 20
PEAK_MIB = 250  # a guard; 150 to 180 are usual, 211 on a machine that is slow that day
IDLE_MIB = 75  # the tree of a collection of one small feed
# Paths of families, and what each is asked for; `None` asks for the path itself.
ASKED = {
    "/status/": "/status/500", "/type/": "/type/none", "/lie/": "/lie/pdf", "/charset/": "/charset/rot13-codec", "/feeds/": "/feeds/unicode.xml",
    "/redirect": "/redirect?to=http://169.254.169.254/latest/", "/gzip-bomb": "/gzip-bomb?mb=256",
}  # fmt: skip
PAGES = (
    "/ok-page", "/deep-html", "/deep-mixed", "/huge-page", "/links", "/attributes", "/attribute-giant", "/unclosed", "/comment-open",
    "/entities", "/redos-text",
)  # fmt: skip

# The classes of the table in our words; where it says « or », any of them.
CLASSES = {
    "ok": {"ok"}, "unchanged": {"unchanged", "http"}, "gone": {"gone"}, "rate limited": {"rate-limited"}, "http error": {"http", "bot-wall"},
    "bad response": {"bad-response"}, "bad feed": {"bad-feed"}, "bad page": {"bad-page"}, "bad page/feed": {"bad-page", "bad-feed", "bot-wall"},
    "too large": {"too-large"}, "decode error": {"decode"}, "timeout": {"timeout"}, "connection error": {"connection"},
    "too many redirects": {"redirects"}, "blocked address": {"blocked-address"}, "blocked scheme": {"blocked-scheme"}, "cut short": {"bad-response"},
}  # fmt: skip
ALSO = {
    "/canary": {"bad-feed"},  # private addresses are allowed here: what it serves is no feed
    "/redirect": {"connection", "timeout", "http", "bad-response"},  # and nothing answers there
    "/echo": {"bad-feed"},  # JSON that is no feed
    "/redirect-other": {"bad-feed"},  # the same
    "/304-always": {"http"}, "/204": {"http"},
    "/close": {"connection"}, "/encoding-unknown": {"decode"}, "/redirect-bad": {"bad-response", "blocked-scheme", "http"},
    "/length-too-short": {"ok"},  # a feed that is cut is read as far as it goes
    "/gzip-unasked": {"ok"},  # a document that is a gzip file is unpacked
    "/flaky": {"http"},
    "/brotli-bomb": {"decode"}, "/zstd-bomb": {"decode"},  # codings that were not asked for are not undone at all
}  # fmt: skip


def expected(path, outcome):
    words = re.split(r";|, (?:never|new|text|before|backed|and)", outcome)[0]
    found = {ours for name, classes in CLASSES.items() if name in words for ours in classes}
    return found | ALSO.get(path, set())


@contextlib.contextmanager
def bad_servers(paths):
    """One server a fault, so that no site's wish to be left alone hides another fault."""
    sys.path.insert(0, str(FOLDER))
    try:
        import bad_server
    finally:
        sys.path.remove(str(FOLDER))
    with contextlib.ExitStack() as stack:
        yield (
            {path: stack.enter_context(bad_server.running()).url(ASKED.get(path, path)) for path in paths(bad_server.FAULTS)},
            bad_server.FAULTS,
        )


class Peak:
    """The most memory that a process and its children held together, sampled from /proc (PSS: shared pages count once)."""

    def __init__(self, pid):
        self.most, self._pid, self._done = 0.0, pid, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()

    def _watch(self):
        while not self._done.wait(0.05):
            now = [_pss(pid) / 1024 for pid in (self._pid, *_children(self._pid))]
            if sum(now) > self.most:
                self.most, self.parts = sum(now), now


def _children(pid):
    """Of a process and of each of its threads; not one still to become another program, which holds its parent's own memory (vfork)."""
    with contextlib.suppress(OSError):
        found = [int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()]
        return [one for one in found if _command(one) != _command(pid)]
    return []


def _command(pid):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _pss(pid):
    with contextlib.suppress(OSError):
        return int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M)[1])
    return 0


def collect(folder, sources, *more):
    lines = ["version: 1", "defaults: {timeout: 10s}", "sources:", *sources]
    (folder / "feeds.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "veille", "collect", "--json", "--allow-private-network", "--spacing", "0", *more]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with Peak(process.pid) as peak:
        out, err = process.communicate(timeout=240)
    return json.loads(out), err, peak.most


def line(source, url, *, page=False):
    read = f"page: '{url}', select: {{item: li, title: a, link: 'a@href'}}" if page else f"feed: '{url}'"
    return f"  - {{id: {source}, name: {source}, {read}}}"


@contextlib.contextmanager
def sound_sources():
    """Each on a loopback address of its own."""
    with contextlib.ExitStack() as stack:
        roots = [stack.enter_context(serve({"/rss": feed(f"Sain {n}")}, host=f"127.0.0.{n + 2}")) for n in range(SOUND)]
        yield [line(f"sain-{n}", f"{root}/rss") for n, root in enumerate(roots)]


def times(folder):
    """Of each visit: the milliseconds that it took, and the second of the run when it was done."""
    db = connect(folder / "data" / "veille.db")
    with contextlib.closing(db):
        rows = db.execute(
            "select source_id, milliseconds, unixepoch(at) - unixepoch(started_at) from visits join runs on runs.id = run_id"
        ).fetchall()
        return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


def name_of(path):
    return "f-" + path.strip("/").replace("/", "-")


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    """All faults and the sound sources in one run, and the sound sources alone."""
    folder, alone = tmp_path_factory.mktemp("hostile"), tmp_path_factory.mktemp("alone")
    with bad_servers(sorted) as (urls, faults), sound_sources() as sound:
        collect(alone, sound)
        ill = [line(name_of(path), url, page=path in PAGES) for path, url in urls.items()]
        started = time.monotonic()
        summary, err, peak = collect(folder, [*ill, *sound])
        seconds = time.monotonic() - started
    return {
        "pace": pace(),
        "summary": summary, "err": err, "peak": peak, "seconds": seconds, "faults": faults, "times": times(folder),
        "alone": times(alone),
    }  # fmt: skip


def test_each_fault_is_its_class_in_one_sentence(together):
    failures = {one["source"]: one for one in together["summary"]["failures"]}
    wrong = []
    for path, fault in together["faults"].items():
        one = failures.get(name_of(path))
        got = one["class"] if one else "ok"
        if got not in expected(path, fault.outcome):
            wrong.append((path, fault.outcome, got))
        if one:
            assert 10 < len(one["reason"]) <= 200
            assert one["reason"].replace("\u202f", "").isprintable()
    assert not wrong, wrong
    assert "Traceback" not in together["err"]
    assert len(together["faults"]) == 94


def test_each_fault_ends_within_its_time(together):
    """Large bodies wait for their turn beside this many others; `make soak` measures each fault alone."""
    late = {
        path: together["times"][0][name_of(path)]
        for path, fault in together["faults"].items()
        if fault.mib == 32
        and together["times"][0][name_of(path)] > 2000 * (fault.seconds + 6) * together["pace"]  # ninety others share two cores
    }
    assert not late, late
    assert together["seconds"] < 60 * together["pace"]


def test_the_sound_sources_are_served_as_if_alone(together):
    ours = [f"sain-{n}" for n in range(SOUND)]
    failed = {one["source"] for one in together["summary"]["failures"]}

    assert failed.isdisjoint(ours)
    assert (
        max(together["times"][1][one] for one in ours) <= max(together["alone"][1].values()) + 3
    )  # two seconds, and the seconds are whole


def alone():
    """The faults that are tried by themselves: fifteen here, each of them in `make soak` (VEILLE_ALL)."""
    if not (SHARED and FOLDER.is_dir()):
        return []
    sys.path.insert(0, str(FOLDER))
    try:
        import bad_server
    finally:
        sys.path.remove(str(FOLDER))
    paths = sorted(bad_server.FAULTS)
    return paths if os.environ.get("VEILLE_ALL") else random.Random(94).sample(paths, 15)


@pytest.mark.parametrize("path", alone())
def test_a_fault_alone_keeps_its_bounds(tmp_path, path):
    """Its class, its seconds and its memory, over a collection of one sound feed."""
    with bad_servers(lambda _faults: [path]) as (urls, faults):
        fault = faults[path]
        summary, err, peak = collect(tmp_path, [line("a", urls[path], page=path in PAGES)])

    got = summary["failures"][0]["class"] if summary["failures"] else "ok"
    milliseconds, _ = times(tmp_path)
    assert got in expected(path, fault.outcome)
    assert milliseconds["a"] <= 1000 * (fault.seconds + (0.5 if os.environ.get("VEILLE_ALL") else 2 * pace()))
    assert peak <= IDLE_MIB + fault.mib, peak
    assert "Traceback" not in err


CONTROL = """
import sys, resource, time, httpx
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
started = time.monotonic()
try:
    body = httpx.get(sys.argv[1], timeout=10, follow_redirects=True).content
    said = len(body)
except Exception as exc:
    said = type(exc).__name__
print(said, time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def test_plain_httpx_breaks_these_bounds():
    """The control: what would happen without ours."""
    paths = ["/drip", "/gzip-bomb", "/late-hops", "/endless-chunks"]
    with bad_servers(lambda _faults: paths) as (urls, _):
        running = {}
        for path in paths:
            command = [sys.executable, "-c", CONTROL, urls[path]]
            running[path] = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        told = {}
        for path, process in running.items():
            try:
                told[path] = process.communicate(timeout=14)[0].split()
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                told[path] = None
    assert told["/drip"] is None  # ten seconds of silence never come: the whole never ends
    assert told["/late-hops"] is None or float(told["/late-hops"][1]) > 11
    assert told["/gzip-bomb"] is None or float(told["/gzip-bomb"][2]) > 250
    assert not told["/endless-chunks"] or float(told["/endless-chunks"][2]) > 250


def test_memory_stays_bounded(together):
    print(f"peak {together['peak']:.0f} MiB, {together['seconds']:.0f} s")
    assert 20 < together["peak"] < PEAK_MIB
