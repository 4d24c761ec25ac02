"""Ranges of numbers that options take."""

import math
from typing import Any

import click


class Range(click.FloatRange):
    """A range without NaN, which is neither below a bound nor above it and would take every limit away."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value} is not a number.", param, ctx)
        return number

    def _describe_range(self) -> str:
        # click would say that x is at most None
        bounded = self.min is not None or self.max is not None
        return super()._describe_range() if bounded else ""
