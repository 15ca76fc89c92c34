"""One event is one line of printable text, secrets masked, long values cut."""

import json
import logging

import pytest

from veille.logs import _Json, _Lines, printable


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("GET https://claire:s3cret@e.fr/rss", "s3cret"), ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("?token=abc123&x=1", "abc123"), ("password=hunter22 refusé", "hunter22"), ("Cookie: veille_session=eyJhIjoxfQ; a=b", "eyJhIjoxfQ"),
        ("mot_de_passe=tralala", "tralala"), ('{"api_key": "k-123456"}', "k-123456"), ("basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    ],
)  # fmt: skip
def test_secrets_are_masked(text, hidden):
    assert hidden not in printable(text)


def test_a_line_is_a_line_whatever_is_in_it():
    hostile = "vrai\r\n2026-11-25 ERROR faux\x1b[2J\u202eevil\u2028suite\x00\ud800" + "x" * 9000

    shown = printable(hostile)

    assert len(shown.splitlines()) == 1
    assert all(sign.isprintable() for sign in shown)
    assert len(shown) < 2200


def record(message, exc_info=None):
    return logging.LogRecord("veille", logging.ERROR, __file__, 1, message, None, exc_info)


def test_an_event_is_one_json_object_with_its_traceback():
    try:
        raise ValueError("raison\nen deux lignes")
    except ValueError as exc:
        event = json.loads(_Json().format(record("source\n x", (ValueError, exc, exc.__traceback__))))
        line = _Lines().format(record("source\n x", (ValueError, exc, exc.__traceback__)))

    assert event["message"] == "source\\n x"
    assert "raison" in event["trace"]
    assert len(line.splitlines()) == 1
