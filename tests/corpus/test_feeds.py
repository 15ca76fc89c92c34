"""Real documents: items or one clear failure, and nothing lost on the way to the store."""

import io
import json
import os
import random
import re
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from builders import make_fetched, make_source, register
from mutants import mutated
from veille.collect.child import Parser
from veille.collect.intake import keep, prepare
from veille.errors import ParseError
from veille.model import Visit
from veille.normalize import text
from veille.parse.feed import read_by_feedparser
from veille.parse.quick import read_quickly
from veille.store import writing

CLASSES = ("conformance", "french", "hostile", "real", "series")


def documents(shared: Path, kind: str) -> list[Path]:
    return sorted(path for path in (shared / "corpus" / "feeds" / kind).rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", CLASSES)
def test_every_document_is_items_or_one_clear_failure(shared, kind):
    slow, counts = [], defaultdict(int)
    with Parser() as parser:
        for path in documents(shared, kind):
            started = time.monotonic()
            try:
                parsed = parser.read(
                    make_source(url="https://e.fr/feed"), make_fetched(path.read_bytes(), url="https://e.fr/feed", content_type="")
                )
                counts["items" if parsed.items else "empty"] += 1
            except ParseError as failure:
                assert failure.failure == "bad-feed"
                assert 10 < len(failure.reason) <= 200, path
                counts["failure"] += 1
            if time.monotonic() - started > 10:
                slow.append(path)
    print(kind, dict(counts))
    assert slow == []
    assert counts["items"] > 0 or kind == "hostile"


def shown(text: str) -> str:
    """Words of a title, however it was marked up: what two readers of it agree on."""
    import html

    return "".join(re.findall(r"\w+", html.unescape(html.unescape(re.sub(r"<[^>]*>", " ", text))).lower()))[:120]


@pytest.mark.parametrize("kind", ["french", "real", "series"])
def test_no_entry_is_lost_on_the_way_to_the_store(shared, kind, store, knowledge, now):
    """feedparser, asked directly, is the independent count: each of its entries is found again by its title or its link."""
    lost, total = [], 0
    with Parser() as parser:
        for number, path in enumerate(documents(shared, kind)):
            body = path.read_bytes()
            if body.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                entries = feedparser.parse(
                    io.BytesIO(body), response_headers={"content-location": "https://e.fr/feed"}, sanitize_html=False
                ).entries
            source = make_source(id=f"s{number}", url="https://e.fr/feed")
            register(store, source)
            try:
                fetched = make_fetched(body, url="https://e.fr/feed", content_type="")
                prepared = prepare(store, Visit(source=source), fetched, parser.read(source, fetched, now), knowledge, now=now)
            except ParseError:
                assert not [entry for entry in entries if entry.get("title") or entry.get("link")], path
                continue
            with writing(store):
                keep(store, prepared, knowledge, now=now)
            rows = store.execute(
                "select items.title, sightings.url from sightings join items on items.id = item_id where sightings.source_id = ?",
                (source.id,),
            ).fetchall()
            names = store.execute("select value from addresses where kind = 'guid' and scope = ?", (source.id,)).fetchall()
            titles, links = {shown(row[0]) for row in rows}, {row[1] for row in rows}
            guids = {row[0] for row in names}
            for entry in entries:
                title, link = entry.get("title") or "", entry.get("link") or ""
                if not (title or link):
                    continue
                total += 1
                kept = shown(title) in titles or link in links or (entry.get("id") or "") in guids
                if not kept and shown(title)[:60]:
                    kept = any(found.startswith(shown(title)[:60]) for found in titles)
                if not kept:
                    lost.append((path.name, title[:60], link[:80]))
    print(kind, total, "entries")
    assert lost == []
    assert total > 20


def test_a_series_replayed_in_date_order_is_never_doubled(shared, tmp_path):
    """The same public feeds on up to 20 dates, over HTTP, through `veille collect` as a process."""
    sys.path.insert(0, str(Path(__file__).parent.parent / "live"))
    from loopback import reply, serve

    by_date: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in documents(shared, "series"):
        by_date[path.stem][path.parent.name] = path
    names = sorted({name for feeds in by_date.values() for name in feeds})
    current: dict[str, Path] = {}
    answers = {
        f"/{name}": (
            lambda handler, name=name: reply(handler, current[name].read_bytes()) if name in current else reply(handler, b"", status=404)
        )
        for name in names
    }
    versions: dict[tuple[str, str], set[str]] = defaultdict(set)
    with serve(answers) as root:
        lines = ["version: 1", "sources:", *(f"  - {{id: s-{name}, name: {name}, feed: '{root}/{name}'}}" for name in names)]
        (tmp_path / "feeds.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")

        def collect(moment: str) -> dict:
            outcome = subprocess.run(
                [sys.executable, "-m", "veille", "collect", "--all", "--json", "--allow-private-network", "--spacing", "0"],
                cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "VEILLE_NOW": moment},
            )  # fmt: skip
            assert "Traceback" not in outcome.stderr, outcome.stderr
            return json.loads(outcome.stdout)

        for stamp in sorted(by_date):
            current.update(by_date[stamp])
            moment = datetime.strptime(stamp, "%Y-%m-%dT%H%M%S").replace(tzinfo=UTC).isoformat()
            collect(moment)
            for name, path in by_date[stamp].items():
                for entry in feedparser.parse(io.BytesIO(path.read_bytes())).entries:
                    versions[name, entry.get("id") or entry.get("link")].add(shown(entry.get("title") or ""))
            again = collect(moment)
            assert (again["items"]["new"], again["items"]["changed"]) == (0, 0), stamp
    from veille.store import connect

    db = connect(tmp_path / "data" / "veille.db")
    doubled = db.execute("select source_id, title, published_at, count(*) from items group by 1, 2, 3, url having count(*) > 1").fetchall()
    assert doubled == []
    guids = db.execute("select count(distinct scope || value) from addresses where kind = 'guid'").fetchone()[0]
    assert guids >= len([key for key in versions if key[1]]) * 0.99
    retitled = [key for key, titles in versions.items() if len(titles) > 1]
    kept = db.execute("select count(distinct item_id) from versions").fetchone()[0]
    changed = db.execute("select count(*) from items where changed_at is not null").fetchone()[0]
    print(len(by_date), "dates,", len(versions), "entries,", len(retitled), "retitled,", kept, "items with versions")
    assert kept == changed
    for name, guid in retitled:
        found = db.execute(
            "select count(*) from versions join addresses on addresses.item_id = versions.item_id where scope = ? and value = ?",
            (f"s-{name}", guid),
        ).fetchone()[0]
        assert found, (name, guid)
    db.close()


