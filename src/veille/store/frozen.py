"""What steps of the schema call, as it was when each was written: a step does in ten years what it does today. Never edited.

Comes in: a connection. Goes out: the same, with functions by the names that `schema` uses. A rule that changes gets another number, and a
step of its own. Only `index_text` is today's (see `connection.prepare`): what is in the index is made as queries are.
"""

import hashlib
import json
import re
import unicodedata
import zlib
from typing import Any

from veille.normalize import rule_1, rule_2


def teach(connection: Any) -> None:
    """Give a connection the functions that the steps ask for."""
    connection.create_function("bands_of", 2, bands_of_1, deterministic=True)
    connection.create_function("canonical_1", 1, rule_1.canonical, deterministic=True)
    connection.create_function("canonical_2", 1, rule_2.canonical, deterministic=True)
    connection.create_function("loose_2", 1, rule_2.loose, deterministic=True)
    connection.create_function("hidden_text", 2, hidden_1, deterministic=True)


def hidden_1(text: str, shown: str) -> str:
    """m010: what is left of a text beside what is shown of it; all of it where what is shown comes from elsewhere."""
    head = shown.removesuffix("…")
    return text[len(head) :] if text.replace("\n", " ").startswith(head.replace("\n", " ")) else text


_WORD = re.compile(r"[^\W_]+")
_MARKS = re.compile("[\u0300-\u036f]+")
_LONGEST, _RUN, _BINS, _IN_BAND, _LEAD, _LEAST = 20_000, 4, 48, 3, 10, 5
_NOTHING = (1 << 63) - 1


def bands_of_1(title: str, text: str) -> str:
    """m008: numbers that texts which are the same very likely share, as JSON: bands of a MinHash, the lead, the title."""
    heading = _words(title)
    words = _words(text[:_LONGEST]) or heading
    runs = {zlib.crc32(" ".join(words[at : at + _RUN]).encode()) for at in range(len(words) - _RUN + 1)} or {_number(" ".join(words))}
    bins = [_NOTHING] * _BINS
    for run in runs:
        bins[run % _BINS] = min(bins[run % _BINS], run)
    if len(runs) < _BINS:  # an empty bin takes what the next full one has
        if all(value == _NOTHING for value in bins):
            return "[]"
        for place in range(_BINS - 1, -_BINS - 1, -1):
            if bins[place] == _NOTHING:
                bins[place] = bins[(place + 1) % _BINS]
    bands = (bins[place : place + _IN_BAND] for place in range(0, _BINS, _IN_BAND))
    found = [_number(f"{place} {band}") for place, band in enumerate(bands) if len(set(band)) > 1]
    lead = _words(text[:400])[:_LEAD]
    if len(lead) == _LEAD:
        found.append(_number("lead " + " ".join(lead)))
    if len(heading) >= _LEAST:
        found.append(_number("title " + " ".join(heading)))
    return json.dumps(found)


def _words(text: str) -> list[str]:
    folded = _MARKS.sub("", unicodedata.normalize("NFD", text.lower()))
    return _WORD.findall(folded.replace("œ", "oe").replace("æ", "ae").replace("ß", "ss").replace("’", "'"))


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big", signed=True)
