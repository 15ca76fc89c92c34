"""`veille demo`: the whole of veille on a sample, offline."""

import contextlib
import secrets
import signal
import subprocess
import tempfile
from pathlib import Path

import click
import yaml

from veille.cli.collecting import run_collection, summary_text
from veille.cli.options import file_of, read_clock
from veille.cli.sample import documents, sample_config, serving
from veille.cli.serving import free_port, serve_command
from veille.clock import PARIS
from veille.errors import UsageError
from veille.messages.collecting import failed_source
from veille.messages.common import plural
from veille.messages.keeping import CHOSEN_BECAUSE, FILE_EXISTS
from veille.model import Failed
from veille.moments import stored
from veille.resources import load_kinds, load_knowledge, load_line_words, package_text
from veille.store import connect, writing
from veille.store.curating.accounts import add_account
from veille.store.curating.decisions import decide
from veille.store.curating.fiches import By
from veille.store.curating.queue import worthwhile
from veille.store.curating.sample import make_initiatives
from veille.store.reading.summary import at_a_glance


@click.command(
    short_help="Montrer veille en marche, hors ligne.",
    help="Montrer veille en marche : un échantillon servi en local, collecté, compris, puis le site.",
)
@click.option("--once", is_flag=True, help="Collecter, dire le bilan et s’arrêter.")
@click.option("--port", "-p", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Le port du site.")
@click.option("--config", "config_file", metavar="FICHIER", help="Les sources à montrer, à la place de l’échantillon.")
@click.option("--db", "db_file", metavar="FICHIER", help="Où garder la base, qui doit être neuve ; sans cela elle est jetée à la fin.")
def demo(*, once: bool, port: int, config_file: str | None, db_file: str | None) -> None:
    if db_file and Path(db_file).exists():
        raise UsageError(FILE_EXISTS.format(file=db_file))
    db_file = db_file and file_of(db_file)
    with tempfile.TemporaryDirectory(prefix="veille-demo-") as folder, contextlib.ExitStack() as stack:
        db = db_file or str(Path(folder) / "veille.db")
        own = bool(config_file)
        if not config_file:
            config_file = str(Path(folder) / "feeds.yaml")
            sample = package_text("sample.yaml")
            answers = documents(sample, read_clock()().astimezone(PARIS).date())
            root = stack.enter_context(serving(answers))
            Path(config_file).write_text(sample_config(sample, root), encoding="utf-8")
            click.echo(f"{plural(len(answers), 'source', 'sources')} d’exemple servies sur {root}")
        for label in ("Première collecte", "Deuxième collecte"):
            summary = run_collection(config_file, db, everything=True, allow_private=True, spacing=0.0)
            assert summary is not None
            click.echo(f"{label} : {summary_text(summary)}")
            for source, outcome in summary.outcomes.items():
                if isinstance(outcome, Failed) and source not in summary.quiet_failures:
                    click.echo(f"  {failed_source(source, outcome.failure, outcome.reason)}")
        password = _curate(db)
        _tell(db, 0 if own else _capitalise(db))
        if once:
            return
        port = free_port(port)
        click.echo(f"\nPour décider : http://127.0.0.1:{port}/connexion, compte « demo », mot de passe « {password} »")
        click.echo(f"Le site : http://127.0.0.1:{port}/   (Ctrl+C pour arrêter)\n")
        _serve_until_stopped(serve_command(db, host="127.0.0.1", port=port))


def _serve_until_stopped(command: list[str]) -> None:
    """Run the site; Ctrl+C, a closed terminal and a polite kill all end it, and the sample with it."""

    def stop(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # a shell may have set SIGINT to be ignored
        signal.signal(number, stop)
    site = subprocess.Popen(command)  # noqa: S603 - our own interpreter
    try:
        site.wait()
    except KeyboardInterrupt:
        site.terminate()
        site.wait()


def _curate(db_file: str) -> str:
    """An account for the visitor, and a first selection made with it; its password."""
    password = secrets.token_urlsafe(9)
    clock = read_clock()
    with contextlib.closing(connect(db_file)) as db:
        add_account(db, "demo", password, "admin", clock())
        with writing(db):
            for item_id in worthwhile(db, most=3):
                decide(db, account_id=1, item_id=item_id, action="select", at=stored(clock()) or "", why=CHOSEN_BECAUSE)
    return password


def _capitalise(db_file: str) -> int:
    """Initiatives born of the sample's articles; how many."""
    given = yaml.safe_load(package_text("sample.yaml"))["initiatives"]
    with contextlib.closing(connect(db_file)) as db, writing(db):
        by, places = By(account=1, at=stored(read_clock()()) or ""), load_knowledge().place_words
        make_initiatives(db, given, load_kinds()["initiative"], load_line_words(), places, by)
    return len(given)


def _tell(db_file: str, initiatives: int = 0) -> None:
    """What the database holds now."""
    with contextlib.closing(connect(db_file)) as db:
        articles, places, themes, interesting, twice, selected = at_a_glance(db)
    click.echo(
        f"{plural(articles, 'article', 'articles')} de {places} départements et {themes} thèmes, "
        f"{interesting} d’intérêt, {plural(twice, 'vu', 'vus')} dans deux sources, {plural(selected, 'sélectionné', 'sélectionnés')}"
        f"{', ' + plural(initiatives, 'initiative', 'initiatives') if initiatives else ''}."
    )
