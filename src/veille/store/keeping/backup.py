"""Copies of the whole file: made while others work, and put back in its place; each is checked before it counts.

Comes in: paths. Goes out: checked files. Forbidden: a copy that nobody verified under its final name.
"""

import contextlib
import fcntl
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from veille.errors import StoreError, UsageError
from veille.messages.common import DATABASE_NEWER, DATABASE_UNUSABLE, FILE_MISSING, plural
from veille.messages.keeping import COPY_DIFFERS, COPY_UNSOUND, COPY_UNWRITTEN, DANGLING, DATABASE_BUSY, FILE_EXISTS, IS_A_FOLDER, UNEVEN
from veille.messages.machine import why, why_of
from veille.store.connection import Connection, described, prepare, sqlite3, utils_of
from veille.store.partial import COMPANIONS, beside, followed, private_mode

# What must be as numerous in every sound file: an article, its text, its place in the index.
_COUNTED = ("items", "texts", "items_fts_docsize")


def counts(db: Connection) -> dict[str, int]:
    """Rows of each table of ours, and the words in the index (`words`)."""
    names = [
        row[0]
        for row in db.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'items_fts%' "
            "and name <> 'items_vocabulary' order by name"
        )
    ]
    found = {name: int(db.execute(f"select count(*) from [{name}]").fetchone()[0]) for name in names}  # noqa: S608 - from the schema
    found["words"] = int(db.execute("select coalesce(sum(cnt), 0) from items_vocabulary").fetchone()[0])
    return found


def unsoundness(db: Connection) -> list[str]:
    """Return what is wrong with a file, a word for each; empty when it is sound."""
    wrong = [str(row[0]) for row in db.execute("pragma integrity_check(5)").fetchall() if row[0] != "ok"]
    torn = Counter(row[0] for row in db.execute("pragma foreign_key_check").fetchmany(1_000))
    wrong += [DANGLING.format(rows=plural(count, "ligne", "lignes"), table=table) for table, count in torn.items()]
    held = {name: int(db.execute(f"select count(*) from {name}").fetchone()[0]) for name in _COUNTED}  # noqa: S608 - our own names
    if len(set(held.values())) > 1:
        wrong.append(UNEVEN.format(counts=", ".join(f"{name} : {count}" for name, count in held.items())))
    return wrong


def back_up(db: Connection, target: Path) -> dict[str, int]:
    """Copy the file as it is at this instant, while others read and write; the counts of the copy.

    Raises UsageError when the target exists, StoreError when the copy differs or is not sound: nothing stays then.
    """
    target = followed(target)
    if target.exists():
        raise UsageError(FILE_EXISTS.format(file=target))
    try:
        with beside(target) as partial:
            db.execute("begin")  # one instant for the counts and the copy
            try:
                before = counts(db)
                with contextlib.closing(sqlite3.connect(str(partial))) as copy:
                    db.backup(copy)
            finally:
                db.rollback()
            _check(partial, before, target)
            _settle(partial, target)
    except (sqlite3.Error, OSError, UnicodeDecodeError) as exc:
        raise StoreError(COPY_UNWRITTEN.format(file=target, why=why(exc))) from exc
    return before


def restore(source: Path, target: Path, now: datetime) -> tuple[dict[str, int], Path | None]:
    """Put a copy in the place of the file; its counts, and where what was there has gone.

    The copy is checked as a new file beside the target first. What is left of a former file (its journal, when the file itself is gone or
    torn) goes aside with it: SQLite would write it into the copy. Raises StoreError when the copy is not sound or of a newer veille, and
    when the present file is in use: nothing has changed then.
    """
    target = followed(target)
    if source.is_dir():
        raise UsageError(IS_A_FOLDER.format(file=source))
    if not source.is_file():
        raise UsageError(FILE_MISSING.format(file=source))
    try:
        with beside(target) as partial:
            given = sqlite3.connect(f"file:{_quoted(source)}?mode=ro", uri=True)
            with contextlib.closing(given), contextlib.closing(sqlite3.connect(str(partial))) as copy:
                given.backup(copy)
            found = _check(partial, None, source)
            aside = _make_way(target, partial, now)
            _settle(partial, target)
    except (sqlite3.Error, OSError, UnicodeDecodeError) as exc:
        raise StoreError(DATABASE_UNUSABLE.format(file=source, why=why(exc))) from exc
    return found, aside


