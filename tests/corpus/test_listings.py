"""Real listing pages, read with selectors written for each: every entry with title, link and date, and no other."""

import json

import pytest

from builders import make_fetched, make_source
from veille.model import Selectors
from veille.normalize import absolute, clean, stored, to_item
from veille.parse import parse

SELECTORS = {
    "cen-bourgogne/actualites.html": Selectors(
        item="section#news a.event-item", title=".content > .title", link="@href", date=".content > .date", summary=".content > .excerpt"
    ),
    "coactis/banque-experience.html": Selectors(item="div.xp_listing_bloc", title="a.lien_xp_listing > h3", link="a.lien_xp_listing@href"),
    "chapelmele/actualites.html": Selectors(
        item="#archived-feed > section.content[id]", title=".bloc-text > h2", date=".bloc-text > h3", summary=".bloc-text > .description"
    ),
}


@pytest.mark.parametrize("file", SELECTORS)
def test_all_entries_of_a_real_listing_are_found(shared, file):
    rows = [json.loads(line) for line in (shared / "corpus" / "pages" / "listings.jsonl").read_text(encoding="utf-8").splitlines()]
    truth = next(row for row in rows if row["file"] == file)
    body = (shared / "corpus" / "pages" / file).read_bytes()
    source = make_source(kind="page", url=truth["url"])

    parsed = parse("page", make_fetched(body, url=truth["url"], content_type="text/html"), SELECTORS[file])
    items = [to_item(source, entry) for entry in parsed.entries]

    found = [(item.title, item.url, stored(item.published)) for item in items if item]
    wanted = [
        (clean(entry["title"]), absolute(truth["url"], entry["href"]) if entry.get("href") else None, entry.get("date"))
        for entry in truth["entries"]
    ]
    print(file, len(found), "of", len(wanted))
    assert [row[0] for row in found] == [row[0] for row in wanted]
    assert all(mine[1] == theirs[1] for mine, theirs in zip(found, wanted, strict=True) if theirs[1])
    assert all(mine[1] for mine in found)
    assert len({mine[1] for mine in found}) == len(found)
    assert [mine[2] for mine in found] == [theirs[2] for theirs in wanted]
