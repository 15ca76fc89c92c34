"""Scores become an order.

Comes in: scores, titles, what articles are worth. Goes out: ids in order. Forbidden: SQL (see `store.reading.sql`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from veille.search.words import Term

PAGE_SIZE = 20
MOST_MATCHES = 20_000  # ranked and counted exactly; beyond that, the newest so many
# Measured on two sets of queries (docs/quality.md): another way to say it counts 0.6 of the word itself; a title that says the whole
# query is worth 0.6 more, a theme that the query names 0.3; an article that lacks a word stays when it scores a quarter of the best.
TITLE_WEIGHT, TEXT_WEIGHT, CONTEXT_WEIGHT = 6.0, 1.0, 3.0
SYNONYM_WEIGHT = 0.6
TITLE_BONUS = 0.6
THEME_BONUS = 0.3
LEAST_SHARE = 0.25
# Articles that have every word come before the others where that says something of them: a reader sees the words at a glance, in a title
# and a text of so many characters, or the score is so near the best. Elsewhere the words are scattered in a long text.
GLANCE, LEADING_SHARE = 300, 0.7
FOREIGN = 0.85
PLENTY = 200  # when so many articles have every word, those with only some of them are not looked for
THEME_WEIGHT = 1.0  # what being of a theme that the query names adds, for each factor e by which the theme is rarer than all articles
MOST_NAMED = 3  # themes: a query that suggests more of them names none
# When so few articles have every word, what shares telling words with the three best of them counts too: by the twenty words of most
# weight, each in its two hundred newest articles, half of what the best one scores at most.
SEEDS, SEED_WORDS, ALIKE, FEEDBACK = 3, 20, 200, 0.5
FEW = 10  # when fewer articles have every word, those of the themes follow
FOLLOWING = 60  # of those that have no word of the query, the most interesting and the newest
THEMED = 2_000  # of the newest articles of these themes are looked at
RERANKED = 200  # of the best: ten pages whose titles and themes are looked at

Scores = Mapping[int, float]


def best_score(typed: Scores, others: Sequence[Scores]) -> Scores:
    """Return what a term gives each item: as typed, and the best other way to say it."""
    if not any(others):
        return typed
    best = dict(typed)
    for other in others:
        for item, score in other.items():
            best[item] = max(best.get(item, 0.0), typed.get(item, 0.0) + SYNONYM_WEIGHT * score)
    return best


def worths(interests: Iterable[float], days: Sequence[int], kinds: Sequence[int], foreign: Collection[int], today: int) -> list[float]:
    """Return what an item's own worth makes of its score: interest weighs in by three tenths, recency by a few per cent (days and today:
    ordinals).

    An article in another language than the reader's (its kind is one of `foreign`) loses a sixth: it is found, behind its like.
    """
    recent = {day: 0.92 + 0.08 / (1 + max(0, today - day) / 365.0) for day in set(days)}
    spoken = {kind: FOREIGN if kind in foreign else 1.0 for kind in set(kinds)}
    return [(0.7 + 0.3 * interest) * recent[day] * spoken[kind] for interest, day, kind in zip(interests, days, kinds, strict=True)]


def blend(terms: Sequence[Scores], every: Collection[int], worths: Mapping[int, float], telling: Sequence[Scores] = ()) -> dict[int, float]:
    """Ids with the sum of their terms' scores times their worth; of those that lack a word, the best stay. No worth: not to be found.

    `telling`: what more than common words gave; without any of it an article that lacks a word is not found.
    """
    scores = {item: score * worths[item] for item, score in terms[0].items() if item in worths}
    for best in terms[1:]:
        for item, score in best.items():
            if item in worths:
                scores[item] = scores.get(item, 0.0) + score * worths[item]
    least = LEAST_SHARE * max(scores.values(), default=0.0)
    return {
        item: score
        for item, score in scores.items()
        if item in every or (score >= least and (not telling or any(item in one for one in telling)))
    }


def title_share(title: Sequence[str], terms: Iterable[tuple[Term, float]]) -> float:
    """Return how much of a query a title says, 0 to 1; each term with its weight (rare ones say more), another way to say it counts
    less.
    """
    held = set(title)
    said = total = 0.0
    for term, weight in terms:
        total += weight
        if term.spread:
            share = sum(word in held for word in term.words) / len(term.words)
        else:
            share = float(_says(title, held, term.words, prefix=term.prefix))
        if any(_says(title, held, words, prefix=False) for words in term.spellings):
            share = 1.0
        if share < SYNONYM_WEIGHT and any(_says(title, held, other, prefix=term.prefix) for other in term.others):
            share = SYNONYM_WEIGHT
        said += weight * share
    return said / total if total else 0.0


def _says(title: Sequence[str], held: set[str], words: Sequence[str], *, prefix: bool) -> bool:
    if prefix:
        return any(word.startswith(words[0]) for word in title)
    if len(words) == 1:
        return words[0] in held
    wanted = list(words)
    return held.issuperset(words) and any(list(title[place : place + len(words)]) == wanted for place in range(len(title)))
