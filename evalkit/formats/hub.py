"""Reads rows of a Hugging Face dataset: a folder that `datasets` saved, or a named one from the hub."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from evalkit.errors import InputError
from evalkit.formats.records import Record

PREFIX = "hf:"


def saved_dataset(path: Path) -> bool:
    """True if a folder was written by `datasets.save_to_disk`."""
    # unlike Path.is_file it takes any name
    return any(os.path.isfile(path / name) for name in ("state.json", "dataset_dict.json"))


def read_saved(path: Path) -> Iterator[Record]:
    """The rows of a saved dataset, which must have a single split.

    Raises:
        InputError: the folder cannot be loaded, or has several splits.
    """
    import datasets

    try:
        loaded = datasets.load_from_disk(str(path))
    except Exception as error:  # noqa: BLE001 (a damaged folder makes the library raise anything)
        raise InputError(f"{path}: cannot be loaded as a dataset: {' '.join(str(error).split())[:200]}") from None
    return _records(_one_split(loaded, str(path), cure=f"Name one: {path}/SPLIT"), str(path))


def read_hub(name: str) -> Iterator[Record]:
    """The rows of `hf:OWNER/NAME[:CONFIG[:SPLIT]]`, or of one file of a dataset, `hf:OWNER/NAME/FILE.json`.

    Raises:
        InputError: not found or not reachable.
    """
    import datasets

    repository, *rest = name.removeprefix(PREFIX).split(":")
    parts = repository.split("/")
    arguments: dict[str, Any] = {"path": repository, "name": rest[0] if rest else None}
    if len(parts) > 2:
        address = f"hf://datasets/{repository}"
        arguments = {"path": Path(repository).suffix.lstrip(".").replace("jsonl", "json"), "data_files": address}
    try:
        loaded = datasets.load_dataset(**arguments, split=rest[1] if len(rest) > 1 else None)
    except Exception as error:  # noqa: BLE001 (the library raises what its transports raise)
        raise InputError(f"{name}: cannot be loaded from the hub: {' '.join(str(error).split())[:200]}") from None
    return _records(_one_split(loaded, name, cure=f"Name one: {PREFIX}OWNER/NAME:CONFIG:SPLIT"), name)


def _one_split(loaded: Any, where: str, *, cure: str) -> Any:
    import datasets

    if not isinstance(loaded, datasets.DatasetDict):
        return loaded
    if len(loaded) != 1:
        raise InputError(f"{where}: has the splits {', '.join(sorted(loaded))}. {cure}")
    return next(iter(loaded.values()))


def _records(dataset: Any, where: str) -> Iterator[Record]:
    number = 0
    try:
        for number, row in enumerate(dataset, start=1):
            yield Record(f"{where}: row {number}", dict(row))
    except Exception as error:  # noqa: BLE001 (damage in the middle of a table makes the library raise anything)
        said = " ".join(str(error).split())[:200]
        raise InputError(f"{where}: row {number + 1}: cannot be read: {said}") from None
