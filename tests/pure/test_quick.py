"""The quick way through feeds that leave no doubt, held beside feedparser; through plain markup, beside a parser of HTML."""

import random
import re
import unicodedata

import feedparser
import pytest
from feedparser.mixin import _FeedParserMixin
from feedparser.sanitizer import _HTMLSanitizer

from builders import make_fetched
from mutants import mutated
from veille import french
from veille.errors import ParseError
from veille.normalize import addresses, rule_2, text
from veille.parse import quick
from veille.parse.feed import read_by_feedparser
from veille.parse.quick import read_quickly

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns:atom="http://www.w3.org/2005/Atom" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel><title>Le labo</title><atom:link href="https://labo.fr/feed/" rel="self" type="application/rss+xml"/><link>https://labo.fr</link>
<description>Un <![CDATA[blog]]></description><language>fr-FR</language><sy:updatePeriod>
 hourly </sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>
<image><url>https://labo.fr/logo.png</url><title>Le labo</title><link>https://labo.fr</link></image>
<item><title>L&#8217;accueil social &amp;amp; ses usagers</title><link>https://labo.fr/accueil?utm_source=rss&amp;a=1</link>
 <dc:creator><![CDATA[Anne Le Goff]]></dc:creator><pubDate>Fri, 20 Nov 2026 08:30:00 +0100</pubDate><category><![CDATA[Social]]></category>
 <guid isPermaLink="false">https://labo.fr/?p=12</guid><description><![CDATA[<p>Trois maisons des solidarités.</p>]]></description>
 <content:encoded><![CDATA[<p>Trois maisons des <b>solidarités</b> ont revu leur accueil…</p>]]></content:encoded><slash:comments>0</slash:comments></item>
<item><title>Un &lt;b&gt;budget&lt;/b&gt; participatif</title><guid>https://labo.fr/budget</guid><pubDate>19 Nov 2026 08:30:00 GMT</pubDate>
 <description>Sans balise</description></item>
<item><link>/relatif</link><title></title><title>Le second</title><dc:date>2026-11-18</dc:date></item>
</channel></rss>"""
ATOM = """<?xml version="1.0"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><title type="html">Atelier</title><id>urn:a</id><updated>2026-11-20T00:00:00Z</updated>
<author><name>Tous</name></author>
<entry><title type="html">Un &lt;i&gt;titre&lt;/i&gt;</title><link rel="alternate" type="text/html" href="https://a.fr/1?x=1&amp;y=2"/>
 <link rel="enclosure" href="https://a.fr/1.mp3"/><id>tag:a.fr,2026:1</id><published>2026-11-20T08:00:00.123+01:00</published>
 <updated>2026-11-20T09:00:00Z</updated><author><name>Anne</name><email>anne@a.fr</email><uri>https://a.fr</uri></author>
 <category term="social"/><summary>Un résumé</summary><content type="html">&lt;p&gt;Le texte entier, plus long que le résumé.&lt;/p&gt;</content>
 <rights>Licence ouverte</rights><source><id>urn:s</id><title>Source</title><updated>2026-01-01T00:00:00Z</updated></source></entry>
