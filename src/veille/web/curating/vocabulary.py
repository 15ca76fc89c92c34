"""/tri/vocabulaire and /tri/regles: the words that tag, and what editors decide once for all articles to come."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from datasette import Response

from veille.errors import UsageError
from veille.messages.common import plural
from veille.messages.curating import (
    BEYOND_THE_NEWEST,
    CHOOSE_WORDS,
    EDIT_DONE,
    EDITORS_CHANGE_WORDS,
    INTEREST_BY_RETAG,
    MERGE_MOVES_OTHERS,
    NO_ARTICLE_HAS_WORDS,
    NO_SUCH_TAG,
    RULE_NAMED,
)
from veille.store import cards
from veille.store.cards import Card
from veille.store.connection import Connection
from veille.store.curating import vocabulary
from veille.store.curating.decisions import Act
from veille.store.curating.edits import Change, edit, row_of
from veille.store.curating.vocabulary import Debt, Tried, Use
from veille.understand.edited import Rule
from veille.web.curating.forms import DeskContext, Form, Said, act, answer, now_of, page, told
from veille.web.site.answering import ask
from veille.web.site.errors import PageError
from veille.web.site.http import CuratorRequest, Datasette
from veille.web.site.session import curating, may
from veille.web.site.state import deciding, learn_edits, site_of

_TRIED_DAYS = 90
_EXAMPLES = 6


@dataclass(frozen=True, slots=True)
class Merging:
    """A theme that another one would be merged into, "" for none, and how many articles would go over to it."""

    target: str = ""
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VocabularyPage(DeskContext):
    """/tri/vocabulaire"""

    template = "curating/vocabulaire.html"
    uses: list[Use]
    debt: Debt
    groups: list[tuple[str, str]]
    editor: bool
    open: str
    merging: Merging


@curating("curator", "GET", "POST")
async def vocabulaire(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/vocabulaire: GET shows themes, their words and their use; POST proposes (curators) or changes (editors)."""
    site = site_of(datasette)
    if request.method != "POST":
        found = await ask(datasette, vocabulary.uses, site.knowledge)
        owed = await ask(datasette, vocabulary.debt, found)
        opened, target = request.args.get("theme") or "", request.args.get("vers") or ""
        merging = Merging()
        if target != opened and {opened, target} <= set(site.knowledge.themes):
            merging = Merging(target, await ask(datasette, vocabulary.merged_articles, opened))
        groups = list(dict.fromkeys((theme.group, theme.group_label) for theme in site.knowledge.themes.values()))
        return await page(
            datasette,
            request,
            VocabularyPage(uses=found, debt=owed, groups=groups, editor=may(request.actor, "editor"), open=opened, merging=merging),
        )
    form = await Form.of(request)
    action, tag = form.get("action"), form.get("theme")
    wanted = [one for one in form.get("mots").split("\n") if one.strip()]
    makers: dict[str, Callable[[Connection], list[Change]]] = {
        "propose": lambda db: [vocabulary.new_tag(db, form.get("nom"), form.get("groupe"), approved=False)],
        "tag": lambda db: [vocabulary.new_tag(db, form.get("nom"), form.get("groupe"), approved=True)],
        "approve": lambda db: vocabulary.approved_tag(db, tag),
        "reject": lambda db: [Change(table="proposed_tags", key=(_proposed(db, tag),), row=None)],
        "rename": lambda db: [vocabulary.renamed_tag(db, tag, form.get("nom"))],
        "merge": lambda db: _merge(db, form, tag, site.knowledge.theme_names.get(form.get("vers"), form.get("vers"))),
        "words": lambda db: vocabulary.word_changes(db, site.shipped, _known(db, tag), wanted),
        "split": lambda db: _split(db, form, datasette),
    }  # fmt: skip
    if action not in makers:
        raise PageError(400)
    if action != "propose" and not may(request.actor, "editor"):
        raise PageError(403, EDITORS_CHANGE_WORDS)
    said = await _edit(datasette, request, makers[action], action, f"thème {tag or form.get('nom')}", form.get("why"))
    return answer(datasette, request, form, said, "/tri/vocabulaire")


def _merge(db: Connection, form: Form, tag: str, target: str) -> list[Change]:
    """Merge two themes, if as many articles go over as were told of."""
    count, expected = vocabulary.merged_articles(db, tag), form.number("attendu")
    if expected is not None and expected != count:
        raise UsageError(MERGE_MOVES_OTHERS.format(count=plural(count, "article ira", "articles iront")))
    return vocabulary.merge_changes(db, tag, target)


def _known(db: Connection, tag: str) -> str:
    if row_of(db, "tags", tag) is None:
        raise UsageError(NO_SUCH_TAG.format(value=tag[:60]))
    return tag


def _proposed(db: Connection, tag: str) -> str:
    if row_of(db, "proposed_tags", tag) is None:
        raise UsageError(NO_SUCH_TAG.format(value=tag[:60]))
    return tag


