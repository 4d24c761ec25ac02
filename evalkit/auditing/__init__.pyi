from .checks import Check
from .clusters import Clusters, clusters_of_examples, declared_clusters, find_clusters
from .copies import NEARLY_COPIED
from .cures import cure, doubtful, require_passed
from .declining import DECLINES
from .lengths import LENGTHS, audit_lengths
from .limits import AuditLimits, read_limits
from .outputs import audit_of, audit_outputs, examine_outputs, judged_outputs

__all__ = [
    "DECLINES",
    "LENGTHS",
    "NEARLY_COPIED",
    "AuditLimits",
    "Check",
    "Clusters",
    "audit_lengths",
    "audit_of",
    "audit_outputs",
    "clusters_of_examples",
    "cure",
    "declared_clusters",
    "doubtful",
    "examine_outputs",
    "find_clusters",
    "judged_outputs",
    "read_limits",
    "require_passed",
]
