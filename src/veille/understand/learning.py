"""Learning from labelled articles: for each question a logistic regression beside the rules, kept only where it does better.

Comes in: examples (terms, signs, what the rules say, the right answer). Goes out: a model as JSON, and what each question was worth before
and after. Forbidden: the store; a model that nobody compared with the rules on articles it had not seen.

The comparison is paired: five times, four fifths of the examples teach (threshold included) and the fifth that was not seen is answered by
the rules and by what was learnt. Learnt answers are kept where they are better on the whole and in more fifths than not.
Needs scikit-learn (the extra `learn`).
"""

import math
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from veille.understand.learned import INTEREST, MOST_WORDS, Model, Question, assemble, text_of, vector_of
from veille.understand.similar import Terms

LEAST = 8  # examples for, and against, before anything is learnt of a question
FOLDS = 5
_BETTER = 0.02  # of F1: less is chance
_CALMER = 0.005  # of the Brier score
_SIGN_SCALE = 0.4  # a sign weighs about half a word
_SEED = 6102017


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An article whose labels are known. `rules`: by question, 0 to 1 (log-odds for interest); `answers`: only where known."""

    terms: Terms
    rules: Mapping[str, float]
    signs: frozenset[str]
    by_rule: frozenset[str]  # the questions that are answered with yes before anything is learnt
    answers: Mapping[str, bool]
    source: str = ""
    weight: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to learn: what `veille learn` does with the decisions of one file, unless told otherwise."""

    in_texts: int = 2  # examples that hold a word before it is learnt from
    in_sources: int = 1  # sources of these
    strength: float = 4.0  # C of scikit-learn: the inverse of the regularisation
    threshold: float | None = None  # of themes; None: told from the examples
    always: bool = False  # keep every question: all of them are asked together
    most_words: int = MOST_WORDS
    least_weight: float = 0.0
    digits: int = 4
    rule_scales: Mapping[str, float] = field(
        default_factory=lambda: dict.fromkeys(("theme", "kind", INTEREST), 3.0)
    )  # in words, by question


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


def learn(lessons: Lessons, vocabulary: str, manner: Manner | None = None) -> Learnt:
    """Return every question that enough examples answer; raises ImportError without scikit-learn."""
    import sklearn  # noqa: F401 - said at once, rather than after the work

    manner = manner or Manner()
    rarity = _rarity(lessons.examples, manner)
    marks: list[Mark] = []
    questions: dict[str, Question] = {}
    names = sorted({name for one in lessons.examples for name in one.answers})
    for name in names:
        known = [one for one in lessons.examples if name in one.answers]
        positives = sum(one.answers[name] for one in known)
        if min(positives, len(known) - positives) < LEAST:
            marks.append(Mark(question=name, examples=len(known), positives=positives, before=_by_rule(name, known)))
            continue
        mark, question = _one(name, known, rarity, lessons.lemmas, manner)
        marks.append(mark)
        if question is not None:
            questions[name] = question
    used = {lemma for one in questions.values() for lemma in one.words}
    # The length of an article's vector is that of all known words, learnt from or not: they stay.
    said = {lessons.lemmas[word]: value for word, value in rarity.items() if word in lessons.lemmas} if used else {}
    text = text_of(vocabulary, said, questions, manner.digits)
    return Learnt(model=assemble(vocabulary, said, questions) if questions else None, text=text, marks=tuple(marks))


def _rarity(examples: Sequence[Example], manner: Manner) -> dict[int, float]:
    counts = Counter(word for one in examples for word, _ in one.terms)
    sources: dict[int, set[str]] = {}
    for one in examples:
        for word, _ in one.terms:
            sources.setdefault(word, set()).add(one.source)
    return {
        word: math.log((1 + len(examples)) / (1 + held)) + 1
        for word, held in counts.items()
        if held >= manner.in_texts and len(sources[word]) >= manner.in_sources
    }


def _asked(name: str, rules: Mapping[str, float]) -> dict[str, float]:
    """Return what rules are asked for a question: its own of a theme, all kinds and the interest of a kind or of interest."""
    kind, _, rest = name.partition(":")
    if kind == "theme":
        return {one: rules[one] for one in (name, f"word:{rest}") if one in rules}
    return {one: said for one, said in rules.items() if one == INTEREST or one.startswith("kind:")}


