"""Write boards as small HTML tables, with their templates and styles."""
