"""Sources, runs and visits: what is watched, what is due, and what each visit gave.

Every outcome, good or bad, is recorded by `record_visit`, in one place.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlite_utils import Database

from veille.model import Collected, Config, Failed, Outcome, RunSummary, Source, Validators, Visit
from veille.normalize import stored
from veille.store.items import apply_rights

LONGEST_WAIT = timedelta(hours=24)
UNPROVEN_WAIT = timedelta(days=7)
PROVING_VISITS = 3  # a source that never worked is tried at its own rhythm so many times, then weekly


def sync_sources(db: Database, config: Config) -> None:
    """Make the table say what feeds.yaml says; the caller holds the transaction. Only what differs is written."""
    before = {row[0]: row[1:] for row in db.conn.execute("select id, name, kind, url, territory, rights, language, state from sources")}
    for source in config.sources:
        wanted = (source.name, source.kind, source.url, json.dumps(source.territory), source.rights, source.language)
        old_id = next((former for former in source.formerly if former in before and source.id not in before), None)
        if old_id:
            _rename(db, old_id, source.id)
            before[source.id] = before.pop(old_id)
        if source.id not in before:
            db.conn.execute(
                "insert into sources (id, name, kind, url, territory, rights, language, state) values (?, ?, ?, ?, ?, ?, ?, ?)",
                (source.id, *wanted, "new" if source.enabled else "disabled"),
            )
            continue
        name, kind, url, territory, rights, language, state = before.pop(source.id)
        if (name, kind, url, territory, rights, language) != wanted:
            db.conn.execute(
                "update sources set name = ?, kind = ?, url = ?, territory = ?, rights = ?, language = ? where id = ?",
                (*wanted, source.id),
            )
            if (kind, url) != (source.kind, source.url):
                db.conn.execute("delete from validators where source_id = ?", (source.id,))
                db.conn.execute(
                    "update sources set next_visit_at = null, failures = 0, reason = null, state = 'new' "
                    "where id = ? and state <> 'disabled'",
                    (source.id,),
                )
            if rights != source.rights:
                apply_rights(db, source.id, source.rights)
        if not source.enabled and state != "disabled":
            db.conn.execute("update sources set state = 'disabled', next_visit_at = null where id = ?", (source.id,))
        elif source.enabled and state in ("disabled", "retired"):
            db.conn.execute("update sources set state = 'new', next_visit_at = null where id = ?", (source.id,))
    for source_id in before:
        if before[source_id][-1] != "retired":
            db.conn.execute("update sources set state = 'retired', next_visit_at = null where id = ?", (source_id,))


def _rename(db: Database, old: str, new: str) -> None:
    """A source takes another id; its items, visits and names follow."""
    db.conn.execute("pragma defer_foreign_keys = on")
    db.conn.execute("update sources set id = ? where id = ?", (new, old))
    for table in ("items", "sightings", "visits", "validators"):
        db.conn.execute(f"update {table} set source_id = ? where source_id = ?", (new, old))  # noqa: S608 - our own names
    db.conn.execute("update addresses set scope = ? where scope = ?", (new, old))


def due_visits(db: Database, sources: tuple[Source, ...], now: datetime, *, everything: bool) -> list[Visit]:
    """The enabled sources whose turn has come, those that waited longest first."""
    rows = {
        row[0]: row[1:]
        for row in db.conn.execute(
            "select sources.id, state, coalesce(next_visit_at, ''), last_success_at, etag, last_modified, body_hash, found_url, settings, "
            "failures "
            "from sources left join validators on source_id = sources.id"
        )
    }
    due = []
    for source in sources:
        state, next_at, success, etag, modified, body_hash, found_url, settings, failures = rows[source.id]
        if not source.enabled or (state == "gone" and not everything):
            continue
        if everything or next_at <= (stored(now) or ""):
            same = settings == reading_settings(source)  # other selectors read another page in the same bytes
            memory = Validators(etag=etag, last_modified=modified, body_hash=body_hash) if same else Validators()
            visit = Visit(source=source, validators=memory, first=success is None, failures=failures, found_url=found_url)
            due.append((next_at, visit))
    return [visit for _, visit in sorted(due, key=lambda row: row[0])]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source fares; moments are ISO 8601 UTC."""

    id: str
    name: str
    state: str
    reason: str | None
    last_success_at: str | None
    last_item_at: str | None
    next_visit_at: str | None


def source_states(db: Database) -> list[SourceState]:
    """Every source, by id."""
    rows = db.conn.execute(
        "select id, name, state, reason, last_success_at, last_item_at, next_visit_at from sources order by id"
    ).fetchall()
    names = ("id", "name", "state", "reason", "last_success_at", "last_item_at", "next_visit_at")
    return [SourceState(**dict(zip(names, row, strict=True))) for row in rows]


