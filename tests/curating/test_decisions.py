"""What curators decide: every act on its subject, undone one by one, together, in any order that makes sense; collections pass it by."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import collect_entries, make_entry, make_source
from veille.errors import UsageError
from veille.store import writing
from veille.store.curating.accounts import add_account
from veille.store.curating.decisions import Act, decide, decide_all, last_decision, undo, undo_all, undoable
from veille.store.curating.retagging import retag, undo_retag
from veille.store.curating.subjects import note
from veille.store.keeping.backup import unsoundness

AT = "2026-11-22T09:00:00Z"
TEXTS = (
    "Trois maisons des solidarités ont revu leurs salles d’attente avec les habitants, en Gironde, pendant deux mois d’ateliers.",
    "Le budget participatif des collégiens ouvre ses candidatures jusqu’au 30 novembre 2026 dans tous les collèges du Finistère.",
    "Un bus itinérant porte les démarches en ligne aux villages de la Creuse, deux fois par semaine, avec un agent d’accueil.",
    "Le laboratoire d’innovation des Landes raconte un an de rencontres avec les bénéficiaires du RSA et leurs référents.",
)
KEPT = (
    "select id, title, kind, kind_reason, kind_origin, state, published_at, day, story_id, lead from items order by id",
    "select * from item_tags order by 1, 2", "select * from item_territories order by 1, 2", "select * from item_dates order by 1, 2, 3, 4",
    "select * from notes order by 1, 2", "select * from corrections order by 1, 2", "select * from story_decisions order by 1, 2",
    "select * from stories order by id", "select item_id, context from texts order by 1", "select * from item_facets order by 1",
    "select * from postings order by 1, 2, 3",
)  # fmt: skip


def rows(store):
    return [store.execute(query).fetchall() for query in KEPT]


def entries(**given):
    return [
        make_entry(guid=f"g{n}", link=f"https://gironde.example.fr/{n}", title=f"Article numéro {n}", summary=text, **given)
        for n, text in enumerate(TEXTS, 1)
    ]


@pytest.fixture
def desk(store, knowledge, now):
    """Four articles, two curators."""
    collect_entries(store, make_source(territory=("33",)), entries(), knowledge, now)
    for name in ("claire", "paul"):
        add_account(store, name, "un mot de passe", "curator", now)
    return store


def act(store, item, action, value="", account=1, **given):
    with writing(store):
        return decide(store, account_id=account, item_id=item, action=action, value=value, at=AT, **given)


def unact(store, decision, account=1):
    with writing(store):
        return undo(store, account_id=account, decision_id=decision, at=AT)


def unact_all(store, gesture, account=1):
    """A gesture is undone whole: on a story, a state is decided for each of its articles."""
    with writing(store):
        assert undo_all(store, account_id=account, batch=gesture, at=AT).kept == []


def is_free(store, gesture):
    """Whether nothing was decided since on what a gesture changed."""
    made = store.execute("select id, item_id from decisions where id = ?1 or batch = ?1", (gesture,)).fetchall()
    return all(decision in undoable(store, item) for decision, item in made)


ACTS = [
    ("select", ""), ("dismiss", ""), ("later", ""), ("restore", ""), ("tag-add", "handicap"), ("tag-remove", "handicap"),
    ("tag-remove", "solidarites"), ("tag-add", "participation"), ("tag-remove", "participation"), ("kind", "prix"), ("kind", "appel"),
    ("title", "Un meilleur titre"), ("title", ""), ("title", "Un autre encore"), ("day", "2026-01-05"), ("day", ""), ("place-add", "29"),
    ("place-remove", "29"), ("place-remove", "33"), ("place-add", "33"), ("date-add", "deadline 2026-12-01"),
    ("date-remove", "deadline 2026-11-30 2026-11-30"), ("date-remove", "deadline 2026-12-01"), ("note-public", "À lire."),
    ("summary", "Ce qui compte, en une phrase."), ("summary", ""), ("summary", "Autrement dit.\nEt plus long."),
    ("note-public", ""), ("note-private", "Appeler l’auteur."), ("story-join", "1"), ("story-join", "2"), ("story-split", ""),
]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_any_sequence_of_acts_followed_by_its_undos_gives_the_same_rows(desk, seed):
    dice = random.Random(seed)
    before = rows(desk)
    standing = []
    for _ in range(60):
        if standing and dice.random() < 0.15:  # out of order: what no other decision followed
            one = dice.choice([gesture for gesture in standing if is_free(desk, gesture)])
            unact_all(desk, one, account=dice.choice((1, 2)))
            standing.remove(one)
            continue
        try:
            standing.append(act(desk, dice.randint(1, 4), *dice.choice(ACTS), account=dice.choice((1, 2))))
        except UsageError:
            continue
    assert len(standing) > 4
    assert rows(desk) != before
    for one in reversed(standing):
        unact_all(desk, one)
    assert rows(desk) == before
    assert unsoundness(desk) == []


def test_what_was_decided_since_says_why_an_undo_is_refused(desk):
    first = act(desk, 1, "select")
    act(desk, 1, "dismiss", account=2)

    with pytest.raises(UsageError, match=r"paul en a décidé le 22 novembre 2026 à 10 h 00 : écarté\. Annulez d’abord cette décision-là"):
        unact(desk, first)
    with pytest.raises(UsageError, match="n’existe pas"):
        unact(desk, 99)
    unact(desk, 2)
    unact(desk, first)
    with pytest.raises(UsageError, match="déjà annulée"):
        unact(desk, first)


def test_a_gesture_on_many_is_undone_at_once_but_for_what_was_decided_since(desk):
    with writing(desk):
        done = decide_all(desk, account_id=1, item_ids=[1, 2, 3, 3, 77], act=Act(action="tag-add", value="handicap", why="atelier"), at=AT)
    assert (done.items, done.unchanged, done.conflicts) == ([1, 2, 3], [], [])
    assert {row[0] for row in desk.execute("select why from decisions")} == {"atelier"}
    act(desk, 2, "tag-remove", "handicap", account=2)

    with writing(desk):
        undone = undo_all(desk, account_id=2, batch=done.batch, at=AT)
    assert sorted(undone.items) == [1, 3]
    assert [one.item_id for one in undone.kept] == [2]
    assert "paul en a décidé" in undone.kept[0].said
    with pytest.raises(UsageError, match="paul en a décidé"), writing(desk):
        undo_all(desk, account_id=2, batch=done.batch, at=AT)


def test_what_another_decided_since_the_page_was_read_is_not_overwritten(desk):
    seen = last_decision(desk)
    act(desk, 1, "dismiss", account=2)
    act(desk, 2, "tag-add", "handicap", account=2)

    with writing(desk):
        done = decide_all(desk, account_id=1, item_ids=[1, 2, 3], act=Act(action="select", seen=seen), at=AT)
    assert done.items == [2, 3]  # a theme is another matter than the state
    assert [(one.item_id, "paul en a décidé" in one.said) for one in done.conflicts] == [(1, True)]
    with writing(desk):
        same = decide_all(desk, account_id=1, item_ids=[1], act=Act(action="dismiss", seen=seen), at=AT)
        insisted = decide_all(desk, account_id=1, item_ids=[1], act=Act(action="select"), at=AT)
    assert (same.unchanged, same.conflicts) == ([1], [])
    assert insisted.items == [1]


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("kind", "roman"), ("tag-add", "astrologie"), ("place-add", "999"), ("day", "hier"), ("day", "9999-01-01"), ("day", "2026-11-23"), ("title", "x" * 501),
        ("title", "a\x07b"), ("date-add", "rendez-vous 2026-12-01"), ("date-add", "event 2026-12-05 2026-12-01"), ("date-add", ""),
        ("note-public", "x" * 4001), ("story-join", "1"), ("story-join", "٣"), ("story-split", ""), ("effacer", ""), ("date-add", "event \x00"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_nothing_is_written(desk, action, value):
    before = rows(desk)
    with pytest.raises(UsageError):
        act(desk, 1, action, value)
    assert rows(desk) == before
    assert last_decision(desk) == 0


def corrections(store):
    act(store, 1, "title", "Le titre des documentalistes")
    act(store, 1, "day", "2026-10-01")
    act(store, 1, "place-remove", "33")
    act(store, 1, "place-add", "40")
    act(store, 2, "date-remove", "deadline 2026-11-30 2026-11-30")
    act(store, 2, "date-add", "event 2026-12-10 2026-12-11")
    act(store, 1, "note-public", "Vu sur place.")


def said(store):
    return (
        store.execute("select title, day from items where id = 1").fetchone(),
        [row[0] for row in store.execute("select code from item_territories where item_id = 1 order by 1")],
        store.execute("select role, start from item_dates where item_id = 2 order by 2").fetchall(),
        note(store, 1, "public"),
    )


WANTED = (("Le titre des documentalistes", "2026-10-01"), ["40"], [("event", "2026-12-10")], "Vu sur place.")


def test_corrections_survive_a_change_of_the_source_and_a_new_reading_and_give_its_last_word_back(desk, knowledge, now):
    corrections(desk)
    assert said(desk) == WANTED
    assert desk.execute("select count(*) from items_fts where items_fts match 'documentaliste'").fetchone()[0] == 1

    changed = [replace(one, summary=f"{one.summary} Avec une suite.", title=f"{one.title}, suite") for one in entries()]
    assert collect_entries(desk, make_source(territory=("33",)), changed, knowledge, now + timedelta(hours=6)).changed == 4
    assert said(desk) == WANTED
    assert desk.execute("select title from versions where item_id = 1").fetchall() == [("Article numéro 1",)]
    told = retag(desk, {"gironde": make_source(territory=("33",))}, knowledge, now, dry_run=False)  # « Avec une suite » is now repeated
    assert said(desk) == WANTED
    assert retag(desk, {"gironde": make_source(territory=("33",))}, knowledge, now, dry_run=True).changed == 0
    undo_retag(desk)
    assert said(desk) == WANTED
    assert retag(desk, {"gironde": make_source(territory=("33",))}, knowledge, now, dry_run=True) == told
    assert unsoundness(desk) == []

    for number in range(last_decision(desk), 0, -1):
        unact(desk, number)
    (title, day), places, dates, public = said(desk)
    assert (title, day, places, dates, public) == ("Article numéro 1, suite", "2026-11-20", ["33"], [("deadline", "2026-11-30")], "")
    assert desk.execute("select count(*) from items_fts where items_fts match 'documentaliste'").fetchone()[0] == 0
    assert unsoundness(desk) == []


def test_a_moved_site_is_recognised_under_a_corrected_title(desk, knowledge, now):
    act(desk, 1, "title", "Tout autre chose")
    moved = [replace(one, guid=f"n{n}", link=f"https://gironde.example.fr/nouveau/{n}") for n, one in enumerate(entries())]
    assert collect_entries(desk, make_source(territory=("33",)), moved, knowledge, now + timedelta(hours=6)).new == 0


def places(store, item=1):
    return [row[0] for row in store.execute("select code from item_territories where item_id = ? order by 1", (item,))]


def test_undoing_a_place_gives_what_the_rules_say_by_then(desk, knowledge, now):
    """Refused here, then the source speaks of elsewhere: its former place does not come back; put by hand, then said by the source: it stays."""
    source = make_source(territory=())

    def told(towns, title):
        return [replace(entries()[0], title=title, summary=f"Les habitants de {towns} votent. {TEXTS[0]}")]

    collect_entries(desk, source, told("Marseille", "À Marseille"), knowledge, now + timedelta(hours=1))
    assert "13" in places(desk)
    refused, put = act(desk, 1, "place-remove", "13"), act(desk, 1, "place-add", "44")
    collect_entries(desk, source, told("Rennes et de Nantes", "À Rennes et Nantes"), knowledge, now + timedelta(hours=2))
    assert set(places(desk)) >= {"35", "44"}
    assert "13" not in places(desk)
    unact(desk, put)
    assert "44" in places(desk)  # the source says so by now
    assert desk.execute("select origin from item_territories where item_id = 1 and code = '44'").fetchone() == ("text",)
    unact(desk, refused)
    assert "13" not in places(desk)
    assert unsoundness(desk) == []


def test_a_refused_date_that_comes_back_shows_no_more_than_rights_allow(desk):
    evidence = "select evidence from item_dates where item_id = 2 and role = 'deadline'"
    assert desk.execute(evidence).fetchone() != ("",)
    refused = act(desk, 2, "date-remove", "deadline 2026-11-30 2026-11-30")
    desk.execute("update items set summary = '' where id = 2")
    unact(desk, refused)
    assert desk.execute(evidence).fetchone() == ("",)
