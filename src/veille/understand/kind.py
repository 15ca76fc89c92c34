"""What an article is: a call, an event, a job, a report, a prize, feedback, or plain news.

Comes in: `Words`, `Knowledge`. Goes out: a kind and its reason in French.
"""

from collections import defaultdict

from veille.messages import reason
from veille.understand.knowledge import Knowledge
from veille.understand.words import Hit, Words

_ORDER = ("emploi", "appel", "prix", "evenement", "retour-experience", "publication")
_NEEDED = 2.0


def kind_of(words: Words, knowledge: Knowledge) -> tuple[str, str]:
    """The kind with the most points, `article` when none has enough."""
    points: dict[str, float] = defaultdict(float)
    best: dict[str, tuple[float, Hit[str]]] = {}
    seen: set[tuple[str, str]] = set()

    def count(hit: Hit[str], value: float) -> None:
        if (hit.payload, hit.phrase) in seen:
            return
        seen.add((hit.payload, hit.phrase))
        points[hit.payload] += value
        if hit.payload not in best or best[hit.payload][0] < value:
            best[hit.payload] = (value, hit)

    for hit in knowledge.kind_titles.find(words):
        if hit.field == "title":
            count(hit, 2.0)
    for hit in knowledge.kind_anywhere.find(words):
        count(hit, {"title": 2.0, "lead": 1.0, "text": 0.4}[hit.field])
    chosen = max(_ORDER, key=lambda kind: (points[kind], -_ORDER.index(kind)))
    if points[chosen] < _NEEDED:
        return "article", ""
    hit = best[chosen][1]
    return chosen, reason(hit.phrase, hit.field, hit.start)
