"""OPML (opml.org, version 2.0) out and in.

Comes in: sources, or the text of an OPML file. Goes out: OPML, or sources. Forbidden: entities, other documents.
What OPML has no word for travels in attributes of our own namespace, so that nothing is lost on the way back; an OPML of another
reader gives sources with an id made from their title.
"""

import contextlib
import re
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlsplit
from xml.sax.saxutils import quoteattr

from lxml import etree

from veille.config.writing import duration_text
from veille.errors import UsageError
from veille.french import fold
from veille.letters import mended_xml
from veille.messages.collecting import NOT_OPML
from veille.model import SOURCE_KINDS, Expectation, Selectors, Source
from veille.normalize import sound_references

NAMESPACE = "https://veille-departements.github.io/ns/opml/1"
_OURS = f"{{{NAMESPACE}}}"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SELECT = ("item", "title", "link", "date", "summary")


def write_opml(sources: Iterable[Source], title: str) -> str:
    """Return an OPML of every source, ours and foreign readers' attributes both."""
    lines = [f"    <outline {_attributes(source)}/>" for source in sources]
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0" xmlns:veille="{NAMESPACE}">\n'
        f"  <head><title>{_escaped(title)}</title></head>\n  <body>\n" + "\n".join(lines) + "\n  </body>\n</opml>\n"
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _attributes(source: Source) -> str:
    usual = Source(id="", name="", kind="feed", url="")
    given = {
        "text": source.name,
        "title": source.name,
        # A reader that knows only feeds must not take a page for one.
        "type": SOURCE_KINDS[source.kind].outline,
        "xmlUrl" if SOURCE_KINDS[source.kind].outline == "rss" else "url": source.url,
        "language": source.language,
        "veille:id": source.id,
        "veille:kind": source.kind,
        "veille:territory": " ".join(source.territory),
        "veille:tags": " ".join(source.tags),
        "veille:formerly": " ".join(source.formerly),
        "veille:every": duration_text(source.every) if source.every != usual.every else "",
        "veille:timeout": duration_text(source.timeout) if source.timeout != usual.timeout else "",
        "veille:timezone": source.timezone if source.timezone != usual.timezone else "",
        "veille:rights": source.rights if source.rights != usual.rights else "",
        "veille:full_text": str(source.full_text or ""),
        "veille:at_least": str(source.expect.at_least or ""),
        "veille:within": duration_text(source.expect.within) if source.expect.within else "",
        "veille:enabled": "" if source.enabled else "false",
    }
    for name in _SELECT:
        given[f"veille:select_{name}"] = getattr(source.select, name) or "" if source.select else ""
    return " ".join(f"{name}={quoteattr(value)}" for name, value in given.items() if value)


def read_opml(text: bytes) -> list[Source]:
    """Return the sources of an OPML file, folders flattened; raises UsageError for what is none."""
    root = _root(text)
    if root is None or _local(root) != "opml":
        raise UsageError(NOT_OPML)
    found: list[Source] = []
    taken: set[str] = set()
    watched: set[tuple[str, str]] = set()
    for outline in root.iter():
        source = _source(outline, taken) if _local(outline) == "outline" else None
        if source and (source.kind, source.url) not in watched:  # a feed in two folders is one source
            watched.add((source.kind, source.url))
            taken.add(source.id)
            found.append(source)
    return found


_ENDED = re.compile(r"</(?:\w+:)?opml\s*>\s*\Z", re.I)


def _root(text: bytes) -> etree._Element | None:
    """Return the tree of a document; where it is not well-formed though whole, what a parser makes of it."""
    mended = sound_references(mended_xml(text))
    for recover in (False, True):
        if recover and not _ENDED.search(mended):
            return None  # a file that is cut would bring a part of what it held
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, recover=recover)
        with contextlib.suppress(etree.XMLSyntaxError, ValueError):
            return etree.fromstring(mended, parser)
    return None


def _local(node: etree._Element) -> str:
    return etree.QName(node).localname.lower() if isinstance(node.tag, str) else ""


_FEED_SCHEME = re.compile(r"\Afeed:(?:(?://)?(?=(https?:))|//)", re.I)


def _source(outline: etree._Element, taken: set[str]) -> Source | None:
    given = {str(name).lower(): str(value).strip() for name, value in outline.attrib.items()}
    feed, page = given.get("xmlurl", ""), given.get("url", "")
    own = {name: outline.get(_OURS + name, "") for name in _NAMES}
    kind = own["kind"] if own["kind"] in SOURCE_KINDS else "feed" if feed else "discover"
    url = feed if SOURCE_KINDS[kind].outline == "rss" else page or given.get("htmlurl", "") or feed
    url = _FEED_SCHEME.sub(lambda found: "" if found[1] else "http://", url)
    if not url:
        return None
    name = " ".join((given.get("title") or given.get("text") or urlsplit(url).hostname or url).split())[:120]
    usual = Source(id="", name="", kind="feed", url="")
    select = {part: own[f"select_{part}"] for part in _SELECT if own[f"select_{part}"]}
    language = given.get("language", "")
    return Source(
        id=own["id"] if own["id"] and own["id"] not in taken else _fresh_id(name, taken),
        name=name,
        kind=kind,
        url=url,
        territory=tuple(own["territory"].split()),
        tags=tuple(own["tags"].split()),
        formerly=tuple(own["formerly"].split()),
        every=_duration(own["every"]) or usual.every,
        timeout=_duration(own["timeout"]) or usual.timeout,
        language=language if re.fullmatch(r"[a-z]{2,3}", language) else usual.language,
        timezone=own["timezone"] or usual.timezone,
        rights=own["rights"] if own["rights"] in ("link", "excerpt", "full") else usual.rights,
        full_text=_number(own["full_text"]) or 0,
        expect=Expectation(at_least=_number(own["at_least"]), within=_duration(own["within"])),
        enabled=own["enabled"] != "false",
        select=Selectors(**select) if {"item", "title"} <= select.keys() else None,
    )


_NAMES = (
    "id", "kind", "territory", "tags", "formerly", "every", "timeout", "timezone", "rights", "full_text", "at_least", "within",
    "enabled", *(f"select_{part}" for part in _SELECT),
)  # fmt: skip


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) else None


def _duration(text: str) -> timedelta | None:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]]) if match else None


def _fresh_id(name: str, taken: set[str]) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:60].strip("-") or "source"
    return next(one for one in (stem, *(f"{stem}-{number}" for number in range(2, 100_000))) if one not in taken)
