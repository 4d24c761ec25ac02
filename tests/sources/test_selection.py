from pathlib import Path

import pytest

from evalkit.boards.metrics import LC_WIN_RATE, STYLE_WIN_RATE, WIN_RATE, DifficultySource
from evalkit.catalog.families import Family, find_family
from evalkit.errors import ConfigError, InputError, UnknownName
from evalkit.sources.selection import Sources, controls_of, metric_of, read_entries, read_recipe


def test_files_have_no_style_unless_their_benchmark_is_named() -> None:
    files = (Path("a.json"),)
    assert Sources(files=files).family == Family()
    assert Sources(files=files, board="arena_hard_v2").family == find_family("arena_hard")
    assert Sources(board="alpaca_eval").family == Sources(board="of-my-own").family == find_family("alpaca_eval")
    with pytest.raises(ConfigError, match="no such benchmark file"):
        _ = Sources(board="nothing.yaml").family


def test_the_recipe_follows_the_benchmark_and_then_what_was_asked_for() -> None:
    arena = Sources(board="arena_hard_v2")
    assert read_recipe(Sources(board="alpaca_eval")).metric == LC_WIN_RATE
    assert (read_recipe(arena).metric, read_recipe(arena).controls) == (STYLE_WIN_RATE, ("length", "markdown"))
    asked = read_recipe(arena, metric="win_rate", control="none", confidence=0.9)
    assert (asked.metric, asked.controls, asked.confidence) == (WIN_RATE, (), 0.9)
    assert read_recipe(Sources(board="alpaca_eval", difficulty="fit")).difficulty == DifficultySource.FIT


def test_a_style_win_rate_needs_something_to_hold_equal() -> None:
    assert controls_of(Family(), " length, bold ,") == ("length", "bold")
    assert metric_of(Family(metric="style_win_rate"), None, controls=()) == WIN_RATE
    with pytest.raises(ConfigError, match="needs something to hold equal"):
        metric_of(Family(), "style_win_rate", controls=())


@pytest.mark.parametrize("name", ["", "score", "lc_winrate"])
def test_a_metric_that_ranks_nothing_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnknownName, match="unknown metric .* Known: lc_win_rate, style_win_rate, win_rate"):
        metric_of(Family(), name, controls=("length",))


def test_without_files_and_without_a_store_there_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no store yet"):
        read_entries(Sources(results=tmp_path))
    with pytest.raises(InputError, match=r"missing\.json"):
        read_entries(Sources(files=(tmp_path / "missing.json",)))
