"""What fiches cost: a search of articles with and without five thousand of them, and the pages of one, in CPU milliseconds.

    python bench/fiches.py [--size 1000000] [--fiches 5000] [--repeat 15] [--folder /tmp/veille-bench]

On the database of `bench/serve.py`, in process, through the whole of Datasette. Searches are asked by turns with and without their
question to fiches, other pages before fiches are written and after; the fiches are taken out again at the end.
"""

import argparse
import asyncio
import random
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from datasette.app import Datasette

from articles import FREQUENT, ORDINARY, RARE, build
from serve import OPTIONS, measure, requests
from veille.resources import load_kinds, load_knowledge, load_line_words
from veille.store import connect, migrate, writing
from veille.store.connection import Connection
from veille.store.curating import fiches as acts
from veille.store.sharing import fiches

MORE, OF_ONE = 3.0, 5.0  # milliseconds: of a search, of a fiche's page
AT = "2026-11-22T09:00:00Z"
TABLES = (
    "line_checks",
    "fiche_links",
    "fiche_lines",
    "fiche_territories",
    "fiche_tags",
    "fiche_items",
    "initiative_facts",
    "fiches_fts",
    "fiches",
)


def write(db: Connection, count: int) -> None:
    """Published initiatives of articles drawn by chance, six lines each, a link every ten."""
    dice, kind, words = random.Random(6102017), load_kinds()["initiative"], load_line_words()
    with writing(db):
        account = db.execute("select id from accounts limit 1").fetchone()
        if account is None:
            db.execute("insert into accounts (name, role, hash, created_at) values ('bench', 'admin', '', ?)", (AT,))
        by = acts.By(account=1, at=AT)
        (last,) = db.execute("select max(id) from items").fetchone()
        made: list[int] = []
        while len(made) < count:
            item = dice.randint(1, last)
            if fiches.of_source(db, item, kind.id):
                continue
            number = acts.create(db, kind, item, fiches.drafted(db, item, words).lines, by)
            (text,) = db.execute("select text from texts where item_id = ?", (item,)).fetchone()
            told = text.split() or ["ligne"]
            for place, heading in enumerate(("probleme", "fait", "resultats", "cout", "obstacles", "reprise")):
                words_of_its_own = " ".join(dice.choices(told, k=24))  # a line quotes no hidden text
                line = {"heading": heading, "text": f"{words_of_its_own} ({place}).", "said_on": "2026-01-02", "item": str(item)}
                acts.add_line(db, number, kind, line, by)
            acts.set_place(db, number, dice.choice(("33", "44", "75", "29", "18")), by, present=True)
            acts.publish(db, number, kind, by)
            made.append(number)
            if len(made) % 10 == 0:
                acts.link(db, number, made[0], "inspire-de", "", by)


def take_out(db: Connection) -> None:
    with writing(db):
        db.execute("delete from edits where fiche_id is not null")
        for table in TABLES:
            db.execute(f"delete from {table}")


async def costs(path: Path, addresses: list[tuple[str, str]], repeat: int) -> dict[str, float]:
    datasette = Datasette([str(path)], settings=OPTIONS)
    await datasette.invoke_startup()
    found = {}
    for name, address in addresses:
        status, spent = await measure(datasette, [address], repeat)
        assert spent, (address, status)
        found[name] = statistics.median(spent)
    return found


async def in_turns(path: Path, addresses: list[tuple[str, str]], repeat: int) -> dict[str, tuple[float, float]]:
    """Each search without its question to fiches and with it, by turns."""
    datasette = Datasette([str(path)], settings=OPTIONS)
    await datasette.invoke_startup()
    ways, found = (lambda *_args, **_named: ([], {}), fiches.search), {}
    for name, address in addresses:
        spent: tuple[list[float], list[float]] = ([], [])
        for turn in range(2 * repeat + 2):
            fiches.search = ways[turn % 2]
            started = time.process_time()
            answer = await datasette.client.get(address)
            assert answer.status_code == 200, (address, answer.status_code)
            if turn > 1:
                spent[turn % 2].append((time.process_time() - started) * 1000)
        found[name] = (statistics.median(spent[0]), statistics.median(spent[1]))
    fiches.search = ways[1]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--fiches", type=int, default=5_000)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--folder", type=Path, default=Path("/tmp/veille-bench"))
    given = parser.parse_args()
    path = build(given.folder, given.size)
    frequent, ordinary, rare = (quote(word) for word in (FREQUENT, " ".join(ORDINARY), RARE))
    searches = [
        ("word of 60 %", f"/recherche?q={frequent}"), ("two ordinary words", f"/recherche?q={ordinary}"),
        ("rare word", f"/recherche?q={rare}"), ("theme, département", f"/recherche?q={ordinary}&theme=handicap&departement=33"),
    ]  # fmt: skip
    pages = [(name, paths[0]) for name, paths, _ in requests([1]) if name in ("home", "article", "theme page", "département page")]
    db = connect(path)
    migrate(db, load_knowledge(), datetime.now(UTC))
    take_out(db)
    before = asyncio.run(costs(path, pages, given.repeat))
    write(db, given.fiches)
    first = db.execute("select min(id) + 3 from fiches").fetchone()[0]
    own = [("a fiche", f"/initiative/{first}"), ("its slides", f"/initiative/{first}/diapos"), ("all of them", "/initiatives"),
           ("searched", f"/initiatives?q={ordinary}"), ("of a theme", "/initiatives?theme=handicap")]  # fmt: skip
    after = asyncio.run(costs(path, pages + own, given.repeat))
    turns = asyncio.run(in_turns(path, searches, given.repeat))
    take_out(db)
    db.close()
    print(f"{given.size:,} articles, {given.fiches:,} fiches: CPU ms, median of {given.repeat}")
    for name, (without, with_) in turns.items():
        print(f"  {name:<22} {without:7.1f} → {with_:7.1f}  {with_ - without:+.1f}   {held(with_ - without, MORE)}")
    for name, _ in pages:
        print(f"  {name:<22} {before[name]:7.1f} → {after[name]:7.1f}  {after[name] - before[name]:+.1f}")
    for name, _ in own:
        print(f"  {name:<22} {after[name]:7.1f}   {held(after[name], OF_ONE) if name == 'a fiche' else ''}")


def held(value: float, most: float) -> str:
    return f"at most {most:.0f}: {'holds' if value <= most else 'DOES NOT HOLD'}"


if __name__ == "__main__":
    main()
