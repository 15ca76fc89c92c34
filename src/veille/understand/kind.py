"""What an article is: a call, an event, a job, a report, a prize, feedback, or plain news.

Comes in: what the lexicon found, the days that it names, its address. Goes out: a kind and its reason in French.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from veille.messages import deadline_told, event_told, reason
from veille.model import Mention
from veille.understand.words import Findings, Hit

_ORDER = ("emploi", "appel", "prix", "evenement", "retour-experience", "publication")
_NEEDED = 2.0
_NEVER = 2.0
# Parts of an address that sites use for one kind of page alone; words of ours are compared without accents.
_PATHS = (
    ("emploi", re.compile(r"/(?:offres?-d?-?emplois?|emplois?|recrutements?|nous-rejoindre|jobs?)(?:[/-]|$)")),
    ("appel", re.compile(r"/(?:appels?-a-projets?|appels?-a-[a-z-]+|aap|ami|marches-publics)(?:[/-]|$)")),
    ("evenement", re.compile(r"/(?:agenda|evenements?|events?|calendrier|sorties|manifestations?)(?:[/-]|$)")),
    ("publication", re.compile(r"/(?:publications?|etudes?|rapports?|guides?|ressources?|documentation)(?:[/-]|$)")),
)
_OF_PATH = 1.5
_OF_DATES = 1.0


def kind_of(findings: Findings, *, mentions: Iterable[Mention] = (), url: str = "") -> tuple[str, str]:
    """The kind with the most points, `article` when none has enough."""
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
    roles = {one.role: one.evidence for one in reversed(list(mentions))}
    if "deadline" in roles and points["appel"]:
        add("appel", _OF_DATES, deadline_told(roles["deadline"]))
    if "event" in roles and points["evenement"]:
        add("evenement", _OF_DATES, event_told(roles["event"]))
    for kind, pattern in _PATHS:
        found = pattern.search(url)
        if found:
            add(kind, _OF_PATH, reason(found[0].strip("/"), "url", 0))
    for hit in findings.of("kind-never"):
        points[hit.payload] -= _NEVER
    chosen = max(_ORDER, key=lambda kind: (points[kind], -_ORDER.index(kind)))
    return (chosen, best[chosen][1]) if points[chosen] >= _NEEDED else ("article", "")
