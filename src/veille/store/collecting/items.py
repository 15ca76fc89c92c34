"""Items: the one transaction that keeps what an answer brought.

One writer per column: what a curator set (`kind_origin`, `item_tags.origin`) is never touched here.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from veille.french import WORD, fold, index_text
from veille.judge.identity import Named, Plan
from veille.messages.understanding import reason
from veille.model import Item, Known, Reason, Rights, Tag, TaggedItem
from veille.moments import first_sight, local_day, stored
from veille.normalize import hidden, shown
from veille.store.collecting.comparing import Comparing, Ready, readied
from veille.store.collecting.corrections import SOURCE_SUMMARY, correct_labels, correct_own, uncorrect, uncorrect_labels
from veille.store.collecting.names import forget_shared, remember_names, take_names
from veille.store.collecting.neighbours import keep_keywords, write_keywords
from veille.store.collecting.quoting import set_quotes_aside, untell_reasons
from veille.store.collecting.stories import join_stories, leave_story, propose_of_one_address
from veille.store.connection import Connection

BACKFILL = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveCounts:
    """What became of an answer."""

    new: int
    changed: int
    seen: int
    duplicates: int


def save(
    db: Connection,
    todo: Plan,
    tagged: dict[Item, TaggedItem],
    *,
    rights: Rights,
    waiting: frozenset[Named] | None = None,
    alone: bool = False,
    now: datetime,
    timezone: str,
    indexing: "Indexing | None" = None,
    ready: Mapping[Item, Ready] = MappingProxyType({}),
    comparing: Comparing | None = None,
) -> SaveCounts:
    """Write a plan; the caller holds the transaction. `tagged` holds every item that is new, changed or from elsewhere.

    `waiting`: those of the new ones that enter the queue; all of them when it is not told. `alone`: no article is compared with others.
    The words of new articles go into the index at the end: here, or where `indexing` is given, when the caller says so.
    `ready`, `comparing`: what was thought of before the lock was taken; what was not is now.
    """
    at = stored(now) or ""
    queued = [waiting is None or one in waiting for one in todo.new]
    ids = _insert(db, [tagged[one.item] for one in todo.new], rights, queued=queued, now=now, timezone=timezone)
    new_ids = list(zip(ids, todo.new, strict=True))
    index = indexing or Indexing(db)
    made = {} if alone else dict(zip(ids, readied(tagged, ready, (one.item for one in todo.new), rights), strict=True))
    index.put(ids, {item_id: one.index for item_id, one in made.items()})
    write_keywords(db, [(item_id, tagged[one.item].terms, made[item_id].keywords if made else ()) for item_id, one in new_ids])
    for known, one in todo.changed:
        _change(db, index, known, tagged[one.item], rights, now, timezone)
    db.executemany(
        "update items set url = ? where id = ?",
        [(one.item.url, known.id) for known, one in (*todo.moved, *todo.readdressed) if one.item.url],
    )
    for known, one in todo.reclaimed:
        _reclaim(db, index, known, tagged[one.item], rights, now=now, timezone=timezone, queued=waiting is None or one in waiting)
    own = [*new_ids, *((known.id, one) for known, one in (*todo.changed, *todo.same, *todo.reclaimed))]
    others = [(known.id, one) for known, one in todo.elsewhere]
    forget_shared(db, todo.shared)
    take_names(db, {one: item_id for item_id, one in (*own, *others)}, todo)
    remember_names(db, own, others, todo)
    _see(db, ((item_id, one.item) for item_id, one in (*own[len(new_ids) :], *others)), at)
    for known, one in todo.elsewhere:
        _inherit(db, index, known.id, tagged[one.item])
    if not alone:
        changed = [known.id for known, _ in (*todo.changed, *todo.reclaimed)]
        join_stories(db, [*ids, *changed], made, comparing)
    if todo.taken:
        propose_of_one_address(db)
    index.wrote(todo)
    if indexing is None:
        index.write()
    changes = len(todo.changed) + len(todo.reclaimed)
    return SaveCounts(new=len(new_ids), changed=changes, seen=len(own) + len(others), duplicates=len(others))


def _insert(
    db: Connection, found: Sequence[TaggedItem], rights: Rights, *, queued: Sequence[bool], now: datetime, timezone: str
) -> list[int]:
    """New items, all of one answer; their ids, in the same order."""
    if not found:
        return []
    (last,) = db.execute(
        "select max(coalesce((select seq from sqlite_sequence where name = 'items'), 0), coalesce((select max(id) from items), 0))"
    ).fetchone()
    ids = list(range(last + 1, last + 1 + len(found)))
    at, today = stored(now), local_day(now, timezone)
    read_at = _read_at(db, found[0].item.source_id)
    rows, texts = [], []
    for item_id, tagged, waits in zip(ids, found, queued, strict=True):
        item = tagged.item
        moment, stated_day = first_sight(item.published, now, timezone)
        published = stored(moment)
        rows.append((
            item_id, item.source_id, item.url, item.title, shown(item.text, rights), item.author, tagged.language, tagged.kind,
            tagged.kind_reason, tagged.interest, tagged.interest_reason, published, stated_day or None, min(item.day or today, today), at,
            item.fingerprint, int(waits), "dismissed" if tagged.dismissed else "new", is_backdated(published, read_at),
        ))  # fmt: skip
        texts.append((item_id, item.text, item.source_id))
    db.executemany(
        "insert into items (id, source_id, url, title, summary, author, language, kind, kind_reason, interest, interest_reason, "
        "published_at, stated_day, day, first_seen_at, fingerprint, queued, state, backdated) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    _see(db, zip(ids, (tagged.item for tagged in found), strict=True), at or "")
    _label(db, list(zip(ids, found, strict=True)))
    # The text comes last: with it an article enters the narrow rows, labels and all (`texts_inserted`).
    db.executemany("insert into texts (item_id, text, context) values (?, ?, (select name from sources where id = ?))", texts)
    dated = [item_id for item_id, tagged in zip(ids, found, strict=True) if tagged.mentions]
    if dated:
        hide_evidence(db, dated)
    for item_id, tagged in zip(ids, found, strict=True):
        if tagged.territories:
            set_context(db, item_id)
    return ids


def is_backdated(published_at: str | None, read_at: str | None) -> int:
    """Return whether a source states a day on which it was read already, and did not show the article. `read_at`: its last good visit."""
    return int(bool(published_at and read_at) and (published_at or "") < (read_at or "")[: len(published_at or "")])


def _read_at(db: Connection, source_id: str) -> str | None:
    """When a source last answered well, before this visit."""
    (at,) = db.execute("select last_success_at from sources where id = ?", (source_id,)).fetchone()
    return str(at) if at else None


def _see(db: Connection, items: Iterable[tuple[int, Item]], at: str) -> None:
    db.executemany(
        "insert or ignore into sightings (item_id, source_id, url, first_seen_at) values (?, ?, ?, ?)",
        [(item_id, item.source_id, item.url, at) for item_id, item in items],
    )


def _change(db: Connection, index: "Indexing", known: Known, tagged: TaggedItem, rights: Rights, now: datetime, timezone: str) -> None:
    item = tagged.item
    at = stored(now) or ""
    index.take_out(known.id)
    uncorrect(db, known.id)
    published, stated_day = _dated_again(db, known.id, item, now, timezone)
    db.execute(
        "insert into versions (item_id, until, title, text, fingerprint) select id, ?, title, text, ? from items "
        "join texts on item_id = items.id where id = ?",
        (at, known.fingerprint, known.id),
    )
    (page,) = db.execute("select page from texts where item_id = ?", (known.id,)).fetchone()
    leave_story(db, known.id)
    db.execute(
        "update items set title = :title, summary = :summary, author = :author, url = case when :url = '' then url else :url end, "
        "kind = case when kind_origin = 'curator' then kind else :kind end, "
        "kind_reason = case when kind_origin = 'curator' then kind_reason else :kind_reason end, interest = :interest, "
        "interest_reason = :interest_reason, language = :language, "
        "day = case when published_at is null and (stated_day is null or stated_day is not :stated_day) and :day <> '' "
        "then min(:day, :today) else day end, "
        "backdated = case when published_at is null then :backdated else backdated end, "
        "published_at = :published_at, stated_day = :stated_day, changed_at = :at, "
        "fingerprint = :fingerprint where id = :id",
        {
            "title": item.title, "summary": shown_of(item.text, page, rights), "author": item.author, "url": item.url,
            "kind": tagged.kind, "kind_reason": tagged.kind_reason, "interest": tagged.interest,
            "interest_reason": tagged.interest_reason, "language": tagged.language,
            "published_at": published, "stated_day": stated_day, "day": item.day, "today": local_day(now, timezone), "at": at,
            "fingerprint": item.fingerprint, "id": known.id, "backdated": is_backdated(published, _read_at(db, item.source_id)),
        },
    )  # fmt: skip
    db.execute("update texts set text = ? where item_id = ?", (item.text, known.id))
    relabel(db, known.id, tagged)
    correct_own(db, known.id)
    set_quotes_aside(db, [known.id])
    index.put([known.id])


def _dated_again(db: Connection, item_id: int, item: Item, now: datetime, timezone: str) -> tuple[str | None, str | None]:
    """`published_at` and `stated_day` of an article whose words changed: the first publication that was stated stays."""
    published, stated_day = db.execute("select published_at, stated_day from items where id = ?", (item_id,)).fetchone()
    if published or (stated_day and stated_day == item.day):
        return published, stated_day
    moment, ahead = first_sight(item.published, now, timezone)
    return stored(moment), ahead or None


def _reclaim(
    db: Connection, index: "Indexing", known: Known, tagged: TaggedItem, rights: Rights, *, now: datetime, timezone: str, queued: bool
) -> None:
    """A stranger's article becomes its owner's: source, words, day and rights; its id, its sightings and the former version stay."""
    item = tagged.item
    if not item.is_worded(known.fingerprint):
        _change(db, index, known, tagged, rights, now, timezone)
    moment, stated_day = first_sight(item.published, now, timezone)
    published = stored(moment)
    index.take_out(known.id)
    uncorrect(db, known.id)
    db.execute(
        "update items set source_id = :source, summary = :summary, author = :author, url = case when :url = '' then url else :url end, "
        "published_at = :published_at, stated_day = :stated_day, "
        "day = case when :day = '' then substr(first_seen_at, 1, 10) else min(:day, :today) end, "
        "queued = :queued, backdated = :backdated, "
        "state = case when state = 'dismissed' and not exists (select 1 from decisions where item_id = :id and undone_at is null) "
        "then :state else state end where id = :id",
        {
            "state": "dismissed" if tagged.dismissed else "new",
            "backdated": is_backdated(published, _read_at(db, item.source_id)), "stated_day": stated_day or None,
            "source": item.source_id, "summary": shown(item.text, rights), "author": item.author, "url": item.url,
            "published_at": published, "day": item.day, "today": local_day(now, timezone), "queued": int(queued), "id": known.id,
        },
    )  # fmt: skip
    db.execute("update texts set page = '', page_at = null where item_id = ?", (known.id,))
    if rights == "link":
        db.execute("delete from copies where item_id = ?", (known.id,))
    relabel(db, known.id, tagged)
    correct_own(db, known.id)
    set_quotes_aside(db, [known.id])
    untell_reasons(db, [known.id])
    index.put([known.id])


def attribute(db: Connection, found: Mapping[int, tuple[str, Iterable[str]]]) -> None:
    """Give articles to sources and places (source id, codes of départements), by their ids; the caller holds the transaction."""
    db.executemany("update items set source_id = ? where id = ?", [(source, item_id) for item_id, (source, _) in found.items()])
    db.executemany(
        "insert or ignore into item_territories (item_id, code, role, origin, reason) values (?, ?, 'place', 'source', '')",
        [(item_id, code) for item_id, (_, codes) in found.items() for code in codes],
    )


def put_in_queue(db: Connection, item_id: int) -> None:
    """This article waits for a curator, however old; the caller holds the transaction."""
    db.execute("update items set queued = 1 where id = ?", (item_id,))


def relabel(db: Connection, item_id: int, tagged: TaggedItem) -> None:
    """Labels by rule are made anew; the index must not hold the item meanwhile."""
    db.execute("delete from item_tags where item_id = ? and origin in ('rule', 'model', 'source')", (item_id,))
    db.execute("delete from item_territories where item_id = ? and origin <> 'curator'", (item_id,))
    db.execute("delete from item_dates where item_id = ?", (item_id,))
    uncorrect_labels(db, item_id)
    _label(db, [(item_id, tagged)])
    correct_labels(db, item_id)
    hide_evidence(db, [item_id])
    set_context(db, item_id)
    keep_keywords(db, [(item_id, tagged.terms)])


def shown_of(text: str, page: str, rights: str) -> str:
    """Return what may be shown of what the source said, and of the article's own page where it was read."""
    return shown(page if page and (rights == "full" or not text) else text, rights)


