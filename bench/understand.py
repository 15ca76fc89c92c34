"""What each room of understanding costs, in CPU seconds, on articles made by a seeded generator with the shapes of real sentences.

    python bench/understand.py [ITEMS]

Prints microseconds an article for each room, then for all that a new article costs: labels, stories and keywords in a real file, the first
and the last thousand, the size of their tables and the peak of memory.
"""

import random
import re
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path


from veille.store.connection import Connection
from veille.model import Item, Source, TaggedItem
from veille.normalize import fingerprint
from veille.resources import load_knowledge, package_text
from veille.store import connect, migrate, writing
from veille.store.collecting.items import index_items
from veille.store.settings import has_outgrown
from veille.store.collecting.neighbours import count_words, keep_keywords, neighbours
from veille.store.collecting.stories import join_stories
from veille.understand.knowledge import Knowledge
from veille.understand.labels import understand
from veille.understand.territory import READ
from veille.understand.dates import find_dates
from veille.understand.interest import score_interest
from veille.understand.kind import kind_of, score_kinds
from veille.understand.language import language_of
from veille.understand.same import bands_of, lead_of, print_of
from veille.understand.similar import terms_of
from veille.understand.territory import territories_of
from veille.understand.themes import score_themes, themes_of
from veille.understand.words import Words

CHUNK = 1_000
SCHEMA = "select sql from sqlite_master where tbl_name = ? and sql is not null order by type desc"
ITEMS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
WHO = (
    "Le Département|Le Conseil départemental de la Creuse|La Métropole de Lyon|L’équipe du laboratoire|La MDPH 38|Un collectif d’habitants|"
    "La médiathèque de Guéret|Les élus girondins|Une association du Havre"
).split("|")
WHERE = "à Guéret|dans le Cantal|à Saint-Denis (93)|en Gironde|dans trois communes|au Havre|près de la Loire|à Bastia|en ligne".split("|")
WHEN = "jusqu’au 15 mars 2026|du 3 au 7 novembre|depuis le 1er janvier|samedi 6 juin à 14 h|cette année|les 4 et 5 mai|bientôt".split("|")
DAY = date(2026, 3, 1)


def article(dice: random.Random, number: int, common: list[str], rare: list[str]) -> Item:
    """Sentences of 12 to 24 words of the sample's own articles, every third with an actor, a place or a day; about 100 words in all."""
    sentences = []
    for _ in range(dice.choice((2, 4, 6, 10))):
        words = [dice.choice(common) if dice.random() < 0.6 else dice.choice(rare) for _ in range(dice.randint(12, 24))]
        if dice.random() < 0.35:
            words = [dice.choice(WHO), *words, dice.choice((dice.choice(WHERE), dice.choice(WHEN)))]
        said = " ".join(words)
        sentences.append(said[0].upper() + said[1:] + ".")
    title = " ".join([dice.choice(WHO), *dice.choices(rare, k=5), dice.choice(WHERE)])
    text = " ".join(sentences)
    return Item(
        source_id=f"s{number % 200}", guid=str(number), url=f"https://s{number % 200}.fr/actualites/{number}",
        canonical=f"s{number % 200}.fr/{number}", title=title, text=text, author="", published=DAY, day=DAY.isoformat(), language="fr",
        fingerprint=fingerprint(title, text),
    )  # fmt: skip


def cost(run: Callable[[], object], count: int) -> float:
    """CPU microseconds an article."""
    started = time.process_time()
    run()
    return (time.process_time() - started) / count * 1e6


def articles(dice: random.Random, numbers: range, common: list[str], rare: list[str], past: list[Item]) -> list[Item]:
    """A thousand articles; one in fifty is a repost of an earlier one, the last thousand of which are at hand."""
    found = []
    for number in numbers:
        one = article(dice, number, common, rare)
        if number % 50 == 49 and past:
            first = dice.choice(past)
            one = replace(one, title=first.title, text=first.text, fingerprint=first.fingerprint)
        found.append(one)
    return found


