"""The cookies of one visit: what a redirect sets is given back to its own site, and forgotten with the visit.

Comes in: answers, places. Goes out: the value of a Cookie header. Forbidden: a site of its parent domain, another visit.
`http.cookiejar`, and httpx's jar over it, share cookies between hosts of a domain and refuse letters outside ASCII.
"""

import re

import httpx

from veille.fetch.targets import Target

Cookies = dict[str, dict[bytes, tuple[bytes, bytes]]]  # by site, then name: value and path
_SECURE = re.compile(rb"(?:\A|;)\s*secure\s*(?:;|\Z)", re.I)
_PATH = re.compile(rb"(?:\A|;)\s*path\s*=\s*(/[^;\s]*)", re.I)
_COOKIES = 8 << 10  # bytes of cookies that a redirect may set
_COOKIE = re.compile(rb"[\x20-\x3a\x3c-\x7e\x80-\xff]*")  # no control sign, no semicolon
_EXPIRED = re.compile(rb";?\s*(?:max-age\s*=\s*(?:0|-\d+)\s*(?:;|\Z)|expires\s*=[^;]*\b(?:19[0-9]{2}|200\d)\b)", re.I)


def keep_cookies(cookies: Cookies, place: Target, response: httpx.Response) -> None:
    """The cookies that a redirect sets, for its own site whatever domain they name (RFC 6265 §5.2, §5.3)."""
    said = [value for name, value in response.headers.raw if name.lower() == b"set-cookie"]
    if not said or sum(map(len, said)) > _COOKIES:
        return
    held = cookies.setdefault(place.site, {})
    for one in said:
        pair, _, attributes = one.partition(b";")
        name, equal, value = pair.partition(b"=")
        name, value = name.strip(), value.strip()
        if not equal or not name or not _COOKIE.fullmatch(name + value):
            continue
        held.pop(name, None)
        if not _EXPIRED.search(attributes) and (place.url.scheme == "https" or not _SECURE.search(attributes)):
            path = _PATH.search(attributes)
            held[name] = value, path[1] if path else _path(place).rpartition(b"/")[0] + b"/"


def cookie_of(cookies: Cookies, place: Target) -> bytes:
    """Return what a site is given back (RFC 6265 §5.4); "" for nothing."""
    asked = _path(place)
    given = [
        b"%b=%b" % (name, value)
        for name, (value, path) in cookies.get(place.site, {}).items()
        if asked == path or asked.startswith(path.rstrip(b"/") + b"/")
    ]
    return b"; ".join(given)


def _path(place: Target) -> bytes:
    return place.target.partition("?")[0].encode("ascii")
