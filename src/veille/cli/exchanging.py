"""`veille opml`: the sources, to and from other readers."""

import sys
from pathlib import Path

import click

from veille.cli.options import config_option, db_option, read_config
from veille.config import parse_config, source_yaml
from veille.config.opml import read_opml, write_opml
from veille.errors import ConfigError, UsageError
from veille.messages.collecting import OPML_TITLE
from veille.messages.common import FILE_MISSING, FILE_UNREADABLE
from veille.resources import load_names


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
    names = load_names()
    written, refused = [], []
    for source in read_opml(text):
        lines = source_yaml(source)
        try:  # what `veille check` would refuse is told, and not written
            parse_config(f"version: 1\nsources:\n{lines}", fichier, names)
        except ConfigError as exc:
            refused.append(f"{source.name} : {exc.problems[0].split(': ', 1)[-1]}")
        else:
            written.append(lines)
    click.echo("version: 1\nsources:" + ("" if written else " []"))
    click.echo("".join(written), nl=False)
    for sentence in refused:
        click.echo(sentence, err=True)
    if refused:
        sys.exit(1)
