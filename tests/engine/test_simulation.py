"""Random schedules of faults under a simulated clock, each from its seed: what must hold does in every one of them.

EVALKIT_SIMULATIONS sets how many; ten thousand take some minutes.
"""

import asyncio
import dataclasses
import os
import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from evalkit.clients import builtin
from evalkit.clients.builtin import ClientKind
from evalkit.clients.endpoint import Endpoint
from evalkit.engine.limits import Limits
from evalkit.engine.runner import Ran, run_all
from evalkit.errors import ClientError, EndpointRefused, RateLimited, RejectedRequest, RetryableError
from evalkit.store import Store, open_store
from evalkit.types import ChatReply, ChatRequest, RateLimits
from tests.builders import question_of
from tests.engine.runs import JUDGE, work
from tests.engine.simulated_loop import SimulatedLoop
from tests.scripted import first_wins

SCHEDULES = int(os.environ.get("EVALKIT_SIMULATIONS", "90"))
N = 20


@dataclass
class Weather:
    """An endpoint that misbehaves as its seed says, and notes what a well-behaved client never does."""

    generator: random.Random
    busy: float = field(init=False)
    torn: float = field(init=False)
    outages: list[tuple[float, float]] = field(init=False)
    poison: dict[str, ClientError] = field(init=False)
    at_once: int = 0
    most_at_once: int = 0
    early: int = 0
    sends: list[float] = field(default_factory=list)
    not_before: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        draw = self.generator.random
        self.busy, self.torn = draw() * 0.5, draw() * 0.3
        starts = [draw() * 60 for _ in range(self.generator.randrange(3))]
        self.outages = [(start, start + draw() * 100) for start in starts]
        # what happens to every question of some instructions, always
        kinds = [
            RateLimited("429: too large"),
            _answered(RetryableError("500: oops")),
            RejectedRequest("400: too long"),
        ]
        self.poison = {f"k{number:03d}": self.generator.choice(kinds) for number in range(N) if draw() < 0.05}

    async def complete(self, request: ChatRequest) -> ChatReply:
        loop, draw = asyncio.get_running_loop(), self.generator.random
        now = loop.time()
        self.sends.append(now)
        self.early += any(said < now < until - 1e-9 for said, until in self.not_before)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(draw() * 3)
            return self._answer(request, loop.time())
        finally:
            self.at_once -= 1

    def _answer(self, request: ChatRequest, now: float) -> ChatReply:
        draw = self.generator.random
        if any(start <= now < end for start, end in self.outages):
            raise RetryableError("no connection")
        if (error := self.poison.get(question_of(request).subject.key)) is not None:
            raise error
        if draw() < self.busy:
            wait = self.generator.choice([None, 0.2, 1.0, 5.0, 20.0])
            if wait is not None:
                self.not_before.append((now, now + wait))
            raise RateLimited("429", retry_after=wait)
        if draw() < self.torn:
            raise _answered(RetryableError("torn", billed=True))
        if draw() < 0.03:
            raise RejectedRequest("400: too long")
        if draw() < 0.1:
            return ChatReply("Both have their merits.", prompt_tokens=100, completion_tokens=10)
        return first_wins(request)


def _answered(error: RetryableError) -> RetryableError:
    error.answered = True
    return error


def simulate(seed: int, store: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[Ran | None, Weather, int, Limits]:
    """One schedule; None where the endpoint refused everybody in the end."""
    generator = random.Random(seed)
    weather = Weather(generator)
    monkeypatch.setitem(builtin.BUILTIN, "openai", ClientKind(lambda _: weather, lambda _: Endpoint("api")))
    limits = Limits(concurrency=generator.choice([1, 4, 16]))
    rates = RateLimits(requests_per_minute=generator.choice([None, 600.0, 120.0]))
    # what is simulated is the run, not the disk; this thread has one connection
    raw = store._engine.raw_connection()
    raw.cursor().execute("PRAGMA synchronous=OFF")
    raw.close()
    monkeypatch.setattr(store, "beat", lambda: None)
    asked = work(store, N, model=f"model {seed}", config=dataclasses.replace(JUDGE, rates=rates))
    try:
        ran = run_all([asked], store, limits=limits, generator=generator, loop_factory=SimulatedLoop)
    except EndpointRefused:
        return None, weather, 0, limits
    filled = sum(reply is not None for _, reply, _ in store.answered_for(asked.group, asked.digest, asked.keys))
    return ran, weather, filled, limits


def test_every_schedule_of_faults_ends_with_every_verdict_accounted_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = 0
    for seed in range(SCHEDULES):
        ran, weather, n_filled, limits = simulate(seed, store, monkeypatch)
        assert weather.early == 0, f"seed {seed}: asked before the endpoint allowed it"
        assert weather.most_at_once <= limits.concurrency, f"seed {seed}"
        if ran is None:
            continue
        total = ran.total
        assert total.replied == n_filled, f"seed {seed}: an acknowledged reply is not in the store"
        assert total.sent == len(weather.sends), f"seed {seed}"
        assert total.duplicates == 0, f"seed {seed}"
        if total.stopped is None:
            assert total.done == total.total == N, f"seed {seed}: neither finished nor stopped"
            finished += 1
    assert finished > 0.8 * SCHEDULES


def test_the_same_seed_runs_the_same_way(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = simulate(11, store, monkeypatch)
    with open_store(f"sqlite:///{tmp_path / 'other.db'}") as other:
        second = simulate(11, other, monkeypatch)
    assert first[1].sends == second[1].sends
    assert first[0] == second[0]
