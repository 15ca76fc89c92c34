"""The worst request that each route admits, in seconds of processor, on a database of made articles.

    python bench/worst.py [--size 100000] [--folder /tmp/veille-bench]

What is worst was looked for by hand: every filter at its most, words that most articles have, truncated to two letters, excluded, all
columns counted and sorted. One request of a kind warms up; the next is measured. The baseline of the run is a plain search of two words.
"""

import argparse
import asyncio
import time
from pathlib import Path
from urllib.parse import quote

from datasette.app import Datasette

from articles import FREQUENT, ORDINARY, build

from veille.cli.serving import SETTINGS

MOST = 0.5  # seconds of processor
LONG = [f"{number:02}" + "x" * 78 for number in range(20)]
FILTERS = "&".join(f"{name}={value}" for name in ("theme", "source", "type") for value in LONG)
REAL = "&".join(
    [
        *(f"departement={code:02}" for code in range(21, 41)),
        *(f"annee={year}" for year in range(2010, 2030)),
        "theme=handicap",
        "theme=insertion-rsa",
    ]
)
WORDS = quote(" ".join([FREQUENT, *ORDINARY] * 8))
CUT = quote(" ".join(f"{one}*" for one in "co de la pr re in ma so ac am an ar ba be bi bo ca ce ch ci cl cr cu da".split()))
EXCLUDED = quote(f"{FREQUENT} " + " ".join(f"-{one}*" for one in "co de la pr re in ma so ac am an ar ba be bi bo ca ce".split()))
PHRASES = quote(" ".join(f'"{FREQUENT} {word}"' for word in [*ORDINARY] * 10))
COLUMNS = "title summary source kind language url interest published_at first_seen_at themes departements".split()


def requests() -> dict[str, list[str]]:
    """Addresses of each route."""
    searched = [
        f"q={FREQUENT}", f"q={WORDS}", f"q={CUT}", f"q={EXCLUDED}", f"q={PHRASES}", f"q={FREQUENT}&{FILTERS}", f"q={FREQUENT}&{REAL}",
        f"q={CUT}&{REAL}", REAL, FILTERS, f"q={quote('xqzj ' * 24)}&{REAL}", f"q={FREQUENT}&page=1000", f"q={CUT}&tri=date&page=999",
    ]  # fmt: skip
    all_of = lambda each: "&".join(each.format(name) for name in COLUMNS)  # noqa: E731
    tables = [
        "_size=max",
        *(f"_sort_desc={name}&_size=max" for name in COLUMNS), f"_search={CUT}&_size=max", f"_search={WORDS}", all_of("{}__contains=zzq"),
        all_of("_facet={}"), all_of("_facet_array={}"), all_of("{}__like=%25a%25e%25zq"), "summary__contains=zzq&_sort=title",
    ]  # fmt: skip
    return {
        "/": ["/", "/?depuis=2010-01-01"],
        "/recherche": [f"/recherche?{one}" for one in searched],
        "/recherche.csv": [f"/recherche.csv?{one}" for one in searched],
        "/recherche.json": [f"/recherche.json?{one}" for one in searched],
        "/recherche.atom": [f"/recherche.atom?{one}" for one in searched],
        "/integrer": [f"/integrer?{one}" for one in searched],
        "/agenda": [f"/agenda?{one}" for one in searched],
        "/agenda.ics": [f"/agenda.ics?{one}" for one in searched],
        "/article": ["/article/1", "/article/99999"],
        "/theme": ["/theme/handicap", "/theme/insertion-rsa?page=999"],
        "/departement": ["/departement/33"],
        "/carte": ["/carte", "/carte?periode=tout&theme=handicap"],
        "/sources, /themes": ["/sources", "/themes", "/source/s7"],
        "/donnees": ["/donnees", "/donnees/api"],
        "/sitemap-*": ["/sitemap.xml", "/sitemap-pages.xml", "/sitemap-articles-0.xml", "/sitemap-articles-4.xml"],
        "/-/veille": ["/-/veille/sante", "/-/veille/composants"],
        "table": [f"/veille/articles?{one}" for one in tables],
        "table.json": [f"/veille/articles.json?{one}" for one in tables],
        "table.csv": [f"/veille/articles.csv?{one}" for one in tables],
        "other tables": [
            "/veille/item_tags?_size=max&_sort_desc=reason", "/veille/item_territories?_size=max&_sort_desc=reason",
            "/veille/visits?_size=max",
            "/veille/item_tags?_facet=tag_id&_facet=reason&_facet=item_id&_facet=evidence", "/veille/stories?_size=max",
        ],
        "/connexion": ["/connexion"],
    }  # fmt: skip


async def cost(datasette: Datasette, path: str) -> tuple[float, int, int]:
    """Seconds of processor, status, bytes; the second of two requests."""
    for _ in range(2):
        began = time.process_time()
        answer = await datasette.client.get(path, headers={"accept-encoding": "identity"})
        spent = time.process_time() - began
    return spent, answer.status_code, len(answer.content)


async def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/veille-bench"))
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    made = build(given.folder, given.size)
    file = given.folder / f"worst{given.size}" / "veille.db"
    file.parent.mkdir(exist_ok=True)
    if not file.is_symlink():
        file.symlink_to(made)
    settings = {name: (value == "on" if value in ("on", "off") else int(value)) for name, value in SETTINGS.items()}
    datasette = Datasette([str(file)], settings=settings)
    await datasette.invoke_startup()
    plain, _, _ = await cost(datasette, f"/recherche?q={quote(' '.join(ORDINARY))}")
    print(f"{given.size} articles; a plain search of two words: {plain * 1000:.0f} ms")
    over = 0
    for route, paths in requests().items():
        told = [(*await cost(datasette, path), path) for path in paths]
        spent, status, size, path = max(told)
        over += spent > MOST
        mark = "OVER " if spent > MOST else ""
        print(f"{route:18} {spent * 1000:5.0f} ms {spent / plain:6.1f} ×  {status} {size // 1024:6} KiB  {mark}{path[:90]}")
        assert not [one for one in told if one[1] == 500], told
    return int(over > 0)


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
