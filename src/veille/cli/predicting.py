"""`veille predict KIND`: JSONL in, JSONL out, by the same code as the collector."""

import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from veille.cli.options import config_option, db_option, taught
from veille.clock import read_clock
from veille.errors import UsageError
from veille.french import fold
from veille.messages.common import FILE_MISSING, FILE_UNREADABLE
from veille.normalize import canonical, loose
from veille.resources import load_knowledge
from veille.store.curating.learning import example
from veille.understand.dates import spans
from veille.understand.knowledge import Knowledge
from veille.understand.labels import Labels, label
from veille.understand.language import language_of
from veille.understand.same import ALIKE, RARE, Print, compare, print_of
from veille.understand.similar import lemmas_by_number
from veille.understand.territory import territories_of

JsonObject = dict[str, Any]
Predictor = Callable[[JsonObject], JsonObject]
_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON may hold half a character; UTF-8 may not
KINDS = ("urls", "territory", "dates", "dedup", "themes", "interest", "kind", "language", "search", "similar")


@click.command(
    short_help="Prédire des étiquettes, de JSONL en JSONL.",
    help="Prédire, une ligne JSON par ligne JSON lue sur l’entrée, avec le code de la collecte.",
)
@click.argument("kind", type=click.Choice(KINDS), metavar="|".join(KINDS))
@click.option("--items", "items_file", metavar="FICHIER", help="Pour search, similar et dedup : les articles, en JSONL.")
@click.option("--train", "train_file", metavar="FICHIER", help="Pour themes : apprendre d’abord de lignes « title, text, tags », en JSONL.")
@config_option
@db_option
def predict(kind: str, items_file: str | None, train_file: str | None, config_file: str, db_file: str) -> None:  # noqa: ARG001
    """With the model that the file of `--db` holds, where there is one: what the collector would say today."""
    knowledge = _taught(load_knowledge(), kind, train_file, db_file)
    answer = _predictor(kind, items_file, knowledge)
    for row in read_rows(io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="surrogateescape"), "entrée"):
        said = json.dumps({"id": row.get("id")} | answer(row), ensure_ascii=False)
        click.echo(said if not _SURROGATE.search(said) else json.dumps(json.loads(said)))


def _taught(knowledge: Knowledge, kind: str, train_file: str | None, db_file: str) -> Knowledge:
    if train_file and kind != "themes":
        raise UsageError("--train ne sert qu’à themes.")
    if train_file:
        from veille.understand.learning import Lessons, learn

        rows = list(_items(train_file))
        asked = {str(tag) for row in rows for tag in _tags(row)}
        examples = []
        lemmas: dict[int, str] = {}
        for row in rows:
            found = _label(row, knowledge)
            lemmas |= lemmas_by_number(found.words)
            examples.append(example(found, {f"theme:{tag}": tag in _tags(row) for tag in asked}))
        return replace(knowledge, model=learn(Lessons(examples=examples, lemmas=lemmas), knowledge.vocabulary).model)
    return taught(knowledge, db_file)


def _tags(row: JsonObject) -> list[str]:
    given = row.get("tags")
    return [tag for tag in given if isinstance(tag, str)] if isinstance(given, list) else []


def _predictor(kind: str, items_file: str | None, knowledge: Knowledge) -> Predictor:
    if kind == "search":
        return _search(items_file, knowledge)
    if kind == "similar":
        return _similar(items_file, knowledge)
    if kind == "dedup":
        return _dedup(items_file, knowledge)
    return _ANSWERS[kind](knowledge)


