"""The power of a gate, from verdicts at hand or from a standard deviation alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from evalkit.boards.entries import Entry
from evalkit.boards.metrics import Recipe
from evalkit.boards.pick import of_model, one_group
from evalkit.boards.rates import Estimators, learn
from evalkit.errors import InputError
from evalkit.stats import Components, Effort, Level, Margin, Spread, common, detectable, gate_power, needed_instructions
from evalkit.types import Estimate, Prices, StatusKind

REPEATS = (1, 2, 3, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """The variances of verdicts that a plan is based on, and where they come from.

    The variances are those of `model`, or of its difference to `against` where that is given; both are None where the
    user gave a standard deviation. `at` is the mean, in [0, 1], of the verdicts that the spread was computed from, and
    `effort` is the effort of judging them. `orders` and `repeats` are those with a known effect. `price` is in US
    dollars per question.
    """

    spread: Spread
    at: float = 0.5
    model: str | None = None
    against: str | None = None
    judge: str | None = None
    effort: Effort | None = None
    orders: tuple[int, ...] = (1,)
    repeats: tuple[int, ...] = (1,)
    price: float | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option with the wanted power; `half_width` is the interval's where the estimate is the true value."""

    effort: Effort
    half_width: float
    dollars: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A gate's requirement and the options that meet it, in shares; the options with the fewest questions first.

    `at_hand` is the power of the verdicts at hand, and `detectable` the smallest true value that they pass with the
    wanted power; None where there are no verdicts, or no value passes.
    """

    gate: Level | Margin
    true: float
    power: float
    basis: Basis
    options: tuple[Option, ...]
    at_hand: float | None = None
    detectable: float | None = None


def advise(true: float, basis: Basis, *, gate: Level | Margin, power: float, most: int | None = None) -> Advice:
    """Find the options that pass a model of this true value with a probability of `power`.

    Args:
        most: number of instructions available.
    """
    options = []
    for orders in basis.orders:
        for repeats in basis.repeats:
            n = needed_instructions(true, gate=gate, spread=basis.spread, power=power, orders=orders, repeats=repeats)
            if n is not None and (most is None or n <= most):
                options.append(_option(true, basis, gate, Effort(n=n, orders=orders, repeats=repeats)))
    options.sort(key=lambda option: (option.effort.questions, option.effort.n))
    advice = Advice(gate=gate, true=true, power=power, basis=basis, options=tuple(options))
    if basis.effort is None:
        return advice
    return replace(
        advice,
        at_hand=gate_power(true, gate=gate, spread=basis.spread, effort=basis.effort),
        detectable=detectable(gate=gate, spread=basis.spread, effort=basis.effort, power=power),
    )


def basis_of_entries(
    entries: Sequence[Entry],
    recipe: Recipe,
    *,
    near: float,
    model: str | None = None,
    against: str | None = None,
    prices: Prices | None = None,
) -> Basis:
    """The spread of a model's estimate, or of its paired difference to the model `against`.

    Args:
        near: the true value that is planned for, in shares.
        model: by default the one whose estimate is nearest to `near`, if possible among those with a sound status.
        prices: prices of a judge whose questions and replies are as long as the stored ones; by default a question
            costs as much as the stored ones did.

    Raises:
        UnknownName: no such model.
        InputError: verdicts of several judges or baselines, grades, or no spread that could be estimated.
        StatsError: a history cannot be learned.
    """
    group = one_group(entries)
    if any(entry.graded for entry in group):
        raise InputError("answers were graded alone: power is computed for win rates")
    named = group if model is None else of_model(group, model)
    other = None if against is None else of_model(group, against)[-1]
    rates = learn(group, recipe)
    chosen = [entry for entry in named if entry.model not in (against, entry.baseline)]
    found = [_candidate(entry, other, rates) for entry in chosen]
    usable = [candidate for candidate in found if isinstance(candidate, _Candidate)]
    if not usable:
        reason = next((f": {text}" for text in found if isinstance(text, str)), "")
        raise InputError(f"judge {group[0].judge!r}: no model has a usable spread{reason}")
    best = min(usable, key=lambda candidate: (not candidate.sound, abs(candidate.value - near)))
    whose = [f"of {len(usable)} models, {best.entry.model} comes nearest to what is planned"] if len(usable) > 1 else []
    return replace(best.basis, price=_price(best.entry, prices), notes=(*best.basis.notes, *whose))


def _option(true: float, basis: Basis, gate: Level | Margin, effort: Effort) -> Option:
    lower, upper = gate.interval(true, basis.spread, effort)
    dollars = None if basis.price is None else basis.price * effort.questions
    return Option(effort=effort, half_width=(upper - lower) / 2, dollars=dollars)


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A model to plan with: its estimate in shares, and whether that estimate's status is sound."""

    entry: Entry
    value: float
    sound: bool
    basis: Basis


