"""Facets count stories: beside each value stands what a click on it gives, and the narrow rows they are counted on follow the items."""

import random
from dataclasses import replace

import pytest

from builders import make_source, register
from veille.model import KINDS, Config
from veille.search.facets import FACETS
from veille.search.request import Request
from veille.store import connect, migrate, writing
from veille.store.collecting.items import index_items
from veille.store.collecting.sources import sync_sources
from veille.store.reading.rows import ABSENT, Columns
from veille.store.reading.searching import rank, search
from veille.store.reading.wording import understand_query

TODAY = "2026-11-22"
WORDS = "budget collège eau habitants maison médiathèque rivière route sentier solidarité".split()
PLACES = ("33", "40", "29", "35", "93", "974")


@pytest.fixture
def seeded(store):
    """A hundred and fifty articles of seeded dice, a third of them in stories of two to four."""
    dice = random.Random(7)
    db = store
    for number in range(6):
        register(store, make_source(id=f"s{number}", url=f"https://s{number}.fr/"))
    db.executemany("insert into stories (id, lead_id, score, reason) values (?, 1, 1, '')", [(story,) for story in range(1, 21)])
    themes = [row[0] for row in db.execute("select id from tags limit 7")]
    for number in range(1, 151):
        source = f"s{dice.randrange(6)}"
        db.execute(
            "insert into items (id, source_id, url, title, summary, author, language, kind, kind_reason, interest, interest_reason, "
            "day, first_seen_at, fingerprint, state, story_id) values (?, ?, '', ?, '', '', ?, ?, '', ?, '', ?, ?, ?, ?, ?)",
            (
                number, source, " ".join(dice.sample(WORDS, 3)), dice.choice(("fr", "fr", "en")), dice.choice(KINDS[:4]), dice.random(),
                f"{dice.randint(2023, 2026)}-0{dice.randint(1, 9)}-15", TODAY, str(number),
                dice.choice(("new", "new", "new", "selected", "dismissed")), dice.randint(1, 20) if dice.random() < 0.35 else None,
            ),
        )  # fmt: skip
        db.execute("insert into texts (item_id, text) values (?, ?)", (number, " ".join(dice.choices(WORDS, k=12))))
        for one in {source, f"s{dice.randrange(6)}"}:
            db.execute("insert into sightings (item_id, source_id, url, first_seen_at) values (?, ?, '', ?)", (number, one, TODAY))
        for one in dice.sample(themes, dice.randrange(4)):
            origin = dice.choice(("rule", "rule", "curator", "refused"))
            db.execute("insert into item_tags (item_id, tag_id, origin, score, reason) values (?, ?, ?, 1, '')", (number, one, origin))
        for one in dice.sample(PLACES, dice.randrange(3)):
            db.execute(
                "insert into item_territories (item_id, code, role, origin, reason) values (?, ?, 'place', 'rule', '')", (number, one)
            )
    db.execute("update items set summary = (select text from texts where item_id = id)")
    index_items(store, list(range(1, 151)))
    return store


@pytest.mark.parametrize("q", ["", "budget", "collège route", "-eau", "bud* médiathèque"])
@pytest.mark.parametrize(
    "given",
    [
        {}, {"departements": ("33",)}, {"regions": ("75",), "kinds": ("appel", "article")}, {"years": ("2025",), "sources": ("s1", "s2")},
        {"languages": ("fr",), "since": "2024-03-01"}, {"selected": True}, {"dismissed": True, "order": "date"},
    ],
)  # fmt: skip
def test_beside_every_value_of_every_facet_stands_the_total_that_a_click_gives(seeded, knowledge, q, given):
    request = replace(Request(q=q), **given)
    results = search(seeded, request, knowledge, TODAY, 1000)

    assert results.total == len(results.cards)
    for name, rows in results.facets.items():
        for value, count in rows:
            clicked = search(seeded, replace(request, **{name: (value,)}), knowledge, TODAY, 1000)
            assert (clicked.total, len(clicked.cards)) == (count, count), (name, value)


def test_a_story_shows_the_best_of_its_articles_once(seeded, knowledge):
    stories = dict(seeded.execute("select id, story_id from items where story_id is not null").fetchall())
    for request in (Request(), Request(q="budget"), Request(q="budget", order="date")):
        shown = [card.id for card in search(seeded, request, knowledge, TODAY, 1000).cards]
        told = [stories[item] for item in shown if item in stories]
        assert len(told) == len(set(told))
        pages = [card.id for page in (1, 2, 3) for card in search(seeded, replace(request, page=page), knowledge, TODAY, 10).cards]
        assert pages == shown[:30]
    newest = dict(seeded.execute("select story_id, max(day) from items where story_id > 0 and state <> 'dismissed' group by 1"))
    assert all(
        card.day == newest[stories[card.id]] for card in search(seeded, Request(), knowledge, TODAY, 1000).cards if card.id in stories
    )


