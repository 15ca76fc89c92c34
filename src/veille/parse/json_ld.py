"""The list of articles that a page describes in JSON-LD (schema.org) becomes entries.

Comes in: `Fetched`. Goes out: `ParsedFeed`. Forbidden: trusting a type; any value may be anything.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup

from veille.errors import ParseError
from veille.messages.collecting import NO_JSON_LD
from veille.model import Entry, Fetched, ParsedFeed
from veille.normalize import absolute
from veille.parse.page import base_of, soup_of

# schema.org's Article and what it has of kinds (NewsArticle, ReportageNewsArticle, ScholarlyArticle, LiveBlogPosting…).
_ARTICLE = re.compile(
    r"(?:(?:https?://(?:www\.)?schema\.org/|schema:)?)(?:\w*Article|\w*BlogPosting|SocialMediaPosting|Report|CreativeWork)\Z"
)
_SCRIPT = re.compile(r"\s*application/ld\+json\b", re.I)
LEAST = 3  # articles: fewer are the page's own description
_DEEPEST = 12


def parse_json_ld(fetched: Fetched) -> ParsedFeed:
    """Raises ParseError when a page describes no list of articles."""
    soup = soup_of(fetched)
    entries = articles_in(soup, base_of(soup, fetched.url))
    if len(entries) < LEAST:
        raise ParseError("bad-page", NO_JSON_LD, missed=True)
    return ParsedFeed(entries=tuple(entries))


def articles_in(soup: BeautifulSoup, base: str) -> list[Entry]:
    """Return the articles described in a page, each address once."""
    found: dict[str, Entry] = {}
    for script in soup.find_all("script", type=_SCRIPT):
        described = _described(script.get_text())
        for row in _objects(described, 0):
            entry = _entry(row, base)
            if entry:
                found.setdefault(entry.link, entry)
    return list(found.values())


_WRAPPING = re.compile(r"\A\s*(?://|/\*)?\s*(?:<!\[CDATA\[|<!--)\s*(?:\*/)?|\s*(?://|/\*)?\s*(?:\]\]>|-->)\s*(?:\*/)?\s*\Z")
_TRAILING = re.compile(r"(\"(?:[^\"\\]|\\.)*\")|,(\s*[}\]])", re.S)


def _described(text: str) -> Any:
    """Return what a script describes, in JSON as people write it: tabs and ends of lines in its texts, commas too many, a semicolon,
    CDATA.
    """
    text = _WRAPPING.sub("", _WRAPPING.sub("", text.strip("\ufeff \t\r\n"))).strip().rstrip("; \n\t")
    for given in (text, _TRAILING.sub(lambda found: found[1] or found[2], text)):
        try:
            return json.loads(given, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _objects(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for one in value:
            yield from _objects(one, depth + 1)
    elif isinstance(value, dict):
        yield value
        for name in ("@graph", "itemListElement", "item", "blogPost", "mainEntity", "hasPart", "blogPosts"):
            yield from _objects(value.get(name), depth + 1)


def _entry(row: dict[str, Any], base: str) -> Entry | None:
    types = row.get("@type")
    names = types if isinstance(types, list) else [types]
    if not any(isinstance(name, str) and _ARTICLE.match(name) for name in names):
        return None
    page = row.get("mainEntityOfPage")
    place = row.get("url") or (page.get("@id") if isinstance(page, dict) else page) or row.get("@id")
    link = absolute(base, place) if isinstance(place, str) else ""
    title = row.get("headline") or row.get("name")
    if not link or not isinstance(title, str) or not title.strip():
        return None
    summary = row.get("description")
    published = row.get("datePublished") or row.get("dateCreated")
    return Entry(
        link=link,
        title=title,
        summary=summary if isinstance(summary, str) else "",
        published=published if isinstance(published, str) else "",
        body_is_text=True,
    )
