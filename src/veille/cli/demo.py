"""`veille demo`: the whole of veille on a sample, offline."""

import contextlib
import subprocess
import tempfile
from pathlib import Path

import click

from veille.cli.collecting import run_collection, summary_text
from veille.cli.options import config_option, db_option, read_clock
from veille.cli.serving import free_port, serve_command
from veille.clock import PARIS
from veille.messages import failed_source, plural
from veille.model import Failed
from veille.resources import package_text
from veille.sample import documents, sample_config, serving
from veille.store import connect


@click.command(help="Montrer veille en marche : un échantillon servi en local, collecté, compris, puis le site.")
@click.option("--once", is_flag=True, help="Collecter, dire le bilan et s’arrêter.")
@click.option("--port", "-p", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Le port du site.")
@config_option
@db_option
def demo(*, once: bool, port: int, config_file: str, db_file: str) -> None:  # noqa: ARG001
    sample = package_text("sample.yaml")
    today = read_clock()().astimezone(PARIS).date()
    with tempfile.TemporaryDirectory(prefix="veille-demo-") as folder:
        db = str(Path(folder) / "veille.db")
        config = Path(folder) / "feeds.yaml"
        answers = documents(sample, today)
        with serving(answers) as root:
            config.write_text(sample_config(sample, root), encoding="utf-8")
            click.echo(f"{plural(len(answers), 'source', 'sources')} d’exemple servies sur {root}")
            for label in ("Première collecte", "Deuxième collecte"):
                summary = run_collection(str(config), db, everything=True, allow_private=True, spacing=0.0)
                assert summary is not None
                click.echo(f"{label} : {summary_text(summary)}")
                for source, outcome in summary.outcomes.items():
                    if isinstance(outcome, Failed) and source not in summary.quiet_failures:
                        click.echo(f"  {failed_source(source, outcome.failure, outcome.reason)}")
        _tell(db)
        if once:
            return
        port = free_port(port)
        click.echo(f"\nLe site : http://127.0.0.1:{port}/   (Ctrl+C pour arrêter)\n")
        with contextlib.suppress(KeyboardInterrupt):
            subprocess.run(serve_command(db, host="127.0.0.1", port=port), check=False)  # noqa: S603 - our own interpreter


def _tell(db_file: str) -> None:
    """What the database holds now."""
    db = connect(db_file)
    one = lambda sql: db.conn.execute(sql).fetchone()[0]  # noqa: E731
    click.echo(
        f"{plural(one('select count(*) from articles'), 'article', 'articles')}, "
        f"{one('select count(distinct code) from item_territories')} départements, "
        f"{one('select count(distinct tag_id) from item_tags')} thèmes, "
        f"{plural(one('select count(*) from items where interest >= 0.5'), 'article d’intérêt', 'articles d’intérêt')}, "
        f"{plural(one('select count(*) from (select item_id from sightings group by 1 having count(*) > 1)'), 'vu', 'vus')} dans deux sources"
    )
    db.close()

