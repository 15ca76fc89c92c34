"""veille: the watch of public innovation in France's départements."""

__version__ = "0.2.0"
