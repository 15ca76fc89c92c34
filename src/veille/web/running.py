"""Datasette's command line, in this process."""

from collections.abc import Sequence

from datasette.cli import cli


def run(arguments: Sequence[str]) -> None:
    """Run `datasette <arguments>`; raises what click raises, for the caller to say."""
    cli.main(args=list(arguments), prog_name="datasette", standalone_mode=False)
