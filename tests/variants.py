"""Instructions of which some are near-duplicates of each other, and verdicts on them that depend on each other."""

import random
from typing import Any

import numpy as np

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def word(generator: random.Random) -> str:
    return "".join(generator.choices(_LETTERS, k=7))


def families(n: int, size: int, *, seed: int = 0) -> list[str]:
    """So many instructions, of which each `size` in a row differ in their last word only."""
    generator = random.Random(seed)
    stems = [" ".join(word(generator) for _ in range(14)) for _ in range(-(-n // size))]
    return [f"{stems[place // size]} {word(generator)}." for place in range(n)]


def annotation_rows(
    instructions: list[str], preference: "np.typing.NDArray[np.float64]", **fields: list[str]
) -> list[dict[str, Any]]:
    """A file of AlpacaEval's annotations on them; `fields` hold a value for each row."""
    return [
        {
            "instruction": instruction,
            "output_1": "The answer of the baseline.",
            "generator_1": "base",
            "output_2": "An answer.",
            "generator_2": "cand",
            "annotator": "judge",
            "preference": 1 + float(value),
            **{name: values[place] for name, values in fields.items()},
        }
        for place, (instruction, value) in enumerate(zip(instructions, preference, strict=True))
    ]
