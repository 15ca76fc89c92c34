"""Runs and visits: what is due, and what each visit gave.

Every outcome, good or bad, is recorded by `record_visits`, in one place.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from veille.judge.health import MOVED_VISITS, judge, longest_wait
from veille.messages.collecting import BACK_AGAIN
from veille.model import Collected, Finding, Outcome, Past, RunSummary, Selectors, Source, Validators, Verdict, Visit
from veille.moments import stored
from veille.store.connection import Connection

_ENTRIES_KEPT = 10  # counts of sound answers, for the habit of a source
_DAYS_KEPT = 21
_LEAST_GAPS = 4
_SLOW = 1_000  # milliseconds
_SAME_UPHEAVAL = "-30 days"
_PAST = (
    "state, failures, last_success_at, rung, entries, dated, newest_day, longest_gap, usual_gap, moved_to, moved_visits, refresh_seconds"
)


def due_visits(
    db: Connection, sources: tuple[Source, ...], now: datetime, *, everything: bool, named: frozenset[str] = frozenset()
) -> list[Visit]:
    """Return the enabled sources whose turn has come (all of them with `everything`), those that waited longest first.

    Before them the few that were slow to answer last time, the slowest first: a run is as long as the one that ends last.
    An address that is gone (410) is asked again only where its source is `named`.
    """
    rows = {
        row[0]: row[1:]
        for row in db.execute(
            "select sources.id, coalesce(next_visit_at, ''), etag, last_modified, body_hash, finding, settings, "  # noqa: S608 - our names
            f"{_PAST} from sources left join validators on source_id = sources.id"
        )
    }
    due = []
    for source in sources:
        next_at, etag, modified, body_hash, finding, settings, *rest = rows[source.id]
        past = _past(tuple(rest))
        if not source.enabled or (past.state == "gone" and source.id not in named):
            continue
        ahead = stored(now + longest_wait(source)) or ""
        if everything or source.id in named or next_at > ahead or next_at <= (stored(now) or ""):
            # Other selectors read another page in the same bytes. After a failure the body itself is wanted, not a word about it.
            memory = (
                Validators(etag=etag, last_modified=modified, body_hash=body_hash) if settings == reading_settings(source) else Validators()
            )
            memory = Validators(body_hash=memory.body_hash) if past.failures else memory
            visit = Visit(
                source=source, validators=memory, first=not past.proven, failures=past.failures, found=_finding(finding),
                address=_address(source, past),
            )  # fmt: skip
            due.append((next_at, visit))
    slow = _slow(db, 2 * len(rows))
    return [visit for _, visit in sorted(due, key=lambda row: (-slow.get(row[1].source.id, 0), row[0]))]


def _slow(db: Connection, lately: int) -> dict[str, int]:
    """Milliseconds of the last of these visits of each source that took a second or more."""
    rows = db.execute(
        "select source_id, milliseconds from (select * from visits order by id desc limit ?) where milliseconds >= ? order by id",
        (lately, _SLOW),
    )
    return dict(rows.fetchall())


def _address(source: Source, past: Past) -> str:
    """Return the source's own address, or the one where it moved for good, as long as that works."""
    moved = past.moved_to and past.moved_visits >= MOVED_VISITS and past.failures < MOVED_VISITS
    return past.moved_to if moved else source.url


def _past(row: tuple[Any, ...]) -> Past:
    state, failures, success, rung, entries, dated, newest, longest, usual, moved_to, moved_visits, refresh = row
    return Past(
        state=state, failures=failures, proven=success is not None, rung=rung, entries=tuple(json.loads(entries)), dated=dated,
        newest_day=newest, longest_gap=longest, usual_gap=usual, moved_to=moved_to, moved_visits=moved_visits,
        refresh=timedelta(seconds=refresh) if refresh else None,
    )  # fmt: skip


def _finding(text: str | None) -> Finding | None:
    if not text:
        return None
    given = json.loads(text)
    select = given.get("select")
    return Finding(url=given["url"], kind=given["kind"], select=Selectors(**select) if select else None, said=given.get("said", ""))


def reading_settings(source: Source) -> str:
    """Return what of a source decides how its bytes are read: a change makes the last answer unread."""
    select = source.select
    parts = [select.item, select.title, select.link, select.date, select.summary] if select else []
    return json.dumps([source.timezone, source.language, *parts], ensure_ascii=False)


def start_run(db: Connection, now: datetime, due: int) -> int:
    """A new run; its id."""
    cursor = db.execute("insert into runs (started_at, due) values (?, ?)", (stored(now), due))
    return int(cursor.lastrowid or 0)


_CHANGES_KEPT = 100_000  # a site that has not looked for so long reads everything again: 0.3 s for as many articles


