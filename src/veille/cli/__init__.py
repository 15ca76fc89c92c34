"""The door to the operator: arguments, clock, files, exit codes. One file per group of commands.

Exit codes: 0 done, 1 some sources failed, 2 could not run.
"""

import contextlib
import gettext
import os
import signal
import sys
from pathlib import Path

import click

from veille import __version__
from veille.cli import streams
from veille.errors import VeilleError, is_torn_schema
from veille.logs import printable
from veille.messages.common import DATABASE_UNUSABLE
from veille.messages.keeping import NO_MEMORY, OUTPUT_REFUSED, SYSTEM_REFUSES, UNEXPECTED
from veille.messages.machine import why

# Each command and the file that has it, loaded when it is asked for: collecting needs neither Datasette nor what learns.
_COMMANDS = {
    "collect": "collecting:collect",
    "check": "checking:check",
    "doctor": "doctor:doctor",
    "try": "trying:try_",
    "sources": "watching:sources",
    "serve": "serving:serve",
    "demo": "demo:demo",
    "opml": "exchanging:opml",
    "audit": "auditing:audit",
    "backup": "keeping:backup",
    "restore": "keeping:restore",
    "export": "keeping:export",
    "import": "keeping:import_",
    "forget": "forgetting:forget",
    "retag": "retagging:retag",
    "learn": "learning:learn_",
    "letters": "mailing:letters",
    "predict": "predicting:predict",
    "curators": "curating:curators",
    "datasette": "serving:datasette_",  # what `serve` becomes; not listed
}


class _Commands(click.Group):
    """The commands of veille."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return sorted(_COMMANDS.keys() - {"datasette"})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        room, _, name = _COMMANDS[cmd_name].partition(":")
        command = getattr(__import__(f"veille.cli.{room}", fromlist=[name]), name)  # an import as others, told to audit hooks
        assert isinstance(command, click.Command)
        return command


@click.command(
    cls=_Commands, subcommand_metavar="COMMANDE …", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="veille", help="Afficher la version.")
def cli() -> None:
    """La veille des innovations publiques dans les départements."""


def speak_french() -> None:
    """click asks gettext for the words of its help and errors: ours are beside the package, whatever the system speaks."""
    gettext.bindtextdomain("messages", str(Path(__file__).parent.parent / "locale"))
    gettext.textdomain("messages")
    os.environ["LANGUAGE"] = "fr"


def _unexpected() -> tuple[type[Exception], ...]:
    """Return what the file or the machine may raise; SQLite has its say where a command has loaded it."""
    connection = sys.modules.get("veille.store.connection")
    return (OSError, MemoryError, *([connection.sqlite3.Error] if connection else []))


def main() -> None:
    """A mistake of the person is one sentence and exit 2, never a traceback."""
    streams.open_streams()
    speak_french()
    sys.unraisablehook = lambda _unraisable: None  # what a library cannot even say while it ends is no line of cron's mail
    code = _run()
    refused = streams.flush_streams()
    if refused is not None and not isinstance(refused, BrokenPipeError):
        _say(OUTPUT_REFUSED.format(why=printable(why(refused), 120)))
        code = 2
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # all is done: an interruption has nothing to interrupt
    sys.exit(code)


def _run() -> int:
    """Return the exit code of a command."""
    try:
        cli.main(prog_name="veille", standalone_mode=False)
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else int(exc.code is not None)
    except VeilleError as exc:
        _say(str(exc))
        return 2
    except BrokenPipeError:  # who read has left
        return 0
    except UnicodeDecodeError as exc:
        if not is_torn_schema(exc):
            raise
        _say(DATABASE_UNUSABLE.format(file="la base", why=why(exc)))
        return 2
    except _unexpected() as exc:  # of the file or the machine: a sentence, and no traceback
        what = NO_MEMORY if isinstance(exc, MemoryError) else SYSTEM_REFUSES.format(why=printable(why(exc), 120))
        _say(UNEXPECTED.format(what=what[0].upper() + what[1:]))
        return 2
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.ClickException as exc:
        with contextlib.suppress(OSError):
            exc.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    return 0


def _say(sentence: str) -> None:
    """A sentence on standard error, if it takes one."""
    with contextlib.suppress(OSError):
        click.echo(sentence, err=True)


__all__ = ["cli", "main"]
