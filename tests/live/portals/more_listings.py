"""Fourteen more listing pages, in other manners than those that the rules were first made on: design systems, page builders, themes."""

from collections.abc import Callable
from datetime import date, timedelta

from portals.articles import Article
from portals.listings import Listing, page, short, words

T = date(2026, 11, 23)
Rows = list[Article]


def dsfr(rows: Rows) -> str:
    return (
        "<div class='fr-grid-row fr-grid-row--gutters'>"
        + "".join(
            f"<div class='fr-col-12 fr-col-md-4'><div class='fr-card fr-enlarge-link'><div class='fr-card__body'><div class='fr-card__content'><h3 class='fr-card__title'><a href='/actualites/{r.slug}'>{r.title}</a></h3><p class='fr-card__desc'>{r.lead}</p><div class='fr-card__start'><ul class='fr-tags-group'><li><p class='fr-tag'>Innovation</p></li></ul><p class='fr-card__detail'>Publié le {words(r.day)}</p></div></div></div><div class='fr-card__header'><div class='fr-card__img'><img src='x.jpg' alt=''></div></div></div></div>"
            for r in rows
        )
        + "</div><nav class='fr-pagination'><ul class='fr-pagination__list'><li><a class='fr-pagination__link' href='?page=2'>2</a></li></ul></nav>"
    )


def elementor(rows: Rows) -> str:
    return (
        "<div class='elementor-posts-container elementor-posts elementor-grid'>"
        + "".join(
            f"<article class='elementor-post elementor-grid-item post-{i} post type-post'><a class='elementor-post__thumbnail__link' href='/{r.slug}/'><div class='elementor-post__thumbnail'><img src=x></div></a><div class='elementor-post__text'><h3 class='elementor-post__title'><a href='/{r.slug}/'>{r.title}</a></h3><div class='elementor-post__meta-data'><span class='elementor-post-date'>{words(r.day)}</span><span class='elementor-post-avatar'>Aucun commentaire</span></div><div class='elementor-post__excerpt'><p>{r.lead}</p></div><a class='elementor-post__read-more' href='/{r.slug}/'>Lire la suite »</a></div></article>"
            for i, r in enumerate(rows, 4000)
        )
        + "</div>"
    )


def tailwind(rows: Rows) -> str:
    return (
        "<div class='grid grid-cols-1 md:grid-cols-3 gap-8'>"
        + "".join(
            f"<a href='/news/{r.slug}' class='group flex flex-col rounded-lg shadow-lg hover:shadow-xl'><img class='h-48 w-full' src=x><div class='flex-1 bg-white p-6'><p class='text-sm font-medium text-indigo-600'>Article</p><p class='mt-2 text-xl font-semibold text-gray-900'>{r.title}</p><p class='mt-3 text-base text-gray-500'>{r.lead}</p><div class='mt-6 text-sm text-gray-500'><time datetime='{r.day}'>{short(r.day)}</time><span>4 min</span></div></div></a>"
            for r in rows
        )
        + "</div>"
    )


def hugo(rows: Rows) -> str:
    return (
        "<section class='posts-list'>"
        + "".join(
            f"<article class='post-entry'><header class='entry-header'><h2>{r.title}</h2></header><div class='entry-content'><p>{r.lead}</p></div><footer class='entry-footer'><span title='{r.day} 00:00:00 +0000 UTC'>{words(r.day)}</span>&nbsp;·&nbsp;2 min</footer><a class='entry-link' aria-label='post link to {r.title}' href='/posts/{r.slug}/'></a></article>"
            for r in rows
        )
        + "</section>"
    )


def liferay(rows: Rows) -> str:
    return (
        "<div class='asset-publisher'><div class='entries'>"
        + "".join(
            f"<div class='asset-abstract default-asset-publisher'><div class='h4 asset-title'><a href='/web/guest/-/{r.slug}'>{r.title}</a></div><div class='asset-content'><div class='asset-summary'>{r.lead}<a href='/web/guest/-/{r.slug}'> En savoir plus <span class='hide-accessible'>à propos de {r.title}</span> »</a></div></div><div class='asset-metadata'><span class='metadata-entry metadata-publish-date'>{r.day:%d/%m/%y}</span></div></div>"
            for r in rows
        )
        + "</div></div>"
    )


def list_of_articles(rows: Rows) -> str:
    return (
        "<ul class='list-unstyled'>"
        + "".join(
            f"<li><article><div class='visuel'><a href='/a/{r.slug}' tabindex=-1><img src=x alt='{r.title}'></a></div><div><span class='rubrique'><a href='/themes/solidarite'>Solidarités et familles du territoire</a></span><h2><a href='/a/{r.slug}'>{r.title}</a></h2><p class='date'>Le {words(r.day)} - Mis à jour le {words(T)}</p></div></article></li>"
            for r in rows
        )
        + "</ul>"
    )


