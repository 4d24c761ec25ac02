"""Small files of people's labels, and judges that are functions."""

from typing import Any

import evalkit as ek


def labelled(n: int = 8) -> list[dict[str, Any]]:
    """Comparisons on n / 2 instructions; three people prefer the second, longer answer, but for the last comparison."""
    rows = [
        {
            "instruction": f"question {number // 2}",
            "output_1": f"short {number}",
            "output_2": f"a longer answer to the question, which has the number {number}",
            "generator_1": "small-1",
            "generator_2": "large-1",
            "annotators": [2, 2, 2],
            "category": "even" if number % 2 == 0 else "odd",
        }
        for number in range(n)
    ]
    rows[-1]["annotators"] = [1, 1, 0]
    return rows


@ek.judge(name="takes_first", version="1", orders="both")
def takes_first(_: ek.Pair) -> float:
    return 1.0


@ek.judge(name="takes_longer", version="1", orders="both")
def takes_longer(pair: ek.Pair) -> float:
    return 0.9 if len(pair.first) > len(pair.second) else 0.1
