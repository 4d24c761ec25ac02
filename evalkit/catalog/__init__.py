"""Reads benchmarks with their questions, human reference rankings, and families of benchmarks by name."""
