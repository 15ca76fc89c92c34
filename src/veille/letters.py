"""Bytes become characters, and what is wrong in a few of them costs those few alone.

Comes in: `Fetched`. Goes out: text, or the same document in UTF-8. Forbidden: refusing a document for its letters.

Labels mean what the WHATWG Encoding Standard says (encoding.spec.whatwg.org, §4.2): iso-8859-1 and us-ascii are windows-1252, gbk is
gb18030… Beyond the Standard: a document that is sound UTF-8, with letters outside ASCII, is that whatever a label of one byte a letter says
(servers add such labels to all they send); iso-8859-15 is windows-1252 where the bytes 80 to 9F stand: they are controls there.
"""

import codecs
import html.entities
import re
from collections.abc import Callable
from dataclasses import replace

from veille.model import Fetched

_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.I)
_IN_XML = re.compile(rb"\A\s*<\?xml[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([\w.:-]{1,40})\s*[\"']", re.I)
_IN_META = re.compile(rb"<meta\b[^>]{0,500}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)
_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PROLOG = 4_000  # bytes in which a document says its letters; browsers look through 1,024
_OLD = "iso-8859-1 latin1 latin-1 l1 us-ascii ascii iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 ansi_x3.4-1968 cp819 ibm819 csisolatin1 iso-ir-100 cp1252 windows-1252 x-cp1252"  # noqa: E501
# Labels whose meaning is another than Python's.
_MEANS = dict.fromkeys(_OLD.split(), "windows-1252") | {
    **dict.fromkeys("iso-8859-9 iso8859-9 iso_8859-9 latin5 l5 csisolatin5 iso-ir-148 windows-1254 x-cp1254".split(), "cp1254"),
    **dict.fromkeys("iso-8859-11 iso8859-11 tis-620 dos-874 windows-874".split(), "cp874"),
    **dict.fromkeys("gb2312 gbk gb_2312-80 x-gbk csgb2312 chinese".split(), "gb18030"),
    **dict.fromkeys("shift_jis shift-jis sjis ms_kanji x-sjis windows-31j".split(), "cp932"),
    **dict.fromkeys("euc-kr ks_c_5601-1987 ksc5601 korean windows-949".split(), "cp949"),
    "big5": "big5hkscs", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "x-mac-roman": "mac_roman", "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic", "utf-16": "utf-16-le", "unicode": "utf-16-le",
}  # fmt: skip
_REFUSED = frozenset(("utf-7", "utf_7", "idna", "punycode", "raw_unicode_escape", "unicode_escape", "mbcs", "undefined", "rot13", "rot_13"))
_C1 = re.compile(rb"[\x80-\x9f]")
# One sequence of two bytes or more that UTF-8 admits (RFC 3629 §4), and a byte that is in none.
_SOUND = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")
_LOOKED_THROUGH = 2_000_000  # bytes


def page_text(fetched: Fetched) -> str:
    """Return the characters of a page."""
    return decoded(fetched.body, fetched.content_type, _IN_META.search(fetched.body[:20_000]))


def in_utf8(fetched: Fetched) -> Fetched:
    """Return the same document in UTF-8 and saying so; itself where it is that already."""
    body = fetched.body
    declared = _IN_XML.match(body.removeprefix(b"\xef\xbb\xbf"))
    text = decoded(body, fetched.content_type, declared)
    start = re.match(r"\s*<\?xml[^>]*\?>", text)
    if start:
        text = re.sub(r"\s+encoding\s*=\s*(?:\"[^\"]*\"|'[^']*')", "", start[0]).lstrip() + text[start.end() :]
    kind = fetched.content_type.partition(";")[0].strip() or "application/xml"
    return replace(fetched, body=text.encode("utf-8", "replace"), content_type=f"{kind}; charset=utf-8")


def decoded(body: bytes, content_type: str, declared: re.Match[bytes] | None) -> str:
    """Characters by the byte-order mark, the header, what the document says of itself, and what its bytes allow."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    head = body[:4]
    if head[:1] == b"<" and head[1:2] == b"\x00":
        return body.decode("utf-16-le", "replace")
    if head[:2] == b"\x00<":
        return body.decode("utf-16-be", "replace")
    header = _CHARSET.search(content_type)
    labels = [header[1] if header else "", declared[1].decode("ascii", "replace") if declared else ""]
    named = [encoding for encoding in map(encoding_of, labels) if encoding]
    if not any(encoding.startswith("utf-16") for encoding in named[:1]) or b"\x00" not in body[:_PROLOG]:
        named = [encoding for encoding in named if not encoding.startswith("utf-16")]  # a document whose label could be read is not
    many = [encoding for encoding in named[:1] if encoding not in _ONE_BYTE and encoding != "utf-8"]
    if not many:
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            if _speaks_utf8(body) and (not named or "utf-8" in named):
                return body.decode("utf-8", "replace")
    encoding = next((one for one in named if one != "utf-8"), "windows-1252")
    if encoding == "windows-1252" or (encoding in ("iso8859-15", "iso-8859-15") and _C1.search(body)):
        return body.decode("windows-1252", "c1")
    return body.decode(encoding, "replace")


_ONE_BYTE = frozenset(
    ["windows-1252", "mac_roman", "mac_cyrillic", "koi8-r", "koi8-u", *(f"iso8859-{n}" for n in range(1, 17)),
     *(f"cp{n}" for n in (874, 866, *range(1250, 1259)))]
)  # fmt: skip


def encoding_of(label: str) -> str:
    """Python's name of what a label means, "" for one that means nothing here."""
    label = label.strip().lower()
    if not label or label in _REFUSED:
        return ""
    if label in _MEANS:
        return _MEANS[label]
    try:
        found = codecs.lookup(label)
    except (LookupError, ValueError):
        return ""
    return found.name if found._is_text_encoding and found.name not in _REFUSED else ""


def _speaks_utf8(body: bytes) -> bool:
    """Return whether the bytes outside ASCII are UTF-8 but for a few: more sound sequences than bytes that are in none."""
    looked = body[:_LOOKED_THROUGH]
    sound = _SOUND.findall(looked)
    astray = len(_HIGH.findall(looked)) - sum(map(len, sound))
    return len(sound) > astray


def _c1(error: UnicodeError) -> tuple[str, int]:
    """The five bytes that windows-1252 leaves free are the controls of the same number (Encoding Standard, index windows-1252)."""
    assert isinstance(error, UnicodeDecodeError)
    return "".join(map(chr, error.object[error.start : error.end])), error.end


codecs.register_error("c1", _c1)

_BARE = re.compile(r"&(?!#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)")
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31});")
_APART = re.compile(r"(<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>)", re.S)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def escaped_ampersands(text: str) -> str:
    """XML in which an ampersand that begins no reference is written as XML wants it; sections of CDATA and comments stay."""
    return _changed(text, lambda part: _BARE.sub("&amp;", part))


def _changed(text: str, change: Callable[[str], str]) -> str:
    parts = _APART.split(text)
    parts[::2] = map(change, parts[::2])
    return "".join(parts)


def mended_xml(body: bytes, content_type: str = "") -> str:
    """Return the characters of an XML document, in a form that a parser takes.

    No declaration of other letters, no sign that XML forbids, the entities of HTML as their characters, bare ampersands escaped.
    """
    body = body.lstrip(b" \t\r\n")
    text = decoded(body, content_type, _IN_XML.match(body.removeprefix(b"\xef\xbb\xbf")))
    text = _NOT_XML.sub(" ", _DECLARATION.sub("", text.lstrip("\ufeff \t\r\n")))
    return _changed(text, lambda part: _BARE.sub("&amp;", _NAMED.sub(_character, part)))


def _character(found: re.Match[str]) -> str:
    said = html.entities.html5.get(f"{found[1]};", "")
    return said if said and said not in "<>&\"'" else f"&amp;{found[1]};"
