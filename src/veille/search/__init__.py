"""A reader's request becomes SQL, parameters and highlighted pieces. Pure: tested without Datasette."""

from veille.search.ranking import (
    MOST_MATCHES,
    RERANKED,
    THEME_BONUS,
    TITLE_BONUS,
    Where,
    best_first,
    conditions,
    kept_sql,
    listed_sql,
    scored_sql,
    title_share,
)
from veille.search.request import PARAMETERS, Request, address, read_request, unfiltered
from veille.search.words import (
    Query,
    Synonyms,
    Term,
    highlight,
    match_all,
    match_any,
    match_excluded,
    match_other,
    match_term,
    match_words,
    read_query,
)

PAGE_SIZE = 20

__all__ = [
    "MOST_MATCHES",
    "PAGE_SIZE",
    "PARAMETERS",
    "RERANKED",
    "THEME_BONUS",
    "TITLE_BONUS",
    "Query",
    "Request",
    "Synonyms",
    "Term",
    "Where",
    "address",
    "best_first",
    "conditions",
    "highlight",
    "kept_sql",
    "listed_sql",
    "match_all",
    "match_any",
    "match_excluded",
    "match_other",
    "match_term",
    "match_words",
    "read_query",
    "read_request",
    "scored_sql",
    "title_share",
    "unfiltered",
]
