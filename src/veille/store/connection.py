"""Opening the file, migrating it, and holding the write lock.

Comes in: a path. Goes out: a `Connection`. A file from a newer veille is refused with a sentence.
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from veille.errors import StoreError
from veille.french import FOLDING_VERSION, index_text
from veille.messages.common import DATABASE_NEWER, DATABASE_UNUSABLE, NOT_OURS
from veille.messages.machine import why
from veille.store.partial import COMPANIONS, beside, followed, open_lock, private_mode

if TYPE_CHECKING:
    import sqlite_utils

    from veille.understand.knowledge import Knowledge

try:  # as sqlite-utils chooses: the newer SQLite where a wheel has it
    import pysqlite3 as _sqlite
except ImportError:
    import sqlite3 as _sqlite

sqlite3: Any = _sqlite

BUSY_MILLISECONDS = 15_000
_PAGES = (64, 8 << 10, 32 << 10)  # what is written at random (names, bands, keywords) stays at hand up to a million articles
_BUSY = 5  # SQLITE_BUSY
_SOON = 0.002  # seconds between two tries of somebody who is waited for
CHECKPOINT_PAGES = 4_000  # 16 MiB of journal before it goes into the file: pages that change often are written once
STATEMENTS = 512  # prepared at hand: a collection uses about a hundred
STEPS = 14  # of `schema.migrations`, which a settled file need not load
_SAFE_WAL = (3, 51, 3)  # older ones can corrupt a WAL that a checkpoint resets while another process writes

Row = dict[str, Any]  # of a table, by column


class Cursor(Protocol):
    """What a statement answers: rows are plain tuples, or rows that act like them."""

    @property
    def lastrowid(self) -> int | None: ...
    @property
    def rowcount(self) -> int: ...

    row_factory: Any

    def execute(self, sql: str, parameters: Any = ..., /) -> "Cursor": ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...
    def fetchmany(self, size: int = ..., /) -> list[Any]: ...
    def close(self) -> None: ...
    @property
    def description(self) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """An open file, as all the rooms of the store take it: a connection of the collector, of a command, or one of Datasette's."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Cursor: ...
    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Cursor: ...
    def cursor(self) -> Cursor: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...
    def create_function(self, name: str, narg: int, func: Callable[..., Any], /, *, deterministic: bool = ...) -> None: ...
    def backup(self, target: Any, /) -> None: ...
    def __enter__(self) -> Any: ...
    def __exit__(self, kind: Any, value: Any, trace: Any, /) -> Any: ...


class _File(sqlite3.Connection):  # type: ignore[misc]
    """A file that veille opened itself."""

    @property
    def conn(self) -> "Connection":
        """Itself: by the name that sqlite-utils gives to a connection, for scripts beside veille."""
        return self


def described() -> "type[sqlite_utils.Database]":
    """sqlite-utils, without numpy, which it loads where it is installed to know its types: 14 MiB that no value of ours needs."""
    absent = "numpy" not in sys.modules
    if absent:
        sys.modules["numpy"] = None  # type: ignore[assignment]
    try:
        from sqlite_utils import Database as Described
    finally:
        if absent:
            del sys.modules["numpy"]
    return Described


def utils_of(db: Connection) -> "sqlite_utils.Database":
    """Return the file as sqlite-utils sees it: what its migrations need."""
    return described()(cast("Any", db))


def prepare(connection: Connection) -> None:
    """What every connection of ours needs, Datasette's included."""
    connection.execute(f"pragma busy_timeout = {BUSY_MILLISECONDS}")
    connection.create_function("index_text", 1, index_text, deterministic=True)


# KiB of the file that each of Datasette's three connections that read keeps at hand, and the one that writes: more gains nothing at a
# million articles, since searches count in memory.
_PAGES_READING, _PAGES_WRITING = 16 << 10, 8 << 10


def prepare_to_read(connection: Connection) -> None:
    """What each connection of the site needs."""
    prepare(connection)
    connection.execute(f"pragma cache_size = -{_PAGES_READING}")


def prepare_to_decide(connection: Connection) -> None:
    """What the connection that curators write through needs: a decision is on the disk before it is said to be kept."""
    connection.execute(f"pragma cache_size = -{_PAGES_WRITING}")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")


