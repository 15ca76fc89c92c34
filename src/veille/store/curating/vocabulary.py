"""The vocabulary as editors have made it: themes, their words, rules; who uses what; and a rule tried before it acts.

Comes in: a plain connection. Goes out: `Knowledge` with the edits, figures, `Change`s for `edits.edit`. The package's own words stay in
the package: the file holds only what was added or taken away, so that an upgrade overwrites nothing.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from veille.errors import UsageError
from veille.french import WORD, bare, lemmas
from veille.messages.curating import BAD_RULE, BAD_TAG, BAD_WORDS, NO_SUCH_TAG, TAG_TAKEN, TOO_MANY_TO_MERGE
from veille.store.connection import Connection, has_table, rows_of
from veille.store.curating.edits import Change, row_of
from veille.understand.edited import EFFECTS, Edits, Rule, with_edits
from veille.understand.knowledge import Knowledge, Theme
from veille.understand.words import Lexicon, Words

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*\Z")
LONGEST_LABEL, LONGEST_PHRASE, MOST_MATCHES, MOST_MERGED = 60, 80, 2_000, 20_000
_WHOLE = 100  # per cent


def as_edited(db: Connection, knowledge: Knowledge) -> Knowledge:
    """Knowledge as the editors of a file have changed it."""
    if not has_table(db, "tag_words"):
        return knowledge
    rows = db.execute("select id, label, group_id, group_label, alias_of from tags order by position, id").fetchall()
    words = [(row[0], row[1], bool(row[2])) for row in db.execute("select tag_id, phrase, present from tag_words order by 1, 2")]
    rules = [Rule(phrase=row[0], effect=row[1], value=row[2]) for row in db.execute(
        "select phrase, effect, value from rules where enabled order by id")]  # fmt: skip
    themes = {row[0]: Theme(id=row[0], label=row[1], group=row[2], group_label=row[3]) for row in rows if row[4] is None}
    aliases = {row[0]: row[4] for row in rows if row[4] is not None}
    if not themes or (not words and not rules and not aliases and _as_shipped(themes, knowledge)):
        return knowledge
    return with_edits(knowledge, Edits(themes=themes, aliases=aliases, words=words, rules=rules))


def _as_shipped(themes: dict[str, Theme], knowledge: Knowledge) -> bool:
    return {tag: (one.label, one.group) for tag, one in themes.items()} == {
        tag: (one.label, one.group) for tag, one in knowledge.themes.items()
    }


# --- what is used -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A theme, how much it is used, by whom."""

    id: str
    label: str
    group: str
    state: str
    alias_of: str | None
    articles: int
    decided: int
    last: str
    words: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


@dataclass(slots=True)
class Debt:
    """What the vocabulary owes: each a thing to settle."""

    proposed: list[str] = field(default_factory=list)
    once: list[str] = field(default_factory=list)  # themes of one article at most
    shared: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)  # words that name several themes
    idle: list[str] = field(default_factory=list)  # words added by editors that no article holds

    @property
    def total(self) -> int:
        return len(self.proposed) + len(self.once) + len(self.shared) + len(self.idle)


def uses(db: Connection, knowledge: Knowledge) -> list[Use]:
    """Return every theme, aliases and proposals included, in order."""
    held = "select substr(label, 8), count(*), max(day) from postings where label >= 'themes ' and label < 'themes!' group by label"
    counts = {row[0]: (row[1], row[2]) for row in db.execute(held)}
    decided = dict(map(tuple, db.execute("select tag_id, count(*) from item_tags where origin = 'curator' group by tag_id")))
    changed: dict[str, tuple[list[str], list[str]]] = {}
    for tag, phrase, present in db.execute("select tag_id, phrase, present from tag_words order by 1, 2"):
        changed.setdefault(tag, ([], []))[0 if present else 1].append(phrase)
    found = []
    rows = db.execute(
        "select id, label, group_label, 'approved', alias_of, position from tags union all "
        "select id, label, group_label, 'proposed', null, position from proposed_tags order by position, id"
    )
    for tag, label, group, state, alias, _ in map(tuple, rows):
        articles, newest = counts.get(tag, (0, ""))
        added, taken = changed.get(tag, ([], []))
        theme = knowledge.themes.get(tag)
        found.append(Use(
            id=tag, label=label, group=group, state=state, alias_of=alias, articles=articles, decided=decided.get(tag, 0),
            last=newest, words=theme.words if theme else (), added=tuple(added), taken=tuple(taken),
        ))  # fmt: skip
    return found


