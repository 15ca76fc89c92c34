"""What a stranger broke once: each stays mended."""

from datetime import UTC, date, datetime

import pytest
from datasette.app import Datasette

from browsing import PASSWORD, get, signed_in
from builders import collect_entries, make_entry, make_source
from veille.errors import UsageError
from veille.resources import load_kinds, load_line_words
from veille.store import writing
from veille.store.collecting.items import apply_rights
from veille.store.curating import fiches as acts
from veille.store.curating import vocabulary
from veille.store.curating.accounts import add_account
from veille.store.curating.edits import edit, undo_edit
from veille.store.curating.fiches import By
from veille.store.keeping.forgetting import fiches_that_say, forget
from veille.store.sharing import fiches
from veille.understand.lines import draft_of

KIND = load_kinds()["initiative"]
AT = "2026-11-22T09:00:00Z"
QUOTE = "Le département a ouvert un guichet unique avec les agents et les usagers."
TEXT = (
    f"Constat : la moitié des allocataires ressortaient sans réponse. {QUOTE} Les passages ont baissé de 41 %. Le coût est de 12 400 euros."
)
LINE = {"heading": "fait", "text": "Une ligne.", "said_on": "2026-01-02", "url": "https://e.fr/"}


@pytest.fixture
def house(store, knowledge, now, tmp_path):
    for number, source in enumerate(("un", "deux")):
        site = make_source(id=source, name=source.title(), url=f"https://{source}.fr/rss", territory=("33",), rights="full")
        text = TEXT if not number else TEXT.replace("guichet unique", "bus des démarches")
        entry = make_entry(guid=source, link=f"https://{source}.fr/1", title=f"Un essai en Gironde, récit {source}", summary=text)
        collect_entries(store, site, [entry], knowledge, now)
    for name, role in (("claire", "curator"), ("paul", "curator"), ("edith", "editor")):
        add_account(store, name, PASSWORD, role, now)
    return Datasette([str(tmp_path / "veille.db")])


def by(account=1, seen=None):
    return By(account=account, at=AT, seen=seen)


def do(store, act, *given):
    with writing(store):
        return act(store, *given)


def undo(store, edit_id, account=1):
    with writing(store):
        undo_edit(store, account_id=account, edit_id=edit_id, at=AT)


def born(store, number=1, publish=True):
    item = store.execute("select id from items order by id limit 1 offset ?", (number - 1,)).fetchone()[0]
    made = do(store, acts.create, KIND, item, fiches.drafted(store, item, load_line_words()).lines, by())
    do(store, acts.add_line, made, KIND, LINE, by())
    if publish:
        do(store, acts.publish, made, KIND, by())
    return made


def quoting(store, fiche):
    return store.execute("select id from fiche_lines where fiche_id = ? and text = ?", (fiche, QUOTE)).fetchone()[0]


def shown(house, fiche=1):
    paths = (f"/initiative/{fiche}", f"/initiative/{fiche}/diapos", "/initiatives.atom", "/veille/lignes.json?_shape=array")
    return [path for path in paths if "guichet unique avec les agents" in get(house, path).text]


@pytest.mark.parametrize("corrected", [False, True])
def test_a_quote_that_rights_hide_does_not_come_back(house, store, corrected):
    fiche = born(store)
    line = quoting(store, fiche)
    removed = do(store, acts.set_line_state, line, KIND, "retiree", by()) or acts.last_edit(store, fiche)
    if corrected:
        undo(store, removed)
        assert signed_in(house).act("summary", 1, value="Un résumé du documentaliste.").status_code == 200
    do(store, apply_rights, "un", "link")
    if not corrected:
        with pytest.raises(UsageError, match="ne montrent plus ces mots"):
            undo(store, removed)
        with pytest.raises(UsageError, match="ne montrent plus ces mots"):
            do(store, acts.set_line_state, line, KIND, "montree", by())
    with pytest.raises(UsageError, match="ne montrent plus ces mots"):  # nor with another full stop, nor a part of it
        do(store, acts.add_line, fiche, KIND, LINE | {"text": f"Donc : {QUOTE[:-1]} !", "item": "1", "url": ""}, by())
    with pytest.raises(UsageError, match="ne montrent plus ces mots"):  # nor under another source
        do(store, acts.add_line, fiche, KIND, LINE | {"text": f"Donc : {QUOTE[:-1]} !"}, by())
    assert shown(house) == []


