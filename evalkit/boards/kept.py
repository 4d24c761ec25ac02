"""The verdicts of a release as a text that the store keeps, and the entry that such a text gives back."""

import dataclasses
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from evalkit.boards.entries import CATEGORY, Entry, Judging, Lengths
from evalkit.errors import StoreError
from evalkit.stats import Floats, Sample
from evalkit.types import Audit, Finding, ReleaseRun, Severity

_VERSION = 1


def keepable(entry: Entry) -> bool:
    """True if an entry holds all verdicts on a model as its benchmark combines them, and the model's texts are known.

    Imported verdicts come without texts, and the options of a board may leave some out or weigh them differently.
    """
    rules = entry.aggregation
    usual = not rules.pool and not rules.categories and rules.strong_weight == 1.0 and rules.lengths == Lengths.TEXT
    return usual and entry.plan is not None and not entry.itself and entry.sample.n > 0


def encode_verdicts(entry: Entry, categories: Mapping[str, str]) -> str:
    """The verdicts of an entry, an item an instruction, as text; equal verdicts give equal texts.

    Args:
        categories: the instructions' categories by key.
    """
    sample = entry.sample
    names = [sample.clusters[number] for number in sample.cluster]
    document = {
        "version": _VERSION,
        "keys": sample.keys,
        # mostly the key itself
        "clusters": [None if name == key else name for name, key in zip(names, sample.keys, strict=True)],
        "preference": _listed(sample.preference),
        "length_difference": _listed(sample.length_difference),
        "baseline_length": _listed(sample.baseline_length),
        "weight": _listed(sample.weight),
        "measures": {name: [_listed(side) for side in sides] for name, sides in sorted(sample.measures.items())},
        "missing": sample.missing,
        "missing_length_difference": _listed(sample.missing_length_difference),
        "n_inconsistent": sample.n_inconsistent,
        "categories": [categories.get(key) for key in (*sample.keys, *sample.missing)],
        "avg_length": entry.avg_length,
        "scale": entry.scale,
        "readings": dict(entry.judging.readings),
        "audit": None if entry.audit is None else _audit_document(entry.audit),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def decode_verdicts(text: str, run: ReleaseRun) -> Entry:
    """The entry of a release, as `encode_verdicts` wrote it, with a slice for each category.

    Raises:
        StoreError: the text holds anything else.
    """
    try:
        return _decoded(json.loads(text), run)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise StoreError(f"the kept verdicts of a release of {run.group.model!r} are none: {error!r}") from None


def _decoded(found: Mapping[str, Any], run: ReleaseRun) -> Entry:
    sample = _sample(found)
    by_category: dict[str, set[str]] = {}
    for key, category in zip((*sample.keys, *sample.missing), found["categories"], strict=True):
        if category is not None:
            by_category.setdefault(f"{CATEGORY} {category}", set()).add(key)
    low, high = found["scale"]
    return Entry(
        model=run.group.model,
        judge=run.judge,
        baseline=run.group.baseline,
        sample=sample,
        avg_length=found["avg_length"],
        digest=run.group.digest,
        served_as=run.served_as,
        judging=Judging(readings=found["readings"]),
        scale=(low, high),
        slices={name: sample.restricted(by_category[name]) for name in sorted(by_category)},
        audit=None if found["audit"] is None else _audit(found["audit"]),
    )


def _sample(found: Mapping[str, Any]) -> Sample:
    keys = tuple(found["keys"])
    named = [key if name is None else name for name, key in zip(found["clusters"], keys, strict=True)]
    clusters, cluster = np.unique(np.array(named, dtype=str), return_inverse=True)
    preference = _known(found["preference"])
    return Sample(
        keys=keys,
        cluster=cluster.astype(np.int64),
        preference=preference,
        length_difference=_floats(found["length_difference"]),
        missing=tuple(found["missing"]),
        missing_length_difference=_floats(found["missing_length_difference"]),
        n_inconsistent=found["n_inconsistent"],
        weight=_floats(found["weight"]),
        measures={name: _sides(sides) for name, sides in found["measures"].items()},
        clusters=tuple(clusters.tolist()),
        baseline_length=_floats(found["baseline_length"]),
    )


def _sides(sides: Iterable[list[float | None]]) -> tuple[Floats, Floats]:
    candidate, baseline = (_known(side) for side in sides)
    return candidate, baseline


def _listed(values: Floats | None) -> list[float | None] | None:
    return None if values is None else [value if math.isfinite(value) else None for value in values.tolist()]


def _floats(values: list[float | None] | None) -> Floats | None:
    return None if values is None else _known(values)


def _known(values: list[float | None]) -> Floats:
    return np.array([math.nan if value is None else value for value in values], dtype=np.float64)


def _audit_document(audit: Audit) -> dict[str, Any]:
    """An audit with the findings that refuse outputs, which decide whether a number counts."""
    failures = [{**dataclasses.asdict(finding), "severity": finding.severity.value} for finding in audit.failures]
    return {"n": audit.n, "checks": list(audit.checks), "failures": failures}


def _audit(found: Mapping[str, Any]) -> Audit:
    failures = tuple(
        Finding(**{**finding, "severity": Severity(finding["severity"]), "keys": tuple(finding["keys"])})
        for finding in found["failures"]
    )
    return Audit(found["n"], tuple(found["checks"]), failures)
