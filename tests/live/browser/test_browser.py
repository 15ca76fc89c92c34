"""The demo in a real Chromium: read, search, decide; at 1280 and 375 px, with script off. Nothing leaves the site."""

from urllib.parse import urlsplit

import pytest
from pages import PAGES
from playwright.sync_api import Page


def stays_home(page: Page, root: str) -> bool:
    return all(urlsplit(url).netloc == urlsplit(root).netloc for url in page.asked)


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("path", PAGES)
def test_pages_fit_ask_nobody_else_and_do_not_complain(opened, demo, path, width):
    page = opened(path, viewport={"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # No head of a column is cut into letters.
    assert page.evaluate("[...document.querySelectorAll('thead th')].every(one => one.getBoundingClientRect().height < 100)")
    assert stays_home(page, demo[0])
    assert [said for said in page.complaints if "404" not in said or path != "/nulle-part"] == []


@pytest.mark.parametrize("path", [*PAGES, "/article/1", "/article/40"])
def test_pages_fit_a_phone_while_our_fonts_are_still_on_their_way(chromium, demo, path):
    page = chromium.new_page(viewport={"width": 375, "height": 800}, locale="fr-FR")
    page.route("**/*.woff2", lambda route: route.abort())
    page.goto(demo[0] + path)

    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.close()


def test_a_reader_searches_filters_and_opens_an_article(opened):
    page = opened("/")
    page.fill("input[name=q]", "acceuil social")
    page.press("input[name=q]", "Enter")

    assert "orthographe corrigée" in page.inner_text(".tally")
    assert page.locator("mark").first.inner_text().lower() == "accueil"
    before = page.locator(".card").count()
    page.click(".facet a:has-text('93 Seine-Saint-Denis')")
    page.wait_for_url("**departement=93**")
    assert 0 < page.locator(".card").count() <= before
    page.click(".chip")
    assert "departement" not in page.url
    page.click(".card h3 a")
    assert page.locator("h1").count() == 1
    assert page.locator(".reasons").count() >= 1
    assert page.locator("a.button").get_attribute("href").startswith("https://")


def test_everything_reads_with_script_off(chromium, demo):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(demo[0] + "/recherche?q=RSA")

    assert page.locator(".card").count() > 0
    page.click(".card h3 a")
    assert "RSA" in page.inner_text("main")
    context.close()


def test_the_keyboard_reaches_content_first_and_focus_is_seen(opened):
    page = opened("/")
    page.keyboard.press("Tab")

    assert page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_curator_signs_in_selects_tags_and_undoes(opened, demo):
    page = opened("/connexion")
    page.fill("input[name=nom]", "demo")
    page.fill("input[name=mot-de-passe]", demo[1])
    page.click("button:has-text('Se connecter')")
    page.goto(demo[0] + "/recherche?q=covoiturer")
    page.click("[data-results] .card h3 a")

    page.click("button:has-text('Sélectionner')")
    assert page.locator(".sheet .picked").inner_text() == "Sélection"
    page.fill("[list=mots-themes]", "Handicap")
    page.click("form:has([list=mots-themes]) button")
    assert "ajouté par un documentaliste" in page.inner_text(".reasons >> nth=0")
    page.click("button[aria-label='Refuser Handicap']")
    assert "Handicap" not in page.inner_text(".reasons >> nth=0")
    page.locator("#dit button:has-text('annuler')").click()
    assert "Handicap" in page.inner_text(".reasons >> nth=0")
    assert page.complaints == []


def test_light_and_dark_have_different_paper_and_readable_ink(opened):
    def contrast(page: Page, selector: str) -> float:
        return page.evaluate(
            """selector => {
                const parse = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
                const light = rgb => { const [r, g, b] = rgb.map(c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
                const element = document.querySelector(selector); let under = element;
                while (getComputedStyle(under).backgroundColor === 'rgba(0, 0, 0, 0)') under = under.parentElement;
                const [a, b] = [light(parse(getComputedStyle(element).color)), light(parse(getComputedStyle(under).backgroundColor))].sort((x, y) => y - x);
                return (a + .05) / (b + .05) }""",
            selector,
        )

    papers = []
    for scheme in ("light", "dark"):
        page = opened("/", color_scheme=scheme)
        papers.append(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))
        for selector in (
            ".hero p",
            ".card p",
            ".card .from",
            ".tag",
            ".plate",
            ".theme-group h3",
            ".theme-group b",
            ".foot a",
            ".search button",
        ):
            assert contrast(page, selector) >= 4.5, (scheme, selector)
        for group in ("solidarites", "education", "territoires", "numerique", "innovation", "organisation"):
            assert contrast(page, f".theme-group.g-{group} h3") >= 4.5, (scheme, group)

    assert papers[0] != papers[1]
