"""What an error of httpx means to a person.

Comes in: `httpx.TransportError`, and whether a proxy stood between. Goes out: FetchError, whose sentence never holds what was sent.
"""

import re
import ssl
from collections.abc import Iterator

import httpx

from veille.errors import FetchError
from veille.fetch.addresses import AddressRefused, NameNotFound
from veille.messages.collecting import (  # fmt: skip
    BAD_RESPONSE,
    CONNECTION_CUT,
    NOT_CONNECTED,
    NOT_RESOLVED,
    PROXY_CUT,
    PROXY_PASSWORD,
    PROXY_REFUSED,
    PROXY_SILENT,
    PROXY_UNREACHABLE,
    TLS_REASONS,
    TLS_REFUSED,
    silent,
)


def told(exc: httpx.TransportError, *, proxied: bool, silence: float, status: int | None = None) -> FetchError:
    """Return the error above the door; `status`: of the answer that had begun, `silence`: seconds."""
    if isinstance(exc, AddressRefused):
        return FetchError("blocked-address", str(exc))
    # A handshake that waits is no refusal: asyncio and anyio leave such errors in the context of a timeout.
    waits = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
    refused = next((one for one in _causes(exc) if isinstance(one, ssl.SSLError) and not isinstance(one, waits)), None)
    cut = proxied and isinstance(refused, ssl.SSLEOFError)  # that end is as likely the proxy's
    if refused and not cut and not isinstance(exc, httpx.TimeoutException):
        return FetchError("tls", TLS_REFUSED.format(why=_tls_reason(refused)))
    if proxied:
        return _by_proxy(exc, silence, status)
    if isinstance(exc, httpx.ConnectTimeout):
        return FetchError("timeout", NOT_CONNECTED)
    if isinstance(exc, httpx.ConnectError):
        return FetchError("connection", NOT_RESOLVED if isinstance(exc, NameNotFound) else NOT_CONNECTED)
    if isinstance(exc, httpx.TimeoutException):
        return FetchError("timeout", silent(silence))
    if isinstance(exc, httpx.NetworkError):
        return FetchError("connection", CONNECTION_CUT, status=status)
    return FetchError("bad-response", BAD_RESPONSE, status=status)


def _by_proxy(exc: httpx.TransportError, silence: float, status: int | None) -> FetchError:
    if isinstance(exc, httpx.ProxyError):
        answered = re.match(r"\d{3}", str(exc))
        if answered and answered[0] == "407":
            return FetchError("proxy", PROXY_PASSWORD)
        return FetchError("proxy", PROXY_REFUSED.format(status=answered[0] if answered else "?"))
    if any(isinstance(one, ssl.SSLEOFError) for one in _causes(exc)):
        return FetchError("connection", PROXY_CUT, status=status)
    if isinstance(exc, httpx.ConnectError):
        return FetchError("proxy", PROXY_UNREACHABLE)
    if isinstance(exc, httpx.TimeoutException):
        return FetchError("timeout", PROXY_SILENT.format(silence=silent(silence)))
    if isinstance(exc, httpx.NetworkError):
        return FetchError("connection", PROXY_CUT, status=status)
    return FetchError("bad-response", BAD_RESPONSE, status=status)


def _causes(exc: BaseException | None) -> Iterator[BaseException]:
    while exc is not None:
        yield exc
        exc = exc.__cause__ or exc.__context__


def _tls_reason(error: ssl.SSLError) -> str:
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else None
    return TLS_REASONS.get(code, TLS_REASONS[0])
