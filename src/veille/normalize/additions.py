"""What publishing software adds to an entry: where it appeared first, links to read on or to share, the title once more.

Comes in: markup, or the lines of a text, and its title. Goes out: the same without what was added. Each form is one that software writes
(WordPress and Yoast, Jetpack, AddToAny, Drupal, FeedBurner, Medium): words of an author that only resemble it stay.
"""

import re

_NAMES = (
    "sharedaddy|sd-sharing(?:-enabled)?|jp-relatedposts|sd-like|feedflare|addtoany_share_save(?:_container)?|addtoany_content|a2a_kit|"
    "sociable|shariff|ssba(?:-wrap)?|heateor_sss_sharing_container|post-share|social-share|more-link|read-?more|read_more|"
    "medium-feed-link|medium-feed-image|yarpp-related|blogger-post-footer|subscription-widget(?:-wrap)?|button-wrapper|rt-reading-time|"
    "ez-toc-(?:container|counter|v\\w*)|field--name-(?:title|uid|created)|field-name-title|syndicated-attribution|links inline"
)
ADDED = re.compile(rf"\bclass\s*=\s*(?:\"(?:[^\"<>]*\s)?|'(?:[^'<>]*\s)?|)(?:{_NAMES})(?=[\s\"'>])", re.I)
_NAME = re.compile(rf"(?:{_NAMES})\Z", re.I)
# « L’article T est apparu en premier sur S. », as WordPress says it in the languages that are read here, and their neighbours'.
_FIRST_SAID = re.compile(
    r"(?:L[’']article|L[’']actualité|Cet article|Le billet|L[’']entrée|The post|The article|Der Beitrag|La entrada|La publicación|"
    r"L[’']articolo|L[’']entrada|O post|O conteúdo|Het bericht|Artykuł) (?P<title>.{1,520}?),? "
    r"(?:est apparue? en premier sur|appeared first on|first appeared on|erschien zuerst auf|se publicó primero en|"
    r"apareció primero en|proviene da|sembra essere il primo su|ha aparegut primer a|aparec(?:eu|e) primeiro em|verscheen eerst op|"
    r"pochodzi z serwisu) .{1,160}"
)
_FIRST_VERBS = re.compile(r"premier|first|zuerst|prime|primo|proviene|eerst|pochodzi")
_READ_ON = re.compile(
    r"(?:Continuer la lecture|Poursuivre la lecture|Lire la suite|Lire l[’']article(?: complet| en entier)?|Lire plus|Continue reading|"
    r"Keep reading|Read more|Read (?:the )?(?:full|rest of (?:this|the)) (?:article|entry|post|story|topic)|Weiterlesen|Seguir leyendo|"
    r"Leggi tutto|Continua a leggere)(?: (?:de|of|on|about))?(?P<title>.{0,520})",
    re.I,
)
_CUT_SHORT = re.compile(r"(?:…|\.\.\.|\[…\]|\[\.\.\.\])\s*$")
_PLACES = "Facebook|Twitter|X|LinkedIn|WhatsApp|Mastodon|Bluesky|Pinterest|Telegram|Reddit|Tumblr|Pocket|Threads"
_OPENS = r"\s?\((?:ouvre dans|opens in|s[’']ouvre dans)[^)]{0,60}\)"
# Jetpack's buttons, with the words that they hide, and its place for a « like ».
_SHARE = re.compile(
    rf"(?:(?:Cliquez|Cliquer|Click) (?:pour|to) (?:partager|share) (?:sur|on|via|par) (?:{_PLACES}|e-?mail)|"
    rf"(?:Partager|Share) (?:sur|on|via|par) (?:{_PLACES}|e-?mail))(?:{_OPENS})?(?:\s(?:{_PLACES}|E-?mail))?|"
    rf"(?:(?:Cliquez|Cliquer|Click) (?:pour|to) )?(?:Imprimer|Envoyer|Print|Email|Partager|Share)\b.{{0,60}}?{_OPENS}(?:\s\S{{1,12}})?|"
    r"J[’']aime (?:ça|cela)\s?:?|J[’']aime chargement.{0,3}|Like (?:this:|Loading.{0,3})|(?:Share|Partager) this:|WordPress\s?:",
    re.I,
)
_SHARE_HEAD = re.compile(r"(?:Partager|Partagez|Partager cet article|Share|Share this)\s?:", re.I)
_SHARE_PLACE = re.compile(rf"{_PLACES}|Tweet(?:er)?|E-?mail|Imprimer|Print|Plus|More", re.I)
_TOLD = re.compile(
    r"premier|first|zuerst|prime|primo|proviene|eerst|pochodzi|lecture|suite|lire|read|weiterlesen|leyendo|legg|partag|share|aime|"
    r"imprimer|print",
    re.I,
)
_TAIL = 900  # characters, from the end, that are looked at
_MOST = 12  # lines that may be taken off an end
_LEAST_TITLE = 12  # characters of a title that, met alone on the first line, is that title again


