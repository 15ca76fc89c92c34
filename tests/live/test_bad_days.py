"""What an operator and a bad day can do: streams that refuse, interruptions, links, leftovers, a torn file. Real commands, real processes."""

import contextlib
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from loopback import feed, reply, serve
from test_serve import running, status
from waiting import wait_for

from pace import pace
from veille.cli.serving import free_port

VEILLE = [sys.executable, "-m", "veille"]
# A way to run each command that ends by itself; those that change nothing first. {port}: one that somebody holds.
COMMANDS = {
    "help": ["--help"], "unknown": ["collecte"], "check": ["check"], "sources": ["sources"], "audit": ["audit"], "opml": ["opml", "export"],
    "predict": ["predict", "--help"], "retag": ["retag", "--dry-run"], "learn": ["learn"], "curators": ["curators", "list"],
    "collect": ["collect", "--source", "a", "--allow-private-network", "-v"], "try": ["try", "a"], "backup": ["backup"],
    "restore": ["restore", "absente.db"], "export": ["export", "dehors"], "import": ["import", "nulle-part"],
    "forget": ["forget", "rien-de-tel", "--yes"], "serve": ["serve", "--port", "{port}"],
}  # fmt: skip


def veille(*arguments, cwd, **more):
    return subprocess.run([*VEILLE, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, **more)


def modes(folder):
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def folder(tmp_path):
    """A collected base, its source still there."""
    with serve({"/a": feed("Un budget participatif", "Un bus des droits")}) as root:
        (tmp_path / "feeds.yaml").write_text(f"version: 1\nsources:\n  - {{id: a, name: A, feed: '{root}/a'}}\n", encoding="utf-8")
        subprocess.run([*VEILLE, "collect", "--allow-private-network"], cwd=tmp_path, check=True, umask=0o022)
        yield tmp_path


@pytest.fixture
def taken():
    import socket

    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


# --- streams ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_streams_that_refuse_are_no_traceback(folder, taken, name):
    arguments = " ".join([*VEILLE, *COMMANDS[name]]).format(port=taken)
    plain = subprocess.run(f"{arguments} >out 2>err", shell=True, cwd=folder, timeout=60)
    told = (folder / "out").read_text(encoding="utf-8") + (folder / "err").read_text(encoding="utf-8")
    assert "Traceback" not in told
    for number, (redirect, environment, code) in enumerate(
        (
            (">out 2>err", {"PYTHONIOENCODING": "latin-1"}, {plain.returncode}),
            (">out 2>err", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {plain.returncode}),
            (">out 2>&-", {}, {plain.returncode}),
            (">&- 2>&- <&-", {}, {plain.returncode}),
            (">/dev/full 2>err", {}, {plain.returncode, 2}),
            (">out 2>/dev/full", {}, {plain.returncode}),
        )
    ):
        (folder / "dehors").is_dir() and subprocess.run(["rm", "-r", "dehors"], cwd=folder, check=True)
        for file in ("out", "err"):
            (folder / file).write_bytes(b"")
        now = {"VEILLE_NOW": f"2026-11-30T0{number}:00:00+00:00"} if name == "backup" else {}
        done = subprocess.run(f"{arguments} {redirect}", shell=True, cwd=folder, timeout=60, env={**os.environ, **environment, **now})
        said = (folder / "out").read_bytes() + (folder / "err").read_bytes()
        assert done.returncode in code, (redirect, environment, done.returncode, said[-300:])
        assert b"Traceback" not in said, (redirect, environment)
        assert b"Exception ignored" not in said, (redirect, environment)
    if plain.returncode == 0 and (folder / "out").exists() and "full" in redirect:
        assert told or name in ("audit",)


def test_full_standard_output_is_a_sentence_and_a_2(folder):
    done = subprocess.run(f"{' '.join(VEILLE)} sources >/dev/full", shell=True, cwd=folder, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "le disque est plein" in done.stderr


# From where our own code begins: what Python and its launcher do before (some 20 ms) cannot be made silent.
OURS = [sys.executable, "-c", "import sys; from veille.__main__ import main; print('ours', flush=True); main()"]


def interruptible():
    """A shell that runs the tests behind it has the signal ignored, by whatever they start too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


ENDS = (0, 1, 2, 130, -signal.SIGINT)  # Python ends itself by the signal where it came while code was being made


@pytest.mark.parametrize("name", ["check", "sources", "collect", "backup", "export"])
def test_an_interruption_in_the_first_half_second_is_silent(folder, name):
    """At instants spread over the loading of everything and the first of the work."""
    for tenth in range(0, 11, 2):
        process = subprocess.Popen(
            [*OURS, *COMMANDS[name]],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            preexec_fn=interruptible,
        )
        assert process.stdout.readline() == "ours\n"
        time.sleep(0.01 + tenth * 0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=60)
        assert process.returncode in ENDS, (tenth, said)
        assert "Traceback" not in said, (tenth, said)
    if (folder / "dehors").exists():
        assert (folder / "dehors" / "datapackage.json").exists()
    assert not [path for path in folder.rglob(".*") if path.name.endswith(".part")]


@pytest.mark.parametrize("after", [0.1, 0.3, 0.45, 0.6, 0.8, 1.5, 3.0])
def test_an_interrupted_server_is_silent(folder, after):
    with (folder / "journal.txt").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            [*OURS, "serve", "--port", str(free_port(0))], cwd=folder, stdout=log, stderr=log, preexec_fn=interruptible
        )
        try:
            while "ours" not in (folder / "journal.txt").read_text(encoding="utf-8"):
                time.sleep(0.005)
            time.sleep(after)
            process.send_signal(signal.SIGINT)
            assert process.wait(60) in ENDS
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        assert "Traceback" not in log.read()


# --- who may read -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("umask", [0o022, 0o000, 0o077])
def test_base_journal_lock_and_copies_are_their_owners_alone(tmp_path, umask):
    with serve({"/a": feed("Un budget participatif")}) as root:
        (tmp_path / "feeds.yaml").write_text(f"version: 1\nsources:\n  - {{id: a, name: A, feed: '{root}/a'}}\n", encoding="utf-8")
        veille("collect", "--allow-private-network", cwd=tmp_path, umask=umask)
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "veille.db")) as reader:  # keeps the journal there
        reader.execute("select count(*) from items").fetchone()
        veille("collect", "--all", "--allow-private-network", cwd=tmp_path, umask=umask)
        veille("backup", "data/copie.db", cwd=tmp_path, umask=umask)
        held = modes(tmp_path / "data")
    assert {"veille.db", "copie.db", "veille.db-wal", "veille.db-shm"} <= held.keys()
    assert {name: oct(mode) for name, mode in held.items() if mode & 0o077} == {}


def test_a_base_that_everybody_could_read_is_closed_when_it_is_brought_up(tmp_path):
    import gzip

    old = tmp_path / "data" / "veille.db"
    old.parent.mkdir()
    old.write_bytes(gzip.decompress((Path(__file__).parent.parent / "upgrades" / "m009.db.gz").read_bytes()))
    old.chmod(0o644)
    assert veille("sources", cwd=tmp_path, umask=0o022).returncode == 0
    held = modes(tmp_path / "data")
    assert len([name for name in held if ".avant-" in name]) == 1
    assert {name: oct(mode) for name, mode in held.items() if mode & 0o077} == {}


# --- links --------------------------------------------------------------------------------------------------------


def test_behind_a_link_all_is_beside_the_file_that_it_names(folder):
    (folder / "volume").mkdir()
    for path in list((folder / "data").iterdir()):
        path.rename(folder / "volume" / path.name)
    link = folder / "data" / "veille.db"
    link.symlink_to("../volume/veille.db")
    assert veille("backup", "copie.db", cwd=folder).returncode == 0
    assert veille("backup", cwd=folder).returncode == 0
    (folder / "ailleurs.db").symlink_to("volume/pointee.db")
    assert veille("backup", "ailleurs.db", cwd=folder).returncode == 0
    assert (folder / "ailleurs.db").is_symlink()
    assert (folder / "volume" / "pointee.db").is_file()
    with running([*VEILLE, "serve", "--port", str(port := free_port(0))], folder):
        assert "Un budget participatif" in wait_for(f"http://127.0.0.1:{port}/veille/articles")
        assert veille("restore", "copie.db", cwd=folder).returncode == 2
    assert veille("restore", "copie.db", cwd=folder).returncode == 0
    assert link.is_symlink()
    assert [path.name for path in (folder / "data").iterdir()] == ["veille.db"]
    beside = {path.name.split("-2026")[0].split(".sauvegarde")[0] for path in (folder / "volume").iterdir()}
    assert {"veille.db", "veille.db.secret", "veille.db.collecte", "veille.db.avant-restauration"} <= beside
    assert not [path for path in (folder / "volume").iterdir() if path.is_symlink()]


# --- leftovers ----------------------------------------------------------------------------------------------------

JOURNAL_LEFT = """
import os, sys
from veille.store.connection import connect
db = connect("data/veille.db")
db.execute("pragma wal_autocheckpoint = 0")
db.execute("update items set interest = 0.5, title = title || ' changé'")
os.kill(os.getpid(), 9)
"""
HELD_OPEN = """
import time
from veille.store.connection import connect
db = connect("data/veille.db")
db.execute("update items set interest = 0.5")
db.execute("select count(*) from items").fetchone()
print("ready", flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("what", ["gone", "header", "empty", "text", "whole"])
def test_a_journal_that_was_left_never_enters_what_is_restored(folder, what):
    assert veille("backup", "copie.db", cwd=folder).returncode == 0
    subprocess.run([sys.executable, "-c", JOURNAL_LEFT], cwd=folder, timeout=60)
    base = folder / "data" / "veille.db"
    journal = (folder / "data" / "veille.db-wal").read_bytes()
    assert journal
    if what == "gone":
        base.unlink()
    elif what != "whole":
        base.write_bytes({"header": bytes(100) + base.read_bytes()[100:], "empty": b"", "text": b"Ceci n'est pas une base.\n" * 500}[what])
    before = base.read_bytes() if base.exists() else None
    done = veille("restore", "copie.db", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    with contextlib.closing(sqlite3.connect(base)) as restored:
        assert restored.execute("pragma integrity_check").fetchone() == ("ok",)
        assert restored.execute("select count(*) from items where title like '%changé'").fetchone() == (0,)
    kept = {path.name.split("Z", 1)[1]: path for path in base.parent.glob("veille.db.avant-restauration-*")}
    if what == "whole":  # the journal went into its file first
        with contextlib.closing(sqlite3.connect(kept[""])) as former:
            assert former.execute("select count(*) from items where title like '%changé'").fetchone() == (2,)
    else:
        assert kept["-wal"].read_bytes() == journal
        assert (kept[""].read_bytes() if before is not None else None) == before
    assert veille("collect", "--all", "--allow-private-network", cwd=folder).returncode == 0
    assert not [path for path in base.parent.iterdir() if path.name.startswith(".")]


@pytest.mark.parametrize("what", ["whole", "gone", "header"])
def test_what_somebody_has_open_is_not_replaced(folder, what):
    assert veille("backup", "copie.db", cwd=folder).returncode == 0
    holder = subprocess.Popen([sys.executable, "-c", HELD_OPEN], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "ready\n"
        base = folder / "data" / "veille.db"
        if what == "gone":
            base.unlink()
        elif what == "header":
            with base.open("r+b") as file:
                file.write(bytes(100))
        before = {path.name: path.read_bytes() for path in base.parent.iterdir()}
        done = veille("restore", "copie.db", cwd=folder)
        assert done.returncode == 2
        assert "arrêtez le site et cron" in done.stderr
        assert {path.name: path.read_bytes() for path in base.parent.iterdir()} == before
    finally:
        holder.kill()
        holder.communicate()
    assert veille("restore", "copie.db", cwd=folder).returncode == 0


def test_what_is_no_file_is_neither_waited_for_nor_replaced(folder):
    assert veille("backup", "copie.db", cwd=folder).returncode == 0
    os.mkfifo(folder / "tube.db")
    (folder / "dossier.db").mkdir()
    for name in ("tube.db", "dossier.db", "/dev/null"):
        for command in (["restore", "copie.db"], ["sources"], ["collect"], ["backup", "x.db"]):
            done = veille(*command, "--db", name, cwd=folder)
            assert (done.returncode, done.stderr.count("\n")) == (2, 1), (name, command, done.stderr)
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert veille("restore", "tube.db", cwd=folder).returncode == 2


@pytest.mark.parametrize("ending", ["-wal", "-journal"])
def test_a_journal_that_is_a_link_to_nowhere_goes_aside_too(folder, ending):
    assert veille("backup", "copie.db", cwd=folder).returncode == 0
    base = folder / "neuf" / "veille.db"
    base.parent.mkdir()
    base.with_name(base.name + ending).symlink_to("/nulle/part")
    assert veille("restore", "copie.db", "--db", "neuf/veille.db", cwd=folder).returncode == 0
    assert veille("sources", "--db", "neuf/veille.db", cwd=folder).returncode == 0
    with contextlib.closing(sqlite3.connect(base)) as restored:
        assert restored.execute("select count(*) from items").fetchone() == (2,)


def test_the_demo_behind_a_link_is_its_owners_alone(folder):
    (folder / "volume").mkdir()
    (folder / "demo.db").symlink_to("volume/vrai.db")
    assert veille("demo", "--once", "--db", "demo.db", cwd=folder, umask=0o022).returncode == 0
    assert {name: oct(mode) for name, mode in modes(folder / "volume").items() if mode & 0o077} == {}
    assert "vrai.db.collecte" in modes(folder / "volume")


@pytest.mark.parametrize("seed", [5, 6, 7])
def test_a_base_with_bytes_flipped_anywhere_is_a_sentence_for_every_command_and_can_be_restored(folder, seed):
    import random

    assert veille("backup", "copie.db", cwd=folder).returncode == 0
    dice, base = random.Random(seed), folder / "data" / "veille.db"
    body = bytearray((folder / "copie.db").read_bytes())
    for _ in range(3000):
        body[dice.randrange(4096 if seed < 7 else 100, len(body))] = dice.randrange(256)
    for command in (
        ["sources"],
        ["audit"],
        ["export", "dehors"],
        ["retag"],
        ["learn"],
        ["curators", "list"],
        ["forget", "1", "--yes"],
        ["collect", "--allow-private-network"],
        ["backup", "x.db"],
        ["serve", "--port", "0"],
    ):
        base.write_bytes(body)
        for ending in ("-wal", "-shm"):
            base.with_name(base.name + ending).unlink(missing_ok=True)
        done = veille(*command, cwd=folder)
        assert done.returncode == 2, (command, done)
        assert "Traceback" not in done.stderr, (command, done.stderr[-800:])
    assert veille("restore", "copie.db", cwd=folder).returncode == 0
    assert veille("collect", "--all", "--allow-private-network", cwd=folder).returncode == 0


# --- a base torn while it is served -------------------------------------------------------------------------------


@pytest.mark.parametrize("command", [["veille", "serve"], ["datasette", "data/veille.db"]])
def test_a_base_torn_while_it_is_served_is_a_503_without_a_traceback(folder, command):
    base = folder / "data" / "veille.db"
    with contextlib.closing(sqlite3.connect(base)) as db:
        db.execute("pragma wal_checkpoint(truncate)")
    port = free_port(0)
    log = folder / "journal.txt"
    with log.open("wb") as out:
        process = subprocess.Popen([sys.executable, "-m", *command, "--port", str(port)], cwd=folder, stdout=out, stderr=out)
        try:
            site = f"http://127.0.0.1:{port}"
            wait_for(f"{site}/")
            assert status(f"{site}/recherche?q=budget") == 200
            body = base.read_bytes()
            base.write_bytes(b"Ceci n'est pas une base.\n" * (len(body) // 24))
            assert status(f"{site}/-/veille/sante") == 503
            for path in (
                "/recherche?q=bus",
                "/recherche.json?q=droits",
                "/veille/articles.json?_search=bus",
                "/veille/sources",
                "/article/1",
                "/tri",
            ):
                assert status(site + path) in (200, 302, 503), path
            assert status(f"{site}/recherche?q=participatif") == 503
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
    assert "Traceback" not in log.read_text(encoding="utf-8")
    done = veille("collect", "--all", "--allow-private-network", cwd=folder)
    assert done.returncode == 2
    assert "base inutilisable" in done.stderr


# --- what is told -------------------------------------------------------------------------------------------------


def test_the_demo_obeys_its_database_and_its_configuration(folder):
    done = veille("demo", "--once", "--db", "demo.db", "--config", "feeds.yaml", cwd=folder)
    assert done.returncode == 0
    assert "exemple" not in done.stdout
    with contextlib.closing(sqlite3.connect(folder / "demo.db")) as db:
        assert db.execute("select count(*), count(distinct source_id) from items").fetchone() == (2, 1)
    again = veille("demo", "--once", "--db", "demo.db", cwd=folder)
    assert (again.returncode, again.stderr) == (2, "demo.db existe déjà : choisissez un autre nom.\n")
    assert "introuvable" in veille("demo", "--once", "--config", "absent.yaml", cwd=folder).stderr
    sample = veille("demo", "--once", "--db", "exemple.db", cwd=folder)
    with contextlib.closing(sqlite3.connect(folder / "exemple.db")) as db:
        (count,) = db.execute("select count(*) from items").fetchone()
    assert f"{count} articles" in sample.stdout


def test_the_address_of_the_site_is_asked_for_kept_and_used(folder):
    config = folder / "feeds.yaml"
    sources = config.read_text(encoding="utf-8").partition("sources:")[2]
    config.write_text(f"version: 1\ndefaults: {{contact: veille@exemple.fr}}\nsources:{sources}", encoding="utf-8")
    assert "celui de l’exemple" in veille("check", cwd=folder).stderr
    port = free_port(0)

    def feed_of(host):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/recherche.atom", headers={"host": host})
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()

    def served():
        with (folder / "journal.txt").open("w", encoding="utf-8") as log:
            process = subprocess.Popen([*VEILLE, "serve", "--port", str(port)], cwd=folder, stdout=log, stderr=log)
            try:
                wait_for(f"http://127.0.0.1:{port}/")
                text = feed_of("mal.exemple.net")
                process.send_signal(signal.SIGTERM)
                process.wait(20)
            finally:
                process.kill()
                process.wait()
        return text, (folder / "journal.txt").read_text(encoding="utf-8")

    text, said = served()
    assert "ne dit pas l’adresse publique" in said
    assert "mal.exemple.net" in text
    config.write_text(
        f"version: 1\ndefaults: {{contact: veille@ici.fr, site: 'https://veille.ici.fr/'}}\nsources:{sources}", encoding="utf-8"
    )
    assert veille("check", cwd=folder).stderr == ""
    text, said = served()
    assert "adresse publique" not in said
    assert "mal.exemple.net" not in text
    assert "<id>https://veille.ici.fr/article/1</id>" in text
    with running([sys.executable, "-m", "datasette", "data/veille.db", "--port", str(port)], folder):
        wait_for(f"http://127.0.0.1:{port}/")
        assert feed_of("mal.exemple.net") == text


# --- a thousand dead sources --------------------------------------------------------------------------------------


DEAD = int(os.environ.get("VEILLE_DEAD", "30"))  # a thousand in `make soak`


def test_many_dead_sources_end_in_time_with_a_line_each(tmp_path):
    """Refused, reset, absent, failing, empty, not feeds: each is told once, and a second run finds nothing larger."""
    import resource
    import socket

    def reset(handler):
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        handler.connection.close()

    deaths = [
        reset,
        lambda h: reply(h, b"", status=404),
        lambda h: reply(h, b"", status=500),
        lambda h: reply(h, b""),
        lambda h: reply(h, b"<html>Bonjour"),
        lambda h: reply(h, b"<rss"),
    ]
    answers = {f"/{number}": deaths[number % len(deaths)] for number in range(DEAD)}
    with contextlib.ExitStack() as stack, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
        roots = [nobody if site % 7 == 0 else stack.enter_context(serve(answers)) for site in range(DEAD // 10)]
        lines = [f"  - {{id: s{number}, name: S{number}, feed: '{roots[number % len(roots)]}/{number}'}}" for number in range(DEAD)]
        (tmp_path / "feeds.yaml").write_text("version: 1\nsources:\n" + "\n".join(lines) + "\n", encoding="utf-8")
        sizes, times, told = [], [], []
        for run in range(3):
            began = time.monotonic()
            done = veille(
                "collect",
                "--all",
                "--allow-private-network",
                "--spacing",
                "0",
                cwd=tmp_path,
                env={**os.environ, "VEILLE_NOW": f"2026-11-{20 + run}T09:00:00+00:00"},
            )
            times.append(time.monotonic() - began)
            told.append(done.stderr)
            assert done.returncode == (1 if run == 0 else 0), done.stderr[-500:]
            sizes.append((tmp_path / "data" / "veille.db").stat().st_size)
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"\n{DEAD} dead sources: {times} s, {memory} MiB at most, {sizes} bytes")
    assert len(told[0].splitlines()) == DEAD
    assert {line.split(" :")[0] for line in told[0].splitlines()} == {f"s{number}" for number in range(DEAD)}
    assert told[1:] == ["", ""]
    assert max(times) < 60 * pace()
    assert sizes[2] - sizes[1] < 400 * DEAD + 65536  # the rows of a thousand visits
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "veille.db")) as db:
        assert db.execute("select count(*) from items").fetchone() == (0,)
        assert db.execute("select count(*) from visits").fetchone() == (3 * DEAD,)
