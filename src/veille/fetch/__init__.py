"""The door to the network: a visit becomes `Fetched` or `NotModified`, within every limit.

Comes in: an address, how it is reached. Goes out: an answer, or FetchError. Forbidden: a request at import, an address that was not judged,
a proxy that feeds.yaml does not name, a cookie beyond its visit, parsing.

What sends a request is an `httpx.AsyncBaseTransport`: ours over `wire`, httpx's own before a proxy, `httpx.MockTransport` in tests.
"""

import sys

# httpx loads its command line, and with it rich, wherever these are installed: twice the time of a run that has no news.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
import httpx  # noqa: E402, F401

if sys.modules.get("httpx._main") is None:
    sys.modules.pop("httpx._main", None)

from veille.fetch.client import Fetcher, Limits  # noqa: E402

__all__ = ["Fetcher", "Limits"]
