"""Fixtures. The network is shut for every test but those in live/."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import datasette.app  # noqa: F401 - Datasette first: it loads its plugins, ours included, when it is imported
import pytest
from sqlite_utils import Database

from veille.resources import load_knowledge
from veille.store import connect, migrate
from veille.understand import Knowledge

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _shut_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "live" in Path(str(request.node.fspath)).parts:
        return

    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"a test outside live/ tried to connect to {address!r}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load_knowledge()


@pytest.fixture
def store(tmp_path: Path, knowledge: Knowledge, now: datetime) -> Iterator[Database]:
    db = connect(tmp_path / "veille.db")
    migrate(db, knowledge, now)
    yield db
    db.close()
