"""Whether a model may be released, on its win rate."""
