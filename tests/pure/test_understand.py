"""Themes, kinds, interest, territory, dates: each with its reason."""

from datetime import date

import pytest

from builders import collect_entries, make_entry, make_item, make_source
from veille.store.curating.retagging import retag
from veille.understand.boilerplate import boilerplate_of, without
from veille.understand.dates import find_dates
from veille.understand.labels import understand
from veille.understand.territory import territories_of


def labels(knowledge, title, text="", **source):
    return understand(make_item(title=title, summary=text), make_source(**source), knowledge)


@pytest.mark.parametrize(
    ("title", "theme"),
    [
        ("Un budget participatif pour les jeunes", "participation-citoyenne"), ("La MDPH simplifie ses courriers", "handicap"),
        ("Les espaces naturels sensibles s’ouvrent", "environnement-eau"), ("Le SDIS recrute des volontaires", "risques-secours"),
        ("COVOITURAGE : une ligne de plus", "mobilites-routes"), ("Les aides à domicile formées", "grand-age-autonomie"),
    ],
)  # fmt: skip
def test_a_phrase_in_the_title_is_a_theme(knowledge, title, theme):
    assert theme in [tag.id for tag in labels(knowledge, title).tags]


@pytest.mark.parametrize(
    ("title", "theme"),
    [
        ("Transport en commun : la ligne 4", "ess-tiers-lieux"),
        ("Il s’est mis à apa", "grand-age-autonomie"),
        ("Le sage est là", "environnement-eau"),
    ],
)
def test_acronyms_as_written_and_whole_words_only(knowledge, title, theme):
    assert theme not in [tag.id for tag in labels(knowledge, title).tags]


def test_a_reason_names_phrase_field_and_position(knowledge):
    tags = labels(
        knowledge,
        "Vie du Département",
        "Une phrase de plus. " * 21 + "Le budget participatif, oui, le budget participatif la concertation, la convention citoyenne.",
    ).tags

    reason = next(tag for tag in tags if tag.id == "participation-citoyenne").reasons[0]
    assert (reason.phrase, reason.field, reason.position) == ("budget participatif", "text", 423)


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("Appel à projets : inclusion numérique", "", "appel"), ("Le Département recrute trois médecins (H/F)", "", "emploi"),
        ("Webinaire : évaluer une expérimentation", "Inscription gratuite", "evenement"), ("Guide des achats responsables", "", "publication"),
        ("Retour d’expérience sur le guichet unique", "", "retour-experience"), ("Prix de l’innovation : les lauréats", "", "prix"),
        ("La RD 12 rouvre", "", "article"),
    ],
)  # fmt: skip
def test_kinds(knowledge, title, text, kind):
    assert labels(knowledge, title, text).kind == kind


def test_interest_tells_an_idea_from_a_road_work(knowledge):
    idea = labels(knowledge, "Le laboratoire d’innovation teste un guichet avec les usagers")
    road = labels(knowledge, "RD 12 : circulation alternée", "Travaux de réfection de la chaussée.")

    assert idea.interest > 0.8 > 0.2 > road.interest
    assert "« laboratoire d'innovation » dans le titre" in idea.interest_reason
    assert "circulation alternée" in road.interest_reason


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("En Loire-Atlantique et dans la Drôme", ["44", "26"]), ("Le Département du Nord vote", ["59"]), ("Le vent du Nord", []),
        ("Pays de la Loire", []), ("le département de la Loire", ["42"]), ("Langon (33) ouvre", ["33"]), ("(12) jours", []),
        ("CD93 et CD 2A", ["93", "2A"]), ("la réunion de jeudi", []), ("À La Réunion, un essai", ["974"]), ("l'accord de Paris", []),
        ("Côtes-d’Armor et Côte-d'Or", ["22", "21"]), ("Seine-Saint-Denis", ["93"]), ("un lot, une somme, la manche", []),
        ("Hautes-Pyrénées", ["65"]), ("CD99", []),
    ],
)  # fmt: skip
def test_departements_named_in_a_text(knowledge, text, codes):
    assert [place.code for place in territories_of("", text, (), knowledge)] == codes


