"""What a collector has read of a file and may use again, from one transaction to the next.

Comes in: an open file. Goes out: how rare words are; what is compared. Reading only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from veille.store.connection import Connection

if TYPE_CHECKING:
    from veille.store.collecting.comparing import Comparing
    from veille.understand.similar import Rarity, Terms


@dataclass(slots=True)
class Sitting:
    """Read once in a run, and again where it has changed."""

    rarity: "Rarity | None" = None
    comparing: "Comparing | None" = None

    def begin(self, db: Connection) -> None:
        """Some answers are to be kept: what they are compared with is read as the file has it now."""
        from veille.store.collecting.comparing import Comparing

        self.comparing = Comparing.of(db)

    def rarity_of(self, db: Connection, terms: "Sequence[Terms]") -> "Rarity | None":
        """Return how rare the words of these texts are, None before words were counted; all words at once where many texts come."""
        from veille.store.collecting.neighbours import MANY, rarity_of

        if self.rarity is None and len(terms) < MANY:
            return rarity_of(db, terms)
        self.rarity = self.rarity or rarity_of(db)
        return self.rarity

    def counted(self) -> None:
        """Words were counted anew."""
        self.rarity = None
