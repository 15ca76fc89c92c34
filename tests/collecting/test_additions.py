"""What publishing software adds to entries, and words of authors that only resemble it."""

import subprocess
import sys
from dataclasses import fields
from datetime import timedelta

import pytest

from builders import collect_entries, make_entry, make_fetched, make_item, make_source
from veille.collect.child import Parser, read_items
from veille.model import Item
from veille.normalize import text_of
from veille.normalize.additions import ADDED, without_additions

TITLE = "Trois communes partagent leur ingénierie"
BODY = "Trois communes de la Drôme ont mis leurs techniciens en commun depuis janvier."

# In the markup that each piece of software writes, and the text that is the author's.
ADDED_BY_SOFTWARE = {
    "wordpress-yoast": f'<p>{BODY}</p>\n<p>L’article <a rel="nofollow" href="https://e.fr/a">{TITLE}</a> est apparu en premier sur '
    '<a rel="nofollow" href="https://e.fr">Territoires &amp; projets</a>.</p>',
    "wordpress-apostrophe": f"<p>{BODY}</p><p>L'article <a href='https://e.fr/a'>{TITLE}</a> est apparu en premier sur E.</p>",
    "wordpress-cet-article": f'<p>{BODY}</p><p>Cet article <a href="https://e.fr/a">{TITLE}</a> est apparu en premier sur E</p>',
    "wordpress-english": f'<p>{BODY}</p><p>The post <a href="https://e.fr/a">{TITLE}</a> appeared first on <a href="/">E</a>.</p>',
    "wordpress-english-2": f"<p>{BODY}</p><p>The post {TITLE} first appeared on E.</p>",
    "wordpress-german": f"<p>{BODY}</p><p>Der Beitrag {TITLE} erschien zuerst auf E.</p>",
    "wordpress-same-line": f"{BODY} L’article {TITLE} est apparu en premier sur E.",
    "wordpress-more": f'<p>{BODY} <a class="more-link" href="https://e.fr/a">Continuer la lecture<span class="screen-reader-text"> de '
    f"«&nbsp;{TITLE}&nbsp;»</span></a></p>",
    "wordpress-more-line": f"<p>{BODY}</p><p>Continuer la lecture de « {TITLE} » →</p>",
    "wordpress-read-more": f'<p>{BODY}</p><p class="read-more"><a href="https://e.fr/a">En savoir plus</a></p>',
    "spip": f'<p>{BODY}</p><p><a href="https://e.fr/a">Lire la suite</a></p>',
    "guardian": f"<p>{BODY}</p> <a href='https://e.fr/a'>Continue reading...</a>",
    "jetpack": f'<p>{BODY}</p><div class="sharedaddy sd-sharing-enabled"><h3 class="sd-title">Partager&nbsp;:</h3><ul><li>'
    '<a class="share-twitter sd-button" href="#">Cliquez pour partager sur X(ouvre dans une nouvelle fenêtre)</a></li></ul></div>'
    '<div class="sharedaddy sd-block sd-like"><h3>J’aime ça :</h3><span class="button">J’aime</span></div>',
    "jetpack-without-classes": f"<p>{BODY}</p><h3>Partager :</h3><ul><li>Cliquez pour partager sur X(ouvre dans une nouvelle fenêtre)</li>"
    "<li>Cliquez pour partager sur Facebook(ouvre dans une nouvelle fenêtre)</li></ul><h3>J’aime ça :</h3><p>J’aime chargement…</p>",
    "addtoany": f'<p>{BODY}</p><p><a class="a2a_dd addtoany_share_save addtoany_share" href="https://www.addtoany.com/share#url=x">'
    "Partager</a></p>",
    "share-list": f"<p>{BODY}</p><p>Partager :</p><ul><li>Facebook</li><li>Twitter</li><li>LinkedIn</li><li>E-mail</li></ul>",
    "feedburner": f'<p>{BODY}</p><div class="feedflare">\n<a href="https://feeds.feedburner.com/~ff/e?a=x"><img src="x"/></a> Partager</div>',
    "drupal": f'<span property="schema:name" class="field field--name-title field--type-string field--label-hidden">{TITLE}</span>\n'
    '<span rel="schema:author" class="field field--name-uid field--type-entity-reference"><span>admin</span></span>\n'
    '<span property="schema:dateCreated" content="2026-11-23T10:00:00+00:00" class="field field--name-created field--type-created">'
    f'lun 23/11/2026 - 11:00</span>\n<div class="clearfix field field--name-body"><p>{BODY}</p></div>',
    "title-again": f"<h2>{TITLE}</h2><p>{BODY}</p>",
    "title-again-in-capitals": f"<p>{TITLE.upper()} :</p><p>{BODY}</p>",
    "medium": f'<div class="medium-feed-item"><p class="medium-feed-snippet">{BODY}</p><p class="medium-feed-link">'
    '<a href="https://e.fr/a">Continue reading on E »</a></p></div>',
    "italian": f"<p>{BODY}</p><p>L’articolo {TITLE} sembra essere il primo su E.</p>",
    "portuguese": f"<p>{BODY}</p><p>O post {TITLE} apareceu primeiro em E.</p>",
    "jetpack-2024": f"<p>{BODY}</p><p>Partager :</p><ul><li>Partager sur Facebook (ouvre dans une nouvelle fenêtre) Facebook</li><li>"
    "Partager sur X (ouvre dans une nouvelle fenêtre) X</li><li>Imprimer (ouvre dans une nouvelle fenêtre) Imprimer</li></ul>",
    "substack": f'<p>{BODY}</p><div class="subscription-widget-wrap"><div class="subscription-widget">S’abonner</div></div>',
    "yarpp": f'<p>{BODY}</p><div class="yarpp yarpp-related"><h3>À lire aussi</h3><ol><li>Un autre</li></ol></div>',
    "read-on-of-itself": f'<p>{BODY} <a href="https://gironde.example.fr/actu/un-accueil">Lire la suite »</a></p>',
    "know-more-of-itself": f'<p>{BODY}</p><p><a href="https://gironde.example.fr/actu/un-accueil">En savoir plus sur ce projet</a></p>',
    "two-together": f"<p>{BODY}</p><p>Lire la suite</p><p>L’article {TITLE} est apparu en premier sur E.</p>",
}  # fmt: skip
# Words that an author may well write: they stay, all of them.
AUTHORS = (
    "Le film est apparu en premier sur les écrans de la Drôme.",
    "L’article 12 de la loi de 2015 est apparu en premier sur toutes les lèvres ; il reste d’actualité pour les départements.",
    "Cet article est paru dans la Gazette.",
    "Nous avons choisi de continuer la lecture",
    "Comment lire la suite des événements ?",
    "Le rapport donne envie de lire la suite",
    "Partager : un mot, une politique.",
    "Les données sont publiées sur Facebook",
    "The post office appeared first on the map",
    f"{TITLE} : le premier bilan",
    "Lire la suite du projet de territoire, chapitre 4",
    "Cliquez pour partager vos idées sur la plateforme du département.",
    "Partager sur X : un atelier pour les élus.",
    "Share on X what you see: the city counts on you.",
)


