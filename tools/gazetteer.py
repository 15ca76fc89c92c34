"""Builds src/veille/data/communes.txt and epci.txt: the communes and groups of communes that a text may name, by département, with what
they need to be believed.

    VEILLE_SHARED=… python tools/gazetteer.py --epci epci.json --words index.dic

From geo/communes.csv and epci.json (Code officiel géographique, Insee, and the base of EPCI; @etalab/decoupage-administratif, Licence
Ouverte 2.0). Which names are words of French is told by a hunspell dictionary (npm's dictionary-fr), of which nothing is kept. Kept are
communes of 2,000 inhabitants, those of 700 whose name is no word and is borne once, and smaller ones whose name has three parts. A name
that several départements share goes to the
one where it is ten times larger than elsewhere and has 15,000 inhabitants; else to none by itself. One line a département: code, then
names; `*` marks 100,000 inhabitants, `+` 20,000, `!` 2,000 and a name of one part that is no word.
"""

import argparse
import csv
import json
import os
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

from veille.french import fold
from veille.understand.gazetteer import key_of

TARGET = Path(__file__).parent.parent / "src" / "veille" / "data" / "communes.txt"
HEAD = (
    "# Communes, d’après le Code officiel géographique de l’Insee (@etalab/decoupage-administratif), Licence Ouverte 2.0.\n"
    "# Fait par tools/gazetteer.py : une ligne par département ; * : 100 000 habitants, + : 20 000, ! : d’un nom qui n’est pas un mot,\n"
    "# ? : nom que plusieurs portent.\n"
)

HEAD_EPCI = (
    "# Intercommunalités, d’après la base des EPCI (@etalab/decoupage-administratif), Licence Ouverte 2.0.\n"
    "# Fait par tools/gazetteer.py : une ligne par département, le nom sans sa nature.\n"
)


def parts(name: str) -> int:
    return len(re.findall(r"\w{3,}", name))


# Names that are also somebody's, a river's, a département's or another country's.
ALSO_NAMES = frozenset(
    "albert aoste apt ares avon beaucaire beaumont bernay callas camon charly chatillon comines crest descartes doubs ducos "
    "francheville gentilly gex gien granville ham indre lamentin leon lons luce lure marly mathieu mauriac mayenne melle mende "
    "montreal moulins noe passy peron richemont roussillon rumilly saone seclin torcy toul vernouillet villeneuve".split()
)


def words_of(dictionary: Path) -> set[str]:
    """Folded words of a hunspell dictionary that are written small, and the names above."""
    lines = dictionary.read_text(encoding="utf-8").splitlines()[1:]
    return {fold(word) for line in lines if (word := line.split("/")[0].split("\t")[0].strip())[:1].islower()} | ALSO_NAMES


_TYPE = re.compile(r"^(?:CC|CA|CU|Métropole|Communauté (?:de communes|d'agglomération|urbaine))\s+")
_LED = re.compile(r"^(?:de la |de l'|du |des |de |d')", re.I)
_LAST = re.compile(r"\s+(?:Agglo|Agglomération|Communauté|Métropole|communauté d'agglomération|agglomération)$", re.I)


def write_epci(path: Path) -> None:
    """The groups of communes whose people live nearly all in one département, by what they are called without their type."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in json.loads(path.read_text(encoding="utf-8")):
        people: dict[str, int] = defaultdict(int)
        for one in row["membres"]:
            code = one["code"][:3] if one["code"].startswith("97") else one["code"][:2]
            people[code] += one["populationTotale"]
        code = max(people, key=people.__getitem__)
        name = _LED.sub("", _TYPE.sub("", row["nom"])).split(" (")[0].strip()
        if people[code] >= 0.8 * sum(people.values()):
            found[code] |= {one for one in (name, _LAST.sub("", name)) if parts(one) >= 2 or (one == name and _LAST.search(one))}
    once = Counter(key_of(name) for names in found.values() for name in names)
    lines = [f"{code} {';'.join(sorted(name for name in names if once[key_of(name)] == 1))}" for code, names in sorted(found.items())]
    target = TARGET.with_name("epci.txt")
    target.write_text(HEAD_EPCI + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{sum(map(len, found.values()))} groupements, {target.stat().st_size} octets")


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    given.add_argument("--epci", type=Path, required=True, metavar="epci.json")
    given.add_argument("--words", type=Path, required=True, metavar="index.dic")
    options = given.parse_args()
    words = words_of(options.words)
    write_epci(options.epci)
    shared = os.environ.get("VEILLE_SHARED")
    if not shared:
        sys.exit("VEILLE_SHARED ne désigne pas le dossier des données.")
    with (Path(shared) / "geo" / "communes.csv").open(encoding="utf-8") as file:
        rows = [(row["nom"], row["departement"], int(row["population"] or 0)) for row in csv.DictReader(file)]
    borne: dict[str, dict[str, int]] = defaultdict(dict)
    for name, code, people in rows:
        if (len(code) > 2 and not "971" <= code <= "976") or code == "975":
            continue  # not one of the 101
        borne[name][code] = max(people, borne[name].get(code, 0))
    found: dict[str, list[str]] = defaultdict(list)
    for name, codes in borne.items():
        ranked = sorted(codes.items(), key=lambda one: -one[1])
        code, people = ranked[0]
        second = ranked[1][1] if len(ranked) > 1 else 0
        wins = len(ranked) == 1 or (people >= 10 * second and people >= 15_000)
        mark = "*" if people >= 100_000 else "+" if people >= 20_000 else ""
        apart = len(ranked) == 1 and not set(key_of(name).split("-")) & words and parts(name) == 1 and len(name) > 4
        if apart and not mark and people >= 2_000:
            mark = "!"
        if wins and (people >= 2_000 or (apart and people >= 700) or (parts(name) >= 3 and people >= 100)):
            found[code].append(name + mark)
        elif not wins and people >= 4_000:
            for each, count in ranked:
                if count >= 2_000:
                    found[each].append(name + "?")
    lines = [f"{code} {';'.join(sorted(names))}" for code, names in sorted(found.items())]
    TARGET.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{sum(map(len, found.values()))} noms, {TARGET.stat().st_size} octets")


if __name__ == "__main__":
    main()
