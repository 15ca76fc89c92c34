"""What ships with the package: vocabulary, synonyms, départements.

Comes in: nothing. Goes out: `Knowledge`, or the names alone that feeds.yaml may use. The one place that reads package data.
"""

import csv
import functools
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from veille.config import Names
from veille.model import FicheHeading, FicheKind

if TYPE_CHECKING:
    from veille.understand.knowledge import Knowledge
    from veille.understand.lines import LineWords

_DATA = Path(__file__).parent / "data"


def package_text(name: str) -> str:
    """Return the text of a file in veille/data."""
    return (_DATA / name).read_text(encoding="utf-8")


def shipped_version() -> int:
    """Return a fingerprint (24 bits) of what a database is filled with when it is made (`Knowledge.shipped`)."""
    texts = package_text("vocabulary.yaml") + package_text("departements.csv")
    return int.from_bytes(hashlib.blake2b(texts.encode(), digest_size=3).digest(), "big")


def load_names() -> Names:
    """Return what a source may refer to, by name: read without the words, the places and their machinery."""
    import yaml

    words = yaml.load(package_text("vocabulary.yaml"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - our own file
    return Names(
        tags=frozenset(tag["id"] for group in words["groups"] for tag in group["tags"]),
        aliases=dict(words["aliases"]),
        departements={row["code"]: row["name"] for row in csv.DictReader(package_text("departements.csv").splitlines())},
    )


def load_knowledge() -> "Knowledge":
    """Read once at each door."""
    from veille.understand.knowledge import build_knowledge

    words = ("vocabulary.yaml", "synonyms.yaml", "departements.csv", "communes.txt", "epci.txt", "territoires.yaml", "notices.yaml")
    return build_knowledge(*map(package_text, (*words, "model.json")), shipped=shipped_version())


@functools.cache
def load_kinds() -> dict[str, FicheKind]:
    """Return the kinds of fiches by their ids, as they are declared."""
    import yaml

    told = yaml.load(package_text("fiches.yaml"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - our own file
    return {
        name: FicheKind(id=name, **{**kind, "headings": {key: FicheHeading(**one) for key, one in kind["headings"].items()}})
        for name, kind in told.items()
    }


@functools.cache
def load_line_words() -> "LineWords":
    """Return what speaks for each heading of a sheet."""
    import yaml

    from veille.understand.learned import model_of
    from veille.understand.lines import LineWords

    told = yaml.load(package_text("lignes.yaml"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return LineWords.of(told, model_of(package_text("lines.json")))
