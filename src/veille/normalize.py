"""An Entry becomes an Item: canonical address, plain text, honest dates, fingerprint.

Comes in: `Entry`, its `Source`. Goes out: `Item`, or nothing when the entry holds nothing. Forbidden: guessing a date.
"""

import hashlib
import html
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit
from zoneinfo import ZoneInfo

from veille.french import fold
from veille.messages import MONTHS
from veille.model import Entry, Item, Moment, Source

if TYPE_CHECKING:
    from bs4.element import Tag

CANONICAL_VERSION = 1
LONGEST_TITLE = 500
LONGEST_TEXT = 200_000
LONGEST_URL = 2_000
LONGEST_MARKUP = 2_000_000

# --- text ---------------------------------------------------------------------------------------------------------

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "caption",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "summary",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_UNSEEN = frozenset(
    ["script", "style", "noscript", "template", "iframe", "object", "embed", "svg", "math", "head", "title", "select", "textarea"]
)
# What a feed may mean as markup in a title; any other `<word>` in it is honest text and stays.
_TITLE_MARKUP = re.compile(r"</?(?:a|abbr|b|br|cite|code|em|font|i|p|q|s|small|span|strong|sub|sup|u|div|h[1-6])\b[^<>]*>", re.I)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.I)
_MARKUP = re.compile(r"<[a-z/!?]", re.I)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
# Controls, zero-width and direction marks, byte-order mark, lone surrogates, non-characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
_VISIBLE = re.compile(r"[^\s\u2800\u3164\u115f\u1160\uffa0\u00a0]")


def clean(text: str) -> str:
    """Composed, visible text: single spaces, paragraphs on lines of their own. clean(clean(x)) == clean(x)."""
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text.replace("\x85", "\n").replace("\r", "\n")))
    text = _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
    return text if _VISIBLE.search(text) else ""


def text_of(markup: str) -> str:
    """The words of a piece of HTML, blocks on lines of their own; what a browser would not show is left out."""
    if len(markup) > LONGEST_MARKUP:
        markup = markup[:LONGEST_MARKUP]
    if not _MARKUP.search(markup):
        return clean(html.unescape(markup))
    import warnings

    from bs4 import BeautifulSoup

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # BeautifulSoup warns about text that looks like a file name or XML
        soup = BeautifulSoup(_INVISIBLE.sub("", markup), "lxml")
    return clean("".join(_pieces(soup)))


def _pieces(root: "Tag") -> Iterator[str]:
    """Text in reading order; a stack and not recursion, since pages nest as deep as they please."""
    from bs4.element import NavigableString, PreformattedString, Tag

    stack: list[object] = [root]
    while stack:
        node = stack.pop()
        if isinstance(node, str) and not isinstance(node, NavigableString):
            yield node
        elif isinstance(node, PreformattedString):
            continue  # comments, CDATA, declarations
        elif isinstance(node, NavigableString):
            yield node.replace("\n", " ")
        elif isinstance(node, Tag) and node.name not in _UNSEEN:
            block = node.name in _BLOCKS
            if block:
                yield "\n"
                stack.append("\n")
            stack.extend(reversed(node.contents))


def title_of(entry: Entry) -> str:
    """A title on one line; markup is taken off only where it is surely markup."""
    title = entry.title[: LONGEST_TITLE * 8]
    if not entry.title_is_text and (_TITLE_MARKUP.search(title) or _ENTITY.search(title)):
        title = text_of(title) if _TITLE_MARKUP.search(title) else html.unescape(title)
    return cut(clean(title).replace("\n", " "), LONGEST_TITLE)