def debt(db: Connection, found: Sequence[Use]) -> Debt:
    """Return what is to be settled."""
    owed = Debt(proposed=[one.label for one in found if one.state == "proposed"])
    live = [one for one in found if one.state == "approved" and one.alias_of is None]
    owed.once = [one.label for one in live if one.articles <= 1]
    holders: dict[str, tuple[str, list[str]]] = {}
    for one in live:
        for word, written in {bare(word): word for word in one.words}.items():
            holders.setdefault(word, (written, []))[1].append(one.label)
    owed.shared = [(written, tuple(labels)) for written, labels in holders.values() if len(labels) > 1]
    owed.idle = [phrase for one in live for phrase in one.added if not _held(db, phrase)]
    return owed


def _held(db: Connection, phrase: str) -> bool:
    return db.execute("select 1 from items_fts where items_fts match ? limit 1", (_match(phrase),)).fetchone() is not None


def _match(phrase: str) -> str:
    return '"' + " ".join(lemmas(phrase)) + '"'


# --- a rule, tried ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule would match: articles, the newest first; `more`: there are more than were looked at."""

    ids: list[int]
    more: bool


def rule_of(knowledge: Knowledge, phrase: str, effect: str, value: str) -> Rule:
    """Return a rule that can be; raises UsageError."""
    phrase = phrase_of(phrase)
    if effect not in EFFECTS:
        raise UsageError(BAD_RULE)
    if effect == "tag":
        tag = knowledge.theme_names.get(bare(value))
        if tag is None:
            raise UsageError(NO_SUCH_TAG.format(value=value[:60]))
        return Rule(phrase=phrase, effect=effect, value=tag)
    if effect == "dismiss":
        return Rule(phrase=phrase, effect=effect)
    percent = re.fullmatch(r"(\d{1,3})\s*%?", value.strip())
    if percent is None or int(percent[1]) > _WHOLE:
        raise UsageError(BAD_RULE)
    return Rule(phrase=phrase, effect=effect, value=f"{int(percent[1]) / _WHOLE:g}")


def phrase_of(text: str) -> str:
    """Words that can be looked for; raises UsageError."""
    phrase = " ".join(text.split())
    if not WORD.search(phrase) or len(phrase) > LONGEST_PHRASE or not phrase.isprintable():
        raise UsageError(BAD_WORDS.format(most=LONGEST_PHRASE))
    return phrase


# Articles of which nobody has decided what a rule would decide.
_OPEN = {
    "": "1",
    "dismiss": "state in ('new', 'later')",
    "tag": "not exists (select 1 from item_tags where item_id = items.id and tag_id = :tag and origin in ('curator', 'refused'))",
}


