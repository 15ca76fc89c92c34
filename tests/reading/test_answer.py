"""The answer to a question: what has every word, the rest, filters that the words name, corrections, local notices."""

import re

import pytest
from datasette.app import Datasette

from browsing import get
from builders import collect_entries, make_entry, make_source
from veille.french import lemma
from veille.model import FilterName
from veille.search.request import Request
from veille.search.suggestions import suggestions
from veille.store.reading.searching import search
from veille.understand.interest import is_local_notice
from veille.web.reading.results import corrected_question

NOTICES = (
    "Stationnement supprimé rue des Lilas",
    "Travaux rue de la République : circulation modifiée",
    "Fermeture exceptionnelle de l’accueil de la mairie vendredi",
    "Route barrée entre Langon et Bazas",
)


@pytest.fixture
def site(store, knowledge, now, tmp_path, monkeypatch):
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    gironde = make_source(territory=("33",), rights="full")
    texts = [
        ("Un accueil social repensé avec les habitants", "Trois maisons des solidarités testent un premier accueil social."),
        ("Le design de l’accueil", "Une équipe de designers repense les guichets avec les usagers."),
        ("Un budget participatif social", "Les habitants votent, une expérimentation du Département."),
        *((title, "Du 2 au 5 décembre.") for title in NOTICES),
    ]
    entries = [make_entry(guid=str(n), link=f"https://e.fr/{n}", title=title, summary=text) for n, (title, text) in enumerate(texts)]
    collect_entries(store, gironde, entries, knowledge, now)
    return Datasette([str(tmp_path / "veille.db")])


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text).replace("&nbsp;", " ").replace("\u202f", " ").replace("\xa0", " "))


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("44", [("departements", "44", "")]),
        ("Loire-Atlantique", [("departements", "44", "")]),
        ("loire atlantique", [("departements", "44", "")]),
        ("RSA 33", [("themes", "insertion-rsa", "RSA 33"), ("departements", "33", "RSA")]),
        ("budget participatif val d'oise", [("themes", "participation-citoyenne", "budget participatif val d'oise"), ("departements", "95", "budget participatif")]),
        ("2A", [("departements", "2A", "")]),
        ("Bretagne", [("regions", "53", "")]),
        ("appel à projets eau", [("kinds", "appel", "eau")]),
        ("la loire atlantique", [("departements", "44", "")]),
        ("CD 44", [("departements", "44", "")]),
        ("33, 44", [("departements", "33", "44"), ("departements", "44", "33")]),
        ("rsa (gironde)", [("departements", "33", "rsa")]),
        ("Cher", [("departements", "18", "")]),
        ("mobilité dans le Cher", [("departements", "18", "mobilité dans le")]),
        ("33 budget", [("departements", "33", "budget")]),
        ('"Gironde"', []),
        *((q, []) for q in ("33-44", "Drôme-Ardèche", "les 18-25 ans", "10 ans", "75 %", "19 novembre", "24 h", "rd 12", "article 40", "covid 19")),
        *((q, []) for q in ("01 23 45 67 89", "moins cher", "qui vienne", "à l’aube", "le nord du département", "la poste", "un ami")),
        ("-Gironde", []),
        ("girondins", []),
        ("", []),
    ],
)  # fmt: skip
def test_filters_that_a_question_names(knowledge, q, expected):
    found = [(one.facet, one.value, one.rest) for one in suggestions(q, knowledge.filter_names)]

    assert [one for one in expected if one not in found] == []
    assert expected or not found


def test_the_longest_name_is_meant():
    names = {
        "seine": (FilterName("departements", "x", True),),
        " ".join(map(lemma, ("seine", "saint", "denis"))): (FilterName("departements", "93", True),),
    }

    assert [one.value for one in suggestions("Seine-Saint-Denis", names)] == ["93"]


def test_a_chip_leads_to_the_filter_and_is_not_offered_twice(site):
    page = get(site, "/recherche?q=accueil+33").text

    assert 'href="/recherche?q=accueil&amp;departement=33"' in page
    assert "33 Gironde" in page
    assert "Filtres proposés d’après la recherche" not in get(site, "/recherche?q=accueil&departement=33").text.split("33 Gironde")[0]


def test_a_chip_is_offered_for_what_was_meant(site):
    assert 'href="/recherche?q=accueil+social&amp;departement=33"' in get(site, "/recherche?q=acceuil+social+33").text


def test_an_acronym_says_what_it_stands_for(site):
    assert "RSA : revenu de solidarité active" in text_of(get(site, "/recherche?q=rsa"))


def test_what_has_every_word_stands_apart_and_counts_agree(site, store, knowledge):
    page = text_of(get(site, "/recherche?q=accueil+social"))
    results = search(store, Request(q="accueil social"), knowledge, "2026-11-22")

    assert 0 < results.every < results.total
    assert f"Avec tous les mots ({results.every})" in page
    assert f"En partie ({results.total - results.every})" in page
    assert page.index("Avec tous les mots") < page.index("Un accueil social repensé") < page.index("En partie")
    assert results.cards[0].title == "Un accueil social repensé avec les habitants"


