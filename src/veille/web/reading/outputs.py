"""Results that leave: Atom (RFC 4287), JSON, JSON Feed 1.1, CSV, iCalendar (RFC 5545).

What they carry of a text is what the pages show of it.
"""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from datasette import Response

from veille.clock import PARIS
from veille.messages.common import KIND_LABELS
from veille.messages.reading import DEADLINE_OF, FOLLOWED, MOTTO
from veille.normalize import spreadsheet_cell
from veille.search.ranking import PAGE_SIZE
from veille.search.request import Request, address
from veille.store.cards import Card
from veille.store.reading.browsing import Date
from veille.store.reading.searching import Results
from veille.understand.knowledge import Knowledge
from veille.web.site.feeds import AtomEntry, atom_feed, atom_moment
from veille.web.site.origin import Origin


def _feed_title(title: str) -> str:
    return FOLLOWED.format(title=title) if title else "veille"


def as_atom(wanted: Request, results: Results, knowledge: Knowledge, here: Origin, now: datetime, title: str) -> Response:
    """An Atom feed; what articles are called never changes (`Origin.identifier`)."""
    query = address(wanted)
    moments = [_moment(card) for card in results.cards]
    entries = [
        AtomEntry(
            id=here.identifier(f"article/{card.id}"), title=card.title, link=f"{here.root}article/{card.id}", original=card.url,
            author=card.source_name, updated=moment, published=_moment(card, published=True) if card.published_at else None,
            summary=card.summary,
            categories=tuple((tag, knowledge.themes[tag].label) for tag in card.themes if tag in knowledge.themes),
        )
        for card, moment in zip(results.cards, moments, strict=True)
    ]  # fmt: skip
    feed = atom_feed(
        id_=here.identifier(f"recherche.atom?{address(replace(wanted, order='date'))}"),  # as it has always been
        title=_feed_title(title),
        subtitle=MOTTO,
        self_link=f"{here.root}recherche.atom{'?' + query if query else ''}",
        page=f"{here.root}recherche{'?' + query if query else ''}",
        updated=max(moments, default=now),
        entries=entries,
        style=f"{here.root}-/static-plugins/veille/flux.css",
    )
    return Response(feed, content_type="application/atom+xml; charset=utf-8")


def _moment(card: Card, *, published: bool = False) -> datetime:
    text = card.published_at if published and card.published_at else card.first_seen_at
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _row(card: Card, here: Origin) -> dict[str, object]:
    return {
        "id": card.id,
        "article": f"{here.root}article/{card.id}",
        "url": card.url,
        "titre": card.title,
        "resume": card.summary,
        "source": card.source,
        "nom_source": card.source_name,
        "publie_le": card.published_at,
        "vu_le": card.first_seen_at,
        "type": card.kind,
        "departements": list(card.departements),
        "themes": list(card.themes),
        "langue": card.language,
        "interet": card.interest,
        "selectionne": card.state == "selected",
    }


def as_json(wanted: Request, results: Results, _knowledge: Knowledge, here: Origin, _now: datetime, _title: str) -> Response:
    """The page of results with its facets."""
    body = {
        "total": results.total,
        "plafonne": results.capped or results.partly,
        "page": wanted.page,
        "corrige": dict(results.query.corrected),
        "articles": [_row(card, here) for card in results.cards],
        "facettes": {name: dict(rows) for name, rows in results.facets.items()},
    }
    return Response.json(body)


def as_json_feed(wanted: Request, results: Results, knowledge: Knowledge, here: Origin, _now: datetime, title: str) -> Response:
    """JSON Feed 1.1 (jsonfeed.org/version/1.1); ids as in Atom."""
    query = address(wanted)
    items = []
    for card in results.cards:
        item: dict[str, object] = {
            "id": here.identifier(f"article/{card.id}"),
            "url": f"{here.root}article/{card.id}",
            "title": card.title,
            "content_text": card.summary,
            "date_published": atom_moment(_moment(card, published=True)),
            "authors": [{"name": card.source_name}],
            "tags": [knowledge.themes[tag].label for tag in card.themes if tag in knowledge.themes],
            "language": card.language,
        }
        if card.url:
            item["external_url"] = card.url
        items.append(item)
    body = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _feed_title(title),
        "home_page_url": f"{here.root}recherche{'?' + query if query else ''}",
        "feed_url": f"{here.root}recherche.jsonfeed{'?' + query if query else ''}",
        "description": MOTTO,
        "language": "fr",
        "items": items,
    }
    return Response(json.dumps(body, ensure_ascii=False), content_type="application/feed+json; charset=utf-8")


