"""`veille collect` as cron runs it: a process of its own, real HTTP on loopback, real faults."""

import json
import os
import subprocess
import sys
import time

import pytest
from loopback import bomb, feed, gzipped, huge, redirect, reply, reset, serve, slow, status, truncated, with_validators
from sqlite_utils import Database

from pace import pace
from veille.store import connect


def veille(*arguments, cwd, now="2026-11-22T09:00:00+00:00", **given):
    environment = {**os.environ, "VEILLE_NOW": now, "PYTHONPATH": ""}
    return subprocess.run(
        [sys.executable, "-m", "veille", *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, **given
    )


def write_config(folder, sources, defaults="{timeout: 2s}"):
    lines = ["version: 1", f"defaults: {defaults}", "sources:"]
    lines += [f"  - {{id: {name}, name: {name}, {rest}}}" for name, rest in sources.items()]
    (folder / "feeds.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def collect(folder, *more, **given):
    return veille("collect", "--allow-private-network", "--spacing", "0", *more, cwd=folder, **given)


def titles(folder):
    db = connect(folder / "data" / "veille.db")
    found = sorted(row[0] for row in db.conn.execute("select title from items"))
    db.close()
    return found


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    """One run over sound and ill sources; its outcome and how long it took."""
    folder = tmp_path_factory.mktemp("faults")
    hits = []
    answers = {
        "/ok": feed("Bon"), "/etag": with_validators(feed("Avec étiquette")), "/gzip": gzipped, "/r1": redirect("/r2", 301),
        "/r2": redirect("ok2"), "/ok2": feed("Redirigé"), "/loop": redirect("/loop"), "/slow": slow(8), "/huge": huge, "/bomb": bomb,
        "/cut": truncated,
        "/reset": reset, "/html": b"<!doctype html><p>Bonjour", "/gone": status(410),
        "/403": status(403), "/nowhere": redirect("file:///etc/passwd"), "/empty": b"", "/coding": lambda handler: reply(handler, b"x", Content_Encoding="br"),
        "/moved": lambda handler: reply(handler, b"", status=302), "/garbage": lambda handler: handler.wfile.write(b"bonjour\r\n\r\n"),
        "/page": b"<ul><li><a href='/un'>Un projet</a> <time>7 octobre 2025</time></li></ul>",
        "/portail": b"<link rel=alternate type='application/rss+xml' href='/decouvert'>", "/decouvert": feed("Découvert"),
    }  # fmt: skip
    # A site that asks to wait is left alone as a whole: it is one of its own.
    with serve({"/busy": status(503, Retry_After="60")}) as busy, serve(answers, hits=hits) as root:
        names = [name.removeprefix("/") for name in answers if name not in ("/r2", "/ok2", "/decouvert", "/page", "/portail")]
        sources = {f"s-{name}": f"feed: '{root}/{name}'" for name in names}
        # What is too large is read up to its limit, however slow the machine is.
        for name in ("s-bomb", "s-huge"):
            sources[name] += ", timeout: 20s"
        sources["s-busy"] = f"feed: '{busy}/busy'"
        sources["s-missing"] = f"feed: '{root}/missing'"
        sources["s-closed"] = "feed: 'http://127.0.0.1:1/rss'"
        sources["s-unknown"] = "feed: 'http://nulle-part.invalid/rss'"
        sources["s-page"] = f"page: '{root}/page', select: {{item: li, title: a, link: 'a@href', date: time}}"
        sources["s-portail"] = f"discover: '{root}/portail'"
        write_config(folder, sources)
        started = time.monotonic()
        outcome = collect(folder, "--json")
        seconds = time.monotonic() - started
        hits_before = len(hits)
        again = collect(folder, "--json", "--source", "s-etag", "--source", "s-ok", "--source", "s-portail")
    return {"run": outcome, "again": again, "seconds": seconds, "folder": folder, "hits": hits, "second_hits": hits[hits_before:]}


CLASSES = {
    "s-loop": "redirects", "s-slow": "timeout", "s-huge": "too-large", "s-bomb": "too-large", "s-cut": "bad-response", "s-reset": "connection", "s-html": "bad-feed",
    "s-gone": "gone", "s-busy": "rate-limited", "s-403": "http", "s-nowhere": "blocked-scheme", "s-empty": "bad-feed", "s-coding": "decode",
    "s-moved": "bad-response", "s-garbage": "bad-response", "s-missing": "http", "s-closed": "connection", "s-unknown": "connection",
}  # fmt: skip


def test_each_fault_has_its_class_and_one_sentence(faults):
    summary = json.loads(faults["run"].stdout)

    assert {failure["source"]: failure["class"] for failure in summary["failures"]} == CLASSES
    for failure in summary["failures"]:
        assert 10 < len(failure["reason"]) <= 200
        assert "\n" not in failure["reason"]
        assert failure["class"] == "gone" or failure["next_visit_at"] > "2026-11-22T09:00:00Z"


def test_the_sound_sources_are_in(faults):
    assert titles(faults["folder"]) == ["Avec étiquette", "Bon", "Découvert", "Redirigé", "Un projet", "Zippé"]
    assert json.loads(faults["run"].stdout)["sources"] == {"due": 24, "ok": 6, "unchanged": 0, "failed": 18}


def test_the_run_ends_with_1_and_a_line_for_each_ill_source(faults):
    assert faults["run"].returncode == 1
    lines = faults["run"].stderr.splitlines()
    assert sorted(line.split(" : ")[0] for line in lines) == sorted(CLASSES)
    assert "Traceback" not in faults["run"].stderr


def test_the_run_waits_for_its_slowest_source_and_no_longer(faults):
    assert faults["seconds"] < 12 * pace()


def test_the_second_visit_is_conditional_and_a_same_body_is_no_change(faults):
    asked = dict(faults["second_hits"])

    assert asked["/etag"]["if-none-match"] == '"v1"'
    assert asked["/etag"]["if-modified-since"] == "Fri, 20 Nov 2026 08:00:00 GMT"
    assert json.loads(faults["again"].stdout)["sources"] == {"due": 3, "ok": 0, "unchanged": 3, "failed": 0}
    assert (faults["again"].returncode, faults["again"].stderr) == (0, "")
    assert "/portail" not in asked  # the feed it found is remembered


def test_requests_are_honest(faults):
    for _, headers in faults["hits"]:
        assert headers["user-agent"].startswith("veille/")
        assert headers["accept-encoding"] == "gzip"
        assert "cookie" not in headers


def test_cron_hears_nothing_when_all_is_well(tmp_path):
    with serve({"/ok": feed("Bon")}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/ok'"})

        first = collect(tmp_path)
        second = collect(tmp_path)

    assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_only_what_is_due_is_visited(tmp_path):
    hits = []
    with serve({"/a": feed("A"), "/b": feed("B")}, hits=hits) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a', every: 1h", "b": f"feed: '{root}/b', every: 12h"})
        collect(tmp_path)
        hits.clear()
        collect(tmp_path, now="2026-11-22T09:30:00+00:00")
        early = [path for path, _ in hits]
        collect(tmp_path, now="2026-11-22T11:00:00+00:00")

    assert early == []
    assert [path for path, _ in hits] == ["/robots.txt", "/a"]


def test_a_source_that_never_worked_cries_once(tmp_path):
    with serve({}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/absent'"})

        runs = [collect(tmp_path, "--all") for _ in range(3)]

    assert [run.returncode for run in runs] == [1, 0, 0]
    assert [len(run.stderr.splitlines()) for run in runs] == [1, 0, 0]


def test_sources_are_told_worst_first(tmp_path):
    with serve({"/a": feed("A"), "/g": status(410)}) as root:
        write_config(tmp_path, {"bonne": f"feed: '{root}/a'", "partie": f"feed: '{root}/g'", "absente": f"feed: '{root}/x'"})
        before = veille("sources", cwd=tmp_path)
        collect(tmp_path)

        told = veille("sources", cwd=tmp_path)
        rows = json.loads(veille("sources", "--json", cwd=tmp_path).stdout)

    assert "veille collect" in before.stdout
    assert [row["id"] for row in rows] == ["partie", "absente", "bonne"]
    assert [row["state"] for row in rows] == ["gone", "unproven", "live"]
    assert rows[2]["last_success_at"] == rows[2]["last_item_at"]
    assert told.returncode == 0
    assert "disparue" in told.stdout
    assert "aujourd’hui" in told.stdout


def test_a_source_that_is_named_always_answers(tmp_path):
    with serve({}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/absent'", "b": f"feed: '{root}/b', enabled: false"})
        collect(tmp_path)

        again = collect(tmp_path, "--source", "a")
        disabled = collect(tmp_path, "--source", "b")

    assert (again.returncode, "[http]" in again.stderr) == (1, True)
    assert (disabled.returncode, "est désactivée" in disabled.stderr) == (2, True)


def test_a_slow_host_with_many_sources_holds_nobody_up(tmp_path):
    hits = []
    with serve({f"/{n}": slow(0.4) for n in range(12)}) as crowded, serve({"/a": feed("Seul")}, hits=hits) as alone:
        sources = {f"s{n}": f"feed: '{crowded}/{n}'" for n in range(12)} | {"seul": f"feed: '{alone}/a'"}
        write_config(tmp_path, sources, defaults="{timeout: 20s}")

        outcome = collect(tmp_path, "--json")

    order = list(json.loads(outcome.stdout)["failures"])
    assert order == []
    db = connect(tmp_path / "data" / "veille.db")
    assert db.conn.execute("select source_id from visits order by id limit 1").fetchone()[0] == "seul"
    db.close()


def test_connections_are_closed_when_nobody_needs_them(tmp_path):
    """Forty hosts under a limit of 64 descriptors: each is let go when it is read."""
    import contextlib
    import resource

    with contextlib.ExitStack() as stack:
        roots = [stack.enter_context(serve({"/a": feed(f"T{n}", site=f"https://e{n}.fr")})) for n in range(40)]
        write_config(tmp_path, {f"s{n}": f"feed: '{root}/a'" for n, root in enumerate(roots)})
        outcome = subprocess.run(
            [sys.executable, "-m", "veille", "collect", "--json", "--allow-private-network", "--spacing", "0"],
            cwd=tmp_path, capture_output=True, text=True, timeout=60,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (90, 90)),
        )  # fmt: skip

    assert json.loads(outcome.stdout)["sources"]["ok"] == 40, outcome.stdout


def test_a_body_in_several_gzip_members_is_read_whole(tmp_path):
    import gzip

    body = feed("Un", "Deux")
    members = gzip.compress(body[:200]) + gzip.compress(body[200:])
    with serve({"/a": lambda handler: reply(handler, members, Content_Encoding="gzip")}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'"})
        collect(tmp_path)

    assert titles(tmp_path) == ["Deux", "Un"]


def test_a_source_that_worked_cries_until_it_works_again(tmp_path):
    answers = {"/a": feed("A")}
    with serve(answers) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'"})
        codes = [collect(tmp_path, "--all").returncode]
        del answers["/a"]
        codes += [collect(tmp_path, "--all").returncode for _ in range(2)]
        answers["/a"] = feed("A", "B")
        codes.append(collect(tmp_path, "--all").returncode)

    assert codes == [0, 1, 1, 0]
    assert titles(tmp_path) == ["A", "B"]


def test_private_addresses_are_refused_unless_allowed(tmp_path):
    hits = []
    with serve({"/a": feed("A")}, hits=hits) as root:
        port = root.rsplit(":", 1)[1]
        hosts = ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "2130706433"]
        write_config(tmp_path, {f"s{number}": f"feed: 'http://{host}:{port}/a'" for number, host in enumerate(hosts)})

        outcome = veille("collect", "--json", cwd=tmp_path)

    classes = [failure["class"] for failure in json.loads(outcome.stdout)["failures"]]
    assert classes == ["blocked-address"] * 6
    assert hits == []


def test_a_proxy_of_the_environment_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with serve({"/a": feed("A")}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'"})

        assert collect(tmp_path).returncode == 0


def test_the_second_of_two_collectors_leaves_at_once(tmp_path):
    with serve({"/slow": slow(4)}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/slow'"}, defaults="{timeout: 20s}")
        first = subprocess.Popen(
            [sys.executable, "-m", "veille", "collect", "--allow-private-network"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        lock = tmp_path / "data" / "veille.db.collecte"
        ends = time.monotonic() + 20
        while (not (tmp_path / "data" / "veille.db-wal").exists() or not lock.exists()) and time.monotonic() < ends:
            time.sleep(0.05)
        started = time.monotonic()
        second = collect(tmp_path)
        seconds = time.monotonic() - started
        first.communicate(timeout=60)

    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")
    assert seconds < 3 * pace()
    assert first.returncode == 0
    assert titles(tmp_path) == ["Tard"]


def test_a_wrong_configuration_fetches_nothing(tmp_path):
    hits = []
    with serve({"/a": feed("A")}, hits=hits) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'", "b": "fed: 'https://e.fr'"})

        outcome = collect(tmp_path)

    assert outcome.returncode == 2
    assert "feeds.yaml:5: clé inconnue « fed », vouliez-vous dire « feed » ?" in outcome.stderr
    assert hits == []
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["collect", "--source", "gironda"], "Source inconnue"), (["collect", "--config", "absent.yaml"], "fichier introuvable"),
        (["check", "--config", "absent.yaml"], "fichier introuvable"), (["collect", "--config", "."], "lecture impossible"),
        (["predict", "search"], "--items"), (["curators", "disable", "personne"], "introuvable"), (["nimporte"], "nimporte"),
        (["collect", "--db", "feeds.yaml"], "base inutilisable"),
        (["serve", "--host", "192.0.2.1"], "n’a pas cette adresse"),
        (["predict", "search", "--items", "."], "lecture impossible"), (["curators", "add", "A B"], "Un nom de compte"),
        (["curators", "add", "claire"], "au moins 10 caractères"),
    ],
)  # fmt: skip
def test_a_persons_mistake_is_one_sentence_and_exit_2(tmp_path, arguments, said):
    write_config(tmp_path, {"gironde": "feed: 'https://e.fr/rss'"})

    outcome = veille(*arguments, cwd=tmp_path, input="court\n")

    assert outcome.returncode == 2
    assert said in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_narrowed_rights_purge_at_the_next_run(tmp_path):
    with serve({"/a": feed("A", text="mot " * 100)}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a', rights: full"})
        collect(tmp_path)
        lengths = []
        for rights in ("full", "excerpt", "link"):
            write_config(tmp_path, {"a": f"feed: '{root}/a', rights: {rights}"})
            collect(tmp_path)
            db = Database(tmp_path / "data" / "veille.db")
            lengths.append(db.execute("select length(summary) from items").fetchone()[0])
            db.close()

    assert lengths[0] > 300 >= lengths[1] > lengths[2] == 0


def test_a_source_that_leaves_is_retired_and_a_renamed_one_keeps_its_items(tmp_path):
    with serve({"/a": feed("A"), "/b": feed("B", site="https://f.fr")}) as root:
        write_config(tmp_path, {"a": f"feed: '{root}/a'", "b": f"feed: '{root}/b'"})
        collect(tmp_path)
        write_config(tmp_path, {"neuf": f"feed: '{root}/a', formerly: [a]"})
        collect(tmp_path, "--all")

    db = Database(tmp_path / "data" / "veille.db")
    assert dict(db.execute("select id, state from sources").fetchall()) == {"b": "retired", "neuf": "live"}
    assert dict(db.execute("select source_id, title from items").fetchall()) == {"neuf": "A", "b": "B"}
    db.close()


def test_the_demo_does_what_it_says(tmp_path):
    outcome = veille("demo", "--once", cwd=tmp_path)

    assert outcome.returncode == 0, outcome.stderr
    lines = outcome.stdout.splitlines()
    assert lines[0].startswith("11 sources d’exemple")
    assert "10 sources lues, 1 en échec : 72 nouveaux articles" in lines[1]
    assert "1 déjà connu par ailleurs" in lines[1]
    assert lines[2].strip().startswith("reseau-en-panne : la réponse est une page web, pas un flux")
    assert "0 nouvel article" in lines[3]
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_news_loads_no_parser_and_keeps_its_answers_together(tmp_path):
    """Sixty sources that answer 304: no parser, no vocabulary, no sqlite-utils; and not sixty transactions."""
    tell = (
        "import sys, veille.store.connection as c; made = []; plain = c.connect\n"
        "def connect(*a, **k):\n    db = plain(*a, **k); db.set_trace_callback(lambda said: made.append(said) if said == 'COMMIT' else None); return db\n"
        "c.connect = connect; import veille.store; veille.store.connect = connect\n"
        "import atexit; atexit.register(lambda: print(sorted(sys.modules), len(made), sep=chr(10), file=sys.stderr))\n"
        "from veille.cli import main; sys.argv[0] = 'veille'; main()\n"
    )
    with serve({f"/{n}": with_validators(feed(f"T{n}", site=f"https://e{n}.fr")) for n in range(60)}) as root:
        write_config(tmp_path, {f"s{n}": f"feed: '{root}/{n}'" for n in range(60)})
        collect(tmp_path)
        command = [sys.executable, "-c", tell, "collect", "--all", "--json", "--allow-private-network", "--spacing", "0"]
        outcome = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    modules, commits = outcome.stderr.strip().splitlines()[-2:]
    assert json.loads(outcome.stdout)["sources"]["unchanged"] == 60, outcome.stdout
    heavy = (
        "feedparser",
        "bs4",
        "lxml",
        "httpcore",
        "anyio",
        "sqlite_utils",
        "numpy",
        "rich",
        "datasette",
        "veille.parse",
        "veille.understand",
        "veille.collect.intake",
    )
    assert [name for name in heavy if f"'{name}'" in modules] == []
    assert int(commits) < 25


def test_a_bug_of_ours_costs_one_source_of_those_kept_together(tmp_path, monkeypatch):
    """What was begun for all of them is undone, then each is kept alone: one fails, none of the others loses an article."""
    from veille.cli.collecting import run_collection
    from veille.collect import intake

    keep = intake.keep

    def failing(db, prepared, *given, **more):
        kept = keep(db, prepared, *given, **more)
        if prepared.visit.source.id == "s1":
            raise RuntimeError("une faute")
        return kept

    monkeypatch.setattr(intake, "keep", failing)
    monkeypatch.chdir(tmp_path)
    with serve({f"/{n}": feed(f"T{n}", f"U{n}", site=f"https://e{n}.fr") for n in range(4)}) as root:
        write_config(tmp_path, {f"s{n}": f"feed: '{root}/{n}'" for n in range(4)})
        summary = run_collection("feeds.yaml", "data/veille.db", everything=True, allow_private=True, spacing=0)

    failed = {name: outcome.failure for name, outcome in summary.outcomes.items() if hasattr(outcome, "failure")}
    assert failed == {"s1": "bug"}
    assert titles(tmp_path) == ["T0", "T2", "T3", "U0", "U2", "U3"]
