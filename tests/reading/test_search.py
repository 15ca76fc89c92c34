"""A reader's words become SQL: what is found, in what order, and what is shown of it."""

from dataclasses import replace

import pytest

from builders import collect_entries, make_entry, make_source
from veille.errors import UsageError
from veille.search.ranking import FOLLOWING
from veille.search.request import Request, address, read_request
from veille.search.words import highlight, match_all, match_words, read_query
from veille.store.reading.searching import rank, search
from veille.store.reading.wording import understand_query

TODAY = "2026-11-22"
ARTICLES = [
    ("accueil", "Un accueil social qui ne fait plus attendre", "Trois maisons des solidarités.", "2026-11-20", ("93",)),
    ("budget", "Le budget participatif des collèges", "Les élèves votent.", "2026-11-18", ("33",)),
    ("rsa", "RSA : deux voix", "Les allocataires sont reçus une fois.", "2025-11-10", ("33",)),
    ("revenu", "Le revenu de solidarité active en débat", "Session du Conseil.", "2026-10-01", ("38",)),
    ("eau", "L’eau des communes", "Des compteurs posés par le département.", "2026-11-15", ("29",)),
]


@pytest.fixture
def filled(store, knowledge, now):
    for number, (key, title, text, day, territory) in enumerate(ARTICLES):
        source = make_source(id=f"s-{territory[0]}", name=f"Source {territory[0]}", territory=territory)
        entry = make_entry(guid=key, link=f"https://e.fr/{number}", title=title, summary=text, published=day)
        collect_entries(store, source, [entry], knowledge, now)
    return store


def found(db, knowledge, q="", **given) -> list[str]:
    results = search(db, replace(Request(q=q), **given), knowledge, TODAY)
    keys = {title: key for key, title, *_ in ARTICLES}
    return [keys[card.title] for card in results.cards]


@pytest.mark.parametrize(
    "q", ["accueil social", "ACCUEIL SOCIAL", "acceuil social", "l’accueil", '"accueil social"', "accueils sociaux", "accu*"]
)
def test_spelling_case_plural_and_elision_find_the_same(filled, knowledge, q):
    assert found(filled, knowledge, q)[0] == "accueil"


@pytest.mark.parametrize(
    ("q", "keys"),
    [
        ("RSA", {"rsa", "revenu"}), ("revenu de solidarité active", {"rsa", "revenu"}), ("eau", {"eau"}), ("l'eau", {"eau"}),
        ("budget -participatif", set()), ("-eau", {"accueil", "budget", "rsa", "revenu"}), ("collèges*", {"budget"}), ("particip*", {"budget"}),
        ("Isère", {"revenu"}), ("finistère", {"eau"}), ("Seine-Saint-Denis", {"accueil"}), ('"social accueil"', set()), ("zzzzz", set()), ("collège", {"budget"}), ("votent", {"budget"}),
    ],
)  # fmt: skip
def test_words_phrases_exclusions_and_synonyms(filled, knowledge, q, keys):
    assert set(found(filled, knowledge, q)) == keys


def test_filters_are_or_within_and_and_between(filled, knowledge):
    assert set(found(filled, knowledge, departements=("33", "29"))) == {"budget", "rsa", "eau"}
    assert found(filled, knowledge, departements=("33",), years=("2025",)) == ["rsa"]
    assert found(filled, knowledge, regions=("53",)) == ["eau"]
    assert set(found(filled, knowledge, since="2026-11-16")) == {"accueil", "budget"}
    assert found(filled, knowledge, until="2025-12-31") == ["rsa"]
    assert found(filled, knowledge, sources=("s-38",)) == ["revenu"]


def test_without_words_the_newest_come_first(filled, knowledge):
    assert found(filled, knowledge) == ["accueil", "budget", "eau", "revenu", "rsa"]


def test_a_facet_counts_what_its_own_filter_would_add(filled, knowledge):
    results = search(filled, Request(departements=("33",)), knowledge, TODAY)

    assert dict(results.facets["departements"])["29"] == 1
    assert dict(results.facets["years"]) == {"2026": 1, "2025": 1}
    assert results.total == 2


def test_dismissed_articles_are_found_only_when_asked(filled, knowledge):
    filled.execute("update items set state = 'dismissed' where title like 'RSA%'")

    assert "rsa" not in found(filled, knowledge, "RSA")
    assert "rsa" in found(filled, knowledge, "RSA", dismissed=True)