_SOURCE_SAYS = f"select title || ' ' || {SOURCE_SUMMARY} from items where id = ?"  # noqa: S608 - our own words


def _label(db: Connection, found: Sequence[tuple[int, TaggedItem]]) -> None:
    """Labels by rule; a row that a curator wrote, a refusal included, stays as it is."""
    tags, places, dates = [], [], []
    for item_id, tagged in found:
        shown_text = ""
        if any(one.field == "model" for tag in tagged.tags for one in tag.reasons):
            (shown_text,) = db.execute(_SOURCE_SAYS, (item_id,)).fetchone()
        tags += [(item_id, tag.id, tag.origin, tag.score, *reasons_kept(readable(tag.reasons, shown_text))) for tag in tagged.tags]
        places += [(item_id, place.code, place.role, place.origin, *reasons_kept((place.reason,))) for place in tagged.territories]
        dates += [(item_id, one.role, one.start.isoformat(), one.end.isoformat(), one.evidence, one.doubt) for one in tagged.mentions]
    db.executemany("insert or ignore into item_tags (item_id, tag_id, origin, score, reason, evidence) values (?, ?, ?, ?, ?, ?)", tags)
    db.executemany(
        "insert or ignore into item_territories (item_id, code, role, origin, reason, evidence) values (?, ?, ?, ?, ?, ?)", places
    )
    db.executemany('insert or ignore into item_dates (item_id, role, start, "end", evidence, doubt) values (?, ?, ?, ?, ?, ?)', dates)
    db.execute(_COMING, (json.dumps([item_id for item_id, _ in found]),))


