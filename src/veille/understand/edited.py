"""Knowledge as editors have changed it: themes renamed, added or merged, words added or taken away, rules of their own.

Comes in: `Knowledge` as it ships, `Edits`. Goes out: `Knowledge`. What ships is never written over: it is overlaid each time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from veille.messages.understanding import reason
from veille.model import Reason, Tag
from veille.understand.knowledge import Knowledge, Theme
from veille.understand.learned import within
from veille.understand.words import Findings, Hit, Lexicon

EFFECTS = ("tag", "dismiss", "interest")
_TABLE = "rule-{effect}"
_OF_THEMES = ("theme", "hint", "evidence")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Words that decide: put a theme (`value`), dismiss, or give an interest (`value`, 0 to 1)."""

    phrase: str
    effect: str
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """What editors have changed."""

    themes: Mapping[str, Theme]  # as they are called now, approved ones only, in order
    aliases: Mapping[str, str]  # merged themes, and what stands for them
    words: Sequence[tuple[str, str, bool]]  # theme, phrase, whether it shall be looked for
    rules: Sequence[Rule]


def with_edits(knowledge: Knowledge, edits: Edits) -> Knowledge:
    """Return the knowledge that a file works with."""
    aliases = {tag: _end(tag, edits.aliases) for tag in edits.aliases}
    gone = {(tag, phrase) for tag, phrase, present in edits.words if not present}
    more = [
        (table, phrase, tag)
        for tag, phrase, present in edits.words
        if present and aliases.get(tag, tag) in edits.themes
        for table in ("theme", "added")  # what an editor has added is believed, whatever was learnt
    ]
    rules = [
        (_TABLE.format(effect=rule.effect), rule.phrase, rule.value or rule.phrase)
        for rule in edits.rules
        if rule.effect != "tag" or aliases.get(rule.value, rule.value) in edits.themes
    ]
    lexicon = knowledge.lexicon
    if gone or more or rules or aliases:
        kept = [
            [(table, phrase, aliases.get(payload, payload) if table in _OF_THEMES else payload) for table, phrase, payload in triples
             if table not in _OF_THEMES or not gone.intersection({(payload, phrase), (aliases.get(payload, payload), phrase)})]
            for triples in (lexicon.phrases, lexicon.acronyms)
        ]  # fmt: skip
        for table, phrase, payload in (*more, *rules):
            kept[phrase.isupper() and phrase.isalnum()].append((table, phrase, aliases.get(payload, payload)))
        lexicon = Lexicon(kept[0], kept[1])
    words: dict[str, list[str]] = {}
    for table, phrase, payload in (*lexicon.phrases, *lexicon.acronyms):
        if table == "theme":
            words.setdefault(payload, []).append(phrase)
    themes = {tag: replace(theme, words=tuple(words.get(tag, ()))) for tag, theme in edits.themes.items()}
    return replace(knowledge, themes=themes, aliases=dict(knowledge.aliases) | aliases, lexicon=lexicon,
                   shipped_model=within(knowledge.shipped_model, themes) if knowledge.shipped_model else None)  # fmt: skip


def _end(tag: str, aliases: Mapping[str, str]) -> str:
    """Return what stands for a theme in the end, however often it was merged."""
    seen = {tag}
    while aliases.get(tag) and aliases[tag] not in seen:
        tag = aliases[tag]
        seen.add(tag)
    return tag


def ruled_tags(findings: Findings, tags: tuple[Tag, ...]) -> tuple[Tag, ...]:
    """Return the themes of an article with those that rules put, which come first."""
    put = {
        hit.payload: Tag(id=hit.payload, origin="rule", score=1.0, reasons=(_why(hit),))
        for hit in reversed(findings.of(_TABLE.format(effect="tag")))
    }
    return (*put.values(), *(tag for tag in tags if tag.id not in put)) if put else tags


def ruled_interest(findings: Findings, interest: float, said: str) -> tuple[float, str, bool]:
    """Return the interest of an article, why, and whether a rule dismisses it."""
    dismissing = findings.of(_TABLE.format(effect="dismiss"))
    if dismissing:
        return 0.0, f"écarté par une règle : {_said(dismissing[0])}", True
    given = findings.of(_TABLE.format(effect="interest"))
    if given:
        return float(given[0].payload), f"donné par une règle : {_said(given[0])}", False
    return interest, said, False


def _why(hit: Hit) -> Reason:
    return Reason(phrase=hit.phrase, field=hit.field, position=hit.start)


def _said(hit: Hit) -> str:
    return reason(hit.phrase, hit.field, hit.start)
