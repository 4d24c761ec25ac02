"""What a run would send, before it is sent."""

from collections.abc import Iterable
from dataclasses import dataclass

from evalkit.types import ChatRequest, Prices

CHARS_PER_TOKEN = 4.0
SECONDS_PER_REQUEST = 1.5


@dataclass(frozen=True, slots=True)
class Forecast:
    """Token counts are estimates: four characters a token in, the judge's token limit out."""

    requests: int
    stored: int
    prompt_tokens: int
    completion_tokens: int
    cost: float | None
    minutes: float


def forecast(requests: Iterable[ChatRequest], *, stored: int, prices: Prices | None, concurrency: int) -> Forecast:
    """Requests, tokens, dollars and minutes of a run whose `stored` replies are already paid."""
    n = prompt = completion = 0
    for request in requests:
        n += 1
        prompt += round(sum(len(message.content) for message in request.messages) / CHARS_PER_TOKEN)
        limit = request.parameters.get("max_tokens", request.parameters.get("max_completion_tokens", 0))
        completion += limit if isinstance(limit, int) else 0
    cost = None if prices is None else (prompt * prices.input + completion * prices.output) / 1e6
    minutes = n * SECONDS_PER_REQUEST / max(1, concurrency) / 60
    return Forecast(n, stored, prompt, completion, cost, minutes)