def end_run(db: Connection, summary: RunSummary) -> None:
    """The run's counts; a run that was cut off has no end. Of changes to articles, those so old that nobody follows them are let go."""
    good = [outcome for outcome in summary.outcomes.values() if isinstance(outcome, Collected)]
    db.execute(
        "update runs set ended_at = ?, ok = ?, unchanged = ?, failed = ?, new = ?, changed = ?, duplicates = ?, seen = ? "
        "where id = ?",
        (
            stored(summary.ended_at), sum(not one.unchanged for one in good), sum(one.unchanged for one in good),
            len(summary.outcomes) - len(good), sum(one.new for one in good), sum(one.changed for one in good),
            sum(one.duplicates for one in good), sum(one.seen for one in good), summary.run,
        ),
    )  # fmt: skip
    db.execute("delete from item_changes where seq <= (select max(seq) from item_changes) - ?", (_CHANGES_KEPT,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visited:
    """A visit and what came of it."""

    visit: Visit
    outcome: Outcome
    validators: Validators | None
    milliseconds: int


def record_visits(db: Connection, run_id: int, visited: Sequence[Visited], now: datetime) -> list[Verdict]:
    """Keep the outcomes of visits and what follows, in their order; the caller holds the transaction. No source may be there twice."""
    at = stored(now)
    wanted = json.dumps([one.visit.source.id for one in visited])
    rows = db.execute(f"select id, {_PAST} from sources where id in (select value from json_each(?))", (wanted,))  # noqa: S608
    pasts = {row[0]: _past(row[1:]) for row in rows}
    told, verdicts = [], []
    for one in visited:
        visit, outcome = one.visit, one.outcome
        if visit.found and isinstance(outcome, Collected) and outcome.moved_to:  # what we found ourselves is followed at once
            visit = replace(visit, found=replace(visit.found, url=outcome.moved_to))
            outcome = replace(outcome, moved_to="")
        source, past = visit.reads, pasts[visit.source.id]
        if isinstance(outcome, Collected) and past.moved_visits >= MOVED_VISITS and visit.address != past.moved_to:
            past = replace(past, moved_to="", moved_visits=0)  # the new address died, the old one answers again
        if isinstance(outcome, Collected) and outcome.new + outcome.duplicates:
            past = replace(past, **_habits(db, source.id))
        verdict = judge(source, past, outcome, now)
        verdicts.append(verdict)
        told.append(_told(visit, outcome, verdict, past, at))
        if isinstance(outcome, Collected) and verdict.sound:
            _remember(db, visit, one.validators)
        _ring(db, source.id, verdict, outcome, at)
    db.executemany(_UPDATE, told)
    db.executemany(_VISIT, [_visit_row(run_id, one, at) for one in visited])
    return verdicts


_UPDATE = (
    "update sources set since = case when state = :state then coalesce(since, :at) else :at end, state = :state, "
    "reason = case when :kept then reason else :reason end, failures = :failures, rung = :rung, last_visit_at = :at, "
    "next_visit_at = :next, last_success_at = case when :answered then :at else last_success_at end, "
    "last_item_at = case when :new > 0 then :at else last_item_at end, entries = :entries, dated = :dated, "
    "newest_day = :newest, longest_gap = :longest, usual_gap = :usual, refresh_seconds = :refresh, moved_to = :moved_to, "
    "moved_visits = :moved_visits, forgotten = coalesce(:forgotten, forgotten), "
    "found = case when :collected then :found else found end where id = :id"
)
_VISIT = (
    "insert into visits (run_id, source_id, at, outcome, failure, reason, status, bytes, milliseconds, new, changed, seen, "
    "duplicates, skipped, verdicts, forgotten) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _told(visit: Visit, outcome: Outcome, verdict: Verdict, past: Past, at: str | None) -> dict[str, Any]:
    """Return what a source's row says after a visit: how it fares, and what its contract is judged by next time."""
    row: dict[str, Any] = {
        "state": verdict.state, "at": at, "reason": verdict.reason, "failures": verdict.failures, "rung": verdict.rung,
        "next": stored(verdict.next_visit_at), "id": visit.source.id,
        "kept": verdict.state == past.state and verdict.reason is None and verdict.failures > 0,
        "answered": False, "new": 0, "entries": past.entries, "dated": past.dated, "newest": past.newest_day,
        "longest": past.longest_gap, "usual": past.usual_gap, "refresh": past.refresh, "moved_to": past.moved_to,
        "moved_visits": past.moved_visits, "collected": False, "found": "", "forgotten": None,
    }  # fmt: skip
    if isinstance(outcome, Collected):
        read = verdict.sound and not outcome.unchanged
        followed = past.moved_visits >= MOVED_VISITS and visit.address == past.moved_to
        moved_to, moved_visits = (past.moved_to, past.moved_visits) if followed else ("", 0)
        if outcome.moved_to:
            moved_to, moved_visits = outcome.moved_to, past.moved_visits + 1 if outcome.moved_to == past.moved_to else 1
        row |= {
            "answered": verdict.sound or verdict.state == "empty", "new": outcome.new,
            "entries": (outcome.seen + outcome.skipped, *past.entries)[:_ENTRIES_KEPT] if read else past.entries,
            "dated": outcome.dated if read else past.dated,
            "refresh": outcome.refresh if not outcome.unchanged else outcome.refresh or past.refresh,
            "moved_to": moved_to, "moved_visits": moved_visits, "collected": True, "found": visit.found.url if visit.found else "",
            "forgotten": None if outcome.unchanged else outcome.forgotten,
        }  # fmt: skip
    refresh = row["refresh"]
    return row | {"entries": json.dumps(row["entries"]), "refresh": int(refresh.total_seconds()) if refresh else None}


def _habits(db: Connection, source_id: str) -> dict[str, Any]:
    """When a source publishes, from the days of its last articles."""
    rows = db.execute(
        "select distinct day from sightings join items on items.id = item_id where sightings.source_id = ? and day <> '' "
        "order by day desc limit ?",
        (source_id, _DAYS_KEPT),
    )
    days = [date.fromisoformat(row[0]) for row in rows]
    if not days:
        return {}
    gaps = [(later - earlier).days for later, earlier in pairwise(days)]
    enough = len(gaps) >= _LEAST_GAPS
    return {
        "newest_day": days[0].isoformat(),
        "longest_gap": max(gaps) if enough else None,
        "usual_gap": sum(gaps) / len(gaps) if enough else None,
    }


def _ring(db: Connection, source_id: str, verdict: Verdict, outcome: Outcome, at: str | None) -> None:
    if not verdict.rings and not (isinstance(outcome, Collected) and outcome.upheaval):
        return
    rows = []
    if verdict.rings:
        rows.append((source_id, at, verdict.state, verdict.reason or BACK_AGAIN))
    if isinstance(outcome, Collected) and outcome.upheaval:
        state = f"upheaval-{outcome.upheaval.kind}"
        lately = db.execute(
            "select 1 from alarms where source_id = ? and state = ? and at >= strftime('%Y-%m-%dT%H:%M:%SZ', ?, ?) "
            "and (state <> 'upheaval-found' or reason = ?)",
            (source_id, state, at, _SAME_UPHEAVAL, outcome.upheaval.said),
        ).fetchone()
        if lately is None:  # a feed whose guids change at every visit is told of once a month
            rows.append((source_id, at, state, outcome.upheaval.said))
    db.executemany("insert into alarms (source_id, at, state, reason) values (?, ?, ?, ?)", rows)


def _visit_row(run_id: int, visited: Visited, at: str | None) -> tuple[object, ...]:
    outcome = visited.outcome
    if isinstance(outcome, Collected):
        said: tuple[object, ...] = ("unchanged" if outcome.unchanged else "ok", None, None, outcome.status, outcome.received)
        counts: tuple[object, ...] = (
            outcome.new, outcome.changed, outcome.seen, outcome.duplicates, outcome.skipped,
            json.dumps(dict(outcome.verdicts)), outcome.forgotten,
        )  # fmt: skip
    else:
        said = ("failed", outcome.failure, outcome.reason, outcome.status, 0)
        counts = (0, 0, 0, 0, 0, "{}", 0)
    return (run_id, visited.visit.source.id, at, *said, visited.milliseconds, *counts)


def put_off(db: Connection, source_id: str, until: datetime) -> None:
    """The site asked to be left alone: the source waits with it."""
    db.execute("update sources set next_visit_at = ? where id = ?", (stored(until), source_id))


def _remember(db: Connection, visit: Visit, validators: Validators | None) -> None:
    if validators is None or (validators == visit.validators and not visit.found and not visit.failures):
        return  # as it is known already: it was asked with them
    finding = json.dumps(asdict(visit.found), ensure_ascii=False) if visit.found else None
    db.execute(
        "insert into validators (source_id, etag, last_modified, body_hash, finding, settings) values (?, ?, ?, ?, ?, ?) "
        "on conflict (source_id) do update set etag = excluded.etag, last_modified = excluded.last_modified, "
        "body_hash = excluded.body_hash, finding = excluded.finding, settings = excluded.settings",
        (visit.source.id, validators.etag, validators.last_modified, validators.body_hash, finding, reading_settings(visit.source)),
    )
