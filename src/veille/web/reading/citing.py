"""An article to cite, and what changed between its versions.

Comes in: an article as the store gives it. Goes out: plain values for the template.
"""

import difflib
import re
from dataclasses import dataclass
from urllib.parse import urlencode

from veille.store.reading.articles import Article

_LONGEST_DIFF = 800  # words of both texts; comparing takes their square (0.1 s for 1,000 on each side)
_WORDS = re.compile(r"\s*\S+\s*")


def coins(article: Article, here: str) -> str:
    """Return the article as an OpenURL context object (COinS, Z39.88-2004), which Zotero reads in a page."""
    card = article.card
    pairs = [
        ("ctx_ver", "Z39.88-2004"), ("rft_val_fmt", "info:ofi/fmt:kev:mtx:dc"), ("rfr_id", "info:sid/veille"), ("rft.type", "webpage"),
        ("rft.title", card.title), ("rft.source", card.source_name), ("rft.identifier", card.url or here), ("rft.language", card.language),
    ]  # fmt: skip
    if card.published_at:
        pairs.append(("rft.date", card.published_at[:10]))
    if article.author:
        pairs.append(("rft.creator", article.author))
    return urlencode(pairs)


Pieces = list[tuple[str, str]]  # same, gone or come; words


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A former version, with what the next one made of it."""

    until: str
    title: Pieces
    summary: Pieces
    same_title: bool
    same_summary: bool


def changes(article: Article) -> list[Change]:
    """Former versions, the newest first, each with what the next one made of it: pieces (`same`, `gone`, `come`) and words."""
    told = []
    title = article.card.title
    summary = article.card.summary if any(version.summary for version in article.versions) else ""
    for version in article.versions:
        told.append(
            Change(
                until=version.until,
                title=compared(version.title, title),
                summary=compared(version.summary, summary),
                same_title=version.title == title,
                same_summary=version.summary == summary,
            )
        )
        title, summary = version.title, version.summary
    return told


def compared(before: str, after: str) -> list[tuple[str, str]]:
    """Return what two texts share and do not, word by word; beyond some length, before and after whole."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if before == after:
        return [("same", before)] if before else []
    if len(old) + len(new) > _LONGEST_DIFF:
        return [("gone", before), ("come", after)]
    pieces: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(("same", "".join(old[a:b])))
            continue
        if b > a:
            pieces.append(("gone", "".join(old[a:b])))
        if d > c:
            pieces.append(("come", "".join(new[c:d])))
    return pieces
