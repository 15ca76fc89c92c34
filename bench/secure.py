"""What a secure connection costs: the same feeds in clear and by TLS, and 1,000 × 304 by two versions of the code.

Run by `bench/collect.py --tls` and `--before`. nginx serves 20 entries at every host of *.bench.exemple.fr, which all lead to loopback; a
local authority signs for it. What is measured is a whole collection as a process, understanding off; beside it httpx's own client and curl,
which collect nothing. CPU seconds of the process and its children; the server's are not counted.
"""

import getpass
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLEAR, SECURE = 8310, 8311
SHAPES = (("1,000 hosts", 1_000, 1), ("50 hosts x 20", 50, 20))
NAME = "bench.exemple.fr"
_NGINX = """
{user} worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off;
events {{ worker_connections 4096; }}
http {{
    types {{ application/rss+xml xml; }}
    log_format told '$connection $ssl_session_reused';
    access_log {folder}/access.log told;
    server {{ listen 127.0.0.1:{clear}; listen 127.0.0.1:{secure} ssl; root {folder}/www; keepalive_requests 1000;
        ssl_certificate {folder}/leaf.pem; ssl_certificate_key {folder}/leaf.key; ssl_protocols TLSv1.2 TLSv1.3; }}
}}
"""
# In the process that is measured: names lead to loopback, and the local authority is believed.
_VEILLE = """
import json, sys
from veille.fetch import addresses, transport
async def loopback(host, port): return ["127.0.0.1"]
addresses._look_up = loopback
plain = transport.trusting
def trusting():
    context = plain()
    context.load_verify_locations(sys.argv[1])
    return context
transport.trusting = trusting
from veille.cli.collecting import run_collection, summary_json
told = summary_json(run_collection("feeds.yaml", "data/veille.db", everything=True, allow_private=True, spacing=0, understanding=False))
print(json.dumps(told["sources"] | told["items"]))
"""
_HTTPX = """
import asyncio, json, socket, ssl, sys, httpx
plain = socket.getaddrinfo
socket.getaddrinfo = lambda host, port, *a, **k: plain("127.0.0.1", port, *a, **k)
urls = open(sys.argv[2]).read().split()
async def main():
    context, turn, told = ssl.create_default_context(cafile=sys.argv[1]), asyncio.Semaphore(64), []
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
    async with httpx.AsyncClient(verify=context, trust_env=False, limits=limits) as client:
        async def one(url):
            async with turn:
                told.append((await client.get(url, headers={"if-none-match": sys.argv[3]})).status_code)
        await asyncio.gather(*map(one, urls))
    print(json.dumps({str(status): told.count(status) for status in set(told)}))
asyncio.run(main())
"""


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """nginx on both ports, with a certificate of our own authority."""
    (folder / "www").mkdir()
    items = "".join(
        f"<item><title>Article {number}</title><link>https://{NAME}/a/{number}</link><guid>a{number}</guid>"
        f"<pubDate>Fri, 20 Nov 2026 08:00:00 GMT</pubDate><description>{'Un texte de quelques mots. ' * 12}</description></item>"
        for number in range(20)
    )
    for number in range(20):
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>{number:02}</title>{items}</channel></rss>'
        (folder / "www" / f"{number}.xml").write_text(feed, encoding="utf-8")
        os.utime(folder / "www" / f"{number}.xml", (1_790_000_000, 1_790_000_000))  # one ETag for all: their length and this
    asked = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    authority = [*asked, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Banc"]
    leaf = [*asked, "-keyout", "leaf.key", "-out", "leaf.pem", "-subj", f"/CN={NAME}", "-CA", "ca.pem", "-CAkey", "ca.key"]
    names = ["-addext", f"subjectAltName=DNS:*.{NAME}", "-addext", "basicConstraints=CA:false"]
    for command in (authority, [*leaf, *names]):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    (folder / "nginx.conf").write_text(
        _NGINX.format(user=f"user {getpass.getuser()};" if os.geteuid() == 0 else "", folder=folder, clear=CLEAR, secure=SECURE),
        encoding="utf-8",
    )
    server = subprocess.Popen(["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    try:
        yield
    finally:
        server.terminate()
        server.wait()


def measured(command: list[str], folder: Path, source: Path | None = None) -> tuple[float, float, str]:
    """CPU and wall seconds of a command and its children, and what it printed."""
    environment = {**os.environ, **({"PYTHONPATH": str(source)} if source else {})}
    began = time.monotonic()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{command[:3]} : {process.returncode}")
    return usage.ru_utime + usage.ru_stime, time.monotonic() - began, printed.strip()


def configure(folder: Path, hosts: int, each: int, *, secure: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    root = f"http{'s' if secure else ''}://h{{}}.{NAME}:{SECURE if secure else CLEAR}/{{}}.xml"
    urls = [root.format(host, number) for host in range(hosts) for number in range(each)]
    (folder / "urls.txt").write_text("\n".join(urls), encoding="utf-8")
    lines = [f"  - {{id: f{number}, name: F{number}, feed: '{url}'}}" for number, url in enumerate(urls)]
    (folder / "feeds.yaml").write_text("\n".join(["version: 1", "sources:", *lines]) + "\n", encoding="utf-8")


def compare() -> None:
    """1,000 × 304 in clear and by TLS, in two shapes; httpx and curl on the same addresses."""
    if not shutil.which("nginx") or not shutil.which("openssl"):
        sys.exit("Il faut nginx et openssl : rien à mesurer.")
    with tempfile.TemporaryDirectory(prefix="veille-tls-") as name:
        folder = Path(name)
        with served(folder):
            for shape, hosts, each in SHAPES:
                rows = {secure: _phases(folder, folder / f"{hosts}-{secure}", hosts, each, secure=secure) for secure in (False, True)}
                for label, (clear, _, _) in rows[False].items():
                    cpu, wall, told = rows[True][label]
                    extra = 1000 * (cpu - clear) / (hosts * each)
                    print(f"{shape:<14} {label:<7} clear {clear:5.2f} s, TLS {cpu:5.2f} s ({cpu / clear:4.2f} x, {extra:5.2f} ms each), "
                          f"{wall:5.1f} s on the wall  {told}")  # fmt: skip


def _phases(folder: Path, place: Path, hosts: int, each: int, *, secure: bool) -> dict[str, tuple[float, float, str]]:
    configure(place, hosts, each, secure=secure)
    authority = str(folder / "ca.pem")
    head = subprocess.run(["curl", "-sI", f"http://127.0.0.1:{CLEAR}/0.xml"], capture_output=True, text=True, check=True).stdout
    tag = head.split("ETag: ")[1].split("\n")[0].strip()
    urls = (place / "urls.txt").read_text().split()
    (place / "curl.txt").write_text("".join(f'url = "{url}"\noutput = "/dev/null"\n' for url in urls))
    ours = [sys.executable, "-c", _VEILLE, authority]
    theirs = [sys.executable, "-c", _HTTPX, authority, "urls.txt", tag]
    curl = ["curl", "-s", "--parallel", "--parallel-max", "64", "--cacert", authority, "-H", f"If-None-Match: {tag}"]
    curl += ["--resolve", f"*:{CLEAR}:127.0.0.1", "--resolve", f"*:{SECURE}:127.0.0.1", "-K", "curl.txt"]
    _counted(ours, place, folder)  # a first collection: what is measured finds nothing new
    ways = (("veille", ours), ("httpx", theirs), ("curl", curl))
    return {name: min(_counted(command, place, folder) for _ in range(3)) for name, command in ways}


def _counted(command: list[str], place: Path, folder: Path) -> tuple[float, float, str]:
    """A measure, and how many connections the server saw."""
    log = folder / "access.log"
    before = len(log.read_text().splitlines()) if log.exists() else 0
    cpu, wall, told = measured(command, place)
    time.sleep(0.3)
    lines = log.read_text().splitlines()[before:]
    return cpu, wall, f"{len(lines)} requests, {len({line.split()[0] for line in lines})} connections; {told[:40]}"


def pairs(before: Path) -> None:
    """Five alternated pairs of 1,000 × 304 in clear, and what importing httpx costs in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="veille-pairs-") as name:
        folder = Path(name)
        with served(folder):
            now = Path(__file__).parent.parent / "src"
            older = _VEILLE.replace("transport", "dialing").replace("dialing.trusting", "dialing._trusting")
            code = {before: older if (before / "veille/fetch/dialing.py").exists() else _VEILLE, now: _VEILLE}
            ways = {source: [sys.executable, "-c", text, str(folder / "ca.pem")] for source, text in code.items()}
            told: dict[Path, list[float]] = {}
            for source, run in ways.items():
                configure(folder / source.parent.name, 1_000, 1, secure=False)
                measured(run, folder / source.parent.name, source)
            for _ in range(5):
                for source, run in ways.items():
                    cpu, _, printed = measured(run, folder / source.parent.name, source)
                    assert json.loads(printed)["unchanged"] == 1_000, printed
                    told.setdefault(source, []).append(cpu)
            ratios = [mine / theirs for theirs, mine in zip(*told.values(), strict=True)]
            importing = statistics.median(
                measured([sys.executable, "-c", "import asyncio, ssl, veille.fetch"], folder, now)[0]
                - measured([sys.executable, "-c", "import asyncio, ssl"], folder)[0]
                for _ in range(5)
            )
            medians = [statistics.median(values) for values in told.values()]
            print(f"1,000 x 304: before {medians[0]:.2f} s, now {medians[1]:.2f} s of CPU; ratio {statistics.median(ratios):.2f} "
                  f"({min(ratios):.2f} to {max(ratios):.2f}); importing the door {importing:.2f} s")  # fmt: skip


if __name__ == "__main__":
    compare()
