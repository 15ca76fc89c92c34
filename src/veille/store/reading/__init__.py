"""What readers ask: search, facets, lists, an article; built on `collecting`, and never on `curating`."""
