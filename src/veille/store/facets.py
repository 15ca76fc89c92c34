"""How many stories have each value of each facet, counted over columns that were read once.

Comes in: columns of `item_facets`. Goes out: counts. No SQL.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

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
    """Counts over one set of items; what two facets share is counted once."""

    def __init__(self, stories: Sequence[str], columns: Mapping[str, Sequence[str]], regions: Mapping[str, str]) -> None:
        self._columns = columns
        self._regions = regions
        self._counters: dict[str, Counter[str]] = {}
        told = Counter(stories)
        self._told = [(place, story) for place, story in enumerate(stories) if story and told[story] > 1]

    def counts(self, name: str) -> Counts:
        """Values of a facet with their number of stories, the most frequent first; years, the latest first."""
        column = column_of(name)
        if column not in self._counters:
            self._counters[column] = Counter(self._columns[column])
        values = self._reader(name)
        counts: dict[str, int] = {}
        for held, count in self._counters[column].items():
            for value in values(held):
                counts[value] = counts.get(value, 0) + count
        seen: set[tuple[str, str]] = set()
        for place, story in self._told:
            for value in values(self._columns[column][place]):
                counts[value] -= (story, value) in seen  # another article of the story was counted
                seen.add((story, value))
        if name == "years":
            return sorted(counts.items(), key=lambda row: -int(row[0] or 0))
        return sorted(counts.items(), key=lambda row: (-row[1], row[0]))

    def _reader(self, name: str) -> Callable[[str], Collection[str]]:
        if name in _TRAITS:
            place = _TRAITS.index(name)
            return lambda held: (held.split(" ")[place],)
        if name == "regions":
            return lambda held: {self._regions[code] for code in held.split() if code in self._regions}
        return str.split
