"""Which proxy stands before a site.

Comes in: `Proxy` as feeds.yaml has it, a place. Goes out: `httpx.Proxy`, or nothing where the site is asked directly; FetchError.
Forbidden: a password in a message.

`no_proxy` is read as urllib reads it: hosts and domains between commas, a port where one is meant, « * » for all.
"""

import contextlib
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import httpx

from veille.errors import FetchError
from veille.fetch.targets import Target
from veille.fetch.variables import variable
from veille.messages.collecting import ODD_VARIABLE, PROXY_IPV6, PROXY_ODD
from veille.model import Proxy


def proxy_before(place: Target, proxy: Proxy) -> httpx.Proxy | None:
    """Return the proxy of a place; raises FetchError where what feeds.yaml names is not defined, or cannot be said to a proxy."""
    where = f"{place.host}:{place.port}"
    if not proxy.url or proxy_bypass_environment(where, {"no": ",".join(map(_as_asked, proxy.no_proxy))}):
        return None
    url, auth = proxy.url, None
    if url == "environment":
        usual = getproxies_environment()
        url = usual.get(place.url.scheme) or usual.get("all", "")
        if not url or proxy_bypass_environment(where, usual):
            return None
    elif proxy.user:
        auth = (variable(proxy.user), variable(proxy.password))
        if ":" in auth[0]:  # RFC 7617 §2
            raise FetchError("bad-variable", ODD_VARIABLE.format(name=proxy.user))
    if ":" in place.host:
        raise FetchError("proxy", PROXY_IPV6)
    found = _proxy_at(url if "://" in url else f"http://{url}", auth)
    if found is None:
        raise FetchError("proxy", PROXY_ODD)
    return found


def _proxy_at(url: str, auth: tuple[str, str] | None) -> httpx.Proxy | None:
    try:
        found = httpx.Proxy(url, auth=auth)
    except (ValueError, httpx.InvalidURL):
        return None
    sound = found.url.scheme in ("http", "https") and found.url.host and 0 < (found.url.port or 80) < 1 << 16
    return found if sound else None


def _as_asked(name: str) -> str:
    """Return a host or a domain of `no_proxy` as requests name it: « *.exemple.fr » is its domain, accents are in Punycode."""
    name = name.strip()
    name = name[1:] if name.startswith("*.") else name
    with contextlib.suppress(UnicodeError):
        return name.encode("idna").decode("ascii") if not name.isascii() else name
    return name
