"""Sources that live: in twenty-two manners they publish, correct, rewrite, move, repeat and copy, beside a truth of which article is which.

Every entry bears its truth in `author`, which no rule of identity looks at: what an item is called by at the end is what it is.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from builders import make_source
from veille.model import Entry, Source

START = date(2026, 3, 2)
_WHO = "Le Département|La Métropole|Le laboratoire|L’agence|La mairie|Le conseil|Une équipe|Le réseau|L’école|La mission".split("|")
_DOES = "ouvre|teste|évalue|lance|présente|transforme|finance|réunit|accompagne|simplifie|prépare|déploie".split("|")
_WHAT = (
    "un budget participatif|une maison des solidarités|un atelier de cartographie|une navette rurale|un guichet unique|un jeu de données|"
    "une recherche action|un tiers lieu|un accueil repensé|une monnaie locale|un simulateur de droits|une cantine durable|un fonds d’appui|"
    "un parcours de formation|une brigade verte|une bourse aux idées|un observatoire citoyen|un chantier partagé|une plateforme d’entraide"
).split("|")
_WHERE = "à Tulle|en vallée de Seine|au collège|dans trois cantons|sur le littoral|avec les habitants|pour les aidants|en gare|au musée|à l’hôpital".split(
    "|"
)
_MORE = (
    "Les agents y travaillent avec les usagers depuis un an|Une évaluation indépendante sera rendue au printemps|Le budget atteint deux cent mille euros|"
    "Trois territoires pilotes ont été retenus|La démarche a surpris les partenaires|Les élus ont voté le principe à l’unanimité|"
    "Un prototype est visible chaque mercredi|Les premiers retours sont encourageants|Le calendrier a été resserré|Une seconde phase est annoncée|"
    "Les associations demandent un bilan public|Le dispositif reste gratuit|Des chercheurs suivent l’expérience|Le site web a été refondu"
).split("|")
_BOILER = "Contact presse : service communication. Suivez toute l’actualité sur notre site et nos réseaux sociaux."
_AGENDA = "Permanence numérique à la médiathèque|Café des aidants|Commission permanente du Conseil départemental|Marché des producteurs|Conseil d’école".split(
    "|"
)
_MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()


@dataclass(frozen=True)
class Article:
    """What somebody published, as it stands now."""

    truth: str
    number: int
    title: str
    text: str
    day: date
    changes: int = 0  # times that both title and text were made anew at once


def invent(rng: random.Random, source: str, number: int, day: date) -> Article:
    title = f"{rng.choice(_WHO)} {rng.choice(_DOES)} {rng.choice(_WHAT)} {rng.choice(_WHERE)}"
    text = ". ".join(rng.sample(_MORE, rng.randint(2, 5))) + ". " + (_BOILER if rng.random() < 0.4 else "")
    return Article(f"{source}:{number}", number, title, text, day)


def corrected(rng: random.Random, one: Article) -> Article:
    """A title that is mended: a word more, another verb, a mark of an update."""
    words = one.title.split(" ")
    kind = rng.randrange(3)
    if kind == 0:
        return replace(one, title=f"{one.title} (mis à jour)")
    if kind == 1:
        return replace(one, title=" ".join([*words, "bientôt"]))
    return replace(one, title=one.title.replace(next((word for word in words if word in _DOES), "ouvre"), rng.choice(_DOES)))


def retold(rng: random.Random, one: Article) -> Article:
    """A text that is written anew under its title."""
    return replace(one, text=". ".join(rng.sample(_MORE, 4)) + ".")


def transformed(rng: random.Random, one: Article) -> Article:
    """Title and text both anew: nothing of the words remains but by chance."""
    other = invent(rng, "x", 0, one.day)
    return replace(one, title=other.title, text=other.text, changes=one.changes + 1)


@dataclass
class Life:
    """One source and what it publishes; `answer` is what a visit gets, the newest first."""

    source: Source
    rng: random.Random
    entry: Callable[["Life", Article, int, int], Entry]  # of an article, at a place of the answer, on a visit
    window: int = 8
    pace: float = 0.7  # chance that a visit finds something new
    edits: tuple[Callable[[random.Random, Article], Article], ...] = (corrected, retold)
    make: Callable[["Life", int, date], Article] | None = None
    articles: list[Article] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set)  # truths that no document can tell
    doubts: Callable[["Life", Article, Article], bool] = lambda _life, _before, _after: False
    count: int = 0

    def live(self, visit: int) -> None:
        """A day passes."""
        today = START + timedelta(days=visit)
        for _ in range(self.rng.randint(1, 3) if self.rng.random() < self.pace else 0):
            self.count += 1
            make = self.make or (lambda life, number, day: invent(life.rng, life.source.id, number, day))
            self.articles.insert(0, make(self, self.count, today))
        shown = min(self.window, len(self.articles))
        if shown and self.edits and self.rng.random() < 0.35:
            place = self.rng.randrange(shown)
            before = self.articles[place]
            after = self.rng.choice(self.edits)(self.rng, before)
            if self.doubts(self, before, after):
                self.doubtful.add(after.truth)
            self.articles[place] = after

    def answer(self, visit: int) -> list[Entry]:
        return [self.entry(self, one, place, visit) for place, one in enumerate(self.articles[: self.window])]


def told(*, guid: str = "", link: str = "{root}/a/{n}", dated: bool = True) -> Callable[[Life, Article, int, int], Entry]:
    """How a source writes an entry. In both: {n} and {day} of the article, {root} of the site, {place} in the answer, {dice} anew each time."""

    def entry(life: Life, one: Article, place: int, visit: int) -> Entry:
        root = f"https://{life.source.id}.example.fr"
        given = {"n": one.number, "day": one.day, "root": root, "host": root[8:], "place": place, "side": "ab"[visit % 2]}
        spelling = life.rng.choice(link.split("|")).format(**given, dice=f"{life.rng.getrandbits(40):x}a")
        return Entry(
            guid=guid.format(**given, dice=f"{life.rng.getrandbits(60):x}"), link=spelling, title=one.title, summary=one.text,
            published=one.day.isoformat() if dated else "", author=one.truth, title_is_text=True, body_is_text=True,
        )  # fmt: skip

    return entry


def _moves(life: Life, one: Article, place: int, visit: int) -> Entry:
    """Another site from the twentieth visit on: other addresses, other guids, its name after each title."""
    if visit < 20:
        return told(guid="g{n}")(life, one, place, visit)
    there = told(guid="tag:{n}", link="https://neuf.{host}/{n}.html")
    return there(life, replace(one, title=f"{one.title} | Nouveau site"), place, visit)


def _agenda(life: Life, number: int, day: date) -> Article:
    """Titles that come back, under another day each time."""
    title = _AGENDA[number % len(_AGENDA)]
    text = f"Rendez-vous du mois de {_MONTHS[day.month - 1]}, salle {number % 3}." if number % 2 else ""
    return Article(f"{life.source.id}:{number}", number, title, text, day + timedelta(days=number % len(_AGENDA)))


def _one_a_day(life: Life, number: int, day: date) -> Article:
    """« Communiqué », each day, and nothing else to tell it by than its text."""
    made = invent(life.rng, life.source.id, number, day)
    return replace(made, title="Communiqué", text=f"{made.title}. {made.text}")


ANYHOW = (corrected, retold, transformed)


def _transforms(_life: Life, before: Article, after: Article) -> bool:
    return after.changes > before.changes


def _transforms_among_few(life: Life, before: Article, after: Article) -> bool:
    """Where an answer is too short to show that its guids are made anew each time."""
    return len(life.articles) < 7 and after.changes > before.changes


MANNERS: dict[str, dict[str, Any]] = {
    "plain": {"entry": told(guid="g{n}"), "edits": ANYHOW},
    "guids-under-one-link": {"entry": told(guid="g{n}", link="{root}/lettre"), "edits": ANYHOW},
    "one-entry-under-one-link": {"entry": told(guid="g{n}", link="{root}/lettre"), "window": 1},
    "fragments": {"entry": told(link="{root}/journal#n{n}"), "edits": ANYHOW},
    "fragments-one-at-a-time": {"entry": told(guid="p{n}", link="{root}/journal#n{n}"), "window": 1},
    "content-parameters": {"entry": told(link="{root}/actu.php?pk_actu={n}"), "edits": ANYHOW, "window": 3},
    "more-content-parameters": {"entry": told(link="{root}/actu.php?share={n}"), "edits": ANYHOW, "window": 1},
    "session-ids": {"entry": told(link="{root}/sujet?id={n}&sid={dice}")},
    "sessions-in-the-path": {"entry": told(link="{root}/sujet/{n};jsessionid={dice}"), "window": 3},
    "guids-count-positions": {"entry": told(guid="{place}"), "edits": ANYHOW},
    "guids-anew": {"entry": told(guid="{dice}"), "edits": ANYHOW, "doubts": _transforms_among_few},
    "guids-anew-one-at-a-time": {"entry": told(guid="{dice}"), "window": 1, "edits": (corrected,)},
    "no-guid": {"entry": told(), "edits": ANYHOW},
    "no-guid-no-day": {"entry": told(dated=False), "edits": ANYHOW},
    "one-link-no-guid": {
        "entry": told(link="{root}/breves"), "edits": (retold, corrected) * 3 + (transformed,), "window": 6, "doubts": _transforms,
    },
    "titles-that-come-back": {"entry": told(guid="{day}-{n}", link="{root}/agenda/{n}"), "make": _agenda, "edits": ()},
    "titles-that-come-back-under-one-link": {"entry": told(guid="{day}-{n}", link="{root}/agenda"), "make": _agenda, "edits": ()},
    "titles-that-turn-over": {
        "entry": told(guid="{day}-{n}", link="{root}/agenda/{n}"), "make": _agenda, "edits": (), "window": 5, "pace": 1.0,
    },
    "one-title-for-all": {"entry": told(guid="c{n}"), "make": _one_a_day, "edits": (retold,)},
    "two-schemes-of-guids": {"entry": told(guid="{side}-{n}")},
    "spellings": {
        "entry": told(link="https://www.{host}/a/{n}|http://{host}/a/{n}/|{root}/a/{n}?utm_source=rss|{root}/a/{n}#xtor=RSS-1"),
        "edits": ANYHOW,
    },
    "moves": {"entry": _moves, "edits": (retold,), "window": 10, "pace": 0.5},
}  # fmt: skip


def life_of(manner: str, number: int, seed: int) -> Life:
    """A source that lives in a manner."""
    source = make_source(id=f"{manner}-{number}", name=manner, url=f"https://{manner}-{number}.example.fr/rss")
    return Life(source=source, rng=random.Random(f"{manner} {number} {seed}"), **MANNERS[manner])


@dataclass
class Copy:
    """A source that publishes what another one does, at the other's addresses: another section, an aggregator, or somebody hostile."""

    source: Source
    origin: Life
    rng: random.Random
    kind: str  # section | aggregator | hostile
    early: bool = False  # it tells of an article a visit before its own source does
    doubtful: set[str] = field(default_factory=set)

    def live(self, _visit: int) -> None:
        """It only copies."""

    def answer(self, visit: int) -> list[Entry]:
        rows = self.origin.articles[:5] if self.early else self.origin.articles[1:6]
        return [self._told(one, place, visit) for place, one in enumerate(rows)]

    def _told(self, one: Article, place: int, visit: int) -> Entry:
        entry = self.origin.entry(self.origin, one, place, visit)
        if self.kind == "section":
            return replace(entry, guid=entry.guid and f"s-{entry.guid}")
        if self.kind == "aggregator":
            return replace(
                entry,
                guid=f"agg-{one.number}",
                title=f"{entry.title} – {self.origin.source.name}",
                summary=entry.summary[:90],
                author=f"copy:{one.truth}",
            )
        lie = invent(random.Random(f"{self.source.id} {one.truth}"), "x", 0, one.day)
        return replace(entry, guid=f"h-{one.number}", title=lie.title, summary=lie.text, author=f"lie:{one.truth}")


def copies(origin: Life, number: int, seed: int) -> Iterator[Copy]:
    """Who copies a source."""
    domain = origin.source.url.removesuffix("/rss")
    for kind, early in (("section", False), ("aggregator", False), ("aggregator", True), ("hostile", False), ("hostile", True)):
        name = f"{kind}{'-early' if early else ''}-{number}"
        url = f"{domain}/section/rss" if kind == "section" else f"https://{name}.example.org/rss"
        yield Copy(
            source=make_source(id=name, name=name, url=url), origin=origin, rng=random.Random(f"{name} {seed}"), kind=kind, early=early
        )
