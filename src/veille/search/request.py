"""What a reader asks, from the address and back to it.

Comes in: query parameters. Goes out: `Request`, or UsageError with a sentence.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import urlencode

from veille.errors import UsageError
from veille.messages.reading import BAD_DAY, BAD_NUMBER, QUERY_TOO_LONG, TOO_MANY_FILTERS
from veille.search.facets import FACETS, Facet

LONGEST_QUERY = 500
# Each link of a page of results holds all of them.
MOST_VALUES, MOST_FILTERS = 20, 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a reader asks, from the address."""

    q: str = ""
    themes: tuple[str, ...] = ()
    departements: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    years: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    order: str = ""  # "" lets the query decide: relevance with words, date without
    page: int = 1
    dismissed: bool = False
    selected: bool = False
    verbatim: bool = False  # no spelling correction

    def values(self, facet: Facet) -> tuple[str, ...]:
        """Return what is asked of a facet, any of which will do; () for nothing."""
        found: tuple[str, ...] = getattr(self, facet.name)
        return found

    @property
    def chosen(self) -> tuple[Facet, ...]:
        """The facets of which something is asked."""
        return tuple(facet for facet in FACETS if self.values(facet))

    @property
    def by_date(self) -> bool:
        return self.order == "date" or not self.q.strip()


def read_request(given: Mapping[str, Sequence[str]]) -> Request:
    """Return a Request from the parameters of an address; raises UsageError with a sentence for what cannot be meant."""

    def one(name: str) -> str:
        return next((value.strip() for value in given.get(name, ()) if value.strip()), "")

    q = "".join(char if char.isprintable() else " " for char in one("q")).strip()
    if len(q) > LONGEST_QUERY:
        raise UsageError(QUERY_TOO_LONG.format(limit=LONGEST_QUERY))
    page = one("page") or "1"
    if not re.fullmatch(r"[1-9]\d{0,5}", page, re.ASCII):
        raise UsageError(BAD_NUMBER.format(value=page[:20]))
    lists = {
        facet.name: tuple(dict.fromkeys(value.strip() for value in given.get(facet.parameter, ()) if value.strip())) for facet in FACETS
    }
    if max(map(len, lists.values())) > MOST_VALUES or sum(map(len, lists.values())) > MOST_FILTERS:
        raise UsageError(TOO_MANY_FILTERS.format(each=MOST_VALUES, all=MOST_FILTERS))
    for facet in FACETS:
        for value in lists[facet.name]:
            if not facet.pattern.fullmatch(value):
                raise UsageError(facet.wrong.format(value=value[:40]))
    return Request(
        q=q, since=_day(one("depuis")), until=_day(one("jusqua")), order="date" if one("tri") == "date" else "",
        page=int(page), dismissed=one("ecartes") == "1", selected=one("selection") == "1", verbatim=one("exact") == "1",
        **lists,
    )  # fmt: skip


def unfiltered(request: Request, name: str) -> Request:
    """Return the request without one of its filters."""
    return replace(request, **{name: ()})  # type: ignore[arg-type]


def _day(text: str) -> str:
    if not text:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as exc:
        raise UsageError(BAD_DAY.format(value=text[:20])) from exc


def address(request: Request, **changes: object) -> str:
    """Return the query string of a request, changed; the page starts again unless it is what changes."""
    if "page" not in changes:
        changes["page"] = 1
    wanted = replace(request, **changes)  # type: ignore[arg-type]
    pairs: list[tuple[str, str]] = [("q", wanted.q)] if wanted.q else []
    for facet in FACETS:
        pairs += [(facet.parameter, value) for value in wanted.values(facet)]
    pairs += [
        (parameter, value)
        for parameter, value in (
            ("depuis", wanted.since),
            ("jusqua", wanted.until),
            ("tri", wanted.order),
            ("ecartes", "1" if wanted.dismissed else ""),
            ("selection", "1" if wanted.selected else ""),
            ("exact", "1" if wanted.verbatim else ""),
            ("page", str(wanted.page) if wanted.page > 1 else ""),
        )
        if value
    ]
    return urlencode(pairs)
