"""French words: folding, light inflection, tokens. What search and understanding share.

Comes in: text. Goes out: text or tokens. Forbidden: anything but the words themselves.

`FOLDING_VERSION` is kept in the database: the index holds folded words, so a change here means a new index.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import accumulate, compress, islice
from typing import TypeVar

FOLDING_VERSION = 2
_LONG = 100  # characters
_KEPT = 40_000  # words that are remembered
Told = TypeVar("Told")

_SIGNS = "\u02b9-\u02bf\u02c8"  # letters to Unicode that are typed as apostrophes
WORD = re.compile(rf"[^\W_{_SIGNS}]+")
_LETTERS = re.compile(rf"[^\W\d_{_SIGNS}]+")
_MARKS = re.compile("[\u0300-\u036f]+")

# Elided articles and pronouns stay in the index and leave the query.
ELISIONS = frozenset("l d j n s c m t qu jusqu lorsqu puisqu quoiqu".split())
# Forms of the commonest verbs and numbers, as they are written: two texts that have them in common share nothing.
WEAK_WORDS = frozenset(
    "avait avaient auront aura eu ont peut peuvent pouvait pouvaient pourra pourront pu doit doivent devait devra dû fait font faisait "
    "fera faire va vont allait ira aller sera seront serait était étaient été veut veulent dit mis met prend "
    "un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize vingt "
    "trente quarante cinquante soixante cent mille autre autres".split()
)
STOP_WORDS = frozenset(
    "a afin ai ainsi alors apres au aucun aussi autre aux avant avec avoir car ce cela celle celui ces cet cette ceux chez "
    "comme comment dans de depuis des donc dont du elle elles en encore entre est et etaient etait etant ete etre eu eux "
    "faire fait ici il ils je jusque la le les leur leurs lors lui mais me meme mes mon ne ni nos notre nous on ont ou par "
    "pas pendant peu peut plus pour pourquoi qu quand que quel quelle quelles quels qui sa sans se selon ses si sinon soit "
    "son sont sous sur ta te tes toi ton tous tout toute toutes tres tu un une vers via vos votre vous y".split()
)

# Words that the rules below would change and must not, or change into something else. Keys are folded.
_EXCEPTIONS = {
    "travaux": "travail", "baux": "bail", "vitraux": "vitrail", "emaux": "email", "coraux": "corail", "soupiraux": "soupirail",
    "eaux": "eau", "yeux": "oeil", "cieux": "ciel", "aieux": "aieul", "mesdames": "madame", "messieurs": "monsieur",
    "taux": "taux", "faux": "faux", "chaux": "chaux", "prix": "prix", "voix": "voix", "choix": "choix", "paix": "paix",
    "deux": "deux", "noix": "noix", "croix": "croix", "mieux": "mieux", "vieux": "vieux", "vieille": "vieux",
    "pays": "pays", "temps": "temps", "corps": "corps", "cours": "cours", "secours": "secours", "recours": "recours",
    "parcours": "parcours", "concours": "concours", "discours": "discours", "acces": "acces", "proces": "proces",
    "succes": "succes", "progres": "progres", "exces": "exces", "apres": "apres", "pres": "pres", "tres": "tres",
    "avis": "avis", "devis": "devis", "permis": "permis", "depuis": "depuis", "puis": "puis", "mois": "mois", "fois": "fois",
    "bois": "bois", "choisis": "choisi", "trois": "trois", "bus": "bus", "campus": "campus", "virus": "virus", "plus": "plus",
    "sous": "sous", "vous": "vous", "nous": "nous", "tous": "tous", "dans": "dans", "sans": "sans", "moins": "moins",
    "fonds": "fonds", "poids": "poids", "vers": "vers", "tiers": "tiers", "univers": "univers", "divers": "divers",
    "travers": "travers", "repas": "repas", "pas": "pas", "cas": "cas", "bras": "bras", "processus": "processus",
    "paris": "paris", "calvados": "calvados", "gers": "gers", "landes": "landes", "vosges": "vosges", "ardennes": "ardennes",
    "bouches": "bouches", "cotes": "cote", "yvelines": "yvelines", "arras": "arras", "reims": "reims", "tours": "tours",
    "nantes": "nantes", "rennes": "rennes", "assises": "assises", "ressources": "ressource", "palmares": "palmares",
    "cle": "cle", "cles": "cle", "clef": "cle", "clefs": "cle", "numero": "numero", "process": "process", "express": "express",
    "tele": "tele", "bleue": "bleu", "bleues": "bleu", "neuve": "neuf", "neuves": "neuf", "vive": "vif", "vives": "vif",
    "blanche": "blanc", "blanches": "blanc", "longue": "long", "longues": "long", "nouvelle": "nouveau",
    "nouvelles": "nouveau", "nouvel": "nouveau", "belle": "beau", "belles": "beau", "bel": "beau", "anglais": "anglais",
    "francais": "francais", "francaise": "francais", "francaises": "francais", "impots": "impot", "jeux": "jeu",
    "lois": "loi", "rois": "roi", "europeenne": "europeen", "europeennes": "europeen", "appels": "appel", "elle": "elle",
    "ville": "ville", "villes": "ville", "mille": "mille", "echelle": "echelle", "echelles": "echelle",
    "parcelle": "parcelle", "parcelles": "parcelle", "tutelle": "tutelle", "tutelles": "tutelle", "passerelle": "passerelle",
    "passerelles": "passerelle", "mademoiselle": "mademoiselle", "antenne": "antenne", "antennes": "antenne",
    "initiative": "initiative", "initiatives": "initiative", "perspective": "perspective", "perspectives": "perspective",
    "archive": "archive", "archives": "archive", "rive": "rive", "rives": "rive", "directive": "directive",
    "matrice": "matrice", "service": "service", "services": "service", "trente": "trente", "vente": "vente", "ventes": "vente",
    "attente": "attente", "attentes": "attente", "plante": "plante", "plantes": "plante", "cinquante": "cinquante",
    "quarante": "quarante", "soixante": "soixante", "entente": "entente", "detente": "detente", "st": "saint", "ste": "sainte",
}  # fmt: skip

# (ending, at least so many letters, what replaces it); the first that fits is applied, the plural is gone by then.
_FEMININES = (
    ("trice", 8, "teur"),
    ("ienne", 7, "ien"),
    ("enne", 7, "en"),
    ("ionne", 8, "ion"),
    ("elle", 7, "el"),
    ("euse", 7, "eu"),
    ("iere", 6, "ier"),
    ("ique", 6, "ic"),
    ("ale", 5, "al"),
    ("ive", 6, "if"),
    ("ante", 7, "ant"),
    ("ente", 7, "ent"),
    ("aine", 6, "ain"),
    ("ee", 5, "e"),
)


def fold(text: str) -> str:
    """Lower case without accents, œ and æ opened; as many words as before, in the same order."""
    return _fold_word(text) if len(text) < _LONG else _fold_text(text)


@lru_cache(maxsize=8_000)
def _fold_word(text: str) -> str:
    """Words come back."""
    return _fold(text)


@lru_cache(maxsize=8)
def _fold_text(text: str) -> str:
    """Each room folds the same text."""
    return _fold(text)


def _fold(text: str) -> str:
    """Through the 256 letters of one of two old alphabets where they are enough, as for most French: at the speed of memory."""
    if text.isascii():
        return text.lower()
    folded = _translated(text, _FOLDING)
    return _fold_any(text) if folded is None else folded


def folded_words(text: str) -> list[str]:
    """Return the folded words of a text, in order."""
    cut_up = _translated(text, _CUTTING)
    return WORD.findall(fold(text)) if cut_up is None else cut_up.split()


def folded_letters(text: str) -> list[str]:
    """Return the folded words of a text, digits left out as separators are."""
    cut_up = _translated(text, _SPELLING)
    return _LETTERS.findall(fold(text)) if cut_up is None else cut_up.split()


def _translated(text: str, tables: tuple[tuple[str, bytes], ...]) -> str | None:
    """Return a text through the table of the first alphabet that has all its letters; None where none has."""
    for letter, instead in _OPENED:
        if letter in text:
            text = text.replace(letter, instead)
    for alphabet, table in tables:
        try:
            return text.encode(alphabet).translate(table).decode(alphabet)
        except UnicodeError:
            continue
    return None


def _fold_any(text: str) -> str:
    text = _MARKS.sub("", unicodedata.normalize("NFD", text.lower()))
    return text.replace("œ", "oe").replace("æ", "ae").replace("ß", "ss").replace("’", "'")


_OPENED = (("’", "'"), ("œ", "oe"), ("Œ", "oe"), ("æ", "ae"), ("Æ", "ae"), ("ß", "ss"))


def _tables(alphabet: str) -> tuple[bytes, bytes, bytes]:
    """Return what `_fold_any` makes of each letter of an alphabet; the same with a space for all that is in no word; and for digits too."""
    folding, cutting, spelling = bytearray(range(256)), bytearray(range(256)), bytearray(range(256))
    for code in range(256):
        letter = bytes((code,)).decode(alphabet, "ignore")
        folded = _fold_any(letter)
        if len(folded) == 1:
            folding[code : code + 1] = folded.encode(alphabet)
        cutting[code] = folding[code] if WORD.fullmatch(letter) else 32
        spelling[code] = folding[code] if _LETTERS.fullmatch(letter) else 32
    return bytes(folding), bytes(cutting), bytes(spelling)


_ALPHABETS = ("latin-1", "cp1252")
_FOLDING, _CUTTING, _SPELLING = (tuple(zip(_ALPHABETS, tables, strict=True)) for tables in zip(*map(_tables, _ALPHABETS), strict=True))


class Lately(dict[str, Told]):
    """What is told of the words met lately: a language has a few ten thousand that come back again and again."""

    def __init__(self, tell: Callable[[str], Told]) -> None:
        super().__init__()
        self._tell = tell

    def __missing__(self, word: str) -> Told:
        if len(self) >= _KEPT:
            self.clear()
        found = self[word] = self._tell(word)
        return found


def lemma(word: str) -> str:
    """Return the folded word without its plural and feminine, as the index keeps it."""
    return _LEMMAS[word]


def _lemma(word: str) -> str:
    found = _EXCEPTIONS.get(word)
    if found is not None:
        return found
    if word[-1:] not in ("s", "e", "x") or len(word) < 4 or not word.isalpha():
        return word
    if word.endswith("eaux") or (word.endswith(("oux", "eux")) and len(word) > 4):
        word = word[:-1]
    elif word.endswith("aux"):
        word = word[:-3] + "al"
    elif word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
        if word in _EXCEPTIONS:
            return _EXCEPTIONS[word]
    if not word.endswith("e"):
        return word
    for ending, least, instead in _FEMININES:
        if len(word) >= least and word.endswith(ending):
            return word[: -len(ending)] + instead
    return word


_LEMMAS = Lately(_lemma)

# Endings by which words of one family differ: what stands before them, five letters at least, is the stem.
_DERIVED = (
    "ification", "isation", "atrice", "ateur", "ation", "ition", "ement", "atif", "itif", "isme", "iste", "ance", "ence", "aire", "ique",
    "euse", "ment", "able", "ible", "iser", "tion", "ant", "ent", "age", "eur", "eux", "ier", "ien", "ure", "ite", "ive", "ee", "er", "ir",
    "al", "el", "if", "ic", "e",
)  # fmt: skip
_LEAST_STEM = 5


def stem(word: str) -> str:
    """Return what the words of a family begin with: « installer », « installation » and « installe » share « install »."""
    return next((word[: -len(end)] for end in _DERIVED if word.endswith(end) and len(word) - len(end) >= _LEAST_STEM), word)


_LOOSE = STOP_WORDS | ELISIONS | {"la", "moi", "toi", "nous", "vous", "eux"}  # « a-t-il », « celui-ci », « dit-elle » are no compounds


# Letters and figures in another dress: « ﬁnancement », « CO₂ », « m² », « 1ᵉʳ », full width, mathematical.
_DRESSED = re.compile("[ªº²³¹\u02b0-\u02b8\u2070-\u209c\u1d2c-\u1d6a\u2460-\u2473\ufb00-\ufb06\uff10-\uff5a\U0001d400-\U0001d7ff]")
_DOTS = re.compile(r"\.[^\W\d_]\.")
DOTTED = re.compile(r"(?<![^\W_.])(?:[^\W\d_]\.){2,}(?:[^\W\d_](?![^\W_]))?")
_HYPHEN = re.compile(r"[-\u2010\u2011](?<=[^\W_].)(?=[^\W_])")
_BEFORE, _AFTER = re.compile(r"[^\W_]+\Z"), re.compile(r"[^\W_]+")
_LONGEST_PART = 30  # characters of one side of a compound


def is_bare(text: str) -> bool:
    """Return whether the words of a text are those of its index: no letter in another dress, no acronym with dots."""
    return not (_DRESSED.search(text) or _DOTS.search(text))


def undressed(text: str) -> str:
    """Return a text as the index reads it: letters and figures in their plain form, acronyms without their dots (« R.S.A. »)."""
    if is_bare(text):
        return text
    text = _DRESSED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return DOTTED.sub(lambda match: match[0].replace(".", "") + " ", text)


def compounds(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each pair of words joined by a hyphen as one word of the index (« codesign »), with where it starts and ends in the text."""
    for match in _HYPHEN.finditer(text):
        place = match.start()
        before, after = _BEFORE.search(text, max(0, place - _LONGEST_PART), place), _AFTER.match(text, place + 1, place + _LONGEST_PART)
        if before and after:
            first, second = fold(before[0]), fold(after[0])
            if not (first.isdigit() or first in _LOOSE or second in _LOOSE):
                yield lemma(first + second), before.start(), after.end()


