"""What understanding and search must know, as one frozen value.

Comes in: the texts of the vocabulary, the synonyms and the départements. Goes out: `Knowledge`. Forbidden: reading files.
"""

import csv
import functools
import hashlib
import io
from dataclasses import dataclass
from typing import Any

import yaml

from veille.french import ELISIONS, STOP_WORDS, WORD, bare, fold, lemmas
from veille.model import KINDS, FilterName
from veille.understand.gazetteer import Gazetteer, build_gazetteer
from veille.understand.learned import Model, model_of, within
from veille.understand.words import Lexicon


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    id: str
    label: str
    group: str
    group_label: str
    words: tuple[str, ...] = ()  # the words by which it is found, as the vocabulary writes them


@dataclass(frozen=True, slots=True, kw_only=True)
class Departement:
    code: str
    name: str
    region_code: str
    region: str
    prefecture: str
    column: int  # of the tile map
    row: int


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """Built once at a door, then passed as an argument."""

    themes: dict[str, Theme]
    aliases: dict[str, str]
    departements: dict[str, Departement]
    lexicon: Lexicon  # tables: theme, hint, evidence, sign, kind-title, kind-anywhere, kind-never, signal
    synonyms: dict[tuple[str, ...], tuple[tuple[str, ...], ...]]
    notice_phrases: tuple[tuple[str, str, str], ...]  # of local notices: table (strong or weak), phrase
    acronyms: dict[str, str]  # what the acronyms of the synonyms stand for, by their folded letters
    gazetteer: Gazetteer
    place_words: frozenset[str]  # of the names of départements, regions and prefectures, folded
    vocabulary: str  # the version of the vocabulary: a fingerprint of its text
    shipped: int = 0  # a fingerprint of the files that a database is filled with
    shipped_model: Model | None = None  # what was learnt from labelled articles before veille was given out
    model: Model | None = None  # what decisions have taught beside it

    @functools.cached_property
    def theme_names(self) -> dict[str, str]:
        """Themes by what they are called: id, label, and each word that names one alone."""
        found = {bare(word): theme.id for theme in self.themes.values() for word in theme.words}
        return found | {bare(name): theme.id for theme in self.themes.values() for name in (theme.id, theme.label)}

    @functools.cached_property
    def notices(self) -> Lexicon:
        """The phrases of local notices, made for whoever shows articles: a collection has no use for them."""
        return Lexicon(self.notice_phrases)

    @functools.cached_property
    def filter_names(self) -> dict[str, tuple[FilterName, ...]]:
        """What a reader may call a filter of a search, by its inflected words: départements, regions, labels and words of themes."""
        named: dict[str, dict[FilterName, None]] = {}

        def add(name: str, filter_name: FilterName) -> None:
            named.setdefault(" ".join(lemmas(name)), {})[filter_name] = None

        places = {place.name for place in self.departements.values()}
        for place in self.departements.values():
            for name in (place.code, place.name, f"CD{place.code}", f"CD {place.code}"):
                add(name, FilterName("departements", place.code, whole=True))
            if place.region not in places:
                add(place.region, FilterName("regions", place.region_code, whole=True))
        for theme in self.themes.values():
            for name in (theme.label, theme.id):
                add(name, FilterName("themes", theme.id, whole=True))
            for word in theme.words:
                add(word, FilterName("themes", theme.id, whole=False))
        return {name: tuple(found) for name, found in named.items() if name}


