"""Which judge's verdicts count on which of several benchmarks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from evalkit.api.python_judges import JudgeLike
from evalkit.errors import ConfigError, UnknownName

# one judge, judges by benchmark, or both as a list with texts such as `mt_bench=NAME`
Judges = JudgeLike | Mapping[str, JudgeLike] | Sequence[JudgeLike]


@dataclass(frozen=True, slots=True)
class JudgeChoice:
    """The judge of the benchmarks that have none of their `own`; None takes all judges that there are."""

    usual: JudgeLike | None = None
    own: Mapping[str, JudgeLike] = field(default_factory=dict)

    def of(self, benchmark: str | None) -> JudgeLike | None:
        """The judge of a benchmark."""
        return self.usual if benchmark is None else self.own.get(benchmark, self.usual)

    def check(self, benchmarks: Collection[str]) -> None:
        """Refuse a judge of a benchmark that is not asked for.

        Raises:
            ConfigError: the message names those that are.
        """
        for name in self.own:
            if name not in benchmarks:
                raise ConfigError(f"--judge: {UnknownName('benchmark', name, benchmarks)}")


def one_judge_of(given: Judges | None) -> JudgeLike | None:
    """The judge of a single board, whose name may hold any sign.

    Raises:
        ConfigError: there are several.
    """
    if isinstance(given, Mapping):
        raise ConfigError("--judge: judges by benchmark are for several benchmarks, and this board is of one. Name one")
    listed = _listed(given)
    if len(listed) > 1:
        raise ConfigError(
            f"--judge: names {len(listed)} judges, and a board is of one. Name one, or none for a board of each"
        )
    return listed[0] if listed else None


def judges_of(given: Judges | None) -> JudgeChoice:
    """The judges of several benchmarks.

    Raises:
        ConfigError: two judges are named for one benchmark, or for all.
    """
    if isinstance(given, Mapping):
        return JudgeChoice(None, dict(given))
    usual: list[JudgeLike] = []
    own: dict[str, JudgeLike] = {}
    for one in _listed(given):
        name, sign, judge = one.partition("=") if isinstance(one, str) else ("", "", "")
        if not sign:
            usual.append(one)
        elif not name.strip() or not judge.strip():
            raise ConfigError(f"--judge {one}: expected NAME or BENCHMARK=NAME")
        elif name in own:
            raise ConfigError(f"--judge: {name} has two judges, {own[name]} and {judge}. Keep one")
        else:
            own[name] = judge
    if len(usual) > 1:
        raise ConfigError(
            f"--judge: names {len(usual)} judges for all benchmarks. Keep one, or name one of a benchmark as "
            "BENCHMARK=NAME"
        )
    return JudgeChoice(usual[0] if usual else None, own)


def _listed(given: JudgeLike | Sequence[JudgeLike] | None) -> list[JudgeLike]:
    if given is None:
        return []
    # a path and a text are sequences of nothing that could be a judge
    return list(given) if isinstance(given, list | tuple) else [given]  # type: ignore[list-item]
