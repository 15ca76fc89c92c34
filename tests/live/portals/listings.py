"""Twelve hand-written listing pages in the manner of twelve kinds of site, with what must be read in them.

Each takes a seed: other articles, other counts, other traps (a featured double, an advertisement, a missing date).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape

from portals.articles import Article, make_articles

MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
SHORT = "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.".split()


@dataclass(frozen=True)
class Listing:
    """A page and its truth: (title, address, day or None) of each entry, in the order of the page."""

    html: str
    url: str
    entries: list[tuple[str, str, str | None]]


def words(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {MONTHS[day.month - 1]} {day.year}"


def short(day: date) -> str:
    return f"{day.day} {SHORT[day.month - 1]} {day.year}"


MENU = """<header class="site-header"><a class="logo" href="/"><img src="/logo.svg" alt="Le Département"></a>
<nav class="menu-principal" aria-label="Menu"><ul class="menu"><li><a href="/le-departement">Le Département et ses missions</a></li>
<li><a href="/solidarites">Solidarités et action sociale</a></li><li><a href="/colleges">Collèges, éducation et jeunesse</a></li>
<li><a href="/routes">Routes et mobilités du quotidien</a></li><li><a href="/agenda">Agenda des sorties du Département</a></li></ul></nav></header>"""
FOOTER = """<footer class="site-footer"><div class="colonnes"><ul><li><a href="/mentions-legales">Mentions légales et crédits</a></li>
<li><a href="/accessibilite">Accessibilité : partiellement conforme</a></li><li><a href="/plan-du-site">Plan du site et index</a></li></ul>
<ul class="reseaux-sociaux"><li><a href="https://social.example/@dep">Nous suivre sur Mastodon</a></li>
<li><a href="https://video.example/dep">Notre chaîne de vidéos en ligne</a></li><li><a href="/newsletter">S’abonner à la lettre d’information</a></li></ul></div></footer>"""
PAGES = """<ul class="pagination"><li class="active"><a href="?page=1">1</a></li><li><a href="?page=2">2</a></li><li><a href="?page=3">3</a></li>
<li><a href="?page=2">Page suivante</a></li></ul>"""
CRUMBS = '<ol class="breadcrumb"><li><a href="/">Accueil du site</a></li><li><a href="/actualites">Toutes les actualités</a></li><li>Page 1</li></ol>'
ASIDE = """<aside class="sidebar"><h2>Les plus lus</h2><ul><li><a href="/vieux/un">Comment demander la carte mobilité inclusion</a></li>
<li><a href="/vieux/deux">Le calendrier des transports scolaires</a></li><li><a href="/vieux/trois">Les aides au permis de conduire pour les jeunes</a></li></ul></aside>"""


def page(title: str, body: str, *, head: str = "", aside: str = "") -> str:
    return (
        f"<!doctype html><html lang=fr><head><meta charset=utf-8><title>{title}</title>{head}</head><body>{MENU}{CRUMBS}"
        f"<main id=contenu><h1>{title}</h1>{body}</main>{aside}{FOOTER}</body></html>"
    )


def wordpress(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """Posts as articles, classes with their number, a linked picture first, « lire la suite »."""
    body = "".join(
        f'<article id="post-{n}" class="post-{n} post type-post status-publish has-post-thumbnail hentry category-actualites">'
        f'<a class="post-thumbnail" href="/actualites/{row.slug}/" aria-hidden=true><img src="/wp-content/uploads/{n}.jpg" alt=""></a>'
        f'<header class="entry-header"><h2 class="entry-title"><a href="/actualites/{row.slug}/" rel=bookmark>{escape(row.title)}</a></h2>'
        f'<div class="entry-meta"><span class="posted-on">Publié le <time class="entry-date published" datetime="{row.day}T08:00:00+02:00">{words(row.day)}</time></span>'
        f' par <a href="/author/redaction">La rédaction du Département</a></div></header><div class="entry-summary"><p>{escape(row.lead)}</p></div>'
        f'<a class="more-link" href="/actualites/{row.slug}/">Lire la suite</a></article>'
        for n, row in enumerate(rows, 4210)
    )
    return page("Actualités", f"<div class=posts>{body}</div>{PAGES}", aside=ASIDE), "/actualites/", lambda row: f"/actualites/{row.slug}/"


def spip(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """A list with hentry, French dates in words in an abbr, relative links against <base>."""
    body = "".join(
        f'<li class="item short hentry"><strong class="h3-like entry-title"><a href="spip.php?article{n}" rel=bookmark>{escape(row.title)}</a></strong>'
        f'<p class="info-publi"><abbr class="published" title="{row.day}T06:00:00Z">{words(row.day)}</abbr><span class="sep">, </span><span class="auteurs">par Service presse</span></p>'
        f'<div class="introduction entry-content"><p>{escape(row.lead)}</p></div></li>'
        for n, row in enumerate(rows, 310)
    )
    numbers = {row.slug: n for n, row in enumerate(rows, 310)}
    html = page(
        "Toutes les actualités",
        f'<div class="liste long articles"><ul class="liste-items">{body}</ul></div>{PAGES}',
        head='<base href="https://dep.example/site/">',
    )
    return html, "/site/spip.php?rubrique12", lambda row: f"/site/spip.php?article{numbers[row.slug]}"


def drupal(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """views-row with odd and even, a featured double above in the same teaser markup."""

    def teaser(row: Article, extra: str) -> str:
        return (
            f'<div class="views-row {extra}"><article class="node node--type-actualite node--view-mode-teaser" about="/actualites/{row.slug}">'
            f'<h3 class="node__title"><a href="/actualites/{row.slug}"><span class="field field--name-title">{escape(row.title)}</span></a></h3>'
            f'<div class="node__content"><div class="field field--name-field-date"><time datetime="{row.day}T10:00:00Z">{short(row.day)}</time></div>'
            f'<div class="field field--name-body"><p>{escape(row.lead)}</p></div></div></article></div>'
        )

    une = f'<div class="view-a-la-une"><h2>À la une</h2>{teaser(rows[1], "a-la-une")}</div>' if dice.random() < 0.7 else ""
    body = "".join(teaser(row, f"views-row-{n} {'views-row-odd' if n % 2 else 'views-row-even'}") for n, row in enumerate(rows, 1))
    return (
        page("Actualités", f'{une}<div class="view view-actualites"><div class="view-content">{body}</div></div>{PAGES}'),
        "/actualites",
        lambda row: f"/actualites/{row.slug}",
    )


def typo3(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """news-list-view with itemprop, an advertisement without a link between two articles."""
    parts = [
        f'<div class="article articletype-0 topnews" itemscope itemtype="http://schema.org/Article"><div class="header"><h3><a itemprop="url" title="{escape(row.title)}" '
        f'href="/nos-actions/actualites/detail/{row.slug}.html"><span itemprop="headline">{escape(row.title)}</span></a></h3></div>'
        f'<div class="teaser-text"><div itemprop="description"><p>{escape(row.lead)}</p></div><a class="more" href="/nos-actions/actualites/detail/{row.slug}.html">En savoir plus</a></div>'
        f'<div class="footer"><p><span class="news-list-date"><time itemprop="datePublished" datetime="{row.day}">{row.day:%d.%m.%Y}</time></span></p></div></div>'
        for row in rows
    ]
    parts.insert(2, '<div class="article publicite"><p>Inscrivez-vous aux trophées de l’innovation</p></div>')
    return (
        page("Actualités", f'<div class="news"><div class="news-list-view">{"".join(parts)}</div></div>{PAGES}'),
        "/nos-actions/actualites.html",
        lambda row: f"/nos-actions/actualites/detail/{row.slug}.html",
    )


def joomla(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """Nested grids: rows of columns, a definition list for the date inside each."""
    cells = [
        f'<div class="item column-{n % 3 + 1}" itemprop="blogPost"><div class="page-header"><h2 itemprop="name"><a href="/index.php/actualites/{120 + n}-{row.slug}">{escape(row.title)}</a></h2></div>'
        f'<dl class="article-info muted"><dt class="article-info-term">Détails</dt><dd class="published">Publication : {words(row.day)}</dd><dd class="hits">Affichages : {dice.randint(20, 900)}</dd></dl>'
        f"<p>{escape(row.lead)}</p></div>"
        for n, row in enumerate(rows)
    ]
    grid = "".join(f'<div class="items-row cols-3 row-{i}">{"".join(cells[i : i + 3])}</div>' for i in range(0, len(cells), 3))
    numbers = {row.slug: n for n, row in enumerate(rows)}
    return (
        page("Blog des projets", f'<div class="blog">{grid}</div>{PAGES}'),
        "/index.php/actualites",
        lambda row: f"/index.php/actualites/{120 + numbers[row.slug]}-{row.slug}",
    )


def jalios(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """A table: a header row, then picture, title, date in figures."""
    body = "".join(
        f'<tr class="{"even" if n % 2 else "odd"}"><td class="visuel"><a href="jcms/prod_{n}/fr/{row.slug}"><img src="upload/{n}.png" alt=""></a></td>'
        f'<td class="texte"><a href="jcms/prod_{n}/fr/{row.slug}">{escape(row.title)}</a><br>{escape(row.lead)}</td><td class="date">{row.day:%d/%m/%Y}</td></tr>'
        for n, row in enumerate(rows, 5080)
    )
    numbers = {row.slug: n for n, row in enumerate(rows, 5080)}
    table = (
        f'<table class="portlet-liste"><thead><tr><th>Visuel</th><th>Actualité</th><th>Date</th></tr></thead><tbody>{body}</tbody></table>'
    )
    html = page("Toute l’info", f"{table}{PAGES}", head='<base href="/">')
    return html, "/jcms/dep_5083/fr/toute-l-info", lambda row: f"/jcms/prod_{numbers[row.slug]}/fr/{row.slug}"


def jahia(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """The whole card is a link; date split over spans, relative addresses that climb."""
    body = "".join(
        f'<a class="actu-card" href="../actualites/{row.slug}.html"><span class="visuel"><img src="/files/{n}.jpg" alt=""></span>'
        f'<span class="jour-mois">{row.day.day} {MONTHS[row.day.month - 1]} {row.day.year}</span><h3 class="actu-titre">{escape(row.title)}</h3><p class="accroche">{escape(row.lead)}</p></a>'
        for n, row in enumerate(rows)
    )
    return (
        page("Les actualités", f'<section class="grille-actus">{body}</section>{PAGES}'),
        "/accueil/actualites.html",
        lambda row: f"/actualites/{row.slug}.html",
    )


def definition(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """A definition list: the day is the term, the article its definition."""
    body = "".join(
        f'<dt>{words(row.day)}</dt><dd><a href="/a/{row.slug}">{escape(row.title)}</a><p>{escape(row.lead)}</p></dd>' for row in rows
    )
    return page("Chronologie des projets", f"<dl>{body}</dl>"), "/projets", lambda row: f"/a/{row.slug}"


def bare(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """No class at all: a list, the day before the link, as people wrote by hand."""
    body = "".join(f"<li>{row.day:%d/%m/%Y} - <a href='{row.slug}.htm'>{escape(row.title)}</a></li>" for row in rows)
    return page("Actualités", f"<h2>Les dernières nouvelles</h2><ul>{body}</ul>"), "/actu/index.htm", lambda row: f"/actu/{row.slug}.htm"


def ago(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """Utility classes with figures in them, « il y a 2 jours »."""
    today = date(2026, 11, 23)

    def said(day: date) -> str:
        days = (today - day).days
        return {0: "Aujourd’hui", 1: "Hier"}.get(days, f"Il y a {days} jours")

    body = "".join(
        f'<div class="card mb-4 shadow-sm"><div class="card-body p-3"><span class="badge bg-info">Innovation</span> <small class="text-muted">{said(row.day)}</small>'
        f'<h5 class="card-title mt-2"><a class="stretched-link" href="https://dep.example/projets/{row.slug}">{escape(row.title)}</a></h5><p class="card-text">{escape(row.lead)}</p></div></div>'
        for row in rows
    )
    return page("Nos projets", f'<div class="row g-4">{body}</div>{PAGES}'), "/projets", lambda row: f"/projets/{row.slug}"


def headings(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """Two nested levels without classes on the cells; one article has no date."""
    missing = dice.randrange(len(rows))
    cells = [
        f"<div><h4><a href='/lab/{row.slug}'>{escape(row.title)}</a></h4>{'' if n == missing else f'<em>{words(row.day)}</em>'}<p>{escape(row.lead)}</p></div>"
        for n, row in enumerate(rows)
    ]
    grid = "".join(f"<div>{''.join(cells[i : i + 2])}</div>" for i in range(0, len(cells), 2))
    html = page("Le laboratoire", f"<div id=journal>{grid}</div>")
    return html, "/lab", lambda row: f"/lab/{row.slug}" + ("" if row is not rows[missing] else "#sans-date")


def undated(dice: random.Random, rows: list[Article]) -> tuple[str, str, Callable[[Article], str]]:
    """Headings around links, no date anywhere; a « related » block in the same list markup."""
    body = "".join(
        f'<li class="publication"><h3><a href="/fr/articles/{row.slug}">{escape(row.title)}</a></h3><p class="chapo">{escape(row.lead)}</p><a href="/fr/articles/{row.slug}" class="suite">En savoir plus</a></li>'
        for row in rows
    )
    related = (
        '<div class="lire-aussi"><ul>'
        + "".join(
            f'<li class="publication"><h3><a href="/fr/dossiers/{n}">Dossier thématique numéro {n}, à relire</a></h3></li>'
            for n in range(4)
        )
        + "</ul></div>"
    )
    return (
        page("Bibliothèque de cas", f'<ul class="publications">{body}</ul>{related}', aside=ASIDE),
        "/fr/articles",
        lambda row: f"/fr/articles/{row.slug}",
    )


TEMPLATES = {one.__name__: one for one in (wordpress, spip, drupal, typo3, joomla, jalios, jahia, definition, bare, ago, headings, undated)}


def make_listing(name: str, seed: int, today: date = date(2026, 11, 23)) -> Listing:
    dice = random.Random(f"{name} {seed}")
    rows = make_articles(dice.randrange(10**6), dice.randint(6, 18), today, gap=dice.choice((2, 4, 9)))
    html, path, link = TEMPLATES[name](dice, rows)
    entries = []
    for row in rows:
        address, _, mark = ("https://dep.example" + link(row)).partition("#")
        day = None if mark or name == "undated" else row.day.isoformat()
        entries.append((row.title, address, day))
    return Listing(html=html, url="https://dep.example" + path, entries=entries)


def shifted(day: date, days: int) -> date:
    return day + timedelta(days=days)
