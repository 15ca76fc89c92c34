"""`veille check`."""

import sys

import click

from veille.cli.options import config_option, db_option, read_config
from veille.errors import ConfigError
from veille.messages import CONFIG_FINE, EXAMPLE_CONTACT, plural

_EXAMPLES = ("@exemple.fr", "@example.org", "@example.com")


@click.command(
    short_help="Vérifier feeds.yaml.", help="Vérifier feeds.yaml : tous les problèmes, avec la ligne et ce qui était sans doute voulu."
)
@config_option
@db_option
def check(config_file: str, db_file: str) -> None:  # noqa: ARG001 - every command takes --db
    try:
        config = read_config(config_file)
    except ConfigError as exc:
        click.echo(str(exc), err=True)
        sys.exit(2)
    for warning in config.warnings:
        click.echo(f"{warning} (avertissement)", err=True)
    if config.contact.endswith(_EXAMPLES):
        click.echo(EXAMPLE_CONTACT.format(file=config_file, contact=config.contact), err=True)
    click.echo(CONFIG_FINE.format(file=config_file, sources=plural(len(config.sources), "source", "sources")))
