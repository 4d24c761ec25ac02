"""Fixtures of the statistics' tests: real verdicts beside the repository, where they exist."""

import gc
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from evalkit.stats.history import History, fit_history
from evalkit.stats.sample import Sample
from tests.stats.stat_samples import alpaca_sample

JUDGE = "weighted_alpaca_eval_gpt4_turbo"


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(__file__).parents[2].parent / "shared" / "data"
    if not (folder / "alpaca_eval" / "preferences.parquet").exists():
        pytest.skip(f"no published verdicts at {folder}")
    return folder


@pytest.fixture(scope="session")
def published(real_data: Path) -> pd.DataFrame:
    """AlpacaEval 2's published leaderboard by model, percent."""
    return pd.read_csv(real_data / "alpaca_eval" / "published_alpaca_eval2.csv").set_index("model")


@pytest.fixture(scope="session")
def real_samples(real_data: Path) -> Mapping[str, Sample]:
    """44 models' verdicts under AlpacaEval 2's judge."""
    verdicts = pd.read_parquet(real_data / "alpaca_eval" / "preferences.parquet")
    chosen = verdicts[verdicts["judge"] == JUDGE]
    return {str(model): alpaca_sample(rows) for model, rows in chosen.groupby("model")}


@pytest.fixture(scope="session")
def real_history(real_samples: Mapping[str, Sample]) -> History:
    return fit_history(real_samples)


@pytest.fixture(scope="module")
def frozen_garbage() -> None:
    """statsmodels collects garbage with every call, and would look through all that it has itself loaded."""
    import statsmodels.stats.multitest  # noqa: F401

    gc.freeze()
