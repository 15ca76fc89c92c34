"""Which proxy stands before a site.

Comes in: `Proxy` as feeds.yaml has it, a place. Goes out: `httpx.Proxy`, or nothing where the site is asked directly; FetchError.
Forbidden: a password in a message.

`no_proxy` is read as urllib reads it: hosts and domains between commas, a port where one is meant, « * » for all.
"""

import os
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import httpx

from veille.errors import FetchError
from veille.fetch.places import Place
from veille.messages import PROXY_ODD, UNSET_VARIABLE
from veille.model import Proxy


def proxy_before(place: Place, proxy: Proxy) -> httpx.Proxy | None:
    """The proxy of a place; raises FetchError where what feeds.yaml names is not defined."""
    where = f"{place.host}:{place.port}"
    if not proxy.url or proxy_bypass_environment(where, {"no": ",".join(proxy.no_proxy)}):
        return None
    if proxy.url != "environment":
        auth = (variable(proxy.user), variable(proxy.password)) if proxy.user else None
        return httpx.Proxy(proxy.url, auth=auth)
    usual = getproxies_environment()
    url = usual.get(place.url.scheme) or usual.get("all")
    if not url or proxy_bypass_environment(where, usual):
        return None
    try:
        found = httpx.Proxy(url if "://" in url else f"http://{url}")
    except (ValueError, httpx.InvalidURL):
        raise FetchError("proxy", PROXY_ODD) from None
    if found.url.scheme not in ("http", "https"):
        raise FetchError("proxy", PROXY_ODD)
    return found


def variable(name: str) -> str:
    """What an environment variable holds; raises FetchError, which names it, where it is not defined."""
    if name and name not in os.environ:
        raise FetchError("proxy", UNSET_VARIABLE.format(name=name))
    return os.environ[name] if name else ""
