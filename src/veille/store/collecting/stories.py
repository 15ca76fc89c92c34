"""Stories: articles that tell the same thing, however often it was published, cut or edited.

On arrival an article joins a story, is proposed beside another one (`alike`), or neither; what sources repeat in all their texts does not
count, and of a source with fewer than eight texts that cannot be told, so nothing is joined but what is equal. `make_stories` asks the same
of everything that is held, in an order of its own: whoever came first, the same stories come out. Nothing is deleted.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from veille.messages.understanding import (
    EQUAL_AND_APART,
    EQUAL_TEXTS,
    LEADS_FIRST,
    LEADS_OWNER,
    LEADS_SELECTED,
    ONE_ADDRESS,
    STORY_DECIDED,
    WOULD_MIX,
)
from veille.model import TaggedItem
from veille.owners import OwnedPath, rank_among
from veille.store.collecting.names import places_of
from veille.store.connection import Connection
from veille.understand.same import ALIKE, RARE, Print, Similarity, bands_of, compare, could_be_same, lead_of, print_of

LEAST_TEXT = 80  # characters; shorter texts are equal by chance
_SHORT = 200  # characters: equal texts so short are one only of the same day and places
_ENOUGH = 8  # texts of a source, before its boilerplate is known
DISPUTED_SCORE = 0.5
_LARGE = 30  # articles of a story, beyond which the first speak for the others
_SAMPLE = 30  # of its latest texts, on arrival
_MORE = 200  # when a curator waits
_MOST = 10  # candidates, those that share most bands
_OF_BAND = 50  # articles of one band: one that more share is a phrase that everybody writes
_STRONG, _SURE = 2, 2  # what the last two bands, lead and title, count
_ALONE = 2  # candidates with one band in common that are looked at
_HOLDERS = f"select item_id, band from (select item_id, band from bands where band = ? order by item_id desc limit {_OF_BAND})"  # noqa: S608
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


@dataclass(slots=True)
class _Memory:
    """What one sitting has read: prints by article, runs that a source repeats."""

    db: Connection
    sample: int | None  # of the latest texts of a source, by which its boilerplate is told; None: all of them
    decided: dict[tuple[int, int], bool]  # by curators, of pairs (the smaller id first): together, or apart
    prints: dict[int, tuple[Print, str, tuple[int, ...]]] = field(default_factory=dict)
    places: dict[str, list[OwnedPath]] = field(default_factory=dict)  # what each source owns
    boilerplates: dict[str, tuple[frozenset[int], int]] = field(default_factory=dict)
    fresh: Mapping[int, TaggedItem] = field(default_factory=dict)  # just written, in no story and no band yet

    def held(self, item_id: int) -> tuple[Print, str, tuple[int, ...]]:
        """The print of an article, its fingerprint, its bands."""
        if item_id not in self.prints:
            if len(self.prints) > 4_000:
                self.prints.clear()
            if item_id in self.fresh:
                tagged = self.fresh[item_id]
                places = [place.code for place in tagged.territories if place.origin != "source"]
                found = print_of(tagged.item.title, tagged.item.text, places, tagged.item.source_id)
                self.prints[item_id] = (found, tagged.item.fingerprint, bands_of(found, lead_of(tagged.item.text)))
                return self.prints[item_id]
            row = self.db.execute(
                "select items_words.title, items_words.text, items.source_id, items.fingerprint, "
                "(select json_group_array(code) from item_territories where item_id = items.id and origin <> 'source') "
                "from items join items_words on items_words.id = items.id where items.id = ?",
                (item_id,),
            ).fetchone()
            found = print_of(row[0], row[1], json.loads(row[4]), row[2])
            self.prints[item_id] = (found, row[3], bands_of(found, lead_of(row[1])))
        return self.prints[item_id]

    def boilerplate(self, source_id: str) -> tuple[frozenset[int], int]:
        """The runs that more than three texts of a source hold, and how many texts that was told from."""
        if source_id not in self.boilerplates:
            rows = self.db.execute(
                "select title, text from items_words where id in (select id from items where source_id = ? order by id desc limit ?)",
                (source_id, -1 if self.sample is None else self.sample),
            )
            counts: Counter[int] = Counter()
            texts = 0
            for title, text in rows:
                counts.update(print_of(title, text, ()).runs)
                texts += 1
            self.boilerplates[source_id] = (frozenset(run for run, times in counts.items() if times > RARE), texts)
        return self.boilerplates[source_id]

    @classmethod
    def of(cls, db: Connection, *, sample: int | None) -> "_Memory":
        rows = db.execute("select item_id, other_id, together from story_decisions")
        return cls(db, sample, {(row[0], row[1]): bool(row[2]) for row in rows})

    def judge(self, one_id: int, other_id: int) -> Similarity:
        """The verdict on two articles: a curator's word, else equality letter for letter, else how their texts compare."""
        said = self.decided.get((min(one_id, other_id), max(one_id, other_id)))
        if said is not None:
            return Similarity(same=said, score=1.0 if said else 0.0, reason=STORY_DECIDED, guarded=not said)
        (one, mark, _), (other, other_mark, _) = self.held(one_id), self.held(other_id)
        if mark == other_mark:
            if len(one.told[1]) < _SHORT and not self.is_of_one_moment(one_id, other_id):
                return Similarity(same=False, score=1.0, reason=EQUAL_AND_APART)
            return Similarity(same=True, score=1.0, reason=EQUAL_TEXTS)
        if not could_be_same(one, other):  # what their sources repeat need not be known
            return Similarity(same=False, score=0.0, reason="")
        repeated, few = [], False
        for source in {one.source, other.source}:
            runs, texts = self.boilerplate(source)
            repeated.append(runs)
            few = few or texts < _ENOUGH
        verdict = compare(one, other, lambda run: not any(run in runs for runs in repeated))
        return Similarity(same=verdict.same and not few, score=verdict.score, reason=verdict.reason, guarded=verdict.guarded)

    def is_of_one_moment(self, one_id: int, other_id: int) -> bool:
        """Whether two articles are of the same day and of the same places, those of their sources included."""
        sql = (
            "select substr(published_at, 1, 10), (select json_group_array(code) from (select code from item_territories "
            "where item_id = items.id order by code)) from items where id = ?"
        )
        (day, places), (other_day, other_places) = (self.db.execute(sql, (item_id,)).fetchone() for item_id in (one_id, other_id))
        return bool(day == other_day and places == other_places)

    def mixes(self, here: Iterable[int], there: Iterable[int], pair: tuple[int, int]) -> bool:
        """Whether a story of both would hold two articles that are none by themselves: of one source, or with nothing in common.

        Not where a curator put articles of theirs together.
        """
        here, there = set(here), set(there)
        if any(together and here | there >= {*pair} for pair, together in self.decided.items()):
            return False
        for one in here:
            for other in there:
                if {one, other} == set(pair):
                    continue
                verdict = self.judge(one, other)
                own = self.held(one)[0].source == self.held(other)[0].source
                if not verdict.same and (own or verdict.score < ALIKE):
                    return True
        return False

    def owns(self, source_id: str, url: str) -> bool:
        """Whether an address is a source's own."""
        if source_id not in self.places:
            self.places[source_id] = places_of(self.db, source_id)
        return rank_among(self.places[source_id], url) is not None


