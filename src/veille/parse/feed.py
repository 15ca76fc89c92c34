"""RSS, Atom, RDF and CDF become entries: quickly where they leave no doubt, else by feedparser.

Comes in: `Fetched`. Goes out: `ParsedFeed`. Forbidden: handing feedparser anything but bytes in a file object
(a string that looks like an address would be opened).
"""

import calendar
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from veille.errors import ParseError
from veille.judge.walls import wall_failure
from veille.letters import escaped_ampersands, in_utf8
from veille.messages.collecting import HTML_NOT_FEED, NO_READABLE_ENTRY, NOT_A_FEED
from veille.model import Entry, Fetched, ParsedFeed
from veille.normalize import feed_date, sound_references
from veille.parse.quick import OPAQUE, read_quickly, refresh_of

_WALL_LOOK = 300_000  # bytes
_HTML = re.compile(rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html)\b", re.I | re.S)


def parse_feed(fetched: Fetched) -> ParsedFeed:
    """Return every entry that has a title, a link or a text; raises ParseError when the answer is not a feed."""
    if _HTML.match(fetched.body[:2000].lstrip(b"\xef\xbb\xbf")):
        page = fetched.body[:_WALL_LOOK].decode("utf-8", "replace")
        raise wall_failure(page) or ParseError("bad-feed", HTML_NOT_FEED)
    found = read_quickly(fetched)
    if found is None:  # with doubts: its letters first, then what XML does not forgive
        mended = in_utf8(fetched)
        text = escaped_ampersands(sound_references(mended.body.decode("utf-8")))
        mended = replace(mended, body=text.encode("utf-8", "replace"))
        found = read_quickly(mended) or read_by_feedparser(mended)
    return found


def read_by_feedparser(fetched: Fetched) -> ParsedFeed:
    """Return the same by feedparser, whatever the document is."""
    import feedparser

    headers = {"content-location": fetched.url, "content-type": fetched.content_type or "application/xml"}
    try:
        document = feedparser.parse(io.BytesIO(fetched.body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    except MemoryError:
        raise
    except Exception as exc:  # feedparser raises whatever its parsers raise on malformed dates, encodings, entities
        raise ParseError("bad-feed", NOT_A_FEED) from exc
    if not document.get("version") and not document.entries:
        raise wall_failure(fetched.body[:_WALL_LOOK].decode("utf-8", "replace")) or ParseError("bad-feed", NOT_A_FEED)
    named = _names_in(fetched.body)
    entries = [_entry(entry, named) for entry in document.entries]
    readable = tuple(entry for entry in entries if entry.title or entry.link or entry.summary or entry.content)
    if entries and not readable:
        raise ParseError("bad-feed", NO_READABLE_ENTRY)
    return ParsedFeed(
        entries=readable,
        language=str(document.feed.get("language") or "") or _root_language(fetched.body),
        skipped=len(entries) - len(readable),
        refresh=refresh_of(document.feed),
    )


def _root_language(body: bytes) -> str:
    """Return what the root element says of its language: feedparser leaves it out for RSS 1.0."""
    found = _ROOT_LANGUAGE.search(body[:_ROOT_LOOK])
    return found[1].decode("ascii").replace("_", "-") if found else ""


_ROOT_LOOK = 4096  # bytes
_ROOT_LANGUAGE = re.compile(rb"<(?:rss|feed|(?:[\w-]{1,20}:)?RDF)\b[^<>]*?\sxml:lang\s*=\s*[\"']([A-Za-z]{2,3}(?:[-_]\w{1,8})*)[\"']")


def _entry(entry: Any, named: frozenset[str]) -> Entry:
    contents = [part for part in entry.get("content") or () if part.get("value")]
    longest = max(contents, key=lambda part: len(part["value"]), default=None)
    title = entry.get("title_detail") or {}
    summary = entry.get("summary_detail") or {}
    body = longest if longest and len(longest["value"]) >= len(entry.get("summary") or "") else summary
    return Entry(
        guid=str(entry.get("id") or ""),
        link=_link(entry, named),
        title=str(entry.get("title") or ""),
        summary=str(entry.get("summary") or ""),
        content=str(longest["value"]) if longest else "",
        author=str(entry.get("author") or ""),
        published=_published(entry),
        title_is_text=title.get("type") == "text/plain",
        body_is_text=body.get("type") == "text/plain" and "<" not in (body.get("value") or ""),
    )


def _link(entry: Any, named: frozenset[str]) -> str:
    """Return the page of the entry: its link, else an alternate one, else an enclosure, else a guid that is an address."""
    original = str(entry.get("feedburner_origlink") or "").strip()
    if original.startswith(("http://", "https://")):
        return original  # what the link of a FeedBurner feed led to, as long as there was one to follow
    link = entry.get("link")
    hrefs = [found.get("href") for found in entry.get("links") or ()]
    if link and link not in hrefs and not _is_written(str(link), named):
        link = ""  # an opaque guid that feedparser took for a page beside the feed
    if not link:
        links = [found for found in entry.get("links") or () if found.get("href")]
        order = {"alternate": 0, "self": 1, "related": 2, "via": 3, "enclosure": 4}
        links.sort(key=lambda found: order.get(found.get("rel") or "", 5))
        link = links[0]["href"] if links else ""
    guid = str(entry.get("id") or "")
    if not _is_written(guid, named):
        guid = ""
    return str(link or (guid if guid.startswith(("http://", "https://")) else ""))


_NAMING = re.compile(
    rb"<(?:\w{1,20}:)?(?:guid|id)\b[^>]{0,300}>\s*(?:<!\[CDATA\[)?\s*([^<\]]{1,2000}?)\s*(?:\]\]>)?\s*</|\babout\s*=\s*[\"']([^\"']{1,2000})",
    re.I,
)


def _names_in(body: bytes) -> frozenset[str]:
    """Return every guid of a document as it is written, before any is joined to the address of the feed."""
    found = (one or other for one, other in _NAMING.findall(body))
    return frozenset(name.replace(b"&amp;", b"&").decode("utf-8", "replace") for name in found)


def _is_written(address: str, named: frozenset[str]) -> bool:
    """Return whether a document says an address, or its path, as it is: what a reader made of a name by joining it is nowhere in it."""
    if not OPAQUE.fullmatch(address.rpartition("/")[2]):
        return True
    return address in named or f"/{address.partition('://')[2].partition('/')[2]}" in named


_FULL_DATE = re.compile(r"\A(?!\s*\d{4}-?W).*?(?:\d\D+\d+\D+\d|\d.*[A-Za-zÀ-ÿ]{3}.*\d|[A-Za-zÀ-ÿ]{3}.*\d.*\D\d|\d{8})", re.S)


def _published(entry: Any) -> str:
    """Return the first publication, or the last change where it is all there is; as written when it could not be read."""
    raw = ""
    for name in ("published", "created", "updated"):
        text = str(entry.get(name) or "") if name in entry else ""
        if not text:
            continue
        known = feed_date(text)  # feedparser takes a moment without a zone for one of UTC, and knows neither CET nor Europe/Paris
        if known:
            return known
        parsed = entry.get(name + "_parsed")
        # Its guess counts where the year is the one that is written, with a month and a day: it makes 2001 of 0001.
        if parsed and _FULL_DATE.match(text[:100]) and re.search(rf"(?<!\d){parsed[0]}(?!\d)", text):
            try:
                return datetime.fromtimestamp(calendar.timegm(parsed), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            except (ValueError, OverflowError, OSError):
                continue
        raw = raw or text
    return raw[:300]
