"""The text of feeds.yaml becomes a Config, or every problem in it.

Comes in: text, the names that are allowed. Goes out: `Config`. Forbidden: reading files, objects made by YAML.
Every value is text until it is converted here: `01` stays `01`, `no` stays `no`.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from veille.config.tree import Mapping, Node, Scalar, Sequence, decode_config, read_tree
from veille.config.values import Names, Reader, address_problem, selector_problem
from veille.config.writing import source_yaml
from veille.errors import ConfigError
from veille.french import fold
from veille.model import MAIL_TLS, RIGHTS, SOURCE_KINDS, Access, Config, Expectation, Mail, Proxy, Retention, Selectors, Source

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?\Z")
_PLACES = SOURCE_KINDS.keys()
_TOP = ("version", "defaults", "retention", "smtp", "maildir", "sources")
_SMTP = ("host", "port", "tls", "user", "password", "from", "per_minute")
_DEFAULTS = ("every", "language", "timezone", "rights", "timeout", "contact", "site", "proxy", "no_proxy")
_SOURCE = (
    "id", "formerly", "name", *SOURCE_KINDS, "territory", "tags", "every", "rights", "language", "timezone",
    "timeout", "full_text", "expect", "home", "enabled", "select", "proxy", "headers",
)  # fmt: skip
_RETENTION = ("visits", "alarms", "requests", "versions", "dismissed")
_SELECT = ("item", "title", "link", "date", "summary")
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,80}")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?|\[?[0-9A-Fa-f:.]+\]?")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_PROXY = ("url", "user", "password")
# What a request is made of, and what a visit says itself.
_NOT_OURS = frozenset(
    "host connection content-length transfer-encoding te trailer upgrade expect proxy-authorization proxy-connection cookie "
    "user-agent accept accept-encoding accept-language keep-alive http2-settings if-none-match if-modified-since range".split()
)


def is_address(text: str) -> bool:
    """Return whether a text may be an electronic address: its form alone is judged."""
    return _ADDRESS.fullmatch(text) is not None


def parse_config(text: str, file: str, names: Names) -> Config:
    """Return a Config from the text of feeds.yaml; raises ConfigError with all its problems, each with its line."""
    tree = read_tree(text, file)
    reader = Reader(file, names)
    config = _config(reader, tree)
    if reader.problems:
        raise ConfigError([f"{file}:{line}: {what}" for line, what in sorted(set(reader.problems))])
    return config


def _config(reader: Reader, tree: Node) -> Config:
    if not isinstance(tree, Mapping):
        reader.problem(tree.line, "le fichier doit commencer par « version: 1 » puis « sources: »")
        return Config(sources=())
    top = reader.mapping(tree, "le fichier", _TOP)
    if "version" not in top:
        reader.problem(1, "il manque « version: 1 »")
    elif reader.text(top["version"], "version") not in (None, "1"):
        reader.problem(top["version"].line, "version inconnue ; cette veille lit « version: 1 »")
    common: dict[str, Any] = {}
    proxy = Proxy()
    contact = site = ""
    if "defaults" in top:
        given = reader.mapping(top["defaults"], "« defaults »", _DEFAULTS)
        contact = (reader.text(given["contact"], "contact") or "") if "contact" in given else ""
        if contact and "@" not in contact and "://" not in contact:
            reader.problem(given["contact"].line, f"« contact: {contact[:40]} » : mettez une adresse électronique ou celle d’une page")
        site = (reader.address(given["site"], "site") or "") if "site" in given else ""
        common = _shared(reader, given)
        proxy = _proxy(reader, given["proxy"]) if "proxy" in given else proxy
        if "no_proxy" in given:
            direct = tuple(one.text.strip() for one in reader.texts(given["no_proxy"], "no_proxy"))
            proxy = replace(proxy, no_proxy=direct)
            if not proxy.url:
                reader.problem(given["no_proxy"].line, "« no_proxy » ne va qu’avec « proxy »")
    retention = _retention(reader, top["retention"]) if "retention" in top else Retention()
    mail = _mail(reader, top)
    if "sources" not in top:
        reader.problem(tree.line, "il manque « sources: »")
        return Config(sources=(), contact=contact)
    if not isinstance(top["sources"], Sequence):
        reader.problem(top["sources"].line, "« sources » doit être une liste : chaque source commence par « - id: »")
        return Config(sources=(), contact=contact)
    sources = [_source(reader, node, common, proxy) for node in top["sources"].values]
    _once(reader, top["sources"])
    warnings = tuple(f"{reader.file}:{line}: {what}" for line, what in sorted(set(reader.warnings)))
    return Config(
        sources=tuple(source for source in sources if source), contact=contact, site=site, retention=retention, proxy=proxy, mail=mail,
        warnings=warnings,
    )  # fmt: skip


def _proxy(reader: Reader, node: Node) -> Proxy:
    """`proxy`: an address, « environment », « none », or an address with the names of variables. Nothing is said again of it."""
    given = reader.mapping(node, "« proxy »", _PROXY) if isinstance(node, Mapping) else {"url": node}
    if "url" not in given:
        reader.problem(node.line, "il manque « url » dans « proxy »")
        return Proxy()
    url = reader.text(given["url"], "proxy") or ""
    if url == "none":
        return Proxy()
    if url != "environment":
        _judge_proxy(reader, given["url"].line, url)
    user, password = (_variable(reader, given[key], key) if key in given else "" for key in ("user", "password"))
    if url == "environment" and (user or password):
        reader.problem(node.line, "« proxy: environment » prend le nom et le mot de passe dans la même variable que l’adresse")
    if ("user" in given) != ("password" in given):
        reader.problem(node.line, "« user » et « password » vont ensemble dans « proxy »")
    return Proxy(url=url, user=user, password=password)


def _judge_proxy(reader: Reader, line: int, url: str) -> None:
    why = address_problem(url)
    if "@" in url:
        why = "pas de mot de passe ici : « proxy: {url: …, user: NOM_DE_VARIABLE, password: NOM_DE_VARIABLE} »"
    elif not why and (urlsplit(url).path.strip("/") or urlsplit(url).query or urlsplit(url).fragment):
        why = "un proxy n’a ni chemin ni question : par exemple http://proxy.exemple.fr:3128"
    if why:
        reader.problem(line, f"« proxy » : {why}")


def _variable(reader: Reader, node: Node, what: str) -> str:
    text = reader.text(node, what) or ""
    if text and not _VARIABLE.fullmatch(text):
        reader.problem(node.line, f"« {what} » : mettez le nom d’une variable d’environnement, en majuscules, et non ce qu’elle contient")
        return ""
    return text


def _headers(reader: Reader, node: Node) -> tuple[tuple[str, str], ...]:
    """`headers`: names, each with the name of the environment variable that holds what is sent."""
    if not isinstance(node, Mapping):
        reader.problem(node.line, "« headers » doit être une liste de « Nom: NOM_DE_VARIABLE »")
        return ()
    found = []
    for name, (scalar, value) in node.pairs.items():
        if not _HEADER.fullmatch(name):
            reader.problem(scalar.line, "ce nom ne peut être celui d’un en-tête de source")
        elif name.lower() in _NOT_OURS:
            reader.problem(scalar.line, f"« {name} » ne peut être un en-tête de source")
        else:
            found.append((name, _variable(reader, value, name)))
    return tuple(found)


def _retention(reader: Reader, node: Node) -> Retention:
    """Return how long traces are kept: at least a month, since states and alarms are judged by them."""
    given = reader.mapping(node, "« retention »", _RETENTION)
    found = {key: reader.duration(value, key, least=30 * 86400, most=36500 * 86400) for key, value in given.items()}
    return replace(Retention(), **{key: value for key, value in found.items() if value is not None})


def _mail(reader: Reader, top: dict[str, Node]) -> Mail:
    """`smtp`: the relay; `maildir`: a folder instead, to try."""
    if "maildir" in top and "smtp" in top:
        reader.problem(top["maildir"].line, "« smtp » ou « maildir », pas les deux : le courrier part par un relais, ou dans un dossier")
    if "maildir" in top:
        return Mail(folder=reader.text(top["maildir"], "maildir") or "", sender="veille@exemple.invalid")
    if "smtp" not in top:
        return Mail()
    node = top["smtp"]
    given = reader.mapping(node, "« smtp »", _SMTP)
    for name in ("host", "from"):
        if name not in given:
            reader.problem(node.line, f"il manque « {name} » dans « smtp »")
    host, sender = (reader.text(given[key], key) or "" if key in given else "" for key in ("host", "from"))
    if host and not _HOST.fullmatch(host):
        reader.problem(given["host"].line, f"« host: {host[:40]} » : le nom ou l’adresse du relais, par exemple relais.exemple.fr")
    if sender and not _ADDRESS.fullmatch(sender):
        reader.problem(given["from"].line, f"« from: {sender[:40]} » : une adresse électronique, par exemple veille@exemple.fr")
    if ("user" in given) != ("password" in given):
        reader.problem(node.line, "« user » et « password » vont ensemble dans « smtp »")
    user, password = (_variable(reader, given[key], key) if key in given else "" for key in ("user", "password"))
    tls = (reader.one_of(given["tls"], "tls", MAIL_TLS) if "tls" in given else None) or "starttls"
    port = reader.count(given["port"], "port", most=65535) if "port" in given else None
    per_minute = reader.count(given["per_minute"], "per_minute", most=100_000) if "per_minute" in given else None
    return Mail(
        sender=sender, host=host, port=port or {"implicit": 465, "none": 25}.get(tls, 587), tls=tls, user=user, password=password,
        per_minute=per_minute or 0,
    )  # fmt: skip


def _shared(reader: Reader, given: dict[str, Node]) -> dict[str, Any]:
    """Return the settings that defaults and sources have in common."""
    readers: dict[str, Callable[[Node], Any]] = {
        "every": lambda node: reader.duration(node, "every", least=300, most=90 * 86400),
        "timeout": lambda node: reader.duration(node, "timeout", least=1, most=300),
        "rights": lambda node: reader.one_of(node, "rights", RIGHTS),
        "language": lambda node: _language(reader, node),
        "timezone": reader.timezone,
    }
    found = {key: read(given[key]) for key, read in readers.items() if key in given}
    return {key: value for key, value in found.items() if value is not None}


def _language(reader: Reader, node: Node) -> str | None:
    text = reader.text(node, "language")
    if text is not None and not re.fullmatch(r"[a-z]{2,3}", text):
        reader.problem(node.line, f"langue inconnue « {text[:20]} » ; deux lettres, par exemple fr ou en")
        return None
    return text


def _source(reader: Reader, node: Node, common: dict[str, Any], proxy: Proxy) -> Source | None:
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
        *first, last = (f"« {name} »" for name in SOURCE_KINDS)
        reader.problem(node.line, f"il manque {', '.join(first)} ou {last}")
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
    if "home" in given:
        values["home"] = reader.address(given["home"], "home") or ""
    if "expect" in given:
        values["expect"] = _expect(reader, given["expect"])
    if "proxy" in given:
        proxy = replace(_proxy(reader, given["proxy"]), no_proxy=proxy.no_proxy)
    headers = _headers(reader, given["headers"]) if "headers" in given else ()
    values["access"] = Access(proxy=proxy, headers=headers, origin=values.get("url") or "" if headers else "")
    values["select"] = _select(reader, node, given, places)
    return Source(**values) if len(reader.problems) == before else None


def _identifier(reader: Reader, node: Node, what: str) -> str | None:
    text = reader.text(node, what)
    if text is not None and not _ID.match(text):
        reader.problem(node.line, f"« {what}: {text[:80]} » : seulement des minuscules sans accent, des chiffres et des tirets")
        return None
    return text


def _territory(reader: Reader, node: Node) -> tuple[str, ...]:
    scalars = [node] if isinstance(node, Scalar) else reader.texts(node, "territory")
    by_name = {fold(name): code for code, name in reader.names.departements.items()}
    codes = []
    for scalar in scalars:
        given = scalar.text.strip()
        code = given.upper()
        if code in reader.names.departements:
            codes.append(code)
            continue
        meant = " ; la Corse est 2A ou 2B" if code == "20" else ""
        guess = by_name.get(fold(given)) or (f"0{code}" if f"0{code}" in reader.names.departements else "")
        if guess:
            meant = f", vouliez-vous dire « {guess} » ?"
        reader.problem(scalar.line, f"département inconnu « {given[:40]} »{meant or ' ; mettez un code INSEE, par exemple 01, 2A, 974'}")
    return tuple(dict.fromkeys(codes))


def _tags(reader: Reader, node: Node) -> tuple[str, ...]:
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


def _expect(reader: Reader, node: Node) -> Expectation:
    given = reader.mapping(node, "« expect »", ("at_least", "at_most", "within"))
    return Expectation(
        at_least=reader.count(given["at_least"], "at_least", most=5000) if "at_least" in given else None,
        **({"at_most": most} if (most := reader.count(given["at_most"], "at_most", most=20_000) if "at_most" in given else None) else {}),
        within=reader.duration(given["within"], "within", least=3600, most=1000 * 86400) if "within" in given else None,
    )


def _select(reader: Reader, source: Mapping, given: dict[str, Node], places: list[str]) -> Selectors | None:
    if "select" not in given:
        if places and SOURCE_KINDS[places[0]].selectors and len(places) == 1:
            reader.problem(source.line, f"une « {places[0]} » a besoin de « select: {{item, title, link}} »")
        return None
    if not any(SOURCE_KINDS[place].selectors for place in places):
        with_it = " ou ".join(f"« {name} »" for name, kind in SOURCE_KINDS.items() if kind.selectors)
        reader.problem(given["select"].line, f"« select » ne va qu’avec {with_it}")
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


def _once(reader: Reader, sources: Sequence) -> None:
    """An id, a former one included, belongs to one source; so does an address."""
    first: dict[str, int] = {}
    watched: dict[str, int] = {}
    for node in sources.values:
        if not isinstance(node, Mapping):
            continue
        for key in _PLACES & node.pairs.keys():
            place = node.pairs[key][1]
            if isinstance(place, Scalar) and place.text:
                if place.text in watched:
                    reader.problem(place.line, f"cette adresse est déjà suivie (ligne {watched[place.text]})")
                watched.setdefault(place.text, place.line)
        names = [node.pairs[key][1] for key in ("id",) if key in node.pairs]
        former = node.pairs["formerly"][1] if "formerly" in node.pairs else None
        names += former.values if isinstance(former, Sequence) else []
        for name in names:
            if not isinstance(name, Scalar) or not name.text:
                continue
            if name.text in first:
                reader.problem(name.line, f"id répété « {name.text[:80]} » (déjà ligne {first[name.text]})")
            first.setdefault(name.text, name.line)


__all__ = ["Names", "address_problem", "decode_config", "parse_config", "source_yaml"]
