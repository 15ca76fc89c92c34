"""The text of feeds.yaml becomes a Config, or every problem in it.

Comes in: text, the names that are allowed. Goes out: `Config`. Forbidden: reading files, objects made by YAML.
Every value is text until it is converted here: `01` stays `01`, `no` stays `no`.
"""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import yaml

from veille.errors import ConfigError
from veille.model import Config, Expectation, Selectors, Source

LIMIT = 8 << 20  # characters; 20,000 sources take about 3
DEEPEST = 12
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?\Z")
_DURATION = re.compile(r"([1-9][0-9]{0,4})\s*(s|m|h|d)\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_PLACES = {"feed", "page", "discover"}
_TOP = ("version", "defaults", "sources")
_DEFAULTS = ("every", "language", "timezone", "rights", "timeout", "contact")
_SOURCE = (
    "id", "formerly", "name", "feed", "page", "discover", "territory", "tags", "every", "rights", "language", "timezone",
    "timeout", "full_text", "expect", "enabled", "select",
)  # fmt: skip
_SELECT = ("item", "title", "link", "date", "summary")
_RIGHTS = ("link", "excerpt", "full")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A piece of text and the line it stands on (from 1)."""

    text: str
    line: int
    quoted: bool


@dataclass(frozen=True, slots=True)
class Sequence:
    values: list["Node"]
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    pairs: dict[str, tuple[Scalar, "Node"]]
    line: int


Node = Scalar | Sequence | Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What feeds.yaml may refer to: tag ids, merged tags with what they became, codes of départements."""

    tags: frozenset[str]
    aliases: dict[str, str]
    departements: frozenset[str]


class _Reader:
    """Walks the tree once and keeps every problem with its line."""

    def __init__(self, file: str, names: Names) -> None:
        self.file = file
        self.names = names
        self.problems: list[tuple[int, str]] = []
        self.warnings: list[tuple[int, str]] = []

    def problem(self, line: int, what: str) -> None:
        self.problems.append((line, what))

    def guess(self, word: str, allowed: Iterable[str]) -> str:
        near = difflib.get_close_matches(word[:80], list(allowed), n=1, cutoff=0.55)
        return f", vouliez-vous dire « {near[0]} » ?" if near else ""

    def mapping(self, node: Node, what: str, allowed: tuple[str, ...]) -> dict[str, Node]:
        if not isinstance(node, Mapping):
            self.problem(node.line, f"{what} doit être une liste de « clé: valeur »")
            return {}
        for key, (scalar, _) in node.pairs.items():
            if key not in allowed:
                self.problem(scalar.line, f"clé inconnue « {key[:80]} »{self.guess(key, allowed) or self.choices(allowed)}")
        return {key: value for key, (_, value) in node.pairs.items() if key in allowed}

    def choices(self, allowed: Iterable[str]) -> str:
        return f" ; attendu : {', '.join(allowed)}"

    def text(self, node: Node, what: str, *, longest: int = 300) -> str | None:
        if not isinstance(node, Scalar):
            self.problem(node.line, f"« {what} » doit être un texte")
        elif not node.text.strip():
            self.problem(node.line, f"« {what} » est vide")
        elif len(node.text) > longest:
            self.problem(node.line, f"« {what} » dépasse {longest} caractères")
        elif any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in node.text):
            self.problem(node.line, f"« {what} » contient un caractère de contrôle")
        else:
            return node.text.strip()
        return None

    def texts(self, node: Node, what: str) -> list[Scalar]:
        if isinstance(node, Scalar):
            self.problem(node.line, f"« {what} » doit être une liste entre crochets, par exemple [{node.text[:40]}]")
            return []
        if isinstance(node, Mapping):
            self.problem(node.line, f"« {what} » doit être une liste")
            return []
        found = [value for value in node.values if isinstance(value, Scalar) and value.text.strip()]
        if len(found) != len(node.values):
            self.problem(node.line, f"« {what} » ne doit contenir que des textes")
        return found

    def duration(self, node: Node, what: str, *, least: int, most: int) -> timedelta | None:
        text = self.text(node, what)
        if text is None:
            return None
        match = _DURATION.match(text)
        if not match:
            self.problem(node.line, f"« {what}: {text[:40]} » n’est pas une durée ; écrivez par exemple 20s, 30m, 6h ou 2d")
            return None
        seconds = int(match[1]) * _SECONDS[match[2]]
        if not least <= seconds <= most:
            self.problem(node.line, f"« {what}: {text} » est hors limites (de {_short(least)} à {_short(most)})")
            return None
        return timedelta(seconds=seconds)

    def one_of(self, node: Node, what: str, allowed: tuple[str, ...]) -> str | None:
        text = self.text(node, what)
        if text is not None and text not in allowed:
            self.problem(node.line, f"« {what}: {text[:40]} »{self.guess(text, allowed) or self.choices(allowed)}")
            return None
        return text

    def boolean(self, node: Node, what: str) -> bool | None:
        text = self.one_of(node, what, ("true", "false"))
        return None if text is None else text == "true"

    def count(self, node: Node, what: str, *, most: int) -> int | None:
        text = self.text(node, what)
        if text is None:
            return None
        if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= most:
            self.problem(node.line, f"« {what}: {text[:40]} » doit être un nombre entier de 1 à {most}")
            return None
        return int(text)

    def address(self, node: Node, what: str) -> str | None:
        text = self.text(node, what, longest=2000)
        if text is None:
            return None
        why = address_problem(text)
        if why:
            self.problem(node.line, f"« {what} » : {why}")
            return None
        return text

    def timezone(self, node: Node) -> str | None:
        text = self.text(node, "timezone")
        if text is None:
            return None
        try:
            ZoneInfo(text)
        except (KeyError, ValueError, OSError):
            self.problem(node.line, f"fuseau horaire inconnu « {text[:40]} » ; par exemple Europe/Paris, Indian/Reunion")
            return None
        return text


