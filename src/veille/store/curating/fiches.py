"""What curators do with fiches: each act is one edit, logged with its rows before and after, undone when nothing has followed it.

Every function takes a plain connection and runs inside the caller's transaction; raises UsageError for what cannot be done.
"""

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from veille.clock import PARIS
from veille.errors import UsageError
from veille.messages.common import long_date
from veille.messages.sharing import (
    ALREADY_VERIFIED,
    BAD_RELATION,
    BAD_STAGE,
    CHANGED_BY,
    ENDS_BEFORE,
    FICHE_FOR_ARTICLE,
    FICHE_TITLE,
    IS_SOURCE,
    KEEPS_LINES,
    LINE_ADDRESS,
    LINE_ASIDE,
    LINE_DAY,
    LINE_FUTURE,
    LINE_SOURCE,
    LINE_TEXT,
    LINE_THERE,
    LINK_TO_ITSELF,
    MERGE_INTO_WITHDRAWN,
    MERGED,
    NO_SUCH_FICHE,
    NO_SUCH_HEADING,
    NO_SUCH_ITEM,
    NO_SUCH_LINE,
    PUBLISH_LINES,
    PUBLISH_PLACE,
    PUBLISH_UNDATED,
    QUOTES_HIDDEN,
    RELATION_LABELS,
    STAGE_DAY,
    STAGE_TOLD,
)
from veille.model import FicheKind
from veille.moments import stored_day
from veille.store.collecting.quoting import quoting_hidden
from veille.store.connection import Connection, Row, sqlite3
from veille.store.curating.edits import Change, edit, must_have_no_twin, row_of
from veille.understand.lines import LONGEST_LINE, STAGES, ProposedLine