def kept(db):
    """The narrow rows and the postings, and what they should be."""
    split = lambda text: tuple(sorted(text.split()))  # noqa: E731
    rows = db.execute(
        "select item_id, day, story_id, state, interest, kind, language, themes, departements, regions, sources from item_facets"
    )
    lists = {
        "themes": "select item_id, tag_id from item_tags where origin <> 'refused'",
        "departements": "select item_id, code from item_territories",
        "regions": "select distinct item_id, region_code from item_territories join departements using (code)",
        "sources": "select item_id, source_id from sightings",
    }
    held: dict[str, dict[int, list[str]]] = {name: {} for name in lists}
    for name, sql in lists.items():
        for item, value in db.execute(sql):
            held[name].setdefault(item, []).append(value)
    items = db.execute("select id, day, story_id, state, interest, kind, language from items order by id").fetchall()
    wanted = [(*row, *(tuple(sorted(held[name].get(row[0], ()))) for name in lists)) for row in items]
    postings = db.execute("select label, day, item_id from postings order by 1, 2, 3").fetchall()
    labels = db.execute("select distinct label, day, item_id from item_labels join items on id = item_id order by 1, 2, 3").fetchall()
    return (sorted((*row[:7], *map(split, row[7:])) for row in rows), postings), (sorted(wanted), labels)


