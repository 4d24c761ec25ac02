"""The files of one annotated model: RESULTS/MODEL/JUDGE/annotations.json, row.json and run.json."""

import glob
import hashlib
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
from evalkit.provenance.document import ROW_FILE, annotations_digest, rows_of, sealed
from evalkit.text import DECIMALS_STORED
from evalkit.types import ModelConfig

RUN_FILE = "run.json"
_DIGITS = 8

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
    folder = _folder(results / safe_name(work.candidate.model) / safe_name(work.config.name), work.config)
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
    _write(folder / RUN_FILE, run_document(annotated, rows, options=options, limits=limits))
    return folder


def row_folders(results: Path, *, model: str, judge: str) -> list[Path]:
    """The folders that rows of a model under a judge of this name may be in: several judges' files may have it."""
    plain = results / safe_name(model) / safe_name(judge)
    return [plain, *sorted(plain.parent.glob(f"{glob.escape(plain.name)}-{'[0-9a-f]' * _DIGITS}"))]


def _folder(plain: Path, config: ModelConfig) -> Path:
    """The folder of a judge, beside that of another judge whose file has the same name in another folder."""
    there = next(iter(rows_of(plain / RUN_FILE)), {})
    theirs = there.get("judge_file")
    others = config.file is not None and theirs is not None and theirs != config.file
    if not others or there.get("judge_digest") == config.digest:
        return plain
    digest = hashlib.sha256(str(config.file).encode("utf-8", "surrogatepass")).hexdigest()
    return plain.with_name(f"{plain.name}-{digest[:_DIGITS]}")


def run_document(annotated: Annotated, rows: list[BoardRow], *, options: Options, limits: Limits) -> dict[str, Any]:
    """The effort behind the rows: versions, digests, seed, counts, money and time."""
    work, progress = annotated.work, annotated.progress
    cost = None if progress.cost is None else round(progress.cost, DECIMALS_STORED)
    versions = {name: importlib.metadata.version(name) for name in _LIBRARIES}
    return {
        "model": work.candidate.model,
        "judge": work.config.name,
        "judge_digest": work.config.digest,
        **({} if work.config.file is None else {"judge_file": work.config.file}),
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