LONGEST_TITLE = 160
_FIRST_YEAR = 1900
LINE_ACTIONS = ("fiche-line", "fiche-line-edit", "fiche-line-remove", "fiche-line-back")


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who acts, when, and the last edit of the fiche that was before his eyes (None: whatever happened since)."""

    account: int
    at: str
    seen: int | None = None


def create(
    db: Connection,
    kind: FicheKind,
    item_id: int,
    lines: Sequence[ProposedLine],
    by: By,
    *,
    title: str = "",
    stage: str = "",
    began: str = "",
) -> int:
    """Begin a fiche from an article: its title, places, themes and these lines; its id. An article is the source of one fiche of a kind."""
    source = _said_by(db, item_id)
    if source is None:
        raise UsageError(NO_SUCH_ITEM)
    there = db.execute(
        "select fiches.id, title from fiches join fiche_items on fiche_id = fiches.id and role = 'source' "
        "where item_id = ? and kind = ? and state <> 'retiree' and merged_into is null",
        (item_id, kind.id),
    ).fetchone()
    if there:
        raise UsageError(FICHE_FOR_ARTICLE.format(title=there[1]))
    number = _next(db, "fiches")
    changes = [
        Change(table="fiches", key=(number,), row={
            "kind": kind.id, "title": title_of(title or source.title), "state": "brouillon", "expires_on": None, "origin": "veille",
            "merged_into": None, "published_at": None, "changed_at": by.at,
        }),
        Change(table="fiche_items", key=(number, item_id), row={"role": "source", "reason": "", "at": by.at}),
    ]  # fmt: skip
    for code, reason in db.execute("select code, reason from item_territories where item_id = ? order by code", (item_id,)).fetchall():
        changes.append(Change(table="fiche_territories", key=(number, code), row={"origin": "veille", "reason": reason}))
    tags = db.execute(
        "select tag_id, reason from item_tags where item_id = ? and origin <> 'refused' order by origin = 'source', score desc, tag_id",
        (item_id,),
    ).fetchall()
    for place, (tag, reason) in enumerate(tags):
        changes.append(Change(table="fiche_tags", key=(number, tag), row={"origin": "veille", "reason": reason, "position": place}))
    if kind.staged:
        changes.append(Change(table="initiative_facts", key=(number,), row={"stage": stage, "began": began, "ended": ""}))
    first = _next(db, "fiche_lines")
    for place, one in enumerate(lines):
        changes.append(Change(table="fiche_lines", key=(first + place,), row=_line_row(
            number, one.heading, place, one.text, source.day, seen=source.seen, item=item_id, value=one.value
        )))  # fmt: skip
    _write(db, changes, by, number, "fiche-create")
    return number


@dataclass(frozen=True, slots=True)
class _Source:
    """An article that lines are from: its title, the day it says it, or the day it was first seen (`seen`)."""

    title: str
    day: str
    seen: int


def _said_by(db: Connection, item_id: int) -> _Source | None:
    row = db.execute("select title, published_at, first_seen_at from items where id = ?", (item_id,)).fetchone()
    if row is None:
        return None
    title, published, first_seen = tuple(row)
    return _Source(title, stored_day(published or first_seen, PARIS.key), int(not published))


def said_on(db: Connection, item_id: int) -> str:
    """Return the day that lines of an article bear, "" for one that is not there."""
    source = _said_by(db, item_id)
    return source.day if source else ""


def title_of(text: str) -> str:
    """Return a title that a fiche can bear."""
    title = " ".join(text.split())
    if not title or not title.isprintable():
        raise UsageError(FICHE_TITLE.format(most=LONGEST_TITLE))
    return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1].rpartition(' ')[0]}…"


def _line_row(
    fiche_id: int, heading: str, position: int, text: str, said_on: str, *, seen: int = 0, item: int | None = None, url: str = "",
    declared_by: str = "", value: int | None = None, state: str = "montree",
) -> Row:  # fmt: skip
    return {
        "fiche_id": fiche_id, "heading": heading, "position": position, "text": text, "value": value, "said_on": said_on, "seen": seen,
        "source_item": item, "source_url": url, "declared_by": declared_by, "copy_id": None, "state": state,
    }  # fmt: skip


def retitle(db: Connection, fiche_id: int, title: str, by: By) -> None:
    """Another title."""
    if not title.strip() or len(" ".join(title.split())) > LONGEST_TITLE:
        raise UsageError(FICHE_TITLE.format(most=LONGEST_TITLE))
    _write(db, [_fiche(db, fiche_id, by, title=title_of(title))], by, fiche_id, "fiche-title")


def add_line(db: Connection, fiche_id: int, kind: FicheKind, given: dict[str, str], by: By) -> int:
    """Write a line; its id. `given`: heading, text, said_on, item, url, declared_by."""
    _must_be(db, fiche_id)
    number = _next(db, "fiche_lines")
    (place,) = db.execute("select coalesce(max(position), -1) + 1 from fiche_lines where fiche_id = ?", (fiche_id,)).fetchone()
    row = _checked(db, fiche_id, kind, given, by, place)
    if _says_already(db, fiche_id, row):
        raise UsageError(LINE_THERE)
    _write(db, [Change(table="fiche_lines", key=(number,), row=row)], by, fiche_id, "fiche-line")
    return number


def _says_already(db: Connection, fiche_id: int, row: Row) -> bool:
    same = "select 1 from fiche_lines where fiche_id = ? and heading = ? and text = ? and said_on = ? and state <> 'retiree'"
    return db.execute(same, (fiche_id, row["heading"], row["text"], row["said_on"])).fetchone() is not None


def change_line(db: Connection, line_id: int, kind: FicheKind, given: dict[str, str], by: By) -> None:
    """Other words, day, source or heading for a line; what is not given stays."""
    row = _line(db, line_id)
    held = {
        "heading": row["heading"], "text": row["text"], "said_on": row["said_on"], "item": str(row["source_item"] or ""),
        "url": row["source_url"], "declared_by": row["declared_by"],
    } | given  # fmt: skip
    changed = _checked(db, row["fiche_id"], kind, held, by, row["position"])
    changed |= {"seen": row["seen"] if changed["said_on"] == row["said_on"] else 0, "copy_id": row["copy_id"], "state": row["state"]}
    if changed["text"] == row["text"]:
        changed["value"] = row["value"]
    if row["state"] == "a-revoir":
        changed["state"] = "montree"
    _write(db, [Change(table="fiche_lines", key=(line_id,), row=changed)], by, row["fiche_id"], "fiche-line-edit")
    if (changed["text"], changed["said_on"]) != (row["text"], row["said_on"]) and verified(db, line_id):
        check_line(db, line_id, "change", by)  # who found the former words true has not seen these


def set_line_state(db: Connection, line_id: int, kind: FicheKind, state: str, by: By) -> None:
    """Take a line off the sheet, or put it back."""
    row = _line(db, line_id)
    if state == "montree" and not _is_sourced(row):
        raise UsageError(LINE_SOURCE)
    if state == "retiree":
        _must_keep_lines(db, row["fiche_id"], line_id, kind)
    action = "fiche-line-remove" if state == "retiree" else "fiche-line-back"
    changes = [Change(table="fiche_lines", key=(line_id,), row=row | {"state": state})]
    facts = row_of(db, "initiative_facts", row["fiche_id"])
    stage = next((stage for stage, told in STAGE_TOLD.items() if told == row["text"]), "")
    if facts and stage and state == "montree" and row["heading"] == "stade" and facts["stage"] != stage:
        changes.append(Change(table="initiative_facts", key=(row["fiche_id"],), row=facts | {"stage": stage}))  # the newest word of it
    _write(db, changes, by, row["fiche_id"], action)


def _is_sourced(row: Row) -> bool:
    return bool(row["said_on"] and (row["source_item"] is not None or row["source_url"] or row["declared_by"]))


def _must_keep_lines(db: Connection, fiche_id: int, line_id: int, kind: FicheKind) -> None:
    """Raise UsageError where a published fiche would be left with too few lines."""
    shown = "select count(*) from fiche_lines where fiche_id = ? and state = 'montree' and id <> ?"
    if _must_be(db, fiche_id)["state"] == "publiee" and db.execute(shown, (fiche_id, line_id)).fetchone()[0] < kind.least_lines:
        raise UsageError(KEEPS_LINES.format(count=kind.least_lines))


def _checked(db: Connection, fiche_id: int, kind: FicheKind, given: dict[str, str], by: By, position: int) -> Row:
    """Return the row of a line that may be."""
    if given.get("heading") not in kind.headings:
        raise UsageError(NO_SUCH_HEADING)
    text = _plain(given.get("text", ""))
    if not text or len(text) > LONGEST_LINE:
        raise UsageError(LINE_TEXT.format(most=LONGEST_LINE))
    said_on = _day(given.get("said_on", ""), "%Y-%m-%d")
    if said_on > stored_day(by.at, PARIS.key):
        raise UsageError(LINE_FUTURE)
    number = given.get("item", "")
    item = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else None
    if item is not None and db.execute("select 1 from items where id = ?", (item,)).fetchone() is None:
        item = None
    written, declared = _plain(given.get("url", "")), _plain(given.get("declared_by", ""))[:80]
    url = _address(written)
    if written and not url:
        raise UsageError(LINE_ADDRESS.format(value=written[:60]))
    if url or declared:
        item = None  # what is said elsewhere is not said by the article
    if item is None and not url and not declared:
        raise UsageError(LINE_SOURCE)
    return _line_row(fiche_id, given["heading"], position, text, said_on, item=item, url=url, declared_by=declared)


def _plain(text: str) -> str:
    """Return a text on one line, without what no screen and no XML can show."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _address(text: str) -> str:
    """Return an address that leads somewhere, "" for anything else."""
    url = _plain(text)[:2000]
    with contextlib.suppress(ValueError):
        if url.startswith(("http://", "https://")) and " " not in url and urlsplit(url).hostname:
            return url
    return ""


