"""A listing page becomes entries, by the CSS selectors of its source.

Comes in: `Fetched`, `Selectors`. Goes out: `ParsedFeed`. Forbidden: knowledge of any one site.
"""

import re
import warnings
from copy import copy
from dataclasses import replace
from datetime import date

from bs4 import BeautifulSoup, Tag

from veille.errors import ParseError
from veille.french import fold
from veille.judge.walls import wall_failure
from veille.letters import page_text
from veille.messages.collecting import (
    DOCUMENTS,
    EMPTY_ANSWER,
    ENTRIES_WITHOUT_TITLE,
    NOT_A_DOCUMENT,
    NOT_HTML,
    SELECTOR_MISSED,
    TOO_MANY_TAGS,
)
from veille.messages.common import number
from veille.model import Entry, Fetched, ParsedFeed, Selectors
from veille.normalize import absolute, clean, day_ago, day_without_year, moment_of

_WALL_LOOK = 300_000  # characters
MOST_TAGS = 60_000  # opening and closing; the largest of 440 real pages has 5,500, and a tree takes about 1 KiB for each
LEAST = 3  # entries: fewer may share one link by chance
_SAYS_EMPTY = re.compile(
    r"\b(?:aucune? (?:actualites?|articles?|resultats?|publications?|evenements?|projets?|contenus?)|pas encore d['’]\w+)\b"
)


