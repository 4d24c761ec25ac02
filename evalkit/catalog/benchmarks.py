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
from evalkit.othernames import our_name
from evalkit.types import LABELLED

CACHE_VARIABLE = "EVALKIT_CACHE"
DEFAULT_STYLE = "alpaca_eval"
# file names of the cached copy of a question set, and of its reference answers
QUESTIONS_FILE = "questions.jsonl"
REFERENCE_ANSWERS_FILE = "reference_answers.jsonl"
BASELINE_FILE = "baseline.jsonl"
# names, without their endings, of files beside outputs that hold the answers of the baseline
BESIDE_OUTPUTS = ("baseline", "baseline_outputs", "reference_outputs")
OWN = "A benchmark of your own."

_TEXTS = (
    "description", "style", "judge", "baseline_outputs", "questions", "reference_answers", "category", "key",
    "reference", "history",
)  # fmt: skip
SUFFIX = ".yaml"
# of the letters of two names, the share that must be the same for one to look like the other mistyped
_CLOSE = 0.85
_LONGEST_NAME = 200
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
    def only_named(self) -> bool:
        """True for one of the user's own of which nothing but the name is known."""
        return self.description == OWN

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


def find_benchmark(name: str) -> Benchmark:
    """A shipped benchmark by name, a YAML file, also one of this folder by its name without ending, or one of the
    user's own, which is no more than the name under which verdicts are filed.

    Raises:
        ConfigError: a file is missing or wrong, or the name is no name.
    """
    if "/" in name or "\\" in name or name.endswith(SUFFIX) or name in benchmark_names():
        return read_benchmark(name)
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise ConfigError(f"benchmark {name[:40]!r}: expected a name of up to {_LONGEST_NAME} printable characters")
    if name.startswith(LABELLED):
        raise ConfigError(
            f"benchmark {name[:40]!r}: names that begin with {LABELLED.strip()!r} stand for files of people's labels. "
            "evalkit judges evaluate measures judges on these"
        )
    return read_benchmark(f"{name}{SUFFIX}") if _describes(Path(f"{name}{SUFFIX}")) else own_benchmark(name)


def own_benchmark(name: str) -> Benchmark:
    """A benchmark of the user's own that is no more than a name."""
    return Benchmark(name, OWN)


def check_not_mistyped(name: str) -> None:
    """Refuse a name for the user's own benchmark that may be a shipped one's with a typing error.

    Raises:
        ConfigError: it differs from a shipped name by a letter or two, or is the beginning of one.
    """
    import difflib

    if (ours := our_name("benchmark", name)) is not None:
        raise ConfigError(f"unknown benchmark {name!r}. evalkit calls it {ours!r}")
    plain = name.lower().replace("-", "_")
    begun = [known for known in benchmark_names() if known.startswith(plain)]
    close = begun or difflib.get_close_matches(plain, benchmark_names(), n=1, cutoff=_CLOSE)
    if close and name != close[0]:
        raise ConfigError(
            f"unknown benchmark {name!r}. Did you mean {close[0]!r}? A benchmark of your own needs a name that is not "
            "so close to it"
        )


def _describes(path: Path) -> bool:
    """True if a file of this folder describes a benchmark; a judge's file may have the same name."""
    try:
        return path.is_file() and not {"client", "prompt", "model"} & {*read_yaml(path)}
    except ConfigError:
        return False


def own_baseline_source(benchmark: Benchmark) -> str | None:
    """The file of the benchmark's baseline, or the copy that was fetched; None where neither is on this machine."""
    own = benchmark.baseline_outputs
    if own is None or not own.startswith(PREFIX):
        return own
    cached = cache_folder(benchmark) / BASELINE_FILE
    return str(cached) if cached.is_file() else None


def baseline_source(benchmark: Benchmark, given: str | Rows | None) -> str | Rows:
    """The source of the baseline's outputs: the user's, or the benchmark's own.

    Nothing is fetched from a hub unless the user asks for it by name.

    Raises:
        ConfigError: no source is named and none is on this machine.
    """
    own = benchmark.baseline_outputs
    name = " + ".join(benchmark.baselines)
    if given is None:
        if (here := own_baseline_source(benchmark)) is not None:
            return here
        raise ConfigError(
            f"benchmark {benchmark.name!r}: no baseline outputs on this machine. Give --baseline FILE"
            + (f", or --baseline {name} to load {own} from the hub" if own else "")
        )
    if isinstance(given, str) and given in benchmark.baselines and own is not None and not Path(given).exists():
        return own_baseline_source(benchmark) or own
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
