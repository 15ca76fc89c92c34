"""The words of fiches, folded as those of articles, in an index of their own: searching articles costs what it did. One narrow row of each,
which lists and counts read.
"""

from veille.french import index_text
from veille.store.connection import Connection

_ROW = (
    "insert into fiche_rows (fiche_id, kind, day) select id, kind, coalesce((select max(said_on) from fiche_lines "
    "where fiche_id = fiches.id and fiche_lines.state = 'montree'), '') from fiches where id = ?"
)


def index_fiche(db: Connection, fiche_id: int) -> None:
    """Put a fiche into the index as it stands: published, by what is shown of it; else not at all. The caller holds the transaction."""
    db.execute("delete from fiches_fts where rowid = ?", (fiche_id,))
    db.execute("delete from fiche_rows where fiche_id = ?", (fiche_id,))
    row = db.execute("select title from fiches where id = ? and state = 'publiee' and merged_into is null", (fiche_id,)).fetchone()
    if row is None:
        return
    db.execute(_ROW, (fiche_id,))
    lines = db.execute(
        "select text from fiche_lines where fiche_id = ? and state = 'montree' order by position, id", (fiche_id,)
    ).fetchall()
    names = db.execute(
        "select name from departements join fiche_territories using (code) where fiche_id = ?1 union all "
        "select label from tags join fiche_tags on tag_id = tags.id where fiche_id = ?1",
        (fiche_id,),
    ).fetchall()
    db.execute(
        "insert into fiches_fts (rowid, title, shown, context) values (?, ?, ?, ?)",
        (fiche_id, index_text(row[0]), index_text("\n".join(one[0] for one in lines)), index_text("\n".join(one[0] for one in names))),
    )


def index_all(db: Connection) -> None:
    """Make the index anew: after an import, or where names have changed."""
    db.execute("delete from fiches_fts")
    db.execute("delete from fiche_rows")
    for (fiche_id,) in db.execute("select id from fiches where state = 'publiee' order by id").fetchall():
        index_fiche(db, fiche_id)
