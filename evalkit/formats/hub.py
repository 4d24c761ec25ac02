"""Reads rows of a Hugging Face dataset: a folder that `datasets` saved, or a named one from the hub."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from evalkit.errors import InputError
from evalkit.formats.download import download
from evalkit.formats.records import SUFFIXES, Record, read_records
from evalkit.judge_spec import check_address

PREFIX = "hf:"
HUB = "https://huggingface.co"
# the hub's own variables: another address, a key for what is private, and never to ask
HUB_VARIABLE = "HF_ENDPOINT"
TOKEN_VARIABLE = "HF_TOKEN"  # noqa: S105 (a name)
OFFLINE_VARIABLE = "HF_HUB_OFFLINE"


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
        InputError: not found or not reachable; of a file, as late as when its first row is asked for.
    """
    repository, *rest = name.removeprefix(PREFIX).split(":")
    if repository.count("/") > 1:
        return _read_file(name, repository, chosen=bool(rest))
    import datasets

    arguments: dict[str, Any] = {"path": repository, "name": rest[0] if rest else None}
    try:
        loaded = datasets.load_dataset(**arguments, split=rest[1] if len(rest) > 1 else None)
    except Exception as error:  # noqa: BLE001 (the library raises what its transports raise)
        raise InputError(f"{name}: cannot be loaded from the hub: {' '.join(str(error).split())[:200]}") from None
    return _records(_one_split(loaded, name, cure=f"Name one: {PREFIX}OWNER/NAME:CONFIG:SPLIT"), name)


def _read_file(name: str, place: str, *, chosen: bool) -> Iterator[Record]:
    """The rows of one file, as they stand in it: the library for datasets would make all rows alike."""
    file = PurePosixPath(place).name
    if chosen or any(part in ("", ".", "..") for part in place.split("/")):
        raise InputError(f"{name}: expected {PREFIX}OWNER/NAME/FILE; a file has neither configurations nor splits")
    if not file.removesuffix(".gz").endswith(SUFFIXES):
        raise InputError(f"{name}: unknown kind of file. Known: {', '.join(SUFFIXES)}, each also with .gz")
    where = f"{name}: cannot be loaded from the hub"
    if os.environ.get(OFFLINE_VARIABLE, "").lower() in ("1", "true", "yes", "on"):
        raise InputError(f"{where}: {OFFLINE_VARIABLE} is set")
    hub = (os.environ.get(HUB_VARIABLE) or HUB).rstrip("/")
    check_address(hub, HUB_VARIABLE)
    owner, repository, *inside = map(quote, place.split("/"))
    url = f"{hub}/datasets/{owner}/{repository}/resolve/main/{'/'.join(inside)}"
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    with tempfile.TemporaryDirectory() as folder:
        # only its suffixes matter, and a name may be longer than this machine's may
        path = Path(folder, "file" + "".join(PurePosixPath(file).suffixes[-2:]))
        with path.open("wb") as into:
            download(url, into, where, token=token, token_name=TOKEN_VARIABLE)
        try:
            for record in read_records(path):
                yield Record(record.where.replace(str(path), name, 1), record.fields)
        except InputError as error:
            raise InputError(str(error).replace(str(path), name)) from None


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
