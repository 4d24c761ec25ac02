"""Where commands take their verdicts from."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from evalkit.boards.row import DifficultySource, Metric
from evalkit.boards.styles import Style, find_style
from evalkit.cli.sources import Sources, controls_of, metric_of, read_entries, read_recipe, source_options, style_of
from evalkit.errors import ConfigError, InputError, UnknownName

SEEN: list[Sources] = []


@click.command()
@click.argument("name")
@source_options
@click.option("--other", default=1)
def command(name: str, sources: Sources, other: int) -> None:
    SEEN.append(sources)
    click.echo(f"{name} {other}")


def parsed(*arguments: str, **environment: str) -> Sources:
    done = CliRunner().invoke(command, ["x", *arguments], env=environment)
    assert done.output == "x 1\n", done.output
    return SEEN.pop()


def test_the_options_arrive_together_and_the_command_keeps_its_own() -> None:
    assert parsed() == Sources()
    found = parsed("--source", "a.json", "--source", "b", "--board", "mt_bench", "--judge", "j", "--difficulty", "fit")
    assert found == Sources(files=(Path("a.json"), Path("b")), board="mt_bench", judge="j", difficulty="fit")


def test_the_benchmark_and_the_store_may_come_from_the_environment() -> None:
    found = parsed(EVALKIT_BENCHMARK="mt_bench", EVALKIT_STORE="sqlite:///x.db", EVALKIT_RESULTS="elsewhere")
    assert found == Sources(board="mt_bench", store="sqlite:///x.db", results=Path("elsewhere"))


def test_files_have_no_style_unless_their_benchmark_is_named() -> None:
    files = (Path("a.json"),)
    assert style_of(Sources(files=files)) == Style()
    assert style_of(Sources(files=files, board="arena_hard_v2")) == find_style("arena_hard")
    assert style_of(Sources()) == find_style("alpaca_eval")
    with pytest.raises(UnknownName):
        style_of(Sources(board="nothing"))


def test_the_recipe_follows_the_benchmark_and_then_what_was_asked_for() -> None:
    arena = Sources(board="arena_hard_v2")
    assert read_recipe(Sources()).metric == Metric.LC_WIN_RATE
    assert (read_recipe(arena).metric, read_recipe(arena).controls) == (Metric.STYLE_WIN_RATE, ("length", "markdown"))
    asked = read_recipe(arena, metric="win_rate", control="none", confidence=0.9)
    assert (asked.metric, asked.controls, asked.confidence) == (Metric.WIN_RATE, (), 0.9)
    assert read_recipe(Sources(difficulty="fit")).difficulty == DifficultySource.FIT


def test_a_style_win_rate_needs_something_to_hold_equal() -> None:
    assert controls_of(Style(), " length, bold ,") == ("length", "bold")
    assert metric_of(Style(metric="style_win_rate"), None, controls=()) == Metric.WIN_RATE
    with pytest.raises(ConfigError, match="needs --control"):
        metric_of(Style(), "style_win_rate", controls=())


def test_without_files_and_without_a_store_there_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no store yet"):
        read_entries(Sources(results=tmp_path))
    with pytest.raises(InputError, match=r"missing\.json"):
        read_entries(Sources(files=(tmp_path / "missing.json",)))
