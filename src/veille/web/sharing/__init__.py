"""Fiches as everyone reads them."""
