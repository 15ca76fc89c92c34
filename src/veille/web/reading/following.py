"""What a reader may take of a search: its feed, its dates, a table, an address to send; all named after what is followed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlencode

from veille.messages.common import long_date
from veille.messages.reading import FOLLOWED, SELECTED_ALONE, SHARE_BODY, SINCE, UNTIL, WITH_DISMISSED
from veille.search.facets import FACET
from veille.search.request import Request, address
from veille.understand.knowledge import Knowledge
from veille.web.reading.outputs import FORMATS
from veille.web.site.http import Datasette


@dataclass(frozen=True, slots=True)
class Follow:
    """The box « Suivre »: addresses are absolute, but for `exports` and `embed`."""

    title: str
    feed: str
    calendar: str
    share: str
    exports: Mapping[str, str]  # by the name of their format
    embed: str


def label_of(knowledge: Knowledge, name: str, value: str, names: Mapping[str, str]) -> str:
    """Return what a filter's value is called; `names`: of sources, by id."""
    if name == "themes":
        return knowledge.themes[value].label if value in knowledge.themes else value
    if name == "departements":
        return f"{value} {knowledge.departements[value].name}" if value in knowledge.departements else value
    if name == "regions":
        return next((place.region for place in knowledge.departements.values() if place.region_code == value), value)
    return (names if name == "sources" else FACET[name].labels).get(value, value)


def title_of(knowledge: Knowledge, wanted: Request, names: Mapping[str, str]) -> str:
    """Return what a request asks, in words (« RSA, Gironde »); "" for everything."""
    said = [wanted.q] if wanted.q else []
    for facet in wanted.chosen:
        for value in wanted.values(facet):
            place = knowledge.departements.get(value) if facet.name == "departements" else None
            said.append(place.name if place else label_of(knowledge, facet.name, value, names))
    if wanted.since:
        said.append(SINCE.format(day=long_date(date.fromisoformat(wanted.since))))
    if wanted.until:
        said.append(UNTIL.format(day=long_date(date.fromisoformat(wanted.until))))
    said += [SELECTED_ALONE] * wanted.selected + [WITH_DISMISSED] * wanted.dismissed
    return ", ".join(said)


def mail_to(title: str, here: str) -> str:
    """Return the address of a new mail that sends a page to somebody."""
    return f"mailto:?{urlencode({'subject': title, 'body': SHARE_BODY.format(address=here)}, quote_via=quote)}"


def follow(datasette: Datasette, root: str, knowledge: Knowledge, wanted: Request, names: Mapping[str, str], *, page: str = "") -> Follow:
    """Return the box of a request; `root`: the absolute address of the site; `page`: the path to share, else the search itself."""
    query = address(wanted)
    asked = f"?{query}" if query else ""
    title = title_of(knowledge, wanted, names)
    here = f"{root}{page}" if page else f"{root}recherche{asked}"
    return Follow(
        title=title,
        feed=f"{root}recherche.atom{asked}",
        calendar=f"webcal://{root.partition('://')[2]}agenda.ics{asked}",
        share=mail_to(FOLLOWED.format(title=title) if title else "veille", here),
        exports={name: datasette.urls.path(f"/recherche.{name}") + asked for name in FORMATS},
        embed=datasette.urls.path("/integrer") + asked,
    )