def _make_way(target: Path, partial: Path, now: datetime) -> Path | None:
    """What is there goes aside under one name, companions included; the new file gets its owner and its rights, without everybody's.

    Raises StoreError when somebody has it open. The file itself keeps its name beside the new one: at no instant is there none.
    """
    if target.exists() and _is_database(target):
        _quiet(target)
    if _is_open(target):
        raise StoreError(DATABASE_BUSY.format(file=target.name))
    left = [target.with_name(target.name + ending) for ending in COMPANIONS]
    left = [path for path in left if os.path.lexists(path)]
    if not left and not target.exists():
        return None
    aside = _free_name(target, now)
    if target.exists():
        held = target.stat()
        partial.chmod(private_mode(held.st_mode))
        with contextlib.suppress(PermissionError):
            os.chown(partial, held.st_uid, held.st_gid)
        _keep(target, aside)
    for path in left:
        path.replace(aside.with_name(aside.name + path.name.removeprefix(target.name)))
    return aside if target.exists() else aside.with_name(aside.name + left[0].name.removeprefix(target.name))


_SHM_HELD = 128  # the byte of `-shm` that every connection keeps locked, shared (sqlite.org/walformat.html, WAL locks)


def _is_open(target: Path) -> bool:
    """Return whether another process has the file, or what was it, open in WAL."""
    try:
        descriptor = os.open(target.with_name(f"{target.name}-shm"), os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _SHM_HELD)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _keep(target: Path, aside: Path) -> None:
    """The same file under a second name: at no instant is there none under the first."""
    try:
        aside.hardlink_to(target)
    except OSError:  # a file system without hard links
        shutil.copy2(target, aside)


def _free_name(target: Path, now: datetime) -> Path:
    names = (f"{target.name}.avant-restauration-{now:%Y%m%dT%H%M%SZ}{f'-{number}' if number else ''}" for number in range(100))
    return next(path for path in map(target.with_name, names) if not path.exists())


def _check(path: Path, wanted: dict[str, int] | None, named: Path) -> dict[str, int]:
    """Return the counts of a copy; raises StoreError, which names the file that a person gave, for one that is not sound."""
    from veille.store.schema import migrations

    with _opened(path) as copy:
        known = {step.name for step in migrations.pending(described()(memory=True))}
        if {step.name for step in migrations.applied(utils_of(copy))} - known:
            raise StoreError(DATABASE_NEWER.format(file=named))
        wrong = unsoundness(copy)
        if wrong:
            raise StoreError(COPY_UNSOUND.format(file=named, why=why_of(" ; ".join(wrong)[:200])))
        found = counts(copy)
        if wanted is not None and found != wanted:
            raise StoreError(COPY_DIFFERS.format(file=named))
        return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Connection]:
    with contextlib.closing(sqlite3.connect(str(path))) as connection:
        prepare(connection)
        connection.execute("pragma journal_mode = delete")  # one file, which can be moved
        yield connection


def _quiet(path: Path) -> None:
    """All in one file and nobody in it; raises StoreError when a server or a collector has it open."""
    with contextlib.closing(sqlite3.connect(str(path), timeout=1)) as present:
        try:
            mode = present.execute("pragma journal_mode = delete").fetchone()[0]
            present.execute("begin exclusive")
            present.rollback()
        except sqlite3.OperationalError as exc:
            raise StoreError(DATABASE_BUSY.format(file=path.name)) from exc
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            return  # damaged: the reason to restore
        if mode != "delete":
            raise StoreError(DATABASE_BUSY.format(file=path.name))


def _settle(partial: Path, target: Path) -> None:
    """The copy takes its name once the disk has it."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.resolve()))
