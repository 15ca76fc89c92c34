"""Chromium on the same bytes is the oracle of letters that are declared rightly."""

import pytest
from loopback import reply, serve

from alphabets import ENCODINGS, page
from builders import make_fetched
from veille.letters import page_text

pytestmark = pytest.mark.browser


def test_letters_declared_rightly_are_those_of_a_browser(chromium):
    bodies = {}
    for label, encoding, text in ENCODINGS:
        for how, content_type, meta in (
            ("header", f"text/html; charset={label}", ""),
            ("meta", "text/html", label),
            ("both", f"text/html; charset={label}", label),
        ):
            bodies[f"/{label}/{how}"] = (page(text, encoding, meta), content_type)
    answers = {
        path: (lambda handler, body=body, kind=kind: reply(handler, body, Content_Type=kind)) for path, (body, kind) in bodies.items()
    }
    differ = []
    with serve(answers) as root:
        tab = chromium.new_page()
        for path, (body, kind) in bodies.items():
            tab.goto(root + path)
            theirs = tab.evaluate("document.querySelector('p').textContent")
            ours = page_text(make_fetched(body, content_type=kind)).partition("<p>")[2].partition("</p>")[0]
            if ours != theirs:
                differ.append((path, ours, theirs))
        tab.close()
    assert not differ
    assert len(bodies) == 45
