"""Nodes become values, and every problem of a value is kept with its line and what was meant.

Comes in: nodes, the names that are allowed. Goes out: values of our own types.
"""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from veille.config.tree import Mapping, Node, Scalar

_DURATION = re.compile(r"([1-9][0-9]{0,4})\s*(s|m|h|d)\Z")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What feeds.yaml may refer to: tag ids, merged tags with what they became, codes of départements."""

    tags: frozenset[str]
    aliases: dict[str, str]
    departements: dict[str, str]  # code: name


class Reader:
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
                # What is no word may be a value out of its place, and secret: it is neither said nor guessed at.
                is_word = re.fullmatch(r"[\w -]{1,80}", key) is not None
                meant = (self.guess(key, allowed) if is_word else "") or self.choices(allowed)
                self.problem(scalar.line, f"clé inconnue « {key} »{meant}" if is_word else f"clé illisible{meant}")
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
    """Return why an address cannot be watched, in French; None when it can."""
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
    if not host.isascii() or "xn--" in host:
        import idna

        try:
            idna.encode(host, uts46=False)
        except idna.IDNAError:
            return "nom de site impossible"
    return None


def selector_problem(text: str, *, attribute: bool) -> str | None:
    """Return why a selector cannot be used, in French: wrong, or of a shape that takes for ever on a large page."""
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
