"""Sources to OPML and back: nothing is lost, and other readers' files are understood."""

from datetime import timedelta

import pytest

from builders import make_source
from paths import ROOT
from veille.config import Names, parse_config, source_yaml
from veille.config.opml import read_opml, write_opml
from veille.errors import UsageError
from veille.model import Expectation, Selectors

ODD = [
    make_source(),
    make_source(
        id="tout", name="Tout & « plus » : <b> # \"cité\"", kind="page", url="https://e.fr/?a=1&b=2#x", territory=("2A", "2B"),
        tags=("laboratoires",), every=timedelta(hours=12), language="en", timezone="Indian/Reunion", rights="link",
        timeout=timedelta(seconds=45), full_text=20, expect=Expectation(at_least=5, within=timedelta(days=30)), enabled=False,
        formerly=("ancien", "plus-ancien"),
        select=Selectors(item="ul.actus > li:not(.pub)", title="h3 a", link="h3 a@href", date="time@datetime", summary="p.chapo"),
    ),
    make_source(id="decouvert", name="no", kind="discover", url="https://f.fr/", territory=("01",)),
    make_source(id="sans-lien", name="true", kind="page", url="https://g.fr/a", select=Selectors(item="section[id]", title="h2")),
]  # fmt: skip


@pytest.fixture
def names(knowledge):
    places = {code: place.name for code, place in knowledge.departements.items()}
    return Names(tags=frozenset(knowledge.themes), aliases=knowledge.aliases, departements=places)


def test_opml_and_back_is_the_same():
    assert read_opml(write_opml(ODD, "Essai & <essai>").encode()) == ODD


def test_yaml_and_back_is_the_same(names):
    text = "version: 1\nsources:\n" + "".join(source_yaml(source) for source in ODD)

    assert list(parse_config(text, "feeds.yaml", names).sources) == ODD


def test_our_own_feeds_yaml_survives_both_ways(names):
    text = (ROOT / "feeds.yaml").read_text(encoding="utf-8")
    sources = parse_config(text, "feeds.yaml", names).sources

    back = read_opml(write_opml(sources, "x").encode())
    again = parse_config("version: 1\nsources:\n" + "".join(source_yaml(one) for one in back), "x", names).sources

    assert again == sources


def test_the_opml_of_another_reader_gives_sources_with_ids_of_their_own():
    text = """<opml version="1.0"><head/><body><outline text="Blogs"><outline text="Le Lab" xmlUrl="https://a.fr/rss" type="rss"/>
    <outline title="Le Lab" text="x" xmlUrl="https://b.fr/rss"/></outline><outline text="Sans adresse"/><outline text="Site" htmlUrl="https://c.fr/"/>
    </body></opml>"""

    found = read_opml(text.encode())

    assert [(one.id, one.kind, one.url) for one in found] == [
        ("le-lab", "feed", "https://a.fr/rss"), ("le-lab-2", "feed", "https://b.fr/rss"), ("site", "discover", "https://c.fr/"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", [b"", b"bonjour", b"<html/>", b"<opml", b'<!DOCTYPE o [<!ENTITY a "b">]><rss>&a;</rss>'])
def test_what_is_no_opml_is_a_sentence(text):
    with pytest.raises(UsageError, match="OPML"):
        read_opml(text)


_OPML = '<opml version="2.0"><body><outline text="{}" xmlUrl="{}"/></body></opml>'


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'<?xml version="1.0" encoding="ISO-8859-1"?>' + _OPML.format("&Eacute;t&eacute;", "https://v.fr/f").encode(), "Été"),
        (('<?xml version="1.0" encoding="ISO-8859-1"?>' + _OPML.format("Été&nbsp;& co", "https://v.fr/f")).encode("latin-1"), "Été & co"),
        (('<?xml version="1.0" encoding="ISO-8859-1"?>' + _OPML.format("L’été", "https://v.fr/f")).encode("cp1252"), "L’été"),
        (_OPML.format("L’été", "https://v.fr/f").encode("cp1252"), "L’été"),
        (('<?xml version="1.0" encoding="utf-16"?>' + _OPML.format("Été", "https://v.fr/f")).encode(), "Été"),
        (_OPML.format("Vi\x08lle", "https://v.fr/f").encode(), "Vi lle"),
        (_OPML.format('V" frss:priority="1', "https://v.fr/f").encode(), "V"),
        (_OPML.format("V", "feed://v.fr/f").encode(), "V"),
        (_OPML.format("V", "feed:https://v.fr/f").encode(), "V"),
    ],
)
def test_lists_of_other_readers_as_a_stranger_wrote_them(body, name):
    (source,) = read_opml(body)
    assert source.name == name
    assert source.url.endswith("://v.fr/f")
    assert source.url.startswith("http")


def test_a_list_that_is_cut_brings_nothing():
    with pytest.raises(UsageError):
        read_opml(_OPML.format("V", "https://v.fr/f").encode()[:-12])
