"""Which article is an entry? Names propose, words confirm.

Comes in: the items of one answer, what the store knows under their names. Goes out: `Plan`. Forbidden: SQL.

`names`: what an entry may be known by. `words`: whether title, text and day confirm what a name proposes. `verdicts`: the table of the
docs, row by row, and the plan that follows. `moving`: a site that changed all its addresses in one night.
"""

from veille.judge.identity.moving import MASS, is_mass, rejoin
from veille.judge.identity.names import TELLING, Name, Named, asked_names, grave, graves_of, name_items, own_graves
from veille.judge.identity.verdicts import NOTHING, Case, Plan, Recall, counted, plan
from veille.judge.identity.words import confirms

__all__ = [
    "MASS",
    "NOTHING",
    "TELLING",
    "Case",
    "Name",
    "Named",
    "Plan",
    "Recall",
    "asked_names",
    "confirms",
    "counted",
    "grave",
    "graves_of",
    "is_mass",
    "name_items",
    "own_graves",
    "plan",
    "rejoin",
]  # fmt: skip
