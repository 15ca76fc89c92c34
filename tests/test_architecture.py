"""Floors and doors, French only where it belongs: what a review need not look at."""

import ast
import contextlib
import hashlib
import importlib.util
import re
import sys
import threading
from pathlib import Path

import pytest

from browsing import Browser, get
from builders import make_item
from veille.store import connect, migrate, writing
from veille.understand.labels import understand
from veille.web.routes import ROUTES

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "veille"
FILES = sorted(PACKAGE.rglob("*.py"))
FLOORS = {
    "model": 0, "errors": 0, "messages": 0, "french": 0,
    "moments": 1, "letters": 1, "config": 1, "parse": 1, "normalize": 1, "judge": 1, "understand": 1, "search": 1,
    "fetch": 2, "owners": 2, "resources": 2, "clock": 2, "logs": 2,
    "send": 2, "store": 3, "collect": 4, "mailing": 4, "web": 5, "cli": 6, "__main__": 7,
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
    "httpx": {"fetch"}, "httptools": {"fetch"}, "socket": {"fetch", "send", "cli"}, "smtplib": {"send"}, "ssl": {"fetch", "send"}, "http.server": {"cli/sample.py"}, "urllib.request": {"fetch"},
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
WINGS = {"root": set(), "mailing": {"root"}, "collecting": {"root"}, "sharing": {"root", "collecting"}, "curating": {"root", "collecting", "sharing"},
         "reading": {"root", "collecting", "sharing"}, "keeping": {"root", "collecting", "sharing", "curating", "reading"}}  # fmt: skip
# Those of the web: `site` is under all, and what readers see knows nothing of what curators do, here or in the store.
WEB_WINGS = {"site": set(), "reading": {"site"}, "sharing": {"site"}, "curating": {"site"}, "keeping": {"site"}, "routes": {"site", "reading", "sharing", "curating", "keeping"}}  # fmt: skip


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
    allowed = {"guard.py": 1, "arrivals.py": 1, "run.py": 1, "settle.py": 2, "pages.py": 1, "lanes.py": 1, "feed.py": 1}
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


# What a migration stands on: its own file, what is frozen beside it, and rules whose number says that they never change.
FROZEN = ("store/schema.py", "store/frozen.py", "normalize/rule_1.py", "normalize/rule_2.py")


@pytest.mark.parametrize("name", FROZEN)
def test_what_migrations_stand_on_imports_no_room(name):
    numbered = re.compile(r"veille\.normalize(\.rule_\d+)?\Z")
    asked = [one for one in imports_of(PACKAGE / name) if one.startswith("veille")]

    assert not [one for one in asked if not (name == "store/frozen.py" and numbered.match(one))], asked


@pytest.mark.parametrize(("name", "digest"), [
    ("store/frozen.py", "c3a35b51379005db"),
    ("normalize/rule_1.py", "a242dd2d42121adc"),
    ("normalize/rule_2.py", "9355d25fde2e5a9f"),
])  # fmt: skip
def test_what_is_frozen_does_not_change(name, digest):
    """Its words may be told better: what it does is pinned. Another rule gets another number, and a step of the schema."""
    assert _code_of(PACKAGE / name) == digest, f"{name} has changed: write the next rule instead"


def _code_of(path):
    """A digest of what a file does: its statements, without docstrings, comments and layout."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            del body[0]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()[:16]


def constants_of(path):
    """The texts of a file that are no docstring: line, text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told = {id(node.body[0].value) for node in ast.walk(tree)
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_clock_is_read_at_its_door_alone(path):
    """Everywhere else the moment is an argument: what was decided can be played again."""
    if path.name == "clock.py":
        return
    calls = {ast.unparse(node.func) for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)}

    assert not calls & {"datetime.now", "datetime.datetime.now", "datetime.utcnow", "date.today", "datetime.date.today", "time.time"}


_SQL = re.compile(r"\s*(?:select|insert|update|delete from|with \w+|create|drop|alter|pragma|begin|commit|attach|vacuum|savepoint) ", re.I)


@pytest.mark.parametrize("path", [one for one in FILES if room_of(one) != "store"], ids=lambda path: str(path.relative_to(PACKAGE)))
def test_sql_is_written_in_the_store_alone(path):
    assert not [(line, text[:60]) for line, text in constants_of(path) if _SQL.match(text)]


def test_sql_is_executed_by_the_store_alone(newsroom, store, knowledge, now, tmp_path):
    """Whoever calls SQLite, in any thread, while pages of readers and curators are asked for, an article is brought and the demo told."""
    from veille.cli.demo import _curate, _tell
    from veille.collect.bring import BROUGHT, Brought, keep_brought

    item = make_item(BROUGHT, link="https://exemple.fr/un", title="Un article apporté", summary="Un texte de quelques mots. " * 9)
    offenders: set[str] = set()

    def watch(frame, event, arg):
        if event == "c_call" and getattr(arg, "__name__", "") in ("execute", "executemany", "executescript"):
            path = Path(frame.f_code.co_filename)
            if PACKAGE in path.parents and path.relative_to(PACKAGE).parts[0] != "store":
                offenders.add(f"{path.relative_to(PACKAGE)}:{frame.f_lineno}")

    browser = Browser(newsroom, "anne")
    threading.setprofile(watch)
    sys.setprofile(watch)
    try:
        browser.sign_in()
        for pattern, _ in ROUTES:
            path = re.sub(r"\(\?P<(\w+)>.*?\)", lambda found: _VALUES.get(found[1], "1"), pattern).strip("^$").replace("\\.", ".")
            if not path.startswith("/-/(?"):
                browser.get(path)
                get(newsroom, path)
        with writing(store):
            keep_brought(store, Brought(item=item, tagged=understand(item, BROUGHT, knowledge), received=9), knowledge, now)
        shown = tmp_path / "montre.db"
        with contextlib.closing(connect(shown)) as db:
            migrate(db, knowledge, now)
        _curate(str(shown))
        _tell(str(shown))
    finally:
        sys.setprofile(None)
        threading.setprofile(None)

    assert not offenders


_VALUES = {"format": "csv", "code": "33", "database": "veille", "table": "articles", "row": "1", "place": "0"}
# Where people's sentences may stand: beside `messages` and the templates, the errors of feeds.yaml with its grammar, the help of commands
# with their options, and words that are looked for in texts.
_SPEAKING = ("messages/", "config/", "cli/", "understand/", "normalize/", "parse/", "french.py", "judge/walls.py", "collect/discover.py")


@pytest.mark.parametrize("path", [one for one in FILES if not str(one.relative_to(PACKAGE)).startswith(_SPEAKING)], ids=lambda path: str(path.relative_to(PACKAGE)))  # fmt: skip
def test_french_for_people_lives_in_messages_and_templates(path):
    def is_spoken(text):
        return " " in text.strip() and re.search(r"[éèêàùçôî]|\w’\w", text) is not None

    assert not [(line, text[:60]) for line, text in constants_of(path) if is_spoken(text)]


def test_nothing_of_this_machine_is_in_the_tree():
    for path in [*FILES, ROOT / "README.md", ROOT / "Makefile", ROOT / "feeds.yaml", *(ROOT / "docs").rglob("*.md")]:
        assert str(ROOT) not in path.read_text(encoding="utf-8"), path
