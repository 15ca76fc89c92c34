"""The vocabulary of the code: frozen values that travel from room to room.

Comes in: nothing. Goes out: types. Forbidden: behaviour beyond tiny properties, any import of another room.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, get_args

Rights = Literal["link", "excerpt", "full"]
RIGHTS: tuple[Rights, ...] = get_args(Rights)
Moment = datetime | date
BROUGHT = "apports"  # the source of what curators bring
KINDS = ("article", "retour-experience", "appel", "evenement", "publication", "prix", "emploi")


class FilterName(NamedTuple):
    """What a name stands for among the filters of a search; `whole`: it says the filter and nothing else, which may take its place."""

    facet: str
    value: str
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """One way for a source to be read, declared once: feeds.yaml, the parser, the health, OPML and the form read it here."""

    parser: str  # who reads its answers: a name of `veille.parse.PARSERS`
    failure: str = "bad-feed"  # the class of failure of an answer that is not what was promised
    missed: str = "empty"  # its state when entries that were usual are no more there
    habit: bool = False  # half of the usual entries, or none dated any more, is a failure to read them
    selectors: bool = False  # `select:` says where entries stand; where it is False none is admitted
    searched: bool = False  # what is read is looked for first, and again when it dies
    outline: str = "link"  # the type of its OPML outline: a reader that knows only feeds must not take a page for one


# To add one: a line here, its parser in `veille.parse`, and its word in `data/colonnes.yaml`.
SOURCE_KINDS = {
    "feed": SourceKind(parser="feed", outline="rss"),
    "page": SourceKind(parser="page", failure="bad-page", missed="selector-missed", habit=True, selectors=True),
    "discover": SourceKind(parser="feed", searched=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selectors:
    """Where a listing page keeps its entries: CSS selectors, `@name` for an attribute."""

    item: str
    title: str
    link: str | None = None  # absent: the page itself, with the id of the entry's element
    date: str | None = None
    summary: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What a source promises: at least so many entries, something new within so long."""

    at_least: int | None = None
    at_most: int = 300  # recent articles of one visit that enter the queue
    within: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """What stands before sites: `url` of http or https, "" for nothing, « environment » for what the usual variables say."""

    url: str = ""
    user: str = ""  # names of environment variables
    password: str = ""
    no_proxy: tuple[str, ...] = ()  # hosts and domains that are asked directly


