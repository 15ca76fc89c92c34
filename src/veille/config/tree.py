"""The text of a YAML file becomes a tree of nodes, each with its line; or every problem of form in it.

Comes in: bytes or text. Goes out: nodes whose leaves are text. No recursion, no object made by YAML, no alias, no tag.
"""

from dataclasses import dataclass
from typing import Any

import yaml

from veille.errors import ConfigError

LIMIT = 8 << 20  # characters; 20,000 sources take about 3
DEEPEST = 12
_TOO_DEEP = f"plus de {DEEPEST} niveaux imbriqués"
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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


def decode_config(raw: bytes, file: str) -> str:
    """Return the text of a configuration file; raises ConfigError with the line of the first byte that is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = raw.count(b"\n", 0, exc.start) + 1
        raise ConfigError([f"{file}:{line}: le fichier n’est pas en UTF-8 : enregistrez-le en UTF-8"]) from exc


def read_tree(text: str, file: str) -> Node:
    """Return the nodes of a YAML document, built from its events: no recursion, no object, no alias, no tag."""
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
                    problems.append((line, _TOO_DEEP))
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
        "exceeded maximum nesting depth": _TOO_DEEP,  # libyaml itself, since PyYAML 6.0.4
    }
    problem = exc.problem or ""
    return next((french for english, french in known.items() if problem.startswith(english)), "syntaxe inattendue")
