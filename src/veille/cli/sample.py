"""The sample of `veille demo`: written articles become feeds and pages, served over loopback HTTP.

Comes in: sample.yaml, the day of the demo. Goes out: documents, a server, the feeds.yaml that reads them.
Real formats on real HTTP: RSS 2.0, RSS 1.0, Atom, JSON Feed, windows-1252, listing pages, and one source that is broken.
"""

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import yaml

from veille.messages.common import long_date

_MARK = re.compile(r"\{([+-]\d{1,3})\}")
BROKEN = "reseau-en-panne"
_MEDIA = {
    "rss2": "application/rss+xml; charset=utf-8", "rss2-windows-1252": "application/rss+xml", "rss1": "application/rdf+xml",
    "atom": "application/atom+xml", "jsonfeed": "application/feed+json", "page": "text/html; charset=utf-8",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Document:
    """One answer of the sample server."""

    media: str
    body: bytes


def documents(sample: str, today: date) -> dict[str, Document]:
    """Return the answer of each path, as of a day."""
    given = yaml.safe_load(sample)
    found: dict[str, Document] = {}
    for source in given["sources"]:
        rows = [_dated(row, today) for row in given["articles"] if source["id"] in (row["source"], row.get("also_in"))]
        rows.sort(key=lambda row: row["moment"], reverse=True)
        written = _WRITERS[source["format"]](source, rows)
        encoding = "windows-1252" if source["format"].endswith("windows-1252") else "utf-8"
        found[f"/{source['id']}"] = Document(_MEDIA[source["format"]], written.encode(encoding))
    found[f"/{BROKEN}"] = Document("text/html; charset=utf-8", "<!doctype html><title>Maintenance</title><p>De retour bientôt.".encode())
    return found


def sample_config(sample: str, root: str) -> str:
    """feeds.yaml for a server at `root`."""
    given = yaml.safe_load(sample)
    lines = ["version: 1", "defaults: {every: 6h, timeout: 10s, contact: demo@exemple.fr}", "sources:"]
    for source in given["sources"]:
        place = "page" if source["format"] == "page" else "feed"
        lines += [f"  - id: {source['id']}", f"    name: {json.dumps(source['name'], ensure_ascii=False)}"]
        lines += [f"    {place}: {root}/{source['id']}", f"    rights: {source['rights']}"]
        if source["territory"]:
            lines.append(f'    territory: "{source["territory"]}"')
        if place == "page":
            lines.append(f"    select: {json.dumps(_SELECT[source['id']])}")
    lines += [f"  - id: {BROKEN}", "    name: Réseau en panne", f"    feed: {root}/{BROKEN}"]
    return "\n".join(lines) + "\n"


def _dated(row: dict[str, Any], today: date) -> dict[str, Any]:
    day = today - timedelta(days=row["days_ago"])
    moment = datetime.combine(day, time(5 + len(row["title"]) % 3, len(row["text"]) % 60), UTC)
    filled = {name: _MARK.sub(lambda mark: long_date(today + timedelta(days=int(mark[1]))), row[name]) for name in ("title", "text")}
    slug = re.sub(r"[^a-z0-9]+", "-", row["title"].lower().replace("é", "e").replace("è", "e"))[:60].strip("-")
    url = f"https://{row['source']}.exemple.fr/actualites/{slug}"
    return {**row, **filled, "moment": moment, "url": url, "author": row.get("author", "")}


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part.strip())}</p>" for part in text.split("\n\n"))