def _day(text: str, form: str) -> str:
    """Return a day, a month or a year written in a form, of our times; raises UsageError for anything else."""
    said = text.strip()
    try:
        day = datetime.strptime(said, form)  # noqa: DTZ007 - a day
        if day.strftime(form) != said or day.year < _FIRST_YEAR:
            raise ValueError(said)
    except ValueError as exc:
        raise UsageError(LINE_DAY.format(value=said[:20])) from exc
    return said


def set_stage(db: Connection, fiche_id: int, stage: str, began: str, ended: str, by: By) -> None:
    """Where an initiative stands, when it began and ended (a year, a month or a day; "" where it is not known)."""
    if stage and stage not in STAGES:
        raise UsageError(BAD_STAGE)
    _must_be(db, fiche_id)
    row = {"stage": stage, "began": _span(began), "ended": _span(ended)}
    if row["began"] and row["ended"] and row["ended"] < row["began"][: len(row["ended"])]:
        raise UsageError(ENDS_BEFORE)
    _write(db, [Change(table="initiative_facts", key=(fiche_id,), row=row)], by, fiche_id, "fiche-stage")


def _span(text: str) -> str:
    """Return a year, a month or a day, "" for none."""
    said = text.strip()
    try:
        return _day(said, {4: "%Y", 7: "%Y-%m"}.get(len(said), "%Y-%m-%d")) if said else ""
    except UsageError as exc:
        raise UsageError(STAGE_DAY.format(value=said[:20])) from exc


