"""How much an article concerns public innovation, 0 to 1: by points, then as decisions have taught.

Comes in: what the lexicon found, the kind, the themes. Goes out: a number and its reason in French.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from veille.messages.understanding import LEARNT, THEME_TREATED, reason
from veille.understand.learned import INTEREST, Prediction
from veille.understand.words import Findings, Hit, Lexicon, Words

_WEIGHTS = {"title": 1.0, "lead": 0.7, "text": 0.3}
_KINDS = {"retour-experience": 0.8, "appel": 0.3, "publication": 0.4, "emploi": -3.0, "evenement": -0.4}
_BASE = -1.0
_MOST_SCALED, _SCALE = 2.0, 3.0
_OF_RULES = 0.3
_MOST_GOOD = 6.0
_MOST_BAD = 5.0
_MOST_THEME = 1.2
_OF_INTEREST, _FAR = 0.5, 0.2
_GLANCED = 300  # characters of what is shown
_THEME_FOUND = 0.4  # score of a theme that is more than a passing word


@dataclass(frozen=True, slots=True)
class ScoredInterest:
    """The log-odds of interest by the rules, and the phrases that gave them, with their points."""

    odds: float
    hits: Sequence[tuple[float, Hit]]

    @property
    def scaled(self) -> float:
        return max(-_MOST_SCALED, min(_MOST_SCALED, self.odds / _SCALE))


def blended(answer: Prediction, scored: ScoredInterest) -> Prediction:
    """Return what ships with veille, with a third of what the rules say for an article: a plain phrase in a bare title is enough."""
    odds = answer.odds + _OF_RULES * max(0.0, scored.odds)
    return Prediction(odds, yes=odds >= 0)


def scaled(answer: Prediction) -> float:
    """Return the log-odds of an answer on the scale of those of the rules (`ScoredInterest.scaled`)."""
    return max(-_MOST_SCALED, min(_MOST_SCALED, answer.odds / _SCALE))


def interest_of(scored: ScoredInterest, answers: Mapping[str, Prediction]) -> tuple[float, str]:
    """Return a probability and its reason: by points, or as decisions (selected, dismissed) have taught."""
    answer = answers.get(INTEREST)
    interest = answer.probability if answer else round(1 / (1 + math.exp(-scored.odds)), 3)
    side = 1 if interest >= 0.5 else -1
    reasons = sorted((row for row in scored.hits if row[0] * side > 0), key=lambda row: -abs(row[0]))[:3]
    said = [reason(hit.phrase, hit.field, hit.start) for _, hit in reasons]
    if answer and side > 0:
        said.append(LEARNT)
    if not said and side > 0:
        said = [THEME_TREATED]
    return interest, ", ".join(said)


def is_local_notice(title: str, summary: str, kind: str, interest: float, notices: Lexicon) -> bool:
    """Return whether an article only tells the people of a place what they need to know today: works, a closed desk, a loto.

    Its title says so and it is of no interest; or, far from any, what is shown of it does, or its title by a weaker phrase. A job offer is
    another thing, unless its title says so. `notices`: `Knowledge.notices`.
    """
    if interest >= _OF_INTEREST:
        return False
    found = notices.find(Words.of(title, summary[:_GLANCED]))
    strong = {hit.field for hit in found.of("strong")}
    far = interest < _FAR and kind != "emploi"
    return "title" in strong or (far and (bool(strong) or any(hit.field == "title" for hit in found.of("weak"))))


def score_interest(findings: Findings, kind: str, themes: Iterable[float]) -> ScoredInterest:
    """Points added: phrases once each, at their best place; the kind; how surely a theme was found (`themes`: their scores)."""
    best: dict[str, tuple[float, Hit]] = {}
    for hit in findings.of("signal"):
        value = int(hit.payload) * _WEIGHTS[hit.field]
        if hit.phrase not in best or abs(value) > abs(best[hit.phrase][0]):
            best[hit.phrase] = (value, hit)
    good = min(_MOST_GOOD, sum(value for value, _ in best.values() if value > 0))
    bad = max(-_MOST_BAD, sum(value for value, _ in best.values() if value < 0))
    theme = min(_MOST_THEME, 2.0 * max(0.0, max(themes, default=0.0) - _THEME_FOUND))
    return ScoredInterest(_BASE + 0.9 * good + 0.9 * bad + _KINDS.get(kind, 0.0) + theme, tuple(best.values()))
