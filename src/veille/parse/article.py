"""The text and the day of an article's own page, by trafilatura.

Comes in: a page. Goes out: plain text, and the day it says it was published, or "". Forbidden: markup, comments of readers.
"""

import re

from veille.errors import ParseError
from veille.messages import NO_ARTICLE_TEXT
from veille.model import Fetched
from veille.normalize import LONGEST_TEXT, clean, cut
from veille.parse.letters import page_text
from veille.walls import wall_failure

SHORT_TEXT = 140  # characters: so little may be what a wall says
# The day of a last change is no day of publication; left in the page it is taken for one where there is no other.
_CHANGED = re.compile(
    r"<meta\b[^<>]{0,300}(?:modified_time|updated_time|datemodified|last-modified|dcterms\.modified|revised)[^<>]{0,300}>|"
    r"[\"']dateModified[\"']\s*:\s*[\"'][^\"']{0,60}[\"']\s*,?",
    re.I,
)


def article_of(fetched: Fetched) -> tuple[str, str]:
    """Text and day (YYYY-MM-DD, or ""); raises ParseError where the page holds no text of its own."""
    import trafilatura

    page = _CHANGED.sub("", page_text(fetched).replace("\x00", ""))
    found = trafilatura.bare_extraction(
        page, url=fetched.url, include_comments=False, favor_recall=True, with_metadata=True, date_extraction_params=_DATES
    )
    text = cut(clean(str(getattr(found, "text", "") or "")), LONGEST_TEXT)
    wall = wall_failure(page) if len(text) < SHORT_TEXT else None
    if wall or not text:
        raise wall or ParseError("bad-page", NO_ARTICLE_TEXT)
    return text, str(getattr(found, "date", "") or "")[:10]


_DATES = {"original_date": True, "extensive_search": True}
