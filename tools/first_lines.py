"""Learn which sentences of an article belong on a sheet, and under which heading, from labelled articles.

    python tools/first_lines.py [--folds 5]

Learnt from `tests/truth/lines` but for its set 3, which is only measured (`tools/quality.py`). What is written, src/veille/data/lines.json,
holds weights of words found in several articles, and no sentence. `--folds` says instead what is right of articles not seen.
"""

import argparse
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from veille.french import bare
from veille.resources import load_line_words
from veille.understand.learned import Model, Question, assemble, text_of
from veille.understand.lines import LineWords, draft_of, sentence_signs, sentences

TRUTH = Path(__file__).parent.parent / "tests" / "truth"
TARGET = Path(__file__).parent.parent / "src" / "veille" / "data" / "lines.json"
SETS = ("1", "2", "learn-a", "learn-b", "learn-c", "learn-d")
LEAST = 8  # sentences of a heading
IN_ARTICLES = 3  # that hold a sign
STRENGTH = 0.3
THRESHOLDS = {"fait": 0.64, "resultats": 0.5, "cout": 0.5, "probleme": 0.65}  # where a proposed line is right four times in five
THRESHOLD = 0.42  # of the other headings
LEAST_WEIGHT = 0.05
SAME = 0.6  # of the words of the shorter of two sentences
SCALE = {"word": 0.75, "lemma": 1.0, "pair": 0.5, "place": 1.0, "size": 0.5}  # of a sign, by its first word; what is marked counts double
MARKED = 2.0


@dataclass(frozen=True)
class Labelled:
    """An article and what somebody would write of it: (heading, sentence)s."""

    title: str
    text: str
    lines: tuple[tuple[str, str], ...]


def rows(path: Path) -> Iterator[dict]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def labelled(name: str) -> list[Labelled]:
    """Articles of a set that are something to begin a sheet from."""
    texts = {("rounds", number, one["id"]): one for number in (3, 4) for one in rows(TRUTH / "rounds" / f"{number}-articles.jsonl")}
    texts |= {("learning", number, one["id"]): one for number in (1, 2, 3, 4) for one in rows(TRUTH / "learning" / f"{number}.jsonl")}
    found = []
    for gold in rows(TRUTH / "lines" / f"{name}.jsonl"):
        one = texts[("rounds", gold["round"], gold["id"]) if "round" in gold else ("learning", gold["file"], gold["id"])]
        if not gold["useless"]:
            found.append(Labelled(one["title"], one["text"], tuple((line["heading"], line["sentence"]) for line in gold["lines"])))
    return found


def words_in_common(one: str, other: str) -> float:
    """The share of the words of the shorter text that the other has."""
    first, second = set(bare(one).split()), set(bare(other).split())
    return len(first & second) / max(1, min(len(first), len(second)))


def is_right(heading: str, text: str, one: Labelled) -> bool:
    """Whether somebody would write that under this heading."""
    return any(wanted == heading and words_in_common(text, sentence) >= SAME for wanted, sentence in one.lines)


def marks(given: list[Labelled], words: LineWords) -> tuple[list[tuple[str, bool]], list[bool]]:
    """Of each proposed line, its heading and whether it is right; of each article, whether one is."""
    hits, useful = [], []
    for one in given:
        lines = [line for line in draft_of(one.title, one.text, one.text, words).lines if line.heading != "stade"]
        found = [(line.heading, is_right(line.heading, line.text, one)) for line in lines]
        hits += found
        useful.append(any(right for _, right in found))
    return hits, useful


def learn(given: list[Labelled], words: LineWords) -> tuple[Model, str]:
    table, answers, held = [], [], Counter()
    for one in given:
        told = list(sentences(one.text))
        signs = [sentence_signs(sentence, place, len(told), words) for place, sentence in enumerate(told)]
        table += signs
        answers += [{heading for heading, wanted in one.lines if words_in_common(sentence, wanted) >= SAME} for sentence in told]
        held.update(frozenset().union(*signs))
    kept = {name for name, count in held.items() if count >= IN_ARTICLES}
    scales = {name: SCALE.get(name.split(" ")[0], MARKED) for name in kept}
    vectors = DictVectorizer()
    matrix = vectors.fit_transform([{name: scales[name] for name in signs & kept} for signs in table]).astype(np.float64)
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int32), matrix.indptr.astype(np.int32)  # as liblinear wants them
    names = vectors.get_feature_names_out()
    questions = {}
    for heading in sorted({one for answer in answers for one in answer} - {"stade"}):
        right = np.array([heading in answer for answer in answers])
        if right.sum() < LEAST:
            continue
        fitted = LogisticRegression(C=STRENGTH, max_iter=500, solver="liblinear", random_state=0).fit(matrix, right)
        weights = {name: float(weight) * scales[name] for name, weight in zip(names, fitted.coef_[0], strict=True)}
        questions[heading] = Question(
            bias=float(fitted.intercept_[0]), threshold=THRESHOLDS.get(heading, THRESHOLD), words={}, rules={},
            signs={name: weight for name, weight in weights.items() if abs(weight) >= LEAST_WEIGHT},
        )  # fmt: skip
    return assemble("", {}, questions), text_of("", {}, questions, digits=2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folds", type=int, default=0)
    folds = parser.parse_args().folds
    given, words = [one for name in SETS for one in labelled(name)], replace(load_line_words(), learnt=None)
    if not folds:
        model, text = learn(given, words)
        TARGET.write_text(text + "\n", encoding="utf-8")
        print(f"{len(given)} articles, {len(text.encode())} bytes, {', '.join(model.questions)}")
        return
    random.Random(6102017).shuffle(given)
    hits, useful = [], []
    for fold in range(folds):
        model, _ = learn([one for place, one in enumerate(given) if place % folds != fold], words)
        right, some = marks(given[fold::folds], replace(words, learnt=model))
        hits += right
        useful += some
    for heading in sorted({heading for heading, _ in hits}):
        own = [right for name, right in hits if name == heading]
        print(f"{heading:12} {np.mean(own):.3f} of {len(own)}")
    print(f"right heading {np.mean([right for _, right in hits]):.3f} of {len(hits)} lines")
    print(f"a useful line {np.mean(useful):.3f} of {len(useful)} articles")


if __name__ == "__main__":
    main()
