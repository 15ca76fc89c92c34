"""The names by which a text may mean a département, ready to be found: one value, built once.

Comes in: the départements, the texts of communes.txt and territoires.yaml. Goes out: `Gazetteer`. Forbidden: reading files.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from veille.french import fold

_PART = re.compile(r"[^\W_]+")
_ALIKE = str.maketrans(
    {"é": "[ée]", "è": "[èe]", "ê": "[êe]", "ô": "[ôo]", "â": "[âa]", "î": "[îi]", "ï": "[ïi]", "É": "[ÉE]", "ç": "[çc]"}
    | dict.fromkeys("'’", "['’ ]")
    | {"-": "[- ‑]"}
)
# Towns of one word that is also a word, a first name or a family's: they need a place's preposition.
_ALSO_WORDS = frozenset(
    """antony beaumont blanc bruges carros conde die dole fontaine gap gaillard gien grasse joue langon lattes laval lens limas loos
    lure lunel massy mende menton mure muret nice nogent orange pau pont port riviere rue saintes salon sens sorgues stains tours tulle
    valence vienne vif vire maurice martin laurent denis aubin bernard bertrand""".split()
)


_FEASTS = frozenset("saint-nicolas saint-valentin saint-sylvestre saint-jean saint-martin sainte-barbe sainte-catherine".split())
# A group of communes is believed wherever it stands when its name is long, or says what it is.
_GROUP = frozenset("agglo agglomeration communaute metropole pays".split())
_LONG_NAME = 4  # parts


@dataclass(frozen=True, slots=True)
class Place:
    """What one name stands for. `weight`: 0 a small town, 1 of 20,000, 2 of 100,000 or a prefecture; `shared`: borne by several."""

    codes: tuple[str, ...]
    weight: int = 0
    shared: bool = False
    article: bool = False  # « Le Havre », met as « du Havre »
    needs_place: bool = False  # believed only where a preposition or a noun says that it is a place


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Names by their folded parts. `lengths`: how many parts the names that begin so have, the most first; `people` by the folded word."""

    towns: Mapping[str, Place]  # by their parts, joined by hyphens
    lengths: Mapping[str, tuple[int, ...]]
    people: Mapping[str, str]  # code by the folded form of a gentilé
    people_ends: frozenset[str]  # what follows the last hyphen of each: without one of these words a text names none
    institutions: re.Pattern[str]
    institution_starts: frozenset[str]
    codes_of: Mapping[str, tuple[str, ...]]  # of institutions, by key
    best_known: Mapping[str, str]  # of a name that several bear, where nothing else tells
    departements: re.Pattern[str]  # their names, as `name`
    departement_starts: frozenset[str]
    code_of: Mapping[str, str]  # of a département, by the key of its name


@lru_cache(maxsize=4096)
def _place(codes: tuple[str, ...], *, weight: int = 0, shared: bool = False, article: bool = False, needs_place: bool = False) -> Place:
    """Return one value for all the towns that stand for the same: ten thousand names, a few hundred places."""
    return Place(codes=codes, weight=weight, shared=shared, article=article, needs_place=needs_place)


def parts_of(name: str) -> tuple[str, ...]:
    """Return the folded words of a name; hyphens, spaces and apostrophes are alike."""
    return tuple(_PART.findall(fold(name)))


def key_of(name: str) -> str:
    """Return a name whatever its accents, hyphens and apostrophes."""
    return "-".join(parts_of(name))


def loosely(name: str) -> str:
    """Return a pattern for a name whose accents may be missing, with hyphens, spaces and apostrophes of any kind; capitals count."""
    return re.escape(name).replace(r"\-", "-").replace(r"\ ", "-").translate(_ALIKE)


