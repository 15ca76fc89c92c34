"""A site that changed all its addresses, and guids, in one night: its new entries are the articles that it had.

Comes in: a plan in which much is new, and all that the source has. Goes out: the plan in which what is recognised is known.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from veille.french import fold
from veille.judge.identity.names import TELLING, Named
from veille.judge.identity.verdicts import Case, Plan
from veille.model import Known

K = TypeVar("K")
MASS = 3  # entries: fewer do not make a site that moved
_WHOLE, _WHOLE_SHARE = 8, 0.8  # entries, and their share of what is new, that titles alone may join
_ENDING = re.compile(r"\s+[|–—·:-]\s+[^|–—·]+\Z")
_LONG = 200  # characters: so long a text does not come back letter for letter by chance


def is_mass(todo: Plan) -> bool:
    """Return whether so much of an answer is new that its site may have moved, rather than published."""
    entries = len(todo.new) + len(todo.changed) + len(todo.same) + len(todo.elsewhere)
    return len(todo.new) >= MASS and len(todo.new) * 2 >= entries


def rejoin(todo: Plan, held: list[Known]) -> Plan:
    """A site that changed all its addresses (and guids) in one night: its new entries are the known items of the same title and day.

    Under another day the text must be the same and long, or one of the days unknown: « Commission permanente » comes back every month and
    is new each time. Where nearly all of what is new, eight entries at least, bears titles that one item and one entry alone bear, and no
    day or nearly all one day, the titles decide: a migration may date everything anew, cut the texts and add the site's name to each title.
    So it is where fewer, but all of them, bear such titles and were of as many days: notices that come back together were together before.
    Nothing is joined unless half is recognised.
    """
    taken = {known.id for pairs in (todo.changed, todo.same, todo.elsewhere, todo.reclaimed) for known, _ in pairs}
    free = [one for one in held if one.id not in taken]
    if not free:
        return todo
    titled = list(zip(_without_site([fold(one.title) for one in free]), free, strict=True))
    by_day = _unique(((title, one.day), one) for title, one in titled if one.day)
    by_title = _unique((title, one) for title, one in titled if len(title) >= TELLING)
    called = _without_site([fold(one.item.title) for one in todo.new])
    titles = Counter(called)
    alike = [title for title, times in titles.items() if times == 1 and title in by_title]
    days = {by_title[title].day for title in alike}
    few = len(alike) == len(todo.new) and 3 * len(days) >= 2 * len(alike)  # three or more, each of a day of its own until now
    many = len(alike) >= _WHOLE and len(alike) >= _WHOLE_SHARE * len(todo.new)
    whole = (few or many) and _are_redated(todo.new)
    found: list[tuple[Known, Named]] = []
    rest: list[Named] = []
    for title, one in zip(called, todo.new, strict=True):
        match = by_day.get((title, one.item.day))
        if match is None and titles[title] == 1:
            match = by_title.get(title) if whole else _under_another_day(by_title.get(title), one)
        if match and match.id not in taken:
            taken.add(match.id)
            found.append((match, one))
        else:
            rest.append(one)
    if len(found) < MASS or len(found) * 2 < len(todo.new):
        return todo
    same = tuple(pair for pair in found if pair[1].item.is_worded(pair[0].fingerprint))
    changed = tuple(pair for pair in found if not pair[1].item.is_worded(pair[0].fingerprint))
    moved = {one for _, one in found}
    return replace(
        todo, new=tuple(rest), same=(*todo.same, *same), changed=(*todo.changed, *changed), moved=tuple(found),
        verdicts=tuple((one, Case.MOVED if one in moved else row) for one, row in todo.verdicts),
    )  # fmt: skip


def _are_redated(new: tuple[Named, ...]) -> bool:
    """Return whether entries bear no day, or nearly all the same one: the day of a migration, and of no article."""
    days = Counter(one.item.day for one in new)
    return max(days.values()) >= _WHOLE_SHARE * len(new)


def _without_site(titles: list[str]) -> list[str]:
    """Folded titles without the endings that a site adds to many of them: its own name, after a bar or a dash."""
    endings = [match[0] if (match := _ENDING.search(title)) else "" for title in titles]
    counts = Counter(ending for ending in endings if ending)
    added = {ending for ending, times in counts.items() if times >= MASS and times * 4 >= len(titles)}
    return [title.removesuffix(ending) if ending in added else title for title, ending in zip(titles, endings, strict=True)]


def _under_another_day(held: Known | None, one: Named) -> Known | None:
    if held is None or not one.item.is_worded(held.fingerprint):
        return None
    return held if len(one.item.text) >= _LONG or not held.day or not one.item.day else None


def _unique(pairs: Iterable[tuple[K, Known]]) -> dict[K, Known]:
    """Return the items whose key no other item has."""
    rows = list(pairs)
    counts = Counter(key for key, _ in rows)
    return {key: one for key, one in rows if counts[key] == 1}
