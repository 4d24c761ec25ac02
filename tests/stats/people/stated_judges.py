"""Judges that state probabilities: drawn ones whose calibration is known, and recorded ones beside the repository."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit, ndtr

from evalkit.stats.bins import BINS, tenths
from evalkit.stats.people.calibration_error import Binning
from evalkit.stats.people.stated import Stated, build_stated
from evalkit.stats.sample import Floats

REWARD_MODELS = {
    "GRM-Gemma-2B": "jb_rm_Ray2333_GRM-Gemma-2B-rewardmodel-ft.jsonl",
    "Skywork-Gemma-2-27B": "jb_rm_Skywork_Skywork-Reward-Gemma-2-27B.jsonl",
    "Skywork-Llama-3.1-8B": "jb_rm_Skywork_Skywork-Reward-Llama-3.1-8B.jsonl",
    "internlm2-20b": "jb_rm_internlm_internlm2-20b-reward.jsonl",
    "internlm2-7b": "jb_rm_internlm_internlm2-7b-reward.jsonl",
}
_PAIRED = 0.6


@dataclass(frozen=True, slots=True)
class Drawn:
    """A judge whose log-odds are normal with a scale, and who is right with log-odds of a share of them less a bias."""

    scale: float
    temperature: float = 1.0
    bias: float = 0.0

    def confident(self, n: int, generator: np.random.Generator) -> tuple[Floats, Floats]:
        """Confidences and the true probabilities to be right; shape (n,) each."""
        odds = np.abs(generator.standard_normal(n) * self.scale)
        return expit(odds), expit(odds / self.temperature - self.bias)

    def stated(self, n: int, generator: np.random.Generator, *, each: int = 1) -> Stated:
        """Opinions on n comparisons; `each` of them are on one instruction and dependent."""
        confidence, chance = self.confident(n // each, generator)
        confidence, chance = np.repeat(confidence, each), np.repeat(chance, each)
        cluster = np.repeat(np.arange(n // each), each)
        common = generator.standard_normal(n // each)[cluster] * (_PAIRED if each > 1 else 0.0)
        own = generator.standard_normal(len(cluster)) * (0.8 if each > 1 else 1.0)
        right = ndtr(common + own) < chance
        second = generator.random(len(cluster)) < 0.5
        return build_stated(np.where(second, confidence, 1 - confidence), (right == second).astype(np.float64), cluster)

    def true_error(self, *, binning: Binning = Binning.EQUAL_WIDTH) -> float:
        """The calibration error that unlimited opinions have in ten bins."""
        confidence, chance = self.confident(1_000_000, np.random.default_rng(0))
        if binning == Binning.EQUAL_WIDTH:
            places = tenths(2 * confidence - 1)
        else:
            places = np.argsort(np.argsort(confidence)) * BINS // len(confidence)
        gaps = np.bincount(places, weights=chance - confidence, minlength=BINS)
        return float(np.abs(gaps).sum()) / len(confidence)


def reward_model(data: Path, name: str) -> Stated:
    """A recorded reward model's sigmoid of the difference of its scores, beside JudgeBench's labels."""
    rows = recorded(data, REWARD_MODELS[name])
    scores = np.array([row["judgments"][0]["judgment"]["scores"] for row in rows], dtype=np.float64)
    return build_stated(
        expit(scores[:, 1] - scores[:, 0]),
        [float(row["label"] == "B>A") for row in rows],
        [row["question"] for row in rows],
    )


def weighted_judge(data: Path) -> Stated:
    """The weighted judge's probabilities of alpaca-7b beside the 802 decided verdicts of the chain-of-thought judge."""
    weighted, thoughtful = (
        _preferences(data / "alpaca_eval" / "annotations" / f"alpaca-7b.{judge}.json.gz")
        for judge in ("weighted_alpaca_eval_gpt4_turbo", "alpaca_eval_cot_gpt4_turbo_fn")
    )
    shared = [key for key in weighted if thoughtful.get(key) in (1, 2)]
    return build_stated([weighted[key] - 1 for key in shared], [thoughtful[key] - 1 for key in shared], shared)


def recorded(data: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (data / "judges" / name).read_text(encoding="utf-8").splitlines()]


def _preferences(path: Path) -> Mapping[str, float]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return {row["instruction"]: row["preference"] for row in json.load(file)}
