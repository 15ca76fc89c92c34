"""A disk that refuses, a system without descriptors or memory, a clock that jumps, locks that are stolen: nothing is lost or doubled.

`make soak` tries every n (VEILLE_EVERY=1); here every sixteenth.
"""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from loopback import feed, reply, serve
from test_collect_live import collect, titles, veille, write_config

from pace import pace
from veille.store import connect

EVERY = int(os.environ.get("VEILLE_EVERY", "24"))
RUNS = int(os.environ.get("VEILLE_RUNS", "40"))  # a hundred in `make soak`
HERE = Path(__file__).parent
BIG = [f"Un article assez long pour compter {n}" for n in range(60)]


def test_every_nth_operation_of_the_disk_may_fail(tmp_path):
    outcome = subprocess.run(
        [sys.executable, HERE / "faults" / "every_io.py", tmp_path, str(EVERY)], capture_output=True, text=True, timeout=3000, check=False
    )

    assert outcome.returncode == 0, outcome.stderr[-3000:]
    told = json.loads(outcome.stdout)
    print(told)
    assert told["operations"]["write"] > 50
    assert all(count > 0 for count in told["fired"].values()), told  # the control: each kind of fault did happen


FAULTY = """
import errno, os, sys
event, at = os.environ["VEILLE_FAULT"].split(":")[:2]
failure = os.environ["VEILLE_FAULT"].split(":")[2]
state = {"count": 0, "armed": False}
def fail(name, arguments):
    if name == "import" and arguments[0] == "veille.cli.collecting":
        state["armed"] = True
    if name != event or not state["armed"]:
        return
    state["count"] += 1
    if state["count"] == int(at):
        with open(os.environ["VEILLE_FIRED"], "a") as file:
            file.write("x")
        raise MemoryError if failure == "ENOMEM" else OSError(getattr(errno, failure), os.strerror(getattr(errno, failure)))
sys.addaudithook(fail)
"""


