"""Stories: articles that tell the same thing, however often it was published, cut or edited.

On arrival an article joins a story, is proposed beside another one (`alike`), or neither; what sources repeat in all their texts does not
count, and of a source with fewer than eight texts that cannot be told, so nothing is joined but what is equal. `make_stories` asks the same
of everything that is held, in an order of its own: whoever came first, the same stories come out. Nothing is deleted.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from veille.messages.understanding import (
    EQUAL_TEXTS,
    LEADS_FIRST,
    LEADS_OWNER,
    LEADS_SELECTED,
    ONE_ADDRESS,
    WOULD_MIX,
)
from veille.store.collecting.comparing import LEAST_TEXT, Comparing, Ready
from veille.store.connection import Connection
from veille.understand.same import ALIKE, Similarity

DISPUTED_SCORE = 0.5
_LARGE = 30  # articles of a story, beyond which the first speak for the others
_MORE = 200  # of a source's latest texts, when a curator waits
_OF_BAND = 50  # articles of one band, all of which are put beside each other
# Every two articles of a band; of a band that too many share, each with the next by its text, so that what is equal meets.
_PAIRS = """
with sized as (select band, count(*) as holders from bands group by band having holders > 1)
select one.item_id, two.item_id from sized join bands as one using (band) join bands as two using (band)
where holders <= :most and two.item_id > one.item_id
union
select min(item_id, next), max(item_id, next) from (
    select item_id, lead(item_id) over (partition by band order by fingerprint, item_id) as next
    from sized join bands using (band) join items on items.id = bands.item_id where holders > :most
) where next is not null
order by 1, 2
"""


def join_stories(
    db: Connection, ids: list[int], new: Mapping[int, Ready] = MappingProxyType({}), comparing: Comparing | None = None
) -> None:
    """Place articles that are new or have changed, the oldest first; the caller holds the transaction.

    `new`: those of them that were just written, whose texts need not be read again. `comparing`: what was compared already.
    """
    comparing = comparing or Comparing.of(db)
    comparing.wrote(new)
    comparing.drop(item_id for item_id in ids if item_id not in new)
    _join(comparing, [item_id for item_id in ids if item_id in comparing.fresh or item_id not in new], whole=False)


def settle_pairs(db: Connection, item_id: int, pairs: Mapping[int, bool | None]) -> None:
    """What a curator says of an article and others: the same story (True), not the same (False), or what the texts say (None).

    The stories of all of them are made again, with everything that is known. The caller holds the transaction.
    """
    for other, together in pairs.items():
        pair = (min(item_id, other), max(item_id, other))
        db.execute("delete from story_decisions where item_id = ? and other_id = ?", pair)
        if together is not None:
            db.execute("insert into story_decisions (item_id, other_id, together) values (?, ?, ?)", (*pair, together))
    touched = json.dumps([item_id, *pairs])
    members = [
        row[0]
        for row in db.execute(
            "select id from items where id in (select value from json_each(:ids)) or story_id in "
            "(select story_id from items where id in (select value from json_each(:ids)))",
            {"ids": touched},
        )
    ]
    for member in members:
        leave_story(db, member)
    _join(Comparing.of(db, sample=_MORE), members, whole=True)


def decided_pairs(db: Connection, item_id: int, others: Iterable[int]) -> dict[int, bool | None]:
    """Return what curators said of an article and each of these."""
    found = {}
    for other in others:
        row = db.execute(
            "select together from story_decisions where item_id = ? and other_id = ?", (min(item_id, other), max(item_id, other))
        ).fetchone()
        found[other] = bool(row[0]) if row else None
    return found


def _join(comparing: Comparing, ids: Iterable[int], *, whole: bool) -> None:
    """`whole`: stories are made again, and each article brings together all that it is the same as; else it enters one."""
    db = comparing.db
    for item_id in sorted(ids):
        joined = [sum(pair) - item_id for pair, together in comparing.decided.items() if together and item_id in pair]
        found: list[int] = []
        if item_id in comparing.fresh or _is_told(db, item_id):
            _, _, bands = comparing.held(item_id)
            if item_id not in comparing.fresh:
                _forget_bands(db, item_id)
            found = comparing.candidates(item_id, bands)
            _remember_bands(db, item_id, bands)
        elif not joined:
            continue
        verdicts = sorted(
            ((comparing.judge(item_id, other), other) for other in {*found, *joined} if _exists(db, other)),
            key=lambda row: (row[0].reason != EQUAL_TEXTS, -row[0].score, row[1]),
        )
        entered = False
        near: list[tuple[int, int, float, str]] = []
        for verdict, other in verdicts:
            if not verdict.same:
                near += [(item_id, other, verdict.score, verdict.reason)] if not verdict.guarded and verdict.score >= ALIKE else []
                continue
            if (
                (entered and not whole and other not in joined)
                or _is_one_story(db, item_id, other)
                or _is_kept_apart(comparing, item_id, other)
            ):
                continue
            here, there = (_members(db, one, most=_LARGE) for one in (item_id, other))
            if other not in joined and comparing.mixes(here, there, (item_id, other)):
                near.append((item_id, other, verdict.score, WOULD_MIX))
            elif whole or not entered or other in joined:
                _enter(comparing, item_id, verdict, other)
                entered = True
        if near:
            db.executemany("insert or replace into alike (item_id, other_id, score, reason) values (?, ?, ?, ?)", near[:5])


def _exists(db: Connection, item_id: int) -> bool:
    return db.execute("select 1 from items where id = ?", (item_id,)).fetchone() is not None


def _is_kept_apart(comparing: Comparing, item_id: int, other_id: int) -> bool:
    """Return whether a curator told apart any two articles that would then share a story."""
    if all(comparing.decided.values()):
        return False

    here, there = _members(comparing.db, item_id), _members(comparing.db, other_id)
    apart = [pair for pair, together in comparing.decided.items() if not together]
    return any((one in here and two in there) or (two in here and one in there) for one, two in apart)


def _is_one_story(db: Connection, item_id: int, other_id: int) -> bool:
    """Return whether two articles share a story already."""
    sql = "select 1 from items as one join items as other on one.story_id = other.story_id where one.id = ? and other.id = ?"
    return db.execute(sql, (item_id, other_id)).fetchone() is not None


def _members(db: Connection, item_id: int, *, most: int = -1) -> set[int]:
    """Return an article, and those of its story; the first ones, where only so many are asked for."""
    rows = db.execute(
        "select id from items where story_id = (select story_id from items where id = ?) order by id limit ?", (item_id, most)
    )
    return {item_id, *(row[0] for row in rows)}


def _is_told(db: Connection, item_id: int) -> bool:
    row = db.execute("select length(text) from items_words where id = ?", (item_id,)).fetchone()
    return row is not None and row[0] >= LEAST_TEXT


def _forget_bands(db: Connection, item_id: int) -> None:
    db.execute("delete from bands where item_id = ?", (item_id,))
    db.execute("delete from alike where item_id = ? or other_id = ?", (item_id, item_id))


def _remember_bands(db: Connection, item_id: int, bands: Iterable[int]) -> None:
    db.executemany("insert or ignore into bands (band, item_id) values (?, ?)", [(band, item_id) for band in bands])


def _enter(comparing: Comparing, item_id: int, verdict: Similarity, other_id: int) -> None:
    """One more article in a story, two that begin one, or two stories that become one."""
    db = comparing.db
    (own,) = db.execute("select story_id from items where id = ?", (item_id,)).fetchone()
    (story,) = db.execute("select story_id from items where id = ?", (other_id,)).fetchone()
    if story is None:
        story = db.execute("insert into stories (lead_id, score, reason) values (?, 1.0, '')", (other_id,)).lastrowid
        db.execute("update items set story_id = ? where id = ?", (story, other_id))
    if own is not None and own != story:
        db.execute("update items set story_id = ? where story_id = ?", (story, own))
        db.execute("delete from stories where id = ?", (own,))
    db.execute(
        "update items set story_id = ?, story_score = ?, story_reason = ? where id = ?", (story, verdict.score, verdict.reason, item_id)
    )
    (members,) = db.execute("select count(*) from (select 1 from items where story_id = ? limit ?)", (story, _LARGE + 1)).fetchone()
    many = own is None and members > _LARGE  # one more among many: it is held beside the one that leads, and not beside all
    settle_story(db, int(story or 0), comparing.owns, newcomer=item_id if many else None)


def settle_story(db: Connection, story_id: int, owns: Callable[[str, str], bool] | None = None, *, newcomer: int | None = None) -> None:
    """Who leads a story (`_order`); a story of one is none. Its score is that of its weakest link. `newcomer`: all that has changed."""
    owns = owns or Comparing.of(db).owns
    rows = _order(db, story_id, owns, newcomer)
    if len(rows) < 2:
        db.execute("update items set story_id = null, lead = 1, story_score = null, story_reason = '' where story_id = ?", (story_id,))
        db.execute("delete from stories where id = ?", (story_id,))
        return
    score = min((row.score for row in rows if row.score is not None), default=1.0)
    if newcomer:
        score = min(score, db.execute("select score from stories where id = ?", (story_id,)).fetchone()[0])
    lead, why = rows[0].id, LEADS_SELECTED if rows[0].selected else LEADS_OWNER if rows[0].owner else LEADS_FIRST
    db.execute(
        "update stories set lead_id = ?, score = ?, reason = ? where id = ? and (lead_id, score, reason) is not (?, ?, ?)",
        (lead, score, why, story_id, lead, score, why),
    )
    if newcomer:
        db.executemany("update items set lead = ? where id = ?", [(int(row.id == lead), row.id) for row in rows])
    else:
        db.execute("update items set lead = (id = ?) where story_id = ? and lead is not (id = ?)", (lead, story_id, lead))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An article as it stands in its story."""

    id: int
    score: float | None
    selected: bool
    owner: bool  # its address is its source's


