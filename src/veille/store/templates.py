"""The templates of sources, told from the texts that are held.

Comes in: a database. Goes out: sentences that a source repeats (see `understand.template`). Reading only.
"""

from collections.abc import Iterable

from sqlite_utils import Database

from veille.understand.template import Template, template_of

_SAMPLE = 30  # of the latest texts, on arrival
_MOST = 2_000  # when everything is understood again


def source_template(db: Database, source_id: str, arriving: Iterable[str] = (), *, everything: bool = False) -> Template:
    """What a source repeats in its latest texts, and in those that arrive with this answer."""
    rows = db.conn.execute(
        "select text from items_words where id in (select id from items where source_id = ? order by id desc limit ?)",
        (source_id, _MOST if everything else _SAMPLE),
    )
    return template_of([*(row[0] for row in rows), *arriving])
