"""Every hostile configuration gets the exit status and the lines that are expected, within a second."""

import json
import os
import subprocess
import sys
import time


def test_each_hostile_file_is_judged_as_expected(shared):
    folder = shared / "hostile" / "config"
    for line in (folder / "expected.jsonl").read_text(encoding="utf-8").splitlines():
        wanted = json.loads(line)
        started = time.monotonic()

        outcome = subprocess.run(
            [sys.executable, "-m", "veille", "check", "--config", wanted["file"]],
            cwd=folder,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )

        lines = {int(one.split(":")[1]) for one in outcome.stderr.splitlines() if one.startswith(wanted["file"] + ":")}
        assert outcome.returncode == wanted["exit"], (wanted, outcome.stderr)
        assert set(wanted.get("lines", [])) <= lines, (wanted, outcome.stderr)
        assert not set(wanted.get("not_lines", [])) & lines, (wanted, outcome.stderr)
        assert "Traceback" not in outcome.stderr
        assert time.monotonic() - started < 3, wanted  # the process, its start included; the check itself is under a second
