"""How often the intervals of a judge's calibration hold the truth, and how often a promised risk is kept.

Usage: `python -m benchmarks.judge_calibration` draws judges whose true calibration is known, 500 data sets a row, in
about ten minutes; `--draws 100` is a quick look, `--only pooled` one part, and `--speed` times 100,000 opinions.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy.special import ndtr

from evalkit.stats.people.calibration_error import Binning, confidence_error, probability_error, reliability_bins
from evalkit.stats.people.coverage_at_risk import coverage_at_risk
from evalkit.stats.people.pooled import pool_by_category
from evalkit.stats.people.scores import brier_score, log_loss
from evalkit.stats.people.selective import risk_curve, selective_answering
from evalkit.stats.people.stated import Stated
from evalkit.stats.people.temperature import fit_temperature
from evalkit.stats.sample import Floats
from evalkit.types import Estimate
from tests.stats.people.stated_judges import Drawn

JUDGES = {
    "calibrated": Drawn(1.5),
    "a little too sure": Drawn(1.5, 1.3),
    "far too sure": Drawn(4, 3),
    "not sure enough": Drawn(1, 0.5),
    "too sure and biased": Drawn(2, 1.6, 0.3),
    "sharp": Drawn(5, 1.6),
}
# opinions, and how many of them are on one instruction
SIZES = ((200, 1), (350, 1), (400, 2), (1400, 1), (1400, 2))
LARGE = 400_000
UNEQUAL = (5,) * 10 + (12,) * 15 + (24,) * 20 + (80,) * 10 + (300,) * 3
CATEGORIES: Mapping[str, tuple[float, float, Sequence[int], int]] = {
    # mean share, spread, rows of each category, rows of an instruction
    "58 of 24, spread 0": (0.65, 0.0, (24,) * 58, 1),
    "58 of 24, spread 3": (0.65, 0.03, (24,) * 58, 1),
    "58 of 24, spread 10": (0.65, 0.1, (24,) * 58, 1),
    "58 of 24, spread 10, pairs": (0.65, 0.1, (24,) * 58, 2),
    "58 of 24, spread 5 at 90": (0.9, 0.05, (24,) * 58, 1),
    "58 of 5 to 300, spread 0": (0.65, 0.0, UNEQUAL, 1),
    "58 of 5 to 300, spread 10": (0.65, 0.1, UNEQUAL, 1),
    "6 of 50, spread 0": (0.65, 0.0, (50,) * 6, 1),
    "6 of 50, spread 10": (0.65, 0.1, (50,) * 6, 1),
}
MEASURES: Mapping[str, Callable[[Stated], Sequence[Estimate]]] = {
    "brier": lambda stated: [brier_score(stated)],
    "log_loss": lambda stated: [log_loss(stated)],
    "ece": lambda stated: [confidence_error(stated)],
    "ece_mass": lambda stated: [confidence_error(stated, binning=Binning.EQUAL_MASS)],
    "ece_p": lambda stated: [probability_error(stated)],
    "temperature": lambda stated: [fit_temperature(stated).estimate],
    "selective": lambda stated: (lambda s: [s.aurc, s.e_aurc, s.right_at_half])(selective_answering(stated)),
}
NAMES = {"selective": ("aurc", "e_aurc", "half")}


def coverage(draws: int) -> None:
    print(f"{'judge':20} opinions  quantity      truth  mean found  covered %  below %  above %  mean width  refused")
    for name, judge in JUDGES.items():
        truths = _truths(judge)
        for n, each in SIZES:
            drawn = [judge.stated(n, np.random.default_rng(seed), each=each) for seed in range(draws)]
            for measure, truth in truths.items():
                rows = [MEASURES[measure](stated) for stated in drawn]
                for place, quantity in enumerate(NAMES.get(measure, (measure,))):
                    print(
                        f"{name:20} {n:5}/{each}  {quantity:12} {_covered([row[place] for row in rows], truth[place])}"
                    )


def _truths(judge: Drawn) -> dict[str, tuple[float, ...]]:
    confidence, chance = judge.confident(LARGE, np.random.default_rng(1))
    brier = chance * (1 - confidence) ** 2 + (1 - chance) * confidence**2
    loss = -(chance * np.log(confidence) + (1 - chance) * np.log1p(-confidence))
    large = selective_answering(judge.stated(LARGE, np.random.default_rng(2)))
    truths = {
        "brier": (float(brier.mean()),),
        "log_loss": (float(loss.mean()),),
        "ece": (judge.true_error(),),
        "ece_mass": (judge.true_error(binning=Binning.EQUAL_MASS),),
        "selective": tuple(float(one.value or 0.0) for one in (large.aurc, large.e_aurc, large.right_at_half)),
    }
    return truths if judge.bias else {**truths, "temperature": (judge.temperature,)}


def _covered(found: Sequence[Estimate], truth: float) -> str:
    kept = [(one.value, one.lower, one.upper) for one in found if one.value is not None]
    if not kept:
        return f"{truth:8.4f}  refused in all"
    value, lower, upper = np.array(kept, dtype=float).T
    below, above = 100 * (upper < truth).mean(), 100 * (lower > truth + 1e-12).mean()
    return (
        f"{truth:8.4f}  {value.mean():10.4f}  {100 - below - above:9.1f}  {below:7.1f}  {above:7.1f}"
        f"  {(upper - lower).mean():10.4f}  {len(found) - len(kept):7}"
    )


def promises(draws: int) -> None:
    print(f"{'judge':20} opinions  risk %  promise broken %  promised  coverage %  seen broken %  seen coverage %")
    for name, judge in JUDGES.items():
        confidence, chance = judge.confident(LARGE, np.random.default_rng(3))
        order = np.argsort(-confidence)
        falling, true_risk = confidence[order], np.cumsum(1 - chance[order]) / np.arange(1, LARGE + 1)
        for n, each in SIZES:
            drawn = [judge.stated(n, np.random.default_rng(seed), each=each) for seed in range(draws)]
            for risk in (0.05, 0.1, 0.2):
                print(f"{name:20} {n:5}/{each}  {_kept(drawn, risk, falling, true_risk)}")


def _kept(drawn: Sequence[Stated], risk: float, falling: Floats, true_risk: Floats) -> str:
    def broken(threshold: float) -> bool:
        return bool(true_risk[max(1, int(np.searchsorted(-falling, -threshold, side="right"))) - 1] > risk)

    promised, coverages, seen, seen_coverages = [], [], [], []
    for stated in drawn:
        found = coverage_at_risk(stated, risk=risk)
        promised.append(found.threshold is not None and broken(found.threshold / 100 - 1e-12))
        coverages.append(found.coverage.value or 0.0)
        surest = np.sort(stated.confidence)[::-1]
        seen.append(found.seen > 0 and broken(surest[round(found.seen / 100 * stated.n) - 1]))
        seen_coverages.append(found.seen)
    return (
        f"{100 * risk:6.0f}  {100 * np.mean(promised):16.1f}  {100 * np.mean(np.array(coverages) > 0):7.1f} %"
        f"  {np.mean(coverages):10.1f}  {100 * np.mean(seen):13.1f}  {np.mean(seen_coverages):15.1f}"
    )


def categories(draws: int) -> None:
    columns = "raw covered %  width   rmse  shrunk covered %  width   rmse  deviation %  any p<.05 %  spread %"
    print(f"{'categories':28} {columns}")
    for name, (mean, spread, sizes, each) in CATEGORIES.items():
        found = [_by_category(mean, spread, sizes, each, np.random.default_rng(seed)) for seed in range(draws)]
        raw, shrunk, deviation = (np.concatenate([one[part] for one in found]) for part in (0, 1, 2))
        false, held = (np.mean([one[part] for one in found]) for part in (3, 4))
        print(
            f"{name:28} {_category_line(raw)}  {_category_line(shrunk)}  {100 * deviation[:, 0].mean():11.1f}"
            f"  {100 * false:11.1f}  {100 * held:8.1f}"
        )


def _category_line(rows: Floats) -> str:
    held, width, error = rows.T
    return f"{100 * held.mean():13.1f}  {width.mean():5.1f}  {np.sqrt((error**2).mean()):5.1f}"


def _by_category(
    mean: float, spread: float, sizes: Sequence[int], each: int, generator: np.random.Generator
) -> tuple[Floats, Floats, Floats, bool, bool]:
    """Rows (truth held, width, error) of raw and shrunk shares and deviations; any found; whether the spread held."""
    share = np.clip(generator.normal(mean, spread, len(sizes)), 0.02, 0.98) if spread else np.full(len(sizes), mean)
    category = np.repeat(np.arange(len(sizes)), sizes)
    cluster = np.arange(len(category)) // each
    common = generator.standard_normal(len(category))[cluster]
    own = generator.standard_normal(len(category))
    latent = own if each == 1 else 0.6 * common + 0.8 * own
    found = pool_by_category((ndtr(latent) < share[category]).astype(np.float64), category, cluster)
    whole = float(share @ np.array(sizes)) / sum(sizes)
    rows: tuple[list[Floats], ...] = ([], [], [])
    for one in found.categories:
        truth = 100 * share[int(one.name)]
        for place, (estimate, true) in enumerate(
            ((one.raw, truth), (one.shrunk, truth), (one.deviation, truth - 100 * whole))
        ):
            if estimate.value is not None and estimate.lower is not None and estimate.upper is not None:
                rows[place].append(
                    np.array(
                        [
                            estimate.lower <= true <= estimate.upper,
                            estimate.upper - estimate.lower,
                            estimate.value - true,
                        ],
                        dtype=np.float64,
                    )
                )
    deviates = any(one.p_value is not None and one.p_value < 0.05 for one in found.categories)
    lower, upper = found.spread.lower, found.spread.upper
    held = lower is not None and upper is not None and lower - 1e-9 <= 100 * spread <= upper
    return np.array(rows[0]), np.array(rows[1]), np.array(rows[2]), deviates, held


def speed() -> None:
    stated = Drawn(2, 1.5).stated(100_000, np.random.default_rng(1), each=2)
    tasks: Mapping[str, Callable[[], object]] = {
        "brier_score": lambda: brier_score(stated),
        "log_loss": lambda: log_loss(stated),
        "confidence_error": lambda: confidence_error(stated),
        "probability_error": lambda: probability_error(stated),
        "reliability_bins": lambda: reliability_bins(stated),
        "fit_temperature": lambda: fit_temperature(stated),
        "risk_curve": lambda: risk_curve(stated),
        "selective_answering": lambda: selective_answering(stated),
        "coverage_at_risk": lambda: coverage_at_risk(stated, risk=0.1),
        "pool_by_category": lambda: pool_by_category(stated.right, stated.cluster // 1000, stated.cluster),
    }
    for name, task in tasks.items():
        start = time.process_time()
        task()
        print(f"{name:20} {time.process_time() - start:6.2f} s for {stated.n:,} opinions")


PARTS: Mapping[str, Callable[[int], None]] = {"coverage": coverage, "promises": promises, "pooled": categories}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--speed", action="store_true")
    given = parser.parse_args()
    if given.speed:
        speed()
        return
    for name, part in PARTS.items():
        if given.only in (None, name):
            part(given.draws)
            print()


if __name__ == "__main__":
    main()
