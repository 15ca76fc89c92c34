"""What feeds.yaml names and does not hold: the environment variables of passwords and keys.

Comes in: names. Goes out: what they hold; FetchError, which says the name and never the value.
"""

import os

from veille.errors import FetchError
from veille.messages.collecting import ODD_VARIABLE, UNSET_VARIABLE


def header_value(name: str) -> bytes:
    """Return what a variable holds, as a header may say it (RFC 9110 §5.5): without the spaces around it; raises FetchError, which names
    it.
    """
    value = variable(name).strip()
    if not value or not all(sign == "\t" or (sign >= " " and sign != "\x7f") for sign in value):
        raise FetchError("bad-variable", ODD_VARIABLE.format(name=name))
    return value.encode("utf-8")


def variable(name: str) -> str:
    """Return what an environment variable holds; raises FetchError, which names it, where it is not defined or is no UTF-8."""
    if name not in os.environ:
        raise FetchError("bad-variable", UNSET_VARIABLE.format(name=name))
    value = os.environ[name]
    if any("\ud800" <= sign <= "\udfff" for sign in value):
        raise FetchError("bad-variable", ODD_VARIABLE.format(name=name))
    return value
