"""Write the numbers of a board for the page: rates, differences in points and grades with two decimals."""

from dataclasses import dataclass

from evalkit.types import Estimate

NOTHING = "–"


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """The format of the numbers of one board."""

    decimals: int
    unit: str

    def number(self, value: float | None) -> str:
        if value is None:
            return NOTHING
        shown = f"{value:.{self.decimals}f}"
        return shown.removeprefix("-") if float(shown) == 0 else shown.replace("-", "−")

    def interval(self, estimate: Estimate) -> str:
        if estimate.lower is None or estimate.upper is None:
            return NOTHING
        return f"[{self.number(estimate.lower)}, {self.number(estimate.upper)}]"

    def full(self, estimate: Estimate) -> str:
        """Return the number with its unit and interval, or the reason why there is no number."""
        if estimate.value is None:
            return f"not estimable: {estimate.status.reason}"
        value = f"{self.number(estimate.value)}{self.unit}"
        return value if estimate.lower is None else f"{value} {self.interval(estimate)}"


RATE = NumberFormat(2, " %")
GRADE = NumberFormat(2, "")
POINTS = NumberFormat(2, " points")


def dollars(cost: float | None) -> str:
    if cost is None:
        return NOTHING
    return f"${cost:,.2f}" if cost >= 1 or cost == 0 else f"${cost:.4f}"
