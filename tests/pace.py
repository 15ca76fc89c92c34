"""How fast the machine is now: limits in seconds hold on a quiet machine, and are stretched where others take their share of it."""

import time

_QUIET = 0.065  # seconds that the piece of work takes on a quiet core of 2026
_ROUNDS = 6  # measured in turn: who shares a core gets slices of some milliseconds


def pace() -> float:
    """How many times longer than on a quiet core a fixed piece of work takes now, 1 at least."""
    began = time.perf_counter()
    for _ in range(_ROUNDS):
        sum(number * number % 7 for number in range(200_000))
    return max(1.0, (time.perf_counter() - began) / _QUIET)