def set_place(db: Connection, fiche_id: int, code: str, by: By, *, present: bool) -> None:
    """A département of a fiche, or none of it any more."""
    standing = _must_be(db, fiche_id)
    row: Row | None = {"origin": "documentaliste", "reason": ""} if present else None
    others = "select 1 from fiche_territories where fiche_id = ? and code <> ?"
    if not present and standing["state"] == "publiee" and db.execute(others, (fiche_id, code)).fetchone() is None:
        raise UsageError(PUBLISH_PLACE)
    _write(db, [Change(table="fiche_territories", key=(fiche_id, code), row=row)], by, fiche_id, "fiche-place")


def set_tag(db: Connection, fiche_id: int, tag: str, by: By, *, present: bool) -> None:
    """A theme of a fiche, or none of it any more."""
    _must_be(db, fiche_id)
    (place,) = db.execute("select coalesce(max(position), -1) + 1 from fiche_tags where fiche_id = ?", (fiche_id,)).fetchone()
    row: Row | None = {"origin": "documentaliste", "reason": "", "position": place} if present else None
    _write(db, [Change(table="fiche_tags", key=(fiche_id, tag), row=row)], by, fiche_id, "fiche-tag")


def publish(db: Connection, fiche_id: int, kind: FicheKind, by: By) -> None:
    """Show a fiche to everyone: enough lines, each with a date and a source, and a département."""
    row = _must_be(db, fiche_id)
    lines = db.execute(
        "select said_on <> '' and (source_item is not null or source_url <> '' or declared_by <> '') from fiche_lines "
        "where fiche_id = ? and state = 'montree'",
        (fiche_id,),
    ).fetchall()
    if len(lines) < kind.least_lines:
        raise UsageError(PUBLISH_LINES.format(count=kind.least_lines, held=len(lines)))
    if not all(one[0] for one in lines):
        raise UsageError(PUBLISH_UNDATED)
    if db.execute("select 1 from fiche_territories where fiche_id = ?", (fiche_id,)).fetchone() is None:
        raise UsageError(PUBLISH_PLACE)
    change = _fiche(db, fiche_id, by, state="publiee", published_at=row["published_at"] or by.at)
    _write(db, [change], by, fiche_id, "fiche-publish")
    must_have_no_twin(db, [fiche_id])


def unpublish(db: Connection, fiche_id: int, by: By, *, withdrawn: bool) -> None:
    """Take a fiche from the public: back to a draft, or withdrawn."""
    state, action = ("retiree", "fiche-withdraw") if withdrawn else ("brouillon", "fiche-draft")
    _write(db, [_fiche(db, fiche_id, by, state=state)], by, fiche_id, action)


def set_item(db: Connection, fiche_id: int, item_id: int, role: str, by: By, lines: Sequence[ProposedLine] = ()) -> int:
    """An article of a fiche (`suite`, `mention`), or one that is refused to it (`refus`); how many of the lines that it lets one write
    now wait on the sheet for a curator: what the sheet says already is not asked again.
    """
    _must_be(db, fiche_id)
    source = _said_by(db, item_id)
    if source is None:
        raise UsageError(NO_SUCH_ITEM)
    held = row_of(db, "fiche_items", fiche_id, item_id) or {}
    if held.get("role") == "source":
        raise UsageError(IS_SOURCE)
    row = {"role": role, "reason": held.get("reason", ""), "at": by.at}
    changes = [Change(table="fiche_items", key=(fiche_id, item_id), row=row)]
    there = {text for (text,) in db.execute("select text from fiche_lines where fiche_id = ?", (fiche_id,)).fetchall()}
    (place,) = db.execute("select coalesce(max(position), -1) + 1 from fiche_lines where fiche_id = ?", (fiche_id,)).fetchone()
    first = _next(db, "fiche_lines")
    for number, one in enumerate(one for one in lines if one.text not in there):
        changes.append(Change(table="fiche_lines", key=(first + number,), row=_line_row(
            fiche_id, one.heading, place + number, one.text, source.day, seen=source.seen, item=item_id, value=one.value, state="a-revoir"
        )))  # fmt: skip
    _write(db, changes, by, fiche_id, "fiche-item-refuse" if role == "refus" else "fiche-item")
    return len(changes) - 1


def link(db: Connection, from_id: int, to_id: int, relation: str, reason: str, by: By) -> None:
    """One fiche and another, and what stands between them."""
    if relation not in RELATION_LABELS:
        raise UsageError(BAD_RELATION)
    if from_id == to_id:
        raise UsageError(LINK_TO_ITSELF)
    _must_be(db, from_id)
    _must_be(db, to_id)
    number = db.execute(
        "select coalesce((select id from fiche_links where from_id = ? and to_id = ? and relation = ?), "
        "(select coalesce(max(id), 0) + 1 from fiche_links))",
        (from_id, to_id, relation),
    ).fetchone()[0]
    held = row_of(db, "fiche_links", number) or {}
    told = _plain(reason)[:300] or held.get("reason", "")
    row = {"from_id": from_id, "to_id": to_id, "relation": relation, "line_id": held.get("line_id"), "reason": told}
    _write(db, [Change(table="fiche_links", key=(number,), row=row)], by, from_id, "fiche-link")


