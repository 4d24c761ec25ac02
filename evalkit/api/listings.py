"""Lists what ships with evalkit under a name, judges, benchmarks and human rankings, and looks each up."""

import json
import os
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import TYPE_CHECKING, Any, TypeVar

from evalkit.api.result import Tabular, frame_of
from evalkit.catalog import (
    Benchmark,
    Reference,
    benchmark_names,
    published_of,
    read_benchmark,
    read_reference,
    reference_names,
)
from evalkit.errors import UnknownName
from evalkit.judge_spec import copied_judge, judge_names, read_judge
from evalkit.reporting import values_table
from evalkit.text import shortened
from evalkit.types import JudgeConfig

if TYPE_CHECKING:
    import pandas as pd

Entry = TypeVar("Entry", JudgeConfig, Benchmark, Reference)
_FACTS = ("name", "client", "model", "asks", "parser", "orders", "digest")
_WIDEST_MODEL = 20


class Unlisted(UnknownName, KeyError):
    """A name that a listing does not have; a mapping's other methods know such errors as a missing key."""

    def __init__(self, error: UnknownName) -> None:
        # the names that are known stand in the message already
        Exception.__init__(self, *error.args)

    def __str__(self) -> str:
        return Exception.__str__(self)


@dataclass(frozen=True, eq=False, repr=False)
class Listing(Tabular, Mapping[str, Entry]):
    """The shipped entries by name, in a table and as a mapping; an entry is read when it is looked up.

    A file is looked up by its path, as in `listing["my.yaml"]`.
    """

    names: tuple[str, ...]

    def __getitem__(self, name: str | PathLike[str]) -> Entry:
        try:
            return self._read(os.fspath(name))
        except UnknownName as error:
            raise Unlisted(error) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    @abstractmethod
    def _read(self, name: str) -> Entry:
        """The entry of a name or a path."""


class Judges(Listing[JudgeConfig]):
    """The shipped judges."""

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each judge, with the columns of `--json` and its description."""
        return frame_of([self._facts(config) | {"description": config.description} for config in self.values()])

    def to_json(self) -> str:
        return json.dumps([self._facts(config) for config in self.values()], indent=2)

    def __str__(self) -> str:
        return values_table(
            [
                {
                    "judge": config.name,
                    "model": shortened(config.model, _WIDEST_MODEL, end=_WIDEST_MODEL // 2),
                    "asks": config.asks,
                    "what": config.description,
                }
                for config in self.values()
            ]
        )

    def yaml(self, name: str | PathLike[str]) -> str:
        """The YAML file of a judge with its prompt in it, to copy and change."""
        return copied_judge(os.fspath(name))

    def _read(self, name: str) -> JudgeConfig:
        return read_judge(name)

    @staticmethod
    def _facts(config: JudgeConfig) -> dict[str, str]:
        return {fact: getattr(config, fact) for fact in _FACTS}


class Benchmarks(Listing[Benchmark]):
    """The shipped benchmarks."""

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each benchmark, with the columns of `--json`."""
        return frame_of(self._rows())

    def to_json(self) -> str:
        return json.dumps(self._rows(), indent=2)

    def __str__(self) -> str:
        return values_table(self._rows())

    def _rows(self) -> list[dict[str, str]]:
        return [
            {
                "benchmark": benchmark.name,
                "style": benchmark.style,
                "baseline": ", ".join(benchmark.baselines) or "-",
                "published": ", ".join(self._tables_of(benchmark.name)) or "-",
                "what": benchmark.description,
            }
            for benchmark in self.values()
        ]

    def _tables_of(self, name: str) -> list[str]:
        """Name the published tables of a benchmark, with the number of their models and their date."""
        return [f"{table['table']} ({table['models']}, {table['date']})" for table in self.published(name)]

    def published(self, name: str | PathLike[str]) -> list[dict[str, Any]]:
        """The published tables of a benchmark, each with its size, date, judge, baseline, metrics and source."""
        facts = ("date", "judge", "baseline", "source")
        return [
            {
                "table": table.name,
                "models": len(table.rows),
                "metrics": list(table.metrics),
                **{fact: getattr(table, fact) for fact in facts},
            }
            for table in published_of(self[name].name)
        ]

    def _read(self, name: str) -> Benchmark:
        return read_benchmark(name)


class References(Listing[Reference]):
    """The shipped human rankings."""

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each ranking, with the columns of `--json`; `models` is the number of its models."""
        return frame_of([{**row, "models": int(row["models"])} for row in self._rows()])

    def to_json(self) -> str:
        return json.dumps(self._rows(), indent=2)

    def __str__(self) -> str:
        return values_table(self._rows())

    def _rows(self) -> list[dict[str, str]]:
        return [
            {
                "reference": ranking.name,
                "models": str(len(ranking.scores)),
                "date": ranking.date,
                "source": ranking.source,
            }
            for ranking in self.values()
        ]

    def _read(self, name: str) -> Reference:
        return read_reference(name)


def judges() -> Judges:
    """List the judges that ship with evalkit.

    Returns:
        A mapping of names to `JudgeConfig`, also for the path of a YAML file. `frame` has a row for each judge.

    Raises:
        ConfigError: the installation is incomplete. A look-up of an unknown name raises a `KeyError` that says what was
            meant.

    Example:
        >>> import evalkit as ek
        >>> ek.judges().frame[["name", "model", "asks"]]
        >>> print(ek.judges()["alpaca_eval_2"].prompt_text)
    """
    return Judges(tuple(judge_names()))


def benchmarks() -> Benchmarks:
    """List the benchmarks that ship with evalkit.

    Returns:
        A mapping of names to `Benchmark`, also for the path of a YAML file. `frame` has a row for each benchmark.

    Raises:
        ConfigError: the installation is incomplete. A look-up of an unknown name raises a `KeyError` that says what was
            meant.

    Example:
        >>> import evalkit as ek
        >>> ek.benchmarks()["mt_bench"].judge
    """
    return Benchmarks(tuple(benchmark_names()))


def references() -> References:
    """List the human reference rankings that ship with evalkit.

    Returns:
        A mapping of names to `Reference`, also for the path of a file. `frame` has a row for each ranking.

    Raises:
        ConfigError: the installation is incomplete. A look-up of an unknown name raises a `KeyError` that says what was
            meant.

    Example:
        >>> import evalkit as ek
        >>> ek.references()["chatbot_arena_20240329"].scores
    """
    return References(tuple(reference_names()))
