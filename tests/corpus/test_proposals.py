"""Selectors proposed for real listing pages: every entry with title, link and date, and no other."""

import json
from datetime import date

import pytest

from builders import make_fetched, make_source
from veille.normalize import absolute, clean, stored, to_item
from veille.parse import parse
from veille.parse.listing import listing_proposals


@pytest.mark.parametrize("file", ["cen-bourgogne/actualites.html", "coactis/banque-experience.html", "chapelmele/actualites.html"])
def test_the_first_proposal_reads_a_real_listing(shared, file):
    rows = [json.loads(line) for line in (shared / "corpus" / "pages" / "listings.jsonl").read_text(encoding="utf-8").splitlines()]
    truth = next(row for row in rows if row["file"] == file)
    fetched = make_fetched((shared / "corpus" / "pages" / file).read_bytes(), url=truth["url"], content_type="text/html")

    select = listing_proposals(fetched, date(2026, 11, 23))[0].select
    source = make_source(kind="page", url=truth["url"], select=select)
    items = [to_item(source, entry) for entry in parse("page", fetched, select).entries]

    found = [(item.title, stored(item.published)) for item in items if item]
    print(file, select, len(found))
    assert found == [(clean(entry["title"]), entry.get("date")) for entry in truth["entries"]]
    for item, entry in zip(items, truth["entries"], strict=True):
        assert not entry.get("href") or (item and item.url == absolute(truth["url"], entry["href"]))
