"""The files of one annotated model: RESULTS/MODEL/JUDGE/annotations.json, row.json and run.json."""

import importlib.metadata
import json
import platform
import sqlite3
from pathlib import Path
from typing import Any

from evalkit import __version__
from evalkit.boards import BoardRow
from evalkit.engine import Limits
from evalkit.files import safe_name, write_text
from evalkit.formats import write_annotations
from evalkit.judging import Annotated, Options
from evalkit.provenance.canonical import canonical_digest, stored_document
from evalkit.provenance.document import ROW_FILE, annotations_digest, sealed
from evalkit.text import DECIMALS_STORED

_LIBRARIES = ("aiohttp", "numpy", "openai", "pandas", "sqlalchemy")


def write_results(
    results: Path,
    annotated: Annotated,
    rows: list[BoardRow],
    *,
    options: Options,
    limits: Limits,
) -> Path:
    """Write the files and return their folder; a model whose judge changed among its verdicts has several rows."""
    work = annotated.work
    folder = results / safe_name(work.candidate.model) / safe_name(work.config.name)
    annotations = folder / "annotations.json"
    write_annotations(
        annotations,
        annotated.annotations,
        work.answered,
        clusters=work.plan.clusters,
        cluster_field=work.clusters.field,
    )
    digest = annotations_digest(annotations)
    documents = [sealed(stored_document(row, benchmark=work.plan.benchmark), annotations=digest) for row in rows]
    _write(folder / ROW_FILE, documents[0] if len(documents) == 1 else documents)
    _write(folder / "run.json", run_document(annotated, rows, options=options, limits=limits))
    return folder


def run_document(annotated: Annotated, rows: list[BoardRow], *, options: Options, limits: Limits) -> dict[str, Any]:
    """The effort behind the rows: versions, digests, seed, counts, money and time."""
    work, progress = annotated.work, annotated.progress
    cost = None if progress.cost is None else round(progress.cost, DECIMALS_STORED)
    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {
        "model": work.candidate.model,
        "judge": work.config.name,
        "judge_digest": work.config.digest,
        "judge_model": work.config.model,
        "endpoint": work.endpoint.name,
        "served": list(progress.served),
        "system_fingerprints": list(progress.fingerprints),
        "baseline": work.baseline,
        "benchmark": work.plan.benchmark,
        "plan_digest": work.digest,
        "rows_sha256": canonical_digest(rows),
        "seed": options.seed,
        "repeats": options.repeats,
        "orders": work.config.orders,
        "limit": options.limit,
        "concurrency": limits.concurrency,
        "questions": progress.total,
        "from_store": progress.stored,
        "replied": progress.replied,
        "failed": progress.failed,
        "asked_again": progress.reasked,
        "sent": progress.sent,
        "turned_away": progress.turned_away,
        "perhaps_billed_without_reply": progress.maybe_billed,
        "billed_twice": progress.duplicates,
        "under_way_in_killed_runs": annotated.abandoned,
        "prompt_tokens": progress.prompt_tokens,
        "completion_tokens": progress.completion_tokens,
        "cost_of_this_run": cost,
        "seconds": round(progress.seconds, 3),
        "stopped": progress.stopped,
        "versions": {
            "evalkit": __version__,
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            **versions,
        },
    }


def _write(path: Path, document: Any) -> None:
    write_text(path, json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n")
