"""`veille collect`."""

import asyncio
import contextlib
import fcntl
import functools
import gc
import json
import secrets
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from veille import logs
from veille.cli.options import config_option, db_option, open_database, read_clock, read_config
from veille.collect.child import Parser
from veille.collect.run import Collector
from veille.errors import ConfigError, StoreError, UsageError
from veille.fetch import Fetcher, Limits
from veille.messages.collecting import CONFIG_COUNT, MEANT, SOURCE_DISABLED, UNKNOWN_SOURCE, failed_source, run_summary, sources_missing
from veille.messages.common import DATABASE_UNUSABLE, plural
from veille.messages.keeping import COLLECTOR_BUSY  # fmt: skip
from veille.messages.machine import why
from veille.model import Collected, Config, Failed, RunSummary
from veille.moments import stored
from veille.resources import load_knowledge
from veille.store.connection import Connection
from veille.store.curating.followed import names_of, with_wishes
from veille.store.partial import open_lock, sweep

if TYPE_CHECKING:
    from veille.understand.knowledge import Knowledge


@click.command(
    short_help="Visiter les sources dont c’est le tour.",
    help="Visiter les sources dont c’est le tour et garder ce qui est nouveau. Muette quand tout va bien.",
)
@config_option
@db_option
@click.option(
    "--source",
    "only",
    multiple=True,
    metavar="ID",
    help="Seulement cette source (répétable), même si ce n’est pas son tour.",
)
@click.option("--all", "everything", is_flag=True, help="Toutes les sources actives, même si ce n’est pas leur tour.")
@click.option("--retire", is_flag=True, help="Retirer les sources qui ne sont plus dans feeds.yaml, si nombreuses soient-elles.")
@click.option("--json", "as_json", is_flag=True, help="Écrire le bilan en JSON.")
@click.option("-v", "--verbose", is_flag=True, help="Dire ce qui a été fait.")
@click.option("--allow-private-network", is_flag=True, help="Admettre les adresses privées (essais seulement).")
@click.option("--spacing", type=click.FloatRange(0, 60), default=1.0, show_default=True, metavar="SECONDES",
              help="Délai entre deux visites d’un même site.")  # fmt: skip
def collect(
    config_file: str, db_file: str, only: tuple[str, ...], *, everything: bool, retire: bool, as_json: bool, verbose: bool,
    allow_private_network: bool, spacing: float,
) -> None:  # fmt: skip
    summary = run_collection(
        config_file, db_file, only=only, everything=everything, retire=retire, allow_private=allow_private_network, spacing=spacing
    )
    if summary is None:
        if verbose or as_json:
            click.echo(COLLECTOR_BUSY, err=True)
        return
    if as_json:
        click.echo(json.dumps(summary_json(summary), ensure_ascii=False))
    elif verbose or sys.stderr.isatty():
        click.echo(summary_text(summary), err=not verbose)
    # A source that never worked is told once to cron; who names it wants to hear it each time.
    told = [row for row in _failures(summary) if only or row[0] not in summary.quiet_failures]
    for line in _lines(_failures(summary) if verbose else told):
        click.echo(line, err=True)
    if summary.missing:
        click.echo(sources_missing(summary.missing), err=True)
    if told or summary.missing:
        sys.exit(1)


def run_collection(
    config_file: str, db_file: str, *, only: tuple[str, ...] = (), everything: bool = False, retire: bool = False,
    allow_private: bool = False, spacing: float = 1.0, understanding: bool = True,
) -> RunSummary | None:  # fmt: skip
    """Return one collection; None when another one is at work. Raises VeilleError when it cannot run.

    Without `understanding` articles are kept as they come, with no label: to measure what all the rest costs.
    """
    logs.set_up()
    try:
        config = read_config(config_file)
    except ConfigError as exc:
        problems = plural(len(exc.problems), "problème", "problèmes")
        raise ConfigError([*exc.problems, CONFIG_COUNT.format(problems=problems, file=config_file)]) from exc
    clock = read_clock()
    with alone(db_file) as free:
        if not free:
            return None
        db = open_database(db_file, load_knowledge, clock())
        try:
            known = functools.cache(lambda: _known(db))
            config = with_wishes(db, config, lambda: names_of(known()))
            _must_be_watched(config, only)
        except BaseException:
            db.close()
            raise
        fetcher = Fetcher(
            contact=config.contact, site=config.site, clock=clock, allow_private=allow_private, limits=Limits(spacing=spacing)
        )
        with contextlib.closing(db), Parser() as parser, _progress() as progress:
            collector = Collector(
                db=db,
                config=config,
                knowledge=known if understanding else None,
                fetcher=fetcher,
                clock=clock,
                parser=parser,
                progress=progress,
                owner=secrets.token_hex(8),
            )
            with asyncio.Runner() as runner:
                runner.get_loop()  # a system without descriptors refuses here, before there is a coroutine to lose
                return runner.run(collector.run(only=frozenset(only), everything=everything, retire=retire))


