"""What every page stands on: the database, sessions, templates, errors, headers."""
