"""Clusters of the instructions of several files of verdicts: declared, written into a file, or found from the texts."""

import dataclasses
from collections.abc import Sequence

from evalkit.auditing import Clusters, find_clusters
from evalkit.formats import Judgments, Source
from evalkit.sources.files import SourceFile
from evalkit.types import Annotation


def clusters_of_files(files: Sequence[SourceFile]) -> dict[Source, Clusters]:
    """The clusters of each file's verdicts, by the keys of their instructions.

    Near-duplicates are looked for among the instructions of all files together, so that all models have the same
    clusters. A file that was written with its clusters keeps them.
    """
    texts: dict[str, str] = {}
    for file in files:
        if file.clusters is None:
            # the text of the last turn, which is the longest, contains those of the turns before
            own = file.instructions.items()
            texts.update({key: text for key, text in own if len(text) >= len(texts.get(key, ""))})
    names = find_clusters(texts).names
    return {file.path: file.clusters or Clusters(names, looked=bool(file.instructions)) for file in files}


def tie(judgments: Judgments, clusters: Clusters) -> Judgments:
    """The same verdicts, in which those on an instruction of a named cluster have the name of that cluster."""
    return dataclasses.replace(judgments, verdicts=tuple(_tied(verdict, clusters) for verdict in judgments.verdicts))


def _tied(verdict: Annotation, clusters: Clusters) -> Annotation:
    slot = verdict.slot
    name = clusters.names.get(slot.question, clusters.names.get(slot.key))
    return verdict if name is None else dataclasses.replace(verdict, slot=dataclasses.replace(slot, cluster=name))
