"""How far a site is on its first day: what is told, collected, opened. Reading only.

Comes in: a plain connection, the moment. Goes out: `Step`s, in the order in which they are done.
"""

from dataclasses import dataclass
from datetime import datetime

from veille.store.connection import Connection, has_table
from veille.store.keeping.wellbeing import LATE
from veille.store.settings import setting

STEPS = ("contact", "site", "sources", "collect", "accounts", "cron")
EXAMPLE_CONTACTS = ("@exemple.fr", "@example.org", "@example.com")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of `STEPS`, and whether it is done."""

    name: str
    done: bool


def steps(db: Connection, now: datetime) -> list[Step]:
    """Return each step and whether it is done."""
    contact = setting(db, "contact")
    done = {
        "contact": bool(contact) and not contact.endswith(EXAMPLE_CONTACTS),
        "site": bool(setting(db, "site")),
        "sources": _any(db, "sources where state <> 'retired'"),
        "collect": _any(db, "runs where ended_at is not null"),
        "accounts": has_administrator(db),
        "cron": collects_by_itself(db, now),
    }
    return [Step(name, done[name]) for name in STEPS]


def is_new(db: Connection) -> bool:
    """Return whether nothing was ever collected."""
    return not _any(db, "items")


def has_administrator(db: Connection) -> bool:
    """Return whether somebody can sign in and open accounts."""
    return has_table(db, "accounts") and _any(db, "accounts where role = 'admin' and disabled_at is null")


def collects_by_itself(db: Connection, now: datetime) -> bool:
    """Return whether collections follow each other: more than one, the last of which ended lately."""
    ends = [row[0] for row in db.execute("select ended_at from runs where ended_at is not null order by id desc limit 2")]
    return len(ends) > 1 and now - datetime.fromisoformat(ends[0]) <= LATE


def _any(db: Connection, rows: str) -> bool:
    return db.execute(f"select 1 from {rows} limit 1").fetchone() is not None  # noqa: S608 - our own words