# The day of an event: one to come that a source states as an article's own, where that is no publication, whatever a curator says.
COMING_DAY = (
    "select id, stated_day from items where id in (select value from json_each(?)) and stated_day is not null and case when exists "
    "(select 1 from corrections where item_id = items.id and field = 'day') then (select was ->> 0 from corrections "
    "where item_id = items.id and field = 'day') else published_at end is null"
)
_COMING = (
    'insert or ignore into item_dates (item_id, role, start, "end", evidence) '  # noqa: S608 - our own words
    f"select id, 'event', stated_day, stated_day, '' from ({COMING_DAY})"
)


def hide_evidence(db: Connection, item_ids: list[int]) -> None:
    """The words of a date stay only where they can be read in what is shown."""
    db.execute(
        "update item_dates set evidence = '' where evidence <> '' and item_id in (select value from json_each(?)) and not exists "  # noqa: S608
        f"(select 1 from items where items.id = item_dates.item_id and (instr(title, evidence) or instr({SOURCE_SUMMARY}, evidence)))",
        (json.dumps(item_ids),),
    )


def reasons_kept(reasons: Sequence[Reason]) -> tuple[str, str]:
    """Reasons as a person reads them, and as JSON objects: phrase, field, position (characters, from 0)."""
    told = " ; ".join(reason(one.phrase, one.field, one.position) for one in reasons)
    found = [{"phrase": one.phrase, "field": one.field, "position": one.position} for one in reasons if one.phrase]
    return told, json.dumps(found, ensure_ascii=False)


