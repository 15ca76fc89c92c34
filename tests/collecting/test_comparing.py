"""What is thought of before the write lock is what was thought of under it: same stories, same pairs, same words in the index."""

import random
from dataclasses import replace

import pytest

from builders import make_entry, make_item, make_source, register
from veille.collect.intake import keep, prepare
from veille.french import index_text
from veille.model import Fetched, Reading, Validators, Visit
from veille.normalize import hidden, shown, to_item
from veille.store import connect, migrate, writing
from veille.store.collecting.comparing import ready_of
from veille.store.collecting.items import Indexing
from veille.store.collecting.neighbours import count_words
from veille.store.collecting.sitting import Sitting
from veille.understand.labels import understand_by_words

WORDS = (
    "le département ouvre une maison des solidarités à Guéret avec les habitants et les agents pour simplifier les démarches en ligne "
    "budget participatif collégiens lycée numérique santé œuvre cœur « agents » l’innovation publique 12 mars 2026 3 % 2 090 euros 🎉 "
    "jury laboratoire médiathèque forêt eau énergie vélo route culture emploi insertion"
).split()
TABLES = ("items", "texts", "stories", "alike", "bands", "keywords", "item_tags", "item_territories", "addresses", "sightings")


def sentence(dice, words=14):
    said = " ".join(dice.choice(WORDS) for _ in range(words))
    return said[0].upper() + said[1:] + "."