def unlink(db: Connection, link_id: int, by: By) -> int:
    """No such link any more; the fiche that it was from."""
    row = row_of(db, "fiche_links", link_id)
    if row is None:
        raise UsageError(NO_SUCH_FICHE)
    _write(db, [Change(table="fiche_links", key=(link_id,), row=None)], by, row["from_id"], "fiche-unlink")
    return int(row["from_id"])


_ROLES = ("source", "suite", "mention", "propose", "refus")  # the first says most


def merge(db: Connection, fiche_id: int, into: int, by: By) -> None:
    """Two fiches of one thing: lines, articles and links of the first go to the second, and its address leads there."""
    row, target = _must_be(db, fiche_id), _must_be(db, into)
    if fiche_id == into or row["kind"] != target["kind"]:
        raise UsageError(LINK_TO_ITSELF)
    if target["state"] == "retiree":
        raise UsageError(MERGE_INTO_WITHDRAWN)
    changes = [_fiche(db, fiche_id, by, state="retiree", merged_into=into)]
    (place,) = db.execute("select coalesce(max(position), -1) + 1 from fiche_lines where fiche_id = ?", (into,)).fetchone()
    for number, (line,) in enumerate(
        db.execute("select id from fiche_lines where fiche_id = ? order by position, id", (fiche_id,)).fetchall()
    ):
        moved = _line(db, line) | {"fiche_id": into, "position": place + number}
        if moved["state"] == "montree" and (row["state"] != "publiee" or not _is_sourced(moved)):
            moved["state"] = "a-revoir"  # nobody has published it
        if _says_already(db, into, moved):
            moved["state"] = "retiree"
        changes.append(Change(table="fiche_lines", key=(line,), row=moved))
    for (item,) in db.execute("select item_id from fiche_items where fiche_id = ?", (fiche_id,)).fetchall():
        own, there = row_of(db, "fiche_items", fiche_id, item) or {}, row_of(db, "fiche_items", into, item)
        if there is None or _ROLES.index(own["role"]) < _ROLES.index(there["role"]) > _ROLES.index("suite"):
            role = "suite" if own["role"] == "source" else own["role"]  # a sheet has its own source
            changes.append(Change(table="fiche_items", key=(into, item), row=own | {"role": role}))
    for table, column in (("fiche_territories", "code"), ("fiche_tags", "tag_id")):
        for (key,) in db.execute(f"select {column} from {table} where fiche_id = ?", (fiche_id,)).fetchall():  # noqa: S608 - our own names
            if row_of(db, table, into, key) is None:
                changes.append(Change(table=table, key=(into, key), row=row_of(db, table, fiche_id, key)))
    _write(db, changes + _moved_links(db, fiche_id, into), by, into, "fiche-merge")


def _moved_links(db: Connection, fiche_id: int, into: int) -> list[Change]:
    """Return the links of a fiche as those of another one; none to itself, none twice."""
    there = set(map(tuple, db.execute("select from_id, to_id, relation from fiche_links").fetchall()))
    changes = []
    for (number,) in db.execute("select id from fiche_links where ?1 in (from_id, to_id) order by id", (fiche_id,)).fetchall():
        row = row_of(db, "fiche_links", number) or {}
        ends = tuple(into if one == fiche_id else one for one in (row["from_id"], row["to_id"]))
        kept = ends[0] != ends[1] and (*ends, row["relation"]) not in there
        there.add((*ends, row["relation"]))
        changes.append(Change(table="fiche_links", key=(number,), row=row | {"from_id": ends[0], "to_id": ends[1]} if kept else None))
    return changes


def check_line(db: Connection, line_id: int, outcome: str, by: By) -> int:
    """Note that a line was looked at: an observation, which is no edit, once a day; its fiche."""
    row = _line(db, line_id)
    if row["state"] != "montree":
        raise UsageError(LINE_ASIDE)
    last = db.execute("select outcome, at from line_checks where line_id = ? order by id desc limit 1", (line_id,)).fetchone()
    if last and last[0] == outcome and stored_day(last[1], PARIS.key) == stored_day(by.at, PARIS.key):
        raise UsageError(ALREADY_VERIFIED)
    db.execute(
        "insert into line_checks (line_id, at, by, outcome, account_id) values (?, ?, 'documentaliste', ?, ?)",
        (line_id, by.at, outcome, by.account),
    )
    return int(row["fiche_id"])


