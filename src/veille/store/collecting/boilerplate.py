"""The boilerplates of sources, told from the texts that are held.

Comes in: a database. Goes out: sentences that a source repeats (see `understand.boilerplate`). Reading only.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from veille.store.connection import Connection
from veille.understand.boilerplate import Boilerplate, boilerplate_of

_SAMPLE = 30  # of the latest texts, on arrival
_MOST = 2_000  # when everything is understood again


def source_boilerplate(db: Connection, source_id: str, arriving: Iterable[str] = (), *, everything: bool = False) -> Boilerplate:
    """Return what a source repeats in its latest texts, and in those that arrive with this answer."""
    rows = db.execute(
        "select text from items_words where id in (select id from items where source_id = ? order by id desc limit ?)",
        (source_id, _MOST if everything else _SAMPLE),
    )
    return boilerplate_of([*(row[0] for row in rows), *arriving])


@dataclass(slots=True)
class Boilerplates:
    """The boilerplate of each source, told once in a sitting."""

    db: Connection
    everything: bool = False
    told: dict[str, Boilerplate] = field(default_factory=dict)

    def of(self, source_id: str) -> Boilerplate:
        if source_id not in self.told:
            self.told[source_id] = source_boilerplate(self.db, source_id, everything=self.everything)
        return self.told[source_id]
