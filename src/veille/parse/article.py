"""The text and the day of an article's own page, by trafilatura.

Comes in: a page. Goes out: plain text, and the day it says it was published, or "". Forbidden: markup, comments of readers.
"""

from veille.errors import ParseError
from veille.messages import NO_ARTICLE_TEXT
from veille.model import Fetched
from veille.normalize import LONGEST_TEXT, clean, cut
from veille.parse.page import page_text
from veille.parse.walls import wall_failure

LEAST_TEXT = 140  # characters: less is a teaser, a wall or a mistake


def article_of(fetched: Fetched) -> tuple[str, str]:
    """Text and day (YYYY-MM-DD, or ""); raises ParseError where the page holds no text of its own."""
    import trafilatura

    page = page_text(fetched).replace("\x00", "")
    found = trafilatura.bare_extraction(page, url=fetched.url, include_comments=False, include_tables=True, with_metadata=True)
    text = cut(clean(str(getattr(found, "text", "") or "")), LONGEST_TEXT) if found else ""
    if len(text) < LEAST_TEXT:
        raise wall_failure(page) or ParseError("bad-page", NO_ARTICLE_TEXT)
    day = str(getattr(found, "date", "") or "")[:10]
    return text, day
