"""Every hostile query through the page, JSON, JSON Feed, CSV and Atom: an answer or a sentence, never a fault, never SQL."""

import asyncio
import html
import json
import re
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from datasette.app import Datasette

from builders import collect_entries, make_entry, make_source
from veille.store import connect, migrate

FORMATS = ("", ".json", ".jsonfeed", ".csv", ".atom")
INSIDE = re.compile(r"(?i)traceback|sqlite|fts5|malformed|no such (column|table)|syntax error|\bselect\b.+\bfrom\b|unable to use function")


def encoded(query):
    """As a browser would send it: what is no character becomes U+FFFD."""
    return quote(query.encode("utf-8", "replace"), safe="")


@dataclass
class Answer:
    status_code: int
    text: str


async def asked(app, path, query):
    """Straight to the application: a client refuses the longest addresses before the site can."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": [(b"host", b"localhost")], "scheme": "http", "server": ("localhost", 80), "client": ("127.0.0.1", 1), "http_version": "1.1", "root_path": ""}  # fmt: skip
    await app(scope, receive, send)
    return Answer(sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:]).decode())


@pytest.fixture(scope="module")
def answers(shared, tmp_path_factory, knowledge):
    """Status, seconds and text of every query in every format, over real articles."""
    import time
    from datetime import UTC, datetime

    path = tmp_path_factory.mktemp("queries") / "veille.db"
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)
    db = connect(path)
    migrate(db, knowledge, now)
    rows = [json.loads(line) for line in (shared / "corpus/innovation/items.jsonl").read_text(encoding="utf-8").split("\n")[:600]]
    entries = [make_entry(guid=row["id"], link=row["url"], title=row["title"], summary=row["text"], published=row["date"]) for row in rows]
    collect_entries(db, make_source(), entries, knowledge, now)
    db.close()
    site = Datasette([str(path)])
    queries = [json.loads(line) for line in (shared / "hostile/queries-fts.jsonl").read_text(encoding="utf-8").split("\n") if line]

    async def ask():
        await site.invoke_startup()
        app, found = site.app(), []
        for given in queries:
            for ending in FORMATS:
                began = time.perf_counter()
                answer = await asked(app, f"/recherche{ending}", f"q={encoded(given['query'])}")
                found.append((given, ending, answer, time.perf_counter() - began))
        return found

    return asyncio.run(ask())


def test_each_is_answered_or_refused_with_a_sentence(answers):
    assert len(answers) == 115 * len(FORMATS)
    assert [(given["id"], ending, answer.status_code) for given, ending, answer, _ in answers if answer.status_code not in (200, 400)] == []


def test_none_shows_our_insides(answers):
    """What the reader typed is taken out first: it may say « select »."""
    told = []
    for given, ending, answer, _ in answers:
        text = html.unescape(answer.text)
        cleaned = " ".join(given["query"].split())
        for typed in {given["query"], cleaned, given["query"].replace("\x00", " ").strip()} - {""}:
            text = text.replace(typed, "").replace(json.dumps(typed)[1:-1], "").replace(quote(typed.encode("utf-8", "replace")), "")
        if answer.status_code == 400 and INSIDE.search(text):
            told.append((given["id"], ending))
    assert told == []


def test_none_is_echoed_as_markup(answers):
    for given, ending, answer, _ in answers:
        if ending == "" and "<" in given["query"]:
            assert given["query"] not in answer.text, given["id"]


def test_none_takes_a_second(answers):
    slow = sorted(((round(seconds, 3), given["id"], ending) for given, ending, _, seconds in answers), reverse=True)
    print(f"queries-fts: p50 {slow[len(slow) // 2][0] * 1000:.0f} ms, p99 {slow[len(slow) // 100][0] * 1000:.0f} ms, worst {slow[0]}")

    assert slow[0][0] < 1
