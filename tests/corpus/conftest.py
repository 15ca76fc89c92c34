"""Tests over the folder that VEILLE_SHARED names; skipped with that reason where it is unset."""

import os
from pathlib import Path

import pytest

SHARED = os.environ.get("VEILLE_SHARED", "")


def pytest_collection_modifyitems(items):
    if SHARED and Path(SHARED, "corpus").is_dir():
        return
    for item in items:
        if "corpus" in Path(str(item.fspath)).parts:
            item.add_marker(pytest.mark.skip(reason="VEILLE_SHARED does not name the folder of real data"))


@pytest.fixture(scope="session")
def shared() -> Path:
    return Path(SHARED)