CHANGES = [
    "update items set day = '2020-01-01' where id % 3 = 0", "update items set kind = 'prix', language = 'de' where id % 4 = 0",
    "update items set kind = 'emploi', day = '2019-02-02', state = 'dismissed', story_id = null where id < 50",
    "update items set state = 'selected' where id % 3 = 0", "update items set story_id = null where id % 2 = 0",
    "update item_tags set origin = 'refused' where item_id % 2 = 0", "update item_tags set origin = 'curator' where item_id % 5 = 0",
    "delete from item_tags where item_id % 3 = 1", "delete from item_territories where code in ('33', '29')",
    "delete from item_territories where item_id % 2 = 0", "delete from sightings where source_id = 's3'",
    "insert or ignore into item_territories (item_id, code, role, origin, reason) select id, '40', 'place', 'rule', '' from items",
    "insert or ignore into item_tags (item_id, tag_id, origin, score, reason) select items.id, tags.id, 'rule', 1, '' from items, tags",
    "delete from texts where item_id % 7 = 0; delete from sightings where item_id % 7 = 0; delete from items where id % 7 = 0",
    "delete from item_tags; delete from texts; delete from sightings; delete from items; delete from item_territories",
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_narrow_rows_follow_every_change(seeded, change):
    for statement in change.split("; "):
        seeded.execute(statement)

    found, wanted = kept(seeded)

    assert found == wanted


def told(rows):
    """What the rows in memory say of each article."""
    return {
        item: (
            rows.states[item], rows.stories[item], rows.interests[item], rows.days[item],
            *(sorted(rows.codes[column].says[facet][rows.held[column][item]]) for facet, column in {one.name: one.column for one in FACETS}.items()),
        )
        for item in range(len(rows.states))
        if rows.states[item] != ABSENT
    }  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_the_rows_in_memory_follow_every_change(seeded, change):
    columns = Columns()
    before = told(columns.follow(seeded))
    for statement in change.split("; "):
        seeded.execute(statement)

    after = told(columns.follow(seeded))

    assert before != after == told(Columns().follow(seeded))
    assert after.keys() == {row[0] for row in seeded.execute("select item_id from item_facets")}


def test_a_file_from_before_the_narrow_rows_gets_the_same(seeded):
    from veille.store.schema import m005_count_quickly, m007_arrive_at_once

    found, wanted = kept(seeded)
    assert found == wanted
    for kind, name in seeded.execute(
        "select type, name from sqlite_master where type = 'trigger' or name in ('item_facets', 'postings', 'item_labels', 'item_changes')"
    ).fetchall():
        seeded.execute(f"drop {kind} if exists {name}")
    m005_count_quickly(seeded)
    m007_arrive_at_once(seeded)

    assert kept(seeded)[0] == found


@pytest.mark.parametrize("kept", ["s1", "neuve"])
def test_a_source_that_takes_another_id_keeps_its_articles_in_the_facets(seeded, kept):
    """Renamed (`neuve`), or merged into one that stays (`s1`)."""
    others = [make_source(id=f"s{number}", url=f"https://s{number}.fr/") for number in (1, 3, 4, 5)]
    named = make_source(id=kept, url="https://s2.fr/", formerly=("s2",))
    sources = tuple([one for one in others if one.id != kept] + [named])
    with writing(seeded):
        sync_sources(seeded, Config(sources=sources))

    wrong = seeded.execute(
        "select item_id from item_facets where sources <> coalesce((select ' ' || group_concat(source_id, ' ') || ' ' "
        "from sightings where sightings.item_id = item_facets.item_id), '')"
    ).fetchall()
    listed = seeded.execute("select label, item_id from postings where label like 'sources %' order by 1, 2").fetchall()
    held = seeded.execute("select 'sources ' || source_id, item_id from sightings order by 1, 2").fetchall()

    assert wrong == []
    assert listed == held
    assert seeded.execute("select count(*) from sightings where source_id = 's2'").fetchone() == (0,)


FILTERS = [
    {"departements": ("33",)}, {"regions": ("75",), "kinds": ("appel", "article")}, {"years": ("2025",)}, {"sources": ("s1",)},
    {"languages": ("fr",), "years": ("2024", "2026")}, {"departements": ("29",), "kinds": ("article",), "since": "2024-03-01"},
]  # fmt: skip


@pytest.mark.parametrize("q", ["budget", "collège", "bud*", "route -neige", "collège bud*"])
@pytest.mark.parametrize("given", FILTERS)
@pytest.mark.parametrize("order", ["", "date"])
def test_filters_come_before_the_cap(seeded, knowledge, monkeypatch, q, given, order):
    """What a capped search finds with filters is what it finds uncapped."""
    from veille.store.reading import matching as searching

    request = replace(Request(q=q, order=order), **given)
    monkeypatch.setattr(searching, "PLENTY", 12)
    free = search(seeded, request, knowledge, TODAY, 1000)
    monkeypatch.setattr(searching, "MOST_MATCHES", 60)
    bare = search(seeded, replace(Request(q=q, order=order)), knowledge, TODAY, 1000)
    assert bare.capped
    capped = search(seeded, request, knowledge, TODAY, 1000)

    assert capped.around
    assert not capped.capped
    assert ([card.id for card in capped.cards], capped.total) == ([card.id for card in free.cards], free.total)
    chosen = {name for name in given if name not in ("since", "order")}
    for name, rows in capped.facets.items():
        assert dict(rows) == dict(free.facets[name]) or name in chosen
        for value in given.get(name, ()) if name in chosen else ():  # of what is chosen, the count is exact
            assert dict(rows)[value] == dict(free.facets[name]).get(value, 0)


def test_with_plenty_that_have_every_word_those_with_some_are_left_out(seeded, knowledge, monkeypatch):
    from veille.store.reading import matching as searching

    loose = search(seeded, Request(q="collège route"), knowledge, TODAY, 1000)
    assert loose.every < loose.total
    assert not loose.whole_only
    monkeypatch.setattr(searching, "PLENTY", 12)
    strict = search(seeded, Request(q="collège route"), knowledge, TODAY, 1000)
    assert strict.whole_only
    assert strict.total == strict.every == loose.every


def test_beyond_the_cap_old_articles_with_every_word_are_still_found(seeded, knowledge, monkeypatch):
    from veille.store.reading import matching as searching

    free = search(seeded, Request(q="collège route rivière"), knowledge, TODAY, 1000)
    monkeypatch.setattr(searching, "MOST_MATCHES", 20)
    capped = search(seeded, Request(q="collège route rivière"), knowledge, TODAY, 1000)
    assert (capped.capped, capped.partly) == (False, True)
    assert capped.every == free.every > 3


@pytest.mark.parametrize("request_", [Request(q="budget"), Request(), Request(q="bud*", order="date"), Request(q="route -eau")])
def test_the_cap_counts_what_is_shown_and_says_so(seeded, knowledge, monkeypatch, request_):
    """As many as the cap says, the newest, whatever was dismissed among them."""
    from veille.store.reading import matching

    def newest():
        found = rank(seeded, request_, understand_query(seeded, request_, knowledge), TODAY)
        return sorted(found.ids, key=lambda item: (days[item] if not request_.q else "", item), reverse=True), found.capped

    days = dict(seeded.execute("select id, day from items").fetchall())
    every, capped = newest()
    assert not capped
    for most in (5, 30, len(every), len(every) + 1):
        monkeypatch.setattr(matching, "MOST_MATCHES", most)
        assert newest() == (every[:most], most <= len(every))
        assert search(seeded, request_, knowledge, TODAY).capped == (most <= len(every))


def test_how_rare_a_label_is_is_told_from_the_newest_whatever_their_order(tmp_path, knowledge, now, monkeypatch):
    """Ids do not follow days where a source brought its archives last; an estimate stays near, and never costs more than its limit."""
    from veille.store.reading import matching

    monkeypatch.setattr(matching, "_SAMPLE", 200)
    db = connect(tmp_path / "veille.db")
    migrate(db, knowledge, now)
    with writing(db):
        register(db, make_source(id="s", url="https://s.fr/"))
        for number in range(1, 2_001):
            day = f"20{10 + number % 16}-{number % 12 + 1:02}-{number % 28 + 1:02}" if number > 1_000 else f"2026-01-{number % 28 + 1:02}"
            db.execute(
                "insert into items (id, source_id, url, title, summary, author, language, kind, kind_reason, interest, interest_reason, "
                "day, first_seen_at, fingerprint) values (?, 's', '', 't', '', '', 'fr', ?, '', 0.5, '', ?, '2026-01-01', '')",
                (number, "prix" if number % 10 == 0 else "article", day),
            )
            db.execute("insert into texts (item_id, text) values (?, '')", (number,))

    rarity = matching.WordRarity(db)

    assert 100 <= rarity.of(("kinds prix",)) <= 300  # 200 of them
    assert 1_600 <= rarity.of(("kinds article",)) <= 2_000
    assert rarity.of(("kinds emploi",)) == 0
    db.close()
