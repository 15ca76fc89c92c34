"""Which themes of the vocabulary an article is about: rules, each hit a reason, and what decisions have taught.

Comes in: what the lexicon found, the source's own tags, learnt answers. Goes out: tags, the strongest first.
Forbidden: a tag without a reason.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from veille.french import fold, lemma
from veille.model import Reason, Tag
from veille.understand.learned import Prediction
from veille.understand.words import Findings, Hit, Words

_WEIGHTS = {"title": 3.0, "lead": 1.6, "text": 0.8}
_HINT = 0.5
THRESHOLD = 1.2
_FULL = 8.0  # points of a theme that is certain
_MOST_EVIDENCE = 1.5
MOST_LEARNT = 3  # themes that what was learnt may give to one article
_FIRST = -1.1  # log-odds (a chance in four) at which the likeliest theme is given where none is likely
_PLAIN = 3.0  # points, those of a phrase in a title: the rules are believed against what was learnt
MOST = 4  # themes that rules may give to one article
LEAST_OF_BEST = 0.35  # of the first theme's points: what weighs less is spoken of in passing


@dataclass(frozen=True, slots=True)
class Scored:
    """What the rules say of one theme: points (the threshold is 1.2) and the phrases that gave them."""

    id: str
    points: float
    hits: Sequence[Hit]

    @property
    def score(self) -> float:
        return round(min(1.0, self.points / _FULL), 3)


def score_themes(findings: Findings) -> list[Scored]:
    """Return every theme of which a phrase was found, the most points first."""
    hits: dict[str, list[Hit]] = defaultdict(list)
    for hit in findings.of("theme"):
        hits[hit.payload].append(hit)
    hints: dict[str, list[Hit]] = defaultdict(list)
    for hit in findings.of("hint"):
        hints[hit.payload].append(hit)
    length = max(1.0, math.log10(max(findings.size, 10) / 60) + 1)
    scored = [
        Scored(tag, (_score(hits[tag]) + _HINT * _score(hints[tag])) / length, hits[tag] or hints[tag]) for tag in {*hits, *hints}
    ]  # fmt: skip
    return sorted(scored, key=lambda one: (-one.points, one.id))


def evidence(findings: Findings) -> dict[str, float]:
    """Return how much the words that go with each theme say, 0 to 1.5, as « word:<theme> »: what was learnt asks for it.

    Each phrase counts once, at its best place.
    """
    best: dict[tuple[str, str], float] = {}
    for hit in findings.of("evidence"):
        key, weight = (hit.payload, hit.phrase), _WEIGHTS[hit.field]
        if weight > best.get(key, 0.0):
            best[key] = weight
    points: dict[str, float] = defaultdict(float)
    for (tag, _), weight in best.items():
        points[f"word:{tag}"] += weight / _FULL
    return {name: min(_MOST_EVIDENCE, said) for name, said in points.items()}


def believed(scored: Sequence[Scored]) -> list[Scored]:
    """Return the themes that the rules alone give: enough points, and not few beside the first one's."""
    least = max(THRESHOLD, LEAST_OF_BEST * scored[0].points) if scored else 0.0
    return [one for one in scored[:MOST] if one.points >= least]


def themes_of(
    scored: Sequence[Scored],
    inherited: tuple[str, ...],
    answers: Mapping[str, Prediction],
    words: Words,
    spoke: Callable[[str], tuple[str, ...]],
    added: Collection[str] = (),
) -> tuple[Tag, ...]:
    """Themes that were learnt (the three surest), those that the rules find where nothing was learnt or that they find plainly, then the
    source's own.

    `spoke`: the lemmas that said most for a learnt question; `added`: themes of which a word that an editor has added was found.
    """
    asked = sorted((-answer.odds, name) for name, answer in answers.items() if name.startswith("theme:"))
    told = [(odds, name) for odds, name in asked[:MOST_LEARNT] if answers[name].yes]
    if not told and asked and -asked[0][0] >= _FIRST:
        told = asked[:1]
    learnt = {name for _, name in told}
    by_rule = [
        one for one in believed(scored)
        if f"theme:{one.id}" not in answers
        or (f"theme:{one.id}" not in learnt and (one.id in added or (one.points >= _PLAIN and len(learnt) < MOST_LEARNT)))
    ]  # fmt: skip
    found = [Tag(id=one.id, origin="rule", score=one.score, reasons=_reasons(one.hits)) for one in by_rule]
    of = {one.id: one for one in scored}
    for _, name in told:
        tag, answer = name.removeprefix("theme:"), answers[name]
        rule = of.get(tag)
        by_the_rules = rule is not None and rule.points >= THRESHOLD
        if rule is not None and by_the_rules:
            reasons = _reasons(rule.hits)
        else:
            reasons = (*(_reasons(rule.hits)[:2] if rule else ()), *learnt_reasons(spoke(name), words))
        found.append(Tag(id=tag, origin="rule" if by_the_rules else "model", score=answer.probability, reasons=reasons))
    found.sort(key=lambda tag: (-tag.score, tag.id))
    named = {tag.id for tag in found}
    source_reason = (Reason(phrase="", field="source"),)
    return (*found, *(Tag(id=tag, origin="source", score=0.5, reasons=source_reason) for tag in inherited if tag not in named))


def learnt_reasons(lemmas: Sequence[str], words: Words) -> tuple[Reason, ...]:
    """Return the learnt words that spoke for an answer, where they stand first."""
    wanted, places = set(lemmas), dict[str, int]()
    for place, word in enumerate(words.folded):
        if not wanted:
            break
        if word and (one := lemma(word)) in wanted:
            places[one] = place
            wanted.discard(one)
    said = [Reason(phrase=words.written(places[one]), field="model", position=words.starts[places[one]]) for one in lemmas if one in places]
    return tuple(said) or (Reason(phrase="", field="model"),)


def _score(hits: Sequence[Hit]) -> float:
    """Each phrase counts at its best place, and a little more each time it comes back; long phrases say more."""
    by_phrase: dict[str, list[Hit]] = defaultdict(list)
    for hit in hits:
        by_phrase[fold(hit.phrase)].append(hit)
    total = 0.0
    for phrase, places in by_phrase.items():
        best = max(_WEIGHTS[hit.field] for hit in places)
        precise = 1.25 if " " in phrase else 1.0
        total += precise * best * (1 + 0.35 * math.log2(min(len(places), 8)))
    return total


def _reasons(hits: Sequence[Hit]) -> tuple[Reason, ...]:
    order = sorted(hits, key=lambda hit: (-_WEIGHTS[hit.field], hit.start))
    seen: dict[str, Reason] = {}
    for hit in order:
        seen.setdefault(hit.phrase, Reason(phrase=hit.phrase, field=hit.field, position=hit.start))
    return tuple(list(seen.values())[:4])
