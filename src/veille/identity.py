"""Which article is an entry? Names of items, and the plan that follows.

Comes in: the items of one answer, what the store knows under their names. Goes out: `Plan`. Forbidden: SQL.

Within one source a guid or a canonical address names an item, unless several entries of one answer carry it: then, and from
then on in that source, it names none of them, and the other one, then title and day, decide. Across sources the canonical
address decides.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass

from veille.french import fold
from veille.model import Item, Known


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A name of an item: guid (scope: its source), canonical (everywhere), title-day (scope: its source)."""

    kind: str
    scope: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An item with the names that may be asked for it, the best first, and those it is to be remembered by."""

    item: Item
    asked: tuple[Name, ...]
    kept: tuple[Name, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one answer changes. `same` are items seen again; `elsewhere` those that another source brought first."""

    new: tuple[Named, ...]
    changed: tuple[tuple[Known, Named], ...]
    same: tuple[tuple[Known, Named], ...]
    elsewhere: tuple[tuple[Known, Named], ...]
    shared: frozenset[Name]  # names that turned out to name several


def name_items(items: list[Item], shared_before: frozenset[Name]) -> tuple[list[Named], frozenset[Name]]:
    """The names of each item of one answer, and the names that this answer shows to be shared."""
    guids = Counter(_guid(item) for item in items if item.guid)
    places = Counter(_canonical(item) for item in items if item.canonical)
    shared_now = frozenset(name for name, times in (guids + places).items() if times > 1)
    shared = {Name(name.kind, "", name.value) if name.kind == "canonical" else name for name in shared_before} | shared_now
    named = []
    for item in items:
        best = [_guid(item)] if item.guid else []
        if item.canonical:
            best.append(_canonical(item))
        usable = [name for name in best if name not in shared]
        title = _title_day(item)
        has_place = any(name.kind == "canonical" for name in usable)
        asked = tuple(usable) if has_place else (*usable, title)
        named.append(Named(item=item, asked=asked, kept=(*usable, title)))
    return named, shared_now


def plan(source_id: str, named: list[Named], known: dict[Name, Known], shared: frozenset[Name]) -> Plan:
    """What to write; the first entry of an answer that finds an item speaks for it."""
    new: list[Named] = []
    changed: list[tuple[Known, Named]] = []
    same: list[tuple[Known, Named]] = []
    elsewhere: list[tuple[Known, Named]] = []
    met: set[int] = set()
    fresh: set[Name] = set()
    for one in named:
        found = next((known[name] for name in one.asked if name in known), None)
        if found is None:
            if not fresh.intersection(one.asked):
                new.append(one)
                fresh.update(one.asked)
            continue
        if found.id in met:
            continue
        met.add(found.id)
        if found.source_id != source_id:
            elsewhere.append((found, one))
        elif found.fingerprint != one.item.fingerprint:
            changed.append((found, one))
        else:
            same.append((found, one))
    return Plan(new=tuple(new), changed=tuple(changed), same=tuple(same), elsewhere=tuple(elsewhere), shared=shared)


def _guid(item: Item) -> Name:
    return Name("guid", item.source_id, item.guid)


def _canonical(item: Item) -> Name:
    return Name("canonical", "", item.canonical)


def _title_day(item: Item) -> Name:
    day = item.day or "?"
    digest = hashlib.blake2b(f"{fold(item.title)}\n{day}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return Name("title-day", item.source_id, digest)
