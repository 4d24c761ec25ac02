"""What has a name: benchmarks with their questions, human references, and families of benchmarks."""
