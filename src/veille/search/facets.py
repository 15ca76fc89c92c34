"""What a search may be filtered by, declared once: the address, the file, the rows in memory, the page and what leaves all read it here.

To add one: a line of `FACETS`, and a field of its name in `Request`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from veille.messages.common import KIND_LABELS, LANGUAGE_LABELS
from veille.messages.reading import BAD_FILTER, BAD_YEAR, FACET_TITLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One filter of a search."""

    name: str  # field of `Request`, and what a label of `postings` begins with
    parameter: str  # of an address
    sql: str  # its value in a row of `item_facets`; where there are several: ids between spaces
    column: str  # of `Rows`: those that share one are read and counted together
    shown: int  # its place on the page, from the top
    several: bool = False  # an article may have several values
    labelled: bool = True  # `postings` knows the articles of each value
    latest_first: bool = False  # values are years or days: the latest comes first, not the most frequent
    labels: Mapping[str, str] = field(default_factory=dict)  # what values are called, where that is known here
    pattern: re.Pattern[str] = re.compile(r"[A-Za-z0-9._-]{1,80}")  # what a value looks like
    wrong: str = BAD_FILTER  # what is said of one that does not

    @property
    def title(self) -> str:
        """What the page calls it."""
        return FACET_TITLES[self.name]


# In the order of an address.
FACETS = (
    Facet(name="themes", parameter="theme", sql="themes", column="themes", shown=1, several=True),
    Facet(name="departements", parameter="departement", sql="departements", column="places", shown=2, several=True),
    Facet(name="regions", parameter="region", sql="regions", column="places", shown=3, several=True),
    Facet(name="kinds", parameter="type", sql="kind", column="traits", shown=4, labels=KIND_LABELS),
    Facet(name="sources", parameter="source", sql="sources", column="sources", shown=6, several=True),
    Facet(name="languages", parameter="langue", sql="language", column="traits", shown=7, labels=LANGUAGE_LABELS),
    Facet(
        name="years", parameter="annee", sql="substr(day, 1, 4)", column="traits", shown=5, labelled=False, latest_first=True,
        pattern=re.compile(r"\d{4}", re.ASCII), wrong=BAD_YEAR,
    ),
)  # fmt: skip
FACET = {facet.name: facet for facet in FACETS}
SHOWN = tuple(sorted(FACETS, key=lambda facet: facet.shown))