@pytest.mark.parametrize(
    ("event", "failure"),
    [
        ("socket.connect", "EMFILE"), ("socket.connect", "ENOMEM"), ("socket.__new__", "EMFILE"), ("subprocess.Popen", "EAGAIN"),
        ("subprocess.Popen", "ENOMEM"), ("fcntl.flock", "EIO"),
    ],
)  # fmt: skip
def test_every_nth_call_of_the_system_may_fail(tmp_path, event, failure):
    """Until the n-th no longer happens: one sentence a failure, no traceback, and the next run brings everything, once."""
    faulty = tmp_path / "faulty"
    faulty.mkdir()
    (faulty / "sitecustomize.py").write_text(textwrap.dedent(FAULTY))
    with serve({f"/{n}": feed("Un", "Deux", site=f"https://s{n}.fr") for n in range(3)}) as root:
        for n in range(1, 40):
            folder = tmp_path / str(n)
            folder.mkdir()
            write_config(folder, {f"s{k}": f"feed: '{root}/{k}'" for k in range(3)})
            environment = {"PYTHONPATH": str(faulty), "VEILLE_FAULT": f"{event}:{n}:{failure}", "VEILLE_FIRED": str(folder / "fired")}
            outcome = subprocess.run(
                [sys.executable, "-m", "veille", "collect", "--all", "--allow-private-network", "--spacing", "0"], cwd=folder,
                env={**os.environ, **environment}, capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
            fired = (folder / "fired").exists()
            assert outcome.returncode in (0, 1, 2), outcome
            assert "Traceback" not in outcome.stderr or "veille: source" in outcome.stderr, outcome.stderr
            assert all(len(line) < 300 or "veille: source" in line for line in outcome.stderr.splitlines()), outcome.stderr
            again = collect(folder, "--all")
            assert again.returncode == 0, again.stderr
            assert titles(folder) == ["Deux"] * 3 + ["Un"] * 3
            if not fired:
                assert n > 1
                return
    pytest.fail("it never ended")


@pytest.mark.parametrize("descriptors", [4, 8, 12, 16, 20, 24, 32])
def test_few_descriptors_are_a_sentence(tmp_path, descriptors):
    with serve({f"/{n}": feed("Un", site=f"https://s{n}.fr") for n in range(6)}) as root:
        write_config(tmp_path, {f"s{k}": f"feed: '{root}/{k}'" for k in range(6)})
        command = [sys.executable, "-m", "veille", "collect", "--all", "--allow-private-network", "--spacing", "0"]
        script = f"import resource, os, veille.cli; resource.setrlimit(resource.RLIMIT_NOFILE, ({descriptors}, {descriptors})); "
        script += "import sys; sys.argv = ['veille', *sys.argv[1:]]; veille.cli.main()"
        outcome = subprocess.run(
            [sys.executable, "-c", script, *command[3:]], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert outcome.returncode in (0, 1, 2), outcome
        assert "Traceback" not in outcome.stderr.replace("veille: source", ""), outcome.stderr
        assert collect(tmp_path, "--all").returncode == 0
    assert len(titles(tmp_path)) == 6


@pytest.mark.parametrize("size", [40, 120, 300, 420, 600])
def test_a_file_that_may_not_grow_is_a_sentence_and_loses_nothing(tmp_path, size):
    """RLIMIT_FSIZE: the system refuses the write that crosses so many KiB, as a full disk or a quota would."""
    with serve({"/a": feed(*BIG), "/b": feed("Avant", site="https://b.fr")}) as root:
        write_config(tmp_path, {"b": f"feed: '{root}/b'"})
        collect(tmp_path)
        write_config(tmp_path, {"a": f"feed: '{root}/a'", "b": f"feed: '{root}/b'"})

        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (size << 10, size << 10))

        outcome = subprocess.run(
            [sys.executable, "-m", "veille", "collect", "--all", "--allow-private-network", "--spacing", "0"], cwd=tmp_path, preexec_fn=limit,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert outcome.returncode in (0, 2), outcome
        assert len(outcome.stderr.splitlines()) == (outcome.returncode == 2)
        assert "Avant" in titles(tmp_path)
        assert collect(tmp_path, "--all").returncode == 0
    db = connect(tmp_path / "data" / "veille.db")
    assert db.execute("select count(*) from items").fetchone() == (len(BIG) + 1,)
    assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    db.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system takes root")
def test_a_real_full_disk_of_2_mb(tmp_path):
    place = tmp_path / "petit"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", place], check=True)
    words = " ".join(f"mot{n}" for n in range(900))
    try:
        with serve(
            {"/a": feed(*[f"{one} {n}" for n in range(8) for one in BIG], text=words), "/b": feed("Avant", site="https://b.fr")}
        ) as root:
            write_config(place, {"b": f"feed: '{root}/b'"})
            assert collect(place).returncode == 0
            write_config(place, {"a": f"feed: '{root}/a'", "b": f"feed: '{root}/b'"})
            full = collect(place, "--all")
            assert full.returncode == 2, full
            assert "le disque est plein" in full.stderr
            assert len(full.stderr.splitlines()) == 1
            assert "Avant" in titles(place)
            db = connect(place / "data" / "veille.db")
            integrity = db.execute("pragma integrity_check").fetchone()
            db.close()
            assert integrity == ("ok",)
            subprocess.run(["mount", "-o", "remount,size=60m", place], check=True)
            assert collect(place, "--all").returncode == 0  # the operator made room
            assert len(titles(place)) == 8 * len(BIG) + 1
    finally:
        subprocess.run(["umount", place], check=True)


@contextlib.contextmanager
def read_only(folder):
    """What lies in the folder cannot be written: by its permissions, or for root, whom none bind, by its mount."""
    if os.geteuid() == 0:
        subprocess.run(["mount", "-o", "remount,ro", folder], check=True)
        yield
        subprocess.run(["mount", "-o", "remount,rw", folder], check=True)
        return
    everything = [folder, *folder.rglob("*")]
    for path in reversed(everything):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield
    for path in everything:
        path.chmod(0o755 if path.is_dir() else 0o644)


def test_a_read_only_file_is_a_sentence(tmp_path):
    place = tmp_path / "fige"
    place.mkdir()
    if os.geteuid() == 0:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", place], check=True)
    try:
        with serve({"/a": feed("Un")}) as root:
            write_config(place, {"a": f"feed: '{root}/a'"})
            collect(place)
            with read_only(place):
                outcome = collect(place, "--all")
                told = veille("sources", cwd=place)
            assert (outcome.returncode, len(outcome.stderr.splitlines())) == (2, 1), outcome
            assert (told.returncode, len(told.stderr.splitlines())) == (2, 1), told
            assert titles(place) == ["Un"]
    finally:
        if os.geteuid() == 0:
            subprocess.run(["umount", place], check=True)


MOMENTS = ("2026-11-22T09:00:00", "2026-11-22T10:00:00", "2027-11-22T10:00:00", "2026-11-22T11:00:00", "2025-11-22T11:00:00", "2026-11-22T19:00:00",
           "2026-11-23T03:00:00", "2026-11-23T09:30:00")  # fmt: skip


def test_a_clock_that_jumps_loses_and_doubles_nothing_and_stops_no_source(tmp_path):
    served, hits = ["Un"], []
    answers = {"/a": lambda handler: reply(handler, feed(*served))}
    with serve(answers, hits=hits) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a', every: 6h"})
        for number, moment in enumerate(MOMENTS):
            served.append(f"Article {number}")
            outcome = collect(tmp_path, now=f"{moment}+00:00")
            assert (outcome.returncode, outcome.stderr) == (0, "")
    assert titles(tmp_path) == sorted(served)
    db = connect(tmp_path / "data" / "veille.db")
    state, next_at = db.execute("select state, next_visit_at from sources").fetchone()
    sound_counts = db.execute("select count(*), count(distinct url) from items").fetchone()
    db.close()
    assert state == "live"
    assert next_at < "2026-11-26"
    assert sound_counts == (len(served), len(served))


def test_a_source_put_off_by_a_clock_a_year_ahead_is_visited_again(tmp_path):
    hits = []
    with serve({"/a": feed("Un")}, hits=hits) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a', every: 6h"})
        collect(tmp_path, now="2027-11-22T09:00:00+00:00")
        hits.clear()
        collect(tmp_path, now="2026-11-22T09:00:00+00:00")
    assert [path for path, _ in hits][-1] == "/a"


def test_a_lock_that_a_dead_process_left_holds_up_nobody(tmp_path):
    with serve({"/a": feed("Un"), "/lent": lambda handler: (time.sleep(3), reply(handler, feed("Deux", site="https://b.fr")))}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'", "b": f"feed: '{root}/lent'"}, defaults="{timeout: 20s}")
        process = subprocess.Popen(
            [sys.executable, "-m", "veille", "collect", "--allow-private-network", "--spacing", "0"], cwd=tmp_path, start_new_session=True
        )
        time.sleep(1.5)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        started = time.monotonic()
        assert collect(tmp_path, "--all").returncode == 0
        assert time.monotonic() - started < 10 * pace()
    assert titles(tmp_path) == ["Deux", "Un"]


def test_stolen_locks_never_make_two_writers_of_one_run(tmp_path):
    """Five collectors whose lock file is taken away under them, and who are killed in the middle: one goes on, the others stop or never began."""
    served = {
        f"/{n}": lambda handler, n=n: (time.sleep(0.4), reply(handler, feed(f"Un {n}", f"Deux {n}", site=f"https://s{n}.fr")))
        for n in range(12)
    }
    lock = tmp_path / "data" / "veille.db.collecte"
    with serve(served) as root:
        write_config(tmp_path, {f"s{k}": f"feed: '{root}/{k}'" for k in range(12)}, defaults="{timeout: 20s}")
        processes = []
        for number in range(5):
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "veille", "collect", "--all", "--allow-private-network", "--spacing", "0"], cwd=tmp_path,
                    stderr=subprocess.PIPE, text=True, start_new_session=True,
                )
            )  # fmt: skip
            time.sleep(1.2)
            with contextlib.suppress(FileNotFoundError):
                lock.unlink()
            if number == 2:
                os.killpg(processes[1].pid, signal.SIGKILL)
        said = [one.communicate(timeout=60)[1] for one in processes]
        codes = [one.returncode for one in processes]
        again = collect(tmp_path, "--all")

    assert codes[-1] == 0, said
    assert sum("une autre collecte a pris la main" in one for one in said) >= 2, (codes, said)
    assert set(codes) <= {0, 2, -signal.SIGKILL}
    assert again.returncode == 0, again.stderr
    db = connect(tmp_path / "data" / "veille.db")
    assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    assert db.execute("select count(*), count(distinct url) from items").fetchone() == (24, 24)
    # A run whose collector was taken over writes nothing after the next one has begun.
    mixed = db.execute(
        "select count(*) from visits join runs on runs.id = run_id where exists "
        "(select 1 from visits as later where later.run_id > visits.run_id and later.id < visits.id)"
    ).fetchone()
    assert mixed == (0,)
    db.close()


