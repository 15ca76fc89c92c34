"""From a home page alone: the right feed or the right entries, for a dozen kinds of site, each in several ways and with traps.

Every site also has feeds of comments, of an agenda and of jobs (announced or at their usual addresses), and some answer any address
with a page. `pytest -s` prints the share found by kind of site.
"""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from portals.articles import Article, make_articles
from portals.listings import TEMPLATES, page
from portals.world import Answer, Site, World, feed_answer, home, html_answer, rss, serving, utc

from builders import make_source
from veille.collect.child import Parser
from veille.collect.discover import Scout
from veille.errors import SourceError
from veille.fetch import Fetcher, Limits

NOW = utc(2026, 11, 23, 9)
# Kind of site: mark of its software, its section, the usual addresses of its feed and of its section's feed, its manner of listing.
KINDS = {
    "wordpress": ("<meta name=generator content='WordPress 6.6'><link href='/wp-content/themes/x.css' rel=stylesheet>", "/actualites/", "/feed/", "/actualites/feed/", "wordpress"),
    "spip": ("<meta name=generator content='SPIP 4.3.1'>", "/spip.php?rubrique12", "/spip.php?page=backend", "/spip.php?page=backend&id_rubrique=12", "spip"),
    "drupal": ("<meta name=Generator content='Drupal 10 (https://www.drupal.org)'>", "/actualites", "/rss.xml", "/actualites.xml", "drupal"),
    "typo3": ("<meta name=generator content='TYPO3 CMS'>", "/nos-actions/actualites.html", "/?type=9818", "/nos-actions/actualites/rss.xml", "typo3"),
    "stratis": ("<link rel=stylesheet href='/fileadmin/templates/x.css'>", "/nos-actions/actualites", None, "/nos-actions/actualites/rss", "typo3"),
    "eolas": ("<script src='/include/js/x.js'></script><a href='/402-aide-financiere.htm'>Aides</a>", "/44-actualites.htm", "/rss_actualite.rss", None, "drupal"),
    "wmaker": ("<a href='/Le-budget_a5029.html'>Le budget</a>", "/Actualites_r1.html", "/xml/syndication.rss", None, "wordpress"),
    "joomla": ("<meta name=generator content='Joomla! - Open Source Content Management'>", "/index.php/actualites", "/index.php?format=feed&type=rss", "/index.php/actualites?format=feed&type=rss", "joomla"),
    "jalios": ("<script src='/jcms/js/jalios.js'></script>", "/jcms/dep_5083/fr/toute-l-info", "/rss", None, "jalios"),
    "jahia": ("<link rel=stylesheet href='/modules/jahia-theme/x.css'>", "/accueil/actualites.html", "/rss.xml", "/accueil/actualites.rss", "jahia"),
    "opendatasoft": ("<link rel=stylesheet href='/static/ods-front/opendatasoft.css'>", "/pages/actualites/", "/explore/rss/", None, "ago"),
    "decidim": ("<link rel=stylesheet href='/decidim-packs/css/x.css'>", "/processes/blog/actualites", None, "/processes/blog/actualites.rss", "headings"),
    "liferay": ("<meta content='Liferay' name=generator>", "/web/dep/actualites", "/rss", "/web/dep/actualites/rss", "undated"),
    "hugo": ("<meta name=generator content='Hugo 0.135.0'>", "/actus/", "/index.xml", "/actus/index.xml", "bare"),
    "ez": ("<meta name=generator content='eZ Platform'>", "/actualites", "/rss.xml", "/actualites/rss", "definition"),
}  # fmt: skip
# A feed that nothing but its address names: a link without words.
BARE = {"eolas": "/rss_maj.php", "wmaker": "/xml/syndication.rss", "jalios": "/feed/Rss2.jsp?id=p_3081452", "drupal": "/fr/rss/general"}
WAYS = ("announced", "usual", "section-announced", "section-usual", "linked", "bare", "listing", "json-ld", "sitemap")


@dataclass
class Case:
    kind: str
    way: str
    site: Site
    news: list[Article]