def as_calendar(dates: list[Date], knowledge: Knowledge, here: Origin, name: str) -> Response:
    """Whole days, one entry for each date of an article; a deadline is the day itself and its entry says so."""
    from icalendar import Calendar, Event, vDDDTypes

    calendar = Calendar()
    calendar.add("prodid", "-//veille//agenda//FR")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Europe/Paris")
    calendar.add("refresh-interval", vDDDTypes(timedelta(hours=12)), parameters={"VALUE": "DURATION"})
    for one in dates:
        event = Event()
        start, end = date.fromisoformat(one.start), date.fromisoformat(one.end)
        if one.role == "deadline":
            start = end
        event.add("uid", f"{one.item}-{one.role}-{one.start}-{one.end}@{here.authority}")
        event.add("dtstamp", datetime.fromisoformat(one.changed_at).astimezone(UTC))
        event.add("dtstart", start)
        event.add("dtend", min(end, date.max - timedelta(days=1)) + timedelta(days=1))  # the day after: DTEND is not part of the event
        event.add("summary", DEADLINE_OF.format(title=one.title) if one.role == "deadline" else one.title)
        event.add("description", f"{one.source}\n{here.root}article/{one.item}")
        event.add("url", f"{here.root}article/{one.item}")
        labels = [knowledge.themes[tag].label for tag in one.themes if tag in knowledge.themes]
        if labels:
            event.add("categories", labels)
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    headers = {"content-disposition": 'inline; filename="veille.ics"'}
    return Response(calendar.to_ical(), headers=headers, content_type="text/calendar; charset=utf-8")


def as_csv(_wanted: Request, results: Results, knowledge: Knowledge, here: Origin, now: datetime, _title: str) -> Response:
    """The found articles as a French spreadsheet opens them."""
    return articles_csv(results.cards, knowledge, here, now, name="recherche")


def articles_csv(cards: list[Card], knowledge: Knowledge, here: Origin, now: datetime, *, name: str) -> Response:
    """Articles as a French spreadsheet opens them; `name`: of the file."""
    names = list(_row(_EMPTY, here))
    rows = []
    for card in cards:
        row = _row(card, here)
        row["type"] = KIND_LABELS.get(card.kind, card.kind)
        row["themes"] = ", ".join(knowledge.themes[tag].label for tag in card.themes if tag in knowledge.themes)
        row["departements"] = ", ".join(_place(code, knowledge) for code in card.departements)
        row["selectionne"] = "oui" if row["selectionne"] else "non"
        rows.append([row[column] for column in names])
    return as_sheet(names, rows, knowledge, name=name, today=now.astimezone(PARIS).date())


def as_sheet(names: list[str], rows: list[list[object]], knowledge: Knowledge, *, name: str, today: date) -> Response:
    """A CSV that a French spreadsheet opens right: UTF-8 with its mark, semicolons, no cell that is a formula, or a number that is none.

    Days are French and of Paris; codes of départements come with their names; the file is called `veille-<name>-<day>.csv`.
    """
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_cell(column, value, knowledge) for column, value in zip(names, row, strict=True)])
    headers = {"content-disposition": f'attachment; filename="veille-{name}-{today.isoformat()}.csv"'}
    return Response(out.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


_DAY = re.compile(r"\d{4}-\d\d-\d\d\Z")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?\Z")
_OF_PLACES = frozenset({"code", "departement", "departements", "territory"})
# « 01 », « 00,5 », a number too long to be kept, « 2E10 », « 1-2 » and « 3/4 », which would be days.
_LIKE_A_NUMBER = re.compile(r"0\d+(?:[., ]\d+)*\Z|\d{12,}\Z|\d+[eE]\d+\Z|\d{1,4}[-/.]\d{1,2}(?:[-/.]\d{1,4})?\Z")


def _place(code: str, knowledge: Knowledge) -> str:
    return f"{code} {knowledge.departements[code].name}" if code in knowledge.departements else code


def _cell(column: str, value: object, knowledge: Knowledge) -> object:
    """Return one value as a French spreadsheet reads it."""
    if isinstance(value, float):
        return f"{value:.2f}".replace(".", ",")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if column in _OF_PLACES and text in knowledge.departements:
        return spreadsheet_cell(_place(text, knowledge))
    try:
        if _DAY.match(text):
            return f"{date.fromisoformat(text):%d/%m/%Y}"
        if _MOMENT.match(text):
            moment = datetime.fromisoformat(text)
            return f"{(moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(PARIS):%d/%m/%Y %H:%M}"
    except (ValueError, OverflowError):
        pass  # like a day, and none
    return f"'{text}" if _LIKE_A_NUMBER.match(text) else spreadsheet_cell(text)


_EMPTY = Card(
    id=0, url="", title="", summary="", source="", source_name="", kind="", language="", interest=0.0, published_at=None, day="",
    first_seen_at="", state="", departements=(), themes=(), also=(),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Format:
    """How results leave: at `/recherche.<name>`, so many articles; feeds tell the newest first."""

    make: Callable[[Request, Results, Knowledge, Origin, datetime, str], Response]  # the text: what is asked, in words
    size: int
    newest_first: bool = False
    opened_as: str = ""  # its content type for a browser, which shows it


FORMATS = {
    "atom": Format(as_atom, 50, newest_first=True, opened_as="application/xml; charset=utf-8"),
    "jsonfeed": Format(as_json_feed, 50, newest_first=True),
    "json": Format(as_json, PAGE_SIZE),
    "csv": Format(as_csv, 1000),
}
