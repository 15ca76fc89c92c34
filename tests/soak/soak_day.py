"""A day compressed: 288 collections of sixty sources, with faults, clock steps and restarts, all from one seed.

    pytest -s tests/soak/soak_day.py        (make soak; VEILLE_RUNS=288)

At the end every article that was published is held once, nothing else is, and neither memory nor descriptors have grown.
"""

import contextlib
import json
import os
import random
import subprocess
import sys
import textwrap
import time

from loopback import bomb, gzipped, huge, reply, reset, serve, status, truncated

from veille.store import connect
from veille.store.keeping.backup import unsoundness

RUNS = int(os.environ.get("VEILLE_RUNS", "288"))
SOURCES, RESTART, SHOWN, EACH = 60, 48, 20, 12  # an article every so many runs (an hour of five minutes)
SEED = 20171006

DRIVER = textwrap.dedent("""
    import json, os, resource, sys
    from pathlib import Path
    from veille.cli.collecting import run_collection
    from veille.messages.collecting import failed_source
    def used():
        return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() >> 20, len(os.listdir("/proc/self/fd"))
    marks, bugs = [], []
    for line in sys.stdin:
        os.environ["VEILLE_NOW"] = line.strip()
        summary = run_collection("feeds.yaml", "data/veille.db", allow_private=True, spacing=0.0)
        bugs += [(source, one.reason) for source, one in summary.outcomes.items() if getattr(one, "failure", "") == "bug"]
        marks.append((*used(), "veille.collect.intake" in sys.modules))
        print("done", flush=True)
    print(json.dumps({"marks": marks, "bugs": bugs}), flush=True)
""")


def articles_of(source, run):
    """What a source has published by a run: one article every EACH runs, and three before the first."""
    return run // EACH + 3 if source % 4 else 3 + run // (EACH * 4)


def document(source, count):
    shown = range(max(0, count - SHOWN), count)
    items = "".join(
        f"<item><title>S{source} : article {n} sur un budget participatif</title><link>https://s{source}.fr/{n}</link><guid>s{source}-{n}</guid>"
        f"<description>{'mot ' * 40}{n}</description></item>"
        for n in shown
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()


FAULTS = (
    status(500), status(503), status(403), status(429, Retry_After="600"), status(404), reset, truncated, huge, bomb, gzipped,
    lambda handler: reply(handler, b"<!doctype html><p>Maintenance"), lambda handler: reply(handler, b""),
    lambda handler: handler.wfile.write(b"bonjour\r\n\r\n"), lambda handler: (time.sleep(3), reply(handler, b"")),
    lambda handler: reply(handler, b"<rss version='2.0'><channel>" + b"<item><description>" * 30_000),
)  # fmt: skip


def test_a_day(tmp_path):
    dice = random.Random(SEED)
    state = {"run": 0, "faults": True}
    ill = {(source, run): dice.choice(FAULTS) for source in range(SOURCES) for run in range(RUNS) if dice.random() < 0.15}
    gone_wrong = {"count": 0}

    def answer(source):
        def give(handler):
            fault = ill.get((source, state["run"])) if state["faults"] else None
            if fault and fault is not gzipped:
                gone_wrong["count"] += 1
                with contextlib.suppress(OSError):
                    fault(handler)
            else:
                reply(handler, document(source, articles_of(source, state["run"])))

        return give

    started = time.monotonic()
    marks, bugs = [], []
    with contextlib.ExitStack() as stack:
        lines = ["version: 1", "defaults: {timeout: 2s, every: 1h}", "sources:"]
        for source in range(SOURCES):
            root = stack.enter_context(serve({"/rss": answer(source)}, host=f"127.0.0.{source + 2}"))
            lines.append(f"  - {{id: s{source}, name: S{source}, feed: '{root}/rss'}}")
        (tmp_path / "feeds.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        jumps = {
            RUNS // 4: 3600,
            RUNS // 3: -3600,
            RUNS // 2: 365 * 86400,
            RUNS // 2 + 3: 0,
            2 * RUNS // 3: -365 * 86400,
            2 * RUNS // 3 + 3: 0,
        }
        ahead = 0
        for first in range(0, RUNS, RESTART):
            process = subprocess.Popen(
                [sys.executable, "-c", DRIVER], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
            killed = first // RESTART in (1, 4)
            for run in range(first, min(first + RESTART, RUNS)):
                state["run"] = run
                ahead = jumps.get(run, ahead)
                moment = 1_793_000_000 + run * 300 + ahead
                process.stdin.write(time.strftime("%Y-%m-%dT%H:%M:%S+00:00\n", time.gmtime(moment)))
                process.stdin.flush()
                assert process.stdout.readline().strip() == "done", f"run {run}"
            if killed:
                process.kill()  # between two runs as cron would: the next process goes on
                process.wait()
                process.stdin.close()
                process.stdout.close()
                continue
            process.stdin.close()
            told = json.loads(process.stdout.readline())
            process.wait(20)
            process.stdout.close()
            marks.append(told["marks"])
            bugs += told["bugs"]
        state["faults"] = False
        for hour in range(3):
            moment = 1_793_000_000 + RUNS * 300 + hour * 86_400
            environment = {**os.environ, "VEILLE_NOW": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(moment))}
            command = [sys.executable, "-m", "veille", "collect", "--all", "--allow-private-network", "--spacing", "0"]
            last = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started

    db = connect(tmp_path / "data" / "veille.db")
    held = db.execute("select source_id, url, count(*) from items group by 1, 2").fetchall()
    wrong = unsoundness(db)
    visits = db.execute("select count(*), sum(outcome = 'failed') from visits").fetchone()
    db.close()
    wanted = {(f"s{source}", f"https://s{source}.fr/{n}") for source in range(SOURCES) for n in range(articles_of(source, RUNS - 1))}
    # What understands is loaded at the first article, which may come late; from eight runs later on nothing is to grow.
    steady = [(one[min([at for at, (*_, loaded) in enumerate(one) if loaded][:1] or [0]) + 8 :] or one[-1:]) for one in marks]
    growth = [(one[-1][0] - one[0][0], one[-1][1] - one[0][1]) for one in steady]
    print(f"{RUNS} runs in {seconds:.0f} s, {visits[0]} visits, {visits[1]} failed, {gone_wrong['count']} faults served; {len(held)} articles of {len(wanted)}; "
          f"growth of memory (MiB) and descriptors within a process: {growth}")  # fmt: skip
    assert last.returncode == 0, last.stderr
    assert not bugs, bugs[:5]
    assert not wrong
    assert {(source, url) for source, url, _ in held} == wanted
    assert {count for *_, count in held} == {1}
    assert all(memory <= 15 and descriptors <= 3 for memory, descriptors in growth), growth
    assert gone_wrong["count"] > RUNS / 4
