"""A sitemap (sitemaps.org, and Google's news extension) becomes entries.

Comes in: `Fetched`. Goes out: `ParsedFeed`; for an index, the addresses of its sitemaps. Forbidden: entities, other documents.
Where some addresses carry news, the others are the site's pages and no entries.
"""

import re

from lxml import etree

from veille.errors import ParseError
from veille.letters import mended_xml
from veille.messages.collecting import NOT_A_FEED, SITEMAP_INDEX, SITEMAP_UNDATED
from veille.model import Entry, Fetched, ParsedFeed
from veille.normalize import sound_references

_IS_SITEMAP = re.compile(rb"<(?:\w{1,20}:)?(urlset|sitemapindex)\b")


def is_sitemap(start: bytes) -> bool:
    """Return whether a document is a sitemap or an index of them, by its beginning."""
    return _IS_SITEMAP.search(start) is not None


def parse_sitemap(fetched: Fetched) -> ParsedFeed:
    """News where there are some, else every dated address; raises ParseError for an index, and where nothing is dated."""
    root = _root(fetched)
    if _name(root) == "sitemapindex":
        raise ParseError("bad-feed", SITEMAP_INDEX)
    urls = [node for node in root if _name(node) == "url"]
    news = [entry for entry in (_news(node) for node in urls) if entry]
    if news:
        return ParsedFeed(entries=tuple(news))
    dated = [Entry(link=_text(node, "loc"), published=_text(node, "lastmod")) for node in urls]
    dated = [entry for entry in dated if entry.link and entry.published]
    if urls and not dated:
        raise ParseError("bad-feed", SITEMAP_UNDATED)
    return ParsedFeed(entries=tuple(dated), skipped=len(urls) - len(dated))


def sitemaps_of(fetched: Fetched) -> tuple[tuple[str, ...], bool]:
    """Return the sitemaps that an index names, those with news in their address first, and whether this one carries news itself."""
    root = _root(fetched)
    if _name(root) != "sitemapindex":
        return (), any(_news(node) is not None for node in root)
    found = [_text(node, "loc") for node in root if _name(node) == "sitemap"]
    named = sorted(filter(None, found), key=lambda one: not re.search(r"news|actu|post|article", one, re.I))
    return tuple(named[:20]), False


def _root(fetched: Fetched) -> etree._Element:
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(sound_references(mended_xml(fetched.body, fetched.content_type)), parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise ParseError("bad-feed", NOT_A_FEED) from exc
    if root is None or _name(root) not in ("urlset", "sitemapindex"):
        raise ParseError("bad-feed", NOT_A_FEED)
    return root


def _name(node: etree._Element) -> str:
    return etree.QName(node).localname if isinstance(node.tag, str) else ""


def _text(node: etree._Element, name: str) -> str:
    """Return the text of the first descendant of a name, whatever its namespace."""
    return next((" ".join((one.text or "").split()) for one in node.iter() if _name(one) == name), "")


def _news(node: etree._Element) -> Entry | None:
    news = next((one for one in node if _name(one) == "news"), None)
    if news is None:
        return None
    link, title = _text(node, "loc"), _text(news, "title")
    return Entry(link=link, title=title, published=_text(news, "publication_date"), title_is_text=True) if link and title else None