def test_an_article_that_goes_back_to_its_owner_takes_its_quotes_along(store, knowledge, now, tmp_path, house):
    blog = make_source(id="blogue", name="Blogue", url="https://blogue.fr/rss", rights="full")
    title, link = "Un atelier mobile du Tarn", "https://tarn.fr/actu/1"
    collect_entries(store, blog, [make_entry(guid="z", link=link, title=title, summary=TEXT)], knowledge, now)
    item = store.execute("select id from items where title = ?", (title,)).fetchone()[0]
    made = do(store, acts.create, KIND, item, fiches.drafted(store, item, load_line_words()).lines, by())
    do(store, acts.add_line, made, KIND, LINE, by())
    with writing(store):
        acts.set_place(store, made, "81", by(), present=True)
        acts.publish(store, made, KIND, by())
    assert shown(house, made)
    owner = make_source(id="tarn", name="Tarn", url="https://tarn.fr/rss", territory=("81",), rights="link", home="https://tarn.fr/")
    collect_entries(store, owner, [make_entry(guid="q", link=link, title=title, summary=TEXT)], knowledge, now)
    assert store.execute("select source_id, summary from items where id = ?", (item,)).fetchone() == ("tarn", "")
    assert shown(house, made) == []


def test_a_name_is_forgotten_wherever_somebody_wrote_it(house, store, now):
    one, other = born(store), born(store, 2)
    do(store, acts.add_line, one, KIND, LINE | {"text": "Elle répond.", "url": "", "declared_by": "Zoé Tartempion"}, by())
    do(store, acts.add_line, one, KIND, LINE | {"text": "Voir sa page.", "url": "https://e.fr/zoe-tartempion"}, by())
    do(store, acts.link, other, one, "inspire-de", "Zoé Tartempion le dit", by())
    assert fiches_that_say(store, "Zoé Tartempion") == [one, other]
    forget(store, [], now, everywhere=True, phrase="Zoé Tartempion")
    for path in (f"/initiative/{one}", f"/initiative/{other}", "/veille/lignes.json?_shape=array", "/veille/liens.json?_shape=array"):
        assert "artempion" not in get(house, path).text, path
    assert store.execute("select count(*) from edits where before || after like '%artempion%'").fetchone() == (0,)


def test_what_is_forgotten_leaves_no_title_and_no_log_wherever_its_lines_went(house, store, now):
    one, other = born(store), born(store, 2)
    with writing(store):
        acts.merge(store, one, other, by(3))
    forget(store, [1], now)
    assert store.execute("select count(*) from edits where after like ?", (f"%{QUOTE[:30]}%",)).fetchone() == (0,)
    assert store.execute("select title, state from fiches where id = ?", (one,)).fetchone() == ("source oubliée", "retiree")
    forget(store, [2], now)
    assert store.execute("pragma foreign_key_check").fetchall() == []


@pytest.mark.parametrize("text", [
    "Le coût est de 99999999999999999999 euros par an pour le département.", "Le budget est de 900 000 000 000 milliards d’euros pour tous les agents.",
    f"Le coût est de {'1' * 1500} euros par an pour le département.", "Le budget, " + "12 " * 30_000 + "euros en tout pour le département.",
])  # fmt: skip
def test_absurd_amounts_cost_nothing_and_stop_nothing(text):
    started = datetime.now(UTC)
    draft = draft_of("Un essai chiffré", text, text, load_line_words())
    assert all(one.value is None or one.value < 10**15 for one in draft.lines)
    assert (datetime.now(UTC) - started).total_seconds() < 5


def test_a_year_beside_an_amount_is_not_its_thousands():
    draft = draft_of("Un essai", "Le budget en 2024 12 000 euros pour le département.", "", load_line_words())
    assert [one.value for one in draft.lines if one.heading == "cout"] in ([1_200_000], [])


def test_odd_digits_are_a_sentence_or_nothing(house, store):
    fiche = born(store)
    for path in ("/initiatives?page=²", "/initiatives.json?page=²", "/initiatives.csv?page=٣"):
        assert get(house, path).status_code == 200
    answer = signed_in(house).post(f"/tri/fiche/{fiche}", action="line-add", rubrique="fait", texte="Autre.", dit="2026-01-02", article="²")
    assert answer.status_code == 302


