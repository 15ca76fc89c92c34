"""Learning from decisions: kept where it beats the rules on articles not seen, explained, applied without scikit-learn, undone."""

import json
import random
import subprocess
import sys
from dataclasses import replace

import pytest

from builders import collect_entries, dump, make_entry, make_source
from veille.store import writing
from veille.store.collecting.items import apply_rights, hide_learnt, reasons_kept
from veille.store.curating.accounts import add_account
from veille.store.curating.decisions import decide
from veille.store.curating.learning import active_model, bring_back, keep_model, knowing, lessons
from veille.store.curating.retagging import retag, undo_retag
from veille.store.keeping.forgetting import forget
from veille.understand.labels import label
from veille.understand.learned import Question, assemble, judge, model_of
from veille.understand.learning import LEAST, learn

SOURCES = {"gironde": make_source(rights="full")}
WORDS = "agenda guichet parking calendrier salle mairie courrier horaire imprimé façade allée portail panneau lettre tableau".split()
TAUGHT = "tag_id = 'risques-secours'"


def entry(number, *, title, text):
    dice = random.Random(number)
    return make_entry(
        guid=str(number), link=f"https://e.fr/{number}", title=f"{title} {number}", summary=f"{text} {' '.join(dice.choices(WORDS, k=12))}.",
        published="2026-11-20",
    )  # fmt: skip


@pytest.fixture
def decided(store, knowledge, now):
    """Forty articles: « tocsin » is about rescue, « incendie du débat » is not; ten were selected for their « jardinier »."""
    entries = [
        entry(n, title=("Le tocsin", "Une soirée")[n % 2], text="Le tocsin retentit" if n % 2 == 0 else "Les pompiers du débat")
        for n in range(40)
    ]
    entries += [entry(n, title="Rien", text="Un jardinier passe" if n % 2 else "Un huissier passe") for n in range(40, 72)]
    collect_entries(store, SOURCES["gironde"], entries, knowledge, now)
    add_account(store, "claire", "un mot de passe", "curator", now)
    with writing(store):
        for item_id in range(1, 41):
            action = "tag-add" if item_id % 2 else "tag-remove"
            decide(store, account_id=1, item_id=item_id, action=action, value="risques-secours", at="2026-11-22T09:00:00Z")
        for item_id in range(41, 73):
            decide(store, account_id=1, item_id=item_id, action="dismiss" if item_id % 2 else "select", at="2026-11-22T09:00:00Z")
    return store


@pytest.fixture
def learnt(decided, knowledge):
    return learn(lessons(decided, SOURCES, knowledge), knowledge.vocabulary)


def mark(learnt, question):
    return next(one for one in learnt.marks if one.question == question)


def test_what_beats_the_rules_on_articles_not_seen_is_kept(learnt):
    theme, interest = mark(learnt, "theme:risques-secours"), mark(learnt, "interest")

    assert (theme.examples, theme.positives, theme.kept) == (72, 20, True)  # the others, on whose themes nobody decided, stand against
    assert theme.before < 0.1 < 0.95 < theme.after
    assert interest.kept
    assert interest.after > interest.before
    assert mark(learnt, "theme:handicap").after is None  # nobody said a word of it


def test_decisions_without_a_pattern_teach_nothing(store, knowledge, now):
    dice = random.Random(7)
    collect_entries(store, SOURCES["gironde"], [entry(n, title="Nouvelle", text="") for n in range(60)], knowledge, now)
    add_account(store, "claire", "un mot de passe", "curator", now)
    with writing(store):
        for item_id in range(1, 61):
            action = dice.choice(("tag-add", "tag-remove"))
            decide(store, account_id=1, item_id=item_id, action=action, value="handicap", at="2026-11-22T09:00:00Z")
            decide(store, account_id=1, item_id=item_id, action=dice.choice(("select", "dismiss")), at="2026-11-22T09:00:00Z")

    found = learn(lessons(store, SOURCES, knowledge), knowledge.vocabulary)

    assert not mark(found, "interest").kept
    told = mark(found, "theme:handicap")
    assert not told.kept or told.after < 0.7  # against rules that find nothing, saying yes to everything is worth something


def test_the_next_collection_uses_it_and_says_why(decided, learnt, knowledge, now):
    keep_model(decided, learnt, knowledge.vocabulary, now)
    taught = knowing(decided, knowledge)

    collect_entries(decided, SOURCES["gironde"], [entry(100, title="Le tocsin", text="Encore"), entry(101, title="Une fête", text="Les pompiers du débat")], taught, now)  # fmt: skip

    rows = decided.execute(f"select item_id, origin, reason, score from item_tags where item_id > 72 and {TAUGHT}").fetchall()
    assert [row[:2] for row in rows] == [(73, "model")]
    assert "« tocsin » appris d’articles étiquetés" in rows[0][2]
    assert 0.5 < rows[0][3] <= 1


