"""Which addresses may be dialled.

Comes in: a host name. Goes out: its addresses, every one checked. Forbidden: dialling.
"""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from urllib.parse import unquote

import httpx

from veille.messages.collecting import BLOCKED_ADDRESS, BLOCKED_PORT

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
# Protocol assignments, old 6to4 relays and documentation, which not every Python knows to be no place on the internet.
_ODD = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("192.88.99.0/24"), ipaddress.IPv6Network("3fff::/20"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")
PORTS = frozenset({80, 443, 8080, 8443})  # where the web is; whatever else listens on a public host is none of ours


class AddressRefused(httpx.UnsupportedProtocol):
    """An address that is never dialled; its text is a sentence."""


class NameNotFound(httpx.ConnectError):
    """A name that leads nowhere."""


def is_public(address: Address) -> bool:
    """Return whether an address is of the public internet, the IPv4 one that it may hide included."""
    if not address.is_global or address.is_multicast or address.is_reserved or any(address in network for network in _ODD):
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    return not address.is_site_local and all(is_public(hidden) for hidden in _hidden(address))


def _hidden(address: ipaddress.IPv6Address) -> list[Address]:
    """Return the IPv4 addresses inside mapped, 6to4, Teredo, NAT64 and compatible forms (RFC 4291, 3056, 4380, 6052)."""
    found: list[Address] = []
    if address.ipv4_mapped:
        found.append(address.ipv4_mapped)
    if address.sixtofour:
        found.append(address.sixtofour)
    if address.teredo:
        found.extend(address.teredo)
    if address in _COMPATIBLE or any(address in network for network in _NAT64):
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def judge(host: str, port: int) -> None:
    """Raise AddressRefused for a port that is not the web's, and for a literal address that is not public."""
    if port not in PORTS:
        raise AddressRefused(BLOCKED_PORT.format(port=port))
    _must_be_public(_literal(host) or _in_any_form(host))


async def resolve(host: str, port: int, *, allow_private: bool) -> list[str]:
    """Return the judged addresses of a host, in the resolver's order; raises AddressRefused when one of them is private, NameNotFound."""
    addresses = _literal(host) or await _look_up(host, port)
    if not addresses:
        raise NameNotFound(host)
    if not allow_private:
        _must_be_public(addresses)
    return addresses


def _must_be_public(addresses: list[str]) -> None:
    if not all(is_public(ipaddress.ip_address(address)) for address in addresses):
        raise AddressRefused(BLOCKED_ADDRESS)


def _literal(host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return []


def _in_any_form(host: str) -> list[str]:
    """Return the IPv4 address that a name of figures is to `getaddrinfo`, and to many proxies: 127.1, 2130706433, 0x7f.1, a dot at its
    end.
    """
    try:
        return [socket.inet_ntoa(socket.inet_aton(unquote(host).rstrip(".")))]
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return []


async def _look_up(host: str, port: int) -> list[str]:
    """Return the system's answer, in a thread of its own: one that hangs holds up neither the others nor the end of the process."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def tell(addresses: list[str]) -> None:
        if not answer.done():
            answer.set_result(addresses)

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found = []
        addresses = list(dict.fromkeys(str(one[4][0]).split("%")[0] for one in found))
        with contextlib.suppress(RuntimeError):  # the run is over: nobody waits any more
            loop.call_soon_threadsafe(tell, addresses)

    threading.Thread(target=ask, name="veille-dns", daemon=True).start()
    return await answer
