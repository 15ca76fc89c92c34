"""What an article is about: one pure file per question, asked in order by `labels`.

Comes in: `Item`, its `Source`, `Knowledge`. Goes out: `TaggedItem`, every label with its reason.
Forbidden: network, disk, clock, SQLite. What must be known is a value, read once at a door.
"""