def _short(seconds: int) -> str:
    for name, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{name}"
    return f"{seconds}s"


def address_problem(text: str) -> str | None:
    """Why an address cannot be watched, in French; None when it can."""
    if any(char.isspace() for char in text):
        return "l’adresse contient une espace"
    try:
        parts = urlsplit(text)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        return "adresse illisible"
    if not parts.scheme or (not parts.netloc and "." in text.split("/", maxsplit=1)[0]):
        return f"adresse sans protocole, vouliez-vous dire « https://{text[:80]} » ?"
    if parts.scheme.lower() not in ("http", "https"):
        return f"protocole « {parts.scheme[:20]} » refusé : http ou https seulement"
    if parts.username is not None or parts.password is not None:
        return "une adresse ne doit contenir ni nom ni mot de passe"
    if not host or host.startswith(".") or ".." in host:
        return "adresse sans nom de site"
    if port == 0:
        return "port 0 impossible"
    return None


def decode_config(raw: bytes, file: str) -> str:
    """The text of a configuration file; raises ConfigError with the line of the first byte that is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise ConfigError([f"{file}:{line}: le fichier n’est pas en UTF-8 : enregistrez-le en UTF-8"]) from exc


def parse_config(text: str, file: str, names: Names) -> Config:
    """A Config from the text of feeds.yaml; raises ConfigError with all its problems, each with its line."""
    tree = _tree(text, file)
    reader = _Reader(file, names)
    config = _config(reader, tree)
    if reader.problems:
        raise ConfigError([f"{file}:{line}: {what}" for line, what in sorted(set(reader.problems))])
    return config


def _tree(text: str, file: str) -> Node:
    """The nodes of a YAML document, built from its events: no recursion, no object, no alias, no tag."""
    if len(text) > LIMIT:
        raise ConfigError([f"{file}:1: le fichier dépasse {LIMIT >> 20} millions de caractères"])
    problems: list[tuple[int, str]] = []
    top: list[Node] = []
    documents = 0
    # Each open collection: its node, and for a mapping the key that waits for its value.
    stack: list[tuple[Sequence | Mapping, list[Scalar | None]]] = []

    def place(node: Node) -> None:
        if not stack:
            top.append(node)
            return
        parent, waiting = stack[-1]
        if isinstance(parent, Sequence):
            parent.values.append(node)
        elif not waiting:
            waiting.append(node if isinstance(node, Scalar) else None)
            if not isinstance(node, Scalar):
                problems.append((node.line, "une clé doit être un simple mot"))
        else:
            key = waiting.pop()
            if key is None:
                return
            if key.text in parent.pairs:
                first = parent.pairs[key.text][0].line
                problems.append((key.line, f"clé répétée « {key.text[:80]} » (déjà ligne {first})"))
            else:
                parent.pairs[key.text] = (key, node)

    try:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    problems.append((line, "un seul document par fichier : retirez la ligne « --- »"))
                    break
            elif isinstance(event, yaml.AliasEvent):
                problems.append((line, f"les renvois (*{event.anchor}) ne sont pas admis : répétez la valeur"))
                place(Scalar("", line, False))
            elif isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)):
                if event.anchor:
                    problems.append((line, f"les ancres (&{event.anchor}) ne sont pas admises"))
                if event.tag:
                    problems.append((line, f"les étiquettes YAML ({event.tag[:60]}) ne sont pas admises"))
                if isinstance(event, yaml.ScalarEvent):
                    place(Scalar(event.value, line, event.style is not None))
                    continue
                node = Sequence([], line) if isinstance(event, yaml.SequenceStartEvent) else Mapping({}, line)
                place(node)
                stack.append((node, []))
                if len(stack) > DEEPEST:
                    problems.append((line, f"plus de {DEEPEST} niveaux imbriqués"))
                    break
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        problems.append((mark.line + 1 if mark else 1, f"YAML illisible : {_yaml_problem(exc, text, mark)}"))
    except yaml.YAMLError as exc:
        line = text.count("\n", 0, getattr(exc, "position", 0) or 0) + 1
        problems.append((line, "YAML illisible : caractère interdit"))
    if not problems and not top:
        problems.append((1, "le fichier est vide : il faut au moins « version: 1 » et « sources: »"))
    if problems:
        raise ConfigError([f"{file}:{line}: {what}" for line, what in sorted(set(problems))])
    return top[0]


def _yaml_problem(exc: yaml.MarkedYAMLError, text: str, mark: Any) -> str:
    lines = text.split("\n")
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if line[: len(line) - len(line.lstrip())].count("\t"):
        return "tabulation en début de ligne ; mettez des espaces"
    known = {
        "mapping values are not allowed": "deux-points inattendu ; mettez la valeur entre guillemets ou vérifiez le retrait",
        "did not find expected": "retrait ou crochet inattendu ; vérifiez l’alignement avec la ligne d’avant",
        "could not find expected": "il manque deux-points après une clé, ou un guillemet n’est pas fermé",
        "found character": "caractère qui ne peut pas commencer une valeur ; mettez-la entre guillemets",
        "found unexpected end": "un guillemet ou un crochet n’est pas fermé",
    }
    problem = exc.problem or ""
    return next((french for english, french in known.items() if problem.startswith(english)), "syntaxe inattendue")


def _config(reader: _Reader, tree: Node) -> Config:
    if not isinstance(tree, Mapping):
        reader.problem(tree.line, "le fichier doit commencer par « version: 1 » puis « sources: »")
        return Config(sources=())
    top = reader.mapping(tree, "le fichier", _TOP)
    if "version" not in top:
        reader.problem(1, "il manque « version: 1 »")
    elif reader.text(top["version"], "version") not in (None, "1"):
        reader.problem(top["version"].line, "version inconnue ; cette veille lit « version: 1 »")
    common: dict[str, Any] = {}
    contact = ""
    if "defaults" in top:
        given = reader.mapping(top["defaults"], "« defaults »", _DEFAULTS)
        contact = (reader.text(given["contact"], "contact") or "") if "contact" in given else ""
        common = _shared(reader, given)
    if "sources" not in top:
        reader.problem(tree.line, "il manque « sources: »")
        return Config(sources=(), contact=contact)
    if not isinstance(top["sources"], Sequence):
        reader.problem(top["sources"].line, "« sources » doit être une liste : chaque source commence par « - id: »")
        return Config(sources=(), contact=contact)
    sources = [_source(reader, node, common) for node in top["sources"].values]
    _ids_once(reader, top["sources"])
    warnings = tuple(f"{reader.file}:{line}: {what}" for line, what in sorted(set(reader.warnings)))
    return Config(sources=tuple(source for source in sources if source), contact=contact, warnings=warnings)


def _shared(reader: _Reader, given: dict[str, Node]) -> dict[str, Any]:
    """The settings that defaults and sources have in common."""
    readers: dict[str, Callable[[Node], Any]] = {
        "every": lambda node: reader.duration(node, "every", least=300, most=90 * 86400),
        "timeout": lambda node: reader.duration(node, "timeout", least=1, most=300),
        "rights": lambda node: reader.one_of(node, "rights", _RIGHTS),
        "language": lambda node: _language(reader, node),
        "timezone": reader.timezone,
    }
    found = {key: read(given[key]) for key, read in readers.items() if key in given}
    return {key: value for key, value in found.items() if value is not None}


def _language(reader: _Reader, node: Node) -> str | None:
    text = reader.text(node, "language")
    if text is not None and not re.fullmatch(r"[a-z]{2,3}", text):
        reader.problem(node.line, f"langue inconnue « {text[:20]} » ; deux lettres, par exemple fr ou en")
        return None
    return text


def _source(reader: _Reader, node: Node, common: dict[str, Any]) -> Source | None:
    before = len(reader.problems)
    if not isinstance(node, Mapping):
        reader.problem(node.line, "chaque source est faite de « clé: valeur » et commence par « - id: »")
        return None
    given = reader.mapping(node, "une source", _SOURCE)
    for key in ("id", "name"):
        if key not in given:
            reader.problem(node.line, f"il manque « {key} »")
    places = [key for key in given if key in _PLACES]
    if not places:
        reader.problem(node.line, "il manque « feed », « page » ou « discover »")
    for extra in places[1:]:
        reader.problem(given[extra].line, f"« {places[0]} » et « {extra} » à la fois : gardez-en un seul")
    values: dict[str, Any] = dict(common) | _shared(reader, given)
    if "id" in given:
        values["id"] = _identifier(reader, given["id"], "id")
    if "name" in given:
        values["name"] = reader.text(given["name"], "name", longest=120)
    if places:
        values |= {"kind": places[0], "url": reader.address(given[places[0]], places[0])}
    if "territory" in given:
        values["territory"] = _territory(reader, given["territory"])
    if "tags" in given:
        values["tags"] = _tags(reader, given["tags"])
    if "formerly" in given:
        former = [_identifier(reader, value, "formerly") for value in reader.texts(given["formerly"], "formerly")]
        values["formerly"] = tuple(filter(None, former))
    if "full_text" in given:
        values["full_text"] = reader.count(given["full_text"], "full_text", most=200)
    if "enabled" in given:
        values["enabled"] = reader.boolean(given["enabled"], "enabled")
    if "expect" in given:
        values["expect"] = _expect(reader, given["expect"])
    values["select"] = _select(reader, node, given, places)
    return Source(**values) if len(reader.problems) == before else None


def _identifier(reader: _Reader, node: Node, what: str) -> str | None:
    text = reader.text(node, what)
    if text is not None and not _ID.match(text):
        reader.problem(node.line, f"« {what}: {text[:80]} » : seulement des minuscules sans accent, des chiffres et des tirets")
        return None
    return text


def _territory(reader: _Reader, node: Node) -> tuple[str, ...]:
    scalars = [node] if isinstance(node, Scalar) else reader.texts(node, "territory")
    codes = []
    for scalar in scalars:
        code = scalar.text.strip().upper()
        if code in reader.names.departements:
            codes.append(code)
            continue
        meant = {"20": " ; la Corse est 2A ou 2B"}.get(code, "")
        if not meant and ("0" + code) in reader.names.departements:
            meant = f", vouliez-vous dire « 0{code} » ?"
        reader.problem(
            scalar.line,
            f"département inconnu « {code[:40]} »{meant or ' ; mettez un code INSEE, par exemple 01, 2A, 974'}",
        )
    return tuple(dict.fromkeys(codes))


def _tags(reader: _Reader, node: Node) -> tuple[str, ...]:
    kept = []
    for scalar in reader.texts(node, "tags"):
        tag = scalar.text.strip()
        if tag in reader.names.aliases:
            now = reader.names.aliases[tag]
            reader.warnings.append((scalar.line, f"l’étiquette « {tag} » s’appelle maintenant « {now} »"))
            kept.append(now)
        elif tag in reader.names.tags:
            kept.append(tag)
        else:
            guess = reader.guess(tag, reader.names.tags) or f" ; attendu : {', '.join(sorted(reader.names.tags)[:6])}…"
            reader.problem(scalar.line, f"étiquette inconnue « {tag[:80]} »{guess}")
    return tuple(dict.fromkeys(kept))


def _expect(reader: _Reader, node: Node) -> Expectation:
    given = reader.mapping(node, "« expect »", ("at_least", "within"))
    return Expectation(
        at_least=reader.count(given["at_least"], "at_least", most=5000) if "at_least" in given else None,
        within=reader.duration(given["within"], "within", least=3600, most=1000 * 86400) if "within" in given else None,
    )


def _select(reader: _Reader, source: Mapping, given: dict[str, Node], places: list[str]) -> Selectors | None:
    if "select" not in given:
        if places == ["page"]:
            reader.problem(source.line, "une « page » a besoin de « select: {item, title, link} »")
        return None
    if "page" not in places:
        reader.problem(given["select"].line, "« select » ne va qu’avec « page »")
    parts = reader.mapping(given["select"], "« select »", _SELECT)
    found: dict[str, str] = {}
    for key, node in parts.items():
        text = reader.text(node, key, longest=200)
        if text is None:
            continue
        why = selector_problem(text, attribute=key != "item")
        if why:
            reader.problem(node.line, f"« {key}: {text[:80]} » : {why}")
        found[key] = text
    for key in ("item", "title"):
        if key not in parts:
            reader.problem(given["select"].line, f"il manque « {key} » dans « select »")
    if not {"item", "title"} <= found.keys():
        return None
    return Selectors(**found)


def selector_problem(text: str, *, attribute: bool) -> str | None:
    """Why a selector cannot be used, in French: wrong, or of a shape that takes for ever on a large page."""
    import soupsieve

    selector, _, name = text.rpartition("@") if attribute and "@" in text else (text, "", "")
    if "@" in text and (not attribute or not re.fullmatch(r"[a-zA-Z][\w:-]*", name)):
        return "« @attribut » se met une fois, à la fin"
    if not selector:
        return None
    if len(re.findall(r":(?:not|is|where|has|matches)\(", selector)) > 3 or "((" in selector:
        return "sélecteur trop imbriqué (3 :not() ou :is() au plus)"
    if len(re.findall(r"[\s>+~]+", selector.strip())) > 12:
        return "sélecteur trop long (12 étapes au plus)"
    try:
        soupsieve.compile(selector)
    except (soupsieve.SelectorSyntaxError, ValueError, NotImplementedError):
        return "sélecteur CSS invalide"
    return None


def _ids_once(reader: _Reader, sources: Sequence) -> None:
    """An id, a former one included, belongs to one source."""
    first: dict[str, int] = {}
    for node in sources.values:
        if not isinstance(node, Mapping):
            continue
        names = [node.pairs[key][1] for key in ("id",) if key in node.pairs]
        former = node.pairs["formerly"][1] if "formerly" in node.pairs else None
        names += former.values if isinstance(former, Sequence) else []
        for name in names:
            if not isinstance(name, Scalar) or not name.text:
                continue
            if name.text in first:
                reader.problem(name.line, f"id répété « {name.text[:80]} » (déjà ligne {first[name.text]})")
            first.setdefault(name.text, name.line)
