"""The door to the operator: arguments, clock, files, exit codes. One file per group of commands.

Exit codes: 0 done, 1 some sources failed, 2 could not run.
"""

import gettext
import os
import sys
from pathlib import Path

import click

from veille import __version__
from veille.errors import VeilleError
from veille.logs import printable
from veille.messages import NO_MEMORY, SYSTEM_REFUSES, UNEXPECTED

# Each command and the file that has it, loaded when it is asked for: collecting needs neither Datasette nor what learns.
_COMMANDS = {
    "collect": "collecting:collect",
    "check": "checking:check",
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
    "predict": "predicting:predict",
    "curators": "curating:curators",
}


class _Commands(click.Group):
    """The commands of veille."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's interface
        return sorted(_COMMANDS)

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
    """What the file or the machine may raise; SQLite has its say where a command has loaded it."""
    connection = sys.modules.get("veille.store.connection")
    return (OSError, MemoryError, *([connection.sqlite3.Error] if connection else []))


def main() -> None:
    """A mistake of the person is one sentence and exit 2, never a traceback."""
    speak_french()
    sys.unraisablehook = lambda _unraisable: None  # what a library cannot even say while it ends is no line of cron's mail
    try:
        cli.main(prog_name="veille", standalone_mode=False)
    except VeilleError as exc:
        click.echo(str(exc), err=True)
        sys.exit(2)
    except _unexpected() as exc:  # of the file or the machine: a sentence, and no traceback
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
