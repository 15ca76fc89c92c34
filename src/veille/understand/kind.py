"""What an article is: a call, an event, a job, a report, a prize, feedback, or plain news.

Comes in: what the lexicon found, the days that it names, its address, learnt answers. Goes out: a kind and its reason in French.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from veille.messages.understanding import DEADLINE_TOLD, EVENT_TOLD, LEARNT, reason
from veille.model import KINDS, Mention
from veille.understand.learned import Prediction
from veille.understand.words import Findings, Hit

_QUESTIONS = tuple((kind, f"kind:{kind}") for kind in KINDS)
_ORDER = ("emploi", "appel", "prix", "evenement", "retour-experience", "publication")
_NEEDED = 2.0
_NEVER = 2.0
_OF_RULES = 2.0  # log-odds that the rules at their surest add to what was learnt
# Parts of an address that sites use for one kind of page alone; words of ours are compared without accents.
_PATHS = (
    ("emploi", re.compile(r"/(?:offres?-d?-?emplois?|emplois?|recrutements?|nous-rejoindre|jobs?)(?:[/-]|$)")),
    ("appel", re.compile(r"/(?:appels?-a-projets?|appels?-a-[a-z-]+|aap|ami|marches-publics)(?:[/-]|$)")),
    ("evenement", re.compile(r"/(?:agenda|evenements?|events?|calendrier|sorties|manifestations?)(?:[/-]|$)")),
    ("publication", re.compile(r"/(?:publications?|etudes?|rapports?|guides?|ressources?|documentation)(?:[/-]|$)")),
)
_OF_PATH = 1.5
_OF_DATES = 1.0


@dataclass(frozen=True, slots=True)
class ScoredKinds:
    """Points of each kind (two are enough), and the best reason of each."""

    points: Mapping[str, float]
    reasons: Mapping[str, str]

    @property
    def scores(self) -> dict[str, float]:
        return {kind: max(0.0, min(1.0, points / (2 * _NEEDED))) for kind, points in self.points.items()}


def kind_of(
    scored: ScoredKinds, shipped: Mapping[str, Prediction] | None = None, taught: Mapping[str, Prediction] | None = None
) -> tuple[str, str]:
    """Return the kind and why. What decisions have taught of a kind comes first; then what ships with veille, which weighs what the rules
    say; without it the kind with the most points, `article` when none has enough.
    """
    learnt = _kinds(taught or {})
    told = {kind: answer for kind, answer in learnt.items() if answer.yes}
    if told:
        chosen = max(told, key=lambda kind: (told[kind].odds, kind))
        return chosen, _why(scored, chosen)
    by_rule = scored.scores if shipped else {}
    known = {kind: answer.odds + _OF_RULES * by_rule.get(kind, 0.0) for kind, answer in _kinds(shipped or {}).items() if kind not in learnt}
    if known:
        chosen = max(known, key=lambda kind: (known[kind], kind))
        return (chosen, _why(scored, chosen)) if chosen != "article" else (chosen, "")
    points = {kind: scored.points[kind] for kind in _ORDER if kind not in learnt}
    if not points:
        return "article", ""
    chosen = max(points, key=lambda kind: (points[kind], -_ORDER.index(kind)))
    return (chosen, scored.reasons[chosen]) if points[chosen] >= _NEEDED else ("article", "")


def _kinds(answers: Mapping[str, Prediction]) -> dict[str, Prediction]:
    return {kind: answers[name] for kind, name in _QUESTIONS if name in answers} if answers else {}


def _why(scored: ScoredKinds, kind: str) -> str:
    """Return the best reason of the rules, and that it was learnt."""
    return " ; ".join((*([scored.reasons[kind]] if kind in scored.reasons else []), LEARNT))


def score_kinds(findings: Findings, *, mentions: Iterable[Mention] = (), url: str = "") -> ScoredKinds:
    """Points from the phrases found, the days named and the address."""
    points: dict[str, float] = defaultdict(float)
    best: dict[str, tuple[float, str]] = {}
    seen: set[tuple[str, str]] = set()

    def add(kind: str, value: float, why: str) -> None:
        points[kind] += value
        if kind not in best or best[kind][0] < value:
            best[kind] = (value, why)

    def count(hit: Hit, value: float) -> None:
        if (hit.payload, hit.phrase) not in seen:
            seen.add((hit.payload, hit.phrase))
            add(hit.payload, value, reason(hit.phrase, hit.field, hit.start))

    for hit in findings.of("kind-title"):
        if hit.field == "title":
            count(hit, 2.0)
    for hit in findings.of("kind-anywhere"):
        count(hit, {"title": 2.0, "lead": 1.0, "text": 0.4}[hit.field])
    roles = {one.role for one in mentions}
    if "deadline" in roles and points["appel"]:
        add("appel", _OF_DATES, DEADLINE_TOLD)
    if "event" in roles and points["evenement"]:
        add("evenement", _OF_DATES, EVENT_TOLD)
    for kind, pattern in _PATHS:
        found = pattern.search(url)
        if found:
            add(kind, _OF_PATH, reason(found[0].strip("/"), "url", 0))
    for hit in findings.of("kind-never"):
        points[hit.payload] -= _NEVER
    return ScoredKinds({kind: points[kind] for kind in _ORDER}, {kind: why for kind, (_, why) in best.items()})
