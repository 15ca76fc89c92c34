"""`veille predict` against labelled truth, scored by the truth's own scripts."""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from veille.french import fold
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


@pytest.mark.parametrize(
    ("items", "queries"),
    [("truth/search-items.jsonl", "truth/search-dev.jsonl"), ("corpus/innovation/items.jsonl", "corpus/innovation/queries-dev.jsonl")],
)
def test_capitals_accents_articles_and_plurals_find_the_same(shared, tmp_path, items, queries):
    asked = [json.loads(line)["query"] for line in (shared / queries).read_text(encoding="utf-8").splitlines()]
    words = [re.sub(r"\b([a-z]{4,}[a-qtuvwy])\b", r"\1s", query) for query in asked]
    articles = [("l'" if fold(query)[0] in "aeiouyh" else "la ") + query for query in asked]
    forms = {
        "as typed": asked,
        "capitals": [one.upper() for one in asked],
        "no accents": list(map(fold, asked)),
        "article": articles,
        "plural": words,
    }
    file = tmp_path / "queries.jsonl"
    lines = [json.dumps({"id": f"{name} {place}", "query": one}) for name, given in forms.items() for place, one in enumerate(given)]
    file.write_text("\n".join(lines), encoding="utf-8")

    found = {row["id"]: row["ranking"][:10] for row in map(json.loads, predict("search", file, "--items", shared / items).splitlines())}

    differ = [
        (name, one)
        for name, given in forms.items()
        for place, one in enumerate(given)
        if found[f"{name} {place}"] != found[f"as typed {place}"]
    ]
    assert [row for row in differ if row[0] != "plural"] == []
    assert len(differ) <= 2  # « conduires » is no plural


@pytest.mark.parametrize("part", ["themes", "same", "others"])
def test_what_make_quality_measures_keeps_its_floor(shared, part, monkeypatch):
    """Themes, the same text, languages and neighbours: the figures of docs/quality.md, by the code that prints them."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "tools"))
    spec = importlib.util.spec_from_file_location("quality", Path(__file__).parents[2] / "tools" / "quality.py")
    quality = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(quality)
    told = []

    def tell(name, units, measure, floor):
        told.append((name, measure(units), floor))
        return measure(units)

    getattr(quality, part)(shared, tell)

    print(told)
    assert told
    assert [row for row in told if row[1] < row[2]] == []
