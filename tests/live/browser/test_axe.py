"""Every page in a real Chromium: no fault that axe-core knows."""

import os

import pytest
from axe_playwright_python.sync_playwright import Axe
from pages import PAGES

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}}


def faults(page):
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")  # axe passes over what is folded
    found = Axe().run(page, options=RULES).response["violations"]
    return [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found]


# `make soak` crosses both.
SCREENS = [("light", 1280), ("dark", 375), *([("light", 375), ("dark", 1280)] if os.environ.get("VEILLE_ALL") else [])]


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_no_fault(opened, path, scheme, width):
    page = opened(path, color_scheme=scheme, viewport={"width": width, "height": 900})

    assert faults(page) == []


def test_axe_would_find_a_fault(opened):
    """The control: a page spoilt on purpose is refused, so the test above can fail."""
    page = opened("/carte")
    page.evaluate(
        "document.querySelector('.hero p:not(.over)').style.color = '#e2dacb'; document.querySelector('select').closest('label').replaceWith(document.querySelector('select'))"
    )

    assert {"color-contrast", "select-name"} <= {name for name, _ in faults(page)}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_on_a_curators_article(opened, demo, scheme):
    page = opened("/connexion", color_scheme=scheme)
    page.fill("input[name=nom]", "demo")
    page.fill("input[name=mot-de-passe]", demo[1])
    page.click("button:has-text('Se connecter')")
    page.goto(demo[0] + "/article/2")

    assert page.locator("#decisions").count() == 1
    assert faults(page) == []
