"""Odd texts (redirections, templates, odd Unicode, odd ids) through every form of curators, the list of which comes from the live router."""

import html
import json
import re

import pytest

from browsing import rows, signed_in
from veille.web.routes import ROUTES

pytestmark = pytest.mark.corpus
GROUPS = ("redirect", "template", "unicode", "id")
FIELDS = (
    "value", "why", "item", "seen", "retour", "suite", "nom", "recherche", "attendu", "theme", "groupe", "vers", "mots", "mot", "phrase", "valeur",
    "adresse", "jeton", "source", "rythme", "role", "start", "end", "id",
)  # fmt: skip
CHOICES = {
    "/tri/decision": ("action", ("select", "tag-add", "title", "day", "note-public", "note-private", "place-add", "date-add", "kind", "story-join", "x")),
    "/tri/lot": ("action", ("tag-add", "dismiss")), "/tri/recherches": ("change", ("", "share", "x")),
    "/tri/vocabulaire": ("action", ("propose", "tag", "rename", "words", "merge", "split", "approve", "x")),
    "/tri/regles": ("action", ("rule", "rule-off", "past", "x")), "/tri/ajouter": ("change", ("garder", "voir", "x")),
    "/tri/sources": ("change", ("pause", "every", "unfollow", "essayer", "x")), "/tri/comptes": ("change", ("role", "disable", "x")),
    "/tri/touches": ("touches", ("1", "x")), "/tri/qualite": ("change", ("x",)),
}  # fmt: skip
PAGES = (
    "/tri", "/tri?etat=ecartes", "/tri/journal", "/tri/recherches", "/tri/vocabulaire", "/tri/regles", "/tri/sources", "/tri/comptes", "/tri/qualite",
    "/article/1", "/", "/recherche",
)  # fmt: skip


def payloads(shared, *groups):
    lines = (shared / "hostile" / "text.jsonl").read_text("utf-8").split("\n")
    return [row["payload"] for row in map(json.loads, filter(None, lines)) if row["group"] in (groups or GROUPS)]


def written(pattern):
    return re.sub(r"\(\?P<\w+>[^)]*\)", "1", pattern.strip("^$").replace("\\", ""))


def test_no_form_breaks_leads_away_or_lets_a_text_live(shared, newsroom, store):
    anne = signed_in(newsroom, "anne")
    forms = [(written(pattern), handler) for pattern, handler in ROUTES if "POST" in getattr(handler, "methods", ())]
    assert len(forms) >= 12
    texts, seen, sent = payloads(shared), {}, 0
    for number, text in enumerate(texts):
        clean = text.encode("utf-8", "replace").decode()
        for path, _ in forms:
            name, values = CHOICES.get(path, ("change", ("x",)))
            fields = dict.fromkeys(FIELDS, clean) | {"item": ["1", clean], "nom": clean[:60] or "x"}
            chosen = values[number % len(values)]
            answer = anne.post(path, **fields | {name: chosen})
            sent += 1
            seen.setdefault(answer.status_code, (path, chosen, clean))
            assert answer.status_code in (200, 302, 400, 403, 404, 413), (path, chosen, clean, answer.status_code)
            where = answer.headers.get("location", "/")
            assert re.match(r"/(?![/\\])[^\r\n]*\Z", where), (path, where)
            assert "Traceback" not in answer.text
        if not signed_in_still(anne):
            anne = signed_in(newsroom, "anne")
    for path in PAGES:
        page = anne.get(path)
        assert page.status_code == 200, path
        for text in texts:
            if "<" in text and len(text) > 6:
                assert text not in page.text or html.escape(text) == text, (path, text)
    assert sent > 900
    assert rows(store)["items"]
    for text in payloads(shared, "template"):  # shown as it was written, computed by nobody
        anne.act("note-public", 1, value=f"avant {text} après")
        assert html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in anne.get("/article/1").text, text


def signed_in_still(browser):
    return browser.get("/tri/comptes").status_code == 200
