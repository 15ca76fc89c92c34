"""Words and rules that editors change on the site, and what the next collection makes of them."""

import re
from datetime import timedelta

import pytest

from browsing import Browser, rows, signed_in
from builders import collect_entries, make_entry, make_source
from veille.resources import load_knowledge
from veille.store import migrate
from veille.store.curating.learning import knowing
from veille.store.curating.retagging import retag


@pytest.fixture
def site(newsroom):
    return newsroom


def edit(browser, **form):
    answer = browser.post("/tri/vocabulaire", headers={"accept": "application/json"}, **form)
    return answer.json()["said"] if answer.status_code == 200 else answer.status_code


def undo_last(browser, store):
    number = store.execute("select max(id) from edits where undone_at is null").fetchone()[0]
    return browser.post(f"/tri/edition/{number}/annuler", headers={"accept": "application/json"}).json()["said"]


def tags_of(store, knowledge, now, text, number=[100]):  # noqa: B006 - a new article each time
    number[0] += 1
    entry = make_entry(guid=f"n{number[0]}", link=f"https://e.fr/n{number[0]}", title=text, summary=text)
    collect_entries(store, make_source(territory=("33",)), [entry], knowing(store, knowledge), now + timedelta(minutes=number[0]))
    item = store.execute("select max(id) from items").fetchone()[0]
    found = store.execute("select tag_id from item_tags where item_id = ? and origin <> 'refused'", (item,)).fetchall()
    return item, {row[0] for row in found}


def test_words_are_added_and_taken_away_an_upgrade_keeps_them_and_a_journal_undoes_them(site, store, knowledge, now):
    editor = signed_in(site, "edith")
    _, before = tags_of(store, knowledge, now, "Le zébulon des landes")
    words = list(knowledge.themes["handicap"].words)
    assert "C’est fait" in edit(editor, action="words", theme="handicap", mots="\n".join([*words[1:], "zébulon"]))

    migrate(store, load_knowledge(), now)
    found = knowing(store, knowledge).themes["handicap"].words
    assert ("zébulon" in found, words[0] in found) == (True, False)
    _, after = tags_of(store, knowledge, now, "Le zébulon des landes")
    assert "handicap" in after - before
    assert "zébulon" in editor.get("/tri/vocabulaire").text
    assert editor.get("/tri/mots").json()[0]["words"]

    assert undo_last(editor, store) == "Changement annulé."
    assert tuple(knowing(store, knowledge).themes["handicap"].words) == tuple(words)
    assert "Ce que cette décision" not in editor.get("/tri/journal").text


def test_a_curator_proposes_and_an_editor_approves(site, store, knowledge, now):
    claire, edith = signed_in(site), signed_in(site, "edith")
    assert edit(claire, action="tag", nom="Sobriété", groupe="innovation") == 403
    assert "C’est fait" in edit(claire, action="propose", nom="Sobriété", groupe="innovation")
    assert "Sobriété" in claire.get("/tri/vocabulaire").text
    assert "sobriete" not in knowing(store, knowledge).themes
    assert edit(claire, action="approve", theme="sobriete") == 403
    edit(edith, action="approve", theme="sobriete")
    assert "Sobriété" in [one["label"] for one in claire.get("/tri/mots").json()]
    assert not claire.act("tag-add", 1, value="sobriété").json()["wrong"]
    assert store.execute("select tag_id from item_tags where origin = 'curator'").fetchall() == [("sobriete",)]
    assert "déjà le nom" in edit(edith, action="tag", nom="Sobriété", groupe="innovation")
    assert "ne peut pas être" in edit(edith, action="tag", nom="Autre", groupe="inconnu")
    assert edit(edith, action="reject", theme="handicap").startswith("Aucun thème")


def test_a_theme_is_renamed_everywhere_and_its_id_stays(site, store, knowledge, now):
    editor = signed_in(site, "edith")
    edit(editor, action="rename", theme="handicap", nom="Handicap et autonomie")
    migrate(store, load_knowledge(), now)
    assert store.execute("select label from tags where id = 'handicap'").fetchone() == ("Handicap et autonomie",)
    assert "Handicap et autonomie" in editor.get("/theme/handicap").text
    undo_last(editor, store)
    assert "Handicap et autonomie" not in editor.get("/theme/handicap").text


