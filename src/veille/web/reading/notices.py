"""Local notices (works, closed desks, lotos) are folded under one line: listed and counted, never in the way."""

from collections.abc import Iterable
from dataclasses import dataclass

from veille.store.cards import Card
from veille.understand.interest import is_local_notice
from veille.understand.knowledge import Knowledge


@dataclass(frozen=True, slots=True)
class Folded:
    """A list in its order: what is shown, and the local notices that one line holds."""

    shown: list[Card]
    notices: list[Card]


def is_notice(card: Card, knowledge: Knowledge) -> bool:
    """Return whether an article is a local notice, unless a curator chose it."""
    return card.state != "selected" and is_local_notice(card.title, card.summary, card.kind, card.interest, knowledge.notices)


def folded(cards: Iterable[Card], knowledge: Knowledge, most: int | None = None) -> Folded:
    """Return the cards with their notices apart; with `most`, up to so many shown, and the notices met before the last of them."""
    found = Folded([], [])
    for card in cards:
        if most is not None and len(found.shown) == most:
            break
        (found.notices if is_notice(card, knowledge) else found.shown).append(card)
    return found