def _rss2(source: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    encoding = "windows-1252" if source["format"].endswith("windows-1252") else "utf-8"
    items = "".join(
        f"<item><title>{escape(row['title'])}</title><link>{row['url']}?utm_source=rss&amp;utm_medium=flux</link>"
        f"<guid isPermaLink='false'>{source['id']}-{number}</guid><pubDate>{row['moment']:%a, %d %b %Y %H:%M:%S} +0000</pubDate>"
        f"<description>{escape(_paragraphs(row['text']))}</description></item>"
        for number, row in ((row["url"][-40:], row) for row in rows)
    )
    head = f"<title>{escape(source['name'])}</title><link>https://{source['id']}.exemple.fr/</link><description>Exemple</description>"
    return f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel>{head}<language>fr</language>{items}</channel></rss>'


def _rss1(source: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    items = "".join(
        f'<item rdf:about="{row["url"]}"><title>{escape(row["title"])}</title><link>{row["url"]}</link>'
        f"<dc:date>{row['moment']:%Y-%m-%dT%H:%M:%S}+00:00</dc:date><description>{escape(row['text'])}</description></item>"
        for row in rows
    )
    about = f"https://{source['id']}.exemple.fr/"
    return (
        '<?xml version="1.0" encoding="utf-8"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
        f'xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="{about}">'
        f"<title>{escape(source['name'])}</title><link>{about}</link><description>Exemple</description></channel>{items}</rdf:RDF>"
    )


def _atom(source: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    entries = "".join(
        f'<entry><id>{row["url"]}</id><title>{escape(row["title"])}</title><link rel="alternate" href="{row["url"]}"/>'
        f"<published>{row['moment']:%Y-%m-%dT%H:%M:%SZ}</published><updated>{row['moment']:%Y-%m-%dT%H:%M:%SZ}</updated>"
        f"<author><name>{escape(row['author'] or source['name'])}</name></author>"
        f'<content type="html">{escape(_paragraphs(row["text"]))}</content></entry>'
        for row in rows
    )
    updated = f"{rows[0]['moment']:%Y-%m-%dT%H:%M:%SZ}"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr"><id>urn:{source["id"]}</id>'
        f"<title>{escape(source['name'])}</title><updated>{updated}</updated>{entries}</feed>"
    )


def _jsonfeed(source: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    items = [
        {
            "id": row["url"],
            "url": row["url"],
            "title": row["title"],
            "content_text": row["text"],
            "date_published": row["moment"].isoformat(),
        }
        for row in rows
    ]
    return json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": source["name"], "items": items}, ensure_ascii=False)


_SELECT = {
    "cher-projets": {
        "item": "article.carte",
        "title": "h3 a",
        "link": "h3 a@href",
        "date": "time@datetime",
        "summary": ".chapo",
    },
    "la-reunion-actualites": {
        "item": "ul.actus > li",
        "title": "a",
        "link": "a@href",
        "date": ".date",
        "summary": ".resume",
    },
}


def _page(source: dict[str, Any], rows: list[dict[str, Any]]) -> str:
    if source["id"] == "cher-projets":
        body = "<div class=grille>" + "".join(
            f"<article class=carte><h3><a href='{row['url']}'>{escape(row['title'])}</a></h3><time datetime='{row['moment'].date()}'>"
            f"{long_date(row['moment'].date())}</time><div class=chapo>{_paragraphs(row['text'])}</div></article>"
            for row in rows
        ) + "</div>"  # fmt: skip
    else:
        body = "<ul class=actus>" + "".join(
            f"<li><span class=date>{long_date(row['moment'].date())}</span> <a href='{row['url']}'>{escape(row['title'])}</a>"
            f"<div class=resume>{_paragraphs(row['text'])}</div></li>"
            for row in rows
        ) + "</ul>"  # fmt: skip
    menu = "<nav><a href='/'>Accueil</a> <a href='/contact'>Contact</a></nav>"
    return f"<!doctype html><html lang=fr><meta charset=utf-8><title>{escape(source['name'])}</title>{menu}<main>{body}</main></html>"


_WRITERS = {
    "rss2": _rss2,
    "rss2-windows-1252": _rss2,
    "rss1": _rss1,
    "atom": _atom,
    "jsonfeed": _jsonfeed,
    "page": _page,
}


@contextlib.contextmanager
def serving(answers: dict[str, Document]) -> Iterator[str]:
    """Serve the documents on a free loopback port, with validators; the root address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            document = answers.get(self.path)
            tag = f'"{len(document.body)}-{hash(document.body) & 0xFFFFFFFF:x}"' if document else ""
            if document and self.headers.get("if-none-match") == tag:
                self.send_response(304)
                self.end_headers()
                return
            body = document.body if document else b"absent"
            self.send_response(200 if document else 404)
            self.send_header("content-type", document.media if document else "text/plain")
            self.send_header("content-length", str(len(body)))
            self.send_header("etag", tag)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002, ARG002
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
