"""The doors: verdicts from files, folders, tables and the store, and back out of it."""
