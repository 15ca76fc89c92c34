"""Bytes become entries: one file per kind of document, picked here by one line per kind.

Comes in: `Fetched` and the source's selectors. Goes out: `ParsedFeed`. Forbidden: network, disk, guesses about sites.
Run in a child process with limits (`veille.collect.child`): documents come from strangers.
"""

import re
from collections.abc import Callable
from datetime import date

from veille.errors import ParseError
from veille.messages.collecting import EMPTY_ANSWER, EMPTY_PAGE, ENTITIES_DECLARED, NOT_A_FEED
from veille.model import SOURCE_KINDS, Fetched, ParsedFeed, Selectors

_PROLOG = 64 << 10  # bytes before the first element
_BEGINNING = 4_000  # bytes in which a sitemap says what it is
_DOCTYPE = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?(?:\s|<\?.*?\?>|<!--.*?-->)*<!DOCTYPE[^>\[]*\[", re.I | re.S)
_SOMETHING = re.compile(rb"[^\x00\t\n\r\x20\xef\xbb\xbf]")
_JSON = re.compile(rb"[\xef\xbb\xbf \t\r\n]*[{\[]")
_MOST_UNZIPPED, _HONEST_RATIO = 20 << 20, 150  # as at the door (`fetch`)
_A_WORD = 20  # characters: a page that says less is empty


def parse(kind: str, fetched: Fetched, select: Selectors | None, today: date | None = None) -> ParsedFeed:
    """Return the entries of one answer; raises ParseError when it is not what the source promised.

    A page without selectors is read by its JSON-LD. `today` is the day when the answer came: « il y a 2 jours » needs it.
    """
    known = SOURCE_KINDS[kind]
    fetched = unzipped(fetched)
    if not _SOMETHING.search(fetched.body):
        raise ParseError(known.failure, EMPTY_ANSWER)
    return PARSERS[known.parser](fetched, select, today)


def _parse_page(fetched: Fetched, select: Selectors | None, today: date | None) -> ParsedFeed:
    if select:
        from veille.parse.page import parse_page

        return parse_page(fetched, select, today)
    from veille.parse.json_ld import parse_json_ld

    return parse_json_ld(fetched)


def _parse_feed(fetched: Fetched, _select: Selectors | None, _today: date | None) -> ParsedFeed:
    if declares_entities(fetched.body):
        raise ParseError("bad-feed", ENTITIES_DECLARED)
    return _feed_parser(fetched.body)(fetched)


# Who reads the answers of a kind of source (`SourceKind.parser`); each loads its file when it is asked.
PARSERS: dict[str, Callable[[Fetched, Selectors | None, date | None], ParsedFeed]] = {"feed": _parse_feed, "page": _parse_page}


def unzipped(fetched: Fetched) -> Fetched:
    """Return a document that is a gzip file (`sitemap.xml.gz`, or a feed whose server forgets to say so), unpacked; any other as it is."""
    if not fetched.body.startswith(b"\x1f\x8b"):
        return fetched
    import zlib
    from dataclasses import replace

    inflate = zlib.decompressobj(31)
    try:
        body = inflate.decompress(fetched.body, _MOST_UNZIPPED)
    except zlib.error as exc:
        raise ParseError("bad-feed", NOT_A_FEED) from exc
    if not inflate.eof or len(body) > _HONEST_RATIO * len(fetched.body) + _BEGINNING:
        raise ParseError("bad-feed", NOT_A_FEED)
    return replace(fetched, body=body, content_type="application/xml" if "zip" in fetched.content_type else fetched.content_type)


def declares_entities(body: bytes) -> bool:
    """Return whether the DOCTYPE of an XML document declares entities: no feed needs any, and a few lines of them fill a memory.

    The document type of RSS 0.91, which names its DTD and declares nothing, is none.
    """
    start = body[:_PROLOG]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in start[:4]:
        start = start.replace(b"\x00", b"")
    if b"<!doc" not in start.lower():
        return False
    doctype = _DOCTYPE.match(start)
    return doctype is not None and b"<!ENTITY" in start[doctype.end() :].split(b"]>")[0]


def _feed_parser(body: bytes) -> Callable[[Fetched], ParsedFeed]:
    if _JSON.match(body):
        from veille.parse.json_feed import parse_json

        return parse_json
    start = body[:_BEGINNING]
    if b"sitemapindex" in start or b"urlset" in start:
        from veille.parse.sitemap import is_sitemap, parse_sitemap

        if is_sitemap(start):
            return parse_sitemap
    from veille.parse.feed import parse_feed

    return parse_feed


def wall_of(fetched: Fetched) -> ParseError | None:
    """Return what stands in the place of a page, or that it says nothing; None for a page that does."""
    from veille.judge.walls import wall_failure, words_of
    from veille.letters import page_text

    page = page_text(fetched)
    found = wall_failure(page)
    return found or (None if len(words_of(page[:2_000_000])) >= _A_WORD else ParseError("bad-page", EMPTY_PAGE))
