"""A Source becomes the lines of feeds.yaml that describe it: what `parse_config` reads back as the same Source.

Comes in: `Source`. Goes out: YAML. Forbidden: writing what is the default.
"""

import json
import re
from datetime import timedelta

from veille.model import Source

_PLAIN = re.compile(r"[A-Za-zÀ-ÿ][\w ,.’'()/-]*\Z")
_WORDS_OF_YAML = {"true", "false", "null", "yes", "no", "on", "off", "~"}


def source_yaml(source: Source, *, comment: str = "") -> str:
    """Return the lines of one source, two spaces in, ready to be put under `sources:`."""
    lines = [f"# {line}" for line in comment.splitlines() if line.strip()]
    lines.append(f"- id: {source.id}")
    lines += [f"  {key}: {value}" for key, value in _pairs(source)]
    return "".join(f"  {line}\n" for line in lines)


def _pairs(source: Source) -> list[tuple[str, str]]:
    usual = Source(id="", name="", kind="feed", url="")
    pairs = []
    if source.formerly:
        pairs.append(("formerly", _list(source.formerly)))
    pairs += [("name", _text(source.name)), (source.kind, _text(source.url))]
    if source.home:
        pairs.append(("home", _text(source.home)))
    if source.territory:
        pairs.append(("territory", f'"{source.territory[0]}"' if len(source.territory) == 1 else _quoted(source.territory)))
    if source.tags:
        pairs.append(("tags", _list(source.tags)))
    if source.every != usual.every:
        pairs.append(("every", duration_text(source.every)))
    pairs += [(key, str(getattr(source, key))) for key in ("language", "timezone", "rights") if getattr(source, key) != getattr(usual, key)]
    if source.timeout != usual.timeout:
        pairs.append(("timeout", duration_text(source.timeout)))
    if source.full_text:
        pairs.append(("full_text", str(source.full_text)))
    expected = []
    if source.expect.at_least is not None:
        expected.append(f"at_least: {source.expect.at_least}")
    if source.expect.at_most != usual.expect.at_most:
        expected.append(f"at_most: {source.expect.at_most}")
    if source.expect.within is not None:
        expected.append(f"within: {duration_text(source.expect.within)}")
    if expected:
        pairs.append(("expect", f"{{{', '.join(expected)}}}"))
    if source.access.headers:
        pairs.append(("headers", "{" + ", ".join(f"{name}: {variable}" for name, variable in source.access.headers) + "}"))
    if not source.enabled:
        pairs.append(("enabled", "false"))
    if source.select:
        given = [(key, getattr(source.select, key)) for key in ("item", "title", "link", "date", "summary")]
        pairs.append(("select", "{" + ", ".join(f"{key}: {_inner(value)}" for key, value in given if value) + "}"))
    return pairs


def duration_text(given: timedelta) -> str:
    """20s, 30m, 6h, 2d: the longest unit that is exact."""
    seconds = int(given.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _text(value: str) -> str:
    """Return a scalar: plain where YAML cannot take it for something else."""
    address = re.fullmatch(r"https?://[^\s#\"'{}\[\],]*", value)
    plain = address or (_PLAIN.match(value) and value.lower() not in _WORDS_OF_YAML and " #" not in value and not value.endswith(" "))
    return value if plain else json.dumps(value, ensure_ascii=False)


def _inner(value: str) -> str:
    """Return a scalar inside braces."""
    return (
        value if re.fullmatch(r"[a-z][\w. -]*[\w-]|[a-z]", value) and value not in _WORDS_OF_YAML else json.dumps(value, ensure_ascii=False)
    )


def _list(values: tuple[str, ...]) -> str:
    return f"[{', '.join(values)}]"


def _quoted(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"