_ORDERED = "select id, story_score, state, source_id, url, published_at, first_seen_at, backdated from items where "
_OF_STORY = f"{_ORDERED} story_id = :story"
_OF_TWO = f"{_ORDERED} id in (:newcomer, (select lead_id from stories where id = :story))"  # noqa: S608


def _order(db: Connection, story_id: int, owns: Callable[[str, str], bool], newcomer: int | None = None) -> list[Told]:
    """Return the articles of a story, the one that leads first: what a curator selected; else the owner of the address; else the first.

    The first by the day that its source states, unless that day is before the source's last good visit (it would have been seen then), or
    to come: by the moment when it was first seen, then.
    """
    rows = db.execute(_OF_STORY if newcomer is None else _OF_TWO, {"story": story_id, "newcomer": newcomer}).fetchall()
    told = []
    for item_id, score, state, source_id, url, published_at, seen_at, backdated in rows:
        owner = bool(url) and owns(source_id, url)
        when = seen_at if backdated or not published_at else min(published_at, seen_at)
        one = Told(id=item_id, score=score, selected=state == "selected", owner=owner)
        told.append(((not one.selected, not owner, when, item_id), one))
    return [one for _, one in sorted(told, key=lambda row: row[0])]


def led_by_strangers(db: Connection) -> Iterator[tuple[int, int]]:
    """Stories that another one leads than would today, an owner: the article that leads, and the one that should."""
    comparing = Comparing.of(db, sample=None)
    for story_id, lead in db.execute("select id, lead_id from stories order by id").fetchall():
        rows = _order(db, story_id, comparing.owns)
        if rows and rows[0].id != lead and rows[0].owner and not any(row.owner or row.selected for row in rows if row.id == lead):
            yield lead, rows[0].id


