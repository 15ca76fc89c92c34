"""A reader's request, its words, and what scores make of articles. Pure: tested without Datasette."""
