"""What curators' decisions have taught, applied: a logistic regression on words and on what the rules say.

Comes in: a `Model`, terms, the rules' scores. Goes out: a probability for each learnt question, with the words that made it.
Forbidden: learning (see `learning`), anything but arithmetic.

A question is `theme:<id>`, `kind:<id>` or `interest`. Only those where learning beat the rules are in the model.
"""

import json
import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from veille.understand.similar import Terms, number_of

FORMAT = 1
MOST_WORDS = 2_000  # of the most weight, by question
RULE_SCALE = 3.0  # what the rules say weighs as much as a few words
INTEREST = "interest"


@dataclass(frozen=True, slots=True)
class Question:
    """One learnt answer: p = 1 / (1 + exp(-(bias + rule * what the rules say + the weights of the words)))."""

    bias: float
    rule: float
    threshold: float
    words: Mapping[str, float]  # lemma: weight


@dataclass(frozen=True, slots=True)
class Model:
    """`rarity`: what each known word counts (idf); `vocabulary`: the version of the vocabulary whose themes it speaks of."""

    vocabulary: str
    rarity: Mapping[int, float]
    questions: Mapping[str, Question]
    weights: Mapping[int, tuple[tuple[str, str, float], ...]]  # word number: question, lemma, weight


@dataclass(frozen=True, slots=True)
class Prediction:
    """A probability, whether it is a yes, and the lemmas that spoke for it, the most first."""

    probability: float
    yes: bool
    words: tuple[str, ...]


def vector_of(terms: Terms, rarity: Mapping[int, float]) -> dict[int, float]:
    """Return the known words of an article as a vector of length one."""
    found = {word: (1 + math.log(times)) * rarity[word] for word, times in terms if word in rarity}
    length = math.sqrt(sum(value * value for value in found.values()))
    return {word: value / length for word, value in found.items()} if length else {}


def judge(model: Model, terms: Terms, rules: Mapping[str, float]) -> dict[str, Prediction]:
    """Return every learnt question; `rules`: what the rules say of each (a theme's or kind's score from 0 to 1, or the log-odds of
    interest).
    """
    sums = {name: one.bias + one.rule * RULE_SCALE * rules.get(name, 0.0) for name, one in model.questions.items()}
    spoke: dict[str, list[tuple[float, str]]] = {name: [] for name in model.questions}
    for word, value in vector_of(terms, model.rarity).items():
        for name, lemma, weight in model.weights.get(word, ()):
            sums[name] += weight * value
            if weight > 0:
                spoke[name].append((-weight * value, lemma))
    answers = {}
    for name, total in sums.items():
        probability = 1 / (1 + math.exp(-max(-60.0, min(60.0, total))))
        answers[name] = Prediction(
            probability=round(probability, 3),
            yes=probability >= model.questions[name].threshold,
            words=tuple(lemma for _, lemma in sorted(spoke[name])[:3]),
        )
    return answers


def model_of(text: str) -> Model:
    """Return a model from its JSON; raises ValueError for one of another format."""
    given = json.loads(text)
    if given.get("format") != FORMAT:
        raise ValueError(given.get("format"))
    questions = {
        name: Question(bias=one["bias"], rule=one["rule"], threshold=one["threshold"], words=one["words"])
        for name, one in given["questions"].items()
    }
    return assemble(given["vocabulary"], given["rarity"], questions)


def assemble(vocabulary: str, rarity: Mapping[str, float], questions: Mapping[str, Question]) -> Model:
    """Return a model ready to be asked; `rarity` by lemma."""
    weights: dict[int, list[tuple[str, str, float]]] = {}
    for name, one in questions.items():
        for lemma, weight in one.words.items():
            weights.setdefault(number_of(lemma), []).append((name, lemma, weight))
    return Model(
        vocabulary=vocabulary,
        rarity={number_of(lemma): value for lemma, value in rarity.items()},
        questions=questions,
        weights={word: tuple(rows) for word, rows in weights.items()},
    )


def within(model: Model, themes: Collection[str]) -> Model:
    """Return a model without the questions of themes that have left the vocabulary."""
    known = {name: one for name, one in model.questions.items() if not name.startswith("theme:") or name.removeprefix("theme:") in themes}
    weights = {word: tuple(row for row in rows if row[0] in known) for word, rows in model.weights.items()}
    return replace(model, questions=known, weights=weights)


def text_of(vocabulary: str, rarity: Mapping[str, float], questions: Mapping[str, Question]) -> str:
    """Return the JSON of a model: numbers to four digits, names in order."""

    def rounded(values: Iterable[tuple[str, float]]) -> dict[str, float]:
        return {name: round(value, 4) for name, value in sorted(values)}

    return json.dumps(
        {
            "format": FORMAT,
            "vocabulary": vocabulary,
            "rarity": rounded(rarity.items()),
            "questions": {
                name: {
                    "bias": round(one.bias, 4), "rule": round(one.rule, 4), "threshold": round(one.threshold, 4),
                    "words": rounded(one.words.items()),
                }
                for name, one in sorted(questions.items())
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )  # fmt: skip
