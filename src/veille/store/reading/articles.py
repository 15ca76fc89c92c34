"""What readers see: the home page, one article. Reading only; what only curators see is `curating.desk`.

Every function takes a plain connection, so that Datasette's own threads can call it. Nothing here reads `texts`:
what is shown of a text is `items.summary`, which obeys the source's rights, as former versions do.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from veille.french import sentence_around, without_title
from veille.store.cards import Card, cards
from veille.store.collecting.items import shown_of
from veille.store.collecting.neighbours import neighbours
from veille.store.connection import Connection, has_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the first page lists; its figures are the summary's."""

    selected: list[Card]
    because: dict[int, str]  # the public reason of those selected articles that have one
    last_selected: str  # the moment of the last selection among them, "" for none that is known
    latest: list[Card]


def home(db: Connection, *, selected: int = 3, latest: int = 8) -> Home:
    """Selected articles, then new ones of interest; one card a story."""
    chosen = "select id from items where state = 'selected' and lead = 1 order by day desc, id desc limit ?"
    fresh = (
        "select id from items indexed by items_queued where state in ('new', 'later') and interest >= 0.5 and lead = 1 "
        "order by queued desc, day desc, id desc limit ?"
    )
    shown = cards(db, [row[0] for row in db.execute(chosen, (selected,))])
    reasons = _selections(db, [card.id for card in shown])
    return Home(
        selected=shown,
        because={item: why for item, (_, why) in reasons.items() if why},
        last_selected=max((at for at, _ in reasons.values()), default=""),
        latest=cards(db, [row[0] for row in db.execute(fresh, (latest,))]),
    )


def _selections(db: Connection, ids: list[int]) -> dict[int, tuple[str, str]]:
    """Return when each of these articles was last selected, and why."""
    if not has_table(db, "notes"):  # the file waits for its migration
        return {}
    rows = db.execute(
        "select item_id, at, why from decisions where action = 'select' and undone_at is null "
        "and item_id in (select value from json_each(?)) order by decisions.id",
        (json.dumps(ids),),
    )
    return {row[0]: (row[1], row[2] or "") for row in rows}


_ELSEWHERE = 3  # neighbours that a page shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What an article said until a moment, as far as its source's rights allow it to be shown."""

    until: str
    title: str
    summary: str


_VERSIONS = 8  # former versions that a page shows


def former_versions(db: Connection, item_id: int, rights: str, *, comparable: bool) -> list[Version]:
    """Return the newest former versions, the newest first; `link` shows titles alone.

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
    territories: list[dict[str, Any]]
    dates: list[dict[str, Any]]
    sightings: list[dict[str, Any]]
    twins: list[Card]
    story_reason: str  # why it is in its story, "" for one that stands alone
    lead_reason: str  # why the story is led by the one that leads it
    elsewhere: list[tuple[Card, tuple[str, ...]]]  # the same idea in other départements, with the words in common
    public_note: str = ""
    selected_because: dict[str, Any] | None = None  # role, at, why of the selection that stands
    corrections: list[dict[str, Any]] = field(default_factory=list)  # role, at, action of the corrections that stand


_CORRECTING = ("title", "summary", "day", "kind", "place-add", "place-remove", "date-add", "date-remove")


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
    # Of a dismissed article, what retention will erase is shown no longer.
    former = [] if found[0].state == "dismissed" else former_versions(db, item_id, rights, comparable=not page_read)
    near = {one.id: one.words for one in neighbours(db, item_id)[:_ELSEWHERE]}
    curated = has_table(db, "notes")  # else the file waits for its migration
    why = "why" if curated else "''"
    standing = rows(
        f"select at, role, action, {why} from decisions join accounts on accounts.id = account_id "  # noqa: S608 - our own names
        "where item_id = ? and undone_at is null order by decisions.id desc limit 60",
        "at", "role", "action", "why",
    )  # fmt: skip
    note = db.execute("select text from notes where item_id = ? and scope = 'public'", (item_id,)).fetchone() if curated else None
    tags = rows(
        "select tag_id, origin, score, reason from item_tags where item_id = ? and origin <> 'refused' "
        "order by origin = 'source', score desc, tag_id",
        "id", "origin", "score", "reason",
    )  # fmt: skip
    return Article(
        card=found[0], author=author, rights=rights, kind_reason=kind_reason, interest_reason=interest_reason,
        changed_at=changed_at, versions=former,
        tags=tags,
        territories=rows(
            "select code, origin, reason from item_territories where item_id = ? order by origin = 'source', code",
            "code", "origin", "reason",
        ),
        dates=[
            row | {"said": without_title(sentence_around(found[0].summary, row["evidence"]), found[0].title)}
            for row in rows(
                'select role, start, "end", evidence from item_dates where item_id = ? order by start', "role", "start", "end", "evidence"
            )
        ],
        sightings=rows(
            "select source_id, sources.name, sightings.url, sightings.first_seen_at from sightings "
            "join sources on sources.id = source_id where item_id = ? order by sightings.first_seen_at, source_id",
            "source", "name", "url", "first_seen_at",
        ),
        twins=[card for card in cards(db, twins) if card.state != "dismissed"],
        story_reason=story_reason if twins else "", lead_reason=lead_reason if twins else "",
        elsewhere=[(card, near[card.id]) for card in cards(db, list(near))],
        public_note=str(note[0]) if note else "",
        selected_because=next((one for one in standing if one["action"] == "select"), None) if found[0].state == "selected" else None,
        corrections=[one for one in standing if one["action"] in _CORRECTING],
    )  # fmt: skip
