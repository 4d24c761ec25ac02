"""The behaviour of a board's judge in numbers, in words, and as two small charts."""

from collections.abc import Sequence
from dataclasses import dataclass

from evalkit.boards import GRADED, Behaviour
from evalkit.reporting.page.numbers import POINTS, RATE
from evalkit.stats import Bin, RetestBin
from evalkit.text import count, plural, printable
from evalkit.types import Estimate, Reading

# the drawing area of the charts, in units of their view box
LEFT, RIGHT, TOP, BOTTOM = 40.0, 314.0, 10.0, 170.0
_READINGS = {
    Reading.STATED.value: "as the reply states it",
    Reading.WEIGHTED.value: "weighted by log-probabilities",
    Reading.SAMPLED.value: "single draws, their log-probabilities missing",
    Reading.RECORDED.value: "a number in another tool's record",
}
_BOTH_ORDERS = "evalkit annotate --orders both"
_REPEATS = "evalkit annotate --repeats 2"


@dataclass(frozen=True, slots=True)
class Fact:
    """A number about the judge; `cure` is the command that would measure a number that is missing."""

    title: str
    value: str
    interval: str
    text: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    words: str
    count: str
    label_y: float


@dataclass(frozen=True, slots=True)
class Point:
    x: float
    y: float
    lower: float | None
    upper: float | None
    radius: float
    words: str


@dataclass(frozen=True, slots=True)
class JudgePanel:
    """The judge's section; `no_retest` says why there is no calibration, and `basis` counts the verdicts behind it.

    `known` are the lines on the judge's agreement with people; none where no store was asked.
    """

    facts: tuple[Fact, ...]
    readings: tuple[tuple[str, str], ...]
    bars: tuple[Bar, ...]
    points: tuple[Point, ...]
    no_retest: str
    cure: str
    basis: str
    known: tuple[str, ...]
    stated_title: str
    stated_axis: str
    again_title: str


def judge_panel(behaviour: Behaviour, *, graded: bool, known: Sequence[str] = ()) -> JudgePanel:
    unit = ("answer" if graded else "comparison") if behaviour.averaged else "verdict"
    averaged = ", orders averaged" if behaviour.averaged else ""
    return JudgePanel(
        facts=(_position(behaviour.position), _inconsistent(behaviour.inconsistent), _decided(behaviour.decided)),
        readings=tuple(
            (_READINGS.get(name, printable(name)), count(number)) for name, number in behaviour.readings.items()
        ),
        bars=_bars(behaviour.stated),
        points=tuple(_point(group, behaviour.retest) for group in behaviour.retest if group.again.value is not None),
        no_retest=printable(behaviour.no_retest),
        cure=_REPEATS,
        basis=f"{plural(behaviour.n_verdicts, unit)} of {plural(behaviour.n_models, 'model')}{averaged}",
        known=tuple(known),
        stated_title=f"Grades by their place on the scale{averaged}."
        if graded
        else f"{unit.capitalize()}s by the probability that the model beats the baseline{averaged}.",
        stated_axis="grade, % of its scale" if graded else "stated probability, %",
        again_title="Other grades of the same answer, on average. On the diagonal they are the same."
        if graded
        else "Other verdicts on the same comparison, in either order, on average. On the diagonal they are the same.",
    )


def _position(estimate: Estimate) -> Fact:
    title = "Position bias"
    if estimate.value is None:
        return _unmeasured(title, estimate, "Judging both orders tells it:", _BOTH_ORDERS)
    sign = "+" if round(estimate.value, POINTS.decimals) > 0 else ""
    side = "favours" if estimate.value > 0 else "is against"
    sure = estimate.lower is not None and estimate.upper is not None and not estimate.lower <= 0 <= estimate.upper
    text = f"The judge {side} the answer that it is shown first." if sure else "No bias to either place can be told."
    if estimate.status.reason:
        text += f" Take the number with care: {printable(estimate.status.reason)}."
    return Fact(title, f"{sign}{POINTS.number(estimate.value)} points", POINTS.interval(estimate), text)


def _inconsistent(estimate: Estimate) -> Fact:
    title = "Winner changes with the order"
    if estimate.value is None:
        return _unmeasured(title, estimate, "Judging both orders tells it:", _BOTH_ORDERS)
    text = f"Share of the comparisons judged in both orders, on {plural(estimate.n, 'instruction')}."
    return Fact(title, f"{RATE.number(estimate.value)} %", RATE.interval(estimate), text)


def _decided(estimate: Estimate) -> Fact:
    title = "Decided verdicts"
    if estimate.value is None:
        return _unmeasured(title, estimate, "", "")
    return Fact(
        title,
        f"{RATE.number(estimate.value)} %",
        RATE.interval(estimate),
        "This share gives one side more than 90 %.",
    )


def _unmeasured(title: str, estimate: Estimate, advice: str, cure: str) -> Fact:
    reason = printable(estimate.status.reason)
    sentence = f"{reason[:1].upper()}{reason[1:]}."
    if estimate.status.reason == GRADED:
        return Fact(title, "does not apply", "", sentence)
    return Fact(title, "not measured", "", f"{sentence} {advice}".rstrip(), cure)


def _bars(bins: Sequence[Bin]) -> tuple[Bar, ...]:
    most = max((group.count for group in bins), default=0)
    if not most:
        return ()
    width = (RIGHT - LEFT) / len(bins)
    bars = []
    for place, group in enumerate(bins):
        height = round((BOTTOM - TOP - 14) * group.count / most, 2)
        words = f"{group.low:g} to {group.high:g} %: {count(group.count)}"
        y = BOTTOM - height
        bars.append(
            Bar(round(LEFT + place * width + 1, 2), round(y, 2), round(width - 2, 2), height, words,
                _short(group.count), round(y - 4, 2))
        )  # fmt: skip
    return tuple(bars)


def _short(number: int) -> str:
    return f"{number / 1000:.0f}k" if number >= 10_000 else f"{number / 1000:.1f}k" if number >= 1000 else f"{number}"


def _point(group: RetestBin, bins: Sequence[RetestBin]) -> Point:
    again = group.again
    assert again.value is not None
    most = max(each.count for each in bins)
    words = f"stated {RATE.number(group.stated)} %, again {RATE.full(again)}, {count(group.count)} verdicts"
    return Point(
        x=_x(group.stated),
        y=_y(again.value),
        lower=None if again.lower is None else _y(again.lower),
        upper=None if again.upper is None else _y(again.upper),
        radius=round(2 + 2.5 * (group.count / most) ** 0.5, 2),
        words=words,
    )


def _x(percent: float) -> float:
    return round(LEFT + (RIGHT - LEFT) * percent / 100, 2)


def _y(percent: float) -> float:
    return round(BOTTOM - (BOTTOM - TOP) * percent / 100, 2)
