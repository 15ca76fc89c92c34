"""Where a page says, or its software lets expect, that a feed is.

Comes in: a page. Goes out: `Leads`: addresses to ask, the likeliest first. Forbidden: asking them; knowledge of any one site.
Defaults are those of the software as its documentation or a site of it shows them.
"""

import re
from urllib.parse import parse_qs, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from veille.french import fold
from veille.letters import page_text
from veille.model import Fetched, Lead, Leads
from veille.normalize import absolute, clean
from veille.parse.page import base_of, soup_of

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml", "application/xml")
_MOST_LEADS = 60
# What a feed is about, told by the words of its title and address; the first that fits.
_PURPOSES = (
    ("comments", re.compile(r"\bcomment(?:aire)?s?\b|/comments/|commentaires?[-_]")),
    ("agenda", re.compile(r"\bagendas?\b|\bevenements?\b|\bevents?\b|\bcalendriers?\b|\bcalendar\b|\bsorties\b|\bmanifestations\b")),
    ("jobs", re.compile(r"\bemplois?\b|\boffres?\b|\brecrutements?\b|\bjobs?\b|\bcarrieres?\b|\bstages?\b|\bmarches[ -]publics\b")),
)  # fmt: skip
_NEWS = re.compile(
    r"\bactualites?\b|\bactus?\b|\bnews\b|\binnovations?\b|\ba la une\b|\btoute l[ '’]?info\b|\bblog\b|\bbillets?\b|\barticles?\b"
)
_SECTIONS = (
    (re.compile(r"\b(?:toutes? (?:les |l[ '’])?)?(?:actualites?|actus?)\b"), 5), (re.compile(r"\btoute l[ '’]?info\b"), 5),
    (re.compile(r"\binnovations?\b"), 4), (re.compile(r"\bnews\b"), 4), (re.compile(r"\bblog\b"), 3), (re.compile(r"\ba la une\b"), 3),
    (re.compile(r"\binfos?\b|\binformations?\b|\bnouvelles\b"), 2),
    (re.compile(r"\bprojets?\b|\bpublications?\b|\bmagazine\b|\bjournal\b"), 1),
)  # fmt: skip
_FEED_ADDRESS = re.compile(
    r"(?:/feed/?|/rss/?|\.rss|\.atom|/rss[^/]*\.xml|/atom[^/]*\.xml|/feed[^/]*\.xml|[?&]type=rss|backend[^/]*|format=feed.*|"
    r"/rss_maj\.php|/syndication\.rss|/rss2?\.jsp(?:\?[^/]*)?|/rss/[a-z][a-z-]{2,30})\Z",
    re.I,
)
_ENDING = re.compile(r"(?:/index)?(?:\.html?|\.php|/)?\Z")
_NOT_A_SECTION = re.compile(r"agenda|evenement|contact|mentions|newsletter|lettre|lettres|accessibilite|plan du site|abonn|connexion|rss")
# Marks of a software in its pages, the addresses of feeds on its sites (from the root), and beside a section.
_Software = tuple[str, re.Pattern[str], tuple[str, ...], tuple[str, ...]]
_SOFTWARE: tuple[_Software, ...] = (
    ("WordPress", re.compile(r"/wp-content/|/wp-json|wp-includes|generator[^>]*wordpress"), ("/feed/", "/?feed=rss2"), ("{}/feed/",)),
    (
        "SPIP", re.compile(r"spip\.php|generator[^>]*spip|class=[\"'][^\"']*spip"),
        ("/spip.php?page=backend",), ("/spip.php?page=backend&id_rubrique={spip}",),
    ),
    (
        "Drupal", re.compile(r"drupal|/sites/default/files|/sites/all/"),
        ("/rss.xml",), ("{}/rss.xml", "{}.xml", "{}/feed", "{}/rss"),
    ),
    (
        "TYPO3", re.compile(r"typo3|/fileadmin/"), ("/rss.xml", "/feed.xml", "/?type=9818", "/?type=100"),
        ("{}/rss", "{}/rss.xml", "{}/feed.xml", "{}?type=9818", "{}?type=100"),
    ),
    (
        "Joomla", re.compile(r"joomla|/components/com_|/media/jui/|/media/system/js"),
        ("/?format=feed&type=rss", "/index.php?format=feed&type=rss"), ("{}?format=feed&type=rss",),
    ),
    (
        "CMS.Eolas", re.compile(r"cms\.eolas|/include/viewfile|href=[\"'][^\"'?#]*/\d{1,6}-[a-z0-9-]{3,}\.htm[\"'?#]"),
        ("/rss_actualite.rss", "/rss_actualite.php", "/rss_maj.php"), (),
    ),
    (
        "WMaker", re.compile(r"wmaker|href=[\"'][^\"'?#]*_[ar]\d{1,7}\.html[\"'?#]"), ("/xml/syndication.rss", "/xml/atom.xml"), (),
    ),
    ("Jalios", re.compile(r"/jcms/|jalios"), ("/rss", "/feed"), ("{}?rss=true", "{}/rss")),
    ("Jahia", re.compile(r"jahia|/cms/render/"), ("/rss.xml",), ("{}.rss",)),
    (
        "Opendatasoft", re.compile(r"opendatasoft|ods-front|/api/explore/"),
        ("/api/explore/v2.1/catalog/exports/rss?lang=fr&sort=-modified", "/explore/rss/"), (),
    ),
    ("Decidim", re.compile(r"decidim"), (), ("{}.rss", "{}.atom")),
    ("Discourse", re.compile(r"generator[^>]*discourse"), ("/latest.rss",), ("{}.rss",)),
    ("Hugo", re.compile(r"generator[^>]*hugo"), ("/index.xml",), ("{}/index.xml",)),
    ("Jekyll", re.compile(r"generator[^>]*jekyll"), ("/feed.xml",), ("{}/feed.xml",)),
    ("Ghost", re.compile(r"generator[^>]*ghost"), ("/rss/",), ("{}/rss/",)),
)  # fmt: skip
_ANYWHERE = (("/feed/", "/rss.xml", "/rss", "/feed.xml", "/atom.xml"), ("{}/feed", "{}/rss", "{}/rss.xml", "{}.rss"))


