"""Files and folders that have no name yet: made beside what they become, held by their process, swept away when it died.

Comes in: what is to be made. Goes out: a path beside it, its owner's alone. Forbidden: leaving one behind.
"""

import contextlib
import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

_ENDING = ".part"
_OURS = re.compile(r"\..+\.[a-z0-9_]{8}\.part\Z")
COMPANIONS = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file


def followed(path: Path) -> Path:
    """Return the file that a symbolic link names, the path itself where it is none."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


@contextlib.contextmanager
def beside(target: Path, *, folder: bool = False) -> Iterator[Path]:
    """A new, empty file or folder (0600, 0700) next to the target, to be given its name in one step; gone afterwards if it was not.

    What a killed process left there is swept first. Raises OSError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep(target.parent)
    path, descriptor = _made(target, folder=folder)
    try:
        yield path
    finally:
        _remove(path)
        os.close(descriptor)


def private_mode(mode: int) -> int:
    """Return the permissions of a file that must not be everybody's: its owner's alone where it was; a group alone that was let in
    stays.
    """
    mode = stat.S_IMODE(mode)
    return mode & 0o700 if mode & 0o007 else mode


def open_lock(path: Path) -> IO[bytes]:
    """Return a file that holds nothing but a lock, its owner's alone."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "ab")


def sweep(folder: Path) -> None:
    """Remove what nobody is making any more: a lock dies with its process."""
    for path in folder.glob(f".*{_ENDING}"):
        if _OURS.match(path.name):
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    _remove(path)
                finally:
                    os.close(descriptor)


def _made(target: Path, *, folder: bool) -> tuple[Path, int]:
    """Return one that is held; another one where a sweeper came between its making and its holding."""
    while True:
        if folder:
            name = tempfile.mkdtemp(prefix=f".{target.name}.", suffix=_ENDING, dir=target.parent)
        else:
            made, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=_ENDING, dir=target.parent)
            os.close(made)
        with contextlib.suppress(FileNotFoundError, BlockingIOError):
            descriptor = os.open(name, os.O_RDONLY)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                Path(name).stat()
            except OSError:
                os.close(descriptor)
                raise
            return Path(name), descriptor


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    for one in (path, *(path.with_name(path.name + ending) for ending in COMPANIONS)):
        with contextlib.suppress(IsADirectoryError):
            one.unlink(missing_ok=True)