def main() -> None:
    dice = random.Random(6102017)
    knowledge = load_knowledge()
    counts = Counter(re.findall(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*", package_text("sample.yaml")))
    common, rare = ([word for word, times in counts.items() if (times > 8) == often and word.islower()] for often in (True, False))
    source = Source(id="s", name="S", kind="feed", url="https://s.fr/")
    understand(article(dice, 0, common, rare), source, knowledge)
    rooms(articles(random.Random(1), range(2000), common, rare, []), knowledge)
    spent: dict[str, list[float]] = {"labels": [], "stories": [], "keywords": []}
    words = 0
    with tempfile.TemporaryDirectory() as folder:
        db = new_file(Path(folder) / "veille.db", knowledge)
        past: list[Item] = []
        for start in range(0, ITEMS, CHUNK):
            past = articles(dice, range(start, min(start + CHUNK, ITEMS)), common, rare, past)
            words += sum(len(one.text.split()) for one in past)
            for name, value in keep(db, past, start, source, knowledge).items():
                spent[name].append(value)
        sizes = {table: size(db, table, Path(folder) / f"{table}.db") for table in ("bands", "keywords")}
        told = db.execute("select (select count(*) from stories), (select count(*) from alike)").fetchone()
        neighbour = cost(lambda: [neighbours(db, one) for one in range(1, ITEMS, max(1, ITEMS // 500))], 500)
        db.close()
    every = {name: sum(values) / len(values) for name, values in spent.items()}
    total = sum(every.values())
    print(f"\n{ITEMS} articles of {words / ITEMS:.0f} words: {total:.0f} µs an article, {1e6 / total:.0f} articles a CPU second")
    for name, values in spent.items():
        print(f"  {name:<10} {every[name]:6.0f} µs  {every[name] / total:4.0%}   first thousand {values[0]:.0f}, last {values[-1]:.0f}")
    print(f"  neighbours of an article, asked for: {neighbour:.0f} µs")
    print(f"  {told[0]} stories, {told[1]} pairs proposed; bands {sizes['bands'] / 1e6:.0f} MB, keywords {sizes['keywords'] / 1e6:.0f} MB")
    print(f"  peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 * 1.048576:.0f} MB")


def keep(db: Connection, past: list[Item], start: int, source: Source, knowledge: Knowledge) -> dict[str, float]:
    """What a chunk of articles costs, each by each, from its words to its place among the others."""
    tagged: list[TaggedItem] = []
    labels = cost(lambda: tagged.extend(understand(one, source, knowledge) for one in past), len(past))
    ids = list(range(start + 1, start + len(past) + 1))
    terms = [(number, one.terms) for number, one in zip(ids, tagged, strict=True)]
    with writing(db):
        insert(db, ids, tagged)
        keywords = cost(lambda: keep_keywords(db, terms), len(ids))
        stories = cost(lambda: join_stories(db, ids), len(ids))
    if has_outgrown(db):
        keywords += cost(lambda: count_words(db, knowledge.place_words, lambda: writing(db)), len(ids))
    return {"labels": labels, "keywords": keywords, "stories": stories}


def size(db: Connection, table: str, path: Path) -> int:
    """Bytes of a table with its indexes, in a file of its own."""
    db.execute("attach ? as apart", (str(path),))
    for (sql,) in db.execute(SCHEMA, (table,)).fetchall():
        made = re.sub(r"(?i)^create (table|index) ", r"create \1 apart.", sql)
        db.execute(made)
        if made.lower().startswith("create table"):
            db.execute(f"insert into apart.{table} select * from main.{table}")
    db.execute("detach apart")
    return path.stat().st_size


def rooms(sample: list[Item], knowledge: Knowledge) -> None:
    """What each room costs, one after the other."""
    words = [Words.of(one.title, one.text) for one in sample]
    findings = [knowledge.lexicon.find(one) for one in words]
    scored = [score_themes(one) for one in findings]
    for name, run in {
        "words": lambda: [Words.of(one.title, one.text) for one in sample],
        "lexicon": lambda: [knowledge.lexicon.find(one) for one in words],
        "themes": lambda: [themes_of(score_themes(one), (), {}, two, lambda _: ()) for one, two in zip(findings, words, strict=True)],
        "kind": lambda: [kind_of(score_kinds(one), {}) for one in findings],
        "interest": lambda: [
            score_interest(one, "article", (two.score for two in three)) for one, three in zip(findings, scored, strict=True)
        ],
        "dates": lambda: [find_dates(f"{one.title}\n{one.text}"[:READ], DAY) for one in sample],
        "territory": lambda: [territories_of(one.title, one.text, (), knowledge) for one in sample],
        "language": lambda: [language_of(one.title, one.text, "fr") for one in sample],
        "terms": lambda: [terms_of(one) for one in words],
        "prints": lambda: [bands_of(print_of(one.title, one.text, ()), lead_of(one.text)) for one in sample],
    }.items():
        print(f"  {name:<10} {cost(run, len(sample)):6.0f} µs")


def new_file(path: Path, knowledge: Knowledge) -> Connection:
    db = connect(path)
    migrate(db, knowledge, datetime.now(UTC))
    with writing(db):
        db.executemany(
            "insert into sources (id, name, kind, url, territory, rights, language, state) "
            "values (?, '', 'feed', '', '[]', 'full', 'fr', 'live')",
            [(f"s{number}",) for number in range(200)],
        )
    return db


def insert(db: Connection, ids: list[int], tagged: list[TaggedItem]) -> None:
    """Rows as the collector writes them, without the labels."""
    rows = [(number, one.item) for number, one in zip(ids, tagged, strict=True)]
    db.executemany(
        "insert into items (id, source_id, url, title, summary, author, language, kind, kind_reason, interest, interest_reason, "
        "published_at, day, first_seen_at, fingerprint) values (?, ?, ?, ?, '', '', 'fr', 'article', '', 0.5, '', ?, ?, '', ?)",
        [(number, one.source_id, one.url, one.title, one.day, one.day, one.fingerprint) for number, one in rows],
    )
    db.executemany("insert into texts (item_id, text) values (?, ?)", [(number, one.text) for number, one in rows])
    index_items(db, ids)


if __name__ == "__main__":
    main()
