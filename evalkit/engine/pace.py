"""The pace at which one endpoint may be asked, from its limits, from its own statements, and from what it has shown
that it bears.

A pure state machine: the caller gives the time, in seconds of one clock that only goes forward.
"""

import random

from evalkit.engine.limits import Limits
from evalkit.types import RateLimits

SHORTEST_WAIT = 0.5
# an endpoint that turns away and names no time is asked again within eight seconds, which is a light load
MOST_DOUBLINGS = 4


class Pace:
    """The clock, rates, room and circuit breaker of one endpoint, shared by all judges and models behind it."""

    def __init__(self, limits: Limits, rates: RateLimits, generator: random.Random, *, now: float) -> None:
        self._limits = limits
        self._rates = rates
        self._generator = generator
        self._most = float(limits.concurrency)
        # the number of requests that may be under way now, and the number once a probe has been answered
        self._room = self._most
        self._target = self._most
        self._not_before = now
        self._next_request = now
        self._next_token = now
        self._turned_away = 0
        self._failures = 0
        self._probes = 0
        self._too_long = ""
        # the start and the end of the time in which every request was turned away or failed, and the time of the last
        # cut of room
        self._trouble_since: float | None = None
        self._trouble_until = now
        self._setback = now
        self._probing = False
        self._answers_badly = False
        self.n_answered = 0

    @property
    def room(self) -> int:
        """The number of requests that may be under way at once."""
        return max(1, int(self._room))

    @property
    def open(self) -> bool:
        """True if the circuit is open: the endpoint is down, and only single probes are sent."""
        # before any request has used up its attempts
        return self._failures >= max(2, self._limits.attempts - 1)

    @property
    def probing(self) -> bool:
        """True if the next request is a probe of whether the endpoint answers again."""
        return self._probing

    def wait(self, now: float) -> float:
        """Seconds until a request may be sent; 0 for now."""
        return max(0.0, self._not_before - now, self._next_request - now, self._next_token - now)

    def sent(self, now: float, tokens: int) -> None:
        """Note that a request of about this many tokens leaves."""
        if self._rates.requests_per_minute is not None:
            self._next_request = max(now, self._next_request) + 60.0 / self._rates.requests_per_minute
        if self._rates.tokens_per_minute is not None:
            self._next_token = max(now, self._next_token) + tokens * 60.0 / self._rates.tokens_per_minute

    def answered(self, *, sent: float, more_tokens: int = 0) -> None:
        """Note an answer, with a verdict or not, to a request sent at this time; `more_tokens` are those beyond the
        estimate.
        """
        self.n_answered += 1
        if self._rates.tokens_per_minute is not None:
            self._next_token += more_tokens * 60.0 / self._rates.tokens_per_minute
        if sent < self._setback:
            # the request was under way before the trouble began, and says nothing about its end
            return
        self._failures = self._probes = self._turned_away = 0
        self._trouble_since = None
        self._room = self._target if self._probing else min(self._most, self._room + 1.0 / self._room)
        self._probing = False

    def turned_away(self, now: float, retry_after: float | None) -> None:
        """Note that the endpoint is busy: no request is sent before the time that it named, and then only carefully."""
        self._note_trouble(now)
        unnamed = self._limits.pause(min(self._turned_away, MOST_DOUBLINGS), self._generator)
        wait = unnamed if retry_after is None else retry_after
        if wait > self._limits.max_wait:
            asked = f"it asks to wait {wait:,.0f} seconds"
            chosen = f"it turns requests away, and evalkit's own next pause is {wait:,.0f} seconds"
            self._too_long = chosen if retry_after is None else asked
        if now >= self._not_before:
            # the first of an episode; the requests that were under way with it say the same
            self._turned_away += 1
            self._shrink(now)
        until = now + max(SHORTEST_WAIT, wait) + self._generator.random() * SHORTEST_WAIT / 2
        self._not_before = max(self._not_before, until)

    def failed(self, now: float, *, answered: bool = False) -> bool:
        """Note that a request failed in passing, `answered` or not; return whether it counts as an attempt: not during
        an outage.
        """
        self._note_trouble(now)
        self._answers_badly = answered
        counts = not self.open
        self._failures += 1
        if self.open:
            if counts:
                self._shrink(now)
            # the requests that were under way with the first one, or with a probe, say nothing new
            if now >= self._not_before:
                self._not_before = now + self._limits.pause(self._probes, self._generator)
                self._probes += 1
        return counts

    @property
    def hopeless(self) -> str | None:
        """The reason why waiting any longer is in vain; None if it is not."""
        if self._too_long:
            return f"{self._too_long}, longer than --max-wait {self._limits.max_wait:g}"
        if self._trouble_since is None:
            return None
        # up to the last failed request: until the next one the state is unknown
        silent = self._trouble_until - self._trouble_since
        if self._turned_away and silent > self._limits.max_wait:
            return f"it has turned every request away for {silent:.0f} seconds"
        patience = self._limits.max_wait
        if self.n_answered == 0:
            patience = min(patience, self._limits.first_wait)
        if self.open and silent > patience:
            what = "usable reply" if self._answers_badly else "answer"
            return f"it has given no {what} for {silent:.0f} seconds"
        return None

    def _note_trouble(self, now: float) -> None:
        self._trouble_until = now
        if self._trouble_since is None:
            self._trouble_since = now

    def _shrink(self, now: float) -> None:
        self._setback = now
        # a probe that fails says nothing new about how much the endpoint bears
        if not self._probing:
            self._target = max(1.0, self._room / 2)
        self._room = 1.0
        self._probing = True
