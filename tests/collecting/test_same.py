"""The same text again: sixty pairs made of twelve texts of ours, labelled by how they were made, and stories in a real file."""

import itertools
import random
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest

from builders import collect_entries, dump, make_entry, make_source
from veille.errors import UsageError
from veille.store import writing
from veille.store.collecting.stories import join_stories, make_stories
from veille.store.curating.accounts import add_account
from veille.store.curating.decisions import decide, undo
from veille.store.curating.retagging import retag
from veille.store.keeping.backup import unsoundness
from veille.understand.same import compare, print_of
from veille.understand.territory import territories_of

TEXTS = {
    "Un accueil social repensé avec les habitants": "Trois maisons des solidarités ont revu leurs salles d’attente avec les personnes qui les fréquentent. Pendant six mois, des agents et deux designers ont observé, dessiné puis essayé de nouveaux parcours. Le temps d’attente a baissé d’un tiers, et les agents disent travailler plus sereinement. La démarche sera étendue à tout le département à la rentrée, avec un budget de 120 000 euros.",
    "Le budget participatif des collèges fait école": "Les collégiens proposent, débattent et votent : un potager, un foyer, des bancs sous le préau. Plus de quatre mille élèves ont pris part au scrutin, organisé avec de vraies urnes. Les projets retenus seront réalisés par les équipes techniques avant l’été, et les élèves suivront le chantier semaine après semaine.",
    "Une convention citoyenne sur l’eau rend son avis": "Trente habitants tirés au sort ont travaillé cinq week-ends sur le partage de l’eau. Ils demandent un tarif progressif, un observatoire ouvert à tous et la renaturation de deux rivières. Les élus répondront point par point en séance publique, et un comité de suivi se réunira deux fois l’an.",
    "Les archives ouvrent un atelier de transcription": "Des bénévoles lisent et transcrivent, depuis chez eux, les registres d’état civil de la Révolution. L’outil, un logiciel libre, propose une lecture que chacun corrige ; deux relectures croisées valident la page. En un an, neuf mille pages sont devenues cherchables, au grand bonheur des généalogistes.",
    "Un bus itinérant pour l’accès aux droits": "Il s’arrête chaque matin sur une place différente, avec une assistante sociale, un conseiller numérique et une petite imprimante. On y remplit un dossier, on y imprime une attestation, on y pose une question qui n’entre dans aucune case. Une personne reçue sur trois ignorait avoir droit à une aide.",
    "Des capteurs à bas coût pour mieux chauffer": "Les services techniques ont posé des capteurs de température dans vingt bâtiments et publié les relevés. Les agents comparent leurs bureaux, les élus découvrent les passoires, et la facture baisse sans un seul gros chantier. Le code et le plan des boîtiers sont en ligne, pour que d’autres collectivités les reprennent.",
    "La médiathèque prête des outils et des savoirs": "À côté des livres, on emprunte désormais une perceuse, une machine à coudre ou une heure de bricolage avec un voisin. L’idée est née d’un atelier où les lecteurs ont décrit ce qui leur manquait. Le règlement tient sur une page, écrite avec eux en langage clair.",
    "Le covoiturage solidaire s’organise dans les vallées": "Soixante conducteurs bénévoles conduisent leurs voisins chez le médecin ou au marché. Une standardiste met en relation ceux qui n’ont pas internet ; les trajets sont indemnisés au kilomètre par la communauté de communes. Après un an, les bénévoles ont écrit un guide pour les territoires voisins.",
    "Un jumeau numérique pour préparer les crues": "La maquette reproduit chaque pont, chaque digue et chaque maison du bord de l’eau. Les secours y rejouent les crues passées et préparent les prochaines ; les maires y voient quelles rues évacuer d’abord. Les données viennent des drones, des archives et de la mémoire des riverains.",
    "L’intelligence artificielle au service des courriers": "Un assistant propose aux agents une réponse en langage simple, qu’ils relisent, corrigent et signent. Une charte dit ce qui lui est interdit, et un comité d’usagers lit chaque mois vingt réponses tirées au sort. Les délais ont baissé, les réclamations aussi, mais les agents demandent qu’on leur laisse le dernier mot.",
    "Les aidants familiaux ont leur maison": "On y vient parler, se reposer, apprendre les gestes qui soulagent. Deux salariées et une dizaine de pairs aidants y tiennent permanence, et un camion visite les villages. Le lieu a été conçu avec ceux qui s’en serviront : une cuisine ouverte, pas de guichet, et des fauteuils où l’on peut s’endormir.",
    "Un collège rural invente sa cantine": "Les élèves ont goûté, noté, jardiné, et convaincu l’intendant d’acheter à douze fermes des environs. Le gaspillage a été divisé par deux et le prix du repas n’a pas bougé. Les cuisiniers, formés par un chef voisin, publient chaque vendredi la recette préférée de la semaine.",
}  # fmt: skip
TEMPLATE = (
    "Le service de transport à la demande reprend le lundi {day} {month} dans le canton de {place}. Réservez la veille avant 17 heures au {phone}. "
    "Le trajet coûte {price} euros, gratuit pour les moins de {age} ans. Les arrêts sont affichés en mairie et sur le site du Département."
)