def _known(db: Connection) -> "Knowledge":
    """Return all that understanding needs, with what curators edited and taught: loaded at the first article, not before."""
    from veille.store.curating.learning import knowing

    known = knowing(db, load_knowledge())
    gc.freeze()  # half a million words that stay to the end: the garbage collector need not look through them again and again
    return known


def _must_be_watched(config: Config, only: tuple[str, ...]) -> None:
    """Raises UsageError for a source that is asked for and cannot be visited."""
    ids = [source.id for source in config.sources]
    for wanted in only:
        if wanted not in ids:
            raise UsageError(_unknown(wanted, ids))
        if not config.sources[ids.index(wanted)].enabled:
            raise UsageError(SOURCE_DISABLED.format(id=wanted))


def _unknown(wanted: str, ids: list[str]) -> str:
    import difflib

    near = difflib.get_close_matches(wanted, ids, n=1)
    return UNKNOWN_SOURCE.format(id=wanted) + (MEANT.format(guess=near[0]) if near else ".")


@contextlib.contextmanager
def alone(db_file: str) -> Iterator[bool]:
    """Whether no other collector works on this file; the lock dies with its process."""
    path = Path(db_file + ".collecte")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        lock = open_lock(path)
    except OSError as exc:
        raise StoreError(DATABASE_UNUSABLE.format(file=db_file, why=why(exc))) from exc
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, nothing under cron."""
    if not sys.stderr.isatty():
        yield lambda _source, _done, _due: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("Collecte"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[source]}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("collecte", total=None, source="")
        yield lambda source, done, due: bar.update(task, completed=done, total=due, source=source)


def _lines(failures: list[tuple[str, Failed]]) -> list[str]:
    """Return a line for each source, and one for all those that the same proxy kept from being read."""
    behind = Counter(outcome.reason for _, outcome in failures if outcome.failure == "proxy")
    alone = [
        failed_source(source_id, outcome.failure, outcome.reason)
        for source_id, outcome in failures
        if outcome.failure != "proxy" or behind[outcome.reason] == 1
    ]
    return alone + [
        failed_source(plural(count, "source", "sources"), "proxy", reason) for reason, count in behind.items() if count > 1
    ]  # fmt: skip


def _failures(summary: RunSummary) -> list[tuple[str, Failed]]:
    return sorted((source, outcome) for source, outcome in summary.outcomes.items() if isinstance(outcome, Failed))


def _counts(summary: RunSummary) -> dict[str, int]:
    good = [outcome for outcome in summary.outcomes.values() if isinstance(outcome, Collected)]
    return {
        "ok": sum(not one.unchanged for one in good),
        "unchanged": sum(one.unchanged for one in good),
        "failed": len(summary.outcomes) - len(good),
        "new": sum(one.new for one in good),
        "changed": sum(one.changed for one in good),
        "duplicates": sum(one.duplicates for one in good),
        "seen": sum(one.seen for one in good),
    }


def summary_text(summary: RunSummary) -> str:
    """Return one French line about a run."""
    counts = _counts(summary)
    return run_summary(**{name: counts[name] for name in ("new", "changed", "duplicates", "ok", "unchanged", "failed")})


def summary_json(summary: RunSummary) -> dict[str, Any]:
    """Return the contract of `collect --json`."""
    counts = _counts(summary)
    return {
        "run": summary.run,
        "started_at": stored(summary.started_at),
        "ended_at": stored(summary.ended_at),
        "sources": {"due": len(summary.outcomes)} | {name: counts[name] for name in ("ok", "unchanged", "failed")},
        "items": {name: counts[name] for name in ("new", "changed", "duplicates", "seen")},
        "failures": [
            {
                "source": source,
                "class": outcome.failure,
                "reason": outcome.reason,
                "next_visit_at": summary.next_visits.get(source),
            }
            for source, outcome in _failures(summary)
        ],
    }


__all__ = ["collect", "run_collection", "summary_json", "summary_text"]
