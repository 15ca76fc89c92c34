"""JSON Feed (jsonfeed.org, versions 1 and 1.1) and the WordPress REST list of posts become entries.

Comes in: `Fetched`. Goes out: `ParsedFeed`. Forbidden: trusting a type; any value may be anything.
"""

import json
from typing import Any

from veille.errors import ParseError
from veille.letters import decoded
from veille.messages.collecting import NO_READABLE_ENTRY, NOT_A_FEED
from veille.model import Entry, Fetched, ParsedFeed
from veille.normalize import absolute


def parse_json(fetched: Fetched) -> ParsedFeed:
    """Raises ParseError when the document is neither."""
    try:
        document = json.loads(decoded(fetched.body, fetched.content_type, None), strict=False)
    except (ValueError, RecursionError) as exc:
        raise ParseError("bad-feed", NOT_A_FEED) from exc
    if isinstance(document, dict) and isinstance(document.get("items"), list) and "version" in document:
        rows, read, language = document["items"], _json_feed_entry, _text(document.get("language"))
    elif isinstance(document, list) and document and all(isinstance(row, dict) and "link" in row for row in document):
        rows, read, language = document, _wordpress_entry, ""
    else:
        raise ParseError("bad-feed", NOT_A_FEED)
    entries = [read(fetched.url, row) for row in rows if isinstance(row, dict)]
    readable = tuple(entry for entry in entries if entry.title or entry.link or entry.summary or entry.content)
    if rows and not readable:
        raise ParseError("bad-feed", NO_READABLE_ENTRY)
    return ParsedFeed(entries=readable, language=language, skipped=len(rows) - len(readable))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def _json_feed_entry(base: str, row: dict[str, Any]) -> Entry:
    authors = row.get("authors") or ([row["author"]] if isinstance(row.get("author"), dict) else [])
    names = [_text(author.get("name")) for author in authors if isinstance(author, dict)] if isinstance(authors, list) else []
    markup, plain = _text(row.get("content_html")), _text(row.get("content_text"))
    return Entry(
        guid=_text(row.get("id")),
        link=absolute(base, _text(row.get("url")) or _text(row.get("external_url"))),
        title=_text(row.get("title")),
        summary="" if markup or plain else _text(row.get("summary")),
        content=markup or plain,
        author=", ".join(filter(None, names)),
        published=_text(row.get("date_published")) or _text(row.get("date_modified")),
        title_is_text=True,
        body_is_text=not markup,
    )


def _wordpress_entry(base: str, row: dict[str, Any]) -> Entry:
    def rendered(name: str) -> str:
        value = row.get(name)
        return _text(value.get("rendered")) if isinstance(value, dict) else _text(value)

    moment, local = _text(row.get("date_gmt")), _text(row.get("date"))
    if moment < "1971" or not moment[:4].isdigit():  # drafts and imports have none: zero, or the first moment of Unix
        moment = ""
    return Entry(
        guid=rendered("guid") or _text(row.get("id")),
        link=absolute(base, _text(row.get("link"))),
        title=rendered("title"),
        summary=rendered("excerpt"),
        content=rendered("content"),
        published=moment + "Z" if moment else local,
    )
