"""The same idea elsewhere: articles of other départements that share telling words.

Comes in: terms of articles that are kept; an article. Goes out: its neighbours, with the words they share that a reader may see.
Nothing is computed ahead but sixteen keywords an article: neighbours are those of the moment they are asked for, however the file grew.
"""

import json
import re
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain

from veille.french import WEAK_WORDS, fold, lemma, stem, tokens
from veille.store.collecting.boilerplate import Boilerplates
from veille.store.connection import Connection, has_table
from veille.store.settings import setting
from veille.understand.boilerplate import without
from veille.understand.similar import Keywords, Rarity, Terms, alike, keywords_of, number_of, terms_of
from veille.understand.words import Words

MOST = 10
_TOLD = 6  # words in common
LEAST_SCORE = 0.15  # three pairs in twenty-three are there by chance, and three articles in five have a neighbour (docs/decisions/028)
_ONE_THEME, _NO_THEME = 1.2, 0.8  # what a theme in common is worth
_POSTINGS = 200  # the newest articles that hold a word
_LOOKED_AT = 80
_COUNTED = 5_000  # the newest texts, by which rare words are told from frequent ones
_BATCH = 1_000
MANY = 10  # articles: for so many all counts are read at once


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An article alike: id, score (0 to 1: a cosine, more where a theme is common), the words in common as a reader may see them."""

    id: int
    score: float
    words: tuple[str, ...]


def keep_keywords(db: Connection, terms: Iterable[tuple[int, Terms]]) -> None:
    """The keywords of articles that are new or understood again; the caller holds the transaction.

    None before words were counted once.
    """
    write_keywords(db, [(item_id, found, None) for item_id, found in terms])


def write_keywords(db: Connection, given: Sequence[tuple[int, Terms, Keywords | None]]) -> None:
    """Like `keep_keywords`; of what was chosen already, the choice."""
    open_ = [(item_id, terms) for item_id, terms, chosen in given if chosen is None and terms]
    rarity = rarity_of(db, (found for _, found in open_)) if open_ else None
    chosen_now = {item_id: keywords_of(terms, rarity) for item_id, terms in open_} if rarity else {}
    rows = [(item_id, chosen if chosen is not None else chosen_now.get(item_id)) for item_id, _, chosen in given]
    rows = [(item_id, chosen) for item_id, chosen in rows if chosen is not None]
    if not rows:
        return
    db.execute("delete from keywords where item_id in (select value from json_each(?))", (json.dumps([item for item, _ in rows]),))
    db.executemany(
        "insert into keywords (word, item_id, weight) values (?, ?, ?)",
        [(word, item, weight) for item, chosen in rows for word, weight in chosen or ()],
    )


def rarity_of(db: Connection, terms: Iterable[Terms] | None = None) -> Rarity | None:
    """Return how rare words are (those of these terms; all of them where none are told, or where many are), None before they were
    counted.
    """
    texts = counted(db)
    if not texts:
        return None  # nothing is known of words yet: `count_words` chooses for all
    given = list(terms) if terms is not None else []
    if terms is None or len(given) >= MANY:
        return Rarity.of(dict(db.execute("select word, texts from word_counts").fetchall()), texts)
    wanted = {word for found in given for word, _ in found}
    asked = "select word, texts from word_counts where word in (select value from json_each(?))"
    return Rarity.of(dict(db.execute(asked, (json.dumps(list(wanted)),)).fetchall()), texts)


def counted(db: Connection) -> int:
    """Return how many texts the words were last counted in."""
    return int(setting(db, "texts_counted") or 0)


def count_words(db: Connection, places: frozenset[str], hold: Callable[[], AbstractContextManager[None]]) -> int:
    """Count the words of the newest texts, then choose their keywords again, and those of articles that have none; the number of texts.

    `places`: words that name places; `hold` opens a transaction: reading needs none, and writing takes several, so that nobody waits long.
    """
    boilerplates = Boilerplates(db)
    newest = [row[0] for row in db.execute("select id from items order by id desc limit ?", (_COUNTED,))]
    counts: Counter[int] = Counter()
    terms: dict[int, array[int]] = {}  # of the newest: word, times, word, times…
    for item_id, found in terms_kept(db, newest, boilerplates, places):
        counts.update(word for word, _ in found)
        terms[item_id] = array("I", chain.from_iterable(found))
    with hold():
        db.execute("delete from word_counts")
        db.executemany("insert into word_counts (word, texts) values (?, ?)", [row for row in counts.items() if row[1] > 1])
        for key, value in (("texts_counted", len(newest)), ("counted_at", max(newest, default=0))):
            db.execute("insert or replace into settings (key, value) values (?, ?)", (key, str(value)))
    without_any = "select id from items where not exists (select 1 from keywords where item_id = items.id)"
    ids = sorted({*newest, *(row[0] for row in db.execute(without_any))})
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        chosen = [(item_id, tuple(zip(terms[item_id][::2], terms[item_id][1::2], strict=True))) for item_id in batch if item_id in terms]
        chosen += terms_kept(db, [item_id for item_id in batch if item_id not in terms], boilerplates, places)
        with hold():
            keep_keywords(db, chosen)
    return len(newest)


def terms_kept(db: Connection, ids: Sequence[int], boilerplates: Boilerplates, places: frozenset[str]) -> Iterator[tuple[int, Terms]]:
    """Yield the terms of these articles, a thousand texts at a time."""
    for start in range(0, len(ids), _BATCH):
        rows = db.execute(
            "select items.id, items.source_id, items.title, items_words.text from items join items_words on items_words.id = items.id "
            "where items.id in (select value from json_each(?))",
            (json.dumps(ids[start : start + _BATCH]),),
        ).fetchall()
        for item_id, source_id, title, text in rows:
            yield item_id, terms_of(Words.of(title, without(text, boilerplates.of(source_id))), places)


def neighbours(db: Connection, item_id: int) -> list[Neighbour]:
    """Up to ten articles alike of other sources, told of other départements, the most alike first; none of its own story.

    What the text names as its inspiration comes first. Nothing is said of an article without interest, of one whose neighbour has none, or
    of two that share less than two words that tell something.
    """
    if not has_table(db, "keywords") or not _of_interest(db, item_id):
        return []  # or a file that waits for its migration
    likely = sharing_keywords(db, item_id, LEAST_SCORE / _ONE_THEME)[:_LOOKED_AT]
    inspiring = _inspiring(db, item_id)
    asked = {"ids": json.dumps([row[0] for row in likely]), "id": item_id, "codes": json.dumps(sorted(inspiring)), "enough": _ENOUGH}
    themes = {row[0]: row[1] for row in db.execute(_ELSEWHERE, asked)}
    scored = [(item, min(1.0, score * (_ONE_THEME if themes[item] else _NO_THEME))) for item, score, _ in likely if item in themes]
    best = [row for row in scored if row[1] >= LEAST_SCORE]
    said = in_common(db, item_id, [row[0] for row in best])
    telling = [row for row in best if len({stem(fold(word)) for word in said[row[0]]}) >= _LEAST_STEMS]
    named = _told_of(db, [row[0] for row in telling], inspiring)
    telling.sort(key=lambda row: (row[0] not in named, -row[1], -row[0]))
    return [Neighbour(other, round(score, 3), said[other][:_TOLD]) for other, score in telling[:MOST]]


_LEAST_STEMS = 2  # of words in common, two forms of one word being one
_ENOUGH = 0.5  # interest


def sharing_keywords(db: Connection, item_id: int, least: float) -> list[tuple[int, float, int]]:
    """Articles among the newest that hold its keywords, by how much they share: id, score (`least` to 1), words in common."""
    own = keywords_kept(db, item_id)
    postings = [
        (
            word,
            db.execute(
                "select item_id, weight from keywords where word = ? and item_id <> ? order by item_id desc limit ?",
                (word, item_id, _POSTINGS),
            ).fetchall(),
        )
        for word in own
    ]
    return alike(own.items(), postings, least=least)


def keywords_kept(db: Connection, item_id: int) -> dict[int, int]:
    """Return the keywords of an article and their weights, the heaviest first."""
    return dict(db.execute("select word, weight from keywords where item_id = ? order by weight desc", (item_id,)).fetchall())


def _of_interest(db: Connection, item_id: int) -> bool:
    asked = "select 1 from items where id = ? and (interest >= ? or state = 'selected')"
    return db.execute(asked, (item_id, _ENOUGH)).fetchone() is not None


# « inspiré de ce qu’a fait la Creuse » : a territory named so soon after such words is where the idea comes from.
_INSPIRED = re.compile(
    r"\b(?:inspir\w+|a l'image|a l'instar|sur le modele|a l'exemple|emprunt\w+|copi\w+|repris\w*|importe\w*|essaim\w+|"
    r"comme (?:l'a|l'ont) fait|nee? (?:dans|en|au|aux)|venue? (?:de|du|des|d')|experience (?:de|du|des|d')|"
    r"deja (?:fait|en place|testee?|menee?))\b"
)
_SOON = 90  # characters


def _inspiring(db: Connection, item_id: int) -> set[str]:
    """Return the départements that the text names as where its idea comes from."""
    row = db.execute(
        "select title, title || char(10) || text from items_words where id = ?",
        (item_id,),
    ).fetchone()
    ends = [match.end() for match in _INSPIRED.finditer(fold(row[1]))] if row else []
    if not ends:
        return set()
    found = set()
    for code, evidence in db.execute("select code, evidence from item_territories where item_id = ?", (item_id,)):
        for one in json.loads(evidence or "[]"):
            place = one["position"] + (0 if one["field"] == "title" else len(row[0]) + 1)
            if any(0 <= place - end <= _SOON for end in ends):
                found.add(code)
    return found


def _told_of(db: Connection, ids: Sequence[int], codes: Collection[str]) -> set[int]:
    """Return those of these articles that are told of one of these départements."""
    asked = (
        "select distinct item_id from item_territories where item_id in (select value from json_each(?)) "
        "and code in (select value from json_each(?))"
    )
    return {row[0] for row in db.execute(asked, (json.dumps(list(ids)), json.dumps(sorted(codes))))} if codes else set()


_ELSEWHERE = """
select items.id, exists (select 1 from item_tags as one join item_tags as two using (tag_id)
    where one.item_id = items.id and two.item_id = own.id and one.origin <> 'refused' and two.origin <> 'refused')
