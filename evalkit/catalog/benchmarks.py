"""Benchmarks as data: leaderboards/NAME.yaml gives the questions, and the baseline to compare with."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalkit import assets
from evalkit.documents import kind_of, read_yaml
from evalkit.errors import ConfigError, UnknownName
from evalkit.formats import PREFIX, Rows

CACHE_VARIABLE = "EVALKIT_CACHE"
DEFAULT_STYLE = "alpaca_eval"
# file names of the cached copy of a question set, and of its reference answers
QUESTIONS_FILE = "questions.jsonl"
REFERENCE_ANSWERS_FILE = "reference_answers.jsonl"

_TEXTS = (
    "description", "style", "judge", "baseline_outputs", "questions", "reference_answers", "category", "key",
    "reference", "history",
)  # fmt: skip
_KEYS = (*_TEXTS, "baseline", "reference_categories")
_REQUIRED = ("description",)


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The data of a benchmark.

    `style` names how verdicts become a board. `baseline` is the model that is compared with, by category where that
    differs; None where answers are graded alone. `questions`, `reference_answers` and `baseline_outputs` are files or
    `hf:` names; `key` and `category` are the fields of a question that hold its name and its category, where they go
    by other names than usual. Only questions of the `reference_categories` are judged with their reference answers;
    all are where there are none. `reference` names the human ranking to check boards against; `history` is a file
    that `evalkit benchmarks learn` wrote about earlier models on this benchmark.
    """

    name: str
    description: str
    style: str = DEFAULT_STYLE
    judge: str | None = None
    baseline: str | Mapping[str, str] | None = None
    baseline_outputs: str | None = None
    questions: str | None = None
    reference_answers: str | None = None
    category: str | None = None
    key: str | None = None
    reference_categories: tuple[str, ...] = field(default=())
    reference: str | None = None
    history: str | None = None

    @property
    def baselines(self) -> tuple[str, ...]:
        """The names of all baselines."""
        if self.baseline is None:
            return ()
        return (self.baseline,) if isinstance(self.baseline, str) else tuple(dict.fromkeys(self.baseline.values()))


def benchmark_names() -> list[str]:
    """The shipped benchmarks, sorted."""
    return assets.names("leaderboards", ".yaml")


def read_benchmark(name: str) -> Benchmark:
    """A shipped benchmark by name, or a YAML file.

    Raises:
        ConfigError: missing or unknown keys, or values of a wrong kind.
    """
    path = assets.find("leaderboards", name, ".yaml", noun="benchmark")
    fields = read_yaml(path)
    for key, value in fields.items():
        if key not in _KEYS:
            raise ConfigError(f"{path}: {UnknownName('key', key, _KEYS)}")
        if key in _TEXTS and not isinstance(value, str):
            raise ConfigError(f"{path}: {key}: expected text, found {kind_of(value)}. Put it in quotes")
        if value in ("", {}):
            raise ConfigError(f"{path}: {key}: expected something, found nothing. Leave the key out")
    for key in _REQUIRED:
        if key not in fields:
            raise ConfigError(f"{path}: missing key {key!r}")
    _check_baseline(path, fields.get("baseline"))
    fields["reference_categories"] = _categories(path, fields.get("reference_categories", []))
    for key in ("baseline_outputs", "questions", "reference_answers", "history"):
        if key in fields:
            fields[key] = _source(path, key, fields[key])
    return Benchmark(path.name.removesuffix(".yaml"), **fields)


def baseline_source(benchmark: Benchmark, given: str | Rows | None) -> str | Rows:
    """The source of the baseline's outputs: the user's, or the benchmark's own.

    Nothing is fetched from a hub unless the user asks for it by name.

    Raises:
        ConfigError: no source is named and none is on this machine.
    """
    own = benchmark.baseline_outputs
    name = " + ".join(benchmark.baselines)
    if given is None:
        if own is not None and not own.startswith(PREFIX):
            return own
        raise ConfigError(
            f"benchmark {benchmark.name!r}: no baseline outputs on this machine. Give --baseline FILE"
            + (f", or --baseline {name} to load {own} from the hub" if own else "")
        )
    if isinstance(given, str) and given in benchmark.baselines and own is not None and not Path(given).exists():
        return own
    return given


def questions_source(benchmark: Benchmark, given: str | Rows | None) -> str | Rows | None:
    """The source of the questions: the user's, a file beside the benchmark's, or the cached copy.

    Nothing is fetched from a hub unless the user asks for it; None for a benchmark that leaves its questions to the
    outputs.

    Raises:
        ConfigError: the questions are on a hub only.
    """
    if given is not None:
        return given
    own = benchmark.questions
    if own is None or not own.startswith(PREFIX):
        return own
    cached = cache_folder(benchmark) / QUESTIONS_FILE
    if cached.is_file():
        return str(cached)
    raise ConfigError(
        f"benchmark {benchmark.name!r}: its questions are not on this machine. Give --questions FILE, or run "
        f"evalkit benchmarks fetch {benchmark.name} to load {own} from the hub"
    )


def reference_answers_source(benchmark: Benchmark) -> str | None:
    """The source of the reference answers; None where there are none on this machine."""
    own = benchmark.reference_answers
    if own is None or not own.startswith(PREFIX):
        return own
    cached = cache_folder(benchmark) / REFERENCE_ANSWERS_FILE
    return str(cached) if cached.is_file() else None


def cache_folder(benchmark: Benchmark) -> Path:
    """The folder of copies of a benchmark's files on a hub."""
    given = os.environ.get(CACHE_VARIABLE)
    home = Path(given) if given else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "evalkit"
    return home / benchmark.name


def _source(path: Path, key: str, source: str) -> str:
    if source.startswith(PREFIX):
        return source
    try:
        return str((path.parent / source).resolve())
    except (ValueError, OSError) as error:
        raise ConfigError(f"{path}: {key}: not a path that a file can have: {error}") from None


def _check_baseline(path: Path, value: Any) -> None:
    if value is None or isinstance(value, str):
        return
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: baseline: expected text, found {kind_of(value)}. Put it in quotes")
    for category, model in value.items():
        if not isinstance(category, str) or not isinstance(model, str):
            raise ConfigError(f"{path}: baseline: expected a model's name by category, found {category!r}: {model!r}")


def _categories(path: Path, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(category, str) for category in value):
        raise ConfigError(f"{path}: reference_categories: expected a list of texts, found {kind_of(value)}")
    return tuple(value)
