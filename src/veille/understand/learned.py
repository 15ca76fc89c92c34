"""What was learnt, applied: a logistic regression on words, on the manner of a text (`signs`) and on what the rules say.

Comes in: a `Model`, terms, signs, the rules' scores. Goes out: a probability for each learnt question, with the words that made it.
Forbidden: learning (see `learning`), anything but arithmetic.

A question is `theme:<id>`, `kind:<id>` or `interest`. Two models may answer: the one that ships with veille (`Knowledge.shipped_model`),
which speaks of all questions, and what the decisions of a file have taught beside it, of which only what did better is kept.
"""

import json
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from veille.understand.similar import Terms, number_of

FORMAT = 2
MOST_WORDS = 2_000  # of the most weight, by question
INTEREST = "interest"


@dataclass(frozen=True, slots=True)
class Question:
    """One learnt answer: p = 1 / (1 + exp(-(bias + weights of the rules times what they say + weights of the signs + of the words)))."""

    bias: float
    threshold: float
    words: Mapping[str, float]  # lemma: weight
    rules: Mapping[str, float]  # what a rule is asked (a question, or « word:<theme> »): weight
    signs: Mapping[str, float]


_Weights = tuple[tuple[int, float], ...]  # place of a question, weight


@dataclass(frozen=True, slots=True)
class Model:
    """`rarity`: what each known word counts (idf); `vocabulary`: the version of the vocabulary whose themes it speaks of."""

    vocabulary: str
    rarity: Mapping[int, float]
    questions: Mapping[str, Question]
    biases: Sequence[float]  # in the order of the questions
    least: Sequence[float]  # log-odds of a yes
    lemmas: Mapping[int, str]  # by word number
    words: Mapping[int, _Weights]
    spoken: Mapping[str, Mapping[int, float]]  # by theme's question: the weight of each word number
    rules: Mapping[str, _Weights]
    signs: Mapping[str, _Weights]


class Prediction(NamedTuple):
    """The log-odds of an answer, and whether it is a yes."""

    odds: float
    yes: bool

    @property
    def probability(self) -> float:
        return round(1 / (1 + math.exp(-max(-_MOST_ODDS, min(_MOST_ODDS, self.odds)))), 3)


_MOST_ODDS = 60.0
_READ = 150  # words of an article, the first ones: they say what it is about
_TIMES = tuple(1 + math.log(times) for times in range(1, 65))  # what a word counts that is there so often


def vector_of(terms: Terms, rarity: Mapping[int, float]) -> dict[int, float]:
    """Return the known words among the first of an article as a vector of length one."""
    found = {word: _TIMES[min(times, 64) - 1] * rarity[word] for word, times in terms[:_READ] if word in rarity}
    length = math.sqrt(sum([value * value for value in found.values()]))
    return {word: value / length for word, value in found.items()} if length else {}


def judge(model: Model, terms: Terms, rules: Mapping[str, float], signs: Collection[str] = ()) -> dict[str, Prediction]:
    """Return every learnt question; `rules`: what the rules say of each (a theme's or kind's score from 0 to 1, or the log-odds of
    interest).
    """
    sums, squares = [0.0] * len(model.least), 0.0  # of the vector of words, before it is brought to length one
    rarity_of, words_of = model.rarity.get, model.words.get
    for word, times in terms[:_READ]:
        value = rarity_of(word)
        if value is not None:
            if times > 1:
                value *= _TIMES[min(times, 64) - 1]
            squares += value * value
            for place, weight in words_of(word, ()):
                sums[place] += weight * value
    length = math.sqrt(squares) or 1.0
    totals = [bias + said / length for bias, said in zip(model.biases, sums, strict=True)]
    for sign in signs:
        for place, weight in model.signs.get(sign, ()):
            totals[place] += weight
    for name, said in rules.items():
        for place, weight in model.rules.get(name, ()):
            totals[place] += weight * said
    return {name: Prediction(total, total >= least) for name, least, total in zip(model.questions, model.least, totals, strict=True)}


def spoke(model: Model, question: str, vector: Mapping[int, float]) -> tuple[str, ...]:
    """Return the three lemmas that said most for the answer to a theme's question, the most first (see `vector_of`)."""
    weights = model.spoken.get(question, {})
    said = sorted((-weights[word] * vector[word], model.lemmas[word]) for word in vector.keys() & weights.keys() if weights[word] > 0)
    return tuple(lemma for _, lemma in said[:3])


def model_of(text: str) -> Model:
    """Return a model from its JSON; raises ValueError for one of another format."""
    given = json.loads(text)
    if given.get("format") != FORMAT:
        raise ValueError(given.get("format"))
    questions = {
        name: Question(bias=one["bias"], threshold=one["threshold"], words=one["words"], rules=one["rules"], signs=one["signs"])
        for name, one in given["questions"].items()
    }
    return assemble(given["vocabulary"], given["rarity"], questions)


def assemble(vocabulary: str, rarity: Mapping[str, float], questions: Mapping[str, Question]) -> Model:
    """Return a model ready to be asked; `rarity` by lemma."""
    words: dict[int, list[tuple[int, float]]] = {}
    rules: dict[str, list[tuple[int, float]]] = {}
    signs: dict[str, list[tuple[int, float]]] = {}
    for place, one in enumerate(questions.values()):
        for lemma, weight in one.words.items():
            words.setdefault(number_of(lemma), []).append((place, weight))
        for table, weights in ((rules, one.rules), (signs, one.signs)):
            for name, weight in weights.items():
                table.setdefault(name, []).append((place, weight))
    return Model(
        vocabulary=vocabulary,
        rarity={number_of(lemma): value for lemma, value in rarity.items()},
        questions=questions,
        biases=[one.bias for one in questions.values()],
        least=[math.log(one.threshold / (1 - one.threshold)) for one in questions.values()],
        lemmas={number_of(lemma): lemma for lemma in rarity},
        words={word: tuple(rows) for word, rows in words.items()},
        spoken={
            name: {number_of(lemma): weight for lemma, weight in one.words.items()}
            for name, one in questions.items()
            if name.startswith("theme:")
        },
        rules={name: tuple(rows) for name, rows in rules.items()},
        signs={name: tuple(rows) for name, rows in signs.items()},
    )


def within(model: Model, themes: Collection[str]) -> Model:
    """Return a model without the questions of themes that have left the vocabulary."""
    known = {name: one for name, one in model.questions.items() if not name.startswith("theme:") or name.removeprefix("theme:") in themes}
    if len(known) == len(model.questions):
        return model
    whole = assemble(model.vocabulary, {}, known)
    return replace(whole, rarity=model.rarity, lemmas=model.lemmas)


def text_of(vocabulary: str, rarity: Mapping[str, float], questions: Mapping[str, Question], digits: int = 4) -> str:
    """Return the JSON of a model: numbers to so many digits, names in order."""

    def rounded(values: Iterable[tuple[str, float]]) -> dict[str, float]:
        return {name: number for name, value in sorted(values) if (number := round(value, digits))}

    return json.dumps(
        {
            "format": FORMAT,
            "vocabulary": vocabulary,
            "rarity": rounded(rarity.items()),
            "questions": {
                name: {
                    "bias": round(one.bias, digits), "threshold": round(one.threshold, digits), "rules": rounded(one.rules.items()),
                    "signs": rounded(one.signs.items()), "words": rounded(one.words.items()),
                }
                for name, one in sorted(questions.items())
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )  # fmt: skip
