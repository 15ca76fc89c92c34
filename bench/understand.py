"""What each room of understanding costs, in CPU seconds, on articles made by a seeded generator with the shapes of real sentences.

    python bench/understand.py [ITEMS]

Prints microseconds an article for each room and for all, the same for the first and the last thousand, and the peak of memory; then what it
costs to place articles among their stories in a real file.
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

from veille.model import Item, Source
from veille.normalize import fingerprint
from veille.resources import load_knowledge, package_text
from veille.store import connect, migrate, writing
from veille.store.items import index_items
from veille.store.stories import join_stories
from veille.understand import READ, Knowledge, understand
from veille.understand.dates import find_dates
from veille.understand.interest import interest_of
from veille.understand.kind import kind_of
from veille.understand.language import language_of
from veille.understand.same import bands_of, lead_of, print_of
from veille.understand.territory import territories_of
from veille.understand.themes import themes_of
from veille.understand.words import Words

ITEMS = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
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


def main() -> None:
    dice = random.Random(6102017)
    knowledge = load_knowledge()
    counts = Counter(re.findall(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*", package_text("sample.yaml")))
    common, rare = ([word for word, times in counts.items() if (times > 8) == often and word.islower()] for often in (True, False))
    items = [article(dice, number, common, rare) for number in range(ITEMS)]
    for number in range(50, ITEMS, 50):  # one in fifty is a repost
        first = items[number // 2]
        items[number] = replace(items[number], title=first.title, text=first.text, fingerprint=first.fingerprint)
    source = Source(id="s", name="S", kind="feed", url="https://s.fr/")
    understand(items[0], source, knowledge)
    first, last, whole = (
        cost(lambda part=part: [understand(one, source, knowledge) for one in part], len(part))
        for part in (items[:1000], items[-1000:], items)
    )
    words_each = sum(len(one.text.split()) for one in items) / len(items)
    print(f"understand: {whole:.0f} µs an article of {words_each:.0f} words ({1e6 / whole:.0f} a second)")
    print(f"  first thousand {first:.0f} µs, last {last:.0f} µs")
    sample = items[:2000]
    words = [Words.of(one.title, one.text) for one in sample]
    findings = [knowledge.lexicon.find(one) for one in words]
    tags = [themes_of(one, ()) for one in findings]
    for name, run in {
        "words": lambda: [Words.of(one.title, one.text) for one in sample],
        "lexicon": lambda: [knowledge.lexicon.find(one) for one in words],
        "themes": lambda: [themes_of(one, ()) for one in findings],
        "dates": lambda: [find_dates(f"{one.title}\n{one.text}"[:READ], DAY) for one in sample],
        "kind": lambda: [kind_of(one) for one in findings],
        "interest": lambda: [interest_of(one, "article", tag) for one, tag in zip(findings, tags, strict=True)],
        "territory": lambda: [territories_of(one.title, one.text, (), knowledge) for one in sample],
        "language": lambda: [language_of(one.title, one.text, "fr") for one in sample],
        "same": lambda: [bands_of(print_of(one.title, one.text, ()), lead_of(one.text)) for one in sample],
    }.items():
        print(f"  {name:<10} {cost(run, len(sample)):6.0f} µs")
    with tempfile.TemporaryDirectory() as folder:
        stories(Path(folder) / "veille.db", items, knowledge)
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MiB with {ITEMS} articles held at once")


def stories(path: Path, items: list[Item], knowledge: Knowledge) -> None:
    """What it costs to place articles among their stories, in a real file, as they arrive."""
    db = connect(path)
    migrate(db, knowledge, datetime.now(UTC))
    with writing(db):
        db.conn.executemany(
            "insert into sources (id, name, kind, url, territory, rights, language, state) "
            "values (?, '', 'feed', '', '[]', 'full', 'fr', 'live')",
            [(f"s{number}",) for number in range(200)],
        )
    spent = []
    for start in range(0, len(items), 500):
        part = list(enumerate(items[start : start + 500], start + 1))
        ids = [number for number, _ in part]
        with writing(db):
            db.conn.executemany(
                "insert into items (id, source_id, url, title, summary, author, language, kind, kind_reason, interest, interest_reason, "
                "published_at, day, first_seen_at, fingerprint) values (?, ?, ?, ?, '', '', 'fr', 'article', '', 0.5, '', ?, ?, '', ?)",
                [(number, one.source_id, one.url, one.title, one.day, one.day, one.fingerprint) for number, one in part],
            )
            db.conn.executemany("insert into texts (item_id, text) values (?, ?)", [(number, one.text) for number, one in part])
            index_items(db, ids)
            spent.append(cost(lambda ids=ids: join_stories(db, ids), len(part)))
    pages = db.conn.execute("select sum(length(quote(band)) + 8) from bands").fetchone()[0]
    told = db.conn.execute("select (select count(*) from stories), (select count(*) from alike), (select count(*) from bands)").fetchone()
    db.close()
    mean = sum(spent) / len(spent)
    print(f"stories: {mean:.0f} µs an article, first 500 {spent[0]:.0f}, last {spent[-1]:.0f}")
    print(f"  {told[0]} stories, {told[1]} alike, {told[2]} bands")
    print(f"  about {pages >> 20} MiB of bands")


if __name__ == "__main__":
    main()
