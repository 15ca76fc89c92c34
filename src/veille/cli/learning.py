"""`veille learn`: what curators decided teaches themes, kinds and interest, where that beats the rules."""

import contextlib
from dataclasses import replace

import click

from veille.cli.collecting import alone
from veille.cli.options import config_option, db_option, open_database, read_clock, read_config
from veille.cli.retagging import show_retagged
from veille.errors import UsageError
from veille.messages.common import KIND_LABELS, plural
from veille.messages.keeping import (
    COLLECTOR_FIRST,
    LEARN_APPLY,
    LEARN_DRY,
    LEARN_KEPT,
    LEARN_MISSING,
    LEARN_NOTHING,
    LEARN_UNDO_NONE,
    learnt_undone,
)
from veille.resources import load_knowledge
from veille.store.curating.learning import bring_back, keep_model, lessons
from veille.store.curating.retagging import retag
from veille.understand.knowledge import Knowledge
from veille.understand.learning import FOLDS, LEAST, Learnt, Mark, learn

_COUNTED = 20_000  # the newest articles on which the change is counted


@click.command(
    "learn",
    short_help="Apprendre des décisions.",
    help="Apprendre des décisions des documentalistes : thèmes mis ou refusés, types choisis, articles sélectionnés ou écartés. "
    "Chaque question est comparée aux règles sur des articles non vus ; ce qui fait mieux sert aux prochaines collectes. "
    "« veille retag » l’applique à ce qui est tenu ; --undo revient à l’apprentissage d’avant.",
)
@click.option("--dry-run", is_flag=True, help="Dire ce qui serait appris, sans rien changer.")
@click.option("--undo", is_flag=True, help="Revenir à ce qui avait été appris avant, ou aux seules règles.")
@config_option
@db_option
def learn_(*, dry_run: bool, undo: bool, config_file: str, db_file: str) -> None:
    if dry_run and undo:
        raise UsageError("choisissez une seule option parmi --dry-run et --undo")
    knowledge = load_knowledge()
    sources = {one.id: one for one in read_config(config_file).sources}
    with alone(db_file) as free:
        if not free:
            raise UsageError(COLLECTOR_FIRST)
        now = read_clock()()
        with contextlib.closing(open_database(db_file, knowledge, now, durable=True, existing=True)) as db:
            if undo:
                former = bring_back(db)
                click.echo(LEARN_UNDO_NONE if former is None else learnt_undone(former))
                return
            try:
                learnt = learn(lessons(db, sources, knowledge), knowledge.vocabulary)
            except ImportError as exc:
                raise UsageError(LEARN_MISSING) from exc
            _show(learnt, knowledge)
            if not any(mark.after is not None for mark in learnt.marks):
                click.echo(LEARN_NOTHING.format(least=LEAST))
                return
            told = retag(db, sources, replace(knowledge, model=learnt.model), now, dry_run=True, newest=_COUNTED)
            show_retagged(told, knowledge, dry_run=True)
            if dry_run:
                click.echo(LEARN_DRY)
                return
            keep_model(db, learnt, knowledge.vocabulary, now)
            kept = sum(mark.kept for mark in learnt.marks)
            click.echo(LEARN_KEPT.format(kept=plural(kept, "question apprise", "questions apprises")))
            click.echo(LEARN_APPLY)


def _show(learnt: Learnt, knowledge: Knowledge) -> None:
    """A line for each question that enough examples answer, the most changed first; those with too few are counted."""
    judged = sorted((-abs(mark.after - mark.before), mark.question, mark) for mark in learnt.marks if mark.after is not None)
    names = {mark.question: _named(mark, knowledge) for mark in learnt.marks}
    if judged:
        width = max(len(names[question]) for _, question, _ in judged)
        click.echo(f"{'':<{width}}  exemples      règles   appris    (F1 sur {FOLDS} parts non vues ; intérêt : 1 − Brier)")
        for _, question, mark in judged:
            said = "gardé" if mark.kept else "les règles restent"
            share = f"{mark.positives:>3} sur {mark.examples:<5}"
            click.echo(f"{names[question]:<{width}}  {share}  {_figure(mark.before)}    {_figure(mark.after)}    {said}")
    few = [f"{names[mark.question]} ({mark.positives})" for mark in learnt.marks if mark.after is None and mark.positives]
    if few:
        click.echo(f"Trop peu d’exemples ({LEAST} pour et {LEAST} contre) : {', '.join(few)}")


def _figure(value: float | None) -> str:
    return f"{value or 0:.3f}".replace(".", ",")


def _named(mark: Mark, knowledge: Knowledge) -> str:
    what, _, name = mark.question.partition(":")
    if what == "theme":
        return knowledge.themes[name].label if name in knowledge.themes else name
    return f"Type : {KIND_LABELS[name].lower()}" if what == "kind" else "Intérêt"
