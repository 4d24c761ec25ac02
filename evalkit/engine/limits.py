"""The limits of a run: how much it may send at once and in all, and how patiently it tries again."""

import random
from dataclasses import dataclass, replace

from evalkit.engine.progress import Progress


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a run: `concurrency` is for each endpoint. `max_cost` is in US dollars and needs the judges'
    prices; None sets no limit.

    Waits are in seconds. A request is sent `attempts` times at most, not counting those that a busy endpoint turned
    away. An endpoint that answers no request for `max_wait` ends the run; one that has not answered in this run at all,
    after `first_wait`, if that is shorter. With `stop`, a judge is stopped of whose first replies none can be read.
    """

    concurrency: int = 16
    attempts: int = 5
    first_pause: float = 0.5
    longest_pause: float = 30.0
    first_wait: float = 10.0
    max_wait: float = 300.0
    drain_seconds: float = 4.0
    max_requests: int | None = None
    max_cost: float | None = None
    max_minutes: float | None = None
    stop: bool = True

    def pause(self, attempt: int, generator: random.Random) -> float:
        """Seconds to wait after failed attempt `attempt`, counted from 0: doubling, with jitter to spread tasks out."""
        longest: float = min(self.longest_pause, self.first_pause * 2 ** min(attempt, 30))
        return longest * (0.5 + generator.random() / 2)

    def after(self, progress: Progress) -> "Limits":
        """The limits that a run leaves to the next run of the same command; 0 where it used up one."""
        return replace(
            self,
            max_requests=None if self.max_requests is None else max(0, self.max_requests - progress.sent),
            max_cost=None if self.max_cost is None else max(0.0, self.max_cost - (progress.cost or 0.0)),
            max_minutes=None if self.max_minutes is None else max(0.0, self.max_minutes - progress.seconds / 60),
        )
