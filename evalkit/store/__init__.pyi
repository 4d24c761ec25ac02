from .database import UNREADABLE, Batch, Claimed, Filled, Store
from .documents import DocumentName, documents, records, write_document
from .evaluations import evaluations_of, evidence_name, evidence_of, keep_evaluation
from .opening import Address, open_existing, open_store, shown_url, store_exists, store_url
from .releases import categories_of, keep_release, kept_verdicts, releases_of, verdicts_name
from .requests import sent
from .seal import KEY_VARIABLE
from .tables import chunks
from .transfer import export_store, import_store
from .upkeep import (
    Checked,
    Statistics,
    check,
    collect,
    damage_of,
    fault,
    repair,
    require_sealed,
    seal_store,
    statistics,
    unchecked_seal,
)

__all__ = [
    "KEY_VARIABLE",
    "UNREADABLE",
    "Address",
    "Batch",
    "Checked",
    "Claimed",
    "DocumentName",
    "Filled",
    "Statistics",
    "Store",
    "categories_of",
    "check",
    "chunks",
    "collect",
    "damage_of",
    "documents",
    "evaluations_of",
    "evidence_name",
    "evidence_of",
    "export_store",
    "fault",
    "import_store",
    "keep_evaluation",
    "keep_release",
    "kept_verdicts",
    "open_existing",
    "open_store",
    "records",
    "releases_of",
    "repair",
    "require_sealed",
    "seal_store",
    "sent",
    "shown_url",
    "statistics",
    "store_exists",
    "store_url",
    "unchecked_seal",
    "verdicts_name",
    "write_document",
]
