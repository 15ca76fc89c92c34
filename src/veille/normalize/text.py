"""Markup becomes clean, visible text; what may be shown of it.

Comes in: HTML or text from outside. Goes out: plain text. Forbidden: keeping any markup.
"""

import html
import html.entities
import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from veille.model import Entry
from veille.normalize.additions import is_added

if TYPE_CHECKING:
    from bs4.element import Tag

LONGEST_TITLE = 500
LONGEST_CELL = 32_000
LONGEST_TEXT = 200_000
LONGEST_MARKUP = 2_000_000

_BLOCKS = frozenset(
    "address article aside blockquote br caption dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 "
    "h6 header hr li main nav ol p pre section summary table td th tr ul".split()
)
_UNSEEN = frozenset("script style noscript template iframe object embed svg math head title select textarea".split())
# What a feed may mean as markup in a title; any other `<word>` in it is honest text and stays.
_TITLE_MARKUP = re.compile(r"</?(?:a|abbr|b|br|cite|code|em|font|i|p|q|s|small|span|strong|sub|sup|u|div|h[1-6])\b[^<>]*>", re.I)
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});", re.I)
_MARKUP = re.compile(r"<[a-z/!?]", re.I)
_ABOUT_MARKUP = re.compile(r"<|&(?:amp;)*(?:lt|#0*60|#x0*3c);?", re.I)
_ESCAPED_MARKUP = re.compile(r"\s*<(p|div|h[1-6]|ul|ol|span|strong|em|a|b|blockquote|figure)\b[^<>]*>.*</\1>.*", re.I | re.S)
_OF_CDATA = re.compile(r"\A\s*<!\[CDATA\[(.*?)\]\]>\s*\Z", re.S)
# Plain markup: tags that nest as they should, attributes in quotes, and none of what a parser of HTML has to make sense of.
_PLAIN_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,9})((?:\s+[a-zA-Z][a-zA-Z0-9_:-]*(?:=(?:\"[^\"<>]*\"|'[^'<>]*'))?)*)\s*/?>")
_PLAIN_BLOCKS = frozenset("p div h1 h2 h3 h4 h5 h6 blockquote section article figure figcaption header footer".split())
_PLAIN_LISTS = frozenset(("ul", "ol"))
_PLAIN_INLINE = frozenset("a b strong i em u s span small sub sup code abbr cite q mark time del ins".split())
_PLAIN_VOID = frozenset(("br", "hr", "img"))
_ONLY_INLINE = frozenset("p h1 h2 h3 h4 h5 h6 a".split()) | _PLAIN_INLINE
_PLAIN_ENTITY = re.compile(r"&(?:#(\d{2,5})|([a-zA-Z]{2,8}[1-4]{0,2}));")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_PICTURES = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
# Controls, zero-width and direction marks, byte-order mark, lone surrogates, non-characters.
_INVISIBLE = re.compile(
    # A zero-width joiner between two pictures makes one of them (emoji, UTS #51 §2.3): it stays.
    f"(?<![{_PICTURES}])\u200d|\u200d(?![{_PICTURES}])|"
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffc"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e007f]"
)
_BREAKS = {11: " ", 12: " "}  # of a line or a page, as word processors write them
_VISIBLE = re.compile(r"[^\s\u2800\u3164\u115f\u1160\uffa0\u00a0]")


_PAIR = re.compile(r"&#(?:x([dD][89abAB][0-9a-fA-F]{2})|0*(5[5-6]\d{3}));&#(?:x([dD][c-fC-F][0-9a-fA-F]{2})|0*(5[6-7]\d{3}));")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,40})|(\d{1,40}));")


def sound_references(text: str) -> str:
    """Numeric references that name a character: halves of a pair are joined, what names none is U+FFFD (HTML §13.2.5.80), controls go."""
    if "&" not in text or "#" not in text:
        return text
    return _REFERENCE.sub(_named, _PAIR.sub(_joined, text))


