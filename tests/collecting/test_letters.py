"""Letters, dates, entries and lists as the world sends them: a few wrong bytes cost those bytes, never an entry, let alone a feed."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from alphabets import CHINESE, CYRILLIC, ENCODINGS, FRENCH, IDS, KOREAN, page
from builders import make_entry, make_fetched, make_source
from veille.collect.child import read_items
from veille.config.opml import read_opml
from veille.errors import ParseError, UsageError
from veille.letters import encoding_of, page_text
from veille.model import Selectors
from veille.normalize import clean, feed_date, moment_of, sound_references, stored, text_of, to_item
from veille.normalize.text import plain_text
from veille.parse import parse
from veille.parse.json_ld import parse_json_ld
from veille.parse.sitemap import parse_sitemap


def read(body, content_type="text/html"):
    text = page_text(make_fetched(body, content_type=content_type))
    return text.partition("<p>")[2].partition("</p>")[0]


@pytest.mark.parametrize(("label", "encoding", "text"), ENCODINGS, ids=IDS)
def test_what_is_declared_rightly_is_read_so(label, encoding, text):
    assert read(page(text, encoding), f"text/html; charset={label}") == text
    assert read(page(text, encoding), f'text/html;charset="{label.upper()}"') == text
    assert read(page(text, encoding, label)) == text
    feed = f'<?xml version="1.0" encoding="{label}"?><rss version="2.0"><channel><title>x</title><item><title>{text}</title><link>https://e.fr/1</link></item></channel></rss>'
    for content_type in ("application/rss+xml", f"text/xml; charset={label}"):
        (entry,) = parse("feed", make_fetched(feed.encode(encoding), content_type=content_type), None).entries
        assert entry.title == text


@pytest.mark.parametrize("text", [FRENCH, CYRILLIC, CHINESE, KOREAN])
@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1252", "iso-8859-15", "us-ascii", "koi8-r", "x-inconnu", "utf-16", ""])
def test_sound_utf8_is_utf8_whatever_a_label_of_one_byte_says(label, text):
    """Beyond the Standard: servers add such a label to all they send, and no text of theirs is sound UTF-8 by chance."""
    assert read(page(text, "utf-8"), f"text/html; charset={label}") == text
    assert read(page(text, "utf-8", label)) == text


@pytest.mark.parametrize("label", ["utf-8", "", "x-inconnu"])
def test_old_letters_that_are_called_utf8_or_nothing_are_windows_1252(label):
    assert read(page(FRENCH, "cp1252"), f"text/html; charset={label}") == FRENCH
    assert read(page(FRENCH, "cp1252", label)) == FRENCH


def test_old_letters_called_iso_8859_15_are_windows_1252_where_its_controls_stand():
    assert read(page(FRENCH, "cp1252"), "text/html; charset=iso-8859-15") == FRENCH


@pytest.mark.parametrize("wrong", [b"\xc3", b"\xe2\x82", b"\x92", b"\xff", b"\xed\xa0\xbd"])
def test_one_bad_byte_in_utf8_costs_itself_alone(wrong):
    body = page(FRENCH, "utf-8", "utf-8").replace(b"</body>", b"<footer>Cr" + wrong + b"</footer></body>")
    assert read(body) == FRENCH
    assert "\ufffd" in page_text(make_fetched(body, content_type="text/html"))


@pytest.mark.parametrize(("mark", "encoding"), [(b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"", "utf-16-le"), (b"", "utf-16-be")])  # fmt: skip
def test_a_mark_or_the_shape_of_the_bytes_says_more_than_a_label(mark, encoding):
    assert read(mark + page(FRENCH, encoding), "text/html; charset=iso-8859-1") == FRENCH


def test_labels_of_no_letters_mean_nothing():
    assert [encoding_of(one) for one in ("utf-7", "idna", "rot13", "hex", "undefined", "", "é", "a" * 300, "zlib")] == [""] * 9


# --- references, ampersands, what is escaped twice ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("&#55357;&#56832;", "😀"), ("&#xD83D;&#xDE00;", "😀"), ("&#xD800;", "\ufffd"), ("&#1114112;", "\ufffd"), ("&#99999999999;", "\ufffd"),
        ("&#0;", "\ufffd"), ("&#xFFFFFFFFFFFFFFFFFFFF;", "\ufffd"), ("&#8217;", "&#8217;"), ("&#x2019;", "&#x2019;"), ("R&D", "R&D"), ("&#12", "&#12"),
    ],
)  # fmt: skip
def test_references_that_name_nothing_are_one_sign(given, meant):
    assert sound_references(given) == meant


@pytest.mark.parametrize(
    "wrong", ["&#xD800;", "&#1114112;", "&#99999999999;", "&#0;", "&#55357;&#56832;", "R&D", "&eacute;", "&", "a & b", "&;", "&#;"]
)
@pytest.mark.parametrize("place", ["title", "description", "link"])
def test_nothing_of_that_costs_an_entry_or_the_feed(wrong, place):
    item = {"title": "Un titre", "description": "Un texte", "link": "https://e.fr/1?a=1"} | {
        place: f"https://e.fr/1?a={wrong}" if place == "link" else f"Un {wrong} mot"
    }
    written = "".join(f"<{name}>{text}</{name}>" for name, text in item.items())
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item>{written}</item><item><title>Deux</title><link>https://e.fr/2</link></item></channel></rss>'
    found = parse("feed", make_fetched(feed.encode(), content_type="application/rss+xml"), None)
    assert [to_item(make_source(), entry).title for entry in found.entries][1] == "Deux"
    assert len(found.entries) == 2
    (first, _) = found.entries
    made = to_item(make_source(), first)
    assert made.url.startswith("https://e.fr/1?a=")
    assert "&#" not in made.title + made.text or wrong in ("&#;",)
    assert not any(0xD800 <= ord(sign) < 0xE000 for sign in made.title + made.text)


def test_an_ampersand_in_cdata_stays_as_it_is():
    feed = b'<?xml version="1.0"?><rss version="2.0"><channel><title>R&D</title><item><title><![CDATA[R&D &amp; Q&R]]></title><link>https://e.fr/1</link></item></channel></rss>'
    (entry,) = parse("feed", make_fetched(feed, content_type="application/rss+xml"), None).entries
    assert to_item(make_source(), entry).title == "R&D & Q&R"


def test_pictures_keep_what_joins_them_and_nothing_else_does():
    assert clean("👩\u200d💻 et 👨\u200d👩\u200d👧, 🏳\ufe0f\u200d🌈") == "👩\u200d💻 et 👨\u200d👩\u200d👧, 🏳\ufe0f\u200d🌈"
    assert clean("sou\u200dli\u200bgné \u200d💻\u200d") == "souligné 💻"
    assert clean(clean("👩\u200d💻")) == clean("👩\u200d💻")


@pytest.mark.parametrize(("given", "title"), [("L&#8217;accueil &amp; la R&amp;D", "L’accueil & la R&D"), ("<hello-monde> expliqué", "<hello-monde> expliqué"), ("Comment écrire <p> en HTML", "Comment écrire <p> en HTML"), ("AT&T", "AT&T"), ("a &lt; b", "a &lt; b")])  # fmt: skip
def test_what_is_plain_text_is_unescaped_once_and_keeps_its_tags(given, title):
    assert to_item(make_source(), make_entry(title=given, title_is_text=True)).title == title


def test_markup_escaped_twice_is_markup_and_a_text_about_markup_is_not():
    assert text_of("&lt;p&gt;Bonjour l&amp;rsquo;été&lt;/p&gt;") == "Bonjour l’été"
    assert text_of("Écrire &lt;p&gt; ouvre un paragraphe") == "Écrire <p> ouvre un paragraphe"


# --- dates --------------------------------------------------------------------------------------------------------

MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
SHORT = "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split()
DAYS = "lundi mardi mercredi jeudi vendredi samedi dimanche".split()
ZONES = ("Europe/Paris", "America/Martinique", "Indian/Reunion", "Pacific/Noumea", "America/Cayenne")
# Written forms with their zone, each from a moment; the oracle is the moment itself, told by the system's zones and the C library.
TOLD = {
    "rfc822": lambda m: f"{m:%a, %d %b %Y %H:%M:%S %z}", "without a day": lambda m: f"{m:%d %b %Y %H:%M:%S %z}", "minutes": lambda m: f"{m:%a, %d %b %Y %H:%M %z}",
    "iso": lambda m: m.isoformat(), "iso basic zone": lambda m: f"{m:%Y-%m-%dT%H:%M:%S%z}", "space": lambda m: f"{m:%Y-%m-%d %H:%M:%S %z}", "fractions": lambda m: f"{m:%Y-%m-%dT%H:%M:%S}.123456{m:%z}",
    "utc": lambda m: f"{m.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z", "gmt": lambda m: f"{m.astimezone(UTC):%a, %d %b %Y %H:%M:%S} GMT", "ut": lambda m: f"{m.astimezone(UTC):%d %b %Y %H:%M} UT", "GMT+": lambda m: f"{m:%d %b %Y %H:%M:%S} GMT{m:%z}",
    "slashes": lambda m: f"{m:%Y/%m/%d %H:%M:%S %z}", "french": lambda m: f"{m.day} {MONTHS[m.month - 1]} {m.year} {m:%H:%M %z}", "figures": lambda m: f"{m:%d/%m/%Y %H:%M:%S %z}", "long": lambda m: f"{m:%A, %d-%b-%Y %H:%M:%S %z}",
    "comment": lambda m: f"{m:%a, %d %b %Y %H:%M:%S %z} (heure locale)",
}  # fmt: skip
# Forms without a zone: the clock is the source's.
LOCAL = {
    "iso": lambda m: f"{m:%Y-%m-%dT%H:%M:%S}", "space": lambda m: f"{m:%Y-%m-%d %H:%M}", "slashes": lambda m: f"{m:%Y/%m/%d %H:%M:%S}", "figures": lambda m: f"{m:%d/%m/%Y %H:%M}", "dashes": lambda m: f"{m:%d-%m-%Y %H:%M}",
    "rfc822": lambda m: f"{m:%a, %d %b %Y %H:%M:%S}", "french": lambda m: f"{DAYS[m.weekday()]} {m.day} {MONTHS[m.month - 1]} {m.year} à {m.hour}h{m:%M}", "asctime": lambda m: f"{m:%a %b} {m.day:2} {m:%H:%M:%S %Y}",
}  # fmt: skip
DAY = {
    "iso": lambda d: d.isoformat(), "slashes": lambda d: f"{d:%Y/%m/%d}", "short slashes": lambda d: f"{d.year}/{d.month}/{d.day}", "figures": lambda d: f"{d:%d/%m/%Y}", "dashes": lambda d: f"{d:%d-%m-%Y}", "dots": lambda d: f"{d:%d.%m.%Y}",
    "two figures": lambda d: f"{d:%d-%m-%y}", "french": lambda d: f"{'1er' if d.day == 1 else d.day} {MONTHS[d.month - 1]} {d.year}", "short": lambda d: f"{d.day} {SHORT[d.month - 1]} {d.year}", "short year": lambda d: f"{d.day} {SHORT[d.month - 1]} {d:%y}", "named": lambda d: f"{DAYS[d.weekday()]} {'1ᵉʳ' if d.day == 1 else d.day} {MONTHS[d.month - 1]} {d.year}",
}  # fmt: skip


def moments(zone):
    """A year of moments near both ends of the day, and every half hour of the days when the hour changes."""
    place = ZoneInfo(zone)
    for number in range(366):
        day = datetime(2026, 1, 1, tzinfo=place) + timedelta(days=number)
        yield day.replace(hour=0, minute=5)
        yield day.replace(hour=23, minute=50)
    for month, changed in ((3, 29), (10, 25)):
        start = datetime(2026, month, changed, tzinfo=UTC) - timedelta(hours=6)
        yield from ((start + timedelta(minutes=30 * step)).astimezone(place) for step in range(72))


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_of_moments_in_every_written_form_is_the_day_that_people_lived(zone):
    wrong = []
    for moment in moments(zone):
        for name, write in TOLD.items():
            made = to_item(make_source(timezone=zone), make_entry(published=feed_date(write(moment)) or "?"))
            if (made.day, made.published) != (moment.date().isoformat(), moment.astimezone(UTC).replace(microsecond=0)):
                wrong.append((name, write(moment), made.day))
        for name, write in LOCAL.items():
            made = to_item(make_source(timezone=zone), make_entry(published=feed_date(write(moment)) or "?"))
            if made.day != moment.date().isoformat():
                wrong.append((name, write(moment), made.day))
    assert not wrong, (len(wrong), wrong[:5])


@pytest.mark.parametrize("name", DAY)
def test_a_year_of_days_in_every_written_form_is_that_day(name):
    for number in range(366):
        day = date(2026, 1, 1) + timedelta(days=number)
        text = DAY[name](day)
        assert feed_date(text) == day.isoformat(), text
        assert moment_of(text, "Europe/Paris") == day or name == "short slashes" or name == "slashes", text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Thu, 23 Jul 2026 23:30:00 CEST", "2026-07-23T21:30:00Z"), ("Mon, 23 Nov 2026 23:30:00 CET", "2026-11-23T22:30:00Z"),
        ("Mon, 23 Nov 2026 21:15:00 Europe/Paris", "2026-11-23T20:15:00Z"), ("Mon, 23 Nov 2026 21:15:00 america/cayenne", "2026-11-24T00:15:00Z"),
        ("11/23/2026", "2026-11-23"), ("Mon, 23 Nov 2026 21:15:00 XYZ", "2026-11-23"), ("demain", ""), ("", ""), ("31/02/2026", ""), ("0000-00-00 00:00:00", ""),
        ("23/11/2026 25:00", ""), ("Mon, 23 Nov 26 08:00:00 +0100", "2026-11-23T07:00:00Z"), ("2026-11-23T24:00:00Z", ""),
    ],
)  # fmt: skip
def test_names_of_zones_and_what_is_no_date(text, said):
    assert feed_date(text) == said


@pytest.mark.parametrize(
    ("text", "year"), [("12 mars 14 h", None), ("12 mars 14:30", None), ("le 3 mai 20h", None), ("12 mars 24", 2024), ("3 mai ’23", 2023)]
)
def test_an_hour_is_no_year(text, year):
    assert getattr(moment_of(text, "Europe/Paris"), "year", None) == year


@pytest.mark.parametrize("gmt", [None, "", "0000-00-00T00:00:00", "-0001-11-30T00:00:00", "1970-01-01T00:00:00"])
def test_a_zero_moment_of_wordpress_leaves_the_local_one(gmt):
    row = {"id": 1, "link": "https://e.fr/1", "title": {"rendered": "Un"}, "date": "2026-11-23T00:10:00", "date_gmt": gmt}
    (entry,) = parse("feed", make_fetched(json.dumps([row]).encode(), content_type="application/json"), None).entries
    assert to_item(make_source(), entry).day == "2026-11-23"


# --- entries ------------------------------------------------------------------------------------------------------


def item_of(inside):
    feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>Un titre</title>{inside}</item></channel></rss>'
    fetched = make_fetched(feed.encode(), url="https://e.fr/flux/rss.xml", content_type="application/rss+xml")
    (entry,) = parse("feed", fetched, None).entries
    return to_item(make_source(url="https://e.fr/flux/rss.xml"), entry)


@pytest.mark.parametrize(
    ("inside", "url"),
    [
        ("<link>www.e.fr/a</link>", "https://www.e.fr/a"), ("<link>e.fr/a</link>", "https://e.fr/a"), ("<link>www.autre.fr</link>", "https://www.autre.fr"),
        ("<link>mailto:a@e.fr</link>", ""), ("<link>javascript:void(0)</link>", ""), ("<guid>x7Q-20</guid>", ""), ("<guid>12345</guid>", ""),
        ("<guid>x7Q-20</guid><enclosure url='https://e.fr/a.mp3' type='audio/mpeg' length='1'/>", "https://e.fr/a.mp3"),
        ("<guid>https://e.fr/a</guid>", "https://e.fr/a"), ("<guid isPermaLink='false'>https://e.fr/a</guid>", "https://e.fr/a"),
        ("<link>/a</link>", "https://e.fr/a"), ("<link>a.html</link>", "https://e.fr/flux/a.html"), ("<link>https://web.archive.org/web/2020/www.e.fr/</link>", "https://web.archive.org/web/2020/www.e.fr/"),
    ],
)  # fmt: skip
def test_no_address_is_invented(inside, url):
    assert item_of(inside).url == url


@pytest.mark.parametrize("wrapped", ["{}", "{};", "//<![CDATA[\n{}\n//]]>", "/*<![CDATA[*/{}/*]]>*/", "<!--{}-->", " \n{} \n"])
@pytest.mark.parametrize("inside", ['"headline": "Un\ttitre\nlong"', '"headline": "Un, }titre",', '"headline": "L&#039;été",'])
def test_json_ld_as_people_write_it(wrapped, inside):
    scripts = "".join(
        f'<script type="application/ld+json">{wrapped.format("{" + inside.rstrip(",") + f""", "@type": "NewsArticle", "url": "https://e.fr/{n}", }}""".replace(",,", ","))}</script>'
        for n in range(3)
    )
    found = parse("page", make_fetched(f"<html><head>{scripts}</head><body>x</body></html>".encode(), content_type="text/html"), None)
    assert len(found.entries) == 3
    assert to_item(make_source(), found.entries[0]).title in ("Un titre long", "Un, }titre", "L'été")


def test_a_document_that_is_a_gzip_file_is_unpacked_and_a_bomb_is_refused():
    feed = b'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title><item><title>Un</title><link>https://e.fr/1</link></item></channel></rss>'
    for content_type in ("application/rss+xml", "application/x-gzip", "text/html"):
        assert len(parse("feed", make_fetched(gzip.compress(feed), content_type=content_type), None).entries) == 1
    for wrong in (gzip.compress(b" " * (30 << 20)), gzip.compress(feed)[:-9], b"\x1f\x8b" + bytes(50)):
        with pytest.raises(ParseError):
            parse("feed", make_fetched(wrong, content_type="application/rss+xml"), None)


def test_a_first_of_the_month_and_short_years_on_a_page():
    rows = ["1<sup>er</sup> décembre 2026", "mardi 1ᵉʳ décembre 2026", "1<sup>er</sup> déc.", "12 mars 24", "31 déc. 25", "3 mai ’23"]
    items = "".join(f'<li><a href="/{n}">Un article bien nommé {n}</a> <i>{text}</i></li>' for n, text in enumerate(rows))
    fetched = make_fetched(f"<ul>{items}</ul>".encode(), content_type="text/html")
    found = parse("page", fetched, Selectors(item="li", title="a", link="a@href", date="i"), date(2026, 12, 5))
    assert [to_item(make_source(), entry).day for entry in found.entries] == [
        "2026-12-01",
        "2026-12-01",
        "2026-12-01",
        "2024-03-12",
        "2025-12-31",
        "2023-05-03",
    ]


# --- lists of other readers ---------------------------------------------------------------------------------------

OUTLINE = '<outline text="A" type="rss" xmlUrl="https://a.fr/rss"/>'


@pytest.mark.parametrize(
    "text",
    [
        f'<opml xmlns="http://opml.org/spec2"><body>{OUTLINE}</body></opml>', f'<o:opml xmlns:o="x"><o:body>{OUTLINE.replace("outline", "o:outline")}</o:body></o:opml>',
        f'\n\n<?xml version="1.0"?><opml><body>{OUTLINE}</body></opml>', f"\ufeff<opml><body>{OUTLINE}</body></opml>", f"<OPML><BODY>{OUTLINE.replace('xmlUrl', 'XMLURL')}</BODY></OPML>",
        f"<opml><body>{OUTLINE.replace('A', 'A & B')}</body></opml>", f"<opml><body>{OUTLINE.replace('A', 'D&eacute;partement')}</body></opml>", f"<opml><body><outline text='F'>{OUTLINE}</outline><outline text='G'>{OUTLINE}</outline></body></opml>",
        '<opml><body><outline type="rss" xmlUrl="https://a.fr/rss"/></body></opml>',
    ],
)  # fmt: skip
def test_a_list_of_another_reader_brings_its_source_once(text):
    assert [(source.kind, source.url) for source in read_opml(text.encode())] == [("feed", "https://a.fr/rss")]


@pytest.mark.parametrize("text", ["", "x", "<html></html>", "<opml><body>", '<!DOCTYPE x [<!ENTITY a "b">]><opml>&a;<'])
def test_what_is_no_list_is_one_sentence(text):
    with pytest.raises(UsageError):
        read_opml(text.encode())


def opml(folder, text):
    import subprocess
    import sys

    (folder / "liste.opml").write_text(text, encoding="utf-8")
    return subprocess.run([sys.executable, "-m", "veille", "opml", "liste.opml"], cwd=folder, capture_output=True, text=True, timeout=60)


def test_lines_that_check_would_refuse_are_told_and_not_written(tmp_path):
    odd = '<outline text="Locale" xmlUrl="ftp://a.fr/rss"/><outline text="Vide" xmlUrl="http:///rss"/>'
    done = opml(tmp_path, f"<opml><body>{OUTLINE}{odd}</body></opml>")
    assert done.returncode == 1
    assert done.stdout.count("- id:") == 1
    assert done.stderr.startswith("Locale : ")
    assert done.stderr.count("\n") == 2


def test_a_list_that_fails_writes_nothing(tmp_path):
    done = opml(tmp_path, "<html></html>")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


NEWS = (
    "<url><loc>https://e.fr/?id=1&lang=fr</loc><news:news><news:publication_date>2026-11-20</news:publication_date>"
    "<news:title>{}</news:title></news:news></url>"
)
MAP = (
    '<?xml version="1.0" encoding="{}"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">{}</urlset>'
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Fête &#55357;&#56832; ici", "Fête \U0001f600 ici"), ("Un &#xD83D; seul", "Un \ufffd seul"), ("Caf&eacute;, qui&nbsp;?", "Café, qui ?"),
        ("Arts & Lettres", "Arts & Lettres"), ("A &lt; B", "A < B"),
    ],
)  # fmt: skip
def test_a_sitemap_of_news_is_read_letter_for_letter(written, read):
    (entry,) = parse_sitemap(make_fetched(MAP.format("UTF-8", NEWS.format(written)), content_type="application/xml")).entries
    assert (plain_text(entry.title), entry.link) == (read, "https://e.fr/?id=1&lang=fr")


@pytest.mark.parametrize("declared", ["UTF-8", "ISO-8859-1", "windows-1252"])
def test_a_sitemap_in_windows_1252_is_read_whatever_it_says(declared):
    body = MAP.format(declared, NEWS.format("L’été à l’œuvre, déjà")).encode("cp1252")
    (entry,) = parse_sitemap(make_fetched(body, content_type="application/xml")).entries
    assert entry.title == "L’été à l’œuvre, déjà"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Mon, 03 May 99 08:00:00 GMT", "1999-05-03T08:00:00Z"), ("03/05/99", "1999-05-03"), ("03/05/49", "2049-05-03"),
        ("Fri, 20 Nov 2026 7:00:00 PM GMT", "2026-11-20T19:00:00Z"), ("Fri, 20 Nov 2026 12:30 AM GMT", "2026-11-20T00:30:00Z"),
        ("11/20/2026 8:00:00 AM", "2026-11-20T08:00:00"), ("Fri, 20 Nov 2026 13:00 PM GMT", "2026-11-20"),
        ("Fri, 20 Nov 2026 08:00:00 UTC+1", "2026-11-20T07:00:00Z"), ("Fri, 20 Nov 2026 11:00:00 RET", "2026-11-20T07:00:00Z"),
        ("Fri, 20 Nov 2026 11:00:00 GMT+1", "2026-11-20T10:00:00Z"), ("20261120", "2026-11-20"),
        ("20261120T070000Z", "2026-11-20T07:00:00Z"), ("Ven, 20/11/2026 - 08:00", "2026-11-20T08:00:00"),
        ("vendredi 20 novembre 2026 - 08:00", "2026-11-20T08:00:00"), ("Friday, November 20, 2026 - 08:00", "2026-11-20T08:00:00"),
        ("20 novembre 2026 à 8h", "2026-11-20T08:00:00"), ("Fri,20 Nov 2026 08:00:00 GMT", "2026-11-20T08:00:00Z"),
        ("1795158000", "2026-11-20T07:00:00Z"), ("1795158000000", "2026-11-20T07:00:00Z"), ("9999999999", ""), ("1° juin 2026", "2026-06-01"),
    ],
)  # fmt: skip
def test_forms_that_a_stranger_wrote(written, read):
    assert feed_date(written) == read


@pytest.mark.parametrize(
    "written", ["0001-01-01T00:00:00Z", "-0001-11-30T00:00:00+00:00", "Mon, 01 Jan 0001 00:00:00 GMT", "2024", "2026-11", "2026-W47-5"]
)
def test_no_day_is_made_of_what_names_none(written):
    item = f"<item><title>A</title><link>https://e.fr/a</link><pubDate>{written}</pubDate></item>"
    body = f"<?xml version='1.0'?><rss version='2.0'><channel><title>x</title>{item}</channel></rss>"
    (read,) = read_items(make_source(url="https://e.fr/feed"), make_fetched(body, url="https://e.fr/feed")).items
    assert read.published is None


@pytest.mark.parametrize(
    ("written", "read"), [("2026-11-20T08:00:00+01", "2026-11-20T07:00:00Z"), ("2026-11-20T07:00:00 GMT", "2026-11-20T07:00:00Z")]
)
def test_a_short_zone_is_a_zone(written, read):
    assert stored(moment_of(written, "Indian/Reunion")) == read


def test_an_optional_hyphen_goes_and_a_break_of_line_parts():
    assert text_of("inter&#31;communal, fin&#8;") == "intercommunal, fin"
    assert text_of("Fête de\x0bla ville&#11;ici") == "Fête de la ville ici"


@pytest.mark.parametrize("kind", ["application/ld+json; charset=utf-8", "Application/LD+JSON"])
@pytest.mark.parametrize("name", ["https://schema.org/NewsArticle", "schema:BlogPosting", "ReportageNewsArticle", "LiveBlogPosting"])
def test_articles_are_known_by_every_name_that_schema_org_gives_them(kind, name):
    rows = [{"@type": name, "headline": f"Article {n}", "url": f"https://e.fr/{n}"} for n in range(3)]
    html = f"<html><head><script type='{kind}'>\ufeff{json.dumps(rows)}</script></head><body><h1>x</h1></body></html>"
    parsed = parse_json_ld(make_fetched(html, url="https://e.fr/", content_type="text/html; charset=utf-8"))
    assert [entry.title for entry in parsed.entries] == ["Article 0", "Article 1", "Article 2"]
