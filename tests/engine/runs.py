"""Works for the runner's tests: one judge over numbered instructions."""

import dataclasses
from collections.abc import Sequence

from evalkit.engine.limits import Limits
from evalkit.engine.runner import Ran, run_all
from evalkit.judge_spec.config import read_judge, with_orders
from evalkit.judging.layout import Options
from evalkit.judging.work import Work, plan_all
from evalkit.store import Store
from evalkit.types import JudgeConfig, Prices
from tests.builders import output_set

QUICK = Limits(concurrency=4, attempts=3, first_pause=0.001, longest_pause=0.002)
JUDGE = dataclasses.replace(with_orders(read_judge("pairwise_label"), "one"), prices=Prices(1.0, 10.0))


def work(store: Store, n: int, *, model: str = "cand", config: JudgeConfig = JUDGE) -> Work:
    baseline = output_set("base", [f"b{i}" for i in range(n)])
    candidate = output_set(model, [f"{model} {i}" for i in range(n)])
    (planned,) = plan_all(baseline, [candidate], [config], Options("bench"), secret=store.secret)
    return planned


def run(store: Store, *works: Work, limits: Limits = QUICK) -> Ran:
    return run_all(works, store, limits=limits)


def keys(*works: Work) -> list[str]:
    """The keys of all first questions."""
    return [one.pose(place).request.key for one in works for place in one.places()]


def stored(store: Store, works: Sequence[Work]) -> int:
    return len(store.replies(keys(*works)))