def purpose_of(address: str, title: str = "") -> str:
    """Return what a feed is about: `news` unless its title or address says comments, agenda or jobs.

    A title that says news too (« Actualités et agenda ») is news: what the entries are is judged when they are read.
    """
    said = fold(title)
    if _NEWS.search(said) and not _PURPOSES[0][1].search(said):
        return "news"
    folded = f"{said} {fold(address)}"
    return next((name for name, pattern in _PURPOSES if pattern.search(folded)), "news")


def leads_of(fetched: Fetched) -> Leads:
    """Return what a page leads to; raises ParseError for what is no page."""
    soup = soup_of(fetched)
    base = base_of(soup, fetched.url)
    feeds = [*_announced(soup, base), *_linked(soup, base)]
    sections = _sections(soup, base, fetched.url)
    made_by = " ".join(
        f"generator {meta.get('content')}" for meta in soup.find_all("meta", attrs={"name": re.compile("^generator$", re.I)})
    )
    markup = f"{page_text(fetched)[:400_000]} {made_by}".lower()
    software = next((row for row in _SOFTWARE if row[1].search(markup)), None)
    return Leads(
        feeds=_distinct(feeds)[:_MOST_LEADS],
        usual=_distinct([*_of_account(fetched.url, markup), *_usual(fetched.url, software)]),
        sections=_distinct(sections)[:_MOST_LEADS],
        software=software[0] if software else "",
        title=clean(soup.title.get_text(" "))[:200] if soup.title else "",
        site=_site_name(soup),
    )


def _site_name(soup: BeautifulSoup) -> str:
    """Return what a page says that its site is called (https://ogp.me/#optional, and the name of the application in HTML)."""
    named = soup.find("meta", attrs={"property": "og:site_name"}) or soup.find("meta", attrs={"name": "application-name"})
    return clean(str(named.get("content") or ""))[:100] if isinstance(named, Tag) else ""


def usual_of_section(section: str, software: str) -> tuple[Lead, ...]:
    """Return the usual addresses of a section's own feed."""
    row = next((row for row in _SOFTWARE if row[0] == software), None)
    rubric = re.search(r"rubrique(?:=|/)?(\d+)|[-/](\d+)(?:\.html?)?\Z", section)
    parts = urlsplit(section)
    stem = f"{parts.scheme}://{parts.netloc}" + _ENDING.sub("", parts.path)
    shapes = (row[3] if row else ()) + _ANYWHERE[1]
    found = []
    for shape in shapes:
        if "{spip}" in shape:
            if rubric:
                found.append(urljoin(section, shape.replace("{spip}", rubric[1] or rubric[2] or "")))
        elif parts.path.strip("/"):
            found.append(shape.format(stem))
    return _distinct([Lead(url=url, how="usual-section", purpose=purpose_of(url)) for url in found])


def _distinct(leads: list[Lead]) -> tuple[Lead, ...]:
    """Return each address once, where and as it came first."""
    found: dict[str, Lead] = {}
    for lead in leads:
        found.setdefault(lead.url, lead)
    return tuple(found.values())


def _announced(soup: BeautifulSoup, base: str) -> list[Lead]:
    found = []
    for link in soup.find_all("link", href=True):
        if not isinstance(link, Tag) or "alternate" not in [str(rel).lower() for rel in link.get_attribute_list("rel")]:
            continue
        address = absolute(base, str(link["href"]))
        kind = str(link.get("type", "")).lower().split(";")[0].strip()
        if not address or kind not in _FEED_TYPES or "oembed" in address or (kind in _FEED_TYPES[4:] and link.get("hreflang")):
            continue
        title = clean(str(link.get("title") or ""))[:200]
        found.append(Lead(url=address, how="announced", label=title, purpose=purpose_of(address, title), news=_is_news(title, address)))
    return found


