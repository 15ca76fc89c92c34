"""`veille try`: what would be kept of a source or an address, and the YAML for a new one. Nothing is stored."""

import asyncio
import contextlib
import json
import re
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import click

from veille.cli.options import config_option, db_option, read_clock, read_config, taught
from veille.clock import PARIS, Clock
from veille.collect.bring import named
from veille.collect.child import Parser
from veille.collect.discover import Discovery, Scout
from veille.config import address_problem, source_yaml
from veille.errors import SourceError, UsageError
from veille.fetch import Fetcher, Limits
from veille.messages.collecting import (
    LEFT_ASIDE,
    MEANT,
    PURPOSES,
    TRY_ADD,
    TRY_NOTHING,
    VERDICTS,
    failed_source,
    found_entries,
    found_source,
)
from veille.messages.common import KIND_LABELS, spoken_date  # fmt: skip
from veille.model import SOURCE_KINDS, Access, Config, Fetched, Finding, Item, Reading, Source, Validators
from veille.moments import stored
from veille.resources import load_knowledge, shipped_version
from veille.store import connect, is_settled
from veille.understand.knowledge import Knowledge
from veille.understand.labels import understand

_SHOWN = 10


@click.command(
    "try",
    short_help="Essayer une source ou une adresse.",
    help="Lire une source de feeds.yaml, ou chercher ce qui se lit à une adresse : montrer ce qui serait gardé, et le YAML à ajouter. "
    "Rien n’est enregistré.",
)
@click.argument("what", metavar="ID-OU-ADRESSE")
@click.option("--json", "as_json", is_flag=True, help="Écrire en JSON.")
@click.option("--allow-private-network", is_flag=True, help="Admettre les adresses privées (essais seulement).")
@click.option("--spacing", type=click.FloatRange(0, 60), default=1.0, show_default=True, metavar="SECONDES",
              help="Délai entre deux demandes à un même site.")  # fmt: skip
@config_option
@db_option
def try_(*, what: str, as_json: bool, allow_private_network: bool, spacing: float, config_file: str, db_file: str) -> None:
    knowledge = taught(load_knowledge(), db_file)
    clock = read_clock()
    config = _config(config_file)
    source, new = _asked(what, config)
    source = replace(source, access=Access(proxy=config.proxy)) if new else source
    fetcher = Fetcher(
        contact=config.contact, site=config.site, clock=clock, allow_private=allow_private_network, limits=Limits(spacing=spacing),
    )  # fmt: skip
    try:
        found = asyncio.run(_look(source, fetcher, clock))
    except SourceError as exc:
        click.echo(failed_source(what, exc.failure, exc.reason), err=True)
        sys.exit(1)
    if new:
        source = named(found, source.url, [one.id for one in config.sources])
    verdicts = _verdicts(source, found, db_file)
    if as_json:
        click.echo(json.dumps(_as_json(source, found, knowledge, verdicts), ensure_ascii=False, indent=1))
    else:
        _show(source, found, knowledge, clock, verdicts, new=new)


def _verdicts(source: Source, found: Discovery, db_file: str) -> dict[Item, str]:
    """Return which row of the table of identity each entry falls under, where there is a base of this version to ask."""
    if not Path(db_file).is_file():
        return {}
    from veille.collect.intake import not_forgotten, plan_of

    with contextlib.closing(connect(db_file)) as db:
        if not is_settled(db, shipped_version()):
            return {}
        finding = found.finding
        reads = replace(source, kind=finding.kind, url=finding.url, select=finding.select)
        kept = not_forgotten(db, reads, found.reading)
        told = {one.item: str(row) for one, row in plan_of(db, reads, kept).verdicts}
        return dict.fromkeys((item for item in found.reading.items if item not in kept), "forgotten") | told


def _config(file: str) -> Config:
    """feeds.yaml when there is one: an address can be tried without."""
    return read_config(file) if Path(file).exists() else Config(sources=())


def _asked(what: str, config: Config) -> tuple[Source, bool]:
    """Return the source of that id, or a new one to be found at that address; raises UsageError for neither."""
    known = next((source for source in config.sources if source.id == what), None)
    if known:
        return known, False
    if re.fullmatch(r"[a-z0-9-]+", what):
        import difflib

        near = difflib.get_close_matches(what, [source.id for source in config.sources], n=1)
        raise UsageError(TRY_NOTHING.format(what=what) + (MEANT.format(guess=near[0]) if near else "."))
    why = address_problem(what)
    if why:
        raise UsageError(f"« {what[:100]} » : {why}")
    same = next((source for source in config.sources if source.url == what), None)
    return (same, False) if same else (Source(id="nouvelle-source", name="", kind="discover", url=what), True)


async def _look(source: Source, fetcher: Fetcher, clock: Clock) -> Discovery:
    async with fetcher:
        with Parser() as parser:
            if SOURCE_KINDS[source.kind].searched:
                return await Scout(fetcher, parser).find(source, clock())
            answer = await fetcher.fetch(source.url, Validators(), source.timeout, source.access)
            assert isinstance(answer, Fetched)
            finding = Finding(url=source.url, kind=source.kind, select=source.select)
            return Discovery(finding=finding, answer=answer, reading=await asyncio.to_thread(parser.read, source, answer, clock()))


def _show(source: Source, found: Discovery, knowledge: Knowledge, clock: Clock, verdicts: dict[Item, str], *, new: bool) -> None:
    today = clock().astimezone(PARIS).date()
    click.echo(found_source(found.finding.url, found.finding.said))
    click.echo(_counts(found.reading))
    for item in found.reading.items[:_SHOWN]:
        tagged = understand(item, source, knowledge)
        day = spoken_date(_day(item), today) if item.day else "sans date"
        labels = [KIND_LABELS[tagged.kind].lower(), *(knowledge.themes[tag.id].label for tag in tagged.tags if tag.id in knowledge.themes)]
        labels += [knowledge.departements[place.code].name for place in tagged.territories if place.code in knowledge.departements]
        click.echo(f"  {day:>14}  {item.title[:100]}")
        click.echo(f"{'':16}  {', '.join(labels)} · {item.url or 'sans adresse'}")
        if item in verdicts:
            click.echo(f"{'':16}  {VERDICTS[verdicts[item]]}")
    if found.others:
        click.echo(LEFT_ASIDE)
        for lead in found.others:
            click.echo(f"  {PURPOSES[lead.purpose]:>14}  {lead.url}  {lead.label}".rstrip())
    if new:
        click.echo(f"{TRY_ADD}\n\n{source_yaml(source)}", nl=False)


def _day(item: Item) -> date:
    return date.fromisoformat(item.day)


def _counts(reading: Reading) -> str:
    days = [item.day for item in reading.items if item.day]
    return found_entries(len(reading.items), len(days), max(days, default=""))


def _as_json(source: Source, found: Discovery, knowledge: Knowledge, verdicts: dict[Item, str]) -> dict[str, Any]:
    entries = []
    for item in found.reading.items:
        tagged = understand(item, source, knowledge)
        entries.append(
            {
                "title": item.title, "url": item.url, "published_at": stored(item.published), "summary": item.text[:300],
                "kind": tagged.kind, "themes": [tag.id for tag in tagged.tags],
                "departements": [place.code for place in tagged.territories], "interest": round(tagged.interest, 2),
                "verdict": verdicts.get(item),
            }
        )  # fmt: skip
    return {
        "found": {"url": found.finding.url, "kind": found.finding.kind, "how": found.finding.said},
        "entries": entries,
        "others": [{"url": lead.url, "purpose": lead.purpose, "title": lead.label} for lead in found.others],
        "yaml": source_yaml(source),
    }
