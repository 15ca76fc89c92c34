"""Walls: what answers in place of the site when robots, strangers or refused cookies are kept out.

Comes in: status, headers, the beginning of a page. Goes out: the wall's French name, or None. Forbidden: ways around one.
The marks are those that the products document or show in every challenge they serve.
"""

import re
from collections.abc import Mapping

from veille.errors import ParseError
from veille.messages.collecting import BOT_WALL, WALLS

_LOOKED_AT = 60_000  # characters: a challenge is short, its marks come early
# Name, header (and what its value begins with), marks of its page.
_WALLS: tuple[tuple[str, tuple[tuple[str, str], ...], tuple[str, ...]], ...] = (
    ("Cloudflare", (("cf-mitigated", ""),), (
        "/cdn-cgi/challenge-platform/", "cf-browser-verification", "cf_chl_opt", "<title>just a moment...",
        "<title>attention required! | cloudflare", "error code: 1020")),
    ("DataDome", (("x-datadome", ""), ("x-dd-b", "")), ("captcha-delivery.com", "geo.captcha-delivery", "datadome captcha")),
    ("Imperva", (("x-iinfo", ""),), ("_incapsula_resource", "incapsula incident id")),
    ("AWS WAF", (("x-amzn-waf-action", ""),), ("awswafcookiedomainlist", "token.awswaf.com")),
    ("Sucuri", (("x-sucuri-block", ""),), ("sucuri website firewall - access denied", "sucuri_cloudproxy_js")),
    ("PerimeterX", (("x-px-block", ""),), ("px-captcha", "window._pxappid")),
    ("Akamai", (), ("errors.edgesuite.net",)),
    ("Anubis", (), ("id=\"anubis_challenge\"", "/.within.website/x/cmd/anubis")),
    ("hCaptcha", (), ("<title>attention required",)),
)  # fmt: skip
_PASSWORD = re.compile(r"<input[^>]{0,300}type\s*=\s*[\"']?password", re.I)
_COOKIE = re.compile(
    r"(?:activer|accepter|autoriser|enable|accept)[\s\w’']{0,30}cookies?[^<]{0,80}(?:continuer|pour acc[ée]der|to continue)"
    r"|(?:pour (?:continuer|acc[ée]der)|to continue)[^<]{0,60}(?:activez|acceptez|accepter|autoriser|autorisez|enable|accept)"
    r"[\s\w’']{0,30}cookies?",
    re.I,
)
_SCRIPT_ONLY = re.compile(
    r"(?:enable|activer|active[rz]|turn on|requires?|n[ée]cessite)[^<]{0,40}javascript|"
    r"javascript[^<]{0,60}(?:enabled?|activ[ée]|requis|required|d[ée]sactiv)",
    re.I,
)
_TAGS = re.compile(r"<(script|style|noscript|template|svg|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)|<[^<>]*>", re.I | re.S)
_REFUSALS = (401, 403, 405, 406, 409, 429, 503)
_A_TEXT = 400  # characters: a page that says more is no wall


def robot_wall(status: int, headers: Mapping[str, str], page: str) -> str | None:
    """Return the product that keeps robots out, when it is one that answers."""
    start = page[:_LOOKED_AT].lower()
    for name, marks, signs in _WALLS:
        if name == "hCaptcha" and "captcha" not in start:
            continue
        by_header = any(mark in headers and headers[mark].lower().startswith(value) for mark, value in marks)
        if status in _REFUSALS and (by_header or any(sign in start for sign in signs)):
            return name
        if status == 200 and any(sign in start for sign in signs) and len(words_of(start)) < _A_TEXT:
            return name
    return None


def page_wall(page: str) -> str | None:
    """Return what stands in the place of a page that answered 200: `login`, `cookies`, `script`, or None."""
    start = page[: _LOOKED_AT * 5]
    said = words_of(start)
    if _PASSWORD.search(start) and len(said) < 3 * _A_TEXT:
        return "login"
    if len(said) >= 2 * _A_TEXT:
        return None
    if _COOKIE.search(start):
        return "cookies"
    body = start.lower()
    scripted = "<script" in body and len(said) < _A_TEXT / 2
    empty_root = re.search(r"<div[^>]{0,120}\bid\s*=\s*[\"']?(?:root|app|__next|__nuxt|main-app)\b", body) is not None
    if _SCRIPT_ONLY.search(start) or (scripted and empty_root):
        return "script"
    return None


def wall_failure(page: str) -> ParseError | None:
    """Return the failure to tell of an answer that is a wall and not the site."""
    robots = robot_wall(200, {}, page)
    if robots:
        return ParseError("bot-wall", BOT_WALL.format(wall=robots))
    wall = page_wall(page)
    return ParseError("bot-wall", WALLS[wall]) if wall else None


def words_of(page: str) -> str:
    """Return the words of a page, roughly: tags, scripts and styles left out."""
    return " ".join(_TAGS.sub(" ", page).split())
