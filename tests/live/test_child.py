"""The parsing child: a document that hangs, swells or crashes it is one failure, and the next document is read."""

import pytest
from loopback import feed

from builders import make_fetched, make_source
from veille.collect.child import Parser
from veille.errors import ParseError


def deep(levels: int) -> bytes:
    return b"<rss><channel>" + b"<item><description>" * levels + b"x"


def test_a_document_over_the_cpu_limit_is_one_failure_and_the_next_is_read():
    slow = b"<rss version='2.0'><channel>" + b"<item><title>x</title><description>" + b"&lt;a " * 400_000 + b"</description></item>" * 3000
    with Parser(cpu_seconds=1, wall_seconds=20) as parser:
        with pytest.raises(ParseError, match="dépasse 1 s"):
            parser.read(make_source(), make_fetched(b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 150_000 + slow))

        assert len(parser.read(make_source(), make_fetched(feed("Après"))).items) == 1


def test_a_document_over_the_memory_limit_is_one_failure():
    with Parser(memory=200 << 20) as parser:
        with pytest.raises(ParseError):
            parser.read(make_source(), make_fetched(b"<rss version='2.0'><channel>" + b"<item><title>x</title></item>" * 400_000))

        assert len(parser.read(make_source(), make_fetched(feed("Après"))).items) == 1


def test_a_child_that_dies_is_replaced():
    with Parser() as parser:
        parser.read(make_source(), make_fetched(feed("Un")))
        assert parser._process is not None
        parser._process.kill()
        parser._process.wait()

        assert len(parser.read(make_source(), make_fetched(feed("Deux"))).items) == 1


def test_what_is_no_feed_is_told_across_the_pipe():
    with Parser() as parser, pytest.raises(ParseError) as caught:
        parser.read(make_source(), make_fetched(b"<html>non"))

    assert (caught.value.failure, caught.value.reason) == ("bad-feed", "la réponse est une page web, pas un flux")
