"""Drawings as plain values: the templates make SVG of them. Every drawing has a table that says the same.

Comes in: counts. Goes out: places, sizes, classes of heat. Forbidden: reading.
"""

import csv
import functools
import io
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from veille.messages.common import MONTHS, SHORT_MONTHS
from veille.messages.reading import NOBODY_WATCHES, NOTHING_NEW
from veille.resources import package_text
from veille.understand.knowledge import Departement

TILE = 22
_BAR, _HEIGHT = 14, 90
HEATS = 4


@dataclass(frozen=True, slots=True)
class Bar:
    """A month of a chart; lengths in units of the drawing."""

    x: float
    y: float
    height: float
    count: int
    name: str  # novembre 2026
    mark: str  # what stands under it: a year in January, else nothing


@dataclass(frozen=True, slots=True)
class Bars:
    """Articles by month."""

    bars: tuple[Bar, ...]
    most: int
    total: int
    width: int
    height: int = _HEIGHT
    thick: int = _BAR - 3

    @property
    def months(self) -> int:
        """Months that have something; fewer than three make no chart."""
        return sum(bar.count > 0 for bar in self.bars)

    @property
    def half(self) -> int:
        """The number that the line in the middle stands for; 0 for no line."""
        return self.most // 2 if self.most > 1 and self.most % 2 == 0 else 0

    @property
    def half_y(self) -> float:
        """Where that line is."""
        return round(self.height - self.half / self.most * (self.height - 4), 1) if self.most else 0.0


def month_name(month: str) -> str:
    """novembre 2026, of 2026-11."""
    return f"{MONTHS[int(month[5:7]) - 1]} {month[:4]}"


def bars(months: list[str], counts: Mapping[str, int]) -> Bars:
    """Return a bar for each month, zeros included."""
    most = max((counts.get(month, 0) for month in months), default=0)
    made = []
    for place, month in enumerate(months):
        count = counts.get(month, 0)
        height = round(count / most * (_HEIGHT - 4), 1) if most else 0.0
        mark = (
            month[:4] if month.endswith("-01") else SHORT_MONTHS[int(month[5:7]) - 1] if place == 0 and "-02" <= month[4:] <= "-10" else ""
        )
        made.append(Bar(place * _BAR, round(_HEIGHT - height, 1), height, count, month_name(month), mark))
    return Bars(tuple(made), most, sum(bar.count for bar in made), len(months) * _BAR)


@dataclass(frozen=True, slots=True)
class MapCell:
    """A département on a map."""

    code: str
    name: str
    count: int
    css: str  # h0 to h4; `unwatched` where nobody watches, `none` where nothing was said there either
    link: str
    x: int = 0
    y: int = 0
    path: str = ""
    said: str = ""  # said instead of a count of nothing: rien de nouveau, personne ne veille
    watched: bool = True


def heat(count: int, most: int) -> int:
    """0 for nothing, then 1 to 4 by the square root of the count, so that small numbers can be told apart."""
    if not count:
        return 0
    return min(HEATS, 1 + int((HEATS - 0.001) * (count / most) ** 0.5)) if most > 1 else 2


def bounds(most: int) -> list[tuple[str, int, int]]:
    """Return the heats that counts up to `most` have, each with the least and the greatest count that it stands for."""
    heats: list[tuple[str, int, int]] = []
    first = 1
    for level in range(1, HEATS + 1):
        last = bisect_right(range(1, most + 1), level, key=lambda count: heat(count, most))
        if last >= first:
            heats.append((f"h{level}", first, last))
            first = last + 1
    return heats


def places(
    known: Iterable[Departement], counts: Mapping[str, int], watched: frozenset[str], link: Callable[[str], str], *, outlines: bool = False
) -> list[MapCell]:
    """Return every département, with its heat; dashes where nobody watches, whatever others say of it."""
    most = max(counts.values(), default=0)
    drawn = contours() if outlines else {}
    made = []
    for place in known:
        count = counts.get(place.code, 0)
        followed = place.code in watched
        css = f"h{heat(count, most)}{'' if followed else ' unwatched'}" if count or followed else "none"
        made.append(
            MapCell(
                code=place.code, name=place.name, count=count, css=css, link=link(place.code),
                x=place.column * TILE, y=place.row * TILE, path=drawn.get(place.code, ""),
                said="" if count else NOTHING_NEW if followed else NOBODY_WATCHES, watched=followed,
            )
        )  # fmt: skip
    return made


@functools.cache
def contours() -> dict[str, str]:
    """Return the outline of each département, as an SVG path (IGN Admin Express, Etalab, Licence Ouverte 2.0)."""
    return {row["code"]: row["path"] for row in csv.DictReader(io.StringIO(package_text("contours.csv")))}
