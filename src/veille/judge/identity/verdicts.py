"""The table: which article is an entry, by which row, and the plan that follows.

Comes in: the named entries of one answer, and `Recall` (what is known under their names). Goes out: `Plan`. Forbidden: SQL.

A name is a claim. Known, and with no other name beside it, it is believed; beside another one it proposes, and the words confirm (`words`).
What is proposed and not confirmed is another article, and the name is shared within its source from then on. `Case` is the table of
docs/identite.md.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from veille.french import fold
from veille.judge.identity.names import Name, Named, told_by_texts
from veille.judge.identity.words import are_unlike, confirms, titles_agree
from veille.model import Item, Known

Rank = tuple[bool, int]  # how near an address is to a source's own: same host, length of the path they share
_DIGITS, _COUNTS = "0123456789", 5  # figures of a position
_TOLD = 80  # characters: a shorter text is the same by chance
_MANY = 3  # entries whose guids are all new: fewer tell nothing of how guids are made


class Case(StrEnum):
    """The rows of the table: what an entry is, and by what."""

    KNOWN = "known"  # its guid and its address, or the only one of them that it bears, name the article: the same, however rewritten
    RENAMED = "renamed"  # its address names the article, its guid is new, the words confirm: the same
    READDRESSED = "readdressed"  # its guid names the article, its address is new, the words confirm: the same
    TWO_NAMES = "two-names"  # they name two: the one that the words confirm, else the address where guids count positions, else another
    NEAR = "near"  # nearly its own address names the article, the words confirm: the same
    SAME_WORDS = "same-words"  # nothing names it: title and day do, and the text too beside a guid that is new
    MOVED = "moved"  # the site changed all its addresses in one night: title and day, or a long text
    ELSEWHERE = "elsewhere"  # another source brought the address, and owns it or nobody does: one more sighting
    UNLIKE = "unlike"  # the same, but of a source without a registered domain, and in words that have next to nothing in common: another
    RECLAIMED = "reclaimed"  # a stranger brought what is this source's; the words confirm, or no curator touched it: it becomes the owner's
    DISPUTED = "disputed"  # the same, but a curator touched it and the words do not confirm: another, which takes the address
    REUSED_ADDRESS = "reused-address"  # its address names an article, its guid is new, the words do not confirm: another
    REUSED_GUID = "reused-guid"  # its guid names an article, its address is new, the words do not confirm: another
    COUNTED_GUID = "counted-guid"  # its guid counts positions, and the words do not confirm: another
    NEW = "new"  # nothing that it bears is known


_BY_CONFIRMATION = (Case.RENAMED, Case.READDRESSED, Case.NEAR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What the store remembers of the names of an answer."""

    known: Mapping[Name, Known] = field(default_factory=dict)
    shared: frozenset[Name] = frozenset()
    text_of: Callable[[int], str] = lambda _item: ""
    touched: Callable[[int], bool] = lambda _item: False  # a curator said something of it
    owns: Callable[[str, str], Rank | None] = lambda _source, _address: None  # whether, and how nearly, a source owns an address
    sighted_at: Callable[[str], tuple[Known, ...]] = lambda _address: ()  # this source's articles whose addresses have this loose form
    twin_of: Callable[[Item], Known | None] = lambda _item: None  # another source's article of the same address, words and day
    is_adrift: Callable[[str], bool] = lambda _source: False  # a source whose own address has no registered domain


