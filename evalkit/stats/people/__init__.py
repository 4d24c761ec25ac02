"""Judges measured against people's opinions of the same comparisons."""
