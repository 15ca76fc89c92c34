"""The figures of the whole file, made once for all pages and again when the file has changed.

Small files: at once, so that a page never shows old figures. Large ones: beside the pages, as often as costs a fiftieth of the time.
"""

import asyncio
import logging
import os
import time
from pathlib import Path

from datasette.utils.sqlite import sqlite3

from veille.store.reading.summary import Summary, summarise
from veille.web.site.http import Datasette
from veille.web.site.state import READING_MILLISECONDS, Site, alone, database, reading, site_of, veille_databases

log = logging.getLogger("veille")
_AT_ONCE = 0.15  # seconds that a page may wait for figures
_SHARE = 50
_LEAST_PAUSE = 20.0  # seconds


async def figures(datasette: Datasette) -> Summary:
    """Return the figures, as new as the size of the file allows."""
    site = site_of(datasette)
    version = (await file_version(datasette), site.today().isoformat())
    held = site.figures
    if held.version == version:
        return held.summary
    if held.version is None or held.cost < _AT_ONCE:
        async with held.lock:
            if held.version != version:
                await _make(datasette, site, version)
        return held.summary
    if not held.making and time.monotonic() - held.made >= max(_LEAST_PAUSE, held.cost * _SHARE):
        held.making = True
        held.task = asyncio.create_task(_make_beside(datasette, site, version))
    return held.summary


async def _make(datasette: Datasette, site: Site, version: tuple[str, str]) -> None:
    held = site.figures
    began = time.perf_counter()
    db = await database(datasette)
    today = version[1]
    if held.version is None and not db.is_memory:
        summary = await asyncio.to_thread(alone, db, summarise, today)
    else:
        try:
            summary = await reading(datasette, summarise, today)
        except sqlite3.OperationalError as exc:
            if str(exc) != "interrupted":
                raise
            held.cost = READING_MILLISECONDS / 1000  # the file has grown: from now on beside the pages
            return
    held.keep(summary, version, cost=time.perf_counter() - began, at=time.monotonic())


async def _make_beside(datasette: Datasette, site: Site, version: tuple[str, str]) -> None:
    held = site.figures
    try:
        began = time.perf_counter()
        summary = await asyncio.to_thread(alone, await database(datasette), summarise, version[1])
        held.keep(summary, version, cost=time.perf_counter() - began, at=time.monotonic())
    except (sqlite3.Error, OSError):
        log.exception("figures of the file")
        held.made = time.monotonic()  # not again at once
    finally:
        held.making = False


async def file_version(datasette: Datasette) -> str:
    """Return what changes with every commit: the times and sizes of the file and of its journal; "" for a file in memory."""
    if not await veille_databases(datasette):
        return ""
    path = (await database(datasette)).path
    path = path and os.path.realpath(path)  # SQLite keeps the journal beside the file that a link names
    return "-".join(_state(Path(one)) for one in (path, f"{path}-wal")) if path else ""


async def data_version(datasette: Datasette) -> str:
    """Return the version of what pages show: the file's, and that of the figures beside it."""
    version = await file_version(datasette)
    if not version:
        return ""
    await figures(datasette)
    held = site_of(datasette).figures
    return "|".join((version, *(held.version or ())))


def _state(path: Path) -> str:
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_mtime_ns:x}.{found.st_size:x}"
