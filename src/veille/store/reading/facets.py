"""How many stories have each value of each facet, counted over the rows in memory.

Comes in: `Rows`, ids. Goes out: counts. No SQL.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from veille.search.facets import FACET
from veille.store.reading.rows import Rows, of

FacetCounts = list[tuple[str, int]]


def count_stories(rows: Rows, ids: Sequence[int]) -> int:
    """Return how many stories the articles tell; one alone is a story too."""
    stories = of(rows.stories, ids)
    told = set(stories)
    return stories.count(0) + len(told) - (0 in told)


class Tally:
    """Counts over one set of articles; what two facets share is counted once."""

    def __init__(self, rows: Rows, ids: Sequence[int]) -> None:
        self._rows = rows
        self._ids = ids
        self._counters: dict[str, Counter[int]] = {}
        told = [(story, item) for story, item in zip(of(rows.stories, ids), ids, strict=True) if story]
        again = {story for story, count in Counter(story for story, _ in told).items() if count > 1}
        self._told = [one for one in told if one[0] in again]

    def counts(self, facet: str) -> FacetCounts:
        """Values of a facet with their number of stories, the most frequent first; years, the latest first."""
        column = FACET[facet].column
        held = self._rows.held[column]
        if column not in self._counters:
            self._counters[column] = Counter(of(held, self._ids))
        says = self._rows.codes[column].says[facet]
        counts: dict[str, int] = {}
        for code, count in self._counters[column].items():
            for value in says[code]:
                counts[value] = counts.get(value, 0) + count
        seen: set[tuple[int, str]] = set()
        for story, item in self._told:
            for value in says[held[item]]:
                counts[value] -= (story, value) in seen  # another article of the story was counted
                seen.add((story, value))
        return ordered(facet, counts)


def ordered(facet: str, counts: Mapping[str, int]) -> FacetCounts:
    """Return the most frequent first; years, the latest first."""
    if FACET[facet].latest_first:
        return sorted(counts.items(), key=lambda row: row[0], reverse=True)
    return sorted(counts.items(), key=lambda row: (-row[1], row[0]))
