"""Which themes of the vocabulary an article is about: rules, each hit a reason.

Comes in: what the lexicon found, the source's own tags. Goes out: tags, the strongest first. Forbidden: a tag without a reason.
"""

import math
from collections import defaultdict

from veille.french import fold
from veille.model import Reason, Tag
from veille.understand.words import Findings, Hit

_WEIGHTS = {"title": 3.0, "lead": 1.6, "text": 0.8}
_HINT = 0.5
THRESHOLD = 1.2
MOST = 4  # themes that rules may give to one article
LEAST_OF_BEST = 0.35  # of the first theme's points: what weighs less is spoken of in passing


def themes_of(findings: Findings, inherited: tuple[str, ...]) -> tuple[Tag, ...]:
    """Themes whose phrases weigh enough, then the source's own."""
    hits: dict[str, list[Hit]] = defaultdict(list)
    for hit in findings.of("theme"):
        hits[hit.payload].append(hit)
    hints: dict[str, list[Hit]] = defaultdict(list)
    for hit in findings.of("hint"):
        hints[hit.payload].append(hit)
    length = max(1.0, math.log10(max(findings.size, 10) / 60) + 1)
    scored = [
        ((_score(hits[tag]) + _HINT * _score(hints[tag])) / length, tag, hits[tag] or hints[tag]) for tag in sorted({*hits, *hints})
    ]  # fmt: skip
    scored.sort(key=lambda row: (-row[0], row[1]))
    least = max(THRESHOLD, LEAST_OF_BEST * scored[0][0]) if scored else 0.0
    found_tags = [
        Tag(id=tag, origin="rule", score=round(min(1.0, score / 8), 3), reasons=_reasons(found))
        for score, tag, found in scored[:MOST]
        if score >= least
    ]
    named = {tag.id for tag in found_tags}
    source_reason = (Reason(phrase="", field="source"),)
    from_source = [Tag(id=tag, origin="source", score=0.5, reasons=source_reason) for tag in inherited if tag not in named]
    return (*found_tags, *from_source)


def _score(hits: list[Hit]) -> float:
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


def _reasons(hits: list[Hit]) -> tuple[Reason, ...]:
    order = sorted(hits, key=lambda hit: (-_WEIGHTS[hit.field], hit.start))
    seen: dict[str, Reason] = {}
    for hit in order:
        seen.setdefault(hit.phrase, Reason(phrase=hit.phrase, field=hit.field, position=hit.start))
    return tuple(list(seen.values())[:4])
