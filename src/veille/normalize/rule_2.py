"""The second rule of canonical addresses: what m009 wrote, and what is written today. Frozen: never edited, a test pins what it says.

Comes in: an address. Goes out: its exact form (`canonical`), or the one that only proposes (`loose`).
"""

import re
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlsplit

# Parameters that say where a reader came from, never what is read; each by its maker's own list.
_TRACKERS = frozenset(
    # Google Analytics, Ads, Merchant: support.google.com/analytics/answer/11259997, google-ads/answer/9744275, merchants/answer/13586936
    "gclid gclsrc dclid wbraid gbraid gad_source gad_campaignid srsltid _ga _gl "
    # Meta: developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc ; Instagram's share links
    "fbclid fb_action_ids fb_action_types fb_source mibextid igshid igsh "
    # Microsoft, X, TikTok, LinkedIn, Yandex, Pinterest: the click identifiers of their advertising
    "msclkid twclid ttclid li_fat_id yclid ymclid _openstat epik "
    # Mailchimp: mailchimp.com/developer ; HubSpot: knowledge.hubspot.com, tracking parameters ; Marketo, Vero, Omeda, Klaviyo, Drip
    "mc_cid mc_eid mc_tc _hsenc _hsmi __hstc __hssc __hsfp hsctatracking mkt_tok vero_id vero_conv oly_anon_id oly_enc_id _ke _kx __s "
    # AT Internet (Piano Analytics): developers.atinternet-solutions.com, sources of visits ; Echobox, on newspapers
    "xtor xtref at_medium at_campaign echobox "
    # Matomo: matomo.org/faq/reports/what-is-campaign-tracking, the names of a campaign
    "mtm_campaign matomo_campaign pk_campaign piwik_campaign mtm_cpn pk_cpn".split()
)
# Names that are a tool's own where its others are there, and may be anybody's elsewhere: `pk_id` is a primary key as well.
_FAMILIES = (
    (re.compile(r"at_\w+"), frozenset({"at_medium", "at_campaign"})),  # Piano: both are mandatory
    (
        re.compile(r"(?:mtm|matomo|pk|piwik)_(?:kwd|keyword|source|medium|content|cid|group|placement|vid)"),
        frozenset("mtm_campaign matomo_campaign pk_campaign piwik_campaign mtm_cpn pk_cpn".split()),
    ),
    (re.compile(r"hsa_(?:acc|cam|grp|ad|src|tgt|kw|mt|net|ver|la|ol)"), frozenset({"hsa_acc", "hsa_cam"})),  # HubSpot's advertising
    (re.compile(r"ns_(?:source|mchannel|campaign|linkname|fee)"), frozenset({"ns_campaign"})),  # comScore
)
# What may be content: where the value is a word, and no number or code, it is more likely not.
_MAYBE = re.compile(
    r"(?:sc|cm|at|ns|wt|pk|piwik|mtm|matomo|itm|trk|hsa|oly|vero|mkt)_\w+|ref|from|src|share|origine|feature|spm|trk|ved|usg|wtmc|s_cid",
    re.I,
)
_DIGIT = re.compile(r"\d")
_SHOWN_OTHERWISE = frozenset("var_mode preview preview_id preview_nonce ref_url ref_src".split())  # SPIP, WordPress, X
_YES = frozenset({"", "1", "true", "oui", "yes"})  # what switches `amp` and `print` on
_SESSION = re.compile(r"phpsessid|jsessionid|aspsessionid\w*|session_?id|sess_?id|oscsid|zenid|cfid|cftoken", re.I)
_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.I)
_AMP = re.compile(r"\.amp(?=\.html?\Z)|\.amp\Z|/amp\Z", re.I)
_INDEX = re.compile(r"/(?:index|default)\.(?:html?|php\d?|aspx?|jsp)\Z", re.I)
# Addresses as nearly all are: nothing to decode, to join or to take away. Host (group 1) and path (group 2) are canonical already.
PLAIN = re.compile(
    r"https?://(?!(?:www|m|amp)\.)((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,20})((?:/(?!\.)[A-Za-z0-9._~!$'()*,:@-]+)+)"
)
_NOT_PLAIN = re.compile(r"/(?:index|default)\.[A-Za-z0-9]+\Z", re.I)
_ESCAPED = re.compile(r"%([0-9A-Fa-f]{2})?")
_MEANT = frozenset(
    "!$'()*,:@~-._"
)  # an escape of one of these is the character itself, in a path (RFC 3986 §6.2.2.2, and what browsers do)
_SAFE = "/~!$&'()*+,;=:@-._%"


