"""How fast one endpoint may be asked: what its limits say, what it says itself, and what it has shown that it bears.

A pure state machine: the time is always given, in seconds of one clock that only goes forward.
"""

import random

from evalkit.engine.limits import Limits
from evalkit.types import RateLimits

SHORTEST_WAIT = 0.5
# who turns away and names no time is asked again within eight seconds: one request in so long is no burden
MOST_DOUBLINGS = 4


class Pace:
    """One endpoint's clock, rates, room and circuit breaker, shared by all judges and models that are asked there."""

    def __init__(self, limits: Limits, rates: RateLimits, generator: random.Random, *, now: float) -> None:
        self._limits = limits
        self._rates = rates
        self._generator = generator
        self._most = float(limits.concurrency)
        # how many may be under way now, and how many once a probe has been answered
        self._room = self._most
        self._target = self._most
        self._not_before = now
        self._next_request = now
        self._next_token = now
        self._turned_away = 0
        self._failures = 0
        self._probes = 0
        self._asks_too_long = ""
        # from when to when it has turned away or failed whatever was sent, and when its room was last cut
        self._trouble_since: float | None = None
        self._trouble_until = now
        self._setback = now
        self._probing = False
        self.n_answered = 0

    @property
    def room(self) -> int:
        """How many requests may be under way at once."""
        return max(1, int(self._room))

    @property
    def open(self) -> bool:
        """Whether the circuit is open: the endpoint is down, and only single probes are sent."""
        # before any request has used up its attempts
        return self._failures >= max(2, self._limits.attempts - 1)

    @property
    def probing(self) -> bool:
        """Whether the next request is to find out if the endpoint answers again."""
        return self._probing

    def wait(self, now: float) -> float:
        """Seconds until a request may be sent; 0 for now."""
        return max(0.0, self._not_before - now, self._next_request - now, self._next_token - now)

    def sent(self, now: float, tokens: int) -> None:
        """A request of about so many tokens leaves."""
        if self._rates.requests_per_minute is not None:
            self._next_request = max(now, self._next_request) + 60.0 / self._rates.requests_per_minute
        if self._rates.tokens_per_minute is not None:
            self._next_token = max(now, self._next_token) + tokens * 60.0 / self._rates.tokens_per_minute

    def answered(self, *, sent: float, more_tokens: int = 0) -> None:
        """An answer came, with a verdict or not, to what was sent then; `more_tokens` is what it took beyond the
        estimate.
        """
        self.n_answered += 1
        if self._rates.tokens_per_minute is not None:
            self._next_token += more_tokens * 60.0 / self._rates.tokens_per_minute
        if sent < self._setback:
            # it was under way before the trouble began, and says nothing about its end
            return
        self._failures = self._probes = self._turned_away = 0
        self._trouble_since = None
        self._room = self._target if self._probing else min(self._most, self._room + 1.0 / self._room)
        self._probing = False

    def turned_away(self, now: float, retry_after: float | None) -> None:
        """The endpoint is busy: nobody asks it before it said, and then carefully."""
        self._note_trouble(now)
        unnamed = self._limits.pause(min(self._turned_away, MOST_DOUBLINGS), self._generator)
        wait = unnamed if retry_after is None else retry_after
        if wait > self._limits.max_wait:
            self._asks_too_long = f"it asks to wait {wait:,.0f} seconds"
        if now >= self._not_before:
            # the first of an episode; those that were under way with it say the same
            self._turned_away += 1
            self._shrink(now)
        until = now + max(SHORTEST_WAIT, wait) + self._generator.random() * SHORTEST_WAIT / 2
        self._not_before = max(self._not_before, until)

    def failed(self, now: float) -> bool:
        """A request failed in passing; whether that counts as an attempt, which it does not during an outage."""
        self._note_trouble(now)
        counts = not self.open
        self._failures += 1
        if self.open:
            if counts:
                self._shrink(now)
            # those that were under way with the first one, or with a probe, say nothing new
            if now >= self._not_before:
                self._not_before = now + self._limits.pause(self._probes, self._generator)
                self._probes += 1
        return counts

    @property
    def hopeless(self) -> str | None:
        """Why waiting any longer is in vain, if it is."""
        if self._asks_too_long:
            return f"{self._asks_too_long}, longer than --max-wait {self._limits.max_wait:g}"
        if self._trouble_since is None:
            return None
        # up to the last request that was in vain: until the next one nobody knows
        silent = self._trouble_until - self._trouble_since
        if self._turned_away and silent > self._limits.max_wait:
            return f"it has turned every request away for {silent:.0f} seconds"
        patience = self._limits.max_wait
        if self.n_answered == 0:
            patience = min(patience, self._limits.first_wait)
        if self.open and silent > patience:
            return f"it has given no answer for {silent:.0f} seconds"
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
