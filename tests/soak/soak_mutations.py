"""Seeded mutations of feeds, pages, YAML and queries: each is an answer or a clear refusal, within five seconds.

    pytest -s tests/soak/soak_mutations.py        (make soak; VEILLE_FUZZ=600 seconds)

What goes wrong is written to tests/soak/finds/, to become a test.
"""

import asyncio
import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from datasette.app import Datasette
from portals.listings import TEMPLATES, make_listing

from builders import collect_entries, make_entry, make_fetched, make_source
from veille.collect.child import Parser
from veille.config import Names, decode_config, parse_config
from veille.errors import ConfigError, ParseError, ParserTimedOut
from veille.model import Selectors

SECONDS = float(os.environ.get("VEILLE_FUZZ", "600"))
SEED = int(os.environ.get("VEILLE_SEED", "20171006"))
FINDS = Path(__file__).parent / "finds"
ROOT = Path(__file__).parent.parent.parent
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
TOKENS = [
    b"<", b">", b"&", b"]]>", b"<![CDATA[", b"<!--", b"-->", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&#x0;", b"&#xD800;", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf",
    b"\xed\xa0\x80", b"{", b"}", b"[", b"]", b'"', b"'", b":", b"- ", b"\n", b"\t", b"!!python/object:x ", b"*a ", b"&a ", b"xmlns:x='y' ", b"<item>", b"</item>",
    b"<entry>", b"<rss version='2.0'>", b"<feed>", b"encoding='utf-7'", b"encoding='rot13'", b"9" * 40, b"-1", b"2026-13-45", b"a" * 3000, b"(" * 200, b"%00",
    b'"NEAR/9', b" OR ", b" NOT ", b"*", b"^", b"+", "é".encode(), "\u202e".encode(), "œ’«".encode(),
]  # fmt: skip
SELECT = Selectors(item="li", title="a", link="a@href", date="time")


def mutated(dice, body, others):
    """A few changes: bytes flipped, pieces cut, doubled, moved, tokens put in, two documents spliced."""
    body = bytearray(body)
    for _ in range(dice.choice((1, 1, 2, 3, 8, 30))):
        at = dice.randrange(len(body) + 1)
        end = min(len(body), at + dice.choice((1, 2, 8, 40, 400, 4000)))
        act = dice.randrange(7)
        if act == 0 and body:
            body[min(at, len(body) - 1)] = dice.randrange(256)
        elif act == 1:
            del body[at:end]
        elif act == 2:
            body[at:at] = body[at:end] * dice.choice((1, 2, 20))
        elif act == 3:
            body[at:at] = dice.choice(TOKENS)
        elif act == 4:
            other = dice.choice(others)
            start = dice.randrange(len(other) + 1)
            body[at:end] = other[start : start + dice.choice((10, 100, 1000))]
        elif act == 5:
            del body[at:]
        else:
            piece = bytes(body[at:end])
            del body[at:end]
            body[dice.randrange(len(body) + 1) : 0] = piece
    return bytes(body[:400_000])


@pytest.fixture
def site(store, knowledge, tmp_path):
    entries = [
        make_entry(guid=str(n), link=f"https://e.fr/{n}", title=f"Un budget participatif {n}", summary="Les habitants votent.")
        for n in range(60)
    ]
    collect_entries(store, make_source(territory=("33",)), entries, knowledge, NOW)
    return Datasette([str(tmp_path / "veille.db")])


def test_mutations(site):
    dice = random.Random(SEED)
    feeds = [path.read_bytes() for path in sorted((ROOT / "tests" / "golden").iterdir()) if path.suffix != ".json"]
    pages = [make_listing(name, number).html.encode() for number, name in enumerate(TEMPLATES)]
    yamls = [
        (ROOT / "feeds.yaml").read_bytes()[:6000],
        b"version: 1\ndefaults: {every: 6h}\nsources:\n  - {id: a, name: A, feed: 'https://a.fr/rss', territory: 01}\n",
    ]
    queries = [b"budget participatif", b'"budget participatif" -votent habit*', "l'été à Saint-Étienne".encode(), b"theme:x AND (a OR b)"]
    names = Names(tags=frozenset({"participation-citoyenne"}), aliases={}, departements={"01": "Ain"})
    kinds = {"feed": feeds, "page": pages, "yaml": yamls, "query": queries}
    counts, slowest, finds = dict.fromkeys(kinds, 0), dict.fromkeys(kinds, 0.0), []
    ends = time.monotonic() + SECONDS
    loop = asyncio.new_event_loop()
    with Parser() as parser:
        while time.monotonic() < ends:
            kind = dice.choice(tuple(kinds))
            body = mutated(dice, dice.choice(kinds[kind]), kinds[kind])
            started = time.monotonic()
            try:
                if kind in ("feed", "page"):
                    source = make_source(kind=kind, select=SELECT if kind == "page" else None)
                    parser.read(source, make_fetched(body, content_type=dice.choice(("", "text/xml; charset=latin-1", "text/html"))), NOW)
                elif kind == "yaml":
                    parse_config(decode_config(body, "f.yaml"), "f.yaml", names)
                else:
                    text = body.decode("utf-8", "replace")
                    answer = loop.run_until_complete(
                        site.client.get(dice.choice(("/recherche", "/recherche.json", "/recherche.atom")), params={"q": text[:3000]})
                    )
                    assert answer.status_code in (200, 400, 503), answer.status_code
                    assert "Traceback" not in answer.text
            except ParserTimedOut as exc:
                finds.append((kind, body, exc))
            except (ParseError, ConfigError):
                pass
            except Exception as exc:
                finds.append((kind, body, exc))
            seconds = time.monotonic() - started
            counts[kind] += 1
            slowest[kind] = max(slowest[kind], seconds)
            if seconds > 5:
                finds.append((kind, body, TimeoutError(seconds)))
    loop.close()
    print(
        f"{sum(counts.values())} mutations {counts}; slowest (s) { {kind: round(one, 2) for kind, one in slowest.items()} }; {len(finds)} finds"
    )
    for number, (kind, body, exc) in enumerate(finds[:50]):
        FINDS.mkdir(exist_ok=True)
        (FINDS / f"{kind}-{SEED}-{number}").write_bytes(body)
        print(kind, repr(exc)[:200])
    assert not finds