def readable(reasons: Sequence[Reason], shown_text: str) -> list[Reason]:
    """Return the reasons without the learnt words that cannot be read in what is shown: they are the texts', not our vocabulary's."""
    held = set(WORD.findall(fold(shown_text))) if shown_text else set()
    found: dict[tuple[str, str], Reason] = {}
    for one in reasons:
        hidden = one.field == "model" and fold(one.phrase) not in held
        kept = Reason(phrase="", field="model") if hidden else one
        found.setdefault((kept.field, kept.phrase), kept)
    told = list(found.values())
    return [one for one in told if one.phrase or len(told) == 1 or one.field != "model"]


def hide_learnt(db: Connection, item_ids: list[int]) -> None:
    """Learnt words stay in reasons only where they can be read in what is shown."""
    rows = db.execute(
        f"select item_id, tag_id, evidence, title || ' ' || {SOURCE_SUMMARY} from item_tags join items on items.id = item_id "  # noqa: S608
        "where item_id in (select value from json_each(?)) and instr(evidence, '\"model\"')",
        (json.dumps(item_ids),),
    ).fetchall()
    for item_id, tag_id, evidence, shown_text in rows:
        kept = readable([Reason(**one) for one in json.loads(evidence)], shown_text)
        db.execute("update item_tags set reason = ?, evidence = ? where item_id = ? and tag_id = ?", (*reasons_kept(kept), item_id, tag_id))


