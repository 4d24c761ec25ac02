"""What has been paid for: raw replies by everything that decided them, failures, and who asked for what.

Verdicts are not stored; they are read anew from the raw replies, so a changed parser re-reads without a request.
"""

from evalkit.store.database import UNREADABLE, Batch, Claimed, Filled, Store
from evalkit.store.opening import open_existing, open_store, shown_url, store_exists, store_url

__all__ = [
    "UNREADABLE",
    "Batch",
    "Claimed",
    "Filled",
    "Store",
    "open_existing",
    "open_store",
    "shown_url",
    "store_exists",
    "store_url",
]
