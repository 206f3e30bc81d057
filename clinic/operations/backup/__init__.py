"""Backups: the database and the documents of one moment, and the way back from them."""