<entry><id>https://a.fr/2</id><title>Deux</title><updated>2026-11-19T08:00:00Z</updated><content>Du texte &lt; simple</content></entry>
</feed>"""
RDF = """<?xml version="1.0" encoding="utf-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://r.fr/"><title>R</title><link>https://r.fr</link><description>D</description>
<items><rdf:Seq><rdf:li rdf:resource="https://r.fr/1"/></rdf:Seq></items></channel>
<item rdf:about="https://r.fr/1"><title>Un</title><link>https://r.fr/1</link><dc:date>2026-11-20T08:00:00Z</dc:date><dc:creator>B</dc:creator>
<description>Texte</description></item></rdf:RDF>"""
PLAIN = {"rss": RSS, "atom": ATOM, "rdf": RDF}


@pytest.mark.parametrize("document", PLAIN.values(), ids=PLAIN)
def test_a_plain_feed_is_read_quickly_and_as_feedparser_reads_it(document):
    fetched = make_fetched(document, url="https://labo.fr/feed/")

    parsed = read_quickly(fetched)

    assert parsed is not None
    assert parsed == read_by_feedparser(fetched)
    assert len(parsed.entries) == len(feedparser.parse(document.encode()).entries) > 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Un &lt;b&gt;budget&lt;/b&gt;", "Un <b>budget</b>"), ("<channel>", "<channel xml:base='https://b.fr/'>"),
        ("19 Nov 2026 08:30:00 GMT", "hier"), ("<rss", "<!DOCTYPE rss><rss"), ("Sans balise", "Sans <em>balise</em>"), ("Sans balise", "Sans &nbsp; balise"),
        ("<guid>https://labo.fr/budget</guid>", "<enclosure url='https://labo.fr/a.mp3'/>"), ("</channel>", ""), ("Sans balise", "Sans \x92 balise"),
        ("<description>Sans balise</description>", "<description>Un</description><description>Deux</description>"),
        ('encoding="UTF-8"', 'encoding="ISO-8859-1"'), ("<item><link>", "<item><item/><link>"),
        ("<description>Sans", "<itunes:summary xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>x</itunes:summary><description>Sans"),
    ],
)  # fmt: skip
def test_what_leaves_a_doubt_is_left_to_feedparser(old, new):
    assert old in RSS
    assert read_quickly(make_fetched(RSS.replace(old, new, 1))) is None


@pytest.mark.parametrize(
    "content_type", ["text/xml", "text/xml; charset=utf-8", "application/rss+xml", "", "text/html; charset=iso-8859-1"]
)
@pytest.mark.parametrize("declared", ["", ' encoding="utf-8"', ' encoding="latin-1"'])
def test_the_encoding_is_never_guessed(content_type, declared):
    fetched = make_fetched(RSS.replace(' encoding="UTF-8"', declared, 1), content_type=content_type)

    parsed = read_quickly(fetched)

    assert parsed is None or parsed == read_by_feedparser(fetched)


def test_a_thousand_mutated_feeds_are_read_as_feedparser_reads_them_or_left_to_it():
    """Of one that is read quickly no entry is lost, and no field differs."""
    read = 0
    for number in range(1_000):
        dice = random.Random(20171006 + number)
        fetched = make_fetched(mutated(dice.choice(list(PLAIN.values())).encode(), dice))
        parsed = read_quickly(fetched)
        if parsed is None:
            continue
        read += 1
        try:
            assert parsed == read_by_feedparser(fetched), number
        except ParseError as exc:
            raise AssertionError(number) from exc
    assert 100 < read < 900


def test_every_element_that_feedparser_knows_is_read_set_aside_or_left_to_it():
    """A new version of feedparser that reads more elements fails here first."""
    known = {name.split("_", 2)[2] for name in dir(_FeedParserMixin) if name.startswith(("_start_", "_end_"))}
    left = {
        "abstract", "body", "cc_license", "channel", "cloud", "creativeCommons_license", "creativecommons_license", "dc_contributor", "email",
        "entry", "feed", "feedburner_browserfriendly", "fullitem", "geom", "georss_where", "georssgeom", "height", "homepage", "image", "info", "item", "language",
        "lastbuilddate", "media_description", "media_group", "media_license", "media_player", "media_restriction", "media_title", "name", "newlocation", "rss",
        "subtitle", "tagline", "tags", "textInput", "textinput", "uri", "url", "where", "width", "xhtml_body",
    } | {name for name in known if name.startswith(("gml_", "itunes_", "psc_"))}  # fmt: skip

    assert known - quick._READ.keys() - quick._ASIDE == left
    assert left.isdisjoint(quick._READ.keys() | quick._ASIDE)
    assert _HTMLSanitizer.acceptable_elements == quick._HTML_ELEMENTS


def test_every_namespace_that_feedparser_knows_is_known_under_its_prefix_or_left_to_it():
    with_handlers = {name.split("_", 3)[2] for name in dir(_FeedParserMixin) if name.startswith("_start_") and name.count("_") > 2}
    for uri, prefix in _FeedParserMixin.namespaces.items():
        ours = quick._PREFIXES.get(uri.lower())
        if ours is not None:
            assert ours.rstrip("_") == prefix.lower(), uri
        elif uri and uri != "http://backend.userland.com/rss":
            assert uri.lower() in quick._FOREIGN or prefix.lower() not in with_handlers | {""}, uri


BITS = ("<p>", "</p>", "<br>", "<br/>", "<b>", "</b>", "<div>", "</div>", "<a href='x'>", "</a>", "<ul>", "<li>", "</li>", "</ul>", " ", "\n", "&amp;",
        "&eacute;", "&nbsp;", "&#8217;", "&lt;", "x", '<img src="a">', "<h2>", "</h2>", "<em>", "</em>", "<!--c-->", "<span>", "</span>", "é", "<hr>",
        "<blockquote>", "</blockquote>", "<script>s</script>", "<table>", "&", "<", "\u200b")  # fmt: skip


def test_plain_markup_says_what_a_parser_of_html_finds_in_it():
    dice, read = random.Random(7), 0
    whole = "<div><p>Un <b>accueil</b> &amp; des usagers&nbsp;: <a href='x'>voir</a>.</p><ul><li>un</li><li>deux</li></ul><p>L&#8217;été</p></div>"
    for number in range(6_000):
        if number % 2:
            markup = "".join(dice.choice(BITS) for _ in range(dice.randint(2, 12)))
        else:
            at = dice.randrange(len(whole))
            markup = whole[:at] + dice.choice(BITS) + whole[at + dice.choice((0, 0, 1, 4)) :]
        line = text._INVISIBLE.sub("", re.sub(r"[\n\r\t]", " ", markup))
        found = text._plain_text(line)
        if found is not None:
            read += 1
            assert text.clean(found) == text.clean(text._soup_text(markup)), markup
    assert read > 400


def test_what_is_cleaned_at_once_is_what_is_cleaned_by_rules():
    def by_rules(given):
        given = unicodedata.normalize("NFC", text._INVISIBLE.sub("", given.replace("\x85", "\n").replace("\r", "\n")))
        given = text._LINES.sub("\n", text._SPACES.sub(" ", given)).strip()
        return given if text._VISIBLE.search(given) else ""

    dice = random.Random(11)
    letters = "aé  \n\n\t\u00a0\u202f\u2009\u200b\u00ad\r\x85\ufffc\u0301œ’—😀\u2028\u3164"
    for _ in range(5_000):
        given = "".join(dice.choice(letters) for _ in range(dice.randint(0, 14)))
        assert text.clean(given) == by_rules(given), given


def test_plain_addresses_are_what_every_address_becomes(monkeypatch):
    dice = random.Random(5)
    bits = [
        "/",
        "//",
        ".",
        "..",
        "%41",
        "?",
        "#",
        "www.",
        ";",
        "é",
        ":",
        "@",
        "/index.html",
        "/amp",
        "A",
        "-",
        "_",
        " ",
        "'",
        "&",
        "?utm_source=x",
        ":8080",
        "xn--",
    ]
    base = [
        "https://www.gironde.fr/actualites/un-accueil-2026",
        "http://labo.example.org/a/b.html",
        "https://a.fr/",
        "http://127.0.0.1:8100/f.xml",
    ]
    urls = [*base]
    for _ in range(8_000):
        url = dice.choice(base)
        at = dice.randrange(len(url))
        urls.append(url[:at] + dice.choice(bits) + url[at + dice.randint(0, 2) :])
    quickly = [(addresses.absolute("https://b.fr/x", url), addresses.canonical(url)) for url in urls]
    assert sum(rule_2.PLAIN.fullmatch(url) is not None for url in urls) > 400
    for room in (addresses, rule_2):
        monkeypatch.setattr(room, "PLAIN", re.compile(r"(?!)"))
    assert quickly == [(addresses.absolute("https://b.fr/x", url), addresses.canonical(url)) for url in urls]


def test_letters_of_two_alphabets_are_folded_as_all_letters_are():
    dice = random.Random(3)
    samples = ["x" + chr(code) + "Y" for code in range(1, 0x3000) if not 0xD800 <= code < 0xE000]
    for _ in range(2_000):
        samples.append("".join(chr(dice.choice((dice.randrange(32, 256), 0x2019, 0x153, 0x2013, 97, 32))) for _ in range(150)))
    assert [french._fold(one) for one in samples] == [french._fold_any(one) for one in samples]


def test_the_index_is_given_the_same_words_either_way(store):
    """The tokenizer of the index cuts what it is given where `french` did, whatever the text, and both ways to cut a text agree."""
    dice, samples = random.Random(9), ["Un accueil 🤝 repensé", "l’œuvre_commune à 50 %", "x🧢y ② ½ ªº", "le R.S.A. en co-design"]
    for _ in range(400):
        samples.append(
            "".join(
                dice.choice(
                    ("🤝", "a", "é", " ", "’", "_", "²", "½", "ª", "œ", "–", "€", "\u0301", "đ", "-", ".", chr(dice.randrange(32, 0x250)))
                )
                for _ in range(40)
            )
        )
    store.execute("create virtual table temp.one using fts5(t, tokenize='ascii')")
    store.execute("create virtual table temp.one_words using fts5vocab(one, 'instance')")
    store.executemany(
        "insert into temp.one (rowid, t) values (?, ?)", [(number, french.index_text(one)) for number, one in enumerate(samples)]
    )
    found: dict[int, list[str]] = {number: [] for number in range(len(samples))}
    for number, word in store.execute("select doc, term from temp.one_words order by doc, offset").fetchall():
        found[number].append(word)
    assert list(found.values()) == [french.index_text(one).split() for one in samples]
    cuts = [french.cut(one) for one in samples]
    assert [french.index_words(words, one) for one, (words, _, bare) in zip(samples, cuts, strict=True) if bare] == [
        french.index_text(one) for one, (_, _, bare) in zip(samples, cuts, strict=True) if bare
    ]
    assert sum(map(len, found.values())) > 1_000


@pytest.mark.parametrize(
    "document",
    [
        "<rss version='2.0' xml:lang='fr-FR'><channel><title>t</title>{item}</channel></rss>",
        (
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='fr-FR'><title>t</title><id>a</id><entry><title>A</title><id>x</id>"
            "<link href='https://e.fr/a'/></entry></feed>"
        ),
        (
            "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' xml:lang='fr-FR'>"
            "<channel rdf:about='x'><title>t</title></channel><item rdf:about='y'><title>A</title><link>https://e.fr/a</link></item></rdf:RDF>"
        ),
    ],
)
def test_both_readers_take_the_language_of_the_root(document):
    item = "<item><title>A</title><link>https://e.fr/a</link></item>"
    fetched = make_fetched("<?xml version='1.0'?>" + document.replace("{item}", item), content_type="application/xml")

    assert (read_quickly(fetched) or read_by_feedparser(fetched)).language == read_by_feedparser(fetched).language == "fr-FR"
