"""Tombstones: by which an article that somebody asked to forget is known, should it come back.

Comes in: marks (hashes). Goes out: those that are buried. Writing them is `forgetting`'s.
"""

import json
from collections.abc import Iterable

from veille.store.connection import Connection


def any_forgotten(db: Connection) -> bool:
    """Return whether anything was ever forgotten."""
    return db.execute("select 1 from tombstones limit 1").fetchone() is not None


def buried_among(db: Connection, graves: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Those of these names that were forgotten."""
    rows = db.execute(
        "select kind, hash from json_each(?) as asked join tombstones on kind = asked.value ->> 0 and hash = asked.value ->> 1",
        (json.dumps(list(graves)),),
    )
    return frozenset((kind, digest) for kind, digest in rows)