def carousel(rows: Rows) -> str:
    return (
        "<div class='slider'>"
        + "".join(f"<div class='slide'><h2><a href='/a/{r.slug}'>{r.title}</a></h2></div>" for r in rows[:4])
        + "</div><div class='toutes'>"
        + "".join(f"<div class='bloc'><p class='date'>{short(r.day)}</p><h3><a href='/a/{r.slug}'>{r.title}</a></h3></div>" for r in rows)
        + "</div>"
    )


def agenda_beside(rows: Rows) -> str:
    ag = (
        "<div class='colonne'><h2>Agenda</h2><ul>"
        + "".join(
            f"<li><span>{words(T + timedelta(days=i + 3))}</span> <a href='/e/{i}'>Spectacle numéro {i} à la salle des fêtes</a></li>"
            for i in range(6)
        )
        + "</ul></div>"
    )
    return (
        "<div class='contenu'>"
        + "".join(
            f"<div class='brève'><a href='/a/{r.slug}'>{r.title}</a><br><span class='quand'>{words(r.day)}</span><p>{r.lead}</p></div>"
            for r in rows
        )
        + "</div>"
        + ag
    )


def mega_menu(rows: Rows) -> str:
    m = (
        "<div class='mega'>"
        + "".join(
            f"<div class='col'><h4>Rubrique numéro {i}</h4><ul>"
            + "".join(f"<li><a href='/m/{i}/{k}'>Toutes les aides du Département numéro {k}</a></li>" for k in range(9))
            + "</ul></div>"
            for i in range(4)
        )
        + "</div>"
    )
    return (
        m
        + "<section>"
        + "".join(f"<div class='actualite'><h3><a href='/a/{r.slug}'>{r.title}</a></h3><p>{r.lead}</p></div>" for r in rows)
        + "</section>"
    )


def table_without_ends(rows: Rows) -> str:
    return (
        "<table><tr><th>Date<th>Titre</tr>"
        + "".join(f"<tr><td>{r.day:%d/%m/%Y}</td><td><a href='/a/{r.slug}'>{r.title}</a></td></tr>" for r in rows)
        + "</table>"
    )


def few(rows: Rows) -> str:
    return (
        "<div class='actus'>"
        + "".join(
            f"<div class='actu'><h3><a href='/a/{r.slug}'>{r.title}</a></h3><time datetime='{r.day}T10:00'>{words(r.day)}</time></div>"
            for r in rows[:3]
        )
        + "</div>"
    )


def date_in_three(rows: Rows) -> str:
    return (
        "<div class='liste'>"
        + "".join(
            f"<div class='item'><div class='date'><span class='jour'>{r.day.day}</span> <span class='mois'>{short(r.day).split()[1]}</span> <span class='annee'>{r.day.year}</span></div><div class='txt'><a href='/a/{r.slug}' title='Lire'>{r.title}</a><p>{r.lead}</p></div></div>"
            for r in rows
        )
        + "</div>"
    )


def two_links(rows: Rows) -> str:
    return (
        "<div>"
        + "".join(
            f"<div class='news'><a href='/a/{r.slug}'><img src=x alt=''></a><span class='cat'>Culture</span><a href='/a/{r.slug}'><strong>{r.title}</strong></a><small>Publié le {r.day:%d/%m/%Y} à 10h30</small></div>"
            for r in rows
        )
        + "</div>"
    )


def category_links(rows: Rows) -> str:
    return (
        "<div class='x'>"
        + "".join(
            f"<div class='carte-actu'><div class='haut'><ul class='etiquettes'><li><a href='/t/1'>Environnement et transition écologique</a></li><li><a href='/t/2'>Habitat</a></li></ul></div><a class='titre' href='/a/{r.slug}'>{r.title}</a><div class='bas'>{short(r.day)}</div></div>"
            for r in rows
        )
        + "</div>"
    )


MORE: dict[str, Callable[[Rows], str]] = {
    one.__name__: one
    for one in (
        dsfr,
        elementor,
        tailwind,
        hugo,
        liferay,
        list_of_articles,
        carousel,
        agenda_beside,
        mega_menu,
        table_without_ends,
        few,
        date_in_three,
        two_links,
        category_links,
    )
}


def make_more(name: str, rows: Rows) -> Listing:
    shown = rows[:3] if name == "few" else rows
    entries = [(row.title, row.slug, None if name == "mega_menu" else row.day.isoformat()) for row in shown]
    return Listing(html=page("Actualités", MORE[name](rows)), url="https://dep.example/actualites", entries=entries)
