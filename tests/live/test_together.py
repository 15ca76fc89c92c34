"""A collector at full speed, two curators who write every 100 ms, ten readers: no error, and no write waits long. `make soak`: a minute."""

import asyncio
import contextlib
import itertools
import os
import random
import re
import subprocess
import sys
import threading
import time

import httpx
from loopback import reply, serve
from waiting import wait_for

from pace import pace
from veille.cli.serving import free_port
from veille.store import connect

SECONDS = float(os.environ.get("VEILLE_TOGETHER", "12"))
PAGES = (
    "/",
    "/recherche?q=budget",
    "/recherche?q=habitat+conseil&tri=date",
    "/recherche.atom",
    "/recherche.json?q=gironde",
    "/article/{n}",
    "/donnees",
)
WORDS = "budget habitat transports forêts collèges archives santé emploi climat lecture numérique autonomie conseil gironde".split()


def document(source, generation, dice):
    items = "".join(
        f"<item><title>S{source} {' '.join(dice.sample(WORDS, 3))} {n}</title><link>https://s{source}.fr/{n}</link><guid>{source}-{n}</guid>"
        f"<description>{' '.join(dice.choices(WORDS, k=60))}</description></item>"
        for n in range(generation * 3, generation * 3 + 20)
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def test_all_together(tmp_path):
    dice, turns = random.Random(3), itertools.count()
    answers = {f"/{n}": lambda handler, n=n: reply(handler, document(n, next(turns) // 24, dice)) for n in range(24)}
    with serve(answers) as root:
        lines = "\n".join(f"  - {{id: s{n}, name: S{n}, feed: '{root}/{n}'}}" for n in range(24))
        (tmp_path / "feeds.yaml").write_text(f"version: 1\nsources:\n{lines}\n", encoding="utf-8")
        command = [sys.executable, "-m", "veille", "collect", "--all", "--allow-private-network", "--spacing", "0"]
        subprocess.run(command, cwd=tmp_path, check=True)
        for name in ("claire", "paul"):
            subprocess.run(
                [sys.executable, "-m", "veille", "curators", "add", name],
                cwd=tmp_path,
                input="un mot de passe\n",
                text=True,
                check=True,
                stdout=subprocess.DEVNULL,
            )
        port = free_port(0)
        server = subprocess.Popen(
            [sys.executable, "-m", "veille", "serve", "--port", str(port)],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        site = f"http://127.0.0.1:{port}"
        try:
            wait_for(f"{site}/connexion")
            ends, runs, failed = time.monotonic() + SECONDS, [], []

            def going():  # a slow machine takes its time: two collections at least have run beside people
                return not failed and (time.monotonic() < ends or len(runs) < 2)

            def collect():
                while going():
                    outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
                    runs.append(outcome.returncode)
                    failed.extend([outcome.stderr] if outcome.returncode else [])

            collector = threading.Thread(target=collect)
            collector.start()
            writes, reads, wrong, decided = asyncio.run(people(site, going))
            collector.join()
        finally:
            server.terminate()
            server.wait(20)

    print(f"{len(runs)} collections, {len(writes)} writes (p50 {percentile(writes, 0.5) * 1000:.0f} ms, p99 {percentile(writes, 0.99) * 1000:.0f} ms), "
          f"{len(reads)} reads (p50 {percentile(reads, 0.5) * 1000:.0f} ms, p99 {percentile(reads, 0.99) * 1000:.0f} ms), {len(wrong)} errors")  # fmt: skip
    assert not wrong, wrong[:5]
    assert not failed, failed[:2]
    assert len(runs) >= 2
    assert len(writes) >= SECONDS * 8 / pace()
    db = connect(tmp_path / "data" / "veille.db")
    kept = db.execute("select count(*) from decisions").fetchone()[0]
    integrity = db.execute("pragma integrity_check").fetchone()
    db.close()
    assert kept == decided
    assert integrity == ("ok",)
    if SECONDS >= 60:
        assert percentile(writes, 0.99) < 0.5


async def people(site, going):
    """Two curators and ten readers: the seconds of each write and read, what went wrong, how many decisions were taken."""
    writes, reads, wrong, decided = [], [], [], 0
    headers = {"accept-language": "fr"}

    async def curate(browser, name, acts):
        nonlocal decided
        token = re.search(r'name="csrftoken" value="([^"]+)"', (await browser.get("/connexion")).text)[1]
        answer = await browser.post("/connexion", data={"nom": name, "mot-de-passe": "un mot de passe", "csrftoken": token})
        assert answer.status_code == 302
        for number in itertools.count():
            if not going():
                return
            started = time.monotonic()
            action, value = acts[number // 400 % len(acts)]
            form = {"action": action, "value": value, "item": 1 + number % 400, "csrftoken": token}
            answer = await browser.post("/tri/decision", data=form, headers={"accept": "application/json"})
            writes.append(time.monotonic() - started)
            decided += answer.status_code == 200 and len(answer.json()["done"])
            if answer.status_code != 200:
                wrong.append((action, answer.status_code, answer.text[-400:]))
            await asyncio.sleep(max(0.0, 0.1 - (time.monotonic() - started)))

    async def read(browser, seed):
        dice = random.Random(seed)
        while going():
            started = time.monotonic()
            path = dice.choice(PAGES).format(n=dice.randint(1, 300))
            answer = await browser.get(path)
            reads.append(time.monotonic() - started)
            if answer.status_code not in (200, 404) or (answer.status_code == 404 and "/article/" not in path):
                wrong.append((path, answer.status_code, answer.text[-400:]))
            await asyncio.sleep(dice.uniform(0.3, 1.2))  # a person reads

    async with contextlib.AsyncExitStack() as stack:
        browsers = [await stack.enter_async_context(httpx.AsyncClient(base_url=site, headers=headers, timeout=20)) for _ in range(12)]
        states = (("select", ""), ("dismiss", ""), ("later", ""), ("restore", ""))
        tags = (("tag-add", "handicap"), ("tag-remove", "handicap"), ("note-private", "À voir."), ("place-add", "29"))
        curators = (curate(browsers[0], "claire", states), curate(browsers[1], "paul", tags))
        await asyncio.gather(*curators, *(read(browser, number) for number, browser in enumerate(browsers[2:])))
    return writes, reads, wrong, decided
