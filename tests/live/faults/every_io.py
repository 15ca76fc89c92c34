"""Run as a program: a collection whose n-th write, sync, read, truncate or open fails, for every n; after each, the file is sound, nothing
committed is lost, and the next collection brings what is missing, once. Prints one JSON line: how many faults fired, by kind.

    python every_io.py FOLDER STEP     (STEP 1: every n)
"""

import asyncio
import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent), str(Path(__file__).parent.parent.parent)]

from loopback import reply, serve
from test_killed import sound

from faults.vfs import FAILURES, Faults
from veille.collect.child import Parser
from veille.collect.run import Collector
from veille.config import Names, parse_config
from veille.errors import VeilleError
from veille.fetch import Fetcher, Limits
from veille.resources import load_knowledge
from veille.store import connect, migrate

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SOURCES, FIRST, SECOND = 2, 3, 5


def document(source, count, generation):
    items = "".join(
        f"<item><title>S{source} article {n}{' revu' if generation and n == 1 else ''}</title><link>https://s{source}.fr/{n}</link>"
        f"<guid>s{source}-{n}</guid><description>Un budget participatif en Gironde, {n}. {'mot ' * 60}</description></item>"
        for n in range(count)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()


class Round:
    def __init__(self, root, knowledge, parser):
        self._knowledge, self._parser = knowledge, parser
        sources = "\n".join(f"  - {{id: s{n}, name: S{n}, feed: '{root}/{n}'}}" for n in range(SOURCES))
        names = Names(tags=frozenset(), aliases={}, departements={})
        self._config = parse_config(f"version: 1\nsources:\n{sources}\n", "feeds.yaml", names)

    def __call__(self, path, now):
        """One collection, from opening the file to closing it."""
        db = connect(path)
        try:
            migrate(db, self._knowledge, now)
            fetcher = Fetcher(contact="", clock=lambda: now, allow_private=True, limits=Limits(spacing=0))
            collector = Collector(
                db=db, config=self._config, knowledge=self._knowledge, fetcher=fetcher, clock=lambda: now, parser=self._parser, owner="x"
            )  # fmt: skip
            return asyncio.run(collector.run(everything=True))
        finally:
            db.close()


def kept(path):
    db = connect(path)
    try:
        sound(db)
        return set(db.execute("select source_id, url, title from items").fetchall())
    finally:
        db.close()


def main(folder, step):
    faults = Faults()
    knowledge = load_knowledge()
    served = {"generation": 0}
    answers = {
        f"/{n}": lambda handler, n=n: reply(handler, document(n, SECOND if served["generation"] else FIRST, served["generation"]))
        for n in range(SOURCES)
    }  # fmt: skip
    fired, tried = {}, 0
    with serve(answers) as root, Parser() as parser:
        once = Round(root, knowledge, parser)
        base, work = folder / "base.db", folder / "work.db"
        once(base, NOW)
        before = {(source, url) for source, url, _ in kept(base)}
        served["generation"] = 1
        shutil.copy(base, work)
        faults.arm()
        once(work, NOW + timedelta(hours=7))
        totals, wanted = dict(faults.counts), kept(work)
        assert len(wanted) == SOURCES * SECOND
        for (kind, failure), _ in FAILURES.items():
            for lasting in (False, True) if failure in ("ENOSPC", "EIO") and kind == "write" else (False,):
                for n in range(1, totals[kind] + 1, step):
                    for path in folder.glob("work.db*"):
                        path.unlink()
                    shutil.copy(base, work)
                    faults.arm(kind, n, failure, lasting=lasting)
                    try:
                        once(work, NOW + timedelta(hours=7))
                    except (VeilleError, MemoryError):
                        pass
                    except Exception as exc:
                        if type(exc).__name__ not in ("OperationalError", "DatabaseError"):  # the command line makes a sentence of these
                            raise
                    tried += 1
                    fired[f"{kind} {failure}"] = fired.get(f"{kind} {failure}", 0) + bool(faults.fired)
                    faults.arm()
                    after = kept(work)
                    assert before <= {(source, url) for source, url, _ in after}, (kind, failure, n)
                    once(work, NOW + timedelta(hours=14))
                    assert kept(work) == wanted, (kind, failure, n)
    print(json.dumps({"tried": tried, "fired": fired, "operations": totals}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