def _split(db: Connection, form: Form, datasette: Datasette) -> list[Change]:
    """A new theme takes some words of another one."""
    site, tag = site_of(datasette), _known(db, form.get("theme"))
    theme = site.knowledge.themes.get(tag)
    moved = [word for word in (theme.words if theme else ()) if word in form.all("mot")]
    if theme is None or not moved:
        raise UsageError(CHOOSE_WORDS)
    made = vocabulary.new_tag(db, form.get("nom"), theme.group, approved=True)
    kept = [word for word in theme.words if word not in moved]
    mine = vocabulary.word_changes(db, site.shipped, tag, kept)
    return [made, *mine, *(Change(table="tag_words", key=(made.key[0], word), row={"present": 1}) for word in moved)]


async def _edit(
    datasette: Datasette, request: CuratorRequest, make: Callable[[Connection], list[Change]], action: str, subject: str, why: str = ""
) -> Said:
    """Make changes in one transaction, and take them up."""
    account, at = request.actor["account"], now_of(datasette)

    def write(connection: Connection) -> int:
        return edit(connection, make(connection), account_id=account, subject=subject, action=action, at=at, why=why)

    try:
        await deciding(datasette, write)
    except UsageError as exc:
        return Said(str(exc), wrong=True)
    await learn_edits(datasette)
    return Said(EDIT_DONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesPage(DeskContext):
    """/tri/regles"""

    template = "curating/regles.html"
    given: dict[str, str]
    tried: Tried | None
    cards: list[Card]
    wrong: str
    rules: list[tuple[int, Rule, bool]]
    days: int


@curating("editor", "GET", "POST")
async def regles(datasette: Datasette, request: CuratorRequest) -> Response:
    """/tri/regles: GET tries a rule (phrase, effet, valeur) and lists them; POST writes it, stops it, or applies it to the past."""
    site = site_of(datasette)
    if request.method == "POST":
        return await _rule_posted(datasette, request)
    given = {name: request.args.get(name) or "" for name in ("phrase", "effet", "valeur")}
    tried, shown, wrong = None, [], ""
    if given["phrase"]:
        try:
            rule = vocabulary.rule_of(site.knowledge, given["phrase"], given["effet"], given["valeur"])
            since = (site.today() - timedelta(days=_TRIED_DAYS)).isoformat()
            tried = await ask(datasette, vocabulary.try_rule, rule.phrase, since)
            shown = await ask(datasette, cards.cards, tried.ids[:_EXAMPLES])
        except UsageError as exc:
            wrong = str(exc)
    return await page(
        datasette,
        request,
        RulesPage(given=given, tried=tried, cards=shown, wrong=wrong, rules=await ask(datasette, vocabulary.rules), days=_TRIED_DAYS),
    )


async def _rule_posted(datasette: Datasette, request: CuratorRequest) -> Response:
    form = await Form.of(request)
    action, number = form.get("action"), form.number("id")
    if action == "rule":
        try:
            rule = vocabulary.rule_of(site_of(datasette).knowledge, form.get("phrase"), form.get("effet"), form.get("valeur"))
        except UsageError as exc:
            return answer(datasette, request, form, Said(str(exc), wrong=True), "/tri/regles")
        said = await _edit(datasette, request, lambda db: [vocabulary.rule_change(db, rule)], "rule", RULE_NAMED.format(phrase=rule.phrase))
        return answer(datasette, request, form, said, "/tri/regles")
    found = next((one for one in await ask(datasette, vocabulary.rules) if one[0] == number), None)
    if found is None or action not in ("rule-off", "rule-on", "rule-edit", "past"):
        raise PageError(400)
    number, rule, enabled = found
    if action == "past":
        said = await _apply(datasette, request, rule)
    else:
        if action == "rule-edit":
            try:
                rule = vocabulary.rule_of(site_of(datasette).knowledge, form.get("phrase"), form.get("effet"), form.get("valeur"))
            except UsageError as exc:
                return answer(datasette, request, form, Said(str(exc), wrong=True), "/tri/regles")
        change = vocabulary.changed_rule(number, rule, enabled=enabled if action == "rule-edit" else action == "rule-on")
        said = await _edit(datasette, request, lambda _db: [change], action, RULE_NAMED.format(phrase=rule.phrase))
    return answer(datasette, request, form, said, "/tri/regles")


async def _apply(datasette: Datasette, request: CuratorRequest, rule: Rule) -> Said:
    """Return what a rule says, said of the articles that are there: decisions, in one gesture."""
    if rule.effect == "interest":
        return Said(INTEREST_BY_RETAG, wrong=True)
    tried: Tried = await ask(datasette, lambda db: vocabulary.try_rule(db, rule.phrase, "", still_open=rule))
    action = "tag-add" if rule.effect == "tag" else "dismiss"
    if not tried.ids:
        return Said(NO_ARTICLE_HAS_WORDS)
    done = await act(datasette, request, tried.ids, Act(action=action, value=rule.value, why=RULE_NAMED.format(phrase=rule.phrase)))
    left = BEYOND_THE_NEWEST.format(count=plural(len(tried.ids), "article", "articles")) if tried.more else ""
    said = told(done, action)
    return Said(said.sentence + left, said.batch, said.wrong)