def _joined(found: re.Match[str]) -> str:
    high, low = (int(found[one], 16) if found[one] else int(found[one + 1]) for one in (1, 3))
    if not (0xD800 <= high < 0xDC00 <= low < 0xE000):
        return found[0]
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def _named(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else int(found[2])
    if 0 < code < 32 and code not in (9, 10, 13):
        return " " if code in (11, 12) else ""
    wrong = code in (0, 0xFFFE, 0xFFFF) or 0xD800 <= code < 0xE000 or code > 0x10FFFF
    return "\ufffd" if wrong else found[0]


def clean(text: str) -> str:
    """Composed, visible text: single spaces, paragraphs on lines of their own. clean(clean(x)) == clean(x)."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.replace("\xa0", " ").replace("\u202f", " "))
    if _is_plain(text.replace("\n", "")):  # no sign but letters, spaces and ends of lines: what most texts are made of
        while "  " in text:
            text = text.replace("  ", " ")
        text = "\n".join(line for line in map(str.strip, text.split("\n")) if line)
    else:
        text = text.replace("\x85", "\n").replace("\r", "\n").translate(_BREAKS)
        text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
        text = _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
    return text if _VISIBLE.search(text) else ""


def _is_plain(line: str) -> bool:
    """Return whether a line holds nothing invisible and no space but the usual one: `str.isprintable` says so a hundred times as fast."""
    return line.isprintable() and "\ufffc" not in line


def text_of(markup: str, *, added: bool = True) -> str:
    """Return the words of a piece of HTML, blocks on lines of their own; what a browser would not show is left out.

    `added=False` leaves out what publishing software added as well (`additions.is_added`), at the cost of a parser.
    """
    markup = sound_references(markup[:LONGEST_MARKUP]).translate(_BREAKS)
    if not added:
        return clean(_soup_text(markup, added=False))
    if not _MARKUP.search(markup):
        text = html.unescape(markup)
        if _ESCAPED_MARKUP.fullmatch(text):
            return text_of(text)  # escaped once more than its format asks
        return clean(_unescaped(text))
    line = markup.replace("\n", " ").replace("\r", " ").replace("\t", " ").replace("\xa0", " ").replace("\u202f", " ")
    plain = _plain_text(line if _is_plain(line) else _INVISIBLE.sub("", line))
    return clean(_soup_text(markup) if plain is None else plain)


def _plain_text(markup: str) -> str | None:
    """Return the text of markup, on one line, that leaves a parser nothing to mend, as `_soup_text` finds it; None for any other."""
    parts = _PLAIN_TAG.split(markup)  # a text, then of each tag: its slash, name and attributes, and the text after it
    names = list(map(str.lower, parts[2::4]))
    if markup.count("<") != len(names):
        return None  # a tag of another form, or a sign that is no tag
    pieces = parts[:1]
    open_: list[str] = []
    for closing, name, attributes, text in zip(parts[1::4], names, parts[3::4], parts[4::4], strict=True):
        if closing:
            if not open_ or open_.pop() != name or attributes:
                return None
            if name not in _PLAIN_INLINE:
                pieces.append("\n")
        elif name in _PLAIN_INLINE:
            if name == "a" and "a" in open_:
                return None
            open_.append(name)
        elif name in _PLAIN_VOID:
            if name != "img":
                pieces.append("\n")
            if name == "hr" and not _ONLY_INLINE.isdisjoint(open_):
                return None
        elif name in _PLAIN_BLOCKS or name in _PLAIN_LISTS or name == "li":
            if not _ONLY_INLINE.isdisjoint(open_) or (name == "li") != bool(open_ and open_[-1] in _PLAIN_LISTS):
                return None
            open_.append(name)
            pieces.append("\n")
        else:
            return None
        pieces.append(text)
    if open_:
        return None
    return _decoded(pieces) if "&" in markup else "".join(pieces)


def _decoded(pieces: list[str]) -> str | None:
    """Texts between tags as one, each with its entities read; None where one holds what only a parser can tell."""
    for place, text in enumerate(pieces):
        if "&" in text:
            entities = _PLAIN_ENTITY.findall(text)
            if len(entities) != text.count("&") or not all(_is_sound(*found) for found in entities):
                return None
            pieces[place] = html.unescape(text)
    return "".join(pieces)


def _is_sound(number: str, name: str) -> bool:
    """Return whether an entity is one that every parser reads alike."""
    if name:
        return name in html.entities.name2codepoint
    code = int(number)
    return 32 <= code < 127 or 160 <= code < 55_296


def _soup_text(markup: str, *, added: bool = True) -> str:
    """Return the text of any markup, by BeautifulSoup over lxml."""
    import warnings

    from bs4 import BeautifulSoup

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # BeautifulSoup warns about text that looks like a file name or XML
        soup = BeautifulSoup(_INVISIBLE.sub("", markup), "lxml")
    return "".join(_pieces(soup, added=added))


def _pieces(root: "Tag", *, added: bool) -> Iterator[str]:
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
        elif isinstance(node, Tag) and node.name not in _UNSEEN and (added or not is_added(node.get("class"))):
            block = node.name in _BLOCKS
            if block:
                yield "\n"
                stack.append("\n")
            stack.extend(reversed(node.contents))


def plain_text(text: str) -> str:
    """Return the words of what its format says is plain text: publishers escape it all the same, and that is undone once; a `<tag>`
    stays.
    """
    return clean(_unescaped(text))


def _unescaped(text: str) -> str:
    """Without the entities that are left: nobody writes `&#8217;` to be read. A text about markup stays, letter for letter."""
    return html.unescape(sound_references(text)) if "&" in text and not _ABOUT_MARKUP.search(text) and _ENTITY.search(text) else text


def title_of(entry: Entry) -> str:
    """Return a title on one line; markup is taken off only where it is surely markup."""
    title = _OF_CDATA.sub(r"\1", entry.title[: LONGEST_TITLE * 8])
    if not entry.title_is_text:
        title = sound_references(title)
    if not entry.title_is_text and (_TITLE_MARKUP.search(title) or _ENTITY.search(title)):
        title = text_of(title) if _TITLE_MARKUP.search(title) else html.unescape(title)
    title = _OF_CDATA.sub(r"\1", _unescaped(title))
    return cut(clean(title).replace("\n", " "), LONGEST_TITLE)


def spreadsheet_cell(value: object) -> str:
    """Text that a spreadsheet cannot take for a formula (OWASP, CSV injection): what begins like one gets an apostrophe before it.

    A cell holds 32,767 characters in the spreadsheets of the day: what is longer is cut, and says so by its ellipsis.
    """
    text = cut("" if value is None else str(value), LONGEST_CELL)
    bare = text.lstrip("\"' \t\r\n\u00a0")
    return f"'{text}" if bare[:1] in ("=", "+", "-", "@", "＝", "＋", "－", "＠") or text[:1] in ("\t", "\r") else text


def cut(text: str, longest: int) -> str:
    """At most so many characters, ended at a word and with an ellipsis when something is left out."""
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    space = head.rfind(" ", longest // 2)
    return head[: space if space > 0 else None].rstrip(" ,;:.–—-") + "…"


def hidden(text: str, shown_of_it: str) -> str:
    """Return what is left of a text beside what is shown of it (`shown`): all of it where what is shown comes from elsewhere.

    The index is told with it what it holds: with another rule it must be made anew.
    """
    head = shown_of_it.removesuffix("…")
    return text[len(head) :] if text.replace("\n", " ").startswith(head.replace("\n", " ")) else text


def shown(text: str, rights: str) -> str:
    """Return what may be shown of a text: nothing under link, at most 300 characters under excerpt, all under full."""
    if rights == "full":
        return text
    return "" if rights == "link" else cut(text.replace("\n", " "), 300)
