"""Twenty-one sites in as many manners, and what befalls each in thirty days.

`Story` says how feeds.yaml names the site, what must be held at the end, and in which state its source must be.
"""

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from portals.articles import Article, make_articles
from portals.listings import TEMPLATES, page
from portals.world import Answer, Site, feed_answer, home, html_answer, rss, utc

START = utc(2026, 10, 24, 6)
DAYS = 30
END = START + timedelta(days=DAYS)


def on(number: int) -> datetime:
    """The morning of a day of the simulation."""
    return START + timedelta(days=number)


@dataclass
class Story:
    site: Site
    config: Callable[[str], str]  # the site's root: what feeds.yaml says after the id
    state: str  # at the end
    alarms: tuple[str, ...] = ()  # in order
    expected: Callable[[Site], list[tuple[str, str]]] = lambda site: [(one.title, one.day.isoformat()) for one in published(site)]
    later: Callable[[str, datetime], str] | None = None  # feeds.yaml as a person mends it
    never: list[Callable[[list], str]] = field(default_factory=list)  # rules that its requests must keep: "" or what is wrong


def published(site: Site) -> list[Article]:
    return [one for one in site.articles if one.day <= END.date()]


def schedule(seed: int, *, gap: int = 3, until: date | None = None, count: int = 22) -> list[Article]:
    return make_articles(seed, count, until or END.date() - timedelta(days=2), gap=gap)


def fixed(body: Callable[[Site, datetime], bytes], path: str = "/rss") -> Callable[[Site, str, datetime], Answer | None]:
    """A site with one feed, with an ETag that follows its body."""

    def answer(site: Site, asked: str, now: datetime) -> Answer | None:
        if asked != path:
            return None
        made = body(site, now)
        return feed_answer(made, etag=f'"{abs(hash(made))}"')

    return answer


# 1. WordPress, moved to a static site on day 15: other addresses, other guids, the old feed gone.
def _wordpress(site: Site, path: str, now: datetime) -> Answer | None:
    if now < on(15):
        if path == "/":
            head = (
                "<meta name=generator content='WordPress 6.4'><link rel=alternate type='application/rss+xml' title='Le Département &raquo; Commentaires' href='/comments/feed/'>"
                "<link rel=alternate type='application/rss+xml' title='Le Département &raquo; Flux' href='/feed/'>"
            )
            return home("Le Département", head=head)
        if path == "/feed/":
            return feed_answer(
                rss(
                    site.out(now),
                    site.root,
                    guid=site.root + "/?p={}",
                    extra="<sy:updatePeriod xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'>hourly</sy:updatePeriod>",
                )
            )
        if path == "/comments/feed/":
            return feed_answer(
                rss([replace(one, title=f"Commentaires sur {one.title}") for one in site.out(now)], site.root, title="Commentaires")
            )
        return None
    if path == "/":
        return home(
            "Le Département",
            head="<meta name=generator content='Hugo 0.130'><link rel=alternate type='application/rss+xml' href='/actus/index.xml' title='Actus'>",
        )
    if path == "/actus/index.xml":
        return feed_answer(rss(site.out(now), site.root, link="/actus/{}.html", guid="tag:2026:{}"))
    return None


# 2. SPIP with a feed that no page announces; silent from day 4.
def _spip(site: Site, path: str, now: datetime) -> Answer | None:
    if path == "/":
        return home(
            "Conseil départemental",
            head="<meta name=generator content='SPIP 4.2'>",
            links="<li><a href='spip.php?rubrique3'>Vie pratique</a></li>",
        )
    if path == "/spip.php?page=backend":
        return feed_answer(rss(site.out(now), site.root, link="/spip.php?article{}"))
    return None


# 3. A Drupal listing whose classes change on day 12, mended by a person on day 18.
def _drupal(site: Site, path: str, now: datetime) -> Answer | None:
    if path != "/actualites":
        return None
    html = TEMPLATES["drupal"](random.Random(1), site.out(now))[0]
    if now >= on(12):
        html = (
            html.replace("node--type-actualite", "c-card").replace("node__title", "c-card__t").replace("field--name-field-date", "c-date")
        )
    return html_answer(html)


def _drupal_config(root: str, now: datetime = START) -> str:
    item = "article.node--type-actualite" if now < on(18) else ".view-content article.c-card"
    return f"page: '{root}/actualites', select: {{item: '{item}', title: 'h3 a', link: 'h3 a@href', date: 'time@datetime'}}"


# 4. TYPO3, moved for good on day 8.
def _typo3(site: Site, path: str, now: datetime) -> Answer | None:
    if path == "/rss.xml" and now >= on(8):
        return 301, {"location": "/actualites/rss.xml"}, b""
    if path in ("/rss.xml", "/actualites/rss.xml"):
        return feed_answer(rss(site.out(now), site.root))
    return None


