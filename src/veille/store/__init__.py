"""The door to SQLite: one file a subject, in four wings: collecting, curating, reading, keeping.

Comes in: values. Goes out: rows. Forbidden: the network, the clock, a table made while saving.
"""

from veille.store.connection import begin_soon, connect, is_settled, migrate, prepare, usable, writing

__all__ = ["begin_soon", "connect", "is_settled", "migrate", "prepare", "usable", "writing"]
