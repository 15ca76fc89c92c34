"""Bytes become entries: one file per kind of document, picked here by one line per kind.

Comes in: `Fetched` and the source's selectors. Goes out: `ParsedFeed`. Forbidden: network, disk, guesses about sites.
Run in a child process with limits (`veille.child`): documents come from strangers.
"""

from collections.abc import Callable

from veille.errors import ParseError
from veille.messages import EMPTY_ANSWER
from veille.model import Fetched, ParsedFeed, Selectors
from veille.parse.announced import announced_feed
from veille.parse.feed import parse_feed
from veille.parse.json_feed import parse_json
from veille.parse.page import parse_page


def parse(kind: str, fetched: Fetched, select: Selectors | None) -> ParsedFeed:
    """The entries of one answer; raises ParseError when it is not what the source promised."""
    if not fetched.body.strip(b"\x00\t\n\r\x20\xef\xbb\xbf"):
        raise ParseError("bad-page" if kind == "page" else "bad-feed", EMPTY_ANSWER)
    if kind == "page" and select is not None:
        return parse_page(fetched, select)
    return _feed_parser(fetched.body)(fetched)


def _feed_parser(body: bytes) -> Callable[[Fetched], ParsedFeed]:
    return parse_json if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else parse_feed


__all__ = ["announced_feed", "parse"]
