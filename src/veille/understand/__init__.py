"""What an article is about: one pure file per question, asked here in order.

Comes in: `Item`, its `Source`, `Knowledge`. Goes out: `TaggedItem`, every label with its reason.
Forbidden: network, disk, clock, SQLite. What must be known is a value, read once at a door.
"""

from datetime import date, datetime

from veille.model import Item, Source, TaggedItem
from veille.understand.dates import find_dates
from veille.understand.interest import interest_of
from veille.understand.kind import kind_of
from veille.understand.knowledge import Knowledge, build_knowledge
from veille.understand.language import language_of
from veille.understand.similar import terms_of
from veille.understand.template import NO_TEMPLATE, Template, without
from veille.understand.territory import READ, territories_of
from veille.understand.themes import themes_of
from veille.understand.words import Words


def understand(item: Item, source: Source, knowledge: Knowledge, template: Template = NO_TEMPLATE) -> TaggedItem:
    """All labels of an article; `template`: the sentences that its source repeats, in which no phrase is looked for."""
    words = Words.of(item.title, without(item.text, template))
    findings = knowledge.lexicon.find(words)
    mentions = find_dates(f"{item.title}\n{item.text}"[:READ], _reference(item))
    kind, kind_reason = kind_of(findings, mentions=mentions, url=item.url)
    tags = themes_of(findings, source.tags)
    interest, interest_reason = interest_of(findings, kind, tags)
    return TaggedItem(
        item=item,
        tags=tags,
        territories=territories_of(item.title, item.text, source.territory, knowledge),
        mentions=mentions,
        kind=kind,
        kind_reason=kind_reason,
        interest=interest,
        interest_reason=interest_reason,
        language=language_of(item.title, item.text, item.language),
        terms=terms_of(words),
    )


def _reference(item: Item) -> date | None:
    return item.published.date() if isinstance(item.published, datetime) else item.published


__all__ = ["NO_TEMPLATE", "READ", "Knowledge", "Template", "build_knowledge", "understand"]