def test_what_is_held_is_counted_then_changed_then_undone_and_the_decided_stay(decided, learnt, knowledge, now):
    collect_entries(decided, SOURCES["gironde"], [entry(n, title="Le tocsin", text="Encore") for n in range(100, 105)], knowledge, now)
    taught = replace(knowledge, model=learnt.model)
    tables = ("items", "item_tags")
    before = dump(decided)
    said = decided.execute("select * from item_tags where origin in ('curator', 'refused') order by 1, 2").fetchall()

    counted = retag(decided, SOURCES, taught, now, dry_run=True)
    untouched = dump(decided)
    done = retag(decided, SOURCES, taught, now, dry_run=False)
    after = dump(decided)
    undo_retag(decided)

    assert counted == done
    assert done.tags["risques-secours", "+"] == 5
    assert untouched == before
    assert after["item_tags"] != before["item_tags"]
    assert decided.execute("select * from item_tags where origin in ('curator', 'refused') order by 1, 2").fetchall() == said
    assert {name: dump(decided)[name] for name in tables} == {name: before[name] for name in tables}


def test_the_model_is_json_that_answers_the_same(decided, learnt, knowledge):
    assert json.loads(learnt.text)["vocabulary"] == knowledge.vocabulary
    again = model_of(learnt.text)

    for one in lessons(decided, SOURCES, knowledge).examples:
        mine, theirs = judge(learnt.model, one.terms, one.rules), judge(again, one.terms, one.rules)
        assert {name: answer.yes for name, answer in mine.items()} == {name: answer.yes for name, answer in theirs.items()}
        assert all(abs(mine[name].probability - theirs[name].probability) <= 0.01 for name in mine)


def test_the_former_model_comes_back_and_then_the_rules(decided, learnt, knowledge, now):
    keep_model(decided, learnt, knowledge.vocabulary, now)
    keep_model(decided, replace(learnt, text=learnt.text.replace('"risques-secours"', '"x"')), knowledge.vocabulary, now)

    assert bring_back(decided)
    assert active_model(decided) is not None
    assert bring_back(decided) == ""
    assert active_model(decided) is None
    assert bring_back(decided) is None


def test_too_few_decisions_are_said_not_learnt_from(store, knowledge, now):
    collect_entries(store, SOURCES["gironde"], [entry(n, title="Nouvelle", text="") for n in range(12)], knowledge, now)
    add_account(store, "claire", "un mot de passe", "curator", now)
    with writing(store):
        for item_id in range(1, LEAST):
            decide(store, account_id=1, item_id=item_id, action="select", at="2026-11-22T09:00:00Z")

    found = learn(lessons(store, SOURCES, knowledge), knowledge.vocabulary)

    assert found.model is None
    assert {one.after for one in found.marks} == {None}
    assert mark(found, "interest").positives == LEAST - 1


def veille(folder, *arguments, without=""):
    """The command, as a process; `without`: a module that is not there."""
    code = f"import sys; sys.modules[{without!r}] = None; from veille.cli import main; sys.argv[0] = 'veille'; main()"
    start = [sys.executable, "-c", code] if without else [sys.executable, "-m", "veille"]
    return subprocess.run([*start, *arguments, "--db", "veille.db"], cwd=folder, capture_output=True, text=True, timeout=120)


def test_the_command_tells_keeps_and_goes_back(decided, tmp_path):
    (tmp_path / "feeds.yaml").write_text(
        "version: 1\nsources:\n  - {id: gironde, name: G, feed: 'https://gironde.example.fr/rss', rights: full}\n"
    )

    dry, kept, undone, nothing, both = (
        veille(tmp_path, "learn", "--dry-run"), veille(tmp_path, "learn"), veille(tmp_path, "learn", "--undo"),
        veille(tmp_path, "learn", "--undo"), veille(tmp_path, "learn", "--undo", "--dry-run"),
    )  # fmt: skip

    assert "Risques et secours" in dry.stdout
    assert "gardé" in dry.stdout
    assert dry.stdout.endswith("Rien n’a été gardé.\n")
    assert "2 questions apprises" in kept.stdout
    assert "articles relus" in kept.stdout
    assert undone.stdout == "Les règles servent de nouveau seules.\n"
    assert nothing.stdout == "Rien n’avait été appris : les règles servent seules.\n"
    assert (both.returncode, both.stderr) == (2, "choisissez une seule option parmi --dry-run et --undo\n")


def test_without_scikit_learn_learning_is_one_sentence_and_what_was_learnt_is_applied(decided, learnt, knowledge, now, tmp_path):
    keep_model(decided, learnt, knowledge.vocabulary, now)
    (tmp_path / "feeds.yaml").write_text(
        "version: 1\nsources:\n  - {id: gironde, name: G, feed: 'https://gironde.example.fr/rss', rights: full}\n"
    )

    refused = veille(tmp_path, "learn", without="sklearn")
    applied = veille(tmp_path, "retag", "--dry-run", without="sklearn")

    assert (refused.returncode, refused.stderr) == (2, "apprendre demande scikit-learn : pip install 'veille[learn]'.\n")
    assert applied.returncode == 0


