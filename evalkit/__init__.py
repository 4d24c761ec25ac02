"""Judge language models against a baseline, control for length, and say how sure the answer is."""

__version__ = "0.1.0"
