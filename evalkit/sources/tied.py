"""Clusters of instructions in files of verdicts: declared by a field, recorded in the file, or found by their texts."""

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalkit.auditing.clusters import Clusters, declared_clusters, find_clusters
from evalkit.errors import InputError
from evalkit.formats.alpaca_eval import CLUSTER, CLUSTER_FIELD
from evalkit.formats.foreign import detect
from evalkit.formats.judgments import Judgments
from evalkit.formats.layouts import first_fields, layout_of
from evalkit.formats.outputs import field_value, source_records
from evalkit.formats.texts import question_of, texts_in
from evalkit.types import Annotation

_LOG = "inspect"


def clusters_of_files(paths: Sequence[Path], field: str | None = None) -> dict[Path, Clusters]:
    """The clusters of each file's verdicts, by the keys of their instructions.

    Near-duplicates are looked for among the instructions of all files together, so that all models have the same
    clusters. A file that was written with its clusters keeps them.

    Args:
        field: the field that declares the clusters, in every file.

    Raises:
        InputError: a file has no such field.
    """
    if field is not None:
        return {path: declared_clusters(_values(path, field), field) for path in paths}
    known = {path: own for path in paths if (own := _own(path)) is not None}
    texts: dict[str, str] = {}
    looked = {}
    for path in paths:
        if path not in known:
            found = _instructions(path)
            looked[path] = bool(found)
            # the text of the last turn, which is the longest, contains those of the turns before
            texts.update({key: text for key, text in found.items() if len(text) >= len(texts.get(key, ""))})
    names = find_clusters(texts).names
    return {path: known[path] if path in known else Clusters(names, looked=looked[path]) for path in paths}


def tie(judgments: Judgments, clusters: Clusters) -> Judgments:
    """The same verdicts; those on an instruction of a named cluster get the name of that cluster."""
    return dataclasses.replace(judgments, verdicts=tuple(_tied(one, clusters) for one in judgments.verdicts))


def _tied(verdict: Annotation, clusters: Clusters) -> Annotation:
    slot = verdict.slot
    name = clusters.names.get(slot.question, clusters.names.get(slot.key))
    return verdict if name is None else dataclasses.replace(verdict, slot=dataclasses.replace(slot, cluster=name))


def _own(path: Path) -> Clusters | None:
    """The clusters that a file of verdicts was written with; None where it has none."""
    kind = detect(path)
    if kind[0] == _LOG:
        return None
    first: Mapping[str, object] = first_fields(path, layout_of(path))
    if CLUSTER not in first:
        return None
    declared = first.get(CLUSTER_FIELD)
    # only rows of ours are known to have been searched for near-duplicates
    looked = True if kind == ("alpaca_eval", "annotations") else None
    return Clusters(field=declared, looked=looked) if isinstance(declared, str) else Clusters(looked=looked)


def _instructions(path: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for texts in texts_in(path):
        if texts.instruction is not None and len(texts.instruction) >= len(found.get(texts.question, "")):
            found[texts.question] = texts.instruction
    return found


def _values(path: Path, field: str) -> dict[str, str | None]:
    if detect(path)[0] == _LOG:
        raise InputError(f"{path}: a log of inspect_ai has no fields to cluster by. Leave out the log or --cluster")
    found: dict[str, str | None] = {}
    for record in source_records(str(path)):
        found.setdefault(question_of(record), field_value(record, field))
    return found
