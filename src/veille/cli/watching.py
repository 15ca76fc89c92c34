"""`veille sources`: how each source fares, worst first, and what to do; `--alarms` for cron mail."""

import contextlib
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime

import click

from veille.cli.options import config_option, db_option, open_database, read_clock
from veille.clock import PARIS
from veille.messages.collecting import NO_SOURCES_YET, REFUSED_FORGOTTEN, alarm
from veille.messages.common import SOURCE_STATES, plural, spoken_date, spoken_moment
from veille.resources import load_knowledge
from veille.store import writing
from veille.store.collecting.sources import SourceState, mark_told, source_states, untold_alarms
from veille.store.connection import Connection


@click.command(short_help="Dire l’état de chaque source.", help="Dire l’état de chaque source, les plus malades d’abord, et que faire.")
@click.option("--json", "as_json", is_flag=True, help="Écrire en JSON.")
@click.option(
    "--alarms",
    is_flag=True,
    help="Seulement les alarmes depuis le dernier appel, une par ligne, pour le courrier de cron ; sortie 1 s’il y en a.",
)
@config_option
@db_option
def sources(*, as_json: bool, alarms: bool, config_file: str, db_file: str) -> None:  # noqa: ARG001
    now = read_clock()()
    with contextlib.closing(open_database(db_file, load_knowledge, now)) as db:
        if alarms:
            sys.exit(_tell_alarms(db, now, as_json=as_json))
        found = source_states(db)
    worst = list(SOURCE_STATES)
    found.sort(key=lambda one: (worst.index(one.state), one.id))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], ensure_ascii=False, indent=1))
    elif not found:
        click.echo(NO_SOURCES_YET)
    else:
        _show(found, now)


def _tell_alarms(db: Connection, now: datetime, *, as_json: bool) -> int:
    """Each alarm is told once; 1 when one rang, 0 for silence or good news alone."""
    found = untold_alarms(db)
    if as_json:
        click.echo(json.dumps([asdict(one) for _, one in found], ensure_ascii=False, indent=1))
    else:
        for _, one in found:
            click.echo(alarm(one.source_id, one.state, one.reason))
    with writing(db):
        mark_told(db, [alarm_id for alarm_id, _ in found], now)
    return int(any(one.state != "live" for _, one in found))


def _show(found: Iterable[SourceState], now: datetime) -> None:
    """One block a state, the worst first, with what to do; one line a source, its reason below: it reads at 80 columns."""
    rows = list(found)
    today = now.astimezone(PARIS).date()
    width = min(max(len(one.id) for one in rows), 34) + 2
    click.echo(f"  {'source':<{width}}{'succès':<16}{'nouveauté':<16}prochaine visite")
    for state, label in SOURCE_STATES.items():
        mine = [one for one in rows if one.state == state]
        if not mine:
            continue
        name, advice = label
        click.echo(f"\n{click.style(f'{name} ({len(mine)})', bold=True)} : {advice}")
        for one in mine:
            success, news = (_day(value, today) for value in (one.last_success_at, one.last_item_at))
            click.echo(f"  {one.id:<{width}}{success:<16}{news:<16}{_moment(one.next_visit_at, now)}")
            refused = REFUSED_FORGOTTEN.format(entries=plural(one.forgotten, "entrée refusée", "entrées refusées")) if one.forgotten else ""
            for line in (one.reason, one.found, refused):
                if line:
                    click.echo(f"    {line}")


def _day(value: str | None, today: date) -> str:
    return spoken_date(datetime.fromisoformat(value).astimezone(PARIS).date(), today) if value else "jamais"


def _moment(value: str | None, now: datetime) -> str:
    return spoken_moment(datetime.fromisoformat(value).astimezone(PARIS), now.astimezone(PARIS)) if value else "—"
