"""What the words of a reader mean, and where they stand in what is shown.

Comes in: the words, synonyms. Goes out: `Query`, FTS5 expressions made of quoted words, highlighted pieces.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from veille.french import DOTTED, ELISIONS, STOP_WORDS, WORD, compounds, fold, index_text, lemma, lemmas, undressed

MOST_WORDS = 16
MOST_PREFIXES = 2  # each may stand for thousands of words; the next ones are words as they are

Synonyms = Mapping[tuple[str, ...], tuple[tuple[str, ...], ...]]


@dataclass(frozen=True, slots=True)
class Term:
    """One thing to find: a word, a phrase or a prefix, and what stands for it as well."""

    words: tuple[str, ...]  # as the index keeps them
    prefix: bool = False
    spellings: tuple[tuple[str, ...], ...] = ()  # the same words, joined or apart: « codesign » is « co-design »
    others: tuple[tuple[str, ...], ...] = ()
    spread: bool = False  # words typed side by side without quotes: near each other is best, anywhere will do
    typed: str = ""

    @property
    def common(self) -> bool:
        """Whether it says nothing of what is looked for."""
        return all(word in _COMMON for word in self.words)


# Words that most articles of public action may hold: alone they find what lacks the other words of a query for nobody.
_COMMON = frozenset(
    "agent aid aider aide public service commune communal territoire territorial departement departemental projet local social "
    "habitant personne action ville petit petite nouveau collectivite politique administratif administration municipal mairie "
    "acteur dispositif mise mettre lieu france francais region regional pays metropole travail groupe gens usager citoyen".split()
)


# What a reader calls kinds of articles, as the index keeps it.
KINDS_CALLED = {
    **dict.fromkeys(("emploi", "offre", "poste", "recrutement", "recruter", "embauche", "stage", "alternance", "job"), "emploi"),
    **dict.fromkeys(("appel", "aap", "ami", "candidature"), "appel"),
    **dict.fromkeys(("evenement", "agenda", "webinaire", "colloque", "conference", "hackathon", "salon", "rencontre"), "evenement"),
    **dict.fromkeys(("prix", "laureat", "trophee", "palmares", "concours"), "prix"),
    **dict.fromkeys(("rex", "retex", "bilan", "temoignage", "lecon"), "retour-experience"),
    **dict.fromkeys(("guide", "etude", "rapport", "publication", "livret", "fiche"), "publication"),
}


@dataclass(frozen=True, slots=True)
class Query:
    """What the words of a reader mean."""

    terms: tuple[Term, ...] = ()
    excluded: tuple[Term, ...] = ()
    corrected: tuple[tuple[str, str], ...] = field(default=())
    themes: frozenset[str] = frozenset()  # of the vocabulary, that the words name or suggest
    named: tuple[str, ...] = ()  # labels of `postings` whose articles are looked for too: themes that the words suggest, kinds they name
    language: str = "fr"


_PIECE = re.compile(r"(?P<minus>(?<!\S)-)?(?:[\"“”«](?P<phrase>[^\"“”«»]*)[\"“”»]|(?P<word>[^\s\"“”«»]+))")


def read_query(q: str, synonyms: Synonyms) -> Query:
    """Words, "phrases", -exclusions and prefix*; anything else is a word."""
    plain: list[Term] = []
    excluded: list[Term] = []
    prefixes = 0
    for piece in _PIECE.finditer(undressed(q)):
        text = piece["phrase"] if piece["phrase"] is not None else piece["word"]
        words = lemmas(text)
        if piece["phrase"] is None:
            while len(words) > 1 and words[0] in ELISIONS:
                words = words[1:]
        if not words:
            continue
        prefix = piece["phrase"] is None and text.endswith("*") and len(words) == 1 and len(words[0]) > 1 and prefixes < MOST_PREFIXES
        prefixes += prefix
        if prefix:
            words = [WORD.findall(fold(text))[-1]]
            # The index holds inflected words: what is typed may be longer than them (numérique*, habitants*).
            others = {lemma(words[0]), re.sub(r"iqu?e?\Z", "ic", words[0])} - set(words)
            term = Term(tuple(words), prefix=True, others=tuple((other,) for other in sorted(others)), typed=text)
            (excluded if piece["minus"] else plain).append(term)
            continue
        term = Term(tuple(words), spellings=_spellings(words, text), typed=text)
        (excluded if piece["minus"] else plain).append(term)
    plain = list(_side_by_side(plain))
    shouted = q.isupper() and len(plain) > 1  # a query all in capitals has no acronym to tell
    kept = [term for term in plain if len(term.words) > 1 or not _is_empty(term, shouted=shouted)] or plain
    return Query(terms=tuple(_with_synonyms(kept[:MOST_WORDS], synonyms)), excluded=tuple(excluded[:MOST_WORDS]))


# What stands before a word and makes one with it, however it is typed (« co-design », « codesign », and « co design » for the first).
_PREFIXES = frozenset("agri anti co cyber eco geo hydro infra inter intra macro micro multi neo pluri pre semi socio trans ultra".split())
_BEFORE_WORDS = _PREFIXES | frozenset(
    "agro aqua archi auto bi bio cine contre crypto electro euro extra fab hyper mega meta mini mono moto nano neuro non open para photo "
    "poly post pro proto psycho radio retro start super sur techno tele thermo tri uni velo video vice".split()
)
_LETTERS_THEN_FIGURES = re.compile(r"([a-z]{3,})(\d{1,4})")
_LEAST_REST = 4  # letters


def _spellings(words: Sequence[str], text: str) -> tuple[tuple[str, ...], ...]:
    """Return the other spellings of what is typed in one piece: joined where there is a hyphen, apart after a prefix or before figures."""
    if len(words) == 2:
        return tuple((word,) for word, _, _ in compounds(text))
    if len(words) > 2:
        return ()
    (word,) = words
    apart = [
        (word[:at], word[at:]) for at in range(2, min(8, len(word) - _LEAST_REST + 1)) if word[:at] in _BEFORE_WORDS and word[at:].isalpha()
    ]
    figures = _LETTERS_THEN_FIGURES.fullmatch(word)
    return (*apart, *([figures.groups()] if figures else ()))


def _side_by_side(terms: Sequence[Term]) -> Iterable[Term]:
    """A prefix and the word after it are one term, and so are a word and the short number after it (« covid 19 », « rd 12 »)."""
    place = 0
    while place < len(terms):
        term, after = terms[place], terms[place + 1] if place + 1 < len(terms) else None
        place += 1
        if after is None or term.prefix or after.prefix or len(term.words) > 1 or len(after.words) > 1:
            yield term
            continue
        (first,), (second,) = term.words, after.words
        numbered = first.isalpha() and len(first) > 1 and second.isdigit() and len(second) < _LEAST_REST
        if numbered or (first in _PREFIXES and len(second) >= _LEAST_REST and second.isalpha()):
            typed = f"{term.typed} {after.typed}"
            yield Term((first, second), spellings=((lemma(first + second),),), spread=numbered, typed=typed)
            place += 1
        else:
            yield term


def _is_empty(term: Term, *, shouted: bool) -> bool:
    """Return whether a single word says nothing; typed in capitals among others that are not, it is an acronym (« ON », « SON »)."""
    word = fold(term.typed.strip("'’"))
    acronym = term.typed.isupper() and not shouted
    return not term.prefix and not acronym and (word in STOP_WORDS or word.rpartition("'")[2] in STOP_WORDS or term.words[0] in ELISIONS)


def _with_synonyms(terms: list[Term], synonyms: Synonyms) -> Iterable[Term]:
    """The longest run of single words that has synonyms becomes one term."""
    place = 0
    longest = max((len(member) for member in synonyms), default=0)
    while place < len(terms):
        for length in range(min(longest, len(terms) - place), 0, -1):
            run = terms[place : place + length]
            words = tuple(word for term in run for word in term.words)
            joined = length == 1 or all(len(term.words) == 1 and not term.prefix for term in run)
            spellings = run[0].spellings if length == 1 else ()
            others = tuple(dict.fromkeys(other for said in (words, *spellings) for other in synonyms.get(said, ())))
            if joined and others and not run[0].prefix:
                typed = " ".join(term.typed for term in run)
                spread = length > 1 or run[0].spread
                yield Term(words, spellings=spellings, others=others, spread=spread, typed=typed)
                place += length
                break
        else:
            yield terms[place]
            place += 1


def match_all(query: Query) -> str:
    """Return the FTS5 expression that every term must satisfy; "" when there is nothing to match."""
    return _minus(" AND ".join(_expression(term) for term in query.terms), query)


def match_shown(query: Query) -> str:
    """Return the FTS5 expression that every term must satisfy in what is shown of an article."""
    return f"{{title shown}} : ({' AND '.join(_expression(term) for term in query.terms)})"


def match_wide(query: Query) -> str:
    """Return the FTS5 expression of articles that have one of the words, as typed or said another way."""
    loose = [_expression(Term((word,))) for term in query.terms if term.spread for word in term.words]
    loose += [_expression(replace(term, spread=False)) for term in query.terms]
    return _minus(" OR ".join(loose), query)


def match_term(term: Term, query: Query) -> str:
    """Return the FTS5 expression of one term as typed; run together words may stand apart."""
    typed = term if term.prefix else replace(term, others=())
    wanted = _expression(typed)
    if term.spread:
        wanted = " OR ".join(_quoted(words) for words in (*((word,) for word in term.words), *term.spellings))
    return _minus(wanted, query)


def match_excluded(query: Query) -> str:
    """Return the FTS5 expression of what the reader does not want."""
    return " OR ".join(_expression(term) for term in query.excluded)


def match_other(other: tuple[str, ...], query: Query) -> str:
    """Return the FTS5 expression of another way to say a term."""
    return _minus(_quoted(other), query)


def match_words(text: str) -> str:
    """Return what Datasette's own search boxes ask: every word, folded; never an FTS5 syntax error."""
    return match_all(read_query(text, {})) or '""'