def index_text(text: str) -> str:
    """Return what the full-text index is given: every word folded and inflected, one space between, then the compounds as one word each."""
    text = undressed(text)
    return index_words(folded_words(text), text)


def index_words(words: Iterable[str], text: str) -> str:
    """Return what the full-text index is given of the folded words of a text that `is_bare`."""
    return " ".join([*map(_LEMMAS.__getitem__, words), *(word for word, _, _ in compounds(text))])


def tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each word folded (not inflected), with where it starts and ends in the text itself."""
    folded = fold(text)
    if len(folded) == len(text):  # letter for letter: one folding serves all words
        for match in WORD.finditer(folded):
            yield match[0], match.start(), match.end()
        return
    for match in WORD.finditer(text):
        yield fold(match[0]), match.start(), match.end()


_AND_SPACE = (1).__add__


def cut(text: str) -> tuple[list[str], list[int], bool]:
    """Return the folded words of a text, where each starts in it, and whether it `is_bare`: then the index is made of these words."""
    cut_up = _translated(text, _CUTTING)
    if cut_up is not None and len(cut_up) == len(text):
        pieces = cut_up.split(" ")  # one more than there are spaces; empty ones between two of them
        places = accumulate(map(_AND_SPACE, map(len, pieces)), initial=0)
        return list(filter(None, pieces)), list(compress(places, pieces)), is_bare(text)
    folded = fold(text)
    if len(folded) == len(text):
        return WORD.findall(folded), [match.start() for match in WORD.finditer(folded)], is_bare(text)
    words, starts = WORD.findall(folded), [match.start() for match in WORD.finditer(text)]
    if len(words) == len(starts):  # as many words as before, in the same order
        return words, starts, is_bare(text)
    found = list(tokens(text))
    return [row[0] for row in found], [row[1] for row in found], is_bare(text)


def lemmas(text: str) -> list[str]:
    """Return the words of a text as the index keeps them, but for its compounds."""
    return [lemma(word) for word in folded_words(undressed(text))]


def bare(text: str) -> str:
    """Return the folded words alone, one space between: by which a name is the same however it is typed."""
    return " ".join(folded_words(text))


_SENTENCE_END = re.compile(r"[.!?…](?=\s+[^\W\d_a-zà-ÿ]|\s*\n|\s*\Z)[»”\"’)]*|\n+")
LONGEST_SENTENCE = 240  # characters


def sentence_around(text: str, said: str) -> str:
    """Return the sentence of a text that says something word for word, cut at spaces where it is long; "" where nothing says it."""
    place = text.find(said) if said else -1
    if place < 0:
        return ""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    start = max((end for end in ends if end <= place), default=0)
    end = min((end for end in ends if end >= place + len(said)), default=len(text))
    sentence = " ".join(text[start:end].split())
    if len(sentence) <= LONGEST_SENTENCE:
        return sentence
    held = " ".join(said.split())
    middle = sentence.find(held)
    first = max(0, min(middle - LONGEST_SENTENCE // 2, len(sentence) - LONGEST_SENTENCE))
    last = max(first + LONGEST_SENTENCE, middle + len(held))
    cut = sentence[first:last]
    if first:
        cut = "…" + cut.partition(" ")[2]
    return cut if last >= len(sentence) else cut.rpartition(" ")[0] + "…"


def first_sentence(text: str, most: int = 180) -> str:
    """Return the first sentence of a text, cut at a space where it is longer than so many characters."""
    start = text.strip()
    found = _SENTENCE_END.search(start)
    sentence = " ".join((start[: found.end()] if found else start).split())
    return sentence if len(sentence) <= most else f"{sentence[:most].rpartition(' ')[0]}…"


_AFTER_A_TITLE = ' \t\xa0\u202f.:;,!?…–—-|»”"’)\n'
_LEAST_TITLE = 3  # words: a shorter one may begin the sentence that it stands in


def without_title(text: str, title: str) -> str:
    """Return a text without the title that it begins with, as many feeds repeat it."""
    words = folded_words(title)
    begun = list(islice(tokens(text[: 2 * len(title) + 40]), len(words)))
    if not words or [word for word, _, _ in begun] != words:
        return text
    rest = text[begun[-1][2] :]
    bare_rest = rest.lstrip(" \t\xa0")
    apart = not bare_rest or bare_rest[0] in _AFTER_A_TITLE or (len(words) >= _LEAST_TITLE and bare_rest[0].isupper())
    return rest.lstrip(_AFTER_A_TITLE) if apart else text


def plural_forms(word: str) -> frozenset[str]:
    """Return a folded word and its simple plurals."""
    forms = {word, word + "s"}
    if word.endswith(("eau", "eu", "ou")):
        forms.add(word + "x")
    if word.endswith("al"):
        forms.add(word[:-2] + "aux")
    if word.endswith("ail"):
        forms.add(word[:-3] + "aux")
    return frozenset(forms)


def distance_at_most(first: str, second: str, limit: int) -> int | None:
    """Return the number of edits (Damerau-Levenshtein, adjacent swaps count one) from one word to the other, None past `limit`."""
    if abs(len(first) - len(second)) > limit:
        return None
    before_last: list[int] = []
    last = list(range(len(second) + 1))
    for i, left in enumerate(first, 1):
        row = [i]
        for j, right in enumerate(second, 1):
            cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (left != right))
            if i > 1 and j > 1 and left == second[j - 2] and first[i - 2] == right:
                cost = min(cost, before_last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return None
        before_last, last = last, row
    return last[-1] if last[-1] <= limit else None
