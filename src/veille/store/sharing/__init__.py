"""Fiches: short sheets of dated, sourced lines, and how they are found. Written by `curating`, read by everyone."""
