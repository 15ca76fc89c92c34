"""`veille sources`: how each source fares, worst first, and what to do."""

import contextlib
import json
from dataclasses import asdict
from datetime import date, datetime

import click

from veille.cli.options import config_option, db_option, open_database, read_clock
from veille.clock import PARIS
from veille.messages import NO_SOURCES_YET, SOURCE_STATES, spoken_date
from veille.resources import load_knowledge
from veille.store.sources import source_states


@click.command(short_help="Dire l’état de chaque source.", help="Dire l’état de chaque source, les plus malades d’abord, et que faire.")
@click.option("--json", "as_json", is_flag=True, help="Écrire en JSON.")
@config_option
@db_option
def sources(*, as_json: bool, config_file: str, db_file: str) -> None:  # noqa: ARG001
    now = read_clock()()
    with contextlib.closing(open_database(db_file, load_knowledge(), now)) as db:
        found = source_states(db)
    worst = list(SOURCE_STATES)
    found.sort(key=lambda one: (worst.index(one.state), one.id))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
        return
    if not found:
        click.echo(NO_SOURCES_YET)
        return
    from rich.console import Console
    from rich.table import Table

    today = now.astimezone(PARIS).date()
    table = Table("source", "état", "dernier succès", "dernière nouveauté", "raison, et que faire", box=None)
    for one in found:
        label, advice = SOURCE_STATES[one.state]
        told = f"{one.reason}. {advice}" if one.reason else advice if one.state != "live" else ""
        days = [_day(value, today) for value in (one.last_success_at, one.last_item_at)]
        table.add_row(one.id, label, *days, told)
    Console(width=None, soft_wrap=False).print(table)


def _day(value: str | None, today: date) -> str:
    return spoken_date(datetime.fromisoformat(value).astimezone(PARIS).date(), today) if value else "jamais"
