"""The text of an article's own page, where its words stand in elements that name nothing."""

import pytest

from builders import make_fetched
from veille.errors import ParseError
from veille.parse.article import article_of

LEAD = "Le Département ouvre trois lieux où l’on fait ses démarches avec quelqu’un, sans rendez-vous, du lundi au samedi."
STEPS = [
    f"Étape {number} : les agents de {place} reçoivent, écoutent, écrivent ce qui bloque, et le service change sa lettre dans la semaine."
    for number, place in enumerate(("Nevers", "Decize", "Cosne", "Clamecy", "Corbigny", "Luzy", "Imphy", "Guérigny", "Donzy", "Lormes"), 1)
]
MENU = "".join(f"<li><a href='/r{number}'>Rubrique numéro {number} du site du Département</a></li>" for number in range(40))


def page(main: str, *, around: str = "") -> str:
    return (
        f"<!doctype html><html lang=fr><head><title>Trois lieux</title></head><body><nav><ul>{MENU}</ul></nav>{main}{around}"
        "<footer><div>Hôtel du Département, 58000 Nevers. Mentions légales.</div></footer></body></html>"
    )


def text_of_page(html: str) -> str:
    return article_of(make_fetched(html, url="https://e.fr/lieux", content_type="text/html; charset=utf-8"))[0]


@pytest.mark.parametrize(
    ("opening", "closing"),
    [("<main>", "</main>"), ("<div role=main>", "</div>"), ("<div id=contenu>", "</div>"), ("<article>", "</article>")],
)
def test_words_in_bare_boxes_of_the_main_element_are_read(opening, closing):
    boxes = "".join(f"<div><div class=carte><span>{step}</span></div></div>" for step in STEPS)
    text = text_of_page(page(f"{opening}<h1>Trois lieux</h1><p>{LEAD}</p>{boxes}{closing}"))

    assert LEAD in text
    assert all(step in text for step in STEPS)
    assert "Rubrique numéro" not in text
    assert "Mentions légales" not in text


def test_a_list_of_links_in_the_main_element_is_not_the_article():
    links = "".join(f"<div><a href='/l{number}'>{step}</a></div>" for number, step in enumerate(STEPS))
    text = text_of_page(page(f"<main><article><h1>Trois lieux</h1><p>{LEAD} {LEAD}</p></article><div>{links}</div></main>"))

    assert LEAD in text
    assert "Étape" not in text


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("<p class=date>Publié le 1er juin 2026</p>", "2026-06-01"),
        ("<p>Publié le 1<sup>er</sup> octobre 2025</p>", "2025-10-01"),
        ("<p>Mis en ligne le 2 févr. 2026</p>", "2026-02-02"),
        ("<p>Publié le 1er janvier 2026</p>", "2026-01-01"),
        ("<p>Depuis 2019, la ville attend.</p>", ""),
        ("", ""),
    ],
)
def test_a_year_alone_is_no_day(said, day):
    html = page(f"<main><article><h1>Trois lieux</h1>{said}<p>{LEAD}</p><p>{STEPS[0]}</p></article></main>", around="<p>© 2019 Mairie</p>")
    assert article_of(make_fetched(html, url="https://e.fr/lieux", content_type="text/html; charset=utf-8"))[1] == day


def test_a_page_that_its_script_fills_holds_no_article():
    html = "<!doctype html><title>Un labo</title><body><header><nav>Accueil<br>Actualités du site</nav></header><div id=app></div></body>"
    with pytest.raises(ParseError):
        text_of_page(html)