from items, items as own where own.id = :id and items.id in (select value from json_each(:ids))
and items.source_id <> own.source_id
and items.state <> 'dismissed' and items.lead and (items.interest >= :enough or items.state = 'selected')
and (own.story_id is null or items.story_id is not own.story_id)
and (exists (select 1 from item_territories where item_id = items.id and code in (select value from json_each(:codes)))
    or coalesce((select group_concat(code, ' ') from (select code from item_territories where item_id = items.id order by code)), '')
    is not nullif((select group_concat(code, ' ') from (select code from item_territories where item_id = own.id order by code)), ''))
"""


def in_common(db: Connection, item_id: int, others: list[int]) -> dict[int, tuple[str, ...]]:
    """Return the keywords that each holds too, as written in what is shown of either; a word of hidden texts alone is not told."""
    own = keywords_kept(db, item_id)
    shared: dict[int, dict[int, int]] = {other: {} for other in others}
    for other, word, weight in db.execute(
        "select item_id, word, weight from keywords where item_id in (select value from json_each(?))", (json.dumps(others),)
    ):
        if word in own:
            shared[other][word] = own[word] * weight
    wanted = {word for words in shared.values() for word in words}
    shown = dict(db.execute(_SHOWN, (json.dumps([item_id, *others]),)).fetchall())
    here = _written(shown[item_id], wanted)
    told = {}
    for other, words in shared.items():
        written = here if words.keys() <= here.keys() else _written(shown[other], words.keys()) | here
        told[other] = tuple(
            written[word]
            for word in sorted(words, key=lambda one: (-words[one], one))
            if word in written and written[word] not in WEAK_WORDS
        )
    return told


_SHOWN = "select id, title || ' ' || summary from items where id in (select value from json_each(?))"


def _written(text: str, wanted: Collection[int]) -> dict[int, str]:
    """Keywords as a text writes them."""
    found: dict[int, str] = {}
    for folded, start, end in tokens(text):
        number = number_of(lemma(folded))
        if number in wanted and number not in found:
            word = text[start:end]
            found[number] = word if word.isupper() else word.lower()
    return found
