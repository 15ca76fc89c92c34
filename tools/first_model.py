"""Learn the model that ships: interest, kinds and themes, from labelled articles.

    VEILLE_SHARED=… python tools/first_model.py

Learnt from: the texts of tests/truth/learning and tests/truth/interest.jsonl (written for it, labelled after docs/etiquettes.md), and the
labels of tests/truth/learning/corpus.jsonl, whose articles stand in the shared corpus. What is written, src/veille/data/model.json, holds
weights of words found in five articles of two sources at least, and no text.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from veille.model import KINDS
from veille.resources import load_knowledge
from veille.store.curating.learning import example
from veille.understand.knowledge import Knowledge
from veille.understand.labels import label
from veille.understand.learned import INTEREST
from veille.understand.learning import Lessons, Manner, learn
from veille.understand.similar import lemmas_by_number

TRUTH = Path(__file__).parent.parent / "tests" / "truth"
TARGET = Path(__file__).parent.parent / "src" / "veille" / "data" / "model.json"
MOST_BYTES = 300_000
OF_CORPUS = 0.4  # an article of the corpus weighs less: its sources are few, and national
MANNER = Manner(
    in_texts=5,
    in_sources=2,
    strength=12.0,
    threshold=0.3,
    always=True,
    most_words=1_100,
    least_weight=0.6,
    digits=2,
    rule_scales={INTEREST: 0.3, "kind": 1.0, "theme": 3.0},
)


def rows(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def articles(corpus: Path) -> Iterator[dict]:
    """Labelled articles: title, text, source, weight, interest, kind, and themes where they are known."""
    for path in sorted((TRUTH / "learning").glob("[0-9]*.jsonl")):
        for row in rows(path):
            yield row | {"source": path.stem, "weight": 1.0}
    for row in rows(TRUTH / "interest.jsonl"):
        yield row | {"source": "interest", "weight": 1.0}
    held = {row["id"]: row for row in rows(corpus)}
    for row in rows(TRUTH / "learning" / "corpus.jsonl"):
        item = held[row["id"]]
        yield row | {"title": item["title"], "text": item["text"], "source": row["id"].split(":")[0], "weight": OF_CORPUS}


def answers(row: dict, knowledge: Knowledge) -> dict[str, bool]:
    """What is right of an article; a theme that another reader might put is neither right nor wrong."""
    found = {INTEREST: bool(row["interest"])} | {f"kind:{kind}": kind == row["kind"] for kind in KINDS}
    if "themes" in row:
        found |= {f"theme:{tag}": tag in row["themes"] for tag in knowledge.themes if tag not in row["themes_ok"]}
    return found


def lessons(given: list[dict], knowledge: Knowledge) -> Lessons:
    examples, lemmas = [], {}
    for row in given:
        found = label(row["title"], row["text"], knowledge)
        lemmas |= lemmas_by_number(found.words)
        examples.append(replace(example(found, answers(row, knowledge)), source=row["source"], weight=row["weight"]))
    return Lessons(examples=examples, lemmas=lemmas)


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    shared = Path(os.environ.get("VEILLE_SHARED", ""))
    corpus = shared / "corpus" / "innovation" / "items.jsonl"
    if not corpus.is_file():
        sys.exit(f"VEILLE_SHARED doit nommer le dossier qui contient {corpus.relative_to(shared)}.")
    knowledge = replace(load_knowledge(), shipped_model=None)
    given = list(articles(corpus))
    learnt = learn(lessons(given, knowledge), knowledge.vocabulary, MANNER)
    print(f"{len(given)} articles, {sum('themes' in row for row in given)} with themes")
    for mark in learnt.marks:
        after = "not learnt" if mark.after is None else f"{mark.after:.3f}"
        print(f"{mark.question:30} {mark.positives:>5} of {mark.examples:<5} rules {mark.before:.3f}  learnt {after}")
    size = len(learnt.text.encode())
    print(f"{size} bytes")
    if size > MOST_BYTES:
        sys.exit(f"Plus de {MOST_BYTES} octets : demander plus de poids aux mots.")
    TARGET.write_text(learnt.text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