def edited(text, dice):
    """One word in fifty changed."""
    words = text.split()
    for _ in range(max(1, len(words) // 50)):
        words[dice.randrange(len(words))] = dice.choice(("vraiment", "aussi", "souvent", "bientôt"))
    return " ".join(words)


def sixty():
    """(title, text) pairs and whether they are one story: 36 that are, 24 that are not."""
    dice = random.Random(1)
    rows = list(TEXTS.items())
    for title, text in rows:
        yield (title, text), (f"[Partenaire] {title}", edited(text, dice)), True
        yield (title, text), (title, " ".join(text.split()[: len(text.split()) * 6 // 10]) + " […] Lire la suite"), True
        yield (
            (title, text),
            (dice.choice(("À lire", "Repéré pour vous")), f"Nous reprenons un article de nos voisins. {text.replace('’', chr(39))}"),
            True,
        )
    for first, second in itertools.islice(itertools.combinations(rows, 2), 0, 60, 5):
        yield first, second, False
    places = ("Mende", "Aurillac", "Guéret", "Gap", "Tulle", "Privas", "Foix", "Digne-les-Bains", "Épinal", "Laon", "Vesoul", "Cahors")
    for number, place in enumerate(places):
        other = places[(number + 1) % len(places)]
        pair = [
            (f"Transport à la demande à {where}", TEMPLATE.format(day=3 + n, month="mai" if n % 2 else "juin", place=where, phone=f"05 55 {n}0 {n}1 {n}2", price=2 + n, age=12 + n))
            for n, where in ((number, place), (number + 13, other))
        ]  # fmt: skip
        yield pair[0], pair[1], False


def test_sixty_pairs_of_ours(knowledge):
    wrong, found = [], 0
    for one, other, same in sixty():
        prints = [
            print_of(title, text, (place.code for place in territories_of(title, text, (), knowledge))) for title, text in (one, other)
        ]
        verdict = compare(*prints)
        if verdict.same and not same:
            wrong.append((one[0], other[0], verdict))
        found += verdict.same and same
    assert not wrong
    assert found >= 0.98 * 36
    assert len(list(sixty())) == 60


def sources(count):
    return [make_source(id=f"s{n}", name=f"S{n}", url=f"https://s{n}.fr/rss") for n in range(count)]


def arrivals():
    """What eight sites publish: texts of their own, and one text each that is reposted, cut or edited elsewhere."""
    dice = random.Random(4)
    rows = list(TEXTS.items())
    found = []
    for site in range(6):
        for n in range(9):
            filler = " ".join(
                dice.choices(
                    "le département ouvre finance services agents habitants collège route forêt budget projet étude atelier lecture santé".split(),
                    k=90,
                )
            )
            found.append((site, f"Article {site}-{n} du site", filler))
    for number, (title, text) in enumerate(rows[:6]):
        found.append((number % 6, title, text))
        found.append(((number + 1) % 6, title, text))
        found.append(((number + 2) % 6, f"[Repris] {title}", edited(text, dice)))
        found.append(((number + 3) % 6, title, " ".join(text.split()[: len(text.split()) * 6 // 10]) + " […]"))
    return found


def keep(db, knowledge, now, rows):
    for number, (site, title, text) in enumerate(rows):
        entry = make_entry(
            guid=f"{site}-{title}-{len(text)}",
            link=f"https://s{site}.fr/{zlib.crc32(f'{title}{text}'.encode())}-{number}",
            title=title,
            summary=text,
            published="2026-11-20",
        )
        collect_entries(db, sources(6)[site], [entry], knowledge, now)


def stories(db):
    """The stories as sets of (source, title, length of text)."""
    found = {}
    for story, source, title, length in db.execute(
        "select story_id, source_id, items.title, length(text) from items join texts on item_id = items.id where story_id is not null"
    ):
        found.setdefault(story, set()).add((source, title, length))
    return sorted(map(sorted, found.values()))


def test_reposts_join_their_story_with_a_score_and_a_reason(store, knowledge, now):
    keep(store, knowledge, now, arrivals())

    found = stories(store)
    assert len(found) == 6
    assert {len(one) for one in found} == {4}
    for story, lead, reason in store.execute("select id, lead_id, reason from stories"):
        assert store.execute("select count(*), sum(lead) from items where story_id = ?", (story,)).fetchone() == (4, 1)
        assert store.execute("select lead from items where id = ?", (lead,)).fetchone() == (1,)
        assert reason
    told = store.execute("select story_score, story_reason from items where story_id is not null and story_score is not null").fetchall()
    assert len(told) == 18
    assert all(0.8 <= score <= 1 and reason for score, reason in told)


@pytest.mark.parametrize("seed", range(4))
def test_the_stories_of_everything_are_the_same_whatever_the_order_of_arrival(tmp_path, knowledge, now, seed):
    from veille.store import connect, migrate

    outcomes = []
    for order in (0, seed + 1):
        db = connect(tmp_path / f"{order}.db")
        migrate(db, knowledge, now)
        rows = arrivals()
        if order:
            random.Random(order).shuffle(rows)
        keep(db, knowledge, now, rows)
        arrived = stories(db)
        with writing(db):
            make_stories(db)
        outcomes.append(stories(db))
        joined = {frozenset(pair) for one in arrived for pair in itertools.combinations(one, 2)}
        whole = {frozenset(pair) for one in outcomes[-1] for pair in itertools.combinations(one, 2)}
        assert joined <= whole  # on arrival, only more cautious
        assert unsoundness(db) == []
        before = dump(db)
        with writing(db):
            make_stories(db)
        assert dump(db) == before
        db.close()
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0]) == 6


def test_a_source_of_few_texts_is_only_proposed(store, knowledge, now):
    title, text = next(iter(TEXTS.items()))
    for number, words in enumerate((text, edited(text, random.Random(2)))):
        collect_entries(
            store, sources(2)[number], [make_entry(guid="g", link=f"https://s{number}.fr/a", title=title, summary=words)], knowledge, now
        )

    assert stories(store) == []
    assert store.execute("select item_id, other_id, score >= 0.8 from alike").fetchall() == [(2, 1, 1)]


def test_what_a_site_repeats_in_all_its_pages_joins_nothing(store, knowledge, now):
    banner = (
        "Le Département vous accueille du lundi au vendredi dans ses maisons des solidarités et sur son site, où toutes les démarches se font en ligne. "
        * 3
    )
    entries = [
        make_entry(guid=str(n), link=f"https://s0.fr/{n}", title=f"Aide numéro {n} pour tous", summary=f"{banner} {WORDS[n]}")
        for n in range(12)
    ]

    collect_entries(store, sources(1)[0], entries, knowledge, now)
    with writing(store):
        told = make_stories(store)

    assert stories(store) == []
    assert told[0] == 0


WORDS = [" ".join(f"{word}{n}" for word in "permis transport cantine bourse logement".split()) for n in range(12)]


def test_a_text_that_changes_leaves_its_story(store, knowledge, now):
    keep(store, knowledge, now, arrivals())
    row = store.execute("select source_id, url, title from items where story_id is not null order by id limit 1").fetchone()
    guid = store.execute(
        "select value from addresses join items on items.id = item_id where addresses.kind = 'guid' and url = ?", (row[1],)
    ).fetchone()[0]
    source = next(one for one in sources(6) if one.id == row[0])

    collect_entries(
        store,
        source,
        [make_entry(guid=guid, link=row[1], title=row[2], summary="Tout autre chose. " * 20)],
        knowledge,
        now + timedelta(days=1),
    )

    assert store.execute("select story_id, lead from items where url = ?", (row[1],)).fetchone() == (None, 1)
    assert sorted(len(one) for one in stories(store)) == [3, 4, 4, 4, 4, 4]


@pytest.fixture
def told(store, knowledge, now):
    """The six stories of four, an account, and a way to decide."""
    keep(store, knowledge, now, arrivals())
    add_account(store, "claire", "un mot de passe", "curator", now)

    def act(item_id, action, value=""):
        with writing(store):
            return decide(store, account_id=1, item_id=item_id, action=action, value=value, at="2026-11-22T09:00:00Z")

    return store, act


def members(db, item_id):
    return {row[0] for row in db.execute("select id from items where story_id = (select story_id from items where id = ?)", (item_id,))}


def everything(db):
    with writing(db):
        make_stories(db)


def test_what_a_curator_split_nothing_joins_again(told, knowledge, now):
    db, act = told
    first, *others = sorted(members(db, db.execute("select min(id) from items where story_id is not null").fetchone()[0]))
    before = stories(db)

    decision = act(first, "story-split")
    split = (members(db, first), members(db, others[0]))
    everything(db)
    again = (members(db, first), members(db, others[0]))
    keep(db, knowledge, now, arrivals()[:3])  # the next collection
    with writing(db):
        join_stories(db, [first, *others])
    collected = (members(db, first), members(db, others[0]))
    with writing(db):
        undo(db, account_id=1, decision_id=decision, at="2026-11-22T10:00:00Z")

    assert split == again == collected == (set(), set(others))
    assert stories(db) == before
    assert db.execute("select count(*) from story_decisions").fetchone() == (0,)
    assert unsoundness(db) == []


def test_what_a_curator_joined_stays_joined(told):
    db, act = told
    one, other = (row[0] for row in db.execute("select min(id) from items where story_id is not null group by story_id limit 2"))
    whole = members(db, one) | members(db, other)
    before = stories(db)

    decision = act(one, "story-join", str(other))
    joined = members(db, one)
    everything(db)
    again = members(db, one)
    with writing(db):
        undo(db, account_id=1, decision_id=decision, at="2026-11-22T10:00:00Z")

    assert joined == again == whole
    assert stories(db) == before
    assert unsoundness(db) == []


def test_short_texts_are_joined_and_apart_by_a_curators_word_alone(store, knowledge, now):
    for number in range(2):
        collect_entries(store, sources(2)[number], [make_entry(guid="g", link=f"https://s{number}.fr/a", title=f"Bref {number}", summary="Un mot.")], knowledge, now)  # fmt: skip
    add_account(store, "claire", "un mot de passe", "curator", now)

    with writing(store):
        decide(store, account_id=1, item_id=1, action="story-join", value="2", at="2026-11-22T09:00:00Z")
    joined = members(store, 1)
    everything(store)

    assert joined == members(store, 1) == {1, 2}


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ("story-join", "1"),
        ("story-join", "99999"),
        ("story-join", "x"),
        ("story-join", "9" * 25),
        ("story-join", "1" * 5000),
        ("story-split", ""),
        ("kind", "roman"),
    ],
)
def test_what_cannot_be_meant_changes_nothing(told, action, value):
    db, act = told
    alone = db.execute("select min(id) from items where story_id is null").fetchone()[0]
    before = dump(db)

    with pytest.raises(UsageError):
        act(1 if value == "1" else alone, action, value)

    assert dump(db) == before


def test_a_kind_that_a_curator_chose_stays_and_is_undone(told, knowledge, now):
    db, act = told
    before = db.execute("select kind, kind_reason, kind_origin from items where id = 1").fetchone()

    decision = act(1, "kind", "prix")
    retag(db, {one.id: one for one in sources(6)}, knowledge, now, dry_run=False)
    chosen = db.execute("select kind, kind_origin from items where id = 1").fetchone()
    with writing(db):
        undo(db, account_id=1, decision_id=decision, at="2026-11-22T10:00:00Z")

    assert chosen == ("prix", "curator")
    assert db.execute("select kind, kind_reason, kind_origin from items where id = 1").fetchone() == before


def test_what_is_apart_stays_apart_whatever_is_joined_after(told):
    db, act = told
    first, second, *_ = sorted(members(db, db.execute("select min(id) from items where story_id is not null").fetchone()[0]))
    act(first, "story-split")  # from second and third
    alone = db.execute("select min(id) from items where story_id is null and id <> ?", (first,)).fetchone()[0]

    act(alone, "story-join", str(first))
    act(alone, "story-join", str(second))
    arrived = (members(db, first), members(db, second))
    everything(db)

    for one, other in (arrived, (members(db, first), members(db, second))):
        assert not one & other
        assert alone in one | other
    assert unsoundness(db) == []


def test_joining_one_article_drops_no_other(store, knowledge, now):
    """A long text holds two extracts that share their beginning: the three are one story, and stay it."""
    (_, one), (_, two), (_, three) = list(TEXTS.items())[:3]
    fill = [
        make_entry(guid=f"f{n}", link=f"https://s0.fr/f{n}", title=f"Divers {n}", summary=" ".join(f"{word}{n}" for word in one.split()))
        for n in range(9)
    ]
    for site in range(4):
        collect_entries(store, sources(4)[site], [replace(entry, link=f"https://s{site}.fr/{entry.guid}", content=f"{entry.summary} {site}") for entry in fill], knowledge, now)  # fmt: skip
    for site, text in ((0, one), (1, f"{one} {two[:120]}"), (2, f"{one} {two}"), (3, three)):
        collect_entries(store, sources(4)[site], [make_entry(guid="x", link=f"https://s{site}.fr/x", title=f"Récit {'abcd'[site]}", summary=text)], knowledge, now)  # fmt: skip
    add_account(store, "claire", "un mot de passe", "curator", now)
    ids = [row[0] for row in store.execute("select id from items where title like 'Récit %' order by id")]
    everything(store)
    before = members(store, ids[0])

    with writing(store):
        decision = decide(store, account_id=1, item_id=ids[3], action="story-join", value=str(ids[2]), at="2026-11-22T09:00:00Z")
    joined = members(store, ids[0])
    with writing(store):
        undo(store, account_id=1, decision_id=decision, at="2026-11-22T10:00:00Z")

    assert before == set(ids[:3])
    assert joined == set(ids)
    assert members(store, ids[0]) == before
