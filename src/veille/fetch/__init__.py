"""The door to the network: a visit becomes `Fetched` or `NotModified`, within every limit.

Comes in: `Visit`. Goes out: an answer, or FetchError. Forbidden: a request at import, an address that was not checked,
a proxy or a cookie, parsing.
"""

from veille.fetch.client import Fetcher, Limits

__all__ = ["Fetcher", "Limits"]
