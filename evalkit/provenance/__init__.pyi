from .canonical import canonical_digest, stored_document
from .commit import commit_of
from .dependence import board_dependence_notes, board_sources_note, dependence_note, design_effect_fact, sources_note
from .document import (
    ANNOTATIONS,
    LENGTH_TAUGHT,
    ROW_FILE,
    SEAL,
    STYLE_TAUGHT,
    Computation,
    Difficulties,
    annotations_digest,
    check_annotations,
    provenance_document,
    read_computation,
    seal_fits,
    sealed,
)
from .pinning import learned_again, pinned_for, rests_on_models, written_background
from .row_content import EVEN, audit_reason, row_document, row_notes, row_values
from .row_files import write_results

__all__ = [
    "ANNOTATIONS",
    "EVEN",
    "LENGTH_TAUGHT",
    "ROW_FILE",
    "SEAL",
    "STYLE_TAUGHT",
    "Computation",
    "Difficulties",
    "annotations_digest",
    "audit_reason",
    "board_dependence_notes",
    "board_sources_note",
    "canonical_digest",
    "check_annotations",
    "commit_of",
    "dependence_note",
    "design_effect_fact",
    "learned_again",
    "pinned_for",
    "provenance_document",
    "read_computation",
    "rests_on_models",
    "row_document",
    "row_notes",
    "row_values",
    "seal_fits",
    "sealed",
    "sources_note",
    "stored_document",
    "write_results",
    "written_background",
]