def try_rule(db: Connection, phrase: str, since: str, *, still_open: Rule | None = None) -> Tried:
    """Return the articles published since a day in which the phrase is found, by the same code as the collection.

    `still_open`: only those of which nobody has decided what this rule says.
    """
    effect = still_open.effect if still_open else ""
    acronym = phrase.isupper() and phrase.isalnum()
    triples = [("rule", phrase, phrase)]
    lexicon = Lexicon((), triples) if acronym else Lexicon(triples)
    rows = db.execute(
        f"select items_fts.rowid from items_fts join items on items.id = items_fts.rowid where items_fts match :match and day >= :since "  # noqa: S608
        f"and {_OPEN[effect]} order by items_fts.rowid desc limit :most",
        {"match": _match(phrase), "since": since, "most": MOST_MATCHES + 1, "tag": still_open.value if still_open else ""},
    ).fetchall()
    wanted = json.dumps([row[0] for row in rows[:MOST_MATCHES]])
    texts = db.execute("select id, title, text from items_words where id in (select value from json_each(?)) order by id desc", (wanted,))
    found = [item for item, title, text in map(tuple, texts) if lexicon.find(Words.of(title, text)).of("rule")]
    return Tried(found, len(rows) > MOST_MATCHES)


# --- changes ------------------------------------------------------------------------------------------------------


def new_tag(db: Connection, label: str, group: str, *, approved: bool) -> Change:
    """A theme that is proposed, or made at once; raises UsageError."""
    label = label_of(label)
    tag = "-".join(bare(label).split())
    _must_be_free(db, label, "")
    if not _ID.match(tag) or row_of(db, "tags", tag) is not None or (not approved and row_of(db, "proposed_tags", tag) is not None):
        raise UsageError(BAD_TAG.format(label=label[:60]))
    found = db.execute("select group_id, group_label, max(position) from tags where group_id = ? group by group_id", (group,)).fetchone()
    if found is None:
        raise UsageError(BAD_TAG.format(label=label[:60]))
    row = {"label": label, "group_id": found[0], "group_label": found[1], "position": found[2]}
    return Change(table="tags", key=(tag,), row=row | _MADE_HERE) if approved else Change(table="proposed_tags", key=(tag,), row=row)


_MADE_HERE = {"alias_of": None, "edited": 1}


def approved_tag(db: Connection, tag: str) -> list[Change]:
    """A proposal becomes a theme; raises UsageError when there is none."""
    row = row_of(db, "proposed_tags", tag)
    if row is None:
        raise UsageError(NO_SUCH_TAG.format(value=tag[:60]))
    return [Change(table="proposed_tags", key=(tag,), row=None), Change(table="tags", key=(tag,), row=row | _MADE_HERE)]


def renamed_tag(db: Connection, tag: str, label: str) -> Change:
    """A theme by another name, which no other bears; raises UsageError."""
    label = label_of(label)
    _must_be_free(db, label, tag)
    return changed_tag(db, tag, label=label)


def _must_be_free(db: Connection, label: str, tag: str) -> None:
    """A name that is another theme's would send decisions to the wrong one."""
    for other, named in db.execute("select id, label from tags where id <> ?", (tag,)):
        if bare(label) in (bare(other), bare(named)):
            raise UsageError(TAG_TAKEN.format(label=label[:60]))


def label_of(label: str) -> str:
    """A name for a theme; raises UsageError."""
    label = " ".join(label.split())
    if not WORD.search(label) or len(label) > LONGEST_LABEL or not label.isprintable():
        raise UsageError(BAD_TAG.format(label=label[:60]))
    return label


def changed_tag(db: Connection, tag: str, **values: object) -> Change:
    """A theme with other values; raises UsageError when there is none."""
    row = row_of(db, "tags", tag)
    if row is None:
        raise UsageError(NO_SUCH_TAG.format(value=tag[:60]))
    return Change(table="tags", key=(tag,), row=row | values | {"edited": 1})


def words_of(shipped: Knowledge, tag: str, aliases: Sequence[str], wanted: Sequence[str]) -> list[Change]:
    """Return what the file must hold so that a theme is found by these words and no others; raises UsageError.

    `aliases`: themes that were merged into it; their words are its own.
    """
    own = {word for one in (tag, *aliases) if one in shipped.themes for word in shipped.themes[one].words}
    phrases = {phrase_of(one) for one in wanted}
    return [
        *(Change(table="tag_words", key=(tag, one), row={"present": 1}) for one in sorted(phrases - own)),
        *(Change(table="tag_words", key=(tag, one), row={"present": 0}) for one in sorted(own - phrases)),
        *(Change(table="tag_words", key=(tag, one), row=None) for one in sorted(own & phrases)),
    ]