def is_added(names: object) -> bool:
    """Return whether an element of these classes (a list, or one string) was added by software, and holds nothing of the author's."""
    listed = names if isinstance(names, list) else str(names or "").split()
    return any(_NAME.match(str(one)) for one in listed) or "links inline" in " ".join(map(str, listed))


def without_additions(text: str, title: str) -> str:
    """Return a text without the lines that software adds before and after it. Linear in the length of the text."""
    if title and text[: len(title)].casefold() == title.casefold():
        text = _without_title(text, title)
    for _ in range(_MOST):
        if not _TOLD.search(text, max(0, len(text) - _TAIL)):
            return text
        shorter = _shorter(text, title)
        if shorter == text:
            return text
        text = shorter
    return text


def _without_title(text: str, title: str) -> str:
    line, _, rest = text.partition("\n")
    return rest if rest and len(title) >= _LEAST_TITLE and line[len(title) :].strip(" .:!?…") == "" else text


def _shorter(text: str, title: str) -> str:
    """Return a text without one addition at its end; as it is where there is none."""
    head, newline, last = text.rpartition("\n")
    if _SHARE.fullmatch(last):
        return head
    if _SHARE_PLACE.fullmatch(last) or _SHARE_HEAD.fullmatch(last):
        return _without_list(text)
    kept = _before(last, max(0, len(last) - _TAIL), title)
    if kept is None:
        return text
    return f"{head}{newline}{kept}" if kept else head


def _without_list(text: str) -> str:
    """Return a text without a list of places to share it at, which says so at its head; as it is where no head does."""
    rest = text
    for _ in range(_MOST):
        rest, _, last = rest.rpartition("\n")
        if not _SHARE_PLACE.fullmatch(last):
            return rest if _SHARE_HEAD.fullmatch(last) else text
    return text


def _before(line: str, start: int, title: str) -> str | None:
    """Return what stands before an addition at the end of a line; None where there is no addition."""
    tail = line[start:]
    if _FIRST_VERBS.search(tail):
        for found in reversed(list(_starts(_FIRST_SAID, tail))):
            if _is_title(found["title"], title):
                return line[: start + found.start()].rstrip()
    for found in reversed(list(_starts(_READ_ON, tail))):
        before = line[: start + found.start()].rstrip()
        rest = found["title"].strip(" →»>.…:()[]")
        if (not before or _CUT_SHORT.search(before[-6:])) and (not rest or _is_title(rest, title)):
            return before
    return None


def _starts(pattern: re.Pattern[str], tail: str) -> "list[re.Match[str]]":
    """Return where in a line a form begins that goes on to its end: at its beginning, or after a space."""
    places = [0, *(match.end() for match in re.finditer(r"[\s.…»\])]", tail))]
    return [found for place in places if (found := pattern.fullmatch(tail, place))]


def _is_title(said: str, title: str) -> bool:
    """Return whether words are a title, in quotation marks or not, be it cut short; a short one is to be told sign by sign."""
    one, other = _signs(said), _signs(title)
    if min(len(one), len(other)) < _LEAST_TITLE:
        return bool(one) and one == other and _signs(said, fold=False) == _signs(title, fold=False)
    return one.startswith(other) or other.startswith(one)


def _signs(text: str, *, fold: bool = True) -> str:
    return "".join(filter(str.isalnum, text.casefold() if fold else text))


def without_read_on(markup: str, link: str) -> str:
    """Markup without the last link to the entry itself, where its words say no more than to read on."""
    if not link or link not in markup[-_TAIL:]:
        return markup
    found = list(_LINK.finditer(markup, max(0, len(markup) - _TAIL)))
    last = found[-1] if found else None
    if last is None or last["to"].strip() != link or not _ON.fullmatch(" ".join(re.sub(r"<[^<>]*>", " ", last["words"]).split())):
        return markup
    rest = markup[last.end() :]
    return markup[: last.start()] + rest if not re.sub(r"<[^<>]*>", "", rest).strip() else markup


_LINK = re.compile(r"<a\b[^<>]*?\bhref\s*=\s*[\"']?(?P<to>[^\"'<>\s]+)[^<>]*>(?P<words>.{0,200}?)</a\s*>", re.I | re.S)
_ON = re.compile(rf"\W*(?:{_READ_ON.pattern}|En savoir plus.{{0,300}}|Plus d[’']infos?.{{0,300}})", re.I)