def _candidate(entry: Entry, other: Entry | None, rates: Estimators) -> _Candidate | str:
    """The candidate to plan with, or the reason why there is none."""
    estimate = _estimate(entry, other, rates)
    if estimate.value is None or not estimate.stderr:
        return str(estimate.status)
    both = [entry] if other is None else [entry, other]
    known = [judged.judging.components for judged in both]
    parts = [components for components in known if components is not None and components.instruction.value is not None]
    parts = parts if len(parts) == len(both) else []
    repeated = bool(parts) and all(components.repeat.value is not None for components in parts)
    effort = Effort(
        n=estimate.n,
        orders=min((components.orders for components in parts), default=1),
        repeats=sum(components.repeats for components in parts) / len(parts) if parts else 1.0,
    )
    notes = [] if repeated else ["verdict noise not measured: the effect of more repeats is not known"]
    if effort.orders == 1:
        notes.append("orders not measured: the effect of asking both is not known")
    sound = estimate.status.kind == StatusKind.OK
    if not sound:
        notes.append(f"the estimate at hand is {estimate.status}")
    basis = Basis(
        spread=_spread((estimate.stderr / 100) ** 2 * estimate.n, parts, effort),
        # at an edge there is no spread to scale from
        at=0.5 if other is not None else min(max(estimate.value / 100, 0.01), 0.99),
        model=entry.model,
        against=None if other is None else other.model,
        judge=entry.judge,
        effort=effort,
        orders=(1, 2) if effort.orders == 2 else (1,),
        repeats=REPEATS if repeated else (max(1, round(effort.repeats)),),
        notes=tuple(notes),
    )
    return _Candidate(entry, estimate.value / 100, sound, basis)


def _estimate(entry: Entry, other: Entry | None, rates: Estimators) -> Estimate:
    metric = rates.recipe.metric
    if other is None:
        return rates.measure(entry, entry.sample)[metric].estimate
    return rates.differences((entry, other), common(entry.sample, other.sample))[metric].estimate


def _spread(variance: float, parts: Sequence[Components], effort: Effort) -> Spread:
    """Variance components whose sum is the observed variance of an instruction at this effort.

    For a difference, the order and repeat components of both models add up, and the rest is the instructions'. Both
    models get the same orders, so the true order component of a difference is a little smaller.
    """
    if not parts:
        return Spread(instruction=variance)
    order, repeat, instruction = (
        sum(value for components in parts if (value := getattr(components, name).value) is not None)
        for name in ("order", "repeat", "instruction")
    )
    raw = Spread(instruction=instruction, order=order, repeat=repeat)
    at_once = replace(effort, n=1)
    if len(parts) == 1:
        explained = raw.variance(at_once)
        # verdicts that are all the same have an error by the exact rule only
        return replace(raw, design=variance / explained) if explained else Spread(instruction=variance)
    noise = replace(raw, instruction=0.0).variance(at_once)
    return replace(raw, instruction=max(0.0, variance - noise))


def _price(entry: Entry, prices: Prices | None) -> float | None:
    judging = entry.judging
    if not judging.replies:
        return None
    if prices is None:
        return None if judging.cost is None else judging.cost / judging.replies
    return None if judging.tokens is None else prices.cost(*judging.tokens) / judging.replies
