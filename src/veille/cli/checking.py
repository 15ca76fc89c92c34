"""`veille check`."""

import os
import sys

import click

from veille.cli.options import config_option, db_option, read_config
from veille.errors import ConfigError
from veille.messages.collecting import BEHIND_PROXY, CONFIG_FINE, EXAMPLE_CONTACT, UNSET_HERE, UNSET_VARIABLE
from veille.messages.common import plural
from veille.model import Access, Config
from veille.store.keeping.installation import EXAMPLE_CONTACTS


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
    for name in unset_variables(config):
        click.echo(UNSET_HERE.format(file=config_file, said=UNSET_VARIABLE.format(name=name)), err=True)
    if config.proxy.url or any(source.access.proxy.url for source in config.sources):
        click.echo(BEHIND_PROXY.format(file=config_file), err=True)
    if config.contact.endswith(EXAMPLE_CONTACTS):
        click.echo(EXAMPLE_CONTACT.format(file=config_file, contact=config.contact), err=True)
    click.echo(CONFIG_FINE.format(file=config_file, sources=plural(len(config.sources), "source", "sources")))


def unset_variables(config: Config) -> list[str]:
    """Return the environment variables that feeds.yaml names and that are not defined."""
    ways = [Access(proxy=config.proxy), *(source.access for source in config.sources)]
    names = {name for way in ways for name in (way.proxy.user, way.proxy.password, *(held for _, held in way.headers)) if name}
    return sorted(names - os.environ.keys())