def test_merged_themes_keep_their_articles_and_come_apart_again(site, store, knowledge, now):
    editor = signed_in(site, "edith")
    editor.act("tag-add", 1, 2, value="handicap")
    editor.act("tag-add", 2, 3, value="enfance-famille")
    before = rows(store)["item_tags"]
    assert "C’est fait" in edit(editor, action="merge", theme="enfance-famille", vers="handicap")
    held = store.execute("select item_id from item_tags where tag_id = 'handicap' and origin = 'curator' order by 1").fetchall()
    assert held == [(1,), (2,), (3,)]
    assert store.execute("select count(*) from item_tags where tag_id = 'enfance-famille'").fetchone()[0] == 0
    word = next(one for one in knowledge.themes["enfance-famille"].words if " " in one)
    _, found = tags_of(store, knowledge, now, f"{word}, {word} et encore {word}")
    assert "handicap" in found
    assert "enfance-famille" not in found
    assert "réuni à" in editor.get("/tri/vocabulaire").text
    assert edit(editor, action="merge", theme="handicap", vers="handicap").startswith("Aucun thème")
    store.execute("delete from item_tags where item_id > 6")
    undo_last(editor, store)
    assert rows(store)["item_tags"] == before


def test_a_theme_is_split_by_its_words(site, store, knowledge, now):
    editor = signed_in(site, "edith")
    words = knowledge.themes["handicap"].words[:2]
    assert "C’est fait" in edit(editor, action="split", theme="handicap", nom="Accessibilité des lieux", mot=list(words))
    themes = knowing(store, knowledge).themes
    assert set(themes["accessibilite-des-lieux"].words) == set(words)
    assert not set(words) & set(themes["handicap"].words)
    assert "Choisissez les mots" in edit(editor, action="split", theme="handicap", nom="Autre", mot="inconnu")


def test_a_rule_is_tried_written_obeyed_applied_to_the_past_and_undone(site, store, knowledge, now):
    editor = signed_in(site, "edith")
    before = rows(store)
    page = editor.get("/tri/regles?phrase=habitants&effet=tag&valeur=Handicap").text
    assert "6 articles en 90 jours" in page.replace("\u00a0", " ")
    assert "Un budget participatif" in page
    assert rows(store) == before

    form = {"action": "rule", "phrase": "habitants", "effet": "tag", "valeur": "Handicap"}
    editor.post("/tri/regles", **form)
    _, found = tags_of(store, knowledge, now, "Les habitants du bourg")
    assert "handicap" in found
    told = editor.post("/tri/regles", headers={"accept": "application/json"}, action="past", id="1").json()
    assert told["said"].startswith("7 articles")
    assert store.execute("select count(*) from item_tags where tag_id = 'handicap' and origin = 'curator'").fetchone()[0] == 7
    assert "règle « habitants »" in editor.get("/tri/journal").text.replace("\u00a0", " ")
    editor.post(f"/decision/{told['batch']}/annuler")
    assert store.execute("select count(*) from item_tags where origin = 'curator'").fetchone()[0] == 0
    editor.post("/tri/regles", action="rule-off", id="1")
    _, found = tags_of(store, knowledge, now, "Les habitants du bourg voisin")
    assert "handicap" not in found


def test_rules_dismiss_and_give_interest_with_their_reason(site, store, knowledge, now):
    editor = signed_in(site, "edith")
    editor.post("/tri/regles", action="rule", phrase="vide-grenier", effet="dismiss")
    editor.post("/tri/regles", action="rule", phrase="zébulon", effet="interest", valeur="90 %")
    item, _ = tags_of(store, knowledge, now, "Grand vide-greniers dimanche")
    assert store.execute("select state, interest_reason from items where id = ?", (item,)).fetchone() == (
        "dismissed", "écarté par une règle : « vide-grenier » dans le titre",
    )  # fmt: skip
    item, _ = tags_of(store, knowledge, now, "Le zébulon nouveau")
    assert store.execute("select state, interest, interest_reason from items where id = ?", (item,)).fetchone() == (
        "new", 0.9, "donné par une règle : « zébulon » dans le titre",
    )  # fmt: skip
    retag(store, {"gironde": make_source(territory=("33",))}, knowing(store, knowledge), now, dry_run=False)
    assert store.execute("select interest from items where id = ?", (item,)).fetchone() == (0.9,)


@pytest.mark.parametrize(
    "form",
    [
        {"phrase": "", "effet": "tag", "valeur": "handicap"}, {"phrase": "« »", "effet": "dismiss"}, {"phrase": "x" * 81, "effet": "dismiss"},
        {"phrase": "mot", "effet": "tag", "valeur": "astrologie"}, {"phrase": "mot", "effet": "interest", "valeur": "101"},
        {"phrase": "mot", "effet": "interest", "valeur": "beaucoup"}, {"phrase": "mot", "effet": "effacer"}, {"phrase": "a\x07b", "effet": "dismiss"},
        {"phrase": "mot", "effet": "interest", "valeur": "nan"}, {"phrase": "mot", "effet": "interest", "valeur": "0,9"},
    ],
)  # fmt: skip
def test_rules_that_cannot_be_are_refused_in_a_sentence(site, store, form):
    editor = signed_in(site, "edith")
    told = editor.post("/tri/regles", headers={"accept": "application/json"}, action="rule", **form).json()
    assert told["wrong"]
    assert re.match(r"[A-ZÀÉ].+\.\Z", told["said"])
    assert store.execute("select count(*) from rules").fetchone()[0] == 0


