"""The names of an entry: what it may be known by, in its source and everywhere.

Comes in: items of one answer, names that turned out to be shared. Goes out: `Named`, and the names that this answer shows to be shared.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

from veille.french import fold
from veille.model import Item
from veille.normalize.addresses import canonical
from veille.normalize.rule_1 import canonical as canonical_1

TELLING = 15  # characters of a title or a text: a shorter one (« agenda ») tells nothing


class Name(NamedTuple):
    """A name of an item. Scope: a source, or "" for everywhere.

    Kinds: guid, loose and title-day (of a source), canonical (everywhere; of a source where that name is another article's elsewhere).
    """

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
    near: tuple[Name, ...] = ()  # names that propose, and are none of its own
    echoed: bool = False  # its guid is its address, said twice: it is no other name

    @property
    def own_canonical(self) -> Name | None:
        """The address as a name of this source alone."""
        return self.canonical and self.canonical._replace(scope=self.item.source_id)

    @property
    def asked(self) -> tuple[Name, ...]:
        """Every name that the store is asked about."""
        return tuple(name for name in (self.guid, self.canonical, self.own_canonical, self.title_day, *self.near) if name)

    @property
    def kept(self) -> tuple[Name, ...]:
        """The names under which its article is known from now on."""
        near = _loose(self.item) if self.item.loose != self.item.canonical else None
        return tuple(name for name in (self.guid, self.canonical, self.title_day, near) if name)


def asked_names(items: list[Item]) -> list[Name]:
    """Return what entries of an answer may share with others of their source: the store is asked which of these names it saw shared."""
    return [name for item in items for name in (_guid(item), _own(item), _loose(item), _title_day(item)) if name]


def name_items(items: list[Item], shared_before: frozenset[Name]) -> tuple[list[Named], frozenset[Name]]:
    """Return the names of each item of one answer, and the names that this answer shows to be shared. Exact repeats are dropped.

    Sharing is a source's own affair: every name of `shared_before` and of what is returned has a source for scope.
    """
    told = [(item, _guid(item), _own(item), _title_day(item)) for item in items]
    # The same entry under two spellings of its address (a menu and a list of one page) is one entry.
    distinct = list({(row[1], row[0].loose, row[3], row[0].fingerprint): row for row in reversed(told)}.values())[::-1]
    distinct = list({row[1:]: row for row in reversed(distinct)}.values())[::-1] if len(distinct) > 1 else distinct
    carried = Counter(name for _, guid, own, _ in distinct for name in (guid, own) if name)
    carried.update(near for near, _ in {(_loose(item), own) for item, _, own, _ in distinct} if near)
    shared_now = {name for name, times in carried.items() if times > 1}
    shared = shared_before | shared_now
    named = []
    for item, told_guid, own, title_day in distinct:
        guid = None if told_guid in shared else told_guid
        place = None if own is None or own in shared else own._replace(scope="")
        near = _near(item, shared) if place else ()
        named.append(Named(item=item, guid=guid, canonical=place, title_day=title_day, near=near, echoed=_is_echoed(item)))
    named, alike = told_by_texts(named, shared)
    return named, frozenset(shared_now | alike)


def told_by_texts(named: list[Named], shared: frozenset[Name] | set[Name]) -> tuple[list[Named], set[Name]]:
    """Two entries of one title and day with nothing else to tell them apart are told by their texts. Also: the names that are shared so."""
    nameless: dict[Name, set[str]] = {}
    for one in named:
        if one.guid is None and one.canonical is None:
            nameless.setdefault(one.title_day, set()).add(one.item.fingerprint)
    alike = {name for name, texts in nameless.items() if len(texts) > 1}
    by_text = alike | (shared & nameless.keys())
    if by_text:
        named = [_by_text(one) if one.title_day in by_text and not one.guid and not one.canonical else one for one in named]
    return named, alike


def _by_text(one: Named) -> Named:
    value = f"{one.title_day.value} {one.item.fingerprint}"
    return Named(item=one.item, guid=None, canonical=None, title_day=one.title_day._replace(value=value))


def graves_of(item: Item, former_ids: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """What an entry would be known by if its article was forgotten, as kind and hash; `former_ids`: what its source was called before.

    Its guid, its address, its title and day, its text: each in its source, the last but one apart everywhere too. What was buried before
    addresses had their second rule is known by the first (kind canonical, everywhere).
    """
    marks = [one for source in (item.source_id, *former_ids) for one in own_graves(item, source)]
    if item.canonical:
        marks += [grave("address", "", item.canonical), grave("canonical", "", canonical_1(item.url))]
    return marks + [grave("text", "", one) for one in _texts(item)]


def own_graves(item: Item, source_id: str) -> list[tuple[str, str]]:
    """Return the names of an article in a source, as they are buried."""
    names = [name for name in (_guid(item), _title_day(item)) if name]
    found = [grave(name.kind, source_id, name.value) for name in names]
    found += [grave("address", source_id, item.canonical)] if item.canonical else []
    return found + [grave("text", source_id, one) for one in _texts(item)]


def _texts(item: Item) -> list[str]:
    """Return the fingerprints of a text that is long enough to be known by."""
    return [one for one in (item.fingerprint, item.former) if one and len(item.text) >= TELLING]


def grave(kind: str, scope: str, value: str) -> tuple[str, str]:
    """Kind and hash of a name that must not come back: the name itself is not kept."""
    digest = hashlib.blake2b(f"{kind}\n{scope}\n{value}".encode("utf-8", "surrogatepass"), digest_size=16, person=b"veille-oubli")
    return kind, digest.hexdigest()


def _is_echoed(item: Item) -> bool:
    return item.guid[:4].lower() == "http" and bool(item.canonical) and canonical(item.guid) == item.canonical


def _guid(item: Item) -> Name | None:
    return Name("guid", item.source_id, item.guid) if item.guid else None


def _own(item: Item) -> Name | None:
    return Name("canonical", item.source_id, item.canonical) if item.canonical else None


def _loose(item: Item) -> Name | None:
    return Name("loose", item.source_id, item.loose) if item.loose else None


def _former(item: Item) -> Name | None:
    """Return the address as rule 1 wrote it, where that is another: what rule 1 cut from a link was lost to the files of its time."""
    former = canonical_1(item.url) if "?" in item.url or "#" in item.url else ""
    return Name("canonical", "", former) if former and former != item.canonical else None


def _near(item: Item, shared: frozenset[Name] | set[Name]) -> tuple[Name, ...]:
    """Return the names that propose an article without being the entry's own."""
    loose = _loose(item)
    names = [loose] if loose and loose not in shared else []
    if not names:
        return ()
    if item.loose != item.canonical:
        names.append(Name("canonical", "", item.loose))
    former = _former(item)
    if former and former not in names:
        names.append(former)
    return tuple(names)


def _title_day(item: Item) -> Name:
    day = item.day or "?"
    digest = hashlib.blake2b(f"{fold(item.title)}\n{day}".encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
    return Name("title-day", item.source_id, digest)