def mixed_pairs(db: Connection) -> Iterator[tuple[int, int]]:
    """Two articles of one source that share a story and are not the same by themselves; what a curator put together is not told."""
    comparing = Comparing.of(db, sample=None)
    chosen = {item_id for pair, together in comparing.decided.items() if together for item_id in pair}
    stories: dict[int, list[int]] = {}
    for story_id, item_id in db.execute("select story_id, id from items where story_id is not null order by id").fetchall():
        stories.setdefault(story_id, []).append(item_id)
    for members in stories.values():
        if chosen.isdisjoint(members):
            for place, one in enumerate(members):
                for other in members[place + 1 :]:
                    if comparing.held(one)[0].source == comparing.held(other)[0].source and not comparing.judge(one, other).same:
                        yield one, other


def leave_story(db: Connection, item_id: int) -> None:
    """A text that changed tells something else."""
    (story_id,) = db.execute("select story_id from items where id = ?", (item_id,)).fetchone()
    db.execute("delete from bands where item_id = ?", (item_id,))
    db.execute("delete from alike where item_id = ? or other_id = ?", (item_id, item_id))
    if story_id is not None:
        db.execute("update items set story_id = null, lead = 1, story_score = null, story_reason = '' where id = ?", (item_id,))
        settle_story(db, story_id)


