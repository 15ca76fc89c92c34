"""The door to SQLite: one file per subject, and all the SQL that is not in `search.py` or `schema.py`.

Comes in: values. Goes out: rows. Forbidden: the network, the clock, a table made while saving.
"""

from veille.store.connection import begin_soon, connect, is_settled, migrate, prepare, usable, writing

__all__ = ["begin_soon", "connect", "is_settled", "migrate", "prepare", "usable", "writing"]
