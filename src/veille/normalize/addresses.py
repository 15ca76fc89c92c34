"""Links become absolute, addresses canonical.

Comes in: what a document or a person wrote. Goes out: http and https addresses, or "". Forbidden: asking the network.

Two forms of an address. The exact one (`canonical`) is a name: scheme, `www.`, port, dot segments, index file, final slash and order of
parameters are one way or another of writing it, and what only says where a reader came from is cut; nothing else is. The loose one
(`loose`) also lets go of what may be content and of sessions: it proposes, and never names. Both are of the rule of today, the second;
another one will be a file of its own, since files keep what this one made of their addresses.
"""

import re
from urllib.parse import urljoin, urlsplit

from veille.normalize.rule_2 import PLAIN, canonical, loose, without_tracking

CANONICAL_VERSION = 2
LONGEST_URL = 2_000


def absolute(base: str, link: str) -> str:
    """Return the http or https address of a link found in a document at `base`; "" for anything else."""
    if PLAIN.fullmatch(link) and len(link) <= LONGEST_URL:
        return link
    link = re.sub(r"[\x00-\x20\x7f\ud800-\udfff]+", lambda gap: "%20" if gap[0] == " " else "", link.strip())
    if not link or len(link) > LONGEST_URL:
        return ""
    if link.startswith("//") and not base:
        link = f"https:{link}"
    try:
        joined = urljoin(base, link) if base else link
        parts = urlsplit(joined)
        _ = parts.port
    except ValueError:
        return ""
    return joined if parts.scheme.lower() in ("http", "https") and parts.hostname else ""


def with_scheme(base: str, link: str) -> str:
    """Return an address that was written without its scheme, and so taken for a file beside the feed (`www.x.fr/a`, or the feed's own
    host).
    """
    folder, _, _ = base.rpartition("/")
    rest = link.removeprefix(f"{folder}/")
    host = urlsplit(base).hostname or ""
    if rest != link and (_BARE_HOST.match(rest) or (host and rest.lower().startswith(f"{host}/"))):
        return f"{base.partition(':')[0]}://{rest}"
    return link


_BARE_HOST = re.compile(r"www\.[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,20}(?:[/?#]|\Z)", re.I)

__all__ = ["CANONICAL_VERSION", "LONGEST_URL", "absolute", "canonical", "loose", "with_scheme", "without_tracking"]
