"""Write the forecast of a run in words."""

from evalkit.engine import Forecast
from evalkit.text import count, plural


def forecast_text(forecast: Forecast) -> str:
    """Return the forecast in words: requests, tokens, cost at most, and minutes."""
    if not forecast.requests:
        return f"nothing to ask: the store has all {plural(forecast.stored, 'reply', 'replies')}"
    limit = forecast.completion_tokens
    out = "no limit on tokens out" if limit is None else f"at most {limit:,} out"
    return (
        f"{plural(forecast.requests, 'request')}, {count(forecast.stored)} stored; "
        f"about {forecast.prompt_tokens:,} tokens in ({forecast.tokenizer}) and {out}, {_cost(forecast)}, "
        f"about {forecast.minutes:.1f} minutes"
    )


def _cost(forecast: Forecast) -> str:
    if forecast.cost is None or forecast.cost_once is None:
        return "cost not known"
    once = f"about ${forecast.cost_once:.2f}"
    if forecast.most_requests == forecast.requests:
        return once
    again = plural(forecast.most_requests // forecast.requests - 1, "time", "times")
    return f"{once}, and at most ${forecast.cost:.2f} if every question has to be asked again {again}"
