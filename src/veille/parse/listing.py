"""The selectors of a page of entries, found by what repeats in it.

Comes in: a page without a feed. Goes out: `Proposal`s, the best first, checked by what they read. Forbidden: knowledge of any one site.

Every group of like elements (same class, same place) is a candidate: its members must each hold one link of their own under words
that read as a title. Menus, breadcrumbs, pagination, footers, sidebars are left out; dates, headings and summaries speak for a group.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from statistics import mean

from bs4 import BeautifulSoup, Tag

from veille.french import fold
from veille.model import Entry, Fetched, Proposal, Selectors
from veille.normalize import clean, day_ago, day_without_year, moment_of
from veille.parse.page import base_of, entries_of, read, soup_of, whole_of

LEAST = 3  # blocks: fewer do not repeat
_MOST_BLOCKS = 3_000
_MOST_GROUPS = 4_000
_DATE_WORDS = 90  # characters: what is longer is no date line
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_APART = re.compile(
    r"(?:^|[-_\s])(?:nav|navbar|navigation|menu|menus|submenu|breadcrumbs?|ariane|filariane|pagination|pager|paginate|footer|pied|sidebar|aside|"
    r"colonne-droite|cookies?|share|partage|partager|social|sociaux|reseaux|lang|langues|language|skip|evitement|acces|rapides?|quicklinks|tags?|"
    r"toolbar|related|lire-aussi|newsletter|banner|partenaires?|sitemap|plan-du-site|filtres?|filters?|facets?|widget|rss)(?:$|[-_\s\d])"
)
_GENERIC = re.compile(
    r"(?:en )?(?:lire|savoir|voir|decouvrir|consulter|acceder|telecharger|read|more|suite|plus|la suite|suivant|precedent|article|"
    r"l'article|"
    r"d'infos?|d'informations?|>+|»|\W|\d+)+"
)
_ODD_CLASS = re.compile(
    r"\d|^(?:odd|even|first|last|active|current|impair|pair|left|right|gauche|droite|clearfix|row|col|cols?-.*|col_.*)$"
)
# Among selectors that read the same, one that names what it finds outlives one that names how it looks.
_SPEAKS = re.compile(
    r"actu|news|article|post|event|item|entry|listing|resultat|result|teaser|breve|billet|projet|publication|card|carte|node"
)
_SAFE = re.compile(r"-?[A-Za-z_][\w-]*\Z")


@dataclass(frozen=True)
class _Group:
    """Elements that look alike, and how to name them below a container."""

    selector: str
    blocks: tuple[Tag, ...]


def listing_proposals(fetched: Fetched, today: date) -> list[Proposal]:
    """At most three ways to read the page, the best first; raises ParseError for what is no page."""
    soup = soup_of(fetched)
    base = base_of(soup, fetched.url)
    whole = soup.body or soup
    apart = {id(element) for element in whole.find_all(True) if _is_apart(element)}
    groups = list(_groups(whole, apart))[:_MOST_GROUPS]
    ranked: list[tuple[float, Proposal]] = []
    for group in groups:
        parts = _parts(group, today)
        if parts is None:
            continue
        score, title, link, day, summary = parts
        item = _selector(soup, whole, group, title, link)
        if item is None:
            continue
        select = Selectors(item=item, title=title, link=link, date=day, summary=summary)
        entries, untitled = entries_of(soup, select, base, fetched.url, today)
        good = [entry for entry in entries if entry.link or link is None]
        if len(good) < LEAST or len(good) < len(entries) * 0.7:
            continue
        ranked.append((score * (len(good) / (len(entries) + untitled)) ** 0.5, _proposal(select, good)))
    ranked.sort(key=lambda row: (-round(row[0], 6), not _SPEAKS.search(row[1].select.item), len(row[1].select.item)))
    best: list[Proposal] = []
    items: set[str] = set()
    for _, proposal in ranked:
        if proposal.select.item not in items and len(best) < 3:
            items.add(proposal.select.item)
            best.append(proposal)
    return best


def _proposal(select: Selectors, entries: list[Entry]) -> Proposal:
    dated = sum(1 for entry in entries if moment_of(entry.published, "Europe/Paris"))
    return Proposal(select=select, entries=len(entries), dated=dated)


def _is_apart(element: Tag) -> bool:
    """Return whether an element is furniture: everything in it is left out."""
    if element.name in ("nav", "footer", "aside", "form", "select", "template", "noscript", "script", "style"):
        return True
    if element.name == "header" and element.find_parent(["article", "main", "section", "li"]) is None:
        return True
    if str(element.get("role", "")) in ("navigation", "search", "banner", "contentinfo", "menu", "complementary"):
        return True
    if element.name in ("body", "main", "article", "html"):
        return False
    words = " ".join([*_all_classes(element), str(element.get("id") or "")]).lower()
    return bool(words.strip()) and _APART.search(words) is not None


def _inside(element: Tag, apart: set[int]) -> bool:
    return id(element) in apart or any(id(parent) in apart for parent in element.parents)


def _groups(whole: Tag, apart: set[int]) -> Iterator[_Group]:
    """Like elements: by class anywhere, by tag under one parent, by tag under the children of one parent."""
    by_class: dict[tuple[str, str], list[Tag]] = {}
    by_place: dict[tuple[int, str], list[Tag]] = {}
    by_depth: dict[tuple[int, str, str], list[Tag]] = {}
    parents: dict[int, Tag] = {}
    for element in whole.find_all(True):
        if element.name in ("time", "img", "p", "span", "br", "td", "th", *_HEADINGS):
            continue
        if _inside(element, apart):
            continue
        for name in _classes(element):
            by_class.setdefault((element.name, name), []).append(element)
        parent = element.parent
        if parent is not None:
            parents[id(parent)] = parent
            by_place.setdefault((id(parent), element.name), []).append(element)
            above = parent.parent
            if isinstance(above, Tag):
                parents[id(above)] = above
                by_depth.setdefault((id(above), parent.name, element.name), []).append(element)
    for (tag, name), blocks in by_class.items():
        if LEAST <= len(blocks) <= _MOST_BLOCKS:
            yield _Group(f"{tag}.{name}", tuple(blocks))
    for (parent_id, tag), blocks in by_place.items():
        if LEAST <= len(blocks) <= _MOST_BLOCKS:
            yield _Group(f"{_name(parents[parent_id])} > {tag}", tuple(blocks))
    for (parent_id, middle, tag), blocks in by_depth.items():
        if LEAST <= len(blocks) <= _MOST_BLOCKS and len({id(block.parent) for block in blocks}) > 1:
            yield _Group(f"{_name(parents[parent_id])} > {middle} > {tag}", tuple(blocks))


def _all_classes(element: Tag) -> list[str]:
    given = element.get("class") or ()
    return [given] if isinstance(given, str) else [str(name) for name in given]


def _classes(element: Tag) -> list[str]:
    return [name for name in _all_classes(element) if _SAFE.match(name) and not _ODD_CLASS.search(name.lower())]


def _name(element: Tag) -> str:
    """Return an element by its id, else its classes, else its tag."""
    given = str(element.get("id") or "")
    if _SAFE.match(given) and not re.search(r"\d{3}", given):
        return f"#{given}"
    classes = _classes(element)
    return f"{element.name}.{classes[0]}" if classes else str(element.name)


def _parts(group: _Group, today: date) -> tuple[float, str, str | None, str | None, str | None] | None:
    """Score, title, link, date and summary of a group; None when its members are no entries."""
    sample = group.blocks[:60]
    whole = [block for block in sample if block.name not in ("dt", "dd")] or list(sample)
    blocks = [whole_of(block) for block in whole]
    if any(block.name == "dd" for block in sample) and any(block.find("dl") for block in sample):
        return None
    linked = [block for block in blocks if block.find("a", href=True) or block.name == "a"]
    named = [block for block in blocks if block.get("id")]
    if len(linked) < 0.7 * len(blocks):
        if len(named) < 0.9 * len(blocks):
            return None
        linked = []
    title = _title(blocks, [*_title_choices(blocks)])
    if title is None:
        return None
    link = _link(blocks, title) if linked else None
    if linked and link is None:
        return None
    if link is None and not all(block.find(_HEADINGS) for block in blocks):
        return None
    day = _date(blocks, title, today)
    if link is None and day is None:
        return None
    summary = _summary(blocks, title, day)
    texts = [read(block, title) for block in blocks]
    texts = [text for text in texts if text]
    length = mean(len(text) for text in texts)
    heading = any(part.split(".")[0].split(":")[0] in _HEADINGS for part in title.split())
    score = len(group.blocks) ** 0.5 * min(1.0, length / 40) * (1 + 1.2 * (day is not None) + 0.6 * heading + 0.4 * (summary is not None))
    if any(block.find_parent("main") or block.find_parent("article") for block in sample[:1]):
        score *= 1.2
    # A block that holds several headings or long links holds several entries; what many blocks link to (an author) is none.
    linked_to = Counter(place for block in blocks for place in {str(anchor["href"]) for anchor in block.find_all("a", href=True)})
    common = frozenset(place for place, times in linked_to.items() if times > 1)
    if sum(_rivals(block, title, common) > 0 for block in blocks) > 0.3 * len(blocks):
        return None
    return score, title, link, day, summary


def _rivals(block: Tag, title: str, common: frozenset[str]) -> int:
    """Other links of the block that read as titles and lead elsewhere."""
    mine = fold(read(block, title))
    places: dict[str, str] = {}
    for anchor in block.find_all("a", href=True):
        words = fold(clean(anchor.get_text(" ")))
        if (
            str(anchor["href"]) not in common
            and len(words) >= 25
            and not _GENERIC.fullmatch(words)
            and words not in mine
            and mine not in words
        ):
            places[str(anchor["href"])] = words
    headings = [fold(clean(one.get_text(" "))) for one in block.find_all(_HEADINGS)]
    return len(places) + sum(1 for one in headings if one and one != mine and one not in mine and mine not in one and len(one) > 12) // 2


def _title_choices(blocks: list[Tag]) -> Iterator[str]:
    """Yield where a title may be, the likeliest first."""
    for heading in _HEADINGS:
        if sum(1 for block in blocks if block.find(heading)) >= 0.7 * len(blocks):
            yield f"{heading} a"
            yield heading
    yield from _class_choices(blocks, re.compile(r"tit(?:re|le)|headline|intitule|nom|libelle"))
    yield from _relative(blocks, "a")
    yield "strong"
    yield "b"
    if blocks[0].name == "a":  # a card that is one link, without a heading
        yield from (f"{tag}:nth-of-type({place})" for place in (1, 2, 3) for tag in ("p", "span", "div"))
    yield ":scope"


def _class_choices(blocks: list[Tag], wanted: re.Pattern[str]) -> Iterator[str]:
    counts: dict[str, int] = {}
    for block in blocks:
        names = {f".{name}" for element in block.find_all(True) for name in _classes(element) if wanted.search(name.lower())}
        for name in names:
            counts[name] = counts.get(name, 0) + 1
    for name, count in sorted(counts.items(), key=lambda row: -row[1]):
        if count >= 0.7 * len(blocks):
            yield name


def _relative(blocks: list[Tag], tag: str) -> Iterator[str]:
    """Yield a tag with its classes, and bare, and the second of its kind (a picture is often linked before the title)."""
    counts: dict[str, int] = {}
    for block in blocks:
        for name in {f"{tag}.{name}" for element in block.find_all(tag) for name in _classes(element)}:
            counts[name] = counts.get(name, 0) + 1
    yield from (name for name, count in sorted(counts.items(), key=lambda row: -row[1]) if count >= 0.7 * len(blocks))
    yield tag
    yield f"{tag}:not(:has(img))"
    yield f"{tag}:nth-of-type(2)"


def _title(blocks: list[Tag], choices: Iterable[str]) -> str | None:
    """Return the choice whose texts read as titles: there, distinct, some words long."""
    best: tuple[float, str] | None = None
    for rank, choice in enumerate(choices):
        if choice == ":scope" and blocks[0].name != "a":
            continue
        texts = [read(block, choice) for block in blocks]
        there = [text for text in texts if _reads_as_title(text)]
        if len(there) < 0.7 * len(blocks) or len({fold(text) for text in there}) < 0.8 * len(there):
            continue
        length = mean(len(text) for text in there)
        if not 12 <= length <= 260:
            continue
        worth = len(there) / len(blocks) - 0.01 * rank - (0.3 if length > 160 else 0)
        if best is None or worth > best[0] + 1e-9:
            best = (worth, choice)
    return best[1] if best else None


def _reads_as_title(text: str) -> bool:
    words = fold(text)
    return 6 <= len(text) <= 400 and len(re.findall(r"[a-z]{2,}", words)) >= 2 and not _GENERIC.fullmatch(words)


def _link(blocks: list[Tag], title: str) -> str | None:
    """Return the link of the title, around it, or of the block."""
    choices = []
    if blocks[0].name == "a":
        choices.append("@href")
    choices += [f"{title}@href", f"{title} a@href", *(f"{one}@href" for one in _relative(blocks, "a"))]
    for choice in choices:
        places = [read(block, choice) for block in blocks]
        there = [place for place in places if place and not place.startswith(("#", "mailto:", "javascript:", "tel:"))]
        if len(there) >= 0.7 * len(blocks) and len(set(there)) >= 0.8 * len(there):
            return choice
    return None


def _date(blocks: list[Tag], title: str, today: date) -> str | None:
    """Return the choice whose texts are dates; a `time` with its attribute speaks first."""
    choices = ["time@datetime", "time", *_class_choices(blocks, re.compile(r"date|time|publi|jour|meta|posted|when"))]
    tags = {element.name for block in blocks[:8] for element in block.find_all(True)} - set(_HEADINGS) - {"a", "img", "br", "ul", "ol"}
    choices += sorted(tags)
    choices += [f"{tag}:nth-of-type(2)" for tag in sorted(tags & {"p", "span", "td", "div", "dd", "small", "em"})]
    choices += ["td:last-child", "p:last-child", "span:last-child", "h3", "h4", "h5", "h6", ":scope"]
    best: tuple[float, str] | None = None
    for rank, choice in enumerate(choices):
        if choice == title:
            continue
        texts = [read(block, choice) for block in blocks]
        titles = [read(block, title) for block in blocks]
        good = sum(
            1
            for text, called in zip(texts, titles, strict=True)
            if text and (len(text) <= _DATE_WORDS or choice == ":scope") and _is_date(_without(text, called), today)
        )
        share = good / len(blocks)
        if share < (0.9 if choice == ":scope" else 0.6):
            continue
        worth = share - 0.005 * rank - (0.2 if choice == ":scope" else 0)
        if best is None or worth > best[0] + 1e-9:
            best = (worth, choice)
    return best[1] if best else None


def _without(text: str, title: str) -> str:
    """Return what a line says besides the title: the date in a title is no date of publication."""
    return text.replace(title, " ") if title else text


def _is_date(text: str, today: date) -> bool:
    return moment_of(text, "Europe/Paris") is not None or day_ago(text, today) is not None or day_without_year(text, today) is not None


def _summary(blocks: list[Tag], title: str, day: str | None) -> str | None:
    """Return the choice that says most besides title and date."""
    choices = [
        *_class_choices(blocks, re.compile(r"chapo|resume|intro|desc|excerpt|accroche|summary|texte?$|body|content|extrait")),
        "p",
        "p:nth-of-type(2)",
    ]
    choices += ["dd", "td:nth-of-type(2)"]
    best: tuple[float, str] | None = None
    for choice in choices:
        if choice == (day or "").split("@")[0]:
            continue
        texts = [read(block, choice) for block in blocks]
        titles = [fold(read(block, title)) for block in blocks]
        good = [
            text
            for text, called in zip(texts, titles, strict=True)
            if len(text) >= 40 and fold(text) != called and called not in fold(text)
        ]
        if len(good) >= 0.6 * len(blocks):
            worth = mean(len(text) for text in good)
            if best is None or worth > best[0] * 1.5:
                best = (worth, choice)
    return best[1] if best else None


def _selector(soup: BeautifulSoup, whole: Tag, group: _Group, title: str, link: str | None) -> str | None:
    """Return a selector that finds the group, and nothing else that would be read as an entry."""
    wanted = {id(block) for block in group.blocks}
    for selector in _selectors(whole, group):
        found = soup.select(selector)
        if not wanted <= {id(one) for one in found}:
            continue
        extra = [one for one in found if id(one) not in wanted]
        if not any(read(whole_of(one), title) and (link is None or read(whole_of(one), link)) for one in extra):
            return selector
    return None


def _selectors(whole: Tag, group: _Group) -> Iterator[str]:
    """Yield the plain selector, then below ever nearer containers that hold the whole group."""
    if " > " not in group.selector:
        yield group.selector
    first = group.blocks[0]
    own = group.selector
    holders = [parent for parent in first.parents if isinstance(parent, Tag) and parent.name not in ("[document]", "html")]
    common = [parent for parent in holders if all(parent in block.parents for block in group.blocks)]
    if " > " in own and _name(common[0] if common else whole) == own.split(" > ")[0]:
        yield own
    for holder in reversed(common):
        name = _name(holder)
        if name == "body":
            if " > " in own:
                yield own
            continue
        if " > " in own:
            yield f"{name} {own}" if not own.startswith(name) else own
        else:
            yield f"{name} {own}"
            if name.startswith("#"):
                continue
            outer = next((_name(parent) for parent in holder.parents if isinstance(parent, Tag) and _name(parent).startswith("#")), None)
            if outer:
                yield f"{outer} {name} {own}"
