"""Which of two boards agrees better with people: how often the interval holds, and what published figures say.

Usage: `python -m benchmarks.agreement` simulates 400 samples of models a line in a few minutes; with `--real DATA` it
prints the differences of published boards, by model, and of AlpacaEval's two win rates, by instruction.
"""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

import evalkit as ek
from evalkit.boards import AgreementDifference
from evalkit.stats import Coefficient, CorrelationDifference, correlation_difference
from tests.stats.drawn_agreement import PROCESSES, instructed

SIZES = (8, 15, 33)
RANK = (Coefficient.SPEARMAN, Coefficient.KENDALL)
HEADING = f"{'process':38} {'n':>3} {'coefficient':11}   truth  refused %  covered %  below %  above %  width  p<0.05 %"
INSTRUCTIONS = 50
TASTES = (0.0, 1.0, 3.0)
POPULATIONS = 100
MODELS = 1_500
RANKINGS = ("arena_elo_20240202", "chatbot_arena_20240329", "arena_elo_20240418")
PAPER = ("LC AlpacaEval 2.0", "AlpacaEval 2.0", "MT-bench (multi-turn)")
META = ("alpaca_LC", "alpaca", "arena_hard", "mt_bench")
MAPS = ("alpaca_to_arena", "arena_to_arena_hard", "arena_to_mt_bench")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=400, help="simulated samples of models a line")
    parser.add_argument("--coefficient", choices=[one.value for one in RANK], help="simulate this one only")
    parser.add_argument("--real", type=Path, metavar="DATA", help="print the differences of published boards instead")
    arguments = parser.parse_args()
    if arguments.real:
        compare(arguments.real)
    else:
        simulate(arguments.sets, [one for one in RANK if arguments.coefficient in (None, one.value)])


def simulate(sets: int, coefficients: Sequence[Coefficient]) -> None:
    print(HEADING)
    for process in PROCESSES:
        truths = {coefficient: process.truth(coefficient) for coefficient in coefficients}
        for n in SIZES:
            drawn = process.draw(np.random.default_rng(n), (sets, n))
            for coefficient in coefficients:
                found = [correlation_difference(coefficient, *columns) for columns in zip(*drawn, strict=True)]
                print(_line(process.name, n, coefficient, truths[coefficient], found), flush=True)
    for taste in TASTES:
        for n in SIZES:
            _simulate_instructions(sets, n, taste)


def _simulate_instructions(sets: int, n: int, taste: float) -> None:
    """Print how often the interval by model and by instruction holds the truth where instructions are redrawn too."""
    generator = np.random.default_rng(n)
    truth = _instructed_truth(generator, taste)
    drawn = [instructed(generator, n, INSTRUCTIONS, taste=taste) for _ in range(sets)]
    for paired in (False, True):
        found = [
            correlation_difference(
                Coefficient.SPEARMAN,
                one.first.mean(axis=1),
                one.second.mean(axis=1),
                one.people,
                influences=one.influences if paired else None,
            )
            for one in drawn
        ]
        name = f"kinds of models {taste}, by {'instruction' if paired else 'model'}"
        print(_line(name, n, Coefficient.SPEARMAN, truth, found), flush=True)


def _instructed_truth(generator: np.random.Generator, taste: float) -> float:
    """The mean over redrawn instructions of the difference in a population of models."""
    found = []
    for _ in range(POPULATIONS):
        one = instructed(generator, MODELS, INSTRUCTIONS, taste=taste)
        ranks = [np.argsort(np.argsort(side)) for side in (one.first.mean(axis=1), one.second.mean(axis=1), one.people)]
        table = np.asarray(np.corrcoef(ranks))
        found.append(table[0, 2] - table[1, 2])
    return float(np.mean(found))


def _line(name: str, n: int, coefficient: Coefficient, truth: float, found: Sequence[CorrelationDifference]) -> str:
    ends = np.array([_ends(one) for one in found if one.estimate.value is not None]).reshape(-1, 2)
    lower, upper = ends.T
    different = np.mean([one.p_value is not None and one.p_value < 0.05 for one in found])
    return (
        f"{name:38} {n:3} {coefficient.value:11} {truth:7.3f} {100 * (1 - len(ends) / len(found)):10.1f}"
        f" {100 * np.mean((lower <= truth) & (truth <= upper)):10.1f} {100 * np.mean(truth < lower):8.1f}"
        f" {100 * np.mean(upper < truth):8.1f} {np.median(upper - lower):6.2f} {100 * different:9.1f}"
    )


def _ends(found: CorrelationDifference) -> tuple[float, float]:
    assert found.estimate.lower is not None
    assert found.estimate.upper is not None
    return found.estimate.lower, found.estimate.upper


def compare(data: Path) -> None:
    """Print the difference of every two boards, against each ranking that evalkit ships."""
    for title, differences in _published(data):
        print(title)
        for pair in differences:
            print(f"  {_words(pair)}")


def _published(data: Path) -> Iterator[tuple[str, Sequence[AgreementDifference]]]:
    paper = data / "human" / "benchmarks_alpaca_eval_paper.csv"
    for ranking in RANKINGS:
        found = ek.correlate(paper, metric=PAPER, reference=ranking)
        yield f"Table beside AlpacaEval (Dubois et al. 2024), by model, against {ranking}", found.differences
    leaderboard = data / "alpaca_eval" / "published_alpaca_eval2.csv"
    for ranking in RANKINGS:
        found = ek.correlate(leaderboard, metric=["length_controlled_winrate", "win_rate"], reference=ranking)
        yield f"AlpacaEval 2's published leaderboard, by model, against {ranking}", found.differences
    meta = data / "meta"
    found = ek.correlate(
        *(meta / f"{name}.jsonl" for name in META),
        reference="chatbot_arena_20240329",
        maps=[meta / f"{name}.json" for name in MAPS],
        common=True,
    )
    yield "Arena-Hard's meta-evaluation (Li et al. 2024), by model, against chatbot_arena_20240329", found.differences
    for ranking in RANKINGS:
        made = ek.leaderboard(data / "alpaca_eval" / "preferences.parquet", reference=ranking, texts=False)
        for board in made.boards:
            if board.control_lead is not None:
                yield f"AlpacaEval's verdicts by {board.judge}, against {ranking}", [board.control_lead]


def _words(pair: AgreementDifference) -> str:
    parts = [f"{pair.first} less {pair.second}, n {len(pair.models)}, by {pair.paired_by.value}"]
    for coefficient, found in pair.differences.items():
        estimate = found.estimate
        if estimate.value is None:
            parts.append(f"{coefficient.value}: {estimate.status.reason}")
            continue
        parts.append(
            f"{coefficient.value} {estimate.value:+.3f} [{estimate.lower:+.3f}, {estimate.upper:+.3f}], p "
            f"{found.p_value:.4f}, adjusted {pair.adjusted_p(found):.4f}, shows {found.detectable:.2f}"
        )
    return "; ".join(parts)


if __name__ == "__main__":
    main()
