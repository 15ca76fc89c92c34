"""Folding, inflection and alignment with SQLite's own tokenizer."""

import pytest

from veille.french import WORD, distance_at_most, fold, index_text, lemma, plural_forms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("départementaux", "départementale"), ("publics", "publique"), ("œuvres", "oeuvre"), ("ÉTÉ", "ete"), ("citoyennes", "citoyen"),
        ("travaux", "travail"), ("sociales", "social"), ("numériques", "numérique"), ("premières", "premier"), ("bleues", "bleu"),
        ("collèges", "college"), ("partagées", "partagé"), ("animatrice", "animateur"), ("eaux", "eau"), ("nouvelles", "nouveaux"),
    ],
)  # fmt: skip
def test_words_that_readers_take_for_one_are_one(one, other):
    assert index_text(one) == index_text(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("département", "départ"), ("cours", "cour"), ("fonds", "fond"), ("temps", "temp"), ("parcours", "parcour"), ("pays", "paye")],
)
def test_words_that_differ_stay_apart(one, other):
    assert index_text(one) != index_text(other)


@pytest.mark.parametrize("text", ["L’été, l'eau : œuvre n° 3 — fin.", "a_b c-d ½ ² ﬁn İstanbul ß", "", "  ", "👍 ok", "日本語 テスト"])
def test_the_index_has_one_word_for_each_word_of_the_text(text):
    assert len(WORD.findall(index_text(text))) == len(WORD.findall(fold(text)))


def test_sqlite_cuts_folded_and_original_text_into_as_many_tokens(store):
    text = "L’été à l'Île-de-France : 3,5 œuvres d’art n°12 (CD93) — les « départementaux » aux 1ers/2es rangs."
    store.execute('create virtual table one using fts5(t, tokenize="unicode61 remove_diacritics 2")')
    store.execute("create virtual table one_v using fts5vocab(one, instance)")

    counts = []
    for version in (text, index_text(text)):
        store.execute("delete from one")
        store.execute("insert into one values (?)", (version,))
        counts.append(store.execute("select count(*) from one_v").fetchone()[0])

    assert counts[0] == counts[1] > 15


def test_lemma_of_a_number_is_the_number():
    assert lemma("2026s") == "2026s"


def test_simple_plurals():
    assert {"cheval", "chevals", "chevaux"} == plural_forms("cheval")


@pytest.mark.parametrize(("one", "other", "distance"), [("acceuil", "accueil", 1), ("accueil", "accueil", 0), ("abc", "xyz", None)])
def test_an_exchange_of_two_letters_is_one_edit(one, other, distance):
    assert distance_at_most(one, other, 2) == distance
