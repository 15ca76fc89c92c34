"""What an article lets one write on the sheet of an initiative: lines under its headings, each with its reason.

Comes in: the title, the words that the source's rights show, the whole text. Goes out: `Draft`. Pure. A line quotes shown words alone,
whole sentences of them; of what is hidden it may take facts (an amount, a year, a stage), said in our own words.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from veille.french import fold, lemma, tokens
from veille.messages.sharing import COST_TOLD, STAGE_TOLD
from veille.understand.learned import Model, judge

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


_NUMBER = r"(?:\d{1,3}(?:[ \u00a0\u202f.]\d{3}){1,5}|\d{1,15})(?:,\d{1,4})?"  # bounded: a run of numbers costs its length
_MOST_CENTS = 10**15
_READ = 60_000  # characters of a hidden text
_MONEY = re.compile(
    rf"(?<![\d,.])({_NUMBER})\s?(k€|m€|md€|milliers? d[’']euros|millions? d[’']euros|milliards? d[’']euros|€|euros?\b)", re.I
)
_TIMES = (("md", 10**9), ("milliard", 10**9), ("m€", 10**6), ("million", 10**6), ("k€", 10**3), ("millier", 10**3))
_POSTS = re.compile(r"\b(?:(?:un|deux|trois|quatre|\d+) (?:postes?|etp|equivalents? temps plein)|a mi-temps|temps plein)\b")
_MONTHS = "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre".split()
_BEGAN = re.compile(rf"\b(?:depuis|des|(?:lance|ouvert|cree|ne)\w* en)\s+(?:le \d+(?:er)? )?({'|'.join(_MONTHS)})?\s*((?:19|20)\d\d)\b")
_ORDER = ("probleme", "fait", "resultats", "cout", "contact", "obstacles", "referait", "reprise")
_ADDRESS = re.compile(r"@|\b0\d(?:[ .]?\d\d){4}\b")
_FAR = 5  # sentences, or sixths of a dozen words: beyond, all are alike
_SHORT = len("word ") + 3


@dataclass(frozen=True, slots=True)
class LineWords:
    """What speaks for each heading and stage (`data/lignes.yaml`): patterns of folded text; and what was learnt from labelled lines."""

    headings: dict[str, re.Pattern[str]]
    measures: re.Pattern[str]
    cost: re.Pattern[str]
    stages: dict[str, re.Pattern[str]]
    learnt: Model | None = None

    @classmethod
    def of(cls, told: dict[str, Any], learnt: Model | None = None) -> "LineWords":
        """Return the words as the file declares them."""
        headings, stages = ({name: _any(says) for name, says in told[part].items()} for part in ("headings", "stages"))
        return cls(headings=headings, measures=_any(told["measures"]), cost=_any(told["cost"]), stages=stages, learnt=learnt)


def _any(says: list[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(says)})")


def draft_of(title: str, shown: str, whole: str, words: LineWords) -> Draft:
    """Return what an article lets one write; `shown`: what rights show of its text, `whole`: all of it, which is never quoted."""
    found: dict[str, list[tuple[float, int, ProposedLine]]] = {}
    told = list(sentences(shown))
    for place, sentence in enumerate(told):
        for odds, line in _lines_of(sentence, place, len(told), words):
            found.setdefault(line.heading, []).append((-odds, place, line))
    kept = [
        line
        for heading in _ORDER
        for _, line in sorted((place, line) for _, place, line in sorted(found.get(heading, []), key=lambda row: row[:2])[:_PER_HEADING])
    ]
    text = (whole or shown)[:_READ]
    if not any(one.heading == "cout" for one in kept):
        kept += _hidden_cost(text, words)
    stage, because = stage_of(title, shown, words)
    if not stage:
        stage = stage_of("", text, words)[0]  # a fact of the hidden text, whose words are not told
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


def _lines_of(sentence: str, place: int, count: int, words: LineWords) -> Iterator[tuple[float, ProposedLine]]:
    """Yield the lines that a sentence may be, with the odds of each: as was learnt, or where nothing was, by the words for it."""
    said = fold(sentence)
    signs = sentence_signs(sentence, place, count, words)
    predicted = judge(words.learnt, (), {}, signs) if words.learnt else {}
    for heading in _ORDER:
        prediction, cue = predicted.get(heading), words.headings[heading].search(said) if heading in words.headings else None
        if prediction.yes if prediction else cue:
            money = _MONEY.search(sentence) if heading == "cout" else None
            because = money[0] if money else cue[0].strip() if cue else _spoke(words.learnt, heading, signs)
            yield prediction.odds if prediction else 0.0, ProposedLine(heading, sentence, because, cents(money) if money else None)


def sentence_signs(sentence: str, place: int, count: int, words: LineWords) -> frozenset[str]:
    """Return what a sentence shows of what it may be: words, lemmas, pairs of words, measures, where it stands among the others."""
    said, held = fold(sentence), [one[0] for one in tokens(sentence)]
    found = {f"word {one}" for one in held} | {f"lemma {lemma(one)}" for one in held}
    found.update(f"pair {one} {other}" for one, other in pairwise(held))
    found.add(f"place {min(place, _FAR)}")
    found.add(f"size {min(len(held) // 6, _FAR)}")
    marks = {
        "last": place == count - 1, "money": _MONEY.search(sentence), "posts": _POSTS.search(said), "cost": words.cost.search(said),
        "measure": words.measures.search(said), "digit": re.search(r"\d", sentence), "percent": "%" in sentence,
        "question": "?" in sentence, "quotation": "«" in sentence, "address": _ADDRESS.search(sentence),
        **{f"cue {heading}": pattern.search(said) for heading, pattern in words.headings.items()},
        **{f"stage {stage}": pattern.search(said) for stage, pattern in words.stages.items()},
    }  # fmt: skip
    found.update(name for name, shown in marks.items() if shown)
    return frozenset(found)


def _spoke(learnt: Model | None, heading: str, signs: frozenset[str]) -> str:
    """Return the two words that said most."""
    weights = learnt.questions[heading].signs if learnt else {}
    said = sorted((-weights[one], one) for one in signs if one.startswith("word ") and weights.get(one, 0) > 0 and len(one) > _SHORT)
    return ", ".join(one.removeprefix("word ") for _, one in said[:2])


def cents(money: re.Match[str]) -> int | None:
    """Return an amount, in cents; None for one that no budget reaches."""
    number = float(re.sub(r"[\s.]", "", money[1]).replace(",", ".") or 0)
    unit = fold(money[2])
    told = number * next((times for word, times in _TIMES if unit.startswith(word)), 1) * 100
    return round(told) if told <= _MOST_CENTS else None


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