def test_the_debt_counts_what_is_to_settle(site, store):
    editor = signed_in(site, "edith")
    before = int(re.search(r'class="figure">(\d+)', editor.get("/tri/vocabulaire").text)[1])
    edit(editor, action="propose", nom="Sobriété", groupe="innovation")
    mots = "\n".join([*load_knowledge().themes["handicap"].words, "mot que personne n’écrit"])
    edit(editor, action="words", theme="handicap", mots=mots)
    page = editor.get("/tri/vocabulaire").text
    assert int(re.search(r'class="figure">(\d+)', page)[1]) == before + 2
    assert "mot que personne n’écrit" in page


def test_a_theme_that_serves_is_not_undone_and_no_collection_breaks(site, store, knowledge, now):
    editor = signed_in(site, "edith")
    edit(editor, action="tag", nom="Zébulon", groupe="innovation")
    made = store.execute("select max(id) from edits").fetchone()[0]
    edit(editor, action="words", theme="zebulon", mots="zébulon")
    undone = editor.post(f"/tri/edition/{made}/annuler", headers={"accept": "application/json"}).json()
    assert undone["wrong"]
    assert "sert encore" in undone["said"]
    undo_last(editor, store)
    assert editor.post(f"/tri/edition/{made}/annuler", headers={"accept": "application/json"}).json()["said"] == "Changement annulé."
    assert store.execute("pragma foreign_key_check").fetchall() == []
    tags_of(store, knowledge, now, "Le zébulon")


def test_a_name_is_one_themes_alone_and_an_id_goes_before_names(site, store, knowledge):
    editor = signed_in(site, "edith")
    assert "déjà le nom" in edit(editor, action="rename", theme="handicap", nom="insertion RSA")
    assert "déjà le nom" in edit(editor, action="rename", theme="handicap", nom=knowledge.themes["insertion-rsa"].label.upper())
    assert "déjà le nom" in edit(editor, action="tag", nom="Enfance famille", groupe="innovation")
    editor.act("tag-remove", 1, value="insertion-rsa")
    assert store.execute("select tag_id from item_tags where origin = 'refused'").fetchall() == [("insertion-rsa",)]


def test_a_merge_keeps_a_curators_word_and_the_merged_words_can_go(site, store, knowledge, now):
    editor = signed_in(site, "edith")
    editor.act("tag-add", 1, value="enfance-famille")
    store.execute("insert into item_tags (item_id, tag_id, origin, score, reason) values (1, 'handicap', 'rule', 0.4, '')")
    edit(editor, action="merge", theme="enfance-famille", vers="handicap")
    assert store.execute("select origin from item_tags where item_id = 1 and tag_id = 'handicap'").fetchone() == ("curator",)
    merged = knowledge.themes["enfance-famille"].words
    assert set(merged) <= set(knowing(store, knowledge).themes["handicap"].words)
    assert "C’est fait" in edit(editor, action="words", theme="handicap", mots="\n".join(knowledge.themes["handicap"].words))
    assert not set(merged) & set(knowing(store, knowledge).themes["handicap"].words)


def test_a_rule_applied_to_the_past_leaves_what_curators_decided_and_gets_to_the_end(site, store, monkeypatch):
    from veille.store.curating import vocabulary

    monkeypatch.setattr(vocabulary, "MOST_MATCHES", 2)
    editor = signed_in(site, "edith")
    editor.act("select", 1)
    editor.act("tag-remove", 2, value="handicap")
    editor.post("/tri/regles", action="rule", phrase="habitants", effet="dismiss")
    editor.post("/tri/regles", action="rule", phrase="habitants", effet="tag", valeur="Handicap")
    for number in (1, 2):
        while "articles" in (
            said := editor.post("/tri/regles", headers={"accept": "application/json"}, action="past", id=str(number)).json()["said"]
        ):
            assert "recommencez" in said or "2 articles" in said
    assert dict(store.execute("select id, state from items").fetchall())[1] == "selected"
    assert store.execute("select count(*) from items where state = 'dismissed'").fetchone() == (5,)
    assert store.execute("select origin from item_tags where item_id = 2 and tag_id = 'handicap'").fetchone() == ("refused",)
    assert store.execute("select count(*) from item_tags where tag_id = 'handicap' and origin = 'curator'").fetchone() == (5,)


def test_a_proposal_is_between_curators(site, store, tmp_path):
    claire = signed_in(site)
    edit(claire, action="propose", nom="Affaire Zébulon", groupe="innovation")
    for path in ("/veille/tags.json?_shape=array", "/veille/tags", "/themes", "/recherche"):
        assert "Zébulon" not in Browser(site).get(path).text, path
    assert Browser(site).get("/veille/proposed_tags.json").status_code == 403
