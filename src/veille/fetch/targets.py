"""What of an address a visit needs: where a request goes, and the site whose rules and pace hold for it.

Comes in: an address. Goes out: `Target`; FetchError for what is no place on the web. Forbidden: resolving, dialling.
"""

from dataclasses import dataclass
from functools import lru_cache

import httpx

from veille.errors import FetchError
from veille.messages.collecting import BLOCKED_SCHEME

USUAL_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Target:
    """Where an address leads. `site`: scheme, host and port, what robots.txt, our pace and headers of our own hold for."""

    url: httpx.URL
    site: str
    host: str  # as it is resolved, and as a certificate names it
    port: int

    @property
    def target(self) -> str:
        """Path and query, as they are asked."""
        return self.url.raw_path.decode("ascii")


@lru_cache(maxsize=4096)
def place_of(url: str) -> Target:
    """Return the place of an address that may be asked; raises FetchError for any other."""
    try:
        place = httpx.URL(url)
        sound_port = place.port is None or 0 < place.port < 1 << 16
        good = place.scheme in USUAL_PORTS and bool(place.host) and not place.userinfo and sound_port
    except (httpx.InvalidURL, UnicodeError) as exc:
        raise FetchError("blocked-scheme", BLOCKED_SCHEME) from exc
    if not good:
        raise FetchError("blocked-scheme", BLOCKED_SCHEME)
    scheme, port = place.scheme, place.port or USUAL_PORTS[place.scheme]
    name = f"[{place.host}]" if ":" in place.host else place.host
    site = f"{scheme}://{name}{'' if port == USUAL_PORTS[scheme] else f':{port}'}"
    return Target(place, site, place.raw_host.decode("ascii"), port)


def site_of(url: str) -> str:
    """Return the site of an address: scheme, host and port."""
    return place_of(url).site
