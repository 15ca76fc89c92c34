"""`data/courrier.db`: what belongs to people outside. Never opened by Datasette, in no export nor copy that is not asked for it."""
