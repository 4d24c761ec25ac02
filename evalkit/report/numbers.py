"""Numbers as people read them. Only here are they formatted."""

from evalkit.types import Estimate


def percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def published(value: float | None) -> str:
    """With the three decimals that published boards are compared by."""
    return "-" if value is None else f"{value:.3f}"


def interval(estimate: Estimate) -> str:
    return "-" if estimate.lower is None else f"[{percent(estimate.lower)}, {percent(estimate.upper)}]"
