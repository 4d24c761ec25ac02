"""What has been paid for: raw replies by everything that decided them, failures, and who asked for what.

Verdicts are not stored; they are read anew from the raw replies, so a changed parser re-reads without a request.
"""

from evalkit.store.database import UNREADABLE, Batch, Claimed, Filled, Group, Store
from evalkit.store.opening import open_existing, open_store, shown_url, store_exists, store_url
from evalkit.store.plans import DataDigests, PlanRecord, PromptMode

__all__ = [
    "UNREADABLE",
    "Batch",
    "Claimed",
    "DataDigests",
    "Filled",
    "Group",
    "PlanRecord",
    "PromptMode",
    "Store",
    "open_existing",
    "open_store",
    "shown_url",
    "store_exists",
    "store_url",
]
