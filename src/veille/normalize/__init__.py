"""An Entry becomes an Item: canonical address, plain text, honest dates, fingerprint.

Comes in: `Entry`, its `Source`. Goes out: `Item`, or nothing when the entry holds nothing. Forbidden: guessing a date.
"""

import hashlib
import re
from urllib.parse import unquote, urlsplit

from veille.model import Entry, Item, Source
from veille.moments import local_day, stored
from veille.normalize.additions import ADDED, without_additions, without_read_on
from veille.normalize.addresses import CANONICAL_VERSION, LONGEST_URL, absolute, canonical, loose, with_scheme, without_tracking
from veille.normalize.dates import day_ago, day_without_year, feed_date, moment_of
from veille.normalize.text import LONGEST_TEXT, clean, cut, hidden, plain_text, shown, sound_references, spreadsheet_cell, text_of, title_of

_BOX = 300  # characters: what software adds is shorter


def to_item(source: Source, entry: Entry) -> Item | None:
    """Return the article that an entry speaks of; None when it has neither title, nor text, nor address."""
    url = without_tracking(with_scheme(source.url, absolute(source.url, entry.link)))
    markup = entry.content if len(entry.content) >= len(entry.summary) else entry.summary
    said = cut(plain_text(markup) if entry.body_is_text else text_of(markup), LONGEST_TEXT)
    own_title = title_of(entry)
    title = own_title or _first_words(said) or _title_from(url or entry.link)
    if not title:
        return None
    published = moment_of(entry.published, source.timezone) if entry.published else None
    own = markup if entry.body_is_text else without_read_on(markup, entry.link)
    added = not entry.body_is_text and ADDED.search(own) is not None
    text = said if own == markup and not added else cut(text_of(own, added=not added), LONGEST_TEXT)
    if len(said) > _BOX and not text:
        text = said  # a box that bears the name of an addition and holds the article
    text = without_additions(text, own_title)
    said, text = ("" if one == title else one for one in (said, text))
    return Item(
        source_id=source.id,
        guid=clean(entry.guid)[:LONGEST_URL],
        url=url,
        canonical=canonical(url) if url else "",
        loose=loose(url) if url else "",
        title=title,
        text=text,
        author=cut(text_of(entry.author).replace("\n", " "), 200) if entry.author else "",
        published=published,
        day=local_day(published, source.timezone),
        language=source.language,
        fingerprint=fingerprint(title, text),
        former=fingerprint(title, said) if said != text else "",
    )


def _first_words(text: str) -> str:
    """Return what a post without a title (Mastodon, Bluesky) is called: its first line, or as much as fits where that is a mere word or
    two.
    """
    line = text.split("\n", 1)[0]
    return cut(line if len(line) >= 20 else text.replace("\n", " "), 90)


def _title_from(url: str) -> str:
    """Return the words of an address, for an entry that has nothing else."""
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


__all__ = [
    "CANONICAL_VERSION", "LONGEST_TEXT", "absolute", "canonical", "clean", "cut", "day_ago", "day_without_year",
    "feed_date", "fingerprint", "hidden", "local_day", "loose", "moment_of",
    "shown", "sound_references", "spreadsheet_cell", "stored", "text_of", "to_item",
]  # fmt: skip
