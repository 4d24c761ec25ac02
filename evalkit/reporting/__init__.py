"""Numbers and texts made ready for people, files and spreadsheets."""
