"""Whose is an address: registered domains, paths, platforms."""

import pytest

from veille.owners import domain_of, place_of, rank_among


def owns(source: str, address: str, *, home: str = "") -> bool:
    places = [place for place in (place_of(source), place_of(home, home=True) if home else None) if place]
    return rank_among(places, address) is not None


@pytest.mark.parametrize(
    ("source", "address", "owned"),
    [
        ("https://www.gironde.fr/rss", "https://gironde.fr/actu/1", True),
        ("https://flux.gironde.fr/rss", "https://www.gironde.fr/actu/1", True),
        ("https://www.gironde.fr/rss", "https://gironde.fr.pirate.org/actu", False),
        ("https://pirate.org/gironde.fr", "https://gironde.fr/actu", False),
        ("https://ain.gouv.fr/rss", "https://gard.gouv.fr/actu", False),  # gouv.fr is a public suffix
        ("https://lab.github.io/feed", "https://autre.github.io/1", False),  # and so is this one, by its private section
        ("https://lab.hypotheses.org/feed", "https://autre.hypotheses.org/1", False),
        ("https://lab.hypotheses.org/feed", "https://lab.hypotheses.org/1", True),
        ("https://feeds.feedburner.com/lab", "https://feeds.feedburner.com/autre/1", False),
        ("https://www.youtube.com/feeds/videos.xml?channel_id=1", "https://www.youtube.com/watch?v=1", False),
        ("https://piaille.fr/@lab.rss", "https://piaille.fr/@lab/1", False),
        ("https://video.ville.fr/feeds/videos.xml?accountId=2", "https://video.ville.fr/w/1", False),
        ("http://127.0.0.1:8001/rss", "http://127.0.0.1:8001/1", True),
        ("http://127.0.0.1:8001/rss", "http://127.0.0.1:8002/1", False),
        ("https://ville.example.test/rss", "https://autre.example.test/1", True),
        ("", "https://ville.fr/1", False),
        ("https://évian.fr/feed", "https://www.xn--vian-9oa.fr/1", True),
        ("https://[2001:db8::1]/feed", "https://[2001:db8::1]/1", True),
        ("https://[2001:db8::1]/feed", "https://[2001:db8::2]/1", False),
        ("https://ville.fr:99999/feed", "https://ville.fr/1", False),
    ],
)  # fmt: skip
def test_a_source_owns_its_registered_domain(source, address, owned):
    assert owns(source, address) is owned


def test_a_home_makes_an_owner_and_on_a_platform_of_its_own_path_alone():
    assert owns("https://feeds.feedburner.com/lab", "https://lab.fr/1", home="https://lab.fr/")
    assert owns("https://piaille.fr/@lab.rss", "https://piaille.fr/@lab/1", home="https://piaille.fr/@lab")
    assert not owns("https://piaille.fr/@lab.rss", "https://piaille.fr/@labo/1", home="https://piaille.fr/@lab")


def test_the_nearest_owner_has_the_host_then_the_longest_path():
    address = "https://ville.fr/agglo/actu/1"
    ranks = [
        place_of(url).rank(address) for url in ("https://flux.ville.fr/agglo/rss", "https://ville.fr/rss", "https://ville.fr/agglo/rss")
    ]

    assert ranks == sorted(ranks)
    assert len(set(ranks)) == 3


@pytest.mark.parametrize(
    ("host", "domain"),
    [("a.b.ville.fr", "ville.fr"), ("ville.asso.fr", "ville.asso.fr"), ("localhost", "localhost"), ("x.y.exemple", "y.exemple")],
)
def test_registered_domains(host, domain):
    assert domain_of(host) == domain
