"""The collector's CPU against the physical floor, on the same feeds in the same run.

    VEILLE_SHARED=… python bench/collect.py [--feeds 200] [--port 8300]

Workload, server (nginx) and floor (curl, expat, one bulk insert with FTS5) are those of the shared bench kit; what is measured is
`veille collect` as a process, with everything it does: parsing in a child, labels, full text, one transaction a source.
CPU seconds are those of the process and its children; the ratio to the floor is what counts.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def children_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def collect(folder: Path) -> tuple[float, float, dict]:
    """CPU and wall seconds of one `veille collect --all`, and its summary."""
    cpu, wall = children_cpu(), time.monotonic()
    command = [sys.executable, "-m", "veille", "collect", "--all", "--json", "--allow-private-network", "--spacing", "0"]
    outcome = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return children_cpu() - cpu, time.monotonic() - wall, json.loads(outcome.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=200)
    parser.add_argument("--port", type=int, default=8300)
    given = parser.parse_args()
    shared = os.environ.get("VEILLE_SHARED", "")
    kit = Path(shared) / "bench"
    if not shared or not kit.is_dir():
        sys.exit("VEILLE_SHARED ne nomme pas le dossier qui contient bench/ : rien à mesurer.")
    with tempfile.TemporaryDirectory(prefix="veille-bench-") as name:
        folder = Path(name)
        data = folder / "data-set"
        subprocess.run(
            [sys.executable, kit / "workload.py", "--out", data, "--feeds", str(given.feeds), "--port", str(given.port)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        server = subprocess.Popen([sys.executable, kit / "serve.py", "--data", data], stdout=subprocess.PIPE, text=True)
        try:
            assert server.stdout is not None
            server.stdout.readline()  # "ready"
            floor = measure_floor(kit, data, folder / "floor")
            urls = (data / "urls.txt").read_text().split()
            sources = [f"  - {{id: f{number}, name: F{number}, feed: '{url}'}}" for number, url in enumerate(urls)]
            (folder / "feeds.yaml").write_text("\n".join(["version: 1", "sources:", *sources]) + "\n", encoding="utf-8")
            report(floor, {"cold": collect(folder), "warm304": collect(folder)})
        finally:
            server.terminate()
            server.wait()


def measure_floor(kit: Path, data: Path, work: Path) -> dict[str, float]:
    """CPU seconds of the floor's totals."""
    printed = subprocess.run(
        [sys.executable, kit / "floor.py", "--data", data, "--work", work], capture_output=True, text=True, check=True, cwd=kit
    ).stdout
    rows = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    return {key.split()[1]: value["cpu"] for row in rows for key, value in row.items() if key.startswith("FLOOR")}


def report(floor: dict[str, float], ours: dict[str, tuple[float, float, dict]]) -> None:
    print(f"{'phase':<10} {'veille CPU':>10} {'floor CPU':>10} {'ratio':>7} {'wall':>7} {'new':>7}")
    for phase, (cpu, wall, summary) in ours.items():
        print(f"{phase:<10} {cpu:>9.2f}s {floor[phase]:>9.2f}s {cpu / floor[phase]:>6.1f}× {wall:>6.2f}s {summary['items']['new']:>7}")


if __name__ == "__main__":
    main()
