"""Where the tests lie, and the project."""

from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