# 5. Joomla, gone on day 10.
def _joomla(site: Site, path: str, now: datetime) -> Answer | None:
    if now >= on(10):
        return 410, {}, b"parti"
    return feed_answer(rss(site.out(now), site.root)) if path == "/?format=feed&type=rss" else None


# 6. Jalios: too many requests on day 6, twenty hours of peace asked for; long enough for the slowest rhythm to meet it.
_BUSY = (on(6), on(6) + timedelta(hours=28))


def _jalios(site: Site, path: str, now: datetime) -> Answer | None:
    if _BUSY[0] <= now < _BUSY[1]:
        return 429, {"retry-after": str(20 * 3600)}, b"doucement"
    return feed_answer(rss(site.out(now), site.root)) if path == "/jcms/rss" else None


# 7. Jahia: titles and texts edited.
def _edited(site: Site, now: datetime) -> list[Article]:
    rows = site.out(now)
    if now >= on(9):
        rows = [
            replace(one, title=one.title + " (mis à jour)") if number % 4 == 1 else one
            for number, one in enumerate(site.articles)
            if one in rows
        ]
    if now >= on(14):
        rows = [replace(one, lead=one.lead + " Une réunion publique suivra.") for one in rows]
    return rows


def _jahia_expected(site: Site) -> list[tuple[str, str]]:
    rows = {one.slug: one.title for one in published(site)}
    for number, one in enumerate(site.articles):
        if number % 4 == 1:
            rows[one.slug] = one.title + " (mis à jour)"
    return [(rows[one.slug], one.day.isoformat()) for one in published(site)]


# 8. Entries vanish on days 11 and 12, and come back.
def _vanishing(site: Site, now: datetime) -> bytes:
    return rss([] if on(11) <= now < on(13) else site.out(now), site.root)


# 9. Decidim without a feed: discover must read its news page by itself.
def _decidim(site: Site, path: str, now: datetime) -> Answer | None:
    if path == "/":
        return home(
            "Je participe",
            head="<link rel=stylesheet href='/decidim-packs/x.css'>",
            links="<li><a href='/actualites'>Toutes les actualités</a></li>",
        )
    if path == "/actualites":
        cards = "".join(
            f"<div class='card card--post'><div class='card__content'><a class='card__link' href='/posts/{one.slug}'><h2 class='card__title'>{one.title}</h2></a>"
            f"<div class='card__text'><p>{one.lead}</p></div></div><div class='card__status'><ul class='card-data'><li class='card-data__item'>Créé le {one.day:%d/%m/%Y}</li></ul></div></div>"
            for one in site.out(now)
        )
        return html_answer(page("Actualités", f"<div class='row small-up-1'>{cards}</div>"))
    return None


# 10. A Mastodon account: no titles.
def _mastodon(site: Site, now: datetime) -> bytes:
    items = "".join(
        f"<item><guid isPermaLink='true'>{site.root}/@lab/{number}</guid><link>{site.root}/@lab/{number}</link><pubDate>{one.day:%a, %d %b %Y} 09:00:00 +0000</pubDate>"
        f"<description>&lt;p&gt;{one.title}&lt;/p&gt;</description></item>"
        for number, one in enumerate(reversed(site.articles))
        if one.day <= now.date()
    )
    return (
        f'<?xml version="1.0"?><rss version="2.0"><channel><title>lab</title><link>{site.root}/@lab</link>{items}</channel></rss>'.encode()
    )


# 11. JSON Feed that posts old articles again under new ids and dates.
def _reposts(site: Site, path: str, now: datetime) -> Answer | None:
    if path != "/feed.json":
        return None
    rows = [
        {
            "id": one.slug,
            "url": f"{site.root}/{one.slug}",
            "title": one.title,
            "content_text": one.lead,
            "date_published": f"{one.day}T08:00:00Z",
        }
        for one in site.out(now)
    ]
    if now >= on(10) and len(rows) > 3:
        again = rows[3] | {"id": f"again-{now.date()}", "date_published": now.strftime("%Y-%m-%dT06:00:00Z")}
        rows = [again, *(row for row in rows if row["url"] != again["url"])]
    return (
        200,
        {"content-type": "application/feed+json"},
        json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": rows}).encode(),
    )


