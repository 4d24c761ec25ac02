"""Refuses to write over what the same call reads or writes: its inputs, the settings, the store, and its other outputs.

Files are compared, and not the texts of their paths: a link, a relative path, another case or a second name of the same
file is the same file.
"""

import contextlib
import inspect
import os
import stat
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from os import PathLike
from pathlib import Path
from typing import Any

from evalkit import assets
from evalkit.documents import read_text, read_yaml
from evalkit.errors import EvalkitError, TargetTaken
from evalkit.files import SETTINGS_FILE, safe_name
from evalkit.streams import descriptor_of
from evalkit.types import ModelConfig

# the names that options and keywords share
_STORE, _RESULTS = "store", "results"
_OUTPUTS = {"outputs", "candidate"}
# what these name is never a file
_LABELS = {
    "title", "label", "key", "cluster", "category", "against", "metric", "reference_metric", "control", "by", "alias",
    "aggregate", "weight", "anchor", "columns", "family", "model_name", "judge_model", "base_url", "orders",
    "audit_limit", "form", "method", _STORE, _RESULTS,
}  # fmt: skip
_WRITTEN, _WHOLE = ("out", "log"), "folder"
# the keys of a rule, or of a row that is no file, under which a file may stand
_KEYS_OF_FILES = ("source", "benchmark", "judge", "baseline")
# a name may stand for a file with this ending
_ENDINGS = ("", ".yaml", ".jinja")
_SHIPPED = ("leaderboards", "annotators", "prompts")
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Target:
    """The file that an option or a keyword of this name writes, or with `whole` a folder with nothing else in it."""

    name: str
    path: Path
    whole: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """A file or a folder that a call reads, and the words for it."""

    path: Path
    words: str


def require_apart(targets: Sequence[Target], inputs: Mapping[str, object], shown: Mapping[str, str]) -> None:
    """Refuse two targets that are one file, and a target that the call reads; devices and pipes may be named twice.

    Args:
        inputs: the values of all other options, or keywords, by name.
        shown: the names of options as the user types them; a keyword is shown as it is.

    Raises:
        TargetTaken: the message names both options, and the cure.
    """
    plain = [target for target in targets if not _is_stream(target.path)]
    for first, second in combinations(plain, 2):
        if same_file(first.path, second.path):
            raise TargetTaken(
                f"{second.name} {second.path} would write over the file of {first.name}. Name another file with "
                f"{second.name}",
                paths=(first.path, second.path),
            )
    there = [target for target in plain if os.path.exists(target.path)]
    # most calls write new files, and need to look no further
    for read in _all_read(inputs, shown) if there else ():
        for target in there:
            if target.whole and _lies_in(read.path, target.path):
                raise TargetTaken(
                    f"{target.name} {target.path} holds {read.words}, {read.path}. Name another folder with "
                    f"{target.name}"
                )
            if not target.whole and _is_read(target.path, read.path):
                raise TargetTaken(
                    f"{target.name} {target.path} would write over {read.words}. Name another file with {target.name}",
                    paths=(target.path,),
                )


def require_call_apart(function: Callable[..., object], args: Sequence[object], keywords: Mapping[str, Any]) -> None:
    """Refuse a call of a function for Python that would write over what it reads, as `require_apart` says.

    Raises:
        TargetTaken: the message names both keywords, and the cure.
    """
    signature = inspect.signature(function)
    if _WHOLE not in signature.parameters and all(keywords.get(name) is None for name in _WRITTEN):
        return
    try:
        bound = signature.bind(*args, **keywords)
    except TypeError:
        # the call itself raises Python's own error
        return
    bound.apply_defaults()
    given = dict(bound.arguments)
    for parameter in signature.parameters.values():
        if parameter.kind == inspect.Parameter.VAR_KEYWORD:
            given |= given.pop(parameter.name)
    # the default of keywords that a dictionary type has
    given.setdefault(_RESULTS, _RESULTS)
    targets = [
        Target(name, Path(given.pop(name)), whole=name == _WHOLE)
        for name in (*_WRITTEN, _WHOLE)
        if isinstance(given.get(name), str | PathLike)
    ]
    # a folder that others may write into as well is no target
    require_apart([target for target in targets if target.whole or not target.path.is_dir()], given, {})


def _all_read(inputs: Mapping[str, object], shown: Mapping[str, str]) -> Iterator[_Read]:
    yield _Read(Path(SETTINGS_FILE), "the settings file")
    yield from _of_store(inputs, shown)
    for name, value in inputs.items():
        if name not in _LABELS:
            words = f"a file that {shown.get(name, name)} reads"
            for path in _files(value, outputs=name in _OUTPUTS):
                yield _Read(path, words)


