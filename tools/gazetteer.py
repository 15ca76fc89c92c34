"""Builds src/veille/data/communes.txt: the communes that a text may name, by département, with what they need to be believed.

    VEILLE_SHARED=… python tools/gazetteer.py

From geo/communes.csv (Code officiel géographique, Insee; @etalab/decoupage-administratif, Licence Ouverte 2.0). Kept are communes of
2,000 inhabitants, and smaller ones whose name has three parts and is borne once. A name that several départements share goes to the
one where it is ten times larger than elsewhere and has 15,000 inhabitants; else to none by itself. One line a département: code, then
names; `*` marks 100,000 inhabitants, `+` 20,000.
"""

import csv
import os
import re
import sys
from collections import defaultdict
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src" / "veille" / "data" / "communes.txt"
HEAD = (
    "# Communes, d’après le Code officiel géographique de l’Insee (@etalab/decoupage-administratif), Licence Ouverte 2.0.\n"
    "# Fait par tools/gazetteer.py : une ligne par département ; * : 100 000 habitants, + : 20 000, ? : nom que plusieurs portent.\n"
)


def parts(name: str) -> int:
    return len(re.findall(r"\w{3,}", name))


def main() -> None:
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
        if wins and (people >= 2_000 or (parts(name) >= 3 and people >= 100)):
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
