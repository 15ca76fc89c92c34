"""What an article lets one write on the sheet of an initiative: lines under its headings, each with its reason.

Comes in: the title, the words that the source's rights show, the whole text. Goes out: `Draft`. Pure. A line quotes shown words alone,
whole sentences of them; of what is hidden it may take facts (an amount, a year, a stage), said in our own words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from veille.french import fold
from veille.messages.sharing import COST_TOLD, STAGE_TOLD

LONGEST_LINE = 1_000  # characters
_PER_HEADING = 2
_LEAST_WORDS = 4
_END = re.compile(r"[.!?…](?=\s+[^\W\d_a-zà-ÿ]|\s+[«“\"]|\s*\n|\s*\Z)[»”\"’)]*|\n+")
_CUT = ("…", "...", "[…]")
STAGES = ("projet", "experimentation", "generalisation", "termine")


@dataclass(frozen=True, slots=True)
class ProposedLine:
    """A line that could be written: its heading, its words, the words that speak for it; `value`: cents, for a cost."""

    heading: str
    text: str
    because: str
    value: int | None = None
    hidden: bool = False  # a fact of the hidden text, in our words


@dataclass(frozen=True, slots=True)
class Draft:
    """A sheet that an article lets one begin."""

    lines: tuple[ProposedLine, ...]
    stage: str = ""  # of `STAGES`
    began: str = ""  # a year, or a year and a month


_NUMBER = r"\d[\d \u00a0\u202f.]*(?:,\d+)?"
_MONEY = re.compile(
    rf"(?<![\d,.])({_NUMBER})\s*(k€|m€|md€|milliers? d[’']euros|millions? d[’']euros|milliards? d[’']euros|€|euros?\b)", re.I
)
_TIMES = (("md", 10**9), ("milliard", 10**9), ("m€", 10**6), ("million", 10**6), ("k€", 10**3), ("millier", 10**3))
_POSTS = re.compile(r"\b(?:(?:un|deux|trois|quatre|\d+) (?:postes?|etp|equivalents? temps plein)|a mi-temps|temps plein)\b")
_MONTHS = "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split()
_BEGAN = re.compile(rf"\b(?:depuis|des|(?:lance|ouvert|cree|ne)\w* en)\s+(?:le \d+(?:er)? )?({'|'.join(_MONTHS)})?\s*((?:19|20)\d\d)\b")
_ORDER = ("probleme", "fait", "resultats", "cout", "contact", "obstacles", "referait", "reprise")
_MEASURED = 2.5  # what a measure adds to a result; without one it is worth less


@dataclass(frozen=True, slots=True)
class LineWords:
    """What speaks for each heading and stage (`data/lignes.yaml`): patterns of folded text, and how much each heading weighs."""

    headings: dict[str, tuple[re.Pattern[str], float]]
    measures: re.Pattern[str]
    cost: re.Pattern[str]
    stages: dict[str, re.Pattern[str]]

    @classmethod
    def of(cls, told: dict[str, Any]) -> "LineWords":
        """Return the words as the file declares them."""
        return cls(
            headings={name: (_any(one["says"]), float(one["weight"])) for name, one in told["headings"].items()},
            measures=_any(told["measures"]), cost=_any(told["cost"]), stages={name: _any(says) for name, says in told["stages"].items()},
        )  # fmt: skip


def _any(says: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(says)})")


def draft_of(title: str, shown: str, whole: str, words: LineWords) -> Draft:
    """Return what an article lets one write; `shown`: what rights show of its text, `whole`: all of it, which is never quoted."""
    lines: list[ProposedLine] = []
    for sentence in sentences(shown):
        lines += _lines_of(sentence, words)
    kept = [one for heading in _ORDER for one in [line for line in lines if line.heading == heading][:_PER_HEADING]]
    text = whole or shown
    if not any(one.heading == "cout" for one in kept):
        kept += _hidden_cost(text, words)
    stage, because = stage_of(title, text, words)
    if stage:
        kept.append(ProposedLine("stade", STAGE_TOLD[stage], because))
    return Draft(lines=tuple(kept), stage=stage, began=_began(fold(f"{title}. {text}")))


def sentences(text: str) -> Iterator[str]:
    """Yield the whole sentences of a text: what a cut leaves open is none."""
    start = 0
    for found in [*_END.finditer(text), None]:
        end = found.end() if found else len(text)
        sentence = " ".join(text[start:end].split())
        whole = found is not None and not sentence.endswith(_CUT)
        if whole and len(sentence.split()) >= _LEAST_WORDS and len(sentence) <= LONGEST_LINE:
            yield sentence
        start = end


def _lines_of(sentence: str, words: LineWords) -> list[ProposedLine]:
    """What one sentence may be: a cost beside anything else; else what fits it best."""
    said = fold(sentence)
    found = []
    money, posts = _MONEY.search(sentence), _POSTS.search(said)
    if money and words.cost.search(said):
        found.append(ProposedLine("cout", sentence, money[0], cents(money)))
    elif posts and words.cost.search(said):
        found.append(ProposedLine("cout", sentence, posts[0]))
    measure, fits = words.measures.search(said), []
    for heading, (pattern, weight) in words.headings.items():
        match = pattern.search(said)
        if match:
            score = weight + (_MEASURED if measure else 0) if heading == "resultats" else weight
            fits.append((score, heading, match[0].strip()))
    if fits:
        _, heading, because = max(fits)
        found.append(ProposedLine(heading, sentence, because))
    elif measure:
        found.append(ProposedLine("resultats", sentence, measure[0].strip()))
    return found


def cents(money: re.Match[str]) -> int:
    """Return an amount, in cents."""
    number = float(re.sub(r"[\s.]", "", money[1]).replace(",", ".") or 0)
    unit = fold(money[2])
    return round(number * next((times for word, times in _TIMES if unit.startswith(word)), 1) * 100)


def _hidden_cost(text: str, words: LineWords) -> list[ProposedLine]:
    """An amount that words of money stand beside, said in our own words."""
    for money in _MONEY.finditer(text):
        near = fold(text[max(0, money.start() - 60) : money.start()])
        if words.cost.search(near):
            return [ProposedLine("cout", COST_TOLD.format(amount=" ".join(money[0].split())), "cout", cents(money), hidden=True)]
    return []


def stage_of(title: str, text: str, words: LineWords) -> tuple[str, str]:
    """Return the stage that a text tells, and the word that tells it; what the title says comes first."""
    for said in (fold(title), fold(text)):
        for stage, pattern in words.stages.items():
            found = pattern.search(said)
            if found:
                return stage, found[0].strip()
    return "", ""


def _began(said: str) -> str:
    found = _BEGAN.search(said)
    if not found:
        return ""
    return f"{found[2]}-{_MONTHS.index(found[1]) + 1:02}" if found[1] else found[2]