def texts(dice):
    """An article, and what becomes of it elsewhere: cut, edited, told again word for word, told again with another sentence."""
    said = [sentence(dice) for _ in range(dice.choice((1, 4, 9)))]
    yield said
    for _ in range(dice.choice((0, 0, 1, 3))):
        yield dice.choice((said, said[: len(said) // 2 + 1], [*said, sentence(dice)], [sentence(dice), *said[1:]]))


def world(dice, *, sources=9, most=12):
    """Answers of several sources: what one says another says too, in part, and each says « Suivez-nous » under everything."""
    told = [" ".join(one) for _ in range(sources * most // 3) for one in texts(dice)]
    answers = []
    for number in range(sources):
        source = make_source(
            id=f"s{number}", url=f"https://s{number}.fr/rss", territory=("23",) if number % 2 else (),
            rights=("excerpt", "full", "link")[number % 3],
        )  # fmt: skip
        entries = [
            make_entry(
                guid=f"{number}-{place}", link=f"https://s{number}.fr/{place}",
                title=sentence(dice, 6) if dice.random() < 0.7 else "Un titre qui revient partout", summary="",
                content=f"<p>{dice.choice(told)}</p>" + ("<p>Suivez-nous sur les réseaux sociaux de la maison.</p>" if number % 3 else ""),
            )
            for place in range(dice.randint(1, most))
        ]  # fmt: skip
        answers.append((source, entries))
    return answers


def answer(source, entries):
    items = tuple(item for entry in entries if (item := to_item(source, entry)))
    return Reading(items=items, skipped=0)


FETCHED = Fetched(url="https://x.fr/", status=200, content_type="text/xml", body=b"", received=9, validators=Validators())


def kept(path, knowledge, now, answers, *, foreseen, counted):
    """A file with these answers, kept four at a time with what was foreseen of them, or each by itself."""
    db = connect(path)
    migrate(db, knowledge, now)
    sitting = Sitting() if foreseen else None
    for start in range(0, len(answers), 4):
        share = answers[start : start + 4]
        for source, _ in share:
            register(db, source)
        if sitting:
            sitting.begin(db)
        visits = [(Visit(source=source, first=True), answer(source, entries)) for source, entries in share]
        if sitting:
            waiting = [prepare(db, visit, FETCHED, reading, knowledge, now=now, sitting=sitting) for visit, reading in visits]
            with writing(db):
                indexing = Indexing(db, set())
                for one in waiting:
                    keep(db, one, knowledge, now=now, indexing=indexing, sitting=sitting)
                indexing.write()
        else:
            for visit, reading in visits:
                one = prepare(db, visit, FETCHED, reading, knowledge, now=now)
                with writing(db):
                    keep(db, one, knowledge, now=now)
        if counted and start == 0:
            count_words(db, knowledge.place_words, lambda: writing(db))
            if sitting:
                sitting.counted()
    held = {name: sorted(db.execute(f"select * from {name}").fetchall(), key=repr) for name in TABLES}
    held["index"] = db.execute("select term, doc, cnt from items_vocabulary order by term").fetchall()
    db.close()
    return held


@pytest.mark.parametrize("seed", range(6))
def test_what_is_foreseen_is_what_would_have_been_decided(tmp_path, knowledge, now, seed):
    answers = world(random.Random(seed))

    alone = kept(tmp_path / "alone.db", knowledge, now, answers, foreseen=False, counted=seed % 2)
    foreseen = kept(tmp_path / "foreseen.db", knowledge, now, answers, foreseen=True, counted=seed % 2)

    assert alone["stories"] or alone["alike"]
    for name, rows in alone.items():
        assert foreseen[name] == rows, name


def test_somebody_who_writes_between_is_heeded(tmp_path, knowledge, now):
    """A curator hides a candidate's text from comparison (a correction, a forgetting) after it was foreseen, before the lock."""
    (source, other) = (make_source(id=name, url=f"https://{name}.fr/rss") for name in ("un", "deux"))
    said = " ".join(sentence(random.Random(3)) for _ in range(9))
    entries = [make_entry(guid="1", link="https://un.fr/1", title="Premier", summary=said)]
    again = [make_entry(guid="2", link="https://deux.fr/2", title="Premier", summary=said)]
    db = connect(tmp_path / "veille.db")
    migrate(db, knowledge, now)
    for one in (source, other):
        register(db, one)
    with writing(db):
        keep(db, prepare(db, Visit(source=source, first=True), FETCHED, answer(source, entries), knowledge, now=now), knowledge, now=now)
    sitting = Sitting()
    sitting.begin(db)
    waiting = prepare(db, Visit(source=other, first=True), FETCHED, answer(other, again), knowledge, now=now, sitting=sitting)
    elsewhere = connect(tmp_path / "veille.db")
    with writing(elsewhere):
        for table in ("bands", "sightings", "addresses", "item_tags", "item_territories", "item_dates", "texts"):
            elsewhere.execute(f"delete from {table} where item_id = 1")
        elsewhere.execute("delete from items where id = 1")
    elsewhere.close()
    with writing(db):
        keep(db, waiting, knowledge, now=now, sitting=sitting)

    assert db.execute("select count(*) from stories").fetchone() == (0,)
    assert db.execute("select story_id from items").fetchall() == [(None,)]
    db.close()


@pytest.mark.parametrize("rights", ["full", "excerpt", "link"])
@pytest.mark.parametrize("seed", range(30))
def test_the_words_of_the_index_are_those_of_the_index(knowledge, rights, seed):
    dice = random.Random(seed)
    said = " ".join(sentence(dice) for _ in range(dice.choice((0, 1, 2, 8, 40))))
    if seed % 3 == 0:
        said = said.replace("œ", "oe").replace("🎉", "").replace("«", '"').replace("»", '"')
    source = make_source(rights=rights)
    item = make_item(source, title=sentence(dice, 5), summary=said)
    item = replace(item, text=item.text + "\nfin" * (seed % 2))
    tagged, words = understand_by_words(item, source, knowledge)

    ready = ready_of(tagged, rights, words)

    shown_text = shown(item.text, rights)
    expected = (index_text(item.title), index_text(shown_text), index_text(hidden(item.text, shown_text)))
    assert tuple(one.split() for one in ready.index) == tuple(one.split() for one in expected)
    assert ready == ready_of(tagged, rights) or tuple(one.split() for one in ready_of(tagged, rights).index) == tuple(
        one.split() for one in ready.index
    )
