"""What readers come to do, in a real Chromium, each gesture counted: a click, a choice in a list, a question typed and sent."""

import csv
import io
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

ROOMY = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 375, "height": 780}}


class Hand:
    """Counts gestures on a page; ticking a box is beside them."""

    def __init__(self, page):
        self.page, self.gestures = page, 0

    def click(self, selector):
        self.gestures += 1
        self.page.locator(selector).first.click()
        self.page.wait_for_load_state()

    def ask(self, text):
        self.gestures += 1
        self.page.fill(".search input[name=q]", text)
        self.page.press(".search input[name=q]", "Enter")
        self.page.wait_for_load_state()

    def in_sight(self, selector):
        box = self.page.locator(selector).first.bounding_box()
        height = self.page.viewport_size["height"]
        return box is not None and box["y"] >= 0 and box["y"] + min(box["height"], 40) <= height


@pytest.fixture
def hand(opened):
    return lambda path, **given: Hand(opened(path, **given))


@pytest.mark.parametrize("screen", [ROOMY, PHONE], ids=["1280", "375"])
def test_who_did_it_one_search_and_the_first_screen_answers(hand, screen):
    one = hand("/", **screen)
    one.ask("budget participatif des collèges")

    assert one.gestures == 1
    assert one.in_sight(".card h3")
    assert "udget participatif" in one.page.locator(".card h3").first.inner_text()
    assert one.in_sight(".card .plate")


def test_a_theme_in_my_departement_is_followed_in_two_clicks(hand, demo):
    one = hand("/departement/33", **ROOMY)
    one.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=demo[0])
    one.click(".mix td.num a")
    one.click("text=Copier l’adresse du flux")
    one.page.wait_for_selector("text=Copié.")

    copied = one.page.evaluate("navigator.clipboard.readText()")
    assert one.gestures <= 2
    assert parse_qs(urlsplit(copied).query)["departement"] == ["33"]
    assert "theme" in parse_qs(urlsplit(copied).query)
    assert "Gironde" in re.search(r"<title>([^<]*)</title>", one.page.request.get(copied).text())[1]


def test_the_deadlines_of_a_month_are_in_my_calendar_in_three_clicks(hand, demo):
    one = hand("/", **ROOMY)
    one.click("#echeances ~ a, .block:has(#echeances) header a")
    one.click("[aria-label='Mois'] a")
    link = one.page.locator("a[href^='webcal:']").first
    one.gestures += 1  # the system's calendar opens it

    assert one.gestures <= 3
    calendar = one.page.request.get(link.get_attribute("href").replace("webcal:", "http:")).text()
    assert calendar.count("BEGIN:VEVENT") == int(one.page.locator("[aria-label='Mois'] [aria-current] b").inner_text())
    assert calendar.count("SUMMARY:Date limite") == calendar.count("BEGIN:VEVENT") > 0


def test_two_departements_are_compared_in_three_gestures(hand):
    one = hand("/departement/33", **ROOMY)
    one.click("text=Comparer à un autre département")
    one.click(".offers .choice")

    assert one.gestures <= 3
    assert one.page.locator(".compared > section").count() == 2


@pytest.mark.parametrize("path", ["/article/5", "/recherche?q=RSA", "/theme/laboratoires", "/panier?articles=1,2"])
def test_a_page_is_sent_to_a_colleague_in_two_clicks(hand, demo, path):
    link = hand(path, **ROOMY).page.locator("a[href^='mailto:']:has-text('Partager')")

    assert link.count() == 1
    mail = parse_qs(urlsplit(link.get_attribute("href")).query)
    assert f"{demo[0]}{path}" in unquote(mail["body"][0])
    assert mail["subject"][0].strip()


