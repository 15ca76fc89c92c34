"""How many stories have each value of each facet, counted over columns that were read once.

Comes in: columns of `item_facets`. Goes out: counts. No SQL.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

Counts = list[tuple[str, int]]
FACETS = ("themes", "departements", "regions", "kinds", "sources", "years", "languages")
_TRAITS = ("kinds", "languages", "years")  # one column holds the three


def column_of(name: str) -> str:
    """The column that holds the values of a facet."""
    return "traits" if name in _TRAITS else "departements" if name == "regions" else name


def count_stories(stories: Sequence[str]) -> int:
    """How many stories; "" is that of an item alone."""
    told = set(stories)
    return stories.count("") + len(told) - ("" in told)


class Tally:
    """Counts over one set of items, from columns that were read for all of them; what two facets share is counted once."""

    def __init__(self, columns: Mapping[str, Sequence[str]], regions: Mapping[str, str]) -> None:
        self._columns = columns
        self._regions = regions
        self._counters: dict[str, Counter[str]] = {}
        self._told = [(place, story) for place, story in enumerate(columns["stories"]) if story]

    def counts(self, name: str) -> Counts:
        """Values of a facet with their number of stories, the most frequent first; years, the latest first."""
        column = column_of(name)
        if column not in self._counters:
            self._counters[column] = Counter(self._columns[column])
        held = self._columns[column]
        return counted(name, self._counters[column], ((story, held[place]) for place, story in self._told), self._regions)


def counted(name: str, held: Mapping[str, int], told: Iterable[tuple[str, str]], regions: Mapping[str, str]) -> Counts:
    """Values of a facet with their number of stories, from how often its column holds what, and from what it holds of each story."""
    values = _reader(name, regions)
    counts: dict[str, int] = {}
    for one, count in held.items():
        for value in values(one):
            counts[value] = counts.get(value, 0) + count
    seen: set[tuple[str, str]] = set()
    for story, one in told:
        for value in values(one):
            counts[value] -= (story, value) in seen  # another article of the story was counted
            seen.add((story, value))
    return ordered(name, counts)


def ordered(name: str, counts: Mapping[str, int]) -> Counts:
    """The most frequent first; years, the latest first."""
    if name == "years":
        return sorted(counts.items(), key=lambda row: -int(row[0] or 0))
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))


def _reader(name: str, regions: Mapping[str, str]) -> Callable[[str], Collection[str]]:
    if name in _TRAITS:
        place = _TRAITS.index(name)
        return lambda held: (held.split(" ")[place],)
    if name == "regions":
        return lambda held: {regions[code] for code in held.split() if code in regions}
    return str.split