def reading_settings(source: Source) -> str:
    """What of a source decides how its bytes are read: a change makes the last answer unread."""
    select = source.select
    parts = [select.item, select.title, select.link, select.date, select.summary] if select else []
    return json.dumps([source.timezone, source.language, *parts], ensure_ascii=False)


def start_run(db: Database, now: datetime, due: int) -> int:
    """A new run; its id."""
    cursor = db.conn.execute("insert into runs (started_at, due) values (?, ?)", (stored(now), due))
    return int(cursor.lastrowid or 0)


def end_run(db: Database, summary: RunSummary) -> None:
    """The run's counts; a run that was cut off has no end."""
    good = [outcome for outcome in summary.outcomes.values() if isinstance(outcome, Collected)]
    db.conn.execute(
        "update runs set ended_at = ?, ok = ?, unchanged = ?, failed = ?, new = ?, changed = ?, duplicates = ?, seen = ? "
        "where id = ?",
        (
            stored(summary.ended_at), sum(not one.unchanged for one in good), sum(one.unchanged for one in good),
            len(summary.outcomes) - len(good), sum(one.new for one in good), sum(one.changed for one in good),
            sum(one.duplicates for one in good), sum(one.seen for one in good), summary.run,
        ),
    )  # fmt: skip


def record_visit(
    db: Database,
    run_id: int,
    visit: Visit,
    outcome: Outcome,
    validators: Validators | None,
    milliseconds: int,
    now: datetime,
) -> tuple[str, str]:
    """Keep the outcome of a visit and what follows; the caller holds the transaction. The next visit and the new state."""
    source, at = visit.source, stored(now)
    if isinstance(outcome, Collected):
        state, next_at = "live", now + source.every
        db.conn.execute(
            "update sources set state = 'live', reason = null, failures = 0, last_visit_at = :at, last_success_at = :at, "
            "next_visit_at = :next, last_item_at = case when :new > 0 then :at else last_item_at end where id = :id",
            {"at": at, "next": stored(next_at), "new": outcome.new, "id": source.id},
        )
        _remember(db, visit, validators)
        row: tuple[object, ...] = (
            "unchanged" if outcome.unchanged else "ok",
            None,
            None,
            outcome.status,
            outcome.received,
        )
        counts = (outcome.new, outcome.changed, outcome.seen, outcome.duplicates, outcome.skipped)
    else:
        failures = visit.failures + 1
        state = _state_after(outcome, proven=not visit.first)
        next_at = now + _wait(source, failures, state)
        db.conn.execute(
            "update sources set state = ?, reason = ?, failures = ?, last_visit_at = ?, next_visit_at = ? where id = ?",
            (state, outcome.reason, failures, at, stored(next_at), source.id),
        )
        row = ("failed", outcome.failure, outcome.reason, outcome.status, 0)
        counts = (0, 0, 0, 0, 0)
    db.conn.execute(
        "insert into visits (run_id, source_id, at, outcome, failure, reason, status, bytes, milliseconds, new, changed, seen, "
        "duplicates, skipped) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (run_id, source.id, at, *row, milliseconds, *counts),
    )
    return stored(next_at) or "", state


def _remember(db: Database, visit: Visit, validators: Validators | None) -> None:
    if validators is None:
        return
    db.conn.execute(
        "insert into validators (source_id, etag, last_modified, body_hash, found_url, settings) values (?, ?, ?, ?, ?, ?) "
        "on conflict (source_id) do update set etag = excluded.etag, last_modified = excluded.last_modified, "
        "body_hash = excluded.body_hash, found_url = excluded.found_url, settings = excluded.settings",
        (visit.source.id, validators.etag, validators.last_modified, validators.body_hash, visit.found_url, reading_settings(visit.source)),
    )


def _state_after(outcome: Failed, *, proven: bool) -> str:
    if outcome.failure == "gone":
        return "gone"
    if not proven:
        return "unproven"
    return {"rate-limited": "rate-limited", "robots": "robots", "bot-wall": "blocked"}.get(outcome.failure, "failing")


def _wait(source: Source, failures: int, state: str) -> timedelta:
    """Twice as long after each failure in a row, at most a day (or the source's own rhythm); a week when never proven."""
    if state == "unproven" and failures >= PROVING_VISITS:
        return UNPROVEN_WAIT
    longest = max(LONGEST_WAIT, source.every)
    doubled: timedelta = source.every * 2 ** min(failures - 1, 10)
    return min(doubled, longest)
