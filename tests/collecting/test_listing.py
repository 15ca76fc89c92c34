"""Selectors that `try` proposes: pages of twelve manners, each with what must be read in it."""

from datetime import date

import pytest
from portals.articles import make_articles
from portals.listings import TEMPLATES, make_listing
from portals.more_listings import MORE, make_more

from builders import make_fetched, make_source
from veille.normalize import stored, to_item
from veille.parse import parse
from veille.parse.listing import listing_proposals

TODAY = date(2026, 11, 23)
SEEDS = range(10)


def read_by_proposal(html, url):
    """What the first proposal reads: (title, address, day)."""
    fetched = make_fetched(html, url=url, content_type="text/html; charset=utf-8")
    proposals = listing_proposals(fetched, TODAY)
    if not proposals:
        return None, []
    select = proposals[0].select
    source = make_source(kind="page", url=url, select=select)
    items = [to_item(source, entry) for entry in parse("page", fetched, select, TODAY).entries]
    return select, [(item.title, item.url, (stored(item.published) or "")[:10] or None) for item in items if item]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", TEMPLATES)
def test_the_proposal_reads_every_entry_and_nothing_else(name, seed):
    listing = make_listing(name, seed)

    select, found = read_by_proposal(listing.html, listing.url)

    assert sorted(found, key=str) == sorted(listing.entries, key=str), select


def test_furniture_alone_is_no_listing():
    from portals.listings import ASIDE, page

    for html in (page("Accueil", "<p>Bienvenue sur le site du Département.</p>", aside=ASIDE), "<p>rien</p>", "<html></html>"):
        assert read_by_proposal(html, "https://dep.example/") == (None, [])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", MORE)
def test_other_manners_are_read_too(name, seed):
    listing = make_more(name, make_articles(seed * 7 + 3, 9, TODAY, gap=4))

    select, found = read_by_proposal(listing.html, listing.url)

    assert sorted((title, day or "") for title, _, day in found) == sorted((title, day or "") for title, _, day in listing.entries), select
    assert {url.rstrip("/").rsplit("/", 1)[1] for _, url, _ in found} == {slug for _, slug, _ in listing.entries}
