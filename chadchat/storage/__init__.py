"""The SQLite file: opening it, its schema, `apply`, backups, and what to do when it is damaged."""
