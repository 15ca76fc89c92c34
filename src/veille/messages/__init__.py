"""The French sentences that Python shows a person, by those who say them.

Comes in: facts. Goes out: sentences, with French counts and typography. Forbidden: decisions.
"""