def cut(text: str, longest: int) -> str:
    """At most so many characters, ended at a word and with an ellipsis when something is left out."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    space = head.rfind(" ", longest // 2)
    return head[: space if space > 0 else None].rstrip(" ,;:.–—-") + "…"


# --- dates --------------------------------------------------------------------------------------------------------

_MONTH_NUMBERS = {fold(name): number for number, name in enumerate(MONTHS, 1)} | {
    "janv": 1, "jan": 1, "fevr": 2, "fev": 2, "feb": 2, "mar": 3, "avr": 4, "apr": 4, "may": 5, "jun": 6, "juil": 7, "juill": 7,
    "jul": 7, "aou": 8, "aug": 8, "sept": 9, "sep": 9, "oct": 10, "nov": 11, "dec": 12, "january": 1, "february": 2, "march": 3,
    "april": 4, "june": 6, "july": 7, "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTH_NUMBERS, key=len, reverse=True))
_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?", re.I)
_IN_WORDS = re.compile(rf"\b(\d{{1,2}})(?:er|st|nd|rd|th)?[\s.-]+({_MONTH})\.?,?[\s-]+(\d{{4}})\b")
_MONTH_FIRST = re.compile(rf"\b({_MONTH})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}})\b")
_IN_FIGURES = re.compile(r"(?<![\d/.-])(\d{1,2})\s*([/.-])\s*(\d{1,2})\s*\2\s*(\d{4}|\d\d)(?![\d/-])")


def moment_of(text: str, timezone: str) -> Moment | None:
    """The day or the moment that a text names, French or ISO; None when it names none, or an impossible one."""
    text = fold(text.strip())[:300]
    iso = _ISO.search(text)
    if iso:
        return _iso_moment(iso, timezone)
    for pattern, order in ((_IN_WORDS, (3, 2, 1)), (_MONTH_FIRST, (3, 1, 2))):
        match = pattern.search(text)
        if match:
            year, month, day = (match[group] for group in order)
            return _day(int(year), _MONTH_NUMBERS[month], int(day))
    match = _IN_FIGURES.search(text)
    if match:
        year = int(match[4]) + (2000 if len(match[4]) == 2 else 0)
        return _day(year, int(match[3]), int(match[1]))
    return None


def _iso_moment(iso: re.Match[str], timezone: str) -> Moment | None:
    day = _day(int(iso[1]), int(iso[2]), int(iso[3]))
    if day is None or iso[4] is None:
        return day
    zone = (iso[7] or "").upper().replace(":", "")
    try:
        local = datetime(day.year, day.month, day.day, int(iso[4]), int(iso[5]), int(iso[6] or 0), tzinfo=UTC)
        if not zone:
            return local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
        if zone == "Z":
            return local
        return datetime.strptime(f"{local:%Y-%m-%dT%H:%M:%S}{zone}", "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except (ValueError, OverflowError):
        return day


def _day(year: int, month: int, day: int) -> date | None:
    """A real day of the web's time: earlier or later ones are mistakes of a server."""
    try:
        return date(year, month, day) if 1990 <= year <= 2100 else None
    except ValueError:
        return None


def local_day(moment: Moment | None, timezone: str) -> str:
    """The day as people of the source live it, YYYY-MM-DD; "" when unknown."""
    if isinstance(moment, datetime):
        return moment.astimezone(ZoneInfo(timezone)).date().isoformat()
    return moment.isoformat() if moment else ""


def stored(moment: Moment | None) -> str | None:
    """A day stays a day; a moment is UTC."""
    if isinstance(moment, datetime):
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.isoformat() if moment else None


# --- addresses ----------------------------------------------------------------------------------------------------

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


def absolute(base: str, link: str) -> str:
    """The http or https address of a link found in a document at `base`; "" for anything else."""
    link = re.sub(r"[\x00-\x20\x7f]+", lambda gap: "%20" if gap[0] == " " else "", link.strip())
    if not link or len(link) > LONGEST_URL:
        return ""
    try:
        joined = urljoin(base, link) if base else link
        parts = urlsplit(joined)
        _ = parts.port
    except ValueError:
        return ""
    return joined if parts.scheme.lower() in ("http", "https") and parts.hostname else ""


def canonical(url: str) -> str:
    """The form under which two spellings of one page's address meet; "" for what is no web address."""
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


# --- the item -----------------------------------------------------------------------------------------------------


def to_item(source: Source, entry: Entry) -> Item | None:
    """The article that an entry speaks of; None when it has neither title, nor text, nor address."""
    url = absolute(source.url, entry.link)
    markup = entry.content if len(entry.content) >= len(entry.summary) else entry.summary
    text = clean(markup) if entry.body_is_text else text_of(markup)
    text = cut(text, LONGEST_TEXT)
    title = title_of(entry) or cut(text.replace("\n", " "), 90) or _title_from(url or entry.link)
    if not title:
        return None
    published = moment_of(entry.published, source.timezone) if entry.published else None
    if text == title:
        text = ""
    return Item(
        source_id=source.id,
        guid=clean(entry.guid)[:LONGEST_URL],
        url=url,
        canonical=canonical(url) if url else "",
        title=title,
        text=text,
        author=cut(clean(text_of(entry.author)).replace("\n", " "), 200),
        published=published,
        day=local_day(published, source.timezone),
        language=source.language,
        fingerprint=fingerprint(title, text),
    )


def _title_from(url: str) -> str:
    """The words of an address, for an entry that has nothing else."""
    if not url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    slug = next((part for part in reversed(unquote(parts.path, errors="replace").split("/")) if part), "")
    words = clean(re.sub(r"[-_+.]+", " ", re.sub(r"\.\w{2,5}\Z", "", slug)))
    return cut(words[:1].upper() + words[1:], 120) or (parts.hostname or "")


def fingerprint(title: str, text: str) -> str:
    """Equal exactly when title and text are; 32 hexadecimal digits."""
    return hashlib.blake2b(f"{title}\n{text}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def shown(text: str, rights: str) -> str:
    """What may be shown of a text: nothing under link, at most 300 characters under excerpt, all under full."""
    if rights == "full":
        return text
    return "" if rights == "link" else cut(text.replace("\n", " "), 300)