def join_stories(db: Connection, ids: list[int], new: Mapping[int, TaggedItem] = MappingProxyType({})) -> None:
    """Place articles that are new or have changed, the oldest first; the caller holds the transaction.

    `new`: those of them that were just written, whose texts need not be read again.
    """
    memory = _Memory.of(db, sample=_SAMPLE)
    memory.fresh = {item_id: tagged for item_id, tagged in new.items() if len(tagged.item.text) >= LEAST_TEXT}
    _join(memory, [item_id for item_id in ids if item_id in memory.fresh or item_id not in new], whole=False)


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
    _join(_Memory.of(db, sample=_MORE), members, whole=True)


def decided_pairs(db: Connection, item_id: int, others: Iterable[int]) -> dict[int, bool | None]:
    """What curators said of an article and each of these."""
    found = {}
    for other in others:
        row = db.execute(
            "select together from story_decisions where item_id = ? and other_id = ?", (min(item_id, other), max(item_id, other))
        ).fetchone()
        found[other] = bool(row[0]) if row else None
    return found


def _join(memory: _Memory, ids: Iterable[int], *, whole: bool) -> None:
    """`whole`: stories are made again, and each article brings together all that it is the same as; else it enters one."""
    db = memory.db
    for item_id in sorted(ids):
        joined = [sum(pair) - item_id for pair, together in memory.decided.items() if together and item_id in pair]
        found: list[int] = []
        if item_id in memory.fresh or _is_told(db, item_id):
            _, _, bands = memory.held(item_id)
            if item_id not in memory.fresh:
                _forget_bands(db, item_id)
            found = _candidates(db, item_id, bands)
            _remember_bands(db, item_id, bands)
        elif not joined:
            continue
        verdicts = sorted(
            ((memory.judge(item_id, other), other) for other in {*found, *joined} if _exists(db, other)),
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
                or _is_kept_apart(memory, item_id, other)
            ):
                continue
            here, there = (_members(db, one, most=_LARGE) for one in (item_id, other))
            if other not in joined and memory.mixes(here, there, (item_id, other)):
                near.append((item_id, other, verdict.score, WOULD_MIX))
            elif whole or not entered or other in joined:
                _enter(memory, item_id, verdict, other)
                entered = True
        if near:
            db.executemany("insert or replace into alike (item_id, other_id, score, reason) values (?, ?, ?, ?)", near[:5])