def test_a_learnt_word_that_nobody_may_read_is_not_said(decided, learnt, knowledge, now):
    keep_model(decided, learnt, knowledge.vocabulary, now)
    taught = knowing(decided, knowledge)
    hidden = make_source(id="cachee", rights="link")
    shown = entry(100, title="Le tocsin", text="Encore")
    silent = make_entry(
        guid="101", link="https://c.fr/101", title="Une soirée", summary=f"Le tocsin retentit, {' '.join(WORDS)}.", published="2026-11-20"
    )

    collect_entries(decided, hidden, [silent], taught, now)
    collect_entries(decided, SOURCES["gironde"], [shown], taught, now)
    said = dict(decided.execute(f"select item_id, reason || evidence from item_tags where item_id > 72 and {TAUGHT}").fetchall())
    with writing(decided):
        decided.execute("update items set title = 'Rien', summary = '' where id = 74")
        hide_learnt(decided, [74])
    narrowed = decided.execute(f"select reason, evidence from item_tags where item_id = 74 and {TAUGHT}").fetchone()

    assert said[73] == "appris d’articles étiquetés[]"
    assert "tocsin" in said[74]
    assert narrowed == ("appris d’articles étiquetés", "[]")
    assert "tocsin" not in "".join(row[0] for row in decided.execute("select kind_reason || interest_reason from items where id = 73"))


def test_a_word_of_forgotten_articles_leaves_what_was_learnt(decided, learnt, knowledge, now):
    keep_model(decided, learnt, knowledge.vocabulary, now)
    ids = [row[0] for row in decided.execute("select item_id from items_words join item_tags on item_id = id where text like '%tocsin%'")]

    forget(decided, sorted(set(ids)), now)

    (text,) = decided.execute("select model from models").fetchone()
    assert "tocsin" in learnt.text
    assert "tocsin" not in text
    assert "jardinier" in text
    assert active_model(decided) is not None


def test_a_model_that_was_undone_does_not_come_back(decided, learnt, knowledge, now):
    keep_model(decided, learnt, knowledge.vocabulary, now)
    bring_back(decided)
    keep_model(decided, learnt, knowledge.vocabulary, now)

    assert bring_back(decided) == ""
    assert active_model(decided) is None


def test_dismissed_articles_whose_text_was_let_go_teach_nothing(decided, knowledge):
    with writing(decided):
        decided.execute("update texts set text = '' where item_id in (select id from items where state = 'dismissed')")

    found = learn(lessons(decided, SOURCES, knowledge), knowledge.vocabulary)

    assert mark(found, "interest").examples == mark(found, "interest").positives == 16


def test_a_theme_that_left_the_vocabulary_is_put_on_nothing(decided, learnt, knowledge, now):
    keep_model(decided, replace(learnt, text=learnt.text.replace("theme:risques-secours", "theme:disparu")), knowledge.vocabulary, now)
    taught = knowing(decided, knowledge)

    collect_entries(decided, SOURCES["gironde"], [entry(100, title="Le tocsin", text="Encore")], taught, now)

    assert decided.execute("select count(*) from item_tags where tag_id = 'disparu'").fetchone() == (0,)


def test_going_back_to_the_rules_changes_origin_and_reason_too(store, knowledge, now):
    collect_entries(store, SOURCES["gironde"], [make_entry()], knowledge, now)
    before = store.execute("select * from item_tags order by tag_id").fetchall()
    with writing(store):
        store.execute(
            "update item_tags set origin = 'model', score = 0.99, reason = '« attente » appris d’articles étiquetés' where origin = 'rule'"
        )

    told = retag(store, SOURCES, knowledge, now, dry_run=False)

    assert before
    assert told.changed == 1
    assert store.execute("select * from item_tags order by tag_id").fetchall() == before


def test_undoing_brings_back_nothing_that_rights_hide_since(decided, learnt, knowledge, now):
    collect_entries(
        decided,
        SOURCES["gironde"],
        [entry(100, title="Rien", text="Le tocsin, le tocsin et le tocsin du 30 juin 2025,")],
        replace(knowledge, model=learnt.model),
        now,
    )
    assert "tocsin" in decided.execute(f"select reason from item_tags where item_id = 73 and {TAUGHT}").fetchone()[0]
    retag(decided, SOURCES, knowledge, now, dry_run=False)
    with writing(decided):
        apply_rights(decided, "gironde", "link")

    undo_retag(decided)

    told = decided.execute(f"select reason, evidence from item_tags where item_id = 73 and {TAUGHT}").fetchone()
    assert told == ("appris d’articles étiquetés", "[]")
    assert decided.execute("select evidence from item_dates where item_id = 73").fetchall() == [("",)]


def test_a_learnt_tag_whose_words_all_speak_against_it_still_has_a_reason(knowledge):
    question = Question(bias=2.0, threshold=0.5, words={"tocsin": -0.1}, rules={}, signs={})
    model = assemble(knowledge.vocabulary, {"tocsin": 1.0}, {"theme:risques-secours": question})

    found = label("Le tocsin", "Rien d’autre.", replace(knowledge, model=model))

    assert [(tag.id, tag.origin) for tag in found.tags] == [("risques-secours", "model")]
    assert reasons_kept(found.tags[0].reasons) == ("appris d’articles étiquetés", "[]")
