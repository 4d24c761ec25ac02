"""Where commands take their verdicts from."""

from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner

from evalkit.api.selection import sources_of
from evalkit.cli.sources import source_options
from evalkit.sources.selection import Sources
from tests.cli.running import evalkit

SEEN: list[Sources] = []


@click.command()
@click.argument("name")
@source_options
@click.option("--other", default=1)
def command(name: str, other: int, **asked: Any) -> None:
    SEEN.append(sources_of(**asked))
    click.echo(f"{name} {other}")


def parsed(*arguments: str, **environment: str) -> Sources:
    done = CliRunner().invoke(command, ["x", *arguments], env=environment)
    assert done.output == "x 1\n", done.output
    return SEEN.pop()


def test_the_options_select_what_the_keywords_of_their_names_select() -> None:
    assert parsed() == Sources()
    found = parsed(
        "--source", "a.json", "--source", "b", "--benchmark", "mt_bench", "--judge", "j", "--difficulty", "fit"
    )
    assert found == Sources(files=(Path("a.json"), Path("b")), board="mt_bench", judge="j", difficulty="fit")


def test_the_benchmark_and_the_store_may_come_from_the_environment() -> None:
    found = parsed(EVALKIT_BENCHMARK="mt_bench", EVALKIT_STORE="sqlite:///x.db", EVALKIT_RESULTS="elsewhere")
    assert found == Sources(board="mt_bench", store="sqlite:///x.db", results=Path("elsewhere"))


def test_the_former_name_of_an_option_is_accepted_and_not_shown(tmp_path: Path) -> None:
    for command in ("leaderboard", "compare", "power", "ratings", "report"):
        shown = evalkit(command, "--help", cwd=tmp_path).stdout
        assert "--benchmark" in shown and "--board" not in shown
    for name in ("--benchmark", "--board"):
        refused = evalkit("leaderboard", name, "nowhere.yaml", cwd=tmp_path)
        assert refused.returncode == 2
        assert "nowhere.yaml: no such benchmark file" in refused.stderr
