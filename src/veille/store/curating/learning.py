"""What curators decided, as examples to learn from; and the models that were learnt, the former ones kept.

An article is an example of themes once a curator has put or refused one on it: what then stands on it is right, what does not is wrong.
It is one of interest when it was selected or dismissed, and of kinds when its kind was chosen. Articles on whose themes nobody decided, the
newest included on which nobody decided anything, stand for the rest of the world: examples against the themes that no rule finds in them,
or what is rare would seem to be everywhere. Articles without a text (those of dismissed ones are let go of after a year) teach
nothing: they would teach that what has a text is interesting.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from veille.model import KINDS, Source
from veille.moments import stored
from veille.store.collecting.boilerplate import Boilerplates
from veille.store.connection import Connection, has_table, writing
from veille.store.curating.retagging import kept_items, source_of
from veille.store.curating.vocabulary import as_edited
from veille.understand.knowledge import Knowledge
from veille.understand.labels import Labels, label, published_day, said_by
from veille.understand.learned import INTEREST, Model, model_of, within
from veille.understand.learning import Example, Learnt, Lessons
from veille.understand.similar import lemmas_by_number

MOST_EXAMPLES = 5_000  # the newest articles that were decided on
BACKGROUND = 300  # articles that nobody decided on
KEPT = 5  # models

_DECIDED = (
    "select id from items where (state in ('selected', 'dismissed') or kind_origin = 'curator' "
    "or id in (select item_id from item_tags where origin in ('curator', 'refused'))) "
    "and exists (select 1 from texts where item_id = id and text || page <> '')"
)
_UNDECIDED = f"select id from items where state in ('new', 'later') and id not in ({_DECIDED}) order by id desc limit ?"  # noqa: S608 - our own text


def lessons(db: Connection, sources: Mapping[str, Source], knowledge: Knowledge) -> Lessons:
    """Return every article somebody decided on, the newest five thousand, as it is understood before decisions are asked."""
    plain = replace(knowledge, model=None)
    boilerplates = Boilerplates(db, everything=True)
    examples: list[Example] = []
    lemmas: dict[int, str] = {}
    decided = {row[0] for row in db.execute(f"{_DECIDED} order by id desc limit ?", (MOST_EXAMPLES,))}
    others = {row[0] for row in db.execute(_UNDECIDED, (BACKGROUND,))}
    for item_id, item in kept_items(db, sorted(decided | others)):
        source, boilerplate = source_of(db, sources, item.source_id), boilerplates.of(item.source_id)
        found = label(
            item.title, item.text, plain, published=published_day(item), url=item.url, inherited=source.tags, boilerplate=boilerplate
        )
        lemmas |= lemmas_by_number(found.words)
        named = {tag.id for tag in found.tags}
        world = {f"theme:{tag}": False for tag in plain.themes if tag not in named}
        examples.append(example(found, world | (_answers(db, item_id, plain) if item_id in decided else {})))
    return Lessons(examples=examples, lemmas=lemmas)


def example(found: Labels, answers: Mapping[str, bool]) -> Example:
    """Return what the rules say of an article beside what is right."""
    by_rule = {f"theme:{tag.id}" for tag in found.tags if tag.origin in ("rule", "model")} | {f"kind:{found.kind}"}
    return Example(
        terms=found.terms, rules={**found.rules, **said_by(found.shipped)}, signs=found.signs, by_rule=frozenset(by_rule), answers=answers
    )


def _answers(db: Connection, item_id: int, knowledge: Knowledge) -> dict[str, bool]:
    state, kind, origin = db.execute("select state, kind, kind_origin from items where id = ?", (item_id,)).fetchone()
    tags = dict(db.execute("select tag_id, origin from item_tags where item_id = ?", (item_id,)).fetchall())
    answers: dict[str, bool] = {}
    if {"curator", "refused"}.intersection(tags.values()):
        answers |= {f"theme:{tag}": tags.get(tag, "refused") != "refused" for tag in knowledge.themes}
    if state in ("selected", "dismissed"):
        answers[INTEREST] = state == "selected"
    if origin == "curator":
        answers |= {f"kind:{one}": one == kind for one in KINDS if one != "article"}
    return answers


def keep_model(db: Connection, learnt: Learnt, vocabulary: str, now: datetime) -> None:
    """A new model in the place of the one that served, which is kept; the caller holds no transaction."""
    report = json.dumps([asdict(mark) for mark in learnt.marks], ensure_ascii=False)
    with writing(db):
        db.execute("update models set active = 0")
        db.execute(
            "insert into models (at, vocabulary, model, report, active) values (?, ?, ?, ?, 1)",
            (stored(now), vocabulary, learnt.text, report),
        )
        db.execute("delete from models where id not in (select id from models order by id desc limit ?)", (KEPT,))


def unlearn_words(db: Connection) -> None:
    """Models lose the words that no article holds any more: what was forgotten must not stay in what was learnt from it.

    The caller holds the transaction.
    """
    models = [(number, json.loads(text)) for number, text in db.execute("select id, model from models").fetchall()]
    words = {
        word for _, given in models for held in (given["rarity"], *(one["words"] for one in given["questions"].values())) for word in held
    }
    anywhere = "select 1 from items_fts where items_fts match ? limit 1"
    gone = {word for word in words if db.execute(anywhere, (f'"{word}"',)).fetchone() is None}
    for number, given in models:
        if gone:
            for held in (given["rarity"], *(one["words"] for one in given["questions"].values())):
                for word in gone:
                    held.pop(word, None)
            written = json.dumps(given, ensure_ascii=False, separators=(",", ":"))
            db.execute("update models set model = ? where id = ?", (written, number))


def bring_back(db: Connection) -> str | None:
    """As `bring_former_back`, in a transaction of its own."""
    with writing(db):
        return bring_former_back(db)


def bring_former_back(db: Connection) -> str | None:
    """Return the model that served before this one, or the rules alone; when it was learnt ("" for the rules), None when none serves.

    The caller holds the transaction.
    """
    row = db.execute("select id from models where active").fetchone()
    if row is None:
        return None
    db.execute("delete from models where id = ?", tuple(row))  # or the next step back would lead to it
    former = db.execute("select id, at from models order by id desc limit 1").fetchone()
    if former:
        db.execute("update models set active = 1 where id = ?", (former[0],))
    return str(former[1]) if former else ""


def knowing(db: Connection, knowledge: Knowledge) -> Knowledge:
    """Knowledge as a file's editors have changed it, with what decisions have taught."""
    knowledge = as_edited(db, knowledge)
    model = active_model(db)
    return replace(knowledge, model=within(model, knowledge.themes) if model else None)


def active_model(db: Connection) -> Model | None:
    """Return the model that serves; one of a format that this veille does not read is as none."""
    if not has_table(db, "models"):
        return None
    row: Any = db.execute("select model from models where active").fetchone()
    try:
        return model_of(row[0]) if row else None
    except (ValueError, KeyError, TypeError):
        return None
