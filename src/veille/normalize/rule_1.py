"""The first rule of canonical addresses, frozen: what files of before m009 hold, and what was forgotten under it. Never edited.

Comes in: an address. Goes out: the form that version 1 gave it. `addresses` has the rule of today.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, quote, unquote, urlsplit

# Parameters that say where a reader came from, never what is read.
_TRACKING = re.compile(
    r"(?:utm|at|mtm|pk|piwik|matomo|hsa|ns|oly|vero|mkt|sc|wt|trk|spm|itm|cm)_.*|xtor|xtref|fbclid|gclid|gclsrc|dclid|wbraid|gbraid|"
    r"msclkid|twclid|yclid|igshid|igsh|mc_cid|mc_eid|_ga|_gl|_hsenc|_hsmi|mibextid|s_cid|phpsessid|jsessionid|aspsessionid\w*|"
    r"cfid|cftoken|sessionid|amp|preview|preview_id|preview_nonce|print|imprimer|share|fb_action_ids|fb_action_types|fb_source|"
    r"ref_src|ref_url|feature|origine|wtmc|ved|usg",
    re.I,
)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php\d?|aspx?|jsp)\Z", re.I)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/]*", re.I)
# Addresses as nearly all are: nothing to decode, to join or to take away. Host (group 1) and path (group 2) are canonical already.
_PLAIN = re.compile(
    r"https?://(?!(?:www|m|amp)\.)((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,20})((?:/(?!\.)[A-Za-z0-9._~!$&'()*+,=:@-]+)+)"
)
_NOT_PLAIN = re.compile(r"/(?:index|default)\.[A-Za-z0-9]+\Z|/amp\Z", re.I)


def canonical(url: str) -> str:
    """Return the canonical form of an address by rule 1; "" for what is no web address."""
    plain = _PLAIN.fullmatch(url)
    if plain and not _NOT_PLAIN.search(url):
        return f"https://{plain[1]}{plain[2]}"
    return _canonical(url)


def _canonical(url: str) -> str:
    """Return the same for any address."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme.lower() not in ("http", "https") or not host:
        return ""
    try:
        host = host.encode("idna").decode("ascii")
    except UnicodeError:
        host = host.lower()
    for prefix in ("www.", "m.", "amp."):
        if host.startswith(prefix) and host.count(".") > 1:
            host = host.removeprefix(prefix)
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    query = "&".join(sorted(_query(parts.query)))
    route = f"#{parts.fragment}" if parts.fragment.startswith(("!", "/")) else ""
    return f"https://{place}{_path(parts.path)}{'?' + query if query else ''}{route}"


def _path(path: str) -> str:
    path = _SESSION.sub("", unquote(path, errors="surrogateescape"))
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in ("", "."):
            kept.append(part)
    path = _INDEX.sub("", "/" + "/".join(kept))
    if path.lower().endswith("/amp"):
        path = path[:-4]
    return quote(path.rstrip("/"), safe="/~!$&'()*+,;=:@-._", errors="surrogateescape") or "/"


def _query(query: str) -> Iterator[str]:
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape", max_num_fields=None):
        came_from = name.lower() in ("ref", "from", "src") and value.isalpha()
        if _TRACKING.fullmatch(name) or came_from or (name.lower() == "page" and value == "1"):
            continue
        yield f"{quote(name, safe='', errors='surrogateescape')}={quote(value, safe='', errors='surrogateescape')}"
