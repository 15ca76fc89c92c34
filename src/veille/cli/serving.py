"""`veille serve`: Datasette as a process of its own, so that its plugins load the way they do everywhere.

The tokens of forms are signed with a secret that is made at the first start and kept beside the database, readable by its owner alone.
"""

import contextlib
import importlib
import os
import secrets
import signal
import socket
import sys
from pathlib import Path

import click

from veille.cli.options import config_option, db_option, given_db, open_database, read_clock, read_config
from veille.errors import ConfigError, StoreError, UsageError
from veille.messages.common import DATABASE_UNUSABLE
from veille.messages.keeping import NO_SITE, PORT_TAKEN
from veille.messages.machine import why
from veille.resources import load_knowledge
from veille.store import writing
from veille.store.connection import Connection
from veille.store.settings import remember_settings, setting

_SECRET_BYTES = 32
SETTINGS = {
    "allow_download": "off", "default_allow_sql": "off", "suggest_facets": "off", "max_returned_rows": "500", "sql_time_limit_ms": "400",
    "facet_time_limit_ms": "50",
}  # fmt: skip


@click.command(
    short_help="Servir le site.", help="Servir le site : la base est mise à jour, puis Datasette démarre avec les pages de veille."
)
@config_option
@db_option
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADRESSE", help="Où écouter.")
@click.option("--port", "-p", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Sur quel port.")
@click.option("--base-url", default="/", show_default=True, metavar="CHEMIN", help="Le chemin du site derrière un mandataire.")
@click.option(
    "--allow-private-network", is_flag=True, help="Admettre les adresses privées qu’un documentaliste apporte (essais seulement)."
)
def serve(config_file: str, db_file: str, host: str, port: int, base_url: str, *, allow_private_network: bool) -> None:
    with contextlib.closing(open_database(db_file, load_knowledge, read_clock()())) as db:
        _tell_where(db, config_file)
    if not can_listen(host, port):
        raise UsageError(PORT_TAKEN.format(host=host, port=port))
    if allow_private_network:
        os.environ["VEILLE_ALLOW_PRIVATE_NETWORK"] = "1"
    os.environ["DATASETTE_SECRET"] = form_secret(db_file)
    command = serve_command(given_db(db_file), host=host, port=port, base_url=base_url)
    sys.stdout.flush()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # until our own code is there again to end in silence
    os.execv(command[0], command)  # noqa: S606 - our own interpreter; signals reach Datasette itself


def _tell_where(db: Connection, config_file: str) -> None:
    """The file learns who watches and where the site is (`contact:`, `site:`); whoever serves is told what no address means."""
    contact, told = setting(db, "contact"), setting(db, "site")
    try:
        config = read_config(config_file)
        contact, told = config.contact, config.site
    except ConfigError as exc:  # a site that stands must not fall for a mistake in feeds.yaml
        if Path(config_file).exists():
            click.echo(exc.problems[0], err=True)
    if (contact, told) != (setting(db, "contact"), setting(db, "site")):
        with writing(db):
            remember_settings(db, contact=contact, site=told)
    if not told:
        click.echo(NO_SITE.format(file=config_file), err=True)


@click.command("datasette", hidden=True, context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def datasette_(arguments: tuple[str, ...]) -> None:
    """Datasette as the program that it is, under our own way to end: an interruption, at whatever moment, is no traceback."""
    program = importlib.import_module("datasette.cli").cli  # before our plugin, which it loads itself
    program.main(args=list(arguments), prog_name="datasette", standalone_mode=False)


def serve_command(db_file: str, *, host: str, port: int, base_url: str = "/") -> list[str]:
    """Return the command line of Datasette on this file, with settings that suit a public site."""
    command = [sys.executable, "-m", "veille", "datasette", "serve", db_file, "--host", host, "--port", str(port)]
    for name, value in {**SETTINGS, "base_url": base_url}.items():
        command += ["--setting", name, value]
    return command


def form_secret(db_file: str) -> str:
    """Return the secret of this site; made when absent, mode 0600 from its first byte. Raises StoreError when it cannot be kept."""
    path = Path(db_file + ".secret")
    try:
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_hex(_SECRET_BYTES))
        return path.read_text(encoding="ascii").strip()
    except OSError as exc:
        raise StoreError(DATABASE_UNUSABLE.format(file=path, why=why(exc))) from exc


def can_listen(host: str, port: int) -> bool:
    """Return whether a server could listen there now."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError):
        return False
    return True


def free_port(wanted: int) -> int:
    """Return the wanted port, or another one that nobody uses when it is taken."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    return wanted
