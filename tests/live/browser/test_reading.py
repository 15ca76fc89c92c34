"""Reading in a real Chromium: keyboard, map, facets, pages, print, script off."""

import re
from urllib.parse import urlsplit

import pytest
from pages import PAGES


def test_colours_of_charts_and_maps_can_be_told_from_what_is_behind(opened):
    """RGAA 3.3: 3 to 1 for bars and for the numbers on tiles (4.5); axe does not judge drawings."""
    script = """([selector, property, behind]) => [...document.querySelectorAll(selector)].map(element => {
        const parse = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
        const light = rgb => { const [r, g, b] = rgb.map(c => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b };
        const under = behind === 'rect' ? getComputedStyle(element.parentElement.querySelector('rect')).fill : getComputedStyle(document.documentElement).backgroundColor;
        if (under === 'none') return 21;
        const [a, b] = [light(parse(getComputedStyle(element)[property])), light(parse(under))].sort((x, y) => y - x);
        return (a + .05) / (b + .05) })"""
    for scheme in ("light", "dark"):
        page = opened("/carte?periode=tout", color_scheme=scheme)
        page.evaluate(
            "document.querySelectorAll('.tiles a').forEach((one, place) => { if (place < 5) one.setAttribute('class', 'h' + place) })"
        )
        assert min(page.evaluate(script, [".tiles text", "fill", "rect"])) >= 4.5, scheme
        page = opened("/-/veille/composants", color_scheme=scheme)
        for group in ("solidarites", "education", "territoires", "numerique", "innovation", "organisation"):
            page.evaluate("group => document.querySelector('.chart').className = `chart g-${group}`", group)
            ratios = page.evaluate(script, [".chart rect", "fill", "page"])
            assert ratios
            assert min(ratios) >= 3, (group, scheme)


def test_slash_can_be_turned_off(chromium, demo):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(demo[0] + "/accessibilite")
    page.click("[data-slash]")
    assert "Réactiver" in page.inner_text("[data-slash]")
    page.goto(demo[0] + "/recherche")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    page.goto(demo[0] + "/accessibilite")
    page.click("[data-slash]")
    page.goto(demo[0] + "/recherche")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    context.close()


def test_slash_goes_to_the_search_and_arrows_walk_the_results(opened):
    page = opened("/recherche")
    titles = page.locator(".card h3 a").all_inner_texts()
    held = lambda: page.evaluate("document.activeElement.textContent")  # noqa: E731

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "q"
    page.keyboard.type("/")
    assert page.input_value("input[type=search][name=q]").endswith("/")  # typed, not stolen
    page.locator("input[type=search][name=q]").blur()
    page.keyboard.press("ArrowDown")
    assert held() == titles[0]
    page.keyboard.press("ArrowDown")
    assert held() == titles[1]
    page.keyboard.press("ArrowUp")
    assert held() == titles[0]
    page.keyboard.press("Enter")
    page.wait_for_url("**/article/*")


def test_the_map_is_walked_with_arrows_and_opened_with_enter(opened):
    page = opened("/carte")
    code = lambda: page.evaluate("document.activeElement.querySelector('text, title').textContent.slice(0, 2)")  # noqa: E731

    page.locator(".tiles a", has_text="33").focus()
    page.keyboard.press("ArrowRight")
    east = page.evaluate("document.activeElement.querySelector('text').textContent")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.querySelector('text').textContent") == "33"
    assert east != "33"
    assert page.locator(".tiles a[tabindex='0']").count() == page.locator(".contours a[tabindex='0']").count() == 1
    page.locator(".contours a", has=page.locator("title", has_text="75 Paris")).focus()
    page.keyboard.press("ArrowDown")
    assert code() in ("94", "91", "92")
    page.locator(".tiles a", has_text="33").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**departement=33**")


def test_without_script_every_departement_of_the_map_is_reached_and_the_table_is_a_step_away(chromium, demo):
    context = chromium.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    page.goto(demo[0] + "/carte")

    assert page.locator(".tiles a[href]").count() == page.locator(".contours a[href]").count() == 101
    page.locator(".skip-in").focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#tableau")
    context.close()


