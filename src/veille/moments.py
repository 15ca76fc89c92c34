"""A day or a moment, as the file keeps it and as people live it.

Comes in: `Moment`. Goes out: text. Forbidden: the clock.
"""

from datetime import UTC, date, datetime, time, timedelta

from veille.model import Moment


def local_day(moment: Moment | None, timezone: str) -> str:
    """Return the day as people of the source live it, YYYY-MM-DD; "" when unknown."""
    if isinstance(moment, datetime):
        from zoneinfo import ZoneInfo

        return moment.astimezone(ZoneInfo(timezone)).date().isoformat()
    return moment.isoformat() if moment else ""


AHEAD = timedelta(hours=48)  # a publication may be stated so much too early: a clock that is wrong, a day that has begun elsewhere


def first_sight(stated: Moment | None, seen: datetime, timezone: str) -> tuple[Moment | None, str]:
    """When an article was published, by what its source states as it is first seen; and that day, YYYY-MM-DD, where it is still to come.

    What is to come within 48 hours is published as it is seen. What is further away is the day of an event, and no publication.
    """
    if stated is None:
        return None, ""
    if isinstance(stated, datetime):
        return (stated, "") if stated <= seen else (None if stated - seen > AHEAD else seen, local_day(stated, timezone))
    today = date.fromisoformat(local_day(seen, timezone))
    return (stated, "") if stated <= today else (None if stated - today > AHEAD else today, stated.isoformat())


def stored(moment: Moment | None) -> str | None:
    """A day stays a day; a moment is UTC."""
    if isinstance(moment, datetime):
        return f"{moment.astimezone(UTC).isoformat()[:19]}Z"  # four times as fast as strftime, said three times of each article
    return moment.isoformat() if moment else None


def day_begins(day: date, timezone: str) -> str:
    """Return the moment, in UTC as the file keeps it, when a day begins for people of a time zone."""
    from zoneinfo import ZoneInfo

    return stored(datetime.combine(day, time.min, ZoneInfo(timezone))) or ""


def stored_day(kept: str | None, timezone: str) -> str:
    """Return the day, as people of a time zone live it, of a moment or a day that was stored; "" when unknown."""
    if not kept or len(kept) == 10:
        return kept or ""
    return local_day(datetime.fromisoformat(kept), timezone)
