"""Forecasts the requests of judging and their cost, before anything is sent."""

import dataclasses
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from evalkit.api.annotation import AnnotateKeywords
from evalkit.api.assignment import AssignmentKeywords, Prepared, assignment_of, require_outputs
from evalkit.api.door import beside_a_loop, front_door
from evalkit.api.keywords import Data, LimitKeywords, limits_of, named_source_of, picked
from evalkit.api.result import Tabular, frame_of
from evalkit.api.runs import check_costs
from evalkit.engine import Forecast
from evalkit.engine import forecast as forecast_requests
from evalkit.judging import Work
from evalkit.reporting import forecast_text
from evalkit.store import Store, open_store, store_exists, store_url
from evalkit.text import printable
from evalkit.types import ChatRequest

if TYPE_CHECKING:
    import pandas as pd

_CHUNK = 256


@dataclass(frozen=True, slots=True)
class WorkForecast:
    """The forecast of one judge's work on one model's outputs."""

    model: str
    judge: str
    forecast: Forecast


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Forecasts(Tabular):
    """The forecasts of a run, one for each model and judge."""

    works: tuple[WorkForecast, ...]
    notes: tuple[str, ...] = ()

    @property
    def frame(self) -> "pd.DataFrame":
        """A row for each model and judge: requests, tokens, US dollars and minutes."""
        return frame_of(self._documents())

    @property
    def cost(self) -> float | None:
        """The US dollars of all requests; None where that of one is not known."""
        costs = [work.forecast.cost for work in self.works]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    def to_json(self) -> str:
        return json.dumps(self._documents(), indent=2)

    def _documents(self) -> list[dict[str, object]]:
        return [{"model": work.model, "judge": work.judge, **dataclasses.asdict(work.forecast)} for work in self.works]

    def __str__(self) -> str:
        return "\n".join(
            f"{printable(work.model)}, {printable(work.judge)}: {forecast_text(work.forecast)}" for work in self.works
        )


@front_door
@beside_a_loop
def forecast(*outputs: Data, **options: Unpack[AnnotateKeywords]) -> Forecasts:
    """Say what `annotate` would send with the same keywords, and send nothing.

    Args:
        outputs: as for `annotate`.
        options: the keywords of `annotate`; those that decide what becomes of replies change nothing.

    Returns:
        For each model and judge the number of requests, the tokens, US dollars at most and minutes.

    Raises:
        EvalkitError: an input or an option is wrong, as for `annotate`.

    Example:
        >>> import evalkit as ek
        >>> ek.forecast("outputs.json", baseline="baseline.json", judge="alpaca_eval_2").cost
    """
    require_outputs(outputs)
    asked = [named_source_of(source, "outputs") for source in outputs]
    prepared = assignment_of(**picked(options, AssignmentKeywords)).read(asked)
    limits = limits_of(**picked(options, LimitKeywords))
    check_costs(prepared, limits)
    url = store_url(options.get("store"), Path(options.get("results", "results")))
    return Forecasts(forecast_all(prepared, url, concurrency=limits.concurrency), tuple(prepared.notes))


def forecast_all(prepared: Prepared, url: str, *, concurrency: int) -> tuple[WorkForecast, ...]:
    """Forecast all works, with the replies that the store at `url` holds; without a store none are held."""
    if not store_exists(url):
        return tuple(_forecast(work, None, concurrency) for work in prepared.works(b""))
    with open_store(url) as opened:
        # fences are drawn from the store's secret, so stored replies are found again only with it
        return tuple(_forecast(work, opened, concurrency) for work in prepared.works(opened.secret))


def _forecast(work: Work, store: Store | None, concurrency: int) -> WorkForecast:
    found = forecast_requests(_requests(work, store), work, concurrency=concurrency)
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
