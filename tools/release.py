"""Make a release of what was just tested: its version, its date in CHANGELOG.md, one commit, one tag. Run by `make release VERSION=…`.

    python tools/release.py 0.3.0

Refuses what is no version or not above the last, a tree with changes, a changelog that says nothing of it, a tag that is there.
"""

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
PROJECT, PACKAGE, CHANGELOG = ROOT / "pyproject.toml", ROOT / "src" / "veille" / "__init__.py", ROOT / "CHANGELOG.md"
_UNRELEASED = re.compile(r"^## Non publié$", re.M)


def git(*words: str) -> str:
    """What git says; ends the program with what went wrong."""
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"git {' '.join(words)} : {done.stderr.strip()}")
    return done.stdout.strip()


def problem(version: str) -> str:
    """Why this release cannot be; "" when it can."""
    number = re.fullmatch(r"\d+\.\d+\.\d+", version)
    if not number:
        return f"« {version} » n’est pas une version : trois nombres, comme 0.3.0."
    held = re.search(r'^version = "([\d.]+)"$', PROJECT.read_text("utf-8"), re.M)
    if held and tuple(map(int, version.split("."))) <= tuple(map(int, held[1].split("."))):
        return f"{version} n’est pas au-dessus de {held[1]}."
    if git("status", "--porcelain"):
        return "l’arbre a des changements : commettez-les d’abord."
    if git("tag", "--list", f"v{version}"):
        return f"l’étiquette v{version} existe déjà."
    if not _UNRELEASED.search(CHANGELOG.read_text("utf-8")):
        return "CHANGELOG.md n’a pas de section « Non publié »."
    return ""


def main() -> None:
    version = sys.argv[1] if len(sys.argv) > 1 else ""
    why = problem(version)
    if why:
        sys.exit(why)
    today = datetime.now(UTC).date().isoformat()
    for path, pattern, instead in (
        (PROJECT, re.compile(r'^version = "[\d.]+"$', re.M), f'version = "{version}"'),
        (PACKAGE, re.compile(r'^__version__ = "[\d.]+"$', re.M), f'__version__ = "{version}"'),
        (CHANGELOG, _UNRELEASED, f"## Non publié\n\n## {version} ({today})"),
    ):
        text, count = pattern.subn(instead, path.read_text("utf-8"), count=1)
        if count != 1:
            sys.exit(f"{path.name} : rien à changer.")
        path.write_text(text, "utf-8")
    git("commit", "--all", "--message", f"veille {version}")
    git("tag", "--annotate", f"v{version}", "--message", f"veille {version}")
    print(f"v{version} : étiquette posée sur {git('rev-parse', '--short', 'HEAD')}.")


if __name__ == "__main__":
    main()
