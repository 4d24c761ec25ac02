"""Write the forecast of a run in words."""

from evalkit.engine import Forecast
from evalkit.text import count, plural


def forecast_text(forecast: Forecast) -> str:
    """Return the forecast in words: requests, tokens, cost at most, and minutes."""
    if not forecast.requests:
        return f"nothing to ask: the store has all {plural(forecast.stored, 'reply', 'replies')}"
    limit = forecast.completion_tokens
    out = "no limit on tokens out" if limit is None else f"at most {limit:,} out"
    cost = "cost not known" if forecast.cost is None else f"about ${forecast.cost:.2f}"
    return (
        f"{plural(forecast.requests, 'request')}, {count(forecast.stored)} stored; "
        f"about {forecast.prompt_tokens:,} tokens in ({forecast.tokenizer}) and {out}, {cost}, "
        f"about {forecast.minutes:.1f} minutes"
    )