MAIL_TLS = ("starttls", "implicit", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """How mail leaves: a relay, or a folder (Maildir). `user`, `password`: names of environment variables; `per_minute`: 0 for no limit."""

    sender: str = ""
    host: str = ""
    port: int = 587
    tls: str = "starttls"
    user: str = ""
    password: str = ""
    per_minute: int = 0
    folder: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How a site is reached: by a proxy, with headers of our own (name, environment variable) that no other origin is sent."""

    proxy: Proxy = Proxy()
    headers: tuple[tuple[str, str], ...] = ()
    origin: str = ""  # an address of the site that the headers are for


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Something watched, as feeds.yaml describes it; checked, so nothing is checked again."""

    id: str
    name: str
    kind: str  # of `SOURCE_KINDS`
    url: str
    territory: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    every: timedelta = timedelta(hours=6)
    language: str = "fr"
    timezone: str = "Europe/Paris"
    rights: Rights = "excerpt"
    timeout: timedelta = timedelta(seconds=20)
    full_text: int = 0
    select: Selectors | None = None
    expect: Expectation = Expectation()
    formerly: tuple[str, ...] = ()
    home: str = ""  # the site whose articles these are, where the feed is served from elsewhere
    access: Access = Access()
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long each kind of trace is kept."""

    visits: timedelta = timedelta(days=400)  # and runs; the last visit of a source always stays
    alarms: timedelta = timedelta(days=400)
    requests: timedelta = timedelta(days=400)
    versions: timedelta = timedelta(days=1095)  # former titles and texts
    dismissed: timedelta = timedelta(days=365)  # the texts of articles that were dismissed; title and address stay


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole, valid feeds.yaml."""

    sources: tuple[Source, ...]
    contact: str = ""
    site: str = ""  # the public address of the site: robots are told where to read about us
    retention: Retention = Retention()
    proxy: Proxy = Proxy()  # for what names none of its own
    mail: Mail = Mail()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What makes the next request conditional (RFC 9110 §8.8) and the next parse needless."""

    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """An answer with a body, within every limit, decoded from its transfer and content codings."""

    url: str  # after redirects
    status: int
    content_type: str  # the whole header, "" when absent
    body: bytes
    received: int  # bytes on the wire
    validators: Validators
    moved_to: str = ""  # where permanent redirects alone (301, 308) led
    fresh_for: timedelta | None = None  # how long the server asks caches to keep it
    stated_at: str = ""  # its Date header
    large: bool = False  # it holds one of the few places for large bodies, until the fetcher's `release`


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server, or the hash of the body, says that nothing has changed."""

    status: int
    received: int
    validators: Validators
    moved_to: str = ""
    fresh_for: timedelta | None = None
    proven: bool = False  # the body itself came, and is the one that was read


@dataclass(frozen=True, slots=True, kw_only=True)
class HostNote:
    """What a site (scheme, host, port) asked of robots, and until when it wants to be left alone."""

    host: str
    robots: str | None = None  # robots.txt as it stands; "" when the site has none, None when it was never read
    robots_at: datetime | None = None
    wait_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a `discover` source found: a feed, a page with JSON-LD, or a listing with the selectors that read it."""

    url: str
    kind: str = "feed"  # of `SOURCE_KINDS`, none that is searched
    select: Selectors | None = None
    said: str = ""  # how it was found, in French


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a feed or page says of one article, as parsed: markup still in title, summary and content."""

    guid: str = ""
    link: str = ""
    title: str = ""
    summary: str = ""
    content: str = ""
    author: str = ""
    published: str = ""  # as written, or ISO 8601 when the parser understood it
    title_is_text: bool = False  # the format promises plain text: `<b>` is three characters
    body_is_text: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """The entries of one answer, in its order."""

    entries: tuple[Entry, ...]
    language: str = ""
    skipped: int = 0  # unreadable entries
    refresh: timedelta | None = None  # how often the feed says it changes (ttl, sy:updatePeriod)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """An address where a feed, or a list of articles, may be."""

    url: str
    how: str  # announced | linked | usual | usual-section | section | account | sitemap
    label: str = ""
    purpose: str = "news"  # news | comments | agenda | jobs
    news: bool = False  # its title or address says news


@dataclass(frozen=True, slots=True, kw_only=True)
class Leads:
    """What one page leads to."""

    feeds: tuple[Lead, ...]
    usual: tuple[Lead, ...]
    sections: tuple[Lead, ...]
    software: str
    title: str
    site: str = ""  # its name, where the page says it


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Selectors for a page of entries, with how many entries they give."""

    select: Selectors
    entries: int
    dated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An article as we hold it before the store gives it its id: clean text, honest dates."""

    source_id: str
    guid: str
    url: str  # as the source gives it, absolute; "" when the entry has none
    canonical: str  # its exact form; "" when there is no url
    title: str
    text: str  # plain text; no HTML is ever stored
    author: str
    published: Moment | None  # aware UTC, or a day, or unknown; never a guess
    day: str  # YYYY-MM-DD in the source's time zone, "" when unknown
    language: str
    fingerprint: str  # of title and text; changes when the article does
    loose: str = ""  # the form of the address that only proposes (`normalize.loose`)
    former: str = ""  # the fingerprint with what publishing software added, "" where it added nothing

    def __hash__(self) -> int:  # asked for a dozen times on the way: not of its whole text
        return hash((self.guid, self.url, self.fingerprint))

    def is_worded(self, fingerprint: str) -> bool:
        """Return whether a fingerprint is that of these words, be they held with what publishing software added."""
        return fingerprint == self.fingerprint or (self.former != "" and fingerprint == self.former)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What one answer says, read and cleaned: its items in order, and how many entries held nothing."""

    items: tuple[Item, ...]
    skipped: int = 0
    refresh: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a label is there: what was matched, in which field, at which character."""

    phrase: str
    field: str  # title | lead | text | url | source | model
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A theme of the vocabulary put on an item, with its reasons, the strongest first."""

    id: str
    origin: str  # rule | model | source | curator | refused
    score: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    """A département on an item: named in the text, or inherited from the source."""

    code: str
    origin: str  # text | source
    reason: Reason
    role: str = "place"  # place | actor: who acts, where the text tells


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A day or a range of days that the text names (bounds included)."""

    start: date
    end: date
    role: str  # deadline | event | other
    evidence: str
    position: int = 0
    doubt: str = ""  # the weekday as written, where it contradicts the day


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedItem:
    """An item that has been through understanding."""

    item: Item
    tags: tuple[Tag, ...]
    territories: tuple[Territory, ...]
    mentions: tuple[Mention, ...]
    kind: str
    kind_reason: str
    interest: float
    interest_reason: str
    language: str
    terms: tuple[tuple[int, int], ...] = ()  # the words that may tell what it is about, as numbers, and how often
    dismissed: bool = False  # by a rule of editors: it is kept, and never waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store remembers of an item that an entry may be."""

    id: int
    source_id: str
    fingerprint: str
    title: str = ""  # as its source gave it, whatever curators say
    day: str = ""  # of publication, YYYY-MM-DD in its source's time zone; "" when unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Upheaval:
    """A source changed all at once: what happened, in one French sentence."""

    kind: str  # found | addresses | guids | flood | torrent
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A visit that went well."""

    new: int = 0
    changed: int = 0
    seen: int = 0
    duplicates: int = 0  # entries that another source had already brought
    skipped: int = 0
    forgotten: int = 0  # entries that were refused because somebody asked to forget them
    unchanged: bool = False
    proven: bool = True  # False for a 304: the server's word, nothing was read
    dated: int = 0  # entries that carry a date
    status: int = 200
    received: int = 0
    moved_to: str = ""
    refresh: timedelta | None = None  # the longest of what the feed and the server ask
    upheaval: Upheaval | None = None
    verdicts: tuple[tuple[str, int], ...] = ()  # how many entries each row of `identity`'s table decided


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A visit that did not."""

    failure: str  # a class of errors.FAILURES
    reason: str  # one French sentence
    status: int | None = None
    missed: bool = False  # the selectors of a page found nothing to read
    wait: timedelta | None = None  # what the server asked for (Retry-After)


Outcome = Collected | Failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What earlier visits left of a source: what its next one is judged by."""

    state: str = "new"
    failures: int = 0  # visits in a row that were not sound
    proven: bool = False  # it worked at least once
    rung: str = ""  # the states whose alarm rang, until the source is well again, apart by spaces
    entries: tuple[int, ...] = ()  # of its last sound answers, the newest first
    dated: int = 0  # of the last sound answer
    newest_day: str = ""  # of its articles, YYYY-MM-DD
    longest_gap: int | None = None  # days between two days with articles, of the last twenty; None: too few to tell
    usual_gap: float | None = None  # days, on average
    moved_to: str = ""
    moved_visits: int = 0
    refresh: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a visit says of its source."""

    state: str
    reason: str | None
    failures: int
    next_visit_at: datetime | None  # None: never again
    sound: bool  # the visit read what the source promises
    rings: bool = False  # an alarm goes off now, or is lifted
    rung: str = ""  # the states whose alarm rang, until the source is well again


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A source that is due, with what the last visits left."""

    source: Source
    validators: Validators = Validators()
    first: bool = True  # it never worked yet
    failures: int = 0  # in a row, until now
    found: Finding | None = None  # what a discover source found
    address: str = ""  # where to ask: the source's url, or where it has moved for good
    again: bool = False  # what was found died, and something else was found

    @property
    def reads(self) -> Source:
        """The source as it is read: a `discover` source by what it found."""
        if self.found is None:
            return self.source
        return replace(self.source, kind=self.found.kind, url=self.found.url, select=self.found.select)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What one `veille collect` did."""

    run: int
    started_at: datetime
    ended_at: datetime
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    next_visits: dict[str, str | None] = field(default_factory=dict)
    quiet_failures: frozenset[str] = frozenset()  # unproven sources: told once, then not counted
    missing: tuple[str, ...] = ()  # so many sources left feeds.yaml at once that none was retired


@dataclass(frozen=True, slots=True, kw_only=True)
class FicheHeading:
    """A heading of a kind of fiche. `decay`: months after which what it says of a state is to be verified, None for the fact of a day."""

    label: str
    decay: int | None = None
    typed: str = ""  # cents, stage: what a line says as a value too


@dataclass(frozen=True, slots=True, kw_only=True)
class FicheKind:
    """A kind of fiche, as `data/fiches.yaml` declares it: its name in addresses, its headings in order."""

    id: str
    label: str
    plural: str
    title: str
    of: str  # « de l’initiative »: what somebody is told an article is part of
    text: str
    least_lines: int
    headings: dict[str, FicheHeading]

    @property
    def staged(self) -> bool:
        """Whether it goes through stages."""
        return any(one.typed == "stage" for one in self.headings.values())
