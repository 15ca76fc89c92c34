"""Floors and doors, French only where it belongs: what a review need not look at."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "veille"
FILES = sorted(PACKAGE.rglob("*.py"))
FLOORS = {
    "model": 0, "errors": 0, "messages": 0, "french": 0,
    "moments": 1, "letters": 1, "config": 1, "parse": 1, "normalize": 1, "judge": 1, "understand": 1, "search": 1,
    "fetch": 2, "owners": 2, "resources": 2, "clock": 2, "logs": 2,
    "store": 3, "collect": 4, "web": 5, "cli": 6, "__main__": 7,
}  # fmt: skip
# Rooms of one floor that may know each other: a parser resolves links as normalisation does, and knows a wall from a page.
SAME_FLOOR = {
    ("parse", "normalize"),
    ("parse", "judge"),
    ("parse", "letters"),
    ("config", "letters"),
    ("config", "normalize"),
    ("normalize", "moments"),
    ("judge", "understand"),
    ("judge", "normalize"),
    ("owners", "normalize"),
}
DOORS = {
    "httpx": {"fetch"}, "httptools": {"fetch"}, "socket": {"fetch", "cli"}, "ssl": {"fetch"}, "http.server": {"cli/sample.py"}, "urllib.request": {"fetch"},
    "sqlite3": {"store"}, "sqlite_utils": {"store"}, "datasette": {"web"},
    "click": {"cli"}, "rich": {"cli"}, "feedparser": {"parse"}, "bs4": {"parse", "normalize"}, "subprocess": {"collect/child.py", "cli"},
    "logging": {"collect", "web", "logs"}, "random": set(), "requests": set(), "sklearn": {"understand/learning.py"}, "numpy": {"understand/learning.py"},
}  # fmt: skip


def room_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0].removesuffix(".py")


def imports_of(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append(node.module)
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_from_lower_floors(path):
    room = room_of(path)
    if room == "__init__":
        return

    for name in imports_of(path):
        other = name.split(".")[1] if name.startswith("veille.") else None
        if other is None or other == room or other not in FLOORS:
            continue
        lower = FLOORS[other] < FLOORS[room]
        assert lower or (room, other) in SAME_FLOOR, f"{room} (floor {FLOORS[room]}) imports {name}"


# The storeys of the store: what lies at its root, then its wings. `reading` and `curating` never know each other.
WINGS = {"root": set(), "collecting": {"root"}, "curating": {"root", "collecting"}, "reading": {"root", "collecting"},
         "keeping": {"root", "collecting", "curating", "reading"}}  # fmt: skip
# Those of the web: `site` is under all, and what readers see knows nothing of what curators do, here or in the store.
WEB_WINGS = {"site": set(), "reading": {"site"}, "curating": {"site"}, "keeping": {"site"}, "routes": {"site", "reading", "curating", "keeping"}}  # fmt: skip


def wing_of(parts: tuple[str, ...]) -> str:
    return parts[0] if parts and parts[0] in WINGS else "root"


@pytest.mark.parametrize("path", [path for path in FILES if room_of(path) == "store"], ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_wing_of_the_store_imports_only_from_lower_storeys(path):
    own = wing_of(path.relative_to(PACKAGE / "store").parts[:-1])
    for name in imports_of(path):
        parts = tuple(name.split("."))
        if parts[:2] != ("veille", "store") or len(parts) < 3:
            continue
        other = wing_of(parts[2:3])
        assert other == own or other in WINGS[own], f"{path.relative_to(PACKAGE)} imports {name}"


@pytest.mark.parametrize("path", [path for path in FILES if room_of(path) == "web"], ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_wing_of_the_web_imports_only_from_the_site(path):
    own = path.relative_to(PACKAGE / "web").parts[0].removesuffix(".py")
    for name in imports_of(path):
        parts = name.split(".")
        if parts[:2] == ["veille", "web"] and len(parts) > 2 and own != "__init__":
            assert parts[2] == own or parts[2] in WEB_WINGS[own], f"{path.relative_to(PACKAGE)} imports {name}"
        assert own != "reading" or parts[:3] != ["veille", "store", "curating"], f"{path.relative_to(PACKAGE)} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_side_effects_stay_at_their_door(path):
    for name in imports_of(path):
        for door, rooms in DOORS.items():
            if name == door or name.startswith(door + "."):
                assert {room_of(path), str(path.relative_to(PACKAGE))} & rooms, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", [path for path in FILES if FLOORS.get(room_of(path), 9) <= 1], ids=lambda path: path.name)
def test_floors_0_and_1_are_pure(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))

    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]

    forbidden = {"open", "print", "input", "datetime.now", "date.today", "time.time", "datetime.utcnow", "os.getenv"}
    assert not forbidden.intersection(calls)
    assert "os" not in imports_of(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_collectors_boundary_catches_everything(path):
    text = path.read_text(encoding="utf-8")

    caught = len(re.findall(r"except Exception", text))

    # arrivals.py: that nobody waits for an answer whose reading fails; run.py: the boundary of a visit, of what is kept (together, then one by one), of an article's page; lanes.py: of its reading; feed.py: feedparser
    # raises anything. guard.py: what is behind it has no error handling around its own readers of cookies and forms.
    allowed = {"guard.py": 1, "arrivals.py": 1, "run.py": 4, "lanes.py": 1, "feed.py": 1}
    assert caught <= allowed.get(path.name, 0)
    assert "except:" not in text


BESIDE = sorted(path for folder in ("bench", "tools") for path in (ROOT / folder).glob("*.py"))


@pytest.mark.parametrize("path", BESIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_measures_and_tools_ask_for_is_there(path):
    """They run seldom: a name that has moved would be missed on the day when a figure is wanted."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "veille":
            module = importlib.import_module(node.module)
            missing = [one.name for one in node.names if not hasattr(module, one.name) and not _is_module(module, one.name)]
            assert not missing, f"{path.name}: {node.module} has no {missing}"


def _is_module(package, name):
    return hasattr(package, "__path__") and importlib.util.find_spec(f"{package.__name__}.{name}") is not None


def test_every_room_says_what_it_is_for():
    for path in FILES:
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path


def test_every_room_has_a_floor():
    assert {room_of(path) for path in FILES} - {"__init__"} == set(FLOORS)


def test_migrations_import_no_room():
    assert not [name for name in imports_of(PACKAGE / "store" / "schema.py") if name.startswith("veille")]


def test_french_for_people_lives_in_messages_data_and_templates():
    """Accented French sentences elsewhere are data, help texts of the command line, or sentences of one page."""
    rooms = ("fetch/", "collect/", "judge/identity/")
    for path in FILES:
        if not str(path.relative_to(PACKAGE)).startswith(rooms):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"[éèàùç]", node.value):
                raise AssertionError(f"{path.name}:{node.lineno}: {node.value[:60]}")


def test_nothing_of_this_machine_is_in_the_tree():
    for path in [*FILES, ROOT / "README.md", ROOT / "Makefile", ROOT / "feeds.yaml", *(ROOT / "docs").rglob("*.md")]:
        assert str(ROOT) not in path.read_text(encoding="utf-8"), path