def test_an_undoing_that_something_rests_on_is_a_sentence(house, store):
    one = born(store)
    create = store.execute("select min(id) from edits where fiche_id = ?", (one,)).fetchone()[0]
    other = born(store, 2)
    do(store, acts.link, other, one, "inspire-de", "", by())
    with pytest.raises(UsageError):
        undo(store, create)
    do(store, acts.unlink, 1, by())
    unlinked = acts.last_edit(store, other)
    do(store, acts.link, other, one, "inspire-de", "encore", by())
    with pytest.raises(UsageError, match=r"changé|tient à cela"):
        undo(store, unlinked)
    answer = signed_in(house).post(f"/tri/edition/{create}/annuler")
    assert answer.status_code == 302


def test_who_undoes_is_seen_too(house, store):
    fiche = born(store)
    line = quoting(store, fiche)
    do(store, acts.change_line, line, KIND, {"text": "Un chiffre faux."}, by(1))
    wrong, seen = acts.last_edit(store, fiche), acts.last_edit(store, fiche)
    undo(store, wrong, account=2)
    with pytest.raises(UsageError, match="paul a changé"):
        do(store, acts.change_line, line, KIND, {"text": "Claire, sans avoir vu."}, by(1, seen=seen))
    log = signed_in(house).get("/tri/journal?quoi=fiches").text
    assert "fiche-undone" not in log


def test_merging_keeps_links_and_articles_and_refuses_what_leads_nowhere(house, store):
    one, other = born(store), born(store, 2)
    do(store, acts.link, one, other, "inspire-de", "de l’un à l’autre", by())
    with writing(store):
        store.execute("insert into fiche_items values (?, 1, 'propose', '', ?)", (other, AT))
        acts.merge(store, one, other, by(3))
    assert store.execute("select role from fiche_items where fiche_id = ? and item_id = 1", (other,)).fetchone() == ("suite",)
    assert store.execute("select count(*) from fiche_links").fetchone() == (0,)  # a link to oneself is none
    for refused in (lambda: do(store, acts.merge, other, one, by(3)), lambda: do(store, acts.publish, one, KIND, by())):
        with pytest.raises(UsageError, match="a été réunie"):
            refused()
    with pytest.raises(UsageError, match="a été réunie"):
        do(store, acts.add_line, one, KIND, LINE | {"text": "Perdue."}, by())
    undo(store, acts.last_edit(store, other), account=3)
    assert store.execute("select count(*) from fiche_links").fetchone() == (1,)
    with writing(store):
        acts.unpublish(store, one, by(3), withdrawn=True)
    with pytest.raises(UsageError, match="retirée"):
        do(store, acts.merge, other, one, by(3))


def test_nothing_that_xml_cannot_say_is_kept(house, store):
    fiche = born(store)
    do(store, acts.add_line, fiche, KIND, LINE | {"text": "\x00Le d\x1bpartement \ufffe ouvre.", "declared_by": "l\x07a cheffe"}, by())
    assert store.execute("select text, declared_by from fiche_lines order by id desc limit 1").fetchone() == (
        "Le d partement ouvre.",
        "l a cheffe",
    )
    for wrong in ("https://", "https://[", "javascript:alert(1)", "https://a b.fr"):
        with pytest.raises(UsageError, match="n’est pas une adresse"):
            do(store, acts.add_line, fiche, KIND, LINE | {"text": wrong, "url": wrong}, by())


@pytest.mark.parametrize("day", ["20260102", "2026-W01-1", "0001-01-01", "2026-1-2", "2026-02-30", "hier", "2026-01-02T10:00"])
def test_a_day_is_written_in_one_way(house, store, day):
    fiche = born(store, publish=False)
    with pytest.raises(UsageError, match="n’est pas un jour"):
        do(store, acts.add_line, fiche, KIND, LINE | {"text": "Autre.", "said_on": day}, by())
    with pytest.raises(UsageError, match="ni un mois"):
        do(store, acts.set_stage, fiche, "projet", day, "", by())
    with pytest.raises(UsageError, match="ne finit pas avant"):
        do(store, acts.set_stage, fiche, "projet", "2026-03", "2025", by())


