"""`veille predict` against labelled truth, scored by the truth's own scripts."""

import json
import re
import subprocess
import sys

import pytest

from veille.store.connection import sqlite3


def predict(kind, truth, *more):
    with truth.open("rb") as lines:
        outcome = subprocess.run(
            [sys.executable, "-m", "veille", "predict", kind, *map(str, more)], stdin=lines, capture_output=True, check=True
        )
    return outcome.stdout


def score(shared, truth, predictions, tmp_path, *more):
    file = tmp_path / "predictions.jsonl"
    file.write_bytes(predictions)
    outcome = subprocess.run(
        [sys.executable, shared / "truth" / "score.py", truth, file, "--json", *more], capture_output=True, text=True, check=True
    )
    return json.loads(outcome.stdout)


def plain_ranking(items, queries) -> bytes:
    """FTS5 as it comes: unicode61 remove_diacritics 2, every word by OR, its own ranking."""
    db = sqlite3.connect(":memory:")
    db.execute("create virtual table plain using fts5(id unindexed, title, text, tokenize='unicode61 remove_diacritics 2')")
    for line in items.read_text(encoding="utf-8").split("\n")[:-1]:
        row = json.loads(line)
        text = "\n".join(part for part in (row.get("summary"), row["text"]) if part)
        db.execute("insert into plain values (?, ?, ?)", (row["id"], row["title"], text))
    answers = []
    for line in queries.read_text(encoding="utf-8").split("\n")[:-1]:
        row = json.loads(line)
        match = " OR ".join(f'"{word}"' for word in re.findall(r"\w+", row["query"]))
        found = db.execute("select id from plain where plain match ? order by rank limit 100", (match,)).fetchall()
        answers.append(json.dumps({"id": row["id"], "ranking": [one[0] for one in found]}))
    db.close()
    return "\n".join(answers).encode()


def test_addresses_are_judged_without_a_mistake(shared, tmp_path):
    truth = shared / "truth" / "urls-dev.jsonl"

    assert score(shared, truth, predict("urls", truth), tmp_path)["f1"] == 1.0


@pytest.mark.parametrize(
    ("items", "queries", "least", "more"),
    [
        ("truth/search-items.jsonl", "truth/search-dev.jsonl", 0.85, 0.1),
        ("corpus/innovation/items.jsonl", "corpus/innovation/queries-dev.jsonl", 0.75, 0.12),
    ],
)
def test_search_beats_plain_fts5(shared, tmp_path, items, queries, least, more):
    items, queries = shared / items, shared / queries

    ours = score(shared, queries, predict("search", queries, "--items", items), tmp_path, "--task", "search")
    plain = score(shared, queries, plain_ranking(items, queries), tmp_path, "--task", "search")

    print(queries.name, "ours", ours, "plain", plain)
    assert ours["ndcg10"] >= max(least, plain["ndcg10"] + more)
    assert ours["sans_reponse"] == 0


@pytest.mark.parametrize(
    ("kind", "file", "least"),
    [("interest", "interest-dev.jsonl", 0.9), ("territory", "territory-dev.jsonl", 0.97), ("dates", "dates-dev.jsonl", 0.97)],
)
def test_labels_keep_their_level(shared, tmp_path, kind, file, least):
    truth = shared / "truth" / file

    found = score(shared, truth, predict(kind, truth), tmp_path)

    print(file, found)
    assert found["f1"] >= least


def test_themes_without_any_label(shared, tmp_path):
    items = {}
    for line in (shared / "corpus/innovation/items.jsonl").read_text(encoding="utf-8").split("\n")[:-1]:
        row = json.loads(line)
        items[row["id"]] = row
    labels = shared / "corpus/innovation/labels-dev.jsonl"
    asked = tmp_path / "asked.jsonl"
    asked.write_text(
        "".join(json.dumps(items[json.loads(line)["id"]]) + "\n" for line in labels.read_text(encoding="utf-8").split("\n")[:-1]),
        encoding="utf-8",
    )
    answers = tmp_path / "answers.jsonl"
    answers.write_bytes(predict("themes", asked))

    outcome = subprocess.run(
        [sys.executable, shared / "truth/score_labels.py", labels, answers], capture_output=True, text=True, check=True
    )

    print(outcome.stdout)
    told = json.loads(outcome.stdout)
    assert told["f1"] >= 0.65
    assert told["first3"] >= 0.9
