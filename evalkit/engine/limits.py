"""How much a run may send at once and in all, and how patiently it tries again."""

import random
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """`max_cost` is in US dollars and needs the judge's prices; None sets no limit."""

    concurrency: int = 16
    attempts: int = 5
    first_pause: float = 0.5
    longest_pause: float = 30.0
    max_requests: int | None = None
    max_cost: float | None = None

    def after(self, *, sent: int, cost: float | None) -> "Limits":
        """What is left for the rest of a run when some of it has been sent and paid."""
        return replace(
            self,
            max_requests=None if self.max_requests is None else max(0, self.max_requests - sent),
            max_cost=None if self.max_cost is None else max(0.0, self.max_cost - (cost or 0.0)),
        )

    def pause(self, attempt: int, generator: random.Random) -> float:
        """Seconds to wait after failed attempt `attempt`, counted from 0: doubling, with jitter to spread tasks out."""
        longest: float = min(self.longest_pause, self.first_pause * 2**attempt)
        return longest * (0.5 + generator.random() / 2)
