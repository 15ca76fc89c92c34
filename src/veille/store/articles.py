"""What readers see: the home page, cards, one article. Reading only.

Every function takes a plain connection, so that Datasette's own threads can call it. Nothing here reads `texts`:
what is shown of a text is `items.summary`, which obeys the source's rights, as former versions do.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from veille.store.connection import Connection, has_table
from veille.store.decisions import last_decision, undoable
from veille.store.evidence import evidence
from veille.store.items import shown_of
from veille.store.neighbours import neighbours


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An article as lists show it."""

    id: int
    url: str
    title: str
    summary: str
    source: str
    source_name: str
    kind: str
    language: str
    interest: float
    published_at: str | None
    day: str
    first_seen_at: str
    state: str
    departements: tuple[str, ...]
    themes: tuple[str, ...]
    also: tuple[str, ...]  # names of the other sources that published it, or the same text


_CARDS = """
select items.id, items.url, items.title, items.summary, items.source_id, sources.name, items.kind, items.language, items.interest,
    items.published_at, items.day, items.first_seen_at, items.state,
    (select json_group_array(code) from (select code from item_territories where item_id = items.id order by origin = 'source', code)),
    (select json_group_array(tag_id) from
        (select tag_id from item_tags where item_id = items.id and origin <> 'refused'
         order by origin = 'source', score desc, tag_id)),
    (select json_group_array(name) from (select name from sources as others where others.id <> items.source_id and others.id in
        (select source_id from sightings where item_id = items.id union select twins.source_id from items as twins
         where twins.story_id = items.story_id and twins.state <> 'dismissed') order by name))
from items join sources on sources.id = items.source_id
where items.id in (select value from json_each(?))
"""


def cards(db: Connection, ids: Iterable[int]) -> list[Card]:
    """Cards of these items, in this order."""
    wanted = list(ids)
    rows = db.execute(_CARDS, (json.dumps(wanted),))
    found = {row[0]: _card(row) for row in rows}
    return [found[item_id] for item_id in wanted if item_id in found]


