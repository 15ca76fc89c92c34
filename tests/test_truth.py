"""Cases composed and labelled before the code was run on them (`tests/truth/`), by the code path of `veille predict`."""

import json
from pathlib import Path

from builders import make_item, make_source
from veille.understand import understand
from veille.understand.territory import territories_of

TRUTH = Path(__file__).parent / "truth"


def rows(name):
    return [json.loads(line) for line in (TRUTH / f"{name}.jsonl").read_text("utf-8").splitlines()]


def f1(pairs):
    """Micro-averaged over (wanted, found) sets."""
    right = sum(len(wanted & found) for wanted, found in pairs)
    return 2 * right / (sum(len(wanted) for wanted, _ in pairs) + sum(len(found) for _, found in pairs))


def test_territory(knowledge):
    pairs = [(set(row["deps"]), {one.code for one in territories_of("", row["text"], (), knowledge)}) for row in rows("territory")]

    assert len(pairs) == 60
    assert f1(pairs) >= 0.97


def test_a_collected_article_gets_what_predict_says(knowledge):
    for row in rows("territory"):
        item = make_item(title="Sans nom de lieu", summary=row["text"], title_is_text=True, body_is_text=True)
        said = {one.code for one in territories_of("", row["text"], (), knowledge)}

        found = understand(item, make_source(territory=()), knowledge).territories

        assert {one.code for one in found} == said, row["text"]


def test_who_acts_is_told_apart_from_where(knowledge):
    text = "Le Conseil départemental de la Creuse expérimente à Limoges, dans la Haute-Vienne."

    assert {one.code: one.role for one in territories_of("", text, (), knowledge)} == {"23": "actor", "87": "place"}


def test_each_name_is_found_where_it_stands(knowledge):
    text = "À Bastia, puis dans le Cher (18) et au Havre."

    found = territories_of("", text, (), knowledge)

    assert [(one.code, text[one.reason.position :][: len(one.reason.phrase)]) for one in found] == [
        ("2B", "Bastia"),
        ("18", "Cher"),
        ("76", "Havre"),
    ]
