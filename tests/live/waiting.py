"""Waits for conditions: as long as it takes on a machine that others keep busy, and no longer."""

import contextlib
import time
import urllib.request
from collections.abc import Callable

MOST = 240  # seconds: something is wrong, and not slow


def until(check: Callable[[], object], pause: Callable[[float], object] = time.sleep, most: float = MOST) -> bool:
    """Return whether a condition came true; `pause` waits for so many seconds."""
    ends = time.monotonic() + most
    while not check():
        if time.monotonic() > ends:
            return False
        pause(0.05)
    return True


def wait_for(address: str) -> str:
    """Return the page of an address, once a server is there and gives it."""
    pages = []

    def asked() -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(address) as answer:
            pages.append(answer.read().decode())
        return bool(pages)

    assert until(asked), f"{address} never answered"
    return pages[0]