def test_the_sources_territory_when_the_text_names_none(knowledge):
    assert [(p.code, p.origin) for p in labels(knowledge, "Rien", territory=("67", "68")).territories] == [
        ("67", "source"),
        ("68", "source"),
    ]
    assert [(p.code, p.origin) for p in labels(knowledge, "En Gironde", territory=("67",)).territories] == [("33", "text")]


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        ("Candidatez avant le 30 avril 2027.", [("2027-04-30", "2027-04-30", "deadline")]),
        ("Dépôt des dossiers jusqu’au 1er mars", [("2027-03-01", "2027-03-01", "deadline")]),
        ("Webinaire le 4 décembre 2026", [("2026-12-04", "2026-12-04", "event")]),
        ("Du 3 au 7 mars 2027, le forum", [("2027-03-03", "2027-03-07", "event")]),
        ("Loi du 13 mai 2019", [("2019-05-13", "2019-05-13", "other")]),
        ("Le 31 février 2026", []),
        ("Vu en mai", []),
    ],
)
def test_days_that_a_text_names(text, mentions):
    found = find_dates(text, date(2026, 11, 20))

    assert [(one.start.isoformat(), one.end.isoformat(), one.role) for one in found] == mentions


@pytest.mark.parametrize(
    "text", ["", "👍", "x" * 1_000_000, "\ud800", "\u202eabc", "TOUT EN CAPITALES", "sansespaces" * 10_000, "œ 3 mai 2026 " * 2000]
)
def test_any_text_gets_an_answer(knowledge, text):
    tagged = labels(knowledge, "Titre", text)

    assert 0 <= tagged.interest <= 1


def test_sentences_that_a_source_repeats_do_not_count(store, knowledge, now):
    footer = "Le Département agit pour les personnes âgées et la protection de l’enfance."
    entries = [
        make_entry(guid=str(number), link=f"https://e.fr/{number}", title=f"Chantier numéro {number}", summary=f"La chaussée {number} de la route départementale est refaite à neuf, annonce le maire {number}. {footer}")
        for number in range(4)
    ]  # fmt: skip
    source = make_source()

    collect_entries(store, source, entries[:3], knowledge, now)
    before = {row[0] for row in store.execute("select tag_id from item_tags")}
    collect_entries(store, source, entries, knowledge, now)
    last = {row[0] for row in store.execute("select tag_id from item_tags where item_id = 4")}
    retag(store, {source.id: source}, knowledge, now, dry_run=False)
    after = {row[0] for row in store.execute("select tag_id from item_tags")}

    assert "enfance-famille" in before
    assert not {"grand-age-autonomie", "enfance-famille"} & (last | after)
    assert "mobilites-routes" in after


def test_a_template_leaves_every_other_character_at_its_place():
    said = "Suivez-nous sur les réseaux !"
    boilerplate = boilerplate_of([f"Un {number}. {said}" for number in range(4)])

    assert without("Un deux trois. Suivez-nous SUR les reseaux !\nDeux.", boilerplate) == "Un deux trois." + " " * 30 + "\nDeux."
    assert without(f"Un. {said}", boilerplate) == f"Un. {said}"  # published again, rather than repeated
    assert boilerplate_of([f"Un {number}. {said}" for number in range(3)]) == boilerplate_of([f"Un. {said}"] * 9) == frozenset()


# --- said as strangers say it -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("BUDGET PARTICIPATIF EN DORDOGNE", ["24"]), ("CONSEIL DÉPARTEMENTAL DES CÔTES D’ARMOR", ["22"]), ("COTES D ARMOR : un labo", ["22"]),
        ("VAL-DE-MARNE : un bus des droits", ["94"]), ("Un tiers-lieu à TOULOUSE", ["31"]), ("LA MAIRIE DE BREST", ["29"]),
        ("UN LOT DE MANCHES", []), ("LE SENS DE LA VISITE", []), ("GIRONDE CD33", ["33"]),
        ("Saint-Denis (974) ouvre un labo", ["974"]), ("Saint-Denis (Réunion)", ["974"]), ("97410 Saint-Pierre", ["974"]),
        ("Cayenne (973)", ["973"]), ("département 971", ["971"]), ("93200 Saint-Denis", ["93"]),
        ("l’Assemblée de Corse vote", ["2A", "2B"]), ("la Collectivité de Corse", ["2A", "2B"]),
        ("Le Jura vaudois", []), ("Les Ardennes belges", []), ("dans les Ardennes", ["08"]),
        ("Un labo dans le 75", ["75"]), ("dans le 20 h de ce soir", []), ("dans le 12 mars", []), ("dans le 15e arrondissement", []),
        ("dpt 35 : un appel", ["35"]), ("Dép. 2B", ["2B"]), ("le dept 59", ["59"]),
        ("MDPH 35 : un délai", ["35"]), ("SDIS 84", ["84"]), ("habitants du 93 et du 94", ["93", "94"]), ("dépts 03, 15 et 63", ["03", "15", "63"]),
        ("SEINE-ST-DENIS", ["93"]), ("MEURTHE & MOSELLE", ["54"]), ("Valence (Tarn-et-Garonne)", ["82"]), ("Saint-Pierre, Martinique", ["972"]),
        ("Mende : la mairie cherche des volontaires", ["48"]), ("Nantes Métropole innove", ["44"]), ("l’assemblée départementale du Var", ["83"]),
    ],
)  # fmt: skip
def test_a_departement_is_told_however_it_is_written(knowledge, text, codes):
    from veille.understand.territory import named

    assert list(dict.fromkeys(code for hit in named(text, knowledge) for code in hit.codes)) == codes


