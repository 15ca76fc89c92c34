"""Folding, inflection, and what the full-text index is given."""

import pytest

from veille.french import compounds, distance_at_most, index_text, lemma, plural_forms


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L’été, l'eau : œuvre n° 3 — fin.", "l ete l eau oeuvre n 3 fin"),
        ("Baisse du CO₂, 12 m² ; le ﬁnancement, 1ᵉʳ", "baisse du co2 12 m2 le financement 1er"),
        ("Le R.S.A. de l’U.R.S.S.A.F.", "le rsa de l urssaf"),
        ("lʼenfance et l′IA", "l enfance et l ia"),
        ("Co-design à St-Étienne", "co design a saint etien codesign stetien"),
        ("Covid-19, a-t-il dit-elle le 06-12 sous-préfet", "covid 19 a t il dit elle le 06 12 sous prefet covid19"),
        ("J. Dupont, M. A. Petit, www.exemple.fr", "j dupont m a petit www exemple fr"),
        ("👍 ok_bien", "ok bien"),
        ("", ""),
    ],
)
def test_what_the_index_is_given(text, words):
    assert index_text(text) == words


@pytest.mark.parametrize(
    ("text", "word", "written"), [("un co-design", "codesign", "co-design"), ("à Saint‑Étienne", "saintetien", "Saint‑Étienne")]
)
def test_compounds_say_where_they_stand(text, word, written):
    assert [(one, text[start:end]) for one, start, end in compounds(text)] == [(word, written)]


def test_lemma_of_a_number_is_the_number():
    assert lemma("2026s") == "2026s"


def test_simple_plurals():
    assert {"cheval", "chevals", "chevaux"} == plural_forms("cheval")


@pytest.mark.parametrize(("one", "other", "distance"), [("acceuil", "accueil", 1), ("accueil", "accueil", 0), ("abc", "xyz", None)])
def test_an_exchange_of_two_letters_is_one_edit(one, other, distance):
    assert distance_at_most(one, other, 2) == distance
