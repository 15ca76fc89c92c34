"""Run `make quick` whenever a file of src, tests or data is saved.

python tools/watch.py
"""

import subprocess
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
WATCHED = ("src", "tests")
ENDINGS = (".py", ".html", ".yaml", ".json", ".txt", ".csv")


def seen() -> dict[Path, float]:
    """When each file was last saved."""
    found = {}
    for folder in WATCHED:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in ENDINGS:
                found[path] = path.stat().st_mtime
    return found


def main() -> None:
    before: dict[Path, float] = {}
    try:
        while True:
            now = seen()
            if now != before:
                subprocess.run(["make", "--no-print-directory", "quick"], cwd=ROOT, check=False)
            before = now
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