def without_tracking(url: str) -> str:
    """Return the same address, letter for letter, but for what says where its reader came from; `&amp;` becomes what it stands for."""
    if "?" not in url and "#" not in url:
        return url
    page, hash_, fragment = url.partition("#")
    head, mark, query = page.partition("?")
    kept = "&".join(_without_trackers(query))
    rest = _fragment(fragment)
    return head + ("?" + kept if kept else mark if not query else "") + (hash_ + rest if rest or not fragment else "")


def _without_trackers(query: str) -> list[str]:
    """Return the parts of a query, as they are written, that are no tracker's."""
    parts = [part for part in query.replace("&amp;", "&").split("&") if part]
    named = [(unquote_plus(part.partition("=")[0], errors="replace").lower(), part) for part in parts]
    names = {name for name, _ in named}
    families = [own for own, proof in _FAMILIES if not proof.isdisjoint(names)]
    return [
        part
        for name, part in named
        if not (
            name in _TRACKERS
            or name.startswith("utm_")
            or any(own.fullmatch(name) for own in families)
            or (name == "ref_src" and unquote(part.partition("=")[2]).startswith("twsrc"))  # X, on what it embeds
        )
    ]


def _fragment(fragment: str) -> str:
    """Return a fragment without the text to be highlighted (wicg.github.io/scroll-to-text-fragment) and without trackers."""
    fragment = fragment.partition(":~:")[0]
    if "=" not in fragment or fragment.startswith(("!", "/")):
        return fragment
    return "&".join(_without_trackers(fragment))


def canonical(url: str) -> str:
    """Return the exact form of an address, by which two spellings of it meet; "" for what is no web address."""
    plain = PLAIN.fullmatch(url)
    if plain and not _NOT_PLAIN.search(url):
        return f"https://{plain[1]}{plain[2]}"
    return _form(url, loosely=False)


def loose(url: str) -> str:
    """Return the form under which addresses meet that are the same page more likely than not; "" for what is no web address."""
    plain = PLAIN.fullmatch(url)
    if plain and not _NOT_PLAIN.search(url) and not _AMP.search(url):
        return f"https://{plain[1]}{plain[2]}"
    return _form(url, loosely=True)


def _form(url: str, *, loosely: bool) -> str:
    url = without_tracking(url.strip())
    if url.startswith("//"):
        url = f"https:{url}"
    try:
        parts = urlsplit(url)
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
    for prefix in ("www.", "m.", "amp.") if loosely else ("www.",):
        if host.startswith(prefix) and host.count(".") > 1:
            host = host.removeprefix(prefix)
    host = f"[{host}]" if ":" in host else host
    place = host if port in (None, 80, 443) else f"{host}:{port}"
    pairs = parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape", max_num_fields=None)
    told = sorted(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs if not (loosely and _is_loose(name.lower(), value)))
    fragment = parts.fragment
    if loosely and not fragment.startswith(("!", "/")):
        fragment = ""
    rest = quote(_ESCAPED.sub(_unescaped, fragment), safe=_SAFE + "?", errors="surrogateescape") if fragment else ""
    return f"https://{place}{_path(parts.path, loosely=loosely)}{'?' + '&'.join(told) if told else ''}{'#' + rest if rest else ''}"


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogateescape")


def _is_loose(name: str, value: str) -> bool:
    """Return whether a parameter may be let go of: it says how a page is shown, whose session it is, or perhaps where its reader came
    from.
    """
    if name in ("amp", "print", "imprimer"):
        return value.lower() in _YES
    if name == "page":
        return value == "1"
    if name == "sid":
        return not value.isdigit()
    return bool(name in _SHOWN_OTHERWISE or _SESSION.fullmatch(name) or (_MAYBE.fullmatch(name) and not _DIGIT.search(value)))


def _path(path: str, *, loosely: bool) -> str:
    path = _ESCAPED.sub(_unescaped, path)
    if loosely:
        path = _IN_PATH.sub("", path)
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in ("", "."):
            kept.append(part)
    path = _INDEX.sub("", "/" + "/".join(kept))
    if loosely:
        path = _AMP.sub("", path)
    return quote(path.rstrip("/"), safe=_SAFE, errors="surrogateescape") or "/"


def _unescaped(escape: re.Match[str]) -> str:
    """Return a character whose escape means nothing; any other escape in capitals: `%2F` is no slash. A sign that escapes nothing is
    one.
    """
    if not escape[1]:
        return "%25"
    char = chr(int(escape[1], 16))
    return char if char.isascii() and (char.isalnum() or char in _MEANT) else escape[0].upper()