# 12. An agenda of 3,000 entries back to 2020.
def _agenda_rows(now: datetime) -> list[Article]:
    rows, day, number = [], date(2020, 1, 3), 0
    while day <= now.date() and number < 3000:
        rows.append(
            Article(title=f"Atelier numérique numéro {number} à la médiathèque", slug=f"atelier-{number}", day=day, lead="Sur inscription.")
        )
        number += 1
        day = date(2020, 1, 3) + timedelta(days=number * (END.date() - date(2020, 1, 3)).days // 2999)
    return rows[::-1]


# 13. robots.txt forbids the feed from day 7 to day 20.
def _robots(now: datetime) -> str:
    return "User-agent: *\nDisallow: /flux\n" if on(7) <= now < on(20) else "User-agent: *\nDisallow: /admin\nCrawl-delay: 2\n"


# 14. A news sitemap behind an index, named in robots.txt.
def _sitemap(site: Site, path: str, now: datetime) -> Answer | None:
    xml = {"content-type": "application/xml"}
    if path == "/":
        return home("eZ Département")
    if path == "/plans/index.xml":
        body = f"<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>{site.root}/plans/pages.xml</loc></sitemap><sitemap><loc>{site.root}/plans/news.xml</loc></sitemap></sitemapindex>"
        return 200, xml, body.encode()
    if path == "/plans/news.xml":
        urls = "".join(
            f"<url><loc>{site.root}/a/{one.slug}</loc><news:news><news:publication><news:name>Dép</news:name><news:language>fr</news:language></news:publication>"
            f"<news:publication_date>{one.day}</news:publication_date><news:title>{one.title}</news:title></news:news></url>"
            for one in site.out(now)
        )
        return (
            200,
            xml,
            f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9' xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'>{urls}</urlset>".encode(),
        )
    return None


# 15. A wall of Cloudflare from day 16.
def _walled(site: Site, path: str, now: datetime) -> Answer | None:
    if now >= on(16):
        return 403, {"cf-mitigated": "challenge", "server": "cloudflare"}, b"<title>Just a moment...</title>"
    return feed_answer(rss(site.out(now), site.root)) if path == "/rss" else None


# 16. A page that describes its articles in JSON-LD only.
def _structured(site: Site, path: str, now: datetime) -> Answer | None:
    if path != "/":
        return None
    rows = [
        {
            "@type": "NewsArticle",
            "headline": one.title,
            "url": f"/n/{one.slug}",
            "datePublished": one.day.isoformat(),
            "description": one.lead,
        }
        for one in site.out(now)
    ]
    described = json.dumps({"@context": "https://schema.org", "@type": "Blog", "blogPost": rows})
    return home("Nuxt Département", head=f"<script type='application/ld+json'>{described}</script>")


# 17. All guids change in the night of day 13.
def _guids(site: Site, now: datetime) -> bytes:
    return rss(site.out(now), site.root, guid="old-{}" if now < on(13) else "new-{}")


# 18. Out of order on days 8 and 9.
def _broken(site: Site, path: str, now: datetime) -> Answer | None:
    if on(8) <= now < on(10):
        return 500, {}, b"erreur"
    return feed_answer(rss(site.out(now), site.root)) if path == "/rss" else None


# 19. Windows-1252 that its header and its declaration call iso-8859-1: apostrophes, œ and the euro are where that has none.
def _spelled(rows: list[Article]) -> list[Article]:
    return [replace(one, title=f"{one.title} – l’œuvre à 12 €", lead=f"« {one.lead} » : le cœur de l’été…") for one in rows]


def _windows(site: Site, path: str, now: datetime) -> Answer | None:
    if path != "/rss":
        return None
    body = rss(_spelled(site.out(now)), site.root).decode().replace('encoding="utf-8"', 'encoding="iso-8859-1"').encode("cp1252")
    return 200, {"content-type": "application/rss+xml; charset=iso-8859-1"}, body


# 20. Two articles in five are dated five years ahead: by a slip, or an event of a plan.
def _is_ahead(one: Article) -> bool:
    return sum(one.title.encode()) % 5 < 2


def _ahead(site: Site, now: datetime) -> bytes:
    return rss([replace(one, day=one.day.replace(year=2031)) if _is_ahead(one) else one for one in site.out(now)], site.root)


def _first_seen(site: Site) -> list[tuple[str, str]]:
    visits = sorted({asked.now.date() for asked in site.asked if asked.path == "/rss"})
    seen = {one: next(day for day in visits if day >= one.day) for one in published(site)}
    return [(one.title, (seen[one] if _is_ahead(one) else one.day).isoformat()) for one in published(site)]


# 21. WordPress and what it adds: where it appeared first, a link to read on, buttons to share; its version changes the words on day 14.
def _footed(site: Site, now: datetime) -> bytes:
    def said(one: Article) -> str:
        link = f"<a rel='nofollow' href='{site.root}/a/{one.slug}'>"
        foot = f"<p>L’article {link}{one.title}</a> est apparu en premier sur <a href='{site.root}'>Le Département</a>.</p>"
        share = "<div class='sharedaddy sd-sharing-enabled'><h3>Partager :</h3><ul><li>Cliquez pour partager sur X</li></ul></div>"
        more = f"<p><a class='more-link' href='{site.root}/a/{one.slug}'>Continuer la lecture de « {one.title} »</a></p>"
        return f"<p>{one.lead}</p>{more}{share if now >= on(14) else ''}{foot}"

    return rss([replace(one, lead=said(one)) for one in site.out(now)], site.root)


def no_request(since: datetime, until: datetime, but: str = "") -> Callable[[list], str]:
    def rule(asked: list) -> str:
        bad = [one for one in asked if since < one.now < until and not (but and re.fullmatch(but, one.path))]
        return f"{len(bad)} requests, first {bad[0].path} at {bad[0].now}" if bad else ""

    return rule


def peace_after_429(asked: list) -> str:
    """From the first 429 on, twenty hours without a request (those of the same minute were under way)."""
    met = [one.now for one in asked if _BUSY[0] <= one.now < _BUSY[1]]
    return no_request(met[0] + timedelta(minutes=1), met[0] + timedelta(hours=20))(asked) if met else "no request met the 429"


def stories() -> list[Story]:
    """Fresh sites, each with its story."""

    def site(number: int, name: str, answer: Callable[[Site, str, datetime], Answer | None], **given: object) -> Site:
        given.setdefault("articles", schedule(number))
        return Site(name=name, answer=answer, **given)  # type: ignore[arg-type]

    feed = lambda path: lambda root: f"feed: '{root}{path}'"  # noqa: E731
    discover = lambda root: f"discover: '{root}/'"  # noqa: E731
    silent = schedule(2, until=on(4).date(), gap=2, count=14)
    before_gone = [one for one in schedule(5) if one.day <= on(9).date()]
    before_wall = [one for one in schedule(15) if one.day <= on(15).date()]
    agenda = Site(
        name="agenda", answer=lambda one, path, now: feed_answer(rss(_agenda_rows(now), one.root)) if path == "/agenda.xml" else None
    )
    return [
        Story(site(1, "wordpress", _wordpress), discover, "live", ("upheaval-found",)),
        Story(site(2, "spip", _spip, articles=silent), discover, "quiet", ("quiet",)),
        Story(site(3, "drupal", _drupal), _drupal_config, "live", ("selector-missed", "live"), later=_drupal_config),
        Story(site(4, "typo3", _typo3), feed("/rss.xml"), "moved", ("moved",), never=[no_request(on(11), END, r"/robots\.txt|/actualites/rss\.xml")]),
        Story(
            site(5, "joomla", _joomla, articles=before_gone), feed("/?format=feed&type=rss"), "gone", ("gone",),
            never=[no_request(on(11), END)],
        ),
        Story(site(6, "jalios", _jalios), feed("/jcms/rss"), "live", never=[peace_after_429]),
        Story(site(7, "jahia", fixed(lambda one, now: rss(_edited(one, now), one.root))), feed("/rss"), "live", expected=_jahia_expected),
        Story(site(8, "liferay", fixed(_vanishing)), feed("/rss"), "live", ("empty", "live")),
        Story(site(9, "decidim", _decidim), discover, "live"),
        Story(site(10, "mastodon", fixed(_mastodon, "/@lab.rss")), feed("/@lab.rss"), "live"),
        Story(site(11, "jekyll", _reposts), feed("/feed.json"), "live"),
        Story(agenda, feed("/agenda.xml"), "live", expected=lambda _site: [(one.title, one.day.isoformat()) for one in _agenda_rows(END)]),
        Story(
            site(13, "osuny", fixed(lambda one, now: rss(one.out(now), one.root), "/flux"), robots=_robots), feed("/flux"), "live",
            ("robots", "live"), never=[no_request(on(7), on(20), r"/robots\.txt")],
        ),
        Story(
            site(14, "ez", _sitemap, robots=lambda _now: f"Sitemap: {world_root('ez')}/plans/index.xml\n"), discover, "live",
        ),
        Story(site(15, "opendatasoft", _walled, articles=before_wall), feed("/rss"), "blocked", ("blocked",)),
        Story(site(16, "nuxt", _structured), discover, "live"),
        Story(site(17, "ametys", fixed(_guids)), feed("/rss"), "live", ("upheaval-guids",)),
        Story(site(18, "ghost", _broken), feed("/rss"), "live", ("failing", "live")),
        Story(
            site(19, "ez-2008", _windows), feed("/rss"), "live",
            expected=lambda site: [(one.title, one.day.isoformat()) for one in _spelled(published(site))],
        ),
        Story(site(20, "plan-2031", fixed(_ahead)), feed("/rss"), "live", expected=_first_seen),
        Story(site(21, "wordpress-yoast", fixed(_footed)), feed("/rss"), "live"),
    ]  # fmt: skip


_roots: dict[str, str] = {}


def world_root(name: str) -> str:
    """The root of a site, once it is served."""
    return _roots.get(name, "")


def remember_roots(sites: list[Site]) -> None:
    _roots.update({one.name: one.root for one in sites})
