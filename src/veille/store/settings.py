"""What the collector tells the site of itself, one value a key.

Comes in: a connection, values. Goes out: text, and how sites are reached. Forbidden: a secret: variables are kept by their names.
"""

import json
from dataclasses import asdict

from veille.model import Access, Config, Proxy
from veille.store.connection import Connection, has_table

_GROWN = 4  # times as many articles as when words were last counted


def remember_settings(db: Connection, **values: str) -> None:
    """What the collector tells the site of itself; the caller holds the transaction."""
    db.executemany("insert into settings (key, value) values (?, ?) on conflict (key) do update set value = excluded.value", values.items())


def setting(db: Connection, key: str) -> str:
    """Return one of these, "" when it was never told."""
    row = db.execute("select value from settings where key = ?", (key,)).fetchone()
    return str(row[0]) if row else ""


def remember_access(db: Connection, config: Config) -> None:
    """How the collector reaches sites, for the site to go the same way: names of variables, never what they hold."""
    own = {one.id: one.access for one in config.sources if one.access != Access(proxy=config.proxy)}
    told = {"": Access(proxy=config.proxy), **own} if own or config.proxy.url else {}
    remember_settings(db, access=json.dumps({name: asdict(access) for name, access in told.items()}) if told else "")


def access_to(db: Connection, source_id: str = "") -> Access:
    """Return how a source is reached, or any other address."""
    said = json.loads(setting(db, "access") or "{}")
    row = said.get(source_id) or said.get("")
    if not row:
        return Access()
    proxy = Proxy(**(row["proxy"] | {"no_proxy": tuple(row["proxy"]["no_proxy"])}))
    return Access(proxy=proxy, headers=tuple((name, variable) for name, variable in row["headers"]), origin=row["origin"])


def has_outgrown(db: Connection) -> bool:
    """Return whether four times as many articles were ever kept as when words were last counted."""
    (last,) = db.execute("select coalesce(max(id), 0) from items").fetchone()
    return bool(last >= max(1, _GROWN * int(setting(db, "counted_at") or 0)))


def followed_to(db: Connection) -> int:
    """Return the last article that was looked at for what follows of an initiative; before any was, the one before the first source."""
    told = setting(db, "followed_to")
    return int(told or db.execute("select coalesce(min(item_id) - 1, 0) from fiche_items").fetchone()[0])


def may_follow(db: Connection) -> bool:
    """Return whether articles came that no fiche which lives was asked for."""
    if not has_table(db, "fiches") or db.execute("select 1 from fiches where state <> 'retiree' limit 1").fetchone() is None:
        return False
    (newest,) = db.execute("select coalesce(max(id), 0) from items").fetchone()
    return bool(newest > followed_to(db))
