"""The model that ships: what it may hold, that it serves without scikit-learn, and that plain words are still believed."""

import json
from dataclasses import replace

import pytest

from paths import TESTS
from veille.model import KINDS
from veille.resources import package_text
from veille.understand.labels import label
from veille.understand.learned import judge, model_of, within
from veille.understand.signs import signs_of
from veille.understand.words import Words

TEXT = package_text("model.json")
MODEL = model_of(TEXT)


def test_it_answers_every_question_in_three_hundred_thousand_bytes(knowledge):
    assert len(TEXT.encode()) <= 300_000
    asked = {"interest"} | {f"kind:{kind}" for kind in KINDS} | {f"theme:{theme}" for theme in knowledge.themes}
    assert set(MODEL.questions) == asked
    assert within(MODEL, {"handicap"}).questions.keys() == {one for one in asked if not one.startswith("theme:") or one == "theme:handicap"}


def test_it_holds_words_alone_and_none_that_a_single_hand_wrote():
    """Lemmas of the texts it was learnt from, each in five of them at least; the rest is in the shared corpus (tools/first_model.py)."""
    held = json.loads(TEXT)
    words = {word for one in held["questions"].values() for word in one["words"]} | held["rarity"].keys()
    assert all(word.isalnum() and len(word) < 40 for word in words)
    texts = (TESTS / "truth" / "learning").glob("[0-9].jsonl")
    written = [json.loads(line) for path in texts for line in path.read_text("utf-8").splitlines()]
    assert len(written) == 840
    assert not [row["title"] for row in written if row["title"] in TEXT or row["text"][:40] in TEXT]


@pytest.mark.parametrize(
    ("title", "text", "interest", "kind", "theme"),
    [
        ("Vide-grenier dimanche", "Buvette et restauration sur place, emplacements à partir de 6 h.", 0, "evenement", "culture-patrimoine-sport"),
        (
            "Un courrier d’indu réécrit avec ceux qui le reçoivent",
            "Huit allocataires et quatre agents ont testé trois versions. Ce que nous avons appris, et ce que nous referions autrement.",
            1, "retour-experience", "design-usages",
        ),
        (
            "Chargé de mission voirie (H/F)", "Poste à temps complet, catégorie B, permis B. CV et lettre de motivation avant le 3 mars.",
            0, "emploi", "mobilites-routes",
        ),
        ("Appel à projets : réinventons l’accueil", "Transformez l’accueil avec vos agents et vos usagers. Dossiers avant le 30 juin.", 1, "appel", "acces-aux-droits"),
    ],
)  # fmt: skip
def test_what_it_says_of_plain_articles(knowledge, title, text, interest, kind, theme):
    found = label(title, text, knowledge)

    assert (found.interest >= 0.5, found.kind) == (bool(interest), kind)
    assert theme in {tag.id for tag in found.tags}
    assert all(tag.reasons for tag in found.tags)
    assert sum(tag.origin in ("rule", "model") for tag in found.tags) <= 3 + 1


def test_without_it_the_rules_answer_alone(knowledge):
    alone = label("Un laboratoire d’innovation", "Le budget participatif.", replace(knowledge, shipped_model=None))

    assert alone.shipped == {}
    assert {tag.origin for tag in alone.tags} == {"rule"}


def test_the_manner_of_a_text_is_told_by_signs(knowledge):
    words = Words.of("Animatrice (H/F)", "Vous rédigerez un CV. Nous attendons 3 personnes à 18 h 30, 5 €, au 02 43 54 72 72.")
    found = signs_of(words, knowledge.lexicon.find(words), ())

    assert {"occupation", "occupation-first", "job", "you-will", "says-nous", "hour", "fee", "telephone", "either-sex", "no-day"} <= found
    assert "question-title" not in found


def test_its_answers_do_not_hang_on_what_stands_far_below():
    terms = tuple((number, 1) for number in list(MODEL.lemmas)[:400])
    assert judge(MODEL, terms, {})["interest"] == judge(MODEL, terms[:150], {})["interest"]
