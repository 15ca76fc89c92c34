"""Learning from what curators decided: for each question a logistic regression beside the rules, kept only where it does better.

Comes in: examples (terms, what the rules say, the right answer). Goes out: a model as JSON, and what each question was worth before and
after. Forbidden: the store; a model that nobody compared with the rules on articles it had not seen.

The comparison is paired: five times, four fifths of the examples teach (threshold included) and the fifth that was not seen is answered by
the rules and by what was learnt. Learnt answers are kept where they are better on the whole and in more fifths than not.
Needs scikit-learn (the extra `learn`).
"""

import math
import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from veille.understand.learned import INTEREST, MOST_WORDS, RULE_SCALE, Model, Question, assemble, text_of, vector_of
from veille.understand.similar import Terms

LEAST = 8  # examples for, and against, before anything is learnt of a question
FOLDS = 5
_BETTER = 0.02  # of F1: less is chance
_CALMER = 0.005  # of the Brier score
_IN_TEXTS = 2  # examples that hold a word before it is learnt from
_STRENGTH = 4.0  # C of scikit-learn: the inverse of the regularisation
_SEED = 6102017


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An article somebody has decided on. `rules`: by question, 0 to 1 (log-odds for interest); `answers`: only where known."""

    terms: Terms
    rules: Mapping[str, float]
    by_rule: frozenset[str]  # the questions that the rules answer with yes
    answers: Mapping[str, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """All examples, and the lemma of each word number."""

    examples: Sequence[Example]
    lemmas: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What one question is worth on articles not seen: F1 (for interest: 1 minus the Brier score), by the rules and as learnt."""

    question: str
    examples: int
    positives: int
    before: float
    after: float | None = None  # None: too few examples
    kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """A model (None when nothing was worth keeping), its JSON and its marks."""

    model: Model | None
    text: str
    marks: tuple[Mark, ...]


def learn(lessons: Lessons, vocabulary: str) -> Learnt:
    """Return every question that enough examples answer; raises ImportError without scikit-learn."""
    import sklearn  # noqa: F401 - said at once, rather than after the work

    rarity = _rarity(lessons.examples)
    marks: list[Mark] = []
    questions: dict[str, Question] = {}
    names = sorted({name for one in lessons.examples for name in one.answers})
    for name in names:
        known = [one for one in lessons.examples if name in one.answers]
        positives = sum(one.answers[name] for one in known)
        if min(positives, len(known) - positives) < LEAST:
            marks.append(Mark(question=name, examples=len(known), positives=positives, before=_by_rule(name, known)))
            continue
        mark, question = _one(name, known, rarity, lessons.lemmas)
        marks.append(mark)
        if question is not None:
            questions[name] = question
    used = {lemma for one in questions.values() for lemma in one.words}
    # The length of an article's vector is that of all known words, learnt from or not: they stay.
    said = {lessons.lemmas[word]: value for word, value in rarity.items() if word in lessons.lemmas} if used else {}
    text = text_of(vocabulary, said, questions)
    return Learnt(model=assemble(vocabulary, said, questions) if questions else None, text=text, marks=tuple(marks))


def _rarity(examples: Sequence[Example]) -> dict[int, float]:
    counts = Counter(word for one in examples for word, _ in one.terms)
    return {word: math.log((1 + len(examples)) / (1 + held)) + 1 for word, held in counts.items() if held >= _IN_TEXTS}