def make_case(kind: str, way: str, seed: int) -> Case:
    dice = random.Random(f"{kind} {way} {seed}")
    mark, section, usual, usual_section, manner = KINDS[kind]
    news = make_articles(dice.randrange(10**6), dice.randint(8, 14), date(2026, 11, 22))
    everyone = dice.random() < 0.3  # any address answers with a page: a soft 404
    agenda = [
        Article(title=f"Atelier n° {n} du samedi", slug=f"atelier-{n}", day=date(2026, 11, 25) + timedelta(days=n), lead="Sur inscription.")
        for n in range(9)
    ]
    jobs = [
        Article(title=f"Chargé de mission n° {n} (H/F)", slug=f"offre-{n}", day=date(2026, 11, 20), lead="CDD d’un an.") for n in range(9)
    ]
    comments = [Article(title=f"Commentaires sur {one.title}", slug=f"c-{one.slug}", day=one.day, lead="Merci !") for one in news]
    traps = [
        ("Commentaires", "/comments/feed/", comments),
        ("Agenda des sorties", "/agenda.xml", agenda),
        ("Offres d’emploi", "/emplois.xml", jobs),
    ]

    def answer(site: Site, path: str, _now: object) -> Answer | None:
        feed = feed_answer(rss(news, site.root))
        links = f"<li><a href='{section}'>{dice_word}</a></li><li><a href='/agenda'>Agenda</a></li>"
        head = mark + "".join(
            f"<link rel=alternate type='application/rss+xml' title='{title}' href='{place}'>" for title, place, _ in traps
        )
        for _, place, rows in traps:
            if path == place:
                return feed_answer(rss(rows, site.root))
        if path == "/":
            if way == "announced":
                head += f"<link rel='alternate' type='application/rss+xml' title='{kind} » Flux' href='/flux-{seed}.xml'>"
            if way == "linked":
                links += f"<li><a href='/flux-{seed}.xml'><img alt='' src='/rss.png'>Flux RSS</a></li>"
            if way == "bare":
                links += f"<li><a href='{BARE[kind]}'><img alt='' src='/picto.png'></a></li>"
            if way == "json-ld":
                head += described(news)
            return home("Le Département", head=head, links=links)
        if path == section:
            own = f"<link rel=alternate type='application/rss+xml' href='/rubrique-{seed}.xml'>" if way == "section-announced" else ""
            if way == "listing":
                html = TEMPLATES[manner](random.Random(seed), news)[0].replace("https://dep.example", site.root)
                return html_answer(html.replace("<head>", f"<head>{mark}"))
            return html_answer(
                page("Actualités", "<p>Nos actualités arrivent bientôt sur cette page, revenez nous voir.</p>", head=mark + own)
            )
        wanted = {
            "announced": f"/flux-{seed}.xml",
            "linked": f"/flux-{seed}.xml",
            "bare": BARE.get(kind),
            "section-announced": f"/rubrique-{seed}.xml",
            "usual": usual,
            "section-usual": usual_section,
        }
        if path == wanted.get(way):
            return feed
        if way == "sitemap" and path == "/sitemap.xml":
            return 200, {"content-type": "text/xml"}, sitemap(site.root, news)
        return home("Page introuvable") if everyone else None

    dice_word = dice.choice(("Actualités", "Toutes les actualités", "Toute l’info", "Actus"))
    return Case(kind=kind, way=way, site=Site(name=f"{kind}-{way}-{seed}", answer=answer, articles=news), news=news)


def described(news: list[Article]) -> str:
    import json

    rows = [
        {
            "@type": "ListItem",
            "position": n,
            "item": {"@type": "NewsArticle", "headline": one.title, "url": f"/a/{one.slug}", "datePublished": str(one.day)},
        }
        for n, one in enumerate(news)
    ]
    return f"<script type='application/ld+json'>{json.dumps({'@type': 'ItemList', 'itemListElement': rows})}</script>"


def sitemap(root: str, news: list[Article]) -> bytes:
    urls = "".join(
        f"<url><loc>{root}/a/{one.slug}</loc><n:news><n:publication_date>{one.day}</n:publication_date><n:title>{one.title}</n:title></n:news></url>"
        for one in news
    )
    return f'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9">{urls}</urlset>'.encode()


def cases() -> list[Case]:
    found = []
    for kind, (_, _, usual, usual_section, _) in KINDS.items():
        for way in WAYS:
            if (way == "usual" and not usual) or (way == "section-usual" and not usual_section) or (way == "bare" and kind not in BARE):
                continue
            found += [make_case(kind, way, seed) for seed in range(2)]
    return found


@pytest.fixture(scope="module")
def findings():
    """Each site, searched once: (case, what was found, titles)."""
    told = cases()
    found = []
    with serving(World(NOW), [case.site for case in told]), Parser() as parser:

        async def look(case: Case) -> None:
            async with Fetcher(contact="x@y.fr", clock=lambda: NOW, allow_private=True, limits=Limits(spacing=0)) as fetcher:
                try:
                    got = await Scout(fetcher, parser).find(make_source(kind="discover", url=case.site.root + "/"), NOW)
                    found.append((case, got.finding, [item.title for item in got.reading.items]))
                except SourceError as exc:
                    found.append((case, exc.reason, []))

        async def everything() -> None:
            at_once = asyncio.Semaphore(4)

            async def turn(case: Case) -> None:
                async with at_once:
                    await look(case)

            await asyncio.gather(*map(turn, told))

        asyncio.run(everything())
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_nine_sites_of_ten_of_each_kind_are_found(findings, kind):
    mine = [(case, finding, titles) for case, finding, titles in findings if case.kind == kind]
    right = [case for case, _, titles in mine if sorted(titles) == sorted(one.title for one in case.news)]
    missed = [(case.way, finding) for case, finding, _ in mine if case not in right]
    print(f"{kind:<14} {len(right)}/{len(mine)}", *missed)

    assert len(right) >= 0.9 * len(mine), missed


def test_no_false_feed(findings):
    """What is not right is nothing: never comments, an agenda, jobs, or a page of furniture."""
    wrong = [
        (case.site.name, finding) for case, finding, titles in findings if titles and not set(titles) <= {one.title for one in case.news}
    ]

    assert wrong == []


def test_a_search_is_bounded(findings):
    requests = Counter({case.site.name: len(case.site.asked) for case, _, _ in findings})

    assert max(requests.values()) <= 35
    assert sum(requests.values()) / len(requests) < 20


def test_a_site_with_nothing_to_read_is_told_so():
    told = make_case("drupal", "usual", 1)
    told.site.answer, inner = lambda site, path, now: None if path == "/rss.xml" else inner(site, path, now), told.site.answer

    async def look(parser):
        async with Fetcher(contact="x@y.fr", clock=lambda: NOW, allow_private=True, limits=Limits(spacing=0)) as fetcher:
            return await Scout(fetcher, parser).find(make_source(kind="discover", url=told.site.root + "/"), NOW)

    with serving(World(NOW), [told.site]), Parser() as parser, pytest.raises(SourceError, match="aucun flux"):
        asyncio.run(look(parser))
