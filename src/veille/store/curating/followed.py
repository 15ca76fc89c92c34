"""Sources that curators follow from the site, and what they ask of any source: beside feeds.yaml, never in it.

Comes in: a plain connection. Goes out: `Config` with them, `Change`s for `edits.edit`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from veille.config import Names, parse_config, source_yaml
from veille.errors import ConfigError, UsageError
from veille.messages.common import NO_SUCH_SOURCE
from veille.messages.curating import BAD_RHYTHM, BAD_RIGHTS, READ_NEXT_TIME, SOURCE_EXISTS
from veille.model import RIGHTS, SOURCE_KINDS, Access, Config, Rights, Source
from veille.store.connection import Connection, Row, has_table
from veille.store.curating.edits import Change, row_of

if TYPE_CHECKING:
    from veille.understand.knowledge import Knowledge

RHYTHMS = {
    "1h": "toutes les heures",
    "6h": "toutes les 6 heures",
    "12h": "toutes les 12 heures",
    "1d": "chaque jour",
    "7d": "chaque semaine",
}
_HOURS = {"1h": 1, "6h": 6, "12h": 12, "1d": 24, "7d": 168}
_FILE = "version: 1\nsources:\n{lines}"


def rhythm(name: str) -> timedelta:
    """Return the rhythm that `RHYTHMS` names; raises UsageError for any other."""
    if name not in _HOURS:
        raise UsageError(BAD_RHYTHM)
    return timedelta(hours=_HOURS[name])


def rights(name: str) -> Rights:
    """Return the rights of that name; raises UsageError for any other."""
    found = next((one for one in RIGHTS if one == name), None)
    if found is None:
        raise UsageError(BAD_RIGHTS)
    return found


def names_of(knowledge: "Knowledge") -> Names:
    """Return what a source may refer to."""
    return Names(
        tags=frozenset(knowledge.themes),
        aliases=knowledge.aliases,
        departements={code: place.name for code, place in knowledge.departements.items()},
    )


def followed(db: Connection, names: Callable[[], Names]) -> list[Source]:
    """Return the sources that curators follow; one that can no longer be read as feeds.yaml would is left out."""
    if not has_table(db, "followed"):
        return []
    found: list[Source] = []
    rows = db.execute("select source from followed order by id").fetchall()
    known = names() if rows else None
    for (lines,) in rows:
        assert known
        try:
            found += parse_config(_FILE.format(lines=lines), "sources suivies", known).sources
        except ConfigError:
            continue
    return found


def as_yaml(db: Connection) -> str:
    """Return the followed sources as lines of feeds.yaml, to be taken over into it."""
    return "".join(row[0] for row in db.execute("select source from followed order by id")) if has_table(db, "followed") else ""


def with_wishes(db: Connection, config: Config, names: Callable[[], Names]) -> Config:
    """feeds.yaml, the sources followed from the site (feeds.yaml wins where both name one), and what curators ask of each.

    `names` is asked for what a source may refer to where somebody follows one.
    """
    access = Access(proxy=config.proxy)
    own = {source.id for source in config.sources} | {former for source in config.sources for former in source.formerly}
    urls = {source.url for source in config.sources}
    sources = [*config.sources, *(replace(one, access=access) for one in followed(db, names) if one.id not in own and one.url not in urls)]
    if not has_table(db, "source_wishes"):
        return config
    wishes = {row[0]: (bool(row[1]), row[2]) for row in db.execute("select source_id, paused, every from source_wishes")}
    return replace(config, sources=tuple(_wished(source, *wishes[source.id]) if source.id in wishes else source for source in sources))


def _wished(source: Source, paused: bool, every: str) -> Source:  # noqa: FBT001
    return replace(source, enabled=source.enabled and not paused, every=rhythm(every) if every in _HOURS else source.every)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """A source as editors see it."""

    id: str
    name: str
    url: str
    kind: str
    state: str
    reason: str
    last_item_at: str
    paused: bool
    every: str
    here: bool  # followed from the site


def watched(db: Connection) -> list[Watched]:
    """Return every source but retired ones, those that are ill first."""
    rows = db.execute(
        "select sources.id, name, url, kind, state, coalesce(reason, ''), coalesce(last_item_at, ''), coalesce(paused, 0), "
        "coalesce(every, ''), followed.id is not null from sources left join source_wishes on source_id = sources.id "
        "left join followed on followed.id = sources.id where state <> 'retired' or followed.id is not null "
        "order by state in ('live', 'quiet', 'empty', 'disabled'), name"
    )
    names = ("id", "name", "url", "kind", "state", "reason", "last_item_at", "paused", "every", "here")
    found = [dict(zip(names, tuple(row), strict=True)) for row in rows]
    waiting = db.execute("select id, source from followed where id not in (select id from sources)").fetchall()
    listed = [Watched(**{**one, "paused": bool(one["paused"]), "here": bool(one["here"])}) for one in found]
    for source_id, _ in waiting:
        listed.append(Watched(
            id=source_id, name=source_id, url="", kind="feed", state="new", reason=READ_NEXT_TIME, last_item_at="",
            paused=False, every="", here=True,
        ))  # fmt: skip
    return listed


def source_as_known(db: Connection, source_id: str) -> Source | None:
    """Return a source of feeds.yaml as the file knows it, enough to read it once; None for one read by selectors, which only feeds.yaml
    has.
    """
    row = db.execute("select name, kind, url, language from sources where id = ?", (source_id,)).fetchone()
    if row is None or SOURCE_KINDS[row[1]].selectors:
        return None
    return Source(id=source_id, name=row[0], kind=row[1], url=row[2], language=row[3])


def follow_change(db: Connection, source: Source, account_id: int, at: str) -> Change:
    """A source of more; raises UsageError when it is there already."""
    if db.execute(
        "select 1 from sources where id = ?1 or url = ?2 union select 1 from followed where id = ?1", (source.id, source.url)
    ).fetchone():
        raise UsageError(SOURCE_EXISTS.format(name=source.name))
    return Change(table="followed", key=(source.id,), row={"source": source_yaml(source), "at": at, "account_id": account_id})


def wish_change(db: Connection, source_id: str, **wish: object) -> Change:
    """Another rhythm, a pause or its end; raises UsageError."""
    if db.execute("select 1 from sources where id = ?1 union select 1 from followed where id = ?1", (source_id,)).fetchone() is None:
        raise UsageError(NO_SUCH_SOURCE)
    if wish.get("every", "") not in ("", *RHYTHMS):
        raise UsageError(BAD_RHYTHM)
    row: Row = row_of(db, "source_wishes", source_id) or {"paused": 0, "every": ""}
    row = row | wish
    return Change(table="source_wishes", key=(source_id,), row=row if row != {"paused": 0, "every": ""} else None)
