"""An Atom feed (RFC 4287), written with the standard library.

Comes in: plain values. Goes out: bytes. feedgen 1.0 loses the rel and type of an entry's links, so that the original address
takes the place of ours; it is not used.
"""

from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring
from xml.sax.saxutils import quoteattr

from veille.messages.reading import FEED_AS_PAGE, FEED_ENTRY, FEED_OPENED

_ATOM = "http://www.w3.org/2005/Atom"
_XHTML = "http://www.w3.org/1999/xhtml"  # for whoever opens the feed in a browser; readers leave such elements alone (RFC 4287 §6.3)
register_namespace("", _ATOM)
register_namespace("h", _XHTML)


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomEntry:
    id: str
    title: str
    link: str
    original: str
    author: str
    updated: datetime
    published: datetime | None
    summary: str
    categories: tuple[tuple[str, str], ...]  # term, label


def atom_feed(
    *, id_: str, title: str, subtitle: str, self_link: str, page: str, updated: datetime, entries: list[AtomEntry], style: str
) -> bytes:
    """Return a whole feed; `style`: the address of the sheet that a browser shows it with."""
    feed = Element(f"{{{_ATOM}}}feed", {"xml:lang": "fr"})
    _text(feed, "id", id_)
    _text(feed, "title", title)
    _text(feed, "subtitle", subtitle)
    _text(feed, "updated", atom_moment(updated))
    _text(SubElement(feed, f"{{{_ATOM}}}author"), "name", "veille")
    _link(feed, self_link, rel="self", media="application/atom+xml")
    _link(feed, page, rel="alternate", media="text/html")
    intro = SubElement(feed, f"{{{_XHTML}}}div")
    SubElement(intro, f"{{{_XHTML}}}p").text = FEED_OPENED
    SubElement(intro, f"{{{_XHTML}}}p").text = self_link
    SubElement(intro, f"{{{_XHTML}}}a", {"href": page}).text = FEED_AS_PAGE
    for entry in entries:
        element = SubElement(feed, f"{{{_ATOM}}}entry")
        _text(element, "id", entry.id)
        _text(element, "title", entry.title)
        _link(element, entry.link, rel="alternate", media="text/html")
        if entry.original:
            _link(element, entry.original, rel="via", media="text/html")
        _text(SubElement(element, f"{{{_ATOM}}}author"), "name", entry.author)
        _text(element, "updated", atom_moment(entry.updated))
        if entry.published:
            _text(element, "published", atom_moment(entry.published))
        for term, label in entry.categories:
            SubElement(element, f"{{{_ATOM}}}category", {"term": term, "label": label})
        if entry.summary:
            _text(element, "summary", entry.summary)
        SubElement(element, f"{{{_XHTML}}}a", {"href": entry.link}).text = FEED_ENTRY
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<?xml-stylesheet type="text/css" href={quoteattr(style)}?>\n'
    return head.encode() + bytes(tostring(feed, encoding="utf-8"))


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, f"{{{_ATOM}}}{name}").text = text


def _link(parent: Element, href: str, *, rel: str, media: str) -> None:
    SubElement(parent, f"{{{_ATOM}}}link", {"rel": rel, "type": media, "href": href})


def atom_moment(moment: datetime) -> str:
    """Return a moment as RFC 3339 writes it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
