"""`veille serve`."""

import contextlib

import click

from veille.cli.options import config_option, db_option, open_database, read_clock
from veille.resources import load_knowledge


@click.command(help="Servir le site : la base est mise à jour, puis Datasette démarre avec les pages de veille.")
@config_option
@db_option
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADRESSE", help="Où écouter.")
@click.option("--port", "-p", type=click.IntRange(0, 65535), default=8001, show_default=True, help="Sur quel port.")
@click.option("--base-url", default="/", show_default=True, metavar="CHEMIN", help="Le chemin du site derrière un mandataire.")
def serve(config_file: str, db_file: str, host: str, port: int, base_url: str) -> None:  # noqa: ARG001
    with contextlib.closing(open_database(db_file, load_knowledge(), read_clock()())):
        pass
    from veille.web.serving import serve_forever

    serve_forever(db_file, host=host, port=port, base_url=base_url)
