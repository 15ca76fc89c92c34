"""What a visit says of its source: its state, whether an alarm rings, and when to come back.

Comes in: a source, what earlier visits left (`Past`), the outcome, the hour. Goes out: `Verdict`. Forbidden: SQL, the clock, chance.

« Empty but valid » is not « broken »; a 304 proves nothing after a failure; the first bad visit never rings by itself, unless
the site says that it is for good (410), forbidden (robots.txt), or elsewhere.
"""

import hashlib
from datetime import date, datetime, timedelta
from statistics import median

from veille.messages.collecting import FEWER_DATES, FEWER_ENTRIES, MOVED_TO, NO_ENTRY, QUIET_SINCE, SPLIT_FROM_HABIT
from veille.messages.common import long_date, plural  # fmt: skip
from veille.model import SOURCE_KINDS, Collected, Failed, Outcome, Past, Source, Verdict

LONGEST_WAIT = timedelta(hours=24)
UNPROVEN_WAIT = timedelta(days=7)
PROVING_VISITS = 3  # a source that never worked is tried at its own rhythm so many times, then weekly
MOVED_VISITS = 3  # permanent redirects to one place, before it is followed for good
SLOWEST = 4  # times `every`: how rarely a source is asked that publishes little
SPREAD = 0.1  # of the rhythm: how far starts are spread, so that sources do not all come due in one minute
QUIET_LEAST = timedelta(days=14)
QUIET_UNKNOWN = timedelta(days=180)  # where the past is too short to tell a habit
QUIET_TIMES = 3  # the longest usual gap, so many times
LEAST_HABIT = 5  # entries: fewer are no habit that could be broken
# The visit in a row at which an alarm rings. `unproven`, `live` and `new` never do.
RINGS_AT = {
    "gone": 1, "robots": 1, "moved": 1, "quiet": 1, "failing": 2, "blocked": 2, "selector-missed": 2, "empty": 2, "rate-limited": 5,
}  # fmt: skip
_OF_FAILURE = {"gone": "gone", "rate-limited": "rate-limited", "robots": "robots", "bot-wall": "blocked"}
_WELL = ("live", "moved", "quiet")


def judge(source: Source, past: Past, outcome: Outcome, now: datetime) -> Verdict:
    """Return the verdict on one visit."""
    if isinstance(outcome, Failed):
        return _failed(source, past, outcome, now)
    if outcome.unchanged and not outcome.proven and past.failures:  # the word of a server that has just failed
        next_at = now + _spread(source, now, _rhythm(source, past))
        return Verdict(state=past.state, reason=None, failures=past.failures, next_visit_at=next_at, sound=False, rung=past.rung)
    state, reason = _collected(source, past, outcome, now)
    failures = 0 if state in _WELL else past.failures + 1
    rhythm = _rhythm(source, past, outcome) if state in _WELL else source.every  # what is odd is looked at again soon
    wait = _spread(source, now, rhythm)
    return _verdict(past, state, reason, failures, now + wait)


def _failed(source: Source, past: Past, outcome: Failed, now: datetime) -> Verdict:
    state = _OF_FAILURE.get(outcome.failure, "selector-missed" if outcome.missed else "failing")
    if not past.proven and state != "gone":
        state = "unproven"
    failures = past.failures + 1
    if state == "unproven" and failures >= PROVING_VISITS:
        wait = UNPROVEN_WAIT
    else:
        # Twice as long after each failure in a row, at most a day (or the source's own rhythm).
        longest = max(LONGEST_WAIT, source.every)
        doubled: timedelta = source.every * 2 ** min(failures - 1, 10)
        wait = min(_spread(source, now, doubled), longest)
    wait = max(wait, outcome.wait or timedelta(0))
    return _verdict(past, state, outcome.reason, failures, None if state == "gone" else now + wait)


