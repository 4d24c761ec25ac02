"""Ratings of models from comparisons between any two of them."""
