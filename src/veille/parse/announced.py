"""The feed that a page announces about itself (`<link rel="alternate">`).

Comes in: `Fetched`. Goes out: an address or None. Forbidden: guessing addresses.
"""

from bs4 import Tag

from veille.model import Fetched
from veille.normalize import absolute
from veille.parse.page import base_of, soup_of

_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")


def announced_feed(fetched: Fetched) -> str | None:
    """The first announced feed that is not one of comments."""
    soup = soup_of(fetched)
    base = base_of(soup, fetched.url)
    for link in soup.find_all("link", href=True):
        if not isinstance(link, Tag) or "alternate" not in [str(rel).lower() for rel in link.get_attribute_list("rel")]:
            continue
        address = absolute(base, str(link["href"]))
        words = f"{link.get('title', '')} {address}".lower()
        if str(link.get("type", "")).lower().split(";")[0] in _TYPES and address and "comment" not in words:
            return address
    return None
