"""evalkit ratings: rate models from battles between any two of them."""

from dataclasses import dataclass
from pathlib import Path

import click

from evalkit.boards import Aggregation, CollectedBattles, RatingRecipe, battles_of_entries, build_ratings
from evalkit.catalog import find_family, read_benchmark
from evalkit.cli.help import Command, Renamed, Title
from evalkit.cli.notes import print_text
from evalkit.cli.options import Range, as_values, json_option, results_option, store_option
from evalkit.errors import ConfigError
from evalkit.files import write_text
from evalkit.reporting import ratings_csv, ratings_json, ratings_markdown, ratings_text
from evalkit.sources import NO_CLUSTER, entries_of_store, gather_battles
from evalkit.stats import Scale, Unit
from evalkit.store import open_existing, store_url

TABLE = "table"
FORMATS = {TABLE: ratings_text, "csv": ratings_csv, "json": ratings_json, "markdown": ratings_markdown}


@dataclass(frozen=True, slots=True)
class BattleOptions:
    """The choice of the battles that count."""

    cluster: str | None
    control: str | None
    board: str
    judge: str | None
    store: str | None
    results: Path

    @property
    def controls(self) -> tuple[str, ...]:
        names = self.control.split(",") if self.control else ()
        return tuple(dict.fromkeys(name.strip() for name in names))


@dataclass(frozen=True, slots=True)
class RatingOptions:
    """The method, interval and scale of the ratings."""

    method: str
    interval: str
    rounds: int
    unit: str
    anchor: str | None
    elo_k: float


@dataclass(frozen=True, slots=True)
class RatingOutput:
    """The file and the form that ratings are written in."""

    form: str
    out: Path | None
    as_json: bool


@click.command(
    "ratings",
    cls=Command,
    used_most=("--benchmark", "--judge", "--control", "--anchor", "--format"),
    examples={
        "Rate the example's models from their stored verdicts.": "evalkit ratings --benchmark example",
        "Put the baseline at 1000, and write a table for a README.": (
            "evalkit ratings --benchmark example --anchor baseline --format markdown"
        ),
    },
)
@click.argument("votes", nargs=-1, type=click.Path(path_type=Path))
@Title.VERDICTS.option("--cluster", metavar="COLUMN|none",
                       help="Tie votes together that have the same value in this column. "
                            "[default: evaluation_session_id, instruction, question_id]")  # fmt: skip
@Title.VERDICTS.option("--benchmark", "board", cls=Renamed, former="--board", default="alpaca_eval",
                       envvar="EVALKIT_BENCHMARK", show_default=True, metavar="BENCHMARK",
                       help="Take this benchmark's verdicts from the store.")  # fmt: skip
@Title.NUMBERS.option("--control", metavar="NAMES",
                      help="Rate at equal tokens,headers,lists,bold: any of these.")  # fmt: skip
@Title.VERDICTS.option("--judge", metavar="NAME",
                       help="Use only this judge's verdicts, of sources that name judges.")  # fmt: skip
@Title.NUMBERS.option("--method", type=click.Choice(["bt", "elo"]), default="bt", show_default=True,
                      help="Rate by Bradley-Terry, or by Elo's updates, which depend on the order of the "
                           "battles.")  # fmt: skip
@Title.NUMBERS.option("--interval", type=click.Choice(["sandwich", "bootstrap"]), default="sandwich",
                      show_default=True,
                      help="Compute intervals by formula, or from resampled clusters.")  # fmt: skip
@Title.NUMBERS.option("--rounds", type=click.IntRange(20, 100_000), default=1000, show_default=True, metavar="N",
                      help="Draw N resamples for the bootstrap.")  # fmt: skip
@Title.NUMBERS.option("--scale", "unit", type=click.Choice([unit.value for unit in Unit]), default=Unit.ELO.value,
                      show_default=True,
                      help="Give ratings in points, 400 for odds of ten to one, or in log-odds.")  # fmt: skip
@Title.NUMBERS.option("--anchor", metavar="MODEL[=VALUE]",
                      help="Fix the rating of this model. [default: the models' mean is 1000, or 0 in "
                           "log-odds]")  # fmt: skip
@Title.NUMBERS.option("--elo-k", type=Range(0, 1000, min_open=True), default=4.0, show_default=True,
                      metavar="POINTS", help="Move a rating by this many points at most in one battle.")  # fmt: skip
@Title.FILES.option("--format", "form", type=click.Choice(list(FORMATS)), default=TABLE, show_default=True,
                    help="Write the ratings in this form.")  # fmt: skip
@Title.FILES.option("--out", type=click.Path(dir_okay=False, path_type=Path),
                    help="Write the ratings into this file instead of to stdout.")  # fmt: skip
@store_option
@results_option
@json_option
@as_values(battles=BattleOptions, rating=RatingOptions, output=RatingOutput)
def command(votes: tuple[Path, ...], battles: BattleOptions, rating: RatingOptions, output: RatingOutput) -> None:
    """Rate models from battles between any two of them.

    VOTES are tables of model_a, model_b and winner, or any verdicts that a leaderboard reads. Without VOTES the
    verdicts of the store are battles of each model against its baseline.
    """
    recipe = RatingRecipe(
        rating.method, rating.interval, rating.rounds, _scale(rating.unit, rating.anchor), rating.elo_k
    )
    collected = _of_votes(votes, battles) if votes else _of_store(battles)
    form = "json" if output.as_json else output.form
    text = FORMATS[form](build_ratings(collected, recipe))
    if output.out is not None:
        write_text(output.out, text)
    elif form == TABLE:
        print_text(text)
    else:
        click.echo(text, nl=False)


def _of_votes(votes: tuple[Path, ...], battles: BattleOptions) -> CollectedBattles:
    return gather_battles(votes, cluster=battles.cluster, controls=battles.controls, judge=battles.judge)


def _of_store(battles: BattleOptions) -> CollectedBattles:
    if battles.controls or battles.cluster not in (None, NO_CLUSTER):
        raise ConfigError("--control and --cluster COLUMN are for tables of votes, and none is named. Name one")
    with open_existing(store_url(battles.store, battles.results)) as opened:
        benchmark = read_benchmark(battles.board)
        aggregation = Aggregation(combine=find_family(benchmark.style).combine)
        entries = entries_of_store(opened, benchmark=benchmark.name, judge=battles.judge, aggregation=aggregation)
    return battles_of_entries(entries, judge=battles.judge, clustered=battles.cluster is None)


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
