"""What one template is given: a dataclass of its own, so that a name that a template asks for and nobody gives is found by a test."""

from dataclasses import dataclass, fields
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What one template is given beside what every page may show (`templating.shared_variables`)."""

    template: ClassVar[str]
    here: ClassVar[str] = ""  # the part of the site that navigation marks


def given_by(context: Context) -> dict[str, object]:
    """Return the names of a template and what they stand for."""
    return {one.name: getattr(context, one.name) for one in fields(context)} | {"here": context.here}
