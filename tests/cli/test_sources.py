"""Where commands take their verdicts from."""

from pathlib import Path

import click
from click.testing import CliRunner

from evalkit.cli.sources import source_options
from evalkit.sources.selection import Sources

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
