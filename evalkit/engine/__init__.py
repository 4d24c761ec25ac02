"""Many requests at once, every reply committed before it counts."""