Name = TypeVar("Name")
_WORD, _RULE, _SIGN = "word ", "rule ", "sign "


def _row(name: str, one: Example, rarity: Mapping[int, float], scale: float) -> dict[str, float]:
    """Return what a question is told from; the manner of a text says nothing of themes."""
    row = {f"{_WORD}{word}": value for word, value in vector_of(one.terms, rarity).items()}
    row |= {f"{_RULE}{asked}": scale * said for asked, said in _asked(name, one.rules).items()}
    if not name.startswith("theme:"):
        row |= {f"{_SIGN}{sign}": _SIGN_SCALE for sign in one.signs}
    return row


def _one(
    name: str, known: Sequence[Example], rarity: Mapping[int, float], lemmas: Mapping[int, str], manner: Manner
) -> tuple[Mark, Question | None]:
    """Return one question: compared on fifths that were not seen, then learnt from everything if that is worth it."""
    import numpy as np
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.model_selection import StratifiedKFold

    vectorizer, scale = DictVectorizer(), manner.rule_scales[name.partition(":")[0]]
    matrix = vectorizer.fit_transform([_row(name, one, rarity, scale) for one in known])
    wanted, weights = np.array([one.answers[name] for one in known]), np.array([one.weight for one in known])
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=_SEED)
    answered: dict[int, float] = {}
    ruled: dict[int, float] = {}
    wins = losses = 0
    yes: list[bool] = [False] * len(known)
    for train, test in folds.split(matrix, wanted):
        learner, threshold = _fit(name, matrix[train], wanted[train], weights[train], manner)
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
    kept = manner.always or (after >= before + (_CALMER if name == INTEREST else _BETTER) and wins > losses)
    mark = Mark(question=name, examples=len(known), positives=int(wanted.sum()), before=before, after=after, kept=kept)
    if not kept:
        return mark, None
    learner, threshold = _fit(name, matrix, wanted, weights, manner)
    told = dict(zip(vectorizer.get_feature_names_out(), map(float, learner.coef_[0]), strict=True))
    words = sorted(
        ((lemmas[number], weight) for number, weight in _of(told, _WORD, int) if weight and number in lemmas),
        key=lambda row: (-abs(row[1]), row[0]),
    )
    return mark, Question(
        bias=float(learner.intercept_[0]), threshold=threshold, words=dict(words),
        rules={asked: scale * weight for asked, weight in _of(told, _RULE, str)},
        signs={sign: _SIGN_SCALE * weight for sign, weight in _of(told, _SIGN, str)},
    )  # fmt: skip


def _of(told: Mapping[str, float], prefix: str, of: Callable[[str], Name]) -> list[tuple[Name, float]]:
    """Return the weights of one sort, by what they are the weights of."""
    return [(of(name.removeprefix(prefix)), weight) for name, weight in told.items() if name.startswith(prefix)]


def _fit(name: str, matrix: Any, wanted: Any, weights: Any, manner: Manner) -> tuple[Any, float]:
    """Return a regression and its threshold, which is told from answers on parts it had not seen (one half for interest, a probability)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    learner = LogisticRegression(C=manner.strength, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence and the like: what counts is how it answers
        threshold = 0.5
        if name != INTEREST and not (manner.threshold and name.startswith("theme:")) and not manner.always:
            parts = StratifiedKFold(3, shuffle=True, random_state=_SEED)
            told = cross_val_predict(learner, matrix, wanted, cv=parts, method="predict_proba")[:, 1]
            candidates = [0.2 + 0.02 * step for step in range(31)]
            threshold = max(candidates, key=lambda one: (_f1(wanted, told >= one), -abs(one - 0.5)))
        elif manner.threshold and name.startswith("theme:"):
            threshold = manner.threshold
        learner.fit(matrix, wanted, sample_weight=weights)
    coefficients = learner.coef_[0]  # what is judged is what will serve: the words of least weight are let go of here
    coefficients[abs(coefficients) < manner.least_weight] = 0.0
    if len(coefficients) > manner.most_words:
        least = sorted(map(abs, coefficients))[-manner.most_words]
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
