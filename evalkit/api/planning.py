"""Plans the instructions, orders, repeats and money that a gate's decision needs."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING

from evalkit.api.door import front_door
from evalkit.api.keywords import Data, checked_count, checked_number
from evalkit.api.python_judges import JudgeLike, judge_config
from evalkit.api.result import Tabular, frame_of
from evalkit.api.selection import sources_of
from evalkit.boards import RANKING, WIN_RATE, Advice, Basis, DifficultySource, Metric, advise, basis_of_entries
from evalkit.errors import ConfigError, UnknownName
from evalkit.reporting import OPTION_COLUMNS, advice_document, advice_text, option_values
from evalkit.sources import Sources, read_entries, read_recipe
from evalkit.stats import CONFIDENCE, Level, Margin, Spread
from evalkit.types import Prices

if TYPE_CHECKING:
    import pandas as pd

_EVEN = 50.0
_MOST_DEVIATION = 0.5


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class PowerPlan(Tabular):
    """The plans with which a gate passes a model that is good enough, those with the fewest questions first."""

    advice: Advice
    metric: Metric

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each plan: orders, repeats, instructions, questions, the interval's half width and US dollars.

        The half width is in percentage points; dollars are missing where no price is known.
        """
        return frame_of([option_values(option) for option in self.advice.options], OPTION_COLUMNS)

    def to_json(self) -> str:
        return json.dumps(advice_document(self.advice, metric=self.metric.name), indent=2) + "\n"

    def __str__(self) -> str:
        return advice_text(self.advice, metric=self.metric.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Aim:
    """The gate's threshold, the true value that is to pass it, and the model that it compares with.

    Both numbers are in percent, or with `against` in points.
    """

    threshold: float
    true_rate: float
    against: str | None

    def gate(self, *, at: float, confidence: float) -> Level | Margin:
        """The gate of this threshold, whose spread is known at the mean `at`."""
        if self.against is not None:
            return Margin(threshold=self.threshold / 100, confidence=confidence)
        return Level(threshold=self.threshold / 100, at=at, confidence=confidence)


@front_door
def power(
    *,
    source: Data | Sequence[Data] | None = None,
    benchmark: str | PathLike[str] | None = None,
    judge: JudgeLike | None = None,
    model: str | None = None,
    metric: str | None = None,
    difficulty: str | PathLike[str] = DifficultySource.AUTO.value,
    cluster: str | None = None,
    sd: float | None = None,
    minimum: float | None = None,
    true_rate: float | None = None,
    margin: float | None = None,
    against: str | None = None,
    power: float = 0.8,
    confidence: float = CONFIDENCE,
    most: int | None = None,
    price_judge: JudgeLike | None = None,
    price: float | None = None,
    store: str | None = None,
    results: str | PathLike[str] = "results",
) -> PowerPlan:
    """Say how many instructions, orders, repeats and dollars a gate needs to pass a model that is good enough.

    The spread of verdicts is measured on those of `source`, or of the store; without any verdicts, `sd` gives it.

    Args:
        source: an annotation file, a folder of them, a table of preferences, a value with such records, or several of
            these; by default the store.
        benchmark: the benchmark whose verdicts are taken from the store, by default the only one that it has, or that
            the sources are of.
        judge: only this judge's verdicts.
        model: the model whose verdicts' spread is planned with; by default the one that comes nearest to the plan.
        metric: the number that the gate decides on: `lc_win_rate`, `win_rate` or `style_win_rate`; by default what the
            benchmark's style says.
        difficulty: the source of difficulty and of the effect of length: `auto`, `fit`, `none`, or a file.
        cluster: a field of the sources; instructions with the same value in it count as one.
        sd: the standard deviation of one verdict, from 0 to 1, instead of verdicts: 0.5 for wins and losses, about
            0.33 for probabilities; with `against`, that of a difference of two.
        minimum: the gate's threshold in percent; 50 by default.
        true_rate: the win rate in percent of a model that is to pass, or with `against` the points that it is ahead.
        margin: instead of `true_rate`, the points that a model to pass is above the threshold; with `against`, the
            points that it may be behind.
        against: the model that the gate compares with, instead of a threshold.
        power: the probability with which the gate is to pass such a model.
        confidence: the confidence of the gate's interval: a share.
        most: plans of more instructions than this are left out.
        price_judge: the judge at whose prices the stored replies' tokens are counted.
        price: the US dollars that a question costs.
        store: the address of the database; the file `evalkit.db` in `results` by default.
        results: the folder in which the store lies by default.

    Returns:
        The plans. `frame` has a row for each, those with the fewest questions first; `advice` also has the power of the
        verdicts at hand.

    Raises:
        EvalkitError: a source or an option is wrong, or the verdicts have no spread that could be estimated.

    Example:
        >>> import evalkit as ek
        >>> ek.power(sd=0.33, margin=2, price=0.01).frame[["instructions", "questions", "dollars"]]
    """
    deviation = _number("--sd", sd, least=0, most=1, above=True)
    aim = _aim(
        minimum=_number("--min", minimum, least=0, most=100, above=True, below=True),
        true_rate=_number("--true", true_rate, least=-100, most=100),
        margin=_number("--margin", margin, least=0, most=100),
        against=against,
    )
    wanted = checked_number("--power", power, least=0.05, most=0.999)
    checked_number("--confidence", confidence, least=0.5, most=0.9999)
    most = None if most is None else checked_count("--most", most, least=1)
    price = _number("--price", price, least=0)
    if deviation is None:
        sources = sources_of(
            source,
            benchmark=benchmark,
            judge=judge,
            difficulty=difficulty,
            cluster=cluster,
            store=store,
            results=results,
        )
        basis, chosen = _measured(sources, aim, metric=metric, model=model, price_judge=price_judge)
    else:
        basis, chosen = _assumed(deviation, against, price_judge), _metric(metric)
    if price is not None:
        basis = replace(basis, price=price)
    gate = aim.gate(at=basis.at, confidence=confidence)
    return PowerPlan(advise(aim.true_rate / 100, basis, gate=gate, power=wanted, most=most), chosen)


def _number(
    option: str,
    value: float | None,
    *,
    least: float,
    most: float = math.inf,
    above: bool = False,
    below: bool = False,
) -> float | None:
    return None if value is None else checked_number(option, value, least=least, most=most, above=above, below=below)


def _metric(named: str | None) -> Metric:
    if named is None:
        return WIN_RATE
    if named not in RANKING:
        raise UnknownName("metric", named, RANKING)
    return RANKING[named]


def _aim(*, minimum: float | None, true_rate: float | None, margin: float | None, against: str | None) -> _Aim:
    """The gate's threshold and the true value that is to pass it.

    Raises:
        ConfigError: a value is missing or given twice, or the true value is not above the threshold.
    """
    if against is not None:
        if minimum is not None:
            raise ConfigError("--min and --against are two gates: give one")
        threshold, aim = 0.0 - (margin or 0.0), true_rate or 0.0
    elif (true_rate is None) == (margin is None):
        raise ConfigError(
            "name the true value that is to pass: give either --true PERCENT, or --margin POINTS above the threshold"
        )
    else:
        threshold = _EVEN if minimum is None else minimum
        aim = threshold + margin if margin is not None else float(true_rate or 0.0)
    if not threshold < aim < 100:
        raise ConfigError(
            f"a true value of {aim:g} must be above the threshold {threshold:g} and below 100 for a gate to tell"
        )
    return _Aim(threshold=threshold, true_rate=aim, against=against)


def _measured(
    sources: Sources, aim: _Aim, *, metric: str | None, model: str | None, price_judge: JudgeLike | None
) -> tuple[Basis, Metric]:
    """The spread of verdicts at hand, and the metric that it is the spread of."""
    recipe = read_recipe(sources, metric=metric)
    prices = None if price_judge is None else _prices(price_judge)
    near = aim.true_rate / 100
    entries = read_entries(sources)
    return basis_of_entries(entries, recipe, near=near, model=model, against=aim.against, prices=prices), recipe.metric


def _assumed(sd: float, against: str | None, price_judge: JudgeLike | None) -> Basis:
    if sd > _MOST_DEVIATION and against is None:
        raise ConfigError(f"--sd {sd:g}: a preference lies between 0 and 1 and deviates by 0.5 at most")
    if price_judge is not None:
        raise ConfigError("--price-judge needs the tokens of stored replies: leave --sd out, or give --price")
    return Basis(spread=Spread(instruction=sd**2), against=against)


def _prices(judge: JudgeLike) -> Prices:
    config = judge_config(judge)
    if config.prices is None:
        name = judge if isinstance(judge, str) else config.name
        raise ConfigError(f"--price-judge {name}: the judge's file names no prices. Add them, or give --price")
    return config.prices
