"""The door to the operator: arguments, clock, files, exit codes. One file per group of commands.

Exit codes: 0 done, 1 some sources failed, 2 could not run.
"""

import gettext
import os
import sys
from pathlib import Path

import click
from sqlite_utils.utils import sqlite3

from veille import __version__
from veille.cli.collecting import check, collect
from veille.cli.curating import curators
from veille.cli.demo import demo
from veille.cli.exchanging import opml
from veille.cli.forgetting import forget
from veille.cli.keeping import backup, export, import_, restore
from veille.cli.learning import learn_
from veille.cli.predicting import predict
from veille.cli.retagging import retag
from veille.cli.serving import serve
from veille.cli.trying import try_
from veille.cli.watching import sources
from veille.errors import VeilleError
from veille.logs import printable
from veille.messages import NO_MEMORY, SYSTEM_REFUSES, UNEXPECTED


@click.group(subcommand_metavar="COMMANDE …", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="veille", help="Afficher la version.")
def cli() -> None:
    """La veille des innovations publiques dans les départements."""


for command in (
    collect,
    check,
    try_,
    sources,
    serve,
    demo,
    opml,
    backup,
    restore,
    export,
    import_,
    forget,
    retag,
    learn_,
    predict,
    curators,
):
    cli.add_command(command)


def speak_french() -> None:
    """click asks gettext for the words of its help and errors: ours are beside the package, whatever the system speaks."""
    gettext.bindtextdomain("messages", str(Path(__file__).parent.parent / "locale"))
    gettext.textdomain("messages")
    os.environ["LANGUAGE"] = "fr"


def main() -> None:
    """A mistake of the person is one sentence and exit 2, never a traceback."""
    speak_french()
    sys.unraisablehook = lambda _unraisable: None  # what a library cannot even say while it ends is no line of cron's mail
    try:
        cli.main(prog_name="veille", standalone_mode=False)
    except VeilleError as exc:
        click.echo(str(exc), err=True)
        sys.exit(2)
    except (sqlite3.Error, OSError, MemoryError) as exc:  # of the file or the machine: a sentence, and no traceback
        if isinstance(exc, BrokenPipeError):
            sys.stderr.close()
            sys.exit(0)
        what = NO_MEMORY if isinstance(exc, MemoryError) else SYSTEM_REFUSES.format(why=printable(str(exc), 120))
        click.echo(UNEXPECTED.format(what=what, kind=type(exc).__name__), err=True)
        sys.exit(2)
    except click.exceptions.Exit as exc:
        sys.exit(exc.exit_code)
    except click.ClickException as exc:
        exc.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


__all__ = ["cli", "main"]