def test_by_date_nothing_stands_apart(site):
    assert "En partie" not in text_of(get(site, "/recherche?q=accueil+social&tri=date"))


def test_pages_go_on_where_the_first_ended(store, knowledge, now, tmp_path, monkeypatch):
    """Twenty-five articles with both words, ten with one: the second page has five of the first part and all of the second."""
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    entries = [
        make_entry(
            guid=f"a{n}", link=f"https://e.fr/a{n}", title=f"Un verger partagé numéro {n}", summary=f"Les habitants de la rue {n} taillent."
        )
        for n in range(25)
    ]
    entries += [
        make_entry(
            guid=f"b{n}", link=f"https://e.fr/b{n}", title=f"Un verger conservatoire {n}", summary=f"Des variétés anciennes, rang {n}."
        )
        for n in range(10)
    ]
    collect_entries(store, make_source(rights="full"), entries, knowledge, now)
    site = Datasette([str(tmp_path / "veille.db")])

    first, second = (text_of(get(site, f"/recherche?q=verger+partagé&page={page}")) for page in (1, 2))

    assert "Avec tous les mots (25)" in first
    assert "En partie" not in first
    assert second.index("Avec tous les mots (25)") < second.index("En partie (10)")
    assert second.count("Un verger partagé numéro") == 5


def test_a_correction_says_the_whole_question(site):
    page = text_of(get(site, "/recherche?q=acceuil+social"))

    assert "Résultats pour « accueil social », orthographe corrigée" in page
    assert "Chercher plutôt « acceuil social »" in page


@pytest.mark.parametrize("title", NOTICES)
def test_notices_of_a_place_are_told(site, store, knowledge, title):
    row = store.execute("select title, summary, kind, interest from items where title = ?", (title.replace("'", "’"),)).fetchone()

    assert is_local_notice(*row, knowledge.notices)


@pytest.mark.parametrize(
    ("title", "kind", "interest"),
    [
        ("Un budget participatif au collège", "article", 0.9),
        ("Travaux participatifs : une école rénovée par les habitants", "article", 0.6),
        ("Agent d’exploitation des routes", "emploi", 0.05),
        ("Mixité sociale, mieux qu’un décret, des pratiques", "article", 0.07),
    ],
)
def test_what_is_no_notice_is_not(knowledge, title, kind, interest):
    assert not is_local_notice(title, "", kind, interest, knowledge.notices)


@pytest.mark.parametrize("path", ["/recherche?departement=33", "/departement/33", "/integrer?departement=33", "/source/gironde"])
def test_notices_are_folded_and_counted(site, path):
    page = get(site, path).text
    details = page.index("4 annonces locales")

    assert page.index("Un accueil social repensé") < details < page.index(NOTICES[0])
    assert "7 articles" in text_of(get(site, path))


def test_one_word_is_never_in_part(store, knowledge, now, tmp_path, monkeypatch):
    monkeypatch.setenv("VEILLE_NOW", now.isoformat())
    entries = [
        make_entry(guid=str(n), link=f"https://e.fr/{n}", title=f"Essai {n}", summary="mot " * (1 + 400 * n) + "mobilité") for n in range(4)
    ]
    collect_entries(store, make_source(rights="full"), entries, knowledge, now)

    results = search(store, Request(q="mobilité"), knowledge, "2026-11-22")

    assert results.every == 4


@pytest.mark.parametrize(
    ("q", "pairs", "told"),
    [
        ("acceuil social", [("acceuil", "accueil")], "accueil social"),
        ("bugdet -bugdet", [("bugdet", "budget")], "budget -bugdet"),
        ('inclsion "inclsion numérique"', [("inclsion", "inclusion")], 'inclusion "inclsion numérique"'),
        ("Ｂugdet", [("Bugdet", "budget")], "budget"),
        ("budget", [], ""),
    ],
)
def test_corrections_touch_what_was_corrected(q, pairs, told):
    assert corrected_question(q, pairs) == told


def test_a_basket_goes_along_with_another_question(site):
    page = get(site, "/recherche?q=accueil&panier=1,2").text

    assert page.count('<input type="hidden" name="panier" value="1,2">') == 2  # the question and the days
    assert "Voir le panier" in get(site, "/recherche?q=zzzzz&panier=1,2").text


def test_notices_alone_are_open(site):
    page = get(site, "/recherche?q=stationnement+supprimé").text

    assert re.search(r'<details class="notices" open><summary>1 annonce locale', page)


def test_a_notice_that_a_curator_chose_is_not_folded(site, store):
    store.execute("update items set state = 'selected' where title = ?", (NOTICES[0],))

    assert "3 annonces locales" in get(site, "/recherche?departement=33").text


def test_an_article_says_its_interest_in_words(site, store):
    (notice,) = store.execute("select id from items where title = ?", (NOTICES[1],)).fetchone()
    (other,) = store.execute("select id from items where title like 'Un budget participatif%'").fetchone()

    assert "Intérêt : annonce locale" in text_of(get(site, f"/article/{notice}"))
    assert "Intérêt : au cœur de l’innovation publique" in text_of(get(site, f"/article/{other}"))
    assert " %" not in text_of(get(site, f"/article/{other}"))