NOTHING = Recall()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one answer changes. `same` are items seen again; `elsewhere` those that another source has."""

    new: tuple[Named, ...]
    changed: tuple[tuple[Known, Named], ...]
    same: tuple[tuple[Known, Named], ...]
    elsewhere: tuple[tuple[Known, Named], ...]
    shared: frozenset[Name]  # names, of this source, that turned out to name several
    moved: tuple[tuple[Known, Named], ...] = ()  # known by their words alone: the site changed its addresses
    readdressed: tuple[tuple[Known, Named], ...] = ()  # known by their guid, at an address that is new
    reclaimed: tuple[tuple[Known, Named], ...] = ()  # a stranger's until now: of this source from now on
    taken: tuple[tuple[Known, Named], ...] = ()  # strangers' articles, and who takes the address that they bear
    renamed: int = 0  # known by their address under a guid that is new
    reguided: frozenset[int] = frozenset()  # articles whose former guids are worth nothing: each answer brings new ones
    near: frozenset[Named] = frozenset()  # known by the loose form of their address: the next visit may bring another spelling
    known: Mapping[Name, Known] = field(default_factory=dict)  # what the names stood for before
    verdicts: tuple[tuple[Named, Case], ...] = ()


@dataclass(frozen=True, slots=True)
class _Verdict:
    row: Case
    known: Known | None = None
    shares: tuple[Name, ...] = ()
    takes: Known | None = None  # a stranger's article whose address this one takes


def plan(source_id: str, named: list[Named], recall: Recall) -> Plan:
    """Return what to write; the first entry of an answer that finds an item speaks for it."""
    counted_places = _addresses_count(source_id, named, recall)
    if counted_places:
        named = [replace(one, canonical=None, guid=None if one.echoed else one.guid, near=()) for one in named]
        named, alike = told_by_texts(named, recall.shared)
        counted_places |= alike
    answer = _Answer(source_id, named, recall)
    told: list[_Verdict | None] = [answer.judge(one) for one in named]
    # Whoever is an article by name keeps it from those that the words alone would make the same.
    met = {one.known.id: place for place, one in reversed(list(enumerate(told))) if one and one.known and one.row not in _BY_CONFIRMATION}
    rows: dict[str, list[tuple[Known, Named]]] = {"changed": [], "same": [], "elsewhere": [], "reclaimed": []}
    new: list[Named] = []
    fresh: set[Name] = set()
    shared = set(recall.shared) | counted_places
    readdressed, taken, verdicts = [], [], []
    renamed, reguided, near = 0, set(), set()
    for place, (one, verdict) in enumerate(zip(named, told, strict=True)):
        assert verdict
        found = verdict.known
        if found and met.setdefault(found.id, place) != place:
            if named[met[found.id]].title_day == one.title_day or verdict.row not in _BY_CONFIRMATION:
                continue  # the same article twice in one answer
            verdict, found = answer.another(one, verdict), None  # noqa: PLW2901 - what it turns out to be
        shared.update(verdict.shares)
        verdicts.append((one, verdict.row))
        if verdict.takes:
            taken.append((verdict.takes, one))
        if found is None:
            # Without a guid or an address, title and day also tell entries of one answer apart.
            unique = [name for name in (one.guid, one.canonical) if name] or [one.title_day]
            if fresh.isdisjoint(unique):
                new.append(one)
                fresh.update(unique)
            continue
        if verdict.row is Case.RECLAIMED:
            rows["reclaimed"].append((found, one))
        elif found.source_id != source_id:
            rows["elsewhere"].append((found, one))
        else:
            renamed += verdict.row is Case.RENAMED
            if verdict.row is Case.NEAR and answer.is_near(one, found):
                near.add(one)
            elif verdict.row in (Case.READDRESSED, Case.NEAR):
                readdressed.append((found, one))
            if one.guid and one.guid not in recall.known and (answer.guids_are_fresh or verdict.row is Case.SAME_WORDS):
                reguided.add(found.id)
            rows["same" if one.item.is_worded(found.fingerprint) else "changed"].append((found, one))
    return Plan(
        new=tuple(new), changed=tuple(rows["changed"]), same=tuple(rows["same"]), elsewhere=tuple(rows["elsewhere"]),
        reclaimed=tuple(rows["reclaimed"]), taken=tuple(taken), shared=frozenset(shared), renamed=renamed,
        readdressed=tuple(readdressed), reguided=frozenset(reguided), near=frozenset(near), known=recall.known,
        verdicts=tuple(verdicts),
    )  # fmt: skip


class _Answer:
    """One answer as a whole: whom its names claim, and what its guids are worth."""

    def __init__(self, source_id: str, named: list[Named], recall: Recall) -> None:
        self.source_id = source_id
        self.recall = recall
        self.claimed = {place.id: one for one in reversed(named) if (place := self._at_own_place(one))}
        self.texts = Counter(one.item.text for one in named)
        guids = [(one, recall.known.get(one.guid) if one.guid else None) for one in named]
        self.guids_count = _name_count(guids, recall, [one.guid.value for one in named if one.guid])
        by_guid = {held.id for _, held in guids if held and not self.guids_count}
        by_words = {recall.known[one.title_day].id for one in named if not one.guid and not one.canonical and one.title_day in recall.known}
        self.held = by_guid | self.claimed.keys() | by_words
        self.guids_are_fresh = self._guids_are_fresh(named)

    def judge(self, one: Named) -> _Verdict:
        """Return the row of the table that an entry falls under."""
        known = self.recall.known
        by_guid = known.get(one.guid) if one.guid else None
        by_place = self._at_own_place(one)
        foreign = known.get(one.canonical) if one.canonical and by_place is None else None
        shares: tuple[Name, ...] = ()
        refused = Case.NEW
        if by_guid:
            verdict = self._by_guid(one, by_guid, by_place, foreign)
            if verdict.known or verdict.row in (Case.TWO_NAMES, Case.DISPUTED):
                return verdict
            shares, refused = verdict.shares, verdict.row
        if by_place:
            if one.guid is None or one.echoed or self.guids_count:  # what counts positions is no other name
                return _Verdict(Case.KNOWN, by_place, shares)
            if self.guids_are_fresh or self._confirms(one, by_place, by_address=True):
                return _Verdict(Case.RENAMED, by_place, shares)
            return _Verdict(Case.REUSED_ADDRESS, shares=(*shares, *self._own(one)))
        if foreign:
            return self._across(one, foreign, shares)
        return self._proposed(one, shares, refused)

    def _by_guid(self, one: Named, by_guid: Known, by_place: Known | None, foreign: Known | None) -> _Verdict:
        """Return the verdict on an entry whose guid is known; without an article: what its guid is not to name any more."""
        assert one.guid
        if by_place and by_place.id == by_guid.id:
            return _Verdict(Case.KNOWN, by_guid)
        if foreign and foreign.id == by_guid.id:
            return self._across(one, foreign, ()) if self._outranks(one, foreign) else _Verdict(Case.KNOWN, by_guid)
        if not one.canonical:
            if not self.guids_count or self._confirms(one, by_guid):
                return _Verdict(Case.KNOWN, by_guid)
            return _Verdict(Case.COUNTED_GUID, shares=(one.guid,))
        rival = self.claimed.get(by_guid.id, one) is not one
        if not by_place and not self.guids_count and self.is_near(one, by_guid):
            return _Verdict(Case.NEAR, by_guid)  # both names are its own: the session alone is another
        if by_place:
            if self._confirms(one, by_place):
                return _Verdict(Case.TWO_NAMES, by_place, (one.guid,))
            if self._confirms(one, by_guid):
                return _Verdict(Case.TWO_NAMES, by_guid, self._own(one))
            if rival or self.guids_count:
                return _Verdict(Case.TWO_NAMES, by_place, (one.guid,))
            return _Verdict(Case.TWO_NAMES, shares=(one.guid, *self._own(one)))
        if self._confirms(one, by_guid):
            takes = foreign if foreign and by_guid.source_id == self.source_id and self._outranks(one, foreign) else None
            return _Verdict(Case.READDRESSED, by_guid, takes=takes)
        return _Verdict(Case.COUNTED_GUID if rival or self.guids_count else Case.REUSED_GUID, shares=(one.guid,))

    def _across(self, one: Named, foreign: Known, shares: tuple[Name, ...]) -> _Verdict:
        """Return the verdict on an address that another source brought."""
        text_of = self.recall.text_of
        if not self._outranks(one, foreign):
            # A feed read from a bare number has no domain: nothing tells whose its articles are, and an address alone does not.
            adrift = self.recall.is_adrift(self.source_id) or self.recall.is_adrift(foreign.source_id)
            if adrift and self.recall.owns(foreign.source_id, one.item.canonical) is None and are_unlike(one.item, foreign, text_of):
                return _Verdict(Case.UNLIKE, None, shares)
            return _Verdict(Case.ELSEWHERE, foreign, shares)
        # A lie under an honest title is no copy: what a curator selected is not to say otherwise than it did.
        if not self.recall.touched(foreign.id) or (
            self._confirms(one, foreign) and not are_unlike(one.item, foreign, text_of, texts_alone=True)
        ):
            return _Verdict(Case.RECLAIMED, foreign, shares)
        return _Verdict(Case.DISPUTED, shares=shares, takes=foreign)

    def _proposed(self, one: Named, shares: tuple[Name, ...], refused: Case) -> _Verdict:
        """Return the verdict on an entry that no name of its own makes an article."""
        known = self.recall.known
        for name in one.near:
            near = known.get(name)
            if near is None or near.source_id != self.source_id or near.id in self.held:
                continue
            if self._confirms(one, near):
                return _Verdict(Case.NEAR, near, shares)
            if name.kind == "loose" or name.value == one.item.loose:
                shares = (*shares, Name("loose", self.source_id, one.item.loose))
        twin = self.recall.twin_of(one.item) if one.item.canonical else None
        if twin and twin.id not in self.held:
            return self._across(one, twin, shares)
        by_title = known.get(one.title_day)
        if one.canonical:
            # On a page of many entries, at another place of it than last time, word for word.
            placed = not one.near and one.item.loose != one.item.canonical and by_title is not None
            if placed and by_title and one.item.is_worded(by_title.fingerprint) and by_title.id not in self.held:
                return _Verdict(Case.SAME_WORDS, by_title, shares)
            return _Verdict(refused, shares=shares)
        if by_title:
            # A new guid and no address: the same article only when nothing but the guid changed, and nobody else is it.
            alone = one.guid is None or bool(shares)
            if alone or (one.item.is_worded(by_title.fingerprint) and by_title.id not in self.held):
                return _Verdict(Case.SAME_WORDS, by_title, shares)
        elif one.guid is None:
            beside = self._beside(one)
            if beside:
                return _Verdict(Case.SAME_WORDS, beside, shares)
        return _Verdict(refused, shares=shares)

    def _beside(self, one: Named) -> Known | None:
        """Return the article of this source, at an address that several share, which an entry without a name says in other words that
        day.
        """
        item = one.item
        if not item.day or not item.loose:
            return None
        free = [other for other in self.recall.sighted_at(item.loose) if other.id not in self.held and other.day == item.day]
        for other in free:
            if titles_agree(item, other) and self._confirms(one, other):
                return other
        if self.texts[item.text] > 1 or len(item.text) < _TOLD:
            return None
        same = [other for other in free if self.recall.text_of(other.id) == item.text]
        return same[0] if len(same) == 1 else None

    def another(self, one: Named, verdict: _Verdict) -> _Verdict:
        """Return what an entry is that words alone would have made an article which another entry of the answer is by name."""
        if verdict.row is Case.RENAMED:
            return _Verdict(Case.REUSED_ADDRESS, shares=(*verdict.shares, *self._own(one)))
        if verdict.row is Case.READDRESSED and one.guid:
            return _Verdict(Case.REUSED_GUID, shares=(*verdict.shares, one.guid), takes=verdict.takes)
        return _Verdict(Case.NEW, shares=verdict.shares)

    def is_near(self, one: Named, found: Known) -> bool:
        """Return whether it is by its loose form that an entry was found."""
        return any(self.recall.known.get(name) == found for name in one.near if name.value == one.item.loose)

    def _at_own_place(self, one: Named) -> Known | None:
        """Return the article of this source that an entry's address names."""
        if one.canonical is None or one.own_canonical is None:
            return None
        own = self.recall.known.get(one.own_canonical)
        world = self.recall.known.get(one.canonical)
        return own or (world if world and world.source_id == self.source_id else None)

    def _own(self, one: Named) -> tuple[Name, ...]:
        return (one.own_canonical,) if one.own_canonical else ()

    def _confirms(self, one: Named, known: Known, *, by_address: bool = False) -> bool:
        return confirms(one.item, known, self.recall.text_of, by_address=by_address)

    def _outranks(self, one: Named, foreign: Known) -> bool:
        """Return whether an address is this source's rather than that of the one whose article bears it."""
        own = self.recall.owns(self.source_id, one.item.canonical)
        if own is None:
            return False
        theirs = self.recall.owns(foreign.source_id, one.item.canonical)
        return theirs is None or own > theirs

    def _guids_are_fresh(self, named: list[Named]) -> bool:
        """Return whether each answer brings new guids: none is known, while most addresses are, under the titles that they had."""
        fresh = [place for one in named if one.guid and (place := self._at_own_place(one)) and one.guid not in self.recall.known]
        if len(fresh) < _MANY or any(one.guid in self.recall.known for one in named if one.guid):
            return False
        return 3 * sum(self._is_titled(one) for one in named) >= 2 * len(fresh)

    def _is_titled(self, one: Named) -> bool:
        place = self._at_own_place(one)
        return bool(place and one.guid and fold(place.title) == fold(one.item.title))


