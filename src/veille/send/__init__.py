"""The door to mail: a message goes out by a relay, or into a folder; in two steps, so that what was done is known between them."""