def test_children_killed_at_random_cost_their_source_alone(tmp_path):
    import random

    dice = random.Random(7)
    answers = {
        f"/{n}": lambda handler, n=n: (time.sleep(0.05 * n), reply(handler, feed(*BIG[:20], site=f"https://s{n}.fr"))) for n in range(12)
    }
    killed = 0
    with serve(answers) as root:
        write_config(tmp_path, {f"s{k}": f"feed: '{root}/{k}'" for k in range(12)}, defaults="{timeout: 20s}")
        for _ in range(6):
            process = subprocess.Popen(
                [sys.executable, "-m", "veille", "collect", "--all", "--allow-private-network", "--spacing", "0"], cwd=tmp_path,
                stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            while process.poll() is None:
                for task in Path(f"/proc/{process.pid}/task").glob("*/children"):
                    with contextlib.suppress(OSError, ProcessLookupError, ValueError):
                        for child in task.read_text().split():
                            os.kill(int(child), signal.SIGKILL)
                            killed += 1
                time.sleep(dice.uniform(0.05, 0.25))
            _, said = process.communicate(timeout=60)
            assert process.returncode in (0, 1), said
            assert "Traceback" not in said
        assert collect(tmp_path, "--all").returncode == 0
    assert killed > 5
    db = connect(tmp_path / "data" / "veille.db")
    sound_rows = db.execute("select count(*), count(distinct url) from items").fetchone()
    db.close()
    assert sound_rows == (240, 240)


def test_many_runs_add_nothing_after_the_first(tmp_path):
    """One process, a hundred collections of the same four sources: no row of an article, and no byte of memory or descriptor, is added."""
    script = textwrap.dedent("""
        import json, os, resource, sys
        from pathlib import Path
        from veille.cli.collecting import run_collection
        from veille.store import connect
        TABLES = ("items", "texts", "addresses", "sightings", "versions", "item_tags", "item_territories", "item_dates", "stories", "items_fts_docsize")
        def held():
            db = connect("data/veille.db")
            try:
                return [db.execute(f"select count(*) from {name}").fetchone()[0] for name in TABLES], db.execute("select sum(cnt) from items_vocabulary").fetchone()
            finally:
                db.close()
        def used():
            rows = Path("/proc/self/statm").read_text().split()
            return int(rows[1]) * resource.getpagesize() >> 20, len(os.listdir("/proc/self/fd"))
        marks = []
        for number in range(int(sys.argv[1])):
            os.environ["VEILLE_NOW"] = f"2026-11-{1 + number // 24:02}T{number % 24:02}:00:00+00:00"
            run_collection("feeds.yaml", "data/veille.db", everything=True, allow_private=True, spacing=0.0)
            if number in (0, 19):
                first = held()
                marks.append(used())
        print(json.dumps({"same": held() == first, "marks": [*marks, used()]}))
    """)
    page = (
        b"<html><body><ul>"
        + b"".join(b"<li><a href='/p%d'>Un article de la page %d</a></li>" % (n, n) for n in range(9))
        + b"</ul></body></html>"
    )
    dated = {"count": 0}

    def restless(handler):
        dated["count"] += 1
        reply(
            handler,
            feed(*BIG[:9], site="https://d.fr").replace(b"</channel>", b"<lastBuildDate>%d</lastBuildDate></channel>" % dated["count"]),
        )

    with serve(
        {"/a": feed(*BIG[:9]), "/p": page, "/d": restless, "/e": b"<rss version='2.0'><channel><title>x</title></channel></rss>"}
    ) as root:
        select = "select: {item: li, title: a, link: 'a@href'}"
        write_config(
            tmp_path, {"a": f"feed: '{root}/a'", "p": f"page: '{root}/p', {select}", "d": f"feed: '{root}/d'", "e": f"feed: '{root}/e'"}
        )
        outcome = subprocess.run(
            [sys.executable, "-c", script, str(RUNS)], cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False
        )

    assert outcome.returncode == 0, outcome.stderr[-2000:]
    told = json.loads(outcome.stdout)
    print(told)
    assert told["same"]
    (_, _), (settled, descriptors), (memory, at_the_end) = told["marks"]
    assert memory - settled < 12
    assert at_the_end <= descriptors + 2
