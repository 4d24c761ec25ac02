"""Forecasts the requests of judging and their cost, before anything is sent."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from evalkit.api.annotation import AnnotateKeywords
from evalkit.api.assignment import AssignmentKeywords, assignment_of, require_outputs
from evalkit.api.choices import Place
from evalkit.api.door import beside_a_loop, front_door
from evalkit.api.expectations import WorkForecast, forecast_all
from evalkit.api.keywords import Data, LimitKeywords, limits_of, named_source_of, picked
from evalkit.api.result import Tabular, frame_of
from evalkit.api.runs import check_costs
from evalkit.store import store_url
from evalkit.text import printable

if TYPE_CHECKING:
    import pandas as pd


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
        """The US dollars at most, with all questions that may be asked again; None where those of one are not known."""
        costs = [work.forecast.cost for work in self.works]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    def to_json(self) -> str:
        return json.dumps(self._documents(), indent=2)

    def _documents(self) -> list[dict[str, object]]:
        return [{"model": work.model, "judge": work.judge, **dataclasses.asdict(work.forecast)} for work in self.works]

    def __str__(self) -> str:
        return "\n".join(printable(str(work)) for work in self.works)


@front_door
@beside_a_loop
def forecast(*outputs: Data, **options: Unpack[AnnotateKeywords]) -> Forecasts:
    """Say what `annotate` would send with the same keywords, and send nothing.

    Args:
        outputs: as for `annotate`.
        options: the keywords of `annotate`; those that decide what becomes of replies change nothing.

    Returns:
        For each model and judge the number of requests, the tokens, the US dollars at most and the minutes; the dollars
        include questions that are asked again for want of a verdict.

    Raises:
        EvalkitError: an input or an option is wrong, as for `annotate`.

    Example:
        >>> import evalkit as ek
        >>> ek.forecast("outputs.json", baseline="baseline.json", judge="alpaca_eval_2").cost
    """
    require_outputs(outputs)
    asked = [named_source_of(source, "outputs") for source in outputs]
    results = Path(options.get("results", "results"))
    url = store_url(options.get("store"), results)
    prepared = assignment_of(**picked(options, AssignmentKeywords)).read(asked, Place(url, results))
    limits = limits_of(**picked(options, LimitKeywords))
    check_costs(prepared.judges, limits)
    return Forecasts(forecast_all(prepared.works, url, concurrency=limits.concurrency), tuple(prepared.notes))