def _exists(db: Connection, item_id: int) -> bool:
    return db.execute("select 1 from items where id = ?", (item_id,)).fetchone() is not None


def _is_kept_apart(memory: _Memory, item_id: int, other_id: int) -> bool:
    """Whether a curator told apart any two articles that would then share a story."""
    if all(memory.decided.values()):
        return False

    here, there = _members(memory.db, item_id), _members(memory.db, other_id)
    apart = [pair for pair, together in memory.decided.items() if not together]
    return any((one in here and two in there) or (two in here and one in there) for one, two in apart)


def _is_one_story(db: Connection, item_id: int, other_id: int) -> bool:
    """Whether two articles share a story already."""
    sql = "select 1 from items as one join items as other on one.story_id = other.story_id where one.id = ? and other.id = ?"
    return db.execute(sql, (item_id, other_id)).fetchone() is not None


def _members(db: Connection, item_id: int, *, most: int = -1) -> set[int]:
    """An article, and those of its story; the first ones, where only so many are asked for."""
    rows = db.execute(
        "select id from items where story_id = (select story_id from items where id = ?) order by id limit ?", (item_id, most)
    )
    return {item_id, *(row[0] for row in rows)}


def _is_told(db: Connection, item_id: int) -> bool:
    row = db.execute("select length(text) from items_words where id = ?", (item_id,)).fetchone()
    return row is not None and row[0] >= LEAST_TEXT


def _candidates(db: Connection, item_id: int, bands: Iterable[int]) -> list[int]:
    """Articles that share bands, the most first; of a band that many share, the newest. `bands`: those of lead and title last."""
    wanted = list(bands)
    if not wanted:
        return []
    asked = " union all ".join([_HOLDERS] * len(wanted))
    counts: Counter[int] = Counter()
    for other, band in db.execute(asked, wanted):
        counts[other] += _STRONG if band in wanted[-_SURE:] else 1
    counts.pop(item_id, None)
    likely = sorted(counts, key=lambda other: (-counts[other], -other))
    alone = sum(counts[other] == 1 for other in likely)  # one band in common is a phrase that many write
    return sorted(likely[: min(_MOST, len(likely) - alone + _ALONE)], key=lambda other: (-counts[other], other))


def _forget_bands(db: Connection, item_id: int) -> None:
    db.execute("delete from bands where item_id = ?", (item_id,))
    db.execute("delete from alike where item_id = ? or other_id = ?", (item_id, item_id))


