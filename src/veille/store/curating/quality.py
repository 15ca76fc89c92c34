"""How good suggestions are, by what curators do with them; how far curators agree; what the last learning changed. Reading only."""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from veille.store.connection import Connection

_SUGGESTED = ("rule", "model", "source")


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """Of the suggestions of a theme that somebody judged: how many were kept."""

    tag: str
    kept: int
    refused: int

    @property
    def share(self) -> float:
        return self.kept / (self.kept + self.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Of the questions that two curators or more answered: on how many all said the same."""

    asked: int
    agreed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Learning:
    """One learning: when, whether it serves, and each question's mark before and after."""

    at: str
    active: bool
    marks: list[dict[str, Any]]


def precisions(db: Connection, since: str) -> list[Precision]:
    """Per theme, the suggestions judged since a moment, the worst first."""
    told: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    rows = db.execute(
        "select action, before from decisions where at >= ? and undone_at is null and action in ('tag-add', 'tag-remove')", (since,)
    )
    for action, before in rows:
        held = json.loads(before)
        if held["row"] and held["row"][0] in _SUGGESTED:
            told[held["tag"]][action == "tag-remove"] += 1
    found = [Precision(tag=tag, kept=kept, refused=refused) for tag, (kept, refused) in told.items()]
    return sorted(found, key=lambda one: (one.share, -one.refused, one.tag))


def agreement(db: Connection, since: str) -> Agreement:
    """Of articles selected or dismissed, and themes put or refused, by two curators or more: each one's last word counts."""
    words: dict[tuple[int, str], dict[int, str]] = defaultdict(dict)
    rows = db.execute(
        "select item_id, account_id, action, after from decisions where at >= ? and undone_at is null "
        "and action in ('select', 'dismiss', 'tag-add', 'tag-remove') order by id",
        (since,),
    )
    for item, account, action, after in rows:
        tag = json.loads(after).get("tag", "")
        words[item, tag][account] = "yes" if action in ("select", "tag-add") else "no"
    shared = [set(said.values()) for said in words.values() if len(said) > 1]
    return Agreement(asked=len(shared), agreed=sum(len(said) == 1 for said in shared))


def learnings(db: Connection) -> list[Learning]:
    """Return the learnings that are kept, the newest first."""
    rows = db.execute("select at, active, report from models order by id desc")
    return [Learning(at=row[0], active=bool(row[1]), marks=json.loads(row[2])) for row in rows]