def _inherit(db: Connection, index: "Indexing", item_id: int, tagged: TaggedItem) -> None:
    """A second source gives an item its own tags, and its territory where none was found."""
    own: list[Tag] = [tag for tag in tagged.tags if tag.origin == "source"]
    db.executemany(
        "insert or ignore into item_tags (item_id, tag_id, origin, score, reason, evidence) values (?, ?, ?, ?, ?, ?)",
        [(item_id, tag.id, tag.origin, tag.score, *reasons_kept(tag.reasons)) for tag in own],
    )
    own_places = [place for place in tagged.territories if place.origin == "source"]
    if own_places and db.execute("select 1 from item_territories where item_id = ?", (item_id,)).fetchone() is None:
        index.take_out(item_id)
        db.executemany(
            "insert or ignore into item_territories (item_id, code, role, origin, reason, evidence) values (?, ?, 'place', 'source', ?, ?)",
            [(item_id, place.code, *reasons_kept((place.reason,))) for place in own_places],
        )
        correct_labels(db, item_id, places_alone=True)
        set_context(db, item_id)
        index.put([item_id])


def set_context(db: Connection, item_id: int) -> None:
    """The words that an article is also found by: its source and its départements. The index must not hold it meanwhile."""
    db.execute(
        "update texts set context = (select sources.name from items join sources on sources.id = source_id where items.id = item_id) "
        "|| coalesce((select ' ; ' || group_concat(name, ' ; ') from item_territories join departements using (code) "
        "where item_territories.item_id = texts.item_id), '') where item_id = ?",
        (item_id,),
    )


class Indexing:
    """What is still to be written into the full-text index before the transaction ends.

    SQLite has FTS5 write out what it holds at every statement that may fail half-way: written last and row by row, the words of many
    articles become one segment.
    """

    def __init__(self, db: Connection, named: set[str] | None = None) -> None:
        """`named`: canonical addresses that were written since the plans were made that are to come; is added to."""
        self._db = db
        self._waiting: set[int] = set()
        self._made: dict[int, tuple[str, str, str]] = {}
        self._named = set() if named is None else named

    def touches(self, todo: Plan) -> bool:
        """Return whether an article of a plan bears an address that was written meanwhile: the plan is to be made again."""
        return not self._named.isdisjoint(_addresses(todo))

    def wrote(self, todo: Plan) -> None:
        """The names of these articles were written."""
        self._named.update(_addresses(todo))

    def put(self, item_ids: Iterable[int], made: Mapping[int, tuple[str, str, str]] = MappingProxyType({})) -> None:
        """These are to be in the index, with the words that they have when it is written; they are not in it. `made`: as `Ready.index`."""
        self._waiting.update(item_ids)
        self._made.update(made)

    def take_out(self, item_id: int) -> None:
        """This one is to be changed: the index must not hold it meanwhile."""
        if item_id in self._waiting:
            self._waiting.discard(item_id)
            self._made.pop(item_id, None)
        else:
            unindex_items(self._db, [item_id])

    def write(self) -> None:
        """Write all that waits."""
        index_items(self._db, sorted(self._waiting), self._made)
        self._waiting.clear()
        self._made.clear()