def _is_news(title: str, address: str) -> bool:
    path = urlsplit(address).path
    return bool(_NEWS.search(fold(f"{title} {re.sub(r'[-_/.]+', ' ', path)}")))


def _linked(soup: BeautifulSoup, base: str) -> list[Lead]:
    """Links whose address or words say RSS or Atom."""
    found = []
    for link in soup.find_all("a", href=True):
        if not isinstance(link, Tag):
            continue
        address = absolute(base, str(link["href"]))
        title = clean(link.get_text(" ") or str(link.get("title") or ""))[:200]
        if not address or not same_site(address, base):
            continue
        if _FEED_ADDRESS.search(address) or re.search(r"\brss\b|\batom\b", title, re.I):
            purpose = purpose_of(address, title)
            found.append(Lead(url=address, how="linked", label=title, purpose=purpose, news=_is_news(title, address)))
    return found


def _usual(url: str, software: _Software | None) -> list[Lead]:
    root = urljoin(url, "/").rstrip("/")
    shapes = (*(software[2] if software else ()), *_ANYWHERE[0])
    return [Lead(url=root + shape, how="usual") for shape in shapes]


def _of_account(url: str, markup: str) -> list[Lead]:
    """Return the feed of an account on a network: YouTube, Mastodon, Bluesky, PeerTube, Medium, by the shape of its address."""
    parts = urlsplit(url)
    host, path = parts.hostname or "", parts.path.rstrip("/")
    root = f"{parts.scheme}://{parts.netloc}"
    found: list[str] = []
    if host.removeprefix("www.") == "youtube.com":
        channel = re.search(r"/channel/(uc[\w-]{22})", path + " " + markup, re.I)
        playlist = parse_qs(parts.query).get("list")
        original = re.search(r"/channel/(UC[\w-]{22})", path)
        if original or channel:
            found.append(f"{root}/feeds/videos.xml?channel_id={original[1] if original else channel[1] if channel else ''}")
        if playlist:
            found.append(f"{root}/feeds/videos.xml?playlist_id={playlist[0]}")
    elif host == "bsky.app" and path.startswith("/profile/"):
        found.append(f"{root}{path}/rss")
    elif host.endswith("medium.com") and path.startswith("/@"):
        found.append(f"{root}/feed{path}")
    elif re.fullmatch(r"/@[\w.-]+(?:@[\w.-]+)?", path):
        found.append(f"{root}{path}.rss")
    channel_name = re.fullmatch(r"/(c|video-channels|a|accounts)/([\w.@-]+)(?:/.*)?", path)
    if channel_name and "peertube" in markup:
        what = "videoChannelName" if channel_name[1] in ("c", "video-channels") else "accountName"
        found.append(f"{root}/feeds/videos.xml?{what}={channel_name[2]}")
    return [Lead(url=one, how="account", news=True) for one in found]


def _sections(soup: BeautifulSoup, base: str, url: str) -> list[Lead]:
    """Links of the site that lead to its news, the likeliest first."""
    found: list[tuple[float, Lead]] = []
    for link in soup.find_all("a", href=True):
        if not isinstance(link, Tag):
            continue
        address = absolute(base, str(link["href"])).split("#")[0]
        words = clean(link.get_text(" "))[:80]
        if not address or not same_site(address, url) or address.rstrip("/") == url.rstrip("/") or len(words) > 45:
            continue
        path = urlsplit(address).path
        if re.search(r"\.(?:pdf|jpe?g|png|zip|docx?|xlsx?|ics|xml|rss)\Z", path, re.I):
            continue
        said = fold(words)
        last = fold(re.sub(r"[-_/.]+", " ", path.rstrip("/").rsplit("/", 1)[-1]))
        if _NOT_A_SECTION.search(said) or _NOT_A_SECTION.search(last):
            continue
        score = max((worth for pattern, worth in _SECTIONS if pattern.search(said)), default=0) + max(
            (worth for pattern, worth in _SECTIONS if pattern.search(last)), default=0
        )
        if score:
            depth = path.strip("/").count("/")
            found.append(
                (score - 0.3 * depth - 0.02 * len(last) - 0.02 * len(said), Lead(url=address, how="section", label=words, news=True))
            )
    found.sort(key=lambda row: -row[0])
    return [lead for _, lead in found]


def same_site(address: str, other: str) -> bool:
    """Return whether two addresses are of one site, `www.` or not."""
    hosts = [(urlsplit(one).hostname or "").removeprefix("www.") for one in (address, other)]
    ports = [urlsplit(one).port for one in (address, other)]
    return hosts[0] == hosts[1] and ports[0] == ports[1]
