"""Results that leave: Atom (RFC 4287), JSON and CSV. What they carry of a text is what the pages show of it."""

import csv
import io
from datetime import UTC, datetime
from typing import Any

from datasette import Response

from veille.messages import KIND_LABELS
from veille.normalize import spreadsheet_cell
from veille.search import Request, address
from veille.store.articles import Card
from veille.store.searching import Results
from veille.understand import Knowledge
from veille.web.atom import AtomEntry, atom_feed


def _title(wanted: Request) -> str:
    return f"veille : {wanted.q}" if wanted.q else "veille"


def as_atom(wanted: Request, results: Results, knowledge: Knowledge, here: str, now: datetime) -> Any:
    """An Atom feed; entry ids are the addresses of our articles, which never change."""
    query = address(wanted)
    moments = [_moment(card) for card in results.cards]
    entries = [
        AtomEntry(
            id=f"{here}article/{card.id}", title=card.title, link=f"{here}article/{card.id}", original=card.url,
            author=card.source_name, updated=moment, published=_moment(card, published=True) if card.published_at else None,
            summary=card.summary,
            categories=tuple((tag, knowledge.themes[tag].label) for tag in card.themes if tag in knowledge.themes),
        )
        for card, moment in zip(results.cards, moments, strict=True)
    ]  # fmt: skip
    feed = atom_feed(
        title=_title(wanted),
        subtitle="L’innovation publique des départements",
        self_link=f"{here}recherche.atom{'?' + query if query else ''}",
        page=f"{here}recherche{'?' + query if query else ''}",
        updated=max(moments, default=now),
        entries=entries,
    )
    return Response(feed, content_type="application/atom+xml; charset=utf-8")


def _moment(card: Card, *, published: bool = False) -> datetime:
    text = card.published_at if published and card.published_at else card.first_seen_at
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _row(card: Card, here: str) -> dict[str, Any]:
    return {
        "id": card.id,
        "article": f"{here}article/{card.id}",
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


def as_json(wanted: Request, results: Results, _knowledge: Knowledge, here: str, _now: datetime) -> Any:
    """The page of results with its facets."""
    body = {
        "total": results.total,
        "plafonne": results.capped,
        "page": wanted.page,
        "corrige": dict(results.query.corrected),
        "articles": [_row(card, here) for card in results.cards],
        "facettes": {name: dict(rows) for name, rows in results.facets.items()},
    }
    return Response.json(body)


def as_csv(_wanted: Request, results: Results, knowledge: Knowledge, here: str, _now: datetime) -> Any:
    """A CSV that a French spreadsheet opens right: UTF-8 with its mark, semicolons, no cell that is a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    names = list(_row(_EMPTY, here))
    writer.writerow(names)
    for card in results.cards:
        row = _row(card, here)
        row["type"] = KIND_LABELS.get(card.kind, card.kind)
        row["themes"] = ", ".join(knowledge.themes[tag].label for tag in card.themes if tag in knowledge.themes)
        row["departements"] = ", ".join(card.departements)
        row["selectionne"] = "oui" if row["selectionne"] else "non"
        row["interet"] = f"{card.interest:.2f}".replace(".", ",")
        writer.writerow([spreadsheet_cell(row[name]) for name in names])
    headers = {"content-disposition": 'attachment; filename="veille.csv"'}
    return Response(out.getvalue(), headers=headers, content_type="text/csv; charset=utf-8")


_EMPTY = Card(
    id=0, url="", title="", summary="", source="", source_name="", kind="", language="", interest=0.0, published_at=None, day="",
    first_seen_at="", state="", departements=(), themes=(), also=0,
)  # fmt: skip
