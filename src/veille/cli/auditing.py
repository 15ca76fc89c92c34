"""`veille audit`: what earlier rules may have done to what is held. Nothing is changed."""

import contextlib
import json
import sys
from itertools import groupby

import click

from veille.cli.options import config_option, db_option, open_database, read_clock
from veille.messages.common import plural
from veille.messages.keeping import AUDIT_CLEAN, AUDIT_DO, AUDIT_HEADS, AUDIT_MORE
from veille.resources import load_knowledge

_SHOWN = 20


@click.command(
    short_help="Relire ce que d’anciennes règles ont pu faire.",
    help="Chercher dans la base les articles qui ont pu prendre la place ou l’adresse d’un autre ; dire lesquels et que faire. "
    "Rien n’est changé. Sortie 1 quand il y a quelque chose à revoir.",
)
@click.option("--all", "everything", is_flag=True, help="Tout montrer, au lieu des vingt premiers de chaque sorte.")
@click.option("--json", "as_json", is_flag=True, help="Écrire en JSON.")
@config_option
@db_option
def audit(*, everything: bool, as_json: bool, config_file: str, db_file: str) -> None:  # noqa: ARG001
    from veille.store.keeping.auditing import audit as look_again

    with contextlib.closing(open_database(db_file, load_knowledge, read_clock()(), existing=True)) as db:
        found = look_again(db)
    if as_json:
        click.echo(json.dumps([{"kind": one.kind, "articles": one.items, "said": one.said} for one in found], ensure_ascii=False, indent=1))
    elif not found:
        click.echo(AUDIT_CLEAN)
    else:
        for kind, group in groupby(found, key=lambda one: one.kind):
            ones = list(group)
            click.echo(AUDIT_HEADS[kind].format(count=plural(len(ones), "article", "articles")) + ".")
            for one in ones if everything else ones[:_SHOWN]:
                click.echo(f"  {', '.join(map(str, one.items))} : {one.said}")
            if len(ones) > _SHOWN and not everything:
                click.echo(AUDIT_MORE.format(count=len(ones) - _SHOWN))
            click.echo(f"  {AUDIT_DO[kind]}\n")
    sys.exit(1 if found else 0)
