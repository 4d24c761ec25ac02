"""Several judges together: by hand, in a simulation, and on five recorded reward models."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from evalkit.errors import StatsError
from evalkit.stats import (
    AgreementRule,
    agreement_by,
    build_panel,
    effective_votes,
    error_correlations,
    majority_verdict,
    mean_standardised_margin,
)
from evalkit.stats.people.panel import Panel
from evalkit.stats.sample import Floats


def panel_of(said: Floats, per_instruction: int = 1) -> Panel:
    names = [str(place) for place in range(len(said))]
    clusters = [str(place // per_instruction) for place in range(len(said))]
    return build_panel(names, of=names, people=["ann"] * len(said), said=said, clusters=clusters)


def test_a_majority_counts_votes_and_a_tie_is_none() -> None:
    nothing = float("nan")
    verdicts = [[0.9, 0.9, 0.5, 0.1, nothing], [0.6, 0.1, 0.5, 0.2, nothing], [0.1, 0.5, 0.6, nothing, nothing]]
    assert majority_verdict(verdicts)[:4].tolist() == [1, 0.5, 1, 0]
    assert np.isnan(majority_verdict(verdicts)[4])


def test_margins_are_in_units_of_their_spread_and_keep_their_zero() -> None:
    # spreads 1 and 100; the second judge has no score of the third comparison
    found = mean_standardised_margin([[1.0, -1.0, 1.0, -1.0], [200.0, 0.0, float("nan"), 200.0 - 100.0 * 2]])
    spread = np.std([200.0, 0.0, 0.0])
    assert found == pytest.approx([(1 + 200 / spread) / 2, -0.5, 1.0, -0.5])
    with pytest.raises(StatsError, match=r"margins\[1\] never vary"):
        mean_standardised_margin([[1.0, 2.0], [3.0, 3.0]])


def test_votes_by_hand() -> None:
    said = np.zeros(40)
    first = np.tile([0.0, 1.0], 20)
    second = np.repeat([0.0, 1.0], 20)
    # errors of correlation 0, and twice the same judge
    assert error_correlations(panel_of(said), [first, second]) == pytest.approx(np.eye(2))
    assert effective_votes(panel_of(said), [first, second]).value == pytest.approx(2)
    assert effective_votes(panel_of(said), [first, first]).value == pytest.approx(1)
    # (1 + 1 + 1)^2 / (3 + 2), as two of the three are one
    assert effective_votes(panel_of(said), [first, first, second]).value == pytest.approx(9 / 5)
    # (1/2 + 1/2 + 1)^2 / (1 + 1): weights that make one vote of the two
    assert effective_votes(panel_of(said), [first, first, second], weights=[0.5, 0.5, 1]).value == pytest.approx(2)


def test_what_has_no_votes_is_refused() -> None:
    said, errs = np.zeros(40), np.tile([0.0, 1.0], 20)
    assert "never vary" in effective_votes(panel_of(said), [errs, np.zeros(40)]).status.reason
    assert "cancel" in effective_votes(panel_of(said), [errs, 1 - errs]).status.reason
    assert "29 decided" in effective_votes(panel_of(said[:29]), [errs[:29], errs[:29]]).status.reason
    assert "on 1 instructions" in effective_votes(panel_of(said, 40), [errs, errs]).status.reason
    with pytest.raises(StatsError, match="one judge"):
        effective_votes(panel_of(said), [errs])
    with pytest.raises(StatsError, match="above 0"):
        effective_votes(panel_of(said), [errs, errs], weights=[1, 0])


def test_intervals_cover_the_votes_of_judges_who_share_hard_instructions() -> None:
    generator = np.random.default_rng(5)

    def drawn(n: int) -> tuple[Panel, list[Floats]]:
        # instructions of three comparisons differ in how hard they are for every judge
        chance = np.repeat(generator.beta(2, 1, n), 3)
        return panel_of(np.zeros(3 * n), 3), [(generator.random(3 * n) > chance).astype(float) for _ in range(4)]

    truth = effective_votes(*drawn(60_000)).value
    assert truth is not None
    found = [effective_votes(*drawn(100)) for _ in range(300)]
    covered = [one.lower <= truth <= one.upper for one in found if one.lower is not None and one.upper is not None]
    assert len(covered) == 300 and 0.92 <= np.mean(covered) <= 0.98


def test_five_reward_models_count_as_fewer_than_two_votes(real_data: Path) -> None:
    files = sorted((real_data / "judges").glob("jb_rm_*.jsonl"))
    records = [[json.loads(line) for line in path.read_text().splitlines()] for path in files]
    assert all([row["pair_id"] for row in one] == [row["pair_id"] for row in other] for one, other in pairwise(records))
    scores = np.array([[row["judgments"][0]["judgment"]["scores"] for row in one] for one in records])
    margins = scores[:, :, 1] - scores[:, :, 0]
    verdicts = (np.sign(margins) + 1) / 2
    panel = panel_of(np.array([row["label"] == "B>A" for row in records[0]], dtype=float))

    def agreement(verdict: Floats) -> tuple[float, float, float]:
        found = agreement_by(panel, verdict, AgreementRule.DECIDED).estimate
        assert found.value is not None and found.lower is not None and found.upper is not None
        return round(found.value, 2), found.lower, found.upper

    singles = [agreement(verdict)[0] for verdict in verdicts]
    assert max(singles) == 64.71
    common = [majority_verdict(list(verdicts)), (np.sign(mean_standardised_margin(list(margins))) + 1) / 2]
    assert [agreement(verdict)[0] for verdict in common] == [61.29, 62.57]
    # neither is known to differ from the best of the five
    assert all(lower < 64.71 < upper for _, lower, upper in map(agreement, common))
    correlations = error_correlations(panel, list(verdicts))[np.triu_indices(5, 1)]
    assert (round(correlations.min(), 2), round(correlations.max(), 2)) == (0.29, 0.65)
    votes = effective_votes(panel, list(verdicts))
    assert votes.value == pytest.approx(1.83, abs=0.005) and votes.n == 350