def soup_of(fetched: Fetched) -> BeautifulSoup:
    """Return the tree of a page; raises ParseError for what is no page."""
    if not fetched.body.strip(b"\x00\t\n\r\x20\xef\xbb\xbf"):
        raise ParseError("bad-page", EMPTY_ANSWER)
    what = _document(fetched)
    if what:
        raise ParseError("bad-page", NOT_A_DOCUMENT.format(what=DOCUMENTS[what]))
    if b"<" not in fetched.body[:200_000]:
        raise ParseError("bad-page", NOT_HTML)
    if fetched.body.count(b"<") > MOST_TAGS:
        raise ParseError("bad-page", TOO_MANY_TAGS.format(limit=number(MOST_TAGS)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return BeautifulSoup(page_text(fetched).replace("\x00", ""), "lxml")


# What a document begins with when it is not text at all, whatever its header says.
_MAGIC = (
    (b"\x89PNG", "image"), (b"\xff\xd8\xff", "image"), (b"GIF8", "image"), (b"RIFF", "image"), (b"%PDF", "pdf"), (b"PK\x03\x04", "zip"),
    (b"ID3", "audio"), (b"OggS", "audio"), (b"wOFF", "font"), (b"wOF2", "font"), (b"\x1f\x8b", "zip"), (b"\x00\x00\x01\x00", "image"),
)  # fmt: skip


def _document(fetched: Fetched) -> str | None:
    """Return the kind of a document that is neither a page nor a feed."""
    start = fetched.body[:64].lstrip()
    found = next((kind for magic, kind in _MAGIC if start.startswith(magic)), None)
    kind = fetched.content_type.split(";")[0].strip().lower()
    family = kind.split("/")[0]
    if found is None and family in ("image", "video", "audio", "font") and kind != "image/svg+xml" and not start.startswith(b"<"):
        return family
    return found


def base_of(soup: BeautifulSoup, url: str) -> str:
    """Return what relative links of the page start from."""
    base = soup.find("base", href=True)
    return absolute(url, str(base["href"])) or url if isinstance(base, Tag) else url


def parse_page(fetched: Fetched, select: Selectors, today: date | None = None) -> ParsedFeed:
    """Return one entry for each block that has a title; raises ParseError when there is none. An entry shown twice is one."""
    soup = soup_of(fetched)
    entries, untitled = entries_of(soup, select, base_of(soup, fetched.url), fetched.url, today)
    if not entries and not untitled and _SAYS_EMPTY.search(fold(soup.get_text(" "))):
        return ParsedFeed(entries=())
    if not entries and not untitled:
        raise _wall(soup) or ParseError("bad-page", SELECTOR_MISSED.format(selector=select.item), missed=True)
    if not entries:
        raise ParseError("bad-page", ENTRIES_WITHOUT_TITLE, missed=True)
    if select.link is None:
        return ParsedFeed(entries=tuple(entries), skipped=untitled)
    # An article whose address went missing would be a new one when it comes back: it is left out until then.
    linked = [entry for entry in entries if entry.link]
    if not linked or (len(entries) >= LEAST and len({entry.link for entry in linked}) == 1):
        raise ParseError("bad-page", SELECTOR_MISSED.format(selector=select.link), missed=True)
    return ParsedFeed(entries=tuple(linked), skipped=untitled + len(entries) - len(linked))


def entries_of(soup: BeautifulSoup, select: Selectors, base: str, url: str, today: date | None) -> tuple[list[Entry], int]:
    """Return the entries that the selectors give, and how many blocks have no title and are none."""
    entries = [_entry(whole_of(block), select, base, url, today) for block in soup.select(select.item)]
    titled = [entry for entry in entries if entry.title]
    return _merged(titled), len(entries) - len(titled)


def _merged(entries: list[Entry]) -> list[Entry]:
    """« À la une » shows an article a second time: one link under one title is one entry, with what either says of it."""
    found: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        key = (entry.link, fold(entry.title)) if entry.link else (str(len(found)), "")
        first = found.get(key)
        found[key] = (
            replace(first, published=first.published or entry.published, summary=first.summary or entry.summary) if first else entry
        )
    return list(found.values())


def whole_of(block: Tag) -> Tag:
    """In a definition list an entry is a term with its definitions: the item may name either."""
    if block.name not in ("dt", "dd"):
        return block
    first = block
    while first.name != "dt":
        before = first.find_previous_sibling(["dt", "dd"])
        if not isinstance(before, Tag):
            break
        first = before
    group = [first]
    for after in first.find_next_siblings(["dt", "dd"]):
        if not isinstance(after, Tag) or after.name == "dt":
            break
        group.append(after)
    whole = BeautifulSoup("", "lxml").new_tag("div")
    if first.get("id"):
        whole["id"] = first["id"]
    for part in group:
        whole.append(copy(part))
    return whole


def _wall(soup: BeautifulSoup) -> ParseError | None:
    """Return the failure to tell when something stands in the place of the page."""
    return wall_failure(str(soup)[:_WALL_LOOK])


def _entry(block: Tag, select: Selectors, base: str, url: str, today: date | None) -> Entry:
    anchor = f"{url.split('#', maxsplit=1)[0]}#{block['id']}" if block.get("id") else ""
    link = absolute(base, read(block, select.link)) if select.link else anchor
    return Entry(
        guid="" if select.link else anchor,
        link=link,
        title=read(block, select.title),
        summary=read(block, select.summary) if select.summary else "",
        published=_dated(read(block, select.date), today) if select.date else "",
        title_is_text=True,
        body_is_text=True,
    )


def _dated(text: str, today: date | None) -> str:
    """Return the date as written; one that is counted from today as a day."""
    day = None
    if today and not re.search(r"\d{4}", text) and moment_of(text, "UTC") is None:  # « 12 mars 24 » has its year
        day = day_ago(text, today) or day_without_year(text, today)
    return day.isoformat() if day else text


def read(block: Tag, selector: str) -> str:
    """Return the text, or the attribute after @, of the first element that the selector finds in the block; `:scope` is the block
    itself.
    """
    path, _, attribute = selector.partition("@")
    element = block if path.strip() in ("", ":scope") else block.select_one(path)
    if element is None:
        return ""
    if attribute:
        value = element.get(attribute)
        return clean(" ".join(value) if isinstance(value, list) else value or "")
    return clean(element.get_text(" "))