ACCEPTED: dict[str, str] = {}  # documents where the quick way and feedparser differ, and why that is right: none
QUICK_AT_LEAST = {"conformance": 1_000, "french": 10, "real": 110, "series": 80}  # documents that leave no doubt


@pytest.mark.parametrize("content_type", ["application/xml", "text/xml", "application/rss+xml; charset=utf-8"])
def test_what_is_read_quickly_is_what_feedparser_reads_field_by_field(shared, content_type):
    """Number of entries, and of each title, link, id, date, author, texts and their kinds; of the feed language, rhythm, what was skipped."""
    read, differ = defaultdict(int), []
    for kind in CLASSES:
        for path in documents(shared, kind):
            fetched = make_fetched(path.read_bytes(), url="https://e.fr/feed", content_type=content_type)
            parsed = read_quickly(fetched) if len(fetched.body) < 1_000_000 else None
            if parsed is None:
                continue
            read[kind] += 1
            try:
                told = read_by_feedparser(fetched)
            except ParseError as exc:
                told = exc
            if parsed != told and path.name not in ACCEPTED:
                differ.append((path.name, parsed, told))
    assert not differ, [name for name, *_ in differ]
    if content_type == "application/xml":
        assert {kind: read[kind] >= least for kind, least in QUICK_AT_LEAST.items()} == dict.fromkeys(QUICK_AT_LEAST, True), dict(read)


def test_a_thousand_mutated_real_feeds_lose_no_entry(shared):
    sound = [path for kind in ("french", "real", "series") for path in documents(shared, kind) if path.stat().st_size < 60_000]
    bodies = [body for body in (path.read_bytes() for path in sound) if read_quickly(make_fetched(body))]
    read = 0
    for number in range(1_000):
        dice = random.Random(number)
        fetched = make_fetched(mutated(dice.choice(bodies), dice))
        parsed = read_quickly(fetched)
        if parsed is not None:
            read += 1
            assert parsed == read_by_feedparser(fetched), number
    assert read > 100, read


def test_plain_markup_of_real_entries_says_what_a_parser_of_html_finds(shared):
    markups = set()
    for kind in ("conformance", "french", "real", "series"):
        for path in documents(shared, kind):
            parsed = read_quickly(make_fetched(path.read_bytes()))
            for entry in parsed.entries if parsed else ():
                markups |= {entry.title, entry.summary, entry.content}
    read = 0
    for markup in markups:
        line = text._INVISIBLE.sub("", re.sub(r"[\n\r\t]", " ", markup))
        plain = text._plain_text(line) if text._MARKUP.search(markup) else None
        if plain is not None:
            read += 1
            assert text.clean(plain) == text.clean(text._soup_text(markup)), markup[:300]
    assert read > 800, read