def build_gazetteer(
    names: Mapping[str, str], prefectures: Mapping[str, str], communes: str, epci: str, others: Mapping[str, Any]
) -> Gazetteer:
    """`names`, `prefectures`: of départements, by code; `communes`, `epci`: the texts of communes.txt and epci.txt; `others`:
    territoires.yaml, read.
    """
    towns: dict[str, Place] = {}
    shared: dict[str, list[str]] = {}
    for code, name, mark in _communes(communes):
        if mark == "?":
            shared.setdefault(name, []).append(code)
            continue
        weight = 2 if mark == "*" or prefectures.get(code) == name else 1 if mark == "+" else 0
        _add(towns, name, _place((code,), weight=weight, needs_place=mark != "!" and _needs_place(name, weight)))
    for code, name, _ in _communes(epci):
        key = parts_of(name)
        plain = len(key) >= _LONG_NAME or not _GROUP.isdisjoint(key) or all(part in towns for part in key)
        towns.setdefault("-".join(key), _place((code,), needs_place=not plain))
    for name, codes in shared.items():
        _add(towns, name, _place(tuple(codes), shared=True))
    people = {form: str(code) for gentile, code in others["gentiles"].items() for form in _forms(gentile)}
    lengths: dict[str, set[int]] = {}
    for name in towns:
        parts = name.split("-")
        lengths.setdefault(parts[0], set()).add(len(parts))
    return Gazetteer(
        towns=towns,
        lengths={first: tuple(sorted(counts, reverse=True)) for first, counts in lengths.items()},
        people=people,
        people_ends=frozenset(form.rpartition("-")[2] for form in people),
        institutions=re.compile(rf"(?<![\w-])(?:{'|'.join(loosely(name) for name in others['institutions'])})(?![\w’'-])"),
        institution_starts=frozenset(parts_of(name)[0] for name in others["institutions"]),
        codes_of={key_of(name): tuple(codes) for name, codes in others["institutions"].items()},
        best_known={key_of(name): str(code) for name, code in others["best_known"].items()},
        departements=_departements(names.values()),
        departement_starts=frozenset({parts_of(name)[0] for name in names.values()} | {"nord", "sud", "est", "ouest", "centre", "reunion"}),
        code_of={
            key_of(said): code
            for code, name in names.items()
            for said in (name, name.replace("Saint-", "St-"), name.replace("-et-", " & "))
        }
        | {"reunion": "974"},
    )


def _departements(names: Iterable[str]) -> re.Pattern[str]:
    """Return one pattern for all names, the longest first, so that Loire-Atlantique is not Loire; accents may be missing."""
    names = list(names)
    # « Seine-St-Denis », « Meurthe & Moselle », « Côtes d Armor »: as people shorten them.
    short = [name.replace("Saint-", "St-") for name in names if "Saint-" in name]
    joined = [name.replace("-et-", " & ") for name in names if "-et-" in name]
    words = "|".join(loosely(name) for name in sorted([*names, *short, *joined], key=len, reverse=True))
    island = "(?<=[lL]a )R[ée]union(?! (?:du|des|de|d['’]|publique))|(?<=, )R[ée]union(?=[,)])|(?<=[(])R[ée]union(?=[)])"
    return re.compile(rf"(?<![\w-])(?:(?:Nord|Sud|Est|Ouest|Centre)-)?(?P<name>{words}|{island})(?![\w’'-])")


def _communes(text: str) -> Iterable[tuple[str, str, str]]:
    for line in text.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        code, _, names = line.partition(" ")
        for name in names.split(";"):
            mark = name[-1] if name[-1] in "*+?!" else ""
            yield code, name.removesuffix(mark) if mark else name, mark


def _needs_place(name: str, weight: int) -> bool:
    """A small town of one word may be anybody's name; a known one only where its name is a word."""
    parts = [part for part in parts_of(name) if part not in ("le", "la", "les", "l")]
    if key_of(name) in _FEASTS:
        return True
    return len(parts) == 1 and (weight == 0 or parts[0] in _ALSO_WORDS)


def _add(towns: dict[str, Place], name: str, place: Place) -> None:
    parts = parts_of(name)
    variants = {parts}
    if parts[0] in ("saint", "sainte"):
        variants.add(("st" if parts[0] == "saint" else "ste", *parts[1:]))
    for variant in variants:
        towns.setdefault("-".join(variant), place)
    if parts[0] in ("le", "les") and len(parts) > 1:
        met = _place(place.codes, weight=place.weight, shared=place.shared, article=True, needs_place=place.needs_place)
        towns.setdefault("-".join(parts[1:]), met)


def _forms(gentile: str) -> set[str]:
    """Masculine and feminine, singular and plural, folded."""
    base = fold(gentile)
    if base.endswith("ien"):
        feminine = base + "ne"
    elif base.endswith("iste"):
        feminine = base
    else:
        feminine = base + "e"
    plural = base if base.endswith("s") else base + "s"
    return {base, plural, feminine, feminine + "s"}
