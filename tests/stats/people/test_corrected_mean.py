"""A mean corrected by labels: by hand, in simulations of clustered comparisons, and on real verdicts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import StatsError
from evalkit.stats import corrected_mean
from evalkit.stats.people.corrected_mean import OUT_OF_RANGE, LabelledColumns, corrected
from evalkit.stats.sample import Floats, Ints

NONE = float("nan")


def test_by_hand() -> None:
    # of eight labels the last is odd: without it people and judge are the same
    verdict = np.array([0.0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1])
    said = np.array([0.0, 1, 0, 1, 0, 1, 0, 0, NONE, NONE, NONE, NONE])
    # without a common 0, three of the judge's four 1 are people's too, and without a common 1 two of three
    trust = np.array([3 / 4, 2 / 3, 3 / 4, 2 / 3, 3 / 4, 2 / 3, 3 / 4, 1])
    around = verdict - 7 / 12
    found = corrected(LabelledColumns(verdict, said, np.arange(12)))
    each = said[:8] - trust * around[:8]
    assert found.trust == pytest.approx(trust.mean()) and found.estimate.value == pytest.approx(100 * each.mean())
    influence = trust.mean() * around / 12
    influence[:8] += (each - each.mean()) / 8
    assert found.estimate.stderr == pytest.approx(100 * np.sqrt(8 / 7 * (influence**2).sum()))
    alone = found.people_alone
    assert alone.value == 37.5 and alone.stderr == pytest.approx(100 * said[:8].std(ddof=1) / np.sqrt(8))
    assert found.rectifier.value == -12.5 and found.n_labels == 8


def labels_of(n: int, *, wins: int) -> Floats:
    return np.array([1.0] * wins + [0.0] * (n - wins))


def test_nothing_is_said_from_too_few_labels() -> None:
    def reason(said: Floats, clusters: Ints | None = None) -> str:
        every = np.concatenate([said, np.full(100, NONE)])
        found = corrected_mean(np.tile([0.2, 0.8], len(every))[: len(every)], every, clusters=clusters)
        assert found.equivalent_labels is None and found.people_alone.value is None
        return found.estimate.status.reason

    assert reason(labels_of(29, wins=15)) == "29 labelled instructions, at least 30 needed"
    assert reason(labels_of(60, wins=9)) == "9 labels of the rarer verdict, at least 10 needed"
    assert reason(labels_of(60, wins=51)) == "9 labels of the rarer verdict, at least 10 needed"
    # 60 labels on 20 instructions
    assert reason(labels_of(60, wins=30), np.arange(160) // 3).startswith("20 labelled instructions")
    with pytest.raises(StatsError, match="said"):
        corrected_mean([0.5], [2.0])
    with pytest.raises(StatsError, match="verdict"):
        corrected_mean([NONE], [1.0])


def test_a_judge_that_tells_nothing_leaves_the_labels_alone() -> None:
    said = np.concatenate([labels_of(60, wins=30), np.full(200, NONE)])
    for verdict in (np.full(260, 0.7), np.where(said == 1, 0.0, 1.0)):
        # a judge that never varies, and one that says the opposite
        found = corrected_mean(verdict, said)
        assert found.trust == 0 and found.estimate.value == found.people_alone.value == 50
        assert found.equivalent_labels == pytest.approx(60)
    every = corrected_mean(labels_of(60, wins=30), labels_of(60, wins=20))
    assert every.estimate.value == every.people_alone.value


def test_a_judge_that_would_make_the_error_larger_is_left_out() -> None:
    generator, told = np.random.default_rng(7), []
    for _ in range(200):
        said = np.where(np.arange(300) < 30, generator.random(300) < 0.4, NONE)
        # the judge knows nothing, but for a rare verdict far out
        found = corrected(LabelledColumns((generator.random(300) < 0.05).astype(np.float64), said, np.arange(300)))
        assert found.estimate.stderr is not None and found.people_alone.stderr is not None
        assert found.estimate.stderr <= 1.02 * found.people_alone.stderr
        told.append(found.trust > 0)
    assert 0 < np.mean(told) < 1


def test_verdicts_beyond_the_labelled_ones_are_told() -> None:
    said = np.concatenate([labels_of(60, wins=30), np.full(100, NONE)])
    verdict = np.concatenate([np.linspace(0.3, 0.6, 60), np.full(94, 0.5), np.full(6, 0.9)])
    assert corrected_mean(verdict, said).estimate.status.reason == OUT_OF_RANGE
    verdict[-1] = 0.5
    assert corrected_mean(verdict, said).estimate.status.reason == ""


def test_swapping_the_sides_turns_the_mean_round() -> None:
    generator = np.random.default_rng(3)
    verdict = generator.random(200)
    said = np.where(np.arange(200) < 80, (generator.random(200) < verdict).astype(float), NONE)
    ours, theirs = corrected_mean(verdict, said).estimate, corrected_mean(1 - verdict, 1 - said).estimate
    assert ours.value is not None and theirs.value == pytest.approx(100 - ours.value)
    assert ours.lower is not None and theirs.upper == pytest.approx(100 - ours.lower)


def test_intervals_cover_and_are_shorter_where_instructions_repeat() -> None:
    generator = np.random.default_rng(11)
    covered, shorter = [], []
    for _ in range(300):
        # 60 of 300 instructions of 1 to 4 comparisons are labelled; people win 30 %, and the judge is 8 points high
        cluster = np.repeat(np.arange(300), generator.integers(1, 5, 300))
        chance = generator.beta(0.6, 1.4, 300)[cluster]
        said = (generator.random(len(cluster)) < chance).astype(float)
        verdict = np.clip(0.7 * said + 0.3 * chance + generator.normal(0.08, 0.2, len(cluster)), 0, 1)
        found = corrected_mean(verdict, np.where(cluster < 60, said, NONE), clusters=cluster)
        estimate, alone = found.estimate, found.people_alone
        assert estimate.lower is not None and estimate.upper is not None and estimate.stderr and alone.stderr
        covered.append(estimate.lower <= 30 <= estimate.upper)
        shorter.append(estimate.stderr / alone.stderr)
    assert 0.92 <= np.mean(covered) <= 0.98 and np.mean(shorter) < 0.7 and max(shorter) < 1.02


def test_two_judges_of_alpaca_eval_one_of_them_for_people(real_data: Path) -> None:
    table = pd.read_parquet(real_data / "alpaca_eval" / "preferences.parquet")
    judges = ("alpaca_eval_cot_gpt4_turbo_fn", "weighted_alpaca_eval_gpt4_turbo")
    of_model = table[table["model"] == "claude-2.1"].set_index("index")
    people, judge = (of_model[of_model["judge"] == name]["preference"] for name in judges)
    both = pd.concat([people, judge], axis=1).dropna().replace(0, 1.5) - 1
    said, verdict = both.to_numpy(dtype=float).T
    assert (round(100 * said.mean(), 2), round(100 * verdict.mean(), 2)) == (12.92, 15.73)
    generator, found = np.random.default_rng(1), []
    for _ in range(100):
        labelled = generator.permutation(len(said)) < 160
        found.append(corrected_mean(verdict, np.where(labelled, said, NONE)))
    known = [one.estimate for one in found if one.estimate.lower is not None and one.estimate.upper is not None]
    assert len(known) > 95
    ends = np.array([(one.lower, one.upper) for one in known], dtype=float)
    # 2,000 draws with z intervals have 8.41 points, and 97.2 % cover; people alone have 10.35
    assert ((ends[:, 0] <= 12.92) & (ends[:, 1] >= 12.92)).mean() >= 0.93
    assert (ends[:, 1] - ends[:, 0]).mean() == pytest.approx(8.5, abs=0.25)
