"""Forecasts the requests of judging and their cost, before anything is sent."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from evalkit.api.assignment import Prepared
from evalkit.engine import Forecast, forecast
from evalkit.judging import Work
from evalkit.store import Store, open_store, store_exists
from evalkit.types import ChatRequest

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class WorkForecast:
    """The forecast of one judge's work on one model's outputs."""

    model: str
    judge: str
    forecast: Forecast


def forecast_all(prepared: Prepared, url: str, *, concurrency: int) -> tuple[WorkForecast, ...]:
    """Forecast all works, with the replies that the store at `url` holds; without a store none are held."""
    if not store_exists(url):
        return tuple(_forecast(work, None, concurrency) for work in prepared.works(b""))
    with open_store(url) as opened:
        # fences are drawn from the store's secret, so stored replies are found again only with it
        return tuple(_forecast(work, opened, concurrency) for work in prepared.works(opened.secret))


def _forecast(work: Work, store: Store | None, concurrency: int) -> WorkForecast:
    found = forecast(_requests(work, store), work, concurrency=concurrency)
    return WorkForecast(work.candidate.model, work.config.name, found)


def _requests(work: Work, store: Store | None) -> Iterator[tuple[ChatRequest, bool]]:
    """Every request of a work, once each, and whether its reply is stored."""
    seen: set[str] = set()
    requests = (work.pose(place).request for place in work.places() if place.subject is not None)
    while chunk := list(itertools.islice(requests, _CHUNK)):
        fresh = {request.key: request for request in chunk if request.key not in seen}
        seen.update(fresh)
        stored = store.replies(fresh) if store is not None else {}
        yield from ((request, key in stored) for key, request in fresh.items())