def read_rows(lines: Any, name: str) -> Any:
    """Return the objects of a JSONL stream; raises UsageError with the line of the first that is none."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as exc:
            raise UsageError(f"{name}:{number}: ce n’est pas du JSON.") from exc
        if not isinstance(row, dict):
            raise UsageError(f"{name}:{number}: il faut un objet JSON par ligne.")
        yield row


def _text(row: JsonObject, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _urls(_knowledge: Knowledge) -> Predictor:
    def answer(row: JsonObject) -> JsonObject:
        one, other = _text(row, "a"), _text(row, "b")
        return {"a": canonical(one), "b": canonical(other), "same": bool(loose(one)) and loose(one) == loose(other)}

    return answer


def _territory(knowledge: Knowledge) -> Predictor:
    def answer(row: JsonObject) -> JsonObject:
        default = row.get("source_default")
        inherited = tuple(default) if isinstance(default, list) else (default,) if isinstance(default, str) else ()
        return {"deps": [place.code for place in territories_of("", _text(row, "text"), inherited, knowledge)]}

    return answer


def _dates(_knowledge: Knowledge) -> Predictor:
    """`ref_date`: the day of publication; a year that nothing tells is written XXXX."""

    def written(day: tuple[int | None, int, int]) -> str:
        year, month, number = day
        return f"{year if year is not None else 'XXXX'}-{month:02}-{number:02}"

    def answer(row: JsonObject) -> JsonObject:
        try:
            published = date.fromisoformat(_text(row, "ref_date")[:10])
        except ValueError:
            published = None
        found = spans(fold(_text(row, "text")), published)
        return {"mentions": [{"start": written(one.first), "end": written(one.last), "role": one.role} for one in found]}

    return answer


def _themes(knowledge: Knowledge) -> Predictor:
    def answer(row: JsonObject) -> JsonObject:
        found = _label(row, knowledge)
        reasons = {tag.id: [f"{one.phrase} ({one.field}, {one.position})" for one in tag.reasons] for tag in found.tags}
        return {"tags": [tag.id for tag in found.tags], "kind": found.kind, "reasons": reasons}

    return answer


def _label(row: JsonObject, knowledge: Knowledge) -> Labels:
    return label(_text(row, "title"), _text(row, "text"), knowledge, url=_text(row, "url"))


def _interest(knowledge: Knowledge) -> Predictor:
    def answer(row: JsonObject) -> JsonObject:
        found = _label(row, knowledge)
        return {"interest": found.interest, "kind": found.kind, "reason": found.interest_reason}

    return answer


def _kind(knowledge: Knowledge) -> Predictor:
    return lambda row: {"kind": _label(row, knowledge).kind}


def _dedup(items_file: str | None, knowledge: Knowledge) -> Predictor:
    """Pairs of texts; with --items, runs that more than three items of one source hold are its template's."""
    seen: dict[str, Counter[int]] = {}
    if items_file:
        for row in _items(items_file):
            runs = print_of(_text(row, "title"), _text(row, "text"), ()).runs
            seen.setdefault(_text(row, "source"), Counter()).update(runs)

    def held(row: JsonObject) -> Print:
        title, text = _text(row, "title"), _text(row, "text")
        return print_of(title, text, (one.code for one in territories_of(title, text, (), knowledge)), _text(row, "source"))

    def answer(row: JsonObject) -> JsonObject:
        one, other = (side if isinstance(side, dict) else {} for side in (row.get("a"), row.get("b")))
        counts = [seen.get(_text(side, "source"), Counter()) for side in (one, other)]
        verdict = compare(held(one), held(other), lambda run: all(count[run] <= RARE for count in counts))
        proposed = not verdict.same and not verdict.guarded and verdict.score >= ALIKE
        return {"dup": verdict.same, "proposed": proposed, "score": verdict.score, "reason": verdict.reason}

    return answer


def _items(items_file: str) -> Iterator[JsonObject]:
    try:
        with Path(items_file).open(encoding="utf-8") as lines:
            yield from read_rows(lines, items_file)
    except FileNotFoundError as exc:
        raise UsageError(FILE_MISSING.format(file=items_file)) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(FILE_UNREADABLE.format(file=items_file)) from exc


def _language(_knowledge: Knowledge) -> Predictor:
    return lambda row: {"language": language_of(_text(row, "title"), _text(row, "text"), "fr")}


def _search(items_file: str | None, knowledge: Knowledge) -> Predictor:
    """Return a store in memory, filled and asked by the same code as the real one."""
    from veille.cli.predict_store import store_of_items
    from veille.search.request import Request
    from veille.store.reading.rows import Columns
    from veille.store.reading.searching import rank
    from veille.store.reading.wording import understand_query

    if not items_file:
        raise UsageError("search a besoin de --items FICHIER.")
    db, ids = store_of_items(_items(items_file), knowledge, read_clock()())
    rows = Columns().follow(db)
    today = read_clock()().date().isoformat()

    def answer(row: JsonObject) -> JsonObject:
        wanted = Request(q=_text(row, "query"))
        query = understand_query(db, wanted, knowledge)
        found = rank(db, wanted, query, today, rows=rows).ids
        corrected = {"corrected": " ".join(new for _, new in query.corrected)} if query.corrected else {}
        return {"ranking": [ids[item] for item in found[:100]]} | corrected

    return answer


def _similar(items_file: str | None, knowledge: Knowledge) -> Predictor:
    """Neighbours among the items, by the same code as the site."""
    from veille.cli.predict_store import store_of_items
    from veille.store.collecting.neighbours import neighbours

    if not items_file:
        raise UsageError("similar a besoin de --items FICHIER.")
    db, ids = store_of_items(_items(items_file), knowledge, read_clock()())
    held = {str(given): item_id for item_id, given in ids.items()}

    def answer(row: JsonObject) -> JsonObject:
        item_id = held.get(str(row.get("id")))
        found = neighbours(db, item_id) if item_id else []
        return {"neighbours": [ids[one.id] for one in found], "reasons": [list(one.words) for one in found]}

    return answer


_ANSWERS: dict[str, Callable[[Knowledge], Predictor]] = {
    "urls": _urls,
    "territory": _territory,
    "dates": _dates,
    "themes": _themes,
    "interest": _interest,
    "kind": _kind,
    "language": _language,
}

__all__ = ["predict", "read_rows"]
