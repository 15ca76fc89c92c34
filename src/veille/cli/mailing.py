"""`veille letters send|check|resume`: the mail leaves from here, every minute by cron; silent when well."""

import contextlib
import sys
from collections import Counter
from pathlib import Path

import click

from veille.cli.options import config_option, db_option, read_clock, read_config
from veille.config import is_address
from veille.errors import MailError, UsageError
from veille.fetch.variables import variable
from veille.mailing.run import Door, send_due
from veille.mailing.writing import written
from veille.messages.common import plural
from veille.messages.mailing import (
    ANOTHER_SENDER,
    BALANCE_FALSE,
    MAIL_BAD_ADDRESS,
    MAIL_BALANCE,
    MAIL_READY,
    MAIL_STATES,
    MAIL_TEST,
    MAIL_WHERE_FOLDER,
    MAIL_WHERE_RELAY,
    NO_MAIL,
    RECOVERED,
    RESUMED,
)
from veille.model import Mail
from veille.send.folder import FolderMailer
from veille.send.relay import Mailer, Relay
from veille.store.connection import Connection
from veille.store.mailing import ledger
from veille.store.mailing.file import adopt, at_once, must_be_the_sender, one_sender, open_courrier


@click.group(subcommand_metavar="COMMANDE …", help="Le courrier : l’envoyer, l’essayer, le reprendre.")
def letters() -> None:
    """Mail; see the commands below."""


def _file(db_file: str) -> Path:
    """Return the file of the mail, beside the database."""
    return Path(db_file).with_name("courrier.db")


def _mail(config_file: str) -> Mail:
    mail = read_config(config_file).mail
    if not mail.host and not mail.folder:
        raise UsageError(NO_MAIL.format(file=config_file))
    return mail


def _door(mail: Mail) -> Mailer | FolderMailer:
    if mail.folder:
        return FolderMailer(Path(mail.folder))
    user, password = (variable(name) if name else "" for name in (mail.user, mail.password))
    return Mailer(Relay(host=mail.host, port=mail.port, tls=mail.tls, user=user, password=password))


def _send(db: Connection, door: Door, mail: Mail) -> list[str]:
    """Send what is due; what is to be told of it."""
    clock = read_clock()
    report = send_due(db, door, lambda due: written(due, mail.sender, clock()), clock, sender=mail.sender, per_minute=mail.per_minute)
    told = [RECOVERED.format(count=report.recovered)] if report.recovered else []
    told += [report.stopped] if report.stopped else []
    for one in ledger.balances(db):
        if not one.is_true:
            told.append(BALANCE_FALSE.format(batch=one.batch, states=sum(one.states.values()), recipients=one.recipients))
    return told


@letters.command(
    short_help="Envoyer ce qui attend.", help="Envoyer ce qui attend, une fois ; à lancer chaque minute. Rien n’est dit quand tout va bien."
)
@config_option
@db_option
def send(config_file: str, db_file: str) -> None:
    mail, path = _mail(config_file), _file(db_file)
    with one_sender(path) as mine, contextlib.closing(open_courrier(path)) as db:
        if not mine:
            return  # another one is at work
        must_be_the_sender(db, path)
        with _door(mail) as door:
            told = _send(db, door, mail)
    for sentence in told:
        click.echo(sentence, err=True)
    if told:
        sys.exit(1)


@letters.command(short_help="Essayer le courrier.", help="Dire si le courrier peut partir, et ce qui attend ; avec --to, envoyer un essai.")
@click.option("--to", "address", metavar="ADRESSE", help="À qui envoyer un essai.")
@config_option
@db_option
def check(address: str | None, config_file: str, db_file: str) -> None:
    if address is not None and not is_address(address):
        raise UsageError(MAIL_BAD_ADDRESS.format(address=address[:60]))
    mail, path = _mail(config_file), _file(db_file)
    with one_sender(path) as mine, contextlib.closing(open_courrier(path)) as db:
        if not mine:
            raise UsageError(ANOTHER_SENDER)
        must_be_the_sender(db, path)
        with _door(mail) as door:
            try:
                door.open()
            except MailError as exc:
                raise UsageError(str(exc)) from exc
            where = MAIL_WHERE_FOLDER.format(folder=mail.folder) if mail.folder else MAIL_WHERE_RELAY.format(
                host=mail.host, port=mail.port, tls=mail.tls
            )  # fmt: skip
            click.echo(MAIL_READY.format(where=where))
            if address is not None:
                _test(db, door, mail, address)
        counts: Counter[str] = Counter()
        for one in ledger.balances(db):
            counts.update(one.states)
        for state, count in sorted(counts.items()):
            click.echo("  " + MAIL_BALANCE.format(state=MAIL_STATES[state], count=count))


def _test(db: Connection, door: Door, mail: Mail, address: str) -> None:
    """Send a test through the accounts, as any mail."""
    now = read_clock()()
    with at_once(db):
        contact = ledger.contact(db, address, now.isoformat())
    batch = ledger.freeze(db, "essai", [contact], {}, now, domain=mail.sender.rpartition("@")[2])
    told = _send(db, door, mail)
    for sentence in told:
        click.echo(sentence, err=True)
    state, said = ledger.state_of(db, batch)
    ledger.forget_unconfirmed(db, contact)
    click.echo(MAIL_TEST.get(state, "{said}").format(address=address, said=said))
    if state != "sent":
        sys.exit(1)


@letters.command(
    short_help="Reprendre une copie.",
    help="Faire de ce fichier, restauré ou copié, celui qui envoie ; ce qui n’était pas fini est retenu.",
)
@config_option
@db_option
def resume(config_file: str, db_file: str) -> None:  # noqa: ARG001
    path = _file(db_file)
    with one_sender(path) as mine, contextlib.closing(open_courrier(path)) as db:
        if not mine:
            raise UsageError(ANOTHER_SENDER)
        adopt(db, path)
        held = ledger.hold_all(db, read_clock()())
    click.echo(RESUMED.format(file=path, held=plural(held, "message retenu", "messages retenus")))
