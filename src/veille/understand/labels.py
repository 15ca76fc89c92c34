"""What an article is about: one pure file per question, asked here in order.

Comes in: `Item`, its `Source`, `Knowledge`. Goes out: `TaggedItem`, every label with its reason.
Forbidden: network, disk, clock, SQLite. What must be known is a value, read once at a door.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from veille.model import Item, Mention, Source, Tag, TaggedItem
from veille.understand.boilerplate import NO_BOILERPLATE, Boilerplate, without
from veille.understand.dates import find_dates
from veille.understand.edited import ruled_interest, ruled_tags
from veille.understand.interest import blended, interest_of, scaled, score_interest
from veille.understand.kind import kind_of, score_kinds
from veille.understand.knowledge import Knowledge
from veille.understand.language import language_of
from veille.understand.learned import INTEREST, Prediction, judge, spoke, vector_of
from veille.understand.signs import signs_of
from veille.understand.similar import Terms, terms_of
from veille.understand.territory import READ, territories_of
from veille.understand.themes import believed, evidence, score_themes, themes_of
from veille.understand.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What an article is about, what it is, how interesting, each with its reason; `rules`: what the rules alone say of each question."""

    tags: tuple[Tag, ...]
    kind: str
    kind_reason: str
    interest: float
    interest_reason: str
    words: Words  # but for what its source repeats
    whole: Words  # all of them
    mentions: tuple[Mention, ...]
    terms: Terms
    rules: Mapping[str, float]
    shipped: Mapping[str, Prediction]  # what the model that ships answers
    signs: frozenset[str] = frozenset()
    dismissed: bool = False  # by a rule of editors


def label(
    title: str, text: str, knowledge: Knowledge, *, published: date | None = None, url: str = "", inherited: tuple[str, ...] = (),
    boilerplate: Boilerplate = NO_BOILERPLATE,
) -> Labels:  # fmt: skip
    """Themes, kind, interest and days of an article: by the rules, then as decisions have taught where they did.

    `boilerplate`: the sentences that its source repeats, in which no phrase is looked for; `inherited`: the source's own themes.
    """
    whole = Words.of(title, text)
    words = whole.blanked(without(text, boilerplate))
    mentions = find_dates(f"{title}\n{text}"[:READ], published)
    findings = knowledge.lexicon.find(words)
    themes = score_themes(findings)
    kinds = score_kinds(findings, mentions=mentions, url=url)
    terms = terms_of(words, knowledge.place_words)
    by_rule, _ = kind_of(kinds)
    points = score_interest(findings, by_rule, (one.score for one in believed(themes)))
    rules = {f"theme:{one.id}": one.score for one in themes} | {f"kind:{kind}": score for kind, score in kinds.scores.items()}
    rules[INTEREST] = points.scaled
    rules |= evidence(findings)
    signs = signs_of(words, findings, mentions)
    answers: dict[str, Prediction] = {}
    if knowledge.shipped_model:
        answers = judge(knowledge.shipped_model, terms, rules, signs)
        answers[INTEREST] = blended(answers[INTEREST], points)
    taught = judge(knowledge.model, terms, rules | said_by(answers), signs) if knowledge.model else {}
    kind, kind_reason = kind_of(kinds, answers, taught)
    shipped, answers = answers, answers | taught
    interest, interest_reason, dismissed = ruled_interest(findings, *interest_of(points, answers))

    vectors: dict[int, dict[int, float]] = {}  # of a model, by identity

    def spoken(question: str) -> tuple[str, ...]:
        model = knowledge.model if question in taught else knowledge.shipped_model
        if model is None:
            return ()
        if id(model) not in vectors:
            vectors[id(model)] = vector_of(terms, model.rarity)
        return spoke(model, question, vectors[id(model)])

    tags = themes_of(themes, inherited, answers, words, spoken, {hit.payload for hit in findings.of("added")})
    return Labels(
        tags=ruled_tags(findings, tags), kind=kind, kind_reason=kind_reason, interest=interest,
        interest_reason=interest_reason, words=words, whole=whole, mentions=mentions, terms=terms, rules=rules, shipped=shipped,
        signs=signs, dismissed=dismissed,
    )  # fmt: skip


def said_by(answers: Mapping[str, Prediction]) -> dict[str, float]:
    """Return what is said of each question as rules say it: what decisions teach begins there."""
    return {name: scaled(answer) if name == INTEREST else answer.probability for name, answer in answers.items()}


def understand(item: Item, source: Source, knowledge: Knowledge, boilerplate: Boilerplate = NO_BOILERPLATE) -> TaggedItem:
    """Return all labels of an article; `boilerplate`: the sentences that its source repeats."""
    return understand_by_words(item, source, knowledge, boilerplate)[0]


def understand_by_words(
    item: Item, source: Source, knowledge: Knowledge, boilerplate: Boilerplate = NO_BOILERPLATE
) -> tuple[TaggedItem, Words]:
    """Return all labels of an article, and all its words: what else is made of them need not cut the text again."""
    labels = label(
        item.title, item.text, knowledge, published=published_day(item), url=item.url, inherited=source.tags, boilerplate=boilerplate
    )
    tagged = TaggedItem(
        item=item,
        tags=labels.tags,
        territories=territories_of(item.title, item.text, source.territory, knowledge),
        mentions=labels.mentions,
        kind=labels.kind,
        kind_reason=labels.kind_reason,
        interest=labels.interest,
        interest_reason=labels.interest_reason,
        language=language_of(item.title, item.text, item.language, labels.whole),
        terms=labels.terms,
        dismissed=labels.dismissed,
    )
    return tagged, labels.whole


def published_day(item: Item) -> date | None:
    """Return the day by which a missing year is told."""
    return item.published.date() if isinstance(item.published, datetime) else item.published
