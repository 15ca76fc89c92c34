"""What follows of an initiative: proposed at each collection and when a sheet begins, joined or refused by a curator, never again then."""

import pytest

from browsing import PASSWORD
from builders import collect_entries, make_entry, make_source
from veille.errors import UsageError
from veille.resources import load_kinds, load_line_words
from veille.store import writing
from veille.store.collecting import following
from veille.store.collecting.neighbours import count_words
from veille.store.curating import fiches as acts
from veille.store.curating.accounts import add_account
from veille.store.curating.edits import undo_edit
from veille.store.curating.fiches import By
from veille.store.settings import may_follow
from veille.store.sharing import fiches
from veille.understand.following import LEAST, follows, telling
from veille.understand.similar import terms_of
from veille.understand.words import Words

KIND = load_kinds()["initiative"]
AT = "2026-11-22T09:00:00Z"
FIRST = (
    "Le Finistère lance « Le bus des démarches »",
    "Un minibus équipé de tablettes passe chaque semaine dans douze bourgs du Finistère pour aider les habitants à faire leurs démarches.",
)
NEXT = (
    "Finistère : le bus des démarches a reçu 1 800 personnes",
    "Après un an, le minibus et ses tablettes ont aidé 1 800 habitants des bourgs du Finistère. Le département met fin à l’essai.",
)
OTHERS = [
    ("Finistère : un budget participatif des collèges", "Les collégiens du Finistère choisissent douze projets pour leurs cours de récréation."),
    ("Un minibus des démarches dans l’Orne", "L’Orne essaie à son tour un minibus équipé de tablettes pour aider les habitants à faire leurs démarches."),
    ("Gironde : des haies replantées", "La Gironde replante des haies avec les agriculteurs volontaires et les écoles."),
]  # fmt: skip


def told(store, knowledge, now, title, text, source="ouest", day=20, rights="full"):
    """Collect an article; its id."""
    site = make_source(id=source, name=source.title(), url=f"https://{source}.fr/rss", rights=rights)
    entry = make_entry(
        guid=title, link=f"https://{source}.fr/{abs(hash(title))}", title=title, summary=text, published=f"2026-11-{day:02}T08:00:00Z"
    )
    collect_entries(store, site, [entry], knowledge, now)
    return store.execute("select id from items where title = ?", (title,)).fetchone()[0]


def looked(store, knowledge):
    return following.propose_new(store, knowledge.place_words, lambda: writing(store), AT)


@pytest.fixture
def sheet(store, knowledge, now):
    """A published sheet born of the first article."""
    for name, role in (("claire", "curator"), ("paul", "curator")):
        add_account(store, name, PASSWORD, role, now)
    for number, (title, text) in enumerate(OTHERS):
        told(store, knowledge, now, title, text, day=10 + number)
    item = told(store, knowledge, now, *FIRST, day=12)
    count_words(store, knowledge.place_words, lambda: writing(store))
    with writing(store):
        made = acts.create(store, KIND, item, (), By(account=1, at=AT))
        for number in range(3):
            acts.add_line(
                store,
                made,
                KIND,
                {"heading": "fait", "text": f"Ligne {number}.", "said_on": "2026-11-12", "item": str(item)},
                By(account=1, at=AT),
            )
        acts.publish(store, made, KIND, By(account=1, at=AT))
    looked(store, knowledge)
    return made


def roles(store, fiche):
    rows = store.execute(
        "select title, role, reason from fiche_items join items on id = item_id where fiche_id = ? order by item_id", (fiche,)
    )
    return {row[0]: (row[1], row[2]) for row in rows}


def test_what_follows_is_proposed_once_with_its_reason_and_nothing_else(store, knowledge, now, sheet):
    for number, (title, text) in enumerate(OTHERS):
        told(store, knowledge, now, f"{title}, suite", text, source="sud", day=20 + number)
    told(store, knowledge, now, *NEXT)
    assert looked(store, knowledge) == 1
    assert roles(store, sheet) == {FIRST[0]: ("source", ""), NEXT[0]: ("propose", "« Le bus des démarches » dans les deux")}
    assert looked(store, knowledge) == 0
    assert not may_follow(store)
    [one] = fiches.proposed_items(store)
    assert (one.fiche_id, one.title) == (sheet, NEXT[0])


def test_what_was_refused_is_not_proposed_again_nor_what_its_story_tells(store, knowledge, now, sheet):
    item = told(store, knowledge, now, *NEXT)
    looked(store, knowledge)
    with writing(store):
        acts.set_item(store, sheet, item, "refus", By(account=1, at=AT))
        store.execute("delete from settings where key = 'followed_to'")
    assert looked(store, knowledge) == 0
    again = told(store, knowledge, now, *NEXT, source="nord")
    assert (
        store.execute("select count(distinct story_id) from items where id in (?, ?) and story_id is not null", (item, again)).fetchone()[0]
        == 1
    )
    assert looked(store, knowledge) == 0
    assert roles(store, sheet)[NEXT[0]][0] == "refus"