def test_words_that_changed_are_verified_no_more(house, store):
    fiche = born(store)
    line = quoting(store, fiche)
    do(store, acts.check_line, line, "vrai", by())
    assert "vérifié le" in get(house, f"/initiative/{fiche}").text
    do(store, acts.change_line, line, KIND, {"text": "Il en a ouvert deux."}, by())
    assert "vérifié le" not in get(house, f"/initiative/{fiche}").text
    assert store.execute("select verified_on from lignes where id = ?", (line,)).fetchone() == ("",)


def test_a_published_sheet_keeps_lines_a_place_and_its_source(house, store):
    fiche = born(store)
    lines = [row[0] for row in store.execute("select id from fiche_lines where fiche_id = ? and state = 'montree'", (fiche,))]
    for line in lines[3:]:
        do(store, acts.set_line_state, line, KIND, "retiree", by())
    with pytest.raises(UsageError, match="garde 3 lignes"):
        do(store, acts.set_line_state, lines[0], KIND, "retiree", by())
    with pytest.raises(UsageError, match="un département au moins"), writing(store):
        acts.set_place(store, fiche, "33", by(), present=False)
    with pytest.raises(UsageError, match="source de la fiche"):
        do(store, acts.set_item, fiche, 1, "refus", by())


def test_what_editors_withdraw_curators_do_not_bring_back(house, store):
    fiche = born(store)
    with writing(store):
        acts.unpublish(store, fiche, by(3), withdrawn=True)
    claire = signed_in(house)
    assert claire.post(f"/tri/fiche/{fiche}", action="publish").status_code == 403
    assert claire.post(f"/tri/edition/{acts.last_edit(store, fiche)}/annuler").status_code == 403
    assert signed_in(house, "edith").post(f"/tri/fiche/{fiche}", action="publish").status_code == 302
    assert get(house, f"/initiative/{fiche}").status_code == 200


def test_themes_that_are_merged_take_their_sheets_along(house, store):
    fiche = born(store)
    with writing(store):
        acts.set_tag(store, fiche, "handicap", by(), present=True)
        edit(store, vocabulary.merge_changes(store, "handicap", "grand-age-autonomie"), account_id=1, subject="t", action="merge", at=AT)
    assert fiches.listed(store, "initiative", theme="grand-age-autonomie")[0] == [fiche]
    assert fiches.listed(store, "initiative", theme="handicap")[0] == []


def test_lines_to_verify_are_told_however_many_sheets_there_are(house, store):
    fiche = born(store)
    do(store, acts.add_line, fiche, KIND, LINE | {"heading": "contact", "text": "La cheffe.", "said_on": "2026-05-31"}, by())
    assert [one.text for one in fiches.stale_lines(store, load_kinds(), date(2026, 11, 30))] == []  # there is no 31st
    assert [one.text for one in fiches.stale_lines(store, load_kinds(), date(2026, 12, 1))] == ["La cheffe."]
    [line] = [one for one in fiches.lines_of(store, fiche, KIND) if one.heading == "contact"]
    assert fiches.stale(line, KIND, date(2026, 12, 1))
    assert not fiches.stale(line, KIND, date(2026, 11, 30))


def test_acts_are_undone_in_any_order_but_where_one_rests_on_another(house, store):
    fiche = born(store)
    do(store, acts.retitle, fiche, "Un premier titre", by())
    titled = acts.last_edit(store, fiche)
    do(store, acts.add_line, fiche, KIND, LINE | {"text": "Plus tard."}, by())
    lined = acts.last_edit(store, fiche)
    do(store, acts.set_stage, fiche, "projet", "2024", "", by())
    undo(store, titled)
    undo(store, lined)
    card = fiches.fiche_cards(store, [fiche])[0]
    assert (card.title, card.stage, card.state) == ("Un essai en Gironde, récit un", "projet", "publiee")
    do(store, acts.retitle, fiche, "Un second titre", by())
    second = acts.last_edit(store, fiche)
    do(store, acts.retitle, fiche, "Un troisième titre", by())
    with pytest.raises(UsageError, match="Cela a encore changé"):
        undo(store, second)


def test_an_address_or_a_declarer_replaces_the_article(house, store):
    fiche = born(store)
    do(store, acts.add_line, fiche, KIND, LINE | {"text": "D’un rapport.", "item": "1"}, by())
    do(store, acts.add_line, fiche, KIND, LINE | {"text": "D’un agent.", "item": "1", "url": "", "declared_by": "la direction"}, by())
    page = get(house, f"/initiative/{fiche}").text
    assert page.split("D’un rapport.")[1].split("</p>")[0].count('href="https://e.fr/"') == 1
    assert "déclaré par la direction" in page.split("D’un agent.")[1].split("</p>")[0]


