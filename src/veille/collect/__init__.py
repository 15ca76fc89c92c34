"""A collection: what is due is asked, read in a child, and kept; `run` is its way."""
