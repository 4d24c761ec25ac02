"""From outputs to verdicts: comparisons become questions, requests, replies and annotations."""