def build_knowledge(
    vocabulary: str,
    synonyms: str,
    departements: str,
    communes: str,
    epci: str,
    territories: str,
    notices: str,
    model: str = "",
    *,
    shipped: int = 0,
) -> Knowledge:
    """Knowledge from the texts of the files in veille/data; they are the project's own and trusted. Without a model: the rules alone."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    words: dict[str, Any] = yaml.load(vocabulary, Loader=loader)  # noqa: S506 - a safe loader, and our own file
    families: list[list[str]] = yaml.load(synonyms, Loader=loader)  # noqa: S506
    themes = {
        tag["id"]: Theme(
            id=tag["id"],
            label=tag["label"],
            group=group["id"],
            group_label=group["label"],
            words=(*map(str, tag["keywords"]), *map(str, tag["acronyms"])),
        )
        for group in words["groups"]
        for tag in group["tags"]
    }
    tags = [tag for group in words["groups"] for tag in group["tags"]]
    places = _departements(departements)
    assert [kind["id"] for kind in words["kinds"] if kind["id"] not in KINDS] == []
    return Knowledge(
        themes=themes,
        aliases=dict(words["aliases"]),
        departements=places,
        lexicon=_lexicon(words, tags),
        synonyms=_synonyms(families, places),
        acronyms=_acronyms(families),
        notice_phrases=_notices(words, yaml.load(notices, Loader=loader)),  # noqa: S506
        gazetteer=build_gazetteer(
            {code: place.name for code, place in places.items()},
            {code: place.prefecture for code, place in places.items()},
            communes,
            epci,
            yaml.load(territories, Loader=loader),  # noqa: S506
        ),
        place_words=frozenset(
            word for place in places.values() for name in (place.name, place.region, place.prefecture) for word in WORD.findall(fold(name))
        ),
        vocabulary=hashlib.sha256(vocabulary.encode()).hexdigest()[:12],
        shipped=shipped,
        shipped_model=within(model_of(model), themes) if model else None,
    )


def _lexicon(words: dict[str, Any], tags: list[dict[str, Any]]) -> Lexicon:
    """Return every phrase that understanding looks for, in one table each.

    A hint is a word that a theme shares with many texts: it counts for half; evidence counts in what was learnt alone. Phrases of kinds
    and evidence in capitals are acronyms (CDI, AMI).
    """
    phrases = [("theme", phrase, tag["id"]) for tag in tags for phrase in tag["keywords"]]
    phrases += [("hint", phrase, tag["id"]) for tag in tags for phrase in tag.get("hints", ())]
    phrases += [("signal", phrase, str(value)) for value, found in words["signals"].items() for phrase in found]
    phrases += [("signal", phrase, str(-value)) for value, found in words["noise"].items() for phrase in found]
    acronyms = [("theme", acronym, tag["id"]) for tag in tags for acronym in tag["acronyms"]]
    for table, given in (
        *(("evidence", (tag["id"], tag.get("evidence", ()))) for tag in tags),
        *(("sign", one) for one in words.get("signs", {}).items()),
    ):
        payload, found = given
        for phrase in map(str, found):
            (acronyms if phrase.isupper() and phrase.isalnum() else phrases).append((table, phrase, payload))
    for kind in words["kinds"]:
        for where in ("title", "anywhere", "never"):
            for phrase in map(str, kind.get(where, ())):
                (acronyms if phrase.isupper() else phrases).append((f"kind-{where}", phrase, str(kind["id"])))
    return Lexicon(phrases, acronyms)


def _notices(words: dict[str, Any], given: dict[str, Any]) -> tuple[tuple[str, str, str], ...]:
    """Return the phrases that tell a local notice: those of its own file, and what `noise` takes from interest (3 is much)."""
    strong = [*(phrase for family in given["strong"] for phrase in family), *words["noise"][3]]
    weak = [*given["weak"], *words["noise"][2]]
    return (*(("strong", str(phrase), "") for phrase in strong), *(("weak", str(phrase), "") for phrase in weak))


def _acronyms(families: list[list[str]]) -> dict[str, str]:
    """Return each acronym that a line of synonyms begins with, and the long form that follows it."""
    return {
        fold(str(first)): str(second)
        for first, second in (family[:2] for family in families if len(family) > 1)
        if str(first).isupper() and not str(second).isupper() and " " in str(second)
    }


def _departements(text: str) -> dict[str, Departement]:
    rows = csv.DictReader(io.StringIO(text))
    return {
        row["code"]: Departement(
            code=row["code"], name=row["name"], region_code=row["region_code"], region=row["region"],
            prefecture=row["prefecture"], column=int(row["column"]), row=int(row["row"]),
        )
        for row in rows
    }  # fmt: skip


def _synonyms(groups: list[list[str]], departements: dict[str, Departement]) -> dict[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return each member of a group, as a query keeps it (without « de » and the like), with the other members in full.

    CD93 and the like stand for the name.
    """
    table: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    families = [[tuple(lemmas(word)) for word in group] for group in groups]
    families += [[tuple(lemmas(f"cd{place.code}")), tuple(lemmas(place.name))] for place in departements.values()]
    for family in families:
        for member in family:
            asked = tuple(word for word in member if word not in STOP_WORDS and word not in ELISIONS) or member
            table.setdefault(asked, []).extend(other for other in family if other != member)
    return {member: tuple(dict.fromkeys(others)) for member, others in table.items()}