def test_fifty_chosen_results_are_in_a_spreadsheet_in_three_clicks(hand):
    one = hand("/recherche", **ROOMY)
    chosen, ticked = 0, []
    while chosen < 50:
        one.page.evaluate("document.querySelectorAll('.notices').forEach(one => one.open = true)")
        for box in one.page.locator(".choose input:visible").all():
            if chosen < 50:
                box.check()
                ticked.append(int(box.get_attribute("value")))
                chosen += 1
        if chosen < 50:
            one.page.click("a[rel=next]:has-text('Page suivante')")  # choosing goes on
            one.page.wait_for_load_state()
    one.click("text=Voir le panier")
    with one.page.expect_download() as download:
        one.click("text=Tableur")

    assert one.gestures <= 3
    text = download.value.path().read_text("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert len(rows) == 51
    assert {int(row[0]) for row in rows[1:]} == set(ticked)


def test_without_script_a_basket_grows_from_page_to_page(chromium, demo):
    context = chromium.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    page.goto(demo[0] + "/recherche")
    page.locator(".choose input:visible").nth(0).check()
    page.locator(".choose input:visible").nth(1).check()
    page.click("text=Voir le panier")
    page.click("text=Ajouter d’autres articles")
    page.click("a[rel=next]:has-text('Page suivante')")
    page.locator(".choose input:visible").nth(0).check()
    page.click("text=Voir le panier")

    assert "3 articles choisis" in page.inner_text(".hero")
    context.close()


def test_what_is_new_after_a_week_is_one_click_away(hand):
    one = hand("/", **ROOMY)
    one.click("text=sept jours")

    assert one.gestures == 1
    assert "Depuis le" in one.page.inner_text("#depuis")


def test_a_printed_page_says_what_was_asked(hand, demo):
    page = hand("/recherche?q=RSA&departement=33", **ROOMY).page
    page.emulate_media(media="print")

    assert page.locator(".asked").is_visible()
    assert "RSA, Gironde" in page.inner_text(".asked")
    assert f"{demo[0]}/article/" in page.locator(".card .on-paper").first.inner_text()
    assert page.locator("button:visible, .follow:visible, .choose:visible").count() == 0
    plate = page.locator(".card .plate").first
    assert plate.evaluate("one => getComputedStyle(one).borderTopWidth") != "0px"
    assert plate.evaluate("one => getComputedStyle(one).backgroundColor") in ("rgba(0, 0, 0, 0)", "transparent")


def test_filters_wait_above_the_results_on_a_phone_and_stand_beside_them_on_a_desk(opened):
    phone, desk = opened("/recherche?q=RSA", **PHONE), opened("/recherche?q=RSA", **ROOMY)

    assert phone.locator(".filters > summary").bounding_box()["y"] < phone.locator(".card").first.bounding_box()["y"]
    assert not phone.locator(".facet").first.is_visible()
    phone.click(".filters > summary")
    assert phone.locator(".facet").first.is_visible()
    assert desk.locator(".facet").first.is_visible()
    assert not desk.locator(".filters > summary").is_visible()


@pytest.mark.parametrize("path", ["/", "/recherche", "/agenda", "/article/1"])
def test_navigation_takes_one_line_on_a_phone(opened, path):
    page = opened(path, **PHONE)
    tops = page.evaluate("[...document.querySelectorAll('.top nav a')].map(one => Math.round(one.getBoundingClientRect().top))")

    assert len(tops) == 7
    assert len(set(tops)) == 1


def test_the_sources_are_stacked_on_a_phone(opened):
    page = opened("/sources", **PHONE)
    first = page.locator(".sources tbody tr").first

    assert first.evaluate("one => getComputedStyle(one).display") == "grid"
    assert page.evaluate("[...document.querySelectorAll('.sources td')].every(one => one.scrollWidth <= one.clientWidth + 1)")


def test_an_opened_feed_is_a_page_with_links(opened):
    page = opened("/recherche.atom?q=RSA", **ROOMY)

    assert page.evaluate("document.documentElement.localName") == "feed"
    assert page.evaluate("getComputedStyle(document.querySelector('entry > title')).fontWeight") == "700"
    links = page.evaluate("[...document.getElementsByTagNameNS('http://www.w3.org/1999/xhtml', 'a')].map(one => one.href)")
    assert len(links) == 1 + page.evaluate("document.getElementsByTagName('entry').length")
    assert all("/article/" in one for one in links[1:])
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280
