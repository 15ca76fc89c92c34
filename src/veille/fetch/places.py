"""What of an address a request needs: scheme, host, port, path.

Comes in: an address. Goes out: `Place`; FetchError for what is no place on the web. Forbidden: resolving, dialling.

httpx judges addresses (accents, percent signs, dots, odd ports). The plain ones, nearly all of them, are told by one expression that
gives the same parts, so that an ordinary run need not load httpx; a test holds the two side by side.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from veille.errors import FetchError
from veille.messages import BLOCKED_SCHEME

_PLAIN = re.compile(
    r"(https?)://((?!xn--)[a-z0-9-]+(?:\.(?!xn--)[a-z0-9-]+)*\.[a-z]{2,63}|(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|(?=[:/]))){4})"
    r"(?::([1-9]\d{0,4}))?((?!/\.)/(?:(?!/\.)[A-Za-z0-9._~!$&()*+,;=:@/-])*(?:\?[A-Za-z0-9._~!$&()*+,;=:@/-]*)?)"
)
_LONGEST = 2_000
_USUAL = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address leads: `host` as it is resolved and as a certificate names it, `netloc` as the header Host says it."""

    scheme: str
    host: str
    port: int
    netloc: str
    target: str  # path and query, as they are asked

    @property
    def site(self) -> str:
        """Scheme, host and port: what robots.txt and our pace hold for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}{'' if self.port == _USUAL[self.scheme] else f':{self.port}'}"


@lru_cache(maxsize=4096)
def place_of(url: str) -> Place:
    """The place of an address that may be asked; raises FetchError for any other."""
    plain = _PLAIN.fullmatch(url) if len(url) <= _LONGEST else None
    if plain is None:
        return judged_place(url)
    scheme, host, port, target = plain.groups()
    number = int(port) if port else _USUAL[scheme]
    if number >= 1 << 16:
        raise FetchError("blocked-scheme", BLOCKED_SCHEME)
    return Place(scheme, host, number, host if number == _USUAL[scheme] else f"{host}:{number}", target)


def judged_place(url: str) -> Place:
    """The same by httpx, for any address at all."""
    import httpx

    try:
        place = httpx.URL(url)
        sound_port = place.port is None or 0 < place.port < 1 << 16
        good = place.scheme in _USUAL and bool(place.host) and not place.userinfo and sound_port
    except (httpx.InvalidURL, UnicodeError) as exc:
        raise FetchError("blocked-scheme", BLOCKED_SCHEME) from exc
    if not good:
        raise FetchError("blocked-scheme", BLOCKED_SCHEME)
    return Place(
        place.scheme, place.host, place.port or _USUAL[place.scheme], place.netloc.decode("ascii"), place.raw_path.decode("ascii")
    )  # fmt: skip


def site_of(url: str) -> str:
    """The site of an address: scheme, host and port."""
    return place_of(url).site
