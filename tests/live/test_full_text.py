"""The pages of new articles are read where a source asks for it: a few a run, within its rights, and only once."""

from datetime import date

import pytest
from loopback import serve, status
from portals.articles import make_articles
from portals.world import rss
from test_collect_live import collect, veille, write_config

from veille.store import connect

ROWS = make_articles(3, 9, date(2026, 11, 21))
SAID = "Trois ans de travail sur la Transfo, des ateliers avec les habitants et une phrase que le flux ne dit pas : zanzibar. "


def article_page(row, *, published=None):
    meta = f'<meta property="article:published_time" content="{published}T08:00:00+01:00">' if published else ""
    body = "".join(
        f"<p>{SAID} Paragraphe numéro {number} de l’article, avec assez de mots pour être un vrai texte.</p>" for number in range(5)
    )
    return (
        f"<!doctype html><html lang=fr><head><title>{row.title}</title>{meta}</head><body><nav><a href='/'>Accueil</a> <a href='/menu'>Menu</a></nav>"
        f"<main><article><h1>{row.title}</h1>{body}</article></main><footer><p>Mentions légales du site</p></footer></body></html>"
    ).encode()


@pytest.fixture
def site():
    answers = {f"/actualites/{row.slug}/": article_page(row) for row in ROWS}
    hits = []
    with serve(answers, hits=hits) as root:
        answers["/rss"] = rss(ROWS, root)
        yield root, answers, hits


def texts(folder):
    db = connect(folder / "data" / "veille.db")
    rows = db.execute(
        "select title, page, page_at is not null, summary, published_at from items join texts on item_id = items.id order by day desc, items.id desc"
    ).fetchall()
    found = db.execute("select count(*) from items_fts where items_fts match 'zanzibar'").fetchone()[0]
    versions = db.execute("select count(*) from versions").fetchone()[0]
    db.close()
    return rows, found, versions


def pages(hits):
    return [path for path, _ in hits if path.startswith("/actualites/")]


def test_at_most_so_many_pages_a_run_and_each_once(tmp_path, site):
    root, _, hits = site
    write_config(tmp_path, {"a": f"feed: '{root}/rss', full_text: 3"})

    counts = []
    for _ in range(4):
        hits.clear()
        assert collect(tmp_path, "--all").returncode == 0
        counts.append(len(pages(hits)))
    rows, found, versions = texts(tmp_path)

    recent = sum(row.day >= date(2026, 10, 23) for row in ROWS)
    assert counts == [3, 3, min(3, recent - 6), 0]
    assert found == sum(bool(row[1]) for row in rows) == recent
    assert versions == 0  # the feed says the same: nothing changed


@pytest.mark.parametrize(("rights", "shown"), [("link", 0), ("excerpt", 0), ("full", 1)])
def test_rights_decide_what_is_shown_of_a_page(tmp_path, site, rights, shown):
    root, _, _ = site
    write_config(tmp_path, {"a": f"feed: '{root}/rss', full_text: 1, rights: {rights}"})
    collect(tmp_path)

    rows, found, _ = texts(tmp_path)

    assert found == 1
    assert sum("zanzibar" in row[3] for row in rows) == shown
    assert all(len(row[3]) <= {"link": 0, "excerpt": 300, "full": 10**6}[rights] for row in rows)
    assert not any("Mentions légales" in row[1] or "Menu" in row[1] for row in rows)


def test_a_day_is_taken_from_the_page_where_the_feed_has_none(tmp_path, site):
    root, answers, _ = site
    answers["/rss"] = (
        f"<rss version='2.0'><channel><title>x</title><item><title>{ROWS[0].title}</title><link>{root}/actualites/{ROWS[0].slug}/</link></item></channel></rss>".encode()
    )
    answers[f"/actualites/{ROWS[0].slug}/"] = article_page(ROWS[0], published="2026-11-12")
    write_config(tmp_path, {"a": f"feed: '{root}/rss', full_text: 5"})
    collect(tmp_path)

    db = connect(tmp_path / "data" / "veille.db")
    assert tuple(db.execute("select published_at, day from items").fetchone()) == ("2026-11-12", "2026-11-12")
    db.close()


def test_robots_and_dead_pages_leave_the_article_as_the_feed_tells_it(tmp_path, site):
    root, answers, hits = site
    slugs = [row.slug for row in ROWS[:3]]
    answers["/robots.txt"] = f"User-agent: *\nDisallow: /actualites/{slugs[0]}".encode()
    answers[f"/actualites/{slugs[1]}/"] = status(404)
    answers[f"/actualites/{slugs[2]}/"] = b"<html><form><input type=password></form></html>"
    write_config(tmp_path, {"a": f"feed: '{root}/rss', full_text: 3"})

    assert collect(tmp_path).returncode == 0
    assert f"/actualites/{slugs[0]}/" not in pages(hits)
    rows, found, _ = texts(tmp_path)
    assert (found, sum(row[2] for row in rows)) == (0, 3)


def test_without_full_text_no_page_is_asked(tmp_path, site):
    root, _, hits = site
    write_config(tmp_path, {"a": f"feed: '{root}/rss'"})
    collect(tmp_path)

    assert pages(hits) == []
    assert veille("check", cwd=tmp_path).returncode == 0


def test_an_article_that_changes_keeps_its_page_and_its_labels(tmp_path, site):
    root, answers, _ = site
    write_config(tmp_path, {"a": f"feed: '{root}/rss', full_text: 9"})
    collect(tmp_path)
    answers["/rss"] = answers["/rss"].replace(b"<description>", "<description>Mis à jour. ".encode())
    collect(tmp_path, "--all")

    rows, found, versions = texts(tmp_path)

    assert versions == 9
    assert found == sum(bool(row[1]) for row in rows) > 0
