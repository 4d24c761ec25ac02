"""How often the truly best model of a column is marked as the best or as not significantly different from it.

Usage: `python -m benchmarks.best_of_column` simulates 1,000 boards a row in a few minutes. Verdicts are whole wins and
losses, with a difficulty that all models share. The first model is truly the best, and leads each next one by the gap.
"""

import argparse

import numpy as np

from evalkit.boards.best import best_of
from evalkit.boards.metrics import WIN_RATE
from tests.boards.test_best import rated

GAPS = (0.0, 0.02, 0.05)
MODELS = (2, 5, 12)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--boards", type=int, default=1000)
    parser.add_argument("--instructions", type=int, default=150)
    options = parser.parse_args()
    print("models  gap   marked %  alike on average")
    for models in MODELS:
        for gap in GAPS:
            marked, alike = simulate(models, gap, boards=options.boards, n=options.instructions)
            print(f"{models:6}  {gap:4.2f}  {100 * marked:8.1f}  {alike:.2f}")


def simulate(models: int, gap: float, *, boards: int, n: int) -> tuple[float, float]:
    """Return the share of boards on which the first model is marked, and the mean number of models alike."""
    generator = np.random.default_rng(11)
    marked, alike = 0, 0
    for _ in range(boards):
        difficulty = generator.normal(0, 0.15, n)
        chances = [np.clip(0.6 - gap * place + difficulty, 0.02, 0.98) for place in range(models)]
        rows = [
            rated(f"m{place}", (generator.random(n) < chance).astype(float)) for place, chance in enumerate(chances)
        ]
        best = best_of(rows, WIN_RATE)
        assert best is not None
        marked += "m0" in {*best.best, *best.alike}
        alike += len(best.alike)
    return marked / boards, alike / boards


if __name__ == "__main__":
    main()