def _of_store(inputs: Mapping[str, object], shown: Mapping[str, str]) -> Iterator[_Read]:
    """The files of the store, which the call reads and writes."""
    from evalkit.store import store_url

    store, results = inputs.get(_STORE), inputs.get(_RESULTS)
    if isinstance(results, str | PathLike):
        name = _STORE if store else _RESULTS
        # a wrong address is refused where the store is opened
        with contextlib.suppress(EvalkitError):
            url = store_url(str(store) if store else None, Path(results))
            if url.get_backend_name() == "sqlite" and url.database:
                for ending in ("", "-wal", "-shm", "-journal"):
                    yield _Read(Path(f"{url.database}{ending}"), f"the store of {shown.get(name, name)}")


def _files(value: object, *, outputs: bool) -> Iterator[Path]:
    """The files and folders that a value names, and those that a file of settings among them names in its turn."""
    from evalkit.catalog import BESIDE_OUTPUTS, cache_folder, own_benchmark

    seen: set[Path] = set()
    for text in _texts(value):
        # the copies of a benchmark's files on a hub
        if text == safe_name(text) and (cached := cache_folder(own_benchmark(text))).is_dir():
            yield from cached.iterdir()
        for path in _places(text, Path()):
            yield from _with_named(path, seen)
            if outputs and path.is_file():
                # the baseline's answers, which are looked for there
                yield from (other for name in BESIDE_OUTPUTS for other in path.parent.glob(f"{name}.*"))


def _texts(value: object) -> Iterator[str]:
    """The texts in a value that may be paths."""
    from evalkit.gating import RuleTable

    if isinstance(value, str):
        yield value
        # as in NAME=FILE, and in near,board.csv
        yield from (part.strip() for sign in "=," if sign in value for part in value.split(sign))
    elif isinstance(value, PathLike):
        yield str(os.fspath(value))
    elif isinstance(value, ModelConfig):
        yield from _texts(value.file)
    elif isinstance(value, RuleTable):
        yield from _texts([getattr(value, key) for key in _KEYS_OF_FILES])
    elif isinstance(value, Mapping):
        yield from (text for one in value.values() if isinstance(one, str | PathLike) for text in _texts(one))
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts([one[key] for key in _KEYS_OF_FILES if key in one] if isinstance(one, Mapping) else one)


def _places(text: str, folder: Path) -> Iterator[Path]:
    """The paths that a text may mean, in a folder or as the name of something shipped."""
    for place in (folder, *map(assets.folder, _SHIPPED)):
        for ending in _ENDINGS:
            # unlike the methods of Path it takes any name
            if text and os.path.exists(os.path.join(place, f"{text}{ending}")):
                yield place / f"{text}{ending}"


def _with_named(path: Path, seen: set[Path], depth: int = 0) -> Iterator[Path]:
    """A file, and the files that it names if it holds settings, such as a benchmark's questions or a judge's prompt."""
    if path in seen or depth > _DEEPEST:
        return
    seen.add(path)
    yield path
    for text in _leaves(_settings(path)):
        for folder in (path.parent, Path()):
            for named in _places(text, folder):
                yield from _with_named(named, seen, depth + 1)


def _settings(path: Path) -> object:
    """The content of a file of settings; None for any other file."""
    # a wrong file is refused where it is read
    with contextlib.suppress(EvalkitError, ValueError, RecursionError):
        if path.suffix in (".yaml", ".yml"):
            return read_yaml(path)
        if path.suffix == ".toml":
            return tomllib.loads(read_text(path))
    return None


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _leaves(one)


def _is_read(file: Path, place: Path) -> bool:
    """True for the file itself, and for one of those that are read from a folder."""
    if not os.path.isdir(place):
        return same_file(file, place)
    if not _lies_in(file, place):
        return False
    from evalkit.sources import files_of

    # a folder without verdicts is the name of a model, or something else that is not read
    with contextlib.suppress(EvalkitError):
        return any(isinstance(one, Path) and (one == place or same_file(file, one)) for one in files_of(place))
    return False


def _lies_in(path: Path, folder: Path) -> bool:
    """True for the folder itself too."""
    whole = Path(os.path.realpath(path))
    return os.path.exists(whole) and any(same_file(parent, folder) for parent in (whole, *whole.parents))


def same_file(one: Path, other: Path) -> bool:
    """True for two paths of one file, also of one that is still to be made."""
    if os.path.exists(one) and os.path.exists(other):
        return os.path.samefile(one, other)
    # of new files, those that differ in case only are one file on some machines
    return not (os.path.exists(one) or os.path.exists(other)) and _spelt(one) == _spelt(other)


def _spelt(path: Path) -> str:
    return unicodedata.normalize("NFC", os.path.realpath(path)).casefold()


def _is_stream(path: Path) -> bool:
    """True for what is written into in place, and cannot be lost."""
    if descriptor_of(path) is not None:
        return True
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
