"""Metrics of the user's: their names, and functions that go wrong."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import evalkit as ek
from evalkit.api.metrics import TAKEN
from tests.api.example import judge_example
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return judge_example(tmp_path_factory.mktemp("judged")) / "results"


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda sample: 1 / 0, "raised ZeroDivisionError"),
        (lambda sample: sample.preference[1:], r"returned the shape \(47,\), expected \(48,\)"),
        (lambda sample: sample.preference * np.nan, "returned scores outside of 0 to 1, or NaN"),
        (lambda sample: sample.preference * 7, "returned scores outside of 0 to 1, or NaN"),
        (lambda sample: sample.preference.sort(), "raised ValueError: sort array is read-only"),
        (lambda sample: None, r"returned the shape \(\)|raised TypeError"),
    ],
)
def test_a_function_that_goes_wrong_gives_no_number_and_the_reason(
    function: Callable[[ek.Sample], Any], reason: str, results: Path
) -> None:
    broken = ek.metric(name="broken")(function)
    board = ek.leaderboard(benchmark="example", results=results, metric=broken)
    assert board.frame["broken"].isna().all()
    assert board.frame["broken_status"].str.contains(reason).all()


def test_no_metric_changes_the_numbers_of_another(results: Path) -> None:
    def all_lost(sample: ek.Sample) -> np.ndarray[Any, Any]:
        sample.preference[:] = 0
        return sample.preference

    lost = ek.metric(all_lost)
    plain, besides = (
        ek.compare("careful", "wordy", benchmark="example", results=results, metric=metric)
        for metric in ("win_rate", lost)
    )
    numbers = [two.metrics() for two in (plain, besides)]
    assert all(numbers[1][name] == number for name, number in numbers[0].items() if "p_holm" not in name)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("rank", "boards have a column of this name"),
        ("win_rate_lower", "boards have a column of this name"),
        ("lc", "boards have a column of this name"),
        ("category_coding", "boards have a column of this name"),
        ("win_rate", "evalkit has a metric of this name"),
        ("Upper", "expected a name of small letters"),
        (5, "metric 5: expected a name of small letters"),
    ],
)
def test_a_name_that_boards_use_is_refused(name: Any, reason: str) -> None:
    with pytest.raises(ek.ConfigError, match=reason):
        ek.metric(name=name)(lambda sample: sample.preference)


def test_the_names_that_are_taken_are_the_columns_of_boards(results: Path, tmp_path: Path) -> None:
    careful = REPOSITORY / "examples" / "outputs" / "careful.json"
    graded = ek.annotate(careful, benchmark="example", judge="surface_grade", results=tmp_path, limit=5)
    styled = ek.leaderboard(benchmark="example", results=results, control="length")
    columns = {*styled.frame.columns, *graded.frame.columns}
    assert columns - TAKEN == {"lc_win_rate", "win_rate", "style_win_rate", "score"}


def test_a_title_moves_no_cursor_and_a_metric_does_not_wait() -> None:
    with pytest.raises(ek.ConfigError, match=r"title: expected a line of text, found .\\x1b\[31m"):
        ek.metric(name="red", title="\x1b[31m")(lambda sample: sample.preference)

    async def waits(sample: ek.Sample) -> Any:
        return sample.preference

    with pytest.raises(ek.ConfigError, match="metric 'waits': expected a plain function, found a coroutine"):
        ek.metric(waits)  # type: ignore[arg-type]


def test_a_plain_function_as_metric_is_told_what_to_be(results: Path) -> None:
    plain: Any = len
    with pytest.raises(ek.ConfigError, match=r"metric: expected text or an evalkit\.Metric, found builtin_function"):
        ek.leaderboard(benchmark="example", results=results, metric=plain)