def _remember_bands(db: Connection, item_id: int, bands: Iterable[int]) -> None:
    db.executemany("insert or ignore into bands (band, item_id) values (?, ?)", [(band, item_id) for band in bands])


def _enter(memory: _Memory, item_id: int, verdict: Similarity, other_id: int) -> None:
    """One more article in a story, two that begin one, or two stories that become one."""
    db = memory.db
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
    settle_story(db, int(story or 0), memory.owns, newcomer=item_id if many else None)


def settle_story(db: Connection, story_id: int, owns: Callable[[str, str], bool] | None = None, *, newcomer: int | None = None) -> None:
    """Who leads a story (`_order`); a story of one is none. Its score is that of its weakest link. `newcomer`: all that has changed."""
    owns = owns or _Memory.of(db, sample=_SAMPLE).owns
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
    """The articles of a story, the one that leads first: what a curator selected; else the owner of the address; else the first.

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
    memory = _Memory.of(db, sample=None)
    for story_id, lead in db.execute("select id, lead_id from stories order by id").fetchall():
        rows = _order(db, story_id, memory.owns)
        if rows and rows[0].id != lead and rows[0].owner and not any(row.owner or row.selected for row in rows if row.id == lead):
            yield lead, rows[0].id


def mixed_pairs(db: Connection) -> Iterator[tuple[int, int]]:
    """Two articles of one source that share a story and are not the same by themselves; what a curator put together is not told."""
    memory = _Memory.of(db, sample=None)
    chosen = {item_id for pair, together in memory.decided.items() if together for item_id in pair}
    stories: dict[int, list[int]] = {}
    for story_id, item_id in db.execute("select story_id, id from items where story_id is not null order by id").fetchall():
        stories.setdefault(story_id, []).append(item_id)
    for members in stories.values():
        if chosen.isdisjoint(members):
            for place, one in enumerate(members):
                for other in members[place + 1 :]:
                    if memory.held(one)[0].source == memory.held(other)[0].source and not memory.judge(one, other).same:
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
    memory = _Memory.of(db, sample=None)
    rows = db.execute(
        "select items.id from items join items_words on items_words.id = items.id where length(items_words.text) >= ? "
        "order by items.source_id, items.id",
        (LEAST_TEXT,),
    ).fetchall()
    for (item_id,) in rows:
        _remember_bands(db, item_id, memory.held(item_id)[2])
    pairs = db.execute(_PAIRS, {"most": _OF_BAND}).fetchall()
    roots: dict[int, int] = {}

    gathered: dict[int, list[int]] = {}  # by their root, what is together so far; one alone is not here

    def root(item_id: int) -> int:
        while roots.get(item_id, item_id) != item_id:
            item_id = roots[item_id]
        return item_id

    held = {(row[0], row[1]) for row in pairs} | {pair for pair in memory.decided if all(_exists(db, one) for one in pair)}
    judged = ((memory.judge(*pair), pair) for pair in sorted(held))
    # A curator's word first, then what is equal letter for letter: no text that holds several keeps a copy from its original.
    verdicts = sorted(judged, key=lambda row: (row[1] not in memory.decided, row[0].reason != EQUAL_TEXTS, -row[0].score, row[1]))
    apart = [pair for pair, together in memory.decided.items() if not together]
    told: dict[int, Similarity] = {}
    alike = []
    for verdict, (first, second) in verdicts:
        if verdict.same:
            one, other = sorted((root(first), root(second)))
            if one != other and any({root(left), root(right)} == {one, other} for left, right in apart):
                continue
            if one != other:
                here, there = gathered.get(one, [one]), gathered.get(other, [other])
                if (first, second) not in memory.decided and memory.mixes(here[:_LARGE], there[:_LARGE], (first, second)):
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
        settle_story(db, number, memory.owns)
    propose_of_one_address(db)
    db.executemany("insert or replace into alike (item_id, other_id, score, reason) values (?, ?, ?, ?)", alike)
    return len(members), len(told), len(alike)
