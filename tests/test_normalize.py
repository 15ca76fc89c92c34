"""Entries become items: text, dates, addresses."""

from datetime import UTC, date, datetime

import pytest

from builders import make_entry, make_source
from veille.normalize import absolute, canonical, clean, cut, fingerprint, local_day, moment_of, shown, stored, text_of, to_item


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Un&nbsp;mot</p><p>deux</p>", "Un mot\ndeux"),
        ("l’<b>eau</b> vive", "l’eau vive"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("x<script>alert(1)</script>y", "xy"),
        ("un<br>deux<ul><li>trois</ul>", "un\ndeux\ntrois"),
        ("<!-- rien --><div>dit</div>", "dit"),
        ("C++ & C#, a < b, <3", "C++ & C#, a < b, <3"),
        ("<div>" * 3000 + "fond" + "</div>" * 3000, "fond"),
        ("", ""),
    ],
)
def test_markup_becomes_the_words_a_browser_would_show(markup, text):
    assert text_of(markup) == text


@pytest.mark.parametrize("text", ["a\u202eb\x00c\ud800", "  a \n\n b\t c ", "e\u0301", "\u2800\u200b", "a\r\nb\x85c", "x\xa0:\u202fy"])
def test_clean_text_stays_clean(text):
    once = clean(text)

    assert clean(once) == once
    assert not set(once) & set("\x00\u202e\u200b\ud800")


def test_a_title_of_nothing_visible_is_replaced_by_the_first_words():
    item = to_item(make_source(), make_entry(title="\u200b \u2800", summary="<p>Trois maisons ouvrent.</p>"))

    assert item is not None
    assert item.title == "Trois maisons ouvrent."


def test_an_entry_that_is_only_an_address_is_titled_by_it():
    item = to_item(make_source(), make_entry(title="", summary="", link="https://e.fr/actu/mon-projet-2026.html"))

    assert item is not None
    assert item.title == "Mon projet 2026"


def test_an_entry_with_nothing_is_no_item():
    assert to_item(make_source(), make_entry(title="", summary="", link="", guid="x")) is None


@pytest.mark.parametrize(
    ("title", "shown_title"),
    [
        ("Les <b>aidants</b>", "Les aidants"),
        ("R&amp;D publique", "R&D publique"),
        ("Si a < b", "Si a < b"),
        ("La balise <script> expliquée", "La balise <script> expliquée"),
        ("Vu\nici", "Vu ici"),
    ],
)
def test_titles_lose_markup_and_nothing_else(title, shown_title):
    item = to_item(make_source(), make_entry(title=title))

    assert item is not None
    assert item.title == shown_title


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("7 octobre 2025", date(2025, 10, 7)), ("Mardi 1er mai 2026", date(2026, 5, 1)), ("07/10/2025", date(2025, 10, 7)),
        ("publié le 04 MAI 2020", date(2020, 5, 4)), ("12.03.25", date(2025, 3, 12)), ("2021-02-22", date(2021, 2, 22)),
        ("October 7, 2025", date(2025, 10, 7)), ("2025-07-01T10:00:00+02:00", datetime(2025, 7, 1, 8, tzinfo=UTC)),
        ("2025-07-01T10:00:00", datetime(2025, 7, 1, 8, tzinfo=UTC)), ("2025-07-01T10:00:00Z", datetime(2025, 7, 1, 10, tzinfo=UTC)),
        ("31/02/2025", None), ("1970-01-01T00:00:00Z", None), ("hier", None), ("", None), ("9999999999", None),
        ("2025-13-45T99:00", None), ("7 brumaire 2025", None),
    ],
)  # fmt: skip
def test_dates_are_read_or_are_none(written, meant):
    assert moment_of(written, "Europe/Paris") == meant


def test_the_day_is_the_one_of_the_source():
    moment = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)

    assert local_day(moment, "Europe/Paris") == "2026-11-22"
    assert local_day(moment, "America/Cayenne") == "2026-11-21"
    assert stored(date(2026, 11, 22)) == "2026-11-22"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://www.exemple.fr/actu/?utm_source=x", "http://exemple.fr/actu", True),
        ("https://exemple.fr/a?b=2&a=1", "https://exemple.fr/a?a=1&b=2", True),
        ("https://exemple.fr/index%2Ephp?id=1", "https://exemple.fr/?id=1", True),
        ("https://exemple.fr/?ref=accueil", "https://exemple.fr/", True),
        ("https://exemple.fr/?ref=2024-1", "https://exemple.fr/?ref=2024-2", False),
        ("https://exemple.fr/A", "https://exemple.fr/a", False),
        ("https://exemple.fr/#!/a", "https://exemple.fr/#!/b", False),
        ("https://www2.exemple.fr/", "https://exemple.fr/", False),
        ("https://exemple.fr:8443/", "https://exemple.fr/", False),
    ],
)
def test_two_spellings_of_one_page_meet(one, other, same):
    assert (canonical(one) == canonical(other)) is same
    assert canonical(canonical(one)) == canonical(one)


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "mailto:a@e.fr", "http://", "https://[", "file:///etc/passwd", ""]
)
def test_only_web_addresses_are_kept(link):
    assert absolute("", link) == ""
    assert canonical(link) == ""


def test_relative_links_start_from_the_base():
    assert absolute("https://e.fr/a/b", "../c d") == "https://e.fr/c%20d"


def test_rights_decide_what_is_shown():
    text = "mot " * 200

    assert shown(text, "link") == ""
    assert len(shown(text, "excerpt")) <= 300
    assert shown(text, "excerpt").endswith("…")
    assert shown(text, "full") == text


def test_a_cut_ends_at_a_word():
    assert cut("un deux trois", 9) == "un deux…"
    assert cut("court", 9) == "court"


def test_the_fingerprint_follows_title_and_text():
    assert fingerprint("a", "b") != fingerprint("a", "c")
    assert fingerprint("a", "b") == fingerprint("a", "b")