def test_an_article_of_before_or_of_elsewhere_or_dismissed_is_none(store, knowledge, now, sheet):
    told(store, knowledge, now, *NEXT, day=11)
    assert looked(store, knowledge) == 0
    told(store, knowledge, now, NEXT[0].replace("Finistère", "Orne"), NEXT[1].replace("Finistère", "de l’Orne"), source="orne")
    assert looked(store, knowledge) == 0


def test_a_run_that_died_before_it_looked_is_made_up_for(store, knowledge, now, sheet):
    told(store, knowledge, now, *NEXT)

    def dies():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        following.propose_new(store, knowledge.place_words, dies, AT)
    assert may_follow(store)
    assert looked(store, knowledge) == 1


def test_a_sheet_that_begins_late_finds_what_is_there(store, knowledge, now):
    add_account(store, "claire", PASSWORD, "curator", now)
    item = told(store, knowledge, now, *FIRST, day=12)
    told(store, knowledge, now, *NEXT)
    count_words(store, knowledge.place_words, lambda: writing(store))
    with writing(store):
        made = acts.create(store, KIND, item, (), By(account=1, at=AT))
        assert following.propose_to(store, made, knowledge.place_words, AT) == 1
    assert roles(store, made)[NEXT[0]][0] == "propose"
    with writing(store):
        undo_edit(store, account_id=1, edit_id=acts.last_edit(store, made), at=AT)
    assert store.execute("select count(*) from fiche_items").fetchone()[0] == 0


def test_what_is_joined_brings_its_lines_to_be_read_and_its_stage_when_it_is_kept(store, knowledge, now, sheet):
    item = told(store, knowledge, now, *NEXT)
    looked(store, knowledge)
    draft = fiches.drafted(store, item, load_line_words())
    by = By(account=2, at=AT)
    with writing(store):
        assert acts.set_item(store, sheet, item, "suite", by, draft.lines) == len(draft.lines) > 1
    lines = [one for one in fiches.lines_of(store, sheet, KIND) if one.source_item == item]
    assert {one.state for one in lines} == {"a-revoir"}
    assert {one.said_on for one in lines} == {"2026-11-20"}
    stage = next(one for one in lines if one.heading == "stade")
    with writing(store):
        acts.set_line_state(store, stage.id, KIND, "montree", by)
    assert fiches.fiche_cards(store, [sheet])[0].stage == "termine"
    with writing(store):
        undo_edit(store, account_id=2, edit_id=acts.last_edit(store, sheet), at=AT)
    assert fiches.fiche_cards(store, [sheet])[0].stage == ""
    with writing(store), pytest.raises(UsageError, match="n’existe pas"):
        acts.set_item(store, sheet, 9_999, "suite", by)


def test_words_of_hidden_texts_tell_no_reason(store, knowledge, now):
    add_account(store, "claire", PASSWORD, "curator", now)
    secret = "Le minibus zanzibarde les bourgs du Finistère avec des tablettes et des conteurs zanzibardés."
    item = told(store, knowledge, now, "Un essai dans le Finistère", secret, day=12, rights="link")
    told(store, knowledge, now, "Finistère : un an après", secret, rights="link", source="nord", day=20)
    count_words(store, knowledge.place_words, lambda: writing(store))
    with writing(store):
        store.execute("update items set story_id = null")
        made = acts.create(store, KIND, item, (), By(account=1, at=AT))
        following.propose_to(store, made, knowledge.place_words, AT)
    reasons = [row[0] for row in store.execute("select reason from fiche_items where role = 'propose'")]
    assert len(reasons) == 1
    assert "zanzibard" not in reasons[0]


def test_a_line_that_was_verified_can_still_be_undone(store, knowledge, now, sheet):
    by = By(account=1, at=AT)
    with writing(store):
        line = acts.add_line(
            store, sheet, KIND, {"heading": "fait", "text": "Un ajout.", "said_on": "2026-11-12", "url": "https://a.fr/"}, by
        )
        edit = acts.last_edit(store, sheet)
        acts.check_line(store, line, "vrai", by)
        undo_edit(store, account_id=1, edit_id=edit, at=AT)
    assert store.execute("select count(*) from fiche_lines where id = ?", (line,)).fetchone()[0] == 0


def as_told(title, text, held=None, texts=200):
    return telling(f"{title}\n{text}", terms_of(Words.of(title, text)), held or {}, texts)


def test_a_name_that_both_quote_speaks_and_frequent_words_do_not():
    first = as_told("Un essai", "« Nuit tranquille » forme des veilleurs dans quatre résidences.")
    named, unnamed = (as_told("Un prix", f"{name} reçoit le trophée des veilleurs.") for name in ("Nuit tranquille", "La résidence"))
    assert follows(first, named)[1] == "Nuit tranquille"
    assert follows(first, named)[0] > follows(first, unnamed)[0] + 0.1
    everywhere = dict.fromkeys([word for word, _ in terms_of(Words.of("Un essai", "forme des veilleurs résidences"))], 150)
    common = (
        as_told("Un essai", "Le département forme des veilleurs.", everywhere),
        as_told("Un prix", "On forme des veilleurs.", everywhere),
    )
    assert follows(*common)[0] < LEAST
    assert follows(as_told("", ""), as_told("", "")) == (0.0, "")
