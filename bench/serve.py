"""What a page costs, in CPU milliseconds, on a database of made articles, beside Datasette's own table search in the same run.

    python bench/serve.py [--sizes 10000 100000 1000000] [--repeat 9] [--folder /tmp/veille-bench]

The databases are made once and kept in the folder (a million articles take some minutes and 3 GB). Requests run in process, through
the whole of Datasette; one of each kind warms up, the others are measured. A line holds or not against its floor.
"""

import argparse
import asyncio
import statistics
import time
from pathlib import Path
from urllib.parse import quote

from datasette.app import Datasette

from articles import FREQUENT, ORDINARY, RARE, build

PAGE, WORST, TWO = 10, 100, 40  # milliseconds
OPTIONS = {"sql_time_limit_ms": 20_000, "suggest_facets": False, "max_returned_rows": 1000}


def requests(ids: list[int]) -> list[tuple[str, list[str], float | None]]:
    """What is asked: a name, addresses, a floor if it has one."""
    frequent, ordinary, rare = (quote(word) for word in (FREQUENT, " ".join(ORDINARY), RARE))
    return [
        ("home", ["/"], PAGE),
        ("article", [f"/article/{number}" for number in ids], PAGE),
        ("theme page", ["/theme/handicap"], PAGE),
        ("département page", ["/departement/33"], PAGE),
        ("map", ["/carte?theme=handicap&periode=12m"], PAGE),
        ("agenda of a département", ["/agenda?departement=33"], TWO),
        ("comparison", ["/comparer?departements=33,44", "/comparer?departements=33,44,75&theme=handicap"], TWO),
        ("basket", [f"/panier?articles={','.join(map(str, ids))}"], PAGE),
        ("word of 60 %", [f"/recherche?q={frequent}"], WORST),
        ("… page 40", [f"/recherche?q={frequent}&page=40"], WORST),
        ("… by date", [f"/recherche?q={frequent}&tri=date"], WORST),
        ("… theme, département", [f"/recherche?q={frequent}&theme=handicap&departement=33"], WORST),
        ("… four filters", [f"/recherche?q={frequent}&theme=handicap&region=75&annee=2025&type=article"], WORST),
        ("60 % and an ordinary one", [f"/recherche?q={frequent}+{quote(ORDINARY[0])}"], WORST),
        ("two ordinary words", [f"/recherche?q={ordinary}"], TWO),
        ("… theme, département", [f"/recherche?q={ordinary}&theme=handicap&departement=33"], TWO),
        ("rare word", [f"/recherche?q={rare}"], TWO),
        ("no word", ["/recherche"], WORST),
        ("… theme", ["/recherche?theme=handicap"], WORST),
        ("… frequent theme", ["/recherche?theme=insertion-rsa"], WORST),
        ("… département", ["/recherche?departement=33"], WORST),
        ("… region", ["/recherche?region=75"], WORST),
        ("… source", ["/recherche?source=s7"], WORST),
        ("… year", ["/recherche?annee=2025"], WORST),
        ("… first year", ["/recherche?annee=2021"], WORST),
        ("… theme, département", ["/recherche?theme=handicap&departement=33"], WORST),
        ("… four filters", ["/recherche?theme=handicap&region=75&annee=2025&type=article"], WORST),
        ("… selected", ["/recherche?selection=1"], WORST),
    ]  # fmt: skip


async def measure(datasette: Datasette, paths: list[str], repeat: int, headers: dict[str, str] | None = None) -> tuple[int, list[float]]:
    """The status, and CPU milliseconds of each request but the first of each address."""
    spent: list[float] = []
    status = 0
    for path in paths:
        for turn in range(1 + -(-repeat // len(paths))):
            started = time.process_time()
            answer = await datasette.client.get(path, headers=headers or {})
            if turn:
                spent.append((time.process_time() - started) * 1000)
            status = answer.status_code
            if status not in (200, 304):
                return status, []
    return status, spent


def row(name: str, spent: list[float], floor: float | None, theirs: float | None) -> str:
    median, worst = statistics.median(spent), max(spent)
    said = f"  {name:<26} {median:8.1f} {worst:8.1f}"
    said += f"   {theirs / median:6.2f}×" if theirs else "         "
    return said if floor is None else f"{said}   floor {floor:3.0f} ms: {'holds' if median <= floor else 'DOES NOT HOLD'}"


async def run(path: Path, count: int, repeat: int, *, pages: bool) -> None:
    datasette = Datasette([str(path)], settings=OPTIONS)
    await datasette.invoke_startup()
    print(f"\n{count:,} articles: CPU ms, median and worst of {repeat}; times faster than Datasette's search of the same words")
    theirs = {}
    for name, word in (("word of 60 %", FREQUENT), ("two ordinary words", " ".join(ORDINARY)), ("rare word", RARE)):
        address = f"/{path.stem}/articles?_search={quote(word)}"
        status, spent = await measure(datasette, [address], max(2, repeat // 4))
        if spent:
            theirs[name] = statistics.median(spent)
            print(row(f"Datasette: {name}", spent, None, None))
        else:
            print(f"  Datasette: {name}: {status}")
    beside: float | None = None
    for name, paths, floor in requests([1, count // 3, count // 2, count - 7, count]):
        if pages and floor != PAGE:
            continue
        beside = theirs.get(name, beside if name.startswith("…") else None)
        status, spent = await measure(datasette, paths, repeat)
        if not spent:
            print(f"  {name:<26} skipped: it answers {status}")
            continue
        print(row(name, spent, floor, beside))
    await conditional(datasette, repeat)
    await curators(path, datasette, repeat)


async def curators(path: Path, datasette: Datasette, repeat: int) -> None:
    """The queue, as somebody signed in opens it."""
    from datetime import UTC, datetime

    from veille.store import connect
    from veille.store.curating.accounts import begin_session

    db = connect(path)
    db.execute("insert or ignore into accounts (name, role, hash, created_at) values ('bench', 'admin', '', '2026-01-01')")
    account = db.execute("select id from accounts where name = 'bench'").fetchone()[0]
    token = begin_session(db, account, datetime.now(UTC))
    db.close()
    headers = {"cookie": f"veille_session={token}"}
    for name, address in (
        ("queue", "/tri"), ("… by date", "/tri?ordre=date"), ("… by source", "/tri?ordre=source"), ("… theme", "/tri?theme=handicap"),
        ("… theme, département", "/tri?theme=handicap&departement=33"), ("… alike", "/tri?comme=7"), ("… journal", "/tri/journal"),
    ):  # fmt: skip
        status, spent = await measure(datasette, [address], repeat, headers)
        print(row(name, spent, 100, None) if spent else f"  {name:<26} skipped: it answers {status}")


async def conditional(datasette: Datasette, repeat: int) -> None:
    """The home page again, by one who has it."""
    etag = (await datasette.client.get("/")).headers.get("etag")
    if etag is None:
        print(f"  {'home, If-None-Match':<26} skipped: the first answer has no ETag")
        return
    status, spent = await measure(datasette, ["/"], repeat, {"if-none-match": etag})
    print(row(f"home again ({status})", spent, PAGE, None))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--pages", action="store_true", help="the pages alone, without searches")
    parser.add_argument("--folder", type=Path, default=Path("/tmp/veille-bench"))
    given = parser.parse_args()
    for count in given.sizes:
        asyncio.run(run(build(given.folder, count), count, given.repeat, pages=given.pages))


if __name__ == "__main__":
    main()