def propose_of_one_address(db: Connection) -> None:
    """Two articles of one address, its owner's and a stranger's that a curator touched, are put beside each other."""
    db.execute(
        "insert or ignore into alike (item_id, other_id, score, reason) select own.item_id, other.item_id, ?, ? from addresses as other "
        "join addresses as own on own.kind = 'canonical' and own.scope = '' and own.value = other.value "
        "where other.kind = 'canonical' and other.scope in (select id from sources) and other.item_id <> own.item_id",
        (DISPUTED_SCORE, ONE_ADDRESS),
    )


def make_stories(db: Connection) -> tuple[int, int, int]:
    """All stories anew, the same whatever the order of arrival: stories, articles in them, pairs proposed.

    The caller holds the transaction.
    """
    for statement in ("update items set story_id = null, lead = 1, story_score = null, story_reason = '' where story_id is not null",
                      "delete from stories", "delete from bands", "delete from alike"):  # fmt: skip
        db.execute(statement)
    comparing = Comparing.of(db, sample=None)
    rows = db.execute(
        "select items.id from items join items_words on items_words.id = items.id where length(items_words.text) >= ? "
        "order by items.source_id, items.id",
        (LEAST_TEXT,),
    ).fetchall()
    for (item_id,) in rows:
        _remember_bands(db, item_id, comparing.held(item_id)[2])
    pairs = db.execute(_PAIRS, {"most": _OF_BAND}).fetchall()
    roots: dict[int, int] = {}

    gathered: dict[int, list[int]] = {}  # by their root, what is together so far; one alone is not here

    def root(item_id: int) -> int:
        while roots.get(item_id, item_id) != item_id:
            item_id = roots[item_id]
        return item_id

    held = {(row[0], row[1]) for row in pairs} | {pair for pair in comparing.decided if all(_exists(db, one) for one in pair)}
    judged = ((comparing.judge(*pair), pair) for pair in sorted(held))
    # A curator's word first, then what is equal letter for letter: no text that holds several keeps a copy from its original.
    verdicts = sorted(judged, key=lambda row: (row[1] not in comparing.decided, row[0].reason != EQUAL_TEXTS, -row[0].score, row[1]))
    apart = [pair for pair, together in comparing.decided.items() if not together]
    told: dict[int, Similarity] = {}
    alike = []
    for verdict, (first, second) in verdicts:
        if verdict.same:
            one, other = sorted((root(first), root(second)))
            if one != other and any({root(left), root(right)} == {one, other} for left, right in apart):
                continue
            if one != other:
                here, there = gathered.get(one, [one]), gathered.get(other, [other])
                if (first, second) not in comparing.decided and comparing.mixes(here[:_LARGE], there[:_LARGE], (first, second)):
                    alike.append((second, first, verdict.score, WOULD_MIX))
                    continue
                gathered[one] = [*here, *there]
            roots[other] = one
            for item_id in (first, second):
                if item_id not in told or (verdict.score, verdict.reason) > (told[item_id].score, told[item_id].reason):
                    told[item_id] = verdict
        elif verdict.score >= ALIKE and not verdict.guarded:
            alike.append((second, first, verdict.score, verdict.reason))
    members: dict[int, list[int]] = {}
    for item_id in told:
        members.setdefault(root(item_id), []).append(item_id)
    for number, (_, ids) in enumerate(sorted(members.items()), 1):
        db.execute("insert into stories (id, lead_id, score, reason) values (?, ?, 1.0, '')", (number, ids[0]))
        db.executemany(
            "update items set story_id = ?, story_score = ?, story_reason = ? where id = ?",
            [(number, told[item_id].score, told[item_id].reason, item_id) for item_id in ids],
        )
        settle_story(db, number, comparing.owns)
    propose_of_one_address(db)
    db.executemany("insert or replace into alike (item_id, other_id, score, reason) values (?, ?, ?, ?)", alike)
    return len(members), len(told), len(alike)
