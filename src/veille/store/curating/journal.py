"""The log of curators as a page shows it: one line a gesture, the newest first, in names and not in numbers. Reading only."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from veille.messages.common import KIND_LABELS
from veille.messages.curating import AS_THE_SOURCE, QUOTED, SUBJECTS
from veille.store.connection import Connection

PAGE = 50
_SUBJECT = re.compile(rf"({'|'.join(SUBJECTS)}) (\S+)\Z")
_SAID = 120  # characters of what was written


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is looked for in the log: whose gestures, which, between two moments, about what; "" and nothing for all."""

    account: str = ""
    actions: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    words: str = ""


# Each log is read from its end only as far as the page goes.
_GESTURES = """
select * from (select 'decision' as what, decisions.id as id, at, name, action, undone_at, item_id as about, after, why
    from decisions join accounts on accounts.id = account_id where (batch is null or batch = decisions.id) and {where}
    and {words_of_decisions} order by decisions.id desc limit :upto)
union all
select * from (select 'edit', edits.id, at, name, action, undone_at, subject, before, why
    from edits join accounts on accounts.id = account_id where action <> 'fiche-undone' and {where} and {words_of_edits}
    order by edits.id desc limit :upto)
order by at desc, id desc limit :most offset :first
"""
_WHERE = (
    ":account in ('', name) and (:actions = '[]' or action in (select value from json_each(:actions))) "
    "and (:since = '' or at >= :since) and (:until = '' or at < :until)"
)
_TITLE = "(select title from items where items.id = item_id)"


def journal(db: Connection, sought: Sought, *, page: int = 1, size: int = PAGE) -> tuple[list[dict[str, Any]], bool]:
    """Gestures that are looked for, a page of them; whether there are older ones."""
    first = (page - 1) * size
    words = [word for word in str(db.execute("select index_text(?)", (sought.words,)).fetchone()[0]).split() if word]
    given: dict[str, object] = {
        "account": sought.account, "actions": json.dumps(sought.actions), "since": sought.since, "until": sought.until,
        "most": size + 1, "first": first, "upto": first + size + 1,
    } | {f"word{place}": f" {word}" for place, word in enumerate(words)}  # fmt: skip

    def held(text: str) -> str:
        return " and ".join(["1", *(f"instr(' ' || index_text({text}), :word{place})" for place in range(len(words)))])

    sql = _GESTURES.format(
        where=_WHERE, words_of_decisions=held(f"{_TITLE} || ' ' || why || ' ' || after"), words_of_edits=held("subject || ' ' || why")
    )
    rows = db.execute(sql, given).fetchall()
    names = ("what", "id", "at", "name", "action", "undone_at", "about", "after", "why")
    found = [dict(zip(names, tuple(row), strict=True)) for row in rows[:size]]
    for one in found:
        if one["what"] == "edit":
            one.update(_named(db, one["about"]), undoable=not one["undone_at"] and one["after"] != "[]")
            continue
        title, count, standing = db.execute(
            "select (select title from items where id = ?1), max(1, (select count(*) from decisions where batch = ?2)), "
            "exists (select 1 from decisions where (batch = ?2 or id = ?2) and undone_at is null)",
            (one["about"], one["id"]),
        ).fetchone()
        one.update(item=one["about"], title=title, count=count, undoable=bool(standing), change=told_change(db, one["after"]))
    return found, len(rows) > size


def _named(db: Connection, subject: str) -> dict[str, Any]:
    """Return the subject of an edit by its name, and the article that it is about."""
    found = _SUBJECT.match(subject)
    if not found:
        return {"subject": subject}
    kind, key = found.groups()
    if SUBJECTS[kind] == "items":
        row = db.execute("select title from items where id = ?", (key,)).fetchone()
        return {"subject": row[0], "item": int(key)} if row else {"subject": subject}
    table = SUBJECTS[kind]
    column = {"sources": "name", "tags": "label", "fiches": "title"}[table]
    row = db.execute(f"select {column} from {table} where id = ?", (key,)).fetchone()  # noqa: S608 - our own names
    told = {"subject": f"{kind} {row[0]}" if row else subject}
    return told | {"fiche": int(key)} if table == "fiches" and row else told


def told_change(db: Connection, after: str, places: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return what a decision made, in words: the other article of a story, the title, the day, the kind, the note; "" for a state.

    `after`: as the log keeps it. `places`: names of départements by their codes.
    """
    held = json.loads(after)
    if "story" in held:
        titles = [_title(db, int(other)) for other in held["story"]]
        return ", ".join(QUOTED.format(said=title) for title in titles if title)
    if "kind" in held:
        return str(KIND_LABELS.get(held["kind"][0], held["kind"][0])).lower()
    if "subject" not in held:
        return ""
    kind, *rest = held["subject"].split(" ")
    if kind == "place":
        return f"{rest[0]} {places.get(rest[0], '')}".strip()
    if kind == "date":
        return " ".join(dict.fromkeys(rest[1:]))
    said = held["value"] if isinstance(held["value"], str) else ""
    return QUOTED.format(said=f"{said[:_SAID]}{'…' if len(said) > _SAID else ''}") if said else AS_THE_SOURCE


def _title(db: Connection, item_id: int) -> str:
    row = db.execute("select title from items where id = ?", (item_id,)).fetchone()
    return str(row[0]) if row else ""
