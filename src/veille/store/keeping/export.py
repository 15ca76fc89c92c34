"""Everything leaves and comes back: rows of each table as plain values, one instant for all of them.

Comes in: a database. Goes out: rows, one at a time. Forbidden: a password's hash, the words of the index (they are made anew).
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from veille.errors import UsageError
from veille.messages.keeping import DATABASE_NOT_EMPTY, EXPORT_INCONSISTENT
from veille.store.collecting.items import index_items
from veille.store.connection import Connection, Row, sqlite3, utils_of, writing
from veille.store.fiche_index import index_all
from veille.store.keeping.backup import unsoundness
from veille.store.public import PUBLIC
from veille.store.schema import migrations

_BATCH = 500
# Where each comes after what it refers to; `accounts` without hashes. Not `sessions`, `known_addresses`: who signed in is of one machine.
TABLES = (
    "settings", "tags", "departements", "sources", "validators", "runs", "visits", "stories", "items", "texts", "addresses", "sightings",
    "versions", "item_tags", "item_territories", "item_dates", "accounts", "decisions", "alarms", "hosts", "requests", "tombstones",
    "former_labels", "bands", "alike", "keywords", "word_counts", "models", "story_decisions",
    "notes", "corrections", "searches", "rules", "tag_words", "proposed_tags", "edits", "followed", "source_wishes", "link_checks",
    "copies", "fiches", "fiche_lines", "line_checks", "fiche_territories", "fiche_tags", "fiche_items", "fiche_links", "initiative_facts",
)  # fmt: skip


@contextlib.contextmanager
def one_instant(db: Connection) -> Iterator[None]:
    """What is read in here is of one instant, whoever writes meanwhile."""
    db.execute("begin")
    try:
        yield
    finally:
        db.rollback()


def columns(db: Connection, table: str) -> list[tuple[str, str]]:
    """Name and SQL type of each column of a table or view of ours."""
    return [(str(row[1]), str(row[2]).lower() or "text") for row in db.execute(f"pragma table_info([{table}])")]


def public_rows(db: Connection, table: str) -> Iterator[Row]:
    """Return the public rows of a table, in a stable order; what rights hide is not among them."""
    return _rows(db, next(one.rows for one in PUBLIC if one.name == table))


def all_rows(db: Connection, table: str) -> Iterator[Row]:
    """Yield every row of a table, in the order of its key."""
    order = ", ".join(f'"{name}"' for name in _key(db, table)) or "rowid"
    for row in _rows(db, f"select * from [{table}] order by {order}"):  # noqa: S608 - from the schema
        if table == "accounts":
            row["hash"] = ""
        yield row


def sequences(db: Connection) -> dict[str, int]:
    """Return the last id that was ever given in each table that gives none twice."""
    return {str(name): int(seq) for name, seq in db.execute("select name, seq from sqlite_sequence order by name") if name in TABLES}


def schema_steps(db: Connection) -> list[str]:
    """Return the migrations that a file went through."""
    return [step.name for step in migrations.applied(utils_of(db))]


def take_in(db: Connection, tables: Iterable[tuple[str, Iterable[Row]]], last: Mapping[str, int]) -> None:
    """Fill a new file, all or nothing, and make its index; raises UsageError for a file with articles, and for rows that do not fit."""
    if db.execute("select 1 from items limit 1").fetchone() or db.execute("select 1 from accounts limit 1").fetchone():
        raise UsageError(DATABASE_NOT_EMPTY.format(file="la base"))
    try:
        _fill(db, tables, last)
    except (sqlite3.IntegrityError, UnicodeError, OverflowError) as exc:
        raise UsageError(EXPORT_INCONSISTENT) from exc


def _fill(db: Connection, tables: Iterable[tuple[str, Iterable[Row]]], last: Mapping[str, int]) -> None:
    with writing(db):
        db.execute("pragma defer_foreign_keys = on")
        for table in reversed(TABLES):
            db.execute(f"delete from [{table}]")  # noqa: S608 - our own names
        for table, rows in tables:
            names = [name for name, _ in columns(db, table)]
            places = ", ".join(f":{name}" for name in names)
            listed = ", ".join(f'"{name}"' for name in names)
            db.executemany(f"insert into [{table}] ({listed}) values ({places})", rows)  # noqa: S608 - our own names
        for table, number in last.items():  # an id of before is given to nothing else
            db.execute("delete from sqlite_sequence where name = ? and seq < ?", (table, number))
            db.execute(
                "insert into sqlite_sequence (name, seq) select ?1, ?2 where not exists (select 1 from sqlite_sequence where name = ?1)",
                (table, number),
            )
        ids = [row[0] for row in db.execute("select id from items order by id")]
        for start in range(0, len(ids), _BATCH):
            index_items(db, ids[start : start + _BATCH])
        index_all(db)
        if unsoundness(db):
            raise UsageError(EXPORT_INCONSISTENT)


def _key(db: Connection, table: str) -> list[str]:
    rows = db.execute(f"pragma table_info([{table}])").fetchall()
    return [str(row[1]) for row in sorted(rows, key=lambda row: row[5]) if row[5]]


def _rows(db: Connection, query: str) -> Iterator[Row]:
    cursor = db.cursor()
    cursor.row_factory = None
    cursor.execute(query)
    names = [one[0] for one in cursor.description]
    while batch := cursor.fetchmany(_BATCH):
        for values in batch:
            yield dict(zip(names, values, strict=True))
