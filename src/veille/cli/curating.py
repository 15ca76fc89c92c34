"""`veille curators add|password|role|list|disable`."""

import contextlib
import sys

import click

from veille.cli.options import config_option, db_option, open_database, read_clock
from veille.french import bare
from veille.messages.curating import ACCOUNT_ADDED, ACCOUNT_DISABLED, NO_SUCH_ROLE, PASSWORD_CHANGED, ROLE_CHANGED, ROLE_NAMES, ROLES_ARE
from veille.resources import load_knowledge
from veille.store.curating.accounts import accounts, add_account, disable_account, set_password, set_role


def _role(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Return a role as the file keeps it, by its French name or its own; raises BadParameter with the names that there are."""
    wanted = bare(value)
    found = next((role for role, named in ROLE_NAMES.items() if wanted in (role, bare(named))), None)
    if found is None:
        raise click.BadParameter(NO_SUCH_ROLE.format(value=value[:40], roles=", ".join(ROLE_NAMES.values())))
    return found


@click.group(subcommand_metavar="COMMANDE …", help="Les comptes des documentalistes.")
def curators() -> None:
    """Accounts; see the commands below."""


def _ask_password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Mot de passe", hide_input=True, confirmation_prompt="Encore une fois"))
    return sys.stdin.readline().rstrip("\n")


@curators.command(
    short_help="Créer un compte.", help="Créer un compte ; le mot de passe est demandé, ou lu sur l’entrée si elle n’est pas un terminal."
)
@click.argument("name", metavar="NOM")
@click.option("--role", callback=_role, default="documentaliste", metavar="RÔLE", help=ROLES_ARE)
@config_option
@db_option
def add(name: str, role: str, config_file: str, db_file: str) -> None:  # noqa: ARG001
    given = _ask_password()
    now = read_clock()()
    with contextlib.closing(open_database(db_file, load_knowledge, now, durable=True)) as db:
        add_account(db, name, given, role, now)
    click.echo(ACCOUNT_ADDED.format(name=name, role=ROLE_NAMES[role]))


@curators.command(short_help="Changer un mot de passe.", help="Donner un nouveau mot de passe à un compte ; demandé, ou lu sur l’entrée.")
@click.argument("name", metavar="NOM")
@config_option
@db_option
def password(name: str, config_file: str, db_file: str) -> None:  # noqa: ARG001
    given = _ask_password()
    with contextlib.closing(open_database(db_file, load_knowledge, read_clock()(), durable=True, existing=True)) as db:
        set_password(db, name, given)
    click.echo(PASSWORD_CHANGED.format(name=name))


@curators.command(short_help="Changer un rôle.", help="Donner un autre rôle à un compte, et clore ses sessions.")
@click.argument("name", metavar="NOM")
@click.argument("given", metavar="RÔLE", callback=_role)
@config_option
@db_option
def role(name: str, given: str, config_file: str, db_file: str) -> None:  # noqa: ARG001
    with contextlib.closing(open_database(db_file, load_knowledge, read_clock()(), durable=True, existing=True)) as db:
        set_role(db, name, given)
    click.echo(ROLE_CHANGED.format(name=name, role=ROLE_NAMES[given]))


@curators.command("list", help="Tous les comptes.")
@config_option
@db_option
def list_(config_file: str, db_file: str) -> None:  # noqa: ARG001
    from rich.console import Console
    from rich.table import Table

    now = read_clock()()
    with contextlib.closing(open_database(db_file, load_knowledge, now, existing=True)) as db:
        found = accounts(db)
    table = Table("compte", "rôle", "créé le", "état", box=None)
    for one in found:
        table.add_row(
            one.name,
            ROLE_NAMES[one.role],
            one.created_at[:10],
            f"désactivé le {one.disabled_at[:10]}" if one.disabled_at else "actif",
        )
    Console().print(table)


@curators.command(short_help="Désactiver un compte.", help="Désactiver un compte et clore ses sessions ; ses décisions restent.")
@click.argument("name", metavar="NOM")
@config_option
@db_option
def disable(name: str, config_file: str, db_file: str) -> None:  # noqa: ARG001
    now = read_clock()()
    with contextlib.closing(open_database(db_file, load_knowledge, now, durable=True, existing=True)) as db:
        disable_account(db, name, now)
    click.echo(ACCOUNT_DISABLED.format(name=name))
