"""`veille retag`: understand again what is held."""

import contextlib
from collections import Counter

import click

from veille.cli.collecting import alone
from veille.cli.options import config_option, db_option, open_database, read_clock, read_config
from veille.errors import UsageError
from veille.messages.common import KIND_LABELS, plural
from veille.messages.keeping import (
    COLLECTOR_FIRST,
    RETAG_DAYS,
    RETAG_KINDS,
    RETAG_PLACES,
    RETAG_THEMES,
    RETAG_UNDONE,
    STORIES_MADE,
    retagged,
)
from veille.resources import load_knowledge
from veille.store import writing
from veille.store.collecting.stories import make_stories
from veille.store.curating.learning import knowing
from veille.store.curating.retagging import Retagged, undo_retag
from veille.store.curating.retagging import retag as retag_items
from veille.understand.knowledge import Knowledge

_SHOWN = 12


@click.command(
    short_help="Comprendre de nouveau ce qui est tenu.",
    help="Refaire les étiquettes de tous les articles avec les règles d’aujourd’hui : thèmes, départements, dates, types, intérêt, langue. "
    "Ce qu’un documentaliste a décidé ne bouge pas. La dernière fois se défait.",
)
@click.option("--dry-run", is_flag=True, help="Compter ce qui viendrait et partirait, sans rien changer.")
@click.option("--stories", is_flag=True, help="Refaire les histoires (les mêmes textes), et rien d’autre.")
@click.option("--undo", is_flag=True, help="Revenir aux étiquettes d’avant la dernière fois.")
@config_option
@db_option
def retag(*, dry_run: bool, stories: bool, undo: bool, config_file: str, db_file: str) -> None:
    if dry_run + stories + undo > 1:
        raise UsageError("choisissez une seule option parmi --dry-run, --stories et --undo")
    knowledge = load_knowledge()
    config = read_config(config_file)
    with alone(db_file) as free:
        if not free:
            raise UsageError(COLLECTOR_FIRST)
        now = read_clock()()
        with contextlib.closing(open_database(db_file, knowledge, now, durable=True, existing=True)) as db:
            knowledge = knowing(db, knowledge)
            if undo:
                click.echo(RETAG_UNDONE.format(items=plural(undo_retag(db), "article", "articles")))
            elif stories:
                with writing(db):
                    made, held, alike = make_stories(db)
                pairs = plural(alike, "paire proposée", "paires proposées")
                click.echo(
                    STORIES_MADE.format(
                        stories=plural(made, "histoire", "histoires"), items=plural(held, "article", "articles"), pairs=pairs
                    )
                )
            else:
                show_retagged(
                    retag_items(db, {one.id: one for one in config.sources}, knowledge, now, dry_run=dry_run), knowledge, dry_run=dry_run
                )


def show_retagged(told: Retagged, knowledge: Knowledge, *, dry_run: bool) -> None:
    click.echo(retagged(read=told.read, changed=told.changed, dry_run=dry_run))
    if told.tags:
        click.echo(RETAG_THEMES.format(more=_total(told.tags, "+"), fewer=_total(told.tags, "-")))
    themes = {tag: told.tags[tag, "+"] + told.tags[tag, "-"] for tag, _ in told.tags}
    for tag in sorted(themes, key=lambda one: (-themes[one], one))[:_SHOWN]:
        label = knowledge.themes[tag].label if tag in knowledge.themes else tag
        click.echo(f"  +{told.tags[tag, '+']:<5} −{told.tags[tag, '-']:<5} {label}")
    if told.territories:
        click.echo(RETAG_PLACES.format(more=_total(told.territories, "+"), fewer=_total(told.territories, "-")))
    places = {code: told.territories[code, "+"] + told.territories[code, "-"] for code, _ in told.territories}
    for code in sorted(places, key=lambda one: (-places[one], one))[:_SHOWN]:
        label = knowledge.departements[code].name if code in knowledge.departements else code
        click.echo(f"  +{told.territories[code, '+']:<5} −{told.territories[code, '-']:<5} {label}")
    if told.kinds:
        click.echo(RETAG_KINDS.format(count=told.kinds.total()))
    for (before, after), count in told.kinds.most_common(_SHOWN):
        click.echo(f"  {count:<6} {KIND_LABELS[before]} → {KIND_LABELS[after]}")
    if told.dates:
        click.echo(RETAG_DAYS.format(more=told.dates["+"], fewer=told.dates["-"]))
    if told.interest:
        click.echo(f"  +{told.interest['+']:<5} −{told.interest['-']:<5} articles d’intérêt")


def _total(counts: Counter[tuple[str, str]], sign: str) -> int:
    return sum(count for (_, one), count in counts.items() if one == sign)
