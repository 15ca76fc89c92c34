"""What readers see: the home page, cards, one article. Reading only.

Every function takes a plain connection, so that Datasette's own threads can call it. Nothing here reads `texts`:
what is shown of a text is `items.summary`, which obeys the source's rights.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from veille.store.connection import Connection
from veille.store.decisions import undoable
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
    also: int  # other sources and other copies of the same text


_CARDS = """
select items.id, items.url, items.title, items.summary, items.source_id, sources.name, items.kind, items.language, items.interest,
    items.published_at, items.day, items.first_seen_at, items.state,
    (select json_group_array(code) from (select code from item_territories where item_id = items.id order by origin = 'source', code)),
    (select json_group_array(tag_id) from
        (select tag_id from item_tags where item_id = items.id and origin <> 'refused'
         order by origin = 'source', score desc, tag_id)),
    (select count(*) - 1 from sightings where item_id = items.id)
        + case when items.story_id is null then 0 else
            (select count(*) - 1 from items as twins where twins.story_id = items.story_id and twins.state <> 'dismissed') end
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
        departements=tuple(json.loads(row[13])), themes=tuple(json.loads(row[14])), also=max(0, row[15]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the first page shows."""

    articles: int
    sources: int
    selected: list[Card]
    latest: list[Card]
    themes: list[tuple[str, int]]
    departements: dict[str, int]
    deadlines: list[tuple[str, str, int, str, str]]  # day, evidence, item, title, source
    watched: frozenset[str] = frozenset()


def home(db: Connection, today: str, *, selected: int = 4, latest: int = 12) -> Home:
    """Selected articles, then new ones of interest; one card a story."""
    chosen = "select id from items where state = 'selected' and lead = 1 order by day desc, id desc limit ?"
    fresh = (
        "select id from items indexed by items_queued where state in ('new', 'later') and interest >= 0.5 and lead = 1 "
        "order by queued desc, day desc, id desc limit ?"
    )
    deadlines = db.execute(
        'select item_dates."end", item_dates.evidence, items.id, items.title, sources.name from item_dates '
        "join items on items.id = item_dates.item_id join sources on sources.id = items.source_id "
        "where role = 'deadline' and item_dates.\"end\" >= ? and items.state <> 'dismissed' and items.lead = 1 and items.kind <> 'emploi' "
        "and (items.interest >= 0.5 or items.state = 'selected') order by item_dates.\"end\" limit 4",
        (today,),
    ).fetchall()
    return Home(
        articles=db.execute("select count(*) from items where state <> 'dismissed'").fetchone()[0],
        sources=db.execute("select count(*) from sources where last_success_at is not null and state <> 'retired'").fetchone()[0],
        selected=cards(db, [row[0] for row in db.execute(chosen, (selected,))]),
        latest=cards(db, [row[0] for row in db.execute(fresh, (latest,))]),
        themes=_pairs(
            db,
            "select tag_id, count(*) from item_tags join items on items.id = item_id "
            "where origin <> 'refused' and state <> 'dismissed' group by 1",
        ),
        departements=dict(
            _pairs(
                db,
                "select code, count(*) from item_territories join items on items.id = item_id where state <> 'dismissed' group by 1",
            )
        ),
        deadlines=[tuple(row) for row in deadlines],
        watched=frozenset(
            row[0]
            for row in db.execute("select value from sources, json_each(sources.territory) where state not in ('retired', 'disabled')")
        ),
    )


def _pairs(db: Connection, sql: str) -> list[tuple[str, int]]:
    return sorted(((row[0], row[1]) for row in db.execute(sql)), key=lambda row: (-row[1], row[0]))


_ELSEWHERE = 5  # neighbours that a page shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article, whole, as far as its rights allow."""

    card: Card
    author: str
    rights: str
    kind_reason: str
    interest_reason: str
    changed_at: str | None
    versions: int
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
    decisions: list[dict[str, Any]] = field(default_factory=list)


def article(db: Connection, item_id: int) -> Article | None:
    """None when there is no such article."""
    found = cards(db, [item_id])
    if not found:
        return None

    def rows(sql: str, *names: str) -> list[dict[str, Any]]:
        return [dict(zip(names, tuple(row), strict=True)) for row in db.execute(sql, (item_id,))]

    extra = db.execute(
        "select author, rights, kind_reason, interest_reason, changed_at, story_id, "
        "(select count(*) from versions where item_id = items.id), "
        "coalesce(nullif(story_reason, ''), (select max(story_reason) from items as one where one.story_id = items.story_id), ''), "
        "coalesce((select reason from stories where id = story_id), '') "
        "from items join sources on sources.id = source_id where items.id = ?",
        (item_id,),
    ).fetchone()
    author, rights, kind_reason, interest_reason, changed_at, story_id, versions, story_reason, lead_reason = tuple(extra)
    twins = [row[0] for row in db.execute("select id from items where story_id = ? and id <> ?", (story_id, item_id))] if story_id else []
    alike = {
        other: score
        for one, other, score in db.execute("select item_id, other_id, score from alike where item_id = ?1 or other_id = ?1", (item_id,))
        for other in ({one, other} - {item_id} - set(twins))
    }
    near = {one.id: one.words for one in neighbours(db, item_id)[:_ELSEWHERE]}
    free = undoable(db, item_id)
    tags = rows(
        "select tag_id, origin, score, reason from item_tags where item_id = ? order by origin = 'source', score desc, tag_id",
        "id", "origin", "score", "reason",
    )  # fmt: skip
    return Article(
        card=found[0], author=author, rights=rights, kind_reason=kind_reason, interest_reason=interest_reason,
        changed_at=changed_at, versions=versions,
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
        decisions=[
            one | {"tag": json.loads(one["after"]).get("tag"), "undoable": one["id"] in free}
            for one in rows(
                "select decisions.id, at, name, action, after, undone_at from decisions join accounts on accounts.id = account_id "
                "where item_id = ? order by decisions.id desc limit 20",
                "id", "at", "name", "action", "after", "undone_at",
            )
        ],
    )  # fmt: skip


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
