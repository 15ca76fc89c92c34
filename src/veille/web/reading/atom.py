"""An Atom feed (RFC 4287), written with the standard library.

Comes in: plain values. Goes out: bytes. feedgen 1.0 loses the rel and type of an entry's links, so that the original address
takes the place of ours; it is not used.
"""

from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

_ATOM = "http://www.w3.org/2005/Atom"
register_namespace("", _ATOM)


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


def atom_feed(*, id_: str, title: str, subtitle: str, self_link: str, page: str, updated: datetime, entries: list[AtomEntry]) -> bytes:
    """Return a whole feed."""
    feed = Element(f"{{{_ATOM}}}feed", {"xml:lang": "fr"})
    _text(feed, "id", id_)
    _text(feed, "title", title)
    _text(feed, "subtitle", subtitle)
    _text(feed, "updated", atom_moment(updated))
    _text(SubElement(feed, f"{{{_ATOM}}}author"), "name", "veille")
    _link(feed, self_link, rel="self", media="application/atom+xml")
    _link(feed, page, rel="alternate", media="text/html")
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
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + bytes(tostring(feed, encoding="utf-8"))


def _text(parent: Element, name: str, text: str) -> None:
    SubElement(parent, f"{{{_ATOM}}}{name}").text = text


def _link(parent: Element, href: str, *, rel: str, media: str) -> None:
    SubElement(parent, f"{{{_ATOM}}}link", {"rel": rel, "type": media, "href": href})


def atom_moment(moment: datetime) -> str:
    """Return a moment as RFC 3339 writes it."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
