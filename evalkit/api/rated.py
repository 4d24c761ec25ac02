"""Rates models from battles between any two of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from evalkit.api.door import front_door
from evalkit.api.keywords import (
    Data,
    checked_choice,
    checked_count,
    checked_number,
    comma_list,
    optional_text,
    source_of,
)
from evalkit.api.python_judges import JudgeLike, judge_name
from evalkit.api.result import Tabular, estimate_metrics, frame_of, in_form
from evalkit.boards import (
    Aggregation,
    CollectedBattles,
    RatingBoard,
    RatingRecipe,
    battles_of_entries,
    build_ratings,
)
from evalkit.catalog import find_family
from evalkit.errors import ConfigError
from evalkit.reporting import RATINGS_FORMS, TABLE, rating_values
from evalkit.sources import NO_CLUSTER, entries_of_store, gather_battles, known_benchmark, only_benchmark
from evalkit.stats import Scale, Unit
from evalkit.store import Address, open_existing, store_url

if TYPE_CHECKING:
    import pandas as pd

RATING_METHODS = ("bt", "elo")
RATING_INTERVALS = ("sandwich", "bootstrap")
_FEWEST_ROUNDS = 20
_MOST_ROUNDS = 100_000
_LARGEST_STEP = 1000


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ratings(Tabular):
    """Rated models, the best first."""

    board: RatingBoard

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each model, the best first, with the columns of `--format csv`.

        Win rates are percentages. A number that cannot be estimated is missing.
        """
        return frame_of([rating_values(row) for row in self.board.rows])

    def metrics(self) -> dict[str, float]:
        """The numbers as a flat dictionary, `model/rating` and the like; what cannot be estimated is left out."""
        numbers: dict[str, float] = {}
        for row in self.board.rows:
            numbers |= estimate_metrics(f"{row.model}/rating", row.rating)
            numbers[f"{row.model}/win_rate"] = float(row.win_rate)
            numbers[f"{row.model}/n_battles"] = float(row.n_battles)
        return numbers

    def written(self, form: str = TABLE) -> str:
        """The ratings in a form of `evalkit ratings --format`: `table`, `csv`, `json`, `markdown`.

        Raises:
            UnknownName: no such form.
        """
        return in_form(self.board, form, RATINGS_FORMS)

    def to_json(self) -> str:
        return self.written("json")

    def __str__(self) -> str:
        return self.written()


@front_door
def ratings(
    *votes: Data,
    benchmark: str | PathLike[str] | None = None,
    judge: JudgeLike | None = None,
    cluster: str | None = None,
    control: str | Sequence[str] | None = None,
    method: str = "bt",
    interval: str = "sandwich",
    rounds: int = 1000,
    scale: str = Unit.ELO.value,
    anchor: str | None = None,
    elo_k: float = 4.0,
    store: str | None = None,
    results: str | PathLike[str] = "results",
) -> Ratings:
    """Rate models from battles between any two of them.

    Args:
        votes: tables of model_a, model_b and winner, or any verdicts that `leaderboard` reads. Without votes, the
            verdicts of the store are battles of each model against its baseline.
        benchmark: the benchmark whose verdicts are taken from the store; by default the only one that it has.
        judge: only this judge's verdicts, of sources that name judges.
        cluster: a column of the votes; those with the same value in it are tied together. `none` ties none. By default
            `evaluation_session_id`, `instruction` or `question_id`.
        control: what the answers are rated at equal values of: `tokens`, `headers`, `lists`, `bold` or several.
        method: `bt` for Bradley-Terry, or `elo` for Elo's updates, which depend on the order of the battles.
        interval: `sandwich` computes intervals by formula, and `bootstrap` from resampled clusters.
        rounds: the number of resamples for the bootstrap.
        scale: `elo` gives ratings in points, 400 for odds of ten to one, and `strength` in log-odds.
        anchor: the model whose rating is fixed, as in `gpt-4` or `gpt-4=1200`; by default the models' mean is 1000, or
            0 in log-odds.
        elo_k: the number of points by which a battle moves a rating of Elo's at most.
        store: the address of the database; the file `evalkit.db` in `results` by default.
        results: the folder in which the store lies by default.

    Returns:
        The ratings. `frame` has a row for each model, the best first.

    Raises:
        EvalkitError: a source or an option is wrong, or the models fall into groups that never met.

    Example:
        >>> import evalkit as ek
        >>> ek.ratings(benchmark="example", anchor="baseline").frame[["rank", "model", "rating", "lower", "upper"]]
    """
    recipe = RatingRecipe(
        method=checked_choice("--method", method, RATING_METHODS),
        interval=checked_choice("--interval", interval, RATING_INTERVALS),
        rounds=checked_count("--rounds", rounds, least=_FEWEST_ROUNDS, most=_MOST_ROUNDS),
        scale=_scale(checked_choice("--scale", scale, [unit.value for unit in Unit]), anchor),
        elo_k=checked_number("--elo-k", elo_k, least=0, most=_LARGEST_STEP, above=True),
    )
    controls, name = _controls(control), judge_name(judge)
    if votes:
        collected = gather_battles(
            tuple(source_of(one, "votes") for one in votes), cluster=cluster, controls=controls, judge=name
        )
    elif controls or cluster not in (None, NO_CLUSTER):
        raise ConfigError("--control and --cluster COLUMN are for tables of votes, and none is named. Name one")
    else:
        url = store_url(store, Path(results))
        collected = _of_store(url, benchmark=optional_text(benchmark), judge=name, clustered=cluster is None)
    return Ratings(build_ratings(collected, recipe))


def _of_store(url: Address, *, benchmark: str | None, judge: str | None, clustered: bool) -> CollectedBattles:
    chosen = known_benchmark(only_benchmark(url) if benchmark is None else benchmark, url)
    with open_existing(url) as opened:
        aggregation = Aggregation(combine=find_family(chosen.style).combine)
        entries = entries_of_store(opened, benchmark=chosen.name, judge=judge, aggregation=aggregation)
    return battles_of_entries(entries, judge=judge, clustered=clustered)


def _controls(given: str | Sequence[str] | None) -> tuple[str, ...]:
    names = (comma_list(given) or "").split(",")
    return tuple(dict.fromkeys(name.strip() for name in names)) if given else ()


def _scale(unit: str, anchor: str | None) -> Scale:
    if anchor is None:
        return Scale(Unit(unit))
    name, equals, value = anchor.rpartition("=")
    if not equals:
        return Scale(Unit(unit), anchor)
    try:
        number = float(value)
    except ValueError:
        # the model's name may contain = itself
        return Scale(Unit(unit), anchor)
    if not abs(number) < 1e9:
        raise ConfigError(f"--anchor {anchor[:80]}: expected a number after the sign of equality, found {value[:20]!r}")
    return Scale(Unit(unit), name, number)
