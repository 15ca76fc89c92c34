"""docs/sources.md, from feeds.yaml and its comments: what is watched of each département, and how sure it is.

    python tools/sources.py [--check]

With --check it writes nothing and fails where the page is not what feeds.yaml says.
"""

import re
import sys
from pathlib import Path

from veille.config import Names, parse_config
from veille.messages.common import SOURCE_KIND_LABELS
from veille.model import SOURCE_KINDS, Source
from veille.resources import load_knowledge

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "sources.md"


def comments(text: str) -> dict[str, tuple[str, str]]:
    """By source id: the group's title, and what is said of how sure the source is."""
    found, group, said = {}, "", ""
    for line in text.splitlines():
        title = re.match(r"  # --- (.+)", line)
        if title:
            group = title[1].split(" :")[0].split(",")[0]
        elif line.startswith("  # confiance : "):
            said = line.removeprefix("  # confiance : ")
        elif line.startswith("  - id: "):
            found[line.removeprefix("  - id: ").strip()] = (group, said)
            said = ""
    return found


def sure(source: Source, said: str) -> str:
    """In a word: how sure it is that the source gives news."""
    if not source.enabled:
        return "désactivée"
    if source.kind == "discover":
        return "difficile" if "mur ou JavaScript" in said or "illisible" in said or "sans réponse" in said else "à découvrir"
    return "vu" if said.startswith("vue") else "déduit"


def page() -> str:
    text = (ROOT / "feeds.yaml").read_text(encoding="utf-8")
    knowledge = load_knowledge()
    places = {code: place.name for code, place in knowledge.departements.items()}
    names = Names(tags=frozenset(knowledge.themes), aliases=knowledge.aliases, departements=places)
    sources = parse_config(text, "feeds.yaml", names).sources
    said = comments(text)
    watched = {code: [source for source in sources if code in source.territory] for code in knowledge.departements}
    active = [source for source in sources if source.enabled]
    counts = {kind: sum(source.kind == kind for source in active) for kind in SOURCE_KINDS}
    lines = [
        "# Les sources", "",
        "Page écrite par `python tools/sources.py` d’après `feeds.yaml` ; un essai vérifie qu’elle est à jour.", "",
        f"{len(sources)} sources, dont {len(active)} actives : {counts['feed']} flux, {counts['discover']} sites à découvrir.",
        f"{sum(bool(rows) for rows in watched.values())} départements sur {len(watched)} sont suivis.", "",
        "**Aucune adresse n’a été interrogée pour dresser cette liste** : elle vient de documents publics (relevé de novembre 2026).",
        "La première collecte dira ce qu’il en est ; `veille sources` donne alors l’état de chacune.", "",
        "| assurance | sens |", "| --- | --- |",
        "| vu | l’adresse exacte du flux figure dans un document public |",
        "| déduit | adresse habituelle du logiciel du site, à confirmer |",
        "| à découvrir | le site est connu, son flux non : la collecte le cherche, le retient, et le cherche de nouveau s’il meurt |",
        "| difficile | de même, et un inventaire n’a pu lire le site (mur, JavaScript, pas de réponse) |",
        "| désactivée | connue, mais non collectée |", "",
        "## Département par département", "",
        "| | département | ce qui est suivi | assurance |", "| --- | --- | --- | --- |",
    ]  # fmt: skip
    for code, rows in watched.items():
        shown = sorted(rows, key=lambda one: (not one.enabled, one.kind == "discover"))
        what = "<br>".join(f"[{_cell(one.name)}]({one.url})" for one in shown)
        how = "<br>".join(sure(one, said[one.id][1]) for one in shown)
        lines.append(f"| {code} | {places[code]} | {what} | {how} |")
    for group in dict.fromkeys(group for group, _ in said.values()):
        rows = [one for one in sources if said[one.id][0] == group and not one.territory]
        if rows:
            lines += ["", f"## {group}", "", "| source | | assurance | ce qu’on en sait |", "| --- | --- | --- | --- |"]
            lines += [
                f"| [{_cell(one.name)}]({one.url}) | {SOURCE_KIND_LABELS.get(one.kind, one.kind)} | "
                f"{sure(one, said[one.id][1])} | {_cell(said[one.id][1])} |"
                for one in rows
            ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("[", "(").replace("]", ")")


def main() -> None:
    written = page()
    if "--check" in sys.argv:
        if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != written:
            sys.exit("docs/sources.md n’est pas à jour : lancez « python tools/sources.py ».")
        return
    PAGE.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