def test_a_correction_is_said_and_can_be_refused(filled, knowledge):
    results = search(filled, Request(q="acceuil"), knowledge, TODAY)

    assert results.query.corrected == (("acceuil", "accueil"),)
    assert search(filled, Request(q="acceuil", verbatim=True), knowledge, TODAY).total == 0


def test_an_article_with_every_word_comes_before_one_that_lacks_some(filled, knowledge):
    results = search(filled, Request(q="budget débat"), knowledge, TODAY)

    assert results.every == 0
    assert {card.title for card in results.cards} == {"Le budget participatif des collèges", "Le revenu de solidarité active en débat"}


@pytest.mark.parametrize(
    "q",
    [
        '"',
        "'",
        "*",
        "-",
        "--",
        "AND",
        "OR NOT",
        "NEAR(a b)",
        "a:b",
        "{a}",
        "^a",
        "()",
        "%",
        "\\",
        "é" * 400,
        "a\nb",
        "👍",
        "title:x",
        "-a -b",
        "\x01",
        "\ufffe",
        "a*b*",
        "***",
    ],
)
def test_any_words_give_an_answer(filled, knowledge, q):
    search(filled, read_request({"q": [q]}), knowledge, TODAY)
    filled.execute("select count(*) from items_fts where items_fts match ?", (match_words(q),)).fetchone()


@pytest.mark.parametrize(
    "given", [{"page": ["0"]}, {"page": ["x"]}, {"page": ["²"]}, {"depuis": ["hier"]}, {"jusqua": ["2026-02-31"]}, {"q": ["x" * 501]}]
)
def test_what_cannot_be_meant_is_one_sentence(given):
    with pytest.raises(UsageError):
        read_request(given)


def test_an_address_says_the_whole_request():
    given = {
        "q": ["accueil social"], "theme": ["handicap", "insertion-rsa"], "departement": ["2A"], "region": ["53"], "type": ["appel"],
        "source": ["s"], "langue": ["fr"], "annee": ["2026"], "depuis": ["2026-01-01"], "jusqua": ["2026-12-31"], "tri": ["date"],
        "page": ["3"], "ecartes": ["1"],
    }  # fmt: skip
    from urllib.parse import parse_qs

    request = read_request(given)

    assert read_request(parse_qs(address(request, page=request.page))) == request
    assert "page" not in address(request)


def test_only_what_is_shown_is_marked(knowledge):
    query = read_query("accueils RSA", knowledge.synonyms)

    assert highlight("L’accueil du revenu de solidarité", query) == [
        ("L’", False), ("accueil", True), (" du ", False), ("revenu", True), (" de ", False), ("solidarité", True),
    ]  # fmt: skip


def test_the_match_expression_is_made_of_quoted_words(knowledge):
    query = read_query('l\'accueil "deux mots" RSA pré* -chien', knowledge.synonyms)

    assert (
        match_all(query)
        == '("accueil" AND "deux mot" AND ("rsa" OR "revenu de solidarite actif") AND ({title shown} : ("pre" *))) NOT ("chien")'
    )


def test_every_facet_count_is_what_a_click_gives(filled, knowledge):
    for q in ("", "budget social", "département solidarité eau", "collège participatif voix"):
        results = search(filled, Request(q=q), knowledge, TODAY)
        for name, rows in results.facets.items():
            for value, count in rows:
                clicked = search(filled, replace(Request(q=q), **{name: (value,)}), knowledge, TODAY)
                assert clicked.total == count, (q, name, value)


@pytest.fixture
def ranked(store, knowledge, now):
    """Articles of one source, of one day; returns the titles found, in order."""

    def fill(*articles):
        source = make_source()
        entries = [
            make_entry(guid=str(number), link=f"https://e.fr/{number}", title=title, summary=text, published="2026-11-20")
            for number, (title, text) in enumerate(articles)
        ]
        collect_entries(store, source, entries, knowledge, now)
        return lambda q: [card.title for card in search(store, Request(q=q), knowledge, TODAY).cards]

    return fill


def test_a_title_that_says_the_query_comes_before_one_that_only_has_a_frequent_word(ranked):
    ask = ranked(
        ("Aide, aides", "Covoiturage, covoiturage, covoiturage, covoiturage, covoiturage, covoiturage et covoiturage."),
        ("Aide au covoiturage", "Chacun y gagne ; le dispositif commence lundi dans le canton, puis dans tous les autres avant l’été."),
    )

    assert ask("aide covoiturage")[0] == "Aide au covoiturage"


