"""What an answer's headers ask of the next visit.

Comes in: headers, the moment they came. Goes out: durations. Forbidden: trusting them; each is bounded.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

LONGEST_WAIT = timedelta(days=1)
OVERLOADED_WAIT = timedelta(minutes=15)  # a site that is down and does not say for how long
USUAL_WAIT = timedelta(hours=1)  # a site that says « too many » and not how long


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta:
    """Return how long to leave a site alone (RFC 9110 §10.2.3: seconds or a date), at most a day; an hour when it does not say."""
    given = headers.get("retry-after", "").strip()
    if given.isascii() and given.isdigit():
        return min(timedelta(seconds=int(given[:9])), LONGEST_WAIT)
    moment = _moment(given)
    if moment is None:
        return USUAL_WAIT
    return min(max(moment - now, timedelta(0)), LONGEST_WAIT)


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Return how long the server asks caches to keep the answer (RFC 9111 §4.2.1, §5.2); None when it says nothing, or nothing sound."""
    if "cache-control" not in headers and "expires" not in headers:
        return None
    asked = {name.strip().lower(): value.strip().strip('"') for name, _, value in (part.partition("=") for part in _cache_control(headers))}
    if "no-store" in asked or "no-cache" in asked:
        return None
    age = asked.get("max-age", "")
    if age.isascii() and age.isdigit():
        return timedelta(seconds=int(age[:9]))
    expires = _moment(headers.get("expires", "").strip())
    return max(expires - now, timedelta(0)) if expires else None


def _cache_control(headers: Mapping[str, str]) -> list[str]:
    return str(headers.get("cache-control", ""))[:500].split(",")


def _moment(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text[:60])
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
