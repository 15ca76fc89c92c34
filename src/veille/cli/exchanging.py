"""`veille opml`: the sources, to and from other readers."""

from pathlib import Path

import click

from veille.cli.options import config_option, db_option, read_config
from veille.config import source_yaml
from veille.config.opml import read_opml, write_opml
from veille.errors import UsageError
from veille.messages import FILE_MISSING, FILE_UNREADABLE, OPML_TITLE


@click.command(
    short_help="Échanger les sources avec d’autres lecteurs (OPML).",
    help="Écrire en OPML les sources de feeds.yaml ; avec un FICHIER, écrire les lignes de feeds.yaml que donne cet OPML.",
)
@click.argument("fichier", required=False)
@config_option
@db_option
def opml(*, fichier: str | None, config_file: str, db_file: str) -> None:  # noqa: ARG001
    if fichier is None:
        config = read_config(config_file)
        click.echo(write_opml(config.sources, OPML_TITLE), nl=False)
        return
    try:
        text = Path(fichier).read_bytes()
    except FileNotFoundError as exc:
        raise UsageError(FILE_MISSING.format(file=fichier)) from exc
    except OSError as exc:
        raise UsageError(FILE_UNREADABLE.format(file=fichier)) from exc
    click.echo("version: 1\nsources:")
    for source in read_opml(text):
        click.echo(source_yaml(source), nl=False)
