"""What a collection costs, beside the physical floor and beside other collectors, on the same feeds in one run.

    VEILLE_SHARED=… python bench/collect.py                      # 1,000 feeds of 20 entries, every phase, every peer that is there
    VEILLE_SHARED=… python bench/collect.py --feeds 200 --quick  # veille and the floor alone
    VEILLE_SHARED=… python bench/collect.py --scale              # warm runs from 1,000 to 20,000 sources, and `veille check`
    python bench/collect.py --tls                                # in clear and by TLS, 1,000 hosts and 50 hosts × 20 (bench/secure.py)
    python bench/collect.py --before ../other/src                # 1,000 × 304 by another version's code and by this one, five pairs

Feeds, server (nginx) and floor (curl, expat, one bulk insert with FTS5) are those of the shared bench kit; what is measured is a whole
collection as a process. `off`: with understanding switched off, as other collectors have none. CPU seconds are those of the process and
its children; the ratios count, taken in one run on one machine. Peak: MiB of the largest process.
Peers: newsboat, sfeed_update, rss2email (Debian), plain_async (httpx and feedparser, of this environment), reader ($READER_PYTHON names a
Python that has `reader[cli]` and sgmllib3k); one that is missing, or collects nothing, is said to be and left out.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PHASES = ("cold", "warm304", "churn", "warm200")
FLOORS = {"cold": "cold", "warm304": "warm304", "churn": "warm304", "warm200": "warm200"}
SCALE = (1_000, 5_000, 10_000, 20_000)
VEILLE = {"off": ["--one", "off"], "on": ["--one", "on"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--port", type=int, default=8300)
    parser.add_argument("--quick", action="store_true", help="no peer, no latency")
    parser.add_argument("--scale", action="store_true", help="warm runs at 1,000 to 20,000 sources, and `veille check`")
    parser.add_argument("--tls", action="store_true", help="what secure connections cost")
    parser.add_argument("--before", type=Path, metavar="SRC", help="the folder `src` of another version")
    parser.add_argument("--one", choices=("on", "off"), help=argparse.SUPPRESS)
    parser.add_argument("--rooms", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package is compiled
    if given.one:
        one(understanding=given.one == "on", rooms=given.rooms)
        return
    if given.tls or given.before:
        import secure

        secure.compare() if given.tls else secure.pairs(given.before.resolve())
        return
    shared = os.environ.get("VEILLE_SHARED", "")
    kit = Path(shared) / "bench"
    if not shared or not kit.is_dir():
        sys.exit("VEILLE_SHARED ne nomme pas le dossier qui contient bench/ : rien à mesurer.")
    with tempfile.TemporaryDirectory(prefix="veille-bench-") as name:
        if given.scale:
            scale(kit, Path(name), given.port)
        else:
            compare(kit, Path(name), given)


def one(*, understanding: bool, rooms: bool) -> None:
    """One collection of feeds.yaml in the current folder, measured from outside; with `rooms` it says where its processor time went."""
    spent = watch_rooms() if rooms else {}
    from veille.cli.collecting import run_collection, summary_json

    summary = run_collection("feeds.yaml", "data/veille.db", everything=True, allow_private=True, spacing=0, understanding=understanding)
    assert summary is not None
    told = summary_json(summary)
    if rooms:
        children = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent["reading"] = spent.pop("lanes", 0.0) + children.ru_utime + children.ru_stime
        spent["keeping"] -= spent["understanding"] + spent["index"]
        spent["network and start"] = time.process_time() + children.ru_utime + children.ru_stime - sum(spent.values())
    print(json.dumps({"items": told["items"], "sources": told["sources"], "rooms": spent}))


def watch_rooms() -> dict[str, float]:
    """Processor seconds of the threads that read, understand and keep, filled in as they work."""
    from veille.collect import lanes, settle
    from veille.store.collecting import items

    spent = {"lanes": 0.0, "understanding": 0.0, "keeping": 0.0, "index": 0.0}

    def timed(holder: object, name: str, room: str) -> None:
        inner = getattr(holder, name)

        def outer(*args: object, **options: object) -> object:
            started = time.thread_time()
            try:
                return inner(*args, **options)
            finally:
                spent[room] += time.thread_time() - started

        setattr(holder, name, outer)

    timed(settle.Keeper, "settle", "keeping")
    timed(settle.Keeper, "_prepared", "understanding")
    timed(items, "index_items", "index")
    timed(lanes, "_timed", "lanes")
    return spent


def run(command: list[str], folder: Path, *, ok: tuple[int, ...] = (0,)) -> dict:
    """CPU and wall seconds of a command and its children, peak MiB of the largest of them, and what it printed."""
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in ok:
        assert process.stderr is not None
        sys.exit(f"{' '.join(command)} : {process.returncode}\n{process.stderr.read()[-2000:]}")
    wall = time.monotonic() - started
    return {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "rss": usage.ru_maxrss / 1024, "printed": printed}


@contextmanager
def served(kit: Path, data: Path, feeds: int, port: int, *, entries: int = 20) -> Iterator[None]:
    """The feeds of the kit, on loopback."""
    make = [sys.executable, kit / "workload.py", "--out", data, "--feeds", str(feeds), "--entries", str(entries), "--port", str(port)]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen([sys.executable, kit / "serve.py", "--data", data], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        if server.stdout.readline().strip() != "ready":
            sys.exit(f"Le serveur du banc ne démarre pas : les ports {port} à {port + 3} sont-ils pris ?")
        yield
    finally:
        server.terminate()
        server.wait()


def flip(kit: Path, data: Path, phase: str) -> None:
    subprocess.run([sys.executable, kit / "serve.py", "--data", data, "--phase", phase], check=True)
    time.sleep(1.1)  # times of files are told in seconds


def configure(folder: Path, urls: Path) -> None:
    """feeds.yaml for a list of addresses."""
    folder.mkdir(parents=True)
    lines = [f"  - {{id: f{number}, name: F{number}, feed: '{url}'}}" for number, url in enumerate(urls.read_text().split())]
    (folder / "feeds.yaml").write_text("\n".join(["version: 1", "sources:", *lines]) + "\n", encoding="utf-8")


def collect(folder: Path, switch: str, *more: str) -> dict:
    """One collection with understanding on or off."""
    return run([sys.executable, str(Path(__file__).resolve()), *VEILLE[switch], *more], folder)


def phases_of_veille(kit: Path, data: Path, folder: Path, switch: str) -> dict[str, dict]:
    """Every phase but those with latency."""
    found = {}
    configure(folder / switch, data / "urls.txt")
    found["cold"] = collect(folder / switch, switch)
    for phase in ("warm304", "churn"):
        flip(kit, data, "churn" if phase == "churn" else "base")
        found[phase] = collect(folder / switch, switch)
    flip(kit, data, "base")
    configure(folder / f"{switch}-nv", data / "urls-novalid.txt")
    collect(folder / f"{switch}-nv", switch)
    found["warm200"] = collect(folder / f"{switch}-nv", switch)
    return found


def floor_of(kit: Path, data: Path, work: Path) -> dict[str, float]:
    """CPU seconds of the floor, by phase."""
    command = [sys.executable, kit / "floor.py", "--data", data, "--work", work]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=kit).stdout
    rows = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return {key.split()[1]: value["cpu"] for row in rows for key, value in row.items() if key.startswith("FLOOR")}


def peers_of(kit: Path, data: Path, work: Path) -> dict[str, dict[str, dict]]:
    """What the kit measures of each peer that is there."""
    there = {
        "newsboat": shutil.which("newsboat"),
        "sfeed": shutil.which("sfeed_update"),
        "rss2email": shutil.which("r2e"),
        "plain_async": sys.executable,
        "lemon_reader": os.environ.get("READER_PYTHON"),
    }
    for name in (name for name, path in there.items() if not path):
        print(f"{name} : absent", file=sys.stderr)
    wanted = [name for name, path in there.items() if path]
    command = [sys.executable, kit / "bench.py", "--data", data, "--work", work, "--jobs", "8", *wanted]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, cwd=kit).stdout
    found: dict[str, dict[str, dict]] = {}
    for row in map(json.loads, printed.splitlines()):
        if row["rc"] or row["items"] < 1:
            print(f"{row['peer']}, {row['phase']} : n’a rien collecté (code {row['rc']}, {row['items']} articles)", file=sys.stderr)
            continue
        found.setdefault(row["peer"], {})[row["phase"]] = row
    return found


def compare(kit: Path, folder: Path, given: argparse.Namespace) -> None:
    data = folder / "data-set"
    with served(kit, data, given.feeds, given.port):
        floor = floor_of(kit, data, folder / "floor")
        ours = {f"veille, {switch}": phases_of_veille(kit, data, folder, switch) for switch in VEILLE}
        peers = {} if given.quick else peers_of(kit, data, folder / "peers")
        show(floor, ours | peers)
        configure(folder / "rooms", data / "urls.txt")
        for switch in VEILLE:
            shutil.rmtree(folder / "rooms" / "data", ignore_errors=True)
            told = json.loads(collect(folder / "rooms", switch, "--rooms")["printed"])
            whole = sum(told["rooms"].values())
            shares = ", ".join(
                f"{room} {100 * spent / whole:.0f} %" for room, spent in sorted(told["rooms"].items(), key=lambda row: -row[1])
            )
            print(f"cold, {switch}: {told['items']['new'] / whole:.0f} items per CPU second; {shares}")
        if not given.quick:
            latency(data, folder)


def show(floor: dict[str, float], measured: dict[str, dict[str, dict]]) -> None:
    print("CPU seconds (× the floor), wall seconds, peak MiB")
    print(f"{'floor':<14}" + "".join(f"{phase:>10} {floor[FLOORS[phase]]:5.2f}{'':<21}" for phase in PHASES))
    for name, phases in measured.items():
        cells = []
        for phase in PHASES:
            row = phases.get(phase)
            cells.append(
                f"{phase:>10} {row['cpu']:5.2f} ({row['cpu'] / floor[FLOORS[phase]]:5.1f}×) {row['wall']:5.1f}s {row['rss']:4.0f}"
                if row
                else f"{phase:>10} -"
            )
        print(f"{name:<14}" + "".join(cells))


def latency(data: Path, folder: Path) -> None:
    """Feeds that take 50 to 200 ms, one in a hundred ten seconds, one in a hundred ill: what counts is the clock on the wall."""
    configure(folder / "latency", data / "urls-latency.txt")
    for phase in ("cold", "warm"):
        row = collect(folder / "latency", "off")
        print(f"latency, {phase}: {row['wall']:.1f} s on the wall (the slowest feed takes 10), {row['cpu']:.2f} s of CPU")


def scale(kit: Path, folder: Path, port: int) -> None:
    """A warm run costs as much per source, however many there are."""
    for feeds in SCALE:
        place = folder / str(feeds)
        data = place / "data-set"
        with served(kit, data, feeds, port, entries=2):
            configure(place / "veille", data / "urls.txt")
            check = run([sys.executable, "-m", "veille", "check"], place / "veille")
            cold = collect(place / "veille", "off")
            warm = min((collect(place / "veille", "off") for _ in range(3)), key=lambda row: row["cpu"])
        print(
            f"{feeds:>6} sources: warm {warm['cpu']:5.2f} s of CPU ({1000 * warm['cpu'] / feeds:.2f} ms a source), {warm['wall']:.1f} s, "
            f"{warm['rss']:.0f} MiB; cold peak {cold['rss']:.0f} MiB; check {check['cpu']:.2f} s",
            flush=True,
        )
        shutil.rmtree(place)


if __name__ == "__main__":
    main()
