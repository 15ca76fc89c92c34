"""A database of made articles: French words as frequent as Zipf would have them, one of them in 60 % of the articles.

`build` writes by plain SQL, through the real schema; the same number gives the same articles. Not a bench of its own.
"""

import json
import random
import re
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any


from veille.store.connection import Connection, utils_of
from veille.french import index_text
from veille.model import KINDS
from veille.resources import load_knowledge, package_text
from veille.store.schema import migrations
from veille.store import connect, migrate, writing
from veille.understand.knowledge import Knowledge

FREQUENT, ORDINARY, RARE = "département", ("collège", "covoiturage"), "troglodyte"
SOURCES, YEARS, CHUNK = 220, 6, 10_000
LAST = date(2026, 11, 24)
_PLACES = (100, 200)  # of the ordinary words, among the most frequent ones: 6 % and 3 % of the articles
_SYLLABLES = "ba ce di for gan lo mir nou pre que ris sau tel val ver zon cla bri dou fen".split()


class Maker:
    """Rows of articles, from seeded dice."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.dice = random.Random(6102017)
        self.words = self._vocabulary()
        self.indexed = {word: index_text(word) for word in (*self.words, FREQUENT, RARE)}
        self.weights = list(accumulate(1 / place for place in range(1, len(self.words) + 1)))
        self.themes = list(knowledge.themes)
        self.theme_weights = list(accumulate(1 / (place + 2) for place in range(len(self.themes))))
        self.places = list(knowledge.departements.values())

    def _vocabulary(self) -> list[str]:
        found = dict.fromkeys(re.findall(r"[^\W\d_]{3,}", package_text("sample.yaml").lower()))
        made = ("".join(self.dice.choices(_SYLLABLES, k=self.dice.randint(3, 5))) for _ in range(30_000))
        kept = [word for word in dict.fromkeys((*found, *made)) if not index_text(word).startswith(("departement", "colleg", "covoiturag"))]
        for place, word in zip(_PLACES, ORDINARY, strict=True):
            kept.insert(place, word)
        return kept

    def words_of(self, number: int) -> tuple[list[str], list[str]]:
        """Title and text."""
        dice = self.dice
        words = dice.choices(self.words, cum_weights=self.weights, k=dice.randint(48, 96))
        if dice.random() < 0.6:
            for _ in range(dice.choice((1, 1, 2, 4))):
                words[dice.randrange(len(words))] = FREQUENT
        elif FREQUENT in words:
            words = [word for word in words if word != FREQUENT]
        if number % 5_000 == 77:
            words[-1] = RARE
        return words[:8], words[8:]


def build(folder: Path, count: int) -> Path:
    """The file of so many articles, made unless it is there."""
    path = folder / f"veille{count}.db"
    if path.exists():
        held = connect(path)
        with writing(held):
            migrations.apply(utils_of(held))  # one of a former version
        held.close()
        return path
    knowledge = load_knowledge()
    maker = Maker(knowledge)
    part = path.with_suffix(".part")
    for old in folder.glob(f"{part.name}*"):
        old.unlink()
    db = connect(part)
    migrate(db, knowledge, datetime.now(UTC))
    with writing(db):
        _sources(db, maker)
    for start in range(1, count + 1, CHUNK):
        with writing(db):
            _chunk(db, maker, range(start, min(start + CHUNK, count + 1)), count)
    db.execute("pragma wal_checkpoint(truncate)")
    db.close()
    return part.rename(path)


def _sources(db: Connection, maker: Maker) -> None:
    now = datetime(LAST.year, LAST.month, LAST.day, 5, tzinfo=UTC).isoformat()
    db.executemany(
        "insert into sources (id, name, kind, url, territory, rights, language, state, last_visit_at, last_success_at) "
        "values (?, ?, 'feed', '', ?, 'full', 'fr', 'live', ?, ?)",
        [(f"s{one}", f"Source {one}", json.dumps([maker.places[one % len(maker.places)].code]), now, now) for one in range(SOURCES)],
    )
    db.executemany(
        "insert into runs (id, started_at, ended_at, due, ok) values (?, ?, ?, 220, 220)", [(one, now, now) for one in range(1, 366)]
    )
    db.executemany(
        "insert into visits (run_id, source_id, at, outcome) values (?, ?, ?, 'unchanged')",
        [(run, f"s{source}", now) for run in range(1, 366) for source in range(SOURCES)],
    )


def _chunk(db: Connection, maker: Maker, numbers: range, count: int) -> None:
    dice = maker.dice
    rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _INSERTS}
    for number in numbers:
        title, text = maker.words_of(number)
        seen = LAST - timedelta(days=int(365.25 * YEARS * (1 - number / count)))
        day = seen - timedelta(days=dice.randrange(365) if dice.random() < 0.1 else dice.randrange(3))
        at = f"{seen.isoformat()}T05:00:00+00:00"
        source = f"s{min(int(dice.expovariate(1 / 60)), SOURCES - 1)}"
        places = {maker.places[dice.randrange(len(maker.places))] for _ in range(dice.choice((0, 1, 1, 1, 1, 1, 1, 1, 2, 2)))}
        themes = set(dice.choices(maker.themes, cum_weights=maker.theme_weights, k=dice.choice((1, 2, 2, 3, 4))))
        story = number // 66 if number % 66 < 2 and number >= 66 else None
        if story and number % 66 == 0:
            rows["stories"].append((story, number))
        said, context = " ".join(text).capitalize() + ".", " ; ".join((source.replace("s", "Source "), *(one.name for one in places)))
        room = list(accumulate(len(word) + 1 for word in text))
        shown = sum(end <= 300 for end in room)  # words of the text that are shown
        rows["items"].append(
            (
                number, source, f"https://{source}.fr/{number}", " ".join(title).capitalize(), said[: room[shown - 1] - 1],
                "en" if dice.random() < 0.03 else "fr", dice.choices(KINDS, (60, 8, 8, 10, 8, 3, 3))[0], round(dice.random(), 3),
                day.isoformat(), day.isoformat(), at, str(number),
                dice.choices(("new", "selected", "dismissed"), (97, 1, 2))[0], int(seen >= LAST - timedelta(days=30)), story,
                int(number % 66 != 1 or story is None),
            )
        )  # fmt: skip
        rows["texts"].append((number, said, context))
        # What `index_text` makes of it, word by word: the same tokens, ten times cheaper for words that come back.
        index = [" ".join(maker.indexed[word] for word in words) for words in (title, text[:shown], text[shown:])]
        rows["items_fts"].append((number, *index, index_text(context)))
        rows["sightings"].append((number, source, at))
        if dice.random() < 0.05:
            rows["sightings"].append((number, f"s{dice.randrange(SOURCES)}", at))
        rows["item_tags"] += [(number, theme, "refused" if dice.random() < 0.01 else "rule", dice.random()) for theme in themes]
        rows["item_territories"] += [(number, one.code) for one in places]
        if dice.random() < 0.05:
            end = (seen + timedelta(days=dice.randrange(60))).isoformat()
            rows["item_dates"].append((number, end, end))
    for name, statement in _INSERTS.items():
        db.executemany(statement, rows[name])


_INSERTS = {
    "stories": "insert into stories (id, lead_id, score, reason) values (?, ?, 1, 'made')",
    "items": "insert into items (id, source_id, url, title, summary, author, language, kind, kind_reason, interest, interest_reason, "
    "published_at, day, first_seen_at, fingerprint, state, queued, story_id, lead) "
    "values (?, ?, ?, ?, ?, '', ?, ?, 'made', ?, 'made', ?, ?, ?, ?, ?, ?, ?, ?)",
    "texts": "insert into texts (item_id, text, context) values (?, ?, ?)",
    "items_fts": "insert into items_fts (rowid, title, shown, text, context) values (?, ?, ?, ?, ?)",
    "sightings": "insert or ignore into sightings (item_id, source_id, url, first_seen_at) values (?, ?, 'https://e.fr/', ?)",
    "item_tags": "insert into item_tags (item_id, tag_id, origin, score, reason, evidence) "
    """values (?, ?, ?, ?, '« mot » dans le titre', '[{"phrase": "mot", "field": "title", "position": 12}]')""",
    "item_territories": "insert into item_territories (item_id, code, role, origin, reason, evidence) "
    """values (?, ?, 'place', 'rule', '« nom » dans le texte', '[{"phrase": "nom", "field": "text", "position": 12}]')""",
    "item_dates": "insert into item_dates (item_id, role, start, \"end\", evidence) values (?, 'deadline', ?, ?, 'jusqu’au')",
}
