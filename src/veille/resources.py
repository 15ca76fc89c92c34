"""What ships with the package: vocabulary, synonyms, départements.

Comes in: nothing. Goes out: `Knowledge`. The one place that reads package data.
"""

from importlib.resources import files

from veille.understand import Knowledge, build_knowledge


def package_text(name: str) -> str:
    """The text of a file in veille/data."""
    return (files("veille") / "data" / name).read_text(encoding="utf-8")


def load_knowledge() -> Knowledge:
    """Read once at each door."""
    names = ("vocabulary.yaml", "synonyms.yaml", "departements.csv", "communes.txt", "territoires.yaml")
    return build_knowledge(*map(package_text, names))