def word_changes(db: Connection, shipped: Knowledge, tag: str, wanted: Sequence[str]) -> list[Change]:
    """Return the changes of `words_of` that change something, words that were added before and are wanted no more included."""
    aliases = [row[0] for row in db.execute("select id from tags where alias_of = ? order by id", (tag,))]
    changes = words_of(shipped, tag, aliases, wanted)
    named = {one.key[1] for one in changes}
    for one in (tag, *aliases):
        former = [row[0] for row in db.execute("select phrase from tag_words where tag_id = ? and present", (one,))]
        changes += [Change(table="tag_words", key=(one, phrase), row=None) for phrase in former if phrase not in named or one != tag]
    return [one for one in changes if row_of(db, one.table, *one.key) != one.row]


def merged_articles(db: Connection, tag: str) -> int:
    """Return how many articles would go over to another theme, if this one were made its alias."""
    return int(db.execute("select count(*) from item_tags where tag_id = ? and origin <> 'refused'", (tag,)).fetchone()[0])


def merge_changes(db: Connection, tag: str, target: str) -> list[Change]:
    """What makes of a theme an alias of another: its articles take the one that stays. Raises UsageError."""
    standing = row_of(db, "tags", target)
    if tag == target or standing is None or standing["alias_of"] is not None:
        raise UsageError(NO_SUCH_TAG.format(value=target[:60]))
    changes = [changed_tag(db, tag, alias_of=target)]
    rows = rows_of(
        db,
        "select item_id, origin, score, reason, evidence, (select origin from item_tags as other where other.item_id = item_tags.item_id "
        "and other.tag_id = ?) from item_tags where tag_id = ? limit ?",
        (target, tag, MOST_MERGED + 1),
    )
    if len(rows) > MOST_MERGED:
        raise UsageError(TOO_MANY_TO_MERGE.format(most=MOST_MERGED))
    for item, origin, score, reason, evidence, has in rows:
        changes.append(Change(table="item_tags", key=(item, tag), row=None))
        if has is None or (origin == "curator" and has != "curator"):  # a curator's word is not lost
            held = {"origin": origin, "score": score, "reason": reason, "evidence": evidence}
            changes.append(Change(table="item_tags", key=(item, target), row=held))
    for fiche_id, *held in rows_of(
        db, "select fiche_id, origin, reason, position from fiche_tags where tag_id = ? limit ?", (tag, MOST_MERGED)
    ):
        changes.append(Change(table="fiche_tags", key=(fiche_id, tag), row=None))
        if row_of(db, "fiche_tags", fiche_id, target) is None:
            changes.append(
                Change(table="fiche_tags", key=(fiche_id, target), row=dict(zip(("origin", "reason", "position"), held, strict=True)))
            )
    return changes


def rule_change(db: Connection, rule: Rule) -> Change:
    """A rule of more."""
    number = db.execute("select coalesce(max(id), 0) + 1 from rules").fetchone()[0]
    return changed_rule(number, rule, enabled=True)


def changed_rule(number: int, rule: Rule, *, enabled: bool) -> Change:
    """A rule as it shall be."""
    row = {"phrase": rule.phrase, "effect": rule.effect, "value": rule.value, "enabled": int(enabled)}
    return Change(table="rules", key=(number,), row=row)


def rules(db: Connection) -> list[tuple[int, Rule, bool]]:
    """Return every rule, the newest first, and whether it serves."""
    rows = db.execute("select id, phrase, effect, value, enabled from rules order by id desc")
    return [(row[0], Rule(phrase=row[1], effect=row[2], value=row[3]), bool(row[4])) for row in rows]
