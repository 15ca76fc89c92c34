"""The one reading of the clock.

Comes in: the environment, once, when a door opens. Goes out: a function that tells the time. VEILLE_NOW (ISO 8601) sets the
start, for tests and simulations.
"""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from veille.errors import UsageError
from veille.messages.keeping import NOW_IS_NO_DATE, NOW_OUT_OF_RANGE

Clock = Callable[[], datetime]
PARIS = ZoneInfo("Europe/Paris")


def read_clock() -> Clock:
    """Return the real clock, or one that starts at VEILLE_NOW; raises UsageError for a VEILLE_NOW that is no moment."""
    given = os.environ.get("VEILLE_NOW")
    if not given:
        return lambda: datetime.now(UTC)
    try:
        start = datetime.fromisoformat(given)
    except ValueError as exc:
        raise UsageError(NOW_IS_NO_DATE.format(given=given)) from exc
    if not 1990 <= start.year <= 2100:
        raise UsageError(NOW_OUT_OF_RANGE.format(given=given))
    start = (start if start.tzinfo else start.replace(tzinfo=UTC)).astimezone(UTC)
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)
