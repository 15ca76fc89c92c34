"""Fixtures. The network is shut for every test but those in live/."""

import socket
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import datasette.app  # Datasette first: it loads its plugins, ours included, when it is imported
import pytest

from browsing import PASSWORD
from builders import NOW, collect_entries, make_entry, make_source
from veille.resources import load_knowledge
from veille.store import connect, migrate
from veille.store.connection import Connection
from veille.store.curating.accounts import add_account
from veille.understand.knowledge import Knowledge


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
def store(tmp_path: Path, knowledge: Knowledge, now: datetime) -> Iterator[Connection]:
    db = connect(tmp_path / "veille.db")
    migrate(db, knowledge, now)
    yield db
    db.close()


TOPICS = (
    "Un budget participatif pour les collégiens",
    "Trois maisons des solidarités rénovées",
    "Un bus des démarches en ligne",
    "Le laboratoire des Landes raconte",
    "Appel à projets pour les tiers-lieux",
    "Fête du village dimanche",
)


@pytest.fixture
def newsroom(store: Connection, knowledge: Knowledge, now: datetime, tmp_path: Path) -> datasette.app.Datasette:
    """Six articles to sort, and four accounts: claire and paul (curators), edith (editor), anne (admin)."""
    entries = [
        make_entry(
            guid=f"g{n}", link=f"https://e.fr/{n}", title=title, summary=f"{title}. Les habitants de la Gironde ont donné leur avis."
        )
        for n, title in enumerate(TOPICS)
    ]
    collect_entries(store, make_source(territory=("33",)), entries, knowledge, now)
    for name, role in (("claire", "curator"), ("paul", "curator"), ("edith", "editor"), ("anne", "admin")):
        add_account(store, name, PASSWORD, role, now)
    return datasette.app.Datasette([str(tmp_path / "veille.db")])