def test_a_draft_that_is_merged_is_read_before_it_is_shown_and_says_nothing_twice(house, store):
    one, other = born(store, 1, publish=False), born(store, 2)
    with writing(store):
        acts.merge(store, one, other, by(3))
    states = dict(store.execute("select state, count(*) from fiche_lines where fiche_id = ? group by 1", (other,)).fetchall())
    assert states["a-revoir"] >= 1
    assert states["retiree"] >= 1  # « Une ligne. » is there already
    assert get(house, f"/initiative/{other}").text.count(">Une ligne. <span") == 1


def test_a_line_is_looked_at_once_a_day_and_only_where_it_stands(house, store):
    fiche = born(store)
    line = quoting(store, fiche)
    do(store, acts.check_line, line, "vrai", by())
    with pytest.raises(UsageError, match="déjà été regardée"):
        do(store, acts.check_line, line, "vrai", by(2))
    do(store, acts.set_line_state, line, KIND, "retiree", by())
    with pytest.raises(UsageError, match="n’est pas sur la fiche"):
        do(store, acts.check_line, line, "change", by())


def test_an_article_that_a_sheet_has_begins_no_twin_and_a_link_keeps_its_reason(house, store):
    one, other = born(store), born(store, 2)
    with writing(store):
        acts.unpublish(store, other, by(3), withdrawn=True)
        acts.set_item(store, one, 2, "suite", by())
    answer = signed_in(house).post("/tri/fiche/nouvelle", article="2")
    assert answer.headers["location"] == f"/tri/fiche/{one}"
    assert get(house, f"/initiative/{other}").status_code == 404
    assert "a été retirée" in get(house, f"/initiative/{other}").text
    with writing(store):
        acts.unpublish(store, other, by(3), withdrawn=False)
        acts.link(store, one, other, "inspire-de", "ils le disent", by())
    with pytest.raises(UsageError):
        do(store, acts.link, one, other, "inspire-de", "", by())  # nothing changes: the reason stays
    assert store.execute("select reason from fiche_links").fetchone() == ("ils le disent",)


def test_what_a_form_without_script_sent_is_there_again_where_it_was_refused(house, store):
    fiche = born(store)
    claire = signed_in(house)
    claire.post(f"/tri/fiche/{fiche}", action="line-add", rubrique="contact", texte="La cheffe de projet.", dit="2099-01-01", article="1")
    page = claire.get(f"/tri/fiche/{fiche}").text
    assert "dans l’avenir" in page
    assert ">La cheffe de projet.</textarea>" in page
    assert 'value="2099-01-01"' in page
    assert ">La cheffe de projet.</textarea>" not in claire.get(f"/tri/fiche/{fiche}").text  # said once
    claire.post(f"/tri/fiche/{fiche}", action="stage", stade="projet", debut="septembre 2024", fin="")
    assert 'value="septembre 2024"' in claire.get(f"/tri/fiche/{fiche}").text
    assert get(house, "/initiatives?page=99").status_code == 404


def test_two_sheets_of_one_article_do_not_live_side_by_side(house, store):
    one = born(store)
    with writing(store):
        acts.unpublish(store, one, by(3), withdrawn=True)
    withdrawn = acts.last_edit(store, one)
    other = born(store)
    with pytest.raises(UsageError, match="née du même article"):
        undo(store, withdrawn, account=3)
    with pytest.raises(UsageError, match="née du même article"):
        do(store, acts.publish, one, KIND, by(3))
    assert [row[0] for row in store.execute("select id from fiches where state = 'publiee'")] == [other]


def test_the_beginning_of_a_sheet_is_not_undone_under_those_who_went_on(house, store):
    item = store.execute("select min(id) from items").fetchone()[0]
    made = do(store, acts.create, KIND, item, fiches.drafted(store, item, load_line_words()).lines, by())
    create = acts.last_edit(store, made)
    do(store, acts.publish, made, KIND, by(2))
    with pytest.raises(UsageError, match="Cela a encore changé"):
        undo(store, create)
    assert get(house, f"/initiative/{made}").status_code == 200
    undo(store, acts.last_edit(store, made), account=2)
    undo(store, create)
    assert store.execute("select count(*) from fiches").fetchone() == (0,)