def test_a_theme_that_the_query_names_brings_its_articles_forward(ranked):
    ask = ranked(
        ("Le débat est ouvert", "Public et handicap, en bref."),
        ("La MDPH ouvre ses portes", "Le handicap et la prestation de compensation expliqués au public."),
    )

    assert ask("handicap public")[0] == "La MDPH ouvre ses portes"


def test_an_english_article_is_found_behind_its_french_like(ranked):
    english = "The innovation of the service is what the team has built for the people and with them, and it will not stop here."
    french = "L’innovation du service est ce que les agents ont bâti pour les habitants et avec eux, et cela ne va pas en rester là."
    ask = ranked(("Innovation service lab", english), ("Innovation service labo", french + " Un bilan suivra."))

    assert ask("innovation service") == ["Innovation service labo", "Innovation service lab"]
    assert ask("the innovation of the service is for the people and with them")[0] == "Innovation service lab"


def test_small_words_with_an_elided_one_are_not_searched(knowledge):
    assert [term.words for term in read_query("l'impact d'une politique", knowledge.synonyms).terms] == [("impact",), ("politic",)]


@pytest.mark.parametrize("year", ["abc", "2025-06", "25", "２０２５", "20255"])
def test_a_year_is_four_digits(year):
    with pytest.raises(UsageError, match="n’est pas une année : écrivez quatre chiffres"):
        read_request({"annee": ["2024", year]})


@pytest.mark.parametrize(
    ("q", "words", "spellings"),
    [
        ("co-design", ("co", "design"), (("codesign",),)),
        ("codesign", ("codesign",), (("co", "design"),)),
        ("co design", ("co", "design"), (("codesign",),)),
        ("covid19", ("covid19",), (("covid", "19"),)),
        ("rd 12", ("rd", "12"), (("rd12",),)),
        ("tri déchets", ("tri",), ()),
        ("R.S.A.", ("rsa",), ()),
        ("CO₂", ("co2",), ()),
    ],
)
def test_a_word_is_asked_for_joined_and_apart(q, words, spellings):
    term = read_query(q, {}).terms[0]

    assert (term.words, term.spellings) == (words, spellings)


@pytest.mark.parametrize(
    ("text", "q", "marked"),
    [
        ("Un atelier de co-design", "codesign", ["co-design"]),
        ("Le R.S.A. simplifié", "rsa", ["R.S.A."]),
        ("Un éco-quartier à St-Étienne", "écoquartier saint-étienne", ["éco-quartier", "St", "Étienne"]),
        ("Baisse du CO₂", "co2", ["CO₂"]),
        ("lʼenfance protégée", "enfance", ["enfance"]),
    ],
)
def test_what_is_found_is_marked_however_it_is_written(text, q, marked):
    pieces = highlight(text, read_query(q, {}))

    assert "".join(piece for piece, _ in pieces) == text
    assert [piece for piece, found in pieces if found] == marked


def test_common_words_alone_find_nothing_that_lacks_the_others(store, knowledge, now):
    told = {"a": "Aider les habitants à réparer la fontaine", "b": "Aider les habitants du bourg", "c": "Un mot aux habitants"}
    entries = [make_entry(guid=key, link=f"https://e.fr/{key}", title=title, summary="") for key, title in told.items()]
    collect_entries(store, make_source(), entries, knowledge, now)

    found = search(store, Request(q="aider habitants fontaine"), knowledge, "2026-11-22")

    assert [card.title for card in found.cards] == [told["a"]]


def test_articles_of_a_theme_follow_when_few_have_the_word(store, knowledge, now):
    told = [
        "Un concert dans la chapelle",
        "Atelier tablettes : le conseiller numérique accompagne les débutants",
        "Déneigement de la RD 12",
    ]
    entries = [make_entry(guid=title, link=f"https://e.fr/{n}", title=title, summary=title) for n, title in enumerate(told)]
    collect_entries(store, make_source(), entries, knowledge, now)

    assert [card.title for card in search(store, Request(q="illectronisme"), knowledge, "2026-11-22").cards] == [told[1]]


def test_no_more_than_some_articles_of_a_theme_follow(store, knowledge, now):
    entries = [
        make_entry(
            guid=str(n), link=f"https://e.fr/{n}", title=f"Atelier tablettes {n}", summary=f"Le conseiller numérique passe au village {n}."
        )
        for n in range(FOLLOWING + 10)
    ]
    collect_entries(store, make_source(), entries, knowledge, now)
    request = Request(q="illectronisme")

    found = rank(store, request, understand_query(store, request, knowledge), "2026-11-22").ids

    assert len(found) == FOLLOWING