@pytest.mark.parametrize("name", ADDED_BY_SOFTWARE)
def test_what_software_adds_is_no_summary(name):
    assert make_item(title=TITLE, summary=ADDED_BY_SOFTWARE[name]).text == BODY


@pytest.mark.parametrize("words", AUTHORS)
def test_words_of_an_author_stay(words):
    for text in (f"{BODY}\n{words}", words, f"{words}\n{BODY}"):
        assert without_additions(text, TITLE) == text


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("Vert", "Le billet vert est apparu en premier sur les marchés de Londres."),
        ("Budget", "L’article Budget participatif des collégiens est apparu en premier sur la scène européenne en 2019."),
    ],
)
def test_a_short_title_is_told_sign_by_sign(title, words):
    assert without_additions(f"{BODY}\n{words}", title) == f"{BODY}\n{words}"


def test_a_box_with_the_name_of_an_addition_that_holds_the_article_stays():
    text = f"{BODY} " * 5
    assert make_item(title=TITLE, summary=f'<div class="read-more"><p>{text}</p></div>').text == text.strip()


def test_an_entry_that_holds_nothing_else_is_its_title():
    only = f"<p>L’article <a href='https://e.fr/a'>{TITLE}</a> est apparu en premier sur <a href='https://e.fr'>E</a>.</p>"
    assert make_item(title=TITLE, summary=only).text == ""
    assert make_item(title=TITLE, summary=f"<p>{TITLE}</p>{only}").text == ""


def test_an_article_that_was_kept_with_what_was_added_has_not_changed(store, knowledge, now):
    """An older version kept it: the next visit makes no version of it, and a new word does."""
    source = make_source()
    entry = make_entry(guid="a", title=TITLE, summary=ADDED_BY_SOFTWARE["wordpress-yoast"])
    item = make_item(source, guid="a", title=TITLE, summary=ADDED_BY_SOFTWARE["wordpress-yoast"])
    collect_entries(store, source, [entry], knowledge, now)
    store.execute("update items set fingerprint = ?", (item.former,))

    assert collect_entries(store, source, [entry], knowledge, now + timedelta(hours=6)).changed == 0
    edited = make_entry(guid="a", title=TITLE, summary=ADDED_BY_SOFTWARE["wordpress-yoast"].replace("Trois", "Quatre"))
    assert collect_entries(store, source, [edited], knowledge, now + timedelta(hours=12)).changed == 1


def test_what_the_reading_child_sends_is_every_field_of_an_article(now):
    source = make_source(url="https://e.fr/feed")
    body = (
        '<?xml version="1.0"?><rss version="2.0"><channel><title>E</title><item><guid isPermaLink="false">a</guid><title>'
        f"{TITLE}</title><link>https://e.fr/a?utm_x=1&amp;page=2#b</link><author>Ana</author><pubDate>Mon, 23 Nov 2026 10:00:00 +0100</pubDate>"
        f"<description><![CDATA[{ADDED_BY_SOFTWARE['wordpress-yoast']}]]></description></item></channel></rss>"
    )
    fetched = make_fetched(body, url="https://e.fr/feed")
    with Parser() as parser:
        (sent,) = parser.read(source, fetched, now).items
    (item,) = read_items(source, fetched).items
    assert sent == item
    assert [one.name for one in fields(Item) if not getattr(item, one.name)] == []


def test_hostile_text_costs_little():
    """In seconds of CPU of a process of its own: what repeats each form a hundred thousand times."""
    code = (
        "import time; from veille.normalize.additions import ADDED, without_additions\n"
        "began = time.process_time()\n"
        "for piece in ('L’article ', 'Lire la suite ', 'Partager :\\n', '… ', 'The post x appeared first on', 'J’aime ça :\\n', '. '):\n"
        "    without_additions(piece * 100_000, 'Un titre'); ADDED.search('<a class=\"' + piece * 20_000)\n"
        "ADDED.search('class=\"' * 50_000); ADDED.search('class=\"a ' * 50_000)\n"
        "print(time.process_time() - began)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert float(told.stdout) < 2


def test_only_markup_that_names_what_was_added_costs_a_parser():
    assert not ADDED.search('<p class="more">a</p><div class="field field--name-body">b</div><a class="learn-more-about">c</a>')
    assert text_of("<p>a <span class='more-link'>b</span></p>", added=False) == "a"
