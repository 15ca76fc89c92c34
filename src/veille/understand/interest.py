"""How much an article concerns public innovation, 0 to 1: a first careful form, by points.

Comes in: what the lexicon found, the kind, the themes. Goes out: a number and its reason in French.
"""

import math

from veille.messages import reason
from veille.model import Tag
from veille.understand.words import Findings, Hit

_WEIGHTS = {"title": 1.0, "lead": 0.7, "text": 0.3}
_KINDS = {"retour-experience": 0.8, "appel": 0.3, "publication": 0.4, "emploi": -3.0, "evenement": -0.4}
_BASE = -1.0
_MOST_GOOD = 6.0
_MOST_BAD = 5.0
_MOST_THEME = 1.2
_THEME_FOUND = 0.4  # score of a theme that is more than a passing word


def interest_of(findings: Findings, kind: str, tags: tuple[Tag, ...]) -> tuple[float, str]:
    """A probability from added points: phrases once each, at their best place; the kind; how surely a theme was found."""
    best: dict[str, tuple[float, Hit]] = {}
    for hit in findings.of("signal"):
        value = int(hit.payload) * _WEIGHTS[hit.field]
        if hit.phrase not in best or abs(value) > abs(best[hit.phrase][0]):
            best[hit.phrase] = (value, hit)
    good = min(_MOST_GOOD, sum(value for value, _ in best.values() if value > 0))
    bad = max(-_MOST_BAD, sum(value for value, _ in best.values() if value < 0))
    surest = max((tag.score for tag in tags if tag.origin == "rule"), default=0.0)
    theme = min(_MOST_THEME, 2.0 * max(0.0, surest - _THEME_FOUND))
    interest = 1 / (1 + math.exp(-(_BASE + 0.9 * good + 0.9 * bad + _KINDS.get(kind, 0.0) + theme)))
    side = 1 if interest >= 0.5 else -1
    reasons = sorted((row for row in best.values() if row[0] * side > 0), key=lambda row: -abs(row[0]))[:3]
    said = ", ".join(reason(hit.phrase, hit.field, hit.start) for _, hit in reasons)
    if not said and interest >= 0.5:
        said = "un thème de la veille y est traité"
    return round(interest, 3), said