def _addresses_count(source_id: str, named: list[Named], recall: Recall) -> frozenset[Name]:
    """Return the addresses of an answer, where they count positions (`journal#0`, `journal#1`…): they name nothing. None of them
    otherwise.
    """
    places = []
    for one in named:
        own = recall.known.get(one.own_canonical) if one.own_canonical else None
        world = recall.known.get(one.canonical) if one.canonical else None
        places.append((one, own or (world if world and world.source_id == source_id else None)))
    written = [one.item.canonical for one in named if "#" in one.item.canonical]
    if not _name_count(places, recall, written if len(written) > 1 else []):
        return frozenset()
    return frozenset(name for one in named for name in (one.own_canonical, one.guid if one.echoed else None) if name)


def _name_count(pairs: list[tuple[Named, Known | None]], recall: Recall, written: list[str]) -> bool:
    """Whether names count positions: by how they are `written`, or by standing, one after the other, for the articles of other entries.

    `pairs`: each entry of an answer with what its name stands for. Not where most of them stand for the titles that they stood for.
    """
    known = [(one, held) for one, held in pairs if held]
    strayed = [(one, held) for one, held in known if fold(held.title) != fold(one.item.title)]
    if 2 * len(strayed) <= len(known):
        return False
    others = [recall.known.get(one.title_day) for one, _ in strayed]
    shifted = sum(other is not None and other.id != held.id for other, (_, held) in zip(others, strayed, strict=True))
    return (shifted > 0 and shifted * 2 >= len(strayed)) or (len(written) == len(pairs) and _are_positions(written))


def _are_positions(written: list[str]) -> bool:
    """Return whether names are 0, 1, 2… or 1, 2, 3… in the order of an answer, or against it, whatever stands before the number."""
    stems = {one.rstrip(_DIGITS) for one in written}
    ends = [one[len(one.rstrip(_DIGITS)) :] for one in written]
    if len(stems) != 1 or not all(0 < len(end) <= _COUNTS for end in ends):
        return False
    if len(written) == 1 and min(stems)[-1:].isalpha():
        return False  # « h1 », alone, is a name as any other
    numbers = [int(end) for end in ends]
    return any(
        numbers in (list(range(first, first + len(numbers))), list(range(first + len(numbers) - 1, first - 1, -1))) for first in (0, 1)
    )


def counted(verdicts: tuple[tuple[Named, Case], ...]) -> tuple[tuple[str, int], ...]:
    """Return how many entries each row decided, in the order of the table."""
    counts = Counter(row for _, row in verdicts)
    return tuple((str(row), counts[row]) for row in Case if counts[row])