def _one(name: str, known: Sequence[Example], rarity: Mapping[int, float], lemmas: Mapping[int, str]) -> tuple[Mark, Question | None]:
    """Return one question: compared on fifths that were not seen, then learnt from everything if that is worth it."""
    import numpy as np
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.model_selection import StratifiedKFold

    vectorizer = DictVectorizer()
    rows = [
        {str(word): value for word, value in vector_of(one.terms, rarity).items()} | {"rule": RULE_SCALE * one.rules.get(name, 0.0)}
        for one in known
    ]
    matrix = vectorizer.fit_transform(rows)
    wanted = np.array([one.answers[name] for one in known])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=_SEED)
    answered: dict[int, float] = {}
    ruled: dict[int, float] = {}
    wins = losses = 0
    yes: list[bool] = [False] * len(known)
    for train, test in folds.split(matrix, wanted):
        learner, threshold = _fit(name, matrix[train], wanted[train])
        for place, probability in zip(test, learner.predict_proba(matrix[test])[:, 1], strict=True):
            answered[place] = float(probability)
            yes[place] = probability >= threshold
        part = [known[place] for place in test]
        for place, probability in zip(test, _recalibrated(name, known, train, test), strict=True):
            ruled[place] = probability
        before = _by_rule(name, part, [ruled[place] for place in test])
        after = _worth(name, part, [answered[place] for place in test], [yes[place] for place in test])
        wins, losses = wins + (after > before), losses + (after < before)
    before = _by_rule(name, known, [ruled[place] for place in range(len(known))])
    after = _worth(name, known, [answered[place] for place in range(len(known))], yes)
    kept = after >= before + (_CALMER if name == INTEREST else _BETTER) and wins > losses
    mark = Mark(question=name, examples=len(known), positives=int(wanted.sum()), before=before, after=after, kept=kept)
    if not kept:
        return mark, None
    learner, threshold = _fit(name, matrix, wanted)
    weights = dict(zip(vectorizer.get_feature_names_out(), learner.coef_[0], strict=True))
    rule = float(weights.pop("rule", 0.0))
    words = sorted(
        ((lemmas[int(word)], float(weight)) for word, weight in weights.items() if weight and int(word) in lemmas),
        key=lambda row: (-abs(row[1]), row[0]),
    )
    return mark, Question(bias=float(learner.intercept_[0]), rule=rule, threshold=threshold, words=dict(words))


def _fit(name: str, matrix: Any, wanted: Any) -> tuple[Any, float]:
    """Return a regression and its threshold, which is told from answers on parts it had not seen (one half for interest, a probability)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    learner = LogisticRegression(C=_STRENGTH, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence and the like: what counts is how it answers
        threshold = 0.5
        if name != INTEREST:
            parts = StratifiedKFold(3, shuffle=True, random_state=_SEED)
            told = cross_val_predict(learner, matrix, wanted, cv=parts, method="predict_proba")[:, 1]
            candidates = [0.2 + 0.02 * step for step in range(31)]
            threshold = max(candidates, key=lambda one: (_f1(wanted, told >= one), -abs(one - 0.5)))
        learner.fit(matrix, wanted)
    coefficients = learner.coef_[0]  # what is judged is what will serve: the words of least weight are let go of here
    if len(coefficients) > MOST_WORDS:
        least = sorted(map(abs, coefficients))[-MOST_WORDS]
        coefficients[abs(coefficients) < least] = 0.0
    return learner, float(threshold)


def _recalibrated(name: str, known: Sequence[Example], train: Sequence[int], test: Sequence[int]) -> list[float]:
    """Return the rules' interest, with its scale and its base rate told from the same examples: what words add to that is learning."""
    if name != INTEREST:
        return [0.0] * len(test)
    from sklearn.linear_model import LogisticRegression

    odds = [[one.rules.get(name, 0.0)] for one in known]
    learner = LogisticRegression(max_iter=1000).fit([odds[place] for place in train], [known[place].answers[name] for place in train])
    return [float(one) for one in learner.predict_proba([odds[place] for place in test])[:, 1]]


def _by_rule(name: str, known: Sequence[Example], probabilities: Sequence[float] = ()) -> float:
    if name == INTEREST:
        own = probabilities or [1 / (1 + math.exp(-3 * one.rules.get(name, 0.0))) for one in known]
        return _worth(name, known, own, [])
    return _worth(name, known, [], [name in one.by_rule for one in known])


def _worth(name: str, known: Sequence[Example], probabilities: Sequence[float], yes: Sequence[bool]) -> float:
    """F1; for interest 1 minus the Brier score, so that what is learnt is calibrated as well as right."""
    wanted = [one.answers[name] for one in known]
    if name == INTEREST:
        return 1 - sum((probability - right) ** 2 for probability, right in zip(probabilities, wanted, strict=True)) / len(wanted)
    return _f1(wanted, yes)


def _f1(wanted: Sequence[bool], found: Sequence[bool]) -> float:
    right = sum(bool(one and two) for one, two in zip(wanted, found, strict=True))
    total = sum(map(bool, wanted)) + sum(map(bool, found))
    return 2 * right / total if total else 0.0
