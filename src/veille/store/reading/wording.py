"""What the words of a reader mean here: corrected after the words of the index, with the themes they name.

Comes in: a plain connection, a `Request`. Goes out: `Query`. What is shown of a text is `items.summary`.
"""

from dataclasses import replace

from veille.french import WORD, distance_at_most, fold, lemma, undressed
from veille.search.ranking import MOST_NAMED
from veille.search.request import Request
from veille.search.words import KINDS_CALLED, Query, Term, match_term, read_query
from veille.store.connection import Connection
from veille.understand.knowledge import Knowledge
from veille.understand.language import language_of
from veille.understand.words import Words


def understand_query(db: Connection, request: Request, knowledge: Knowledge) -> Query:
    """Return what the words mean: read, corrected unless they are to be taken as they stand, with the themes they name and their
    language.
    """
    query = read_query(request.q, knowledge.synonyms)
    if query.terms and not request.verbatim:
        query = _correct(db, query, knowledge)
    typed = " ".join(term.typed for term in query.terms)
    found = knowledge.lexicon.find(Words.of(typed, typed.upper()))  # « rsa » is typed for « RSA »
    plainly = {hit.payload for hit in (*found.of("theme"), *found.of("evidence"))}
    themes = plainly | {hit.payload for hit in found.of("hint")}
    named = [f"themes {theme}" for theme in sorted(plainly)] if len(plainly) <= MOST_NAMED else []
    if len(query.terms) > 1:
        called = {KINDS_CALLED[word] for term in query.terms for word in term.words if word in KINDS_CALLED}
        named += [f"kinds {kind}" for kind in sorted(called)]
    return replace(query, themes=frozenset(themes), named=tuple(named), language=language_of(request.q, "", "fr"))


def _correct(db: Connection, query: Query, knowledge: Knowledge) -> Query:
    """A word that no article has is replaced by the nearest one that several have, when there is one."""
    corrected: list[tuple[str, str]] = []
    terms: list[Term] = []
    for term in query.terms:
        word = term.words[0]
        if len(term.words) > 1 or term.prefix or term.others or len(word) < 5 or not word.isalpha() or _exists(db, term):
            terms.append(term)
            continue
        better = _nearest(db, word)
        if better is None:
            terms.append(term)
            continue
        corrected.append((term.typed, better))
        terms += read_query(better, knowledge.synonyms).terms or (Term((better,), typed=better),)
    return Query(tuple(terms), query.excluded, tuple(corrected)) if corrected else query


def _exists(db: Connection, term: Term) -> bool:
    return db.execute("select 1 from items_fts where items_fts match ? limit 1", (match_term(term, Query()),)).fetchone() is not None


def _nearest(db: Connection, word: str) -> str | None:
    """Return the nearest indexed word: fewest edits, then most articles. The first letter is taken to be right, or the second."""
    limit = 1 if len(word) < 8 else 2
    near: list[tuple[int, int, str]] = []
    starts = {word[0], word[1]} if len(word) > 1 else {word[0]}
    for start in starts:
        rows = db.execute(
            "select term, doc from items_vocabulary where term >= ? and term < ? and length(term) between ? and ?",
            (start, chr(ord(start) + 1), len(word) - limit, len(word) + limit),
        )
        for term, count in rows:
            distance = distance_at_most(word, term, limit)
            if distance is not None:
                near.append((distance, -count, term))
    written = (_surface(db, term) for _, _, term in sorted(near)[:5])
    return next((word for word in written if word), None)


def _surface(db: Connection, indexed: str) -> str | None:
    """Return how a word of the index is written where a reader may see it; None for a word of hidden texts only."""
    rows = db.execute(
        "select title, summary from items where id in "
        "(select rowid from items_fts where items_fts match ? order by rowid desc limit 20) and state <> 'dismissed'",
        (f'"{indexed}"',),
    )
    for title, summary in rows:
        for found in WORD.findall(undressed(f"{title} {summary}")):
            if lemma(fold(found)) == indexed:
                return str(found).lower()
    return None
