from .benchmarks import Benchmark, baseline_source, benchmark_names, questions_source, read_benchmark
from .families import Family, find_family
from .histories import read_known
from .questions import fetch_questions, load_baseline, load_questions
from .references import (
    Reference,
    SharedModel,
    names_by_map,
    read_aliases,
    read_name_map,
    read_reference,
    reference_names,
    shared_models,
)

__all__ = [
    "Benchmark",
    "Family",
    "Reference",
    "SharedModel",
    "baseline_source",
    "benchmark_names",
    "fetch_questions",
    "find_family",
    "load_baseline",
    "load_questions",
    "names_by_map",
    "questions_source",
    "read_aliases",
    "read_benchmark",
    "read_known",
    "read_name_map",
    "read_reference",
    "reference_names",
    "shared_models",
]