def verified(db: Connection, line_id: int) -> bool:
    """Return whether who last looked at a line found it true."""
    last = db.execute("select outcome from line_checks where line_id = ? order by id desc limit 1", (line_id,)).fetchone()
    return bool(last and last[0] == "vrai")


def last_edit(db: Connection, fiche_id: int) -> int:
    """Return the last edit of a fiche: what somebody who looks at it has before him."""
    return int(db.execute("select coalesce(max(id), 0) from edits where fiche_id = ?", (fiche_id,)).fetchone()[0])


def _write(db: Connection, changes: list[Change], by: By, fiche_id: int, action: str) -> None:
    """Make an act: refused where somebody else has changed the same rows since, then logged, and the index told."""
    _must_not_have_changed(db, changes, by, fiche_id)
    touched = [*changes]
    if action != "fiche-create" and not any(one.table == "fiches" for one in changes):
        touched.append(_fiche(db, fiche_id, by))
    try:
        why = _told(db, changes, action)
        edit(db, touched, account_id=by.account, subject=f"fiche {fiche_id}", action=action, at=by.at, why=why, fiche_id=fiche_id)
    except sqlite3.IntegrityError as exc:  # the file itself refuses what is shown without a date or a source
        raise UsageError(PUBLISH_UNDATED) from exc
    if quoting_hidden(db, fiches=[fiche_id]):
        raise UsageError(QUOTES_HIDDEN)


def _told(db: Connection, changes: Sequence[Change], action: str) -> str:
    """Return what tells an act from another one of its kind, in the log: the words of its line, or the other fiche."""
    other = {"fiche-link": "to_id", "fiche-merge": ""}.get(action)
    if other is not None:
        rows = [one.row[other] for one in changes if other and one.row and one.table == "fiche_links"]
        number = next(iter(rows), None) or next(int(one.key[0]) for one in changes if one.table == "fiches")
        return str(db.execute("select title from fiches where id = ?", (number,)).fetchone()[0])[:120]
    lines = [one.row["text"] for one in changes if one.table == "fiche_lines" and one.row]
    return str(lines[0])[:120] if action in LINE_ACTIONS and lines else ""


def _must_not_have_changed(db: Connection, changes: list[Change], by: By, fiche_id: int) -> None:
    if by.seen is None:
        return
    wanted = {(one.table, *map(str, one.key)) for one in changes if one.table != "fiches"}
    states = any(one.table == "fiches" for one in changes)
    rows = db.execute(
        "select edits.at, name, after from edits join accounts on accounts.id = account_id "
        "where fiche_id = ? and edits.id > ? and account_id <> ? and undone_at is null order by edits.id desc",
        (fiche_id, by.seen, by.account),
    ).fetchall()
    for at, name, after in rows:
        held = json.loads(after)
        told = {(one["table"], *map(str, one["key"])) for one in held}
        if told & wanted or (states and any(one["table"] == "fiches" and len(held) == 1 for one in held)):
            when = long_date(date.fromisoformat(stored_day(at, PARIS.key)))
            raise UsageError(CHANGED_BY.format(name=name, when=when))


def _fiche(db: Connection, fiche_id: int, by: By, **values: Any) -> Change:
    return Change(table="fiches", key=(fiche_id,), row=_must_be(db, fiche_id) | values | {"changed_at": by.at})


def _must_be(db: Connection, fiche_id: int) -> Row:
    row = row_of(db, "fiches", fiche_id)
    if row is None:
        raise UsageError(NO_SUCH_FICHE)
    if row["merged_into"] is not None:
        raise UsageError(MERGED)
    return row


def _line(db: Connection, line_id: int) -> Row:
    row = row_of(db, "fiche_lines", line_id)
    if row is None:
        raise UsageError(NO_SUCH_LINE)
    return row


def _next(db: Connection, table: str) -> int:
    """Return an id that was never given: an id of a fiche, or of a line, is of it alone for ever."""
    (last,) = db.execute(
        f"select max(coalesce((select seq from sqlite_sequence where name = '{table}'), 0), coalesce((select max(id) from {table}), 0))"  # noqa: S608
    ).fetchone()
    return int(last) + 1