def test_facets_combine_and_each_count_is_what_one_gets(opened):
    page = opened("/recherche")
    for facet in ("Thème", "Département"):
        row = page.locator(f".facet:has(h2:text-is('{facet}')) > a").first
        count = int(row.locator("b").inner_text())
        row.click()
        page.wait_for_load_state()
        assert int(re.match(r"\d+", page.inner_text(".tally strong"))[0]) == count
    assert page.locator(".chip").count() == 2
    page.click("text=tout retirer")
    assert urlsplit(page.url).query == ""


def test_pages_of_results_follow_each_other(opened):
    page = opened("/recherche")
    first = page.locator(".card h3 a").all_text_contents()
    page.click("a[rel=next]:has-text('Page suivante')")

    assert "page=2" in page.url
    assert not set(first) & set(page.locator(".card h3 a").all_text_contents())
    page.click("a[rel=prev]:has-text('Page précédente')")
    assert page.locator(".card h3 a").all_text_contents() == first


def test_a_citation_is_copied_and_says_so(opened, demo):
    page = opened("/article/1")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=demo[0])
    page.click("text=Copier la citation")

    page.wait_for_selector("text=Copié.")
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#citation").strip()


@pytest.mark.parametrize("path", [path for path in PAGES if path not in ("/nulle-part",)])
def test_a_very_narrow_screen_needs_no_sideways_scroll(opened, path):
    """WCAG 1.4.10: 320 pixels, as 1280 pixels magnified four times."""
    page = opened(path, viewport={"width": 320, "height": 600})

    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_print_keeps_the_text_and_drops_what_is_for_the_screen(opened):
    page = opened("/recherche?q=RSA")
    page.emulate_media(media="print")
    seen = lambda selector: page.locator(selector).first.is_visible()  # noqa: E731

    assert (seen(".card h3"), seen(".card p")) == (True, True)
    assert [
        selector
        for selector in (".search", ".filters", ".top nav", ".foot", ".pager", ".chips")
        if page.locator(selector).count() and seen(selector)
    ] == []
    assert page.pdf()[:5] == b"%PDF-"


def test_slides_print_one_a_page_and_scroll_without_script(opened):
    page = opened("/initiative/9/diapos")
    printed = page.pdf(prefer_css_page_size=True)

    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 5
    plain = opened("/initiative/9/diapos", java_script_enabled=False, viewport={"width": 375, "height": 667})
    slides = plain.locator(".slide")
    assert slides.count() == 5
    slides.last.scroll_into_view_if_needed()
    assert "direction de l’autonomie" in slides.last.inner_text()
    assert slides.last.bounding_box()["width"] <= 375


def test_the_demo_has_an_initiative_of_three_stages_and_two_that_are_linked(opened):
    page = opened("/initiatives")
    assert page.locator(".card").count() == 9
    page.click("text=Des chambres d’EHPAD")
    assert page.locator(".thread .kind:text('stade')").count() == 3
    page = opened("/initiatives")
    page.click("text=Un camion des droits sur les marchés")
    page.click("#inspirations + ul a")
    assert "Bondy" in page.inner_text("h1")
    assert "a inspiré" in page.inner_text("aside")


def test_the_embedded_list_shows_in_a_frame_of_another_site_and_other_pages_do_not(opened, demo, tmp_path):
    """The frame is on another origin: localhost is not 127.0.0.1."""
    page = opened("/robots.txt")
    page.set_content(f'<iframe id="a" src="{demo[0]}/integrer"></iframe><iframe id="b" src="{demo[0]}/recherche"></iframe>')
    page.wait_for_timeout(500)
    bodies = [frame.evaluate("document.body ? document.body.innerText : ''") for frame in page.frames[1:]]

    assert "dans veille" in bodies[0]
    assert "Résultats" not in bodies[1]


def test_feeds_are_announced_and_open(opened, demo):
    page = opened("/theme/laboratoires")
    for link in page.locator("link[rel=alternate]").all():
        answer = page.request.get(demo[0] + link.get_attribute("href"))
        assert answer.status == 200
        assert link.get_attribute("type") in answer.headers["content-type"]