def _minus(wanted: str, query: Query) -> str:
    if not wanted or not query.excluded:
        return wanted
    return f"({wanted}) NOT ({match_excluded(query)})"


def _expression(term: Term) -> str:
    if term.prefix:  # in what is shown alone: letter by letter, what rights hide could be read back
        return "({title shown} : (" + " OR ".join(f"{_quoted(words)} *" for words in (term.words, *term.others)) + "))"
    ways = [
        "(" + " AND ".join(_quoted((word,)) for word in term.words) + ")" if term.spread else _quoted(term.words),
        *(_quoted(other) for other in (*term.spellings, *term.others)),
    ]
    return ways[0] if len(ways) == 1 else f"({' OR '.join(ways)})"


def _quoted(words: Sequence[str]) -> str:
    return '"' + " ".join(words).replace('"', "") + '"'


def title_words(title: str) -> list[str]:
    """Return the words of a title as the index keeps them."""
    return index_text(title).split()


def highlight(text: str, query: Query) -> list[tuple[str, bool]]:
    """Return the text in pieces, those that the query found marked; only what is shown is ever looked at."""
    said = [words for term in query.terms for words in (term.words, *term.spellings)]
    wanted = {word for words in said for word in words if len(word) > 1}
    wanted |= {word for term in query.terms for other in term.others for word in other if len(word) > 1 and word not in STOP_WORDS}
    prefixes = tuple(words[0] for term in query.terms if term.prefix for words in (term.words, *term.others))
    found = [(start, end) for word, start, end in compounds(text) if word in wanted]
    found += [match.span() for match in DOTTED.finditer(text) if lemma(fold(match[0].replace(".", ""))) in wanted]
    for match in WORD.finditer(text):
        folded = fold(undressed(match[0]))
        if lemma(folded) in wanted or (prefixes and folded.startswith(prefixes)):
            found.append(match.span())
    pieces: list[tuple[str, bool]] = []
    end = 0
    for first, last in sorted(found, key=lambda span: (span[0], -span[1])):
        if first < end:  # within what is marked
            continue
        if first > end:
            pieces.append((text[end:first], False))
        pieces.append((text[first:last], True))
        end = last
    if end < len(text):
        pieces.append((text[end:], False))
    return pieces
