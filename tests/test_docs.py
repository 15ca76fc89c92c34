"""The documents are read: what they name exists, and what exists is named where people look for it."""

import re

import pytest
from click.testing import CliRunner

from paths import ROOT
from veille.cli import cli
from veille.config import _DEFAULTS, _RETENTION, _SELECT, _SMTP, _SOURCE, _TOP
from veille.store.keeping.export import TABLES
from veille.store.public import PUBLIC_TABLES
from veille.web.routes import ROUTES

DOCS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")] + sorted((ROOT / "docs").rglob("*.md"))
TEXTS = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in DOCS}
ALL = "\n".join(TEXTS.values())
# What others than us say: a file that a source or another project has, a route that is to come.
PACKAGE = ROOT / "src" / "veille"


@pytest.mark.parametrize("path", DOCS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path):
    broken = []
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")) and not (path.parent / target).exists():
            broken.append(target)

    assert not broken


def commands():
    """Every command, with its options."""
    found = {}
    for name in cli.list_commands(None):
        command = cli.get_command(None, name)
        found[name] = {option for one in command.params for option in (*one.opts, *one.secondary_opts) if option.startswith("--")}
        for inner in getattr(command, "commands", {}).values():
            found[name] |= {option for one in inner.params for option in (*one.opts, *one.secondary_opts) if option.startswith("--")}
    return found


def pieces():
    """What the documents set as code: between backquotes, and line by line in blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", ALL, re.M | re.S)
    return [*re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", ALL, flags=re.M | re.S)), *"\n".join(blocks).split("\n")]


def test_commands_that_are_named_exist_and_those_that_exist_are_named():
    have = commands()
    named = {found[1] for piece in pieces() if (found := re.match(r"(?:.*\.venv/bin/)?veille ([a-z]+)", piece))}

    assert named <= have.keys(), named - have.keys()
    assert have.keys() <= named, have.keys() - named


def test_options_that_are_named_exist():
    have = commands()
    wrong = []
    for name, rest in re.findall(r"`(?:\.venv/bin/)?veille ([a-z]+)([^`\n|]*)`", ALL):
        for option in re.findall(r"(?<!\S)--[a-z][a-z-]+", rest):
            if name in have and option not in have[name] | {"--help"}:
                wrong.append(f"veille {name} {option}")

    assert not wrong


def test_make_targets_that_are_named_exist_and_those_that_exist_are_named():
    targets = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.M)[1].split())
    named = {name for piece in pieces() for name in re.findall(r"\bmake ([a-z]+)\b", piece)}

    assert named <= targets, named - targets
    assert targets - {"lint", "fast", "live", "corpus", "clean"} <= named, targets - named


# Asked for by forms, by scripts and by robots, not by people.
UNSEEN = {
    "/deconnexion", "/decision", "/sitemap", "/sitemap-pages", "/sitemap-articles-", "/tri/article", "/tri/suivi", "/tri/mots", "/tri/touches",
    "/tri/decision", "/tri/edition", "/robots",
}  # fmt: skip


def test_pages_that_exist_are_named():
    """The public ones in the README or its neighbours, those of curators in their guide."""
    missing = set()
    for pattern, _ in ROUTES:
        first = re.match(r"\^(/[a-z-]+(?:/[a-z-]+)?)", pattern.replace("\\.", "."))
        if first and not pattern.startswith(r"^/-/(") and first[1] not in ALL and first[1] not in UNSEEN:
            missing.add(first[1])

    assert not missing


def test_pages_that_are_named_exist():
    routes = [re.compile(pattern) for pattern, _ in ROUTES]
    named = set(re.findall(r"`(/[a-z][a-z/.-]*)`", TEXTS["README.md"] + TEXTS["docs/curation.md"] + TEXTS["docs/exploitation.md"]))
    unknown = [
        path for path in named if not any(route.match(path) for route in routes) and not path.startswith(("/srv", "/tmp", "/etc", "/-/"))
    ]

    assert not unknown


def test_settings_of_feeds_yaml_are_told():
    told = ALL
    missing = [key for key in {*_TOP, *_SMTP, *_DEFAULTS, *_SOURCE, *_RETENTION, *_SELECT} if not re.search(rf"\b{key}\b", told)]

    assert not missing


def test_tables_that_are_named_exist():
    """`store/schema` has them all: a table that was renamed is caught here."""
    schema = (PACKAGE / "store" / "schema.py").read_text("utf-8")
    named = set(re.findall(r"table `([a-z_]+)`|`([a-z_]+)` \(table\)", ALL))
    words = {one for pair in named for one in pair if one}

    assert not [one for one in words if f" {one} " not in schema]
    assert set(PUBLIC_TABLES) - set(TABLES) == {"articles", "fiches_publiees", "initiatives", "lignes", "liens"}  # views


def test_modules_that_are_named_exist():
    """`store/reading/rows`, `web/site/guard.py`, `collect/settle`…: a room that moved is caught here."""
    rooms = "|".join(
        sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name not in ("data", "locale", "__pycache__"))
    )
    wrong = []
    for name, text in TEXTS.items():
        if name == "CHANGELOG.md":
            continue
        for path in re.findall(rf"`((?:{rooms})/[a-z_/]+)(?:\.py)?(?:\.[a-zA-Z_]+)?`", text):
            at = PACKAGE / path
            to_come = path.startswith(
                ("store/curating/letters", "store/reading/letters", "web/curating/letter", "web/reading/letters", "cli/letters")
            )
            if not (
                at.with_suffix(".py").exists()
                or at.is_dir()
                or to_come
                or (PACKAGE / "web" / "templates" / path).with_suffix(".html").exists()
            ):
                wrong.append(f"{name}: {path}")

    assert not wrong


def test_the_help_of_each_command_is_one_that_runs():
    for name in commands():
        assert CliRunner().invoke(cli, [name, "--help"]).exit_code == 0, name
