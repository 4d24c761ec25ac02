"""Benchmarks as data: leaderboards/NAME.yaml says what is compared with what."""

from dataclasses import dataclass
from pathlib import Path

from evalkit import assets
from evalkit.documents import kind_of, read_yaml
from evalkit.errors import ConfigError, UnknownName
from evalkit.formats.hub import PREFIX

_KEYS = ("description", "baseline", "baseline_outputs", "reference")
_REQUIRED = ("description", "baseline")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """`baseline_outputs` is a file or an `hf:` name; `reference` names the human ranking to check boards against."""

    name: str
    description: str
    baseline: str
    baseline_outputs: str | None = None
    reference: str | None = None


def benchmark_names() -> list[str]:
    """The shipped benchmarks, sorted."""
    return assets.names("leaderboards", ".yaml")


def read_benchmark(name: str) -> Benchmark:
    """A shipped benchmark by name, or a YAML file.

    Raises:
        ConfigError: missing or unknown keys, or values that are no text.
    """
    path = assets.find("leaderboards", name, ".yaml", noun="benchmark")
    fields = read_yaml(path)
    for key, value in fields.items():
        if key not in _KEYS:
            raise ConfigError(f"{path}: {UnknownName('key', key, _KEYS)}")
        if not isinstance(value, str):
            raise ConfigError(f"{path}: {key}: expected text, found {kind_of(value)}. Put it in quotes")
    for key in _REQUIRED:
        if key not in fields:
            raise ConfigError(f"{path}: missing key {key!r}")
    source = fields.get("baseline_outputs")
    if source is not None and not source.startswith(PREFIX):
        try:
            fields["baseline_outputs"] = str((path.parent / source).resolve())
        except (ValueError, OSError) as error:
            raise ConfigError(f"{path}: baseline_outputs: no path that a file can have: {error}") from None
    return Benchmark(path.name.removesuffix(".yaml"), **fields)


def baseline_source(benchmark: Benchmark, given: str | None) -> str:
    """Where the baseline's outputs are read from: what the user named, or the benchmark's own.

    Nothing is fetched from a hub unless the user asks for it by name.

    Raises:
        ConfigError: nothing named and nothing on this machine.
    """
    own = benchmark.baseline_outputs
    if given is None:
        if own is not None and not own.startswith(PREFIX):
            return own
        raise ConfigError(
            f"benchmark {benchmark.name!r}: no baseline outputs on this machine. Give --baseline FILE"
            + (f", or --baseline {benchmark.baseline} to load {own} from the hub" if own else "")
        )
    if given == benchmark.baseline and own is not None and not Path(given).exists():
        return own
    return given
