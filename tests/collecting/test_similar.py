"""The same idea elsewhere: articles of other sources and départements that share telling words."""

import pytest

from builders import collect_entries, make_entry, make_source
from veille.store import writing
from veille.store.collecting.neighbours import count_words, neighbours
from veille.store.reading.articles import article
from veille.store.settings import has_outgrown
from veille.understand.similar import Rarity, keywords_of, terms_of
from veille.understand.words import Words

IDEAS = {
    "covoiturage": "Des conducteurs bénévoles conduisent leurs voisins au marché : le covoiturage solidaire relie les vallées sans autocar.",
    "jardin": "Un potager partagé nourrit la cantine : les jardiniers bénévoles livrent courgettes et salades aux cuisiniers du collège.",
    "archives": "Les registres paroissiaux sont transcrits par des généalogistes, et chaque page transcrite devient cherchable en ligne.",
}
SITES = [make_source(id=f"s{code}", name=f"Source {code}", territory=(code,)) for code in ("05", "09", "23", "48")]


def filler(number):
    return f"Nouvelle numéro {number} : réunion, calendrier, parking, mairie, horaire, vacances, guichet, courrier, imprimé, salle."


@pytest.fixture
def filled(store, knowledge, now):
    for place, site in enumerate(SITES):
        rows = [(f"{name} {place}", f"{text} Essai {place} du canton.") for name, text in IDEAS.items()]
        rows += [(f"Divers {number}", filler(number)) for number in range(place * 20, place * 20 + 20)]
        entries = [
            make_entry(guid=title, link=f"https://{site.id}.fr/{n}", title=title, summary=text, published="2026-11-20")
            for n, (title, text) in enumerate(rows)
        ]
        collect_entries(store, site, entries, knowledge, now)
    assert has_outgrown(store)
    count_words(store, knowledge.place_words, lambda: writing(store))
    assert not has_outgrown(store)
    return store


def numbered(db, title):
    return db.execute("select id from items where title = ?", (title,)).fetchone()[0]


def titles(db, found):
    return [db.execute("select title from items where id = ?", (one.id,)).fetchone()[0] for one in found]


def test_each_idea_finds_its_like_in_other_departements_with_the_words_they_share(filled):
    for name in IDEAS:
        found = neighbours(filled, numbered(filled, f"{name} 0"))

        assert sorted(titles(filled, found)[:3]) == [f"{name} {place}" for place in (1, 2, 3)]
        assert all(0.1 <= one.score <= 1 for one in found)
    assert {"covoiturage", "vallées"} & set(neighbours(filled, numbered(filled, "covoiturage 0"))[0].words)


def test_what_comes_later_is_found_without_anything_being_made_again(filled, knowledge, now):
    source = make_source(id="s65", name="Source 65", territory=("65",))
    entry = make_entry(guid="n", link="https://s65.fr/n", title="Covoiturage", summary=IDEAS["covoiturage"], published="2026-11-21")
    collect_entries(filled, source, [entry], knowledge, now)

    assert "Covoiturage" in titles(filled, neighbours(filled, numbered(filled, "covoiturage 0")))


def test_no_neighbour_is_of_the_same_departement_source_or_story_or_dismissed(filled):
    own, other, dismissed = (numbered(filled, f"covoiturage {place}") for place in (0, 1, 2))
    with writing(filled):
        filled.execute("update item_territories set code = '05' where item_id = ?", (other,))
        filled.execute("update items set state = 'dismissed' where id = ?", (dismissed,))

    assert titles(filled, neighbours(filled, own))[:1] == ["covoiturage 3"]
    assert not {other, dismissed} & {one.id for one in neighbours(filled, own)}


def test_a_word_of_hidden_texts_is_no_reason_that_is_shown(filled):
    with writing(filled):
        filled.execute("update items set summary = ''")

    for one in neighbours(filled, numbered(filled, "jardin 0")):
        assert set(one.words) <= {"jardin"}


def test_an_article_shows_its_like_elsewhere(filled):
    shown = article(filled, numbered(filled, "archives 3"))

    assert {card.title for card, _ in shown.elsewhere} >= {"archives 0", "archives 1", "archives 2"}
    assert all(words for _, words in shown.elsewhere)


def test_words_that_everything_or_nothing_else_holds_are_no_keywords():
    terms = terms_of(Words.of("Covoiturage département", "Covoiturage zygomatique, the people, 2026."))
    covoiturage, departement, zygomatique, people = (word for word, _ in terms)
    counts = {covoiturage: 12, departement: 900, zygomatique: 1, people: 30}

    assert dict(keywords_of(terms, Rarity.of(counts, 1000))).keys() == {covoiturage, people}


def test_articles_of_before_get_their_keywords_and_a_file_that_waits_for_its_migration_has_no_neighbours(filled, knowledge):
    held = "select count(distinct item_id) from keywords"
    (before,) = filled.execute(held).fetchone()
    with writing(filled):
        filled.execute("delete from keywords where item_id < 5")
    count_words(filled, knowledge.place_words, lambda: writing(filled))

    assert filled.execute(held).fetchone() == (before,)
    with writing(filled):
        filled.execute("drop table keywords")
    assert neighbours(filled, 1) == []


def test_what_has_no_interest_is_no_neighbour_and_has_none(filled):
    own, other = numbered(filled, "covoiturage 0"), numbered(filled, "covoiturage 1")
    with writing(filled):
        filled.execute("update items set interest = 0.2 where id = ?", (other,))
    assert other not in {one.id for one in neighbours(filled, own)}
    assert neighbours(filled, other) == []
    with writing(filled):
        filled.execute("update items set state = 'selected' where id = ?", (other,))
    assert other in {one.id for one in neighbours(filled, own)}


def test_only_the_very_same_departements_set_an_article_aside(filled):
    own, other = numbered(filled, "jardin 0"), numbered(filled, "jardin 1")
    with writing(filled):
        filled.execute("update item_territories set code = '05' where item_id = ?", (other,))
    assert other not in {one.id for one in neighbours(filled, own)}
    with writing(filled):
        filled.execute(
            "insert into item_territories (item_id, code, role, origin, reason, evidence) values (?, '09', 'place', 'text', '', '[]')",
            (other,),
        )
    assert other in {one.id for one in neighbours(filled, own)}


def test_what_the_text_names_as_its_inspiration_comes_first(filled, knowledge, now):
    source = make_source(id="s65", name="Source 65", territory=("65",))
    said = f"{IDEAS['covoiturage']} L’idée est inspirée de l’expérience de la Lozère."
    collect_entries(filled, source, [make_entry(guid="n", link="https://s65.fr/n", title="Covoiturage", summary=said)], knowledge, now)

    assert titles(filled, neighbours(filled, numbered(filled, "Covoiturage")))[0] == "covoiturage 3"
