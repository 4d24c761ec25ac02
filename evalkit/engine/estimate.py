"""Forecasts the requests of a run before they are sent."""

from collections.abc import Iterable
from dataclasses import dataclass

from evalkit.engine.task import Task
from evalkit.engine.tokens import counter
from evalkit.types import ChatRequest

SECONDS_PER_REQUEST = 1.5


@dataclass(frozen=True, slots=True)
class Forecast:
    """The forecast of a run: prompt tokens are counted by `tokenizer`; completion tokens are the limit that the
    requests set, so the most that a reply may use. They and the costs are None where a request sets no limit.

    `requests`, the tokens, the minutes and `cost_once` are those of asking each question once. `cost` is the most:
    `most_requests` are sent if no reply can be read and each question is asked as often as the judge allows.
    """

    requests: int
    most_requests: int
    stored: int
    prompt_tokens: int
    completion_tokens: int | None
    cost: float | None
    cost_once: float | None
    minutes: float
    tokenizer: str


def forecast(requests: Iterable[tuple[ChatRequest, bool]], work: Task, *, concurrency: int) -> Forecast:
    """Forecast the requests, tokens, dollars and minutes of a work; each request comes with whether it is stored."""
    count = counter(work.config.model)
    n = stored = prompt = 0
    completion: int | None = 0
    for request, known in requests:
        if known:
            stored += 1
            continue
        n += 1
        prompt += count.request(request)
        limit = request.parameters.get("max_tokens", request.parameters.get("max_completion_tokens"))
        if isinstance(limit, int):
            completion = None if completion is None else completion + limit
        elif work.endpoint.asks:
            completion = None
    prices = work.config.prices
    tries = 1 + work.reasks
    once = None if prices is None or completion is None else prices.cost(prompt, completion)
    most = None if prices is None or completion is None else prices.cost(tries * prompt, tries * completion)
    minutes = n * SECONDS_PER_REQUEST / max(1, concurrency) / 60
    rate = work.config.rates.requests_per_minute
    if rate is not None:
        minutes = max(minutes, n / rate)
    return Forecast(
        requests=n,
        most_requests=tries * n,
        stored=stored,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=most,
        cost_once=once,
        minutes=minutes,
        tokenizer=count.name,
    )
