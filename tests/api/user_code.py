"""Code as users write it: mypy checks that the names of the package have their types, and nothing runs it."""

import asyncio

import numpy as np
import numpy.typing as npt
import pandas as pd

import evalkit as ek


@ek.judge(name="shorter", version="1")
def shorter(pair: ek.Pair) -> str:
    return "first" if len(pair.first) < len(pair.second) else "second"


@ek.judge(name="grades", version="1", scale=(1, 10))
async def grades(single: ek.Single) -> float:
    await asyncio.sleep(0)
    return min(10.0, len(single.answer) / 100)


@ek.metric(title="clear win rate")
def clear(sample: ek.Sample) -> npt.NDArray[np.float64]:
    return (sample.preference > 0.9).astype(float)


def evaluate(outputs: pd.DataFrame) -> float | None:
    run: ek.Run = ek.annotate(outputs, baseline="baseline.json", judge=[shorter, "surface"], max_cost=2.0)
    run.raise_for_incomplete()
    frame: pd.DataFrame = run.frame
    board: ek.Leaderboard = run.leaderboard(metric=clear)
    decision: ek.GateDecision = ek.gate("model", minimum=50, judge=shorter)
    passed: bool = decision.passed
    numbers: dict[str, float] = run.metrics()
    verdict: str | None = ek.judge_pair("a", "b", "c", judge=shorter).verdict
    del frame, board, passed, numbers, verdict
    return decision.estimate.value


async def in_a_loop() -> ek.Run:
    return await ek.aannotate("outputs.json", baseline="baseline.json", judge=grades)
