"""Fixtures of the statistics of judges and people: real labels beside the repository, where they exist."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalkit.stats.people.panel import Panel, build_panel
from evalkit.stats.sample import Floats
from evalkit.text import count_list_items

_CODE = {"model_a": 0.0, "tie": 0.5, "model_b": 1.0}
_LABEL = {0: 0.5, 1: 0.0, 2: 1.0}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A human file with one label each: the panel, and characters and list items of both answers, shape (c, 2)."""

    panel: Panel
    chars: Floats
    items: Floats

    @property
    def longest(self) -> Floats:
        return (np.sign(self.chars[:, 1] - self.chars[:, 0]) + 1) / 2


def labelled(real_data: Path, name: str) -> Labelled:
    rows = [json.loads(line) for line in (real_data / "human" / f"{name}.jsonl").read_text().splitlines()]
    keys = np.arange(len(rows))
    panel = build_panel(
        keys,
        of=keys,
        people=["somebody"] * len(rows),
        said=[_LABEL[row["label"]] for row in rows],
        clusters=[row["instruction"] for row in rows],
    )
    answers = [(row["output_1"], row["output_2"]) for row in rows]
    chars = np.array([[len(text) for text in pair] for pair in answers], dtype=np.float64)
    items = np.array([[count_list_items(text) for text in pair] for pair in answers], dtype=np.float64)
    return Labelled(panel, chars, items)


@pytest.fixture(scope="session")
def auto_j(real_data: Path) -> Labelled:
    return labelled(real_data, "autoj_pairwise")


@pytest.fixture(scope="session")
def llmbar(real_data: Path) -> Labelled:
    return labelled(real_data, "llmbar_natural")


@dataclass(frozen=True, slots=True)
class MtBench:
    """Three experts on 120 comparisons, and six judges' verdicts by name, as Calderon et al. published them."""

    panel: Panel
    verdicts: dict[str, Floats]


@pytest.fixture(scope="session")
def mt_bench(real_data: Path) -> MtBench:
    people, judges = (
        json.loads((real_data / "judges" / f"mtbench_{who}_annotations.json").read_text()) for who in ("human", "llm")
    )
    keys = sorted({key for labels in people.values() for key in labels})
    rows = [(key, person, _CODE[label]) for person, labels in people.items() for key, label in labels.items()]
    of, names, said = zip(*rows, strict=True)
    panel = build_panel(keys, of=of, people=names, said=said, clusters=[key.split("__")[0] for key in keys])
    return MtBench(panel, {name: np.array([_CODE[labels[key]] for key in keys]) for name, labels in judges.items()})


@pytest.fixture(scope="session")
def alpaca(real_data: Path) -> pd.DataFrame:
    """The published verdicts of AlpacaEval's judges; NaN without one."""
    return pd.read_parquet(real_data / "alpaca_eval" / "preferences.parquet")
