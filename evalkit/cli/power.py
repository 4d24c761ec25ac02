"""evalkit power: plan the instructions, orders, repeats and money that a gate's decision needs."""

import json
from dataclasses import dataclass, replace

import click

from evalkit.boards import RANKING, WIN_RATE, Basis, advise, basis_of_entries
from evalkit.cli.help import Command, Title
from evalkit.cli.notes import print_text
from evalkit.cli.options import Range, as_values, json_option
from evalkit.cli.sources import metric_option, source_options
from evalkit.errors import ConfigError
from evalkit.judge_spec import read_judge
from evalkit.reporting import advice_document, advice_text
from evalkit.sources import Sources, read_entries, read_recipe
from evalkit.stats import CONFIDENCE, Level, Margin, Spread
from evalkit.types import Prices

EVEN = 50.0
MOST_DEVIATION = 0.5


@dataclass(frozen=True, slots=True)
class AimOptions:
    """The gate's threshold, and the model that is to pass it."""

    minimum: float | None
    true: float | None
    margin: float | None
    against: str | None


@dataclass(frozen=True, slots=True)
class SpreadOptions:
    """The verdicts whose spread is measured, or an assumed spread, and the price of a question."""

    sd: float | None
    model: str | None
    metric: str | None
    price_judge: str | None
    price: float | None


@click.command(
    "power",
    cls=Command,
    used_most=("--min", "--true", "--margin", "--against", "--sd"),
    examples={
        "Plan with the stored verdicts for a model that wins 55 %.": "evalkit power --true 55 --benchmark example",
        "Plan without any verdict, at one cent a question.": "evalkit power --sd 0.33 --margin 2 --price 0.01",
    },
)
@source_options
@Title.PLAN.option("--sd", type=Range(0, 1, min_open=True), metavar="SD",
                   help="Plan without verdicts, for this standard deviation of one: 0.5 for wins and losses, about "
                        "0.33 for probabilities; with --against, of a difference of two.")  # fmt: skip
@Title.PLAN.option("--model", metavar="NAME",
                   help="Plan with the spread of this model's verdicts. [default: the model that comes nearest to "
                        "the plan]")  # fmt: skip
@metric_option
@Title.THRESHOLD.option("--min", "minimum", type=Range(0, 100, min_open=True, max_open=True), metavar="PERCENT",
                        help="Plan for a gate with this threshold. [default: 50]")  # fmt: skip
@Title.THRESHOLD.option("--true", "true", type=Range(-100, 100), metavar="PERCENT",
                        help="Plan to pass a model of this win rate, or with --against one that is this far "
                             "ahead.")  # fmt: skip
@Title.THRESHOLD.option("--margin", type=Range(0, 100), metavar="POINTS",
                        help="Instead of --true, plan to pass a model this far above the threshold; with --against, "
                             "let it be this far behind.")  # fmt: skip
@Title.THRESHOLD.option("--against", metavar="MODEL", help="Plan for a gate that compares with this model.")
@Title.THRESHOLD.option("--power", "wanted", type=Range(0.05, 0.999), default=0.8, show_default=True,
                        metavar="PROBABILITY",
                        help="Plan for the gate to pass such a model with this probability.")  # fmt: skip
@Title.THRESHOLD.option("--confidence", type=Range(0.5, 0.9999), default=CONFIDENCE, show_default=True,
                        metavar="SHARE", help="Plan for a gate whose interval has this confidence.")  # fmt: skip
@Title.PLAN.option("--most", type=click.IntRange(1), metavar="N",
                   help="Leave out plans that need more than N instructions.")  # fmt: skip
@Title.PLAN.option("--price-judge", metavar="NAME",
                   help="Count the stored replies' tokens at the prices of this judge.")  # fmt: skip
@Title.PLAN.option("--price", type=Range(0), metavar="USD", help="Count this many dollars for each question.")
@json_option
@as_values(aims=AimOptions, spread=SpreadOptions)
def command(
    sources: Sources,
    aims: AimOptions,
    spread: SpreadOptions,
    wanted: float,
    confidence: float,
    most: int | None,
    as_json: bool,
) -> None:
    """Say how many instructions, orders, repeats and dollars a gate needs.

    With that many, the gate passes a model that is good enough. The spread of verdicts is measured on those of
    --source, or of the store. Without any verdicts, give the spread with --sd.
    """
    threshold, aim = _aim(aims)
    if spread.sd is None:
        recipe = read_recipe(sources, metric=spread.metric)
        prices = None if spread.price_judge is None else _prices(spread.price_judge)
        basis = basis_of_entries(
            read_entries(sources), recipe, near=aim / 100, model=spread.model, against=aims.against, prices=prices
        )
        chosen = recipe.metric
    else:
        basis = _assumed(spread.sd, aims.against, spread.price_judge)
        chosen = RANKING[spread.metric or WIN_RATE.name]
    if spread.price is not None:
        basis = replace(basis, price=spread.price)
    gate: Level | Margin = (
        Level(threshold=threshold / 100, at=basis.at, confidence=confidence)
        if aims.against is None
        else Margin(threshold=threshold / 100, confidence=confidence)
    )
    advice = advise(aim / 100, basis, gate=gate, power=wanted, most=most)
    if as_json:
        click.echo(json.dumps(advice_document(advice, metric=chosen.name), indent=2))
    else:
        print_text(advice_text(advice, metric=chosen.name))


def _aim(aims: AimOptions) -> tuple[float, float]:
    """Return the gate's threshold and the true value that is to pass it, in percent or points.

    Raises:
        ConfigError: a value is missing or given twice, or the true value is not above the threshold.
    """
    minimum, true, margin = aims.minimum, aims.true, aims.margin
    if aims.against is not None:
        if minimum is not None:
            raise ConfigError("--min and --against are two gates: give one")
        threshold, aim = 0.0 - (margin or 0.0), true or 0.0
    elif (true is None) == (margin is None):
        raise ConfigError(
            "name the true value that is to pass: give either --true PERCENT, or --margin POINTS above the threshold"
        )
    else:
        threshold = EVEN if minimum is None else minimum
        aim = threshold + margin if margin is not None else float(true or 0.0)
    if not threshold < aim < 100:
        raise ConfigError(
            f"a true value of {aim:g} must be above the threshold {threshold:g} and below 100 for a gate to tell"
        )
    return threshold, aim


def _assumed(sd: float, against: str | None, price_judge: str | None) -> Basis:
    if sd > MOST_DEVIATION and against is None:
        raise ConfigError(f"--sd {sd:g}: a preference lies between 0 and 1 and deviates by 0.5 at most")
    if price_judge is not None:
        raise ConfigError("--price-judge needs the tokens of stored replies: leave --sd out, or give --price")
    return Basis(spread=Spread(instruction=sd**2), against=against)


def _prices(judge: str) -> Prices:
    config = read_judge(judge)
    if config.prices is None:
        raise ConfigError(f"--price-judge {judge}: the judge's file names no prices. Add them, or give --price")
    return config.prices
