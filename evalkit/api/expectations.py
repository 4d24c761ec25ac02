"""Forecasts each judge's work on each model's outputs."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from evalkit.api.assignment import Prepared
from evalkit.engine import Forecast
from evalkit.engine import forecast as forecast_requests
from evalkit.judging import Work
from evalkit.reporting import forecast_text
from evalkit.store import Address, Store, open_store, store_exists
from evalkit.types import ChatRequest

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class WorkForecast:
    """The forecast of one judge's work on one model's outputs."""

    model: str
    judge: str
    forecast: Forecast

    def __str__(self) -> str:
        whose = self.judge if self.model == self.judge else f"{self.model}, {self.judge}"
        return f"{whose}: {forecast_text(self.forecast)}"


def notes_before_sending(prepared: Prepared, works: Sequence[Work], store: Store, *, concurrency: int) -> Iterator[str]:
    """The notes on a run that begins: on what was chosen and read, and what it will take if nobody named its judge."""
    yield from prepared.notes
    if prepared.unnamed is not None and prepared.unnamed.costs:
        for work in works:
            yield str(_forecast(work, store, concurrency))


def forecast_all(
    plan: Callable[[bytes], Sequence[Work]], url: Address, *, concurrency: int
) -> tuple[WorkForecast, ...]:
    """Forecast all works, with the replies that the store at `url` holds; without a store none are held.

    Args:
        plan: makes the works with fences that are drawn from a secret.
    """
    if not store_exists(url):
        return tuple(_forecast(work, None, concurrency) for work in plan(b""))
    with open_store(url) as opened:
        # only with the store's secret are its replies found again
        return tuple(_forecast(work, opened, concurrency) for work in plan(opened.secret))


def _forecast(work: Work, store: Store | None, concurrency: int) -> WorkForecast:
    found = forecast_requests(_requests(work, store), work, concurrency=concurrency)
    return WorkForecast(work.name, work.config.name, found)


def _requests(work: Work, store: Store | None) -> Iterator[tuple[ChatRequest, bool]]:
    """Every request of a work, once each, and whether its reply is stored."""
    seen: set[str] = set()
    requests = (work.pose(place).request for place in work.places() if place.subject is not None)
    while chunk := list(itertools.islice(requests, _CHUNK)):
        fresh = {request.key: request for request in chunk if request.key not in seen}
        seen.update(fresh)
        stored = store.replies(fresh) if store is not None else {}
        yield from ((request, key in stored) for key, request in fresh.items())
