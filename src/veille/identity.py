"""Which article is an entry? Names of items, and the plan that follows.

Comes in: the items of one answer, what the store knows under their names. Goes out: `Plan`. Forbidden: SQL.

Within one source a guid or a canonical address names an item, unless several entries of one answer carry it: then, and from
then on, it names none of them, and the other one, then title and day, decide. Across sources the canonical address decides.
Where guid and address disagree (guids that count positions), the address is believed and the guid no more.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

from veille.french import fold
from veille.model import Item, Known

K = TypeVar("K")


class Name(NamedTuple):
    """A name of an item: guid (scope: its source), canonical (everywhere), title-day (scope: its source)."""

    kind: str
    scope: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An item with the names it goes by; those that turned out to be shared are left out."""

    item: Item
    guid: Name | None
    canonical: Name | None
    title_day: Name

    @property
    def names(self) -> tuple[Name, ...]:
        return tuple(name for name in (self.guid, self.canonical, self.title_day) if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one answer changes. `same` are items seen again; `elsewhere` those that another source brought first."""

    new: tuple[Named, ...]
    changed: tuple[tuple[Known, Named], ...]
    same: tuple[tuple[Known, Named], ...]
    elsewhere: tuple[tuple[Known, Named], ...]
    shared: frozenset[Name]  # names that turned out to name several
    moved: tuple[tuple[Known, Named], ...] = ()  # known by their title alone: the site changed its addresses
    renamed: int = 0  # known by their address under a guid that is new
    readdressed: tuple[tuple[Known, Named], ...] = ()  # known by their guid, at an address that is new


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An item that a source has, as a whole site that moved is recognised by."""

    known: Known
    title: str  # folded
    day: str


MASS = 3  # entries: fewer do not make a site that moved
_WHOLE, _WHOLE_SHARE = 8, 0.8  # entries, and their share of what is new, that titles alone may join
_TELLING = 15  # characters of a title or a text: a shorter one (« agenda ») tells nothing


def is_mass(todo: Plan) -> bool:
    """Whether so much of an answer is new that its site may have moved, rather than published."""
    entries = len(todo.new) + len(todo.changed) + len(todo.same) + len(todo.elsewhere)
    return len(todo.new) >= MASS and len(todo.new) * 2 >= entries


def rejoin(todo: Plan, held: list[Held]) -> Plan:
    """A site that changed all its addresses (and guids) in one night: its new entries are the known items of the same title and day.

    Under another day (a site that dates everything anew) title and text must be the same, and borne by one item and one entry alone;
    where there is no text, one of the days must be unknown: « Commission permanente » comes back every month and is new each time.
    Where nearly all of what is new, eight entries at least, bears titles that one item and one entry alone bear, the titles decide: a
    migration may date everything anew, cut the texts and add the site's name to each title. Nothing is joined unless half is recognised.
    """
    if not held:
        return todo
    by_day = _unique(((one.title, one.day), one) for one in held if one.day)
    by_title = _unique((one.title, one) for one in held if len(one.title) >= _TELLING)
    called = _titles(todo.new, by_title)
    titles = Counter(called)
    alike = [title for title, times in titles.items() if times == 1 and title in by_title]
    whole = len(alike) >= _WHOLE and len(alike) >= _WHOLE_SHARE * len(todo.new)  # nearly all of it, by title alone
    found: list[tuple[Known, Named]] = []
    rest: list[Named] = []
    taken: set[int] = set()
    for title, one in zip(called, todo.new, strict=True):
        match = by_day.get((title, one.item.day))
        if match is None and titles[title] == 1:
            match = by_title.get(title) if whole else _under_another_day(by_title.get(title), one)
        if match and match.known.id not in taken:
            taken.add(match.known.id)
            found.append((match.known, one))
        else:
            rest.append(one)
    if len(found) < MASS or len(found) * 2 < len(todo.new):
        return todo
    same = tuple(pair for pair in found if pair[0].fingerprint == pair[1].item.fingerprint)
    changed = tuple(pair for pair in found if pair[0].fingerprint != pair[1].item.fingerprint)
    return replace(todo, new=tuple(rest), same=(*todo.same, *same), changed=(*todo.changed, *changed), moved=tuple(found))


def _titles(new: tuple[Named, ...], by_title: dict[str, Held]) -> list[str]:
    """The folded titles of new entries, without the ending that a site adds to all of them (its own name after a bar)."""
    called = [fold(one.item.title) for one in new]
    cut = re.search(r"\s+[|–—·:-]\s+\S.*\Z", _common_ending(called))
    if len(called) < MASS or cut is None or any(title in by_title for title in called):
        return called
    return [title.removesuffix(cut[0]) for title in called]


def _common_ending(texts: list[str]) -> str:
    shortest = min(texts, key=len, default="")
    return next((shortest[place:] for place in range(len(shortest)) if all(text.endswith(shortest[place:]) for text in texts)), "")


def _under_another_day(held: Held | None, one: Named) -> Held | None:
    if held is None or held.known.fingerprint != one.item.fingerprint:
        return None
    return held if len(one.item.text) >= _TELLING or not held.day or not one.item.day else None


def _unique(pairs: Iterable[tuple[K, Held]]) -> dict[K, Held]:
    """The items whose key no other item has."""
    rows = list(pairs)
    counts = Counter(key for key, _ in rows)
    return {key: one for key, one in rows if counts[key] == 1}


def graves_of(item: Item) -> list[tuple[str, str]]:
    """What a forgotten article is known by, as kind and hash: its guid, its address, its title and day, its text."""
    names = [name for name in (_guid(item), _canonical(item), _title_day(item)) if name]
    found = [grave(name.kind, name.scope, name.value) for name in names]
    return [*found, grave("text", "", item.fingerprint)] if len(item.text) >= _TELLING else found


def grave(kind: str, scope: str, value: str) -> tuple[str, str]:
    """Kind and hash of a name that must not come back: the name itself is not kept."""
    digest = hashlib.blake2b(f"{kind}\n{scope}\n{value}".encode("utf-8", "surrogatepass"), digest_size=16, person=b"veille-oubli")
    return kind, digest.hexdigest()


def asked_names(items: list[Item]) -> list[Name]:
    """Guids and addresses of an answer, as they stand: what the store is asked about sharing."""
    return [name for item in items for name in (_guid(item), _canonical(item)) if name]


def name_items(items: list[Item], shared_before: frozenset[Name]) -> tuple[list[Named], frozenset[Name]]:
    """The names of each item of one answer, and the names that this answer shows to be shared. Exact repeats are dropped."""
    told = [(item, _guid(item), _canonical(item), _title_day(item)) for item in items]
    distinct = list({row[1:]: row for row in reversed(told)}.values())[::-1]
    carried = Counter(name for row in distinct for name in row[1:3] if name)
    shared_now = frozenset(name for name, times in carried.items() if times > 1)
    shared = shared_before | shared_now

    def usable(name: Name | None) -> Name | None:
        return None if name in shared else name

    named = [Named(item=item, guid=usable(guid), canonical=usable(place), title_day=title_day) for item, guid, place, title_day in distinct]
    return named, shared_now


def plan(source_id: str, named: list[Named], known: dict[Name, Known], shared: frozenset[Name]) -> Plan:
    """What to write; the first entry of an answer that finds an item speaks for it."""
    claimed = {known[one.canonical].id: one for one in reversed(named) if one.canonical and one.canonical in known}
    held = {known[one.guid].id for one in named if one.guid and one.guid in known} | claimed.keys()
    distrusted: set[Name] = set()
    rows: dict[str, list[tuple[Known, Named]]] = {"changed": [], "same": [], "elsewhere": []}
    new: list[Named] = []
    met: set[int] = set()
    fresh: set[Name] = set()
    renamed = 0
    readdressed: list[tuple[Known, Named]] = []
    for one in named:
        found = _item_of(source_id, one, known, claimed, held, distrusted)
        if found is None:
            # Without a guid or an address, title and day also tell entries of one answer apart.
            unique = (one.guid, one.canonical) if one.guid or one.canonical else (one.title_day,)
            if not fresh.intersection(unique):
                new.append(one)
                fresh.update(name for name in unique if name)
        elif found.id not in met:
            met.add(found.id)
            if found.source_id == source_id:
                renamed += bool(one.guid and one.guid not in known)
                readdressed += [(found, one)] if one.canonical and one.canonical not in known and one.guid in known else []
            kind = "same" if found.fingerprint == one.item.fingerprint else "changed"
            rows["elsewhere" if found.source_id != source_id else kind].append((found, one))
    return Plan(
        new=tuple(new), changed=tuple(rows["changed"]), same=tuple(rows["same"]), elsewhere=tuple(rows["elsewhere"]),
        shared=shared | distrusted, renamed=renamed, readdressed=tuple(readdressed),
    )  # fmt: skip


def _item_of(
    source_id: str, one: Named, known: dict[Name, Known], claimed: dict[int, Named], held: set[int], distrusted: set[Name]
) -> Known | None:
    """The item that an entry is, if any."""
    by_guid = known.get(one.guid) if one.guid else None
    by_place = known.get(one.canonical) if one.canonical else None
    if by_guid and by_place and by_guid.id != by_place.id:
        if by_place.source_id != source_id:
            return by_guid  # its own item, whose address now is one that another source brought
        distrusted.add(one.guid)  # type: ignore[arg-type]
        return by_place
    if by_place:
        return by_place
    if by_guid:
        if claimed.get(by_guid.id, one) is one:
            return by_guid
        distrusted.add(one.guid)  # type: ignore[arg-type]
        return None
    by_title = known.get(one.title_day)
    if one.canonical or by_title is None:
        return None
    if one.guid is None:
        return by_title
    # A new guid and no address: the same article only when nothing but the guid changed, and nobody else is it.
    same = by_title.fingerprint == one.item.fingerprint and by_title.id not in held
    return by_title if same else None


def _guid(item: Item) -> Name | None:
    return Name("guid", item.source_id, item.guid) if item.guid else None


def _canonical(item: Item) -> Name | None:
    return Name("canonical", "", item.canonical) if item.canonical else None


def _title_day(item: Item) -> Name:
    day = item.day or "?"
    digest = hashlib.blake2b(f"{fold(item.title)}\n{day}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return Name("title-day", item.source_id, digest)