def test_what_is_told_of_a_name_in_capitals_is_what_is_written(knowledge):
    from veille.understand.territory import named

    assert [hit.phrase for hit in named("BUDGET PARTICIPATIF EN GIRONDE", knowledge)] == ["GIRONDE"]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Rendez-vous le vendredi 11/12 à 14 h", [("2026-12-11", "2026-12-11", "event")]),
        ("Candidatures avant le 4/1", [("2027-01-04", "2027-01-04", "deadline")]),
        ("Salon 8-10 décembre 2026", [("2026-12-08", "2026-12-10", "event")]),
        ("Salon des 8/9/10 décembre", [("2026-12-08", "2026-12-10", "event")]),
        ("17-18 avril 2027 : les rencontres", [("2027-04-17", "2027-04-18", "event")]),
        ("Réunion le 1ᵉʳ décembre 2026", [("2026-12-01", "2026-12-01", "event")]),
        ("Dépôts du 12/12/2026 au 15/01/2027", [("2026-12-12", "2027-01-15", "deadline")]),
        ("Enquête publique du 7 décembre à 9h au 8 janvier à 17h", [("2026-12-07", "2027-01-08", "event")]),
        ("La mairie est fermée du 24/12 au 02/01", [("2026-12-24", "2027-01-02", "event")]),
        ("Candidatez jusqu’à la fin du mois", [("2026-11-30", "2026-11-30", "deadline")]),
        ("Inscrivez-vous avant fin janvier", [("2027-01-31", "2027-01-31", "deadline")]),
        ("La réunion aura lieu demain à 19 h", [("2026-11-21", "2026-11-21", "event")]),
        ("Atelier ce samedi", [("2026-11-21", "2026-11-21", "event")]), ("le monde de demain", []),
        ("Le forum s’est tenu jeudi dernier", [("2026-11-19", "2026-11-19", "event")]),
        ("Forum : sam 16/01 à 10h", [("2027-01-16", "2027-01-16", "event")]),
        ("la date limite est reportée au 14 décembre", [("2026-12-14", "2026-12-14", "deadline")]),
        ("Prise de poste : 4 janvier 2027", [("2027-01-04", "2027-01-04", "other")]),
        ("la version 3.10.12 du logiciel", []), ("délibération n° 2025-06-12", []), ("v 2.11.26", []), ("3/4 des habitants", []),
        ("le 1/3 des communes", []), ("un score de 11/12", []), ("le 24/12/2026", [("2026-12-24", "2026-12-24", "event")]),
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_written(text, days):
    found = find_dates(text, date(2026, 11, 20))

    assert [(one.start.isoformat(), one.end.isoformat(), one.role) for one in found] == days


@pytest.mark.parametrize(("phrase", "title"), [("5G", "La 5G au collège"), ("3D", "Impression 3D"), ("ÉPIC", "Un ÉPIC pour l’eau"), ("A69", "A69 : débat")])  # fmt: skip
def test_a_rule_in_capitals_may_hold_a_figure_or_an_accent(knowledge, phrase, title):
    from veille.understand.edited import Edits, Rule, with_edits

    edited = with_edits(knowledge, Edits(themes=knowledge.themes, aliases={}, words=[], rules=[Rule(phrase=phrase, effect="dismiss")]))

    assert understand(make_item(title=title, summary="Un texte."), make_source(), edited).dismissed
    assert not understand(make_item(title=title.lower(), summary="Un texte."), make_source(), edited).dismissed
