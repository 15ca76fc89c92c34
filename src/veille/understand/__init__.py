"""What an article is about: one pure file per question, asked in order by `labels`.

Comes in: `Item`, its `Source`, `Knowledge`. Goes out: `TaggedItem`, every label with its reason.
Forbidden: network, disk, clock, SQLite. What must be known is a value, read once at a door.

Names are loaded when they are asked for: who compares two texts needs no vocabulary.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from veille.understand.knowledge import Knowledge, build_knowledge
    from veille.understand.labels import Labels, label, published_day, understand
    from veille.understand.template import NO_TEMPLATE, Template, without
    from veille.understand.territory import READ

_WHERE = {
    "Knowledge": "knowledge", "build_knowledge": "knowledge", "Labels": "labels", "label": "labels", "published_day": "labels",
    "understand": "labels", "NO_TEMPLATE": "template", "Template": "template", "without": "template", "READ": "territory",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(name)
    import importlib

    return getattr(importlib.import_module(f"veille.understand.{_WHERE[name]}"), name)


__all__ = ["NO_TEMPLATE", "READ", "Knowledge", "Labels", "Template", "build_knowledge", "label", "published_day", "understand", "without"]
