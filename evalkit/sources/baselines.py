"""Finds the answers of a baseline among imported files and among the annotations that earlier runs wrote."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from evalkit.formats import Rows, read_asked, source_records
from evalkit.sources.stored import ANNOTATION_ROWS, imported_rows
from evalkit.sources.texts import written_annotations
from evalkit.store import Store

_OUTPUTS = (("alpaca_eval", "outputs"), ("arena_hard", "answer"), ("mt_bench", "answer"))
_NAMES = ("generator", "model", "model_id")
_SIDES = ("1", "2")


def stored_answers(store: Store, results: Path, models: Iterable[str] | None, keys: frozenset[str]) -> dict[str, Rows]:
    """The answers of models to some instructions, from imported files, else from the annotations among the results.

    Args:
        models: the names of the models; None for every model that an imported file of annotations compares with.
        keys: the keys of the instructions.

    Raises:
        StoreError: an imported file is damaged.
        InputError: a file of annotations is.
    """
    wanted = None if models is None else frozenset(models)
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for model, row in _imported(store, wanted):
        _take(found, model, row, keys)
    for path in written_annotations(results):
        if wanted is None or all(found.get(model, {}).keys() >= keys for model in wanted):
            break
        for model, row in _sides((record.fields for record in source_records(path)), wanted):
            _take(found, model, row, keys)
    return {
        model: Rows.of(list(rows.values()), f"{model} in {store.where}")
        for model, rows in sorted(found.items())
        if rows
    }


def _take(
    found: dict[str, dict[str, Mapping[str, Any]]], model: str, row: Mapping[str, Any], keys: frozenset[str]
) -> None:
    """Keep the first answer of a model to each instruction."""
    for asked in read_asked(Rows.of([row], "row")):
        if asked.key in keys:
            found.setdefault(model, {}).setdefault(asked.key, row)


def _imported(store: Store, wanted: frozenset[str] | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The answers in imported files, with their models."""
    for format, kind in _OUTPUTS if wanted is not None else ():  # noqa: A001 (the word for it)
        for record in imported_rows(store, kind, format=format):
            model = next((record.fields[name] for name in _NAMES if record.fields.get(name)), None)
            if wanted is not None and model in wanted:
                yield str(model), record.fields
    rows = (record.fields for record in imported_rows(store, ANNOTATION_ROWS))
    yield from _sides(rows, wanted)


def _sides(rows: Iterable[Mapping[str, Any]], wanted: frozenset[str] | None) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The two answers of each row of annotations, with their models; without names only those compared with."""
    for row in rows:
        for side in _SIDES if wanted is not None else _SIDES[:1]:
            model, answer = row.get(f"generator_{side}"), row.get(f"output_{side}")
            told = isinstance(row.get("instruction"), str) and isinstance(answer, str)
            if told and isinstance(model, str) and (wanted is None or model in wanted):
                category = row.get("dataset") if isinstance(row.get("dataset"), str) else None
                fields = {"instruction": row["instruction"], "output": answer, "generator": model, "dataset": category}
                yield model, fields