def keep_pages(connection: Connection, share: int, least: int, most: int) -> None:
    """Keep one part in `share` of the file in memory, from `least` to `most` KiB: a small file asks for little, a large one has need."""
    kib = least
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):  # what is no database says so when it is read
        pages, size = (connection.execute(f"pragma {name}").fetchone()[0] for name in ("page_count", "page_size"))
        kib = min(most, max(least, pages * size // 1024 // share))
    connection.execute(f"pragma cache_size = -{kib}")


def has_table(db: Connection, name: str) -> bool:
    """Return whether a file has a table of ours: one that waits for its migration has not."""
    return db.execute("select 1 from sqlite_master where name = ?", (name,)).fetchone() is not None


def columns_of(db: Connection, table: str) -> list[str]:
    """Return the columns of a table or a view, in order."""
    return [row[1] for row in db.execute("select * from pragma_table_info(?)", (table,)).fetchall()]


def is_of_veille(db: Connection) -> bool:
    """Return whether a file is one of ours: it has our index and our view."""
    ours = "select count(*) from sqlite_master where type in ('table', 'view') and name in ('articles', 'items', 'items_fts')"
    return bool(db.execute(ours).fetchone()[0] == 3)


def rows_of(db: Connection, sql: str, values: Any = ()) -> list[Any]:
    """Rows as plain tuples: one of Datasette's costs more than what it holds."""
    cursor = db.cursor()
    cursor.row_factory = None
    rows: list[Any] = cursor.execute(sql, values).fetchall()
    return rows


def connect(path: str | Path, *, durable: bool = False) -> Connection:
    """Return the database of a file, made if need be; `durable` waits for the disk at each commit (decisions)."""
    try:
        if str(path) != ":memory:":
            _own(Path(path))
        connection = sqlite3.connect(
            str(path),
            isolation_level=None,
            check_same_thread=False,
            timeout=BUSY_MILLISECONDS / 1000,
            cached_statements=STATEMENTS,
            factory=_File,
        )
        prepare(connection)
        connection.execute("pragma foreign_keys = on")
        keep_pages(connection, *_PAGES)
        wanted = "wal" if sqlite3.sqlite_version_info >= _SAFE_WAL else "delete"
        if connection.execute("pragma journal_mode").fetchone()[0] not in (wanted, "memory"):
            connection.execute(f"pragma journal_mode = {wanted}")
        connection.execute(f"pragma wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"pragma synchronous = {'full' if durable or wanted == 'delete' else 'normal'}")
    except (sqlite3.Error, OSError, UnicodeDecodeError) as exc:
        raise StoreError(DATABASE_UNUSABLE.format(file=path, why=why(exc))) from exc
    return cast("Connection", connection)


def _own(path: Path) -> None:
    """A new file is its owner's alone, whatever the umask, and what SQLite puts beside it too: hashes and hidden texts are in it."""
    path = followed(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _close_to_others(path: Path) -> None:
    """What an earlier version left readable by everybody is its owner's alone."""
    for one in (path, *(path.with_name(path.name + ending) for ending in COMPANIONS)):
        with contextlib.suppress(OSError):
            one.chmod(private_mode(one.stat().st_mode))


def begin_soon(connection: Connection) -> None:
    """Begin a transaction that writes as soon as the lock is free: beside a collector SQLite's own tries come up to 100 ms apart.

    Raises sqlite3.OperationalError when it is not free for as long as SQLite would have waited.
    """
    latest = time.monotonic() + BUSY_MILLISECONDS / 1000
    connection.execute("pragma busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute("begin immediate")
                return
            except sqlite3.OperationalError as exc:
                if exc.sqlite_errorcode & 0xFF != _BUSY or time.monotonic() > latest:
                    raise
            time.sleep(_SOON)
    finally:
        connection.execute(f"pragma busy_timeout = {BUSY_MILLISECONDS}")


@contextlib.contextmanager
def usable(db: Connection) -> Iterator[None]:
    """What SQLite cannot do (locked for too long, full, read-only, torn) is the file's failure: raises StoreError."""
    try:
        yield
    except sqlite3.DatabaseError as exc:
        if isinstance(exc, (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.NotSupportedError)):
            raise
        raise StoreError(DATABASE_UNUSABLE.format(file=_name_of(db), why=why(exc))) from exc


@contextlib.contextmanager
def writing(db: Connection) -> Iterator[None]:
    """Hold the write lock from the first statement, so that a second writer waits its turn; raises StoreError when it cannot."""
    with usable(db):
        db.execute("begin immediate")
        try:
            yield
            db.commit()
        except BaseException:
            # A commit that fails (a full disk, a broken reference) leaves its transaction open; what undoes it must not hide why.
            with contextlib.suppress(sqlite3.Error):
                db.rollback()
            raise


def seen_version(db: Connection) -> int:
    """Return a number that changes when another connection has written: what was read before may be otherwise (`pragma data_version`)."""
    return int(db.execute("pragma data_version").fetchone()[0])


def is_settled(db: Connection, shipped: int) -> bool:
    """Return whether a file was brought to this version already, with the vocabulary that ships (`Knowledge.shipped`)."""
    try:
        return bool(db.execute("pragma user_version").fetchone()[0] == _mark(shipped))
    except sqlite3.Error:  # `migrate` says what is wrong
        return False


def _mark(shipped: int) -> int:
    """Return what a settled file bears as its user_version: how many steps it went through, and what vocabulary fills it."""
    return STEPS << 24 | shipped & 0xFFFFFF


def migrate(db: Connection, knowledge: "Knowledge", now: datetime) -> None:
    """Bring the file to this version: backed up first when it holds anything, then the vocabulary. May be run again."""
    memory = described()

    from veille.store.frozen import teach
    from veille.store.schema import migrations

    path, name = _path_of(db), _name_of(db)
    try:
        with _one_at_a_time(path):
            pending = [step.name for step in migrations.pending(utils_of(db))]
            known = {step.name for step in migrations.pending(memory(memory=True))}
            applied = {step.name for step in migrations.applied(utils_of(db))}
            if applied - known:
                raise StoreError(DATABASE_NEWER.format(file=path or name))
            if not applied and db.execute("select 1 from sqlite_master where name not like 'sqlite_%' limit 1").fetchone():
                raise StoreError(NOT_OURS.format(file=path or name))
            if pending:
                if applied and path:
                    _close_to_others(Path(path))
                    _back_up(db, Path(path), now)
                teach(db)
                with writing(db):  # all the steps, or none: each is a savepoint of its own within
                    migrations.apply(utils_of(db))
        with writing(db):
            _seed(db, knowledge)
    except (sqlite3.Error, OSError) as exc:
        raise StoreError(DATABASE_UNUSABLE.format(file=name, why=why(exc))) from exc


def _path_of(db: Connection) -> str:
    return str(db.execute("select file from pragma_database_list where name = 'main'").fetchone()[0])


def _name_of(db: Connection) -> str:
    try:
        return Path(_path_of(db)).name or ":memory:"
    except sqlite3.Error:
        return "veille.db"


@contextlib.contextmanager
def _one_at_a_time(path: str) -> Iterator[None]:
    """Two commands that start together migrate one after the other; the lock dies with its process."""
    if not path:
        yield
        return
    import fcntl

    with open_lock(Path(path + ".migration")) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _back_up(db: Connection, path: Path, now: datetime) -> None:
    target = path.with_name(f"{path.name}.avant-{now:%Y%m%dT%H%M%SZ}")
    with beside(target) as partial:
        with contextlib.closing(sqlite3.connect(str(partial))) as copy:
            db.backup(copy)
        partial.replace(target)


def _seed(db: Connection, knowledge: "Knowledge") -> None:
    """The vocabulary and the départements as this version ships them; a theme that went stays, an edited one too."""
    themes = [(theme.id, theme.label, theme.group, theme.group_label, place) for place, theme in enumerate(knowledge.themes.values())]
    db.executemany(
        "insert into tags (id, label, group_id, group_label, position) values (?, ?, ?, ?, ?) on conflict (id) do update set "
        "label = excluded.label, group_id = excluded.group_id, group_label = excluded.group_label, position = excluded.position "
        "where not edited and (label, group_id, group_label, position) is not "
        "(excluded.label, excluded.group_id, excluded.group_label, excluded.position)",
        themes,
    )
    db.executemany(
        "insert or ignore into departements values (?, ?, ?, ?, ?, ?, ?)",
        [
            (place.code, place.name, place.region_code, place.region, place.prefecture, place.column, place.row)
            for place in knowledge.departements.values()
        ],
    )
    db.execute("insert or ignore into settings values ('folding_version', ?)", (str(FOLDING_VERSION),))
    if not is_settled(db, knowledge.shipped):
        db.execute(f"pragma user_version = {_mark(knowledge.shipped)}")
