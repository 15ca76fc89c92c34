"""Feeds changed at random as sites change them: elements put in, taken out, doubled, attributes added, bytes spoilt. Seeded."""

import random
import re

_TAG = re.compile(rb"<[^>]{1,200}>")
_ELEMENTS = (
    b"<title>Autre</title>", b"<title/>", b"<link>http://x.fr/b?a=1&amp;b=2</link>", b"<link/>", b"<link href='/rel' rel='alternate'/>",
    b"<link rel='enclosure' href='http://x/y'/>", b"<guid>abc</guid>", b"<guid isPermaLink='false'>abc</guid>", b"<id>urn:x</id>",
    b"<description>&lt;p&gt;un&lt;/p&gt;</description>", b"<summary type='html'>x</summary>", b"<content type='text'>y &lt;b&gt;</content>",
    b"<author>jean@x.fr (Jean)</author>", b"<author><name>N</name><email>e@x.fr</email></author>",
    b"<pubDate>Wed, 12 Mar 2024 10:00:00 +0100</pubDate>", b"<pubDate>bad</pubDate>", b"<updated>2024-03-01T10:00:00Z</updated>",
    b"<published>2024-03-01</published>", b"<created>2024-03-01T10:00:00+01:00</created>", b"<category term='a'/>", b"<language>en</language>",
    b"<ttl>30</ttl>", b"<item><title>z</title></item>", b"<entry/>", b"<foo><title>n</title></foo>",
    b"<image><title>i</title><link>http://i/</link></image>", b"<source url='http://s'>S</source>", b"<enclosure url='http://e/x.mp3'/>",
    b"<!-- c -->", b"<?pi x?>", b"<![CDATA[<b>x</b>]]>", b"&#233;", b"&amp;eacute;", b"\xc3\xa9", b"\xc3\x83\xc2\xa9", b"&#146;",
)  # fmt: skip
_ATTRIBUTES = (
    b" type='html'",
    b" type='xhtml'",
    b"X",
    b" isPermaLink='true'",
    b" xml:lang='en'",
    b" xml:base='http://z/'",
    b" href='http://q/'",
)


def mutated(body: bytes, dice: random.Random) -> bytes:
    """One to four changes."""
    for _ in range(dice.randint(1, 4)):
        tags = list(_TAG.finditer(body))
        if not tags:
            return body
        one, other = dice.choice(tags), dice.choice(tags)
        start, end = min(one.start(), other.start()), max(one.end(), other.end())
        act = dice.random()
        if act < 0.45:
            body = body[: one.end()] + dice.choice(_ELEMENTS) + body[one.end() :]
        elif act < 0.55:
            body = body[: one.start()] + body[one.end() :]
        elif act < 0.7 and end - start < 4000:
            body = body[:end] + body[start:end] + body[end:]
        elif act < 0.8 and end - start < 4000:
            body = body[:start] + body[end:]
        elif act < 0.9:
            at = dice.randrange(len(body))
            body = body[:at] + bytes([dice.randrange(256)]) + body[at + 1 :]
        else:
            at = one.start() + dice.randrange(max(1, one.end() - one.start()))
            body = body[:at] + dice.choice(_ATTRIBUTES) + body[at:]
    return body
