"""`veille forget`: what somebody has the right to see gone, for good."""

import contextlib
import sys
from pathlib import Path

import click

from veille.cli.collecting import alone
from veille.cli.options import config_option, db_option, open_database, read_clock
from veille.errors import UsageError
from veille.french import bare
from veille.messages.common import plural
from veille.messages.keeping import (
    COLLECTOR_FIRST,
    COPIES_REMAIN,
    FORGET_NEEDS_YES,
    FORGET_QUESTION,
    FORGOTTEN,
    NOTHING_FORGOTTEN,
    NOTHING_TO_FORGET,
    YES_OR_NO,
)
from veille.resources import load_knowledge
from veille.store.collecting.sources import source_states
from veille.store.collecting.tombstones import any_forgotten
from veille.store.keeping.forgetting import Doomed, by_address, by_source, by_text, fiches_that_say, purge
from veille.store.keeping.forgetting import forget as forget_items

_SHOWN, _LEAST = 20, 3


@click.command(
    short_help="Oublier des articles, pour de bon.",
    help="Oublier des articles : celui d’une ADRESSE, ceux d’une SOURCE (son id), ou tous ceux où se lit un TEXTE (un nom, par exemple). "
    "Textes, versions et preuves quittent la base et son journal ; une empreinte empêche qu’ils reviennent. Rien ne s’annule.",
)
@click.argument("what", metavar="ADRESSE|SOURCE|TEXTE")
@click.option("--yes", is_flag=True, help="Ne pas demander confirmation.")
@config_option
@db_option
def forget(what: str, *, yes: bool, config_file: str, db_file: str) -> None:  # noqa: ARG001
    now = read_clock()()
    with alone(db_file) as free:
        if not free:
            raise UsageError(COLLECTOR_FIRST)
        with contextlib.closing(open_database(db_file, load_knowledge, now, durable=True, existing=True)) as db:
            sources = {one.id for one in source_states(db)}
            words = "://" not in what and what not in sources
            if "://" in what:
                found = by_address(db, what)
            else:
                found = by_source(db, what) if what in sources else by_text(db, what.strip()) if len(what.strip()) >= _LEAST else []
            said = fiches_that_say(db, what.strip()) if words and len(what.strip()) >= _LEAST else []
            if not found and not said and any_forgotten(db):
                purge(db)  # what an earlier call could not finish, a reader being there
            if not found and not said:
                raise UsageError(NOTHING_TO_FORGET.format(what=what[:100]))
            _show(found)
            if not yes:
                if not sys.stdin.isatty():
                    raise UsageError(FORGET_NEEDS_YES)
                if not _confirmed(FORGET_QUESTION.format(items=_counted(found, said))):
                    click.echo(NOTHING_FORGOTTEN)
                    return
            forget_items(db, [one.id for one in found], now, everywhere=words, phrase=what.strip() if said else "")
    click.echo(FORGOTTEN.format(items=_counted(found, said)))
    copies = _other_files(Path(db_file))
    if copies:
        click.echo(COPIES_REMAIN.format(files=", ".join(copies)))


def _other_files(path: Path) -> list[str]:
    """SQLite files beside the database, in the folder of the command, and in its folders: copies, as far as can be seen."""
    found = set()
    for folder in (path.resolve().parent, Path.cwd()):
        for one in (*folder.glob("*"), *folder.glob("*/*")):
            with contextlib.suppress(OSError):
                if one.is_file() and one.resolve() != path.resolve() and one.stat().st_size > 100:
                    with one.open("rb") as file:
                        found |= {str(one.relative_to(folder))} if file.read(15) == b"SQLite format 3" else set()
    return sorted(found)


def _confirmed(question: str) -> bool:
    """Return whether somebody says yes, in French."""
    while True:
        said = bare(click.prompt(question, prompt_suffix=" [o/N] : ", default="", show_default=False))
        if said in ("", "n", "non", "o", "oui"):
            return said in ("o", "oui")
        click.echo(YES_OR_NO)


def _counted(found: list[Doomed], fiches: list[int]) -> str:
    """Return what is forgotten, in words."""
    told = [plural(len(found), "article", "articles")] if found or not fiches else []
    return " et ".join([*told, *([plural(len(fiches), "fiche", "fiches")] if fiches else [])])


def _show(found: list[Doomed]) -> None:
    for one in found[:_SHOWN]:
        click.echo(f"  {one.id}  {one.title[:90]}  ({one.source_id})")
    if len(found) > _SHOWN:
        click.echo(f"  … et {len(found) - _SHOWN} de plus")
