"""A folder of pages about all boards: an overview, and a page for each benchmark, model and judge."""
