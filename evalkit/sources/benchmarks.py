"""Finds the benchmark that is meant where none is named, among those that a store has verdicts on."""

import dataclasses
from pathlib import Path

from evalkit.catalog import AskedSet, Benchmark, Likeness, find_benchmark, foreign, own_likeness, told_names
from evalkit.errors import ConfigError, InputError
from evalkit.sources.stored import holds_boards
from evalkit.store import (
    Address,
    DocumentName,
    Store,
    documents,
    open_existing,
    open_store,
    records,
    store_exists,
    write_document,
)
from evalkit.text import plural


def only_benchmark(url: Address, *, model: str | None = None) -> str:
    """The only benchmark that a store has verdicts on, or has verdicts on a model.

    Raises:
        InputError: there is no store, or it holds no verdicts.
        ConfigError: there are several.
    """
    with open_existing(url) as opened:
        judged, where = opened.benchmarks(), opened.where
        published = not judged and holds_boards(opened)
    if published:
        raise InputError(
            f"{where}: holds published leaderboards, and no verdicts. evalkit store published shows them, and "
            "evalkit annotate judges a model of your own"
        )
    if not judged:
        raise InputError(f"{where}: holds no verdicts. Run evalkit annotate first")
    having = [name for name, models in judged.items() if model is None or model in models]
    # a model without verdicts is reported by those who look it up, with the models that there are
    found = having or list(judged)
    if len(found) > 1:
        whose = f" on {model}" if having and model is not None else ""
        listed = ", ".join(f"{name} ({plural(len(judged[name]), 'model')})" for name in found)
        raise ConfigError(
            f"{where}: holds verdicts{whose} on {len(found)} benchmarks: {listed}. Choose one: --benchmark {found[0]}"
        )
    return found[0]


def judged_benchmarks(url: Address) -> tuple[str, ...]:
    """The names of the benchmarks that a store has verdicts on, sorted.

    Raises:
        InputError: there is no store, or it holds no verdicts.
    """
    with open_existing(url) as opened:
        judged, where = opened.benchmarks(), opened.where
    if not judged:
        raise InputError(f"{where}: holds no verdicts. Run evalkit annotate first")
    return tuple(sorted(judged))


def keep_benchmark(store: Store, benchmark: Benchmark) -> None:
    """Keep a benchmark that a file describes, so that it is known by its name where the file is not at hand."""
    fields = {name: value for name, value in dataclasses.asdict(benchmark).items() if name != "name"}
    write_document(store, _document(benchmark.name), {}, [fields])


def known_benchmark(name: str, url: Address) -> Benchmark:
    """The benchmark of this name: a shipped one, a file's, or one that a store keeps, else one that is only a name.

    Raises:
        ConfigError: a file is missing or wrong, or the name is no name.
    """
    found = find_benchmark(name)
    if not found.only_named or not store_exists(url):
        return found
    with open_store(url) as opened:
        return kept_benchmark(opened, name) or found


def kept_benchmark(store: Store, name: str) -> Benchmark | None:
    """The benchmark that a store keeps under this name; None where it keeps none."""
    wanted = _document(name)
    if wanted not in {document for document, _ in documents(store, format=wanted.format)}:
        return None
    (fields,) = records(store, wanted)
    fields["reference_categories"] = tuple(fields["reference_categories"])
    if fields["history"] is not None and not Path(fields["history"]).exists():
        fields["history"] = None
    return Benchmark(name, **fields)


def _document(name: str) -> DocumentName:
    return DocumentName("evalkit", "benchmark", name)


def like_stored(store: Store, asked: AskedSet) -> list[Likeness]:
    """The benchmarks of the user's own that share instructions with some outputs."""
    told = told_names()
    return own_likeness(asked, {name: _plain(store, name) for name in store.benchmarks() if name not in told})


def holds_others(store: Store, name: str) -> bool:
    """True if a store's verdicts on a shipped benchmark are on other instructions than the benchmark's."""
    return name in store.benchmarks() and foreign(name, store.keys_of(name))


def _plain(store: Store, name: str) -> frozenset[str]:
    """The keys of a benchmark's instructions; those of several turns have one key."""
    keys = store.keys_of(name)
    return keys | {key.rpartition(":")[0] for key in keys if ":" in key}