def _card(row: Any) -> Card:
    row = tuple(row)
    return Card(
        id=row[0], url=row[1], title=row[2], summary=row[3], source=row[4], source_name=row[5], kind=row[6], language=row[7],
        interest=row[8], published_at=row[9], day=row[10], first_seen_at=row[11], state=row[12],
        departements=tuple(json.loads(row[13])), themes=tuple(json.loads(row[14])), also=tuple(json.loads(row[15])),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the first page lists; its figures are the summary's."""

    selected: list[Card]
    latest: list[Card]


def home(db: Connection, *, selected: int = 3, latest: int = 6) -> Home:
    """Selected articles, then new ones of interest; one card a story."""
    chosen = "select id from items where state = 'selected' and lead = 1 order by day desc, id desc limit ?"
    fresh = (
        "select id from items indexed by items_queued where state in ('new', 'later') and interest >= 0.5 and lead = 1 "
        "order by queued desc, day desc, id desc limit ?"
    )
    return Home(
        selected=cards(db, [row[0] for row in db.execute(chosen, (selected,))]),
        latest=cards(db, [row[0] for row in db.execute(fresh, (latest,))]),
    )


_ELSEWHERE = 5  # neighbours that a page shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What an article said until a moment, as far as its source's rights allow it to be shown."""

    until: str
    title: str
    summary: str


_VERSIONS = 8  # former versions that a page shows


def former_versions(db: Connection, item_id: int, rights: str, *, comparable: bool) -> list[Version]:
    """The newest former versions, the newest first; `link` shows titles alone.

    So does an article whose page was read: what is shown of it then is not what its feed said before.
    """
    rows = db.execute(
        "select until, title, text from versions where item_id = ? order by until desc, id desc limit ?", (item_id, _VERSIONS)
    )
    return [Version(until=row[0], title=row[1], summary=shown_of(row[2], "", rights) if comparable else "") for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article, whole, as far as its rights allow."""

    card: Card
    author: str
    rights: str
    kind_reason: str
    interest_reason: str
    changed_at: str | None
    versions: list[Version]
    tags: list[dict[str, Any]]
    refused: list[str]
    territories: list[dict[str, Any]]
    dates: list[dict[str, Any]]
    sightings: list[dict[str, Any]]
    twins: list[Card]
    story_reason: str  # why it is in its story, "" for one that stands alone
    lead_reason: str  # why the story is led by the one that leads it
    elsewhere: list[tuple[Card, tuple[str, ...]]]  # the same idea in other départements, with the words in common
    proposed: list[tuple[Card, float]]  # maybe the same text: for curators to say
    public_note: str = ""
    private_note: str = ""
    corrected: dict[str, str] = field(default_factory=dict)  # what curators say against the source, by field
    selected_because: dict[str, Any] | None = None  # role, at, why of the selection that stands
    corrections: list[dict[str, Any]] = field(default_factory=list)  # role, at, action of the corrections that stand
    evidence: dict[str, Any] = field(default_factory=dict)  # the last look at its link, the copies that are kept
    seen: int = 0  # the last decision of all
    decisions: list[dict[str, Any]] = field(default_factory=list)


_CORRECTING = ("title", "day", "kind", "place-add", "place-remove", "date-add", "date-remove")


def article(db: Connection, item_id: int) -> Article | None:
    """None when there is no such article."""
    found = cards(db, [item_id])
    if not found:
        return None

    def rows(sql: str, *names: str) -> list[dict[str, Any]]:
        return [dict(zip(names, tuple(row), strict=True)) for row in db.execute(sql, (item_id,))]

    extra = db.execute(
        "select author, rights, kind_reason, interest_reason, changed_at, story_id, "
        "coalesce(nullif(story_reason, ''), (select max(story_reason) from items as one where one.story_id = items.story_id), ''), "
        "coalesce((select reason from stories where id = story_id), ''), "
        "exists (select 1 from texts where item_id = items.id and page <> '') "
        "from items join sources on sources.id = source_id where items.id = ?",
        (item_id,),
    ).fetchone()
    author, rights, kind_reason, interest_reason, changed_at, story_id, story_reason, lead_reason, page_read = tuple(extra)
    twins = [row[0] for row in db.execute("select id from items where story_id = ? and id <> ?", (story_id, item_id))] if story_id else []
    alike = {
        other: score
        for one, other, score in db.execute("select item_id, other_id, score from alike where item_id = ?1 or other_id = ?1", (item_id,))
        for other in ({one, other} - {item_id} - set(twins))
    }
    # Of a dismissed article, what retention will erase is shown no longer.
    former = [] if found[0].state == "dismissed" else former_versions(db, item_id, rights, comparable=not page_read)
    near = {one.id: one.words for one in neighbours(db, item_id)[:_ELSEWHERE]}
    free = undoable(db, item_id)
    curated = has_table(db, "notes")  # else the file waits for its migration
    why = "why" if curated else "''"
    decisions = rows(
        f"select decisions.id, at, name, role, action, after, {why}, undone_at from decisions "  # noqa: S608 - our own names
        "join accounts on accounts.id = account_id where item_id = ? order by decisions.id desc limit 60",
        "id", "at", "name", "role", "action", "after", "why", "undone_at",
    )  # fmt: skip
    standing = [one for one in decisions if not one["undone_at"]]
    notes = dict(map(tuple, db.execute("select scope, text from notes where item_id = ?", (item_id,)))) if curated else {}
    said = dict(map(tuple, db.execute("select field, value from corrections where item_id = ?", (item_id,)))) if curated else {}
    tags = rows(
        "select tag_id, origin, score, reason from item_tags where item_id = ? order by origin = 'source', score desc, tag_id",
        "id", "origin", "score", "reason",
    )  # fmt: skip
    return Article(
        card=found[0], author=author, rights=rights, kind_reason=kind_reason, interest_reason=interest_reason,
        changed_at=changed_at, versions=former,
        tags=[tag for tag in tags if tag["origin"] != "refused"],
        refused=[tag["id"] for tag in tags if tag["origin"] == "refused"],
        territories=rows(
            "select code, origin, reason from item_territories where item_id = ? order by origin = 'source', code",
            "code", "origin", "reason",
        ),
        dates=rows(
            'select role, start, "end", evidence from item_dates where item_id = ? order by start', "role", "start", "end", "evidence"
        ),
        sightings=rows(
            "select source_id, sources.name, sightings.url, sightings.first_seen_at from sightings "
            "join sources on sources.id = source_id where item_id = ? order by sightings.first_seen_at, source_id",
            "source", "name", "url", "first_seen_at",
        ),
        twins=[card for card in cards(db, twins) if card.state != "dismissed"],
        story_reason=story_reason if twins else "", lead_reason=lead_reason if twins else "",
        elsewhere=[(card, near[card.id]) for card in cards(db, list(near))],
        proposed=[(card, alike[card.id]) for card in cards(db, sorted(alike, key=lambda one: -alike[one]))],
        public_note=notes.get("public", ""), private_note=notes.get("private", ""), corrected=said,
        selected_because=next((one for one in standing if one["action"] == "select"), None) if found[0].state == "selected" else None,
        corrections=[one for one in standing if one["action"] in _CORRECTING], seen=last_decision(db),
        evidence=evidence(db, item_id),
        decisions=[one | {"tag": json.loads(one["after"]).get("tag"), "undoable": one["id"] in free} for one in decisions],
    )  # fmt: skip


def greatest_id(db: Connection) -> int:
    """The greatest id given so far, 0 in an empty file."""
    return int(db.execute("select coalesce(max(id), 0) from items").fetchone()[0])


def names(db: Connection) -> dict[str, str]:
    """Names of all sources by id."""
    return dict(tuple(row) for row in db.execute("select id, name from sources"))


def last_run(db: Connection) -> dict[str, Any] | None:
    """The end of the last collection and how it went."""
    row = db.execute(
        "select ended_at, (select count(*) from sources where state in ('failing', 'gone', 'blocked', 'selector-missed')) "
        "from runs where ended_at is not null order by id desc limit 1"
    ).fetchone()
    return {"ended_at": row[0], "alarms": row[1]} if row else None