def _verdict(past: Past, state: str, reason: str | None, failures: int, next_at: datetime | None) -> Verdict:
    """Each state rings once until the source is well again, which is told too."""
    rung = past.rung.split()
    if state in ("live", "moved"):
        recovered = bool(set(rung) - {"moved"})
        rings = recovered or (state == "moved" and "moved" not in rung)
        rung = [state] if state == "moved" else []
    else:
        rings = max(1, failures) >= RINGS_AT.get(state, 1 << 30) and state not in rung
        rung += [state] if rings else []
    return Verdict(
        state=state, reason=reason, failures=failures, next_visit_at=next_at, sound=state in _WELL, rings=rings, rung=" ".join(rung)
    )  # fmt: skip


def _collected(source: Source, past: Past, outcome: Collected, now: datetime) -> tuple[str, str | None]:
    """Return the state of a source that answered, with its reason; `live` when it keeps its promise."""
    count = past.entries[0] if outcome.unchanged and past.entries else outcome.seen + outcome.skipped
    unknown = outcome.unchanged and not past.entries
    broken = None if unknown else _broken_habit(source, past, outcome, count)
    if broken:
        return broken
    quiet = _silence(source, past, outcome, now)
    if quiet:
        return "quiet", quiet
    if outcome.moved_to and past.moved_to == outcome.moved_to and past.moved_visits + 1 >= MOVED_VISITS:
        return "moved", MOVED_TO.format(url=outcome.moved_to)
    if past.moved_to and past.moved_visits >= MOVED_VISITS:
        return "moved", MOVED_TO.format(url=past.moved_to)
    return "live", None


def _broken_habit(source: Source, past: Past, outcome: Collected, count: int) -> tuple[str, str] | None:
    kind = SOURCE_KINDS[source.kind]
    missed = kind.missed
    promised = source.expect.at_least
    if promised and count < promised:
        said = FEWER_ENTRIES.format(entries=plural(count, "entrée", "entrées"), usual=promised)
        return "empty" if count == 0 else missed, said
    if count == 0:
        return "empty", NO_ENTRY
    usual = median(past.entries) if past.entries else 0
    if kind.habit and not outcome.unchanged and usual >= LEAST_HABIT:
        if count * 3 < usual and not promised:
            return missed, FEWER_ENTRIES.format(entries=plural(count, "entrée", "entrées"), usual=round(usual))
        if past.dated * 2 > usual and outcome.dated == 0:
            return missed, FEWER_DATES
    return None


def _silence(source: Source, past: Past, outcome: Collected, now: datetime) -> str | None:
    """Return why a source is quiet: nothing new for longer than it promised, or than its own past makes likely."""
    if outcome.new or not past.newest_day:
        return None
    newest = date.fromisoformat(past.newest_day)
    if source.expect.within:
        patience = source.expect.within
    elif past.longest_gap is None:
        patience = QUIET_UNKNOWN
    else:
        patience = max(QUIET_LEAST, timedelta(days=QUIET_TIMES * past.longest_gap))
    if now.date() - newest <= patience:
        return None
    habit = (
        "" if source.expect.within or past.longest_gap is None else SPLIT_FROM_HABIT.format(days=plural(past.longest_gap, "jour", "jours"))
    )
    return QUIET_SINCE.format(day=long_date(newest)) + habit


def longest_wait(source: Source) -> timedelta:
    """Return the longest that any verdict puts a visit off: what lies further ahead was written by a clock that was wrong."""
    return max(source.every * SLOWEST * (1 + SPREAD), UNPROVEN_WAIT * (1 + SPREAD), LONGEST_WAIT * 2)


def _rhythm(source: Source, past: Past, outcome: Collected | None = None) -> timedelta:
    """Between `every` and four times it: a quarter of the usual gap between two publications, or what the server asks."""
    slowest = source.every * SLOWEST
    wanted = timedelta(days=past.usual_gap / 4) if past.usual_gap is not None else source.every
    asked = (outcome.refresh if outcome and outcome.refresh else None) or past.refresh or timedelta(0)
    return min(max(source.every, wanted, asked), slowest)


def _spread(source: Source, now: datetime, wait: timedelta) -> timedelta:
    """Up to a tenth later, the same for the same source and hour."""
    digest = hashlib.blake2b(f"{source.id} {now:%Y-%m-%dT%H}".encode(), digest_size=4).digest()
    return wait * (1 + SPREAD * int.from_bytes(digest, "big") / 0xFFFFFFFF)