def _addresses(todo: Plan) -> set[str]:
    """Return the canonical addresses of a plan's articles."""
    rows = (*todo.new, *(one for pairs in (todo.changed, todo.same, todo.elsewhere, todo.reclaimed) for _, one in pairs))
    return {one.item.canonical for one in rows if one.item.canonical}


def index_items(db: Connection, item_ids: Sequence[int], made: Mapping[int, tuple[str, str, str]] = MappingProxyType({})) -> None:
    """Put articles into the full-text index, which does not hold them. `made`: the words of some of them, as `Ready.index`."""
    rows: list[tuple[int, str, str, str, str]] = []
    if told := [item_id for item_id in item_ids if item_id in made]:
        contexts = db.execute("select item_id, context from texts where item_id in (select value from json_each(?))", (json.dumps(told),))
        rows = [(item_id, *made[item_id], index_text(context)) for item_id, context in contexts.fetchall()]
    if others := [item_id for item_id in item_ids if item_id not in made]:
        found = db.execute(
            f"select {_WORDS} from items_words where id in (select value from json_each(?))",  # noqa: S608 - our own names
            (json.dumps(others),),
        )
        rows += map(_indexed, found.fetchall())
    db.executemany("insert into items_fts (rowid, title, shown, text, context) values (?, ?, ?, ?, ?)", sorted(rows))


_WORDS = "id, title, shown, text, context"


def _indexed(row: tuple[int, str, str, str, str]) -> tuple[int, str, str, str, str]:
    """Return what the index is given of an article: what rights hide of its text apart from what is shown."""
    item_id, title, shown_text, text, context = row
    return item_id, index_text(title), index_text(shown_text), index_text(hidden(text, shown_text)), index_text(context)


def unindex_items(db: Connection, item_ids: list[int]) -> None:
    """External content: the index is told what it held, before the content changes."""
    rows = db.execute(
        f"select {_WORDS} from items_words where id in (select value from json_each(?))",  # noqa: S608 - our own names
        (json.dumps(item_ids),),
    )
    db.executemany(
        "insert into items_fts (items_fts, rowid, title, shown, text, context) values ('delete', ?, ?, ?, ?, ?)",
        map(_indexed, rows.fetchall()),
    )


def apply_rights(db: Connection, source_id: str, rights: str) -> int:
    """Show again, or no more, what the rights of a source allow; the number of items that changed."""
    rows = db.execute(
        "select items.id, text, page, summary from items join texts on item_id = items.id where source_id = ?", (source_id,)
    ).fetchall()
    own = {row[0] for row in db.execute("select item_id from corrections where field = 'summary'")}
    wanted = [(shown_of(text, page, rights), item_id, summary) for item_id, text, page, summary in rows]
    todo = [(now, item_id) for now, item_id, before in wanted if now != before and item_id not in own]
    for now, item_id, _ in wanted:
        if item_id in own:  # the source's words, hidden or shown again, under the curators'
            db.execute("update corrections set was = json_array(?) where item_id = ? and field = 'summary'", (now, item_id))
    if rights == "link":  # a copy is kept only where rights allow it
        db.execute("delete from copies where item_id in (select id from items where source_id = ?)", (source_id,))
    changed = [item_id for _, item_id in todo]
    unindex_items(db, changed)
    db.executemany("update items set summary = ? where id = ?", todo)
    index_items(db, changed)
    hide_evidence(db, changed)
    hide_learnt(db, changed)
    narrowed = [item_id for now, item_id, before in wanted if item_id in own or len(now) < len(before)]
    set_quotes_aside(db, narrowed)
    untell_reasons(db, narrowed)
    return len(todo)
