from .baselines import stored_answers
from .battles import NO_CLUSTER, gather_battles
from .benchmarks import (
    holds_others,
    judged_benchmarks,
    keep_benchmark,
    kept_benchmark,
    known_benchmark,
    like_stored,
    only_benchmark,
)
from .entries import entries_of_files, entries_of_store, files_of
from .exports import Exported, export_documents, export_verdicts
from .files import SourceFile
from .imports import Imported, ImportOptions, find_files, import_files
from .known_judges import known_of, with_known_judges
from .published import imported_tables, published_beside, published_of_several
from .recorded import RECORDED
from .selection import (
    BENCHMARK,
    DECLARED_WHERE_JUDGED,
    Sources,
    controls_of,
    difficulty_of,
    metric_of,
    misfiled,
    read_entries,
    read_recipe,
    read_source_files,
)
from .stored import LEADERBOARDS, Scope
from .texts import texts_of_files, texts_of_store
from .transcripts import read_judged, table_verdicts

__all__ = [
    "BENCHMARK",
    "DECLARED_WHERE_JUDGED",
    "LEADERBOARDS",
    "NO_CLUSTER",
    "RECORDED",
    "Exported",
    "ImportOptions",
    "Imported",
    "Scope",
    "SourceFile",
    "Sources",
    "controls_of",
    "difficulty_of",
    "entries_of_files",
    "entries_of_store",
    "export_documents",
    "export_verdicts",
    "files_of",
    "find_files",
    "gather_battles",
    "holds_others",
    "import_files",
    "imported_tables",
    "judged_benchmarks",
    "keep_benchmark",
    "kept_benchmark",
    "known_benchmark",
    "known_of",
    "like_stored",
    "metric_of",
    "misfiled",
    "only_benchmark",
    "published_beside",
    "published_of_several",
    "read_entries",
    "read_judged",
    "read_recipe",
    "read_source_files",
    "stored_answers",
    "table_verdicts",
    "texts_of_files",
    "texts_of_store",
    "with_known_judges",
]
