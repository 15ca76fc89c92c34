"""A listing page becomes entries, by the CSS selectors of its source.

Comes in: `Fetched`, `Selectors`. Goes out: `ParsedFeed`. Forbidden: knowledge of any one site.
"""

import re
import warnings

from bs4 import BeautifulSoup, Tag
from bs4.dammit import EncodingDetector

from veille.errors import ParseError
from veille.messages import ENTRIES_WITHOUT_TITLE, NOT_HTML, SELECTOR_MISSED
from veille.model import Entry, Fetched, ParsedFeed, Selectors
from veille.normalize import absolute, clean
from veille.parse.walls import wall_failure

_WALL_LOOK = 300_000  # characters
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.I)


def page_text(fetched: Fetched) -> str:
    """The characters of a page: by byte-order mark, header, what the document says, then windows-1252."""
    body = fetched.body
    for mark, unicode in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
        if body.startswith(mark):
            return body[len(mark) :].decode(unicode, "replace")
    header = _CHARSET.search(fetched.content_type)
    declared = EncodingDetector.find_declared_encoding(body[:20_000], is_html=True)
    encodings: tuple[str | None, ...] = (header[1] if header else None, declared, "utf-8")
    for encoding in encodings:
        if encoding:
            try:
                return body.decode(encoding)
            except (LookupError, ValueError):  # unknown names, bytes that do not fit, a NUL in the name
                continue
    return body.decode("windows-1252", "replace")


def soup_of(fetched: Fetched) -> BeautifulSoup:
    """The tree of a page; raises ParseError for what is no page."""
    if b"<" not in fetched.body[:200_000]:
        raise ParseError("bad-page", NOT_HTML)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return BeautifulSoup(page_text(fetched).replace("\x00", ""), "lxml")


def base_of(soup: BeautifulSoup, url: str) -> str:
    """What relative links of the page start from."""
    base = soup.find("base", href=True)
    return absolute(url, str(base["href"])) or url if isinstance(base, Tag) else url


def parse_page(fetched: Fetched, select: Selectors) -> ParsedFeed:
    """One entry for each block that has a title; raises ParseError when there is none."""
    soup = soup_of(fetched)
    base = base_of(soup, fetched.url)
    blocks = soup.select(select.item)
    if not blocks:
        raise _wall(soup) or ParseError("bad-page", SELECTOR_MISSED.format(selector=select.item), missed=True)
    entries = [_entry(block, select, base, fetched.url) for block in blocks]
    readable = tuple(entry for entry in entries if entry.title)
    if not readable:
        raise ParseError("bad-page", ENTRIES_WITHOUT_TITLE, missed=True)
    return ParsedFeed(entries=readable, skipped=len(entries) - len(readable))


def _wall(soup: BeautifulSoup) -> ParseError | None:
    """The failure to tell when something stands in the place of the page."""
    return wall_failure(str(soup)[:_WALL_LOOK])


def _entry(block: Tag, select: Selectors, base: str, url: str) -> Entry:
    anchor = f"{url.split('#', maxsplit=1)[0]}#{block['id']}" if block.get("id") else ""
    link = absolute(base, _read(block, select.link)) if select.link else anchor
    return Entry(
        guid="" if select.link else anchor,
        link=link,
        title=_read(block, select.title),
        summary=_read(block, select.summary) if select.summary else "",
        published=_read(block, select.date) if select.date else "",
        title_is_text=True,
        body_is_text=True,
    )


def _read(block: Tag, selector: str) -> str:
    """The text, or the attribute after @, of the first element that the selector finds in the block."""
    path, _, attribute = selector.partition("@")
    element = block.select_one(path) if path.strip() else block
    if element is None:
        return ""
    if attribute:
        value = element.get(attribute)
        return clean(" ".join(value) if isinstance(value, list) else value or "")
    return clean(element.get_text(" "))
